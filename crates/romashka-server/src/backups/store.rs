//! A place for backups in a bucket.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use romashka_db::backup::{
    Backup, BackupError, MANIFEST, Manifest, Observer, Owner, Scratch, Step, which_go,
};
use romashka_db::environment::Variable;

use super::StoreError;
use crate::attachments::bucket::{Bucket, BucketError, BucketSettings, Object, plain_prefix};

/// What the address of a bucket begins with.
const SCHEME: &str = "s3://";
/// Largest manifest that is read, in bytes.
const MANIFEST_LIMIT: usize = 16 << 20;
/// What broke off is removed after so many hours: until then somebody may be at it.
const HOURS_OF_A_BACKUP: i64 = 48;

/// Whether a text means a bucket, not a folder.
pub fn is_address(text: &str) -> bool {
    text.starts_with(SCHEME)
}

/// The place and the name of a backup whose address is this.
pub fn one_of(address: &str) -> Option<(&str, &str)> {
    let (place, name) = address.trim_end_matches('/').rsplit_once('/')?;
    (place.len() > SCHEME.len() && is_name(name)).then_some((place, name))
}

/// Whether a backup can be called so.
fn is_name(name: &str) -> bool {
    name.starts_with("romashka-")
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// When a backup of this name was begun, and of which database.
fn told_by(name: &str) -> Option<(Timestamp, &str)> {
    let (time, database) = name.strip_prefix("romashka-")?.split_once('-')?;
    let time = civil::DateTime::strptime("%Y%m%dT%H%M%SZ", time).ok()?;
    Some((time.to_zoned(TimeZone::UTC).ok()?.timestamp(), database))
}

/// A place for backups in a bucket.
pub struct Store {
    bucket: Bucket,
    address: String,
}

/// A backup in a bucket.
#[derive(Clone, Debug)]
pub struct Remote {
    /// Its address.
    pub address: String,
    /// Its name.
    pub name: String,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Whether every object of it is there in its size.
    pub is_whole: bool,
    /// Its objects.
    objects: Vec<String>,
}

impl Remote {
    /// How many bytes its files have.
    pub fn bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.bytes).sum()
    }
}

impl Store {
    /// The place of this address, `s3://bucket/prefix`, with the keys of the environment.
    pub fn open(
        address: &str,
        read: &dyn Fn(&Variable) -> Option<String>,
    ) -> Result<Store, StoreError> {
        let wrong = || StoreError::Address(address.to_owned());
        let rest = address.strip_prefix(SCHEME).ok_or_else(wrong)?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_plain) {
            return Err(wrong());
        }
        let prefix = plain_prefix(prefix).ok_or_else(wrong)?;
        let settings = BucketSettings::for_backups(read, name, &prefix)?;
        let address = format!("{SCHEME}{name}/{prefix}");
        let bucket = Bucket::new(&settings).map_err(|_| wrong())?;
        Ok(Store {
            bucket,
            address: address.trim_end_matches('/').to_owned(),
        })
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    fn address_of(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// Puts a backup of this machine there; where it is then. What it was told to put and could not is removed again.
    pub async fn keep(
        &self,
        backup: &Backup,
        observer: Observer<'_>,
    ) -> Result<String, StoreError> {
        let name = backup
            .folder
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| is_name(name))
            .ok_or_else(|| StoreError::Address(backup.folder.display().to_string()))?;
        let address = self.address_of(name);
        let there = self.below(name).await?;
        if !there.is_empty() {
            return Err(StoreError::Taken(address));
        }
        let kept = self.put(backup, name, &address, observer).await;
        if kept.is_err() {
            for file in &backup.manifest.files {
                // The storage is away, most likely; what stays is no backup, and the next one removes it.
                if self
                    .bucket
                    .remove(&format!("{name}/{}", file.name))
                    .await
                    .is_err()
                {
                    break;
                }
            }
        }
        kept.map(|()| address)
    }

    async fn put(
        &self,
        backup: &Backup,
        name: &str,
        address: &str,
        observer: Observer<'_>,
    ) -> Result<(), StoreError> {
        let failed = || StoreError::bucket("cannot write to", address);
        let (done, total) = (AtomicU64::new(0), backup.bytes());
        let passed = |bytes: u64| {
            let before = done.fetch_add(bytes, Ordering::Relaxed);
            observer(Step::Send, before + bytes, total);
        };
        observer(Step::Send, 0, total);
        for file in &backup.manifest.files {
            self.bucket
                .put_large(
                    &format!("{name}/{}", file.name),
                    &backup.folder.join(&file.name),
                    &passed,
                )
                .await
                .map_err(failed())?;
        }
        let there = self.below(name).await?;
        let manifest = &backup.manifest;
        if let Some(file) = missing(manifest, name, &there) {
            return Err(StoreError::Incomplete {
                address: address.to_owned(),
                file: file.to_owned(),
            });
        }
        // From here on it is a backup.
        self.bucket
            .put_large(
                &format!("{name}/{MANIFEST}"),
                &backup.folder.join(MANIFEST),
                &|_| {},
            )
            .await
            .map_err(failed())
    }

    async fn below(&self, name: &str) -> Result<Vec<Object>, StoreError> {
        self.bucket
            .list(&format!("{name}/"))
            .await
            .map_err(StoreError::bucket("cannot list", &self.address))
    }

    /// Everything that is there, by the names under which backups would be.
    async fn everything(&self) -> Result<BTreeMap<String, Vec<Object>>, StoreError> {
        let objects = self
            .bucket
            .list("")
            .await
            .map_err(StoreError::bucket("cannot list", &self.address))?;
        let mut found: BTreeMap<String, Vec<Object>> = BTreeMap::new();
        for object in objects {
            if let Some((name, _)) = object.path.split_once('/')
                && is_name(name)
            {
                found.entry(name.to_owned()).or_default().push(object);
            }
        }
        Ok(found)
    }

    /// The backups that are there, newest first. Whatever else is there is passed over.
    pub async fn list(&self) -> Result<Vec<Remote>, StoreError> {
        let mut found = Vec::new();
        for (name, objects) in self.everything().await? {
            let path = format!("{name}/{MANIFEST}");
            if !objects.iter().any(|object| object.path == path) {
                continue;
            }
            let text = match self.bucket.read(&path, MANIFEST_LIMIT).await {
                Ok(text) => text,
                // It was removed since the list was made, or is no manifest: the others are there all the same.
                Err(BucketError::NotFound | BucketError::TooLarge) => continue,
                Err(error) => {
                    let failed = StoreError::bucket("cannot read", &self.address_of(&name));
                    return Err(failed(error));
                }
            };
            let Ok(manifest) = Manifest::parse(&text) else {
                continue;
            };
            found.push(Remote {
                address: self.address_of(&name),
                is_whole: missing(&manifest, &name, &objects).is_none(),
                objects: objects.into_iter().map(|object| object.path).collect(),
                manifest,
                name,
            });
        }
        found.sort_by(|one, other| {
            (other.manifest.created_at, &other.name).cmp(&(one.manifest.created_at, &one.name))
        });
        Ok(found)
    }

    /// Fetches a backup into a folder, in which it gets a folder of its own. Its files are not yet compared with their hashes.
    pub async fn fetch(
        &self,
        name: &str,
        into: &Scratch,
        observer: Observer<'_>,
    ) -> Result<Backup, StoreError> {
        let address = self.address_of(name);
        let failed = || StoreError::bucket("cannot read", &address);
        let folder = into.path().join(name);
        make(&folder)?;
        self.bucket
            .fetch(
                &format!("{name}/{MANIFEST}"),
                &folder.join(MANIFEST),
                MANIFEST_LIMIT as u64,
                &|_| {},
            )
            .await
            .map_err(failed())?;
        let backup = Backup::open(&folder)?;
        let (done, total) = (AtomicU64::new(0), backup.bytes());
        let passed = |bytes: u64| {
            let before = done.fetch_add(bytes, Ordering::Relaxed);
            observer(Step::Fetch, before + bytes, total);
        };
        observer(Step::Fetch, 0, total);
        for file in &backup.manifest.files {
            let to = folder.join(&file.name);
            make(to.parent().unwrap_or(&folder))?;
            self.bucket
                .fetch(&format!("{name}/{}", file.name), &to, file.bytes, &passed)
                .await
                .map_err(failed())?;
        }
        Ok(backup)
    }

    /// Removes the backups of a database that are older than so many days, and what broke off long ago; the addresses of the
    /// backups. The newest that is whole always stays.
    pub async fn prune(
        &self,
        owner: &Owner,
        days: u32,
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let mut ours = self.list().await?;
        ours.retain(|backup| owner.made(&backup.manifest));
        let created: Vec<Timestamp> = ours.iter().map(|one| one.manifest.created_at).collect();
        let going = which_go(&created, |place| ours[place].is_whole, days, now);
        let mut removed = Vec::new();
        for (backup, goes) in ours.iter().zip(going) {
            if goes {
                // The manifest first, so that half a backup is never taken for one.
                self.remove(&format!("{}/{MANIFEST}", backup.name)).await?;
                for path in &backup.objects {
                    self.remove(path).await?;
                }
                removed.push(backup.address.clone());
            }
        }
        self.remove_what_broke_off(owner, now).await?;
        Ok(removed)
    }

    async fn remove_what_broke_off(&self, owner: &Owner, now: Timestamp) -> Result<(), StoreError> {
        let until = now
            .saturating_sub(SignedDuration::from_hours(HOURS_OF_A_BACKUP))
            .unwrap_or(Timestamp::MIN);
        let suffix = romashka_db::backup::plain(&owner.database);
        for (name, objects) in self.everything().await? {
            let manifest = format!("{name}/{MANIFEST}");
            let is_backup = objects.iter().any(|object| object.path == manifest);
            let is_old =
                told_by(&name).is_some_and(|(begun, database)| begun < until && database == suffix);
            if !is_backup && is_old {
                for object in &objects {
                    self.remove(&object.path).await?;
                }
            }
        }
        Ok(())
    }

    async fn remove(&self, path: &str) -> Result<(), StoreError> {
        self.bucket
            .remove(path)
            .await
            .map_err(StoreError::bucket("cannot remove from", &self.address))
    }
}

/// The first file of a manifest that is not there in its size.
fn missing<'m>(manifest: &'m Manifest, name: &str, there: &[Object]) -> Option<&'m str> {
    let sizes: BTreeMap<&str, u64> = there
        .iter()
        .map(|object| (object.path.as_str(), object.bytes))
        .collect();
    manifest
        .files
        .iter()
        .find(|file| sizes.get(format!("{name}/{}", file.name).as_str()) != Some(&file.bytes))
        .map(|file| file.name.as_str())
}

fn make(folder: &Path) -> Result<(), BackupError> {
    fs::create_dir_all(folder).map_err(|source| BackupError::File {
        what: "cannot make",
        path: folder.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_bucket_and_perhaps_a_backup() {
        let keys =
            |variable: &Variable| variable.name.contains("ACCESS_KEY").then(|| "x".to_owned());
        let address = |text: &str| Store::open(text, &keys).map(|store| store.address);
        assert_eq!(address("s3://b/").expect("a bucket"), "s3://b");
        assert_eq!(address("s3://b/x/y/").expect("a bucket"), "s3://b/x/y");
        for text in [
            "s3://",
            "s3:///x",
            "s3://b/../c",
            "s3://b/a b",
            "/srv",
            "s3://b c",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
        let name = "romashka-20261128T090000Z-romashka";
        let whole = format!("s3://b/x/{name}");
        assert_eq!(one_of(&whole), Some(("s3://b/x", name)));
        assert_eq!(one_of(&format!("s3://b/{name}/")), Some(("s3://b", name)));
        assert_eq!(one_of("s3://b/x"), None);
        assert_eq!(one_of(&format!("s3://{name}")), None);
        let (begun, database) = told_by("romashka-20261128T090000Z-my-db").expect("a time");
        assert_eq!(begun.to_string(), "2026-11-28T09:00:00Z");
        assert_eq!(database, "my-db");
        assert!(told_by("romashka-mine").is_none());
    }
}
