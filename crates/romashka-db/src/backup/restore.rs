//! Making a database of a backup.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio_postgres::Client;

use super::manifest::{CONTENTS, DUMP, FILES};
use super::program::Program;
use super::seal::SUFFIX;
use super::{Backup, BackupError, Contents, Identities, Observer, Role, Scratch, Step};
use crate::connect::connect;
use crate::fingerprint::{Shadow, locale};
use crate::migrations::{MigrationSet, Server};
use crate::settings::Settings;
use crate::verify::{Report, Verifier};

/// Where a backup is restored to, and how.
#[derive(Clone, Debug)]
pub struct Target {
    /// The database; its server and role.
    pub settings: Settings,
    /// Whether a database that is not empty gives its name away; it is kept under another one.
    pub replace: bool,
    /// The folder of attachments on this machine.
    pub files: Option<PathBuf>,
    /// How many tables are written at a time.
    pub jobs: u32,
    /// Where pg_restore is looked for first.
    pub programs: Option<PathBuf>,
    /// The keys of an encrypted backup.
    pub identities: Identities,
}

/// A database that was restored.
#[derive(Debug)]
pub struct Restored {
    /// What is in it: exactly what the backup counted.
    pub contents: Contents,
    /// What `romashka verify` says of it.
    pub report: Report,
    /// The name under which the database is kept that was there.
    pub replaced: Option<String>,
    /// Roles that were made because the database names them. Those that sign in have no password yet.
    pub roles_made: Vec<String>,
    /// How many attachments were written.
    pub files: u64,
}

/// The beginning of the name of a database that is being restored.
const UNFINISHED: &str = "romashka_restoring_";

/// Restores a backup and proves that it is what was backed up. Its files must have been checked.
///
/// # Errors
/// See [`BackupError`]; then the target is as it was.
pub async fn restore(
    backup: &Backup,
    target: &Target,
    observer: Observer<'_>,
) -> Result<Restored, BackupError> {
    let settings = &target.settings;
    let name = &settings.database;
    let admin_settings = settings.with_database("postgres");
    let admin = connect(&admin_settings).await?;
    let server = Server::inspect(&admin).await?;
    let server_major = server.version_number.unsigned_abs() / 10_000;
    if !server.may_create_databases {
        return Err(BackupError::MayNotCreate(server.role));
    }
    if !server.sees_all_rows {
        return Err(BackupError::SeesTooLittle(server.role));
    }
    if server_major < backup.manifest.server_major {
        return Err(BackupError::OlderServer {
            backup: backup.manifest.server_major,
            server: server_major,
        });
    }
    let pg_restore = Program::find("pg_restore", target.programs.as_deref(), server_major).await?;
    let was_there = exists(&admin, name).await?;
    let holds_something = was_there && !is_empty(settings).await?;
    if holds_something && !target.replace {
        return Err(BackupError::NotEmpty(name.clone()));
    }
    let (opened, _scratch) = open(backup, &target.identities, observer)?;
    let contents = read_contents(&opened)?;

    remove_left_behind(&admin).await?;
    // Locked before it is there, and for as long as this connection lasts.
    let key = rand::random::<i64>();
    admin
        .execute("select pg_catalog.pg_advisory_lock($1)", &[&key])
        .await?;
    let unfinished = format!("{UNFINISHED}{:016x}", key.cast_unsigned());
    admin
        .batch_execute(&format!(
            "create database {unfinished} template template0 encoding 'UTF8'{}",
            locale(&admin).await?
        ))
        .await?;
    let work = settings.with_database(&unfinished);
    let filled = fill(
        &admin,
        &work,
        &opened,
        &contents,
        backup,
        target,
        &pg_restore,
        server_major,
        observer,
    )
    .await;
    let (report, roles_made) = match filled {
        Ok(filled) => filled,
        Err(error) => {
            let _ = drop_database(&admin, &unfinished).await;
            return Err(error);
        }
    };
    let files = match &target.files {
        Some(folder) => scatter(&opened.join(FILES), folder, observer)?,
        None => 0,
    };
    let replaced = take_the_name(&admin, name, &unfinished, was_there).await?;
    let replaced = match replaced {
        Some(old) if !holds_something => {
            drop_database(&admin, &old).await?;
            None
        }
        kept => kept,
    };
    Ok(Restored {
        contents,
        report,
        replaced,
        roles_made,
        files,
    })
}

async fn exists(admin: &Client, name: &str) -> Result<bool, BackupError> {
    Ok(admin
        .query_opt(
            "select from pg_catalog.pg_database where datname = $1",
            &[&name],
        )
        .await?
        .is_some())
}

/// Whether a database has neither tables nor functions of its own.
async fn is_empty(settings: &Settings) -> Result<bool, BackupError> {
    let client = connect(settings).await?;
    Ok(client
        .query_one(
            "select not exists (select from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
                                 where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
                                   and not exists (select from pg_catalog.pg_depend as d where d.objid = c.oid and d.deptype = 'e'))",
            &[],
        )
        .await?
        .get(0))
}

/// The folder of the plain files: the backup's own, or one of what was decrypted.
fn open(
    backup: &Backup,
    identities: &Identities,
    observer: Observer<'_>,
) -> Result<(PathBuf, Option<Scratch>), BackupError> {
    match backup.manifest.encryption.as_deref() {
        None => return Ok((backup.folder.clone(), None)),
        Some("age") => {}
        Some(other) => return Err(BackupError::LaterForm(other.to_owned())),
    }
    if identities.is_empty() {
        return Err(BackupError::Sealed);
    }
    let scratch = Scratch::new()?;
    let folder = scratch.path().to_owned();
    let make = |path: &Path| {
        fs::DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(path)
            .map_err(BackupError::file("cannot make", path))
    };
    let (mut done, total) = (0, backup.bytes());
    for file in &backup.manifest.files {
        observer(Step::Open, done, total);
        let Some(plain) = file.name.strip_suffix(SUFFIX) else {
            return Err(BackupError::Damaged {
                file: file.name.clone(),
                why: "is not encrypted",
            });
        };
        let to = folder.join(plain);
        if let Some(parent) = to.parent() {
            make(parent)?;
        }
        identities.open(&backup.folder.join(&file.name), &to)?;
        done += file.bytes;
    }
    Ok((folder, Some(scratch)))
}

fn read_contents(folder: &Path) -> Result<Contents, BackupError> {
    let path = folder.join(CONTENTS);
    let text = fs::read(&path).map_err(BackupError::file("cannot read", &path))?;
    serde_json::from_slice(&text).map_err(|_| BackupError::Damaged {
        file: CONTENTS.to_owned(),
        why: "does not say what is in it",
    })
}

/// What restores that were killed left behind: databases whose lock nobody holds any more.
async fn remove_left_behind(admin: &Client) -> Result<(), BackupError> {
    let rows = admin
        .query(
            "select datname::text from pg_catalog.pg_database where datname ~ ('^' || $1 || '[0-9a-f]{16}$')",
            &[&UNFINISHED],
        )
        .await?;
    for row in rows {
        let name: String = row.get(0);
        let Ok(key) = u64::from_str_radix(&name[UNFINISHED.len()..], 16) else {
            continue;
        };
        let key = key.cast_signed();
        let is_free: bool = admin
            .query_one("select pg_catalog.pg_try_advisory_lock($1)", &[&key])
            .await?
            .get(0);
        if is_free {
            drop_database(admin, &name).await?;
            admin
                .execute("select pg_catalog.pg_advisory_unlock($1)", &[&key])
                .await?;
        }
    }
    Ok(())
}

async fn drop_database(admin: &Client, name: &str) -> Result<(), BackupError> {
    Ok(admin
        .batch_execute(&format!(
            "drop database if exists {} with (force)",
            quoted(name)
        ))
        .await?)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Fills the new database and proves that it holds what was counted.
#[expect(
    clippy::too_many_arguments,
    reason = "one step of restore, parted from it so that a failure has one end"
)]
async fn fill(
    admin: &Client,
    work: &Settings,
    opened: &Path,
    contents: &Contents,
    backup: &Backup,
    target: &Target,
    pg_restore: &Program,
    server_major: u32,
    observer: Observer<'_>,
) -> Result<(Report, Vec<String>), BackupError> {
    let client = connect(work).await?;
    let roles_made = make_roles(admin, &contents.roles).await?;
    observer(Step::Restore, 0, 0);
    let arguments = [
        "--format=directory".into(),
        format!("--jobs={}", target.jobs.max(1)).into(),
        "--exit-on-error".into(),
        "--no-owner".into(),
        "--no-password".into(),
        "--dbname".into(),
        (&work.database).into(),
        opened.join(DUMP).into(),
    ];
    pg_restore.run(work, arguments.into()).await?;
    client.batch_execute("analyze").await?;
    client
        .batch_execute("begin isolation level repeatable read read only")
        .await?;
    let found = Contents::read(&client, observer).await;
    client.batch_execute("rollback").await?;
    let differences = contents.differences(&found?, server_major == backup.manifest.server_major);
    if !differences.is_empty() {
        return Err(BackupError::Differs(differences));
    }
    client
        .batch_execute("select romashka.continue_ledger()")
        .await?;
    let set = MigrationSet::embedded();
    let report = Verifier::new(&client, work.target(), Shadow::beside(work), &set)
        .observer(move |number, total, _| observer(Step::Verify, number as u64, total as u64))
        .run()
        .await?;
    Ok((report, roles_made))
}

/// Makes the roles that the database names and this server does not have; none of them can sign in by a password yet.
async fn make_roles(admin: &Client, roles: &[Role]) -> Result<Vec<String>, BackupError> {
    let mut made = Vec::new();
    for role in roles {
        let is_there = admin
            .query_opt(
                "select from pg_catalog.pg_roles where rolname = $1",
                &[&role.name],
            )
            .await?
            .is_some();
        if is_there {
            continue;
        }
        admin
            .batch_execute(&format!(
                "create role {} {} {} {}",
                quoted(&role.name),
                if role.login { "login" } else { "nologin" },
                if role.inherit { "inherit" } else { "noinherit" },
                if role.bypass_rls {
                    "bypassrls"
                } else {
                    "nobypassrls"
                },
            ))
            .await?;
        made.push(role.name.clone());
    }
    for role in roles.iter().filter(|role| made.contains(&role.name)) {
        for group in &role.member_of {
            admin
                .batch_execute(&format!(
                    "grant {} to {}",
                    quoted(group),
                    quoted(&role.name)
                ))
                .await?;
        }
    }
    Ok(made)
}

/// The new database takes the name, the old one another, both or neither.
async fn take_the_name(
    admin: &Client,
    name: &str,
    unfinished: &str,
    was_there: bool,
) -> Result<Option<String>, BackupError> {
    let stamp = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let short: String = name.chars().take(30).collect();
    let old = format!("{short}_before_{stamp}");
    let mut statements = String::from("begin;");
    if was_there {
        statements.push_str(&format!(
            "alter database {} rename to {};",
            quoted(name),
            quoted(&old)
        ));
    }
    statements.push_str(&format!(
        "alter database {} rename to {}; commit",
        quoted(unfinished),
        quoted(name)
    ));
    // A connection that comes back in between makes the rename fail, and nothing is changed.
    let mut attempt = 0;
    loop {
        admin
            .execute(
                "select pg_catalog.pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
                  where datname in ($1, $2) and pid <> pg_catalog.pg_backend_pid()",
                &[&name, &unfinished],
            )
            .await?;
        match admin.batch_execute(&statements).await {
            Ok(()) => return Ok(was_there.then_some(old)),
            Err(error) => {
                admin.batch_execute("rollback").await?;
                attempt += 1;
                if attempt == 50 {
                    let _ = drop_database(admin, unfinished).await;
                    return Err(error.into());
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// Writes the attachments that are not there yet, each whole or not at all.
fn scatter(archive: &Path, folder: &Path, observer: Observer<'_>) -> Result<u64, BackupError> {
    if !archive.exists() {
        return Ok(0);
    }
    let damaged = |_: io::Error| BackupError::Damaged {
        file: FILES.to_owned(),
        why: "is no archive",
    };
    let file = fs::File::open(archive).map_err(BackupError::file("cannot read", archive))?;
    let mut archive = tar::Archive::new(io::BufReader::new(file));
    let (mut written, mut done) = (0, 0);
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = entry.path().map_err(damaged)?.into_owned();
        let is_plain = name
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !is_plain || !entry.header().entry_type().is_file() {
            return Err(BackupError::Damaged {
                file: FILES.to_owned(),
                why: "has something in it that is no file of it",
            });
        }
        observer(Step::Files, done, 0);
        done += entry.size();
        let path = folder.join(&name);
        // A file never changes under its name.
        if fs::metadata(&path).is_ok_and(|found| found.len() == entry.size()) {
            continue;
        }
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(BackupError::file("cannot make", parent))?;
        let part = path.with_extension("part");
        let mut to = fs::File::create(&part).map_err(BackupError::file("cannot write", &part))?;
        io::copy(&mut entry, &mut to)
            .and_then(|_| to.sync_all())
            .and_then(|()| fs::rename(&part, &path))
            .map_err(BackupError::file("cannot write", &path))?;
        written += 1;
    }
    Ok(written)
}
