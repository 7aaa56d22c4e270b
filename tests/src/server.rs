//! The PostgreSQL server of a test run.
//!
//! Invariant: a server that this module started is stopped, and its folder removed, when the process that started it is
//! gone, however it went: a watchdog process holds the reading end of a pipe and acts at its end of file.

use std::{
    fs,
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tokio_postgres::Config;

/// The variable that names a server somebody else runs, as a superuser.
pub const URL_VARIABLE: &str = "ROMASHKA_TEST_DATABASE_URL";

/// A server for tests: one of our own, or the one that `ROMASHKA_TEST_DATABASE_URL` names.
pub struct TestServer {
    /// `postgres://…` without the database's name, and what follows the name.
    url: (String, String),
    /// Where its programs are; none for a server that somebody else runs.
    programs: Option<PathBuf>,
    watchdog: Option<Watchdog>,
}

/// How a server of our own is made.
#[derive(Default)]
pub struct StartOptions {
    /// The folder of `initdb` and `postgres`; found when absent.
    pub programs: Option<PathBuf>,
    /// Further settings, as `name=value`.
    pub settings: Vec<String>,
}

impl TestServer {
    /// The server of this test process, started at the first call.
    ///
    /// # Panics
    /// When there is no PostgreSQL to be found, or it does not start.
    pub fn shared() -> &'static TestServer {
        static SHARED: OnceLock<TestServer> = OnceLock::new();
        SHARED.get_or_init(|| {
            let server = match std::env::var(URL_VARIABLE) {
                Ok(url) if !url.is_empty() => Self::existing(&url),
                _ => Self::start(StartOptions::default()),
            };
            server.unwrap_or_else(|error| panic!("no PostgreSQL for the tests: {error:#}"))
        })
    }

    /// A server somebody else runs.
    ///
    /// # Errors
    /// When the URL is not of the form `postgres://…/database`.
    pub fn existing(url: &str) -> Result<Self> {
        url.parse::<Config>()
            .with_context(|| format!("{URL_VARIABLE} is not a connection URL"))?;
        let scheme_end = url.find("://").with_context(|| {
            format!("{URL_VARIABLE} must look like postgres://user@host:port/database")
        })? + 3;
        let path = url[scheme_end..]
            .find('/')
            .map_or(url.len(), |at| scheme_end + at);
        let query = url.find('?').unwrap_or(url.len());
        Ok(Self {
            url: (url[..path.min(query)].to_owned(), url[query..].to_owned()),
            programs: None,
            watchdog: None,
        })
    }

    /// Makes a throw-away cluster and starts it.
    ///
    /// # Errors
    /// When no PostgreSQL is found, or it refuses to start; the error holds the end of its log.
    pub fn start(options: StartOptions) -> Result<Self> {
        let programs = match options.programs {
            Some(folder) => folder,
            None => find_programs()?,
        };
        let owner = ServerOwner::of_this_process()?;
        // Short, because the path of a socket may have 107 bytes.
        let folder = tempfile::Builder::new()
            .prefix("romashka-t")
            .tempdir_in("/tmp")
            .context("a folder in /tmp")?
            .keep();
        let mut watchdog = Watchdog::over(&folder)?;
        owner.give(&folder)?;
        let data = folder.join("data");

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
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{}/initdb does not run", programs.display()))?;
        ensure!(
            made.status.success(),
            "initdb failed: {}{}",
            String::from_utf8_lossy(&made.stdout),
            String::from_utf8_lossy(&made.stderr)
        );

        let log_path = folder.join("log");
        let log = fs::File::create(&log_path)?;
        let mut server = owner.command(programs.join("postgres"));
        server
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&folder)
            .current_dir(&folder);
        for setting in SETTINGS
            .iter()
            .copied()
            .map(str::to_owned)
            .chain(preloads(&programs))
            .chain(options.settings)
        {
            server.arg("-c").arg(setting);
        }
        // A group of its own: Ctrl-C on the terminal reaches the tests, and the watchdog then stops the server.
        let server = server
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("postgres does not run")?;
        watchdog.server = Some(server);
        watchdog.wait_until_ready(&data, &log_path)?;

        let encoded = folder.to_string_lossy().replace('/', "%2F");
        Ok(Self {
            url: (format!("postgres://postgres@{encoded}"), String::new()),
            programs: Some(programs),
            watchdog: Some(watchdog),
        })
    }

    /// The connection URL of one of its databases, as psql and the drivers read it.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}{}", self.url.0, self.url.1)
    }

    /// The same for the driver.
    ///
    /// # Panics
    /// Never for a name of letters, digits and underscores.
    pub fn config(&self, database: &str) -> Config {
        self.url(database)
            .parse()
            .expect("the URL was parsed when the server was made")
    }

    /// The same for another role, on a server of our own: it trusts whoever reaches its socket.
    pub fn url_as(&self, role: &str, database: &str) -> String {
        self.url(database)
            .replacen("//postgres@", &format!("//{role}@"), 1)
    }

    /// The folder of its programs, when this process started it.
    pub fn programs(&self) -> Option<&Path> {
        self.programs.as_deref()
    }

    /// Stops the server and removes its folder, and waits for both.
    pub fn stop(mut self) {
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.finish();
        }
    }
}

/// Search in other scripts than Latin needs a locale that knows their letters.
pub(crate) const LOCALE: &str = if cfg!(target_os = "macos") {
    "en_US.UTF-8"
} else {
    "C.UTF-8"
};

/// No crash safety, because the cluster is thrown away; no autovacuum, so that a plan or a statistic is what the test made.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "autovacuum=off",
    "jit=off",
    "max_connections=200",
    "shared_buffers=128MB",
    "max_wal_size=4GB",
    "checkpoint_timeout=1h",
    "log_min_messages=warning",
];

fn preloads(programs: &Path) -> Option<String> {
    let libraries = programs.parent()?.join("lib");
    let known = [
        libraries.join("pg_stat_statements.so"),
        libraries.join("postgresql/pg_stat_statements.so"),
    ];
    known
        .iter()
        .any(|library| library.exists())
        .then(|| "shared_preload_libraries=pg_stat_statements".to_owned())
}

/// `ROMASHKA_PG_BIN`, the PATH, then the folders of Debian and Red Hat: the newest that has a server.
pub(crate) fn find_programs() -> Result<PathBuf> {
    let has_server =
        |folder: &Path| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    if let Some(folder) = std::env::var_os("ROMASHKA_PG_BIN")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
    {
        ensure!(
            has_server(&folder),
            "ROMASHKA_PG_BIN is {}, where there is no initdb and postgres",
            folder.display()
        );
        return Ok(folder);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = std::env::split_paths(&path).find(|folder| has_server(folder)) {
        return Ok(folder);
    }
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql@"),
        ("/usr/local/opt", "postgresql@"),
    ] {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(major) = name
                .to_str()
                .and_then(|name| name.strip_prefix(prefix))
                .and_then(|major| major.parse().ok())
            else {
                continue;
            };
            let folder = entry.path().join("bin");
            if has_server(&folder) {
                found.push((major, folder));
            }
        }
    }
    match found.into_iter().max() {
        Some((major, folder)) if major >= 14 => Ok(folder),
        Some((major, folder)) => bail!(
            "PostgreSQL 14 or newer is needed, {} is {major}",
            folder.display()
        ),
        None => bail!(
            "initdb and postgres were not found; on Debian: apt-get install postgresql. Or set ROMASHKA_PG_BIN to their folder, or {URL_VARIABLE} to a server"
        ),
    }
}

/// Who runs the server: PostgreSQL refuses root, so root lends it another user's rights.
pub(crate) struct ServerOwner(Option<(u32, u32)>);

impl ServerOwner {
    pub(crate) fn of_this_process() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let users = fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
        for wanted in ["postgres", "nobody"] {
            let found = users.lines().find_map(|line| {
                let mut fields = line.split(':');
                (fields.next() == Some(wanted)).then_some(())?;
                Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
            });
            if let Some(ids) = found {
                return Ok(Self(Some(ids)));
            }
        }
        bail!(
            "PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as"
        )
    }

    pub(crate) fn command(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", LOCALE);
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }

    pub(crate) fn give(&self, folder: &Path) -> Result<()> {
        if let Some((user, group)) = self.0 {
            std::os::unix::fs::chown(folder, Some(user), Some(group))
                .with_context(|| format!("chown {}", folder.display()))?;
        }
        Ok(())
    }
}

/// The process that outlives this one by a moment.
struct Watchdog {
    process: Child,
    line: Option<ChildStdin>,
    server: Option<Child>,
}

/// Waits for the end of file, then stops the server (fast, then hard) and removes the folder.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
read -r _
server=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -INT "$server" 2>/dev/null
tries=0
while [ -n "$server" ] && [ -e "$1/data/postmaster.pid" ] && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
[ "$tries" -lt 100 ] || kill -QUIT "$server" 2>/dev/null
rm -rf "$1"
"#;

impl Watchdog {
    fn over(folder: &Path) -> Result<Self> {
        let mut process = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "romashka-test-watchdog"])
            .arg(folder)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("/bin/sh does not run")?;
        let line = process.stdin.take();
        Ok(Self {
            process,
            line,
            server: None,
        })
    }

    /// Line 8 of `postmaster.pid` says `ready` once connections are accepted.
    fn wait_until_ready(&mut self, data: &Path, log: &Path) -> Result<()> {
        let begun = Instant::now();
        loop {
            let state = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            if state
                .lines()
                .nth(7)
                .is_some_and(|line| line.trim() == "ready")
            {
                return Ok(());
            }
            let ended = self.server.as_mut().map_or(Ok(None), Child::try_wait)?;
            if ended.is_some() || begun.elapsed() > Duration::from_secs(60) {
                let mut said = String::new();
                fs::File::open(log)?.read_to_string(&mut said)?;
                bail!(
                    "postgres did not start{}: {said}",
                    ended.map_or(" within 60 s".to_owned(), |status| format!(" ({status})"))
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn finish(mut self) {
        drop(self.line.take());
        // The watchdog sees the end of postmaster.pid; the server is this process's child, so it must be reaped here.
        if let Some(mut server) = self.server.take() {
            let _ = server.wait();
        }
        let _ = self.process.wait();
    }
}
