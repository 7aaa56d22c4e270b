//! Answers that a workspace's language model writes from the passages that were found.
//!
//! Invariants: what it wrote is said only when it is whole and says nothing but what the passages say ([`ground`]); whatever goes wrong, the caller
//! has the passage's own words; no connection of the database is held while it is waited for; what a call may cost is taken from the day's budget
//! before it is made.

mod pause;
mod prompt;

use std::time::Duration;

use romashka_channels::webhooks::endpoint::UrlPolicy;
use romashka_knowledge::{Source, Ungrounded, ground, masked};
use serde_json::{Value, json};
use uuid::Uuid;

use self::pause::Pauses;
use super::endpoint::address::Address;
use super::endpoint::client::{Call, Client, Completion, Failure};
use super::endpoint::open_key;
use crate::knowledge::retrieval::consult::RankedArticle;
use crate::problem::Answer;
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// How such answers are made. Its number changes when the same draft could be judged otherwise.
pub const METHOD: &str = "generative-1";
/// Characters of a draft that are kept.
const KEPT: usize = 2000;

/// What asks the language models.
pub struct Writers {
    client: Option<Client>,
    pauses: Pauses,
}

impl Writers {
    /// Those of a server with these rules for addresses.
    pub fn new(policy: &UrlPolicy) -> Writers {
        let client = Client::new(policy);
        if let Err(error) = &client {
            tracing::error!(%error, "no language model can be asked");
        }
        Writers {
            client: client.ok(),
            pauses: Pauses::default(),
        }
    }
}

/// What is to be written.
pub struct Draft<'a> {
    /// The workspace.
    pub workspace: Uuid,
    /// What was asked.
    pub question: &'a str,
    /// What was found, as the customer may see it.
    pub articles: &'a [RankedArticle],
    /// How long it may take.
    pub patience: Duration,
    /// Of the day's budget what may be used for it, 0 to 1.
    pub budget_share: f64,
}

/// What comes of it.
#[derive(Debug)]
pub enum Outcome {
    /// An answer that the passages bear out.
    Written {
        /// What is said.
        text: String,
        /// The passages it is taken from: `article_id`, `version`, `position`.
        cited: Vec<Value>,
    },
    /// It says that the passages do not answer.
    Declined,
    /// Nothing that can be said.
    Fallen,
}

/// What a language model gave, and what it took.
#[derive(Debug)]
pub struct Writing {
    /// What comes of it.
    pub outcome: Outcome,
    /// All of it, as the database keeps it.
    pub record: Value,
    /// Tokens it read and wrote.
    pub tokens: i64,
}

/// The language model of a workspace, as it is asked. Its key is sealed.
struct Endpoint {
    id: Uuid,
    base_url: String,
    model: String,
    api_key: Option<String>,
    is_streamed: bool,
    idle_timeout_seconds: i32,
    total_timeout_seconds: i32,
    max_tokens: i32,
    input_price: f64,
    output_price: f64,
    is_masked: bool,
}

impl FromRow for Endpoint {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Endpoint {
            id: row.try_get("id")?,
            base_url: row.try_get("base_url")?,
            model: row.try_get("model")?,
            api_key: row.try_get("api_key")?,
            is_streamed: row.try_get("is_streamed")?,
            idle_timeout_seconds: row.try_get("idle_timeout_seconds")?,
            total_timeout_seconds: row.try_get("total_timeout_seconds")?,
            max_tokens: row.try_get("max_tokens")?,
            input_price: row.try_get("input_price")?,
            output_price: row.try_get("output_price")?,
            is_masked: row.try_get("is_masked")?,
        })
    }
}

impl Endpoint {
    fn cost(&self, read: u32, written: u32) -> f64 {
        (f64::from(read) * self.input_price + f64::from(written) * self.output_price) / 1e6
    }

    fn max_tokens(&self) -> u32 {
        self.max_tokens.unsigned_abs()
    }
}

/// What a call has used.
#[derive(Clone, Copy, Default)]
struct Used {
    read: u32,
    written: u32,
    is_estimated: bool,
}

/// Has an answer written; nothing where the workspace has no language model. Errors are the database's.
pub async fn write(server: &Server, draft: &Draft<'_>) -> Answer<Option<Writing>> {
    let Some(client) = &server.writers.client else {
        return Ok(None);
    };
    let scope = server.service().await?;
    let found: Option<Endpoint> = Statement::new(include_str!("endpoint.sql"))
        .bind("workspace", &draft.workspace)
        .optional(&scope)
        .await?;
    scope.commit().await?;
    let Some(endpoint) = found else {
        return Ok(None);
    };
    let sources = prompt::sources(draft.articles);
    let asked = match endpoint.is_masked {
        true => masked(draft.question),
        false => draft.question.to_owned(),
    };
    let question = prompt::question(&asked, &sources);
    let pauses = &server.writers.pauses;
    if pauses.is_paused(endpoint.id, &endpoint.base_url) {
        let record = record(&endpoint, "paused", None, None, Used::default());
        return Ok(Some(fallen(record, Used::default())));
    }
    let prepared = prepare(server, draft.workspace, &endpoint);
    let (address, key) = match prepared {
        Ok(prepared) => prepared,
        Err(reason) => {
            let record = record(&endpoint, "failed", Some(&reason), None, Used::default());
            return Ok(Some(fallen(record, Used::default())));
        }
    };
    // More tokens than it can be: a token has three bytes and more in English.
    let bytes = prompt::RULES.len() + question.len();
    let most = Used {
        read: u32::try_from(bytes / 2).unwrap_or(u32::MAX),
        written: endpoint.max_tokens(),
        is_estimated: true,
    };
    let Some(reservation) = reserve(server, draft, &endpoint, most).await? else {
        let record = record(&endpoint, "over_budget", None, None, Used::default());
        return Ok(Some(fallen(record, Used::default())));
    };
    let seconds = |seconds: i32| Duration::from_secs(u64::from(seconds.unsigned_abs()));
    let call = Call {
        address: &address,
        key: key.as_ref(),
        model: &endpoint.model,
        instructions: prompt::RULES,
        question: &question,
        max_tokens: endpoint.max_tokens(),
        is_streamed: endpoint.is_streamed,
        idle: seconds(endpoint.idle_timeout_seconds),
        total: seconds(endpoint.total_timeout_seconds).min(draft.patience),
    };
    let given = client.complete(&call).await;
    pauses.note(endpoint.id, &endpoint.base_url, given.is_ok());
    let used = used(&given, bytes, most);
    settle(server, draft.workspace, &endpoint, reservation, used).await;
    let writing = match given {
        Ok(completion) => judge(&endpoint, &completion, &sources, used),
        Err(failure) => {
            let reason = failure.to_string();
            fallen(record(&endpoint, "failed", Some(&reason), None, used), used)
        }
    };
    let outcome = writing.record["outcome"].as_str().unwrap_or_default();
    metrics::counter!("assistant_writings_total", "outcome" => outcome.to_owned()).increment(1);
    Ok(Some(writing))
}

type Prepared = (Address, Option<secrecy::SecretString>);

fn prepare(server: &Server, workspace: Uuid, endpoint: &Endpoint) -> Result<Prepared, String> {
    let address = Address::parse(&endpoint.base_url, &server.settings.webhook_policy)
        .map_err(|error| format!("the address {error}"))?;
    let key = open_key(server, workspace, endpoint.id, endpoint.api_key.as_deref())?;
    Ok((address, key))
}

/// Whether what it wrote can be said.
fn judge(
    endpoint: &Endpoint,
    completion: &Completion,
    sources: &[&RankedArticle],
    used: Used,
) -> Writing {
    let passages: Vec<String> = sources
        .iter()
        .map(|article| prompt::passage(article))
        .collect();
    let given: Vec<Source<'_>> = sources
        .iter()
        .zip(&passages)
        .map(|(article, passage)| Source {
            title: &article.title,
            text: passage,
        })
        .collect();
    match ground(&completion.text, &given) {
        Ok(grounded) => {
            let cited = grounded.cited.iter().map(|number| {
                let article = sources[number - 1];
                json!({"article_id": article.article_id, "version": article.version, "position": article.position})
            });
            Writing {
                outcome: Outcome::Written {
                    text: grounded.text,
                    cited: cited.collect(),
                },
                record: record(endpoint, "written", None, None, used),
                tokens: tokens(used),
            }
        }
        Err(Ungrounded::Declined) => Writing {
            outcome: Outcome::Declined,
            record: record(endpoint, "declined", None, None, used),
            tokens: tokens(used),
        },
        Err(refused) => {
            let reason = refused.to_string().replace('\0', "");
            let draft: String = completion.text.chars().take(KEPT).collect();
            // What the database cannot keep is of no use to whoever reads it.
            let draft = draft.replace('\0', "");
            fallen(
                record(endpoint, "refused", Some(&reason), Some(&draft), used),
                used,
            )
        }
    }
}

fn tokens(used: Used) -> i64 {
    i64::from(used.read) + i64::from(used.written)
}

fn fallen(record: Value, used: Used) -> Writing {
    Writing {
        outcome: Outcome::Fallen,
        record,
        tokens: tokens(used),
    }
}

fn record(
    endpoint: &Endpoint,
    outcome: &str,
    reason: Option<&str>,
    draft: Option<&str>,
    used: Used,
) -> Value {
    json!({
        "model": endpoint.model,
        "prompt": prompt::VERSION,
        "outcome": outcome,
        "reason": reason,
        "draft": draft,
        "tokens_read": used.read,
        "tokens_written": used.written,
        "cost": endpoint.cost(used.read, used.written),
        "is_estimated": used.is_estimated,
    })
}

/// What a call has used: what the server says, not more than could be; where it says nothing, what may have been.
fn used(given: &Result<Completion, Failure>, bytes: usize, most: Used) -> Used {
    match given {
        Ok(completion) => {
            let estimate = |bytes: usize| u32::try_from(bytes / 4 + 1).unwrap_or(u32::MAX);
            Used {
                read: completion
                    .tokens_in
                    .unwrap_or_else(|| estimate(bytes))
                    .min(most.read),
                written: completion
                    .tokens_out
                    .unwrap_or_else(|| estimate(completion.text.len()))
                    .min(most.written),
                is_estimated: completion.tokens_in.is_none() || completion.tokens_out.is_none(),
            }
        }
        Err(Failure::Unreachable(_) | Failure::Status(_, _)) => Used::default(),
        Err(_) => most,
    }
}

async fn reserve(
    server: &Server,
    draft: &Draft<'_>,
    endpoint: &Endpoint,
    most: Used,
) -> Answer<Option<Uuid>> {
    let scope = server.service().await?;
    let reservation: Option<Uuid> = Statement::new(include_str!("reserve.sql"))
        .bind("workspace", &draft.workspace)
        .bind("tokens", &tokens(most))
        .bind("cost", &endpoint.cost(most.read, most.written))
        .bind("share", &draft.budget_share)
        .value(&scope)
        .await?;
    scope.commit().await?;
    Ok(reservation)
}

async fn settle(
    server: &Server,
    workspace: Uuid,
    endpoint: &Endpoint,
    reservation: Uuid,
    used: Used,
) {
    let settled: Answer<()> = async {
        let scope = server.service().await?;
        let _: bool = Statement::new(include_str!("settle.sql"))
            .bind("reservation", &reservation)
            .bind("workspace", &workspace)
            .bind("tokens", &tokens(used))
            .bind("cost", &endpoint.cost(used.read, used.written))
            .value(&scope)
            .await?;
        Ok(scope.commit().await?)
    }
    .await;
    if let Err(problem) = settled {
        // It is counted in full when its time is over.
        tracing::warn!(
            code = problem.code().name(),
            "what a language model used could not be counted"
        );
    }
}
