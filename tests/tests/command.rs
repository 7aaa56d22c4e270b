//! The command as scripts meet it: `--json` is one document on standard output, and a `.env` file is a setting like any other.

use std::path::Path;
use std::process::{Command, Output};

use romashka_tests::{TestDatabase, romashka_binary};
use serde_json::Value;

fn romashka(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(romashka_binary());
    command
        .current_dir(folder)
        .env_clear()
        .args(["--data-dir", "data"])
        .args(arguments);
    command
}

fn ended(mut command: Command) -> Output {
    command.output().expect("romashka runs")
}

#[tokio::test]
async fn every_answer_is_one_document_of_json() {
    let database = TestDatabase::empty().await;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("mail.mbox"),
        "From a@example.org Fri Mar  1 10:00:00 2024\nFrom: a@example.org\nTo: us@example.com\nSubject: Hello\nMessage-ID: <1@example.org>\n\nHello.\n",
    )
    .expect("an archive");
    // In the order in which they are used, each with the code it ends with.
    for (arguments, code) in [
        (&["environment"][..], 0),
        (&["status"], 3),
        (&["migrate", "status"], 1),
        (&["migrate", "plan"], 0),
        (&["migrate", "--dry-run"], 0),
        (&["migrate", "up", "--to", "1"], 0),
        (&["migrate", "status"], 0),
        (&["migrate", "baseline"], 0),
        (&["keys", "generate"], 0),
        (&["seed", "--demo"], 0),
        (&["seed", "--load", "50", "--messages", "3"], 0),
        (&["import", "mbox", "mail.mbox"], 0),
        (&["keys", "show"], 0),
        (&["verify"], 0),
        (&["verify", "--group", "counters", "--fix"], 0),
        (&["verify", "--list"], 0),
        (&["monitor", "--once"], 0),
        (&["maintain", "--dry-run"], 0),
        (&["maintain"], 0),
        (&["tune"], 0),
        (&["down"], 0),
    ] {
        let mut command = romashka(folder.path(), arguments);
        command.arg("--json").env("DATABASE_URL", database.url());
        let output = ended(command);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        let document: Result<Value, _> = serde_json::from_slice(&output.stdout);
        assert!(
            document.is_ok(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

#[tokio::test]
async fn a_file_of_settings_is_read_and_the_environment_wins() {
    let database = TestDatabase::empty().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(".env");
    let status = || ended(romashka(folder.path(), &["migrate", "status"]));

    std::fs::write(
        &file,
        format!("# ours\nexport DATABASE_URL='{}'\n", database.url()),
    )
    .expect("a file");
    assert_eq!(status().status.code(), Some(1), "nothing is applied there");

    let mut command = romashka(folder.path(), &["migrate", "status"]);
    command.env("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none");
    assert_eq!(ended(command).status.code(), Some(3), "out of reach");

    // A line that cannot be read is told by its place alone: it may hold a password.
    std::fs::write(&file, "DB_PASSWORD='sesame\n").expect("a file");
    let broken = status();
    let told = String::from_utf8_lossy(&broken.stderr);
    assert_eq!(broken.status.code(), Some(2), "{told}");
    assert!(told.contains(".env") && !told.contains("sesame"), "{told}");
}
