//! Sends messages to customers.
//!
//! Invariants: that a message goes to its provider is committed before it goes, so a message whose worker was lost is sent
//! again only when it cannot have left; what may have arrived is never repeated, and the agent is told so; parts that were
//! taken are not sent a second time; of a conversation one message is at work at a time; credentials are opened here, for
//! the length of a request.

mod files;
mod integration;
mod outcome;
mod rendered;
mod unread;
mod wanted;

use std::time::Duration;

use jiff::Timestamp;
use romashka_channels::sms::opt_out::OptOutWord;
use romashka_db::scope::{Actor, Claims, OwnedScope};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::accounts::Mail;
use crate::problem::Answer;
use crate::providers::intake::worker_name;
use crate::providers::opt_outs::{self, Pair};
use crate::providers::provider::Client;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::Queue;

use outcome::{Failure, Outcome};
use rendered::Rendered;

/// Waits after the first, second … passing failure; with the queue's eight attempts about eight hours.
const WAITS: [u64; 7] = [10, 60, 300, 1_800, 3_600, 7_200, 14_400];
/// How long a message waits when its channel's allowance of the day is used up, until it is looked at again.
const ALLOWANCE_WAIT: Duration = Duration::from_secs(900);
/// Shortest time for which a channel is slowed down when its provider asks for it.
const SHORTEST_SLOWDOWN: Duration = Duration::from_secs(5);
/// How long everything of a channel waits that is not let in, unless it is set up anew before.
const UNUSABLE_WAIT: Duration = Duration::from_secs(900);
/// How often the end of a delivery is written down before it is left to the lease.
const ATTEMPTS_TO_WRITE: u32 = 5;

/// A message that was claimed.
#[derive(Debug)]
pub struct Claimed {
    id: Uuid,
    workspace: Uuid,
    lease: Uuid,
    channel_type: String,
    attempt: i32,
    parts_sent: i32,
    /// A worker was lost while this message was at the provider.
    attempted_at: Option<Timestamp>,
    /// How often it may have been sent before.
    uncertain_attempts: u32,
}

impl FromRow for Claimed {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Claimed {
            id: row.try_get("id")?,
            workspace: row.try_get("workspace_id")?,
            lease: row.try_get("lease_id")?,
            channel_type: row.try_get("channel_type")?,
            attempt: row.try_get("attempt_count")?,
            parts_sent: row.try_get("parts_sent")?,
            attempted_at: row.try_get("attempted_at")?,
            uncertain_attempts: row
                .try_get::<_, Option<Value>>("error_details")?
                .and_then(|error| error.get("uncertain_attempts")?.as_u64())
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or(0),
        })
    }
}

/// What is sent, to whom, by which channel.
struct Loaded {
    content: String,
    metadata: Value,
    channel: Option<Uuid>,
    channel_status: Option<String>,
    configuration: Option<Value>,
    credentials: Option<Value>,
    recipient: Option<String>,
    /// The subject of a mail whose conversation has none.
    subject: Option<String>,
    /// Why the customer is not written to: a code, and words for the agent.
    refusal: Option<(String, String)>,
    purpose: String,
    /// Why the provider takes nothing of the channel.
    stopped_by: Option<String>,
    last_inbound: Option<Timestamp>,
    reply_to: Option<String>,
    message: Uuid,
    conversation: Uuid,
    message_type: String,
    sender_type: String,
    created_at: Timestamp,
    customer_name: Option<String>,
    agent: Option<String>,
}

impl FromRow for Loaded {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Loaded {
            content: row.try_get("content")?,
            metadata: row.try_get("metadata")?,
            channel: row.try_get("channel")?,
            channel_status: row.try_get("channel_status")?,
            configuration: row.try_get("configuration")?,
            credentials: row.try_get("api_credentials")?,
            recipient: row.try_get("recipient")?,
            subject: None,
            refusal: row
                .try_get::<_, Option<String>>("refusal")?
                .zip(row.try_get("words_of_refusal")?),
            purpose: row.try_get("purpose")?,
            stopped_by: row.try_get("stopped_by")?,
            last_inbound: row.try_get("last_inbound")?,
            reply_to: row.try_get("reply_to")?,
            message: row.try_get("message")?,
            conversation: row.try_get("conversation")?,
            message_type: row.try_get("message_type")?,
            sender_type: row.try_get("sender_type")?,
            created_at: row.try_get("created_at")?,
            customer_name: row.try_get("customer_name")?,
            agent: row.try_get("agent")?,
        })
    }
}

/// Channels whose messages are sent by the same workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// By providers' APIs.
    Providers,
    /// By mail servers.
    Mail,
    /// By programs of the workspaces' own.
    Integrations,
}

impl Group {
    fn channel_types(self) -> &'static [&'static str] {
        match self {
            Group::Providers => &["whatsapp", "sms"],
            Group::Mail => &["email"],
            Group::Integrations => &["api"],
        }
    }
}

/// The queue of messages to customers.
pub struct Deliveries {
    server: Server,
    group: Group,
    client: Client,
}

impl Deliveries {
    /// The queue of this server for a group of channels.
    pub fn new(server: Server, group: Group) -> Result<Deliveries, reqwest::Error> {
        let client = match group {
            Group::Integrations => Client::guarded(server.settings.webhook_policy.guard.clone())?,
            _ => Client::new()?,
        };
        Ok(Deliveries {
            server,
            group,
            client,
        })
    }

    async fn begin(&self, workspace: Uuid) -> Answer<OwnedScope> {
        let claims = Claims::service(workspace, Actor::System);
        Ok(self
            .server
            .database
            .begin(&claims, &self.server.surroundings())
            .await?)
    }

    /// Everything up to the first request: what is not sent for a reason of ours is known here.
    async fn prepare(&self, claimed: &Claimed) -> Answer<Result<(Rendered, Uuid), (Outcome, i32)>> {
        let scope = self.begin(claimed.workspace).await?;
        let mut loaded: Loaded = Statement::new(include_str!("load.sql"))
            .bind("delivery", &claimed.id)
            .bind("workspace", &claimed.workspace)
            .one(&scope)
            .await?;
        if loaded.purpose == "unread"
            && !unread::compose(&self.server, &scope, claimed, &mut loaded).await?
        {
            scope.commit().await?;
            return Ok(Err((Outcome::Lost, claimed.parts_sent + 1)));
        }
        let token: Option<String> = match loaded.channel {
            Some(channel) if claimed.channel_type == "sms" => Some(
                Statement::new(include_str!("token.sql"))
                    .bind("channel", &channel)
                    .bind("workspace", &claimed.workspace)
                    .value(&scope)
                    .await?,
            ),
            _ => None,
        };
        let rendered = match claimed.channel_type.as_str() {
            "email" => rendered::render_mail(&self.server, &scope, claimed, &loaded).await?,
            "api" => {
                integration::render_integration(&self.server, &scope, claimed, &loaded).await?
            }
            _ => rendered::render(&self.server, &scope, claimed, &loaded, token.as_deref()).await?,
        };
        let (rendered, channel) = match rendered {
            Ok(rendered) => rendered,
            Err(failure) => {
                scope.commit().await?;
                return Ok(Err((Outcome::Refused(failure), claimed.parts_sent + 1)));
            }
        };
        if claimed.attempted_at.is_some() {
            scope.commit().await?;
            if let Some(again) = rendered.repetition(claimed.uncertain_attempts) {
                return Ok(Err((again, rendered.parts())));
            }
            let failure = Failure::new(
                "uncertain",
                "uncertain",
                "It is not known whether this message was sent: the server was stopped meanwhile. Ask the customer, or send it again.",
            );
            return Ok(Err((Outcome::Uncertain(failure), rendered.parts())));
        }
        let open_parts = rendered.parts() - claimed.parts_sent;
        // Another attempt at the same message takes nothing anew.
        let is_allowed: bool = claimed.attempt > 1
            || Statement::new(include_str!("allowance.sql"))
                .bind("channel", &channel)
                .bind("messages", &open_parts.max(0))
                .bind("workspace", &claimed.workspace)
                .value(&scope)
                .await?;
        scope.commit().await?;
        if !is_allowed {
            let failure = Failure::new(
                "allowance",
                "passing",
                "The channel has used up its allowance of messages for today. The message is sent as soon as there is one.",
            );
            return Ok(Err((
                Outcome::Postponed(ALLOWANCE_WAIT, failure),
                rendered.parts(),
            )));
        }
        Ok(Ok((rendered, channel)))
    }

    /// Sends the parts that are still to be sent, one after the other.
    async fn send(&self, claimed: &Claimed, rendered: &Rendered) -> Answer<(i32, Outcome)> {
        let mut external_id = None;
        for part in claimed.parts_sent..rendered.parts() {
            if let Some(length) = rendered.ahead(part)
                && !self.keep(claimed, length).await?
            {
                return Ok((part, Outcome::Lost));
            }
            let request = match rendered.prepare(&self.client, part).await {
                Ok(request) => request,
                Err(outcome) => return Ok((part, outcome)),
            };
            let scope = self.begin(claimed.workspace).await?;
            let is_ours: bool = Statement::new(include_str!("begin.sql"))
                .bind("delivery", &claimed.id)
                .bind("lease", &claimed.lease)
                .bind("parts", &part)
                .bind("length", &rendered.longest().as_secs_f64())
                .value(&scope)
                .await?;
            scope.commit().await?;
            if !is_ours {
                return Ok((part, Outcome::Lost));
            }
            match rendered
                .send(&self.server, &self.client, request.as_ref(), claimed)
                .await
            {
                Outcome::Sent(id) => external_id = Some(id),
                other => return Ok((part, other)),
            }
        }
        let last = rendered.parts() - 1;
        Ok((last, external_id.map_or(Outcome::Lost, Outcome::Sent)))
    }

    /// Shows our reaction on the customer's message.
    async fn show_reaction(
        &self,
        claimed: &Claimed,
        (message, emoji): &(Uuid, Option<String>),
    ) -> Answer<()> {
        let scope = self.begin(claimed.workspace).await?;
        let _: bool = Statement::new(include_str!("react.sql"))
            .bind("workspace", &claimed.workspace)
            .bind("message", message)
            .bind("emoji", emoji)
            .bind("at", &Timestamp::now())
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(())
    }

    /// Keeps that Twilio sends no more between two numbers, so that the next message is refused here.
    async fn note_opt_out(&self, claimed: &Claimed, pair: &Pair) -> Answer<()> {
        let scope = self.begin(claimed.workspace).await?;
        opt_outs::note(
            &scope,
            claimed.workspace,
            (std::slice::from_ref(&pair.ours), pair.customer.as_str()),
            (OptOutWord::Stop, opt_outs::Source::Refusal),
            Timestamp::now(),
        )
        .await?;
        scope.commit().await?;
        Ok(())
    }

    /// Prolongs the lease while a file goes ahead; false when somebody else has the message by now.
    async fn keep(&self, claimed: &Claimed, length: Duration) -> Answer<bool> {
        let scope = self.begin(claimed.workspace).await?;
        let is_ours: bool = Statement::new(include_str!("keep.sql"))
            .bind("delivery", &claimed.id)
            .bind("lease", &claimed.lease)
            .bind("length", &length.as_secs_f64())
            .value(&scope)
            .await?;
        scope.commit().await?;
        Ok(is_ours)
    }

    /// Writes the end down, several times when the database is away: what was sent must not stay in doubt.
    async fn write(
        &self,
        claimed: &Claimed,
        channel: Option<Uuid>,
        (part, parts): (i32, i32),
        outcome: &Outcome,
    ) -> Answer<()> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self
                .write_once(claimed, channel, (part, parts), outcome)
                .await
            {
                Err(problem) if attempt < ATTEMPTS_TO_WRITE => {
                    tracing::warn!(
                        code = problem.code().name(),
                        "the end of a delivery could not be written down yet"
                    );
                    tokio::time::sleep(Duration::from_secs(u64::from(attempt))).await;
                }
                result => return result,
            }
        }
    }

    async fn write_once(
        &self,
        claimed: &Claimed,
        channel: Option<Uuid>,
        (part, parts): (i32, i32),
        outcome: &Outcome,
    ) -> Answer<()> {
        let scope = self.begin(claimed.workspace).await?;
        let error = |failure: &Failure| {
            let mut error = failure.document();
            error["part"] = json!(part);
            error["parts"] = json!(parts);
            let uncertain =
                claimed.uncertain_attempts + u32::from(matches!(outcome, Outcome::Repeat(..)));
            if uncertain > 0 {
                error["uncertain_attempts"] = json!(uncertain);
            }
            Json(error)
        };
        match outcome {
            Outcome::Sent(external_id) => {
                // False when a report was here before the answer: then it is known to be sent already.
                let _: bool = Statement::new(include_str!("complete.sql"))
                    .bind("delivery", &claimed.id)
                    .bind("lease", &claimed.lease)
                    .bind("external_id", external_id)
                    .value(&scope)
                    .await?;
                if let (Group::Mail, Some(channel)) = (self.group, channel) {
                    Statement::new(include_str!("forget_error.sql"))
                        .bind("channel", &channel)
                        .bind("workspace", &claimed.workspace)
                        .execute(&scope)
                        .await?;
                }
            }
            Outcome::Postponed(wait, failure) => {
                let _: bool = Statement::new(include_str!("postpone.sql"))
                    .bind("delivery", &claimed.id)
                    .bind("lease", &claimed.lease)
                    .bind("wait", &wait.as_secs_f64())
                    .bind("error", &error(failure))
                    .value(&scope)
                    .await?;
            }
            Outcome::Passing {
                failure,
                wait,
                slows_channel,
            } => {
                let usual = Duration::from_secs(WAITS[wait_index(claimed.attempt)]);
                let wait = wait.unwrap_or(usual);
                self.fail(&scope, claimed, &error(failure), (false, false), wait)
                    .await?;
                if let (true, Some(channel)) = (*slows_channel, channel) {
                    let slowdown = wait.max(SHORTEST_SLOWDOWN);
                    let _: i32 = Statement::new(include_str!("slow.sql"))
                        .bind("channel", &channel)
                        .bind("wait", &slowdown.as_secs_f64())
                        .bind("workspace", &claimed.workspace)
                        .value(&scope)
                        .await?;
                }
            }
            Outcome::Repeat(wait, failure) => {
                self.fail(&scope, claimed, &error(failure), (false, true), *wait)
                    .await?;
            }
            Outcome::Unusable(failure) => {
                let _: bool = Statement::new(include_str!("postpone.sql"))
                    .bind("delivery", &claimed.id)
                    .bind("lease", &claimed.lease)
                    .bind("wait", &UNUSABLE_WAIT.as_secs_f64())
                    .bind("error", &error(failure))
                    .value(&scope)
                    .await?;
                if let Some(channel) = channel {
                    self.alert(&scope, claimed.workspace, channel, failure.words())
                        .await?;
                }
            }
            Outcome::Refused(failure) => {
                self.fail(
                    &scope,
                    claimed,
                    &error(failure),
                    (true, false),
                    Duration::ZERO,
                )
                .await?;
            }
            Outcome::Uncertain(failure) => {
                self.fail(
                    &scope,
                    claimed,
                    &error(failure),
                    (true, true),
                    Duration::ZERO,
                )
                .await?;
            }
            Outcome::Lost => {}
        }
        scope.commit().await?;
        Ok(())
    }

    /// Lets the channel's other messages wait too, and tells its admins, once until it is mended.
    async fn alert(
        &self,
        scope: &OwnedScope,
        workspace: Uuid,
        channel: Uuid,
        words: &str,
    ) -> Answer<()> {
        let _: i32 = Statement::new(include_str!("slow.sql"))
            .bind("channel", &channel)
            .bind("wait", &UNUSABLE_WAIT.as_secs_f64())
            .bind("workspace", &workspace)
            .value(scope)
            .await?;
        let admins: Vec<Admin> = Statement::new(include_str!("note_error.sql"))
            .bind("channel", &channel)
            .bind("message", &words)
            .bind("workspace", &workspace)
            .all(scope)
            .await?;
        if admins.is_empty() {
            return Ok(());
        }
        tracing::warn!(%channel, "a channel is not let in by its mail server");
        let service = self.server.service().await?;
        for admin in &admins {
            Mail::ChannelFailing {
                workspace: admin.workspace.clone(),
                channel: admin.channel.clone(),
                problem: words.to_owned(),
            }
            .queue(&self.server, &service, &admin.email, None)
            .await?;
        }
        service.commit().await?;
        self.server.bells.mails.notify_one();
        Ok(())
    }

    async fn fail(
        &self,
        scope: &OwnedScope,
        claimed: &Claimed,
        error: &Json<Value>,
        (permanent, uncertain): (bool, bool),
        wait: Duration,
    ) -> Answer<()> {
        let _: Option<String> = Statement::new(include_str!("fail.sql"))
            .bind("delivery", &claimed.id)
            .bind("lease", &claimed.lease)
            .bind("error", error)
            .bind("permanent", &permanent)
            .bind("uncertain", &uncertain)
            .bind("wait", &wait.as_secs_f64())
            .value(scope)
            .await?;
        Ok(())
    }
}

/// Who is told of a channel that is not let in.
struct Admin {
    email: String,
    channel: String,
    workspace: String,
}

impl FromRow for Admin {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Admin {
            email: row.try_get("email")?,
            channel: row.try_get("channel_name")?,
            workspace: row.try_get("workspace_name")?,
        })
    }
}

/// Which wait follows this attempt (from 1).
fn wait_index(attempt: i32) -> usize {
    usize::try_from(attempt - 1)
        .unwrap_or(0)
        .min(WAITS.len() - 1)
}

impl Queue for Deliveries {
    type Item = Claimed;
    const NAME: &'static str = "deliveries";
    const SLOTS: usize = 16;

    async fn claim(&self, most: usize) -> Answer<Vec<Claimed>> {
        let mut claimed: Vec<Claimed> = Vec::new();
        let scope = self.server.service().await?;
        let worker = worker_name("sender");
        for channel_type in self.group.channel_types() {
            let wanted = (most - claimed.len().min(most)) as i32;
            if wanted == 0 {
                break;
            }
            claimed.extend(
                Statement::new(include_str!("claim.sql"))
                    .bind("most", &wanted)
                    .bind("worker", &worker)
                    .bind("channel_type", channel_type)
                    .all::<Claimed>(&scope)
                    .await?,
            );
        }
        scope.commit().await?;
        Ok(claimed)
    }

    async fn work(&self, claimed: Claimed) -> Answer<()> {
        let (channel, place, outcome) = match self.prepare(&claimed).await? {
            Err((outcome, parts)) => (None, (claimed.parts_sent, parts), outcome),
            Ok((rendered, channel)) => {
                let (part, outcome) = self.send(&claimed, &rendered).await?;
                if let (Outcome::Refused(failure), Some(pair)) = (&outcome, rendered.numbers())
                    && failure.is_opted_out()
                {
                    self.note_opt_out(&claimed, pair).await?;
                }
                if let (Outcome::Sent(_), Some(reaction)) = (&outcome, rendered.reaction()) {
                    self.show_reaction(&claimed, reaction).await?;
                }
                (Some(channel), (part, rendered.parts()), outcome)
            }
        };
        metrics::counter!("deliveries_total", "channel" => claimed.channel_type.clone(), "outcome" => outcome.name()).increment(1);
        self.write(&claimed, channel, place, &outcome).await?;
        self.server.bells.ledger.notify_one();
        Ok(())
    }

    fn bell(&self) -> &Notify {
        match self.group {
            Group::Providers => &self.server.bells.deliveries,
            Group::Mail => &self.server.bells.mail_deliveries,
            Group::Integrations => &self.server.bells.integration_deliveries,
        }
    }
}
