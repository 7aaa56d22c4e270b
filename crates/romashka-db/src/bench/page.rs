//! The page about a benchmark, and its plots, made from the report alone.

use std::fmt::Write;

use super::goals::commit;
use super::plot::{Bar, Pair, bars, pairs};
use super::report::{Load, Machine, Measurement, Path, Report, Transaction};
use super::{Figure, Spread};

impl Report {
    /// Every file of the page: name and content, `benchmarks.md` first.
    pub fn pages(&self) -> Vec<(&'static str, String)> {
        let mut files = vec![("benchmarks.md", self.markdown())];
        if self.insert.is_some() {
            files.push(("benchmarks-insert.svg", self.insert_plot()));
        }
        if self.parts.is_some() {
            files.push(("benchmarks-parts.svg", self.parts_plot()));
        }
        if !self.measurements.is_empty() {
            files.push(("benchmarks-latency.svg", self.latency_plot()));
        }
        files
    }

    fn markdown(&self) -> String {
        let mut page = String::from(HEAD);
        self.conditions(&mut page);
        self.goal_table(&mut page);
        self.earlier_table(&mut page);
        self.insert_section(&mut page);
        self.parts_section(&mut page);
        self.latency_section(&mut page);
        page
    }

    fn conditions(&self, page: &mut String) {
        page.push_str(&self.machine.section());
        let mut load = |name: &str, size: super::Size| {
            let _ = writeln!(
                page,
                "- {name}: {} conversations, {} messages, {} articles, {:.1} GiB",
                grouped(size.conversations),
                grouped(size.messages),
                grouped(u64::from(self.options.articles)),
                size.bytes as f64 / f64::from(1 << 30)
            );
        };
        load("the load", self.small);
        if let Some(large) = self.large {
            load("the larger load, for growth", large);
        }
        let _ = write!(
            page,
            "\nCompared sides take turns (A B A B), so that noise meets both. A figure is the median of {} runs, with the least and the most in\n\
             brackets; a ratio is taken of the runs that followed each other, then the median of these. A run of a writing job takes {} s, of a\n\
             reading one a quarter of that. Latencies are what a client sees. Processor time is what the server's backends used, which other work on the\n\
             machine disturbs least.\n",
            self.options.runs,
            self.options.duration.as_secs_f64()
        );
    }

    fn goal_table(&self, page: &mut String) {
        page.push_str("\n## Goals\n\n| goal | target | measured | |\n|---|---|---|---|\n");
        for goal in self.goals() {
            let _ = writeln!(
                page,
                "| {} | {} | {:.2} | {} |",
                goal.what,
                goal.target,
                goal.measured,
                if goal.is_met { "met" } else { "**not met**" }
            );
        }
    }

    fn earlier_table(&self, page: &mut String) {
        page.push_str(
            "\n## Beside earlier schemas\n\nThe earlier schema of this project and the better of two rivals' schemas, measured once with 100,000 conversations, 1,000,000 messages\n\
             and 20,000 articles on PostgreSQL 15 and two cores. Ratios can be compared; times are of another run on comparable hardware.\n\n\
             | | earlier schema | best rival | here |\n|---|---|---|---|\n",
        );
        for row in self.earlier() {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} |",
                row.what,
                row.earlier,
                row.rivals,
                row.here.as_deref().unwrap_or("–")
            );
        }
    }

    fn insert_section(&self, page: &mut String) {
        let Some(insert) = &self.insert else { return };
        page.push_str(
            "\n## A message into an existing conversation\n\n![share of a bare insert](benchmarks-insert.svg)\n\n\
             The same statement, as the same role, into `messages` and into a table with the same columns, defaults and values but no trigger, key, check,\n\
             policy or index. What the product's side adds: row security, checks, the foreign keys, the indexes with both kinds of search, the\n\
             conversation's counters and preview, its figures, the clocks of service levels, and the ledger's row. The audit has no part in it: it records changes\n\
             and deletions of messages, and a message that was added is in the ledger. A *statement* is a transaction by itself in a session that has taken role and\n\
             claims (one round trip); a *scope* begins, takes role and claims, inserts and commits, as the product's server does (four round trips on both sides,\n\
             so the share is larger).\n\n\
             | sent as | commit | clients | per second | bare | share | CPU µs | bare | CPU × bare | p50 ms | p99 ms |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for row in &insert.rows {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {:.0} | {:.0} | {} | {} | {} | {} | {} | {} |",
                match row.transaction {
                    Transaction::Statement => "statement",
                    Transaction::Scope => "scope",
                },
                commit(row.durable),
                row.clients,
                row.full.per_second.median,
                row.bare.per_second.median,
                spread(row.ratio),
                cpu(&row.full),
                cpu(&row.bare),
                row.cpu_ratio.map_or("–".to_owned(), spread),
                time(row.full.p50_ms.median),
                time(row.full.p99_ms.median)
            );
        }
        page.push_str("\nMeanwhile, of the updates that these inserts made, so many stayed on their page and touched no index (HOT):\n\n");
        for hot in &insert.hot {
            let _ = writeln!(
                page,
                "- `{}`: {:.1} % of {}",
                hot.table,
                hot.share * 100.0,
                grouped(hot.updates.unsigned_abs())
            );
        }
    }

    fn parts_section(&self, page: &mut String) {
        let Some(parts) = &self.parts else { return };
        let _ = write!(
            page,
            "\n## Where the rest goes\n\n![processor time of each part](benchmarks-parts.svg)\n\n\
             {} clients, commits not waiting: {} µs of processor time an insert. Each part was taken away by itself, and the table says how much less an insert\n\
             took then. Parts overlap (the trigger that counts contains the ledger's row and the figures), and what two share neither saves alone, so they\n\
             do not add up. A saving whose spread crosses zero is lost in the noise.\n\n| part | | saves, µs |\n|---|---|--:|\n",
            parts.clients,
            cpu(&parts.whole)
        );
        for part in &parts.parts {
            let saved = part.saved_us;
            let _ = writeln!(
                page,
                "| {} | {} | {:.0} ({:.0} to {:.0}) |",
                part.name, part.kind, saved.median, saved.least, saved.most
            );
        }
    }

    fn latency_section(&self, page: &mut String) {
        if self.measurements.is_empty() {
            return;
        }
        page.push_str(
            "\n## Latency, growth, and the price of policies\n\n![median latency on both loads](benchmarks-latency.svg)\n\n\
             Reads by one client, within a transaction, as those of a request; the member's began with role and claims. *Policies*: the median as a member of the\n\
             workspace, through that of the owner, whom policies do not bind and who names the workspace in the statement. *Naming the workspace*: the member's statement with the workspace in it, as the\n\
             owner's has it. A search is one function that checks the workspace itself, for both. *Growth*: the median\n\
             on the larger load through that on the smaller. Roll-up and recount read what they count, so they grow with it.\n\n\
             | | clients | p50 ms | p99 ms | per second | larger load: p50 ms | p99 ms | growth | policies |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for measurement in &self.measurements {
            for path in [
                Path::Policies,
                Path::Named,
                Path::Durable,
                Path::Relaxed,
                Path::Owner,
            ] {
                self.latency_row(page, measurement, path);
            }
        }
    }

    fn latency_row(&self, page: &mut String, measurement: &Measurement, path: Path) {
        let Some(small) = measurement.side(Load::Small, path) else {
            return;
        };
        let is_compared = path == measurement.compared();
        if path == Path::Owner && !is_compared {
            return;
        }
        let large = measurement.side(Load::Large, path);
        let name = match path {
            Path::Durable => ", durable",
            Path::Relaxed => ", commits not waiting",
            Path::Named => ", naming the workspace",
            Path::Policies | Path::Owner => "",
        };
        let (growth, policies) = match path {
            Path::Named => (measurement.named_growth, measurement.named_policies),
            _ if is_compared => (measurement.growth, measurement.policies),
            _ => (None, None),
        };
        let figure = |value: Option<Spread>| value.map_or(String::new(), spread);
        let _ = writeln!(
            page,
            "| {}{name} | {} | {} | {} | {:.0} | {} | {} | {} | {} |",
            measurement.title,
            measurement.clients,
            time(small.p50_ms.median),
            time(small.p99_ms.median),
            small.per_second.median,
            large.map_or(String::new(), |large| time(large.p50_ms.median)),
            large.map_or(String::new(), |large| time(large.p99_ms.median)),
            figure(growth),
            figure(policies)
        );
    }

    fn insert_plot(&self) -> String {
        let rows: Vec<Bar> = self
            .insert
            .iter()
            .flat_map(|insert| &insert.rows)
            .filter(|row| row.transaction == Transaction::Statement)
            .map(|row| Bar {
                label: format!(
                    "{}, {} client{}",
                    commit(row.durable),
                    row.clients,
                    if row.clients == 1 { "" } else { "s" }
                ),
                value: row.ratio.median,
                least: row.ratio.least,
                most: row.ratio.most,
                text: format!("{:.2}", row.ratio.median),
                mark: match (row.durable, row.clients) {
                    (true, 8) => Some(super::goals::DURABLE_SHARE),
                    (false, 2) => Some(super::goals::RELAXED_SHARE),
                    _ => None,
                },
            })
            .collect();
        bars(
            "Inserting a message: share of a bare insert",
            "inserts per second, the product's table through a bare one; line: spread of the runs; upright mark: the goal",
            &rows,
        )
    }

    fn parts_plot(&self) -> String {
        let rows: Vec<Bar> = self
            .parts
            .iter()
            .flat_map(|parts| &parts.parts)
            .map(|part| Bar {
                label: part.name.clone(),
                value: part.saved_us.median,
                least: part.saved_us.least,
                most: part.saved_us.most,
                text: format!("{:.0} µs", part.saved_us.median),
                mark: None,
            })
            .collect();
        bars(
            "Where the processor time of an insert goes",
            "microseconds that an insert takes less without the part; line: spread of the runs",
            &rows,
        )
    }

    fn latency_plot(&self) -> String {
        let rows: Vec<Pair> = self
            .measurements
            .iter()
            .filter_map(|measurement| {
                let path = measurement.compared();
                let first = measurement.side(Load::Small, path)?.p50_ms.median;
                let second = measurement
                    .side(Load::Large, path)
                    .map(|figure| figure.p50_ms.median);
                Some(Pair {
                    label: measurement.title.clone(),
                    first,
                    second,
                    text: match measurement.growth {
                        Some(growth) => format!("{} ms, × {:.2}", time(first), growth.median),
                        None => format!("{} ms", time(first)),
                    },
                })
            })
            .collect();
        let subtitle = match self.large {
            Some(large) => format!(
                "circle: {} conversations; diamond: {}; logarithmic scale",
                grouped(self.small.conversations),
                grouped(large.conversations)
            ),
            None => format!(
                "{} conversations; logarithmic scale",
                grouped(self.small.conversations)
            ),
        };
        pairs("Median latency on both loads", &subtitle, &rows)
    }
}

/// What the page begins with.
pub const HEAD: &str = "# Benchmarks\n\nWritten by `make bench` from one run of `romashka bench`; `romashka bench --help` tells how to repeat a part of it.\n";

impl Machine {
    /// The section about it.
    pub fn section(&self) -> String {
        let memory = self.memory_bytes.map_or(String::new(), |bytes| {
            format!(", {:.0} GiB of memory", bytes as f64 / f64::from(1 << 30))
        });
        let settings: Vec<String> = self
            .settings
            .iter()
            .map(|(name, value)| format!("`{name} = {value}`"))
            .collect();
        format!(
            "\n## Conditions\n\n{}: PostgreSQL {}, {} cores{memory}, clients and server on one machine.\n{}.\n\n",
            self.date,
            self.postgresql,
            self.cores,
            settings.join(", ")
        )
    }
}

/// The median, with the least and the most.
pub fn spread(spread: Spread) -> String {
    format!(
        "{:.2} ({:.2}–{:.2})",
        spread.median, spread.least, spread.most
    )
}

fn cpu(figure: &Figure) -> String {
    figure
        .cpu_us
        .map_or("–".to_owned(), |spread| format!("{:.0}", spread.median))
}

/// Milliseconds with about three digits.
pub fn time(milliseconds: f64) -> String {
    if milliseconds >= 100.0 {
        format!("{milliseconds:.0}")
    } else if milliseconds >= 10.0 {
        format!("{milliseconds:.1}")
    } else {
        format!("{milliseconds:.2}")
    }
}

/// A number with a comma after each three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_grouped() {
        assert_eq!(super::grouped(1_234_567), "1,234,567");
        assert_eq!(super::grouped(100), "100");
        assert_eq!(super::grouped(1_000), "1,000");
    }
}
