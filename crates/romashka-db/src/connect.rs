//! Opens connections. The only module that talks to the driver's `connect` for the product's own use.

use std::fmt;
use std::ops::{Deref, DerefMut};

use futures_util::future::poll_fn;
use secrecy::ExposeSecret;
use tokio_postgres::error::SqlState;
use tokio_postgres::{AsyncMessage, Client, Config};

use crate::settings::{Host, Settings, SslMode};
use crate::tls::{self, TlsError};

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// TLS could not be set up on this side.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The server's certificate was not accepted.
    #[error("the certificate of the server is not trusted ({target})")]
    Untrusted {
        /// The connection, without secrets.
        target: String,
        /// What the check said.
        source: tokio_postgres::Error,
    },
    /// Encryption is demanded and the server has none.
    #[error("the server offers no TLS ({target})")]
    NoTls {
        /// The connection, without secrets.
        target: String,
        /// What the driver said.
        source: tokio_postgres::Error,
    },
    /// User or password are wrong, or `pg_hba.conf` lets nobody in from here.
    #[error("the server refused the login ({target}): {}", server_message(.source))]
    Login {
        /// The connection, without secrets.
        target: String,
        /// What the server said.
        source: tokio_postgres::Error,
    },
    /// There is no such database.
    #[error("the database does not exist ({target})")]
    NoDatabase {
        /// The connection, without secrets.
        target: String,
        /// What the server said.
        source: tokio_postgres::Error,
    },
    /// Nobody answers.
    #[error("the database cannot be reached ({target})")]
    Unreachable {
        /// The connection, without secrets.
        target: String,
        /// What the driver said.
        source: tokio_postgres::Error,
    },
}

fn server_message(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

impl ConnectError {
    fn classify(settings: &Settings, source: tokio_postgres::Error) -> ConnectError {
        let target = settings.target();
        match source.code() {
            Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
                return ConnectError::Login { target, source };
            }
            Some(&SqlState::INVALID_CATALOG_NAME) => {
                return ConnectError::NoDatabase { target, source };
            }
            _ => {}
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&source);
        while let Some(error) = cause {
            if error
                .downcast_ref::<std::io::Error>()
                .and_then(std::io::Error::get_ref)
                .is_some_and(|inner| {
                    matches!(
                        inner.downcast_ref::<rustls::Error>(),
                        Some(rustls::Error::InvalidCertificate(_))
                    )
                })
            {
                return ConnectError::Untrusted { target, source };
            }
            cause = error.source();
        }
        if source.to_string().contains("TLS") {
            return ConnectError::NoTls { target, source };
        }
        if source.to_string().contains("configuration")
            || source.to_string().contains("authentication")
        {
            return ConnectError::Login { target, source };
        }
        ConnectError::Unreachable { target, source }
    }

    /// What the user does next.
    pub fn next_step(&self) -> &'static str {
        match self {
            ConnectError::Tls(TlsError::NoAuthority) => {
                "install the system's certificates (package ca-certificates), or name a file: DB_SSLROOTCERT=/path/ca.pem"
            }
            ConnectError::Tls(_) => "check the file named by sslrootcert or DB_SSLROOTCERT",
            ConnectError::Untrusted { .. } => {
                "save the authority's certificate (Supabase: Project Settings, Database, SSL) and name it: DB_SSLROOTCERT=/path/ca.crt"
            }
            ConnectError::NoTls { .. } => {
                "turn TLS on at the server, or accept a connection that others can read: sslmode=disable"
            }
            ConnectError::Login { .. } => "check user and password, and the server's pg_hba.conf",
            ConnectError::NoDatabase { .. } => {
                "create it: createdb NAME, or correct the name in the setting"
            }
            ConnectError::Unreachable { .. } => {
                "check host and port, and that the server runs; romashka up --detach starts one of your own"
            }
        }
    }
}

/// An open connection of its own, outside the pool. Closes when dropped.
pub struct Connection {
    client: Client,
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connection")
    }
}

/// The driver's form of the settings.
pub(crate) fn driver_config(settings: &Settings) -> Config {
    let mut config = Config::new();
    match &settings.host {
        Host::Tcp(name) => config.host(name.trim_matches(['[', ']'])),
        Host::Socket(folder) => config.host_path(folder),
    };
    config
        .port(settings.port)
        .user(&settings.user)
        .dbname(&settings.database)
        .application_name(&settings.application_name)
        .connect_timeout(settings.connect_timeout)
        .ssl_mode(match settings.ssl_mode {
            SslMode::Disable => tokio_postgres::config::SslMode::Disable,
            SslMode::Prefer => tokio_postgres::config::SslMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                tokio_postgres::config::SslMode::Require
            }
        });
    if let Some(password) = &settings.password {
        config.password(password.expose_secret());
    }
    if let Some(options) = &settings.options {
        config.options(options);
    }
    config
}

/// Opens one connection. The server's notices go to the log.
pub async fn connect(settings: &Settings) -> Result<Connection, ConnectError> {
    let tls = tls::connector(settings)?;
    let (client, mut connection) = driver_config(settings)
        .connect(tls)
        .await
        .map_err(|error| ConnectError::classify(settings, error))?;
    tokio::spawn(async move {
        loop {
            match poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(AsyncMessage::Notice(notice))) => {
                    tracing::debug!(severity = notice.severity(), "{}", notice.message())
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::debug!(%error, "connection ended");
                    break;
                }
                None => break,
            }
        }
    });
    Ok(Connection { client })
}
