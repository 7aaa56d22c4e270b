//! What the dashboard shows, as lines of text that fit.

use romashka_db::doctor::{self, SlowStatement};
use romashka_db::monitor::Figures;

use super::LastBackup;

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Everything in short.
    Overview,
    /// The slowest statements.
    Statements,
    /// The largest tables.
    Tables,
}

impl View {
    /// Another page, or back from it.
    pub fn or_overview(self, other: View) -> View {
        if self == other { View::Overview } else { other }
    }
}

/// What happened a second, between two looks.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    messages: f64,
    transactions: f64,
}

/// All that is known at a moment.
pub struct Moment {
    /// The database, without secrets.
    pub target: String,
    /// The figures.
    pub figures: Figures,
    /// Against the look before; none after the first.
    pub rates: Option<Rates>,
    /// Slow statements.
    pub slow: Vec<SlowStatement>,
    /// The newest backup.
    pub backup: Option<LastBackup>,
    /// What went wrong, or that it is paused.
    pub note: Option<String>,
}

const QUEUES: [&str; 7] = [
    "incoming_events",
    "deliveries",
    "outgoing_webhooks",
    "scheduled_messages",
    "synchronisations",
    "media",
    "mails",
];

impl Moment {
    /// Takes new figures, and how much happened since those before.
    pub fn go_on(&mut self, figures: Figures) {
        let seconds = figures
            .taken_at
            .duration_since(self.figures.taken_at)
            .as_secs_f64();
        let grown = |name: &str, label: &str| {
            // Less than before: the server's statistics began anew.
            ((figures.get(name, label) - self.figures.get(name, label)) / seconds).max(0.0)
        };
        self.rates = (seconds > 0.0).then(|| Rates {
            messages: grown("romashka_messages_total", ""),
            transactions: grown("romashka_transactions_total", "commit")
                + grown("romashka_transactions_total", "rollback"),
        });
        self.figures = figures;
        self.note = None;
    }

    /// The page, within so many columns and rows.
    pub fn lines(&self, view: View, columns: usize, rows: usize) -> Vec<String> {
        let mut lines = vec![format!(
            "ROMASHKA  {}  {}",
            self.target,
            self.figures.taken_at.strftime("%H:%M:%S UTC")
        )];
        match view {
            View::Overview => self.overview(&mut lines),
            View::Statements => self.statements(&mut lines),
            View::Tables => self.tables(&mut lines),
        }
        let last = match &self.note {
            Some(note) => note.clone(),
            None => "q end   r now   s statements   t tables   p pause".to_owned(),
        };
        if rows != usize::MAX {
            lines.truncate(rows.saturating_sub(1));
            lines.push(last);
        }
        lines
            .into_iter()
            .map(|line| line.chars().take(columns).collect())
            .collect()
    }

    fn overview(&self, lines: &mut Vec<String>) {
        let get = |name: &str, label: &str| self.figures.get(name, label);
        let whole = |name: &str, label: &str| doctor::count(get(name, label) as i64);
        lines.push(String::new());
        lines.push(format!(
            "{:<20} {:>9} {:>8} {:>12}",
            "queue", "waiting", "dead", "overdue"
        ));
        for queue in QUEUES {
            lines.push(format!(
                "{:<20} {:>9} {:>8} {:>12}",
                queue.replace('_', " "),
                whole("romashka_queue_waiting", queue),
                whole("romashka_queue_dead", queue),
                age(get("romashka_queue_overdue_seconds", queue))
            ));
        }
        let readers: Vec<String> = self
            .figures
            .all("romashka_ledger_lag_seconds")
            .map(|sample| {
                let reader = sample.labels.values().next().map_or("", String::as_str);
                format!("{reader} {}", age(sample.value))
            })
            .collect();
        lines.push(format!(
            "ledger         {}",
            match readers.is_empty() {
                true => "no reader yet".to_owned(),
                false => readers.join(", "),
            }
        ));
        lines.push(String::new());
        lines.push(format!(
            "conversations  open {}, waiting {}, escalated {}, nobody's {}; longest wait {}",
            whole("romashka_conversations", "open"),
            whole("romashka_conversations", "waiting"),
            whole("romashka_conversations", "escalated"),
            whole("romashka_conversations", "unassigned"),
            age(get("romashka_longest_wait_seconds", ""))
        ));
        lines.push(format!(
            "agents         online {}, free {}; promises overdue {}",
            whole("romashka_agents", "online"),
            whole("romashka_agents", "free"),
            whole("romashka_promises_overdue", "")
        ));
        lines.push(match self.rates {
            Some(rates) => format!(
                "a second       {:.1} messages, {:.1} transactions",
                rates.messages, rates.transactions
            ),
            None => format!(
                "in all         {} messages, {} transactions",
                whole("romashka_messages_total", ""),
                whole("romashka_transactions_total", "commit")
            ),
        });
        lines.push(format!(
            "sessions       {} active, {} idle, {} idle in a transaction of {}",
            whole("romashka_sessions", "active"),
            whole("romashka_sessions", "idle"),
            whole("romashka_sessions", "idle_in_transaction"),
            whole("romashka_sessions_most", "")
        ));
        lines.push(format!(
            "locks          {} wait, longest {}; oldest transaction {}; deadlocks {}",
            whole("romashka_lock_waiters", ""),
            age(get("romashka_longest_lock_wait_seconds", "")),
            age(get("romashka_oldest_transaction_seconds", "")),
            whole("romashka_deadlocks_total", "")
        ));
        lines.push(format!(
            "statements     {}",
            match self.slow.first() {
                Some(slowest) => format!(
                    "{} each time: {}",
                    doctor::duration(slowest.mean_ms / 1000.0),
                    slowest.text
                ),
                None => "nobody counts them: romashka doctor --group statements".to_owned(),
            }
        ));
        let (hit, read) = (
            get("romashka_blocks_total", "cache"),
            get("romashka_blocks_total", "disk"),
        );
        lines.push(format!(
            "size           {}, {:.1} % of pages from the cache",
            bytes(get("romashka_database_bytes", "")),
            100.0 * hit / (hit + read).max(1.0)
        ));
        let largest = |name: &'static str| {
            self.figures
                .all(name)
                .map(|sample| sample.value)
                .fold(0.0, f64::max)
        };
        lines.push(format!(
            "replication    {} standbys, furthest behind {}; slots hold back {}",
            whole("romashka_replicas", ""),
            bytes(largest("romashka_replica_lag_bytes")),
            bytes(largest("romashka_slot_retained_bytes"))
        ));
        let backup = match &self.backup {
            Some(backup) => format!(
                "{} ago, {}",
                age(self
                    .figures
                    .taken_at
                    .duration_since(backup.created_at)
                    .as_secs_f64()),
                bytes(backup.bytes as f64)
            ),
            None => "none found here (--backups FOLDER)".to_owned(),
        };
        lines.push(format!(
            "backups        {backup}; log segments archived {}, failed {}",
            whole("romashka_log_archived_total", ""),
            whole("romashka_log_archive_failures_total", "")
        ));
    }

    fn statements(&self, lines: &mut Vec<String>) {
        lines.push(format!(
            "{:>10} {:>10}  slowest statements",
            "each", "calls"
        ));
        if self.slow.is_empty() {
            lines.push("nobody counts them: romashka doctor --group statements".to_owned());
        }
        for statement in &self.slow {
            lines.push(format!(
                "{:>10} {:>10}  {}",
                doctor::duration(statement.mean_ms / 1000.0),
                doctor::count(statement.calls),
                statement.text
            ));
        }
    }

    fn tables(&self, lines: &mut Vec<String>) {
        lines.push(format!("{:>12}  largest tables, without indexes", "size"));
        for sample in self.figures.all("romashka_table_bytes") {
            lines.push(format!(
                "{:>12}  {}",
                bytes(sample.value),
                sample.labels.values().next().map_or("", String::as_str)
            ));
        }
    }
}

fn age(seconds: f64) -> String {
    if seconds <= 0.0 {
        return "-".to_owned();
    }
    doctor::duration(seconds)
}

fn bytes(number: f64) -> String {
    doctor::size(number.max(0.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment() -> Moment {
        let told = serde_json::json!([
            {"name": "romashka_queue_waiting", "labels": {"queue": "deliveries"}, "value": 10000},
            {"name": "romashka_queue_overdue_seconds", "labels": {"queue": "deliveries"}, "value": 98765.4},
            {"name": "romashka_ledger_lag_seconds", "labels": {"reader": "webhooks"}, "value": 12.5},
            {"name": "romashka_messages_total", "labels": {}, "value": 100},
            {"name": "romashka_table_bytes", "labels": {"table": "public.messages"}, "value": 1048576},
        ]);
        Moment {
            target: "romashka@db.example.com:5432/a_database_with_a_name_that_is_longer_than_the_screen_is_wide".to_owned(),
            figures: Figures::of(&told),
            rates: None,
            slow: Vec::new(),
            backup: None,
            note: None,
        }
    }

    #[test]
    fn every_page_fits_into_80_by_24_with_the_keys_at_its_end() {
        for view in [View::Overview, View::Statements, View::Tables] {
            let lines = moment().lines(view, 80, 24);
            assert!(lines.len() <= 24, "{view:?}: {}", lines.len());
            assert!(lines.iter().all(|line| line.chars().count() <= 80));
            assert!(lines.last().expect("a line").starts_with("q end"));
        }
        let lines = moment().lines(View::Overview, 80, 24);
        assert!(
            lines.iter().any(|line| line.starts_with("backups")),
            "nothing of the overview is cut off at 24 lines: {lines:#?}"
        );
    }

    #[test]
    fn a_second_is_what_grew_between_two_looks() {
        let mut moment = moment();
        let mut next = moment.figures.clone();
        next.taken_at += jiff::SignedDuration::from_secs(10);
        for sample in &mut next.samples {
            if sample.name == "romashka_messages_total" {
                sample.value += 25.0;
            }
        }
        moment.go_on(next);
        let text = moment.lines(View::Overview, 80, 24).join("\n");
        assert!(text.contains("2.5 messages"), "{text}");
    }
}
