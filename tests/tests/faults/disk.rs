//! The disk is full: under PostgreSQL while people work, and under a backup.
//!
//! A small file system in memory stands for it, which only root can mount; elsewhere these say that they did not run.

use super::*;

/// A small file system, gone with this.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// One of so many megabytes; none where this user may not mount it.
    fn new(megabytes: u32) -> Option<SmallDisk> {
        let folder = tempfile::Builder::new()
            .prefix("romashka-d")
            .tempdir_in("/tmp")
            .expect("a folder")
            .keep();
        let mounted = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={megabytes}m,mode=0755"),
                "tmpfs",
            ])
            .arg(&folder)
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(SmallDisk(folder));
        }
        let _ = std::fs::remove_dir(&folder);
        eprintln!("not run: only root can mount a small file system, and not in every container");
        None
    }

    /// Fills it but for so many megabytes.
    fn fill(&self, left: u64) {
        let free = rustix::fs::statvfs(&self.0).expect("the file system");
        let free = free.f_bavail * free.f_frsize;
        let ballast = free.saturating_sub(left << 20);
        let zeros = vec![0_u8; 1 << 20];
        let mut file = std::fs::File::create(self.0.join("ballast")).expect("a file");
        for _ in 0..ballast >> 20 {
            match file.write_all(&zeros) {
                // The server has written meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => break,
                written => written.expect("a file"),
            }
        }
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.join("ballast")).expect("a file");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_disk_is_full_while_messages_come_in() {
    let Some(disk) = SmallDisk::new(600) else {
        return;
    };
    let folder = tempfile::Builder::new()
        .prefix("romashka-c")
        .tempdir_in("/tmp")
        .expect("a folder in /tmp")
        .keep();
    let data = disk.0.join("data");
    std::fs::create_dir(&data).expect("a folder");
    let cluster = Cluster::start_at(
        folder,
        data,
        &[
            "max_wal_size=64MB",
            "min_wal_size=32MB",
            "checkpoint_timeout=1h",
        ],
    );
    let mut place = Place::over(cluster).await;
    place.succeed(&["migrate"]);
    let workplace = place.workplace().await;
    let mut tally = Tally::default();
    let mut account = Account::default();
    for round in 0..rounds() {
        let work = Workload::start(&workplace, &format!("disk{round}"), 6);
        tokio::time::sleep(Duration::from_millis(500)).await;
        disk.fill(6);
        // Until it says so or is ended by it: a write-ahead log that cannot be written ends PostgreSQL.
        let mut was_full = false;
        for _ in 0..600 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if place.cluster.log().contains("No space left on device") || !place.cluster.runs() {
                was_full = true;
                break;
            }
        }
        assert!(was_full, "the disk was not full");
        tally.runs += 1;
        tally.faults += 1;
        tokio::time::sleep(Duration::from_millis(300)).await;
        disk.empty();
        place.cluster.kill();
        place.cluster.begin();
        tokio::time::sleep(Duration::from_millis(500)).await;
        let seen = work.stop().await;
        assert!(
            !seen.errors.is_empty(),
            "somebody saw that the disk was full"
        );
        account.acknowledged.extend(seen.acknowledged);
        place.is_sound(Some(&account)).await;
    }
    tally.acknowledged = account.acknowledged.len();
    tally.note("Disk of PostgreSQL full while messages come in");
    // Its data lies on the disk.
    drop(place);
    drop(disk);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-faults"]
async fn the_disk_is_full_under_a_backup() {
    let Some(disk) = SmallDisk::new(8) else {
        return;
    };
    let place = Place::filled().await;
    let files = place.path("data/files/0190/ab");
    std::fs::create_dir_all(&files).expect("a folder");
    let large: Vec<u8> = (0..6_000_000_u32)
        .map(|number| (number >> 5) as u8)
        .collect();
    std::fs::write(files.join("0190ab"), large).expect("a file");
    let to = disk.0.join("kept");
    let to = to.to_str().expect("a path");
    let mut tally = Tally::default();
    // Full at another step each time: the attachments, the dump, the first file.
    for left in [4, 1, 0] {
        disk.fill(left);
        let output = place.run(&["backup", to]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{left} MB: {said}");
        assert!(said.contains("No space left"), "{left} MB: {said}");
        let kept = std::fs::read_dir(to).map_or(0, Iterator::count);
        assert_eq!(kept, 0, "{left} MB: something stays behind");
        tally.runs += 1;
        tally.faults += 1;
        disk.empty();
    }
    std::fs::remove_file(files.join("0190ab")).expect("a file");
    let made = place.json(&["backup", to]);
    let folder = made["folder"].as_str().expect("a folder");
    place.succeed(&["backup", "verify", folder, "--checksums"]);
    place.is_sound(None).await;
    tally.note("Disk of the backups full");
}
