//! Upgrades of populated databases while people work: nobody sees an error, nobody waits longer than the bound, nothing that was
//! acknowledged is lost; two migrators, a migrator that is killed, and an index that was left half-built.
//!
//! The next version does not exist yet: a synthetic one stands for it, which does what a migration may do ([`next`]) and applies
//! every function, trigger and policy anew.

mod online;

use std::borrow::Cow;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use romashka_db::connect::connect;
use romashka_db::fingerprint::Fingerprint;
use romashka_db::migrations::{MigrateError, MigrationSet, Migrator, Outcome, breaches};
use romashka_db::settings::{Origin, Settings};
use romashka_tests::workload::Account;
use romashka_tests::{
    Role, TestDatabase, Workload, Workplace, client_program, repository_root, romashka_binary,
    value,
};
use serde_json::Value;

/// No request may take longer while an upgrade runs, on a machine that does other things too.
const BOUND: Duration = Duration::from_secs(10);
/// People at work.
const PEOPLE: usize = 6;

/// What the next version's migrations do.
const NEXT: &[(&str, &str)] = &[
    (
        "901_note_messages.sql",
        "alter table public.messages add column note text;
         alter table public.conversations add column is_late boolean not null default false;
         alter table public.messages add constraint messages_note_check check (length(note) <= 1000) not valid;
         comment on column public.messages.note is 'A note.';",
    ),
    (
        "902_index_notes.sql",
        "-- romashka: non-transactional
         create index concurrently if not exists messages_note on public.messages (workspace_id, note);
         create unique index concurrently if not exists messages_note_of_each on public.messages (workspace_id, note, id);
         alter table public.messages validate constraint messages_note_check;",
    ),
    (
        "903_fill_notes.sql",
        "update public.messages as m set note = 'old' where m.id in (select o.id from public.messages as o where o.note is null order by o.id limit 500);
         create table public.next_notes (id bigint primary key, body text not null);
         create index next_notes_body on public.next_notes (body);",
    ),
];

/// Every migration of this version, then those of the next, with functions that have changed.
fn next() -> MigrationSet {
    let folder = repository_root().join("migrations");
    let mut files: Vec<(String, Cow<'static, str>)> = std::fs::read_dir(folder)
        .expect("the migrations")
        .map(|entry| entry.expect("a migration").path())
        .map(|path| {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (
                name,
                std::fs::read_to_string(&path).expect("a migration").into(),
            )
        })
        .collect();
    files.extend(
        NEXT.iter()
            .map(|(name, sql)| ((*name).to_owned(), Cow::Borrowed(*sql))),
    );
    let functions = std::fs::read_to_string(repository_root().join("db-functions.sql"));
    let functions = functions.expect("the functions") + "\n-- The next version.\n";
    MigrationSet::new(files, Some(functions.into())).expect("a sound set")
}

fn settings(database: &TestDatabase) -> Settings {
    Settings::parse(&database.url(), Origin::Option, &|_| None).expect("the URL of a test database")
}

fn romashka(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut command = Command::new(romashka_binary());
    command
        .current_dir(std::env::temp_dir())
        .env_clear()
        .env("DATABASE_URL", database.url())
        .args(arguments);
    command
}

/// A database of an earlier version, with conversations in it.
struct Earlier {
    database: TestDatabase,
    place: Workplace,
}

/// Where populated databases of released versions are kept: `VERSION.sql.gz`, as pg_dump writes it.
fn releases() -> Vec<PathBuf> {
    let folder = repository_root().join("tests/fixtures/releases");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the released versions")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.to_string_lossy().ends_with(".sql.gz"))
        .collect();
    found.sort();
    found
}

impl Earlier {
    /// This version, populated: the one that is there before the next.
    async fn baseline() -> Earlier {
        let database = TestDatabase::empty().await;
        for arguments in [
            &["migrate"][..],
            &["seed", "--load", "300", "--messages", "5"],
        ] {
            let output = romashka(&database, arguments)
                .output()
                .expect("romashka runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{arguments:?}: {said}");
        }
        Earlier::of(database).await
    }

    /// One that was released, out of its dump.
    async fn released(path: &std::path::Path) -> Earlier {
        let database = TestDatabase::empty().await;
        let file = std::fs::File::open(path).expect("a dump");
        let mut text = Command::new("gzip")
            .arg("-dc")
            .stdin(file)
            .stdout(Stdio::piped())
            .spawn()
            .expect("gzip runs");
        let output = client_program("psql")
            .args(["-qX", "-v", "ON_ERROR_STOP=1", "-d", &database.url()])
            .stdin(text.stdout.take().expect("a pipe"))
            .output()
            .expect("psql runs");
        assert!(text.wait().expect("gzip ends").success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", path.display());
        Earlier::of(database).await
    }

    async fn of(database: TestDatabase) -> Earlier {
        let workspace = database.default_workspace().await;
        let person = database.create_person(workspace, Role::Agent).await;
        let place = Workplace {
            url: database.url(),
            person,
            workspace,
        };
        Earlier { database, place }
    }

    async fn upgrade(&self) -> Result<Outcome, MigrateError> {
        let client = connect(&settings(&self.database))
            .await
            .expect("a connection");
        Migrator::new(&client, &next()).up(None).await
    }

    /// What must be so after an upgrade, however it went.
    async fn is_sound(&self, account: &Account) {
        let owner = self.database.owner();
        account.is_kept(owner).await;
        let rows = owner
            .query(include_str!("../recount.sql"), &[])
            .await
            .expect("a recount");
        let wrong: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        let invalid: i64 = value(
            owner,
            "select (select count(*) from pg_index where not indisvalid) + (select count(*) from pg_constraint where not convalidated)",
        )
        .await;
        assert_eq!(invalid, 0, "indexes or constraints are not valid");
    }
}

/// Nobody saw an error, and nobody waited for too long.
fn nobody_felt_it(account: &Account) {
    assert!(account.errors.is_empty(), "{:?}", account.errors);
    assert!(account.requests > 50, "{} requests", account.requests);
    assert!(
        account.longest < BOUND,
        "{} took {:?}",
        account.slowest,
        account.longest
    );
    eprintln!(
        "{} requests, the longest {} ms",
        account.requests,
        account.longest.as_millis()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn people_work_while_every_earlier_version_is_upgraded() {
    let mut earlier = vec![Earlier::baseline().await];
    for path in releases() {
        earlier.push(Earlier::released(&path).await);
    }
    for earlier in &earlier {
        let work = Workload::start(&earlier.place, "during", PEOPLE);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let outcome = earlier.upgrade().await.expect("an upgrade");
        assert!(outcome.functions && outcome.migrations.len() >= NEXT.len());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let account = work.stop().await;
        nobody_felt_it(&account);
        earlier.is_sound(&account).await;
        let again = earlier.upgrade().await.expect("nothing to do");
        assert!(again.migrations.is_empty() && !again.functions);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_migrators_under_load_one_works_and_the_other_finds_nothing_to_do() {
    let earlier = Earlier::baseline().await;
    let work = Workload::start(&earlier.place, "two", PEOPLE);
    let (one, other) = tokio::join!(earlier.upgrade(), earlier.upgrade());
    let account = work.stop().await;
    let mut counts = [one, other].map(|outcome| outcome.expect("an upgrade").migrations.len());
    counts.sort_unstable();
    assert_eq!(counts, [0, NEXT.len()]);
    nobody_felt_it(&account);
    earlier.is_sound(&account).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_commands_on_an_empty_database_make_one_schema() {
    let database = TestDatabase::empty().await;
    let begin = || {
        romashka(&database, &["migrate", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("romashka runs")
    };
    let children = [begin(), begin()];
    let mut applied = children.map(|child| {
        let output = child.wait_with_output().expect("an end");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        document["migrations"].as_array().map_or(0, Vec::len)
    });
    applied.sort_unstable();
    assert_eq!(applied[0], 0, "the other one waited");
    assert!(applied[1] >= 1);
    let status = romashka(&database, &["migrate", "status"]).status();
    assert!(status.expect("romashka runs").success());
}

/// The backends of migrators that are gone end on their own, because they notice that nobody is there.
async fn only_people_are_left(earlier: &Earlier) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while value::<bool>(
        earlier.database.owner(),
        "select exists (select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database()) and objsubid = 1
                           and (classid::int8 << 32) | objid::int8 = x'524f4d4153484b41'::int8)",
    )
    .await
    {
        assert!(Instant::now() < deadline, "a migrator that is gone still holds the lock");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migrator_that_is_killed_again_and_again_comes_to_the_same_end() {
    let undisturbed = Earlier::baseline().await;
    undisturbed.upgrade().await.expect("an upgrade");
    let earlier = Earlier::baseline().await;
    let work = Workload::start(&earlier.place, "killed", PEOPLE);
    let mut chance = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(1, |since| u64::from(since.subsec_nanos()) | 1);
    let mut killed = 0;
    for _ in 0..12 {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let settings = settings(&earlier.database);
        let task = tokio::spawn(async move {
            let client = connect(&settings).await.expect("a connection");
            Migrator::new(&client, &next()).up(None).await.map(|_| ())
        });
        tokio::time::sleep(Duration::from_millis(20 + chance % 700)).await;
        // The client is gone in the middle of whatever it was doing, as after kill -9.
        task.abort();
        killed += usize::from(task.await.is_err());
        only_people_are_left(&earlier).await;
    }
    assert!(killed > 0, "none was at work any more");
    earlier.upgrade().await.expect("the next run goes on");
    let account = work.stop().await;
    nobody_felt_it(&account);
    earlier.is_sound(&account).await;
    let mut ends = Vec::new();
    for one in [&undisturbed, &earlier] {
        let client = connect(&settings(&one.database))
            .await
            .expect("a connection");
        ends.push(
            Fingerprint::read(&client)
                .await
                .expect("a fingerprint")
                .digest(),
        );
    }
    assert_eq!(ends[0], ends[1], "another schema than without the kills");
}

/// What `create index concurrently` leaves when it fails is found and built again, while people write into the table.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_failed_is_found_and_built_again_under_load() {
    let earlier = Earlier::baseline().await;
    let client = connect(&settings(&earlier.database))
        .await
        .expect("a connection");
    let set = next();
    let to = romashka_db::migrations::Version::parse("901").expect("a number");
    Migrator::new(&client, &set)
        .up(Some(to))
        .await
        .expect("the first of them");
    // Killed in the middle, as by a server that is stopped: the index is there and not valid.
    let blocker = earlier.database.connect().await;
    blocker
        .batch_execute("begin; lock table public.messages in row exclusive mode")
        .await
        .expect("a transaction that goes on");
    let builder = earlier.database.connect().await;
    let process: i32 = value(&builder, "select pg_backend_pid()").await;
    let build = tokio::spawn(async move {
        builder
            .batch_execute(
                "create index concurrently messages_note on public.messages (workspace_id, note)",
            )
            .await
    });
    let owner = earlier.database.owner();
    for _ in 0..200 {
        let is_there: bool = value(
            owner,
            "select exists (select from pg_index where indexrelid = to_regclass('public.messages_note') and not indisvalid)",
        )
        .await;
        if is_there {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    owner
        .execute("select pg_terminate_backend($1)", &[&process])
        .await
        .expect("terminated");
    assert!(build.await.expect("no panic").is_err());
    blocker.batch_execute("rollback").await.expect("rollback");
    let left: bool = value(
        owner,
        "select not indisvalid from pg_index where indexrelid = 'public.messages_note'::regclass",
    )
    .await;
    assert!(left, "an index that is not valid");
    let work = Workload::start(&earlier.place, "index", PEOPLE);
    tokio::time::sleep(Duration::from_millis(300)).await;
    earlier.upgrade().await.expect("an upgrade");
    let account = work.stop().await;
    nobody_felt_it(&account);
    earlier.is_sound(&account).await;
}
