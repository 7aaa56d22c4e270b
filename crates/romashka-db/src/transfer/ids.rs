//! Other ids for the rows of a workspace.
//!
//! Invariants: an id is replaced wherever it stands as a whole, in a column or anywhere within JSON, and within the texts that the
//! schema makes of ids ([`IDS_IN_TEXTS`]); ids of other systems and other texts stay as they are. The new id is made of the old one and a secret of the import, so that an import that was stopped goes
//! on with the same ones; it keeps the time that a time-ordered id begins with, so that rows sort as before.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::catalog::IDS_IN_TEXTS;

/// Which ids become which.
#[derive(Default)]
pub(super) struct Ids {
    people: HashMap<Uuid, Uuid>,
    /// Of the workspace and its rows, in order.
    rows: Vec<Uuid>,
    salt: [u8; 32],
}

impl Ids {
    /// People become others; so do these rows.
    pub(super) fn new(people: HashMap<Uuid, Uuid>, mut rows: Vec<Uuid>, salt: [u8; 32]) -> Ids {
        rows.sort_unstable();
        rows.dedup();
        Ids {
            people: people.into_iter().filter(|(old, new)| old != new).collect(),
            rows,
            salt,
        }
    }

    /// Whether every id stays what it is.
    pub(super) fn is_same(&self) -> bool {
        self.people.is_empty() && self.rows.is_empty()
    }

    /// What an id becomes.
    pub(super) fn of(&self, id: Uuid) -> Uuid {
        if let Some(person) = self.people.get(&id) {
            return *person;
        }
        if self.rows.binary_search(&id).is_err() {
            return id;
        }
        let hash = Sha256::new()
            .chain_update(self.salt)
            .chain_update(id.as_bytes())
            .finalize();
        let old = id.as_bytes();
        let mut new: [u8; 16] = hash[..16].try_into().expect("16 bytes");
        new[..6].copy_from_slice(&old[..6]);
        new[6] = (old[6] & 0xf0) | (new[6] & 0x0f);
        new[8] = (new[8] & 0x3f) | 0x80;
        Uuid::from_bytes(new)
    }

    /// Replaces every id in a row.
    pub(super) fn replace_in(&self, row: &mut [u8]) {
        if self.is_same() {
            return;
        }
        let mut at = 0;
        while at < row.len() {
            let Some((start, id)) = id_of_form(row, at) else {
                at += 1;
                continue;
            };
            let new = self.of(id);
            if new != id {
                new.hyphenated().encode_lower(&mut row[start..start + 36]);
            }
            at = start + 36;
        }
    }
}

/// The id that a text of one of the known forms has, and where it is, when such a text begins here.
fn id_of_form(row: &[u8], at: usize) -> Option<(usize, Uuid)> {
    let is_start = match row[at] {
        b'"' => at == 0 || row[at - 1] != b'\\',
        b'/' => true,
        _ => false,
    };
    if !is_start {
        return None;
    }
    IDS_IN_TEXTS.iter().find_map(|(before, after)| {
        let rest = row[at..].strip_prefix(before.as_bytes())?;
        let (id, rest) = rest.split_at_checked(36)?;
        let id = parsed(id).filter(|_| rest.starts_with(after.as_bytes()))?;
        Some((at + before.len(), id))
    })
}

/// The id that is the whole of the string that begins here.
fn id_at(row: &[u8], at: usize) -> Option<Uuid> {
    let is_escaped = at > 0 && row[at - 1] == b'\\';
    if is_escaped || *row.get(at + 37)? != b'"' {
        return None;
    }
    parsed(&row[at + 1..at + 37])
}

fn parsed(text: &[u8]) -> Option<Uuid> {
    if text.get(8) != Some(&b'-') || text.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    Uuid::try_parse_ascii(text).ok()
}

/// The id of a row. Values within JSON columns have a space after the colon, strings a backslash before the quote.
pub(super) fn id_of(row: &[u8]) -> Option<Uuid> {
    const KEY: &[u8] = b"\"id\":\"";
    let at = row.windows(KEY.len()).position(|window| window == KEY)?;
    id_at(row, at + KEY.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "01900000-0000-7000-8000-000000000001";
    const PERSON: &str = "01900000-0000-7000-8000-000000000002";
    const OTHER: &str = "01900000-0000-7000-8000-000000000003";

    fn id(text: &str) -> Uuid {
        text.parse().expect("an id")
    }

    fn ids() -> Ids {
        Ids::new([(id(PERSON), id(OTHER))].into(), vec![id(ROW)], [7; 32])
    }

    #[test]
    fn an_id_is_replaced_wherever_it_is_a_whole_string() {
        let ids = ids();
        let new = ids.of(id(ROW)).to_string();
        let line = |row: &str, person: &str| {
            format!(
                r#"{{"a":"{row}","b":["{row}","{person}"],"c":{{"{row}": "x", "k": ["{row}"]}},"d":"<{ROW}@mail>","e":"say \"{ROW}\"","f":"{OTHER}"}}"#
            )
        };
        let mut row = line(ROW, PERSON).into_bytes();
        ids.replace_in(&mut row);
        assert_eq!(String::from_utf8(row).expect("text"), line(&new, OTHER));
    }

    #[test]
    fn an_id_is_replaced_within_the_texts_that_the_schema_makes() {
        let ids = ids();
        let new = ids.of(id(ROW)).to_string();
        let line = |row: &str| {
            format!(
                r#"{{"a":"user:{row}:7","b":{{"visitor": "user:{row}:x:y"}},"c":"customer:{row}","d":"{row}:42","e":"/api/v1/attachments/{row}/content","f":"he wrote user:{ROW}:7","g":"\"{ROW}:1\"","h":"customer:{ROW} and more"}}"#
            )
        };
        let mut row = line(ROW).into_bytes();
        ids.replace_in(&mut row);
        assert_eq!(String::from_utf8(row).expect("text"), line(&new));
    }

    #[test]
    fn a_new_id_keeps_its_time_and_is_the_same_each_time() {
        let new = ids().of(id(ROW));
        assert_eq!(new, ids().of(id(ROW)));
        assert_ne!(new, id(ROW));
        assert_eq!(new.as_bytes()[..6], id(ROW).as_bytes()[..6]);
        assert_eq!(new.get_version_num(), 7);
        assert_eq!(ids().of(id(OTHER)), id(OTHER));
        let others = Ids::new(HashMap::new(), vec![id(ROW)], [8; 32]);
        assert_ne!(new, others.of(id(ROW)));
    }

    #[test]
    fn the_id_of_a_row_is_not_that_within_its_json() {
        let row = format!(
            r#"{{"configuration":{{"id": "{OTHER}"}},"content":"\"id\":\"{OTHER}\"","id":"{ROW}","x":1}}"#
        );
        assert_eq!(id_of(row.as_bytes()), Some(id(ROW)));
        assert_eq!(id_of(br#"{"id":12}"#), None);
    }
}
