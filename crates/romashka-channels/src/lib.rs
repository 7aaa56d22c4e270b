//! Parsing and rendering of the channels a customer writes by. Nothing here touches a database.

pub mod email;
pub mod integration;
pub mod request;
pub mod sms;
pub mod webhooks;
pub mod website;
pub mod whatsapp;
