//! A storage of S3's protocol on loopback that checks every signature (crate `s3s`), for a test alone.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use romashka_server::attachments::bucket::BucketSettings;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tempfile::TempDir;

/// The bucket that there is.
const BUCKET: &str = "files-of-tests";

/// A storage of S3's protocol.
pub struct ObjectStorage {
    folder: TempDir,
    address: String,
    left: Arc<AtomicI64>,
}

impl ObjectStorage {
    /// Starts one, with an empty bucket.
    ///
    /// # Panics
    /// When there is no port or folder for it.
    pub async fn start() -> ObjectStorage {
        let folder = TempDir::new().expect("a folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
        let files = s3s_fs::FileSystem::new(folder.path()).expect("a storage");
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single("an-id", "a secret key"));
        let service = builder.build().into_shared();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let allowed = left.clone();
        tokio::spawn(async move {
            let server = Arc::new(Builder::new(TokioExecutor::new()));
            while let Ok((connection, _)) = listener.accept().await {
                let (server, service, allowed) = (server.clone(), service.clone(), allowed.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request: hyper::Request<Incoming>| {
                        let (service, allowed) = (service.clone(), allowed.clone());
                        async move {
                            if allowed.fetch_sub(1, Ordering::SeqCst) <= 0 {
                                return Err(io::Error::other("cut off"));
                            }
                            service.call(request).await.map_err(io::Error::other)
                        }
                    });
                    let served = server.serve_connection(TokioIo::new(connection), service);
                    served.await.ok();
                });
            }
        });
        ObjectStorage {
            folder,
            address,
            left,
        }
    }

    /// After so many requests more it cuts every connection without an answer.
    pub fn break_off_after(&self, requests: i64) {
        self.left.store(requests, Ordering::SeqCst);
    }

    /// It answers again.
    pub fn mend(&self) {
        self.left.store(i64::MAX, Ordering::SeqCst);
    }

    /// How a server is told of it.
    pub fn settings(&self) -> BucketSettings {
        BucketSettings {
            endpoint: self.address.parse().expect("an address"),
            name: BUCKET.to_owned(),
            region: "eu-central-1".to_owned(),
            path_style: true,
            prefix: "romashka/".to_owned(),
            access_key: "an-id".to_owned(),
            secret_key: "a secret key".to_owned().into(),
        }
    }

    /// How a process is told of it, for its backups.
    pub fn environment(&self) -> [(&'static str, &str); 4] {
        [
            ("ROMASHKA_BACKUP_S3_ENDPOINT", &self.address),
            ("ROMASHKA_BACKUP_S3_REGION", "eu-central-1"),
            ("ROMASHKA_BACKUP_S3_ACCESS_KEY_ID", "an-id"),
            ("ROMASHKA_BACKUP_S3_SECRET_ACCESS_KEY", "a secret key"),
        ]
    }

    /// The address of a place in the bucket.
    pub fn place(&self, prefix: &str) -> String {
        format!("s3://{BUCKET}/{prefix}")
    }

    /// Where an object lies on this machine.
    pub fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join(key)
    }

    /// The objects, by their keys.
    pub fn objects(&self) -> Vec<(String, Vec<u8>)> {
        let root = self.folder.path().join(BUCKET);
        files_below(&root)
            .into_iter()
            .map(|path| {
                let key = path.strip_prefix(&root).expect("below it");
                (
                    key.to_str().expect("a key").to_owned(),
                    std::fs::read(&path).expect("bytes"),
                )
            })
            .collect()
    }

    /// Parts of uploads that were neither finished nor given up.
    pub fn loose_parts(&self) -> usize {
        std::fs::read_dir(self.folder.path())
            .expect("the storage")
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(".upload"))
            .count()
    }
}

/// The files below a folder, in order.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files_below(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}
