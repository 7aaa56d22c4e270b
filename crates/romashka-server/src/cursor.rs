//! Where a page of a list ended: the values of its order, in a form that callers hand back and do not look into.
//!
//! A cursor is not a secret and not a right: what a forged one leads to is filtered by row security as any page is. It is
//! typed, so that one of another list or order is refused and not misread.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::problem::{Answer, Code, Problem};

// A text of an order has up to 512 characters.
const LONGEST: usize = 8192;

/// The text of a cursor.
pub fn encode(place: &impl Serialize) -> String {
    // A place is made of numbers, texts and times, which always have a JSON form.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// The place of a text that [`encode`] made.
pub fn decode<T: DeserializeOwned>(text: &str) -> Answer<T> {
    let refused = || {
        Problem::new(Code::InvalidCursor)
            .at("cursor", "take it from next_cursor of the page before")
    };
    if text.len() > LONGEST {
        return Err(refused());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
    serde_json::from_slice(&bytes).map_err(|_| refused())
}

/// A place in an order by a time and, of equal times, the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtTime<Order> {
    /// The order the place is in.
    #[serde(rename = "o")]
    pub order: Order,
    /// The time of the last row; none where the order puts rows without one.
    #[serde(rename = "t")]
    pub time: Option<Timestamp>,
    /// The id of the last row.
    #[serde(rename = "i")]
    pub id: Uuid,
}

impl<Order: PartialEq + DeserializeOwned> AtTime<Order> {
    /// The place of a parameter, which must be in this order.
    pub fn of(text: Option<&str>, order: &Order) -> Answer<Option<Self>> {
        let Some(text) = text else { return Ok(None) };
        let place: Self = decode(text)?;
        if place.order != *order {
            return Err(Problem::new(Code::InvalidCursor)
                .at("cursor", "belongs to a list in another order"));
        }
        Ok(Some(place))
    }
}

/// A place in an order by a time, a text or a number and, of equal ones, the id: for lists that know several orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place<Order> {
    /// The order the place is in.
    #[serde(rename = "o")]
    pub order: Order,
    /// The time of the last row, in an order by time.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// The text of the last row, in an order by text.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The number of the last row, in an order by number.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// The id of the last row.
    #[serde(rename = "i")]
    pub id: Uuid,
}

impl<Order> Place<Order> {
    fn new(order: Order, id: Uuid) -> Self {
        Place {
            order,
            time: None,
            text: None,
            number: None,
            id,
        }
    }

    /// A place in an order by time.
    pub fn at_time(order: Order, time: Timestamp, id: Uuid) -> Self {
        Place {
            time: Some(time),
            ..Place::new(order, id)
        }
    }

    /// A place in an order by text.
    pub fn at_text(order: Order, text: String, id: Uuid) -> Self {
        Place {
            text: Some(text),
            ..Place::new(order, id)
        }
    }

    /// A place in an order by number.
    pub fn at_number(order: Order, number: i64, id: Uuid) -> Self {
        Place {
            number: Some(number),
            ..Place::new(order, id)
        }
    }
}

impl<Order: PartialEq + DeserializeOwned> Place<Order> {
    /// The place of a parameter, which must be in this order.
    pub fn of(text: Option<&str>, order: &Order) -> Answer<Option<Self>> {
        let Some(text) = text else { return Ok(None) };
        let place: Self = decode(text)?;
        if place.order != *order {
            return Err(Problem::new(Code::InvalidCursor)
                .at("cursor", "belongs to a list in another order"));
        }
        Ok(Some(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_and_nothing_else_passes() {
        let place = AtTime {
            order: "created_at".to_owned(),
            time: Some("2026-01-02T03:04:05.678901Z".parse().expect("a time")),
            id: Uuid::from_u128(7),
        };
        let text = encode(&place);
        assert_eq!(decode::<AtTime<String>>(&text).expect("a place"), place);
        assert!(AtTime::of(Some(&text), &"other".to_owned()).is_err());
        for wrong in ["", "x", "e30", &text[1..], &"A".repeat(9000)] {
            assert!(decode::<AtTime<String>>(wrong).is_err(), "{wrong}");
        }
    }
}
