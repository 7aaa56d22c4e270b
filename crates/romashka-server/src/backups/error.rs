//! Why a backup did not get into a bucket or out of it.

use romashka_db::backup::BackupError;

use crate::attachments::bucket::BucketError;
use crate::settings::SettingError;

/// Why a backup did not get into a bucket or out of it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is none.
    #[error("{0:?} is no bucket: s3://bucket/prefix, of letters, digits, -, _ and .")]
    Address(String),
    /// A variable is missing or wrong.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The storage.
    #[error("{what} {address}")]
    Bucket {
        /// What failed.
        what: &'static str,
        /// With which.
        address: String,
        /// Why.
        #[source]
        source: BucketError,
    },
    /// Something of this name is there.
    #[error("{0} is there already")]
    Taken(String),
    /// What arrived is not what was sent.
    #[error("{address}: {file} did not arrive whole")]
    Incomplete {
        /// The backup.
        address: String,
        /// The object.
        file: String,
    },
    /// The backup itself.
    #[error(transparent)]
    Backup(#[from] BackupError),
}

impl StoreError {
    pub(super) fn bucket(
        what: &'static str,
        address: &str,
    ) -> impl FnOnce(BucketError) -> StoreError + use<> {
        let address = address.to_owned();
        move |source| StoreError::Bucket {
            what,
            address,
            source,
        }
    }

    /// What the user does next.
    pub fn next_step(&self) -> String {
        match self {
            StoreError::Address(_) => "as in s3://company-backups/romashka".to_owned(),
            StoreError::Setting(_) => {
                "romashka environment lists the variables ROMASHKA_BACKUP_S3_…".to_owned()
            }
            StoreError::Bucket {
                source: BucketError::Refused(403) | BucketError::Refused(401),
                ..
            } => "look at the key and what it may do: list, read, write, and remove for the retention".to_owned(),
            StoreError::Bucket {
                source: BucketError::NotFound,
                ..
            } => "romashka backup list s3://… shows what is there".to_owned(),
            StoreError::Bucket { .. } => {
                "look at ROMASHKA_BACKUP_S3_ENDPOINT and at the storage; nothing there is taken for a backup that is not whole".to_owned()
            }
            StoreError::Taken(_) | StoreError::Incomplete { .. } => "make another backup".to_owned(),
            StoreError::Backup(error) => error.next_step(),
        }
    }
}
