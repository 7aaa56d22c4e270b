//! Removes the bytes of files whose rows are gone: deleted by somebody, by retention, by an erasure, or with their conversation
//! or workspace.
//!
//! Invariants: the row's end puts the bytes into the queue by the same commit, and only their end takes them out, so that a lost
//! process loses none; bytes that another file has as well stay; nothing is given up.

use tokio::sync::Notify;
use tokio_postgres::Row;
use uuid::Uuid;

use super::storage::Storage;
use crate::problem::Answer;
use crate::providers::intake::worker_name;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::Queue;

/// A file that was claimed.
#[derive(Debug)]
pub struct Claimed {
    id: Uuid,
    workspace: Uuid,
    provider: String,
    path: String,
    lease: Uuid,
    is_shared: bool,
}

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            id: row.try_get("id")?,
            workspace: row.try_get("workspace_id")?,
            provider: row.try_get("storage_provider")?,
            path: row.try_get("file_path")?,
            lease: row.try_get("lease_id")?,
            is_shared: row.try_get("is_shared")?,
        })
    }
}

/// The queue of bytes that are to go.
pub struct RemovedFiles {
    server: Server,
    storage: Storage,
}

impl RemovedFiles {
    /// The queue of this server; none where it keeps no files.
    pub fn new(server: Server) -> Option<RemovedFiles> {
        let storage = Storage::of(&server).ok()?;
        Some(RemovedFiles { server, storage })
    }
}

impl Queue for RemovedFiles {
    type Item = Claimed;
    const NAME: &'static str = "removed_files";
    const SLOTS: usize = 8;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let worker = worker_name("removed files");
        let scope = self.server.service().await?;
        let claimed = Statement::new(include_str!("claim_removed.sql"))
            .bind("most", &i32::try_from(most).unwrap_or(i32::MAX))
            .bind("worker", &worker)
            .all(&scope)
            .await?;
        scope.commit().await?;
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        let Claimed { provider, path, .. } = &claimed;
        let removed = match claimed.is_shared {
            true => Ok(()),
            false => {
                self.storage
                    .remove_erased(provider, claimed.workspace, claimed.id, path)
                    .await
            }
        };
        let failure = removed.err().map(|problem| problem.line());
        // The installation's own: the workspace may be gone.
        let scope = self.server.service().await?;
        let _: bool = Statement::new(include_str!("finish_removal.sql"))
            .bind("file", &claimed.id)
            .bind("lease", &claimed.lease)
            .bind("failure", &failure)
            .bind("workspace", &claimed.workspace)
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(())
    }

    fn bell(&self) -> &Notify {
        &self.server.bells.removed_files
    }
}
