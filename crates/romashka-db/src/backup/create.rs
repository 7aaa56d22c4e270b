//! Making a backup.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio_postgres::Client;

use super::manifest::{self, CONTENTS, DUMP, FILES, FORM, MANIFEST, hash_of, names};
use super::program::Program;
use super::seal::SUFFIX;
use super::{Backup, BackupError, Contents, File, Manifest, Observer, Owner, Recipients, Step};
use crate::connect::connect;
use crate::migrations::Server;
use crate::settings::Settings;

/// How a backup is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder in which it gets a folder of its own.
    pub folder: PathBuf,
    /// How many tables are read at a time.
    pub jobs: u32,
    /// Who can open it; anybody when there are none.
    pub recipients: Recipients,
    /// The folder of attachments on this machine.
    pub files: Option<PathBuf>,
    /// Where pg_dump is looked for first.
    pub programs: Option<PathBuf>,
}

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct Created {
    /// The backup.
    pub backup: Backup,
    /// What is in it.
    pub contents: Contents,
}

/// What a folder is called that is not a backup yet.
const UNFINISHED: &str = ".unfinished-";

/// A folder that is removed unless it is kept.
struct Unfinished(Option<PathBuf>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// Makes a backup of the database that the settings name.
///
/// # Errors
/// See [`BackupError`]; then there is nothing under its name.
pub async fn create(
    settings: &Settings,
    options: &Options,
    observer: Observer<'_>,
) -> Result<Created, BackupError> {
    let client = connect(settings).await?;
    let server = Server::inspect(&client).await?;
    let server_major = server.version_number.unsigned_abs() / 10_000;
    if !server.sees_all_rows {
        return Err(BackupError::SeesTooLittle(server.role));
    }
    is_all_ours(&client).await?;
    let system = Owner::of(&client).await?.system;
    let pg_dump = Program::find("pg_dump", options.programs.as_deref(), server_major).await?;
    fs::create_dir_all(&options.folder)
        .map_err(BackupError::file("cannot make", &options.folder))?;
    remove_left_behind(&options.folder)?;

    client
        .batch_execute("begin isolation level repeatable read read only")
        .await?;
    let created_at = Timestamp::now();
    let snapshot: String = client
        .query_one("select pg_catalog.pg_export_snapshot()", &[])
        .await?
        .get(0);
    let schema_version: String = client
        .query_one(
            "select m.version from public.schema_migrations as m where m.version ~ '^[0-9]+$' order by m.version::bigint desc limit 1",
            &[],
        )
        .await?
        .get(0);
    let name = format!(
        "romashka-{}-{}",
        created_at.strftime("%Y%m%dT%H%M%SZ"),
        plain(&settings.database)
    );
    let work = options.folder.join(format!("{UNFINISHED}{name}"));
    // What is in it is everybody's conversations.
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&work)
        .map_err(BackupError::file("cannot make", &work))?;
    let mut unfinished = Unfinished(Some(work.clone()));

    observer(Step::Dump, 0, 0);
    let arguments = [
        "--format=directory".into(),
        format!("--jobs={}", options.jobs.max(1)).into(),
        "--compress=3".into(),
        format!("--snapshot={snapshot}").into(),
        "--no-unlogged-table-data".into(),
        "--no-password".into(),
        "--file".into(),
        work.join(DUMP).into(),
    ];
    let (dumped, contents) = tokio::join!(
        pg_dump.run(settings, arguments.into()),
        Contents::read(&client, observer)
    );
    dumped?;
    let contents = contents?;
    client.batch_execute("commit").await?;
    let text = serde_json::to_vec_pretty(&contents).expect("contents are JSON");
    manifest::write(&work.join(CONTENTS), &text)?;
    // After the snapshot: a file is in place before the row that names it is committed.
    if let Some(folder) = options.files.as_deref().filter(|folder| folder.is_dir()) {
        gather(folder, &work.join(FILES), observer)?;
    }
    if !options.recipients.is_empty() {
        seal(&work, &options.recipients, observer)?;
    }
    let manifest = Manifest {
        form: FORM.to_owned(),
        created_at,
        romashka: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version,
        server_version: server.version,
        server_major,
        database: settings.database.clone(),
        system,
        encryption: (!options.recipients.is_empty()).then(|| "age".to_owned()),
        files: hashed(&work, observer)?,
    };
    let text = serde_json::to_vec_pretty(&manifest).expect("a manifest is JSON");
    manifest::write(&work.join(MANIFEST), &text)?;
    let folder = options.folder.join(&name);
    fs::rename(&work, &folder).map_err(BackupError::file("cannot name", &folder))?;
    unfinished.0 = None;
    sync(&options.folder)?;
    Ok(Created {
        backup: Backup { folder, manifest },
        contents,
    })
}

/// A database whose people who sign in are somebody else's cannot be restored as a whole.
async fn is_all_ours(client: &Client) -> Result<(), BackupError> {
    let row = client
        .query_one(
            "select pg_catalog.to_regclass('public.schema_migrations') is not null as is_there,
                    (select pg_catalog.pg_get_userbyid(n.nspowner)::text from pg_catalog.pg_namespace as n
                      where n.nspname = 'auth' and not pg_catalog.pg_has_role(n.nspowner, 'member')) as service",
            &[],
        )
        .await?;
    if !row.get::<_, bool>("is_there") {
        return Err(BackupError::NothingThere);
    }
    match row.get::<_, Option<String>>("service") {
        Some(owner) => Err(BackupError::OfAService(owner)),
        None => Ok(()),
    }
}

/// A database's name as part of a folder's.
pub fn plain(database: &str) -> String {
    database
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || letter == '_' {
                letter
            } else {
                '-'
            }
        })
        .take(63)
        .collect()
}

/// What a killed backup left.
fn remove_left_behind(folder: &Path) -> Result<(), BackupError> {
    let failed = "cannot read";
    for entry in fs::read_dir(folder).map_err(BackupError::file(failed, folder))? {
        let entry = entry.map_err(BackupError::file(failed, folder))?;
        let is_old = || {
            let changed = entry.metadata().and_then(|found| found.modified()).ok()?;
            changed.elapsed().ok()
        };
        // Another backup may be at work here; a dump of a day is none.
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED)
            && is_old().is_some_and(|age| age.as_secs() > 24 * 3600)
        {
            fs::remove_dir_all(entry.path())
                .map_err(BackupError::file("cannot remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Puts the attachments of this machine into one archive. What is still coming in belongs to no message yet.
fn gather(folder: &Path, to: &Path, observer: Observer<'_>) -> Result<(), BackupError> {
    let failed = || BackupError::file("cannot write", to);
    let file = fs::File::create_new(to).map_err(failed())?;
    let mut archive = tar::Builder::new(io::BufWriter::new(file));
    archive.mode(tar::HeaderMode::Deterministic);
    archive.follow_symlinks(false);
    let mut done = 0;
    for name in names(folder)? {
        if name.starts_with("incoming/") {
            continue;
        }
        let path = folder.join(&name);
        observer(Step::Files, done, 0);
        match fs::File::open(&path) {
            Ok(mut file) => {
                done += file
                    .metadata()
                    .map_err(BackupError::file("cannot read", &path))?
                    .len();
                archive.append_file(&name, &mut file).map_err(failed())?;
            }
            // It was removed meanwhile, and so was its row, or it will be.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(BackupError::file("cannot read", &path)(error)),
        }
    }
    archive
        .into_inner()
        .and_then(|writer| writer.into_inner().map_err(io::IntoInnerError::into_error))
        .and_then(|file| file.sync_all())
        .map_err(failed())
}

fn size_of(path: &Path) -> Result<u64, BackupError> {
    Ok(fs::metadata(path)
        .map_err(BackupError::file("cannot read", path))?
        .len())
}

fn seal(work: &Path, recipients: &Recipients, observer: Observer<'_>) -> Result<(), BackupError> {
    let plain = names(work)?;
    let mut sizes = Vec::with_capacity(plain.len());
    for name in &plain {
        sizes.push(size_of(&work.join(name))?);
    }
    let (mut done, total) = (0, sizes.iter().sum());
    for (name, size) in plain.iter().zip(sizes) {
        observer(Step::Seal, done, total);
        recipients.seal(&work.join(name), &work.join(format!("{name}{SUFFIX}")))?;
        done += size;
    }
    Ok(())
}

fn hashed(work: &Path, observer: Observer<'_>) -> Result<Vec<File>, BackupError> {
    let mut files = Vec::new();
    let mut done = 0;
    for name in names(work)? {
        let path = work.join(&name);
        observer(Step::Hash, done, 0);
        let bytes = size_of(&path)?;
        let sha256 = hash_of(&path)?;
        sync(&path)?;
        done += bytes;
        files.push(File {
            name,
            bytes,
            sha256,
        });
    }
    sync(work)?;
    Ok(files)
}

/// Makes a file or folder last.
fn sync(path: &Path) -> Result<(), BackupError> {
    fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(BackupError::file("cannot write", path))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_database_may_be_called_anything() {
        assert_eq!(super::plain("my/db ../x"), "my-db----x");
    }
}
