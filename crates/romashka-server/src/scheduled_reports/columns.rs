//! The columns of a report: the fields of [`Day`](crate::reports::Day), how they are shown, and which belong to which report.

use crate::reports::Cut;

use super::ReportType;

/// How a figure is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A day.
    Date,
    /// Words.
    Text,
    /// A whole number.
    Count,
    /// Seconds.
    Seconds,
    /// A number of two decimals.
    Decimal,
    /// A share of one.
    Share,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name of the field, as the API and tables of comma-separated values have it.
    pub key: &'static str,
    /// How it is shown.
    pub form: Form,
    /// Its heading in English, German and Russian.
    headings: [&'static str; 3],
}

impl Column {
    /// The heading in a language.
    pub fn heading(&self, language: Language) -> &'static str {
        self.headings[language as usize]
    }
}

/// A language that reports are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English = 0,
    /// German.
    German = 1,
    /// Russian.
    Russian = 2,
}

impl Language {
    /// The language of a tag, English where there is no other.
    pub fn of(tag: &str) -> Language {
        match tag.split('-').next().unwrap_or_default() {
            "de" => Language::German,
            "ru" => Language::Russian,
            _ => Language::English,
        }
    }

    /// Its tag.
    pub fn tag(self) -> &'static str {
        ["en", "de", "ru"][self as usize]
    }

    /// One of three, by language.
    pub fn choose<T: Copy>(self, words: [T; 3]) -> T {
        words[self as usize]
    }
}

macro_rules! columns {
    ($($key:literal: $form:ident, $english:literal, $german:literal, $russian:literal;)+) => {
        const ALL: &[Column] = &[$(Column { key: $key, form: Form::$form, headings: [$english, $german, $russian] }),+];
    };
}

columns! {
    "date": Date, "Day", "Tag", "День";
    "channel_type": Text, "Channel", "Kanal", "Канал";
    "department": Text, "Department", "Abteilung", "Отдел";
    "agent_id": Text, "Agent", "Agent", "Оператор";
    "total_conversations": Count, "Conversations", "Gespräche", "Диалоги";
    "resolved_conversations": Count, "Resolved", "Gelöst", "Решено";
    "ai_resolved_conversations": Count, "Resolved by AI", "Von KI gelöst", "Решено ИИ";
    "human_resolved_conversations": Count, "Resolved by people", "Von Menschen gelöst", "Решено людьми";
    "abandoned_conversations": Count, "Abandoned", "Ohne Antwort", "Без ответа";
    "reopened_conversations": Count, "Reopened", "Wieder offen", "Открыто снова";
    "avg_first_response_time_seconds": Seconds, "First answer, mean", "Erste Antwort, Mittel", "Первый ответ, среднее";
    "p50_first_response_time_seconds": Seconds, "First answer, 50\u{a0}%", "Erste Antwort, 50\u{a0}%", "Первый ответ, 50\u{a0}%";
    "p90_first_response_time_seconds": Seconds, "First answer, 90\u{a0}%", "Erste Antwort, 90\u{a0}%", "Первый ответ, 90\u{a0}%";
    "p95_first_response_time_seconds": Seconds, "First answer, 95\u{a0}%", "Erste Antwort, 95\u{a0}%", "Первый ответ, 95\u{a0}%";
    "avg_resolution_time_seconds": Seconds, "Resolution, mean", "Lösung, Mittel", "Решение, среднее";
    "p50_resolution_time_seconds": Seconds, "Resolution, 50\u{a0}%", "Lösung, 50\u{a0}%", "Решение, 50\u{a0}%";
    "p90_resolution_time_seconds": Seconds, "Resolution, 90\u{a0}%", "Lösung, 90\u{a0}%", "Решение, 90\u{a0}%";
    "p95_resolution_time_seconds": Seconds, "Resolution, 95\u{a0}%", "Lösung, 95\u{a0}%", "Решение, 95\u{a0}%";
    "total_ratings": Count, "Ratings", "Bewertungen", "Оценки";
    "avg_satisfaction_score": Decimal, "Mean rating", "Mittlere Bewertung", "Средняя оценка";
    "handoff_rate": Share, "Handed to people", "An Menschen", "Передано людям";
    "leads_generated": Count, "Leads", "Leads", "Лиды";
    "revenue_attributed": Decimal, "Revenue", "Umsatz", "Выручка";
}

const PERFORMANCE: &[&str] = &[
    "total_conversations",
    "resolved_conversations",
    "abandoned_conversations",
    "reopened_conversations",
    "avg_first_response_time_seconds",
    "p50_first_response_time_seconds",
    "p90_first_response_time_seconds",
    "avg_resolution_time_seconds",
    "p50_resolution_time_seconds",
    "p90_resolution_time_seconds",
];

const SATISFACTION: &[&str] = &[
    "total_conversations",
    "resolved_conversations",
    "reopened_conversations",
    "total_ratings",
    "avg_satisfaction_score",
    "handoff_rate",
];

const AI_ANALYTICS: &[&str] = &[
    "total_conversations",
    "resolved_conversations",
    "ai_resolved_conversations",
    "human_resolved_conversations",
    "abandoned_conversations",
    "handoff_rate",
    "leads_generated",
    "revenue_attributed",
];

/// What the rows of a cut are told apart by.
const DIMENSIONS: &[&str] = &["date", "channel_type", "department", "agent_id"];

/// Whether a report of one's own can have this column.
pub fn is_figure(key: &str) -> bool {
    !DIMENSIONS.contains(&key) && ALL.iter().any(|column| column.key == key)
}

/// The columns of a report, in the order of the figures. `chosen` counts for one's own report; nothing chosen is everything.
pub fn of(report: ReportType, cut: Cut, chosen: &[String]) -> Vec<Column> {
    let dimension = match cut {
        Cut::Total => None,
        Cut::Channel => Some("channel_type"),
        Cut::Department => Some("department"),
        Cut::Agent => Some("agent_id"),
    };
    ALL.iter()
        .filter(|column| {
            if DIMENSIONS.contains(&column.key) {
                return column.key == "date" || Some(column.key) == dimension;
            }
            match report {
                ReportType::Performance => PERFORMANCE.contains(&column.key),
                ReportType::Satisfaction => SATISFACTION.contains(&column.key),
                ReportType::AiAnalytics => AI_ANALYTICS.contains(&column.key),
                ReportType::Custom => {
                    chosen.is_empty() || chosen.iter().any(|name| name == column.key)
                }
            }
        })
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_a_field_and_every_field_a_column() {
        let keys: Vec<&str> = ALL.iter().map(|column| column.key).collect();
        assert_eq!(keys, crate::reports::COLUMNS);
        for name in PERFORMANCE.iter().chain(SATISFACTION).chain(AI_ANALYTICS) {
            assert!(is_figure(name), "{name}");
        }
        assert!(!is_figure("date") && !is_figure("workspace_id"));
    }

    #[test]
    fn a_report_of_ones_own_has_what_was_chosen_beside_what_tells_its_rows_apart() {
        let keys = |columns: Vec<Column>| columns.iter().map(|c| c.key).collect::<Vec<_>>();
        let chosen = ["total_ratings".to_owned()];
        assert_eq!(
            keys(of(ReportType::Custom, Cut::Agent, &chosen)),
            ["date", "agent_id", "total_ratings"]
        );
        assert_eq!(of(ReportType::Custom, Cut::Total, &[]).len(), ALL.len() - 3);
    }
}
