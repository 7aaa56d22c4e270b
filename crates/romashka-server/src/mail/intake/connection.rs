//! One connection: the dialogue of [`romashka_channels::email::intake`] over a socket.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use romashka_channels::email::intake::{
    Content, Envelope, Found, Lines, Offer, Protocol, Session, Step, is_in_circle,
};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::Row;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use super::folder;
use super::spool::Spool;
use crate::mail::arrival::Arrival;
use crate::problem::Answer;
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::workers::failed;

/// For an answer to be taken.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
const TLS_TIMEOUT: Duration = Duration::from_secs(30);
/// What a slow one is told.
const TOO_SLOW: &str = "421 4.4.2 Too slow\r\n";
/// Bytes that are read at a time.
const CHUNK: usize = 32 * 1024;
/// Answers are sent together up to so many bytes.
const ANSWERS: usize = 8 * 1024;

/// Large mails that are in memory as a whole: one at a time.
static LARGE_ONES: Semaphore = Semaphore::const_new(1);

trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Wire for T {}

/// Serves until either side has enough.
pub(super) async fn serve(
    server: Server,
    protocol: Protocol,
    stream: TcpStream,
    peer: IpAddr,
    stopped: watch::Receiver<bool>,
) {
    let settings = &server.settings.intake;
    let session = Session::new(Offer {
        protocol,
        name: settings.name(&server),
        size_limit: settings.size_limit,
        has_certificate: settings.certificate.is_some(),
    });
    let mut talk = Talk {
        server: &server,
        protocol,
        peer,
        wire: Box::new(stream),
        session,
        lines: Lines::default(),
        answers: Vec::new(),
        useful_at: Instant::now(),
        stopped,
    };
    match timeout(settings.patience.connection, talk.run()).await {
        Ok(Ok(())) => {}
        // The other side went away, or was too slow.
        Ok(Err(error)) => tracing::debug!(%error, "a connection of the mail intake ended"),
        Err(_) => tracing::debug!("a connection of the mail intake lasted too long"),
    }
}

struct Talk<'a> {
    server: &'a Server,
    protocol: Protocol,
    peer: IpAddr,
    wire: Box<dyn Wire>,
    session: Session,
    lines: Lines,
    answers: Vec<u8>,
    /// When the last mail was handed over, else when the connection began.
    useful_at: Instant,
    stopped: watch::Receiver<bool>,
}

fn late() -> io::Error {
    io::ErrorKind::TimedOut.into()
}

impl Talk<'_> {
    async fn run(&mut self) -> io::Result<()> {
        let greeting = self.session.greeting();
        self.say(&greeting).await?;
        loop {
            let step = match self.line().await? {
                Some(Ok(line)) => self.session.command(&line),
                Some(Err(error)) => self.session.not_a_line(error),
                None => return Ok(()),
            };
            let step = match step {
                Step::LookUp(address) => {
                    let found = self.look_up(&address).await;
                    self.session.found(found)
                }
                other => other,
            };
            match step {
                Step::Say(words) => self.say(&words).await?,
                Step::Read(words) => {
                    self.say(&words).await?;
                    self.flush().await?;
                    self.mail().await?;
                }
                Step::Encrypt(words) => {
                    if !self.encrypt(&words).await? {
                        return Ok(());
                    }
                }
                Step::Close(words) => {
                    self.say(&words).await?;
                    self.flush().await?;
                    let _ = timeout(WRITE_TIMEOUT, self.wire.shutdown()).await;
                    return Ok(());
                }
                // Answered above.
                Step::LookUp(_) => return Ok(()),
            }
        }
    }

    async fn say(&mut self, words: &str) -> io::Result<()> {
        self.answers.extend_from_slice(words.as_bytes());
        if self.answers.len() > ANSWERS {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        if self.answers.is_empty() {
            return Ok(());
        }
        let write = async {
            self.wire.write_all(&self.answers).await?;
            self.wire.flush().await
        };
        timeout(WRITE_TIMEOUT, write).await.map_err(|_| late())??;
        self.answers.clear();
        Ok(())
    }

    /// The next line; nothing when the other side has gone.
    async fn line(
        &mut self,
    ) -> io::Result<Option<Result<Vec<u8>, romashka_channels::email::intake::LineError>>> {
        let patience = &self.server.settings.intake.patience;
        let until = (Instant::now() + patience.command).min(self.useful_at + patience.idle);
        let mut chunk = [0; 4096];
        loop {
            if Instant::now() >= until {
                self.say(TOO_SLOW).await?;
                self.flush().await?;
                return Ok(None);
            }
            if let Some(line) = self.lines.next_line() {
                return Ok(Some(line));
            }
            self.flush().await?;
            let read = tokio::select! {
                _ = self.stopped.wait_for(|stopped| *stopped) => Err("421 4.3.2 The server stops\r\n"),
                read = timeout_at(until, self.wire.read(&mut chunk)) => {
                    read.map_err(|_| TOO_SLOW)
                }
            };
            let count = match read {
                Ok(count) => count?,
                Err(words) => {
                    self.say(words).await?;
                    self.flush().await?;
                    return Ok(None);
                }
            };
            if count == 0 {
                return Ok(None);
            }
            self.lines.push(&chunk[..count]);
        }
    }

    async fn encrypt(&mut self, words: &str) -> io::Result<bool> {
        // What was sent along with the command was not encrypted, and must not be taken for what is.
        if !self.lines.take_rest().is_empty() {
            self.say("501 5.5.4 STARTTLS stands alone\r\n").await?;
            self.flush().await?;
            return Ok(false);
        }
        let configuration = match &self.server.settings.intake.certificate {
            Some(certificate) => certificate.load(),
            None => return Ok(false),
        };
        let configuration = match configuration {
            Ok(configuration) => configuration,
            Err(error) => {
                tracing::error!(%error, "a mail server cannot be shown the certificate");
                self.say("454 4.7.0 Not now\r\n").await?;
                return Ok(true);
            }
        };
        self.say(words).await?;
        self.flush().await?;
        let plain = std::mem::replace(&mut self.wire, Box::new(tokio::io::empty()));
        let accepting = TlsAcceptor::from(configuration).accept(plain);
        let encrypted = timeout(TLS_TIMEOUT, accepting)
            .await
            .map_err(|_| late())??;
        self.wire = Box::new(encrypted);
        self.session.encrypted();
        Ok(true)
    }

    async fn look_up(&self, address: &str) -> Found {
        match find(self.server, address).await {
            Ok(Some(_)) => Found::Ours,
            Ok(None) => Found::Nobody,
            Err(problem) => {
                failed("mail_intake", "a recipient cannot be looked up", &problem);
                Found::Unavailable
            }
        }
    }

    /// Reads a mail, stores it, and answers.
    async fn mail(&mut self) -> io::Result<()> {
        let limit = self.server.settings.intake.size_limit;
        let patience = &self.server.settings.intake.patience;
        let until = Instant::now() + patience.mail;
        let mut content = Content::new(limit);
        let mut spool = Spool::new();
        let mut is_full = false;
        let mut rest = self.lines.take_rest();
        let used = content.read(&rest, spool.buffer());
        rest.drain(..used);
        let mut chunk = vec![0; CHUNK];
        while !content.is_complete() {
            let block = until.min(Instant::now() + patience.block);
            let Ok(read) = timeout_at(block, self.wire.read(&mut chunk)).await else {
                metrics::counter!("mail_intake_refused_total", "reason" => "slow").increment(1);
                self.say(TOO_SLOW).await?;
                self.flush().await?;
                return Err(late());
            };
            let count = read?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let used = content.read(&chunk[..count], spool.buffer());
            rest.extend_from_slice(&chunk[used..count]);
            if content.is_hopeless() {
                self.say("552 5.3.4 The mail is far too large\r\n").await?;
                self.flush().await?;
                return Err(io::ErrorKind::InvalidData.into());
            }
            if content.error().is_some() || is_full {
                spool.forget();
            } else if let Some(folder) = folder(self.server) {
                // A full disk is no reason to lose the connection.
                is_full = spool.settle(folder).await.is_err();
            } else {
                is_full = true;
            }
        }
        self.lines.push(&rest);
        let envelope = self.session.taken();
        let answers = match content.error() {
            Some(error) => {
                metrics::counter!("mail_intake_refused_total", "reason" => "content").increment(1);
                vec![error.answer().to_owned(); envelope.recipients.len()]
            }
            None if is_full => {
                vec!["452 4.3.1 No room at the moment".to_owned(); envelope.recipients.len()]
            }
            None => self.store(&envelope, &mut spool).await,
        };
        self.useful_at = Instant::now();
        self.answer(&answers).await
    }

    /// LMTP wants an answer for each recipient; SMTP one, and then the mail comes again for all of them.
    async fn answer(&mut self, answers: &[String]) -> io::Result<()> {
        if self.protocol == Protocol::Lmtp {
            for answer in answers {
                self.say(&format!("{answer}\r\n")).await?;
            }
            return Ok(());
        }
        let worst = answers
            .iter()
            .find(|answer| answer.starts_with('4'))
            .or_else(|| answers.iter().find(|answer| answer.starts_with('5')))
            .or(answers.first());
        let words = worst.map_or("451 4.3.0 Come again later", String::as_str);
        self.say(&format!("{words}\r\n")).await
    }

    async fn store(&self, envelope: &Envelope, spool: &mut Spool) -> Vec<String> {
        let all = |words: &str| vec![words.to_owned(); envelope.recipients.len()];
        const LATER: &str = "451 4.3.0 Come again later";
        // Held until the database has it.
        let _turn = if spool.is_large() {
            LARGE_ONES.acquire().await.ok()
        } else {
            None
        };
        let raw = match spool.whole().await {
            Ok(raw) => raw,
            Err(error) => {
                tracing::warn!(%error, "a mail that arrived cannot be read again");
                return all(LATER);
            }
        };
        if is_in_circle(&raw) {
            return all("554 5.4.6 The mail goes in a circle");
        }
        let mut done: Vec<((Uuid, Uuid), bool)> = Vec::new();
        let mut answers = Vec::new();
        for recipient in &envelope.recipients {
            let is_stored = match self.store_for(recipient, envelope, &raw, &mut done).await {
                Ok(is_stored) => is_stored,
                Err(problem) => {
                    failed("mail_intake", "a mail cannot be stored", &problem);
                    None
                }
            };
            answers.push(
                match is_stored {
                    Some(true) => "250 2.6.0 Taken",
                    // It was there when it was named.
                    Some(false) => "550 5.1.1 There is nobody of this name",
                    None => LATER,
                }
                .to_owned(),
            );
        }
        self.server.bells.intake.notify_one();
        answers
    }

    /// Stores a mail for a recipient, once for each channel. Whether there is one.
    async fn store_for(
        &self,
        recipient: &str,
        envelope: &Envelope,
        raw: &[u8],
        done: &mut Vec<((Uuid, Uuid), bool)>,
    ) -> Answer<Option<bool>> {
        let address = romashka_channels::email::header::normalise_address(recipient);
        let found = match address {
            Some(address) => find(self.server, &address).await?,
            None => None,
        };
        let Some(Channel { workspace, channel }) = found else {
            return Ok(Some(false));
        };
        let key = (workspace, channel);
        if let Some((_, is_stored)) = done.iter().find(|(known, _)| *known == key) {
            return Ok(is_stored.then_some(true));
        }
        done.push((key, false));
        let by = match self.protocol {
            Protocol::Smtp => "smtp",
            Protocol::Lmtp => "lmtp",
        };
        let arrival = Arrival {
            workspace,
            channel,
            headers: json!({
                "by": by,
                "envelope_from": envelope.from,
                // Who else it went to is not for every workspace to know.
                "recipients": [recipient],
                "received_at": Timestamp::now(),
                "peer": self.peer,
            }),
            once: None,
            raw,
        };
        let scope = self.server.service().await?;
        arrival.store(&scope).await?;
        scope.commit().await?;
        metrics::counter!("mail_intake_taken_total", "protocol" => by).increment(1);
        if let Some(last) = done.last_mut() {
            last.1 = true;
        }
        Ok(Some(true))
    }
}

struct Channel {
    workspace: Uuid,
    channel: Uuid,
}

impl FromRow for Channel {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Channel {
            workspace: row.try_get("workspace_id")?,
            channel: row.try_get("channel_id")?,
        })
    }
}

/// The channel of an address, in lower case.
async fn find(server: &Server, address: &str) -> Answer<Option<Channel>> {
    let scope = server.service().await?;
    let found = Statement::new(include_str!("find.sql"))
        .bind("address", &address)
        .optional(&scope)
        .await?;
    scope.commit().await?;
    Ok(found)
}
