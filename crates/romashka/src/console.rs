//! All that the program prints.
//!
//! Invariant: results go to standard output; progress, notes, warnings and errors to standard error.
//! With `--json` standard output holds exactly one JSON document. Colours, marks that move and bars
//! appear on a terminal only.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use owo_colors::OwoColorize;
use serde::Serialize;

use crate::cli::Global;
use crate::exit::Failure;

/// Where and how to print. Cheap to clone.
#[derive(Clone)]
pub struct Console {
    json: bool,
    quiet: bool,
    colour_out: bool,
    colour_err: bool,
}

/// What a piece of text means; the console decides how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Right, done.
    Good,
    /// Wrong, failed.
    Bad,
    /// Worth a look.
    Doubtful,
    /// A heading.
    Strong,
    /// Less important than its surroundings.
    Faint,
}

fn paint(tone: Tone, text: &str, colour: bool) -> String {
    if !colour {
        return text.to_owned();
    }
    match tone {
        Tone::Good => text.green().to_string(),
        Tone::Bad => text.red().to_string(),
        Tone::Doubtful => text.yellow().to_string(),
        Tone::Strong => text.bold().to_string(),
        Tone::Faint => text.dimmed().to_string(),
    }
}

/// Lines of at most `columns` characters, broken at spaces; a longer word has a line of its own.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

impl Console {
    /// The console for these options, the environment and the terminal.
    pub fn new(global: &Global) -> Self {
        let wanted = !global.no_color && romashka_db::environment::NO_COLOR.read().is_none();
        Console {
            json: global.json,
            quiet: global.quiet,
            colour_out: wanted && std::io::stdout().is_terminal(),
            colour_err: wanted && std::io::stderr().is_terminal(),
        }
    }

    /// Text for standard output in a tone.
    pub fn paint(&self, tone: Tone, text: impl Display) -> String {
        paint(tone, &text.to_string(), self.colour_out)
    }

    /// A line of the result; nothing with `--json`.
    pub fn line(&self, text: impl Display) {
        if !self.json {
            // A reader that has gone away (`| head`) ends the printing, not the work.
            let _ = writeln!(std::io::stdout().lock(), "{text}");
        }
    }

    /// A heading within the result; nothing with `--json`.
    pub fn heading(&self, text: impl Display) {
        self.line(self.paint(Tone::Strong, text));
    }

    /// A line of the result behind ✓; nothing with `--json`.
    pub fn passed(&self, text: impl Display) {
        self.line(format_args!("{} {text}", self.paint(Tone::Good, "✓")));
    }

    /// A line of the result behind ✗; nothing with `--json`.
    pub fn failed(&self, text: impl Display) {
        self.line(format_args!("{} {text}", self.paint(Tone::Bad, "✗")));
    }

    /// A line of the result behind `!`; nothing with `--json`.
    pub fn doubtful(&self, text: impl Display) {
        self.line(format_args!("{} {text}", self.paint(Tone::Doubtful, "!")));
    }

    /// A paragraph of the result, wrapped on a terminal, each line behind `indent` spaces; nothing with `--json`.
    pub fn paragraph(&self, indent: usize, tone: Tone, text: impl Display) {
        for line in wrap(&text.to_string(), self.room(indent)) {
            self.line(format_args!("{:indent$}{}", "", self.paint(tone, line)));
        }
    }

    /// The same behind a mark, with the lines below each other.
    pub fn item(&self, indent: usize, mark: impl Display, text: impl Display) {
        for (number, line) in wrap(&text.to_string(), self.room(indent + 2))
            .iter()
            .enumerate()
        {
            if number == 0 {
                self.line(format_args!("{:indent$}{mark} {line}", ""));
            } else {
                self.line(format_args!("{:indent$}  {line}", ""));
            }
        }
    }

    /// The columns of the terminal beside an indent; endless where standard output is none.
    fn room(&self, indent: usize) -> usize {
        let stdout = std::io::stdout();
        if !stdout.is_terminal() {
            return usize::MAX;
        }
        rustix::termios::tcgetwinsize(stdout)
            .ok()
            .map(|size| usize::from(size.ws_col))
            .filter(|columns| *columns > 0)
            .unwrap_or(80)
            .saturating_sub(indent)
            .max(20)
    }

    /// The result as one JSON document, with `--json`; else nothing.
    pub fn json(&self, document: &impl Serialize) -> anyhow::Result<()> {
        if self.json {
            let mut out = std::io::stdout().lock();
            serde_json::to_writer_pretty(&mut out, document)?;
            writeln!(out)?;
        }
        Ok(())
    }

    /// What is going on, on standard error; nothing with `--quiet`.
    pub fn note(&self, text: impl Display) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }

    /// A warning on standard error, and what to do about it.
    pub fn warn(&self, text: impl Display, next: impl Display) {
        let mut err = std::io::stderr().lock();
        let _ = writeln!(
            err,
            "{} {text}",
            paint(Tone::Doubtful, "warning:", self.colour_err)
        );
        let _ = writeln!(
            err,
            "  {} {next}",
            paint(Tone::Faint, "next:", self.colour_err)
        );
    }

    /// An error with its causes and the next step, on standard error.
    pub fn report(&self, error: &anyhow::Error) {
        let mut err = std::io::stderr().lock();
        let _ = writeln!(
            err,
            "{} {error}",
            paint(Tone::Bad, "error:", self.colour_err)
        );
        let mut said = error.to_string();
        for cause in error.chain().skip(1) {
            let text = cause.to_string();
            // Libraries often repeat their source in their own message.
            if !said.contains(&text) {
                let _ = writeln!(
                    err,
                    "  {} {text}",
                    paint(Tone::Faint, "because:", self.colour_err)
                );
                said = text;
            }
        }
        if let Some(next) = error.downcast_ref::<Failure>().and_then(Failure::next_step) {
            let _ = writeln!(
                err,
                "  {} {next}",
                paint(Tone::Faint, "next:", self.colour_err)
            );
        }
    }

    /// A bar for `total` steps; invisible where standard error is no terminal, or with `--quiet`.
    pub fn bar(&self, total: u64, label: impl Into<Cow<'static, str>>) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(total), self.draw_target());
        let template = "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}";
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.with_message(label)
    }

    /// A sign of life for work of unknown length; invisible where standard error is no terminal, or with `--quiet`.
    pub fn spinner(&self, label: impl Into<Cow<'static, str>>) -> ProgressBar {
        let spinner = ProgressBar::with_draw_target(None, self.draw_target()).with_message(label);
        spinner.enable_steady_tick(Duration::from_millis(120));
        spinner
    }

    fn draw_target(&self) -> ProgressDrawTarget {
        // indicatif itself stays silent where standard error is no terminal.
        if self.quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        }
    }

    /// A table of the result, fitted to the terminal; nothing with `--json`.
    pub fn table<const N: usize>(
        &self,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        if std::io::stdout().is_terminal() {
            table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
        }
        table.set_header(header);
        table.add_rows(rows);
        for line in table.lines() {
            self.line(line.trim_end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_colour_means_no_escape() {
        assert_eq!(paint(Tone::Bad, "x", false), "x");
        assert!(paint(Tone::Bad, "x", true).starts_with('\u{1b}'));
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrap("über alle", 4), ["über", "alle"]);
        assert_eq!(wrap("unbreakable a", 4), ["unbreakable", "a"]);
        assert_eq!(wrap("a b", usize::MAX), ["a b"]);
    }
}
