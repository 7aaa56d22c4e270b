//! All of a workspace is in the file, the same bytes each time, and comes out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use romashka_db::transfer::{LEFT_OUT, OF_THE_INSTALLATION, Plan, UNFINISHED};
use romashka_tests::{TestDatabase, value};

use super::{Installation, assert_same, manifest};

#[tokio::test(flavor = "multi_thread")]
async fn no_table_is_forgotten() {
    let database = TestDatabase::new().await;
    let plan = Plan::read(database.owner()).await.expect("a plan");
    let there: Vec<String> = value(
        database.owner(),
        "select array_agg(format('%I.%I', n.nspname, c.relname) order by 1) from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'romashka')",
    )
    .await;
    let there: BTreeSet<&str> = there.iter().map(String::as_str).collect();
    let known: Vec<&str> = plan
        .tables
        .iter()
        .map(|table| table.name.as_str())
        .chain(LEFT_OUT.iter().map(|(name, _)| *name))
        .chain(OF_THE_INSTALLATION.iter().copied())
        .collect();
    let once: BTreeSet<&str> = known.iter().copied().collect();
    assert_eq!(known.len(), once.len(), "a table is in two lists");
    assert_eq!(
        there, once,
        "each table is exported, or one of the lists in transfer/catalog.rs says why it is not"
    );

    // Whatever workers take on is finished on the way, or is not exported.
    let queues: Vec<String> = value(
        database.owner(),
        "select array_agg(format('%I.%I', n.nspname, c.relname) order by 1) from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'romashka')
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id')
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'lease_id')
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname in ('status', 'delivery_status'))",
    )
    .await;
    assert!(queues.len() > 3, "{queues:?}");
    for queue in queues {
        let is_ended = UNFINISHED.iter().any(|(table, _)| *table == queue);
        let is_left_out = LEFT_OUT.iter().any(|(table, _)| *table == queue);
        assert!(
            is_ended || is_left_out,
            "{queue}: what becomes of unfinished rows?"
        );
    }

    // No circle: each table comes after those that it refers to.
    let place: BTreeMap<&str, usize> = plan
        .tables
        .iter()
        .enumerate()
        .map(|(at, table)| (table.name.as_str(), at))
        .collect();
    for row in database
        .owner()
        .query(
            "select format('%s', k.conrelid::regclass), format('%s', k.confrelid::regclass) from pg_constraint k
              where k.contype = 'f' and k.conparentid = 0 and k.conrelid <> k.confrelid",
            &[],
        )
        .await
        .expect("keys")
    {
        let full = |name: &str| match name.contains('.') {
            true => name.to_owned(),
            false => format!("public.{name}"),
        };
        let (own, other) = (full(row.get(0)), full(row.get(1)));
        if let (Some(own_at), Some(other_at)) = (place.get(own.as_str()), place.get(other.as_str()))
        {
            assert!(other_at < own_at, "{own} comes before {other}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn export_import_export_gives_the_same_bytes() {
    let (here, there) = tokio::join!(Installation::new(), Installation::new());
    let workspace = here.fill().await;
    here.finish_work().await;
    let bytes: Vec<u8> = (0..500_000_u32).flat_map(u32::to_le_bytes).collect();
    here.put_file(workspace, &bytes).await;
    let first = here.export("default", "first.romashka", &[]);
    let listed = manifest(&first);
    for table in listed["tables"].as_array().expect("tables") {
        assert!(
            table["rows"].as_u64() > Some(0),
            "{}: no row was tried",
            table["name"]
        );
    }
    assert_same(&first, &here.export("default", "again.romashka", &[]));

    let file = first.to_str().expect("a path");
    let imported = there.json(&["import", file]);
    assert_eq!(imported["workspace"], workspace.to_string());
    assert_eq!(imported["files"], 1);
    assert_eq!(imported["unfinished"], serde_json::json!([]));
    assert_same(&first, &there.export("default", "second.romashka", &[]));
    there.verify();
    assert_eq!(
        there
            .count("select count(*) from pg_namespace where nspname = 'romashka_import'")
            .await,
        0
    );
    // What is not carried is made here: passages of the articles, and whose the addresses are.
    for (made, of) in [
        (
            "select count(*) from romashka.knowledge_indexing where status = 'pending'",
            "select count(*) from public.knowledge_items",
        ),
        (
            "select count(*) from romashka.mail_addresses",
            "select count(distinct a) from public.communication_channels c cross join unnest(romashka.mail_addresses_of(c.configuration)) a
              where c.type = 'email' and c.status <> 'inactive'",
        ),
    ] {
        let expected = here.count(of).await;
        assert!(expected > 0, "{of}");
        assert_eq!(there.count(made).await, expected, "{made}");
    }
    assert_eq!(imported["switched_off"], serde_json::json!([]));
    // Nothing happened again, and the next conversation gets the next number.
    let events = "select count(*) from public.events";
    assert_eq!(there.count(events).await, here.count(events).await);
    let next = "insert into public.conversations (user_name) values ('next') returning number";
    assert_eq!(there.count(next).await, here.count(next).await);
    // A workspace that is there is never written into.
    there.refuse(&["import", file], 4, "is in this database already");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_goes_on() {
    let (here, there) = tokio::join!(Installation::new(), Installation::new());
    here.succeed(&["seed", "--load", "1500", "--messages", "6"]);
    let file = here.export("default", "first.romashka", &[]);
    let name = file.to_str().expect("a path");
    let watcher = there.database.connect().await;
    let progress = "select coalesce((xpath('/row/lines/text()', query_to_xml('select max(lines) as lines from romashka_import.imports', true, true, '')))[1]::text::bigint, 0)";
    let mut kills = 0;
    let mut last = 0;
    for _ in 0..3 {
        let mut child = there
            .command(&["import", name])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("romashka runs");
        let killed = loop {
            if child.try_wait().expect("a process").is_some() {
                break false;
            }
            let staged = watcher.query_opt(progress, &[]).await;
            let staged: i64 = staged.ok().flatten().map_or(0, |row| row.get(0));
            if staged > last {
                last = staged;
                child.kill().expect("a kill");
                break true;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        child.wait().expect("a process");
        if !killed {
            break;
        }
        kills += 1;
        // Nothing is to be seen of it.
        assert_eq!(
            there
                .count("select count(*) from public.conversations")
                .await,
            0
        );
        assert_eq!(there.count("select count(*) from public.events").await, 0);
        there.verify();
    }
    assert!(kills > 0, "it was never killed while it worked");
    let imported = there.json(&["import", name]);
    assert!(imported["resumed"].as_u64() > Some(0), "it began anew");
    assert_same(&file, &there.export("default", "second.romashka", &[]));
    there.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_not_overwritten_and_a_row_leads_to_its_own_file_only() {
    let here = Installation::new().await;
    let workspace = here.fill().await;
    let id = here.put_file(workspace, b"an attachment").await;
    // A row that names another workspace's file, as a member could write it.
    here.execute(&format!(
        "insert into public.file_attachments (workspace_id, filename, file_path, storage_provider) values ('{workspace}', 'a', 'ffffffffffffffffffffffffffffffff/ab/ffffffffffffffffffffffffffffffab', 'local')"
    ))
    .await;
    let foreign = here.path("data/files/ffffffffffffffffffffffffffffffff/ab");
    fs::create_dir_all(&foreign).expect("a folder");
    fs::write(
        foreign.join("ffffffffffffffffffffffffffffffab"),
        "of somebody else",
    )
    .expect("a file");
    let exported = here.json(&["export", "default", "-o", "first.romashka"]);
    assert_eq!(exported["files"], 1);
    let missing = exported["missing"].to_string();
    assert!(
        missing.contains("its path is not one that ROMASHKA makes"),
        "{missing}"
    );
    assert!(!missing.contains(&id.to_string()));
    here.refuse(
        &["export", "default", "-o", "first.romashka"],
        1,
        "first.romashka",
    );
    here.refuse(
        &["export", "nobody", "-o", "other.romashka"],
        2,
        "there is no workspace nobody",
    );
    let left: Vec<String> = fs::read_dir(here.folder.path())
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.contains("romashka"))
        .collect();
    assert_eq!(left, ["first.romashka"]);
}
