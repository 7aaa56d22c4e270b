//! The embedding model of the process.
//!
//! Invariants: it is read when it is first needed and let go when it was not needed for a while, so that an idle server is small; one text after
//! the other is computed, on a thread of its own, so that requests go on.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use romashka_knowledge::{Model, ModelError, Packed};
use tokio::sync::Mutex as AsyncMutex;

/// How long an unused model stays in memory.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long a question waits for the model before it is answered by words alone.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The model, where there is one.
#[derive(Debug, Default)]
pub struct Models {
    folder: Option<PathBuf>,
    loaded: Mutex<Option<Loaded>>,
    turn: AsyncMutex<()>,
}

struct Loaded {
    model: Arc<Model>,
    used_at: Instant,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Loaded")
    }
}

/// Why there is no vector.
#[derive(Debug, thiserror::Error)]
pub enum NoVector {
    /// There is no model on this machine.
    #[error("there is no embedding model")]
    Absent,
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The thread that computed is gone.
    #[error("the computation was cut off")]
    CutOff,
    /// Others were first for too long.
    #[error("the model is busy")]
    Busy,
}

impl Models {
    /// The model of a folder; none answers by words alone.
    pub fn new(folder: Option<PathBuf>) -> Models {
        Models {
            folder: folder.filter(|folder| folder.join("model.safetensors").is_file()),
            ..Models::default()
        }
    }

    /// Whether there is a model.
    pub fn is_there(&self) -> bool {
        self.folder.is_some()
    }

    /// The vectors of texts, whenever it is their turn.
    pub async fn embed(self: &Arc<Models>, texts: Vec<String>) -> Result<Vec<Packed>, NoVector> {
        let _turn = self.turn.lock().await;
        self.compute(texts).await
    }

    /// The vector of a question that somebody waits for.
    pub async fn embed_question(self: &Arc<Models>, question: &str) -> Result<Packed, NoVector> {
        if !self.is_there() {
            return Err(NoVector::Absent);
        }
        let _turn = tokio::time::timeout(LONGEST_WAIT, self.turn.lock())
            .await
            .map_err(|_| NoVector::Busy)?;
        let vectors = self.compute(vec![question.to_owned()]).await?;
        vectors.into_iter().next().ok_or(NoVector::CutOff)
    }

    async fn compute(self: &Arc<Models>, texts: Vec<String>) -> Result<Vec<Packed>, NoVector> {
        let models = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let model = models.model()?;
            let vectors = model.embed(&texts)?;
            Ok(vectors
                .iter()
                .map(romashka_knowledge::Vector::pack)
                .collect())
        })
        .await
        .map_err(|_| NoVector::CutOff)?
    }

    fn model(&self) -> Result<Arc<Model>, NoVector> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = loaded.as_mut() {
            loaded.used_at = Instant::now();
            return Ok(Arc::clone(&loaded.model));
        }
        let folder = self.folder.as_ref().ok_or(NoVector::Absent)?;
        let model = Arc::new(Model::open(folder)?);
        *loaded = Some(Loaded {
            model: Arc::clone(&model),
            used_at: Instant::now(),
        });
        Ok(model)
    }

    /// Lets the model go when it was not used lately.
    pub fn rest(&self) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded
            .as_ref()
            .is_some_and(|loaded| loaded.used_at.elapsed() >= PATIENCE)
        {
            *loaded = None;
        }
    }
}
