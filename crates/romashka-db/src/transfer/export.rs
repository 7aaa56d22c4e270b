//! Writing a workspace into a file.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::pin::pin;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::catalog::{LEFT_OUT, Plan, Table, quoted};
use super::format::{CHUNK, Control, FORMAT, Listed, Manifest, PEOPLE, Place};
use super::write::Writer;
use super::{Observer, Step, TransferError, files, secrets};
use crate::backup::Recipients;
use crate::connect::connect;
use crate::envelope::Keyring;
use crate::migrations::Server;
use crate::settings::Settings;

/// How a workspace is exported.
pub struct ExportOptions {
    /// Its short name.
    pub workspace: String,
    /// The file; there must be none.
    pub to: PathBuf,
    /// Who can open its credentials, and the keys that open them here; without, they are left out.
    pub credentials: Option<(Recipients, Keyring)>,
    /// The folder of attachments on this machine; without, they are left out.
    pub files: Option<PathBuf>,
}

/// A workspace that was exported.
#[derive(Clone, Debug)]
pub struct Exported {
    /// What is in it.
    pub manifest: Manifest,
    /// The size of the file.
    pub bytes: u64,
    /// The files of messages whose bytes are in it.
    pub files: u64,
    /// Those whose bytes are not, with the reason.
    pub missing: Vec<(Uuid, String)>,
}

const PEOPLE_COLUMNS: [&str; 6] = [
    "avatar_url",
    "email",
    "full_name",
    "id",
    "language",
    "timezone",
];

/// How a value looks as text must not depend on who asks.
pub(super) const SESSION: &str = "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
     set local extra_float_digits = 1; set local bytea_output = 'hex'; set local row_security = off; set local statement_timeout = 0;
     set local idle_in_transaction_session_timeout = 0; set local jit = off";

/// Exports a workspace.
///
/// # Errors
/// See [`TransferError`]; then there is no file.
pub async fn export(
    settings: &Settings,
    options: &ExportOptions,
    observer: Observer<'_>,
) -> Result<Exported, TransferError> {
    let client = connect(settings).await?;
    let server = Server::inspect(&client).await?;
    if !server.sees_all_rows {
        return Err(TransferError::SeesTooLittle(server.role));
    }
    let schema = schema_of(&client).await?;
    client
        .batch_execute("begin isolation level repeatable read read only")
        .await?;
    client.batch_execute(SESSION).await?;
    let workspace = find(&client, &options.workspace).await?;
    let plan = Plan::read(&client).await?;
    let without_credentials = options.credentials.is_none();
    let tables: Vec<&Table> = plan
        .tables
        .iter()
        .filter(|table| !(without_credentials && table.is_of_secrets()))
        .collect();
    let people = people_of(&plan);
    let tables_listed = listed(&client, workspace.id, &tables, &people, observer).await?;
    let files = match options.files {
        None => 0,
        Some(_) => {
            let sql = "select count(*) from public.file_attachments where workspace_id = $1";
            count(&client, workspace.id, sql).await?
        }
    };
    let manifest = Manifest {
        romashka_export: FORMAT,
        romashka: env!("CARGO_PKG_VERSION").to_owned(),
        schema,
        last_number: last_number(&client, workspace.id).await?,
        workspace,
        credentials: !without_credentials,
        tables: tables_listed,
        files,
        left_out: left_out(&plan, without_credentials),
    };

    let mut writer = Writer::create(&options.to)?;
    writer.line(&manifest)?;
    if let Some((recipients, ring)) = &options.credentials {
        let sealed =
            secrets::gather(&client, &plan, manifest.workspace.id, ring, recipients).await?;
        writer.line(&Control::Credentials(STANDARD.encode(sealed)))?;
    }
    let mut done = 0;
    let mut rows = Rows {
        client: &client,
        workspace: manifest.workspace.id,
        total: manifest.rows(),
        done: &mut done,
        observer,
    };
    rows.write(
        &mut writer,
        PEOPLE,
        &PEOPLE_COLUMNS.map(str::to_owned),
        &people.select,
    )
    .await?;
    for table in &tables {
        let names: Vec<String> = names_of(table);
        rows.write(&mut writer, &table.name, &names, &select(table))
            .await?;
    }
    let (written, missing) =
        write_files(&client, &mut writer, &manifest, options, observer).await?;
    client.batch_execute("commit").await?;
    let bytes = writer.finish()?;
    Ok(Exported {
        manifest,
        bytes,
        files: written,
        missing,
    })
}

/// The version of the database's schema.
pub(super) async fn schema_of(client: &Client) -> Result<String, TransferError> {
    let is_there: bool = client
        .query_one(
            "select pg_catalog.to_regclass('public.schema_migrations') is not null",
            &[],
        )
        .await?
        .get(0);
    if !is_there {
        return Err(TransferError::NothingThere);
    }
    let version: Option<String> = client
        .query_one(
            "select max(version) from public.schema_migrations where version ~ '^[0-9]+$'",
            &[],
        )
        .await?
        .get(0);
    version.ok_or(TransferError::NothingThere)
}

async fn find(client: &Client, slug: &str) -> Result<Place, TransferError> {
    let row = client
        .query_opt(
            "select id, slug, name from public.workspaces where slug = $1",
            &[&slug],
        )
        .await?
        .ok_or_else(|| TransferError::NoWorkspace(slug.to_owned()))?;
    Ok(Place {
        id: row.get(0),
        slug: row.get(1),
        name: row.get(2),
    })
}

async fn count(client: &Client, workspace: Uuid, sql: &str) -> Result<u64, TransferError> {
    let rows: i64 = client.query_one(sql, &[&workspace]).await?.get(0);
    Ok(rows.unsigned_abs())
}

/// What is in the file, counted at the moment that it is of.
async fn listed(
    client: &Client,
    workspace: Uuid,
    tables: &[&Table],
    people: &People,
    observer: Observer<'_>,
) -> Result<Vec<Listed>, TransferError> {
    let mut listed = vec![Listed {
        name: PEOPLE.to_owned(),
        columns: PEOPLE_COLUMNS.map(str::to_owned).to_vec(),
        rows: count(client, workspace, &people.count).await?,
    }];
    for (at, table) in tables.iter().enumerate() {
        observer(Step::Count, at as u64, tables.len() as u64);
        let sql = format!(
            "select count(*) from {} where {} = $1",
            table.name,
            table.workspace()
        );
        listed.push(Listed {
            name: table.name.clone(),
            columns: names_of(table),
            rows: count(client, workspace, &sql).await?,
        });
    }
    Ok(listed)
}

async fn last_number(client: &Client, workspace: Uuid) -> Result<Option<i64>, TransferError> {
    let found = client
        .query_opt(
            "select s.last_value from pg_catalog.pg_sequences as s where s.schemaname = 'romashka_numbers'
                and s.sequencename = 'conversation_' || pg_catalog.replace($1::uuid::text, '-', '')",
            &[&workspace],
        )
        .await?;
    Ok(found.and_then(|row| row.get(0)))
}

fn left_out(plan: &Plan, without_credentials: bool) -> BTreeMap<String, String> {
    let mut left_out: BTreeMap<String, String> = LEFT_OUT
        .iter()
        .filter(|(name, _)| plan.left_out.iter().any(|left| left == name))
        .map(|(name, why)| ((*name).to_owned(), (*why).to_owned()))
        .collect();
    if without_credentials {
        for table in plan.tables.iter().filter(|table| table.is_of_secrets()) {
            left_out.insert(table.name.clone(), "it holds credentials".to_owned());
        }
    }
    left_out
}

/// The people whom rows of the workspace name: the statements that count and read them.
struct People {
    count: String,
    select: String,
}

fn people_of(plan: &Plan) -> People {
    let named: Vec<String> = plan
        .people()
        .filter_map(|(table, column)| Some((plan.table(table)?, column)))
        .map(|(table, column)| {
            let column = quoted(column);
            format!(
                "select {column} from {} where {} = $1",
                table.name,
                table.workspace()
            )
        })
        .collect();
    let named = named.join(" union ");
    let from = format!("from public.profiles as t where t.id in ({named})");
    let values = PEOPLE_COLUMNS.map(|name| format!("to_jsonb(t.{name})::text"));
    People {
        count: format!("select count(*) {from}"),
        select: format!("select array[{}] {from} order by t.id", values.join(", ")),
    }
}

fn names_of(table: &Table) -> Vec<String> {
    table
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect()
}

/// The statement that reads the rows of a table, always in one order: each an array of its columns as JSON.
fn select(table: &Table) -> String {
    let is_ledger = table.name == "public.events";
    let refers_to_ledger = table.name == "public.webhook_logs";
    let values: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let name = format!("t.{}", quoted(&column.name));
            match &column.secret {
                // The order of the ledger's rows is what counts: their numbers are the server's.
                _ if is_ledger && column.name == "id" => "to_jsonb(t.ordinal)::text".to_owned(),
                _ if refers_to_ledger && column.name == "event_id" => {
                    "to_jsonb(ledger.ordinal)::text".to_owned()
                }
                Some(secret) => format!(
                    "case when not ({}) then to_jsonb({name})::text end",
                    secrets::is_sealed(secret, &name)
                ),
                None => format!("to_jsonb({name})::text"),
            }
        })
        .collect();
    const NUMBERED: &str =
        "select e.*, row_number() over (order by e.transaction_id, e.id, e.recorded_at) as ordinal
        from public.events as e where e.workspace_id = $1";
    let from = if is_ledger {
        format!("({NUMBERED}) as t where true")
    } else if refers_to_ledger {
        format!(
            "{} as t left join (select n.id, min(n.ordinal) as ordinal from ({NUMBERED}) as n group by n.id) as ledger on ledger.id = t.event_id
              where t.workspace_id = $1",
            table.name
        )
    } else {
        format!("{} as t where t.{} = $1", table.name, table.workspace())
    };
    let order: Vec<String> = match is_ledger {
        true => vec!["t.ordinal".to_owned()],
        false => table
            .key
            .iter()
            .map(|name| {
                let is_text = table.column(name).is_some_and(|column| column.is_text);
                let collation = if is_text { " collate \"C\"" } else { "" };
                format!("t.{}{collation}", quoted(name))
            })
            .collect(),
    };
    format!(
        "select array[{}] from {from} order by {}",
        values.join(", "),
        order.join(", ")
    )
}

struct Rows<'a> {
    client: &'a Client,
    workspace: Uuid,
    total: u64,
    done: &'a mut u64,
    observer: Observer<'a>,
}

impl Rows<'_> {
    async fn write(
        &mut self,
        writer: &mut Writer,
        table: &str,
        names: &[String],
        sql: &str,
    ) -> Result<(), TransferError> {
        writer.begin_table(table)?;
        let parameters: [&(dyn ToSql + Sync); 1] = [&self.workspace];
        let mut rows = pin!(self.client.query_raw(sql, parameters).await?);
        let mut line = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let values: Vec<Option<&str>> = row.get(0);
            line.clear();
            line.extend_from_slice(b"{\"row\":{");
            let mut is_first = true;
            // What is null is not there: JSON's own null is another value.
            for (name, value) in names.iter().zip(values) {
                if let Some(value) = value {
                    if !is_first {
                        line.push(b',');
                    }
                    is_first = false;
                    line.push(b'"');
                    line.extend_from_slice(name.as_bytes());
                    line.extend_from_slice(b"\":");
                    line.extend_from_slice(value.as_bytes());
                }
            }
            line.extend_from_slice(b"}}");
            writer.row(&line)?;
            *self.done += 1;
            if self.done.is_multiple_of(1000) {
                (self.observer)(Step::Rows, *self.done, self.total);
            }
        }
        writer.end_table(table)
    }
}

async fn write_files(
    client: &Client,
    writer: &mut Writer,
    manifest: &Manifest,
    options: &ExportOptions,
    observer: Observer<'_>,
) -> Result<(u64, Vec<(Uuid, String)>), TransferError> {
    let (mut written, mut missing) = (0, Vec::new());
    let Some(folder) = &options.files else {
        return Ok((written, missing));
    };
    let workspace = manifest.workspace.id;
    let parameters: [&(dyn ToSql + Sync); 1] = [&workspace];
    let mut rows = pin!(
        client
            .query_raw(
                "select id, file_path, file_hash, storage_provider from public.file_attachments where workspace_id = $1 order by id",
                parameters,
            )
            .await?
    );
    while let Some(row) = rows.try_next().await? {
        observer(Step::Files, written + missing.len() as u64, manifest.files);
        let (id, path): (Uuid, String) = (row.get(0), row.get(1));
        let (hash, provider): (Option<String>, String) = (row.get(2), row.get(3));
        let named_by = files::named_by(workspace, id, &path, hash.as_deref());
        let found = match (provider.as_str(), named_by) {
            ("local", Some(named_by)) => match files::open(folder, &path)? {
                Some((file, size)) => Ok((file, size, named_by)),
                None => Err("it is not on this machine"),
            },
            ("local", None) => Err("its path is not one that ROMASHKA makes"),
            _ => Err("it is in another storage"),
        };
        match found {
            Ok((file, size, named_by)) => {
                writer.line(&Control::File {
                    id,
                    bytes: size,
                    named_by,
                })?;
                let sha256 = copy(file, size, writer, &folder.join(&path))?;
                writer.line(&Control::FileEnd { sha256 })?;
                written += 1;
            }
            Err(why) => {
                let why = why.to_owned();
                writer.line(&Control::FileMissing {
                    id,
                    why: why.clone(),
                })?;
                missing.push((id, why));
            }
        }
    }
    Ok((written, missing))
}

/// Files never change once they have their name: as many bytes are read as there were.
fn copy(
    file: std::fs::File,
    size: u64,
    writer: &mut Writer,
    place: &Path,
) -> Result<String, TransferError> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut left = size;
    let mut file = file.take(size);
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        file.read_exact(&mut buffer[..wanted])
            .map_err(TransferError::file("cannot read", place))?;
        hash.update(&buffer[..wanted]);
        writer.line(&Control::Bytes(STANDARD.encode(&buffer[..wanted])))?;
        left -= wanted as u64;
    }
    Ok(hex::encode(hash.finalize()))
}
