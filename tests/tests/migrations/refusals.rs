//! What stops a migration before it changes anything, and what it waits for.

use super::*;

#[tokio::test]
async fn edited_unknown_and_skipped_migrations_stop_everything() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let first = set(TWO, None);
    Migrator::new(&client, &first).up(None).await.expect("up");
    let edited = set(
        &[
            (
                "001_make_notes.sql",
                "create table public.notes (id bigint);",
            ),
            TWO[1],
        ],
        None,
    );
    assert!(
        matches!(Migrator::new(&client, &edited).up(None).await, Err(MigrateError::Changed(changed)) if changed == [version("1")])
    );
    let older = set(&TWO[..1], None);
    assert!(
        matches!(Migrator::new(&client, &older).up(None).await, Err(MigrateError::Unknown(unknown)) if unknown == [version("2")])
    );
    database
        .owner()
        .batch_execute("delete from public.schema_migrations where version = '001'")
        .await
        .expect("a row lost");
    assert!(matches!(
        Migrator::new(&client, &first).up(None).await,
        Err(MigrateError::Gap { .. })
    ));
}

#[tokio::test]
async fn a_lock_that_others_hold_is_waited_for_in_turns() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let set = set(TWO, None);
    let pace = Pace {
        lock_timeout: Duration::from_millis(150),
        attempts: 20,
    };
    Migrator::new(&client, &set)
        .up(Some(version("1")))
        .await
        .expect("up to 1");
    let holder = database.connect().await;
    holder
        .batch_execute("begin; select count(*) from public.notes")
        .await
        .expect("a reader in a transaction");
    let gives_up = Pace {
        attempts: 2,
        ..pace
    };
    let error = Migrator::new(&client, &set)
        .pace(gives_up)
        .up(None)
        .await
        .expect_err("held");
    assert!(
        matches!(error, MigrateError::LockTimeout { attempts: 2, .. }),
        "{error}"
    );
    // Between the attempts others get their turn: this reader is not stuck behind the waiting migration for good.
    let release = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(600)).await;
        holder.batch_execute("commit").await
    });
    let retries = Arc::new(Mutex::new(0));
    let seen = retries.clone();
    let outcome = Migrator::new(&client, &set)
        .pace(pace)
        .observer(move |event| {
            if matches!(event, Event::Retrying { .. }) {
                *seen.lock().expect("no panic") += 1;
            }
        })
        .up(None)
        .await
        .expect("up");
    assert_eq!(outcome.migrations.len(), 1);
    assert!(*retries.lock().expect("no panic") >= 1);
    release.await.expect("no panic").expect("commit");
}

#[tokio::test]
async fn a_role_that_row_security_binds_is_refused() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let role = format!("ordinary_{}", database.name());
    client
        .batch_execute(&format!("create role {role}; set role {role}"))
        .await
        .expect("an ordinary role");
    let set = set(TWO, None);
    let error = Migrator::new(&client, &set)
        .up(None)
        .await
        .expect_err("refused");
    assert!(matches!(error, MigrateError::Server { .. }), "{error}");
    assert!(
        error.to_string().contains("BYPASSRLS") && error.next_step().contains("alter role"),
        "{error}"
    );
    client
        .batch_execute(&format!("reset role; drop role {role}"))
        .await
        .expect("clean up");
}

#[tokio::test]
async fn other_encodings_and_locales_are_told() {
    let database = TestDatabase::empty().await;
    let client = open(&database).await;
    let name = database.name();
    client
        .batch_execute(&format!(
            "create database {name}_latin template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'"
        ))
        .await
        .expect("a LATIN1 database");
    client
        .batch_execute(&format!(
            "create database {name}_c template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'"
        ))
        .await
        .expect("a C database");
    let set = set(TWO, None);
    let latin = connect(&settings(&database).with_database(&format!("{name}_latin")))
        .await
        .expect("a connection");
    let error = Migrator::new(&latin, &set)
        .up(None)
        .await
        .expect_err("LATIN1");
    assert!(error.to_string().contains("LATIN1"), "{error}");
    let c = connect(&settings(&database).with_database(&format!("{name}_c")))
        .await
        .expect("a connection");
    let outcome = Migrator::new(&c, &set)
        .up(None)
        .await
        .expect("a warning is enough");
    assert!(
        outcome.concerns[0].next.contains("C.UTF-8"),
        "{:?}",
        outcome.concerns
    );
    drop((latin, c));
    for suffix in ["latin", "c"] {
        client
            .batch_execute(&format!("drop database {name}_{suffix} with (force)"))
            .await
            .expect("clean up");
    }
}
