//! Node.js, the packages of `web/`, and programs that are run with them.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use romashka_tests::api::Visitor;
use romashka_tests::repository_root;
use tokio::process::Command;

/// The folder `web/` with its packages installed; none, with a line that says why, where they cannot be.
pub fn packages() -> Option<PathBuf> {
    static READY: OnceLock<bool> = OnceLock::new();
    let root = repository_root();
    let ready = READY.get_or_init(|| {
        let status = std::process::Command::new(root.join("scripts/web"))
            .arg("install")
            .stdin(Stdio::null())
            .status()
            .expect("scripts/web runs");
        assert!(
            status.success() || status.code() == Some(3),
            "scripts/web install ended with {status}"
        );
        status.success()
    });
    if !ready {
        eprintln!("skipped: without Node.js and the packages of web/ this is not tried");
    }
    ready.then(|| root.join("web"))
}

/// The browser; none, with a line that says why, where there is none.
pub fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file());
    if found.is_none() {
        eprintln!("skipped: without Chromium the widget is not tried");
    }
    found
}

/// What a program said.
pub struct Said {
    /// Whether it ended with 0.
    pub success: bool,
    /// Its standard output.
    pub output: String,
    /// Its standard error.
    pub errors: String,
}

impl Said {
    /// Its output, when it ended well.
    ///
    /// # Panics
    /// With all that it said, when it did not.
    pub fn expect_success(self) -> String {
        assert!(self.success, "{}\n{}", self.output, self.errors);
        self.output
    }
}

/// Runs a program to its end, five minutes at most.
pub async fn run(command: &mut Command) -> Said {
    let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let done = tokio::time::timeout(Duration::from_secs(300), running)
        .await
        .expect("the program ends within five minutes")
        .expect("the program runs");
    Said {
        success: done.status.success(),
        output: String::from_utf8_lossy(&done.stdout).into_owned(),
        errors: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

/// The key of a caller, as a program is given it.
pub fn key_of(caller: &Visitor<'_>) -> String {
    caller
        .headers()
        .into_iter()
        .find_map(|(_, value)| value.strip_prefix("Bearer ").map(str::to_owned))
        .expect("a key")
}
