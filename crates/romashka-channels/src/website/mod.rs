//! The chat on a customer's site: who a visitor is, what he may send, and from which pages. No database and no network
//! here.
//!
//! Invariant: everything that a browser sends is a claim until a secret of the site's owner proves it; a claim never
//! opens what another person wrote. Every input has a limit and is checked again here, whatever the widget did.
//!
//! | Module | What it answers |
//! |---|---|
//! | [`identity`] | Who is this visitor, and is that proven? |
//! | [`session`] | Is this the same browser as before? |
//! | [`origin`] | May this page show the widget, and which headers say so? |
//! | [`configuration`] | May the owner set his widget up so? |
//! | [`form`] | Is the form before the chat filled in well? |
//! | [`input`], [`upload`] | May this text or file be taken? |
//! | [`limits`] | How often may who do what? |

pub mod configuration;
pub mod form;
pub mod identity;
pub mod input;
pub mod limits;
pub mod origin;
pub mod session;
pub mod upload;
