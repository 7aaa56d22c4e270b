//! The rows that were read in become a workspace: in one transaction, without triggers, every reference looked at.

use std::collections::HashMap;

use tokio_postgres::{Client, GenericClient, Transaction};
use uuid::Uuid;

use super::catalog::{Column, Plan, Reference, Table, UNFINISHED, literal, quoted};
use super::export::SESSION;
use super::format::{Listed, Manifest};
use super::stage::Person;
use super::{Observer, Step, TransferError};

/// What a workspace has by itself, without anybody having done anything in it.
const BY_ITSELF: &[&str] = &[
    "public.workspaces",
    "public.system_settings",
    "public.audit_logs",
    "public.audit_seals",
    "public.events",
    "public.stale_metric_days",
    "public.daily_metrics",
];

/// Of what is not in an export: what somebody makes who sets a workspace up.
const SET_UP: &[&str] = &[
    "public.api_keys",
    "public.workspace_invitations",
    "romashka.sql_logins",
];

/// Where the rows go.
pub(super) struct Target {
    pub workspace: Uuid,
    pub slug: String,
    /// Whether an empty workspace with the id makes room.
    pub replaces: bool,
    pub new_ids: bool,
    /// Whether all ids are what they were.
    pub is_same: bool,
    pub has_credentials: bool,
}

impl Target {
    /// Refuses where there is no room.
    pub(super) async fn find(
        client: &Client,
        plan: &Plan,
        manifest: &Manifest,
        slug: &str,
        new_ids: bool,
    ) -> Result<Target, TransferError> {
        let is_slug = (1..=63).contains(&slug.len())
            && !slug.starts_with('-')
            && !slug.ends_with('-')
            && slug
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !is_slug {
            return Err(TransferError::Slug(slug.to_owned()));
        }
        let id = manifest.workspace.id;
        let mut replaces = false;
        for row in client
            .query(
                "select id, slug from public.workspaces where id = $1 or slug = $2",
                &[&id, &slug],
            )
            .await?
        {
            let (found, name): (Uuid, String) = (row.get(0), row.get(1));
            if found != id || new_ids {
                if name == slug {
                    return Err(TransferError::SlugTaken(name));
                }
                continue;
            }
            if holds_something(client, plan, id).await? {
                return Err(TransferError::IsThere {
                    slug: name,
                    id: id.to_string(),
                });
            }
            replaces = true;
        }
        Ok(Target {
            workspace: id,
            slug: slug.to_owned(),
            replaces,
            new_ids,
            is_same: true,
            has_credentials: false,
        })
    }

    /// Whether the rows of a table are not taken over.
    fn leaves(&self, table: &Table) -> bool {
        match table.name.as_str() {
            // A token is the address of one widget only: the copy gets others.
            "romashka.widget_tokens" => self.new_ids,
            "public.audit_seals" => !self.is_same,
            _ => table.is_of_secrets() && !self.has_credentials,
        }
    }
}

async fn holds_something(
    client: &impl GenericClient,
    plan: &Plan,
    workspace: Uuid,
) -> Result<bool, TransferError> {
    let tables = plan
        .tables
        .iter()
        .map(|table| (table.name.as_str(), table.workspace()))
        .filter(|(name, _)| !BY_ITSELF.contains(name));
    let set_up = SET_UP.iter().map(|name| (*name, "workspace_id"));
    for (table, column) in tables.chain(set_up) {
        let found = client
            .query_opt(
                &format!("select from {table} where {column} = $1 limit 1"),
                &[&workspace],
            )
            .await?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What came of it.
pub(super) struct Applied {
    pub rows: u64,
    pub people_new: u64,
    pub unfinished: Vec<(String, u64)>,
    pub switched_off: Vec<String>,
}

/// Makes the workspace.
pub(super) async fn apply(
    client: &mut Client,
    plan: &Plan,
    manifest: &Manifest,
    target: &Target,
    key: &str,
    (people, matched): (&[Person], &HashMap<Uuid, Uuid>),
    observer: Observer<'_>,
) -> Result<Applied, TransferError> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(SESSION).await?;
    let is_there = hold(&transaction, plan, target).await?;
    let people_new = add_people(&transaction, people, matched).await?;
    transaction
        .batch_execute("set local session_replication_role = replica")
        .await?;
    if is_there {
        make_room(&transaction, plan, target.workspace).await?;
    }
    let events = manifest
        .tables
        .iter()
        .find(|table| table.name == "public.events")
        .map_or(0, |table| table.rows);
    let base = reserve(&transaction, events).await?;
    let mut rows = 0;
    // People have no place among the rows.
    let mut position = 0;
    for (at, listed) in manifest.tables.iter().enumerate().skip(1) {
        observer(Step::Apply, at as u64, manifest.tables.len() as u64);
        let first = position + 1;
        position += listed.rows;
        let Some(table) = plan.table(&listed.name) else {
            return Err(TransferError::Unknown(format!("the table {}", listed.name)));
        };
        if listed.rows == 0 || target.leaves(table) {
            continue;
        }
        rows += transaction
            .execute(
                &insert(table, listed, target, base),
                &[&key, &first.cast_signed(), &position.cast_signed()],
            )
            .await?;
    }
    complete(&transaction, manifest, target, base + events.cast_signed()).await?;
    let switched_off = claim_addresses(&transaction, target.workspace).await?;
    let mut unfinished = Vec::new();
    for (table, change) in UNFINISHED {
        let changed = transaction
            .execute(
                &format!("update {table} set {change} and workspace_id = $1"),
                &[&target.workspace],
            )
            .await?;
        if changed > 0 {
            unfinished.push(((*table).to_owned(), changed));
        }
    }
    check_references(&transaction, plan, target.workspace).await?;
    transaction
        .execute("delete from romashka_import.rows where key = $1", &[&key])
        .await?;
    transaction
        .execute(
            "delete from romashka_import.imports where key = $1",
            &[&key],
        )
        .await?;
    transaction.commit().await?;
    tidy(client).await?;
    Ok(Applied {
        rows,
        people_new,
        unfinished,
        switched_off,
    })
}

/// Keeps everybody else out of the workspace until the end, and looks at it again: the rows took a while to come. Whether it is there.
///
/// Foreign keys take a lock of the workspace's row, so that whoever sets it up has either done so and is seen, or waits until the import is over.
async fn hold(
    transaction: &Transaction<'_>,
    plan: &Plan,
    target: &Target,
) -> Result<bool, TransferError> {
    transaction
        .execute(
            "select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('romashka import into ' || $1::uuid::text, 0))",
            &[&target.workspace],
        )
        .await?;
    let Some(row) = transaction
        .query_opt(
            "select slug from public.workspaces where id = $1 for update",
            &[&target.workspace],
        )
        .await?
    else {
        return Ok(false);
    };
    if !target.replaces || holds_something(transaction, plan, target.workspace).await? {
        return Err(TransferError::IsThere {
            slug: row.get(0),
            id: target.workspace.to_string(),
        });
    }
    Ok(true)
}

/// Accounts for those who are not here yet; they choose a password by themselves.
async fn add_people(
    transaction: &Transaction<'_>,
    people: &[Person],
    matched: &HashMap<Uuid, Uuid>,
) -> Result<u64, TransferError> {
    let mut added = 0;
    for person in people {
        let id = matched.get(&person.id).copied().unwrap_or(person.id);
        let made = transaction
            .execute(
                "insert into auth.users (id, email, raw_user_meta_data)
                 select $1, $2, jsonb_strip_nulls(jsonb_build_object('full_name', $3::text, 'avatar_url', $4::text))
                  where not exists (select from public.profiles as p where p.id = $1) on conflict (id) do nothing",
                &[&id, &person.email, &person.full_name, &person.avatar_url],
            )
            .await?;
        if made > 0 {
            transaction
                .execute(
                    "update public.profiles set timezone = coalesce($2, timezone), language = coalesce($3, language) where id = $1",
                    &[&id, &person.timezone, &person.language],
                )
                .await?;
        }
        added += made;
    }
    Ok(added)
}

/// Takes away a workspace in which nothing is.
async fn make_room(
    transaction: &Transaction<'_>,
    plan: &Plan,
    workspace: Uuid,
) -> Result<(), TransferError> {
    let left_out = plan
        .left_out
        .iter()
        .map(|name| (name.as_str(), "workspace_id"));
    let tables = plan
        .tables
        .iter()
        .rev()
        .map(|table| (table.name.as_str(), table.workspace()));
    for (table, column) in left_out.chain(tables) {
        // Processes compare what they hold in memory with revisions, which must never go back; bytes that are to go still are.
        if ["romashka.knowledge_revisions", "romashka.removed_files"].contains(&table) {
            continue;
        }
        transaction
            .execute(
                &format!("delete from {table} where {column} = $1"),
                &[&workspace],
            )
            .await?;
    }
    Ok(())
}

/// Numbers for the ledger's rows; the one before the first.
async fn reserve(transaction: &Transaction<'_>, events: u64) -> Result<i64, TransferError> {
    let events = events.cast_signed();
    let last: i64 = transaction
        .query_one(
            "select pg_catalog.setval('romashka.event_ids', pg_catalog.nextval('romashka.event_ids') + $1)",
            &[&events],
        )
        .await?
        .get(0);
    Ok(last - events)
}

/// The statement that makes a table's rows of those read in between two places.
fn insert(table: &Table, listed: &Listed, target: &Target, base: i64) -> String {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for name in &listed.columns {
        let Some(column) = table.column(name) else {
            continue;
        };
        // Its hash is over the ids.
        let is_of_chain = table.name == "public.audit_logs"
            && ["content_digest", "chain_position", "chain_hash"].contains(&name.as_str());
        if is_of_chain && !target.is_same {
            continue;
        }
        names.push(quoted(name));
        values.push(value(table, column, target, base));
    }
    format!(
        "insert into {0} ({1}) select {2} from romashka_import.rows as r cross join lateral pg_catalog.jsonb_populate_record(null::{0}, r.line) as p
          where r.key = $1 and r.position between $2 and $3 order by r.position",
        table.name,
        names.join(", "),
        values.join(", ")
    )
}

fn value(table: &Table, column: &Column, target: &Target, base: i64) -> String {
    let name = quoted(&column.name);
    let member = literal(&column.name);
    match (table.name.as_str(), column.name.as_str()) {
        (_, name) if name == table.workspace() => format!("'{}'::uuid", target.workspace),
        ("public.workspaces", "slug") => literal(&target.slug),
        ("public.events", "id") | ("public.webhook_logs", "event_id") => {
            format!("{base} + (r.line ->> {member})::bigint")
        }
        _ => {
            // A null of JSON is a value; what is not there is none.
            let value = match column.is_json {
                true => format!("(r.line -> {member})"),
                false => format!("p.{name}"),
            };
            match (&column.default, column.is_required) {
                (Some(default), true) => format!("coalesce({value}, {default})"),
                _ => value,
            }
        }
    }
}

/// What triggers would have made.
async fn complete(
    transaction: &Transaction<'_>,
    manifest: &Manifest,
    target: &Target,
    last_event: i64,
) -> Result<(), TransferError> {
    let workspace = target.workspace;
    let sequence = format!("romashka_numbers.conversation_{}", workspace.simple());
    let owner: String = transaction
        .query_one(
            "select pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(n.nspowner)) from pg_catalog.pg_namespace as n where n.nspname = 'romashka_numbers'",
            &[],
        )
        .await?
        .get(0);
    transaction
        .batch_execute(&format!(
            "create sequence if not exists {sequence} as bigint; alter sequence {sequence} owner to {owner}"
        ))
        .await?;
    if let Some(last) = manifest.last_number {
        transaction
            .execute(
                "select pg_catalog.setval($1::text::pg_catalog.regclass, $2)",
                &[&sequence, &last],
            )
            .await?;
    }
    transaction
        .execute("select romashka.create_default_settings($1)", &[&workspace])
        .await?;
    // Subscribers hear what happens from now on.
    transaction
        .execute(
            "insert into public.event_cursors (workspace_id, reader, transaction_id, event_id)
             select $1, 'webhooks', romashka.in_ledger(pg_catalog.pg_current_xact_id()), $2
              where exists (select from public.webhook_subscriptions as s where s.workspace_id = $1)",
            &[&workspace, &last_event],
        )
        .await?;
    // Passages are made from the articles by this installation's model.
    transaction
        .execute(
            "insert into romashka.knowledge_indexing (knowledge_item_id, workspace_id)
             select i.id, i.workspace_id from public.knowledge_items as i where i.workspace_id = $1",
            &[&workspace],
        )
        .await?;
    if target.replaces {
        transaction
            .execute(
                "select romashka.next_knowledge_revision($1, removal => true)",
                &[&workspace],
            )
            .await?;
    }
    if target.new_ids {
        transaction
            .execute(
                "update public.file_attachments as f
                    set file_path = replace(f.workspace_id::text, '-', '') || '/' || right(f.id::text, 2) || '/' || replace(f.id::text, '-', '')
                  where f.workspace_id = $1 and f.file_path ~ '^[0-9a-f]{32}/[0-9a-f]{2}/[0-9a-f]{32}$'",
                &[&workspace],
            )
            .await?;
        transaction
            .execute(
                "insert into romashka.widget_tokens (token, workspace_id, widget_id)
                 select translate(rtrim(encode(decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 'base64'), '='), '+/', '-_'), w.workspace_id, w.id
                   from public.widget_configurations as w where w.workspace_id = $1",
                &[&workspace],
            )
            .await?;
    }
    Ok(())
}

/// Mail for an address goes to one workspace. A channel whose address is another workspace's here is switched off; their names.
async fn claim_addresses(
    transaction: &Transaction<'_>,
    workspace: Uuid,
) -> Result<Vec<String>, TransferError> {
    // What somebody else claims at the same time is waited for, and seen by the next statement.
    transaction
        .execute(
            "insert into romashka.mail_addresses (address, workspace_id)
             select distinct a.address, c.workspace_id from public.communication_channels as c
              cross join lateral pg_catalog.unnest(romashka.mail_addresses_of(c.configuration)) as a (address)
              where c.workspace_id = $1 and c.type = 'email' and c.status <> 'inactive' order by a.address
             on conflict (address) do nothing",
            &[&workspace],
        )
        .await?;
    let off = transaction
        .query(
            "update public.communication_channels as c set status = 'inactive'
              where c.workspace_id = $1 and c.type = 'email' and c.status <> 'inactive'
                and exists (select from romashka.mail_addresses as m
                             where m.address = any (romashka.mail_addresses_of(c.configuration)) and m.workspace_id <> c.workspace_id)
            returning c.name",
            &[&workspace],
        )
        .await?;
    transaction
        .execute(
            "delete from romashka.mail_addresses as m where m.workspace_id = $1
                and not exists (select from public.communication_channels as c where c.workspace_id = m.workspace_id and c.type = 'email'
                                   and c.status <> 'inactive' and m.address = any (romashka.mail_addresses_of(c.configuration)))",
            &[&workspace],
        )
        .await?;
    let mut names: Vec<String> = off.iter().map(|row| row.get(0)).collect();
    names.sort();
    Ok(names)
}

/// Foreign keys were not looked at while rows came: now all of them are.
async fn check_references(
    transaction: &Transaction<'_>,
    plan: &Plan,
    workspace: Uuid,
) -> Result<(), TransferError> {
    let mut orphans = Vec::new();
    for reference in &plan.references {
        let Some(table) = plan.table(&reference.table) else {
            continue;
        };
        let count: i64 = transaction
            .query_one(&lonely(reference, table), &[&workspace])
            .await?
            .get(0);
        if count > 0 {
            orphans.push(format!(
                "{count} rows of {} refer to no row of {} ({})",
                reference.table, reference.target, reference.name
            ));
        }
    }
    match orphans.is_empty() {
        true => Ok(()),
        false => Err(TransferError::Orphans(orphans)),
    }
}

fn lonely(reference: &Reference, table: &Table) -> String {
    let present: Vec<String> = reference
        .columns
        .iter()
        .map(|column| format!("t.{} is not null", quoted(column)))
        .collect();
    let same: Vec<String> = reference
        .columns
        .iter()
        .zip(&reference.target_columns)
        .map(|(own, other)| format!("o.{} = t.{}", quoted(other), quoted(own)))
        .collect();
    format!(
        "select count(*) from {} as t where t.{} = $1 and {} and not exists (select from {} as o where {})",
        table.name,
        table.workspace(),
        present.join(" and "),
        reference.target,
        same.join(" and ")
    )
}

/// Throws away what was read in of a file that cannot become a workspace.
pub(super) async fn forget(client: &Client, key: &str) -> Result<(), TransferError> {
    for table in ["rows", "imports"] {
        client
            .execute(
                &format!("delete from romashka_import.{table} where key = $1"),
                &[&key],
            )
            .await?;
    }
    tidy(client).await
}

/// Removes what rows were kept in, unless another import uses it.
async fn tidy(client: &Client) -> Result<(), TransferError> {
    client
        .batch_execute(
            "do $$ begin
               perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('romashka import schema', 0));
               lock table romashka_import.imports in access exclusive mode;
               if not exists (select from romashka_import.imports) then drop schema romashka_import cascade; end if;
             end $$",
        )
        .await?;
    Ok(())
}
