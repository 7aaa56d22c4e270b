//! SMS and MMS by Twilio: what arrives, what is sent, and whether it is believed. No database and no network here.
//!
//! Invariant: nothing that arrives makes this module fail or panic in another way than by saying what is wrong, a
//! request is believed only when its signature fits, and a delivery never goes backwards.
//!
//! | Module | What it answers |
//! |---|---|
//! | [`signature`] | Did Twilio send this request? |
//! | [`form`], [`inbound`], [`number`] | What did the customer send, from where to where? |
//! | [`opt_out`] | Does he want to hear from us? |
//! | [`status`], [`error_code`] | How far has our message come, and why no further? |
//! | [`segment`], [`encoding`], [`price`] | How many messages is a text, what does it cost, and how is a longer one split? |
//! | [`outbound`], [`reply`] | What is asked of Twilio, and what does it answer? |
//! | [`answer`] | What do we answer to Twilio? |

pub mod answer;
pub mod encoding;
pub mod error_code;
pub mod form;
pub mod inbound;
pub mod number;
pub mod opt_out;
pub mod outbound;
pub mod price;
pub mod reply;
pub mod segment;
pub mod signature;
pub mod status;
