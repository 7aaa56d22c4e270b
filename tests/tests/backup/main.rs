//! Backups: each holds one moment, restores to exactly what was counted, and changes nothing where it cannot.

mod bucket;
mod schedule;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use romashka_tests::{
    StartOptions, TestDatabase, TestServer, client_program, repository_root, romashka_binary, value,
};
use serde_json::Value;

/// A database with conversations in it, a folder for backups, and attachments on this machine.
struct Place {
    database: TestDatabase,
    folder: tempfile::TempDir,
}

/// Databases that a test made beside its own, dropped with it.
struct Beside(String);

impl Drop for Beside {
    fn drop(&mut self) {
        let mut psql = client_program("psql");
        let url = TestServer::shared().url("postgres");
        let statement = format!("drop database if exists \"{}\" with (force)", self.0);
        let _ = psql.args(["-qX", "-d", &url, "-c", &statement]).output();
    }
}

impl Place {
    async fn new() -> Option<Place> {
        if !speaks_to_this_server().await {
            return None;
        }
        let database = TestDatabase::empty().await;
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place { database, folder };
        place.succeed(&["migrate"]);
        place.succeed(&["seed", "--load", "40", "--messages", "4"]);
        let files = place.path("data/files/0190/ab");
        fs::create_dir_all(&files).expect("a folder");
        fs::write(files.join("0190ab"), "an attachment").expect("a file");
        fs::create_dir_all(place.path("data/files/incoming")).expect("a folder");
        fs::write(place.path("data/files/incoming/half"), "hal").expect("a file");
        Some(place)
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
            .env("DATABASE_URL", self.database.url())
            .args(["--data-dir", "data"])
            .args(arguments);
        if let Some(programs) = std::env::var_os("ROMASHKA_PG_BIN") {
            command.env("ROMASHKA_PG_BIN", programs);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("romashka runs")
    }

    fn succeed(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        output
    }

    /// Ends with this code, and says this.
    fn refuse(&self, arguments: &[&str], code: i32, words: &str) {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_slice(&self.succeed(&arguments).stdout).expect("JSON")
    }

    /// A backup; its folder.
    fn back_up(&self, arguments: &[&str]) -> String {
        let made = self.json(&[&["backup", "kept"], arguments].concat());
        let folder = made["folder"].as_str().expect("a folder");
        self.path(folder).to_str().expect("a path").to_owned()
    }

    fn name(&self, suffix: &str) -> Beside {
        Beside(format!("{}_{suffix}", self.database.name()))
    }

    /// The databases whose names begin as that of the test, and those that are being restored.
    async fn databases(&self) -> Vec<String> {
        value(
            self.database.owner(),
            &format!(
                "select array(select datname::text from pg_database where datname like '{}%' order by 1)",
                self.database.name()
            ),
        )
        .await
    }
}

/// Whether pg_dump is new enough for the server: those of the version matrix come without one.
async fn speaks_to_this_server() -> bool {
    let database = TestDatabase::empty().await;
    let server: i32 = value(
        database.owner(),
        "select current_setting('server_version_num')::integer / 10000",
    )
    .await;
    let output = client_program("pg_dump").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let found = text
        .unwrap_or_default()
        .split_whitespace()
        .find_map(|word| word.split('.').next()?.parse::<i32>().ok())
        .unwrap_or(0);
    let speaks = found >= server;
    assert!(
        speaks || std::env::var_os("ROMASHKA_PG_MAJOR").is_some(),
        "pg_dump of version {server} or later is missing: install PostgreSQL's client"
    );
    if !speaks {
        eprintln!("not run: pg_dump is of version {found}, the server of version {server}");
    }
    speaks
}

async fn count(url: &str, table: &str) -> i64 {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .expect("a connection");
    tokio::spawn(connection);
    value(&client, &format!("select count(*) from {table}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restores_to_what_was_counted() {
    let Some(place) = Place::new().await else {
        return;
    };
    let backup = place.back_up(&[]);
    let listed = place.json(&["backup", "list", "kept"]);
    let folder = listed[0]["folder"].as_str().expect("a folder");
    assert_eq!(place.path(folder), Path::new(&backup));
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    // The newest migration, not what else is noted beside the migrations.
    let said = fs::read(Path::new(&backup).join("manifest.json")).expect("a manifest");
    let said: Value = serde_json::from_slice(&said).expect("JSON");
    let newest = fs::read_dir(repository_root().join("migrations"))
        .expect("the migrations")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.split_once('_')?.0.to_owned()))
        .max()
        .expect("a migration");
    assert_eq!(said["schema_version"], newest);

    // Beside the database, on the same server.
    let copy = place.name("copy");
    let restored = place.json(&["restore", &backup, "--database", &copy.0]);
    assert_eq!(restored["report"]["passed"], true);
    assert_eq!(restored["replaced"], Value::Null);
    let url = TestServer::shared().url(&copy.0);
    for table in [
        "public.messages",
        "public.conversations",
        "public.events",
        "auth.users",
    ] {
        let there = count(&place.database.url(), table).await;
        assert!(there > 0, "{table}");
        assert_eq!(count(&url, table).await, there, "{table}");
    }

    // A database that holds something keeps its name, unless that is asked for; then it is kept itself.
    let statement = "delete from public.messages where conversation_id in (select id from public.conversations limit 3)";
    let deleted = client_program("psql")
        .args(["-qX", "-d", &url, "-c", statement])
        .status();
    assert!(deleted.expect("psql runs").success());
    let before = count(&url, "public.messages").await;
    place.refuse(
        &["restore", &backup, "--database", &copy.0],
        4,
        "is not empty",
    );
    assert_eq!(count(&url, "public.messages").await, before);
    let restored = place.json(&["restore", &backup, "--database", &copy.0, "--force"]);
    let old = Beside(
        restored["replaced"]
            .as_str()
            .expect("the old one")
            .to_owned(),
    );
    assert_eq!(
        count(&url, "public.messages").await,
        count(&place.database.url(), "public.messages").await
    );
    let old_url = TestServer::shared().url(&old.0);
    assert_eq!(count(&old_url, "public.messages").await, before);

    // Attachments that are there stay as they are, what is missing comes back, what was still coming in is in no backup.
    let file = place.path("data/files/0190/ab/0190ab");
    fs::remove_file(&file).expect("a file");
    let other = place.name("other");
    let restored = place.json(&["restore", &backup, "--database", &other.0]);
    assert_eq!(restored["files"], 1);
    assert_eq!(fs::read_to_string(&file).expect("a file"), "an attachment");
    let third = place.name("third");
    let restored = place.json(&["restore", &backup, "--database", &third.0]);
    assert_eq!(restored["files"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_one_moment_while_others_write() {
    let Some(place) = Place::new().await else {
        return;
    };
    let goes_on = Arc::new(AtomicBool::new(true));
    let mut writers = Vec::new();
    for _ in 0..3 {
        let client = place.database.connect().await;
        let goes_on = Arc::clone(&goes_on);
        writers.push(tokio::spawn(async move {
            let mut written = 0;
            while goes_on.load(Ordering::Relaxed) {
                client
                    .batch_execute(
                        "insert into public.messages (workspace_id, conversation_id, sender_type, content)
                         select workspace_id, id, 'user', 'while a backup is made' from public.conversations order by random() limit 1",
                    )
                    .await
                    .expect("a message");
                written += 1;
            }
            written
        }));
    }
    let backup = place.back_up(&["--no-files"]);
    goes_on.store(false, Ordering::Relaxed);
    let mut written = 0;
    for writer in writers {
        written += writer.await.expect("a writer");
    }
    assert!(written > 10, "{written} messages in the meantime");
    // Every counter against a recount, ledger, seals and orphans: all of verify.
    let copy = place.name("copy");
    let restored = place.json(&["restore", &backup, "--database", &copy.0]);
    assert_eq!(restored["report"]["passed"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_proved_on_a_server_of_its_own() {
    let Some(place) = Place::new().await else {
        return;
    };
    let backup = place.back_up(&[]);
    let proved = place.json(&["backup", "verify", &backup]);
    assert_eq!(proved["report"]["passed"], true);
    assert!(proved["contents"]["tables"].as_array().map_or(0, Vec::len) > 40);
    place.succeed(&["backup", "verify", &backup, "--checksums"]);
}

/// A server that has counted fewer transactions than the one the backup is of: the ledger goes on all the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_goes_on_on_another_server() {
    let Some(place) = Place::new().await else {
        return;
    };
    // Numbers of transactions far beyond those of a new server.
    let burn = "do $$ begin for i in 1 .. 20000 loop begin perform pg_current_xact_id(); exception when others then null; end; end loop; end $$";
    place
        .database
        .owner()
        .batch_execute(burn)
        .await
        .expect("numbers");
    place
        .database
        .owner()
        .batch_execute("insert into public.conversations default values; select count(*) from public.read_events('test', 10000)")
        .await
        .expect("a conversation");
    let backup = place.back_up(&[]);
    let other = TestServer::start(StartOptions::default()).expect("another server");
    let url = other.url("restored");
    let restored = place
        .command(&["restore", &backup, "--json"])
        .env("DATABASE_URL", &url)
        .output()
        .expect("romashka runs");
    let said = String::from_utf8_lossy(&restored.stderr);
    assert_eq!(restored.status.code(), Some(0), "{said}");
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .expect("a connection");
    tokio::spawn(connection);
    let newest = "select id from public.events order by transaction_id desc, id desc limit 1";
    let before: i64 = value(&client, newest).await;
    client
        .batch_execute("insert into public.conversations default values")
        .await
        .expect("a conversation");
    let after: i64 = value(&client, newest).await;
    assert!(after > before);
    let settled: bool = value(
        &client,
        "select bool_and(transaction_id < romashka.in_ledger(pg_snapshot_xmin(pg_current_snapshot()))) from public.events",
    )
    .await;
    assert!(settled, "readers see all of it");
    let roles: i64 = value(&client, "select count(*) from pg_roles where rolname in ('authenticated', 'service_role', 'romashka_agent')").await;
    assert_eq!(roles, 3);
    drop(client);
    other.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_foreign_backup_changes_nothing() {
    let Some(place) = Place::new().await else {
        return;
    };
    let sound = place.back_up(&[]);
    let here = place.databases().await;
    let largest = |folder: &Path| {
        fs::read_dir(folder.join("dump"))
            .expect("a dump")
            .map(|entry| entry.expect("a file").path())
            .max_by_key(|path| fs::metadata(path).map(|found| found.len()).unwrap_or(0))
            .expect("a file")
    };
    type Damage = Box<dyn Fn(&Path)>;
    let damages: Vec<(&str, i32, &str, Damage)> = vec![
        (
            "cut",
            1,
            "has another size",
            Box::new(move |folder| {
                let path = largest(folder);
                let file = fs::OpenOptions::new()
                    .write(true)
                    .open(path)
                    .expect("a file");
                let length = file.metadata().expect("a size").len();
                file.set_len(length - 1).expect("a shorter file");
            }),
        ),
        (
            "changed",
            1,
            "has another content",
            Box::new(move |folder| {
                let path = largest(folder);
                let mut bytes = fs::read(&path).expect("a file");
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(&path, bytes).expect("a file");
            }),
        ),
        (
            "lost",
            1,
            "is missing",
            Box::new(move |folder| fs::remove_file(largest(folder)).expect("a file")),
        ),
        (
            "more",
            1,
            "does not belong to it",
            Box::new(|folder| fs::write(folder.join("dump/more"), "x").expect("a file")),
        ),
        (
            "manifest-cut",
            2,
            "is not a backup",
            Box::new(|folder| {
                let path = folder.join("manifest.json");
                let text = fs::read_to_string(&path).expect("a manifest");
                fs::write(&path, &text[..text.len() / 2]).expect("a manifest");
            }),
        ),
        (
            "elsewhere",
            2,
            "lies elsewhere",
            Box::new(|folder| {
                let path = folder.join("manifest.json");
                let text = fs::read_to_string(&path).expect("a manifest");
                fs::write(
                    &path,
                    text.replace("\"dump/toc.dat\"", "\"../dump/toc.dat\""),
                )
                .expect("a manifest");
            }),
        ),
        (
            "later",
            1,
            "does not read",
            Box::new(|folder| {
                let path = folder.join("manifest.json");
                let text = fs::read_to_string(&path).expect("a manifest");
                fs::write(
                    &path,
                    text.replace("romashka.backup/1", "romashka.backup/9"),
                )
                .expect("a manifest");
            }),
        ),
        (
            "foreign",
            2,
            "is not a backup",
            Box::new(|folder| {
                fs::write(
                    folder.join("manifest.json"),
                    "{\"form\": \"something else\"}",
                )
                .expect("a manifest");
            }),
        ),
    ];
    for (name, code, words, damage) in damages {
        let copy = place.path(name);
        let copied = Command::new("cp").arg("-r").arg(&sound).arg(&copy).status();
        assert!(copied.expect("cp runs").success());
        damage(&copy);
        let path = copy.to_str().expect("a path");
        place.refuse(&["restore", path, "--force"], code, words);
        place.refuse(&["backup", "verify", path], code, words);
        assert_eq!(place.databases().await, here, "{name}");
    }
    place.refuse(&["restore", "kept"], 2, "is not a backup");
    // A manifest that was written anew over a dump that lacks rows: the tables are compared.
    let copy = place.path("rewritten");
    let copied = Command::new("cp").arg("-r").arg(&sound).arg(&copy).status();
    assert!(copied.expect("cp runs").success());
    let text = fs::read_to_string(copy.join("contents.json")).expect("contents");
    let mut contents: Value = serde_json::from_str(&text).expect("JSON");
    let tables = contents["tables"].as_array_mut().expect("tables");
    let messages = tables
        .iter_mut()
        .find(|table| table["name"] == "public.messages")
        .expect("messages");
    messages["rows"] = (messages["rows"].as_i64().expect("rows") + 1).into();
    let text = serde_json::to_vec(&contents).expect("JSON");
    fs::write(copy.join("contents.json"), &text).expect("contents");
    let manifest = copy.join("manifest.json");
    let mut said: Value =
        serde_json::from_slice(&fs::read(&manifest).expect("a manifest")).expect("JSON");
    let files = said["files"].as_array_mut().expect("files");
    let entry = files
        .iter_mut()
        .find(|file| file["name"] == "contents.json")
        .expect("contents");
    entry["bytes"] = text.len().into();
    use sha2::Digest as _;
    entry["sha256"] = hex::encode(sha2::Sha256::digest(&text)).into();
    fs::write(&manifest, serde_json::to_vec(&said).expect("JSON")).expect("a manifest");
    let path = copy.to_str().expect("a path");
    place.refuse(&["restore", path, "--force"], 1, "public.messages has");
    assert_eq!(place.databases().await, here);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_backup_opens_with_its_key_alone() {
    let Some(place) = Place::new().await else {
        return;
    };
    use age::secrecy::ExposeSecret as _;
    let (key, other) = (
        age::x25519::Identity::generate(),
        age::x25519::Identity::generate(),
    );
    let write = |name: &str, identity: &age::x25519::Identity| {
        let text = format!(
            "# made for a test\n{}\n",
            identity.to_string().expose_secret()
        );
        fs::write(place.path(name), text).expect("a key");
    };
    write("key.txt", &key);
    write("other.txt", &other);
    let recipient = key.to_public().to_string();
    let backup = place.back_up(&["--recipient", &recipient]);
    // Nothing in it can be read: neither a message nor the name of a table.
    for entry in walk(Path::new(&backup)) {
        let bytes = fs::read(&entry).expect("a file");
        let holds = |text: &str| {
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        assert!(
            !holds("conversation") && !holds("an attachment"),
            "{}",
            entry.display()
        );
    }
    let copy = place.name("copy");
    let to = ["--database", &copy.0];
    place.refuse(
        &[&["restore", &backup], &to[..]].concat(),
        1,
        "is encrypted",
    );
    place.refuse(
        &[&["restore", &backup, "--identity", "other.txt"], &to[..]].concat(),
        1,
        "none of the keys",
    );
    let restored = place.json(
        &[
            &[
                "restore",
                &backup,
                "--identity",
                "other.txt",
                "--identity",
                "key.txt",
            ],
            &to[..],
        ]
        .concat(),
    );
    assert_eq!(restored["report"]["passed"], true);
    place.refuse(
        &["backup", "kept", "--recipient", "age1nonsense"],
        2,
        "is no recipient",
    );
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(walk(&path)),
            false => found.push(path),
        }
    }
    found
}

fn begin(mut command: Command) -> Child {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("romashka runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_killed_leaves_nothing_behind() {
    let Some(place) = Place::new().await else {
        return;
    };
    let backup = place.back_up(&[]);
    let sound = count(&place.database.url(), "public.messages").await;
    let copy = place.name("copy");
    for delay in [30, 120, 300, 700, 1500, 3000] {
        let mut child = begin(place.command(&["backup", "killed"]));
        tokio::time::sleep(Duration::from_millis(delay)).await;
        let _ = child.kill();
        child.wait().expect("an end");
        // What has a name is whole.
        if place.path("killed").is_dir() {
            let listed = place.json(&["backup", "list", "killed"]);
            for one in listed.as_array().expect("a list") {
                let folder = one["folder"].as_str().expect("a folder");
                place.succeed(&["backup", "verify", folder, "--checksums"]);
            }
        }
        let mut child = begin(place.command(&["restore", &backup, "--database", &copy.0]));
        tokio::time::sleep(Duration::from_millis(delay)).await;
        let _ = child.kill();
        child.wait().expect("an end");
        let there = place.databases().await;
        if there.contains(&copy.0) {
            let url = TestServer::shared().url(&copy.0);
            assert_eq!(
                count(&url, "public.messages").await,
                sound,
                "whole or not there"
            );
            break;
        }
    }
    // pg_restore of the one that was killed may still be at it for a moment.
    tokio::time::sleep(Duration::from_secs(1)).await;
    place.succeed(&["restore", &backup, "--database", &copy.0, "--force"]);
    for name in place.databases().await {
        if name != copy.0 && name != place.database.name() {
            drop(Beside(name));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_backups_are_removed_when_that_is_asked_for() {
    let Some(place) = Place::new().await else {
        return;
    };
    let first = place.back_up(&["--no-files"]);
    let manifest = Path::new(&first).join("manifest.json");
    let text = fs::read_to_string(&manifest).expect("a manifest");
    let mut said: Value = serde_json::from_str(&text).expect("JSON");
    said["created_at"] = "2020-01-01T00:00:00Z".into();
    fs::write(&manifest, said.to_string()).expect("a manifest");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let made = place.json(&["backup", "kept", "--no-files", "--prune"]);
    let removed = made["removed"][0].as_str().expect("a folder");
    assert_eq!(place.path(removed), Path::new(&first));
    assert!(!Path::new(&first).exists());
    place.refuse(
        &[
            "backup",
            "--database-url",
            "postgresql://postgres@127.0.0.1:1/x",
        ],
        3,
        "",
    );
}
