//! Where PostgreSQL's programs are on this machine.
//!
//! Invariant: an installation counts only with both `initdb` and `postgres`, which answered with their version; the folder
//! that the user names (`ROMASHKA_PG_BIN`) is the only one looked at when it is given.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{
    error::PrivateServerError,
    packages::{Missing, PackageAdvice},
    version::{OLDEST_MAJOR, ServerVersion},
};

/// A folder with PostgreSQL's programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The folder that holds `initdb` and `postgres`.
    pub programs: PathBuf,
    /// What `postgres --version` says.
    pub version: ServerVersion,
    /// Whether the version is a released one.
    pub released: bool,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Usable installations, best first.
    pub installations: Vec<Installation>,
    /// Folders that hold programs which cannot be used, with the reason.
    pub rejected: Vec<(PathBuf, String)>,
}

impl Installation {
    /// Examines one folder.
    ///
    /// # Errors
    /// The reason why it cannot be used, as half a sentence.
    pub fn examine(programs: &Path) -> Result<Self, String> {
        for program in ["initdb", "postgres"] {
            if !is_program(&programs.join(program)) {
                return Err(format!("has no {program}"));
            }
        }
        let output = Command::new(programs.join("postgres"))
            .arg("--version")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("its postgres does not run: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let (version, released) = ServerVersion::parse_program(&said).ok_or_else(|| {
            let complaint = String::from_utf8_lossy(&output.stderr);
            format!(
                "its postgres does not tell its version: {}",
                complaint.trim()
            )
        })?;
        if version.major() < OLDEST_MAJOR {
            return Err(format!(
                "is version {version}, and {OLDEST_MAJOR} is the oldest that works"
            ));
        }
        Ok(Installation {
            programs: programs.to_owned(),
            version,
            released,
        })
    }

    /// The path of one of its programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Whether a loadable library is there, so that naming it in `shared_preload_libraries` does not stop the server.
    pub(crate) fn has_library(&self, name: &str) -> bool {
        // Debian links from /usr/bin, Homebrew from its opt folder; the libraries are beside the real programs.
        let programs = std::fs::canonicalize(self.program("postgres"))
            .ok()
            .and_then(|program| program.parent().map(Path::to_owned))
            .unwrap_or_else(|| self.programs.clone());
        let Some(prefix) = programs.parent() else {
            return false;
        };
        ["lib", "lib/postgresql", "lib64/pgsql", "lib/pgsql"]
            .iter()
            .any(|folder| {
                [".so", ".dylib"]
                    .iter()
                    .any(|ending| prefix.join(folder).join(format!("{name}{ending}")).exists())
            })
    }
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Looks through this machine. `chosen` is the folder that the user names, if any.
///
/// # Errors
/// [`PrivateServerError::ChosenProgramsUnusable`] when the chosen folder cannot be used.
pub fn find_installations(chosen: Option<&Path>) -> Result<Found, PrivateServerError> {
    if let Some(programs) = chosen {
        let installation = Installation::examine(programs).map_err(|reason| {
            PrivateServerError::ChosenProgramsUnusable {
                folder: programs.to_owned(),
                reason,
            }
        })?;
        return Ok(Found {
            installations: vec![installation],
            rejected: Vec::new(),
        });
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(examine_all(&folders_to_search(&path, Path::new("/"))))
}

fn examine_all(folders: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let mut seen = Vec::new();
    for folder in folders {
        let program = folder.join("postgres");
        if !program.exists() {
            continue;
        }
        // The PATH often leads to the same place by a link.
        let real = std::fs::canonicalize(&program).unwrap_or(program);
        if seen.contains(&real) {
            continue;
        }
        seen.push(real);
        match Installation::examine(folder) {
            Ok(installation) => found.installations.push(installation),
            Err(reason) => found.rejected.push((folder.clone(), reason)),
        }
    }
    // The sort is stable: among equals the folder that was searched first stays first.
    found.installations.sort_by_key(|installation| {
        std::cmp::Reverse((installation.released, installation.version))
    });
    found
}

/// The folders in the order of their rank: the PATH, then where the packages of each system put the programs.
fn folders_to_search(path: &OsStr, root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .collect();
    for (parent, prefix, tail) in [
        ("usr/lib/postgresql", "", "bin"),
        ("usr", "pgsql-", "bin"),
        ("usr/lib", "postgresql", "bin"),
        ("usr/libexec", "postgresql", ""),
        ("opt/homebrew/opt", "postgresql@", "bin"),
        ("usr/local/opt", "postgresql@", "bin"),
        ("home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
        ("Applications/Postgres.app/Contents/Versions", "", "bin"),
        ("Library/PostgreSQL", "", "bin"),
    ] {
        let mut matches: Vec<PathBuf> = std::fs::read_dir(root.join(parent))
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| {
                entry
                    .file_name()
                    .to_str()
                    .is_some_and(|name| name.starts_with(prefix))
            })
            .map(|entry| entry.path().join(tail))
            .collect();
        matches.sort();
        folders.extend(matches);
    }
    folders.push(root.join("usr/local/pgsql/bin"));
    folders
}

/// The installation for a new cluster (`data_major` absent) or for data of a major version.
///
/// # Errors
/// [`PrivateServerError::NoPostgres`] or [`PrivateServerError::NoPostgresForData`], both with the package to install.
pub(crate) fn choose(
    found: Found,
    data_major: Option<u32>,
) -> Result<Installation, PrivateServerError> {
    let others: Vec<String> = found
        .installations
        .iter()
        .map(|installation| {
            format!(
                "{} in {}",
                installation.version,
                installation.programs.display()
            )
        })
        .chain(
            found
                .rejected
                .iter()
                .map(|(folder, reason)| format!("{} {reason}", folder.display())),
        )
        .collect();
    found
        .installations
        .into_iter()
        .find(|installation| data_major.is_none_or(|major| installation.version.major() == major))
        .ok_or_else(|| match data_major {
            None => PrivateServerError::NoPostgres {
                rejected: others,
                advice: PackageAdvice::here(Missing::Server { major: None }),
            },
            Some(major) => PrivateServerError::NoPostgresForData {
                major,
                found: others,
                advice: PackageAdvice::here(Missing::Server { major: Some(major) }),
            },
        })
}

/// `psql` or another client program: beside the server's programs, on the PATH, or with another installation.
pub fn find_client_program(name: &str, preferred: Option<&Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = preferred.map(Path::to_owned).into_iter().collect();
    let searched = folders_to_search(&path, Path::new("/"));
    let on_path = std::env::split_paths(&path).count().min(searched.len());
    folders.extend(searched[..on_path].iter().cloned());
    // Newest first among the packages' folders, because newer clients speak to older servers.
    folders.extend(searched[on_path..].iter().rev().cloned());
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|program| is_program(program))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            let folder =
                std::env::temp_dir().join(format!("romashka-discovery-{}", uuid::Uuid::new_v4()));
            std::fs::create_dir(&folder).expect("a scratch folder");
            Scratch(folder)
        }

        fn program(&self, folder: &str, name: &str, says: &str) {
            let folder = self.0.join(folder);
            std::fs::create_dir_all(&folder).expect("a folder of programs");
            let program = folder.join(name);
            std::fs::write(&program, format!("#!/bin/sh\necho '{says}'\n")).expect("a program");
            std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("its mode");
        }

        fn server(&self, folder: &str, version: &str) {
            self.program(folder, "initdb", "");
            self.program(
                folder,
                "postgres",
                &format!("postgres (PostgreSQL) {version}"),
            );
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn versions(found: &Found) -> Vec<String> {
        found
            .installations
            .iter()
            .map(|one| one.version.to_string())
            .collect()
    }

    #[test]
    fn the_highest_released_version_comes_first() {
        let scratch = Scratch::new();
        scratch.server("usr/lib/postgresql/15/bin", "15.20");
        scratch.server("usr/lib/postgresql/9.6/bin", "9.6.24");
        scratch.server("usr/pgsql-17/bin", "17.10");
        scratch.server("opt/homebrew/opt/postgresql@19/bin", "19beta2");
        scratch.server("somewhere with spaces/bin", "16.14");
        scratch.program(
            "usr/lib/postgresql/18/bin",
            "postgres",
            "postgres (PostgreSQL) 18.4",
        );
        let path = scratch.0.join("somewhere with spaces/bin");
        let found = examine_all(&folders_to_search(path.as_os_str(), &scratch.0));
        assert_eq!(versions(&found), ["17.10", "16.14", "15.20", "19.0"]);
        let reasons: Vec<&str> = found
            .rejected
            .iter()
            .map(|(_, reason)| reason.as_str())
            .collect();
        assert_eq!(
            reasons,
            [
                "has no initdb",
                "is version 9.6.24, and 14 is the oldest that works"
            ]
        );
    }

    #[test]
    fn data_decides_the_major_version() {
        let scratch = Scratch::new();
        scratch.server("usr/lib/postgresql/15/bin", "15.20");
        scratch.server("usr/lib/postgresql/17/bin", "17.10");
        let found = examine_all(&folders_to_search(OsStr::new(""), &scratch.0));
        let chosen = choose(found.clone(), Some(15)).expect("15 is there");
        assert_eq!(chosen.version.to_string(), "15.20");
        assert_eq!(
            choose(found.clone(), None).expect("any").version.major(),
            17
        );
        let refusal = choose(found, Some(16))
            .expect_err("16 is not there")
            .to_string();
        assert!(
            refusal.contains("PostgreSQL 16") && refusal.contains("17.10 in "),
            "{refusal}"
        );
    }

    #[test]
    fn nothing_found_names_the_package() {
        let refusal = choose(Found::default(), None).expect_err("nothing is there");
        let PrivateServerError::NoPostgres { advice, .. } = refusal else {
            panic!("another error: {refusal}");
        };
        assert!(!advice.command(false).is_empty());
    }

    #[test]
    fn a_chosen_folder_is_the_only_one() {
        let scratch = Scratch::new();
        scratch.server("mine", "14.1");
        let found = find_installations(Some(&scratch.0.join("mine"))).expect("usable");
        assert_eq!(versions(&found), ["14.1"]);
        let refusal = find_installations(Some(&scratch.0))
            .expect_err("no programs here")
            .to_string();
        assert!(refusal.contains("has no initdb"), "{refusal}");
    }
}
