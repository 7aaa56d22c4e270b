//! Memory and processors of the machine that the server runs on.
//!
//! Invariant: figures are taken from this machine only when the server's own process was seen on it; a tunnel or a container
//! that looks local is not mistaken for it. Otherwise it is said what was assumed, and from what.

use std::fs;
use std::path::Path;

use serde::Serialize;

/// How a figure was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Given by the user.
    Given,
    /// Read from the machine, which is the server's.
    Machine,
    /// The limit of the server's control group, which is less than the machine has.
    ControlGroup,
    /// Assumed to be four times `shared_buffers`, the usual share.
    AssumedFromSharedBuffers,
    /// Assumed to be four thirds of `effective_cache_size`, the usual share.
    AssumedFromCacheSize,
    /// Not known.
    Unknown,
}

/// What the server has to work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// How it was learned.
    pub memory_source: Source,
    /// Processors that the server may use.
    pub cores: Option<u32>,
    /// How they were learned.
    pub cores_source: Source,
    /// Huge pages that the kernel has set aside, where the machine could be read.
    pub huge_pages: Option<u64>,
}

impl Resources {
    /// Nothing known.
    pub const UNKNOWN: Resources = Resources {
        memory: None,
        memory_source: Source::Unknown,
        cores: None,
        cores_source: Source::Unknown,
        huge_pages: None,
    };

    /// What the user said.
    pub fn given(memory: u64, cores: u32) -> Resources {
        Resources {
            memory: Some(memory),
            memory_source: Source::Given,
            cores: Some(cores),
            cores_source: Source::Given,
            huge_pages: None,
        }
    }

    /// Reads the machine below `root` (`/`, but for tests), if the process is a PostgreSQL on it.
    pub(super) fn of_process(root: &Path, process: i32) -> Option<Resources> {
        let folder = root.join("proc").join(process.to_string());
        let command = fs::read(folder.join("cmdline")).ok()?;
        if !String::from_utf8_lossy(&command).contains("postgres") {
            return None;
        }
        let information = fs::read_to_string(root.join("proc/meminfo")).ok()?;
        let total = field(&information, "MemTotal:")? * 1024;
        let groups = fs::read_to_string(folder.join("cgroup")).unwrap_or_default();
        let limits = limits(root, &groups);
        let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
        let allowed = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
            .and_then(count_listed);
        let cores = [allowed, limits.cores].into_iter().flatten().min();
        let limited = limits.memory.filter(|limit| *limit < total);
        Some(Resources {
            memory: Some(limited.unwrap_or(total)),
            memory_source: if limited.is_some() {
                Source::ControlGroup
            } else {
                Source::Machine
            },
            cores,
            cores_source: match (cores, limits.cores) {
                (None, _) => Source::Unknown,
                (cores, limit) if cores == limit && limit < allowed => Source::ControlGroup,
                _ => Source::Machine,
            },
            huge_pages: field(&information, "HugePages_Total:"),
        })
    }

    /// From what the administrator has set: nobody leaves a default there on a machine that was tuned.
    pub(super) fn assumed(shared_buffers: u64, effective_cache_size: u64) -> Resources {
        let (memory, memory_source) = if shared_buffers != 128 << 20 && shared_buffers > 0 {
            (Some(shared_buffers * 4), Source::AssumedFromSharedBuffers)
        } else if effective_cache_size != 4 << 30 && effective_cache_size > 0 {
            (
                Some(effective_cache_size / 3 * 4),
                Source::AssumedFromCacheSize,
            )
        } else {
            (None, Source::Unknown)
        };
        Resources {
            memory,
            memory_source,
            ..Resources::UNKNOWN
        }
    }
}

/// The number behind a name in `/proc/meminfo`.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// How many processors `0-3,8` names.
fn count_listed(text: &str) -> Option<u32> {
    let mut count = 0;
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        count += last.checked_sub(first)? + 1;
    }
    Some(count)
}

#[derive(Default)]
struct Limits {
    memory: Option<u64>,
    cores: Option<u32>,
}

/// The strictest limits of the control groups that a process is in: those of a group bind the groups below it.
/// `groups` is the text of `/proc/PID/cgroup`, for version 2 (`0::/path`) and version 1 (`4:memory:/path`).
fn limits(root: &Path, groups: &str) -> Limits {
    let mut found = Limits::default();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let base = root.join("sys/fs/cgroup");
        let names: Vec<&str> = controllers.split(',').collect();
        let base = if controllers.is_empty() {
            base
        } else if names.contains(&"memory") || names.contains(&"cpu") {
            base.join(controllers)
        } else {
            continue;
        };
        let mut group = base.join(path.trim_start_matches('/'));
        loop {
            let read = |name: &str| fs::read_to_string(group.join(name)).ok();
            let memory = read("memory.max")
                .or_else(|| read("memory.limit_in_bytes"))
                .and_then(|text| text.trim().parse().ok());
            found.memory = [found.memory, memory].into_iter().flatten().min();
            let cores = read("cpu.max").as_deref().and_then(quota).or_else(|| {
                quota(&format!(
                    "{} {}",
                    read("cpu.cfs_quota_us")?.trim(),
                    read("cpu.cfs_period_us")?.trim()
                ))
            });
            found.cores = [found.cores, cores].into_iter().flatten().min();
            if group == base || !group.pop() {
                break;
            }
        }
    }
    found
}

/// Whole processors of `quota period` in microseconds, at least one; none for `max` and for -1.
fn quota(text: &str) -> Option<u32> {
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let (quota, period) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    (quota > 0.0 && period > 0.0).then(|| (quota / period).ceil() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
        fs::write(file, text).expect("the file");
    }

    fn machine() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        write(
            root.path(),
            "proc/meminfo",
            "MemTotal:       16777216 kB\nMemFree: 1 kB\nHugePages_Total:       7\n",
        );
        write(
            root.path(),
            "proc/42/cmdline",
            "postgres: ann support [local] idle\0",
        );
        write(
            root.path(),
            "proc/42/status",
            "Name:\tpostgres\nCpus_allowed_list:\t0-3,8\n",
        );
        root
    }

    #[test]
    fn the_servers_machine_is_read() {
        let root = machine();
        let found = Resources::of_process(root.path(), 42).expect("the machine");
        assert_eq!(found.memory, Some(16 << 30));
        assert_eq!(found.memory_source, Source::Machine);
        assert_eq!(found.cores, Some(5));
        assert_eq!(found.huge_pages, Some(7));
    }

    #[test]
    fn a_limit_of_an_outer_control_group_counts() {
        let root = machine();
        write(root.path(), "proc/42/cgroup", "0::/outer/inner\n");
        write(root.path(), "sys/fs/cgroup/outer/inner/memory.max", "max\n");
        write(
            root.path(),
            "sys/fs/cgroup/outer/memory.max",
            "4294967296\n",
        );
        write(
            root.path(),
            "sys/fs/cgroup/outer/cpu.max",
            "150000 100000\n",
        );
        let found = Resources::of_process(root.path(), 42).expect("the machine");
        assert_eq!(found.memory, Some(4 << 30));
        assert_eq!(found.memory_source, Source::ControlGroup);
        assert_eq!(
            (found.cores, found.cores_source),
            (Some(2), Source::ControlGroup)
        );
    }

    #[test]
    fn version_1_of_control_groups_counts_too() {
        let root = machine();
        write(
            root.path(),
            "proc/42/cgroup",
            "5:cpu,cpuacct:/box\n4:memory:/box\n2:pids:/box\n",
        );
        write(
            root.path(),
            "sys/fs/cgroup/memory/box/memory.limit_in_bytes",
            "2147483648\n",
        );
        write(
            root.path(),
            "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us",
            "-1\n",
        );
        write(
            root.path(),
            "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us",
            "100000\n",
        );
        let found = Resources::of_process(root.path(), 42).expect("the machine");
        assert_eq!(found.memory, Some(2 << 30));
        assert_eq!(found.cores, Some(5));
    }

    /// Behind a tunnel the same number may belong to anything, or to nothing.
    #[test]
    fn another_process_of_that_number_is_not_the_server() {
        let root = machine();
        write(root.path(), "proc/43/cmdline", "ssh\0-L\x005432\0");
        assert_eq!(Resources::of_process(root.path(), 43), None);
        assert_eq!(Resources::of_process(root.path(), 44), None);
    }

    #[test]
    fn what_is_assumed_says_from_what() {
        let tuned = Resources::assumed(2 << 30, 4 << 30);
        assert_eq!(
            (tuned.memory, tuned.memory_source),
            (Some(8 << 30), Source::AssumedFromSharedBuffers)
        );
        let cache = Resources::assumed(128 << 20, 6 << 30);
        assert_eq!(cache.memory, Some(8 << 30));
        assert_eq!(Resources::assumed(128 << 20, 4 << 30), Resources::UNKNOWN);
    }
}
