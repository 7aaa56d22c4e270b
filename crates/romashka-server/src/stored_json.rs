//! JSON as the database keeps it, passed on without being read.
//!
//! A `jsonb` holds numbers of any size and precision. Read into a number of the machine they would lose digits, or, beyond
//! its range, make every answer that shows the row a failure.

use std::error::Error;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use tokio_postgres::types::{FromSql, Json, Type};

/// A JSON value of a row. Where it stands in a record, `#[schema(value_type = …)]` says of what shape it is.
pub struct StoredJson(Box<RawValue>);

impl StoredJson {
    /// Read, where the server itself has to look into it. Numbers beyond the machine's lose digits; what cannot be read is null.
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }
}

impl fmt::Debug for StoredJson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It may be what people wrote.
        formatter.write_str("StoredJson")
    }
}

impl Serialize for StoredJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'a> FromSql<'a> for StoredJson {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let Json(value) = Json::<&RawValue>::from_sql(kind, raw)?;
        Ok(StoredJson(value.to_owned()))
    }

    fn accepts(kind: &Type) -> bool {
        <Json<&RawValue> as FromSql>::accepts(kind)
    }
}
