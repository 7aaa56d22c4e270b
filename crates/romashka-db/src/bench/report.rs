//! What a benchmark found, as data: printed, written as JSON, and made into a page.

use jiff::civil::Date;
use serde::Serialize;

use super::databases::{Loaded, Size};
use super::{BenchError, BenchOptions, Figure, Job, Spread};

/// Where was measured. No names of hosts or people.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Processor cores that this process may use.
    pub cores: usize,
    /// Memory in bytes, where it is known.
    pub memory_bytes: Option<u64>,
    /// Version of the server.
    pub postgresql: String,
    /// Settings of the server that matter here.
    pub settings: Vec<(String, String)>,
    /// The day.
    pub date: Date,
}

impl Machine {
    /// Of the machine and the server of this database.
    ///
    /// # Errors
    /// When the server does not tell.
    pub async fn inspect(loaded: &Loaded) -> Result<Machine, BenchError> {
        let owner = loaded.owner().await?;
        let rows = owner
            .query(
                "select name, current_setting(name) from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'shared_buffers',
                   'work_mem', 'max_wal_size', 'checkpoint_timeout', 'random_page_cost', 'jit', 'data_checksums') order by name",
                &[],
            )
            .await
            .map_err(BenchError::at("reading settings"))?;
        let version: String = owner
            .query_one("select current_setting('server_version')", &[])
            .await
            .map_err(BenchError::at("reading the server's version"))?
            .get(0);
        Ok(Machine {
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_bytes: memory(),
            // Debian adds its own after a space.
            postgresql: version.split(' ').next().unwrap_or_default().to_owned(),
            settings: rows.iter().map(|row| (row.get(0), row.get(1))).collect(),
            date: jiff::Zoned::now().date(),
        })
    }
}

fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// How a statement is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transaction {
    /// By itself, in a session that has role and claims: one round trip.
    Statement,
    /// In a scoped transaction, as the product's server does: four round trips.
    Scope,
}

/// One comparison of inserts.
#[derive(Clone, Debug, Serialize)]
pub struct InsertRow {
    /// How both sides were sent.
    pub transaction: Transaction,
    /// Whether commits waited for the disk.
    pub durable: bool,
    /// Clients side by side.
    pub clients: usize,
    /// The product's table.
    pub full: Figure,
    /// The bare table.
    pub bare: Figure,
    /// Inserts per second, full through bare.
    pub ratio: Spread,
    /// Processor time of the server, full through bare.
    pub cpu_ratio: Option<Spread>,
}

/// How many updates of a table stayed on their page and left the indexes alone.
#[derive(Clone, Debug, Serialize)]
pub struct Hot {
    /// The table.
    pub table: String,
    /// Updates.
    pub updates: i64,
    /// The share of them, 0 to 1.
    pub share: f64,
}

impl Hot {
    pub(super) fn between(
        before: Vec<(String, i64, i64)>,
        after: Vec<(String, i64, i64)>,
    ) -> Vec<Hot> {
        before
            .into_iter()
            .zip(after)
            .map(|((table, updates, hot), (_, updates_after, hot_after))| {
                let updates = updates_after - updates;
                Hot {
                    table,
                    updates,
                    share: (hot_after - hot) as f64 / updates.max(1) as f64,
                }
            })
            .collect()
    }
}

/// The inserts.
#[derive(Clone, Debug, Serialize)]
pub struct InsertReport {
    /// The comparisons.
    pub rows: Vec<InsertRow>,
    /// Updates that the inserts made.
    pub hot: Vec<Hot>,
}

/// One part of what an insert pays for.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Index, trigger, foreign key, checks, other.
    pub kind: &'static str,
    /// Its name in the catalog, or what it is.
    pub name: String,
    /// Microseconds of processor time that an insert takes less without it.
    pub saved_us: Spread,
}

/// Where the cost of an insert goes.
#[derive(Clone, Debug, Serialize)]
pub struct PartsReport {
    /// Clients side by side.
    pub clients: usize,
    /// The whole, with commits that do not wait for the disk.
    pub whole: Figure,
    /// The parts, the dearest first.
    pub parts: Vec<Part>,
}

/// Which load was measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Load {
    /// The smaller one.
    Small,
    /// The larger one.
    Large,
}

/// What distinguishes the sides of a measurement on one load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// As a member of the workspace, whom policies bind.
    Policies,
    /// The same, with the workspace named in the statement as well, which lets an index give the order.
    Named,
    /// As the owner of the tables, whom they do not bind, with the workspace named in the statement.
    Owner,
    /// As a member, commits waiting for the disk.
    Durable,
    /// As a member, commits not waiting.
    Relaxed,
}

/// One side of a measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    /// The load.
    pub load: Load,
    /// The way.
    pub path: Path,
    /// What came out.
    pub figure: Figure,
}

/// What one job's statement came to, side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    /// The job.
    pub job: Job,
    /// A short name, unique.
    pub id: &'static str,
    /// What is done.
    pub title: String,
    /// Clients side by side.
    pub clients: usize,
    /// Whether its latency must not grow with the workspace.
    pub is_hot: bool,
    /// The sides.
    pub sides: Vec<Side>,
    /// Median latency, larger load through smaller.
    pub growth: Option<Spread>,
    /// Median latency, under policies through without.
    pub policies: Option<Spread>,
    /// Growth where the member names the workspace.
    pub named_growth: Option<Spread>,
    /// The price of policies where the member names the workspace.
    pub named_policies: Option<Spread>,
}

impl Measurement {
    /// The way that is compared between the loads.
    pub fn compared(&self) -> Path {
        [Path::Policies, Path::Relaxed]
            .into_iter()
            .find(|path| self.side(Load::Small, *path).is_some())
            .unwrap_or(Path::Owner)
    }

    /// The side of a load and a way.
    pub fn side(&self, load: Load, path: Path) -> Option<&Figure> {
        self.sides
            .iter()
            .find(|side| side.load == load && side.path == path)
            .map(|side| &side.figure)
    }
}

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// How much.
    pub options: BenchOptions,
    /// The smaller load.
    pub small: Size,
    /// The larger load.
    pub large: Option<Size>,
    /// Inserts of messages.
    pub insert: Option<InsertReport>,
    /// Where their cost goes.
    pub parts: Option<PartsReport>,
    /// The other jobs.
    pub measurements: Vec<Measurement>,
}

impl Report {
    pub(super) fn new(
        machine: Machine,
        options: &BenchOptions,
        small: Size,
        large: Option<Size>,
    ) -> Report {
        Report {
            machine,
            options: options.clone(),
            small,
            large,
            insert: None,
            parts: None,
            measurements: Vec::new(),
        }
    }
}
