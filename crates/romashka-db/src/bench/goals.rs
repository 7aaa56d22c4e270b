//! What the figures are held against: the goals, and what earlier schemas reached.
//!
//! The earlier figures were measured with 100,000 conversations, 1,000,000 messages and 20,000 articles on PostgreSQL 15
//! and two cores. Ratios can be compared; times are of another run on comparable hardware.

use serde::Serialize;

use super::report::{Load, Path, Report, Transaction};

/// The least share of a bare insert, commits waiting for the disk, eight clients.
pub const DURABLE_SHARE: f64 = 0.4;
/// The same, commits not waiting, two clients.
pub const RELAXED_SHARE: f64 = 0.2;
/// How much a hot path's median may grow from the smaller load to the larger.
pub const GROWTH: f64 = 1.2;
/// How much policies may cost a read.
pub const POLICIES: f64 = 1.15;

/// A goal, what was measured, and whether it is met.
#[derive(Clone, Debug, Serialize)]
pub struct Goal {
    /// What is wanted.
    pub what: String,
    /// The bound, in words.
    pub target: String,
    /// What was measured.
    pub measured: f64,
    /// Whether it lies within.
    pub is_met: bool,
}

/// A figure of earlier schemas, and the one to hold against it.
pub(super) struct Earlier {
    pub(super) what: &'static str,
    pub(super) earlier: &'static str,
    pub(super) rivals: &'static str,
    pub(super) here: Option<String>,
}

impl Report {
    /// The goals of which something was measured.
    pub fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        for (durable, clients, least) in [(true, 8, DURABLE_SHARE), (false, 2, RELAXED_SHARE)] {
            if let Some(share) = self.share(durable, clients) {
                goals.push(Goal {
                    what: format!(
                        "insert of a message, {}, {clients} clients: share of a bare insert",
                        commit(durable)
                    ),
                    target: format!("≥ {least}"),
                    measured: share,
                    is_met: share >= least,
                });
            }
        }
        for measurement in &self.measurements {
            let is_hot = measurement.is_hot;
            for (way, growth, policies) in [
                ("", measurement.growth, measurement.policies),
                (
                    ", naming the workspace",
                    measurement.named_growth,
                    measurement.named_policies,
                ),
            ] {
                for (what, ratio, most) in [
                    ("growth to the larger load", growth, GROWTH),
                    ("under policies against without", policies, POLICIES),
                ] {
                    if let Some(ratio) = ratio.filter(|_| is_hot) {
                        goals.push(Goal {
                            what: format!("{}{way}: {what}", measurement.title),
                            target: format!("≤ {most}"),
                            measured: ratio.median,
                            is_met: ratio.median <= most,
                        });
                    }
                }
            }
        }
        goals
    }

    fn row(&self, durable: bool, clients: usize) -> Option<&super::InsertRow> {
        self.insert.as_ref()?.rows.iter().find(|row| {
            row.transaction == Transaction::Statement
                && row.durable == durable
                && row.clients == clients
        })
    }

    fn share(&self, durable: bool, clients: usize) -> Option<f64> {
        Some(self.row(durable, clients)?.ratio.median)
    }

    /// The median latency of a member's side on the smaller load, in milliseconds.
    fn p50(&self, id: &str, path: Path) -> Option<f64> {
        let measurement = self.measurements.iter().find(|one| one.id == id)?;
        Some(measurement.side(Load::Small, path)?.p50_ms.median)
    }

    pub(super) fn earlier(&self) -> Vec<Earlier> {
        let milliseconds = |ids: &[&str]| {
            ids.iter()
                .map(|id| self.p50(id, Path::Policies).map(super::page::time))
                .collect::<Option<Vec<String>>>()
                .map(|values| values.join(" / "))
        };
        let row = |what, earlier, rivals, here| Earlier {
            what,
            earlier,
            rivals,
            here,
        };
        vec![
            row(
                "insert of a message, durable, 8 clients: share of a bare insert",
                "0.35 (no ledger, no tenants, no audit)",
                "0.20",
                self.share(true, 8).map(|share| format!("{share:.2}")),
            ),
            row(
                "the same, commits not waiting, 2 clients; processor time × bare",
                "0.20; 7.4",
                "0.15; 9.5",
                self.row(false, 2).map(|row| {
                    let cpu = row
                        .cpu_ratio
                        .map_or("–".to_owned(), |cpu| format!("{:.1}", cpu.median));
                    format!("{:.2}; {cpu}", row.ratio.median)
                }),
            ),
            row(
                "new conversation with assignment, 8 clients, per second",
                "1,336",
                "1,985",
                self.measurements
                    .iter()
                    .find(|one| one.id == "conversation")
                    .and_then(|one| {
                        let durable = one.side(Load::Small, Path::Durable)?.per_second.median;
                        let relaxed = one.side(Load::Small, Path::Relaxed)?.per_second.median;
                        Some(format!("{durable:.0} durable, {relaxed:.0} not waiting"))
                    }),
            ),
            row(
                "inbox, first page / 50,000 rows deep, under policies, ms",
                "0.18 / 100",
                "0.18 / 700",
                milliseconds(&["inbox-first", "inbox-deep"]),
            ),
            row(
                "search of articles, rare / common word, under policies, ms",
                "168 / –",
                "140 / 135",
                milliseconds(&["knowledge-rare", "knowledge-common"]),
            ),
            row(
                "search of messages, rare / common word / phrase, under policies, ms",
                "91",
                "4.7 (no policies)",
                milliseconds(&["messages-rare", "messages-common", "messages-phrase"]),
            ),
            row(
                "figures of a day, ms",
                "386",
                "0.41 (fewer figures)",
                milliseconds(&["figures-day"]),
            ),
            row(
                "updates of a conversation that touch no index",
                "87 %",
                "2 % and 63 %",
                self.insert
                    .as_ref()
                    .and_then(|insert| insert.hot.iter().find(|hot| hot.table == "conversations"))
                    .map(|hot| format!("{:.1} %", hot.share * 100.0)),
            ),
        ]
    }
}

pub(super) fn commit(durable: bool) -> &'static str {
    if durable {
        "durable"
    } else {
        "commits not waiting"
    }
}
