//! WhatsApp Cloud API: from the bytes of a webhook to what a conversation needs, and from an answer to the request that
//! sends it. No database and no network here.
//!
//! Invariant: nothing that arrives makes this module panic, and an item that is not understood never takes its siblings
//! with it: it is an [`webhook::Unknown`] that keeps its JSON. Nothing leaves that the limits of the API would refuse.
//!
//! | Module | What it answers |
//! |---|---|
//! | [`signature`] | Did Meta send it? Is it Meta that sets the webhook up? |
//! | [`webhook`] | Which items are in this delivery? |
//! | [`message`], [`media`], [`text`] | What did the customer send, and what does an agent read? |
//! | [`customer`] | Who is it? |
//! | [`status`] | How far has our message come? |
//! | [`notice`] | What became of a template, a number, the account? |
//! | [`errors`] | May it be tried again, and what is the agent told? |
//! | [`window`] | May we write freely now? |
//! | [`outbound`], [`interactive`], [`template`], [`split`] | What is sent? |
//! | [`answer`] | Was it taken? |
//! | [`alert`] | What must an admin know of templates, numbers and the account? |
//! | [`api`] | Requests besides messages: media, read marks, templates, subscription. |

pub mod alert;
pub mod answer;
pub mod api;
pub mod customer;
pub mod errors;
mod fields;
pub mod interactive;
pub mod media;
pub mod message;
pub mod notice;
pub mod outbound;
mod reading;
pub mod signature;
pub mod split;
pub mod status;
pub mod template;
pub mod text;
pub mod webhook;
pub mod window;

pub use webhook::{Webhook, read_webhook};
