//! When a mail was sent.
//!
//! Invariant: a date leaves this module only if it is between 1990 and one day after the reader's clock; a clock that
//! is further ahead is set back to the reader's, an older one counts as unknown.

use jiff::civil;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use mail_parser::DateTime;

use super::header::{Headers, decode_text};

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Where the date of a mail comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DateSource {
    /// The Date field.
    Header,
    /// The newest Received field.
    Received,
    /// The separator line of the mbox file, or the server's internal date.
    Envelope,
    /// Nothing in the mail: the time of reading.
    Reading,
}

/// Finds the date of a mail. `now` is the reader's clock.
pub fn find(
    headers: &Headers<'_>,
    envelope: Option<Timestamp>,
    now: Timestamp,
) -> (Timestamp, DateSource) {
    let header = headers
        .raw("Date")
        .and_then(|raw| parse(&decode_text(raw, None)));
    if let Some(date) = header.and_then(|date| clamp(date, now)) {
        return (date, DateSource::Header);
    }
    let received = headers
        .all("Received")
        .filter_map(|raw| {
            decode_text(raw, None)
                .rsplit_once(';')
                .and_then(|(_, date)| parse(date))
        })
        .find_map(|date| clamp(date, now));
    if let Some(date) = received {
        return (date, DateSource::Received);
    }
    match envelope.and_then(|date| clamp(date, now)) {
        Some(date) => (date, DateSource::Envelope),
        None => (now, DateSource::Reading),
    }
}

fn clamp(date: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let latest = now
        .saturating_add(SignedDuration::from_hours(24))
        .unwrap_or(Timestamp::MAX);
    if date > latest {
        return Some(now);
    }
    let earliest = civil::date(1990, 1, 1).at(0, 0, 0, 0);
    let earliest = Offset::UTC
        .to_timestamp(earliest)
        .unwrap_or(Timestamp::UNIX_EPOCH);
    (date >= earliest).then_some(date)
}

/// Reads a date as mail programs write it: RFC 5322 with its obsolete zones, ISO 8601, or the order of `asctime`.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(date) = text.parse::<Timestamp>() {
        return Some(date);
    }
    // The mail parser copes with any order of bytes, but only ASCII is worth trying.
    let ascii: String = text
        .chars()
        .filter(|character| character.is_ascii() && !character.is_ascii_control())
        .collect();
    let known = ascii
        .bytes()
        .any(|byte| byte.is_ascii_digit())
        .then(|| DateTime::parse_rfc822(&ascii))
        .flatten();
    known.and_then(convert).or_else(|| parse_words(&ascii))
}

/// The date behind the sender in a separator line, such as `Thu Jan  4 10:00:00 2024`.
pub fn parse_separator_date(text: &str) -> Option<Timestamp> {
    parse_words(text)
}

fn convert(date: DateTime) -> Option<Timestamp> {
    let year = i16::try_from(date.year).ok()?;
    let civil = civil_time(
        year,
        date.month,
        date.day,
        date.hour,
        date.minute,
        date.second,
    )?;
    let seconds = i32::from(date.tz_hour) * 3600 + i32::from(date.tz_minute) * 60;
    at_offset(
        civil,
        if date.tz_before_gmt {
            -seconds
        } else {
            seconds
        },
    )
}

fn civil_time(
    year: i16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
) -> Option<civil::DateTime> {
    let month = i8::try_from(month).ok()?;
    let day = i8::try_from(day).ok()?;
    let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
    // A leap second exists in mail, not in civil time.
    let second = i8::try_from(second.min(59)).ok()?;
    civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()
}

fn at_offset(civil: civil::DateTime, seconds: i32) -> Option<Timestamp> {
    // A zone that does not exist (+9959) is no reason to lose the day.
    let offset = Offset::from_seconds(seconds)
        .ok()
        .filter(|_| seconds.abs() <= 15 * 3600)
        .unwrap_or(Offset::UTC);
    offset.to_timestamp(civil).ok()
}

/// Reads day, month, year, clock and zone by their looks, in any order.
fn parse_words(text: &str) -> Option<Timestamp> {
    let (mut day, mut month, mut year, mut clock, mut zone) = (None, None, None, None, 0);
    for word in text.split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
        let lower = word.to_ascii_lowercase();
        if word.contains(':') {
            let mut parts = word.split(':').map(|part| part.parse::<u8>().ok());
            clock = Some((
                parts.next()??,
                parts.next()??,
                parts.next().flatten().unwrap_or(0),
            ));
        } else if let Some(position) = MONTHS.iter().position(|name| lower.starts_with(name)) {
            month = Some(position as u8 + 1);
        } else if (word.starts_with('+') || word.starts_with('-')) && word.len() == 5 {
            let number: i32 = word[1..].parse().ok()?;
            let seconds = (number / 100) * 3600 + (number % 100) * 60;
            zone = if word.starts_with('-') {
                -seconds
            } else {
                seconds
            };
        } else if let Ok(number) = word.parse::<i16>() {
            match number {
                1..=31 if day.is_none() => day = Some(number as u8),
                1000.. => year = Some(number),
                _ => {}
            }
        }
    }
    let (hour, minute, second) = clock.unwrap_or((0, 0, 0));
    at_offset(civil_time(year?, month?, day?, hour, minute, second)?, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-15T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn dates_as_programs_write_them() {
        for (text, expected) in [
            ("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06Z"),
            ("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z"),
            ("Tue, 1 Jul 2003 10:52:37 EST", "2003-07-01T15:52:37Z"),
            (
                "Mon, 5 May 2025 12:00:60 +0300 (MSK)",
                "2025-05-05T09:00:59Z",
            ),
            ("Thu Jan  4 10:00:00 2024", "2024-01-04T10:00:00Z"),
            ("Mon Jan 01 00:00:00 +0000 2024", "2024-01-01T00:00:00Z"),
            ("2024-02-29T10:00:00+02:00", "2024-02-29T08:00:00Z"),
        ] {
            assert_eq!(
                parse(text).map(|date| date.to_string()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for text in [
            "",
            "soon",
            "32 Foo 2024",
            "Mon, 31 Feb 2024 10:00:00 +0000",
            "99:99:99",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn absurd_dates_fall_back() {
        let read = |raw: &str, envelope: Option<&str>| {
            let (headers, _) = Headers::parse(raw.as_bytes());
            let (date, source) = find(&headers, envelope.map(|text| text.parse().unwrap()), now());
            (date.to_string(), source)
        };
        let received = "Received: from a by b;\n Wed, 10 Jan 2024 10:00:00 +0000\n";
        assert_eq!(
            read("Date: Fri, 1 Jan 2038 00:00:00 +0000\n\n", None),
            (now().to_string(), DateSource::Header)
        );
        assert_eq!(
            read(
                &format!("Date: Thu, 1 Jan 1970 00:00:00 +0000\n{received}\n"),
                None
            ),
            ("2024-01-10T10:00:00Z".to_owned(), DateSource::Received)
        );
        assert_eq!(
            read("Date: never\n\n", Some("2020-02-02T00:00:00Z")),
            ("2020-02-02T00:00:00Z".to_owned(), DateSource::Envelope)
        );
        assert_eq!(
            read("Subject: x\n\n", None),
            (now().to_string(), DateSource::Reading)
        );
    }
}
