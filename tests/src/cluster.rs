//! A PostgreSQL of a test's own that is durable, and can be killed, stopped, started again and led elsewhere.
//!
//! Invariant: when the value is dropped, none of its processes is left, and its folder is gone.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio_postgres::{Client, NoTls};

use crate::server::{LOCALE, ServerOwner, find_programs};

/// What each has; what is committed is on disk.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0777",
    "max_connections=60",
    "shared_buffers=64MB",
    "jit=off",
    "autovacuum=off",
    "log_min_messages=warning",
    "restart_after_crash=off",
];

/// A PostgreSQL that can be killed.
pub struct Cluster {
    folder: PathBuf,
    data: PathBuf,
    programs: PathBuf,
    owner: ServerOwner,
    settings: Vec<String>,
    server: Option<Child>,
}

impl Cluster {
    /// Makes one and starts it, with further settings as `name=value`.
    ///
    /// # Panics
    /// When there is no PostgreSQL, or it does not start.
    pub fn start(settings: &[&str]) -> Cluster {
        let folder = tempfile::Builder::new()
            .prefix("romashka-c")
            .tempdir_in("/tmp")
            .expect("a folder in /tmp")
            .keep();
        let data = folder.join("data");
        Cluster::start_at(folder, data, settings)
    }

    /// The same with its data elsewhere: in a folder that is there and empty, or not there.
    ///
    /// # Panics
    /// When there is no PostgreSQL, or it does not start.
    pub fn start_at(folder: PathBuf, data: PathBuf, settings: &[&str]) -> Cluster {
        let programs = find_programs().expect("PostgreSQL");
        let owner = ServerOwner::of_this_process().expect("a user for PostgreSQL");
        owner.give(&folder).expect("the folder");
        if data.exists() {
            owner.give(&data).expect("the folder of the data");
        }
        let made = owner
            .command(programs.join("initdb"))
            .args([
                "--username=postgres",
                "--auth=trust",
                "--no-sync",
                "--no-instructions",
                "--encoding=UTF8",
                "--locale",
                LOCALE,
                "-D",
            ])
            .arg(&data)
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .expect("initdb runs");
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut cluster = Cluster {
            folder,
            data,
            programs,
            owner,
            settings: settings.iter().map(|text| (*text).to_owned()).collect(),
            server: None,
        };
        cluster.begin();
        cluster
    }

    /// Starts it again where it does not run.
    ///
    /// # Panics
    /// When it does not start within a minute.
    pub fn begin(&mut self) {
        if let Err(said) = self.try_begin() {
            panic!("postgres does not start: {said}");
        }
    }

    /// Starts it; what it said when it could not.
    ///
    /// # Errors
    /// The end of its log.
    ///
    /// # Panics
    /// When its program cannot be run.
    pub fn try_begin(&mut self) -> Result<(), String> {
        let log = fs::File::create(self.folder.join("log")).expect("a log");
        // Left by one that was killed.
        let _ = fs::remove_file(self.data.join("postmaster.pid"));
        let mut command = self.owner.command(self.programs.join("postgres"));
        command
            .arg("-D")
            .arg(&self.data)
            .arg("-k")
            .arg(&self.folder);
        for setting in SETTINGS
            .iter()
            .map(|text| (*text).to_owned())
            .chain(self.settings.clone())
        {
            command.arg("-c").arg(setting);
        }
        let server = command
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("postgres runs");
        self.server = Some(server);
        let begun = Instant::now();
        loop {
            let state = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
            if state
                .lines()
                .nth(7)
                .is_some_and(|line| line.trim() == "ready")
            {
                return Ok(());
            }
            let ended = self
                .server
                .as_mut()
                .and_then(|server| server.try_wait().ok().flatten());
            if ended.is_some() || begun.elapsed() > Duration::from_secs(90) {
                return Err(self.log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it said since its last start.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Kills every process of it at once, as by kill -9 or a lack of memory.
    pub fn kill(&mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        let root = server.id();
        let mut processes = children_of(root);
        processes.insert(0, root);
        for process in &processes {
            send(*process, Signal::KILL);
        }
        let _ = server.wait();
        // Its memory is free once all are gone.
        let until = Instant::now() + Duration::from_secs(10);
        while processes[1..].iter().any(|process| is_postgres(*process)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops it as a system does that is shut down.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            send(server.id(), Signal::INT);
            let until = Instant::now() + Duration::from_secs(60);
            while Instant::now() < until {
                if let Ok(Some(_)) = server.try_wait() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            self.server = Some(server);
            self.kill();
        }
    }

    /// Whether it runs.
    pub fn runs(&mut self) -> bool {
        self.server
            .as_mut()
            .is_some_and(|server| matches!(server.try_wait(), Ok(None)))
    }

    /// The folder of its socket and log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of its data.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Gives a file or folder to the user it runs as.
    ///
    /// # Panics
    /// When that is refused.
    pub fn give(&self, path: &Path) {
        self.owner.give(path).expect("given");
    }

    /// A program that runs as the user it runs as.
    pub fn command(&self, program: impl Into<PathBuf>) -> Command {
        let mut command = self.owner.command(program.into());
        command.current_dir("/");
        command
    }

    /// The connection URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        let encoded = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{encoded}/{database}")
    }

    /// A connection.
    ///
    /// # Panics
    /// When it refuses for ten seconds.
    pub async fn connect(&self, database: &str) -> Client {
        let mut attempts = 0;
        loop {
            match tokio_postgres::connect(&self.url(database), NoTls).await {
                Ok((client, connection)) => {
                    tokio::spawn(async move {
                        let _ = connection.await;
                    });
                    return client;
                }
                Err(error) => {
                    attempts += 1;
                    assert!(attempts < 100, "{error:?}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn send(process: u32, signal: Signal) {
    if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = kill_process(process, signal);
    }
}

/// The processes that this one started.
fn children_of(parent: u32) -> Vec<u32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process: &u32| parent_of(*process) == Some(parent))
        .collect()
}

/// The fields of `/proc/N/stat` after the name, which may hold anything.
fn parent_of(process: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    text.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Whether it is still at work: one that nobody has waited for is not.
fn is_postgres(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat"))
        .is_ok_and(|text| text.contains("(postgres) ") && !text.contains("(postgres) Z"))
}
