//! A search reads an index and not the table, for whoever asks under row security: `@@` and `ilike` are not leakproof, so a
//! query on the table itself could not, and the functions must.

use romashka_tests::{Role, Session, TestDatabase, explain, value};

/// How often the transaction has read the whole of a table.
async fn whole_reads(session: &Session, table: &str) -> i64 {
    value(
        session,
        &format!("select pg_stat_get_xact_numscans('public.{table}'::regclass)"),
    )
    .await
}

#[tokio::test]
async fn searching_reads_no_table_from_end_to_end() {
    let database = TestDatabase::new().await;
    let acme = database.create_workspace("acme").await;
    let rival = database.create_workspace("rival").await;
    let agent = database.create_person(acme, Role::Agent).await;
    let owner = database.owner();
    // Rows alone: neither the triggers nor the references matter to a plan.
    let sql = format!(
        "set session_replication_role = replica;
         insert into public.conversations (id, workspace_id, number) select ('00000000-0000-4000-8000-' || lpad(w.n::text, 12, '0'))::uuid, w.id, 1 from (values (1, '{acme}'::uuid), (2, '{rival}')) as w (n, id);
         insert into public.messages (workspace_id, conversation_id, sender_type, language, content, created_at)
         select c.workspace_id, c.id, 'user', case n % 3 when 0 then 'en' when 1 then 'ru' else 'zh' end,
                case n % 3 when 0 then 'the parcel with number ' || n || ' did not arrive' when 1 then 'моя посылка номер ' || n || ' не пришла' else '我的包裹在哪里 ' || n end
                || case when n = 7000 then ' xylophone саксофон 唢呐' else '' end, now() - n * interval '1 minute'
           from public.conversations c, generate_series(1, 12000) as n;
         insert into public.knowledge_items (workspace_id, title, content, source_type, language)
         select c.workspace_id, 'Article ' || n, 'A parcel takes ' || n || ' days' || case when n = 700 then ' xylophone' else '' end, 'manual', 'en' from public.conversations c, generate_series(1, 3000) as n;
         set session_replication_role = origin"
    );
    // As autovacuum does after a load: until then what was added last is in a list that is read as a whole.
    for sql in [
        sql.as_str(),
        "vacuum analyze public.messages, public.conversations, public.knowledge_items",
    ] {
        owner
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{}", explain(&error)));
    }

    let session = database.as_user(agent, acme).await;
    for (call, expected) in [
        // Rare, common, in other alphabets, joined and as a phrase; a page at a time.
        ("search_messages('xylophone')", 1),
        ("search_messages('parcel')", 20),
        ("search_messages('саксофон')", 1),
        ("search_messages('посылки')", 20),
        ("search_messages('唢呐')", 1),
        ("search_messages('parcel xylophone')", 0),
        ("search_messages('\"not arrive\"', limit_count => 100)", 100),
        ("search_messages('nowhere')", 0),
        ("find_in_messages('xyloph')", 1),
        ("find_in_messages('аксофо')", 1),
        ("find_in_messages('包裹在哪')", 20),
    ] {
        let before = whole_reads(&session, "messages").await;
        let found: i64 = value(&session, &format!("select count(*) from public.{call}")).await;
        assert_eq!(found, expected, "{call}");
        let read = whole_reads(&session, "messages").await - before;
        assert_eq!(read, 0, "{call} read every message");
    }
    for (call, expected) in [
        ("search_knowledge('xylophone')", 1),
        ("search_knowledge('parcel')", 20),
        ("search_knowledge('ylopho')", 1),
    ] {
        let before = whole_reads(&session, "knowledge_items").await;
        let found: i64 = value(&session, &format!("select count(*) from public.{call}")).await;
        assert_eq!(found, expected, "{call}");
        let read = whole_reads(&session, "knowledge_items").await - before;
        assert_eq!(read, 0, "{call} read every article");
    }
    // The measure works: what row security forbids to use an index reads everything.
    let before = whole_reads(&session, "messages").await;
    let direct: i64 = value(
        &session,
        "select count(*) from public.messages where content ilike '%xyloph%'",
    )
    .await;
    assert_eq!(direct, 1);
    assert!(whole_reads(&session, "messages").await > before);
    let foreign: i64 = value(
        &session,
        "select count(*) from public.search_messages('xylophone') as f join public.messages as m on m.id = f.message_id where m.workspace_id <> public.current_workspace_id()",
    )
    .await;
    assert_eq!(foreign, 0);
}

/// Places of the newest first, page by page, until a page is empty.
async fn pages(session: &Session, call: &str) -> Vec<i64> {
    let mut places = Vec::new();
    let mut before = "null".to_owned();
    for _ in 0..200 {
        let page: Vec<i64> = value(
            session,
            &format!(
                "select coalesce(array_agg(extract(epoch from created_at)::bigint order by place), '{{}}')
                   from public.{call}, before => {before}, limit_count => 100) with ordinality as f (message_id, conversation_id, sender_type, created_at, content{}, place)",
                if call.starts_with("search") { ", rank" } else { "" }
            ),
        )
        .await;
        let Some(last) = page.last() else {
            return places;
        };
        before = format!("to_timestamp({last})");
        places.extend(page);
    }
    panic!("{call} has no end");
}

#[tokio::test]
async fn pages_of_a_search_hold_every_match_once_and_newest_first() {
    let database = TestDatabase::new().await;
    let acme = database.create_workspace("acme").await;
    let agent = database.create_person(acme, Role::Agent).await;
    // Denser towards now, over two years, and some dated days ahead, which are not there yet; two thirds hold the word, a sixth the phrase.
    database
        .owner()
        .batch_execute(&format!(
            "set session_replication_role = replica;
             insert into public.conversations (id, workspace_id, number) values ('00000000-0000-4000-8000-000000000001', '{acme}', 1);
             insert into public.messages (workspace_id, conversation_id, sender_type, language, content, created_at)
             select '{acme}', '00000000-0000-4000-8000-000000000001', 'user', 'en',
                    case n % 6 when 0 then 'the parcel is late' when 1 then 'late is the parcel' when 2 then 'nothing' when 3 then 'a parcel' when 4 then 'parcel late' else 'else' end,
                    date_trunc('second', now()) + case when n > 2990 then (n - 2990) * interval '3 hours' else - (n * n * 7) * interval '1 second' end
               from generate_series(1, 3000) as n;
             set session_replication_role = origin"
        ))
        .await
        .unwrap_or_else(|error| panic!("{}", explain(&error)));
    let session = database.as_user(agent, acme).await;
    for (call, holds) in [
        ("search_messages('parcel'", "content like '%parcel%'"),
        (
            "search_messages('\"parcel late\"'",
            "content like '%parcel late%'",
        ),
        (
            "search_messages('parcel -late'",
            "content like '%parcel%' and content not like '%late%'",
        ),
        (
            "search_messages('late -\"parcel late\"'",
            "content like '%late%' and content not like '%parcel late%'",
        ),
        ("find_in_messages('arce'", "content like '%arce%'"),
        ("find_in_messages('lse'", "content like '%lse%'"),
    ] {
        let found = pages(&session, call).await;
        let expected: Vec<i64> = value(
            &session,
            &format!("select array_agg(extract(epoch from created_at)::bigint order by created_at desc) from public.messages where {holds} and created_at <= now()"),
        )
        .await;
        assert_eq!(found, expected, "{call}");
    }
}
