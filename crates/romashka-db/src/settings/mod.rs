//! Where the database is and how it is reached.
//!
//! Invariants: a password never appears in `Debug`, an error or a log; an unknown parameter is an
//! error, not silence; a server on another machine is verified unless the user says otherwise.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::environment;

mod parameters;

use parameters::{Parameters, number};

/// How much TLS promises; the names and meanings are libpq's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted where the server offers it, nothing verified.
    Prefer,
    /// Always encrypted. The certificate is verified only when authorities are named (`sslrootcert`).
    Require,
    /// Encrypted, and the certificate comes from a trusted authority, for whatever host.
    VerifyCa,
    /// Encrypted, and the certificate comes from a trusted authority for this very host.
    VerifyFull,
}

impl FromStr for SslMode {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        match text {
            "disable" => Ok(SslMode::Disable),
            // `allow` starts in the clear and encrypts when refused: no better than prefer.
            "allow" | "prefer" => Ok(SslMode::Prefer),
            "require" => Ok(SslMode::Require),
            "verify-ca" => Ok(SslMode::VerifyCa),
            "verify-full" => Ok(SslMode::VerifyFull),
            _ => Err(SettingsError::Value {
                parameter: "sslmode".to_owned(),
                expected: "disable, prefer, require, verify-ca or verify-full",
            }),
        }
    }
}

/// Where a connection setting came from, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--database-url`.
    Option,
    /// `DATABASE_URL`.
    DatabaseUrl,
    /// `DB_HOST` and its companions.
    Parts,
    /// No setting: the private server of `romashka up`.
    PrivateServer,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Origin::Option => "--database-url",
            Origin::DatabaseUrl => "DATABASE_URL",
            Origin::Parts => "DB_HOST, DB_PORT, DB_NAME, DB_USER",
            Origin::PrivateServer => "the private server",
        })
    }
}

/// The host part of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name or an address.
    Tcp(String),
    /// The folder of a Unix socket.
    Socket(PathBuf),
}

impl Host {
    fn parse(text: &str) -> Host {
        if text.starts_with('/') {
            Host::Socket(PathBuf::from(text))
        } else {
            Host::Tcp(text.to_owned())
        }
    }

    /// Whether packets never leave this machine.
    pub fn is_local(&self) -> bool {
        match self {
            Host::Socket(_) => true,
            Host::Tcp(name) => {
                name == "localhost"
                    || name
                        .trim_matches(['[', ']'])
                        .parse::<std::net::IpAddr>()
                        .is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

/// Everything needed to connect.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it came from.
    pub origin: Origin,
    /// The server.
    pub host: Host,
    /// TCP port, or the number in the socket's name.
    pub port: u16,
    /// Name of the database.
    pub database: String,
    /// Login role.
    pub user: String,
    /// Its password, where one is needed.
    pub password: Option<SecretString>,
    /// What TLS must promise.
    pub ssl_mode: SslMode,
    /// Authorities to trust instead of the system's.
    pub ssl_root_certificate: Option<PathBuf>,
    /// How long a connection attempt may take.
    pub connect_timeout: Duration,
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
    /// Server options in the form of `-c name=value`.
    pub options: Option<String>,
    /// Most connections in the pool.
    pub pool_size: usize,
    pgbouncer: bool,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// Not a URL and not `name=value` pairs either.
    #[error("the connection setting cannot be read: {0}")]
    Syntax(&'static str),
    /// A parameter that means nothing here.
    #[error("the connection parameter {0} is not known")]
    Parameter(String),
    /// A parameter with a value that it cannot have.
    #[error("the connection parameter {parameter} must be {expected}")]
    Value {
        /// Its name.
        parameter: String,
        /// What would be right.
        expected: &'static str,
    },
    /// The text that stands in Supabase's template for the password.
    #[error("the connection setting still holds [YOUR-PASSWORD]")]
    Placeholder,
    /// Nothing set, and no private server runs.
    #[error("no database is set, and no private server runs in {}", .0.display())]
    Nothing(PathBuf),
}

impl SettingsError {
    /// What the user does next.
    pub fn next_step(&self) -> &'static str {
        match self {
            SettingsError::Syntax(_) => {
                "use postgresql://user:password@host:port/name, and percent-encode what is special in the password (@ %40, # %23, / %2F, ? %3F, % %25)"
            }
            SettingsError::Parameter(_) | SettingsError::Value { .. } => {
                "correct or remove it; docs/environment.md lists what is understood"
            }
            SettingsError::Placeholder => {
                "put the database password of your Supabase project there (percent-encoded)"
            }
            SettingsError::Nothing(_) => {
                "set DATABASE_URL (or DB_HOST, DB_NAME, DB_USER, DB_PASSWORD), or start a private server: romashka up --detach"
            }
        }
    }
}

/// How the value of an environment variable is found; a test brings its own.
pub type LookUp<'a> = &'a dyn Fn(&environment::Variable) -> Option<String>;

/// The sources of a connection setting, strongest first.
#[derive(Default)]
pub struct Sources<'a> {
    /// The value of `--database-url`.
    pub option: Option<SecretString>,
    /// Looks up an environment variable.
    pub environment: Option<LookUp<'a>>,
    /// The private server, when it runs.
    pub private_server: Option<Settings>,
    /// The data folder, for the message when there is nothing.
    pub data_folder: PathBuf,
}

impl Settings {
    /// The first source that says something: option, `DATABASE_URL`, `DB_HOST` …, private server.
    pub fn resolve(sources: Sources<'_>) -> Result<Settings, SettingsError> {
        let read = |variable: &environment::Variable| {
            sources.environment.and_then(|look_up| look_up(variable))
        };
        let mut settings = if let Some(text) = sources.option {
            Settings::parse(text.expose_secret(), Origin::Option, &read)?
        } else if let Some(text) = read(&environment::DATABASE_URL) {
            Settings::parse(&text, Origin::DatabaseUrl, &read)?
        } else if [
            &environment::DB_HOST,
            &environment::DB_NAME,
            &environment::DB_USER,
        ]
        .into_iter()
        .any(|name| read(name).is_some())
        {
            let mut parameters = Parameters::default();
            for (name, variable) in [
                ("host", &environment::DB_HOST),
                ("port", &environment::DB_PORT),
                ("dbname", &environment::DB_NAME),
                ("user", &environment::DB_USER),
                ("password", &environment::DB_PASSWORD),
            ] {
                parameters.add(name, read(variable));
            }
            parameters.add("dbname", Some("romashka".to_owned()));
            parameters.build(Origin::Parts, &read)?
        } else {
            sources
                .private_server
                .ok_or(SettingsError::Nothing(sources.data_folder))?
        };
        if let Some(size) = read(&environment::POOL_SIZE) {
            settings.pool_size = number(environment::POOL_SIZE.name, &size)?;
        }
        Ok(settings)
    }

    /// A server on this machine, reached by its Unix socket.
    pub fn for_socket(
        origin: Origin,
        folder: &Path,
        port: u16,
        user: &str,
        database: &str,
    ) -> Settings {
        Settings {
            origin,
            host: Host::Socket(folder.to_owned()),
            port,
            database: database.to_owned(),
            user: user.to_owned(),
            password: None,
            ssl_mode: SslMode::Disable,
            ssl_root_certificate: None,
            connect_timeout: Duration::from_secs(15),
            application_name: "romashka".to_owned(),
            options: None,
            pool_size: 10,
            pgbouncer: false,
        }
    }

    /// Reads `postgresql://…` or libpq's `name=value` pairs.
    pub fn parse(text: &str, origin: Origin, read: LookUp<'_>) -> Result<Settings, SettingsError> {
        let text = text.trim();
        if text.contains("[YOUR-PASSWORD]") {
            return Err(SettingsError::Placeholder);
        }
        let parameters = if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Parameters::from_url(text)?
        } else {
            Parameters::from_pairs(text)?
        };
        parameters.build(origin, read)
    }

    /// The same server and role, another database of it.
    pub fn with_database(&self, database: &str) -> Settings {
        Settings {
            database: database.to_owned(),
            ..self.clone()
        }
    }

    /// The connection without its secrets, for messages.
    pub fn target(&self) -> String {
        match &self.host {
            Host::Tcp(name) => {
                format!("{} on {name}:{} as {}", self.database, self.port, self.user)
            }
            Host::Socket(folder) => format!(
                "{} on the socket in {} as {}",
                self.database,
                folder.display(),
                self.user
            ),
        }
    }

    /// Why migrations refuse this connection, when it goes through a transaction pooler.
    ///
    /// Such a pooler hands each transaction to another server session: the session lock that keeps two
    /// migrators apart, `set statement_timeout` and concurrent index builds would hit different sessions.
    pub fn transaction_pooler(&self) -> Option<TransactionPooler> {
        let supabase = match &self.host {
            Host::Tcp(name) => [".supabase.com", ".supabase.co"]
                .iter()
                .any(|suffix| name.ends_with(suffix)),
            Host::Socket(_) => false,
        };
        if supabase && self.port == 6543 {
            Some(TransactionPooler {
                session_port: Some(5432),
            })
        } else if self.pgbouncer || (self.port == 6543 && !self.host.is_local()) {
            Some(TransactionPooler { session_port: None })
        } else {
            None
        }
    }
}

/// A pooler in front of the server that shares sessions between transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionPooler {
    /// The port on the same host that keeps sessions, where it is known.
    pub session_port: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, SettingsError> {
        Settings::parse(text, Origin::Option, &|_| None)
    }

    fn with_environment(values: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let look_up = |variable: &environment::Variable| {
            values
                .iter()
                .find(|(name, _)| *name == variable.name)
                .map(|(_, value)| (*value).to_owned())
        };
        Settings::resolve(Sources {
            environment: Some(&look_up),
            ..Sources::default()
        })
    }

    #[test]
    fn a_url_is_taken_apart_and_decoded() {
        let settings = parse("postgresql://ann%40x:p%23%2Fw@db.example.com:5433/help?sslmode=require&connect_timeout=3").unwrap();
        assert_eq!(settings.host, Host::Tcp("db.example.com".to_owned()));
        assert_eq!(
            (
                settings.port,
                settings.user.as_str(),
                settings.database.as_str()
            ),
            (5433, "ann@x", "help")
        );
        assert_eq!(settings.password.as_ref().unwrap().expose_secret(), "p#/w");
        assert_eq!(settings.ssl_mode, SslMode::Require);
        assert_eq!(settings.connect_timeout, Duration::from_secs(3));
        assert!(
            !format!("{settings:?}").contains("p#/w"),
            "Debug must not show the password"
        );
    }

    #[test]
    fn sockets_are_folders() {
        for text in [
            "postgresql://ann@%2Frun%2Fpg/help",
            "postgresql:///help?host=/run/pg&user=ann",
            "host=/run/pg user=ann dbname=help",
        ] {
            let settings = parse(text).unwrap();
            assert_eq!(settings.host, Host::Socket("/run/pg".into()), "{text}");
            assert_eq!(
                (settings.user.as_str(), settings.database.as_str()),
                ("ann", "help")
            );
            assert_eq!(settings.ssl_mode, SslMode::Disable);
        }
    }

    #[test]
    fn pairs_may_be_quoted() {
        let settings = parse(r"host = db.example.com  password='it\'s here' dbname=help").unwrap();
        assert_eq!(settings.password.unwrap().expose_secret(), "it's here");
        assert!(matches!(
            parse("password='open"),
            Err(SettingsError::Syntax(_))
        ));
        assert!(matches!(parse("just words"), Err(SettingsError::Syntax(_))));
    }

    #[test]
    fn another_machine_is_verified_by_default() {
        assert_eq!(
            parse("postgresql://db.example.com/x").unwrap().ssl_mode,
            SslMode::VerifyFull
        );
        assert_eq!(
            parse("postgresql://10.0.0.8/x").unwrap().ssl_mode,
            SslMode::VerifyFull
        );
        assert_eq!(
            parse("postgresql://localhost/x").unwrap().ssl_mode,
            SslMode::Prefer
        );
        assert_eq!(
            parse("postgresql://[::1]/x").unwrap().ssl_mode,
            SslMode::Prefer
        );
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(
            parse("postgresql://h/x?ssmode=require").unwrap_err(),
            SettingsError::Parameter("ssmode".to_owned())
        );
        assert!(matches!(
            parse("postgresql://h/x?sslmode=always"),
            Err(SettingsError::Value { .. })
        ));
        assert_eq!(
            parse("postgresql://postgres.abc:[YOUR-PASSWORD]@aws-0-eu-central-1.pooler.supabase.com:5432/postgres").unwrap_err(),
            SettingsError::Placeholder
        );
        assert!(matches!(
            parse("postgresql://u:p#w@h/x"),
            Err(SettingsError::Syntax(_))
        ));
        assert!(matches!(
            parse("postgresql://u:p%zz@h/x"),
            Err(SettingsError::Syntax(_))
        ));
    }

    #[test]
    fn transaction_poolers_are_recognised() {
        let pooler = |text| parse(text).unwrap().transaction_pooler();
        assert_eq!(
            pooler(
                "postgresql://postgres.abc:x@aws-0-eu-central-1.pooler.supabase.com:6543/postgres"
            ),
            Some(TransactionPooler {
                session_port: Some(5432)
            })
        );
        assert_eq!(
            pooler("postgresql://postgres:x@db.abc.supabase.co:6543/postgres"),
            Some(TransactionPooler {
                session_port: Some(5432)
            })
        );
        assert_eq!(
            pooler("postgresql://h:5432/x?pgbouncer=true"),
            Some(TransactionPooler { session_port: None })
        );
        assert_eq!(
            pooler(
                "postgresql://postgres.abc:x@aws-0-eu-central-1.pooler.supabase.com:5432/postgres"
            ),
            None
        );
        assert_eq!(pooler("postgresql://localhost:6543/x"), None);
    }

    #[test]
    fn the_stronger_source_wins() {
        let settings =
            with_environment(&[("DATABASE_URL", "postgresql://a/x"), ("DB_HOST", "b")]).unwrap();
        assert_eq!(
            (settings.origin, settings.host),
            (Origin::DatabaseUrl, Host::Tcp("a".to_owned()))
        );
        let settings = with_environment(&[
            ("DB_HOST", "b"),
            ("DB_PASSWORD", "s"),
            ("ROMASHKA_POOL_SIZE", "3"),
        ])
        .unwrap();
        assert_eq!(
            (
                settings.origin,
                settings.database.as_str(),
                settings.pool_size
            ),
            (Origin::Parts, "romashka", 3)
        );
        let settings = with_environment(&[
            ("DB_HOST", "b"),
            ("DB_SSLMODE", "verify-ca"),
            ("DB_SSLROOTCERT", "/ca.pem"),
        ])
        .unwrap();
        assert_eq!(
            (settings.ssl_mode, settings.ssl_root_certificate),
            (SslMode::VerifyCa, Some("/ca.pem".into()))
        );
        assert!(matches!(
            with_environment(&[]),
            Err(SettingsError::Nothing(_))
        ));
    }
}
