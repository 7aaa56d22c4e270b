//! One mail to one server.
//!
//! Invariants: the server takes a mail for all of its recipients or for none; that it was not taken, that it was, and that
//! nobody knows are three ends, and the third happens only when the whole mail had been written; the login is sent after
//! the encryption that was asked for, never before.

use std::future::Future;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use romashka_channels::email::outgoing::RenderedMail;
use romashka_channels::email::smtp_reply::{Explanation, Stage, explain};
use secrecy::{ExposeSecret, SecretString};

use super::settings::{MailRules, MailServer, PlaceError, Security};
use super::tls::{self, TlsError};

/// For connecting and the encryption.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// For the answer to a command. RFC 5321 allows five minutes; a worker's lease is shorter.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// For the mail itself and the answer to it.
const CONTENT_TIMEOUT: Duration = Duration::from_secs(600);
/// How long one mail may take in all: what the lease of whoever sends it has to cover.
pub const LONGEST: Duration = Duration::from_secs(1_200);

/// What opens the server.
#[derive(Clone, Debug)]
pub enum Secret {
    /// A password.
    Password(SecretString),
    /// A token of OAuth 2.
    Token(SecretString),
}

/// Who signs in.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The secret.
    pub secret: Secret,
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The server's place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// TLS cannot be set up here.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No connection, or it broke before the mail was written.
    #[error("the mail server cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was asked for is not what the server offers.
    #[error("the mail server does not offer {0}")]
    NotOffered(&'static str),
    /// The server said no.
    #[error("the mail server answered {}", .0.code)]
    Refused(Explanation),
    /// The connection broke after the whole mail was written.
    #[error("the mail server's answer to the mail was lost")]
    AnswerLost(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An address or the mail itself cannot be said in SMTP.
    #[error("an address of the mail cannot be sent to")]
    Address,
}

async fn within<T>(
    stage: Stage,
    limit: Duration,
    work: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, SendError> {
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(judge(stage, error)),
        Err(late) => Err(SendError::Unreachable(late.into())),
    }
}

/// An answer with a code is the server's; everything else is the connection's.
fn judge(stage: Stage, error: SmtpError) -> SendError {
    match error.status() {
        Some(code) => {
            let words = std::error::Error::source(&error)
                .map(ToString::to_string)
                .unwrap_or_default();
            SendError::Refused(explain(stage, u16::from(code), &words))
        }
        None => SendError::Unreachable(error.into()),
    }
}

/// Connects, encrypts, and signs in.
async fn open(
    server: &MailServer,
    addresses: &[std::net::SocketAddr],
    rules: &MailRules,
    login: Option<&Login>,
    hello: &ClientId,
) -> Result<AsyncSmtpConnection, SendError> {
    let parameters = match server.security {
        Security::None => None,
        _ => Some(tls::for_smtp(rules, &server.host)?),
    };
    let (at_once, later) = match server.security {
        Security::Tls => (parameters, None),
        _ => (None, parameters),
    };
    let connecting =
        AsyncSmtpConnection::connect_tokio1(addresses, Some(CONNECT_TIMEOUT), hello, at_once, None);
    let mut connection = within(Stage::Connection, COMMAND_TIMEOUT, connecting).await?;
    if let Some(parameters) = later {
        if !connection.can_starttls() {
            connection.abort().await;
            return Err(SendError::NotOffered("STARTTLS"));
        }
        let upgrade = connection.starttls(parameters, hello);
        within(Stage::Connection, COMMAND_TIMEOUT, upgrade).await?;
    }
    if let Some(login) = login {
        let (mechanisms, secret): (&[Mechanism], _) = match &login.secret {
            Secret::Password(password) => (&[Mechanism::Plain, Mechanism::Login], password),
            Secret::Token(token) => (&[Mechanism::Xoauth2], token),
        };
        if connection
            .server_info()
            .get_auth_mechanism(mechanisms)
            .is_none()
        {
            connection.abort().await;
            return Err(SendError::NotOffered(match login.secret {
                Secret::Password(_) => "signing in with a password",
                Secret::Token(_) => "signing in with OAuth 2 (XOAUTH2)",
            }));
        }
        let credentials = Credentials::new(login.user.clone(), secret.expose_secret().to_owned());
        let signing_in = connection.auth(mechanisms, &credentials);
        let is_token = matches!(login.secret, Secret::Token(_));
        if let Err(error) = within(Stage::Login, COMMAND_TIMEOUT, signing_in).await {
            connection.abort().await;
            // A refused token is answered with a question (334) for which there is no answer.
            return Err(match error {
                SendError::Unreachable(_) if is_token => {
                    SendError::Refused(explain(Stage::Login, 535, ""))
                }
                other => other,
            });
        }
    }
    Ok(connection)
}

fn client_id(domain: &str) -> ClientId {
    ClientId::Domain(domain.to_owned())
}

/// Whether the server lets us in. Nothing is sent.
pub async fn check(
    server: &MailServer,
    rules: &MailRules,
    login: Option<&Login>,
    domain: &str,
) -> Result<(), SendError> {
    let addresses = rules.resolve(server).await?;
    let mut connection = open(server, &addresses, rules, login, &client_id(domain)).await?;
    connection.abort().await;
    Ok(())
}

/// Sends a mail by a server that a workspace named.
pub async fn send(
    server: &MailServer,
    rules: &MailRules,
    login: Option<&Login>,
    mail: &RenderedMail,
) -> Result<(), SendError> {
    let addresses = rules.resolve(server).await?;
    deliver(server, &addresses, rules, login, mail).await
}

/// Sends a mail by the server that the operator named.
pub async fn send_own(
    server: &MailServer,
    rules: &MailRules,
    login: Option<&Login>,
    mail: &RenderedMail,
) -> Result<(), SendError> {
    let addresses = rules.resolve_own(server).await?;
    deliver(server, &addresses, rules, login, mail).await
}

async fn deliver(
    server: &MailServer,
    addresses: &[std::net::SocketAddr],
    rules: &MailRules,
    login: Option<&Login>,
    mail: &RenderedMail,
) -> Result<(), SendError> {
    let parse = |text: &String| text.parse::<Address>().map_err(|_| SendError::Address);
    let sender = mail.envelope_from.as_ref().map(parse).transpose()?;
    let recipients = mail
        .recipients
        .iter()
        .map(parse)
        .collect::<Result<Vec<_>, _>>()?;
    let domain = mail.message_id.rsplit('@').next().unwrap_or("localhost");
    let mut connection = open(server, addresses, rules, login, &client_id(domain)).await?;
    let result = transact(&mut connection, sender, &recipients, &mail.bytes).await;
    // Whatever came of it, the connection ends here, and how it ends changes nothing.
    let _ = tokio::time::timeout(Duration::from_secs(5), connection.abort()).await;
    result
}

async fn transact(
    connection: &mut AsyncSmtpConnection,
    sender: Option<Address>,
    recipients: &[Address],
    bytes: &[u8],
) -> Result<(), SendError> {
    let mut parameters = Vec::new();
    let is_plain = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if !recipients.iter().chain(&sender).all(is_plain) {
        if !connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight)
        {
            return Err(SendError::NotOffered("addresses beyond ASCII (SMTPUTF8)"));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() {
        if !connection
            .server_info()
            .supports_feature(Extension::EightBitMime)
        {
            return Err(SendError::NotOffered("8BITMIME"));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = connection.command(Mail::new(sender, parameters));
    within(Stage::Sender, COMMAND_TIMEOUT, from).await?;
    for recipient in recipients {
        let to = connection.command(Rcpt::new(recipient.clone(), Vec::new()));
        within(Stage::Recipient, COMMAND_TIMEOUT, to).await?;
    }
    within(Stage::Content, COMMAND_TIMEOUT, connection.command(Data)).await?;
    match within(Stage::Content, CONTENT_TIMEOUT, connection.message(bytes)).await {
        Ok(_) => Ok(()),
        // From the first byte on the end mark may have been among what was written.
        Err(SendError::Unreachable(error)) => Err(SendError::AnswerLost(error)),
        Err(other) => Err(other),
    }
}
