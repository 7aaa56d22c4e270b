//! Requests of the API on the load: a page of the inbox, the messages of a conversation, an answer.

use romashka_db::bench::{BenchEvent, Client, Figure, Observer, Sample, Spread, drive};
use serde_json::json;
use uuid::Uuid;

use super::place::{self, Place, database_seconds};
use super::process::{Process, anywhere};
use super::report::{ApiReport, ApiRow};
use super::{Failure, Options};
use romashka_db::bench::BenchError;

/// The numbers of clients.
const CLIENTS: [usize; 3] = [1, 8, 64];
/// How many conversations are read and written to.
const CONVERSATIONS: i64 = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Inbox,
    Conversation,
    Send,
}

impl Operation {
    const ALL: [Operation; 3] = [Operation::Inbox, Operation::Conversation, Operation::Send];

    fn title(self) -> &'static str {
        match self {
            Operation::Inbox => "a page of the inbox, 20 conversations",
            Operation::Conversation => "the messages of a conversation",
            Operation::Send => "an answer is sent",
        }
    }
}

/// A caller with one connection.
struct Caller {
    client: reqwest::Client,
    operation: Operation,
    base: String,
    key: String,
    conversations: Vec<Uuid>,
    next: usize,
}

impl Client for Caller {
    async fn step(&mut self) -> Result<(), BenchError> {
        let conversation = self.conversations[self.next % self.conversations.len()];
        self.next += 1;
        let base = &self.base;
        let (request, expected) = match self.operation {
            Operation::Inbox => (
                self.client
                    .get(format!("{base}/conversations?status=active&limit=20")),
                200,
            ),
            Operation::Conversation => (
                self.client
                    .get(format!("{base}/conversations/{conversation}/messages")),
                200,
            ),
            Operation::Send => (
                self.client
                    .post(format!("{base}/conversations/{conversation}/messages"))
                    .json(&json!({"content": "It was sent yesterday and arrives tomorrow."})),
                201,
            ),
        };
        let answer = async {
            let answer = request.bearer_auth(&self.key).send().await?;
            let status = answer.status().as_u16();
            answer.bytes().await?;
            Ok::<u16, reqwest::Error>(status)
        };
        match answer.await {
            Ok(status) if status == expected => Ok(()),
            Ok(status) => Err(BenchError::Answer {
                what: self.operation.title(),
                status,
            }),
            Err(_) => Err(BenchError::Answer {
                what: self.operation.title(),
                status: 0,
            }),
        }
    }
}

/// Measures each operation with each number of clients.
pub async fn measure(
    place: &Place,
    options: &Options,
    observe: Observer<'_>,
) -> Result<ApiReport, Failure> {
    let owner = place.loaded.owner().await?;
    let key = place.key(&owner, place.loaded.workspace).await?;
    // Of the website, because an answer there goes nowhere but into the database.
    let conversations: Vec<Uuid> = owner
        .query(
            "select id from public.conversations where workspace_id = $1 and status = 'active' and merged_into_id is null
              order by (channel_type = 'website') desc, hashtext(id::text) limit $2",
            &[&place.loaded.workspace, &CONVERSATIONS],
        )
        .await
        .map_err(Failure::at("looking for conversations"))?
        .iter()
        .map(|row| row.get(0))
        .collect();
    if conversations.is_empty() {
        return Err(BenchError::Nothing("the requests of the API").into());
    }
    let process = Process::start(place, anywhere(), &[]).await?;
    let mut rows = Vec::new();
    observe(BenchEvent::Stage {
        name: "requests of the API".to_owned(),
        total: (Operation::ALL.len() * CLIENTS.len()) as u64,
    });
    for operation in Operation::ALL {
        for clients in CLIENTS {
            let callers = (0..clients)
                .map(|number| {
                    Ok(Caller {
                        client: place::client()?,
                        operation,
                        base: process.url("/api/v1"),
                        key: key.clone(),
                        conversations: conversations.clone(),
                        next: number * 97,
                    })
                })
                .collect::<Result<Vec<Caller>, Failure>>()?;
            rows.push(row(&process, &owner, operation, callers, options).await?);
            observe(BenchEvent::Run);
        }
    }
    let peak_bytes = process.peak();
    process.kill().await?;
    Ok(ApiReport { rows, peak_bytes })
}

async fn row(
    process: &Process,
    owner: &romashka_db::connect::Connection,
    operation: Operation,
    callers: Vec<Caller>,
    options: &Options,
) -> Result<ApiRow, Failure> {
    let clients = callers.len();
    // The connections, the pool and the plans are made before.
    let (mut callers, _) = drive(callers, options.duration / 5).await?;
    let (mut samples, mut server, mut database) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.runs {
        let before = (process.processor_seconds(), database_seconds(owner).await?);
        let (given_back, sample) = drive(callers, options.duration).await?;
        callers = given_back;
        let after = (process.processor_seconds(), database_seconds(owner).await?);
        server.extend(each(before.0, after.0, &sample));
        database.extend(each(before.1, after.1, &sample));
        samples.push(sample);
    }
    let spread = |values: Vec<f64>| (!values.is_empty()).then(|| Spread::of(values));
    Ok(ApiRow {
        title: operation.title(),
        clients,
        figure: Figure::of(&samples),
        server_us: spread(server),
        database_us: spread(database),
    })
}

/// Microseconds for an operation. A backend that was replaced meanwhile would make it negative: then there is no figure.
fn each(before: Option<f64>, after: Option<f64>, sample: &Sample) -> Option<f64> {
    let seconds = after? - before?;
    (seconds >= 0.0).then(|| seconds * 1e6 / sample.count().max(1) as f64)
}
