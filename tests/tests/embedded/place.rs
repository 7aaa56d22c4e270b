//! A data folder of a test, the user that works on it, and the real command on both.
//!
//! Invariant: whatever a test started is gone, and its folder removed, when its place is dropped; no wait is without a limit.

use std::{
    fs,
    io::Read,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use romashka_db::private::{Installation, find_installations};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long a start, a stop or a recovery may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// Who runs the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The user of the tests.
    Myself,
    /// `nobody`, lent by root.
    Nobody,
}

/// Root tests itself and a user without rights; other users can only be themselves.
pub fn identities() -> Vec<Identity> {
    if is_root() {
        vec![Identity::Myself, Identity::Nobody]
    } else {
        vec![Identity::Myself]
    }
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

const NOBODY: u32 = 65_534;

pub struct Place {
    pub identity: Identity,
    folder: PathBuf,
    program: PathBuf,
    pub data: PathBuf,
}

impl Place {
    /// A place whose data folder has this name and does not exist yet.
    pub fn new(identity: Identity, name: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("romashka-e")
            .tempdir_in("/tmp")
            .expect("a folder in /tmp")
            .keep();
        fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).expect("its mode");
        let mut program = romashka_tests::romashka_binary();
        if identity == Identity::Nobody {
            // Where that user may run it: root's target folder is often closed to others.
            let reachable = folder.join("romashka");
            fs::hard_link(&program, &reachable)
                .or_else(|_| fs::copy(&program, &reachable).map(drop))
                .expect("the command within reach");
            program = reachable;
        }
        let place = Place {
            identity,
            data: folder.join(name),
            folder,
            program,
        };
        place.own(&place.folder);
        place
    }

    /// Gives a path to the identity.
    pub fn own(&self, path: &Path) {
        if self.identity == Identity::Nobody {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("root may give a folder away");
        }
    }

    /// `romashka ARGUMENTS` with no settings but the data folder, and an empty HOME.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", "")
            .env("ROMASHKA_DATA_DIR", &self.data)
            .env("ROMASHKA_LISTEN", "127.0.0.1:0")
            .current_dir("/tmp")
            .stdin(Stdio::null())
            .args(arguments);
        if let Some(programs) = std::env::var_os("ROMASHKA_PG_BIN") {
            command.env("ROMASHKA_PG_BIN", programs);
        }
        if self.identity == Identity::Nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments))
    }

    /// Starts `romashka up` and waits until the database is ready.
    pub fn up(&self, arguments: &[&str]) -> Up {
        let mut command = self.command(&["up", "--json"]);
        command.args(arguments);
        Up::start(command)
    }

    /// The answer of the database to one query, one line a row.
    pub fn query(&self, sql: &str) -> String {
        let ended = self.run(&["psql", "--", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        assert_eq!(ended.code, Some(0), "{sql}: {}", ended.said);
        ended.out.trim().to_owned()
    }

    pub fn status(&self) -> Value {
        let ended = self.run(&["status", "--json"]);
        serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.said))
    }

    pub fn state(&self) -> String {
        self.status()["state"].as_str().expect("a state").to_owned()
    }

    /// What `pg_controldata` calls the state of the cluster; what the log ends with where the server came without it.
    pub fn control_state(&self) -> String {
        let program = server_programs().program("pg_controldata");
        if !program.exists() {
            let log = fs::read_to_string(self.data.join("postgresql.log")).expect("the log");
            let last = log.lines().last().unwrap_or_default().to_owned();
            return if last.ends_with("database system is shut down") {
                "shut down".to_owned()
            } else {
                last
            };
        }
        let output = Command::new(program)
            .env("LC_ALL", "C")
            .arg(self.data.join("data"))
            .output()
            .expect("pg_controldata runs");
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .find_map(|line| line.strip_prefix("Database cluster state:"))
            .expect("a state")
            .trim()
            .to_owned()
    }
}

/// The programs that `romashka up` takes.
pub fn server_programs() -> Installation {
    let chosen = std::env::var_os("ROMASHKA_PG_BIN").map(PathBuf::from);
    find_installations(chosen.as_deref())
        .expect("PostgreSQL")
        .installations
        .swap_remove(0)
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.run(&["down"]);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A command that ended.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    /// Both streams.
    pub said: String,
}

impl Ended {
    pub fn of(mut command: Command) -> Self {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command runs");
        let process = child.id();
        let (ended, has_ended) = mpsc::channel();
        thread::spawn(move || {
            let _ = ended.send(child.wait_with_output());
        });
        let Ok(output) = has_ended.recv_timeout(PATIENCE) else {
            send(process, Signal::KILL);
            panic!("the command did not end: {command:?}");
        };
        let Output {
            status,
            stdout,
            stderr,
        } = output.expect("its output");
        let out = String::from_utf8_lossy(&stdout).into_owned();
        let said = format!("{out}{}", String::from_utf8_lossy(&stderr));
        Ended {
            code: status.code(),
            out,
            said,
        }
    }
}

/// A running `romashka up`.
pub struct Up {
    child: Child,
    /// What it printed when the database was ready.
    pub ready: Value,
}

impl Up {
    fn start(mut command: Command) -> Self {
        let errors = tempfile::tempfile().expect("a file for its messages");
        let mut child = command
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(errors.try_clone().expect("a second handle"))
            .spawn()
            .expect("the command runs");
        let out = child.stdout.take().expect("its output is a pipe");
        let (printed, has_printed) = mpsc::channel();
        thread::spawn(move || {
            let mut documents = serde_json::Deserializer::from_reader(out).into_iter::<Value>();
            let _ = printed.send(documents.next());
            // The pipe stays open until the end, as a terminal would.
            documents.for_each(drop);
        });
        match has_printed.recv_timeout(PATIENCE) {
            Ok(Some(Ok(ready))) => Up { child, ready },
            other => {
                let _ = child.kill();
                let status = child.wait();
                let mut said = String::new();
                let mut errors = errors;
                let _ = std::io::Seek::rewind(&mut errors)
                    .and_then(|()| errors.read_to_string(&mut said));
                panic!("romashka up was not ready ({other:?}, {status:?}): {said}");
            }
        }
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn server(&self) -> u32 {
        number(&self.ready["server_process"])
    }

    /// Sends a signal and waits for the end.
    pub fn end(mut self, signal: Signal) -> ExitStatus {
        send(self.child.id(), signal);
        self.wait()
    }

    /// As a terminal does at Ctrl-C: the signal goes to the whole process group.
    pub fn press_ctrl_c(mut self) -> ExitStatus {
        let group = Pid::from_raw(self.child.id() as i32).expect("a process");
        rustix::process::kill_process_group(group, Signal::INT).expect("the group is there");
        self.wait()
    }

    fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child") {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "romashka up did not end");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn number(value: &Value) -> u32 {
    value
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or_else(|| panic!("{value} is no number"))
}

pub fn send(process: u32, signal: Signal) {
    let process = Pid::from_raw(process as i32).expect("a process");
    kill_process(process, signal).expect("the process is there");
}

/// Whether a process is there and not only waiting to be reaped.
pub fn is_alive(process: u32) -> bool {
    if let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) {
        // The state follows the name, which is in parentheses and may hold some itself.
        return !stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'));
    }
    let process = Pid::from_raw(process as i32).expect("a process");
    !Path::new("/proc/self").exists() && rustix::process::test_kill_process(process).is_ok()
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}
