//! Files on this machine's disk.
//!
//! Invariants: a path is made of the ids of workspace and file and of nothing that anybody wrote, so that none leads elsewhere;
//! a file appears under its path whole or not at all; nothing here is ever run.

use std::io;
use std::path::{Path, PathBuf};

use axum::body::Body;
use futures_util::StreamExt;
use romashka_channels::website::upload::{self, FileKind, SIZE_LIMIT, SNIFF_LENGTH, UploadError};
use sha2::{Digest, Sha256};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use crate::problem::{Answer, Code, Problem};

/// The folder of the files.
#[derive(Clone, Debug)]
pub struct Storage(PathBuf);

/// A file that was received and not yet put in place. Dropping it removes it.
#[derive(Debug)]
pub struct Received {
    path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub hash: String,
    /// What it is.
    pub kind: FileKind,
}

impl Drop for Received {
    fn drop(&mut self) {
        // After it was put in place there is nothing here any more.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Storage {
    /// The storage in this folder, which is made when it is first needed.
    pub fn at(folder: &Path) -> Storage {
        Storage(folder.to_owned())
    }

    /// The path of a file below the folder.
    pub fn key(workspace: Uuid, file: Uuid) -> String {
        let name = file.simple().to_string();
        // The end of a time-ordered id is random: no folder gets all files of a day.
        format!("{}/{}/{name}", workspace.simple(), &name[30..])
    }

    fn path(&self, workspace: Uuid, file: Uuid) -> PathBuf {
        self.0.join(Self::key(workspace, file))
    }

    /// Takes a body in, up to the size that is allowed, and judges it by its bytes.
    pub async fn receive(&self, body: Body, name: &str, declared: &str) -> Answer<Received> {
        let incoming = self.0.join("incoming");
        fs::create_dir_all(&incoming).await.map_err(failed)?;
        let path = incoming.join(Uuid::new_v4().simple().to_string());
        let mut file = File::create_new(&path).await.map_err(failed)?;
        // From here on what was written is removed whatever happens, also when the caller goes away.
        let mut received = Received {
            path,
            size: 0,
            hash: String::new(),
            kind: FileKind {
                content_type: "application/octet-stream",
                extensions: &[],
                declared: &[],
                inline: false,
            },
        };
        let mut hash = Sha256::new();
        let mut beginning = Vec::with_capacity(SNIFF_LENGTH);
        let mut stream = body.into_data_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| Problem::new(Code::InvalidRequest).because(error))?;
            received.size += chunk.len() as u64;
            if received.size > SIZE_LIMIT {
                return Err(refused(UploadError::TooLarge));
            }
            let wanted = SNIFF_LENGTH
                .saturating_sub(beginning.len())
                .min(chunk.len());
            beginning.extend_from_slice(&chunk[..wanted]);
            hash.update(&chunk);
            file.write_all(&chunk).await.map_err(failed)?;
        }
        received.kind =
            upload::check(name, declared, received.size, &beginning).map_err(refused)?;
        received.hash = hex::encode(hash.finalize());
        file.sync_all().await.map_err(failed)?;
        Ok(received)
    }

    /// Puts a file in its place.
    pub async fn keep(&self, received: Received, workspace: Uuid, file: Uuid) -> Answer<()> {
        let path = self.path(workspace, file);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).await.map_err(failed)?;
        }
        fs::rename(&received.path, &path).await.map_err(failed)
    }

    /// The bytes of a file, as a stream, and how many they are.
    pub async fn open(&self, workspace: Uuid, file: Uuid) -> Answer<(Body, u64)> {
        let file = match File::open(self.path(workspace, file)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(
                    Problem::not_found().detail("The bytes of the file are not on this server")
                );
            }
            other => other.map_err(failed)?,
        };
        let size = file.metadata().await.map_err(failed)?.len();
        Ok((Body::from_stream(ReaderStream::new(file)), size))
    }

    /// Removes a file; one that is not there is removed already.
    pub async fn remove(&self, workspace: Uuid, file: Uuid) -> Answer<()> {
        match fs::remove_file(self.path(workspace, file)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(failed),
        }
    }
}

fn failed(error: io::Error) -> Problem {
    Problem::internal(error)
}

fn refused(error: UploadError) -> Problem {
    let code = match error {
        UploadError::TooLarge => Code::BodyTooLarge,
        UploadError::Empty | UploadError::Mismatch => Code::InvalidValue,
        UploadError::Kind => Code::UnsupportedMediaType,
    };
    Problem::new(code).detail(error.to_string())
}
