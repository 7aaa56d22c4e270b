//! When a report is due: a cron expression, read in the workspace's time zone.
//!
//! Invariants: a report that is due at a fixed time is due once on a day whose clock is changed: at the first moment after the
//! hour that is left out, and at the first of two equal hours; none is due more often than every quarter of an hour.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Longest expression.
const LONGEST: usize = 100;
/// Shortest time between two runs.
const SHORTEST_WAIT: SignedDuration = SignedDuration::from_mins(15);
/// How many runs are looked at for it: more than a day of the busiest allowed.
const LOOKED_AT: usize = 100;

/// Why an expression is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Not in the form of cron.
    #[error("is a cron expression of five fields, as `0 8 * * 1`, or @daily, @weekly, @monthly")]
    Unreadable,
    /// No moment fits it.
    #[error("fits no day of the calendar")]
    Never,
    /// More often than anybody reads.
    #[error("is due more often than every 15 minutes")]
    TooOften,
    /// The database knows more names of zones than are known here.
    #[error("cannot be read in the workspace's time zone")]
    TimeZone,
}

/// A schedule.
#[derive(Debug, Clone)]
pub struct Schedule(Cron);

impl Schedule {
    /// Reads an expression: minute, hour, day of the month, month, day of the week.
    pub fn parse(text: &str) -> Result<Schedule, ScheduleError> {
        if text.len() > LONGEST || !text.is_ascii() {
            return Err(ScheduleError::Unreadable);
        }
        let cron = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build()
            .parse(text)
            .map_err(|_| ScheduleError::Unreadable)?;
        // In the calendar alone: no clock is changed there. A leap year comes first, for the 29th of February.
        let mut last: DateTime = date(2023, 12, 31).at(23, 59, 0, 0);
        for number in 0..LOOKED_AT {
            let next: DateTime = cron
                .find_next_occurrence(&last, false)
                .map_err(|_| ScheduleError::Never)?;
            if number > 0 && next.duration_since(last) < SHORTEST_WAIT {
                return Err(ScheduleError::TooOften);
            }
            last = next;
        }
        Ok(Schedule(cron))
    }

    /// The first run after a moment.
    pub fn next_after(&self, at: Timestamp, zone: &TimeZone) -> Result<Timestamp, ScheduleError> {
        self.0
            .find_next_occurrence(&at.to_zoned(zone.clone()), false)
            .map(|found| found.timestamp())
            .map_err(|_| ScheduleError::Never)
    }

    /// The last run up to a moment.
    pub fn last_before(&self, at: Timestamp, zone: &TimeZone) -> Result<Timestamp, ScheduleError> {
        self.0
            .find_previous_occurrence(&at.to_zoned(zone.clone()), true)
            .map(|found| found.timestamp())
            .map_err(|_| ScheduleError::Never)
    }
}

/// The zone of this name.
pub fn zone(name: &str) -> Result<TimeZone, ScheduleError> {
    TimeZone::get(name).map_err(|_| ScheduleError::TimeZone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(expression: &str, zone_name: &str, from: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(expression).expect("an expression");
        let zone = zone(zone_name).expect("a zone");
        let mut at: Timestamp = from.parse().expect("a moment");
        (0..count)
            .map(|_| {
                at = schedule.next_after(at, &zone).expect("a run");
                at.to_string()
            })
            .collect()
    }

    #[test]
    fn a_run_is_at_the_hour_of_the_zone() {
        assert_eq!(
            runs("0 8 * * 1", "Europe/Berlin", "2026-01-01T00:00:00Z", 2),
            ["2026-01-05T07:00:00Z", "2026-01-12T07:00:00Z"]
        );
        assert_eq!(
            runs("30 7 1 * *", "Asia/Kathmandu", "2026-01-01T12:00:00Z", 1),
            ["2026-02-01T01:45:00Z"]
        );
        assert_eq!(
            runs("@weekly", "UTC", "2026-01-01T00:00:00Z", 1),
            ["2026-01-04T00:00:00Z"]
        );
    }

    #[test]
    fn the_hour_that_is_left_out_moves_the_run_and_the_one_that_comes_twice_does_not_double_it() {
        // On 29 March 2026 two o'clock becomes three.
        assert_eq!(
            runs("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        // On 25 October 2026 three o'clock becomes two.
        assert_eq!(
            runs("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
        // A day of 23 hours still has its morning once.
        assert_eq!(
            runs("0 8 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 1),
            ["2026-03-29T06:00:00Z"]
        );
    }

    #[test]
    fn of_missed_runs_the_last_is_known() {
        let schedule = Schedule::parse("0 8 * * *").expect("an expression");
        let zone = zone("Europe/Berlin").expect("a zone");
        let now = "2026-01-10T12:00:00Z".parse().expect("a moment");
        let last = schedule.last_before(now, &zone).expect("a run");
        assert_eq!(last.to_string(), "2026-01-10T07:00:00Z");
        assert_eq!(schedule.last_before(last, &zone), Ok(last));
    }

    #[test]
    fn what_is_no_schedule_is_refused_at_once() {
        let begun = std::time::Instant::now();
        for text in [
            "",
            "8 o'clock",
            "0 0 8 * * 1",
            "60 8 * * *",
            "0 8 * * *; drop",
            "@reboot",
            "0 8 * * ×",
        ] {
            assert_eq!(
                Schedule::parse(text).expect_err(text),
                ScheduleError::Unreadable,
                "{text}"
            );
        }
        for text in ["* * * * *", "*/5 8 * * *", "0,10 8 1 1 *"] {
            assert_eq!(
                Schedule::parse(text).expect_err(text),
                ScheduleError::TooOften,
                "{text}"
            );
        }
        assert_eq!(
            Schedule::parse("0 0 30 2 *").expect_err("no such day"),
            ScheduleError::Never
        );
        for text in [
            "*/15 * * * *",
            "0 0 29 2 *",
            "0 8 L * *",
            "0 8 * * MON-FRI",
            "@daily",
        ] {
            assert!(Schedule::parse(text).is_ok(), "{text}");
        }
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
    }
}
