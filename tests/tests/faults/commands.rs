//! PostgreSQL is killed while a command is at work: one that did not come to its end says so, and the next run brings it there.

use romashka_tests::mail_archive::{SUPPORT, conversation, write_mbox};
use romashka_tests::{older_defects, older_rows, older_schema};

use super::*;

/// Runs a command and kills PostgreSQL after this time; whether that was a fault to the command, which says so. One that had
/// all it needs of PostgreSQL by then ends well, and rightly: what it did is looked at by whoever calls this.
async fn interrupted(place: &mut Place, arguments: &[&str], after: Duration) -> bool {
    let mut child = place.begin(arguments);
    tokio::time::sleep(after).await;
    let was_at_work = child.try_wait().expect("a child").is_none();
    place.cluster.kill();
    for _ in 0..600 {
        if let Some(status) = child.try_wait().expect("a child") {
            place.cluster.begin();
            return was_at_work && !status.success();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let _ = child.kill();
    panic!("{arguments:?} hangs after its server was killed");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-faults"]
async fn postgresql_is_killed_during_a_migration() {
    let mut tally = Tally::default();
    for _ in 0..rounds() {
        let mut place = Place::empty().await;
        tally.runs += 1;
        for _ in 0..3 {
            tally.faults +=
                usize::from(interrupted(&mut place, &["migrate"], moment(30, 900)).await);
        }
        place.succeed(&["migrate"]);
        place.is_sound(None).await;
    }
    tally.note("PostgreSQL killed during a migration");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-faults"]
async fn postgresql_is_killed_during_adopt() {
    let mut tally = Tally::default();
    for _ in 0..rounds() {
        let mut place = Place::empty().await;
        let client = place.client().await;
        for sql in [older_schema(), older_rows(500), older_defects()] {
            client.batch_execute(&sql).await.expect("the older schema");
        }
        let before: i64 = value(&client, "select count(*) from public.messages").await;
        drop(client);
        tally.runs += 1;
        for _ in 0..2 {
            tally.faults +=
                usize::from(interrupted(&mut place, &["adopt"], moment(100, 1500)).await);
        }
        place.succeed(&["adopt"]);
        let client = place.client().await;
        let after: i64 = value(
            &client,
            "select (select count(*) from public.messages) + (select count(*) from public.adoption_findings where source_table = 'messages' and action = 'quarantined')",
        )
        .await;
        assert!(after >= before, "{after} of {before} messages");
        place.is_sound(None).await;
        tally.acknowledged += usize::try_from(before).expect("a count");
    }
    tally.note("PostgreSQL killed during adopt");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-faults"]
async fn postgresql_is_killed_during_an_import() {
    let mails: Vec<_> = (0..60).flat_map(|number| conversation(number, 6)).collect();
    let mut tally = Tally::default();
    for _ in 0..rounds() {
        let mut place = Place::empty().await;
        place.succeed(&["migrate"]);
        std::fs::write(place.path("archive.mbox"), write_mbox(&mails)).expect("an archive");
        let import = ["import", "mbox", "--our-address", SUPPORT, "archive.mbox"];
        tally.runs += 1;
        for _ in 0..2 {
            tally.faults += usize::from(interrupted(&mut place, &import, moment(150, 1200)).await);
        }
        place.succeed(&import);
        let client = place.client().await;
        let messages: i64 = value(&client, "select count(*) from public.messages").await;
        assert_eq!(messages, i64::try_from(mails.len()).expect("a count"));
        let different: i64 = value(
            &client,
            "select count(distinct external_message_id) from public.messages",
        )
        .await;
        assert_eq!(different, messages, "a mail is there twice");
        place.is_sound(None).await;
        tally.acknowledged += mails.len();
    }
    tally.note("PostgreSQL killed during an import");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-faults"]
async fn postgresql_is_killed_during_a_backup() {
    let mut place = Place::filled().await;
    let workplace = place.workplace().await;
    let mut tally = Tally::default();
    let mut account = Account::default();
    for round in 0..rounds() {
        let work = Workload::start(&workplace, &format!("backup{round}"), 3);
        tally.runs += 1;
        let fault = interrupted(&mut place, &["backup", "kept"], moment(50, 900)).await;
        tally.faults += usize::from(fault);
        let seen = work.stop().await;
        account.acknowledged.extend(seen.acknowledged);
        let listed = if place.path("kept").is_dir() {
            place.json(&["backup", "list", "kept"])
        } else {
            json!([])
        };
        for backup in listed.as_array().expect("a list") {
            let folder = backup["folder"].as_str().expect("a folder");
            place.succeed(&["backup", "verify", folder, "--checksums"]);
        }
    }
    let made = place.json(&["backup", "kept"]);
    let folder = made["folder"].as_str().expect("a folder");
    place.succeed(&["restore", folder, "--database", "copy"]);
    account.is_kept(&place.cluster.connect("copy").await).await;
    place.is_sound(Some(&account)).await;
    tally.acknowledged = account.acknowledged.len();
    tally.note("PostgreSQL killed during a backup under load");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-faults"]
async fn postgresql_is_killed_during_maintenance() {
    let mut place = Place::filled().await;
    let workplace = place.workplace().await;
    let mut tally = Tally::default();
    let mut account = Account::default();
    for round in 0..rounds() {
        let work = Workload::start(&workplace, &format!("maintain{round}"), 3);
        tokio::time::sleep(Duration::from_millis(300)).await;
        tally.runs += 1;
        let fault = interrupted(&mut place, &["maintain"], moment(20, 250)).await;
        tally.faults += usize::from(fault);
        let seen = work.stop().await;
        account.acknowledged.extend(seen.acknowledged);
        place.succeed(&["maintain"]);
        place.is_sound(Some(&account)).await;
    }
    tally.acknowledged = account.acknowledged.len();
    tally.note("PostgreSQL killed during maintenance under load");
}
