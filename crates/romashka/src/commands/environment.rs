//! `romashka environment`: the variables that are read, and what they are set to.

use romashka_db::environment::{TABLE, Variable};

use crate::console::Tone;
use crate::context::Context;
use crate::exit::Exit;

/// List the environment variables that are read, with their present values
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka environment             what is set, and what else could be
  romashka environment --json      the same for a script; secrets are never printed")]
pub struct Args {}

#[derive(serde::Serialize)]
struct Entry {
    name: &'static str,
    purpose: &'static str,
    default: &'static str,
    secret: bool,
    is_set: bool,
    value: Option<String>,
}

fn entry(variable: &'static Variable) -> Entry {
    let value = variable.read();
    Entry {
        name: variable.name,
        purpose: variable.purpose,
        default: variable.default,
        secret: variable.secret,
        is_set: value.is_some(),
        value: value.filter(|_| !variable.secret),
    }
}

/// Prints the table.
pub async fn run(_: Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let entries: Vec<Entry> = TABLE.iter().copied().map(entry).collect();
    console.json(&entries)?;
    let mut topic = None;
    for (variable, entry) in TABLE.iter().zip(&entries) {
        if topic != Some(variable.topic) {
            if topic.is_some() {
                console.line("");
            }
            topic = Some(variable.topic);
            console.heading(variable.topic.heading());
        }
        let value = match (&entry.value, entry.is_set) {
            (Some(value), _) => console.paint(Tone::Good, format_args!("= {value}")),
            (None, true) => console.paint(Tone::Good, "= (set, secret)"),
            (None, false) if entry.default.is_empty() => console.paint(Tone::Faint, "(not set)"),
            (None, false) => {
                console.paint(Tone::Faint, format_args!("(not set: {})", entry.default))
            }
        };
        console.line(format_args!(
            "  {} {value}\n      {}",
            entry.name, entry.purpose
        ));
    }
    Ok(Exit::Ok)
}
