//! What the server's settings should be on a machine of this size, under a load like ROMASHKA's: many short transactions,
//! few long reports, disks without moving parts.
//!
//! Invariant: pure data; each recommendation carries its value, its reason, what else is fine, and whether it needs a
//! restart. Sizes and chapters refer to the manual of PostgreSQL ("Server Configuration", "Resource Consumption", "WAL
//! Configuration", "Routine Vacuuming").

mod sizing;

use serde::Serialize;

pub use sizing::{
    autovacuum_max_workers, effective_cache_size, maintenance_work_mem, max_connections,
    max_wal_size, shared_buffers, work_mem,
};

use super::machine::Resources;
use super::{Severity, figures};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What a setting is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Whether a commit is kept.
    Durability,
    /// Sizes of memory.
    Memory,
    /// Sessions and their time limits.
    Connections,
    /// The write-ahead log and checkpoints.
    Wal,
    /// Cleaning up.
    Autovacuum,
    /// The planner's view of the machine.
    Planner,
    /// What the server tells about itself.
    Monitoring,
}

/// The value of a setting, in the unit that it is compared in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Bytes.
    Size(u64),
    /// Milliseconds.
    Time(u64),
    /// A plain number.
    Number(f64),
    /// `on`, `off`, or a word of an enumeration.
    Word(&'static str),
    /// An entry of a list, which may hold others.
    Entry(&'static str),
}

impl Value {
    /// As it is written in a configuration file or in `alter system`, without quotes.
    pub fn setting(self) -> String {
        match self {
            Value::Size(bytes) if bytes % GIB == 0 => format!("{}GB", bytes / GIB),
            Value::Size(bytes) if bytes % MIB == 0 => format!("{}MB", bytes / MIB),
            Value::Size(bytes) => format!("{}kB", bytes / 1024),
            Value::Time(0) => "0".to_owned(),
            Value::Time(milliseconds) if milliseconds % 60_000 == 0 => {
                format!("{}min", milliseconds / 60_000)
            }
            Value::Time(milliseconds) => format!("{milliseconds}ms"),
            Value::Number(number) => number.to_string(),
            Value::Word(word) | Value::Entry(word) => word.to_owned(),
        }
    }

    /// As people read it.
    pub fn words(self) -> String {
        match self {
            Value::Size(bytes) => figures::size(bytes),
            Value::Time(0) => "0".to_owned(),
            Value::Time(milliseconds) => figures::duration(milliseconds as f64 / 1000.0),
            Value::Number(number) => number.to_string(),
            Value::Word(word) | Value::Entry(word) => word.to_owned(),
        }
    }

    /// The figure to compare, in bytes, milliseconds or as it is.
    pub fn amount(self) -> Option<f64> {
        match self {
            Value::Size(number) | Value::Time(number) => Some(number as f64),
            Value::Number(number) => Some(number),
            Value::Word(_) | Value::Entry(_) => None,
        }
    }
}

/// What is as good as the recommended value, so that nobody is bothered about it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepted {
    /// Anything from the first to the second, both included, in the unit of the value.
    Between(f64, f64),
    /// One of these words.
    Words(&'static [&'static str]),
    /// Every word but this one.
    NotWord(&'static str),
    /// A list that holds the entry.
    Holding,
    /// Anything that is not set for the whole server, in its configuration files.
    ForSome,
}

/// One setting as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Recommendation {
    /// `settings.` and the setting's name, part of the interface.
    pub id: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// The value.
    pub value: Value,
    /// What else is fine.
    pub accepted: Accepted,
    /// How bad another value is.
    pub severity: Severity,
    /// Why.
    pub reason: &'static str,
    /// Whether a change is in force only after a restart.
    pub needs_restart: bool,
}

impl Recommendation {
    /// The setting's name.
    pub fn setting(&self) -> &'static str {
        self.id.strip_prefix("settings.").unwrap_or(self.id)
    }

    /// The statement of a superuser that sets it. `present` is what a list holds already.
    ///
    /// A list must be given entry by entry: `'a, b'` would be one entry with a comma in its name, and a server with such a
    /// `shared_preload_libraries` does not start any more.
    pub fn statement(&self, present: &[String]) -> String {
        let value = match self.value {
            Value::Entry(entry) => present
                .iter()
                .map(String::as_str)
                .chain([entry])
                .map(|entry| format!("'{}'", entry.replace('\'', "''")))
                .collect::<Vec<_>>()
                .join(", "),
            Value::Number(_) | Value::Word("on" | "off") => self.value.setting(),
            _ => format!("'{}'", self.value.setting()),
        };
        let statement = format!("alter system set {} = {value};", self.setting());
        if self.needs_restart {
            statement
        } else {
            format!("{statement} select pg_reload_conf();")
        }
    }
}

/// What the recommendations depend on besides the machine.
#[derive(Clone, Copy, Debug)]
pub struct ServerTraits {
    /// 15 of 15.20.
    pub major: u32,
    /// Whether the server can compress its log with lz4: it was built with it, and is 15 or newer.
    pub has_lz4: bool,
    /// `max_connections` as it is, which memory for a query depends on.
    pub max_connections: u32,
}

const NO_LIMIT: f64 = f64::INFINITY;

/// The recommendations for a machine. Without its memory or processors, those that do not depend on them.
pub fn recommend(resources: &Resources, server: &ServerTraits) -> Vec<Recommendation> {
    let mut list = durability();
    if let Some(memory) = resources.memory {
        list.extend(memory_settings(memory, server));
    }
    list.extend(sessions());
    list.extend(wal(resources.memory, server));
    list.extend(autovacuum(resources.cores));
    list.extend(planner());
    list.extend(monitoring());
    list
}

fn new(
    id: &'static str,
    topic: Topic,
    value: Value,
    accepted: Accepted,
    severity: Severity,
    reason: &'static str,
) -> Recommendation {
    Recommendation {
        id,
        topic,
        value,
        accepted,
        severity,
        reason,
        needs_restart: false,
    }
}

impl Recommendation {
    fn after_restart(self) -> Recommendation {
        Recommendation {
            needs_restart: true,
            ..self
        }
    }
}

fn durability() -> Vec<Recommendation> {
    let on = |id, accepted, reason| {
        new(
            id,
            Topic::Durability,
            Value::Word("on"),
            accepted,
            Severity::Error,
            reason,
        )
    };
    vec![
        on(
            "settings.fsync",
            Accepted::Words(&["on"]),
            "without it a crash of the machine may leave a database that cannot be read any more",
        ),
        on(
            "settings.full_page_writes",
            Accepted::Words(&["on"]),
            "without it a page that was half written in a crash stays broken",
        ),
        on(
            "settings.synchronous_commit",
            Accepted::NotWord("off"),
            "with off, a message that was acknowledged may be gone after a crash: its sender will not send it again",
        ),
    ]
}

fn memory_settings(memory: u64, server: &ServerTraits) -> Vec<Recommendation> {
    let size = |id, value: u64, least: f64, most: f64, reason| {
        new(
            id,
            Topic::Memory,
            Value::Size(value),
            Accepted::Between(value as f64 * least, value as f64 * most),
            Severity::Advice,
            reason,
        )
    };
    let connections = max_connections(memory);
    vec![
        size(
            "settings.shared_buffers",
            shared_buffers(memory),
            0.5,
            1.6,
            "a quarter of the memory: PostgreSQL's own cache; what is not in it costs a call of the operating system",
        )
        .after_restart(),
        size(
            "settings.effective_cache_size",
            effective_cache_size(memory),
            0.6,
            1.34,
            "three quarters of the memory: tells the planner how much of the data is cached; too low, and it avoids indexes",
        ),
        size(
            "settings.work_mem",
            work_mem(memory, server.max_connections.min(connections)),
            0.25,
            2.0,
            "the memory beside shared_buffers, for all connections with four sorts each: too little sorts on disk, too much runs out of memory",
        ),
        size(
            "settings.maintenance_work_mem",
            maintenance_work_mem(memory, server.major),
            0.25,
            2.0,
            "a sixteenth of the memory: with less, vacuum reads every index several times and index builds sort on disk",
        ),
        new(
            "settings.max_connections",
            Topic::Connections,
            Value::Number(f64::from(connections)),
            Accepted::Between(20.0, f64::from(connections) * 2.0),
            Severity::Advice,
            "each connection is a process with memory of its own; more than this machine can serve are slower than a pooler in front of fewer",
        )
        .after_restart(),
    ]
}

fn sessions() -> Vec<Recommendation> {
    vec![
        new(
            "settings.idle_in_transaction_session_timeout",
            Topic::Connections,
            Value::Time(10 * 60_000),
            Accepted::Between(1_000.0, 3_600_000.0),
            Severity::Advice,
            "a client that went to sleep within a transaction keeps its locks, and keeps vacuum from cleaning up anywhere; 0 lets it do so for ever",
        ),
        new(
            "settings.statement_timeout",
            Topic::Connections,
            Value::Time(0),
            Accepted::ForSome,
            Severity::Advice,
            "a limit for everybody also ends migrations, index builds and backups; set it for the roles of people and programs: alter role … set statement_timeout = '30s'",
        ),
    ]
}

fn wal(memory: Option<u64>, server: &ServerTraits) -> Vec<Recommendation> {
    let mut list = vec![
        new(
            "settings.wal_compression",
            Topic::Wal,
            Value::Word(if server.has_lz4 { "lz4" } else { "on" }),
            Accepted::NotWord("off"),
            Severity::Advice,
            "after each checkpoint whole pages are logged; compressed they are a fraction of the log, of the backups and of the standby's traffic",
        ),
        new(
            "settings.checkpoint_timeout",
            Topic::Wal,
            Value::Time(15 * 60_000),
            Accepted::Between(300_000.0, 3_600_000.0),
            Severity::Advice,
            "the first change of a page after each checkpoint logs the whole page; longer intervals log less and take longer to recover",
        ),
        new(
            "settings.checkpoint_completion_target",
            Topic::Wal,
            Value::Number(0.9),
            Accepted::Between(0.7, 1.0),
            Severity::Advice,
            "spreads the writing of a checkpoint over the interval instead of filling the disk's queue at once",
        ),
        new(
            "settings.wal_level",
            Topic::Wal,
            Value::Word("replica"),
            Accepted::NotWord("minimal"),
            Severity::Advice,
            "with minimal there are no backups while the server runs, and no restoring to a point in time",
        )
        .after_restart(),
    ];
    if let Some(memory) = memory {
        let value = max_wal_size(memory);
        list.push(new(
            "settings.max_wal_size",
            Topic::Wal,
            Value::Size(value),
            Accepted::Between(value as f64 * 0.5, NO_LIMIT),
            Severity::Advice,
            "as much as shared_buffers can hold in changed pages: when the log is full before the time, a checkpoint is forced, and pages are logged whole more often",
        ));
    }
    list
}

/// Of autovacuum's cost limit: a worker that dirties pages (20 points each) with 200 points every 2 ms writes 10 pages of 8 KiB
/// in that time, 39 MiB a second at most, for all workers together; 1,000 points allow 195 MiB.
fn autovacuum(cores: Option<u32>) -> Vec<Recommendation> {
    let mut list = vec![
        new(
            "settings.autovacuum",
            Topic::Autovacuum,
            Value::Word("on"),
            Accepted::Words(&["on"]),
            Severity::Error,
            "without it dead rows pile up, statistics grow old, and at last the server stops to protect itself from wraparound",
        ),
        new(
            "settings.track_counts",
            Topic::Autovacuum,
            Value::Word("on"),
            Accepted::Words(&["on"]),
            Severity::Error,
            "autovacuum learns from these counts where it is needed",
        ),
        new(
            "settings.vacuum_cost_limit",
            Topic::Autovacuum,
            Value::Number(1000.0),
            Accepted::Between(400.0, 10_000.0),
            Severity::Advice,
            "the default of 200 lets all workers together write 39 MiB a second, from the time of turning disks; 1000 allows 195 MiB",
        ),
    ];
    if let Some(cores) = cores {
        let workers = autovacuum_max_workers(cores);
        list.push(
            new(
                "settings.autovacuum_max_workers",
                Topic::Autovacuum,
                Value::Number(f64::from(workers)),
                Accepted::Between(3.0, 32.0),
                Severity::Advice,
                "a large table keeps a worker busy for long; the hot queues must not wait for it",
            )
            .after_restart(),
        );
    }
    list
}

fn planner() -> Vec<Recommendation> {
    vec![
        new(
            "settings.random_page_cost",
            Topic::Planner,
            Value::Number(1.1),
            Accepted::Between(1.0, 2.0),
            Severity::Advice,
            "the default of 4 is for turning disks; on solid-state disks it makes the planner avoid indexes",
        ),
        new(
            "settings.jit",
            Topic::Planner,
            Value::Word("off"),
            Accepted::Words(&["off"]),
            Severity::Advice,
            "compiling a plan pays for long reports; a short query whose cost is overestimated becomes many times slower",
        ),
    ]
}

fn monitoring() -> Vec<Recommendation> {
    let on = |id, reason| {
        new(
            id,
            Topic::Monitoring,
            Value::Word("on"),
            Accepted::Words(&["on"]),
            Severity::Advice,
            reason,
        )
    };
    vec![
        Recommendation {
            value: Value::Entry("pg_stat_statements"),
            accepted: Accepted::Holding,
            ..on(
                "settings.shared_preload_libraries",
                "pg_stat_statements counts what each statement costs, and can be loaded at the server's start only",
            )
        }
        .after_restart(),
        on(
            "settings.track_io_timing",
            "shows whether a slow statement waits for the disk; pg_test_timing tells what the clock costs on this machine",
        ),
        on(
            "settings.log_lock_waits",
            "writes down who waited for whom for longer than deadlock_timeout",
        ),
        on(
            "settings.log_checkpoints",
            "writes down what checkpoints cost, and whether they were forced",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn server(major: u32) -> ServerTraits {
        ServerTraits {
            major,
            has_lz4: major >= 15,
            max_connections: 100,
        }
    }

    fn at(memory: u64, cores: u32, major: u32) -> BTreeMap<&'static str, String> {
        recommend(&Resources::given(memory, cores), &server(major))
            .into_iter()
            .map(|found| (found.setting(), found.value.setting()))
            .collect()
    }

    #[track_caller]
    fn assert_values(found: &BTreeMap<&'static str, String>, wanted: &[(&str, &str)]) {
        for (setting, value) in wanted {
            assert_eq!(found[setting], *value, "{setting}");
        }
    }

    #[test]
    fn a_small_machine() {
        assert_values(
            &at(GIB, 1, 15),
            &[
                ("shared_buffers", "256MB"),
                ("effective_cache_size", "768MB"),
                ("work_mem", "4MB"),
                ("maintenance_work_mem", "64MB"),
                ("max_connections", "48"),
                ("max_wal_size", "2GB"),
                ("autovacuum_max_workers", "3"),
            ],
        );
    }

    #[test]
    fn a_modest_machine() {
        assert_values(
            &at(4 * GIB, 2, 15),
            &[
                ("shared_buffers", "1GB"),
                ("effective_cache_size", "3GB"),
                ("work_mem", "7MB"),
                ("maintenance_work_mem", "256MB"),
                ("max_connections", "192"),
                ("max_wal_size", "2GB"),
            ],
        );
    }

    #[test]
    fn a_usual_machine() {
        assert_values(
            &at(24 * GIB, 8, 15),
            &[
                ("shared_buffers", "6GB"),
                ("effective_cache_size", "18GB"),
                ("work_mem", "46MB"),
                ("maintenance_work_mem", "1GB"),
                ("max_connections", "200"),
                ("max_wal_size", "6GB"),
                ("wal_compression", "lz4"),
            ],
        );
        assert_values(&at(24 * GIB, 8, 14), &[("wal_compression", "on")]);
    }

    #[test]
    fn a_large_machine() {
        assert_values(
            &at(256 * GIB, 64, 18),
            &[
                ("shared_buffers", "64GB"),
                ("effective_cache_size", "192GB"),
                ("work_mem", "64MB"),
                ("maintenance_work_mem", "2GB"),
                ("max_connections", "200"),
                ("max_wal_size", "16GB"),
                ("autovacuum_max_workers", "8"),
            ],
        );
        assert_values(&at(256 * GIB, 64, 16), &[("maintenance_work_mem", "1GB")]);
    }

    #[test]
    fn without_the_memory_what_depends_on_it_is_left_out() {
        let list = recommend(&Resources::UNKNOWN, &server(15));
        assert!(list.iter().all(|found| found.topic != Topic::Memory));
        assert!(list.iter().any(|found| found.id == "settings.fsync"));
    }

    #[test]
    fn durability_is_no_matter_of_taste() {
        for id in [
            "settings.fsync",
            "settings.full_page_writes",
            "settings.synchronous_commit",
            "settings.autovacuum",
        ] {
            let list = recommend(&Resources::UNKNOWN, &server(15));
            let found = list
                .iter()
                .find(|found| found.id == id)
                .expect("the setting");
            assert_eq!(found.severity, Severity::Error, "{id}");
        }
    }

    #[test]
    fn statements_can_be_pasted() {
        let list = recommend(&Resources::given(24 * GIB, 8), &server(15));
        let statement = |setting: &str, present: &[String]| {
            list.iter()
                .find(|found| found.setting() == setting)
                .expect("the setting")
                .statement(present)
        };
        assert_eq!(
            statement("shared_buffers", &[]),
            "alter system set shared_buffers = '6GB';"
        );
        assert_eq!(
            statement("jit", &[]),
            "alter system set jit = off; select pg_reload_conf();"
        );
        assert_eq!(
            statement("random_page_cost", &[]),
            "alter system set random_page_cost = 1.1; select pg_reload_conf();"
        );
        assert_eq!(
            statement("shared_preload_libraries", &["auto_explain".to_owned()]),
            "alter system set shared_preload_libraries = 'auto_explain', 'pg_stat_statements';"
        );
    }
}
