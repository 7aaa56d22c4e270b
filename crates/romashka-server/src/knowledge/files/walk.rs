//! Finding files: folders are gone through in order, without following links, hidden ones are passed by.

use std::path::{Path, PathBuf};

use romashka_knowledge::document::Refusal;

use super::{ImportError, ImportReport};

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub on_disk: PathBuf,
    /// By what it is known: the folder's name, and its path in it.
    pub path: String,
    /// The folders above it, outermost first, without the one that was named.
    pub folders: Vec<String>,
}

/// The name that stands before a folder's files.
pub(super) fn root_name(path: &Path, source: Option<&str>) -> Result<String, ImportError> {
    if let Some(source) = source {
        return Ok(source.to_owned());
    }
    let whole = path.canonicalize().map_err(|source| ImportError::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(whole.file_name().map_or_else(
        || "files".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    ))
}

/// The files of folders and of single names. The report holds what cannot be looked at.
///
/// # Errors
/// When what was named is not there.
pub fn find(
    paths: &[PathBuf],
    source: Option<&str>,
) -> Result<(Vec<Found>, ImportReport), ImportError> {
    let (mut found, mut report) = (Vec::new(), ImportReport::default());
    for path in paths {
        let about = std::fs::metadata(path).map_err(|source| ImportError::Read {
            path: path.clone(),
            source,
        })?;
        if about.is_dir() {
            let name = root_name(path, source)?;
            folder(path, &name, &mut found, &mut report)?;
        } else {
            let name = path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            found.push(Found {
                on_disk: path.clone(),
                path: source.map_or_else(|| name.clone(), |source| format!("{source}/{name}")),
                folders: Vec::new(),
            });
        }
    }
    Ok((found, report))
}

fn folder(
    root: &Path,
    name: &str,
    found: &mut Vec<Found>,
    report: &mut ImportReport,
) -> Result<(), ImportError> {
    // On the heap, so that no depth of folders is too deep.
    let mut waiting = vec![(root.to_owned(), Vec::<String>::new())];
    while let Some((folder, folders)) = waiting.pop() {
        let shown = |last: Option<&str>| {
            let mut parts = vec![name.to_owned()];
            parts.extend(folders.iter().cloned());
            parts.extend(last.map(str::to_owned));
            parts.join("/")
        };
        let listed = std::fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(source) if folder == root => {
                return Err(ImportError::Read {
                    path: folder,
                    source,
                });
            }
            Err(error) => {
                report.refuse(&shown(None), unreadable(error));
                continue;
            }
        };
        entries.sort_by_key(std::fs::DirEntry::file_name);
        let mut below = Vec::new();
        for entry in entries {
            let last = entry.file_name().to_string_lossy().into_owned();
            if last.starts_with('.') {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    let mut inner = folders.clone();
                    inner.push(last);
                    below.push((entry.path(), inner));
                }
                Ok(kind) if kind.is_file() => found.push(Found {
                    on_disk: entry.path(),
                    path: shown(Some(&last)),
                    folders: folders.clone(),
                }),
                Ok(_) => report.refuse(
                    &shown(Some(&last)),
                    Refusal::Unreadable {
                        message: "links and devices are not followed".to_owned(),
                    },
                ),
                Err(error) => report.refuse(&shown(Some(&last)), unreadable(error)),
            }
        }
        waiting.extend(below.into_iter().rev());
    }
    Ok(())
}

fn unreadable(error: std::io::Error) -> Refusal {
    Refusal::Unreadable {
        message: error.to_string(),
    }
}
