//! PostgreSQL's table lock modes.

use serde::Serialize;

/// Table lock modes, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockMode {
    /// Conflicts with exclusive access only.
    AccessShare,
    /// Taken by `select … for update`.
    RowShare,
    /// Taken by writes of rows.
    RowExclusive,
    /// One maintenance work at a time; reads and writes go on.
    ShareUpdateExclusive,
    /// Writes wait.
    Share,
    /// Writes wait, and others of its kind.
    ShareRowExclusive,
    /// Only plain reads go on.
    Exclusive,
    /// Everybody waits.
    AccessExclusive,
}

impl LockMode {
    /// The name in the manual.
    pub fn name(self) -> &'static str {
        match self {
            LockMode::AccessShare => "ACCESS SHARE",
            LockMode::RowShare => "ROW SHARE",
            LockMode::RowExclusive => "ROW EXCLUSIVE",
            LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode::Share => "SHARE",
            LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            LockMode::Exclusive => "EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// The mode that `pg_locks.mode` names.
    pub fn from_catalog(name: &str) -> Option<LockMode> {
        Some(match name {
            "AccessShareLock" => LockMode::AccessShare,
            "RowShareLock" => LockMode::RowShare,
            "RowExclusiveLock" => LockMode::RowExclusive,
            "ShareUpdateExclusiveLock" => LockMode::ShareUpdateExclusive,
            "ShareLock" => LockMode::Share,
            "ShareRowExclusiveLock" => LockMode::ShareRowExclusive,
            "ExclusiveLock" => LockMode::Exclusive,
            "AccessExclusiveLock" => LockMode::AccessExclusive,
            _ => return None,
        })
    }

    /// Who waits while it is held.
    pub fn consequence(self) -> &'static str {
        match self {
            LockMode::AccessShare | LockMode::RowShare | LockMode::RowExclusive => "nobody waits",
            LockMode::ShareUpdateExclusive => "reads and writes go on",
            LockMode::Share | LockMode::ShareRowExclusive | LockMode::Exclusive => "writes wait",
            LockMode::AccessExclusive => "reads and writes wait",
        }
    }
}
