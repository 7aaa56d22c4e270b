//! `romashka knowledge read-page`: the process that reads one page of a website, within limits.

use clap::Args as ClapArgs;
use romashka_server::knowledge::files::read_page_for_parent;

use crate::exit::Exit;

/// Read a page from standard input and print what it says as JSON
///
/// A scan runs it for each page, so that no page can bring it down. The first line says what is known of the page. It
/// needs no database.
#[derive(ClapArgs)]
#[command(
    hide = true,
    after_help = "Example:\n  (echo '{\"url\": \"https://example.com/\"}'; cat page.html) | romashka knowledge read-page"
)]
pub struct Args {}

/// Does what was asked for.
pub fn run() -> anyhow::Result<Exit> {
    read_page_for_parent(std::io::stdin(), std::io::stdout())?;
    Ok(Exit::Ok)
}
