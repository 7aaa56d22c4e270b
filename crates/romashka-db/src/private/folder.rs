//! The data folder: what lies where, and who may touch it.
//!
//! Invariants: a folder that holds anything ROMASHKA did not put there is refused, never changed; files are opened without
//! following links, because root may work in a folder of another user; everything is replaced by rename, never half-written.
//!
//! ```text
//! FOLDER/                  0700 (root's own: 0711, so that the server's user can enter)
//!   romashka.lock          held with flock by the ROMASHKA that runs the server; its process number
//!   romashka.json          what must be remembered: the version that served last, the port
//!   running.json           how to reach the server; there while it runs
//!   data/                  the PostgreSQL cluster; data.new/ while it is being made
//!   run/                   the Unix socket, 0700
//!   postgresql.conf, pg_hba.conf, pg_ident.conf   written at each start
//!   postgresql.log, romashka.log, password
//! ```

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::{
    error::PrivateServerError,
    user::{self, ServerUser},
};

/// A data folder; nothing is touched by naming it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder(PathBuf);

const OURS: &[&str] = &[
    "romashka.lock",
    "romashka.log",
    "romashka.json",
    "running.json",
    "data",
    "data.new",
    "run",
    "lost+found",
];

impl DataFolder {
    /// The folder at a path, made absolute from the present one.
    ///
    /// # Errors
    /// When the present folder is gone.
    pub fn at(path: impl AsRef<Path>) -> Result<Self, PrivateServerError> {
        let path = path.as_ref();
        let absolute =
            std::path::absolute(path).map_err(PrivateServerError::file("finding", path))?;
        // The same folder under two names must be one: its lock and its socket's name depend on the path.
        Ok(DataFolder(fs::canonicalize(&absolute).unwrap_or(absolute)))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The PostgreSQL cluster.
    pub fn cluster(&self) -> PathBuf {
        self.0.join("data")
    }

    pub(crate) fn new_cluster(&self) -> PathBuf {
        self.0.join("data.new")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.0.join("romashka.lock")
    }

    /// The server's log.
    pub fn server_log(&self) -> PathBuf {
        self.0.join("postgresql.log")
    }

    /// What a detached `romashka up` prints.
    pub fn supervisor_log(&self) -> PathBuf {
        self.0.join("romashka.log")
    }

    /// The password for TCP, one line.
    pub fn password(&self) -> PathBuf {
        self.0.join("password")
    }

    pub(crate) fn memory(&self) -> PathBuf {
        self.0.join("romashka.json")
    }

    pub(crate) fn running(&self) -> PathBuf {
        self.0.join("running.json")
    }

    /// The major version of the cluster, if there is one.
    ///
    /// # Errors
    /// When there is a cluster without a readable version.
    pub fn data_major(&self) -> Result<Option<u32>, PrivateServerError> {
        let path = self.cluster().join("PG_VERSION");
        if !self.cluster().exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(PrivateServerError::file("reading", &path))?;
        super::version::parse_data_version(&text)
            .map(Some)
            .ok_or_else(|| {
                self.unusable(
                    "its data/PG_VERSION is not readable",
                    "restore the folder from a backup",
                )
            })
    }

    pub(crate) fn unusable(
        &self,
        reason: impl Into<String>,
        next: impl Into<String>,
    ) -> PrivateServerError {
        PrivateServerError::FolderUnusable {
            folder: self.0.clone(),
            reason: reason.into(),
            next: next.into(),
        }
    }

    /// Makes the folder, or checks that it is ROMASHKA's and that this user may use it.
    ///
    /// # Errors
    /// [`PrivateServerError::FolderUnusable`] with what to do about it.
    pub fn prepare(&self) -> Result<(), PrivateServerError> {
        let as_root = rustix::process::geteuid().is_root();
        match fs::metadata(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(parent) = self.0.parent() {
                    // Not by the umask: root's is often 077, and then the server's user could not pass.
                    let mode = if as_root { 0o755 } else { 0o700 };
                    create_parents(parent, mode)?;
                }
                fs::DirBuilder::new()
                    .mode(0o700)
                    .create(&self.0)
                    .map_err(PrivateServerError::file("creating", &self.0))?;
            }
            Err(error) => return Err(PrivateServerError::file("reading", &self.0)(error)),
            Ok(found) if !found.is_dir() => {
                return Err(self.unusable("it is not a folder", "name another with --data-dir"));
            }
            Ok(found) => {
                let me = rustix::process::geteuid().as_raw();
                if !as_root && found.uid() != me {
                    let owner = user::name_of(found.uid());
                    return Err(self.unusable(
                        format!("it belongs to {owner}"),
                        format!("run as {owner}, or name another folder with --data-dir"),
                    ));
                }
                self.refuse_foreign_content()?;
            }
        }
        let found = fs::metadata(&self.0).map_err(PrivateServerError::file("reading", &self.0))?;
        let mode = if as_root && found.uid() == 0 {
            0o711
        } else {
            0o700
        };
        if found.permissions().mode() & 0o777 != mode {
            fs::set_permissions(&self.0, fs::Permissions::from_mode(mode))
                .map_err(PrivateServerError::file("changing the mode of", &self.0))?;
        }
        Ok(())
    }

    fn refuse_foreign_content(&self) -> Result<(), PrivateServerError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(PrivateServerError::file("reading", &self.0))? {
            let entry = entry.map_err(PrivateServerError::file("reading", &self.0))?;
            names.push(entry.file_name());
        }
        if names.iter().any(|name| name == "PG_VERSION") {
            return Err(self.unusable(
                "it is itself the data folder of a PostgreSQL",
                "start that server with its own tools and set DATABASE_URL, or name another folder with --data-dir",
            ));
        }
        let has_lock = names.iter().any(|name| name == "romashka.lock");
        let foreign = names.iter().find(|name| {
            !OURS.iter().any(|ours| *name == ours)
                && !name.to_string_lossy().starts_with("encryption.key")
        });
        match foreign {
            Some(foreign) if !has_lock => Err(self.unusable(
                format!(
                    "it holds files that are not ROMASHKA's, such as {}",
                    foreign.to_string_lossy()
                ),
                "name an empty or a new folder with --data-dir",
            )),
            _ => Ok(()),
        }
    }

    /// Checks that the server's user can reach the cluster: every folder above it must let that user pass.
    pub(crate) fn check_passage(
        &self,
        user: &ServerUser,
        program: &Path,
    ) -> Result<(), PrivateServerError> {
        // The same system calls that starting the server will make, so nothing has to be guessed about modes and lists.
        let tried = user
            .command(program)
            .arg("--version")
            .current_dir(&self.0)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .status();
        match tried {
            Ok(_) => Ok(()),
            Err(error) if user.drops && error.kind() == io::ErrorKind::PermissionDenied => {
                let blocking = |path: &Path| {
                    path.ancestors()
                        .filter(|folder| !lets_pass(folder, user))
                        .last()
                        .map(|folder| folder.display().to_string())
                };
                match blocking(&self.0) {
                    Some(blocking) => Err(self.unusable(
                        format!("PostgreSQL does not run as root, and the user {} may not enter {blocking}", user.name),
                        "leave --data-dir away to use /var/lib/romashka, or name a folder that every user may pass",
                    )),
                    None => Err(PrivateServerError::Program { program: program.to_owned(), source: error }),
                }
            }
            Err(source) => Err(PrivateServerError::Program {
                program: program.to_owned(),
                source,
            }),
        }
    }

    /// Opens the log of a detached `romashka up` for appending.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open_supervisor_log(&self) -> Result<File, PrivateServerError> {
        let path = self.supervisor_log();
        self.open(&path, 0o600, OpenOptions::new().append(true).create(true))
    }

    /// Opens a file of the folder for writing, without following a link, owned as the folder is.
    pub(crate) fn open(
        &self,
        path: &Path,
        mode: u32,
        options: &mut OpenOptions,
    ) -> Result<File, PrivateServerError> {
        let no_follow = rustix::fs::OFlags::NOFOLLOW.bits();
        let file = options
            .mode(mode)
            .custom_flags(no_follow as i32)
            .open(path)
            .map_err(PrivateServerError::file("opening", path))?;
        if rustix::process::geteuid().is_root() {
            let folder =
                fs::metadata(&self.0).map_err(PrivateServerError::file("reading", &self.0))?;
            std::os::unix::fs::fchown(&file, Some(folder.uid()), Some(folder.gid()))
                .map_err(PrivateServerError::file("changing the owner of", path))?;
        }
        Ok(file)
    }

    /// Replaces a file of the folder as a whole, and makes that durable.
    pub(crate) fn replace(
        &self,
        path: &Path,
        mode: u32,
        content: &[u8],
    ) -> Result<(), PrivateServerError> {
        let new = path.with_extension("new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(PrivateServerError::file("removing", new)(error));
            }
            _ => {}
        }
        let mut file = self.open(&new, mode, OpenOptions::new().write(true).create_new(true))?;
        // The umask must not take the reading bit from files that the server's user reads.
        file.set_permissions(fs::Permissions::from_mode(mode))
            .and_then(|()| file.write_all(content))
            .and_then(|()| file.sync_all())
            .map_err(PrivateServerError::file("writing", &new))?;
        fs::rename(&new, path).map_err(PrivateServerError::file("replacing", path))?;
        sync_folder(&self.0)
    }

    /// Reads a small file; none when it does not exist.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<String>, PrivateServerError> {
        match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PrivateServerError::file("reading", path)(error)),
            Ok(mut file) => {
                let mut text = String::new();
                file.read_to_string(&mut text)
                    .map_err(PrivateServerError::file("reading", path))?;
                Ok(Some(text))
            }
        }
    }

    /// The sizes of all files of the folder, in bytes.
    pub fn size(&self) -> u64 {
        fn of(folder: &Path) -> u64 {
            // Files come and go under a running server; what is gone counts nothing.
            fs::read_dir(folder)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| match entry.metadata() {
                    Ok(metadata) if metadata.is_dir() => of(&entry.path()),
                    Ok(metadata) if metadata.is_file() => metadata.len(),
                    _ => 0,
                })
                .sum()
        }
        of(&self.0)
    }
}

fn create_parents(folder: &Path, mode: u32) -> Result<(), PrivateServerError> {
    if folder.exists() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        create_parents(parent, mode)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(PrivateServerError::file("creating", folder)(error))
        }
        _ => fs::set_permissions(folder, fs::Permissions::from_mode(mode))
            .map_err(PrivateServerError::file("changing the mode of", folder)),
    }
}

fn lets_pass(folder: &Path, user: &ServerUser) -> bool {
    fs::metadata(folder).is_ok_and(|metadata| {
        let bit = match () {
            () if metadata.uid() == user.uid => 0o100,
            () if metadata.gid() == user.gid => 0o010,
            () => 0o001,
        };
        metadata.mode() & bit != 0
    })
}

/// Makes renames and new names within a folder survive a power failure.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), PrivateServerError> {
    File::open(folder)
        .and_then(|opened| opened.sync_all())
        .map_err(PrivateServerError::file("syncing", folder))
}
