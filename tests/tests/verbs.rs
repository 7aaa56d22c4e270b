//! What each function of the API answers to a member of another workspace, and to wrong input: a stable SQLSTATE, and
//! nothing changed. A function that is opened to people and missing here fails the test.

use std::collections::BTreeMap;

use romashka_tests::{Role, TestDatabase, explain, try_statement, value};
use uuid::Uuid;

/// Calls of an intruder with the ids of the other workspace (`{c}` its conversation, `{c2}` another, `{p}` its customer,
/// `{t}` its transfer, `{u}` its owner, `{w}` the workspace itself), and what must come of it: an SQLSTATE, or `nothing`.
const FOREIGN: &[(&str, &str)] = &[
    ("add_questions_of_conversations('{k}')", "RM404"),
    ("add_questions_of_conversations('{k}', 10, '{w}')", "RM404"),
    ("ai_usage_today('{w}')", "RM404"),
    ("question_set_state('{k}', '{w}')", "RM404"),
    ("run_question_set('{k}')", "RM404"),
    ("run_question_set('{k}', '{w}')", "RM404"),
    ("aggregate_daily_metrics(current_date, '{w}')", "RM404"),
    ("create_workspace('stolen', 'x', '{u}')", "RM403"),
    ("channel_token('{k}', false, '{w}')", "RM404"),
    ("record_audit('forged', 'x', null, '{}', '{w}')", "RM404"),
    ("record_knowledge_use('{k}')", "RM404"),
    ("record_knowledge_use('{k}', workspace => '{w}')", "RM404"),
    ("recount('{w}')", "RM404"),
    ("refresh_daily_metrics('{w}')", "RM404"),
    ("refresh_realtime_metrics('{w}')", "RM404"),
    ("renew_widget_token('{k}', '{w}')", "RM404"),
    ("replay_deliveries(workspace => '{w}')", "RM404"),
    ("resolve_channel_alert('{c}')", "RM404"),
    ("resolve_channel_alert('{c}', '{w}')", "RM404"),
    ("accept_article_suggestion('{g}')", "RM404"),
    (
        "accept_article_suggestion('{g}', workspace => '{w}')",
        "RM404",
    ),
    ("reject_article_suggestion('{g}')", "RM404"),
    ("reject_article_suggestion('{g}', '{w}')", "RM404"),
    ("change_note('{n}', 'mine')", "RM404"),
    ("change_note('{n}', 'mine', workspace => '{w}')", "RM404"),
    ("delete_note('{n}')", "RM404"),
    ("delete_note('{n}', '{w}')", "RM404"),
    ("retry_message('{m}')", "RM404"),
    ("retry_message('{m}', workspace => '{w}')", "RM404"),
    ("retry_media('{c}')", "RM404"),
    ("retry_media('{c}', '{w}')", "RM404"),
    ("cancel_scan('{j}')", "RM404"),
    ("cancel_scan('{j}', '{w}')", "RM404"),
    ("replay_sync_jobs(workspace => '{w}')", "RM404"),
    ("replay_webhook_deliveries(workspace => '{w}')", "RM404"),
    ("replay_webhook_events(workspace => '{w}')", "RM404"),
    ("restore_knowledge_version('{k}', 1)", "RM404"),
    ("restore_knowledge_version('{k}', 1, '{w}')", "RM404"),
    ("search_knowledge('secret')", "nothing"),
    ("search_knowledge('secret', workspace => '{w}')", "RM404"),
    ("rank_knowledge('secret', workspace => '{w}')", "RM404"),
    (
        "show_passages(array['{w}']::uuid[], array[1], workspace => '{w}')",
        "RM404",
    ),
    ("knowledge_index_state('{w}')", "RM404"),
    ("reindex_knowledge('{w}')", "RM404"),
    ("assistant_view('{c}')", "RM404"),
    ("assistant_view('{c}', '{w}')", "RM404"),
    ("rate_answer('{c}', true)", "RM404"),
    ("rate_answer('{c}', true, workspace => '{w}')", "RM404"),
    ("archive_missing_files('x/', '{}', '{w}')", "nothing"),
    (
        "place_file_article('x/a.md', 'c', 'title', 'content', workspace => '{w}')",
        "42501",
    ),
    ("track_canned_response_usage('{r}')", "RM404"),
    ("track_canned_response_usage('{r}', '{w}')", "RM404"),
    ("show_presence(gen_random_uuid(), '{c}')", "RM404"),
    (
        "show_presence(gen_random_uuid(), '{c}', workspace => '{w}')",
        "RM404",
    ),
    ("verify_audit_chain('{w}')", "RM404"),
    ("widget_token('{k}')", "RM404"),
    ("widget_token('{k}', '{w}')", "RM404"),
    ("accept_invitation('no such token')", "RM404"),
    ("accept_transfer('{t}')", "RM404"),
    ("cancel_scheduled_message('{s}')", "RM404"),
    ("cancel_scheduled_message('{s}', '{w}')", "RM404"),
    (
        "create_api_key('mine', sha256('x'), 'rmk_live_abc', 'abcd', array['*:read'], workspace => '{w}')",
        "RM404",
    ),
    ("revoke_api_key('{a}')", "RM404"),
    ("revoke_api_key('{a}', '{w}')", "RM404"),
    (
        "schedule_message('{c}', 'x', now() + interval '1 hour')",
        "RM404",
    ),
    (
        "schedule_message('{c}', 'x', now() + interval '1 hour', workspace => '{w}')",
        "RM404",
    ),
    ("assign_conversation('{c}')", "RM404"),
    ("assign_conversation('{c}', '{me}')", "RM404"),
    ("erase_customer('{p}')", "RM404"),
    ("erase_customer('{p}', 'mine', '{w}')", "RM404"),
    ("export_customer('{p}')", "RM404"),
    ("export_customer('{p}', '{w}')", "RM404"),
    ("find_in_messages('secret')", "nothing"),
    ("find_in_messages('secret', workspace => '{w}')", "RM404"),
    (
        "ingest_message('sms', '+49', 'x', workspace => '{w}')",
        "RM404",
    ),
    (
        "invite_member('eve@example.test', 'viewer', '{w}')",
        "RM404",
    ),
    ("mark_read('{c}')", "RM404"),
    ("merge_conversations('{c}', '{c2}')", "RM404"),
    ("merge_conversations('{c}', '{c2}', '{w}')", "RM404"),
    ("merge_customers('{p}', '{p2}')", "RM404"),
    ("merge_customers('{p}', '{p2}', '{w}')", "RM404"),
    ("rate_conversation('{c}', 5)", "RM404"),
    ("rate_conversation('{c}', 5, null, '{w}')", "RM404"),
    ("reject_transfer('{t}')", "RM404"),
    ("reopen_conversation('{c}')", "RM404"),
    ("reply_channels('{c}')", "RM404"),
    ("reply_channels('{c}', '{w}')", "RM404"),
    ("resolve_conversation('{c}')", "RM404"),
    ("search_messages('secret')", "nothing"),
    ("search_messages('secret', workspace => '{w}')", "RM404"),
    ("send_message('{c}', 'x')", "RM404"),
    ("send_message('{c}', 'x', workspace => '{w}')", "RM404"),
    ("test_routing('{\"customer_id\": \"{p}\"}')", "RM404"),
    ("test_routing('{}', '{w}')", "RM404"),
    (
        "snooze_conversation('{c}', now() + interval '1 day')",
        "RM404",
    ),
    ("transfer_conversation('{c}', '{u}')", "RM404"),
    ("unmerge_conversation('{c}', '{w}')", "RM404"),
];

/// Functions that take no id of a workspace's row, and why there is nothing to try.
const WITHOUT_IDS: &[(&str, &str)] = &[
    (
        "advance_reader",
        "moves a cursor of the caller's own workspace",
    ),
    (
        "cleanup_expired_metrics",
        "removes what has expired, in the caller's workspaces",
    ),
    ("current_workspace_id", "says where the caller is"),
    ("generate_uuid", "touches no table"),
    (
        "mark_sla_breaches",
        "sets what the clock says, in the caller's workspaces",
    ),
    ("read_events", "reads the caller's own workspace"),
    (
        "read_widget_conversation",
        "the two tokens are what a visitor has",
    ),
    (
        "start_widget_conversation",
        "the two tokens are what a visitor has",
    ),
    (
        "widget_settings",
        "the token is public and names its widget",
    ),
];

/// Wrong input of somebody who may: what it is refused with.
const WRONG: &[(&str, &str)] = &[
    ("ingest_message('sms', '', 'x')", "RM400"),
    ("ingest_message('sms', '+49', null)", "RM400"),
    ("send_message('{c}', 'x', 'user')", "RM400"),
    ("resolve_conversation('{c}', 'banana')", "RM400"),
    ("resolve_conversation('{c}', null, 'banana')", "RM400"),
    ("snooze_conversation('{c}', '2020-01-01')", "RM400"),
    ("merge_conversations('{c}', '{c}')", "RM400"),
    ("merge_customers('{p}', '{p}')", "RM400"),
    ("rate_conversation('{c}', 0)", "RM400"),
    ("rate_conversation('{c}', 99)", "RM400"),
    ("find_in_messages('ab')", "RM400"),
    ("unmerge_conversation('{c}')", "RM409"),
    (
        "transfer_conversation('{c}', '00000000-0000-4000-8000-000000000000')",
        "RM422",
    ),
    (
        "resolve_conversation('00000000-0000-4000-8000-000000000000')",
        "RM404",
    ),
    ("invite_member('not an address')", "RM400"),
    (
        "record_knowledge_use('00000000-0000-4000-8000-000000000000')",
        "RM404",
    ),
    (
        "record_knowledge_use('{k}', conversation => '00000000-0000-4000-8000-000000000000')",
        "RM404",
    ),
    ("schedule_message('{c}', 'x', now())", "RM422"),
    (
        "schedule_message('{c}', '', now() + interval '1 hour')",
        "RM400",
    ),
    (
        "create_api_key('k', sha256('x'), 'rmk_live_abc', 'abcd', array['*:read'], expires_at => now())",
        "RM422",
    ),
];

struct Names(BTreeMap<&'static str, Uuid>);

impl Names {
    fn fill(&self, call: &str) -> String {
        let filled = self.0.iter().fold(call.to_owned(), |text, (name, id)| {
            text.replace(&format!("{{{name}}}"), &id.to_string())
        });
        format!("select * from public.{filled}")
    }
}

async fn stage() -> (TestDatabase, Names, Uuid) {
    let database = TestDatabase::new().await;
    let acme = database.create_workspace("acme").await;
    let rival = database.create_workspace("rival").await;
    let ann = database.create_person(acme, Role::Owner).await;
    let eve = database.create_person(rival, Role::Owner).await;
    let client = database.owner();
    let mut names = BTreeMap::from([("w", acme), ("u", ann), ("me", eve)]);
    for (customer, conversation) in [("p", "c"), ("p2", "c2")] {
        let row = client
            .query_one(
                "select customer_id, conversation_id from public.ingest_message('whatsapp', $1, 'a secret word', workspace => $2)",
                &[&customer, &acme],
            )
            .await
            .unwrap_or_else(|error| panic!("{}", explain(&error)));
        names.insert(customer, row.get(0));
        names.insert(conversation, row.get(1));
    }
    let transfer = client
        .query_one(
            "insert into public.conversation_transfers (workspace_id, conversation_id, to_agent_id, expires_at) values ($1, $2, $3, now() + interval '1 hour') returning id",
            &[&acme, &names["c"], &ann],
        )
        .await
        .unwrap();
    names.insert("t", transfer.get(0));
    for (name, sql) in [
        (
            "k",
            "insert into public.knowledge_items (workspace_id, title, content, source_type) values ($1, 'secret', 'secret', 'manual') returning id",
        ),
        (
            "s",
            "insert into public.scheduled_messages (workspace_id, conversation_id, content, send_at) select $1, c.id, 'secret', now() + interval '1 hour' from public.conversations as c where c.workspace_id = $1 limit 1 returning id",
        ),
        (
            "n",
            "insert into public.conversation_notes (workspace_id, conversation_id, note) select $1, c.id, 'secret' from public.conversations as c where c.workspace_id = $1 limit 1 returning id",
        ),
        (
            "g",
            "insert into public.article_suggestions (workspace_id, conversation_id, question, answer, language) select $1, c.id, 'secret', 'secret', 'en' from public.conversations as c where c.workspace_id = $1 limit 1 returning id",
        ),
        (
            "j",
            "insert into public.website_scan_jobs (workspace_id, urls) values ($1, array['https://example.com/']) returning id",
        ),
        (
            "m",
            "select m.id from public.messages as m where m.workspace_id = $1 limit 1",
        ),
        (
            "a",
            "insert into public.api_keys (workspace_id, name, display_prefix, last_four, key_hash, scopes) values ($1, 'secret', 'rmk_live_abc', 'abcd', sha256('secret'), array['*:read']) returning id",
        ),
        (
            "r",
            "insert into public.canned_responses (workspace_id, title, content) values ($1, 'secret', 'secret') returning id",
        ),
    ] {
        let row = client.query_one(sql, &[&acme]).await;
        let row = row.unwrap_or_else(|error| panic!("{sql}: {}", explain(&error)));
        names.insert(name, row.get(0));
    }
    (database, Names(names), rival)
}

#[tokio::test]
async fn a_foreign_workspace_is_not_found_by_any_verb() {
    let (database, names, rival) = stage().await;
    let picture = "select md5(string_agg(t, '')) from (
        select to_jsonb(c)::text as t from public.conversations as c union all select to_jsonb(m)::text from public.messages as m
        union all select to_jsonb(p)::text from public.customer_profiles as p union all select to_jsonb(x)::text from public.conversation_transfers as x
        union all select to_jsonb(i)::text from public.workspace_invitations as i union all select to_jsonb(n)::text from public.conversation_notes as n
        union all select to_jsonb(d)::text from public.message_delivery_tracking as d union all select to_jsonb(g)::text from public.article_suggestions as g order by 1) as rows";
    let before: String = value(database.owner(), picture).await;
    let session = database.as_user(names.0["me"], rival).await;
    for (call, expected) in FOREIGN {
        let sql = names.fill(call);
        let outcome = try_statement(&session, &sql).await;
        let code = if outcome.code().is_empty() && outcome.is_nothing() {
            "nothing"
        } else {
            outcome.code()
        };
        assert_eq!(code, *expected, "{sql}: {outcome:?}");
    }
    session.commit().await;
    assert_eq!(value::<String>(database.owner(), picture).await, before);
}

#[tokio::test]
async fn wrong_input_has_a_stable_code() {
    let (database, names, _) = stage().await;
    let session = database.as_user(names.0["u"], names.0["w"]).await;
    for (call, expected) in WRONG {
        let sql = names.fill(call);
        let outcome = try_statement(&session, &sql).await;
        assert_eq!(outcome.code(), *expected, "{sql}: {outcome:?}");
    }
}

/// Read from the catalog: what people may call tomorrow is tried, or the reason why not stands above.
#[tokio::test]
async fn every_function_open_to_people_is_tried_from_another_workspace() {
    let database = TestDatabase::new().await;
    let open = "select distinct p.proname::text from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
        and (has_function_privilege('authenticated', p.oid, 'execute') or has_function_privilege('anon', p.oid, 'execute'))
        and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')";
    let rows = database.owner().query(open, &[]).await.unwrap();
    let open: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    for name in &open {
        let tried = FOREIGN
            .iter()
            .any(|(call, _)| call.starts_with(&format!("{name}(")));
        let excused = WITHOUT_IDS.iter().any(|(known, _)| known == name);
        assert!(
            tried || excused,
            "{name} is tried by nobody from another workspace"
        );
    }
    for (name, reason) in WITHOUT_IDS {
        assert!(
            open.iter().any(|known| known == name),
            "{name} is not open any more ({reason})"
        );
    }
}

#[tokio::test]
async fn merging_and_taking_apart_again_keeps_every_message() {
    let (database, names, _) = stage().await;
    let session = database.as_user(names.0["u"], names.0["w"]).await;
    let counts = "select array_agg(message_count order by number) from public.conversations";
    for (call, expected) in [
        ("merge_conversations('{c}', '{c2}')", vec![0, 2]),
        ("unmerge_conversation('{c}')", vec![1, 1]),
        ("merge_conversations('{c}', '{c2}')", vec![0, 2]),
    ] {
        session
            .batch_execute(&names.fill(call))
            .await
            .unwrap_or_else(|error| panic!("{call}: {}", explain(&error)));
        assert_eq!(
            value::<Vec<i32>>(&session, counts).await,
            expected,
            "{call}"
        );
    }
    for call in [
        "merge_conversations('{c}', '{c2}')",
        "send_message('{c}', 'x')",
        "reopen_conversation('{c}')",
    ] {
        let outcome = try_statement(&session, &names.fill(call)).await;
        assert_eq!(outcome.code(), "RM409", "{call}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_erased_customer_is_nowhere_and_the_figures_stay() {
    let (database, names, _) = stage().await;
    let session = database.as_user(names.0["u"], names.0["w"]).await;
    let exported: serde_json::Value = value(
        &session,
        &format!("select public.export_customer('{}')", names.0["p"]),
    )
    .await;
    assert_eq!(
        exported["conversations"][0]["messages"][0]["content"],
        "a secret word"
    );
    for _ in 0..2 {
        session
            .batch_execute(&names.fill("erase_customer('{p}', 'asked for it')"))
            .await
            .unwrap_or_else(|error| panic!("{}", explain(&error)));
    }
    let found: i64 = value(
        &session,
        "select count(*) from public.search_messages('secret')",
    )
    .await;
    assert_eq!(found, 1, "the other customer's message alone");
    let figures: i64 = value(
        &session,
        "select sum(total_messages) from public.conversation_analytics",
    )
    .await;
    assert_eq!(figures, 2);
    session.commit().await;
    let left: i64 = value(
        database.owner(),
        &format!(
            "select (select count(*) from public.messages where conversation_id = '{0}' and content like '%secret%')
                  + (select count(*) from public.audit_logs where changes::text like '%secret%' and entity_id in (select id from public.messages where conversation_id = '{0}'))
                  + (select count(*) from public.customer_identities where customer_id = '{1}')",
            names.0["c"], names.0["p"]
        ),
    )
    .await;
    assert_eq!(left, 0);
}
