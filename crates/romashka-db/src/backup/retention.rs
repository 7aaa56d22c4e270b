//! The backups in a folder, and which of them are not needed any more.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::{Backup, BackupError};

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

/// The backups of a database that [`prune`] would remove.
///
/// # Errors
/// When the folder cannot be read.
pub fn outdated(
    folder: &Path,
    database: &str,
    days: u32,
    now: Timestamp,
) -> Result<Vec<PathBuf>, BackupError> {
    Ok(sorted(folder, database, days, now)?.removed)
}

/// Removes the backups of a database that are older than so many days. The newest always stays.
///
/// # Errors
/// When the folder cannot be read, or a backup not be removed.
pub fn prune(
    folder: &Path,
    database: &str,
    days: u32,
    now: Timestamp,
) -> Result<Kept, BackupError> {
    let result = sorted(folder, database, days, now)?;
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
fn sorted(folder: &Path, database: &str, days: u32, now: Timestamp) -> Result<Kept, BackupError> {
    let oldest = now
        .saturating_sub(SignedDuration::from_hours(24 * i64::from(days)))
        .unwrap_or(Timestamp::MIN);
    let mut result = Kept::default();
    let ours = list(folder)?
        .into_iter()
        .filter(|backup| backup.manifest.database == database);
    for (place, backup) in ours.enumerate() {
        if place == 0 || backup.manifest.created_at >= oldest {
            result.kept.push(backup.folder);
        } else {
            result.removed.push(backup.folder);
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::Manifest;
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
            encryption: None,
            files: Vec::new(),
        };
        let path = folder.join(name);
        fs::create_dir(&path).expect("a folder");
        let text = serde_json::to_vec(&manifest).expect("JSON");
        fs::write(path.join(MANIFEST), text).expect("a manifest");
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
        let result = prune(here, "a", 14, now).expect("a clean-up");
        assert_eq!(names(&result.removed), ["romashka-1"]);
        assert_eq!(names(&result.kept), ["romashka-3", "romashka-2"]);
        let result = prune(here, "b", 14, now).expect("a clean-up");
        assert_eq!(names(&result.kept), ["romashka-4"], "the only one stays");
        assert!(here.join("romashka-mine").is_dir());
    }
}
