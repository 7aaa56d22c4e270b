//! `romashka docs`: writes the pages that are generated from the program itself.
//!
//! Invariant: the committed pages equal what this program writes (a test compares them).

use std::path::PathBuf;

use anyhow::Context as _;
use clap::CommandFactory;

use crate::context::Context;
use crate::exit::Exit;

/// Write the generated pages: docs/cli.md, docs/environment.md and docs/openapi.json
#[derive(clap::Args)]
#[command(hide = true, after_help = "Example:\n  romashka docs --out docs")]
pub struct Args {
    /// The folder to write to
    #[arg(long, default_value = "docs")]
    out: PathBuf,
}

/// Writes the pages.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    std::fs::create_dir_all(&arguments.out)?;
    for (name, page) in pages() {
        let path = arguments.out.join(name);
        std::fs::write(&path, page)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        context
            .console
            .note(format_args!("wrote {}", path.display()));
    }
    Ok(Exit::Ok)
}

fn pages() -> [(&'static str, String); 3] {
    [
        ("cli.md", cli_as_markdown()),
        ("environment.md", romashka_db::environment::as_markdown()),
        (
            "openapi.json",
            format!("{:#}\n", romashka_server::openapi()),
        ),
    ]
}

fn cli_as_markdown() -> String {
    let mut page = String::from(
        "# The command `romashka`\n\nWritten by `romashka docs` from the program itself; edit the command there.\n",
    );
    // The width is fixed so that the page does not depend on a terminal.
    let mut root = crate::cli::Cli::command().term_width(100);
    root.build();
    write_command(&mut page, &mut root, "romashka".to_owned());
    page
}

fn write_command(page: &mut String, command: &mut clap::Command, name: String) {
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    page.push_str(&format!(
        "\n## `{name}`\n\n```text\n{}\n```\n",
        help.join("\n").trim()
    ));
    for child in command
        .get_subcommands_mut()
        .filter(|child| child.get_name() != "help" && !child.is_hide_set())
    {
        let name = format!("{name} {}", child.get_name());
        write_command(page, child, name);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_pages_are_current() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        for (name, page) in super::pages() {
            let committed = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert!(
                committed == page,
                "docs/{name} is stale: run `cargo run -p romashka -- docs`"
            );
        }
    }
}
