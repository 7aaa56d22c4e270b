//! Who a message is from and to.
//!
//! Invariant: an [`E164`] is a whole international number, and nothing else is ever written to. A sender may also be a
//! short code or a name, which must not be refused when it writes to us.

use std::fmt;

use serde::Serialize;
use thiserror::Error;

/// A number that is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a phone number is written as + and 2 to 15 digits, such as +14155550100")]
pub struct NumberError;

/// A phone number as `+14155550100`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct E164(String);

impl E164 {
    /// Reads `+` and 2 to 15 digits of which the first is not 0 (ITU-T E.164). Blanks, brackets and dashes, as people
    /// write them, are dropped; a local number without `+` is not guessed at.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let compact: String = text
            .chars()
            .filter(|character| {
                !character.is_whitespace() && !matches!(character, '-' | '(' | ')' | '.' | '/')
            })
            .collect();
        let digits = compact.strip_prefix('+').ok_or(NumberError)?;
        let valid = (2..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        valid.then_some(Self(compact)).ok_or(NumberError)
    }

    /// The number with its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it belongs to the United States, Canada or another country of the North American plan, whose carriers
    /// have rules of their own.
    pub fn is_north_american(&self) -> bool {
        self.0.starts_with("+1") && self.0.len() == 12
    }

    /// Whether it is a toll-free number of the North American plan. Long texts from one hold a little less.
    pub fn is_toll_free(&self) -> bool {
        self.is_north_american()
            && matches!(
                &self.0[2..5],
                "800" | "833" | "844" | "855" | "866" | "877" | "888"
            )
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for E164 {
    /// Only the end: the number of a person does not belong into logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.len().saturating_sub(2);
        write!(formatter, "+…{}", &self.0[end..])
    }
}

/// Network that carried the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// SMS or MMS.
    Phone,
    /// `whatsapp:`
    Whatsapp,
    /// `rcs:`
    Rcs,
    /// `messenger:`
    Messenger,
}

/// One end of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Party {
    /// A phone number.
    Number(E164),
    /// Five or six digits. Can be answered within its country.
    ShortCode(String),
    /// A name or anything else: cannot be answered.
    Other(String),
}

impl Party {
    /// Takes an address and its prefix apart. Never fails: what is no number is kept as it is.
    pub fn parse(text: &str) -> (Carrier, Self) {
        let (carrier, bare) = [
            ("whatsapp:", Carrier::Whatsapp),
            ("rcs:", Carrier::Rcs),
            ("messenger:", Carrier::Messenger),
        ]
        .into_iter()
        .find_map(|(prefix, carrier)| Some((carrier, text.strip_prefix(prefix)?)))
        .unwrap_or((Carrier::Phone, text));
        let party = if let Ok(number) = E164::parse(bare) {
            Self::Number(number)
        } else if matches!(bare.len(), 5 | 6) && bare.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::ShortCode(bare.to_owned())
        } else {
            Self::Other(bare.replace('\0', ""))
        };
        (carrier, party)
    }

    /// The address without its prefix.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Number(number) => number.as_str(),
            Self::ShortCode(text) | Self::Other(text) => text,
        }
    }

    /// Whether an answer can reach it.
    pub fn can_be_answered(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, number) in [
            ("+14155550100", "+14155550100"),
            (" +1 (415) 555-01-00 ", "+14155550100"),
            ("+442071838750", "+442071838750"),
            ("+12", "+12"),
            ("+123456789012345", "+123456789012345"),
        ] {
            assert_eq!(E164::parse(text).unwrap().as_str(), number);
        }
        for text in [
            "",
            "+",
            "+1",
            "14155550100",
            "+04155550100",
            "+1234567890123456",
            "+1415555O100",
            "++14155550100",
            "+١٢٣",
        ] {
            assert_eq!(E164::parse(text), Err(NumberError), "{text}");
        }
        assert!(E164::parse("+18005551212").unwrap().is_toll_free());
        assert!(!E164::parse("+14155550100").unwrap().is_toll_free());
        assert_eq!(
            format!("{:?}", E164::parse("+14155550100").unwrap()),
            "+…00"
        );
    }

    #[test]
    fn parties() {
        let number = Party::Number(E164::parse("+14155550100").unwrap());
        assert_eq!(
            Party::parse("whatsapp:+14155550100"),
            (Carrier::Whatsapp, number.clone())
        );
        assert_eq!(
            Party::parse("rcs:+14155550100"),
            (Carrier::Rcs, number.clone())
        );
        assert_eq!(Party::parse("+14155550100"), (Carrier::Phone, number));
        assert_eq!(
            Party::parse("12345").1,
            Party::ShortCode("12345".to_owned())
        );
        let name = Party::parse("MYBANK").1;
        assert_eq!(name, Party::Other("MYBANK".to_owned()));
        assert!(!name.can_be_answered());
    }
}
