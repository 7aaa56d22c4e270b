//! The built-in SMTP and LMTP server: takes mails for the channels of this installation, and for nobody else.
//!
//! Invariants: a mail is committed before its `250`, and a process that is lost before it has promised nothing; nothing is
//! relayed; a connection holds at most [`spool::IN_MEMORY`] bytes of a mail, the rest lies in a file; a client that is slow,
//! errs or keeps a connection for nothing is sent away, and no address keeps all places for itself.

mod connection;
mod spool;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use romashka_channels::email::intake::Protocol;
use romashka_db::environment::{self, Variable};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::settings::SettingError;
use crate::state::Server;

/// How many connections there may be, and how long they may take.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Most connections of the process.
    pub connections: usize,
    /// Most of one address.
    pub of_one_address: usize,
    /// Most of this machine: a mail server of one's own comes with many at a time.
    pub of_this_machine: usize,
    /// For a whole command.
    pub command: Duration,
    /// For the next bytes of a mail.
    pub block: Duration,
    /// For all of a mail.
    pub mail: Duration,
    /// How long a connection may say this and that without handing over a mail.
    pub idle: Duration,
    /// How long a connection may last.
    pub connection: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            connections: 200,
            of_one_address: 20,
            of_this_machine: 200,
            command: Duration::from_secs(120),
            block: Duration::from_secs(60),
            mail: Duration::from_secs(600),
            idle: Duration::from_secs(300),
            connection: Duration::from_secs(3_600),
        }
    }
}

/// For the words to one who is sent away.
const FAREWELL: Duration = Duration::from_secs(2);
/// Most who are told so at a time; the others are sent away without words.
const FAREWELLS: usize = 50;

/// The certificate that is shown after STARTTLS. It is read anew for each connection, so that a renewed one counts.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The chain (PEM).
    pub chain: PathBuf,
    /// The key (PEM).
    pub key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the certificate or key of the mail intake cannot be used")]
pub struct CertificateError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Certificate {
    /// Reads both files.
    pub fn load(&self) -> Result<Arc<ServerConfig>, CertificateError> {
        let read = || -> Result<ServerConfig, Box<dyn std::error::Error + Send + Sync>> {
            let chain: Vec<CertificateDer<'static>> =
                CertificateDer::pem_file_iter(&self.chain)?.collect::<Result<_, _>>()?;
            let key = PrivateKeyDer::from_pem_file(&self.key)?;
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            Ok(ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_single_cert(chain, key)?)
        };
        read().map(Arc::new).map_err(CertificateError)
    }
}

/// Settings of the intake.
#[derive(Clone, Debug, Default)]
pub struct IntakeSettings {
    /// Where SMTP is spoken.
    pub smtp: Option<SocketAddr>,
    /// Where LMTP is spoken.
    pub lmtp: Option<SocketAddr>,
    /// Our name; else the host of the public address.
    pub name: Option<String>,
    /// For STARTTLS.
    pub certificate: Option<Certificate>,
    /// Largest mail in bytes.
    pub size_limit: usize,
    /// How many connections there may be, and how long they may take.
    pub patience: Patience,
}

impl IntakeSettings {
    /// The settings of the environment.
    pub fn resolve(
        read: &dyn Fn(&Variable) -> Option<String>,
    ) -> Result<IntakeSettings, SettingError> {
        let wrong = |variable: &'static Variable, expected| SettingError {
            variable: variable.name,
            expected,
        };
        let address = |variable: &'static Variable| {
            read(variable)
                .map(|text| {
                    text.trim()
                        .parse::<SocketAddr>()
                        .map_err(|_| wrong(variable, "an address and a port, as 127.0.0.1:2525"))
                })
                .transpose()
        };
        let certificate = match (
            read(&environment::INTAKE_CERTIFICATE),
            read(&environment::INTAKE_KEY),
        ) {
            (Some(chain), Some(key)) => Some(Certificate {
                chain: chain.into(),
                key: key.into(),
            }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(wrong(&environment::INTAKE_KEY, "set with the certificate"));
            }
            (None, Some(_)) => {
                return Err(wrong(&environment::INTAKE_CERTIFICATE, "set with the key"));
            }
        };
        let settings = IntakeSettings {
            smtp: address(&environment::INTAKE_SMTP)?,
            lmtp: address(&environment::INTAKE_LMTP)?,
            name: read(&environment::INTAKE_NAME)
                .map(|name| {
                    let is_name =
                        |letter: u8| letter.is_ascii_alphanumeric() || b"-.".contains(&letter);
                    if name.bytes().all(is_name) && name.len() <= 255 {
                        Ok(name)
                    } else {
                        Err(wrong(&environment::INTAKE_NAME, "a host name"))
                    }
                })
                .transpose()?,
            certificate,
            patience: Patience::default(),
            size_limit: match read(&environment::INTAKE_SIZE) {
                None => 50 * 1024 * 1024,
                Some(text) => text
                    .trim()
                    .parse()
                    .ok()
                    .filter(|size| (64 * 1024..=100 * 1024 * 1024).contains(size))
                    .ok_or_else(|| {
                        wrong(
                            &environment::INTAKE_SIZE,
                            "a number of bytes from 65536 to 104857600",
                        )
                    })?,
            },
        };
        if settings.certificate.is_none() {
            for (variable, address) in [
                (&environment::INTAKE_SMTP, settings.smtp),
                (&environment::INTAKE_LMTP, settings.lmtp),
            ] {
                if address.is_some_and(|address| !address.ip().is_loopback()) {
                    return Err(wrong(
                        variable,
                        "an address of this machine alone, unless ROMASHKA_INTAKE_CERTIFICATE is set",
                    ));
                }
            }
        }
        Ok(settings)
    }

    fn name(&self, server: &Server) -> String {
        self.name.clone().unwrap_or_else(|| {
            server
                .public_url
                .host_str()
                .unwrap_or("localhost")
                .to_owned()
        })
    }
}

/// What is listened on.
pub struct Listeners(Vec<(TcpListener, Protocol)>);

/// Why nothing is listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address.
    #[error("{0} cannot be listened on")]
    Address(SocketAddr, #[source] io::Error),
    /// The certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl Listeners {
    /// Listens where the settings say, and looks whether the certificate can be used.
    pub async fn bind(settings: &IntakeSettings) -> Result<Listeners, ListenError> {
        let mut listeners = Vec::new();
        for (address, protocol) in [
            (settings.smtp, Protocol::Smtp),
            (settings.lmtp, Protocol::Lmtp),
        ] {
            let Some(address) = address else { continue };
            let listener = TcpListener::bind(address)
                .await
                .map_err(|error| ListenError::Address(address, error))?;
            listeners.push((listener, protocol));
        }
        if let (false, Some(certificate)) = (listeners.is_empty(), &settings.certificate) {
            certificate.load()?;
        }
        Ok(Listeners(listeners))
    }

    /// The addresses that are listened on: SMTP, then LMTP.
    pub fn addresses(&self) -> Vec<(Protocol, SocketAddr)> {
        self.0
            .iter()
            .filter_map(|(listener, protocol)| Some((*protocol, listener.local_addr().ok()?)))
            .collect()
    }

    /// Serves until the server stops; what is at work then is finished.
    pub async fn run(self, server: Server, stopped: watch::Receiver<bool>) {
        let mut listening = JoinSet::new();
        let places = Arc::new(Places::new(&server.settings.intake.patience));
        for (listener, protocol) in self.0 {
            listening.spawn(accept(
                listener,
                protocol,
                server.clone(),
                places.clone(),
                stopped.clone(),
            ));
        }
        while listening.join_next().await.is_some() {}
    }
}

/// Who has how many connections.
struct Places {
    all: Arc<Semaphore>,
    farewells: Arc<Semaphore>,
    patience: Patience,
    of_each: Mutex<HashMap<IpAddr, usize>>,
}

/// A place that is taken, until it is dropped.
struct Seat {
    places: Arc<Places>,
    peer: IpAddr,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    fn new(patience: &Patience) -> Places {
        Places {
            all: Arc::new(Semaphore::new(patience.connections)),
            farewells: Arc::new(Semaphore::new(FAREWELLS)),
            patience: patience.clone(),
            of_each: Mutex::default(),
        }
    }

    /// A place for an address; what is said where there is none.
    fn take(self: &Arc<Self>, peer: IpAddr) -> Result<Seat, &'static str> {
        let permit = self.all.clone().try_acquire_owned();
        let permit = permit.map_err(|_| "421 4.3.2 Too many connections, come again later\r\n")?;
        let mut of_each = self.of_each.lock().unwrap_or_else(PoisonError::into_inner);
        let most = match peer.is_loopback() {
            true => self.patience.of_this_machine,
            false => self.patience.of_one_address,
        };
        let count = of_each.get(&peer).copied().unwrap_or(0);
        if count >= most {
            return Err("421 4.7.0 Too many connections from your address\r\n");
        }
        of_each.insert(peer, count + 1);
        Ok(Seat {
            places: self.clone(),
            peer,
            _permit: permit,
        })
    }

    /// Says why, and closes: for a moment, and for some at a time, so that it costs nothing.
    fn send_away(&self, mut stream: TcpStream, words: &'static str) {
        metrics::counter!("mail_intake_refused_total", "reason" => "connections").increment(1);
        if let Ok(permit) = self.farewells.clone().try_acquire_owned() {
            tokio::spawn(async move {
                let farewell = async {
                    stream.write_all(words.as_bytes()).await?;
                    stream.shutdown().await
                };
                // Whether it was heard changes nothing.
                let _ = tokio::time::timeout(FAREWELL, farewell).await;
                drop(permit);
            });
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut of_each = self
            .places
            .of_each
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = of_each.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                of_each.remove(&self.peer);
            }
        }
    }
}

async fn accept(
    listener: TcpListener,
    protocol: Protocol,
    server: Server,
    places: Arc<Places>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut at_work = JoinSet::new();
    loop {
        while at_work.try_join_next().is_some() {}
        let accepted = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let peer = peer.ip().to_canonical();
                let seat = match places.take(peer) {
                    Ok(seat) => seat,
                    Err(words) => {
                        places.send_away(stream, words);
                        continue;
                    }
                };
                let (server, stopped) = (server.clone(), stopped.clone());
                at_work.spawn(async move {
                    metrics::gauge!("mail_intake_open").increment(1.0);
                    connection::serve(server, protocol, stream, peer, stopped).await;
                    metrics::gauge!("mail_intake_open").decrement(1.0);
                    drop(seat);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection of the mail intake could be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    while at_work.join_next().await.is_some() {}
}

/// The folder for mails that are on their way in.
fn folder(server: &Server) -> Option<&Path> {
    server.settings.file_folder.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_certificate_only_this_machine_is_listened_to() {
        let read = |values: &'static [(&'static str, &'static str)]| {
            IntakeSettings::resolve(&move |variable| {
                let found = values.iter().find(|(name, _)| *name == variable.name)?;
                Some(found.1.to_owned())
            })
        };
        assert!(read(&[]).expect("nothing").smtp.is_none());
        let loopback = read(&[("ROMASHKA_INTAKE_LMTP", "[::1]:24")]).expect("loopback");
        assert!(loopback.lmtp.is_some());
        for (values, variable) in [
            (
                &[("ROMASHKA_INTAKE_SMTP", "0.0.0.0:25")][..],
                "ROMASHKA_INTAKE_SMTP",
            ),
            (
                &[("ROMASHKA_INTAKE_LMTP", "25")][..],
                "ROMASHKA_INTAKE_LMTP",
            ),
            (
                &[("ROMASHKA_INTAKE_CERTIFICATE", "/x")][..],
                "ROMASHKA_INTAKE_KEY",
            ),
            (
                &[("ROMASHKA_INTAKE_KEY", "/x")][..],
                "ROMASHKA_INTAKE_CERTIFICATE",
            ),
            (
                &[("ROMASHKA_INTAKE_NAME", "a b")][..],
                "ROMASHKA_INTAKE_NAME",
            ),
            (&[("ROMASHKA_INTAKE_SIZE", "1")][..], "ROMASHKA_INTAKE_SIZE"),
        ] {
            assert_eq!(read(values).expect_err(variable).variable, variable);
        }
    }
}
