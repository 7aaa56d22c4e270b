//! What an invitation says, for people who read the conversation instead of a calendar.

use serde::Serialize;

use super::charset;

/// The first event of a `text/calendar` part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invitation {
    /// `REQUEST`, `REPLY`, `CANCEL` and so on.
    pub method: String,
    /// Identifier of the event, the same in every mail about it.
    pub uid: String,
    /// Title.
    pub summary: String,
    /// Start as the calendar writes it, with its zone when it names one: `20250505T120000 Europe/Moscow`.
    pub start: String,
    /// Address of the organiser.
    pub organizer: String,
    /// Place.
    pub location: String,
}

/// Reads the first event; nothing when the text holds none.
pub fn parse(text: &str, method: Option<&str>) -> Option<Invitation> {
    let unfolded = text
        .replace("\r\n", "\n")
        .replace("\n ", "")
        .replace("\n\t", "");
    let mut invitation = Invitation {
        method: method.unwrap_or_default().to_ascii_uppercase(),
        uid: String::new(),
        summary: String::new(),
        start: String::new(),
        organizer: String::new(),
        location: String::new(),
    };
    let mut in_event = false;
    for line in unfolded.lines().take(5_000) {
        let Some((name, value)) = split_property(line) else {
            continue;
        };
        let (name, parameters) = name.split_once(';').unwrap_or((name, ""));
        match (name.to_ascii_uppercase().as_str(), in_event) {
            ("METHOD", false) => invitation.method = value.trim().to_ascii_uppercase(),
            ("BEGIN", false) if value.trim().eq_ignore_ascii_case("VEVENT") => in_event = true,
            ("END", true) if value.trim().eq_ignore_ascii_case("VEVENT") => {
                return Some(invitation);
            }
            ("UID", true) => invitation.uid = clean(value, 500),
            ("SUMMARY", true) => invitation.summary = clean(value, 500),
            ("LOCATION", true) => invitation.location = clean(value, 500),
            ("DTSTART", true) => {
                let zone = parameters
                    .split(';')
                    .find_map(|parameter| parameter.strip_prefix("TZID="))
                    .map(|zone| format!(" {}", zone.trim_matches('"')));
                invitation.start = clean(
                    &format!("{}{}", value.trim(), zone.unwrap_or_default()),
                    100,
                );
            }
            ("ORGANIZER", true) => {
                let address = value.trim();
                let prefix = address
                    .get(..7)
                    .filter(|prefix| prefix.eq_ignore_ascii_case("mailto:"));
                invitation.organizer = clean(
                    prefix.map_or(address, |prefix| &address[prefix.len()..]),
                    320,
                );
            }
            _ => {}
        }
    }
    in_event.then_some(invitation)
}

/// Splits at the first colon outside of quotes.
fn split_property(line: &str) -> Option<(&str, &str)> {
    let mut in_quotes = false;
    let position = line
        .char_indices()
        .find_map(|(position, character)| match character {
            '"' => {
                in_quotes = !in_quotes;
                None
            }
            ':' if !in_quotes => Some(position),
            _ => None,
        })?;
    Some((&line[..position], &line[position + 1..]))
}

fn clean(value: &str, limit: usize) -> String {
    let text = value
        .trim()
        .replace("\\n", " ")
        .replace("\\N", " ")
        .replace("\\,", ",")
        .replace("\\;", ";");
    charset::clean(&text.replace("\\\\", "\\"))
        .chars()
        .take(limit)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_summarised() {
        let text = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@x\r\nSUMMARY:Call\\, then\r\n  lunch\r\nDTSTART;TZID=\"Europe/Moscow\":20250505T120000\r\nORGANIZER;CN=\"A: B\":mailto:a@example.com\r\nEND:VEVENT\r\n";
        let found = parse(text, None).unwrap();
        assert_eq!(found.method, "REQUEST");
        assert_eq!(found.summary, "Call, then lunch");
        assert_eq!(found.start, "20250505T120000 Europe/Moscow");
        assert_eq!(found.organizer, "a@example.com");
        assert_eq!(parse("BEGIN:VCALENDAR\nEND:VCALENDAR", None), None);
    }
}
