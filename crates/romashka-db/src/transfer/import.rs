//! Reading a workspace in.

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::apply::{Target, apply, forget};
use super::catalog::{Plan, Table};
use super::export::schema_of;
use super::files::Incoming;
use super::format::{Manifest, PEOPLE};
use super::ids::{Ids, id_of};
use super::read::{Line, Reader};
use super::secrets::Credentials;
use super::stage::{Person, Stage};
use super::{Observer, Step, TransferError};
use crate::backup::Identities;
use crate::connect::connect;
use crate::envelope::Keyring;
use crate::migrations::Server;
use crate::settings::Settings;

/// How a workspace is imported.
pub struct ImportOptions {
    /// The file.
    pub file: PathBuf,
    /// Its short name here; by default that of the export.
    pub slug: Option<String>,
    /// Whether every row gets another id.
    pub new_ids: bool,
    /// The folder of attachments on this machine; without, their bytes stay in the file.
    pub files: Option<PathBuf>,
    /// The keys that open the credentials in the file, and the one that encrypts them here.
    pub credentials: Option<(Identities, Keyring)>,
    /// Whether they stay in the file.
    pub without_credentials: bool,
}

/// A workspace that was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What the file says of itself.
    pub manifest: Manifest,
    /// Its id here.
    pub workspace: Uuid,
    /// Its short name here.
    pub slug: String,
    /// Rows that became rows here.
    pub rows: u64,
    /// Rows that an earlier run had brought.
    pub resumed: u64,
    /// Files whose bytes are here now.
    pub files: u64,
    /// Files whose bytes were not in the export, with the reason.
    pub missing: Vec<(Uuid, String)>,
    /// People who were here already, by their address.
    pub people_known: u64,
    /// People who are new.
    pub people_new: u64,
    /// Rows that got credentials.
    pub credentials: u64,
    /// What was unfinished and is not gone on with: the table, and how many rows.
    pub unfinished: Vec<(String, u64)>,
    /// Channels of mail that are switched off, because another workspace here takes the mail for one of their addresses.
    pub switched_off: Vec<String>,
}

/// Imports a workspace.
///
/// # Errors
/// See [`TransferError`]; then there is no such workspace, and the next run goes on where this one stopped.
pub async fn import(
    settings: &Settings,
    options: &ImportOptions,
    observer: Observer<'_>,
) -> Result<Imported, TransferError> {
    let mut client = connect(settings).await?;
    let server = Server::inspect(&client).await?;
    if !server.sees_all_rows {
        return Err(TransferError::SeesTooLittle(server.role));
    }
    let known = schema_of(&client).await?;
    let mut reader = Reader::open(&options.file)?;
    let wants_key = reader.manifest.credentials && !options.without_credentials;
    if wants_key && options.credentials.is_none() {
        return Err(TransferError::Sealed);
    }
    may_hold_back(&client, server.role).await?;
    let plan = Plan::read(&client).await?;
    check_tables(&reader.manifest, &plan, &known)?;
    let slug = options
        .slug
        .clone()
        .unwrap_or_else(|| reader.manifest.workspace.slug.clone());
    let mut target = Target::find(&client, &plan, &reader.manifest, &slug, options.new_ids).await?;

    let seen = look_through(&mut reader, options, observer).await?;
    let credentials = match (&seen.credentials, &options.credentials) {
        (Some(sealed), Some((keys, _))) => Credentials::open(sealed, keys)?,
        _ => Credentials::default(),
    };
    let mode = format!("{} {} {slug}", reader.digest, options.new_ids);
    let key = hex::encode(Sha256::digest(mode.as_bytes()));
    let mut stage = Stage::begin(&client, key, &seen.people).await?;
    let resumed = stage.there;
    let ids = Ids::new(stage.people.clone(), seen.ids, stage.salt);
    target.workspace = ids.of(reader.manifest.workspace.id);
    target.is_same = ids.is_same();
    target.has_credentials = !credentials.is_empty();
    let moving = Moving {
        plan: &plan,
        ids: &ids,
        credentials: &credentials,
        options,
        workspace: target.workspace,
        replaces: target.replaces,
    };
    if options.new_ids && target.workspace == reader.manifest.workspace.id {
        return Err(reader.damaged(WITHOUT_WORKSPACE));
    }
    let (files, missing) = moving.bring(&mut stage, observer).await?;
    let (key, people) = (stage.key.clone(), stage.people.clone());
    drop(stage);
    let applied = apply(
        &mut client,
        &plan,
        &reader.manifest,
        &target,
        &key,
        (&seen.people, &people),
        observer,
    )
    .await;
    if applied.is_err() && !client.is_closed() {
        // What could not become a workspace would not another time either. The error that matters is the first.
        let _ = forget(&client, &key).await;
    }
    let applied = applied?;
    if !target.is_same {
        seal(&client).await?;
    }
    Ok(Imported {
        workspace: target.workspace,
        slug,
        rows: applied.rows,
        resumed,
        files,
        missing,
        people_known: seen.people.len() as u64 - applied.people_new,
        people_new: applied.people_new,
        credentials: credentials.rows(),
        unfinished: applied.unfinished,
        switched_off: applied.switched_off,
        manifest: reader.manifest,
    })
}

/// Triggers write the ledger, count and send: an import that cannot hold them back must not begin.
async fn may_hold_back(client: &Client, role: String) -> Result<(), TransferError> {
    client.batch_execute("begin").await?;
    let tried = client
        .batch_execute("set local session_replication_role = replica")
        .await;
    client.batch_execute("rollback").await?;
    match tried {
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            Err(TransferError::MayNotHoldBack(role))
        }
        other => Ok(other?),
    }
}

/// Refuses what this schema does not know before anything else is looked at.
fn check_tables(manifest: &Manifest, plan: &Plan, known: &str) -> Result<(), TransferError> {
    let number = |version: &str| version.parse::<u64>().unwrap_or(u64::MAX);
    if number(&manifest.schema) > number(known) {
        return Err(TransferError::LaterSchema {
            found: manifest.schema.clone(),
            known: known.to_owned(),
        });
    }
    let is_first = manifest
        .tables
        .first()
        .is_some_and(|table| table.name == PEOPLE);
    if !is_first {
        return Err(TransferError::Unknown("no list of people".to_owned()));
    }
    for (at, listed) in manifest.tables.iter().enumerate().skip(1) {
        let Some(table) = plan.table(&listed.name) else {
            return Err(TransferError::Unknown(format!("the table {}", listed.name)));
        };
        if manifest.tables[..at]
            .iter()
            .any(|other| other.name == listed.name)
        {
            return Err(TransferError::Unknown(format!("{} twice", listed.name)));
        }
        for column in &listed.columns {
            if table.column(column).is_none() {
                return Err(TransferError::Unknown(format!(
                    "the column {column} of {}",
                    listed.name
                )));
            }
        }
    }
    Ok(())
}

const WITHOUT_WORKSPACE: &str = "it does not hold its workspace's row, once";

/// What the first reading finds.
struct Seen {
    people: Vec<Person>,
    ids: Vec<Uuid>,
    credentials: Option<Vec<u8>>,
}

/// Reads the whole file and compares it with its checksums.
async fn look_through(
    reader: &mut Reader,
    options: &ImportOptions,
    observer: Observer<'_>,
) -> Result<Seen, TransferError> {
    let mut seen = Seen {
        people: Vec::new(),
        ids: Vec::new(),
        credentials: None,
    };
    let total = reader.bytes;
    let mut lines: u64 = 0;
    let mut broken = None;
    let id = reader.manifest.workspace.id;
    let place = reader
        .manifest
        .tables
        .iter()
        .position(|table| table.name == "public.workspaces");
    let mut own = 0;
    while let Some(line) = reader.next()? {
        match line {
            Line::Row { table: 0, row } => match serde_json::from_slice(row) {
                Ok(person) => seen.people.push(person),
                Err(error) => broken = Some(error.to_string()),
            },
            Line::Row { table, row } => {
                let found = id_of(row);
                if Some(table) == place {
                    own += 1;
                    if found != Some(id) {
                        broken = Some(WITHOUT_WORKSPACE.to_owned());
                    }
                }
                // Numbers and texts that are keys stay what they are.
                if options.new_ids {
                    seen.ids.extend(found);
                }
            }
            Line::Credentials(sealed) => seen.credentials = Some(sealed),
            _ => {}
        }
        lines += 1;
        if lines.is_multiple_of(1000) {
            observer(Step::Check, reader.position(), total);
            // So that it can be stopped.
            tokio::task::yield_now().await;
        }
    }
    // Rows without their workspace would become rows of one that is here.
    if own != 1 {
        broken = Some(WITHOUT_WORKSPACE.to_owned());
    }
    match broken {
        Some(why) => Err(TransferError::Damaged { line: lines, why }),
        None => Ok(seen),
    }
}

/// The second reading: rows to the database, files to their folder.
struct Moving<'a> {
    plan: &'a Plan,
    ids: &'a Ids,
    credentials: &'a Credentials,
    options: &'a ImportOptions,
    workspace: Uuid,
    /// Whether files of the workspace that was there make room.
    replaces: bool,
}

impl Moving<'_> {
    async fn bring(
        &self,
        stage: &mut Stage<'_>,
        observer: Observer<'_>,
    ) -> Result<(u64, Vec<(Uuid, String)>), TransferError> {
        let mut reader = Reader::open(&self.options.file)?;
        let tables: Vec<Option<&Table>> = reader
            .manifest
            .tables
            .iter()
            .map(|listed| self.plan.table(&listed.name))
            .collect();
        let total = reader.manifest.rows();
        let (mut rows, mut files, mut missing) = (0_u64, 0, Vec::new());
        let mut incoming = None;
        while let Some(line) = reader.next()? {
            match line {
                // People were taken from the first reading.
                Line::Row { table: 0, .. } => {}
                Line::Row { table, row } => {
                    rows += 1;
                    if rows.is_multiple_of(1000) {
                        observer(Step::Stage, rows, total);
                        tokio::task::yield_now().await;
                    }
                    if !stage.skips() {
                        let row = self.moved(tables[table], row);
                        let row = String::from_utf8(row).map_err(|_| TransferError::Damaged {
                            line: rows,
                            why: "a row that is no text".to_owned(),
                        })?;
                        stage.put(row).await?;
                    }
                }
                Line::File { id, named_by } => {
                    if let Some(folder) = &self.options.files {
                        incoming = Some((Incoming::begin(folder)?, id, named_by));
                    }
                }
                Line::Bytes(bytes) => {
                    if let Some((incoming, ..)) = &mut incoming {
                        incoming.write(&bytes)?;
                    }
                }
                Line::FileEnd => {
                    if let (Some((file, id, named_by)), Some(folder)) =
                        (incoming.take(), &self.options.files)
                    {
                        file.keep(
                            folder,
                            self.workspace,
                            self.ids.of(id),
                            named_by,
                            self.replaces,
                        )?;
                        files += 1;
                    }
                }
                Line::FileMissing { id, why } => missing.push((self.ids.of(id), why)),
                Line::Credentials(_) => {}
            }
        }
        stage.flush().await?;
        Ok((files, missing))
    }

    /// A row as it will be here.
    fn moved(&self, table: Option<&Table>, row: &[u8]) -> Vec<u8> {
        let mut moved = row.to_vec();
        self.ids.replace_in(&mut moved);
        let Some(table) = table else { return moved };
        if let (false, Some((_, ring)), Some(before)) = (
            self.credentials.is_empty(),
            &self.options.credentials,
            id_of(row),
        ) {
            let members =
                self.credentials
                    .members(table, before, self.workspace, self.ids.of(before), ring);
            if !members.is_empty() {
                moved.pop();
                moved.extend_from_slice(&members);
                moved.push(b'}');
            }
        }
        moved
    }
}

/// Under other ids the audit's old chain proves nothing: it begins anew, and the export keeps the old one.
async fn seal(client: &Client) -> Result<(), TransferError> {
    loop {
        let sealed: i64 = client
            .query_one("select public.seal_audit_logs()", &[])
            .await?
            .get(0);
        if sealed == 0 {
            return Ok(());
        }
    }
}
