//! A workspace as a file: whole, the same bytes for the same rows, and imported without anything happening again.

mod credentials;
mod elsewhere;
mod refused;
mod whole;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use romashka_db::envelope::Key;
use romashka_db::transfer::UNFINISHED;
use romashka_tests::{Role, TestDatabase, romashka_binary, value};
use secrecy::ExposeSecret;
use serde_json::Value;
use uuid::Uuid;

/// An installation: a database, and a folder with its data.
struct Installation {
    database: TestDatabase,
    folder: tempfile::TempDir,
    key: String,
}

impl Installation {
    async fn new() -> Installation {
        Installation {
            database: TestDatabase::new().await,
            folder: tempfile::tempdir().expect("a folder"),
            key: Key::generate().to_base64().expose_secret().to_owned(),
        }
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
            .env("ROMASHKA_ENCRYPTION_KEY", &self.key)
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
        let [told, said] =
            [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}{told}");
        output
    }

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

    /// Exports a workspace; the file.
    fn export(&self, workspace: &str, file: &str, more: &[&str]) -> PathBuf {
        self.json(&[&["export", workspace, "-o", file], more].concat());
        self.path(file)
    }

    async fn count(&self, sql: &str) -> i64 {
        value(self.database.owner(), sql).await
    }

    async fn execute(&self, sql: &str) {
        let done = self.database.owner().batch_execute(sql).await;
        done.unwrap_or_else(|error| panic!("{sql}\n{}", romashka_tests::explain(&error)));
    }

    /// The workspace that the schema brings, with history and with a row in every table. A made-up seal is of no chain: the real one takes its place.
    async fn fill(&self) -> Uuid {
        self.succeed(&["seed", "--demo"]);
        self.succeed(&["seed", "--load", "30", "--messages", "4"]);
        let workspace = self.database.default_workspace().await;
        let person = self.database.create_person(workspace, Role::Agent).await;
        self.database.fill_workspace(workspace, person).await;
        self.execute(&format!(
            "insert into romashka.mailboxes (workspace_id, channel_id) select workspace_id, id from public.communication_channels where workspace_id = '{workspace}' limit 1
               on conflict do nothing;
             insert into romashka.webhook_event_keys (workspace_id, source, dedupe_key, event_id) values ('{workspace}', 'test', 'once', gen_random_uuid());
             update public.system_settings set setting_value = setting_value where workspace_id = '{workspace}';
             set session_replication_role = replica; delete from public.audit_seals where workspace_id = '{workspace}'; set session_replication_role = origin;
             select public.seal_audit_logs();
             insert into public.conversations (workspace_id, user_name) values ('{workspace}', 'after the first subscription')"
        ))
        .await;
        workspace
    }

    /// Ends what is unfinished as an import would, so that both sides hold the same.
    async fn finish_work(&self) {
        let mut statements = "begin; set local session_replication_role = replica;".to_owned();
        for (table, change) in UNFINISHED {
            statements.push_str(&format!("update {table} set {change};"));
        }
        self.execute(&(statements + "commit")).await;
    }

    /// A file of the first attachment of the workspace, with these bytes.
    async fn put_file(&self, workspace: Uuid, bytes: &[u8]) -> Uuid {
        let id: Uuid = value(
            self.database.owner(),
            &format!("select id from public.file_attachments where workspace_id = '{workspace}' order by id limit 1"),
        )
        .await;
        let name = id.simple().to_string();
        let path = format!("{}/{}/{name}", workspace.simple(), &name[30..]);
        self.execute(&format!(
            "update public.file_attachments set storage_provider = 'local', file_path = '{path}' where id = '{id}'"
        ))
        .await;
        let place = self.path("data/files").join(&path);
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        fs::write(place, bytes).expect("a file");
        id
    }

    fn verify(&self) {
        let report = self.json(&["verify"]);
        assert_eq!(report["passed"], true, "{report:#}");
    }
}

/// The lines of an export.
fn lines(file: &Path) -> Vec<String> {
    let packed = fs::read(file).expect("an export");
    let text = zstd::decode_all(&packed[..]).expect("zstd");
    let text = String::from_utf8(text).expect("text");
    text.lines().map(str::to_owned).collect()
}

fn pack(file: &Path, text: &str) {
    fs::write(file, zstd::encode_all(text.as_bytes(), 1).expect("zstd")).expect("a file");
}

fn manifest(file: &Path) -> Value {
    serde_json::from_str(&lines(file)[0]).expect("a manifest")
}

/// The first line that differs, rather than two files on the terminal.
fn assert_same(one: &Path, other: &Path) {
    for (number, (left, right)) in lines(one).iter().zip(lines(other)).enumerate() {
        assert_eq!(*left, right, "line {}", number + 1);
    }
    assert!(
        fs::read(one).expect("a file") == fs::read(other).expect("a file"),
        "the lines are the same, the bytes are not"
    );
}
