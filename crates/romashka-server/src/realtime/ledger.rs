//! The ledger, as streams read it.
//!
//! Invariants: only what is settled is read (its transaction is older than every running one), in the order (transaction,
//! id), which never changes; a place in that order is all that a reader has to remember, and every process understands it.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::Timestamp;
use romashka_db::scope::OwnedScope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor;
use crate::problem::{Answer, Code, Problem};
use crate::statement::{FromRow, Statement};

/// Most events of one page, and so of one piece.
pub const PAGE: i64 = 200;

/// A place in the ledger: everything up to it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The transaction.
    #[serde(rename = "t")]
    pub transaction: u64,
    /// The event's id; 0 stands before every event of the transaction.
    #[serde(rename = "i")]
    pub id: i64,
    /// When the event was recorded, or the place was settled, in seconds since 1970: it tells whether the ledger still
    /// reaches back so far.
    #[serde(rename = "s")]
    pub second: i64,
}

impl Place {
    /// The place before everything of a transaction that has not been settled yet.
    pub fn before(transaction: u64) -> Place {
        Place {
            transaction,
            id: 0,
            second: Timestamp::now().as_second(),
        }
    }

    /// The text that a reader hands back.
    pub fn cursor(&self) -> String {
        cursor::encode(self)
    }

    /// The place of a text.
    pub fn of(text: &str) -> Answer<Place> {
        let refused = || {
            Problem::new(Code::InvalidCursor)
                .at("last-event-id", "take it from an event of this stream")
        };
        let place: Place = cursor::decode(text).map_err(|_| refused())?;
        let is_of_use = place.id >= 0
            && i64::try_from(place.transaction).is_ok()
            && Timestamp::from_second(place.second).is_ok();
        if is_of_use { Ok(place) } else { Err(refused()) }
    }

    /// Whether an event stands behind this place.
    pub fn is_before(&self, transaction: u64, id: i64) -> bool {
        (self.transaction, self.id) < (transaction, id)
    }
}

/// Something that happened, as the ledger has it. What it is about is read by the resource's own operation.
#[derive(Serialize, ToSchema)]
pub struct Event {
    /// Its number in the ledger. Numbers have gaps and may be out of order; the order is that of the stream.
    pub id: i64,
    /// What happened: `message.created`, `conversation.resolved`, …
    pub kind: String,
    /// customer, agent, ai, workflow, system or api.
    pub actor_kind: String,
    /// Who did it, where that is known.
    pub actor_id: Option<Uuid>,
    /// What kind of thing it is about.
    pub subject_type: String,
    /// What it is about.
    pub subject_id: Uuid,
    /// The conversation it belongs to.
    pub conversation_id: Option<Uuid>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What the kind adds.
    pub payload: Value,
}

/// An event in the form in which it is sent, and what a filter asks of it.
#[derive(Debug)]
pub struct Entry {
    transaction: u64,
    id: i64,
    kind: String,
    conversation: Option<Uuid>,
    recorded_at: Timestamp,
    /// What it is about.
    pub subject: Uuid,
    /// Of a website's conversation that began: its visitor.
    pub visitor: Option<String>,
    text: String,
}

impl FromRow for Entry {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        let event = Event {
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            actor_kind: row.try_get("actor_kind")?,
            actor_id: row.try_get("actor_id")?,
            subject_type: row.try_get("subject_type")?,
            subject_id: row.try_get("subject_id")?,
            conversation_id: row.try_get("conversation_id")?,
            occurred_at: row.try_get("occurred_at")?,
            recorded_at: row.try_get("recorded_at")?,
            payload: row.try_get("payload")?,
        };
        let transaction = row.try_get::<_, i64>("transaction_id")?.unsigned_abs();
        let place = Place {
            transaction,
            id: event.id,
            second: event.recorded_at.as_second(),
        };
        let mut text = format!("id: {}\ndata: ", place.cursor());
        // JSON of serde has no line breaks outside of its strings' escapes, and writing to a String does not fail.
        let _ = write!(
            text,
            "{}\n\n",
            serde_json::to_string(&event).unwrap_or_default()
        );
        Ok(Entry {
            transaction,
            id: event.id,
            conversation: event.conversation_id,
            recorded_at: event.recorded_at,
            subject: event.subject_id,
            visitor: event.payload["visitor"].as_str().map(str::to_owned),
            kind: event.kind,
            text,
        })
    }
}

impl Entry {
    /// What happened.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The conversation it belongs to.
    pub fn conversation(&self) -> Option<Uuid> {
        self.conversation
    }

    /// Whether it stands behind a place.
    pub fn is_after(&self, seen: Place) -> bool {
        seen.is_before(self.transaction, self.id)
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        Place {
            transaction: self.transaction,
            id: self.id,
            second: self.recorded_at.as_second(),
        }
    }

    /// When it was recorded.
    pub fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }
}

/// What a stream leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what belongs to this conversation.
    pub conversation: Option<Uuid>,
    /// Only these kinds, or all kinds of these subjects (`message`).
    pub kinds: Option<Box<[String]>>,
    /// Only what belongs to one of these conversations. For reading; a page is not filtered by it.
    pub talks: Option<Vec<Uuid>>,
}

impl Filter {
    fn passes(&self, entry: &Entry) -> bool {
        self.conversation
            .is_none_or(|wanted| entry.conversation == Some(wanted))
            && self.kinds.as_ref().is_none_or(|kinds| {
                let area = entry.kind.split('.').next().unwrap_or_default();
                kinds
                    .iter()
                    .any(|wanted| *wanted == entry.kind || wanted == area)
            })
    }

    fn is_empty(&self) -> bool {
        self.conversation.is_none() && self.kinds.is_none()
    }
}

/// Events in order, shared by all who are sent them.
#[derive(Debug)]
pub struct Page {
    entries: Vec<Entry>,
    whole: Bytes,
}

impl Page {
    fn new(entries: Vec<Entry>) -> Page {
        let length = entries.iter().map(|entry| entry.text.len()).sum();
        let mut whole = String::with_capacity(length);
        for entry in &entries {
            whole.push_str(&entry.text);
        }
        Page {
            entries,
            whole: whole.into(),
        }
    }

    /// The events.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether there may be more behind it.
    pub fn is_full(&self) -> bool {
        self.entries.len() as i64 >= PAGE
    }

    /// The last event's place.
    pub fn end(&self) -> Option<Place> {
        self.entries.last().map(Entry::place)
    }

    /// What of it is sent to one who has seen everything up to `seen`; empty for nothing.
    pub fn text(&self, seen: Place, filter: &Filter) -> Bytes {
        let is_new = self
            .entries
            .first()
            .is_some_and(|first| seen.is_before(first.transaction, first.id));
        if is_new && filter.is_empty() {
            return self.whole.clone();
        }
        let mut text = String::new();
        for entry in &self.entries {
            if seen.is_before(entry.transaction, entry.id) && filter.passes(entry) {
                text.push_str(&entry.text);
            }
        }
        text.into()
    }
}

/// The page of a workspace's ledger that follows a place, up to a transaction that was settled.
pub async fn read_page(
    scope: &OwnedScope,
    workspace: Uuid,
    after: Place,
    before: u64,
    filter: &Filter,
) -> Answer<Page> {
    let (after_transaction, before) = (after.transaction.to_string(), before.to_string());
    let kinds = filter.kinds.as_ref().map(|kinds| kinds.to_vec());
    let entries = Statement::new(include_str!("ledger_page.sql"))
        .bind("workspace", &workspace)
        .bind("after_transaction", &after_transaction)
        .bind("after_id", &after.id)
        .bind("before", &before)
        .filter("conversation_id", &filter.conversation)
        .filter("kinds", &kinds)
        .filter("talks", &filter.talks)
        .bind("row_limit", &PAGE)
        .all(scope)
        .await?;
    Ok(Page::new(entries))
}

/// How far the ledger is settled.
pub struct Horizon {
    /// Every transaction before this one is over.
    pub transaction: u64,
    /// The workspaces that got something since the last look.
    pub touched: Vec<Uuid>,
}

impl FromRow for Horizon {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Horizon {
            transaction: row.try_get::<_, i64>("horizon")?.unsigned_abs(),
            touched: row.try_get("touched")?,
        })
    }
}

/// Looks how far the ledger is settled, and which of the workspaces got something since.
pub async fn read_horizon(
    service: &OwnedScope,
    since: u64,
    workspaces: &[Uuid],
) -> Answer<Horizon> {
    let since = since.to_string();
    Statement::new(include_str!("ledger_horizon.sql"))
        .bind("workspaces", &workspaces)
        .bind("since", &since)
        .one(service)
        .await
}

/// Whether the ledger still has everything that follows a place.
pub async fn reaches(scope: &OwnedScope, place: Place) -> Answer<bool> {
    let at = Timestamp::from_second(place.second).map_err(Problem::internal)?;
    let transaction = place.transaction.to_string();
    Statement::new(include_str!("ledger_reach.sql"))
        .bind("at", &at)
        .bind("transaction", &transaction)
        .value(scope)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(transaction: u64, id: i64, kind: &str, conversation: Option<Uuid>) -> Entry {
        Entry {
            transaction,
            id,
            kind: kind.to_owned(),
            conversation,
            recorded_at: Timestamp::UNIX_EPOCH,
            subject: Uuid::nil(),
            visitor: None,
            text: format!("{id};"),
        }
    }

    #[test]
    fn a_page_gives_what_was_not_seen_and_passes() {
        let talk = Uuid::from_u128(1);
        let page = Page::new(vec![
            entry(5, 9, "message.created", Some(talk)),
            entry(6, 7, "conversation.resolved", Some(talk)),
            entry(6, 8, "message.created", None),
        ]);
        let at = |transaction, id| Place {
            transaction,
            id,
            second: 0,
        };
        let all = Filter::default();
        assert_eq!(page.text(at(5, 0), &all), "9;7;8;");
        assert_eq!(page.text(at(5, 9), &all), "7;8;");
        assert_eq!(page.text(at(6, 7), &all), "8;");
        assert!(page.text(at(6, 8), &all).is_empty());
        let only = |kinds: &[&str]| Filter {
            conversation: None,
            kinds: Some(kinds.iter().map(|kind| (*kind).to_owned()).collect()),
            talks: None,
        };
        assert_eq!(page.text(at(0, 0), &only(&["message"])), "9;8;");
        assert_eq!(page.text(at(0, 0), &only(&["conversation.resolved"])), "7;");
        let of_talk = Filter {
            conversation: Some(talk),
            kinds: None,
            talks: None,
        };
        assert_eq!(page.text(at(0, 0), &of_talk), "9;7;");
    }

    #[test]
    fn a_place_survives_and_nonsense_is_refused() {
        let place = Place::before(12);
        assert_eq!(Place::of(&place.cursor()).expect("a place"), place);
        let forged = |transaction, id, second| {
            Place {
                transaction,
                id,
                second,
            }
            .cursor()
        };
        for wrong in [
            String::new(),
            "7".to_owned(),
            forged(u64::MAX, 1, 0),
            forged(1, -1, 0),
            forged(1, 1, i64::MAX),
        ] {
            assert!(Place::of(&wrong).is_err(), "{wrong}");
        }
    }
}
