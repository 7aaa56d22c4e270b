//! `romashka keys`: the keys that encrypt stored credentials.

use clap::Subcommand;
use romashka_db::envelope::{Key, Keyring};
use romashka_db::key_file::{self, KeyFileError, KeySource};
use romashka_db::rotation;
use secrecy::ExposeSecret;

use crate::context::Context;
use crate::exit::{Exit, Failure, failure};

/// Show, make and rotate the keys that encrypt stored credentials
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka keys show                  which keys are at hand, and how many secrets need each
  romashka keys generate              a new key for ROMASHKA_ENCRYPTION_KEY
  romashka keys rotate                encrypt every stored secret with a new key

Without ROMASHKA_ENCRYPTION_KEY a key file is made in the data folder on first use, for its user alone
(0600). Keep a copy of it away from the database's backups: without it the credentials are lost, and
with both of them they are open.")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show the keys at hand by their ids, and how many stored secrets need each
    #[command(after_help = "Examples:\n  romashka keys show\n  romashka keys show --json")]
    Show,
    /// Print a new key
    #[command(after_help = "Example:\n  export ROMASHKA_ENCRYPTION_KEY=$(romashka keys generate)")]
    Generate,
    /// Encrypt every stored secret with the current key; with a key file, with a new one
    #[command(after_help = "\
Examples:
  romashka keys rotate                                       with a key file: a new key is made
  ROMASHKA_ENCRYPTION_KEY=NEW,OLD romashka keys rotate       with the variable: the first key encrypts

Safe to stop and to run again: it continues. The old key is removed from the file when nothing needs
it any more; from the variable you remove it.")]
    Rotate,
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    match arguments.action {
        Action::Show => show(context).await,
        Action::Generate => {
            let key = Key::generate();
            context.console.json(
                &serde_json::json!({"id": key.id(), "key": key.to_base64().expose_secret()}),
            )?;
            context.console.line(key.to_base64().expose_secret());
            Ok(Exit::Ok)
        }
        Action::Rotate => rotate(context).await,
    }
}

fn unusable(error: KeyFileError) -> Failure {
    let next = error.next_step();
    failure(Exit::Usage, &error).next(next).because(error)
}

fn origin(source: &KeySource) -> String {
    match source {
        KeySource::Environment => "ROMASHKA_ENCRYPTION_KEY".to_owned(),
        KeySource::File(path) => path.display().to_string(),
    }
}

async fn show(context: &Context) -> anyhow::Result<Exit> {
    let (ring, source) = key_file::load(&context.data_folder()?).map_err(unusable)?;
    let uses = match context.settings() {
        Ok(settings) => {
            let client = context.connect_to(&settings).await?;
            rotation::keys_in_use(&client).await?
        }
        Err(_) => {
            context
                .console
                .note("no database is set: only the keys are shown");
            Vec::new()
        }
    };
    let older: Vec<_> = ring.older().iter().map(Key::id).collect();
    context.console.json(&serde_json::json!({
        "source": origin(&source), "current": ring.current().id(), "older": older, "in_use": uses,
    }))?;
    let console = &context.console;
    console.line(format_args!("keys from {}", origin(&source)));
    console.line(format_args!("  {} current", ring.current().id()));
    for id in older {
        console.line(format_args!("  {id} older"));
    }
    if !uses.is_empty() {
        console.table(
            ["column", "key", "secrets"],
            uses.iter().map(|one| {
                [
                    format!("{}.{}", one.table, one.column),
                    one.key.clone(),
                    one.envelopes.to_string(),
                ]
            }),
        );
    }
    let at_hand = |key: &str| {
        std::iter::once(ring.current())
            .chain(ring.older())
            .any(|known| known.id().to_string() == key)
    };
    let lost: Vec<_> = uses.iter().filter(|one| !at_hand(&one.key)).collect();
    for one in &lost {
        console.failed(format_args!(
            "{}.{} needs the key {}, which is not at hand",
            one.table, one.column, one.key
        ));
    }
    Ok(if lost.is_empty() {
        Exit::Ok
    } else {
        Exit::Failure
    })
}

async fn rotate(context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let (ring, source) = key_file::load(&context.data_folder()?).map_err(unusable)?;
    let mut client = context.connect().await?;
    let ring = match &source {
        // An older key in the file means that a rotation was stopped: it is finished before another begins.
        KeySource::File(path) if ring.older().is_empty() => {
            key_file::add_key(path, ring).map_err(unusable)?
        }
        _ => ring,
    };
    let total = rotation::remaining(&client, ring.current().id()).await?;
    let bar = console.bar(total, "encrypting anew");
    let rotated = rotation::rotate(&mut client, &ring, |done| bar.set_position(done)).await?;
    bar.finish_and_clear();
    console.json(&rotated)?;
    console.passed(format_args!(
        "{} secrets are encrypted with the key {}",
        rotated.secrets,
        ring.current().id()
    ));
    for left in &rotated.left {
        console.failed(format_args!(
            "{}.{} of the row {}: {}",
            left.table, left.column, left.row, left.reason
        ));
    }
    if !rotated.left.is_empty() || rotation::remaining(&client, ring.current().id()).await? > 0 {
        return Err(failure(Exit::Failure, "some secrets still need an older key; it stays")
            .next("store those credentials anew, or run romashka keys rotate again with the missing key at hand")
            .into());
    }
    finish(&source, &ring, context)
}

fn finish(source: &KeySource, ring: &Keyring, context: &Context) -> anyhow::Result<Exit> {
    match source {
        KeySource::File(path) => {
            key_file::remove_older_keys(path, ring).map_err(unusable)?;
            context.console.passed(format_args!(
                "the old key is removed from {}; copy the file again",
                path.display()
            ));
        }
        KeySource::Environment if !ring.older().is_empty() => {
            context
                .console
                .note("next: remove the older keys from ROMASHKA_ENCRYPTION_KEY");
        }
        KeySource::Environment => {}
    }
    Ok(Exit::Ok)
}
