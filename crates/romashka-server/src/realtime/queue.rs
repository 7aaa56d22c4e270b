//! What waits for one reader.
//!
//! Invariants: a queue never holds more than its bound, and nobody who fills it waits; what does not fit is dropped together
//! with what waits, and the reader is told that he missed something, so that he reads it himself from the ledger.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Most pieces that wait. A piece is what one look at the ledger found, shared by all its readers.
const MOST: usize = 64;

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The session, key or membership is over, or the role is another one.
    NotEntitled,
    /// The token by which the reader was let in is over.
    Expired,
    /// The reader took nothing for too long.
    TooSlow,
    /// The process stops.
    Stopping,
}

impl End {
    /// In words, for the reader.
    pub fn words(self) -> &'static str {
        match self {
            End::NotEntitled => "session, key or membership are not what they were",
            End::Expired => "the token is over, connect again with a new one",
            End::TooSlow => "the reader was too slow",
            End::Stopping => "the server stops, connect again",
        }
    }

    /// For the figures.
    pub fn name(self) -> &'static str {
        match self {
            End::NotEntitled => "not_entitled",
            End::Expired => "expired",
            End::TooSlow => "too_slow",
            End::Stopping => "stopping",
        }
    }
}

/// What a reader finds.
#[derive(Debug)]
pub enum Found<T> {
    /// The next piece.
    Piece(T),
    /// Something was dropped.
    Missed,
    /// Nothing comes any more.
    End(End),
}

/// A bounded queue with one reader.
#[derive(Debug)]
pub struct Queue<T> {
    content: Mutex<Content<T>>,
    changed: Notify,
}

#[derive(Debug)]
struct Content<T> {
    pieces: VecDeque<T>,
    has_missed: bool,
    end: Option<End>,
}

impl<T> Queue<T> {
    /// An empty one. It holds no memory before the first piece.
    pub fn new() -> Queue<T> {
        Queue {
            content: Mutex::new(Content {
                pieces: VecDeque::new(),
                has_missed: false,
                end: None,
            }),
            changed: Notify::new(),
        }
    }

    fn content(&self) -> MutexGuard<'_, Content<T>> {
        // Nothing panics while it is held.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a piece in, without waiting.
    pub fn push(&self, piece: T) {
        let mut content = self.content();
        if content.has_missed || content.end.is_some() {
            return;
        }
        if content.pieces.len() >= MOST {
            content.pieces = VecDeque::new();
            content.has_missed = true;
        } else {
            content.pieces.push_back(piece);
        }
        drop(content);
        self.changed.notify_one();
    }

    /// Says that something could not be put in.
    pub fn miss(&self) {
        let mut content = self.content();
        content.pieces = VecDeque::new();
        content.has_missed = true;
        drop(content);
        self.changed.notify_one();
    }

    /// Begins anew, for a reader who knows from where.
    pub fn restart(&self) {
        let mut content = self.content();
        content.pieces.clear();
        content.has_missed = false;
    }

    /// Ends it; what waits is dropped. The first reason counts.
    pub fn end(&self, end: End) {
        let mut content = self.content();
        content.pieces = VecDeque::new();
        content.end.get_or_insert(end);
        drop(content);
        self.changed.notify_one();
    }

    /// Whether it has ended.
    pub fn ended(&self) -> Option<End> {
        self.content().end
    }

    /// Waits until there is something to find.
    pub async fn next(&self) -> Found<T> {
        loop {
            {
                let mut content = self.content();
                if let Some(end) = content.end {
                    return Found::End(end);
                }
                if content.has_missed {
                    return Found::Missed;
                }
                if let Some(piece) = content.pieces.pop_front() {
                    if content.pieces.is_empty() {
                        content.pieces.shrink_to(4);
                    }
                    return Found::Piece(piece);
                }
            }
            self.changed.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_fit_is_missed_and_not_kept() {
        let queue = Queue::new();
        for piece in 0..=MOST {
            queue.push(piece);
        }
        assert!(queue.content().pieces.is_empty());
        assert!(matches!(queue.next().await, Found::Missed));
        queue.push(1);
        assert!(matches!(queue.next().await, Found::Missed));
        queue.restart();
        queue.push(2);
        assert!(matches!(queue.next().await, Found::Piece(2)));
    }

    #[tokio::test]
    async fn the_first_end_counts_and_nothing_follows_it() {
        let queue = Queue::new();
        queue.push(1);
        queue.end(End::NotEntitled);
        queue.end(End::Stopping);
        queue.push(2);
        assert!(matches!(queue.next().await, Found::End(End::NotEntitled)));
    }
}
