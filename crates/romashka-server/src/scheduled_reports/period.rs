//! Which days a report tells of.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan as _};

use crate::choice;

choice! {
    /// Which days, seen from the day on which the report is due. All are over then.
    pub enum ReportPeriod {
        /// The day before.
        Yesterday = "yesterday",
        /// The seven days before.
        LastSevenDays = "last_seven_days",
        /// The thirty days before.
        LastThirtyDays = "last_thirty_days",
        /// The ninety days before.
        LastNinetyDays = "last_ninety_days",
        /// The last whole week, Monday to Sunday.
        LastWeek = "last_week",
        /// The month up to the day before.
        ThisMonth = "this_month",
        /// The last whole month.
        LastMonth = "last_month",
    }
}

impl ReportPeriod {
    /// First and last day of the report that is due on `today`; none at the end of the calendar.
    pub fn days(self, today: Date) -> Option<(Date, Date)> {
        let before = |span: Span| today.checked_sub(span).ok();
        let yesterday = before(1.day())?;
        Some(match self {
            ReportPeriod::Yesterday => (yesterday, yesterday),
            ReportPeriod::LastSevenDays => (before(7.days())?, yesterday),
            ReportPeriod::LastThirtyDays => (before(30.days())?, yesterday),
            ReportPeriod::LastNinetyDays => (before(90.days())?, yesterday),
            ReportPeriod::LastWeek => {
                let since_monday = i64::from(today.weekday().since(Weekday::Monday));
                let sunday = before((since_monday + 1).days())?;
                (sunday.checked_sub(6.days()).ok()?, sunday)
            }
            ReportPeriod::ThisMonth => (yesterday.first_of_month(), yesterday),
            ReportPeriod::LastMonth => {
                let last = today.first_of_month().checked_sub(1.day()).ok()?;
                (last.first_of_month(), last)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_whole_days_that_are_over() {
        let days = |period: ReportPeriod, today: &str| {
            let (first, last) = period.days(today.parse().expect("a day")).expect("days");
            format!("{first}..{last}")
        };
        use ReportPeriod::*;
        for (period, today, expected) in [
            (Yesterday, "2026-03-01", "2026-02-28..2026-02-28"),
            (LastSevenDays, "2026-01-03", "2025-12-27..2026-01-02"),
            (LastThirtyDays, "2026-01-31", "2026-01-01..2026-01-30"),
            (LastNinetyDays, "2026-04-01", "2026-01-01..2026-03-31"),
            // A Monday, a Sunday.
            (LastWeek, "2026-01-05", "2025-12-29..2026-01-04"),
            (LastWeek, "2026-01-11", "2025-12-29..2026-01-04"),
            (ThisMonth, "2026-05-01", "2026-04-01..2026-04-30"),
            (ThisMonth, "2026-05-15", "2026-05-01..2026-05-14"),
            (LastMonth, "2024-03-31", "2024-02-01..2024-02-29"),
        ] {
            assert_eq!(days(period, today), expected, "{period:?} on {today}");
        }
    }
}
