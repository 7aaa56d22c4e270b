//! Chatwoot's side: which tables are read, in which order, and what is left.

use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::types::Json;

use super::ChatwootError;
use crate::connect::{Connection, connect};
use crate::settings::Settings;

/// The tables that an import reads or counts.
pub const TABLES: &[&str] = &[
    "accounts",
    "users",
    "account_users",
    "teams",
    "team_members",
    "inboxes",
    "channel_twilio_sms",
    "contacts",
    "notes",
    "contact_inboxes",
    "conversations",
    "messages",
    "attachments",
    "active_storage_blobs",
    "active_storage_attachments",
    "tags",
    "taggings",
    "labels",
    "canned_responses",
    "csat_survey_responses",
    "articles",
    "automation_rules",
    "macros",
    "campaigns",
    "webhooks",
    "integrations_hooks",
    "sla_policies",
    "custom_filters",
    "custom_attribute_definitions",
];

/// Without these it is no Chatwoot.
const NEEDED: usize = 20;

/// Rows of a page.
const PAGE: i64 = 500;

/// A statement that takes a page over.
pub(super) struct Statement {
    /// What its rows are here; empty where it only notes who is who.
    pub to: &'static str,
    pub sql: &'static str,
}

/// A table that is read.
pub(super) struct Entity {
    pub table: &'static str,
    /// `id` and `row` of those of the account `$1`.
    rows: &'static str,
    pub statements: &'static [Statement],
}

macro_rules! statements {
    ($($to:literal $file:literal),* $(,)?) => {
        &[$(Statement { to: $to, sql: include_str!($file) }),*]
    };
}

/// In this order: each after what it refers to.
pub(super) const ENTITIES: &[Entity] = &[
    Entity {
        table: "users",
        rows: "select u.id::bigint as id, jsonb_build_object('id', u.id, 'email', u.email, 'name', coalesce(nullif(u.display_name, ''), u.name), 'role', a.role) as row
                 from users as u join account_users as a on a.user_id = u.id and a.account_id = $1::bigint",
        statements: statements!["accounts" "users.sql", "" "people.sql", "members" "members.sql"],
    },
    Entity {
        table: "teams",
        rows: "select t.id::bigint as id, to_jsonb(t) as row from teams as t where t.account_id = $1::bigint",
        statements: statements!["teams" "teams.sql", "" "groups.sql"],
    },
    Entity {
        table: "team_members",
        rows: "select m.id::bigint as id, to_jsonb(m) as row from team_members as m join teams as t on t.id = m.team_id where t.account_id = $1::bigint",
        statements: statements!["members of teams" "team_members.sql"],
    },
    Entity {
        table: "inboxes",
        rows: "select i.id::bigint as id, to_jsonb(i) || jsonb_build_object('type', case i.channel_type
                   when 'Channel::WebWidget' then 'website' when 'Channel::Email' then 'email' when 'Channel::Whatsapp' then 'whatsapp' when 'Channel::Sms' then 'sms'
                   when 'Channel::FacebookPage' then 'messenger' when 'Channel::Instagram' then 'instagram'
                   when 'Channel::TwilioSms' then case when (select (to_jsonb(s) ->> 'medium')::integer from channel_twilio_sms as s where s.id = i.channel_id) = 1 then 'whatsapp' else 'sms' end
                   else 'api' end) as row
                 from inboxes as i where i.account_id = $1::bigint",
        statements: statements!["channels, inactive" "inboxes.sql", "" "channels.sql"],
    },
    Entity {
        table: "contacts",
        rows: "select c.id::bigint as id, to_jsonb(c) || jsonb_build_object('notes',
                   (select string_agg(n.content, E'\\n\\n' order by n.id) from notes as n where n.contact_id = c.id)) as row
                 from contacts as c where c.account_id = $1::bigint",
        statements: statements!["customers" "contacts.sql", "" "customers.sql", "addresses of customers" "addresses.sql"],
    },
    Entity {
        table: "contact_inboxes",
        rows: "select c.id::bigint as id, to_jsonb(c) - 'pubsub_token' as row from contact_inboxes as c join inboxes as i on i.id = c.inbox_id where i.account_id = $1::bigint",
        statements: statements!["identities of customers" "contact_inboxes.sql"],
    },
    Entity {
        table: "canned_responses",
        rows: "select r.id::bigint as id, to_jsonb(r) as row from canned_responses as r where r.account_id = $1::bigint",
        statements: statements!["canned responses" "canned_responses.sql"],
    },
    Entity {
        table: "conversations",
        rows: "select c.id::bigint as id, to_jsonb(c) || jsonb_build_object(
                   'labels', (select jsonb_agg(distinct g.name) from taggings as l join tags as g on g.id = l.tag_id
                               where l.taggable_type = 'Conversation' and l.taggable_id = c.id and l.context = 'labels'),
                   'csat', (select to_jsonb(s) from csat_survey_responses as s where s.conversation_id = c.id order by s.id desc limit 1)) as row
                 from conversations as c where c.account_id = $1::bigint",
        statements: statements!["conversations" "conversations.sql"],
    },
    Entity {
        table: "messages",
        rows: "select m.id::bigint as id, to_jsonb(m) || jsonb_build_object(
                   'sender_name', case m.sender_type when 'User' then (select u.name from users as u where u.id = m.sender_id) end,
                   'attachments', (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', a.id, 'file_type', a.file_type, 'external_url', nullif(a.external_url, ''),
                        'title', a.fallback_title, 'latitude', nullif(a.coordinates_lat, 0), 'longitude', nullif(a.coordinates_long, 0),
                        'key', b.key, 'filename', b.filename, 'content_type', b.content_type, 'bytes', b.byte_size)) order by a.id)
                      from attachments as a
                      left join active_storage_attachments as s on s.record_type = 'Attachment' and s.record_id = a.id and s.name = 'file'
                      left join active_storage_blobs as b on b.id = s.blob_id
                     where a.message_id = m.id)) as row
                 from messages as m where m.account_id = $1::bigint",
        statements: statements!["messages" "messages.sql", "" "threads.sql", "notes" "notes.sql"],
    },
    Entity {
        table: "conversations",
        rows: "select c.id::bigint as id, jsonb_build_object('id', c.id, 'status', c.status, 'last_activity_at', c.last_activity_at, 'snoozed_until', c.snoozed_until) as row
                 from conversations as c where c.account_id = $1::bigint",
        statements: statements!["" "finished.sql"],
    },
];

/// What stays behind: the rows that are counted, what they are, and why.
pub(super) const LEFT_BEHIND: &[(&str, &str, &str)] = &[
    (
        "messages where account_id = $1::bigint and message_type = 2",
        "messages about what was done",
        "the ledger says what happens here; of what happened there it has the messages",
    ),
    (
        "conversations as c where c.account_id = $1::bigint and not exists (select from inboxes as i where i.id = c.inbox_id)",
        "conversations without an inbox",
        "the inbox was deleted",
    ),
    (
        "csat_survey_responses as s where s.account_id = $1::bigint and exists (select from csat_survey_responses as o where o.conversation_id = s.conversation_id and o.id > s.id)",
        "earlier ratings",
        "a conversation has one rating: its last",
    ),
    (
        "inboxes where account_id = $1::bigint and channel_type not in ('Channel::WebWidget', 'Channel::Email', 'Channel::Whatsapp', 'Channel::Sms', 'Channel::TwilioSms', 'Channel::FacebookPage', 'Channel::Instagram', 'Channel::Api')",
        "inboxes of kinds that do not exist here",
        "their conversations are in a channel of the kind api",
    ),
    (
        "labels where account_id = $1::bigint",
        "descriptions and colours of labels",
        "tags have none; the labels themselves are on their conversations",
    ),
    (
        "articles where account_id = $1::bigint",
        "articles",
        "not taken over",
    ),
    (
        "automation_rules where account_id = $1::bigint",
        "automation rules",
        "rules are made of other parts here",
    ),
    (
        "macros where account_id = $1::bigint",
        "macros",
        "there are none here",
    ),
    (
        "campaigns where account_id = $1::bigint",
        "campaigns",
        "there are none here",
    ),
    (
        "webhooks where account_id = $1::bigint",
        "webhooks",
        "their receivers expect Chatwoot's form",
    ),
    (
        "integrations_hooks where account_id = $1::bigint",
        "integrations",
        "they hold credentials",
    ),
    (
        "sla_policies where account_id = $1::bigint",
        "SLA policies",
        "not taken over",
    ),
    (
        "custom_filters where account_id = $1::bigint",
        "saved filters",
        "filters are made of other parts here",
    ),
    (
        "custom_attribute_definitions where account_id = $1::bigint",
        "definitions of custom attributes",
        "the values are on conversations and customers; the definitions are not taken over",
    ),
];

/// Chatwoot's database at one moment.
pub(super) struct Source {
    client: Connection,
    account: i64,
    pub name: String,
}

impl Source {
    pub(super) async fn open(settings: &Settings, account: i64) -> Result<Source, ChatwootError> {
        let client = connect(settings).await?;
        let refused = ChatwootError::Theirs;
        client
            .batch_execute("begin isolation level repeatable read read only; set local timezone = 'UTC'; set local statement_timeout = 0")
            .await
            .map_err(refused)?;
        for table in &TABLES[..NEEDED] {
            if !exists(&client, table).await? {
                return Err(ChatwootError::NoChatwoot((*table).to_owned()));
            }
        }
        let rows = client
            .query(
                "select id::bigint, name::text from accounts order by id",
                &[],
            )
            .await
            .map_err(refused)?;
        let found = rows.iter().find(|row| row.get::<_, i64>(0) == account);
        let Some(found) = found else {
            let there = rows
                .iter()
                .map(|row| format!("{} ({})", row.get::<_, i64>(0), row.get::<_, String>(1)))
                .collect();
            return Err(ChatwootError::NoAccount {
                wanted: account,
                there,
            });
        };
        let name = found.get(1);
        Ok(Source {
            client,
            account,
            name,
        })
    }

    pub(super) async fn highest_number(&self) -> Result<i64, ChatwootError> {
        self.number("select coalesce(max(display_id), 0)::bigint from conversations where account_id = $1::bigint")
            .await
    }

    pub(super) async fn count(&self, entity: &Entity) -> Result<u64, ChatwootError> {
        let sql = format!("select count(*) from ({}) as t", entity.rows);
        Ok(self.number(&sql).await?.unsigned_abs())
    }

    /// How many rows stay behind; none where this version of Chatwoot has no such table.
    pub(super) async fn left_behind(&self, rows: &str) -> Result<u64, ChatwootError> {
        let table = rows.split(' ').next().unwrap_or_default();
        if !exists(&self.client, table).await? {
            return Ok(0);
        }
        let count = self.number(&format!("select count(*) from {rows}")).await?;
        Ok(count.unsigned_abs())
    }

    async fn number(&self, sql: &str) -> Result<i64, ChatwootError> {
        let row = self.client.query_one(sql, &[&self.account]).await;
        Ok(row.map_err(ChatwootError::Theirs)?.get(0))
    }

    /// The next rows after this id, and the last id.
    pub(super) async fn page(
        &self,
        entity: &Entity,
        after: i64,
    ) -> Result<(Vec<Value>, i64), ChatwootError> {
        let sql = format!(
            "select t.id, t.row from ({}) as t where t.id > $2 order by t.id limit {PAGE}",
            entity.rows
        );
        let rows = self
            .client
            .query(&sql, &[&self.account, &after])
            .await
            .map_err(ChatwootError::Theirs)?;
        let last = rows.last().map_or(after, |row| row.get(0));
        let rows = rows
            .iter()
            .map(|row| row.get::<_, Json<Value>>(1).0)
            .collect();
        Ok((rows, last))
    }
}

async fn exists(client: &Client, table: &str) -> Result<bool, ChatwootError> {
    let row = client
        .query_one("select to_regclass($1::text) is not null", &[&table])
        .await;
    Ok(row.map_err(ChatwootError::Theirs)?.get(0))
}
