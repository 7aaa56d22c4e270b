//! A text's place in the model's space.
//!
//! Invariant: a vector has length 1, so that the product of two is the cosine of the angle between them. What is kept is packed: a byte a number and one
//! factor, 388 bytes for 384 numbers instead of 1,536. A cosine changes by less than 0.005 by that.

use std::fmt;

/// A unit vector.
#[derive(Clone, PartialEq)]
pub struct Vector(Box<[f32]>);

/// A unit vector as it is kept: a factor, and a byte for each number.
#[derive(Clone, PartialEq)]
pub struct Packed {
    factor: f32,
    numbers: Box<[i8]>,
}

/// Numbers or bytes that are no vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VectorError {
    /// Fewer bytes than a factor and a number take, or a factor that is none.
    #[error("{0} bytes are no packed vector")]
    Packed(usize),
    /// A number that is none, or all of them nought.
    #[error("the numbers have no direction")]
    Direction,
}

impl Vector {
    /// The unit vector in the direction of `numbers`.
    ///
    /// # Errors
    /// [`VectorError::Direction`] when they have none: empty, all nought, or not finite.
    pub fn new(mut numbers: Vec<f32>) -> Result<Vector, VectorError> {
        let length = numbers
            .iter()
            .map(|number| f64::from(*number).powi(2))
            .sum::<f64>()
            .sqrt();
        if !length.is_finite() || length == 0.0 {
            return Err(VectorError::Direction);
        }
        for number in &mut numbers {
            *number = (f64::from(*number) / length) as f32;
        }
        Ok(Vector(numbers.into_boxed_slice()))
    }

    /// In a quarter of the space.
    pub fn pack(&self) -> Packed {
        let largest = self
            .0
            .iter()
            .fold(0.0_f32, |largest, number| largest.max(number.abs()));
        // A unit vector has a number that is not nought.
        let factor = largest / 127.0;
        let numbers = self
            .0
            .iter()
            .map(|number| (number / factor).round() as i8)
            .collect();
        Packed { factor, numbers }
    }

    /// The cosine of the angle between the two: 1 for the same direction, 0 for nothing in common.
    ///
    /// # Panics
    /// When they are of different models, which is a mistake of the program.
    pub fn cosine(&self, other: &Vector) -> f32 {
        assert_eq!(self.0.len(), other.0.len(), "vectors of one model");
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }

    /// The numbers.
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }
}

impl fmt::Debug for Vector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Vector({} numbers)", self.0.len())
    }
}

impl Packed {
    /// As it is stored: the factor (32 bits, least significant byte first), then the numbers.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + self.numbers.len());
        bytes.extend(self.factor.to_le_bytes());
        bytes.extend(self.numbers.iter().map(|number| number.cast_unsigned()));
        bytes
    }

    /// From what [`Packed::to_bytes`] made.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Packed, VectorError> {
        let (factor, numbers) = bytes
            .split_first_chunk::<4>()
            .ok_or(VectorError::Packed(bytes.len()))?;
        let factor = f32::from_le_bytes(*factor);
        if numbers.is_empty() || !factor.is_finite() || factor <= 0.0 {
            return Err(VectorError::Packed(bytes.len()));
        }
        let numbers = numbers.iter().map(|byte| byte.cast_signed()).collect();
        Ok(Packed { factor, numbers })
    }

    /// As [`Vector::cosine`].
    ///
    /// # Panics
    /// When they are of different models, which is a mistake of the program.
    pub fn cosine(&self, other: &Packed) -> f32 {
        assert_eq!(
            self.numbers.len(),
            other.numbers.len(),
            "vectors of one model"
        );
        product(&self.numbers, &other.numbers) * self.factor * other.factor
    }

    /// The factor of each number.
    pub fn factor(&self) -> f32 {
        self.factor
    }

    /// The numbers.
    pub fn as_slice(&self) -> &[i8] {
        &self.numbers
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Packed({} numbers)", self.numbers.len())
    }
}

/// The sum of the products, in a form that compilers make vector instructions of.
pub(crate) fn product(a: &[i8], b: &[i8]) -> f32 {
    let sum: i32 = a
        .iter()
        .zip(b)
        .map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b)))
        .sum();
    sum as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_length_one_and_comes_back_from_its_bytes() {
        let vector = Vector::new(vec![3.0, 4.0, 0.0, -12.0]).expect("a direction");
        assert!((vector.cosine(&vector) - 1.0).abs() < 1e-6);
        let packed = vector.pack();
        assert!((packed.cosine(&packed) - 1.0).abs() < 0.005);
        assert_eq!(Packed::from_bytes(&packed.to_bytes()), Ok(packed));
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        for numbers in [
            vec![],
            vec![0.0; 3],
            vec![f32::NAN, 1.0],
            vec![f32::INFINITY],
        ] {
            assert_eq!(Vector::new(numbers), Err(VectorError::Direction));
        }
        for bytes in [&[][..], &[0; 4], &[0; 9], &[0, 0, 0xC0, 0x7F, 1]] {
            assert_eq!(
                Packed::from_bytes(bytes),
                Err(VectorError::Packed(bytes.len()))
            );
        }
    }
}
