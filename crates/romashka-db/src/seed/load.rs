//! A load: many conversations as if they had been written, fast.
//!
//! Invariants: a batch is one transaction that holds rows, ledger, figures, clocks and counters, so that a load can be stopped between
//! any two; row triggers are off for the batch's own transaction only, and nobody else writes meanwhile (its lock sees to that).

use std::io::Cursor;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use futures_util::SinkExt;
use jiff::Timestamp;
use serde::Serialize;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::chance::Chance;
use super::copy::Rows;
use super::traffic::{
    self, ARTICLE, Batch, CONVERSATION_COLUMNS, EVENT_COLUMNS, LoadOptions, MESSAGE_COLUMNS,
    Traffic,
};
use super::vocabulary::{LANGUAGES, Vocabulary};
use super::{SeedError, indexes, require_schema};

/// Conversations of a transaction: some megabytes of rows, about a second of work.
const BATCH: u64 = 2_000;

/// Tables whose row triggers are off during a batch.
const QUIET: [&str; 6] = [
    "conversations",
    "messages",
    "conversation_analytics",
    "sla_tracking",
    "customer_profiles",
    "agent_availability",
];

/// What the load is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadEvent {
    /// A stage began; `total` is its extent, 0 when that is not known.
    Stage {
        /// What is being done.
        name: String,
        /// How many steps it has.
        total: u64,
    },
    /// So many steps of the stage are done.
    Progress(u64),
}

/// What a load added.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LoadReport {
    /// Conversations.
    pub conversations: u64,
    /// Messages.
    pub messages: u64,
    /// Rows of the ledger.
    pub events: u64,
    /// Customers that were not there before.
    pub customers: u64,
    /// Agents that were not there before.
    pub agents: u64,
    /// Articles.
    pub articles: u64,
    /// Rows of the roll-ups that were written.
    pub roll_ups: i64,
    /// Indexes that were taken away for the load and made again.
    pub rebuilt_indexes: Vec<String>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// Seconds of the conversations, messages and events alone.
    pub insert_seconds: f64,
    /// Seconds of everything.
    pub seconds: f64,
}

/// Adds the load to the default workspace. `stop` ends it after the current batch; what is there is then finished as usual.
pub async fn load(
    client: &mut Client,
    options: LoadOptions,
    stop: &AtomicBool,
    mut observe: impl FnMut(LoadEvent) + Send,
) -> Result<LoadReport, SeedError> {
    require_schema(client).await?;
    let begun = Instant::now();
    let mut report = LoadReport::default();
    let workspace: Uuid = client
        .query_one("select romashka.default_workspace_id()", &[])
        .await
        .map_err(SeedError::at("looking for the workspace"))?
        .get(0);
    client
        .batch_execute(&format!(
            "set statement_timeout = 0; set synchronous_commit = off; set romashka.auto_assign = 'off';
             insert into public.workspaces (id, slug, name) values ('{workspace}', 'default', 'ROMASHKA') on conflict do nothing"
        ))
        .await
        .map_err(SeedError::at("preparing the session"))?;
    // What an earlier load that was killed still owes.
    indexes::make_again(client, announce(&mut observe)).await?;
    let traffic = Arc::new(Traffic::new(options, workspace, Timestamp::now()));
    report.agents = add_agents(client, &traffic, options).await?;
    report.customers = add_customers(client, workspace, options, stop, &mut observe).await?;
    report.articles =
        add_articles(client, &traffic, workspace, options, stop, &mut observe).await?;

    indexes::take_away(client, options).await?;
    let inserting = Instant::now();
    let outcome = add_conversations(
        client,
        &traffic,
        workspace,
        options,
        stop,
        &mut report,
        &mut observe,
    )
    .await;
    report.insert_seconds = inserting.elapsed().as_secs_f64();
    // Also after an error: the indexes belong to the schema.
    report.rebuilt_indexes = indexes::make_again(client, announce(&mut observe)).await?;
    outcome?;
    finish(client, &mut report, &mut observe).await?;
    report.stopped = stop.load(Ordering::Relaxed) && report.conversations < options.conversations;
    report.seconds = begun.elapsed().as_secs_f64();
    Ok(report)
}

fn announce(observe: &mut impl FnMut(LoadEvent)) -> impl FnMut(&str) {
    |name| {
        observe(LoadEvent::Stage {
            name: format!("making the index {name} again"),
            total: 0,
        })
    }
}

async fn add_agents(
    client: &Client,
    traffic: &Traffic,
    options: LoadOptions,
) -> Result<u64, SeedError> {
    let ids: Vec<Uuid> = traffic.agents().to_vec();
    let emails: Vec<String> = (0..ids.len())
        .map(|number| format!("agent-{}-{number}@load.example", options.seed))
        .collect();
    let room =
        (options.conversations / 10 / u64::from(options.agents.max(1))).clamp(5, 1000) as i32;
    client
        .execute(
            "insert into auth.users (id, email, raw_user_meta_data) select id, email, jsonb_build_object('full_name', 'Agent ' || row_number() over ())
               from unnest($1::uuid[], $2::text[]) as wanted (id, email) on conflict do nothing",
            &[&ids, &emails],
        )
        .await
        .map_err(SeedError::at("adding agents"))?;
    client
        .execute("insert into public.workspace_members (user_id, role) select id, 'agent' from unnest($1::uuid[]) as id on conflict do nothing", &[&ids])
        .await
        .map_err(SeedError::at("adding members"))?;
    // Offline: they have their share already, and what waits shall wait until somebody comes online.
    client
        .execute(
            "insert into public.agent_availability (agent_id, is_online, status, max_concurrent_chats) select id, false, 'offline', $2::integer from unnest($1::uuid[]) as id on conflict do nothing",
            &[&ids, &room],
        )
        .await
        .map_err(SeedError::at("adding availabilities"))
}

async fn add_customers(
    client: &mut Client,
    workspace: Uuid,
    options: LoadOptions,
    stop: &AtomicBool,
    observe: &mut impl FnMut(LoadEvent),
) -> Result<u64, SeedError> {
    let total = options.customers();
    let mut added = 0;
    observe(LoadEvent::Stage {
        name: "customers".to_owned(),
        total,
    });
    for first in (0..total).step_by(5_000) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let mut rows = Rows::default();
        for number in first..total.min(first + 5_000) {
            let person = traffic::customer(options.seed, number);
            rows.id(person.id)
                .text(&person.name)
                .text(&person.email)
                .text(LANGUAGES[person.language].tag)
                .end();
        }
        let transaction = client
            .transaction()
            .await
            .map_err(SeedError::at("adding customers"))?;
        transaction
            .batch_execute("create temporary table load_customers (id uuid, name text, email text, language text) on commit drop")
            .await
            .map_err(SeedError::at("adding customers"))?;
        copy(
            &transaction,
            "pg_temp.load_customers (id, name, email, language)",
            rows,
        )
        .await?;
        added += transaction
            .execute(
                "insert into public.customer_profiles (id, workspace_id, name, email, language, created_at)
                 select id, $1, name, email, language, now() - make_interval(days => $2) from load_customers on conflict do nothing",
                &[&workspace, &(options.days as i32)],
            )
            .await
            .map_err(SeedError::at("adding customers"))?;
        transaction
            .execute(
                "insert into public.customer_identities (workspace_id, customer_id, channel_type, external_id, display_name)
                 select p.workspace_id, p.id, 'email', l.email, l.name from load_customers as l join public.customer_profiles as p on p.id = l.id and p.workspace_id = $1
                 on conflict do nothing",
                &[&workspace],
            )
            .await
            .map_err(SeedError::at("adding identities"))?;
        transaction
            .commit()
            .await
            .map_err(SeedError::at("adding customers"))?;
        observe(LoadEvent::Progress(total.min(first + 5_000)));
    }
    Ok(added)
}

async fn add_articles(
    client: &mut Client,
    traffic: &Traffic,
    workspace: Uuid,
    options: LoadOptions,
    stop: &AtomicBool,
    observe: &mut impl FnMut(LoadEvent),
) -> Result<u64, SeedError> {
    let total = u64::from(options.articles);
    if total == 0 {
        return Ok(0);
    }
    let mut added = 0;
    observe(LoadEvent::Stage {
        name: "articles".to_owned(),
        total,
    });
    let vocabulary = traffic.vocabulary();
    for first in (0..total).step_by(1_000) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let mut rows = Rows::default();
        for number in first..total.min(first + 1_000) {
            let mut chance = Chance::of(options.seed, ARTICLE, number);
            let id = chance.id_at(1_735_689_600_000 + number as i64);
            let language = Vocabulary::language(&mut chance);
            let title = format!(
                "{} {} KB-{number:06}",
                vocabulary.word(language, &mut chance),
                vocabulary.word(language, &mut chance)
            );
            let mut content = String::new();
            vocabulary.paragraph(language, 8 + chance.below(10), &mut chance, &mut content);
            rows.id(id)
                .text(&title)
                .text(&content)
                .text(LANGUAGES[language].tag)
                .end();
        }
        let transaction = client
            .transaction()
            .await
            .map_err(SeedError::at("adding articles"))?;
        transaction
            .batch_execute("create temporary table load_articles (id uuid, title text, content text, language text) on commit drop")
            .await
            .map_err(SeedError::at("adding articles"))?;
        copy(
            &transaction,
            "pg_temp.load_articles (id, title, content, language)",
            rows,
        )
        .await?;
        added += transaction
            .execute(
                "insert into public.knowledge_items (id, workspace_id, title, content, language, source_type, status)
                 select id, $1, title, content, language, 'manual', 'active' from load_articles on conflict do nothing",
                &[&workspace],
            )
            .await
            .map_err(SeedError::at("adding articles"))?;
        transaction
            .commit()
            .await
            .map_err(SeedError::at("adding articles"))?;
        observe(LoadEvent::Progress(total.min(first + 1_000)));
    }
    Ok(added)
}

async fn add_conversations(
    client: &mut Client,
    traffic: &Arc<Traffic>,
    workspace: Uuid,
    options: LoadOptions,
    stop: &AtomicBool,
    report: &mut LoadReport,
    observe: &mut impl FnMut(LoadEvent),
) -> Result<(), SeedError> {
    observe(LoadEvent::Stage {
        name: "conversations".to_owned(),
        total: options.conversations,
    });
    for first in (0..options.conversations).step_by(BATCH as usize) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let last = options.conversations.min(first + BATCH);
        let transaction = client
            .transaction()
            .await
            .map_err(SeedError::at("a batch of conversations"))?;
        // Taken from the workspace's own sequence: others may write between two batches.
        let numbers: Vec<i64> = transaction
            .query(
                "select nextval(('romashka_numbers.conversation_' || replace($1::uuid::text, '-', ''))::regclass) from generate_series(1, $2::bigint)",
                &[&workspace, &((last - first) as i64)],
            )
            .await
            .map_err(SeedError::at("taking numbers"))?
            .iter()
            .map(|row| row.get(0))
            .collect();
        let maker = Arc::clone(traffic);
        let made = tokio::task::spawn_blocking(move || {
            let mut batch = Batch::default();
            for (number, short_number) in (first..last).zip(numbers) {
                maker.add(&mut batch, number, short_number);
            }
            batch
        });
        let Ok(batch) = made.await else { break };
        let (messages, events) = (batch.message_count, batch.event_count);
        write_batch(&transaction, batch, workspace).await?;
        transaction
            .commit()
            .await
            .map_err(SeedError::at("committing a batch"))?;
        report.conversations += last - first;
        report.messages += messages;
        report.events += events;
        observe(LoadEvent::Progress(last));
    }
    Ok(())
}

async fn write_batch(
    transaction: &Transaction<'_>,
    batch: Batch,
    workspace: Uuid,
) -> Result<(), SeedError> {
    let switch = |how: &str| {
        QUIET
            .map(|table| format!("alter table public.{table} {how} trigger user;"))
            .concat()
    };
    transaction
        .batch_execute(&switch("disable"))
        .await
        .map_err(SeedError::at("turning triggers off"))?;
    copy(
        transaction,
        &format!("public.conversations ({CONVERSATION_COLUMNS})"),
        batch.conversations,
    )
    .await?;
    copy(
        transaction,
        &format!("public.messages ({MESSAGE_COLUMNS})"),
        batch.messages,
    )
    .await?;
    copy(
        transaction,
        &format!("public.events ({EVENT_COLUMNS})"),
        batch.events,
    )
    .await?;
    for statement in include_str!("derive.sql").split("\n--------\n") {
        transaction
            .execute(statement, &[&batch.ids, &workspace])
            .await
            .map_err(SeedError::at("the figures of a batch"))?;
    }
    // Queued checks of foreign keys would keep the tables from being altered.
    transaction
        .batch_execute("set constraints all immediate")
        .await
        .map_err(SeedError::at("checking foreign keys"))?;
    transaction
        .batch_execute(&switch("enable"))
        .await
        .map_err(SeedError::at("turning triggers on"))
}

async fn copy(transaction: &Transaction<'_>, target: &str, rows: Rows) -> Result<(), SeedError> {
    let sink = transaction
        .copy_in::<_, Cursor<Vec<u8>>>(&format!("copy {target} from stdin"))
        .await
        .map_err(SeedError::at("taking rows in"))?;
    let mut sink = pin!(sink);
    sink.send(Cursor::new(rows.into_bytes()))
        .await
        .map_err(SeedError::at("taking rows in"))?;
    sink.close().await.map_err(SeedError::at("taking rows in"))
}

/// Statistics, clocks that have run out, roll-ups.
async fn finish(
    client: &Client,
    report: &mut LoadReport,
    observe: &mut impl FnMut(LoadEvent),
) -> Result<(), SeedError> {
    if report.conversations > 0 {
        observe(LoadEvent::Stage {
            name: "statistics".to_owned(),
            total: 0,
        });
        client
            .batch_execute("analyze public.conversations, public.messages, public.conversation_analytics, public.customer_profiles, public.sla_tracking, public.events")
            .await
            .map_err(SeedError::at("gathering statistics"))?;
        observe(LoadEvent::Stage {
            name: "service levels".to_owned(),
            total: 0,
        });
        loop {
            let marked: i32 = client
                .query_one("select public.mark_sla_breaches(5000)", &[])
                .await
                .map_err(SeedError::at("marking breaches"))?
                .get(0);
            if marked == 0 {
                break;
            }
            report.events += marked as u64;
        }
        observe(LoadEvent::Stage {
            name: "roll-ups".to_owned(),
            total: 0,
        });
        report.roll_ups = client
            .query_one("select public.refresh_daily_metrics() + public.aggregate_daily_metrics((now() at time zone w.time_zone)::date) from public.workspaces as w where w.id = romashka.default_workspace_id()", &[])
            .await
            .map_err(SeedError::at("the roll-ups"))?
            .get::<_, i32>(0)
            .into();
    }
    client
        .batch_execute(
            "reset statement_timeout; reset synchronous_commit; reset romashka.auto_assign",
        )
        .await
        .map_err(SeedError::at("resetting the session"))
}
