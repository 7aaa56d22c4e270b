//! What a benchmark of the server found, as data.

use romashka_db::bench::{Figure, Machine, Size, Spread};
use serde::Serialize;

use super::Options;

/// A server without work.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Idle {
    /// Bytes of memory that it holds (resident).
    pub bytes: u64,
}

/// One operation by so many clients.
#[derive(Clone, Debug, Serialize)]
pub struct ApiRow {
    /// What is asked for.
    pub title: &'static str,
    /// Clients side by side, each with one connection.
    pub clients: usize,
    /// Requests per second and their latency, as the clients see them.
    pub figure: Figure,
    /// Microseconds of the server's processor time for a request.
    pub server_us: Option<Spread>,
    /// Microseconds of the database's processor time for a request.
    pub database_us: Option<Spread>,
}

/// Requests of the API.
#[derive(Clone, Debug, Serialize)]
pub struct ApiReport {
    /// By operation and number of clients.
    pub rows: Vec<ApiRow>,
    /// The most memory the server held, in bytes.
    pub peak_bytes: Option<u64>,
}

/// Signed webhooks by so many clients.
#[derive(Clone, Debug, Serialize)]
pub struct InboundRow {
    /// Clients side by side.
    pub clients: usize,
    /// Acknowledgements per second, and how long one takes.
    pub acknowledged: Figure,
    /// Messages per second until the last one was in its conversation.
    pub visible: Spread,
    /// What clients of the database reach who store the same payloads.
    pub bare_acknowledged: Spread,
    /// What they reach who also put the same messages into conversations.
    pub bare_visible: Spread,
    /// Acknowledged through bare.
    pub acknowledged_share: Spread,
    /// Visible through bare.
    pub visible_share: Spread,
}

/// Signed webhooks.
#[derive(Clone, Debug, Serialize)]
pub struct InboundReport {
    /// By number of clients.
    pub rows: Vec<InboundRow>,
    /// The most memory the server held, in bytes.
    pub peak_bytes: Option<u64>,
}

/// Webhooks to processes that are killed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct KillReport {
    /// Messages that were acknowledged.
    pub acknowledged: u64,
    /// How often the server was killed.
    pub kills: u32,
    /// Acknowledged messages that are in no conversation.
    pub lost: u64,
    /// Messages that are there more than once.
    pub doubled: u64,
    /// Seconds from the last acknowledgement until all were in their conversations; the leases of a killed process end by time.
    pub settled_seconds: f64,
}

/// Open streams of events.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StreamsReport {
    /// Streams of one process.
    pub streams: u32,
    /// Workspaces they belong to.
    pub workspaces: u32,
    /// Bytes of the server's memory for a stream.
    pub bytes_per_stream: Option<f64>,
    /// The most memory the server held, in bytes.
    pub peak_bytes: Option<u64>,
    /// Messages a second that were sent through the API.
    pub messages_per_second: f64,
    /// Events a second that reached their readers.
    pub events_per_second: f64,
    /// Milliseconds from the beginning of a message's transaction until it was on a screen: the median.
    pub p50_ms: f64,
    /// The same, what one in a hundred exceeds.
    pub p99_ms: f64,
    /// Seconds from the start of a new process, after the old one was killed, until every stream had resumed.
    pub resumed_seconds: f64,
    /// Events that a stream missed, over everything.
    pub missed: u64,
    /// Events that a stream got more than once.
    pub doubled: u64,
}

/// A mailbox that was caught up.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MailReport {
    /// Mails.
    pub mails: u64,
    /// Mails per second until the last one was in a conversation.
    pub per_second: f64,
    /// Bytes of the largest mail.
    pub largest_bytes: u64,
    /// The most memory the server held, in bytes.
    pub peak_bytes: Option<u64>,
    /// Mails that are in no conversation.
    pub lost: u64,
    /// Mails that are there more than once.
    pub doubled: u64,
}

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct ServerReport {
    /// Where.
    pub machine: Machine,
    /// How much.
    pub options: Options,
    /// The load.
    pub size: Size,
    /// A server without work.
    pub idle: Option<Idle>,
    /// Requests.
    pub api: Option<ApiReport>,
    /// Webhooks.
    pub inbound: Option<InboundReport>,
    /// Webhooks to processes that are killed.
    pub killed: Option<KillReport>,
    /// Streams.
    pub streams: Option<StreamsReport>,
    /// A mailbox.
    pub mail: Option<MailReport>,
    /// What could not be measured here, and why.
    pub left_out: Vec<&'static str>,
}

impl ServerReport {
    pub(super) fn new(machine: Machine, options: &Options, size: Size) -> ServerReport {
        ServerReport {
            machine,
            size,
            options: options.clone(),
            idle: None,
            api: None,
            inbound: None,
            killed: None,
            streams: None,
            mail: None,
            left_out: Vec::new(),
        }
    }
}
