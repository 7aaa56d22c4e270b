//! Connections: no context survives a cancelled request, TLS promises what it says, poolers are refused.

use std::process::Command;

use romashka_db::connect::{ConnectError, connect};
use romashka_db::scope::{Actor, Claims, Database};
use romashka_db::settings::{Origin, Settings, SslMode};
use romashka_tests::{StartOptions, TestDatabase, TestServer, romashka_binary};
use uuid::Uuid;

/// What the schema's function of this name does, in the least words.
const BEGIN_REQUEST: &str = "
create schema romashka;
create function romashka.begin_request(role_name text, claims jsonb) returns void language plpgsql as $$
begin
  perform pg_sleep(0.01);
  execute format('set local role %I', role_name);
  execute format('set local request.jwt.claims = %L', claims);
end $$;
do $$ begin
  create role service_role nologin;
exception when duplicate_object or unique_violation then null;
end $$;
grant usage on schema romashka to public;
create table public.notes (workspace text);
grant select, insert on public.notes to service_role;";

fn settings(database: &TestDatabase) -> Settings {
    Settings::parse(&database.url(), Origin::Option, &|_| None).expect("a URL")
}

#[tokio::test]
async fn a_cancelled_request_leaves_no_transaction_and_no_context() {
    let database = TestDatabase::empty().await;
    database
        .owner()
        .batch_execute(BEGIN_REQUEST)
        .await
        .expect("the function");
    let mut settings = settings(&database);
    settings.pool_size = 1;
    let pool = Database::new(&settings).expect("a pool");
    let mut cancelled = 0;
    for number in 0..50_u64 {
        let claims = Claims::service(Uuid::from_u128(u128::from(number) + 1), Actor::System);
        let request = async {
            let mut lease = pool.lease().await.expect("a connection");
            let scope = lease.begin(&claims).await.expect("a scope");
            scope
                .execute("insert into public.notes values ('left behind')", &[])
                .await
                .expect("a row");
            scope
                .query("select pg_sleep(0.02)", &[])
                .await
                .expect("work");
        };
        // Cancelled before the connection, in the middle of begin, of begin_request, and of the work.
        let patience = std::time::Duration::from_micros(number * 700);
        if tokio::time::timeout(patience, request).await.is_err() {
            cancelled += 1;
        }
        // Of the very same connection, before anything is begun on it.
        let mut lease = pool.lease().await.expect("a connection");
        let other = Claims::service(Uuid::from_u128(1000), Actor::Ai);
        let scope = lease.begin(&other).await.expect("a scope");
        let context: String = scope
            .query_one("select current_setting('request.jwt.claims')", &[])
            .await
            .expect("claims")
            .get(0);
        assert!(
            context.contains("3e8") && context.contains("\"ai\""),
            "round {number}: {context}"
        );
        let rows: i64 = scope
            .query_one("select count(*) from public.notes", &[])
            .await
            .expect("count")
            .get(0);
        assert_eq!(
            rows, 0,
            "round {number}: another request's transaction was still open"
        );
        drop(scope);
        drop(lease);
        let open: i64 = database
            .owner()
            .query_one(
                "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%' and state_change < now() - interval '1 second'",
                &[],
            )
            .await
            .expect("activity")
            .get(0);
        assert_eq!(open, 0, "round {number}");
    }
    assert!(cancelled >= 40, "only {cancelled} of 50 were cancelled");
    pool.close();
}

#[tokio::test]
async fn what_is_committed_stays_and_its_context_goes() {
    let database = TestDatabase::empty().await;
    database
        .owner()
        .batch_execute(BEGIN_REQUEST)
        .await
        .expect("the function");
    let mut settings = settings(&database);
    settings.pool_size = 1;
    let pool = Database::new(&settings).expect("a pool");
    let mut lease = pool.lease().await.expect("a connection");
    let scope = lease
        .begin(&Claims::service(Uuid::from_u128(7), Actor::Api))
        .await
        .expect("a scope");
    scope
        .execute("insert into public.notes values ('kept')", &[])
        .await
        .expect("a row");
    scope.commit().await.expect("commit");
    drop(lease);
    let row = database
        .owner()
        .query_one("select count(*) from public.notes", &[])
        .await
        .expect("count");
    assert_eq!(row.get::<_, i64>(0), 1);
    // The connection is the only one: the next request on it speaks for somebody else.
    let mut lease = pool.lease().await.expect("a connection");
    let scope = lease
        .begin(&Claims::service(Uuid::from_u128(8), Actor::Ai))
        .await
        .expect("a scope");
    let claims: String = scope
        .query_one("select current_setting('request.jwt.claims')", &[])
        .await
        .expect("claims")
        .get(0);
    assert!(
        claims.contains("000000000008") && !claims.contains("000000000007"),
        "{claims}"
    );
}

/// A certificate authority, a server's certificate for `localhost` from it, and another authority.
fn certificates(folder: &std::path::Path) {
    let script = "
set -e
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.crt
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost' > san
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.crt
";
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder)
        .output()
        .expect("a shell");
    assert!(
        made.status.success(),
        "openssl: {}",
        String::from_utf8_lossy(&made.stderr)
    );
}

#[tokio::test]
async fn tls_promises_what_its_mode_says() {
    let folder = tempfile::tempdir().expect("a folder");
    certificates(folder.path());
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let server = TestServer::start(StartOptions {
        settings: vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
        ],
        ..StartOptions::default()
    })
    .expect("a server");
    let mut socket =
        Settings::parse(&server.url("postgres"), Origin::Option, &|_| None).expect("a URL");
    socket.port = port;
    let to_server = |host: &str, parameters: &str| {
        Settings::parse(
            &format!("postgresql://postgres@{host}:{port}/postgres?{parameters}"),
            Origin::Option,
            &|_| None,
        )
        .expect("a URL")
    };
    let without = connect(&to_server("localhost", "sslmode=require")).await;
    assert!(
        matches!(without, Err(ConnectError::NoTls { .. })),
        "{without:?}"
    );
    connect(&to_server("localhost", "sslmode=prefer"))
        .await
        .expect("in the clear, as the mode allows");

    let admin = connect(&socket).await.expect("a connection");
    let data: String = admin
        .query_one("show data_directory", &[])
        .await
        .expect("the folder")
        .get(0);
    // Written by the server itself, because its files must belong to its user.
    for name in ["server.crt", "server.key"] {
        let content = std::fs::read(folder.path().join(name)).expect("a file");
        let content = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, content);
        admin
            .batch_execute(&format!(
                "copy (select '{content}') to program 'umask 077; base64 -d > \"{data}/{name}\"'"
            ))
            .await
            .expect("a file of the server");
    }
    admin
        .batch_execute("alter system set ssl = on")
        .await
        .expect("a setting");
    admin
        .batch_execute("select pg_reload_conf(), pg_sleep(1)")
        .await
        .expect("a reload");

    let file = |name: &str| folder.path().join(name).display().to_string();
    let (ca, other, own) = (file("ca.crt"), file("other.crt"), file("server.crt"));
    for (host, parameters, trusted) in [
        ("localhost", "sslmode=require".to_owned(), true),
        (
            "localhost",
            format!("sslmode=require&sslrootcert={other}"),
            false,
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={ca}"),
            true,
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={own}"),
            true,
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={other}"),
            false,
        ),
        // The certificate is made out for localhost, not for its address.
        (
            "127.0.0.1",
            format!("sslmode=verify-full&sslrootcert={ca}"),
            false,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-full&sslrootcert={own}"),
            false,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca&sslrootcert={ca}"),
            true,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca&sslrootcert={other}"),
            false,
        ),
    ] {
        match connect(&to_server(host, &parameters)).await {
            Ok(client) => {
                assert!(trusted, "{host} {parameters} was let through");
                let encrypted: bool = client
                    .query_one(
                        "select ssl from pg_stat_ssl where pid = pg_backend_pid()",
                        &[],
                    )
                    .await
                    .expect("the session")
                    .get(0);
                assert!(encrypted, "{host} {parameters}");
            }
            Err(error) => {
                assert!(!trusted, "{host} {parameters}: {error:?}");
                assert!(
                    matches!(error, ConnectError::Untrusted { .. }),
                    "{host} {parameters}: {error:?}"
                );
            }
        }
    }
    drop(admin);
    server.stop();
}

#[test]
fn a_transaction_pooler_is_refused_for_migrations() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = Command::new(romashka_binary())
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .env(
            "DATABASE_URL",
            "postgresql://postgres.abc:s3cret@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
        )
        .args(["migrate"])
        .output()
        .expect("romashka runs");
    assert_eq!(refused.status.code(), Some(4));
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(
        text.contains("transaction pooler") && text.contains("use port 5432"),
        "{text}"
    );
    assert!(!text.contains("s3cret"));
}

#[tokio::test]
async fn failures_say_which_they_are() {
    let database = TestDatabase::empty().await;
    let missing = settings(&database).with_database("not_there");
    let error = connect(&missing).await.expect_err("no such database");
    assert!(matches!(error, ConnectError::NoDatabase { .. }), "{error}");
    let nowhere = Settings::parse(
        "postgresql://nobody@127.0.0.1:1/x?connect_timeout=2",
        Origin::Option,
        &|_| None,
    )
    .expect("a URL");
    let error = connect(&nowhere).await.expect_err("nobody listens");
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error}");
    assert_eq!(nowhere.ssl_mode, SslMode::Prefer);
}
