//! Backups in a bucket: they restore, what breaks off is none, and only what is theirs is removed.

use romashka_tests::ObjectStorage;

use super::*;

impl Place {
    /// A command that is told of the storage, and whose scratch folders are the test's.
    fn command_with(&self, storage: &ObjectStorage, arguments: &[&str]) -> Command {
        let scratch = self.path("scratch");
        fs::create_dir_all(&scratch).expect("a folder");
        let mut command = self.command(arguments);
        command.envs(storage.environment()).env("TMPDIR", scratch);
        command
    }

    fn run_with(
        &self,
        storage: &ObjectStorage,
        arguments: &[&str],
    ) -> (Option<i32>, String, Value) {
        let output = self
            .command_with(storage, &[arguments, &["--json"]].concat())
            .output()
            .expect("romashka runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let document = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code(), said, document)
    }

    pub(super) fn json_with(&self, storage: &ObjectStorage, arguments: &[&str]) -> Value {
        let (code, said, document) = self.run_with(storage, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        document
    }

    pub(super) fn listed(&self, storage: &ObjectStorage) -> Vec<Value> {
        let found = self.json_with(storage, &["backup", "list", &storage.place("kept")]);
        found.as_array().expect("a list").clone()
    }

    /// What is left in the folder for what is on its way.
    fn scratch(&self) -> usize {
        fs::read_dir(self.path("scratch"))
            .expect("a folder")
            .count()
    }
}

/// Says something else in the manifest of a backup, by its address.
pub(super) fn change(storage: &ObjectStorage, address: &str, change: impl FnOnce(&mut Value)) {
    let name = address.rsplit('/').next().expect("a name");
    let path = storage.path(&format!("kept/{name}/manifest.json"));
    let text = fs::read(&path).expect("a manifest");
    let mut said: Value = serde_json::from_slice(&text).expect("JSON");
    change(&mut said);
    fs::write(path, said.to_string()).expect("a manifest");
}

pub(super) fn address(made: &Value) -> String {
    made["folder"].as_str().expect("an address").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_in_a_bucket_restores() {
    let Some(place) = Place::new().await else {
        return;
    };
    let storage = ObjectStorage::start().await;
    // More than one part, and not a whole number of them.
    let large: Vec<u8> = (0..20_000_000_u32)
        .map(|number| (number >> 7) as u8)
        .collect();
    fs::write(place.path("data/files/0190/ab/large"), &large).expect("a file");
    let to = storage.place("kept");
    let made = address(&place.json_with(&storage, &["backup", "--to", &to]));
    assert!(made.starts_with(&format!("{to}/romashka-")), "{made}");
    assert_eq!(place.scratch(), 0, "nothing of it stays on this machine");
    assert_eq!(storage.loose_parts(), 0);
    let listed = place.listed(&storage);
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["folder"], &listed[0]["whole"]),
        (&made.as_str().into(), &true.into())
    );

    let proved = place.json_with(&storage, &["backup", "verify", &made]);
    assert_eq!(proved["report"]["passed"], true);
    fs::remove_file(place.path("data/files/0190/ab/large")).expect("a file");
    let copy = place.name("copy");
    let restored = place.json_with(&storage, &["restore", &made, "--database", &copy.0]);
    assert_eq!(restored["report"]["passed"], true);
    assert_eq!(restored["files"], 1);
    assert_eq!(
        fs::read(place.path("data/files/0190/ab/large")).expect("a file"),
        large
    );
    assert_eq!(place.scratch(), 0);

    // An object that was changed, or is gone.
    let name = made.rsplit('/').next().expect("a name");
    let path = storage.path(&format!("kept/{name}/files.tar"));
    let mut bytes = fs::read(&path).expect("an object");
    bytes[19_000_000] ^= 1;
    fs::write(&path, &bytes).expect("an object");
    let (code, said, _) = place.run_with(&storage, &["backup", "verify", &made, "--checksums"]);
    assert!(
        code == Some(1) && said.contains("another content"),
        "{code:?} {said}"
    );
    fs::remove_file(&path).expect("an object");
    assert_eq!(place.listed(&storage)[0]["whole"], false);
    let (code, said, _) = place.run_with(&storage, &["restore", &made, "--force"]);
    assert!(
        code == Some(1) && said.contains("does not have the file"),
        "{code:?} {said}"
    );
    assert_eq!(place.scratch(), 0);

    // Beside a folder of this machine; and what is no address, or has no key, is told.
    let made = address(&place.json_with(&storage, &["backup", "here", "--no-files", "--to", &to]));
    let name = made.rsplit('/').next().expect("a name");
    assert!(place.path(&format!("here/{name}/manifest.json")).is_file());
    let (code, said, _) = place.run_with(&storage, &["backup", "--to", "s3://b/a b"]);
    assert!(
        code == Some(2) && said.contains("is no bucket"),
        "{code:?} {said}"
    );
    let output = place
        .command(&["backup", "list", &to])
        .output()
        .expect("romashka runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("ROMASHKA_BACKUP_S3_ACCESS_KEY_ID"), "{said}");
    let output = place
        .command_with(&storage, &["backup", "list", &to])
        .env("ROMASHKA_BACKUP_S3_SECRET_ACCESS_KEY", "a wrong one")
        .output()
        .expect("romashka runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(1) && said.contains("answered 403"),
        "{said}"
    );
    assert!(!said.contains("a wrong one"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_off_on_its_way_is_no_backup() {
    let Some(place) = Place::new().await else {
        return;
    };
    let storage = ObjectStorage::start().await;
    let large: Vec<u8> = (0..20_000_000_u32)
        .map(|number| (number >> 9) as u8)
        .collect();
    fs::write(place.path("data/files/0190/ab/large"), &large).expect("a file");
    let to = storage.place("kept");
    for requests in [0, 1, 2, 7, 30] {
        storage.break_off_after(requests);
        let (code, said, _) = place.run_with(&storage, &["backup", "--to", &to]);
        assert_eq!(code, Some(1), "after {requests} requests: {said}");
        storage.mend();
        assert!(
            place.listed(&storage).is_empty(),
            "after {requests} requests"
        );
        assert_eq!(place.scratch(), 0);
        // Another second, another name.
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    // Killed while objects arrive, as by kill -9: nothing is removed, and nothing is taken for a backup.
    for arrived in [1, 20, 60] {
        let before = storage.objects().len();
        let mut child = begin(place.command_with(&storage, &["backup", "--to", &to]));
        while storage.objects().len() < before + arrived {
            assert!(
                child.try_wait().expect("a child").is_none(),
                "it went on to its end"
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let _ = child.kill();
        child.wait().expect("an end");
        assert!(place.listed(&storage).is_empty());
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    // What broke off lately may be somebody's who is still at it; later the retention removes it.
    let loose = storage.objects().len();
    assert!(loose > 60, "{loose}");
    let name = storage.objects()[0]
        .0
        .split('/')
        .nth(1)
        .expect("a name")
        .to_owned();
    let database = name.rsplit('-').next().expect("a database").to_owned();
    fs::rename(
        storage.path(&format!("kept/{name}")),
        storage.path(&format!("kept/romashka-20200101T000000Z-{database}")),
    )
    .expect("an older one");
    for name in ["romashka-20200101T000000Z-another", "a-folder"] {
        fs::create_dir_all(storage.path(&format!("kept/{name}"))).expect("a folder");
        fs::write(storage.path(&format!("kept/{name}/x")), "x").expect("an object");
    }
    let made = place.json_with(&storage, &["backup", "--to", &to, "--no-files", "--prune"]);
    assert_eq!(made["removed"], serde_json::json!([]));
    let names: Vec<String> = storage.objects().into_iter().map(|(key, _)| key).collect();
    let has = |part: &str| names.iter().any(|name| name.contains(part));
    assert!(!has(&format!("20200101T000000Z-{database}")));
    assert!(has("20200101T000000Z-another/x") && has("a-folder/x"));
    assert_eq!(place.listed(&storage).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_in_a_bucket_keeps_the_last_that_is_whole_and_what_is_others() {
    let Some(place) = Place::new().await else {
        return;
    };
    let storage = ObjectStorage::start().await;
    let to = storage.place("kept");
    let mut made = Vec::new();
    for _ in 0..5 {
        let one = place.json_with(&storage, &["backup", "--to", &to, "--no-files"]);
        made.push(address(&one));
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    for (number, address) in made.iter().enumerate() {
        change(&storage, address, |said| {
            said["created_at"] = format!("2020-01-0{}T00:00:00Z", number + 1).into();
        });
    }
    change(&storage, &made[0], |said| {
        said["database"] = "another".into()
    });
    change(&storage, &made[1], |said| said["system"] = "1".into());
    let objects_of = |address: &str| {
        let name = address.rsplit('/').next().expect("a name").to_owned();
        let objects = storage.objects();
        objects
            .into_iter()
            .filter(|(key, _)| key.contains(&name))
            .count()
    };
    // The newest lost an object: it is no reason to remove the one before it.
    let name = made[4].rsplit('/').next().expect("a name");
    fs::remove_file(storage.path(&format!("kept/{name}/contents.json"))).expect("an object");
    let newest = place.json_with(&storage, &["backup", "--to", &to, "--no-files"]);
    let name = address(&newest)
        .rsplit('/')
        .next()
        .expect("a name")
        .to_owned();
    fs::remove_file(storage.path(&format!("kept/{name}/contents.json"))).expect("an object");
    let client = place.database.owner();
    client
        .batch_execute("update public.system_settings set setting_value = '14' where setting_key = 'backup_retention_days'")
        .await
        .expect("a setting");
    // The server's own clean-up, over the same code: `maintain` removes folders, `backup --prune` also what is in the bucket.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    storage.break_off_after(0);
    let (code, _, _) = place.run_with(&storage, &["backup", "--to", &to, "--no-files", "--prune"]);
    assert_eq!(code, Some(1), "a backup that fails removes nothing");
    storage.mend();
    for address in &made {
        assert!(objects_of(address) > 0, "{address}");
    }
    let last = place.json_with(&storage, &["backup", "--to", &to, "--no-files", "--prune"]);
    let mut removed: Vec<String> = last["removed"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|text| text.as_str().expect("an address").to_owned())
        .collect();
    removed.sort();
    // The one that was just made is whole, so that all of ours that are old go, whole or not.
    assert_eq!(removed, [made[2].clone(), made[3].clone(), made[4].clone()]);
    for address in &removed {
        assert_eq!(objects_of(address), 0, "{address}");
    }
    for address in &made[..2] {
        assert!(objects_of(address) > 0, "{address}");
    }
    place.json_with(
        &storage,
        &["backup", "verify", &address(&last), "--checksums"],
    );
}
