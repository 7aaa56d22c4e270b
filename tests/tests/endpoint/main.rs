//! A workspace's language model: how it is set up, what it may use, and what a server that breaks the protocol can do.

mod budget;
mod faults;
