//! Webhooks out: what is sent to subscribers' addresses, and what an answer means. No database and no network here.
//!
//! Invariant: the bytes that are signed are the bytes that are sent, an address is judged before anything is sent to
//! it, and no answer of a receiver, however long or strange, changes more than the fate of its own delivery. The
//! signatures are those of Standard Webhooks 1.0, so that receivers verify them with a library of their choice.
//!
//! | Module | What it answers |
//! |---|---|
//! | [`event`] | What does a receiver read, and which events does he get? |
//! | [`secret`], [`signature`] | How does he know that it is from us? |
//! | [`endpoint`], [`address`] | May we send there at all? |
//! | [`answer`], [`schedule`], [`health`] | What follows from his answer: done, again and when, or never again? |
//! | [`delivery`] | One attempt as a request. |

pub mod address;
pub mod answer;
pub mod delivery;
pub mod endpoint;
pub mod event;
pub mod health;
pub mod schedule;
pub mod secret;
pub mod signature;
