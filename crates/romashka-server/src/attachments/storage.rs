//! Files: on this machine's disk, or in a bucket.
//!
//! Invariants: a path is made of the ids of workspace and file, or of the file's own hash, and of nothing else that anybody
//! wrote, so that none leads elsewhere; a file appears under its path whole or not at all; nothing here is ever run.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use romashka_channels::website::upload::{self, FileKind, SIZE_LIMIT, SNIFF_LENGTH, UploadError};
use sha2::{Digest, Sha256};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::bucket::{Bucket, BucketError};
use crate::problem::{Answer, Code, Problem};
use crate::state::Server;

/// Where a row says that its bytes are on this machine.
pub const LOCAL: &str = "local";
/// Where a row says that they are in the bucket.
pub const IN_BUCKET: &str = "s3";

/// Where the files are: what comes is kept in the bucket where there is one, else in the folder; what was kept is found in
/// either.
#[derive(Clone)]
pub struct Storage {
    folder: PathBuf,
    bucket: Option<Arc<Bucket>>,
    most: u64,
}

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
    /// The first bytes, by which it is judged.
    pub beginning: Vec<u8>,
}

/// Why a stream of bytes did not become a file.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// More came than is taken.
    #[error("the file is too large")]
    TooLarge,
    /// The stream broke off.
    #[error("the file did not arrive whole")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The disk refused it.
    #[error("the file cannot be written")]
    Disk(#[from] io::Error),
}

/// What no rule knows: bytes to be saved.
const BYTES: FileKind = FileKind {
    content_type: "application/octet-stream",
    extensions: &[],
    declared: &[],
    inline: false,
};

impl Drop for Received {
    fn drop(&mut self) {
        // After it was put in place there is nothing here any more.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Storage {
    /// The storage of a server.
    pub fn of(server: &Server) -> Answer<Storage> {
        let folder = server.settings.file_folder.clone();
        // A bucket that cannot be used must not let files end up on one machine.
        let is_broken = server.settings.bucket.is_some() && server.bucket.is_none();
        match folder {
            Some(folder) if !is_broken => Ok(Storage {
                folder,
                bucket: server.bucket.clone(),
                most: SIZE_LIMIT,
            }),
            _ => Err(Problem::new(Code::Unavailable)),
        }
    }

    /// The storage without a server: of this folder, or of the bucket.
    pub fn at(folder: PathBuf, bucket: Option<Arc<Bucket>>) -> Storage {
        Storage {
            folder,
            bucket,
            most: SIZE_LIMIT,
        }
    }

    /// The same, which takes files of so many bytes at most; never more than the limit of all.
    pub fn up_to(mut self, most: u64) -> Storage {
        self.most = most.min(SIZE_LIMIT);
        self
    }

    /// Where a row is to say that its bytes are.
    pub fn provider(&self) -> &'static str {
        if self.bucket.is_some() {
            IN_BUCKET
        } else {
            LOCAL
        }
    }

    /// The path of a file below the folder.
    pub fn key(workspace: Uuid, file: Uuid) -> String {
        let name = file.simple().to_string();
        // The end of a time-ordered id is random: no folder gets all files of a day.
        format!("{}/{}/{name}", workspace.simple(), &name[30..])
    }

    /// The path of a file's bytes, where it is one of the two that we make: of its ids, or of its hash.
    pub fn trusted<'p>(
        workspace: Uuid,
        file: Uuid,
        path: &'p str,
        hash: Option<&str>,
    ) -> Option<&'p str> {
        let is_of_hash = hash.is_some_and(|hash| {
            hash.len() == 64
                && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
                && path == format!("{}/{}/{hash}", &hash[..2], &hash[2..4])
        });
        (is_of_hash || path == Self::key(workspace, file)).then_some(path)
    }

    /// Takes a body in, up to the size that is allowed, and judges it by its bytes.
    pub async fn receive(&self, body: Body, name: &str, declared: &str) -> Answer<Received> {
        let most = self.most / (1024 * 1024);
        let written = self.write(body.into_data_stream(), self.most).await;
        let mut received = written.map_err(|error| match error {
            WriteError::TooLarge => Problem::new(Code::BodyTooLarge).detail(format!(
                "Files have at most {most} MB here (max_file_size_mb)"
            )),
            WriteError::Source(error) => Problem::new(Code::InvalidRequest).because(error),
            WriteError::Disk(error) => failed(error),
        })?;
        received.kind =
            upload::check(name, declared, received.size, &received.beginning).map_err(refused)?;
        Ok(received)
    }

    /// Writes a stream down, of at most so many bytes, and judges nothing.
    pub async fn write<E>(
        &self,
        stream: impl Stream<Item = Result<Bytes, E>>,
        limit: u64,
    ) -> Result<Received, WriteError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let incoming = self.folder.join("incoming");
        fs::create_dir_all(&incoming).await?;
        let path = incoming.join(Uuid::new_v4().simple().to_string());
        let mut file = File::create_new(&path).await?;
        // From here on what was written is removed whatever happens, also when the caller goes away.
        let mut received = Received {
            path,
            size: 0,
            hash: String::new(),
            kind: BYTES,
            beginning: Vec::with_capacity(SNIFF_LENGTH),
        };
        let mut hash = Sha256::new();
        let mut stream = std::pin::pin!(stream);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| WriteError::Source(error.into()))?;
            received.size += chunk.len() as u64;
            if received.size > limit {
                return Err(WriteError::TooLarge);
            }
            let wanted = SNIFF_LENGTH
                .saturating_sub(received.beginning.len())
                .min(chunk.len());
            received.beginning.extend_from_slice(&chunk[..wanted]);
            hash.update(&chunk);
            file.write_all(&chunk).await?;
        }
        received.hash = hex::encode(hash.finalize());
        file.sync_all().await?;
        Ok(received)
    }

    /// Puts a file in its place.
    pub async fn keep(&self, received: &Received, workspace: Uuid, file: Uuid) -> Answer<()> {
        let path = Self::key(workspace, file);
        if let Some(bucket) = &self.bucket {
            return bucket
                .put(&path, &received.path, received.kind.content_type)
                .await
                .map_err(away);
        }
        let path = self.folder.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).await.map_err(failed)?;
        }
        fs::rename(&received.path, &path).await.map_err(failed)
    }

    /// Whether a file can be put in its place while no connection waits for it.
    pub fn is_away(&self) -> bool {
        self.bucket.is_some()
    }

    fn bucket_of(&self, provider: &str) -> Answer<Option<&Bucket>> {
        match (provider, &self.bucket) {
            (LOCAL, _) => Ok(None),
            (IN_BUCKET, Some(bucket)) => Ok(Some(bucket)),
            _ => Err(Problem::new(Code::Conflict)
                .detail("The bytes of this file are in a storage that this server does not read")),
        }
    }

    /// The bytes of a file, as a stream, and how many they are.
    pub async fn open(&self, provider: &str, path: &str) -> Answer<(Body, Option<u64>)> {
        if let Some(bucket) = self.bucket_of(provider)? {
            return bucket.open(path).await.map_err(away);
        }
        let file = match File::open(self.folder.join(path)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
            other => other.map_err(failed)?,
        };
        let size = file.metadata().await.map_err(failed)?.len();
        Ok((Body::from_stream(ReaderStream::new(file)), Some(size)))
    }

    /// Whether a file is where its row says. What is in a bucket is found out when it is fetched.
    pub fn has(&self, provider: &str, path: &str) -> bool {
        provider == IN_BUCKET && self.bucket.is_some()
            || provider == LOCAL && self.folder.join(path).is_file()
    }

    /// Puts files that were written below `folder` into the bucket.
    pub async fn put_away(&self, folder: &Path, path: &str, media_type: &str) -> Answer<()> {
        match self.bucket_of(IN_BUCKET)? {
            Some(bucket) => {
                let file = folder.join(path);
                bucket.put(path, &file, media_type).await.map_err(away)
            }
            None => Err(missing()),
        }
    }

    /// Removes the bytes that are one file's alone; what is not there is removed already. Those that are named by their hash
    /// may be another's as well, and stay.
    pub async fn remove(
        &self,
        provider: &str,
        workspace: Uuid,
        file: Uuid,
        path: &str,
    ) -> Answer<()> {
        if path != Self::key(workspace, file) {
            return Ok(());
        }
        self.remove_at(provider, path).await
    }

    /// Removes the bytes of a file of which no row is left. A path that is neither made of ids nor of a hash is refused.
    pub async fn remove_erased(
        &self,
        provider: &str,
        workspace: Uuid,
        file: Uuid,
        path: &str,
    ) -> Answer<()> {
        let hash = path.rsplit('/').next();
        match Self::trusted(workspace, file, path, hash) {
            Some(path) => self.remove_at(provider, path).await,
            None => Err(Problem::new(Code::Conflict)
                .detail("The path of the file is none that this program makes")),
        }
    }

    async fn remove_at(&self, provider: &str, path: &str) -> Answer<()> {
        if let Some(bucket) = self.bucket_of(provider)? {
            return bucket.remove(path).await.map_err(away);
        }
        match fs::remove_file(self.folder.join(path)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(failed),
        }
    }
}

fn missing() -> Problem {
    Problem::not_found().detail("The bytes of the file are not on this server")
}

fn away(error: BucketError) -> Problem {
    match error {
        BucketError::NotFound => missing(),
        BucketError::File(error) => failed(error),
        other => Problem::new(Code::Unavailable)
            .detail("The storage of files does not answer as it should")
            .because(other),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_we_make_are_followed() {
        let (workspace, file) = (Uuid::now_v7(), Uuid::now_v7());
        let hash = "ab".repeat(32);
        let own = Storage::key(workspace, file);
        let of_hash = format!("ab/ab/{hash}");
        let trusted = |path: &str| Storage::trusted(workspace, file, path, Some(&hash)).is_some();
        assert!(trusted(&own) && trusted(&of_hash));
        assert!(Storage::trusted(workspace, file, &of_hash, None).is_none());
        for other in [
            Storage::key(Uuid::now_v7(), file),
            Storage::key(workspace, Uuid::now_v7()),
            format!("../{own}"),
            format!("ab/ac/{hash}"),
            "/etc/passwd".to_owned(),
            String::new(),
        ] {
            assert!(!trusted(&other), "{other}");
        }
    }
}
