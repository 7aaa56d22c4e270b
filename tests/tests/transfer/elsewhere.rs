//! Other ids, other people: what a copy and a move have in common with what they are of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use romashka_tests::{Role, value};
use serde_json::Value;
use uuid::Uuid;

use super::{Installation, lines, manifest};

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_shares_no_id_with_what_it_is_of() {
    let here = Installation::new().await;
    let workspace = here.fill().await;
    let attachment = here.put_file(workspace, b"an attachment").await;
    // Texts that the schema makes of ids.
    here.execute(&format!(
        "insert into public.customer_identities (workspace_id, customer_id, channel_type, external_id)
           select '{workspace}', c.id, 'website', 'user:' || w.id || ':7'
             from (select id from public.customer_profiles where workspace_id = '{workspace}' order by id limit 1) as c,
                  (select id from public.widget_configurations where workspace_id = '{workspace}' order by id limit 1) as w;
         insert into public.conversation_thread_keys (workspace_id, conversation_id, channel_type, channel_id, thread_key)
           select '{workspace}', id, 'sms', '00000000-0000-0000-0000-000000000000', 'customer:' || customer_id from public.conversations
            where workspace_id = '{workspace}' and customer_id is not null order by id limit 1;
         update public.messages set media_url = '/api/v1/attachments/{attachment}/content'
          where id = (select id from public.messages where workspace_id = '{workspace}' order by id limit 1)"
    ))
    .await;
    let first = here.export("default", "first.romashka", &[]);
    let file = first.to_str().expect("a path");
    here.refuse(
        &["import", file, "--new-ids"],
        4,
        "belongs to another workspace",
    );
    here.refuse(
        &["import", file, "--new-ids", "--slug", "No!"],
        2,
        "is no short name",
    );
    let imported = here.json(&["import", file, "--new-ids", "--slug", "copy"]);
    let copy: Uuid = serde_json::from_value(imported["workspace"].clone()).expect("an id");
    assert_ne!(copy, workspace);
    assert_eq!(imported["people_new"], 0);
    assert_eq!(imported["files"], 1);
    let path: String = value(
        here.database.owner(),
        &format!("select file_path from public.file_attachments where workspace_id = '{copy}' and storage_provider = 'local' and file_path like '{}/%'", copy.simple()),
    )
    .await;
    let stored = fs::read(here.path("data/files").join(path)).expect("the file");
    assert_eq!(stored, b"an attachment");
    // Mail goes on going to the workspace that had it: the copy's channel of that address is switched off.
    let off = imported["switched_off"].as_array().expect("a list");
    assert!(!off.is_empty());
    let of_the_copy = format!(
        "select count(*) from public.communication_channels where workspace_id = '{copy}' and type = 'email' and status <> 'inactive'
            and configuration ->> 'address' is not null"
    );
    assert_eq!(here.count(&of_the_copy).await, 0);
    let addresses = "select count(*) from romashka.mail_addresses where workspace_id = ";
    assert_eq!(here.count(&format!("{addresses}'{copy}'")).await, 0);
    assert!(here.count(&format!("{addresses}'{workspace}'")).await > 0);
    here.verify();

    let second = here.export("copy", "second.romashka", &[]);
    let id = regex::Regex::new("\"id\":\"([0-9a-f-]{36})\"").expect("a pattern");
    let rows = |file: &Path| -> Vec<String> {
        let lines = lines(file);
        // People are the same on both sides.
        let start = lines.iter().position(|line| line.contains("\"table_end\""));
        lines[start.expect("people")..].to_vec()
    };
    let (old, new) = (rows(&first), rows(&second));
    let ids: BTreeSet<String> = old
        .iter()
        .filter(|line| line.starts_with("{\"row\""))
        .filter_map(|line| Some(id.captures(line)?[1].to_owned()))
        .collect();
    assert!(ids.len() > 500, "{}", ids.len());
    // Message-IDs are other systems' too, so they stay.
    let anywhere =
        regex::Regex::new("([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:[^0-9a-f@]|$)")
            .expect("a pattern");
    for line in &new {
        for found in anywhere.captures_iter(line) {
            assert!(!ids.contains(&found[1]), "{} is still in {line}", &found[1]);
        }
    }
    let counts = |file: &Path| -> BTreeMap<String, u64> {
        let tables = manifest(file)["tables"].clone();
        let tables = tables.as_array().expect("tables").clone();
        let named = |table: &Value| {
            let name = table["name"].as_str().expect("a name").to_owned();
            (name, table["rows"].as_u64().expect("rows"))
        };
        tables.iter().map(named).collect()
    };
    let (mut before, mut after) = (counts(&first), counts(&second));
    // The chain over other ids is another one.
    for counts in [&mut before, &mut after] {
        counts.remove("public.audit_seals");
    }
    assert_eq!(before, after);
    // What the ledger is about, and the customers in what it tells, are rows of the copy.
    let lost = here
        .count(&format!(
            "select count(*) from public.events e where e.workspace_id = '{copy}'
                and (exists (select from public.messages m where m.workspace_id <> e.workspace_id and m.id = e.subject_id)
                  or exists (select from public.conversations c where c.workspace_id <> e.workspace_id and c.id in (e.conversation_id, e.subject_id))
                  or exists (select from public.customer_profiles p where p.workspace_id <> e.workspace_id and p.id::text = e.payload ->> 'customer_id'))"
        ))
        .await;
    let told = here
        .count(&format!(
            "select count(*) from public.events e join public.conversations c on c.id = e.conversation_id and c.workspace_id = e.workspace_id where e.workspace_id = '{copy}'"
        ))
        .await;
    assert!(told > 0, "the ledger tells of the copy's conversations");
    assert_eq!(lost, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_known_by_their_address_and_nothing_is_sent_again() {
    let (here, there) = tokio::join!(Installation::new(), Installation::new());
    let workspace = here.fill().await;
    let ann = here.database.create_account("Ann@Example.Test").await;
    here.database
        .join_workspace(ann, workspace, Role::Admin)
        .await;
    here.execute(&format!(
        "insert into public.conversation_notes (workspace_id, conversation_id, agent_id, note, mentions)
           select workspace_id, id, '{ann}', 'hers', array['{ann}'::uuid] from public.conversations where workspace_id = '{workspace}' limit 1;
         insert into public.message_delivery_tracking (workspace_id, message_id, channel_type, delivery_status)
           select workspace_id, id, 'email', 'queued' from public.messages m where workspace_id = '{workspace}'
              and not exists (select from public.message_delivery_tracking t where t.message_id = m.id) limit 3;
         update public.webhook_subscriptions set is_active = true"
    ))
    .await;
    let file = here.export("default", "first.romashka", &[]);
    let other = there.database.create_account("ann@example.test").await;
    assert_ne!(ann, other);
    let imported = there.json(&["import", file.to_str().expect("a path"), "--slug", "moved"]);
    assert_eq!(imported["people_known"], 1);
    let role: String = value(
        there.database.owner(),
        &format!("select role from public.workspace_members where user_id = '{other}'"),
    )
    .await;
    assert_eq!(role, "admin");
    assert_eq!(
        there
            .count(&format!("select count(*) from public.conversation_notes where agent_id = '{other}' and mentions = array['{other}'::uuid]"))
            .await,
        1
    );
    let same = format!("select count(*) from auth.users where id = '{ann}'");
    assert_eq!(there.count(&same).await, 0);
    there.verify();

    let ended: BTreeMap<String, u64> =
        serde_json::from_value::<Vec<(String, u64)>>(imported["unfinished"].clone())
            .expect("a list")
            .into_iter()
            .collect();
    assert!(ended["public.message_delivery_tracking"] >= 3, "{ended:?}");
    assert_eq!(
        there.count("select count(*) from public.message_delivery_tracking where delivery_status in ('queued', 'sending')").await,
        0
    );
    let put_out: i32 = value(
        there.database.owner(),
        "select public.enqueue_webhook_deliveries()",
    )
    .await;
    assert_eq!(put_out, 0, "subscribers hear of what was imported");
    // What happens from now on is heard.
    there.execute("insert into public.messages (workspace_id, conversation_id, sender_type, content) select workspace_id, id, 'user', 'still there' from public.conversations order by id limit 1").await;
    let mut heard = 0;
    for _ in 0..200 {
        heard += value::<i32>(
            there.database.owner(),
            "select public.enqueue_webhook_deliveries()",
        )
        .await;
        if heard > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(heard > 0, "subscribers hear of what happens from now on");
    assert_eq!(
        there
            .count("select count(*) from romashka.outgoing_mails")
            .await,
        0
    );
}
