//! What runs in browsers and in others' programs: the client with its examples, the widget in a real browser.
//!
//! Where Node.js, or Chromium, is not installed and cannot be, these tests say so and do nothing.

mod client;
mod node;
mod widget;
