//! The backups in a folder, and which of them are not needed any more.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Client;

use super::{Backup, BackupError, Manifest};

/// What a clean-up did.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The backups that are still there.
    pub kept: Vec<PathBuf>,
    /// Those that were removed.
    pub removed: Vec<PathBuf>,
}

/// The backups in a folder, newest first. Whatever else is there is passed over.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Backup>, BackupError> {
    let failed = "cannot read";
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(BackupError::file(failed, folder))? {
        let path = entry.map_err(BackupError::file(failed, folder))?.path();
        let is_named = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("romashka-"));
        if is_named && let Ok(backup) = Backup::open(&path) {
            found.push(backup);
        }
    }
    found.sort_by(|one, other| {
        (other.manifest.created_at, &other.folder).cmp(&(one.manifest.created_at, &one.folder))
    });
    Ok(found)
}

/// Whose backups are meant: those of this database on this PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The database's name.
    pub database: String,
    /// The identifier that initdb gave its PostgreSQL; a backup or an owner that does not tell it is known by the name alone.
    pub system: Option<String>,
}

impl Owner {
    /// The database of a connection.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn of(client: &Client) -> Result<Owner, BackupError> {
        let row = client
            .query_one(
                "select pg_catalog.current_database()::text, (select c.system_identifier::text from pg_catalog.pg_control_system() as c)",
                &[],
            )
            .await?;
        Ok(Owner {
            database: row.get(0),
            system: row.get(1),
        })
    }

    /// Whether a backup is one of this database.
    pub fn made(&self, manifest: &Manifest) -> bool {
        let other_system = match (&self.system, &manifest.system) {
            (Some(ours), Some(theirs)) => ours != theirs,
            _ => false,
        };
        manifest.database == self.database && !other_system
    }
}

/// Which backups go, of a database's, newest first: those that are older than so many days, once a newer one that is whole
/// stays. `is_whole` tells of one of them whether it is.
pub fn which_go(
    created: &[Timestamp],
    is_whole: impl Fn(usize) -> bool,
    days: u32,
    now: Timestamp,
) -> Vec<bool> {
    let oldest = now
        .saturating_sub(SignedDuration::from_hours(24 * i64::from(days)))
        .unwrap_or(Timestamp::MIN);
    let mut has_sound = false;
    created
        .iter()
        .enumerate()
        .map(|(place, created_at)| {
            let goes = has_sound && *created_at < oldest;
            has_sound = has_sound || is_whole(place);
            goes
        })
        .collect()
}

/// The backups of a database that [`prune`] would remove.
///
/// # Errors
/// When the folder cannot be read.
pub fn outdated(
    folder: &Path,
    owner: &Owner,
    days: u32,
    now: Timestamp,
) -> Result<Vec<PathBuf>, BackupError> {
    Ok(sorted(folder, owner, days, now)?.removed)
}

/// Removes the backups of a database that are older than so many days. The newest that is whole always stays.
///
/// # Errors
/// When the folder cannot be read, or a backup not be removed.
pub fn prune(folder: &Path, owner: &Owner, days: u32, now: Timestamp) -> Result<Kept, BackupError> {
    let result = sorted(folder, owner, days, now)?;
    for backup in &result.removed {
        // The name first, so that half a backup is never taken for one.
        let gone = folder.join(format!(
            ".removed-{}",
            backup.file_name().unwrap_or_default().to_string_lossy()
        ));
        fs::rename(backup, &gone)
            .and_then(|()| fs::remove_dir_all(&gone))
            .map_err(BackupError::file("cannot remove", backup))?;
    }
    Ok(result)
}

/// Which stay and which go.
fn sorted(folder: &Path, owner: &Owner, days: u32, now: Timestamp) -> Result<Kept, BackupError> {
    let mut ours = list(folder)?;
    ours.retain(|backup| owner.made(&backup.manifest));
    let created: Vec<Timestamp> = ours.iter().map(|one| one.manifest.created_at).collect();
    let going = which_go(&created, |place| ours[place].is_whole(), days, now);
    let mut result = Kept::default();
    for (backup, goes) in ours.into_iter().zip(going) {
        match goes {
            true => result.removed.push(backup.folder),
            false => result.kept.push(backup.folder),
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::File;
    use crate::backup::manifest::{FORM, MANIFEST};

    fn backup(folder: &Path, name: &str, database: &str, created_at: &str) {
        let manifest = Manifest {
            form: FORM.to_owned(),
            created_at: created_at.parse().expect("a time"),
            romashka: "1.0.0".to_owned(),
            schema_version: "001".to_owned(),
            server_version: "15.18".to_owned(),
            server_major: 15,
            database: database.to_owned(),
            system: None,
            encryption: None,
            files: Vec::new(),
        };
        let path = folder.join(name);
        fs::create_dir(&path).expect("a folder");
        let text = serde_json::to_vec(&manifest).expect("JSON");
        fs::write(path.join(MANIFEST), text).expect("a manifest");
    }

    fn owner(database: &str) -> Owner {
        Owner {
            database: database.to_owned(),
            system: Some("7".to_owned()),
        }
    }

    /// Says something else in a backup's manifest.
    fn change(folder: &Path, name: &str, change: impl FnOnce(&mut Manifest)) {
        let path = folder.join(name).join(MANIFEST);
        let text = fs::read(&path).expect("a manifest");
        let mut manifest: Manifest = serde_json::from_slice(&text).expect("JSON");
        change(&mut manifest);
        fs::write(path, serde_json::to_vec(&manifest).expect("JSON")).expect("a manifest");
    }

    #[test]
    fn the_last_that_is_whole_stays_and_so_do_those_of_another_server() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path();
        for day in 1..=4 {
            backup(
                here,
                &format!("romashka-{day}"),
                "a",
                &format!("2026-01-0{day}T00:00:00Z"),
            );
        }
        // The two newest lost a file.
        for name in ["romashka-3", "romashka-4"] {
            change(here, name, |manifest| {
                manifest.files.push(File {
                    name: "contents.json".to_owned(),
                    bytes: 1,
                    sha256: String::new(),
                });
            });
        }
        backup(here, "romashka-elsewhere", "a", "2025-01-01T00:00:00Z");
        change(here, "romashka-elsewhere", |manifest| {
            manifest.system = Some("8".to_owned());
        });
        let now = "2026-06-01T00:00:00Z".parse().expect("a time");
        let result = prune(here, &owner("a"), 14, now).expect("a clean-up");
        assert_eq!(result.removed, [here.join("romashka-1")]);
        assert!(here.join("romashka-2").is_dir() && here.join("romashka-elsewhere").is_dir());
        // As long as no newer one is whole, it stays.
        let result = prune(here, &owner("a"), 14, now).expect("a clean-up");
        assert!(result.removed.is_empty());
    }

    #[test]
    fn old_backups_go_and_the_newest_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path();
        backup(here, "romashka-1", "a", "2026-01-01T00:00:00Z");
        backup(here, "romashka-2", "a", "2026-01-20T00:00:00Z");
        backup(here, "romashka-3", "a", "2026-01-30T00:00:00Z");
        backup(here, "romashka-4", "b", "2025-01-01T00:00:00Z");
        fs::create_dir(here.join("romashka-mine")).expect("a folder");
        let now = "2026-01-31T00:00:00Z".parse().expect("a time");
        let names = |paths: &[PathBuf]| -> Vec<String> {
            paths
                .iter()
                .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
                .collect()
        };
        let result = prune(here, &owner("a"), 14, now).expect("a clean-up");
        assert_eq!(names(&result.removed), ["romashka-1"]);
        assert_eq!(names(&result.kept), ["romashka-3", "romashka-2"]);
        let result = prune(here, &owner("b"), 14, now).expect("a clean-up");
        assert_eq!(names(&result.kept), ["romashka-4"], "the only one stays");
        assert!(here.join("romashka-mine").is_dir());
    }
}
