//! A page of a list.

use serde::Serialize;
use utoipa::ToSchema;

use crate::cursor;
use crate::input::Limit;

/// A page of a list, in the list's order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the next page begins: the parameter `cursor` of the next request. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of the rows that were read, one more than the page holds where there is another page.
    pub fn new<Place: Serialize>(
        mut rows: Vec<T>,
        limit: Limit,
        place: impl Fn(&T) -> Place,
    ) -> Page<T> {
        let is_last = rows.len() <= limit.rows();
        rows.truncate(limit.rows());
        let next_cursor = match rows.last() {
            Some(last) if !is_last => Some(cursor::encode(&place(last))),
            _ => None,
        };
        Page {
            data: rows,
            next_cursor,
        }
    }
}
