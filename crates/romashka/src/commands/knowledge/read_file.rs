//! `romashka knowledge read-file`: the process that reads one file of another's format, within limits.

use clap::Args as ClapArgs;
use romashka_server::knowledge::files::read_for_parent;

use crate::exit::Exit;

/// Read a file from standard input and print what it holds as JSON
///
/// The importer runs it for each PDF, DOCX, HTML and ZIP file, so that no file can bring it down. It needs no database.
#[derive(ClapArgs)]
#[command(
    hide = true,
    after_help = "Example:\n  romashka knowledge read-file manual.pdf < manual.pdf"
)]
pub struct Args {
    /// The file's name, whose ending tells its kind
    #[arg(value_name = "NAME")]
    name: String,
}

/// Does what was asked for.
pub fn run(arguments: Args) -> anyhow::Result<Exit> {
    read_for_parent(arguments.name, std::io::stdin(), std::io::stdout())?;
    Ok(Exit::Ok)
}
