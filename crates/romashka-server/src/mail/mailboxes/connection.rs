//! A connection to an IMAP server, signed in.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_imap::{Authenticator, Client, Session};
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::mail::settings::{MailRules, MailServer, PlaceError, Security};
use crate::mail::smtp::{Login, Secret};
use crate::mail::tls::{self, TlsError};
use crate::mail::tokens::TokenError;
use crate::problem::Problem;
use crate::providers::account::AccountError;

/// For connecting and the encryption.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// For the answer to a command.
pub(super) const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

/// Most bytes that a server may say to one command. The library would keep up to 512 MB of one answer.
const ANSWER_LIMIT: usize = 32 * 1024 * 1024;

/// A connection whose other side may not say without end: what it says is counted from each command on.
#[derive(Debug)]
pub(super) struct Bounded<T> {
    inner: T,
    left: usize,
}

impl<T> Bounded<T> {
    fn new(inner: T) -> Bounded<T> {
        Bounded {
            inner,
            left: ANSWER_LIMIT,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Bounded<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let count = buffer.filled().len() - before;
        match self.left.checked_sub(count) {
            Some(left) => self.left = left,
            None => {
                return Poll::Ready(Err(std::io::Error::other("the answer is too long")));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Bounded<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.left = ANSWER_LIMIT;
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// What is connected.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug> Wire for T {}

/// A session with somebody signed in.
pub(super) type Signed = Session<Box<dyn Wire>>;

/// Why a mailbox cannot be read. An admin reads it; what the server said is not in it.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// What is set up is not enough.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Nothing says where the mailbox is.
    #[error("the channel has no mailbox to read (imap_host)")]
    NoMailbox,
    /// The server's place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// TLS cannot be set up here.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// No connection.
    #[error("the IMAP server cannot be reached, or its certificate is not believed")]
    Unreachable(#[source] std::io::Error),
    /// It does not take long, or it has gone.
    #[error("the IMAP server does not answer")]
    Silent,
    /// What was asked for is not what the server offers.
    #[error("the IMAP server does not offer STARTTLS")]
    NoStartTls,
    /// The login.
    #[error("the IMAP server did not accept the user name or the password")]
    Login,
    /// Nobody may sign in without a secret.
    #[error("the channel has no password or token for its mailbox")]
    NoSecret,
    /// No such folder.
    #[error("the mailbox cannot be opened")]
    Folder,
    /// The connection broke, or the answer is not IMAP.
    #[error("the connection to the IMAP server was lost")]
    Lost,
    /// Ours.
    #[error("the mails cannot be stored at the moment ({})", .0.code().name())]
    Database(Box<Problem>),
}

impl MailboxError {
    /// Whether trying again mends nothing: somebody has to change the channel or the mailbox.
    pub(super) fn needs_an_admin(&self) -> bool {
        match self {
            MailboxError::Account(_)
            | MailboxError::NoMailbox
            | MailboxError::NoStartTls
            | MailboxError::Login
            | MailboxError::NoSecret
            | MailboxError::Folder => true,
            MailboxError::Token(error) => matches!(error, TokenError::Withdrawn),
            _ => false,
        }
    }
}

impl From<Problem> for MailboxError {
    fn from(problem: Problem) -> Self {
        MailboxError::Database(Box::new(problem))
    }
}

/// An answer in time.
pub(super) async fn timely<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, async_imap::error::Error>>,
) -> Result<T, MailboxError> {
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(value)) => Ok(value),
        // The error's text quotes what the server sent, which may be a mail.
        Ok(Err(_)) => Err(MailboxError::Lost),
        Err(_) => Err(MailboxError::Silent),
    }
}

/// XOAUTH2: the token, and an empty answer to the explanation of a refusal.
struct Bearer(Option<String>);

impl Authenticator for Bearer {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        self.0.take().unwrap_or_default()
    }
}

async fn wire(server: &MailServer, rules: &MailRules) -> Result<Box<dyn Wire>, MailboxError> {
    let addresses = rules.resolve(server).await?;
    let connecting = TcpStream::connect(addresses.as_slice());
    let plain = tokio::time::timeout(CONNECT_TIMEOUT, connecting)
        .await
        .map_err(|_| MailboxError::Silent)?
        .map_err(MailboxError::Unreachable)?;
    match server.security {
        Security::Tls => encrypt(server, rules, plain).await,
        Security::None => Ok(Box::new(plain)),
        Security::StartTls => {
            let mut client = Client::new(Bounded::new(plain));
            greeting(&mut client).await?;
            let asking = client.run_command_and_check_ok("STARTTLS", None);
            timely(COMMAND_TIMEOUT, asking)
                .await
                .map_err(|_| MailboxError::NoStartTls)?;
            // What was read before the encryption is dropped with the client.
            encrypt(server, rules, client.into_inner().inner).await
        }
    }
}

async fn encrypt(
    server: &MailServer,
    rules: &MailRules,
    plain: TcpStream,
) -> Result<Box<dyn Wire>, MailboxError> {
    let name = ServerName::try_from(server.host.clone())
        .map_err(|error| MailboxError::Unreachable(std::io::Error::other(error)))?;
    let connector = TlsConnector::from(tls::for_connection(rules)?);
    let encrypted = tokio::time::timeout(CONNECT_TIMEOUT, connector.connect(name, plain))
        .await
        .map_err(|_| MailboxError::Silent)?
        .map_err(MailboxError::Unreachable)?;
    Ok(Box::new(encrypted))
}

async fn greeting<T: Wire>(client: &mut Client<T>) -> Result<(), MailboxError> {
    match tokio::time::timeout(COMMAND_TIMEOUT, client.read_response()).await {
        Ok(Ok(Some(_))) => Ok(()),
        Ok(_) => Err(MailboxError::Lost),
        Err(_) => Err(MailboxError::Silent),
    }
}

/// Connects and signs in.
pub(super) async fn open(
    server: &MailServer,
    rules: &MailRules,
    login: &Login,
) -> Result<Signed, MailboxError> {
    let bounded: Box<dyn Wire> = Box::new(Bounded::new(wire(server, rules).await?));
    let mut client = Client::new(bounded);
    if server.security != Security::StartTls {
        greeting(&mut client).await?;
    }
    let refused = |_| MailboxError::Login;
    let signing_in = async {
        match &login.secret {
            Secret::Token(token) => {
                let text = format!(
                    "user={}\x01auth=Bearer {}\x01\x01",
                    login.user,
                    token.expose_secret()
                );
                client.authenticate("XOAUTH2", Bearer(Some(text))).await
            }
            Secret::Password(password) => {
                let password = password.expose_secret();
                let is_plain = |text: &str| text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
                if is_plain(&login.user) && is_plain(password) {
                    client.login(&login.user, password).await
                } else {
                    let text = format!("\0{}\0{password}", login.user);
                    client.authenticate("PLAIN", Bearer(Some(text))).await
                }
            }
        }
    };
    tokio::time::timeout(COMMAND_TIMEOUT, signing_in)
        .await
        .map_err(|_| MailboxError::Silent)?
        .map_err(refused)
}

/// Whether a mailbox can be read. Nothing in it is changed. How many mails are in it.
pub async fn check(
    server: &MailServer,
    rules: &MailRules,
    login: &Login,
    mailbox: &str,
) -> Result<u32, MailboxError> {
    let mut session = open(server, rules, login).await?;
    let found = timely(COMMAND_TIMEOUT, session.examine(mailbox))
        .await
        .map_err(|_| MailboxError::Folder)?;
    // How it ends changes nothing.
    let _ = timely(COMMAND_TIMEOUT, session.logout()).await;
    Ok(found.exists)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn an_answer_without_end_is_broken_off_and_each_command_has_its_own() {
        let (near, mut far) = tokio::io::duplex(64 * 1024);
        let talking = tokio::spawn(async move {
            let block = vec![b'x'; 64 * 1024];
            while far.write_all(&block).await.is_ok() {}
        });
        let mut bounded = Bounded::new(near);
        let mut buffer = vec![0; 1024 * 1024];
        for _ in 0..2 {
            let mut read = 0;
            let error = loop {
                match bounded.read(&mut buffer).await {
                    Ok(count) => read += count,
                    Err(error) => break error,
                }
            };
            assert_eq!(error.to_string(), "the answer is too long");
            assert!(read <= ANSWER_LIMIT && read + buffer.len() > ANSWER_LIMIT);
            bounded.write_all(b"a").await.expect("the next command");
        }
        drop(bounded);
        talking.await.expect("over");
    }
}
