//! The vectors of the workspaces that are asked, in this process's memory.
//!
//! Invariants: what is held is that of a revision of the database, and is brought up to date before it is asked; all of it takes no more than a bound, and the workspace that was asked longest ago goes first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use romashka_knowledge::{Key, Matrix, Model, Packed};
use uuid::Uuid;

use crate::problem::{Answer, Problem};
use crate::record;
use crate::state::Server;
use crate::statement::Statement;

/// Bytes of all matrices of the process: some 150,000 passages.
const MOST: usize = 64 << 20;

record! {
    /// A passage as it is held.
    pub struct Row {
        /// The article.
        pub knowledge_item_id: Uuid,
        /// The passage's place in it.
        pub position: i32,
        /// Its vector.
        pub embedding: Vec<u8>,
        /// For whom it is.
        pub audience: String,
        /// Its language.
        pub language: String,
        /// Whether it may be found.
        pub is_active: bool,
        /// When it changed.
        pub revision: i64,
    }
}

record! {
    /// How often a workspace's passages changed.
    pub struct Revision {
        /// Made, hidden or shown.
        pub revision: i64,
        /// Gone with their articles.
        pub removals: i64,
    }
}

/// By what an article is chosen.
#[derive(Clone, Debug)]
pub struct About {
    /// For whom it is.
    pub audience: String,
    /// Its language.
    pub language: String,
    /// Whether it may be found.
    pub is_active: bool,
}

/// A workspace's passages as of a revision.
#[derive(Clone, Debug)]
pub struct Known {
    /// Their vectors.
    pub matrix: Matrix,
    /// Their articles.
    pub articles: HashMap<u128, About>,
    revision: i64,
    removals: i64,
}

/// What is held.
#[derive(Debug, Default)]
pub struct Memory {
    workspaces: Mutex<HashMap<Uuid, (Arc<Known>, u64)>>,
    turn: std::sync::atomic::AtomicU64,
}

impl Memory {
    /// The workspace's passages as they are now. Takes a connection: whoever asks holds none.
    pub async fn of(&self, server: &Server, workspace: Uuid) -> Answer<Arc<Known>> {
        let scope = server.service().await?;
        let Revision { revision, removals } = Statement::new(include_str!("revision.sql"))
            .bind("workspace", &workspace)
            .optional(&scope)
            .await?
            .unwrap_or(Revision {
                revision: 0,
                removals: 0,
            });
        let held = self.take(workspace);
        if let Some(known) = &held
            && known.revision >= revision
            && known.removals >= removals
        {
            scope.commit().await?;
            return Ok(Arc::clone(known));
        }
        // A row that is gone has no revision any more: then all are read.
        let base = held.filter(|known| known.removals >= removals);
        let since = base.as_ref().map_or(0, |known| known.revision);
        let model = Model::ID;
        let rows: Vec<Row> = Statement::new(include_str!("read.sql"))
            .bind("workspace", &workspace)
            .bind("model", &model)
            .bind("since", &since)
            .all(&scope)
            .await?;
        scope.commit().await?;
        let known = Arc::new(brought_up(base.as_deref(), rows, revision, removals)?);
        self.keep(workspace, &known);
        Ok(known)
    }

    fn take(&self, workspace: Uuid) -> Option<Arc<Known>> {
        let mut held = self
            .workspaces
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (known, used) = held.get_mut(&workspace)?;
        *used = self.next();
        Some(Arc::clone(known))
    }

    fn keep(&self, workspace: Uuid, known: &Arc<Known>) {
        let mut held = self
            .workspaces
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let newer = held
            .get(&workspace)
            .is_some_and(|(other, _)| other.revision > known.revision);
        if !newer {
            held.insert(workspace, (Arc::clone(known), self.next()));
        }
        while held.len() > 1
            && held
                .values()
                .map(|(known, _)| known.matrix.size())
                .sum::<usize>()
                > MOST
        {
            let oldest = held
                .iter()
                .min_by_key(|(_, (_, used))| *used)
                .map(|(workspace, _)| *workspace);
            let Some(oldest) = oldest else { break };
            held.remove(&oldest);
        }
    }

    fn next(&self) -> u64 {
        self.turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }
}

fn brought_up(base: Option<&Known>, rows: Vec<Row>, revision: i64, removals: i64) -> Answer<Known> {
    let mut known = base.cloned().unwrap_or_else(|| Known {
        matrix: Matrix::new(Model::DIMENSIONS),
        articles: HashMap::new(),
        revision: 0,
        removals,
    });
    let changed: HashMap<u128, About> = rows
        .iter()
        .map(|row| {
            let about = About {
                audience: row.audience.clone(),
                language: row.language.clone(),
                is_active: row.is_active,
            };
            (row.knowledge_item_id.as_u128(), about)
        })
        .collect();
    known
        .matrix
        .retain(|key| !changed.contains_key(&key.article));
    known.articles.extend(changed);
    known.revision = rows
        .iter()
        .map(|row| row.revision)
        .fold(revision.max(known.revision), i64::max);
    known.removals = removals;
    for row in rows {
        let key = Key {
            article: row.knowledge_item_id.as_u128(),
            position: row.position.cast_unsigned(),
        };
        let vector = Packed::from_bytes(&row.embedding).map_err(Problem::internal)?;
        if vector.as_slice().len() == Model::DIMENSIONS {
            known.matrix.push(key, &vector);
        }
    }
    Ok(known)
}
