//! What every command is given: the global options and the console.

use crate::cli::Global;
use crate::console::Console;

/// The surroundings of a running command.
pub struct Context {
    /// The options that stand before or after any command.
    pub global: Global,
    /// Where to print.
    pub console: Console,
}

impl Context {
    /// The context of one run of the program.
    pub fn new(global: Global, console: Console) -> Self {
        Context { global, console }
    }
}
