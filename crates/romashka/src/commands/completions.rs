//! `romashka completions`: the completion script for a shell.

use clap::CommandFactory;

use crate::exit::Exit;

/// Print the completion script for a shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka completions bash > /etc/bash_completion.d/romashka
  romashka completions zsh  > ~/.zfunc/_romashka
  romashka completions fish > ~/.config/fish/completions/romashka.fish")]
pub struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints the script.
pub async fn run(arguments: Args) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut crate::cli::Cli::command(),
        "romashka",
        &mut script,
    );
    std::io::Write::write_all(&mut std::io::stdout().lock(), &script)?;
    Ok(Exit::Ok)
}
