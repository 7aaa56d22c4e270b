//! Mail: from bytes to what a conversation needs. No database and no network here.
//!
//! Invariant: nothing that arrives makes this module fail or panic. A mail that cannot be read well is read as well as
//! possible and says so in its [`message::Notice`]s.
//!
//! | Module | What it answers |
//! |---|---|
//! | [`mbox`] | Where does one mail end and the next begin? |
//! | [`message`] | What is in this mail? |
//! | [`charset`], [`header`], [`mime`] | The layers below it. |
//! | [`html_text`], [`quotes`] | What did the sender write now, and what is quoted or a signature? |
//! | [`automatic`], [`bounce`] | Did a person write it? |
//! | [`threading`] | To which conversation does it belong? |
//! | [`sender`] | May we believe its From? |

pub mod attachment;
pub mod automatic;
pub mod bounce;
pub mod calendar;
pub mod charset;
pub mod cms;
pub mod content;
pub mod date;
pub mod display;
pub mod header;
pub mod html_quotes;
pub mod html_text;
pub mod html_tree;
pub mod intake;
pub mod mbox;
pub mod message;
pub mod mime;
pub mod outgoing;
pub mod parameter;
pub mod quotes;
pub mod sender;
pub mod smtp_reply;
pub mod threading;
pub mod tnef;
pub mod webhook;

pub use message::{Mail, ParseOptions};
