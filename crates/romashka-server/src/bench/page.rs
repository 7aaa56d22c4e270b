//! What the page about benchmarks says of the server, and its plots, made from the report alone.

use std::fmt::Write as _;

use romashka_db::bench::plot::{Bar, Pair, bars, pairs};
use romashka_db::bench::{Goal, Spread, grouped, spread, time};

use super::report::ServerReport;

/// The least share of what clients of the database reach, from the webhook to the conversation.
const SHARE: f64 = 0.5;
/// The most memory of a server without work, and of one at work, in MiB.
const IDLE_MEMORY: f64 = 64.0;
const MEMORY: f64 = 256.0;

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn or_none(value: Option<String>) -> String {
    value.unwrap_or_else(|| "–".to_owned())
}

fn median(value: Option<Spread>) -> String {
    or_none(value.map(|spread| format!("{:.0}", spread.median)))
}

impl ServerReport {
    /// The goals of which something was measured.
    pub fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        let mut goal = |what: String, target: String, measured: f64, is_met: bool| {
            goals.push(Goal {
                what,
                target,
                measured,
                is_met,
            });
        };
        if let Some(idle) = self.idle {
            let held = mebibytes(idle.bytes);
            goal(
                "memory of a server without work, MiB".to_owned(),
                format!("≤ {IDLE_MEMORY}"),
                held,
                held <= IDLE_MEMORY,
            );
        }
        for (what, peak) in [
            (
                "requests of the API",
                self.api.as_ref().and_then(|report| report.peak_bytes),
            ),
            (
                "webhooks",
                self.inbound.as_ref().and_then(|report| report.peak_bytes),
            ),
            (
                "open streams",
                self.streams.and_then(|report| report.peak_bytes),
            ),
            ("a mailbox", self.mail.and_then(|report| report.peak_bytes)),
        ] {
            if let Some(held) = peak.map(mebibytes) {
                goal(
                    format!("most memory under the load of {what}, MiB"),
                    format!("≤ {MEMORY}"),
                    held,
                    held <= MEMORY,
                );
            }
        }
        for row in self.inbound.iter().flat_map(|report| &report.rows) {
            let share = row.visible_share.median;
            goal(
                format!(
                    "webhooks until visible, {}: share of the same inserts",
                    clients(row.clients)
                ),
                format!("≥ {SHARE}"),
                share,
                share >= SHARE,
            );
        }
        let counted = [
            self.killed
                .map(|report| ("webhooks, the server killed", report.lost, report.doubled)),
            self.streams.map(|report| {
                (
                    "events of streams, the server killed",
                    report.missed,
                    report.doubled,
                )
            }),
            self.mail
                .map(|report| ("mails of an outage", report.lost, report.doubled)),
        ];
        for (what, lost, doubled) in counted.into_iter().flatten() {
            goal(
                format!("{what}: lost or doubled"),
                "0".to_owned(),
                (lost + doubled) as f64,
                lost + doubled == 0,
            );
        }
        goals
    }

    /// The section of the page.
    pub fn section(&self) -> String {
        let mut page = String::from("\n## The server\n\n");
        let _ = writeln!(
            page,
            "`romashka serve` in a process of its own, over loopback; clients, server and database share the machine. It runs without the embedding\n\
             model, whose weights take about 100 MiB more and which would be making the vectors of the load's articles meanwhile. The load: {} conversations with\n\
             {} messages. Processor time of the server is that of its process, that of the database of all its backends.\n\n\
             | goal | target | measured | |\n|---|---|---|---|",
            grouped(self.size.conversations),
            grouped(self.size.messages)
        );
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
        for missing in &self.left_out {
            let _ = writeln!(page, "\nNot measured here: {missing}.");
        }
        self.api_section(&mut page);
        self.inbound_section(&mut page);
        self.streams_section(&mut page);
        self.mail_section(&mut page);
        page
    }

    fn api_section(&self, page: &mut String) {
        let Some(api) = &self.api else { return };
        page.push_str(
            "\n### Requests\n\n![median and worst of a hundred](benchmarks-api.svg)\n\n\
             By a program with a key, each client with a connection of its own. Every request is a scoped transaction; an answer is stored, counted, written\n\
             into the ledger and put on the queue.\n\n\
             | request | clients | per second | p50 ms | p99 ms | server, CPU µs | database, CPU µs |\n|---|--:|--:|--:|--:|--:|--:|\n",
        );
        for row in &api.rows {
            let _ = writeln!(
                page,
                "| {} | {} | {:.0} | {} | {} | {} | {} |",
                row.title,
                row.clients,
                row.figure.per_second.median,
                time(row.figure.p50_ms.median),
                time(row.figure.p99_ms.median),
                median(row.server_us),
                median(row.database_us)
            );
        }
    }

    fn inbound_section(&self, page: &mut String) {
        if let Some(inbound) = &self.inbound {
            page.push_str(
                "\n### Webhooks\n\n![share of the same inserts](benchmarks-webhooks.svg)\n\n\
                 Signed deliveries of the WhatsApp Cloud API with one message each, from 2,000 customers. *Durable*: acknowledged, which is after the commit of the\n\
                 payload. *Visible*: until the last message was in its conversation. *Bare*: clients of the database in sessions that took their role\n\
                 once, who store the same payloads, and for *visible* also put the same messages into conversations.\n\n\
                 | clients | durable per second | bare | share | acknowledged p50 ms | p99 ms | visible per second | bare | share |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
            );
            for row in &inbound.rows {
                let _ = writeln!(
                    page,
                    "| {} | {:.0} | {:.0} | {} | {} | {} | {:.0} | {:.0} | {} |",
                    row.clients,
                    row.acknowledged.per_second.median,
                    row.bare_acknowledged.median,
                    spread(row.acknowledged_share),
                    time(row.acknowledged.p50_ms.median),
                    time(row.acknowledged.p99_ms.median),
                    row.visible.median,
                    row.bare_visible.median,
                    spread(row.visible_share)
                );
            }
        }
        if let Some(killed) = &self.killed {
            let _ = writeln!(
                page,
                "\nWith the server killed {} times (SIGKILL) while 8 clients send: {} acknowledged, {} lost, {} doubled; all were in their conversations {:.1} s after\n\
                 the last acknowledgement, most of which is the lease of a killed process.",
                killed.kills,
                grouped(killed.acknowledged),
                killed.lost,
                killed.doubled,
                killed.settled_seconds
            );
        }
    }

    fn streams_section(&self, page: &mut String) {
        let Some(streams) = &self.streams else { return };
        let _ = writeln!(
            page,
            "\n### Live streams\n\n{} streams of {} workspaces, open at one process; {:.0} messages a second through the API, which are {:.0} events a second on screens.\n\n\
             - memory of the server for a stream: {} KiB; at most {} MiB in all\n\
             - from the beginning of a message's transaction to the screen: p50 {} ms, p99 {} ms\n\
             - after the process was killed, and with a message for each workspace meanwhile: all streams had resumed {:.1} s after the next one served\n\
             - {} events missed, {} twice",
            grouped(u64::from(streams.streams)),
            grouped(u64::from(streams.workspaces)),
            streams.messages_per_second,
            streams.events_per_second,
            or_none(
                streams
                    .bytes_per_stream
                    .map(|bytes| format!("{:.1}", bytes / 1024.0))
            ),
            or_none(
                streams
                    .peak_bytes
                    .map(|bytes| format!("{:.0}", mebibytes(bytes)))
            ),
            time(streams.p50_ms),
            time(streams.p99_ms),
            streams.resumed_seconds,
            streams.missed,
            streams.doubled
        );
    }

    fn mail_section(&self, page: &mut String) {
        let Some(mail) = &self.mail else { return };
        let _ = writeln!(
            page,
            "\n### A mailbox after an outage\n\n{} mails in a Dovecot, one of them with {:.0} MiB: {:.0} mails a second until the last one was in a conversation; at most {} MiB of\n\
             memory; {} lost, {} doubled.",
            grouped(mail.mails),
            mebibytes(mail.largest_bytes),
            mail.per_second,
            or_none(
                mail.peak_bytes
                    .map(|bytes| format!("{:.0}", mebibytes(bytes)))
            ),
            mail.lost,
            mail.doubled
        );
    }

    /// The plots: name and content.
    pub fn plots(&self) -> Vec<(&'static str, String)> {
        let mut plots = Vec::new();
        if let Some(api) = &self.api {
            let rows: Vec<Pair> = api
                .rows
                .iter()
                .map(|row| Pair {
                    label: format!("{}, {}", row.title, clients(row.clients)),
                    first: row.figure.p50_ms.median,
                    second: Some(row.figure.p99_ms.median),
                    text: format!("{:.0} /s", row.figure.per_second.median),
                })
                .collect();
            let subtitle = "circle: median; diamond: one in a hundred is slower; logarithmic scale";
            plots.push((
                "benchmarks-api.svg",
                pairs("Requests of the API", subtitle, &rows),
            ));
        }
        if let Some(inbound) = &self.inbound {
            let rows: Vec<Bar> = inbound
                .rows
                .iter()
                .flat_map(|row| {
                    [
                        ("durable", row.acknowledged_share, None),
                        ("visible", row.visible_share, Some(SHARE)),
                    ]
                    .map(|(what, share, mark)| Bar {
                        label: format!("{what}, {}", clients(row.clients)),
                        value: share.median,
                        least: share.least,
                        most: share.most,
                        text: format!("{:.2}", share.median),
                        mark,
                    })
                })
                .collect();
            plots.push((
                "benchmarks-webhooks.svg",
                bars(
                    "Signed webhooks: share of the same inserts",
                    "webhooks a second through what clients of the database reach; line: spread of the runs; upright mark: the goal",
                    &rows,
                ),
            ));
        }
        plots
    }
}

fn clients(count: usize) -> String {
    format!("{count} client{}", if count == 1 { "" } else { "s" })
}
