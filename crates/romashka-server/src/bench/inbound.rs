//! Signed WhatsApp webhooks: how many a second are durable and how many are in their conversations, against clients of the
//! database who store the same; and whether a killed process loses or doubles any.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use romashka_db::bench::{
    BenchError, BenchEvent, Client, Figure, Observer, Sample, Spread, drive, ratio, session,
};
use romashka_db::connect::Connection;
use romashka_db::scope::Claims;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio_postgres::Statement;
use uuid::Uuid;

use super::place::{self, Place, until};
use super::process::{Process, anywhere};
use super::report::{InboundReport, InboundRow, KillReport};
use super::{Failure, Options};

const CLIENTS: [usize; 2] = [1, 8];
const APP_SECRET: &str = "app secret of a benchmark";
/// How many customers write: each has a conversation after his first message.
const CUSTOMERS: u64 = 2_000;
/// How long nothing may move before it counts as stuck: longer than the lease of a process that was killed.
const PATIENCE: Duration = Duration::from_secs(180);

/// The channel, and the numbers of what was sent through it.
struct Line {
    channel: Uuid,
    token: String,
    workspace: Uuid,
    next: AtomicU64,
}

impl Line {
    async fn new(place: &Place, owner: &Connection) -> Result<Arc<Line>, Failure> {
        let (channel, token) = place
            .channel(
                owner,
                "whatsapp",
                &json!({"phone_number_id": "106540352242922", "waba_id": "102290129340398"}),
                &json!({"access_token": "token of a benchmark", "app_secret": APP_SECRET, "verify_token": "verify me"}),
            )
            .await?;
        Ok(Arc::new(Line {
            channel,
            token,
            workspace: place.loaded.workspace,
            next: AtomicU64::new(0),
        }))
    }

    fn delivery(&self) -> Delivery {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let customer = format!("49151{:08}", number % CUSTOMERS);
        let id = format!("wamid.{}.{number}", self.channel.simple());
        let text =
            format!("Where is my parcel {number}? It should have been here since yesterday.");
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [{
            "field": "messages", "value": {"messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "15550006", "phone_number_id": "106540352242922"},
                "contacts": [{"profile": {"name": "Anna"}, "wa_id": customer}],
                "messages": [{"from": customer, "id": id, "timestamp": jiff::Timestamp::now().as_second().to_string(),
                    "type": "text", "text": {"body": text}}]}}]}]});
        Delivery {
            id,
            customer,
            text,
            body: body.to_string().into_bytes(),
            payload: body,
        }
    }

    /// How many messages of the channel are in conversations.
    fn counted(&self) -> String {
        format!(
            "select count(*) from public.messages where workspace_id = '{}' and channel_id = '{}'",
            self.workspace, self.channel
        )
    }
}

struct Delivery {
    id: String,
    customer: String,
    text: String,
    body: Vec<u8>,
    payload: Value,
}

fn signature(body: &[u8]) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// One of those who speak in this job.
enum Sender {
    /// Meta.
    Web {
        client: reqwest::Client,
        address: String,
        line: Arc<Line>,
    },
    /// A client of the database that stores the payload, and the message too where it has the statement.
    Bare {
        connection: Box<Connection>,
        backend: i32,
        receive: Statement,
        ingest: Option<Statement>,
        line: Arc<Line>,
    },
}

async fn post(client: &reqwest::Client, address: &str, body: &[u8]) -> Result<u16, reqwest::Error> {
    let answer = client
        .post(address)
        .header("content-type", "application/json")
        .header("x-hub-signature-256", signature(body))
        .body(body.to_vec())
        .send()
        .await?;
    Ok(answer.status().as_u16())
}

impl Client for Sender {
    async fn step(&mut self) -> Result<(), BenchError> {
        match self {
            Sender::Web {
                client,
                address,
                line,
            } => {
                let delivery = line.delivery();
                match post(client, address, &delivery.body).await {
                    Ok(200) => Ok(()),
                    other => Err(BenchError::Answer {
                        what: "a webhook",
                        status: other.unwrap_or(0),
                    }),
                }
            }
            Sender::Bare {
                connection,
                receive,
                ingest,
                line,
                ..
            } => {
                let delivery = line.delivery();
                let key = hex::encode(Sha256::digest(&delivery.body));
                let order = format!("{}:{}", line.channel, delivery.customer);
                connection
                    .execute(
                        receive,
                        &[
                            &delivery.payload,
                            &key,
                            &order,
                            &line.channel,
                            &delivery.body,
                            &line.workspace,
                        ],
                    )
                    .await
                    .map_err(BenchError::at("storing a payload"))?;
                if let Some(ingest) = ingest {
                    connection
                        .execute(
                            ingest,
                            &[
                                &delivery.customer,
                                &delivery.text,
                                &delivery.id,
                                &line.channel,
                                &line.workspace,
                            ],
                        )
                        .await
                        .map_err(BenchError::at("taking a message in"))?;
                }
                Ok(())
            }
        }
    }

    fn backend(&self) -> Option<i32> {
        match self {
            Sender::Web { .. } => None,
            Sender::Bare { backend, .. } => Some(*backend),
        }
    }
}

async fn bare(place: &Place, line: &Arc<Line>, with_message: bool) -> Result<Sender, Failure> {
    let (connection, backend) = session(&place.loaded, Some(&Claims::installation())).await?;
    let receive = connection
        .prepare(
            "select public.receive_webhook_event('whatsapp', 'webhook', $1::jsonb, $2::text, $3::text, $4::uuid, '{}', $5::bytea, $6::uuid)",
        )
        .await
        .map_err(Failure::at("preparing"))?;
    let ingest = match with_message {
        true => Some(
            connection
                .prepare(
                    "select i.message_id from public.ingest_message('whatsapp', $1::text, $2::text, external_message_id => $3::text, channel_id => $4::uuid,
                       customer_name => 'Anna', message_type => 'text', is_verified => true, sender_type => 'user', workspace => $5::uuid) as i",
                )
                .await
                .map_err(Failure::at("preparing"))?,
        ),
        false => None,
    };
    Ok(Sender::Bare {
        connection: Box::new(connection),
        backend,
        receive,
        ingest,
        line: line.clone(),
    })
}

/// Measures webhooks against clients of the database.
pub async fn measure(
    place: &Place,
    options: &Options,
    observe: Observer<'_>,
) -> Result<InboundReport, Failure> {
    let owner = place.loaded.owner().await?;
    let process = Process::start(place, anywhere(), &[]).await?;
    let mut rows = Vec::new();
    observe(BenchEvent::Stage {
        name: "signed webhooks".to_owned(),
        total: CLIENTS.len() as u64 * u64::from(options.runs),
    });
    for clients in CLIENTS {
        let mut samples: [Vec<Sample>; 3] = Default::default();
        let mut visible = Vec::new();
        for _ in 0..options.runs {
            // A channel for each side, so that each is counted by itself.
            let line = Line::new(place, &owner).await?;
            let address = process.url(&format!("/hooks/whatsapp/{}", line.token));
            let senders = (0..clients)
                .map(|_| {
                    Ok(Sender::Web {
                        client: place::client()?,
                        address: address.clone(),
                        line: line.clone(),
                    })
                })
                .collect::<Result<Vec<Sender>, Failure>>()?;
            let begun = Instant::now();
            let (_, sample) = drive(senders, options.duration).await?;
            let wanted = sample.count() as u64;
            until(
                &owner,
                &line.counted(),
                wanted,
                PATIENCE,
                "taking messages in",
            )
            .await?;
            visible.push(wanted as f64 / begun.elapsed().as_secs_f64());
            samples[0].push(sample);
            for (side, with_message) in [(1, false), (2, true)] {
                let line = Line::new(place, &owner).await?;
                let mut senders = Vec::new();
                for _ in 0..clients {
                    senders.push(bare(place, &line, with_message).await?);
                }
                let (_, sample) = drive(senders, options.duration).await?;
                samples[side].push(sample);
                // The server takes these in as well, before the next side begins.
                let waiting = format!(
                    "select case when exists (select from public.webhook_events where channel_id = '{}' and status in ('pending', 'processing')) then 0 else 1 end::bigint",
                    line.channel
                );
                until(&owner, &waiting, 1, PATIENCE, "taking payloads in").await?;
            }
            place.loaded.checkpoint(&owner).await?;
            observe(BenchEvent::Run);
        }
        let per_second = |sample: &Sample| Some(sample.per_second());
        let shares = visible
            .iter()
            .zip(&samples[2])
            .map(|(visible, bare)| visible / bare.per_second());
        rows.push(InboundRow {
            clients,
            acknowledged: Figure::of(&samples[0]),
            visible_share: Spread::of(shares),
            visible: Spread::of(visible),
            bare_acknowledged: Spread::of(samples[1].iter().map(Sample::per_second)),
            bare_visible: Spread::of(samples[2].iter().map(Sample::per_second)),
            acknowledged_share: ratio(&samples[0], &samples[1], per_second)
                .unwrap_or_else(|| Spread::of([])),
        });
    }
    let peak_bytes = process.peak();
    process.kill().await?;
    Ok(InboundReport { rows, peak_bytes })
}

/// Sends webhooks while the server is killed again and again: what is refused is sent again, as Meta does.
pub async fn kill(place: &Place, options: &Options) -> Result<KillReport, Failure> {
    const KILLS: u32 = 3;
    let owner = place.loaded.owner().await?;
    let line = Line::new(place, &owner).await?;
    let mut process = Process::start(place, anywhere(), &[]).await?;
    let listen = process.address;
    let address = process.url(&format!("/hooks/whatsapp/{}", line.token));
    let end = Instant::now() + options.duration * (KILLS + 1);
    let senders: Vec<_> = (0..8)
        .map(|_| {
            let (line, address) = (line.clone(), address.clone());
            tokio::spawn(async move {
                let client = place::client()?;
                let mut acknowledged = 0_u64;
                while Instant::now() < end {
                    let delivery = line.delivery();
                    while !matches!(post(&client, &address, &delivery.body).await, Ok(200)) {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    acknowledged += 1;
                }
                Ok::<u64, Failure>(acknowledged)
            })
        })
        .collect();
    for _ in 0..KILLS {
        tokio::time::sleep(options.duration).await;
        process.kill().await?;
        process = Process::start(place, listen, &[]).await?;
    }
    let mut acknowledged = 0;
    for sender in senders {
        acknowledged += sender.await??;
    }
    let settled = until(
        &owner,
        &line.counted(),
        acknowledged,
        PATIENCE,
        "taking messages in",
    )
    .await;
    let row = owner
        .query_one(
            "select count(*), count(distinct external_message_id) from public.messages where workspace_id = $1 and channel_id = $2",
            &[&line.workspace, &line.channel],
        )
        .await
        .map_err(Failure::at("counting messages"))?;
    let [stored, different] = [row.get::<_, i64>(0), row.get::<_, i64>(1)].map(i64::unsigned_abs);
    process.kill().await?;
    Ok(KillReport {
        acknowledged,
        kills: KILLS,
        lost: acknowledged.saturating_sub(different),
        doubled: stored - different,
        settled_seconds: settled.unwrap_or(PATIENCE).as_secs_f64(),
    })
}
