//! Back to a moment, as docs/backup.md tells it: pgBackRest archives the write-ahead log of a private PostgreSQL, a table is dropped,
//! and the second before is restored.
//!
//! On Debian this fails where its package is missing, unless `ROMASHKA_TEST_WITHOUT_PGBACKREST=1` says that this is meant.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use romashka_tests::{Cluster, Role, Workload, Workplace, romashka_binary, value};
use tokio_postgres::Client;
use uuid::Uuid;

const PROGRAM: &str = "/usr/bin/pgbackrest";

fn is_installed() -> bool {
    let found = Path::new(PROGRAM).exists();
    let is_debian = Path::new("/etc/debian_version").exists();
    let is_meant = std::env::var("ROMASHKA_TEST_WITHOUT_PGBACKREST").is_ok_and(|text| text == "1");
    // The servers of the version matrix are newer than it may know.
    let is_matrix = std::env::var_os("ROMASHKA_PG_MAJOR").is_some();
    assert!(
        found || !is_debian || is_meant || is_matrix,
        "pgBackRest is missing: scripts/bootstrap test, or apt-get install pgbackrest"
    );
    if !found || is_matrix {
        eprintln!("not run: pgBackRest is not here, or not for this server");
    }
    found && !is_matrix
}

fn run(mut command: Command) -> String {
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    said.into_owned()
}

fn romashka(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(romashka_binary());
    command
        .current_dir(std::env::temp_dir())
        .env_clear()
        .env("DATABASE_URL", url)
        .args(arguments);
    command
}

/// An agent of the default workspace.
async fn workplace(client: &Client, url: &str) -> Workplace {
    let workspace: Uuid = value(client, "select romashka.default_workspace_id()").await;
    let person: Uuid = value(
        client,
        "insert into auth.users (id, email) values (gen_random_uuid(), 'ann@example.test') returning id",
    )
    .await;
    client
        .execute(
            "insert into public.workspace_members (workspace_id, user_id, role) values ($1, $2, $3)",
            &[&workspace, &person, &Role::Agent.name()],
        )
        .await
        .expect("a member");
    Workplace {
        url: url.to_owned(),
        person,
        workspace,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_table_comes_back_as_it_was_the_second_before() {
    if !is_installed() {
        return;
    }
    let repository = tempfile::Builder::new()
        .prefix("romashka-p")
        .tempdir_in("/tmp")
        .expect("a folder");
    let configuration = repository.path().join("pgbackrest.conf");
    let archive = format!(
        "archive_command={PROGRAM} --config={} --stanza=romashka archive-push %p",
        configuration.display()
    );
    let mut cluster = Cluster::start(&["wal_level=replica", "archive_mode=on", &archive]);
    for name in ["repository", "log", "lock", "spool"] {
        let folder = repository.path().join(name);
        fs::create_dir(&folder).expect("a folder");
        cluster.give(&folder);
    }
    cluster.give(repository.path());
    let here = repository.path().display();
    fs::write(
        &configuration,
        format!(
            "[global]\nrepo1-path={here}/repository\nrepo1-retention-full=2\nrepo1-bundle=y\nprocess-max=2\nstart-fast=y\nlog-path={here}/log\nlock-path={here}/lock\nspool-path={here}/spool\nlog-level-console=warn\n\n\
             [romashka]\npg1-path={}\npg1-socket-path={}\npg1-user=postgres\n",
            cluster.data().display(),
            cluster.folder().display(),
        ),
    )
    .expect("the configuration");
    cluster.give(&configuration);
    let pgbackrest = |cluster: &Cluster, arguments: &[&str]| {
        let mut command = cluster.command(PROGRAM);
        command
            .arg(format!("--config={}", configuration.display()))
            .arg("--stanza=romashka")
            .args(arguments);
        run(command)
    };

    let admin = cluster.connect("postgres").await;
    admin
        .batch_execute("create database romashka template template0")
        .await
        .expect("a database");
    drop(admin);
    let url = cluster.url("romashka");
    run(romashka(&url, &["migrate"]));
    run(romashka(&url, &["seed", "--load", "60", "--messages", "4"]));

    pgbackrest(&cluster, &["stanza-create"]);
    pgbackrest(&cluster, &["check"]);
    pgbackrest(&cluster, &["--type=full", "backup"]);

    // What people do after the base backup is in the archive alone.
    let client = cluster.connect("romashka").await;
    let place = workplace(&client, &url).await;
    let work = Workload::start(&place, "after", 3);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let account = work.stop().await;
    assert!(account.errors.is_empty() && account.acknowledged.len() > 5);
    let messages: i64 = value(&client, "select count(*) from public.messages").await;
    let moment: String = value(&client, "select clock_timestamp()::text").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    client
        .batch_execute("drop table public.messages cascade; select pg_switch_wal()")
        .await
        .expect("dropped");
    drop(client);
    tokio::time::sleep(Duration::from_secs(1)).await;
    cluster.stop();

    pgbackrest(
        &cluster,
        &[
            "--delta",
            "--type=time",
            &format!("--target={moment}"),
            "--target-action=promote",
            "restore",
        ],
    );
    cluster.begin();
    let client = cluster.connect("romashka").await;
    for _ in 0..300 {
        if !value::<bool>(&client, "select pg_is_in_recovery()").await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!value::<bool>(&client, "select pg_is_in_recovery()").await);
    let restored: i64 = value(&client, "select count(*) from public.messages").await;
    assert_eq!(restored, messages);
    account.is_kept(&client).await;
    run(romashka(&url, &["verify"]));
    // And it goes on from there.
    let work = Workload::start(&place, "later", 2);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let later = work.stop().await;
    assert!(later.errors.is_empty(), "{:?}", later.errors);
    later.is_kept(&client).await;
}
