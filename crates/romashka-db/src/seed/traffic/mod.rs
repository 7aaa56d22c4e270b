//! Generated conversations: who writes when, who answers, and how it ends.
//!
//! Invariants: what a row says agrees with its messages, as if triggers had written it; nothing lies in the future;
//! the number of messages over all conversations is exactly what was asked for.

mod ledger;

use std::fmt::Write;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use uuid::Uuid;

use ledger::Ending;

use super::chance::{Chance, Zipf};
use super::copy::Rows;
use super::vocabulary::{LANGUAGES, Vocabulary};

/// Kinds of things, each with its own sequence of chance.
pub(super) const CUSTOMER: u64 = 1;
pub(super) const AGENT: u64 = 2;
pub(super) const ARTICLE: u64 = 3;
const CONVERSATION: u64 = 4;
const IDENTITY: u64 = 5;

/// Customers who write once a year or every day: the k-th writes in proportion to 1 / k^0.8.
const CUSTOMER_SKEW: f64 = 0.8;

/// How much is written in each hour of the day, UTC.
const HOURS: [f64; 24] = [
    1.0, 0.6, 0.4, 0.3, 0.4, 0.8, 2.0, 4.0, 6.5, 8.5, 9.0, 8.5, 7.5, 7.5, 8.0, 7.8, 7.0, 6.0, 5.5,
    5.5, 5.0, 4.0, 2.8, 1.8,
];
/// How much is written from Monday to Sunday.
const WEEKDAYS: [f64; 7] = [1.25, 1.15, 1.1, 1.05, 1.0, 0.7, 0.6];

const CHANNELS: [&str; 20] = [
    "website",
    "website",
    "website",
    "website",
    "website",
    "website",
    "website",
    "website",
    "email",
    "email",
    "email",
    "email",
    "whatsapp",
    "whatsapp",
    "whatsapp",
    "whatsapp",
    "whatsapp",
    "instagram",
    "messenger",
    "sms",
];
const DEPARTMENTS: [&str; 4] = ["general", "orders", "returns", "billing"];
const INTENTS: [&str; 6] = [
    "order_status",
    "return_item",
    "payment_problem",
    "damaged_item",
    "invoice",
    "other",
];

/// The extent of a load.
#[derive(Clone, Copy, Debug)]
pub struct LoadOptions {
    /// How many conversations.
    pub conversations: u64,
    /// Messages of a conversation, on average.
    pub messages: u32,
    /// How many agents answer.
    pub agents: u32,
    /// How many articles are added.
    pub articles: u32,
    /// Over how many days, until now, the conversations are spread.
    pub days: u32,
    /// Names the sequence of chance: the same seed makes the same content, at times relative to now.
    pub seed: u64,
}

impl LoadOptions {
    /// How many customers write them.
    pub fn customers(&self) -> u64 {
        (self.conversations / 5).max(1)
    }
}

/// Makes the conversations of a load.
pub(super) struct Traffic {
    options: LoadOptions,
    workspace: Uuid,
    now: i64,
    agents: Vec<Uuid>,
    customers: Zipf,
    agent_load: Zipf,
    vocabulary: Vocabulary,
    days: Vec<f64>,
    hours: Vec<f64>,
}

/// The rows of some conversations, as COPY takes them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) ids: Vec<Uuid>,
    pub(super) conversations: Rows,
    pub(super) messages: Rows,
    pub(super) events: Rows,
    pub(super) message_count: u64,
    pub(super) event_count: u64,
}

pub(super) const CONVERSATION_COLUMNS: &str = "id, workspace_id, number, customer_id, user_name, user_email, assigned_agent_id, status, priority, channel_type, subject, tags, satisfaction_score, rated_at, \
    handoff_reason, department, language, sentiment, intent, ai_confidence, created_at, updated_at, last_message_at, last_message_id, last_message, message_count, waiting_since, first_response_at, queued_at, \
    resolved_at, closed_at, resolution_time_seconds";
pub(super) const MESSAGE_COLUMNS: &str = "id, workspace_id, conversation_id, sender_type, sender_id, content, channel_type, delivery_status, confidence_score, processing_time_ms, tokens_used, language, created_at, updated_at";
pub(super) const EVENT_COLUMNS: &str = "workspace_id, kind, actor_kind, actor_id, subject_type, subject_id, conversation_id, occurred_at, time_basis, payload";

/// A customer of the load by number; the same number is the same person under the same seed.
pub(super) struct Customer {
    pub(super) id: Uuid,
    pub(super) language: usize,
    pub(super) name: String,
    pub(super) email: String,
}

pub(super) fn customer(seed: u64, number: u64) -> Customer {
    let mut chance = Chance::of(seed, CUSTOMER, number);
    // A fixed day, so that the same customer has the same id whenever the load is run.
    let id = chance.id_at(1_735_689_600_000 + number as i64);
    let language = Vocabulary::language(&mut chance);
    let name = format!("{} {number}", chance.pick(LANGUAGES[language].names));
    Customer {
        id,
        language,
        name,
        email: format!("customer-{seed}-{number}@load.example"),
    }
}

/// An agent of the load by number.
pub(super) fn agent(seed: u64, number: u64) -> Uuid {
    Chance::of(seed, AGENT, number).id_at(1_735_689_600_000 + number as i64)
}

fn cumulative(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    weights
        .map(|weight| {
            sum += weight;
            sum
        })
        .collect()
}

fn choose(sums: &[f64], chance: &mut Chance) -> usize {
    let last = sums.len() - 1;
    let point = chance.fraction() * sums[last];
    sums.partition_point(|sum| *sum <= point).min(last)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sender {
    Customer,
    Assistant,
    Agent,
}

impl Sender {
    fn name(self) -> &'static str {
        match self {
            Sender::Customer => "user",
            Sender::Assistant => "ai",
            Sender::Agent => "agent",
        }
    }

    fn actor(self) -> &'static str {
        match self {
            Sender::Customer => "customer",
            Sender::Assistant => "ai",
            Sender::Agent => "agent",
        }
    }
}

/// How a conversation goes, decided before its messages.
struct Course {
    senders: Vec<Sender>,
    times: Vec<i64>,
    /// The position of the first message after the assistant handed over, or of an agent who was there from the start.
    agent: Option<(Uuid, usize)>,
    escalated: bool,
    open: bool,
}

impl Traffic {
    pub(super) fn new(options: LoadOptions, workspace: Uuid, now: Timestamp) -> Self {
        let days = options.days.max(1);
        let weekday = |back: u32| {
            let day = now
                .checked_sub(i64::from(back).saturating_mul(24).hours())
                .unwrap_or(now);
            let weekday = day.to_zoned(TimeZone::UTC).weekday();
            WEEKDAYS[usize::from(weekday.to_monday_zero_offset() as u8)]
        };
        Traffic {
            options,
            workspace,
            now: now.as_microsecond(),
            agents: (0..u64::from(options.agents.max(1)))
                .map(|number| agent(options.seed, number))
                .collect(),
            customers: Zipf::new(options.customers() as usize, CUSTOMER_SKEW),
            agent_load: Zipf::new(options.agents.max(1) as usize, 0.4),
            vocabulary: Vocabulary::new(),
            days: cumulative((0..days).map(weekday)),
            hours: cumulative(HOURS.into_iter()),
        }
    }

    /// The agents, by number.
    pub(super) fn agents(&self) -> &[Uuid] {
        &self.agents
    }

    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// How many messages the conversation has: pairs of neighbours share what two average ones have.
    fn length(&self, number: u64) -> usize {
        let average = u64::from(self.options.messages.max(1));
        let pair = number / 2;
        if pair * 2 + 1 >= self.options.conversations {
            return average as usize;
        }
        let spread = Chance::of(self.options.seed, CONVERSATION + 100, pair)
            .fraction()
            .powi(2)
            * average as f64;
        let shift = (spread as u64).min(average - 1);
        (if number.is_multiple_of(2) {
            average + shift
        } else {
            average - shift
        }) as usize
    }

    /// When it begins, in microseconds since 1970.
    fn beginning(&self, chance: &mut Chance) -> i64 {
        const HOUR: i64 = 3_600_000_000;
        loop {
            let back = choose(&self.days, chance) as i64;
            let midnight = self.now - self.now.rem_euclid(24 * HOUR) - back * 24 * HOUR;
            let hour = choose(&self.hours, chance) as i64;
            let at = midnight + hour * HOUR + (chance.fraction() * HOUR as f64) as i64;
            if at < self.now - 120_000_000 {
                return at;
            }
            // The rest of today has not happened yet; with one day only, the last hours stand for it.
            if self.days.len() == 1 {
                return self.now - 120_000_000 - (chance.fraction() * 24.0 * HOUR as f64) as i64;
            }
        }
    }

    fn course(&self, number: u64, channel: &str, chance: &mut Chance) -> Course {
        let length = self.length(number);
        let begun = self.beginning(chance);
        let age_days = (self.now - begun) as f64 / 86_400e6;
        // Three in a hundred are open, most of them young.
        let decay = f64::from(self.options.days.max(1)) / 10.0;
        let open = chance.happens((0.3 * (-age_days / decay).exp()).min(1.0));
        let unanswered = chance.happens(0.03);
        let with_agent = !unanswered && chance.happens(0.45);
        let first_agent = if with_agent {
            if chance.happens(0.35) {
                1
            } else {
                1 + chance.below(length.clamp(2, 6))
            }
        } else {
            usize::MAX
        };
        let mut senders = Vec::with_capacity(length);
        for position in 0..length {
            let customer = position == 0
                || unanswered
                || (senders[position - 1] != Sender::Customer && chance.happens(0.85));
            senders.push(match customer {
                true => Sender::Customer,
                false if position >= first_agent => Sender::Agent,
                false => Sender::Assistant,
            });
        }
        let first_agent = senders.iter().position(|sender| *sender == Sender::Agent);
        let slow = match channel {
            "email" => 12.0,
            "website" => 1.0,
            _ => 2.5,
        };
        let mut times = vec![begun];
        let mut seconds = 0.0;
        for sender in &senders[1..] {
            seconds += match sender {
                Sender::Customer => slow * (8.0 + chance.pause(110.0)),
                Sender::Assistant => 2.0 + chance.pause(3.0),
                Sender::Agent => slow * (15.0 + chance.pause(240.0)),
            };
            times.push(begun + (seconds * 1e6) as i64);
        }
        // What would end in the future is told faster.
        let last = times[times.len() - 1];
        let latest = self.now - 60_000_000;
        if last > latest {
            let factor = (latest - begun) as f64 / (last - begun).max(1) as f64;
            for time in &mut times {
                *time = begun + ((*time - begun) as f64 * factor) as i64;
            }
        }
        let agent =
            first_agent.map(|position| (self.agents[self.agent_load.pick(chance)], position));
        let escalated =
            first_agent.is_some_and(|position| senders[..position].contains(&Sender::Assistant));
        Course {
            senders,
            times,
            agent,
            escalated,
            open,
        }
    }

    /// Appends a conversation to a batch. `number` is its place in the load, `short_number` what people see.
    pub(super) fn add(&self, batch: &mut Batch, number: u64, short_number: i64) {
        let mut chance = Chance::of(self.options.seed, CONVERSATION, number);
        // What is said follows from the seed alone, the ids from the moment too: the same load may be added again.
        let mut identity = Chance::of(self.options.seed ^ self.now as u64, IDENTITY, number);
        let person = customer(self.options.seed, self.customers.pick(&mut chance) as u64);
        let channel = CHANNELS[chance.below(CHANNELS.len())];
        let course = self.course(number, channel, &mut chance);
        let id = identity.id_at(course.times[0] / 1000);
        let language = &LANGUAGES[person.language];
        let first_name = person.name.split(' ').next().unwrap_or_default();

        let mut text = String::new();
        let mut subject = String::new();
        let mut last_id = id;
        let mut confidence = None;
        let mut message_ids = Vec::with_capacity(course.senders.len());
        for (sender, time) in course.senders.iter().zip(&course.times) {
            match sender {
                Sender::Customer => {
                    self.vocabulary
                        .question(person.language, first_name, &mut chance, &mut text)
                }
                _ => self
                    .vocabulary
                    .answer(person.language, first_name, &mut chance, &mut text),
            }
            if subject.is_empty() {
                subject = text.chars().take(80).collect();
            }
            last_id = identity.id_at(*time / 1000);
            message_ids.push(last_id);
            let sure =
                (*sender == Sender::Assistant).then(|| (55 + chance.below(45)) as f64 / 100.0);
            confidence = confidence.or(sure);
            let rows = &mut batch.messages;
            rows.id(last_id)
                .id(self.workspace)
                .id(id)
                .text(sender.name());
            rows.optional_id(if *sender == Sender::Agent {
                course.agent.map(|(agent, _)| agent)
            } else {
                None
            });
            rows.text(&text).text(channel);
            rows.text(match sender {
                Sender::Customer => "delivered",
                _ if channel == "website" => "read",
                _ => "delivered",
            });
            rows.optional(sure)
                .optional(sure.map(|_| 300 + chance.below(3000)))
                .optional(sure.map(|_| 80 + chance.below(700)));
            rows.text(language.tag).time(*time).time(*time).end();
        }
        batch.message_count += course.senders.len() as u64;
        batch.ids.push(id);

        let begun = course.times[0];
        let last = *course.times.last().unwrap_or(&begun);
        let resolved = (!course.open).then(|| {
            (last + (chance.pause(900.0) * 1e6) as i64)
                .clamp(last, (self.now - 1_000_000).max(last))
        });
        let closed = resolved.filter(|_| chance.happens(0.25));
        // An open one that nobody took waits in the queue.
        let assignee = course.agent.map(|(agent, _)| agent);
        let status = match (resolved, closed) {
            (Some(_), Some(_)) => "closed",
            (Some(_), None) => "resolved",
            _ if course.escalated => "escalated",
            _ => "active",
        };
        let score = resolved
            .filter(|_| chance.happens(0.3))
            .map(|_| [1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 5][chance.below(12)]);
        let rated = score
            .and(resolved)
            .map(|time| (time + 600_000_000).min(self.now - 500_000).max(time));
        let answered = course
            .senders
            .iter()
            .rposition(|sender| *sender != Sender::Customer);
        let waiting = course
            .open
            .then(|| answered.map_or(0, |position| position + 1))
            .and_then(|position| course.times.get(position))
            .copied();
        let first_response = course
            .senders
            .iter()
            .position(|sender| *sender != Sender::Customer)
            .map(|position| course.times[position]);
        let handoff = course.escalated.then_some("asked for a person");
        let intent = INTENTS[chance.below(INTENTS.len())];
        let rows = &mut batch.conversations;
        rows.id(id)
            .id(self.workspace)
            .number(short_number)
            .id(person.id)
            .text(&person.name)
            .text(&person.email);
        rows.optional_id(assignee).text(status);
        rows.text(
            [
                "low", "normal", "normal", "normal", "normal", "normal", "normal", "high", "high",
                "urgent",
            ][chance.below(10)],
        );
        rows.text(channel)
            .text(&subject)
            .text(["{}", "{}", "{}", "{delivery}", "{refund}", "{regular}"][chance.below(6)]);
        rows.optional(score)
            .optional_time(rated)
            .optional_text(handoff);
        rows.text(DEPARTMENTS[chance.below(4)]).text(language.tag);
        rows.text(["neutral", "neutral", "positive", "negative"][chance.below(4)])
            .text(intent)
            .optional(confidence);
        rows.time(begun)
            .time(rated.or(resolved).unwrap_or(last))
            .time(last)
            .id(last_id);
        text.truncate(
            text.char_indices()
                .nth(500)
                .map_or(text.len(), |(at, _)| at),
        );
        rows.text(&text)
            .number(course.senders.len() as i64)
            .optional_time(waiting)
            .optional_time(first_response);
        rows.optional_time((course.open && assignee.is_none()).then_some(begun));
        rows.optional_time(resolved).optional_time(closed);
        rows.optional(resolved.map(|time| (time - begun) / 1_000_000))
            .end();

        self.events(
            batch,
            id,
            &course,
            &message_ids,
            Ending {
                short_number,
                channel,
                customer: person.id,
                resolved,
                closed,
                rated,
                score,
            },
        );
    }
}
