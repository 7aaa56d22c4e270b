//! Backups by the server: when they are due, by one process, once; again when one failed; into a folder or a bucket.

use romashka_tests::ObjectStorage;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::bucket::{address, change};
use super::*;

/// A server that makes backups; ended with this.
struct Serving(Child);

impl Serving {
    /// Makes them in the bucket of a storage that answers at `endpoint`.
    fn into_bucket(place: &Place, storage: &ObjectStorage, endpoint: &str) -> Command {
        let mut command = place.command(&["serve"]);
        command
            .envs(storage.environment())
            .env("ROMASHKA_BACKUP_S3_ENDPOINT", endpoint)
            .env("ROMASHKA_BACKUP_TO", storage.place("kept"));
        command
    }

    fn start(mut command: Command) -> Serving {
        let child = command
            .env("ROMASHKA_LISTEN", "127.0.0.1:0")
            .env("ROMASHKA_BACKUP_SCHEDULE", "15 3 29 2 *")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Serving(child.expect("romashka runs"))
    }
}

/// Where the storage is reached with a key that may remove nothing: what comes is passed on, but for removals.
async fn without_removals(storage: &ObjectStorage) -> String {
    let to = storage.settings().endpoint;
    let to = format!("127.0.0.1:{}", to.port().expect("a port"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut storage = TcpStream::connect(&to).await.expect("the storage");
            tokio::spawn(async move {
                let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
                loop {
                    let passed = tokio::select! {
                        Ok(count @ 1..) = client.read(&mut asked) => match asked.starts_with(b"DELETE ") {
                            true => client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await,
                            false => storage.write_all(&asked[..count]).await,
                        },
                        Ok(count @ 1..) = storage.read(&mut answered) => client.write_all(&answered[..count]).await,
                        else => return,
                    };
                    if passed.is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("http://{address}")
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Place {
    async fn job(&self, column: &str) -> Option<String> {
        let rows = self
            .database
            .owner()
            .query(
                &format!(
                    "select {column}::text from romashka.scheduled_jobs where name = 'backup'"
                ),
                &[],
            )
            .await
            .expect("the jobs");
        rows.first().and_then(|row| row.get(0))
    }

    async fn job_until(&self, column: &str, is_it: impl Fn(&str) -> bool) -> String {
        for _ in 0..600 {
            if let Some(text) = self.job(column).await
                && is_it(&text)
            {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{column} of the job is {:?}", self.job(column).await)
    }

    async fn make_due(&self) {
        let statement = "update romashka.scheduled_jobs set next_run_at = now() - interval '1 second' where name = 'backup'";
        let owner = self.database.owner();
        assert_eq!(owner.execute(statement, &[]).await.expect("a job"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_made_once_by_one_of_the_processes() {
    let Some(place) = Place::new().await else {
        return;
    };
    let start = || {
        let mut command = place.command(&["serve"]);
        command.env("ROMASHKA_BACKUP_TO", place.path("kept"));
        Serving::start(command)
    };
    let _servers = [start(), start(), start()];
    let next = place.job_until("next_run_at", |_| true).await;
    assert!(next.contains("-02-29"), "{next}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!place.path("kept").exists(), "none is due yet");
    place.make_due().await;
    place.job_until("runs", |runs| runs == "1").await;
    // The others have looked by then.
    tokio::time::sleep(Duration::from_millis(6500)).await;
    let listed = place.json(&["backup", "list", "kept"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(place.job("last_error").await, None);
    assert_eq!(place.job("next_run_at").await, Some(next.clone()));
    let first = place.path(listed[0]["folder"].as_str().expect("a folder"));
    place.succeed(&[
        "backup",
        "verify",
        first.to_str().expect("a path"),
        "--checksums",
    ]);
    // Old ones go as the setting says.
    let manifest = first.join("manifest.json");
    let text = fs::read_to_string(&manifest).expect("a manifest");
    let mut said: Value = serde_json::from_str(&text).expect("JSON");
    said["created_at"] = "2020-01-01T00:00:00Z".into();
    fs::write(&manifest, said.to_string()).expect("a manifest");
    place.make_due().await;
    place.job_until("runs", |runs| runs == "2").await;
    assert!(!first.exists(), "it was too old");
    let listed = place.json(&["backup", "list", "kept"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!(place.job("next_run_at").await, Some(next));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_is_told_and_tried_again() {
    let Some(place) = Place::new().await else {
        return;
    };
    let storage = ObjectStorage::start().await;
    storage.break_off_after(3);
    let mut command = place.command(&["serve"]);
    command
        .envs(storage.environment())
        .env("ROMASHKA_BACKUP_TO", storage.place("kept"));
    let _server = Serving::start(command);
    let next = place.job_until("next_run_at", |_| true).await;
    place.make_due().await;
    place.job_until("failures", |count| count == "1").await;
    let said = place.job("last_error").await.expect("a reason");
    assert!(said.contains("s3://"), "{said}");
    assert_ne!(
        place.job("next_run_at").await,
        Some(next.clone()),
        "sooner than the next one"
    );
    storage.mend();
    place.make_due().await;
    place.job_until("runs", |runs| runs == "2").await;
    assert_eq!(place.job("last_error").await, None);
    assert_eq!(place.job("next_run_at").await, Some(next));
    let manifests = storage
        .objects()
        .into_iter()
        .filter(|(key, _)| key.ends_with("/manifest.json"));
    assert_eq!(manifests.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_kept_is_not_made_again_where_nothing_can_be_removed() {
    let Some(place) = Place::new().await else {
        return;
    };
    let storage = ObjectStorage::start().await;
    let to = storage.place("kept");
    let old = address(&place.json_with(&storage, &["backup", "--to", &to, "--no-files"]));
    change(&storage, &old, |said| {
        said["created_at"] = "2020-01-01T00:00:00Z".into();
    });
    // No manifest is so large: it hides none of the others.
    let large = storage.path("kept/romashka-large/manifest.json");
    fs::create_dir_all(large.parent().expect("a folder")).expect("a folder");
    let file = fs::File::create(large).expect("an object");
    file.set_len((16 << 20) + 1).expect("an object");
    let endpoint = without_removals(&storage).await;

    let server = Serving::start(Serving::into_bucket(&place, &storage, &endpoint));
    let next = place.job_until("next_run_at", |_| true).await;
    place.make_due().await;
    place.job_until("runs", |runs| runs == "1").await;
    let said = place.job("last_error").await.expect("a reason");
    assert!(said.contains("older ones were not removed"), "{said}");
    assert_eq!(place.job("failures").await.as_deref(), Some("1"));
    assert_eq!(place.job("next_run_at").await, Some(next.clone()));
    // It has been looked once more by then.
    tokio::time::sleep(Duration::from_millis(6500)).await;
    assert_eq!(place.job("runs").await.as_deref(), Some("1"));
    let listed = place.listed(&storage);
    assert_eq!(listed.len(), 2, "the old one and one new");
    assert!(listed.iter().all(|backup| backup["whole"] == true));
    assert_eq!(address(&listed[1]), old);
    drop(server);

    // Told to remove nothing, it does not try.
    let mut command = Serving::into_bucket(&place, &storage, &endpoint);
    command.env("ROMASHKA_BACKUP_PRUNE", "false");
    let _server = Serving::start(command);
    place.make_due().await;
    place.job_until("runs", |runs| runs == "2").await;
    assert_eq!(place.job("last_error").await, None);
    assert_eq!(place.job("next_run_at").await, Some(next));
    assert_eq!(place.listed(&storage).len(), 3);
}
