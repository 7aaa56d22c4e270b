//! Faults: PostgreSQL is killed during every kind of work, its disk is full, the way to it is cut and slow, and a workspace goes
//! away under its jobs. After each: `romashka verify` passes, nothing that was acknowledged is lost, and nothing is there twice.
//! docs/reliability.md says what happens at which.
//!
//! Two rounds each. `make test-faults` makes more (ROMASHKA_FAULT_ROUNDS), runs also the ones that take long, and says what was
//! counted.

mod commands;
mod disk;
mod network;
mod queues;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use romashka_tests::workload::Account;
use romashka_tests::{Cluster, Workload, Workplace, romashka_binary, value};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_postgres::Client;
use uuid::Uuid;

/// How often each fault is made.
fn rounds() -> usize {
    std::env::var("ROMASHKA_FAULT_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2)
}

/// A moment that no round has twice, between two.
fn moment(from: u64, to: u64) -> Duration {
    let random = Uuid::new_v4().as_u128() as u64;
    Duration::from_millis(from + random % (to - from))
}

/// What was counted of a kind of fault.
#[derive(Default)]
struct Tally {
    runs: usize,
    faults: usize,
    acknowledged: usize,
}

impl Tally {
    /// Writes it down. It was asserted before that nothing was lost and nothing is there twice.
    fn note(&self, what: &str) {
        assert!(self.faults > 0, "{what}: no fault happened");
        eprintln!(
            "{what}: {} runs, {} faults, {} acknowledged",
            self.runs, self.faults, self.acknowledged
        );
        let Some(path) = std::env::var_os("ROMASHKA_FAULT_REPORT") else {
            return;
        };
        let line = json!({"what": what, "runs": self.runs, "faults": self.faults, "acknowledged": self.acknowledged});
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("the report");
        writeln!(file, "{line}").expect("the report");
    }
}

/// A PostgreSQL with a database, and a folder for what the commands keep on this machine.
struct Place {
    cluster: Cluster,
    folder: TempDir,
}

const DATABASE: &str = "romashka";

impl Place {
    /// With an empty database.
    async fn empty() -> Place {
        Place::over(Cluster::start(&[])).await
    }

    async fn over(cluster: Cluster) -> Place {
        let admin = cluster.connect("postgres").await;
        admin
            .batch_execute(&format!("create database {DATABASE} template template0"))
            .await
            .expect("a database");
        Place {
            cluster,
            folder: TempDir::new().expect("a folder"),
        }
    }

    /// With a migrated database that has conversations in it.
    async fn filled() -> Place {
        let place = Place::empty().await;
        place.succeed(&["migrate"]);
        place.succeed(&["seed", "--load", "60", "--messages", "4"]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(romashka_binary());
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("DATABASE_URL", self.cluster.url(DATABASE))
            .args(["--data-dir", "data"])
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("romashka runs")
    }

    fn succeed(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    fn begin(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("romashka runs")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.succeed(&[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    async fn client(&self) -> Client {
        self.cluster.connect(DATABASE).await
    }

    /// An agent of the default workspace.
    async fn workplace(&self) -> Workplace {
        let client = self.client().await;
        let workspace: Uuid = value(&client, "select romashka.default_workspace_id()").await;
        let email = format!("{}@example.test", Uuid::new_v4().simple());
        let person: Uuid = value(
            &client,
            &format!("insert into auth.users (id, email) values (gen_random_uuid(), '{email}') returning id"),
        )
        .await;
        client
            .batch_execute(&format!(
                "insert into public.workspace_members (workspace_id, user_id, role) values ('{workspace}', '{person}', 'agent')"
            ))
            .await
            .expect("a member");
        Workplace {
            url: self.cluster.url(DATABASE),
            person,
            workspace,
        }
    }

    /// What must be so after a fault.
    async fn is_sound(&self, account: Option<&Account>) {
        if let Some(account) = account {
            account.is_kept(&self.client().await).await;
        }
        let output = self.run(&["verify", "--json"]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "verify: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

/// kill -9 of every process of PostgreSQL while people work.
#[tokio::test(flavor = "multi_thread")]
async fn postgresql_is_killed_under_load() {
    let mut place = Place::filled().await;
    let workplace = place.workplace().await;
    let work = Workload::start(&workplace, "load", 6);
    let mut tally = Tally::default();
    for _ in 0..rounds() {
        tokio::time::sleep(moment(300, 1500)).await;
        place.cluster.kill();
        tokio::time::sleep(moment(10, 300)).await;
        place.cluster.begin();
        tally.faults += 1;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let account = work.stop().await;
    assert!(!account.errors.is_empty(), "people saw that it was away");
    place.is_sound(Some(&account)).await;
    tally.runs = 1;
    tally.acknowledged = account.acknowledged.len();
    tally.note("PostgreSQL killed under load");
}
