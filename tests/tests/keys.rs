//! Encrypted secrets in the database: every stored secret is found, encrypted anew, and lost by no interruption.

use romashka_db::connect::{Connection, connect};
use romashka_db::envelope::{Key, Keyring, Place};
use romashka_db::rotation;
use romashka_db::settings::{Origin, Settings};
use romashka_tests::{TestDatabase, romashka_binary, value};
use secrecy::ExposeSecret;
use std::process::Command;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// The schema's checks, on two tables of the test's own.
const TABLES: &str = "
create schema if not exists romashka;
create function romashka.is_envelope(secret jsonb) returns boolean language sql immutable
  return secret is null or secret = '{}' or secret ->> 'alg' = 'xchacha20poly1305';
create function romashka.is_envelope(secret text) returns boolean language sql immutable
  return secret is null or secret like 'rmk1.%';
create table public.accounts (
  id uuid primary key, workspace_id uuid not null,
  credentials jsonb not null default '{}', constraint accounts_credentials_check check (romashka.is_envelope(credentials)),
  secret_key text, constraint accounts_secret_key_check check (romashka.is_envelope(secret_key)),
  remark text check (length(remark) < 100));";

async fn open(database: &TestDatabase) -> Connection {
    let settings = Settings::parse(&database.url(), Origin::Option, &|_| None).expect("a URL");
    connect(&settings).await.expect("a connection")
}

async fn fill(client: &Connection, ring: &Keyring, rows: u128) {
    for number in 0..rows {
        let (row, workspace) = (Uuid::from_u128(number + 1), Uuid::from_u128(number % 3));
        let place = |column| Place {
            table: "accounts",
            column,
            workspace,
            row,
        };
        let json = ring.seal_json(
            place("credentials"),
            format!("{{\"token\": {number}}}").as_bytes(),
        );
        let text = ring.seal_text(place("secret_key"), format!("secret {number}").as_bytes());
        client
            .execute(
                "insert into public.accounts values ($1, $2, $3, $4, 'plain')",
                &[&row, &workspace, &Json(json), &text],
            )
            .await
            .expect("a row");
    }
}

#[tokio::test]
async fn rotation_reaches_every_secret_and_continues() {
    let database = TestDatabase::empty().await;
    database
        .owner()
        .batch_execute(TABLES)
        .await
        .expect("tables");
    let mut client = open(&database).await;
    let old = Key::generate();
    let old_text = old.to_base64();
    fill(&client, &Keyring::new(old, vec![]), 450).await;
    let columns = rotation::secret_columns(&client).await.expect("columns");
    let names: Vec<_> = columns
        .iter()
        .map(|column| (column.column.as_str(), column.is_json))
        .collect();
    assert_eq!(names, [("credentials", true), ("secret_key", false)]);

    let ring = Keyring::new(
        Key::generate(),
        vec![Key::parse(old_text.expose_secret()).expect("the old key")],
    );
    // Stopped in the middle: the future is dropped when the first batch is through.
    {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let mut sender = Some(sender);
        let rotation = rotation::rotate(&mut client, &ring, |_| {
            if let Some(sender) = sender.take() {
                let _ = sender.send(());
            }
        });
        tokio::select! {
            biased;
            _ = receiver => {}
            _ = rotation => {}
        }
    }
    let mut client = open(&database).await;
    let rest = rotation::remaining(&client, ring.current().id())
        .await
        .expect("a count");
    assert!(rest > 0 && rest < 900, "{rest} of 900 are left");
    let rotated = rotation::rotate(&mut client, &ring, |_| {})
        .await
        .expect("the rest");
    assert_eq!((rotated.secrets, rotated.left.len()), (rest, 0));
    assert_eq!(
        rotation::remaining(&client, ring.current().id())
            .await
            .expect("a count"),
        0
    );
    for row in client
        .query(
            "select id, workspace_id, credentials, secret_key from public.accounts",
            &[],
        )
        .await
        .expect("rows")
    {
        let (row_id, workspace): (Uuid, Uuid) = (row.get(0), row.get(1));
        let place = |column| Place {
            table: "accounts",
            column,
            workspace,
            row: row_id,
        };
        let number = row_id.as_u128() - 1;
        let Json(json): Json<serde_json::Value> = row.get(2);
        let json = ring.open_json(place("credentials"), &json).expect("opens");
        assert_eq!(
            json.expose_secret(),
            format!("{{\"token\": {number}}}").as_bytes()
        );
        let text = ring
            .open_text(place("secret_key"), row.get(3))
            .expect("opens");
        assert_eq!(text.expose_secret(), format!("secret {number}").as_bytes());
    }
}

#[tokio::test]
async fn what_does_not_open_is_named_and_keeps_the_old_key() {
    let database = TestDatabase::empty().await;
    database
        .owner()
        .batch_execute(TABLES)
        .await
        .expect("tables");
    let client = open(&database).await;
    let folder = tempfile::tempdir().expect("a folder");
    let keys = |arguments: &[&str]| {
        Command::new(romashka_binary())
            .current_dir(folder.path())
            .env_clear()
            .env("DATABASE_URL", database.url())
            .args(["--data-dir", "data", "--json", "keys"])
            .args(arguments)
            .output()
            .expect("romashka runs")
    };
    let shown = keys(&["show"]);
    assert!(shown.status.success(), "{shown:?}");
    let file = folder.path().join("data/encryption.key");
    let text = std::fs::read_to_string(&file).expect("the key file was made");
    let key = text.lines().nth(1).expect("a key behind the header");
    assert!(
        !String::from_utf8_lossy(&shown.stdout).contains(key),
        "show never prints a key"
    );
    let ring = Keyring::parse(key).expect("a key");
    fill(&client, &ring, 5).await;
    client
        .batch_execute("update public.accounts set workspace_id = '00000000-0000-0000-0000-000000000009' where id = '00000000-0000-0000-0000-000000000001'")
        .await
        .expect("a row moved to another workspace");
    let rotated = keys(&["rotate"]);
    assert_eq!(rotated.status.code(), Some(1), "{rotated:?}");
    let report: serde_json::Value = serde_json::from_slice(&rotated.stdout).expect("JSON");
    assert_eq!(report["secrets"], 8);
    assert_eq!(report["left"].as_array().map(Vec::len), Some(2));
    let lines = std::fs::read_to_string(&file).expect("the file");
    assert_eq!(lines.lines().count(), 3, "the old key stays: {lines}");
    // The credential is stored anew, and the same command ends the rotation with the same new key.
    client
        .batch_execute("update public.accounts set credentials = '{}', secret_key = null where id = '00000000-0000-0000-0000-000000000001'")
        .await
        .expect("mended");
    let again = keys(&["rotate"]);
    assert!(again.status.success(), "{again:?}");
    let after = std::fs::read_to_string(&file).expect("the file");
    assert_eq!(after.lines().count(), 2);
    assert_eq!(
        after.lines().nth(1),
        lines.lines().nth(1),
        "no third key was made"
    );
    assert_eq!(
        value::<i64>(
            database.owner(),
            "select count(distinct credentials ->> 'kid') from public.accounts"
        )
        .await,
        1
    );
}

#[tokio::test]
async fn the_schema_accepts_envelopes_and_nothing_else() {
    let database = TestDatabase::new().await;
    let client = open(&database).await;
    let ring = Keyring::new(Key::generate(), vec![]);
    let place = Place {
        table: "channels",
        column: "api_credentials",
        workspace: Uuid::from_u128(1),
        row: Uuid::from_u128(2),
    };
    // Every length of the last base64 group, and the empty secret.
    for length in 0..70 {
        let secret = vec![b'x'; length];
        let row = client
            .query_one(
                "select romashka.is_envelope($1::jsonb), romashka.is_envelope($2::text)",
                &[
                    &Json(ring.seal_json(place, &secret)),
                    &ring.seal_text(place, &secret),
                ],
            )
            .await
            .expect("the schema's checks");
        assert!(
            row.get::<_, bool>(0) && row.get::<_, bool>(1),
            "a secret of {length} bytes"
        );
    }
    for (json, text) in [
        ("{\"token\": \"plain\"}", "plaintext"),
        ("{\"v\": 1, \"alg\": \"xchacha20poly1305\"}", "rmk1.secret"),
        ("\"text\"", ""),
    ] {
        let row = client
            .query_one(
                "select romashka.is_envelope($1::text::jsonb), romashka.is_envelope($2::text)",
                &[&json, &text],
            )
            .await
            .expect("the schema's checks");
        let accepted: (Option<bool>, Option<bool>) = (row.get(0), row.get(1));
        assert_eq!(accepted, (Some(false), Some(false)), "{json} {text}");
    }
}
