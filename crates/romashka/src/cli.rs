//! The command line: global options and the list of commands.

use std::path::PathBuf;

use clap::{Args, Parser};
use secrecy::SecretString;

use crate::commands::Command;

/// Open customer support on PostgreSQL: runs, migrates and proves its database.
#[derive(Parser)]
#[command(name = "romashka", version, propagate_version = true, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  romashka up                      a database of your own, with demo content, until Ctrl-C
  romashka migrate                 bring the database of DATABASE_URL to this version
  romashka verify                  prove that it is what the migrations promise
  romashka doctor                  examine the server around it
  romashka migrate --help          examples of one command

Exit codes:
  0    done
  1    failed, or something was found (verify, doctor, migrate status)
  2    the command line or a setting is wrong
  3    the database cannot be reached
  4    refused for safety: role without the rights, transaction pooler, another process at work
  5    ROMASHKA runs on the data folder already (up)
  130  stopped by Ctrl-C or SIGTERM

Settings come from options, then the environment, then a file .env here: romashka environment";

/// Options that every command understands.
#[derive(Args)]
pub struct Global {
    /// The database, as postgresql://user:password@host/name. Prefer the variable DATABASE_URL:
    /// options are visible to other users of this machine
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help_heading = "Global options"
    )]
    pub database_url: Option<SecretString>,

    /// Folder of the private PostgreSQL and the key file
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        help_heading = "Global options"
    )]
    pub data_dir: Option<PathBuf>,

    /// Print one JSON document instead of text, where the command has one
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,

    /// Print results and errors only
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub quiet: bool,

    /// Never use colours
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_color: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    /// Calls `check` with the full name and definition of every command that can be run.
    fn for_each_command(
        command: &clap::Command,
        name: String,
        check: &mut dyn FnMut(&str, &clap::Command),
    ) {
        for child in command
            .get_subcommands()
            .filter(|child| child.get_name() != "help")
        {
            let name = format!("{name} {}", child.get_name());
            check(&name, child);
            for_each_command(child, name, check);
        }
    }

    #[test]
    fn the_definition_is_sound() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does_and_shows_an_example() {
        for_each_command(
            &super::Cli::command(),
            "romashka".to_owned(),
            &mut |name, command| {
                assert!(command.get_about().is_some(), "{name} has no description");
                let help = command
                    .get_after_help()
                    .map(|text| text.to_string())
                    .unwrap_or_default();
                assert!(help.contains("Example"), "{name} --help shows no example");
                assert!(
                    help.contains("romashka "),
                    "the example of {name} is no command line"
                );
            },
        );
    }
}
