//! The figures of this moment: collected once, by the database's function `monitor()`, for the terminal, for programs and for Prometheus.
//!
//! Invariants: one list of names, the same in all three; labels hold names of queues, tables and states, nothing of a tenant.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::{Client, Error};

/// What kind of figure it is, in Prometheus' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It goes up and down.
    Gauge,
    /// It only grows, until the server's statistics are reset.
    Counter,
}

/// A figure that exists.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Gauge or counter.
    pub kind: Kind,
    /// What it tells.
    pub help: &'static str,
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric {
        name,
        kind: Kind::Gauge,
        help,
    }
}

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric {
        name,
        kind: Kind::Counter,
        help,
    }
}

/// Every figure.
#[rustfmt::skip]
pub const METRICS: &[Metric] = &[
    gauge("romashka_queue_waiting", "What waits in a queue or is worked on, counted up to 10000."),
    gauge("romashka_queue_dead", "What a queue has given up, counted up to 10000."),
    gauge("romashka_queue_overdue_seconds", "For how long the oldest entry of a queue has been due."),
    gauge("romashka_ledger_lag_seconds", "Age of the first event that a reader of the ledger has not passed."),
    gauge("romashka_conversations", "Conversations of all workspaces, as last counted by the regular job."),
    gauge("romashka_longest_wait_seconds", "How long the customer waits who waits longest, as last counted."),
    gauge("romashka_promises_overdue", "Promises of an answer or solution that are overdue, as last counted."),
    gauge("romashka_agents", "Agents of all workspaces, as last counted."),
    counter("romashka_messages_total", "Messages written since the server's statistics began."),
    counter("romashka_transactions_total", "Transactions of the database."),
    counter("romashka_blocks_total", "Pages read, from the cache or from the disk."),
    counter("romashka_deadlocks_total", "Deadlocks."),
    counter("romashka_temporary_bytes_total", "Bytes that sorts and joins wrote to disk."),
    gauge("romashka_database_bytes", "Size of the database."),
    gauge("romashka_table_bytes", "Size of the ten largest tables without indexes, as last vacuumed or analyzed."),
    gauge("romashka_sessions", "Sessions of clients."),
    gauge("romashka_sessions_most", "How many sessions the server allows."),
    gauge("romashka_oldest_transaction_seconds", "How long the longest transaction has been open."),
    gauge("romashka_lock_waiters", "Sessions that wait for a lock."),
    gauge("romashka_longest_lock_wait_seconds", "How long the statement runs that waits longest for a lock."),
    gauge("romashka_replicas", "Standbys that are connected."),
    gauge("romashka_replica_lag_bytes", "How far a standby is behind, in bytes of the log."),
    gauge("romashka_slot_retained_bytes", "How much of the log a replication slot holds back."),
    counter("romashka_log_archived_total", "Segments of the log that were archived."),
    counter("romashka_log_archive_failures_total", "Attempts to archive a segment that failed."),
    counter("romashka_job_failures_total", "Runs of a regular job that failed."),
    gauge("romashka_job_overdue_seconds", "For how long a regular job has been due."),
];

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Its name, one of [`METRICS`].
    pub name: String,
    /// Which one of several: the queue, the table, the state.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The figure.
    pub value: f64,
}

/// All figures of a moment.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// When they were taken.
    pub taken_at: Timestamp,
    /// In the order in which the database tells them.
    pub samples: Vec<Sample>,
}

impl Figures {
    /// Asks the database.
    ///
    /// # Errors
    /// When the database does not answer, or the role may not ask.
    pub async fn read(client: &Client) -> Result<Figures, Error> {
        let row = client.query_one("select public.monitor()", &[]).await?;
        Ok(Figures::of(&row.get(0)))
    }

    /// Of what the function `monitor()` told. What is no figure is left out.
    pub fn of(told: &Value) -> Figures {
        let samples = told
            .as_array()
            .map(|list| {
                list.iter()
                    .filter_map(|figure| Sample::deserialize(figure).ok())
                    .collect()
            })
            .unwrap_or_default();
        Figures {
            taken_at: Timestamp::now(),
            samples,
        }
    }

    /// Those of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.samples
            .iter()
            .filter(move |sample| sample.name == name)
    }

    /// The figure of a name whose one label has this value; of a name without labels with `""`.
    pub fn get(&self, name: &str, label: &str) -> f64 {
        self.all(name)
            .find(|sample| match sample.labels.values().next() {
                Some(value) => value == label,
                None => label.is_empty(),
            })
            .map_or(0.0, |sample| sample.value)
    }

    /// The text that Prometheus reads.
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        for metric in METRICS {
            let mut is_first = true;
            for sample in self.all(metric.name) {
                // Writing to a String cannot fail.
                if is_first {
                    let kind = match metric.kind {
                        Kind::Gauge => "gauge",
                        Kind::Counter => "counter",
                    };
                    let _ = writeln!(
                        text,
                        "# HELP {} {}\n# TYPE {0} {kind}",
                        metric.name, metric.help
                    );
                    is_first = false;
                }
                let labels: Vec<String> = sample
                    .labels
                    .iter()
                    .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
                    .collect();
                let _ = match labels.is_empty() {
                    true => writeln!(text, "{} {}", metric.name, sample.value),
                    false => writeln!(
                        text,
                        "{}{{{}}} {}",
                        metric.name,
                        labels.join(","),
                        sample.value
                    ),
                };
            }
        }
        text
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_gets_each_name_once_with_its_kind() {
        let figures = Figures::of(&serde_json::json!([
            {"name": "romashka_queue_waiting", "labels": {"queue": "a\"b"}, "value": 3},
            {"name": "romashka_messages_total", "labels": {}, "value": 12345678901_i64},
            {"name": "romashka_queue_waiting", "labels": {"queue": "c"}, "value": 0.5},
        ]));
        assert_eq!(
            figures.prometheus(),
            "# HELP romashka_queue_waiting What waits in a queue or is worked on, counted up to 10000.\n# TYPE romashka_queue_waiting gauge\n\
             romashka_queue_waiting{queue=\"a\\\"b\"} 3\nromashka_queue_waiting{queue=\"c\"} 0.5\n\
             # HELP romashka_messages_total Messages written since the server's statistics began.\n# TYPE romashka_messages_total counter\n\
             romashka_messages_total 12345678901\n"
        );
        assert_eq!(figures.get("romashka_queue_waiting", "c"), 0.5);
        assert_eq!(figures.get("romashka_messages_total", ""), 12_345_678_901.0);
    }
}
