//! The `romashka` command.
fn main() {}
