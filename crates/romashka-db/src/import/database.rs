//! Prepared mails into the database, in batches.
//!
//! Invariant: a batch is one transaction. When the server refuses it, each mail of it is tried alone, so that one mail
//! that cannot be stored costs itself only.

use std::collections::HashMap;

use tokio_postgres::types::Json;
use uuid::Uuid;

use super::mail::{Author, PreparedMail};
use super::report::{Reason, Report, Skipped};
use super::{ImportError, Options, Place};
use crate::scope::{Actor, Claims, Lease, Scope};

const FIND_KNOWN: &str = include_str!("find_known.sql");
const INGEST: &str = include_str!("ingest.sql");
const FIND_ORIGINAL: &str = include_str!("find_original.sql");
const MARK_FAILED: &str = include_str!("mark_failed.sql");
const FIND_NUMBER: &str = include_str!("find_number.sql");
const CLOSE_OLD: &str = include_str!("close_old.sql");

/// Finds the workspace and the channel; makes the channel when it is named and missing.
pub(super) async fn find_place(lease: &mut Lease, options: &Options) -> Result<Place, ImportError> {
    let scope = lease.begin(&Claims::installation()).await?;
    let workspace = match &options.workspace {
        None => scope
            .query_one("select public.current_workspace_id()", &[])
            .await?
            .get(0),
        Some(slug) => scope
            .query_opt("select id from public.workspaces where slug = $1", &[slug])
            .await?
            .map(|row| row.get::<_, Uuid>(0))
            .ok_or_else(|| ImportError::Workspace(slug.clone()))?,
    };
    scope.commit().await?;
    let scope = lease
        .begin(&Claims::service(workspace, Actor::System))
        .await?;
    let mut channel = None;
    if let Some(name) = &options.channel {
        let found = scope
            .query_opt(
                "select id from public.communication_channels where workspace_id = $1 and type = 'email' and name = $2 order by created_at limit 1",
                &[&workspace, name],
            )
            .await?;
        channel = match found {
            Some(row) => Some(row.get(0)),
            None if options.dry_run => None,
            // Inactive: it has no mailbox, and nothing is sent through it until somebody gives it one.
            None => Some(
                scope
                    .query_one(
                        "insert into public.communication_channels (workspace_id, type, name, status) values ($1, 'email', $2, 'inactive') returning id",
                        &[&workspace, name],
                    )
                    .await?
                    .get(0),
            ),
        };
    }
    scope.commit().await?;
    Ok(Place { workspace, channel })
}

/// A message that is stored under an id.
#[derive(Clone)]
struct Known {
    content_hash: Option<String>,
    essence: Option<String>,
}

impl Known {
    fn is(&self, mail: &PreparedMail) -> bool {
        // A message that did not come from an import has neither: its id is all there is.
        self.content_hash.is_none()
            || self.content_hash.as_deref() == Some(&mail.content_hash)
            || self.essence.as_deref() == Some(&mail.essence)
    }
}

/// What became of a mail.
enum Outcome {
    Imported {
        is_new_conversation: bool,
        same_message_id: bool,
    },
    Duplicate,
    Skipped(Reason),
}

/// Writes batches.
pub(super) struct Importer {
    lease: Lease,
    place: Place,
    our_addresses: Vec<String>,
    dry_run: bool,
    /// People by the address they send from.
    agents: HashMap<String, Option<Uuid>>,
    /// Ids a rehearsal would have stored.
    rehearsed: HashMap<String, Known>,
}

impl Importer {
    pub fn new(lease: Lease, place: Place, our_addresses: Vec<String>, dry_run: bool) -> Self {
        Self {
            lease,
            place,
            our_addresses,
            dry_run,
            agents: HashMap::new(),
            rehearsed: HashMap::new(),
        }
    }

    /// Writes what is in `batch` and empties it.
    pub async fn flush(
        &mut self,
        batch: &mut Vec<PreparedMail>,
        report: &mut Report,
    ) -> Result<(), ImportError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mails = std::mem::take(batch);
        match self.write(&mails).await {
            Ok(outcomes) => record(&mails, outcomes, report),
            Err(error) if mails.len() == 1 && is_about_the_mail(&error) => {
                record(&mails, vec![Outcome::Skipped(refusal(&error))], report);
            }
            Err(error) if is_about_the_mail(&error) => {
                for mail in mails {
                    let alone = std::slice::from_ref(&mail);
                    match self.write(alone).await {
                        Ok(outcomes) => record(alone, outcomes, report),
                        Err(error) if is_about_the_mail(&error) => {
                            record(alone, vec![Outcome::Skipped(refusal(&error))], report);
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Closes the conversations that archives opened and whose latest mail is older than so many days. At the end of a whole
    /// import alone: a later mail of the same archive would open them again.
    pub async fn close_old(&mut self, days: u32, report: &mut Report) -> Result<(), ImportError> {
        if self.dry_run {
            return Ok(());
        }
        let claims = Claims::service(self.place.workspace, Actor::System);
        loop {
            let scope = self.lease.begin(&claims).await?;
            let statement = scope.prepare_cached(CLOSE_OLD).await?;
            let closed = scope
                .execute(
                    &statement,
                    &[
                        &self.place.workspace,
                        &self.place.channel,
                        &i32::try_from(days).unwrap_or(i32::MAX),
                    ],
                )
                .await?;
            scope.commit().await?;
            report.closed += closed;
            if closed == 0 {
                return Ok(());
            }
        }
    }

    async fn write(&mut self, mails: &[PreparedMail]) -> Result<Vec<Outcome>, ImportError> {
        let claims = Claims::service(self.place.workspace, Actor::System);
        let scope = self.lease.begin(&claims).await?;
        // What is history already is nobody's work; what is recent waits in the queue.
        scope
            .batch_execute("set local romashka.auto_assign = 'off'")
            .await?;
        let mut known = find_known(&scope, self.place, mails).await?;
        let mut outcomes = Vec::with_capacity(mails.len());
        for mail in mails {
            let stored = |id: &String| known.get(id).or_else(|| self.rehearsed.get(id));
            let same_message_id = match stored(&mail.external_id) {
                Some(found) if found.is(mail) => {
                    outcomes.push(Outcome::Duplicate);
                    continue;
                }
                Some(_) if stored(&mail.disambiguated_id).is_some() => {
                    outcomes.push(Outcome::Duplicate);
                    continue;
                }
                Some(_) => true,
                None => false,
            };
            let id = if same_message_id {
                &mail.disambiguated_id
            } else {
                &mail.external_id
            };
            let this = Known {
                content_hash: Some(mail.content_hash.clone()),
                essence: Some(mail.essence.clone()),
            };
            if self.dry_run {
                self.rehearsed.insert(id.clone(), this);
                outcomes.push(Outcome::Imported {
                    is_new_conversation: false,
                    same_message_id,
                });
                continue;
            }
            let outcome = ingest(
                &scope,
                self.place,
                &mut self.agents,
                mail,
                id,
                same_message_id,
            )
            .await?;
            if matches!(outcome, Outcome::Imported { .. }) {
                known.insert(id.clone(), this);
            }
            outcomes.push(outcome);
        }
        scope.commit().await?;
        debug_assert!(
            self.our_addresses
                .iter()
                .all(|address| address.contains('@'))
        );
        Ok(outcomes)
    }
}

async fn find_known(
    scope: &Scope<'_>,
    place: Place,
    mails: &[PreparedMail],
) -> Result<HashMap<String, Known>, ImportError> {
    let ids: Vec<&str> = mails
        .iter()
        .flat_map(|mail| [mail.external_id.as_str(), mail.disambiguated_id.as_str()])
        .collect();
    let statement = scope.prepare_cached(FIND_KNOWN).await?;
    let rows = scope
        .query(&statement, &[&place.workspace, &place.channel, &ids])
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            (
                row.get(0),
                Known {
                    content_hash: row.get(1),
                    essence: row.get(2),
                },
            )
        })
        .collect())
}

async fn ingest(
    scope: &Scope<'_>,
    place: Place,
    agents: &mut HashMap<String, Option<Uuid>>,
    mail: &PreparedMail,
    id: &str,
    same_message_id: bool,
) -> Result<Outcome, ImportError> {
    let mut customer = mail.customer.clone();
    let mut thread_keys = mail.thread_keys.clone();
    if let Some(bounce) = &mail.bounce {
        let statement = scope.prepare_cached(FIND_ORIGINAL).await?;
        let found = scope
            .query_opt(
                &statement,
                &[&place.workspace, &place.channel, &bounce.original_ids],
            )
            .await?;
        let Some(original) = found else {
            return Ok(Outcome::Skipped(Reason::ReportWithoutMail));
        };
        let (message, key): (Option<Uuid>, String) = (original.get(0), original.get(1));
        // The report belongs to the conversation's customer, whatever spelling the server used.
        if let Some(identity) = original.get::<_, Option<String>>(2) {
            customer = identity;
        }
        thread_keys = vec![key];
        if let Some(message) = message {
            let statement = scope.prepare_cached(MARK_FAILED).await?;
            scope
                .execute(
                    &statement,
                    &[
                        &place.workspace,
                        &message,
                        &Json(&bounce.details),
                        &bounce.lasting,
                    ],
                )
                .await?;
        }
    }
    if let Some(number) = mail.number {
        let statement = scope.prepare_cached(FIND_NUMBER).await?;
        let found = scope
            .query_opt(
                &statement,
                &[&place.workspace, &place.channel, &number, &customer],
            )
            .await?;
        thread_keys.extend(found.map(|row| row.get::<_, String>(0)));
    }
    let (sender_type, sender) = match &mail.author {
        Author::Us(address) => ("agent", find_agent(scope, agents, address).await?),
        Author::Customer | Author::Server => ("user", None),
    };
    let statement = scope.prepare_cached(INGEST).await?;
    let row = scope
        .query_one(
            &statement,
            &[
                &customer,
                &mail.content,
                &id,
                &place.channel,
                &mail.customer_name,
                &thread_keys,
                &mail.subject,
                &Json(&mail.metadata),
                &mail.date,
                &mail.quiet,
                &sender_type,
                &sender,
                &Json(&mail.attachments),
                &place.workspace,
            ],
        )
        .await?;
    if row.get::<_, bool>("is_duplicate") {
        return Ok(Outcome::Duplicate);
    }
    Ok(Outcome::Imported {
        is_new_conversation: row.get("is_new_conversation"),
        same_message_id,
    })
}

async fn find_agent(
    scope: &Scope<'_>,
    agents: &mut HashMap<String, Option<Uuid>>,
    address: &str,
) -> Result<Option<Uuid>, ImportError> {
    if let Some(known) = agents.get(address) {
        return Ok(*known);
    }
    let statement = scope
        .prepare_cached(
            "select id from public.profiles where lower(email) = $1 order by created_at limit 1",
        )
        .await?;
    let found = scope
        .query_opt(&statement, &[&address])
        .await?
        .map(|row| row.get(0));
    agents.insert(address.to_owned(), found);
    Ok(found)
}

fn record(mails: &[PreparedMail], outcomes: Vec<Outcome>, report: &mut Report) {
    for (mail, outcome) in mails.iter().zip(outcomes) {
        match outcome {
            Outcome::Duplicate => report.duplicate(),
            Outcome::Skipped(reason) => report.skip(Skipped {
                file: mail.file.clone(),
                offset: mail.offset,
                message_id: mail.has_message_id.then(|| mail.external_id.clone()),
                reason,
            }),
            Outcome::Imported {
                is_new_conversation,
                same_message_id,
            } => {
                report.import();
                report.conversations += u64::from(is_new_conversation);
                report.same_message_id += u64::from(same_message_id);
                report.without_message_id += u64::from(!mail.has_message_id);
                report.from_us += u64::from(matches!(mail.author, Author::Us(_)));
                report.delivery_reports += u64::from(mail.bounce.is_some());
                if let Some(kind) = mail.automatic {
                    *report.automatic.entry(kind.to_owned()).or_default() += 1;
                }
                report.attachments += mail.attachments.len() as u64;
                report.attachment_bytes += mail.attachment_bytes;
            }
        }
    }
}

/// Whether another mail could fare better: the server answered and refused the data, or two imports met on one row.
fn is_about_the_mail(error: &ImportError) -> bool {
    let ImportError::Database(error) = error else {
        return false;
    };
    let Some(code) = error.code() else {
        return false;
    };
    let class = &code.code()[..2];
    // Data exceptions, constraints, serialization and deadlocks, limits, and the verbs' own refusals.
    matches!(class, "22" | "23" | "40" | "54" | "RM" | "P0")
}

fn refusal(error: &ImportError) -> Reason {
    let message = match error {
        ImportError::Database(error) => error
            .as_db_error()
            .map_or_else(|| error.to_string(), |said| said.message().to_owned()),
        other => other.to_string(),
    };
    Reason::Refused { message }
}
