//! From a mailbox into the queue of what came in.
//!
//! Invariants: mails are taken by UID in rising order and never by a mark that people change; memory holds at most one
//! batch of small mails, or one large one; a mail above the limit is stored as its beginning, and said to be that.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use romashka_db::scope::{Actor, Claims};
use serde_json::json;
use tokio::sync::watch;

use super::connection::{COMMAND_TIMEOUT, MailboxError, Signed, open, timely};
use super::{Claimed, KEEP};
use crate::mail::account::MailAccount;
use crate::mail::arrival::Arrival;
use crate::mail::tokens::Keeper;
use crate::providers::account::Stored;
use crate::state::Server;
use crate::statement::Statement;

/// Largest mail that is taken in whole.
pub const MAIL_LIMIT: u32 = 50 * 1024 * 1024;
/// What is taken of a larger one.
const BEGINNING: u32 = 256 * 1024;
/// Mails up to this size are fetched together.
const SMALL: u32 = 256 * 1024;
/// Mails, and bytes, of one batch.
const BATCH_MAILS: usize = 50;
const BATCH_BYTES: u32 = 2 * 1024 * 1024;
/// A large mail is fetched in pieces, so that no buffer holds it twice.
const PIECE: u32 = 1024 * 1024;
/// For a batch or a piece.
const FETCH_TIMEOUT: Duration = Duration::from_secs(300);
/// How long the server may say nothing before it is asked.
const IDLE: Duration = Duration::from_secs(240);
/// After such a time without a look at it, what came lately is looked through again.
const OUTAGE: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);
/// How far back.
const LATELY: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);
/// How often a server is asked that cannot tell by itself.
const POLL: Duration = Duration::from_secs(60);

/// Reads until the server stops or the mailbox is let go.
pub(super) async fn follow(
    server: &Server,
    claimed: Claimed,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), MailboxError> {
    let stored = Stored {
        workspace: claimed.workspace,
        channel: claimed.channel,
        configuration: &claimed.configuration,
        credentials: claimed.credentials.as_ref(),
        webhook_secret: None,
    };
    let account = MailAccount::open(stored, &server.keys)?;
    let endpoint = account.imap.as_ref().ok_or(MailboxError::NoMailbox)?;
    let rules = &server.settings.mail;
    let login = endpoint
        .login(
            claimed.channel,
            &server.mail_tokens,
            rules,
            Keeper::Server(server, claimed.workspace),
        )
        .await?
        .ok_or(MailboxError::NoSecret)?;
    let session = match open(&endpoint.server, rules, &login).await {
        Err(MailboxError::Login) => {
            server.mail_tokens.forget(claimed.channel).await;
            return Err(MailboxError::Login);
        }
        other => other?,
    };
    let mut reader = Reader {
        server,
        session,
        uid_validity: claimed.uid_validity,
        last_uid: claimed.last_uid,
        claimed,
    };
    reader.start(&account.mailbox).await?;
    let capabilities = timely(COMMAND_TIMEOUT, reader.session.capabilities()).await?;
    let tells = capabilities.has_str("IDLE");
    reader.claimed.mended(server).await?;
    loop {
        if !reader.catch_up(&stopped).await? || !reader.claimed.keep(server, true).await? {
            return Ok(());
        }
        match reader.wait(tells, &mut stopped).await? {
            Some(next) => reader = next,
            None => return Ok(()),
        }
    }
}

/// A mail on its way into the database.
struct Fetched {
    uid: u32,
    bytes: Vec<u8>,
    received_at: Option<Timestamp>,
    /// Its whole size, when this is its beginning alone.
    cut: Option<u32>,
}

struct Seen {
    size: u32,
    received_at: Option<Timestamp>,
}

struct Reader<'a> {
    server: &'a Server,
    session: Signed,
    claimed: Claimed,
    uid_validity: Option<i64>,
    last_uid: i64,
}

impl Reader<'_> {
    /// Opens the mailbox, and finds the place to go on from.
    async fn start(&mut self, mailbox: &str) -> Result<(), MailboxError> {
        let found = timely(COMMAND_TIMEOUT, self.session.examine(mailbox))
            .await
            .map_err(|_| MailboxError::Folder)?;
        let validity = i64::from(found.uid_validity.ok_or(MailboxError::Folder)?);
        if self.uid_validity == Some(validity) {
            let now = Timestamp::now();
            let was_away = |at: Timestamp| now.duration_since(at) > OUTAGE;
            if self.claimed.read_at.is_some_and(was_away) {
                // Some servers give a number to a mail that they show only later. What is stored is known by its bytes.
                self.look_through((now - LATELY).max(self.claimed.since))
                    .await?;
            }
            return Ok(());
        }
        let newest = match found.uid_next {
            Some(next) => next.saturating_sub(1),
            None => {
                let all = timely(FETCH_TIMEOUT, self.session.uid_search("ALL")).await?;
                all.into_iter().max().unwrap_or(0)
            }
        };
        if self.uid_validity.is_some() {
            // The numbers mean other mails now: what came since the channel is here is looked through, and what is
            // stored already is known by its bytes.
            tracing::warn!(channel = %self.claimed.channel, "a mailbox has new numbers and is read anew");
            self.look_through(self.claimed.since).await?;
        }
        self.store(&[], Some((validity, newest))).await?;
        self.uid_validity = Some(validity);
        self.last_uid = i64::from(newest);
        Ok(())
    }

    /// Stores what came since then and is not stored yet. The place stays where it is.
    async fn look_through(&mut self, since: Timestamp) -> Result<(), MailboxError> {
        // The server's day may be another one.
        let day = since - jiff::Span::new().hours(24);
        let day = day.strftime("%d-%b-%Y").to_string();
        let search = self.session.uid_search(format!("SINCE {day}"));
        let mut uids: Vec<u32> = timely(FETCH_TIMEOUT, search).await?.into_iter().collect();
        uids.sort_unstable();
        let mut kept = std::time::Instant::now();
        for chunk in uids.chunks(BATCH_MAILS) {
            if kept.elapsed() >= KEEP {
                if !self.claimed.keep(self.server, false).await? {
                    return Err(MailboxError::Lost);
                }
                kept = std::time::Instant::now();
            }
            let mut seen = self.look(chunk).await?;
            seen.retain(|_, mail| mail.received_at.is_none_or(|at| at >= since));
            if !self.take(&seen, None).await? {
                return Err(MailboxError::Lost);
            }
        }
        Ok(())
    }

    /// Stores everything that is new; false when the mailbox is let go.
    async fn catch_up(&mut self, stopped: &watch::Receiver<bool>) -> Result<bool, MailboxError> {
        let search = format!("UID {}:*", self.last_uid + 1);
        let found = timely(FETCH_TIMEOUT, self.session.uid_search(search)).await?;
        // The newest mail is always among them, also when its number is a lower one.
        let mut uids: Vec<u32> = found
            .into_iter()
            .filter(|uid| i64::from(*uid) > self.last_uid)
            .collect();
        uids.sort_unstable();
        let validity = self.uid_validity.ok_or(MailboxError::Folder)?;
        let mut kept = std::time::Instant::now();
        for chunk in uids.chunks(BATCH_MAILS) {
            if *stopped.borrow() {
                return Ok(false);
            }
            if kept.elapsed() >= KEEP {
                if !self.claimed.keep(self.server, false).await? {
                    return Ok(false);
                }
                kept = std::time::Instant::now();
            }
            let seen = self.look(chunk).await?;
            if !self.take(&seen, Some(validity)).await? {
                return Ok(false);
            }
            // Mails that were moved away meanwhile are passed too.
            if let Some(last) = chunk.last() {
                if i64::from(*last) > self.last_uid
                    && !self.store(&[], Some((validity, *last))).await?
                {
                    return Ok(false);
                }
                self.last_uid = self.last_uid.max(i64::from(*last));
            }
        }
        Ok(true)
    }

    /// Sizes and times of mails; those that are gone are not among them.
    async fn look(&mut self, uids: &[u32]) -> Result<BTreeMap<u32, Seen>, MailboxError> {
        let set = join(uids);
        timely(FETCH_TIMEOUT, async {
            let mut found = BTreeMap::new();
            let mut answers = self
                .session
                .uid_fetch(set, "(UID RFC822.SIZE INTERNALDATE)")
                .await?;
            while let Some(fetch) = answers.try_next().await? {
                let (Some(uid), Some(size)) = (fetch.uid, fetch.size) else {
                    continue;
                };
                let received_at = fetch
                    .internal_date()
                    .and_then(|at| Timestamp::from_second(at.timestamp()).ok());
                found.insert(uid, Seen { size, received_at });
            }
            Ok(found)
        })
        .await
    }

    /// Fetches mails and stores them in rising order, up to each; without a validity the place stays where it is.
    async fn take(
        &mut self,
        seen: &BTreeMap<u32, Seen>,
        validity: Option<i64>,
    ) -> Result<bool, MailboxError> {
        let mut batch: Vec<u32> = Vec::new();
        let mut bytes = 0;
        let mut waiting = seen.iter().peekable();
        while let Some((uid, mail)) = waiting.next() {
            if mail.size <= SMALL {
                batch.push(*uid);
                bytes += mail.size;
                let goes_on = waiting.peek().is_some_and(|(_, next)| {
                    next.size <= SMALL && bytes + next.size <= BATCH_BYTES
                });
                if goes_on {
                    continue;
                }
                let fetched = self.fetch_small(&batch, seen).await?;
                let up_to = validity.map(|validity| (validity, *uid));
                if !self.store(&fetched, up_to).await? {
                    return Ok(false);
                }
                batch.clear();
                bytes = 0;
            } else {
                let Some(fetched) = self.fetch_large(*uid, mail).await? else {
                    continue;
                };
                let up_to = validity.map(|validity| (validity, *uid));
                if !self.store(&[fetched], up_to).await? {
                    return Ok(false);
                }
            }
            if validity.is_some() {
                self.last_uid = i64::from(*uid);
            }
        }
        Ok(true)
    }

    async fn fetch_small(
        &mut self,
        uids: &[u32],
        seen: &BTreeMap<u32, Seen>,
    ) -> Result<Vec<Fetched>, MailboxError> {
        let mut fetched = timely(FETCH_TIMEOUT, async {
            let mut fetched = Vec::new();
            let mut answers = self
                .session
                .uid_fetch(join(uids), "(UID BODY.PEEK[])")
                .await?;
            while let Some(fetch) = answers.try_next().await? {
                let (Some(uid), Some(body)) = (fetch.uid, fetch.body()) else {
                    continue;
                };
                if seen.contains_key(&uid) {
                    fetched.push(Fetched {
                        uid,
                        bytes: body.to_vec(),
                        received_at: seen[&uid].received_at,
                        cut: None,
                    });
                }
            }
            Ok(fetched)
        })
        .await?;
        fetched.sort_by_key(|mail| mail.uid);
        fetched.dedup_by_key(|mail| mail.uid);
        Ok(fetched)
    }

    /// In pieces; nothing when it is gone meanwhile.
    async fn fetch_large(
        &mut self,
        uid: u32,
        mail: &Seen,
    ) -> Result<Option<Fetched>, MailboxError> {
        let cut = (mail.size > MAIL_LIMIT).then_some(mail.size);
        let wanted = if cut.is_some() { BEGINNING } else { mail.size };
        let mut bytes = Vec::with_capacity(wanted as usize);
        let mut offset = 0;
        while offset < wanted {
            let length = PIECE.min(wanted - offset);
            let query = format!("(UID BODY.PEEK[]<{offset}.{length}>)");
            let piece = timely(FETCH_TIMEOUT, async {
                let mut piece = None;
                let mut answers = self.session.uid_fetch(uid.to_string(), query).await?;
                while let Some(fetch) = answers.try_next().await? {
                    if fetch.uid == Some(uid)
                        && let Some(body) = fetch.body()
                    {
                        piece = Some(body.to_vec());
                    }
                }
                Ok(piece)
            })
            .await?;
            let Some(piece) = piece else {
                return Ok(None);
            };
            // The size was a guess of the server, or the mail ends here.
            if piece.is_empty() {
                break;
            }
            offset += u32::try_from(piece.len()).unwrap_or(length).max(1);
            bytes.extend_from_slice(&piece);
            if offset >= wanted {
                break;
            }
            if !self.claimed.keep(self.server, false).await? {
                return Err(MailboxError::Lost);
            }
        }
        Ok(Some(Fetched {
            uid,
            bytes,
            received_at: mail.received_at,
            cut,
        }))
    }

    /// Stores mails and the place up to which the mailbox is stored, in one transaction; false when the lease is lost.
    async fn store(
        &self,
        mails: &[Fetched],
        up_to: Option<(i64, u32)>,
    ) -> Result<bool, MailboxError> {
        let claims = Claims::service(self.claimed.workspace, Actor::System);
        let scope = self
            .server
            .database
            .begin(&claims, &self.server.surroundings())
            .await
            .map_err(crate::problem::Problem::from)?;
        for mail in mails {
            let headers = json!({
                "by": "imap",
                "uid": mail.uid,
                "received_at": mail.received_at,
                "whole_size": mail.cut,
            });
            let arrival = Arrival {
                workspace: self.claimed.workspace,
                channel: self.claimed.channel,
                headers,
                once: None,
                raw: &mail.bytes,
            };
            arrival.store(&scope).await?;
        }
        if let Some((validity, uid)) = up_to {
            let is_ours: bool = Statement::new(include_str!("advance.sql"))
                .bind("channel", &self.claimed.channel)
                .bind("lease", &self.claimed.lease)
                .bind("uid_validity", &validity)
                .bind("last_uid", &i64::from(uid))
                .value(&scope)
                .await?;
            if !is_ours {
                return Ok(false);
            }
        }
        scope
            .commit()
            .await
            .map_err(crate::problem::Problem::from)?;
        if !mails.is_empty() {
            metrics::counter!("mails_fetched_total").increment(mails.len() as u64);
            self.server.bells.intake.notify_one();
        }
        Ok(true)
    }

    /// Waits until something may be new; nothing when the mailbox is let go.
    async fn wait(
        mut self,
        tells: bool,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<Option<Self>, MailboxError> {
        if !tells {
            let until = tokio::time::Instant::now() + POLL;
            loop {
                let next = until.min(tokio::time::Instant::now() + KEEP);
                tokio::select! {
                    () = stop(stopped) => return Ok(None),
                    () = tokio::time::sleep_until(next) => {}
                }
                if !self.claimed.keep(self.server, false).await? {
                    return Ok(None);
                }
                if next == until {
                    timely(COMMAND_TIMEOUT, self.session.noop()).await?;
                    return Ok(Some(self));
                }
            }
        }
        let Reader {
            server,
            session,
            claimed,
            uid_validity,
            last_uid,
        } = self;
        let mut idle = session.idle();
        timely(COMMAND_TIMEOUT, idle.init()).await?;
        let is_ours = {
            let (news, _interrupt) = idle.wait_with_timeout(IDLE);
            tokio::pin!(news);
            let mut keep = tokio::time::interval(KEEP);
            keep.tick().await;
            loop {
                tokio::select! {
                    () = stop(stopped) => break false,
                    result = &mut news => match result {
                        Ok(_) => break true,
                        Err(_) => return Err(MailboxError::Lost),
                    },
                    _ = keep.tick() => {
                        if !claimed.keep(server, false).await? {
                            break false;
                        }
                    }
                }
            }
        };
        let mut session = timely(COMMAND_TIMEOUT, idle.done()).await?;
        if !is_ours {
            // How it ends changes nothing.
            let _ = timely(Duration::from_secs(2), session.logout()).await;
            return Ok(None);
        }
        Ok(Some(Reader {
            server,
            session,
            claimed,
            uid_validity,
            last_uid,
        }))
    }
}

/// Until the server stops.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn join(uids: &[u32]) -> String {
    let texts: Vec<String> = uids.iter().map(u32::to_string).collect();
    texts.join(",")
}
