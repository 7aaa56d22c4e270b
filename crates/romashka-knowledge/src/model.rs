//! The local embedding model: all-MiniLM-L6-v2 (Apache-2.0), a BERT of six layers that turns a text into 384 numbers.
//!
//! Invariant: weights are used only when their hash is the known one, so vectors of one model id can be compared wherever they were made.
//! The architecture is that of Devlin et al. 2018, the pooling (mean over the words, then length 1) that of sentence-transformers.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{D, DType, Device, Module, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear};
use sha2::{Digest, Sha256};
use tokenizers::{Encoding, Tokenizer, TruncationParams};

use crate::vector::{Vector, VectorError};

/// Of the hash of the weights.
const WEIGHTS: (&str, &str) = (
    "model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
);
/// Of the hash of the words.
const WORDS: (&str, &str) = (
    "tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
);

const LAYERS: usize = 6;
const HEADS: usize = 12;
const DIMENSIONS: usize = 384;
const EPSILON: f64 = 1e-12;
/// Word pieces of a text that are read; the model was trained with 128 and takes up to 512. What is longer is cut.
const LONGEST: usize = 256;
/// Word pieces that are computed at once, padding counted: bounds the memory to some 60 MB above the weights.
const BATCH: usize = 4096;

/// Why the model is not there, or failed.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file is missing.
    #[error("{} is not there", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file has another hash.
    #[error("{} is another file: its SHA-256 is {found}", path.display())]
    Hash {
        /// The file.
        path: PathBuf,
        /// Its hash.
        found: String,
    },
    /// The words cannot be told apart.
    #[error("the text cannot be taken apart")]
    Words(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The computation failed.
    #[error("the model cannot be computed")]
    Compute(#[from] candle_core::Error),
    /// It gave no vector.
    #[error("the model gave no vector")]
    Vector(#[from] VectorError),
}

impl ModelError {
    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            ModelError::Missing { .. } | ModelError::Hash { .. } => {
                "fetch the model with: make model"
            }
            ModelError::Read { .. } => "see that the folder of the model can be read",
            ModelError::Words(_) | ModelError::Compute(_) | ModelError::Vector(_) => {
                "this is a defect: please report the text, or where it came from"
            }
        }
    }
}

/// The model in memory: 90 MB. It can be shared between threads.
pub struct Model {
    tokenizer: Tokenizer,
    words: Embedding,
    positions: Tensor,
    /// The row of the first of the two types, the only one that single texts have.
    kind: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    device: Device,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
    narrow_norm: LayerNorm,
}

impl Model {
    /// By which vectors of this model are told from those of others.
    pub const ID: &'static str = "all-minilm-l6-v2";
    /// Numbers of a vector.
    pub const DIMENSIONS: usize = DIMENSIONS;

    /// Reads the model from a folder with `model.safetensors` and `tokenizer.json`.
    ///
    /// # Errors
    /// When a file is missing or is another than the known one.
    pub fn open(folder: &Path) -> Result<Model, ModelError> {
        let device = Device::Cpu;
        let mut tokenizer =
            Tokenizer::from_bytes(verified(folder, WORDS)?).map_err(ModelError::Words)?;
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length: LONGEST,
                ..TruncationParams::default()
            }))
            .map_err(ModelError::Words)?;
        tokenizer.with_padding(None);
        let weights = candle_core::safetensors::load_buffer(&verified(folder, WEIGHTS)?, &device)?;
        let weights = Weights(weights);
        let kind = weights
            .tensor("embeddings.token_type_embeddings.weight")?
            .get(0)?;
        Ok(Model {
            words: Embedding::new(
                weights.tensor("embeddings.word_embeddings.weight")?,
                DIMENSIONS,
            ),
            positions: weights.tensor("embeddings.position_embeddings.weight")?,
            kind,
            norm: weights.norm("embeddings.LayerNorm")?,
            layers: (0..LAYERS)
                .map(|number| Layer::new(&weights, number))
                .collect::<Result<_, _>>()?,
            tokenizer,
            device,
        })
    }

    /// The vector of each text, in order. An empty text has that of an empty text; a long one is read to its 256th word piece.
    ///
    /// # Errors
    /// When the computation fails.
    pub fn embed<T: AsRef<str>>(&self, texts: &[T]) -> Result<Vec<Vector>, ModelError> {
        let encodings = texts
            .iter()
            .map(|text| self.tokenizer.encode_fast(text.as_ref(), true))
            .collect::<Result<Vec<_>, _>>()
            .map_err(ModelError::Words)?;
        // Texts of like length go together, so that little is padding.
        let mut order: Vec<usize> = (0..encodings.len()).collect();
        order.sort_by_key(|place| encodings[*place].len());
        let mut vectors: Vec<Option<Vector>> = vec![None; encodings.len()];
        let mut rest = order.as_slice();
        while !rest.is_empty() {
            let count = batch(rest, &encodings);
            let (places, later) = rest.split_at(count);
            let chosen: Vec<&Encoding> = places.iter().map(|place| &encodings[*place]).collect();
            for (place, vector) in places.iter().zip(self.embed_batch(&chosen)?) {
                vectors[*place] = Some(vector);
            }
            rest = later;
        }
        Ok(vectors.into_iter().flatten().collect())
    }

    fn embed_batch(&self, encodings: &[&Encoding]) -> Result<Vec<Vector>, ModelError> {
        let count = encodings.len();
        let length = encodings
            .iter()
            .map(|encoding| encoding.len())
            .max()
            .unwrap_or(0);
        let mut ids = vec![0_u32; count * length];
        let mut mask = vec![0_f32; count * length];
        for (row, encoding) in encodings.iter().enumerate() {
            for (column, id) in encoding.get_ids().iter().enumerate() {
                ids[row * length + column] = *id;
                mask[row * length + column] = 1.0;
            }
        }
        let ids = Tensor::from_vec(ids, (count, length), &self.device)?;
        let mask = Tensor::from_vec(mask, (count, length), &self.device)?;
        // Padding is attended to with a weight of nought.
        let hidden = ((&mask - 1.0)? * 1e9)?.reshape((count, 1, 1, length))?;
        let mut states = self
            .words
            .forward(&ids)?
            .broadcast_add(&self.positions.narrow(0, 0, length)?)?
            .broadcast_add(&self.kind)?;
        states = self.norm.forward(&states)?;
        for layer in &self.layers {
            states = layer.forward(&states, &hidden)?;
        }
        let weights = mask.unsqueeze(2)?;
        let sums = states.broadcast_mul(&weights)?.sum(1)?;
        let means = sums.broadcast_div(&mask.sum(1)?.unsqueeze(1)?)?;
        let mut vectors = Vec::with_capacity(count);
        for numbers in means.to_dtype(DType::F32)?.to_vec2::<f32>()? {
            vectors.push(Vector::new(numbers)?);
        }
        Ok(vectors)
    }
}

/// How many of the next texts are computed together.
fn batch(order: &[usize], encodings: &[Encoding]) -> usize {
    let mut count = 1;
    while count < order.len() {
        // The order is by length, so the last is the longest.
        if (count + 1) * encodings[order[count]].len() > BATCH {
            break;
        }
        count += 1;
    }
    count
}

impl Layer {
    fn new(weights: &Weights, number: usize) -> Result<Layer, candle_core::Error> {
        let linear = |name: &str| weights.linear(&format!("encoder.layer.{number}.{name}"));
        let norm = |name: &str| weights.norm(&format!("encoder.layer.{number}.{name}"));
        Ok(Layer {
            query: linear("attention.self.query")?,
            key: linear("attention.self.key")?,
            value: linear("attention.self.value")?,
            attended: linear("attention.output.dense")?,
            attended_norm: norm("attention.output.LayerNorm")?,
            wide: linear("intermediate.dense")?,
            narrow: linear("output.dense")?,
            narrow_norm: norm("output.LayerNorm")?,
        })
    }

    fn forward(&self, states: &Tensor, hidden: &Tensor) -> Result<Tensor, candle_core::Error> {
        let (count, length, _) = states.dims3()?;
        let size = DIMENSIONS / HEADS;
        let heads = |linear: &Linear| -> Result<Tensor, candle_core::Error> {
            linear
                .forward(states)?
                .reshape((count, length, HEADS, size))?
                .transpose(1, 2)?
                .contiguous()
        };
        let query = (heads(&self.query)? / (size as f64).sqrt())?;
        let scores = query
            .matmul(&heads(&self.key)?.transpose(2, 3)?.contiguous()?)?
            .broadcast_add(hidden)?;
        let attended = candle_nn::ops::softmax_last_dim(&scores)?
            .matmul(&heads(&self.value)?)?
            .transpose(1, 2)?
            .flatten_from(D::Minus2)?;
        let states = self
            .attended_norm
            .forward(&(self.attended.forward(&attended)? + states)?)?;
        let wide = self.wide.forward(&states)?.gelu_erf()?;
        self.narrow_norm
            .forward(&(self.narrow.forward(&wide)? + &states)?)
    }
}

struct Weights(HashMap<String, Tensor>);

impl Weights {
    fn tensor(&self, name: &str) -> Result<Tensor, candle_core::Error> {
        self.0
            .get(name)
            .cloned()
            .ok_or_else(|| candle_core::Error::Msg(format!("no weights {name}")))
    }

    fn linear(&self, name: &str) -> Result<Linear, candle_core::Error> {
        Ok(Linear::new(
            self.tensor(&format!("{name}.weight"))?,
            Some(self.tensor(&format!("{name}.bias"))?),
        ))
    }

    fn norm(&self, name: &str) -> Result<LayerNorm, candle_core::Error> {
        Ok(LayerNorm::new(
            self.tensor(&format!("{name}.weight"))?,
            self.tensor(&format!("{name}.bias"))?,
            EPSILON,
        ))
    }
}

fn verified(folder: &Path, (name, hash): (&str, &str)) -> Result<Vec<u8>, ModelError> {
    let path = folder.join(name);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ModelError::Missing { path });
        }
        Err(source) => return Err(ModelError::Read { path, source }),
    };
    let found: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if found != hash {
        return Err(ModelError::Hash { path, found });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_the_model_says_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let Err(error) = Model::open(folder.path()) else {
            panic!("there is no model");
        };
        assert!(matches!(error, ModelError::Missing { .. }), "{error}");
        assert_eq!(error.next_step(), "fetch the model with: make model");
        fs::write(folder.path().join("tokenizer.json"), "{}").expect("a file");
        let Err(error) = Model::open(folder.path()) else {
            panic!("that is another file");
        };
        assert!(matches!(error, ModelError::Hash { .. }), "{error}");
    }
}
