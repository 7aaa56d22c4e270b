//! What the server is told at its start.
//!
//! Invariants: the environment is read once, here, and a value that cannot be used is an error that names its variable;
//! secrets never appear in `Debug`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use romashka_channels::webhooks::endpoint::UrlPolicy;
use romashka_channels::{sms, whatsapp};
use romashka_db::environment::{self, Variable};
use secrecy::SecretString;
use url::Url;

use crate::accounts::oidc::settings::OidcSettings;
use crate::attachments::bucket::BucketSettings;
use crate::backups::BackupSettings;
use crate::mail::intake::IntakeSettings;
use crate::mail::settings::{MailRules, SystemMail};

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{variable} must be {expected}")]
pub struct SettingError {
    /// The variable.
    pub variable: &'static str,
    /// What it must be.
    pub expected: &'static str,
}

/// Settings of the server.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The address people use; none stands for the address that is listened on.
    pub public_url: Option<Url>,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins of other sites whose pages may call the API.
    pub cors_origins: Vec<String>,
    /// Most bytes in a body.
    pub body_limit: usize,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// Within what time the headers of a request must have arrived.
    pub header_timeout: Duration,
    /// Most connections at a time.
    pub most_connections: usize,
    /// How long requests at work are given when the server stops.
    pub shutdown_timeout: Duration,
    /// How long a session lasts without use.
    pub session_idle: Duration,
    /// How long a session lasts in any case.
    pub session_lifetime: Duration,
    /// Requests a minute of one caller; none sets no limit.
    pub rate_limit: Option<u32>,
    /// Most open streams and live connections of the process.
    pub most_streams: usize,
    /// Most open streams and live connections of one caller.
    pub streams_per_caller: usize,
    /// How long a stream waits for a reader who takes nothing.
    pub stream_patience: Duration,
    /// The folder of the files that come with messages; none takes and gives out no files.
    pub file_folder: Option<PathBuf>,
    /// The program that reads files of the knowledge apart from the server; the running one when there is none.
    pub file_reader: Option<PathBuf>,
    /// The bucket where files are kept; without one they are kept in the folder.
    pub bucket: Option<BucketSettings>,
    /// The backups that this process makes.
    pub backups: Option<BackupSettings>,
    /// The folder of the embedding model; none finds articles by their words alone.
    pub model_folder: Option<PathBuf>,
    /// Where providers are reached.
    pub providers: ProviderAddresses,
    /// Where mail servers may be.
    pub mail: MailRules,
    /// Where mails are taken in by SMTP and LMTP.
    pub intake: IntakeSettings,
    /// The installation's own mail server; without one its mails wait.
    pub system_mail: Option<SystemMail>,
    /// Where webhooks may be sent.
    pub webhook_policy: UrlPolicy,
    /// Where websites may be that are scanned.
    pub scan_policy: UrlPolicy,
    /// The provider by which people can sign in.
    pub oidc: Option<OidcSettings>,
    /// Whose tokens are accepted beside the server's own sessions and keys.
    pub supabase: Supabase,
}

/// Where providers are reached.
#[derive(Clone, Debug)]
pub struct ProviderAddresses {
    /// The WhatsApp Cloud API.
    pub whatsapp: Url,
    /// Twilio's API.
    pub twilio: Url,
    /// In place of Amazon SNS.
    pub sns: Option<Url>,
}

/// A Supabase project, or a PostgREST, whose users may use the API.
#[derive(Clone, Debug, Default)]
pub struct Supabase {
    /// The project's address.
    pub url: Option<Url>,
    /// The public key.
    pub anon_key: Option<SecretString>,
    /// The secret key.
    pub service_role_key: Option<SecretString>,
    /// The secret of HS256 tokens.
    pub jwt_secret: Option<SecretString>,
}

/// HS256 needs a key as long as its hash (RFC 7518, section 3.2).
const SHORTEST_SECRET: usize = 32;

impl ServerSettings {
    /// The settings of the environment; `read` gives a variable's value.
    pub fn resolve(
        read: &dyn Fn(&Variable) -> Option<String>,
    ) -> Result<ServerSettings, SettingError> {
        let seconds =
            |variable: &'static Variable, default: u64| -> Result<Duration, SettingError> {
                number(
                    read,
                    variable,
                    default,
                    1..=31_536_000,
                    "a number of seconds, at least 1",
                )
                .map(Duration::from_secs)
            };
        let jwt_secret = read(&environment::SUPABASE_JWT_SECRET);
        if jwt_secret
            .as_ref()
            .is_some_and(|secret| secret.len() < SHORTEST_SECRET)
        {
            return Err(SettingError {
                variable: environment::SUPABASE_JWT_SECRET.name,
                expected: "at least 32 bytes long",
            });
        }
        Ok(ServerSettings {
            listen: parsed(
                read,
                &environment::LISTEN,
                "an address and a port, as 127.0.0.1:3000",
            )?
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000))),
            public_url: web_address(read, &environment::PUBLIC_URL)?,
            trusted_proxies: list(
                read,
                &environment::TRUSTED_PROXIES,
                "networks, as 10.0.0.0/8",
                network,
            )?,
            cors_origins: list(
                read,
                &environment::CORS_ORIGINS,
                "origins, as https://app.example.com",
                |text| {
                    let url = Url::parse(text).ok()?;
                    let origin = url.origin().ascii_serialization();
                    (origin == text.trim_end_matches('/')).then_some(origin)
                },
            )?,
            body_limit: number(
                read,
                &environment::BODY_LIMIT,
                1 << 20,
                1024..=1 << 30,
                "a number of bytes from 1024 to 1073741824",
            )? as usize,
            request_timeout: seconds(&environment::REQUEST_TIMEOUT, 30)?,
            header_timeout: seconds(&environment::HEADER_TIMEOUT, 10)?,
            most_connections: number(
                read,
                &environment::MAX_CONNECTIONS,
                20_000,
                1..=1_000_000,
                "a number from 1 to 1000000",
            )? as usize,
            shutdown_timeout: seconds(&environment::SHUTDOWN_TIMEOUT, 25)?,
            session_idle: seconds(&environment::SESSION_IDLE, 8 * 3600)?,
            session_lifetime: seconds(&environment::SESSION_LIFETIME, 7 * 86_400)?,
            rate_limit: match number(
                read,
                &environment::RATE_LIMIT,
                600,
                0..=1_000_000,
                "a number of requests from 0 to 1000000",
            )? {
                0 => None,
                limit => Some(limit as u32),
            },
            most_streams: number(
                read,
                &environment::MAX_STREAMS,
                15_000,
                1..=1_000_000,
                "a number from 1 to 1000000",
            )? as usize,
            streams_per_caller: number(
                read,
                &environment::STREAMS_PER_CALLER,
                20,
                1..=1_000_000,
                "a number from 1 to 1000000",
            )? as usize,
            stream_patience: seconds(&environment::STREAM_PATIENCE, 30)?,
            file_folder: None,
            file_reader: None,
            model_folder: None,
            bucket: BucketSettings::resolve(read)?,
            backups: BackupSettings::resolve(read)?,
            providers: ProviderAddresses {
                whatsapp: address_or(read, &environment::WHATSAPP_URL, whatsapp::api::BASE_URL)?,
                sns: web_address(read, &environment::SNS_URL)?,
                twilio: address_or(read, &environment::TWILIO_URL, sms::outbound::BASE_URL)?,
            },
            mail: MailRules {
                networks: list(
                    read,
                    &environment::MAIL_NETWORKS,
                    "networks, as 10.0.0.0/8",
                    network,
                )?,
                authorities: read(&environment::MAIL_AUTHORITIES).map(PathBuf::from),
            },
            intake: IntakeSettings::resolve(read)?,
            system_mail: SystemMail::resolve(read)?,
            webhook_policy: webhook_policy(read)?,
            scan_policy: scan_policy(read)?,
            oidc: OidcSettings::resolve(read)?,
            supabase: Supabase {
                url: web_address(read, &environment::SUPABASE_URL)?,
                anon_key: read(&environment::SUPABASE_ANON_KEY).map(SecretString::from),
                service_role_key: read(&environment::SUPABASE_SERVICE_ROLE_KEY)
                    .map(SecretString::from),
                jwt_secret: jwt_secret.map(SecretString::from),
            },
        })
    }

    /// The address people use, with the port that is really listened on.
    pub fn public_address(&self, listening: SocketAddr) -> Url {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let host = match listening {
            address if address.ip().is_unspecified() => format!("localhost:{}", address.port()),
            address => address.to_string(),
        };
        // The text of a socket address is a host and a port.
        Url::parse(&format!("http://{host}/"))
            .unwrap_or_else(|_| unreachable!("a socket address makes a URL"))
    }
}

fn parsed<T: FromStr>(
    read: &dyn Fn(&Variable) -> Option<String>,
    variable: &'static Variable,
    expected: &'static str,
) -> Result<Option<T>, SettingError> {
    read(variable)
        .map(|text| {
            text.trim().parse().map_err(|_| SettingError {
                variable: variable.name,
                expected,
            })
        })
        .transpose()
}

fn number(
    read: &dyn Fn(&Variable) -> Option<String>,
    variable: &'static Variable,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
    expected: &'static str,
) -> Result<u64, SettingError> {
    let value = parsed(read, variable, expected)?.unwrap_or(default);
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(SettingError {
            variable: variable.name,
            expected,
        })
    }
}

fn list<T>(
    read: &dyn Fn(&Variable) -> Option<String>,
    variable: &'static Variable,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, SettingError> {
    read(variable)
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            parse(part).ok_or(SettingError {
                variable: variable.name,
                expected,
            })
        })
        .collect()
}

fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| {
        text.parse()
            .ok()
            .map(|address: std::net::IpAddr| IpNet::from(address))
    })
}

fn webhook_policy(read: &dyn Fn(&Variable) -> Option<String>) -> Result<UrlPolicy, SettingError> {
    let mut policy = UrlPolicy::default();
    let ports = list(
        read,
        &environment::WEBHOOK_PORTS,
        "ports, as 443,8443",
        |text| text.parse().ok().filter(|port| *port != 0),
    )?;
    if !ports.is_empty() {
        policy.ports = ports;
    }
    policy.allow_http =
        parsed(read, &environment::WEBHOOK_HTTP, "true or false")?.unwrap_or(policy.allow_http);
    policy.guard.allowed = list(
        read,
        &environment::WEBHOOK_NETWORKS,
        "networks, as 10.0.0.0/8",
        network,
    )?;
    Ok(policy)
}

/// Where websites may be when nothing is said.
pub(crate) fn scan_defaults() -> UrlPolicy {
    UrlPolicy {
        allow_http: true,
        ports: vec![80, 443, 8080, 8443],
        ..UrlPolicy::default()
    }
}

fn scan_policy(read: &dyn Fn(&Variable) -> Option<String>) -> Result<UrlPolicy, SettingError> {
    let mut policy = scan_defaults();
    let ports = list(read, &environment::SCAN_PORTS, "ports, as 80,443", |text| {
        text.parse().ok().filter(|port| *port != 0)
    })?;
    if !ports.is_empty() {
        policy.ports = ports;
    }
    policy.guard.allowed = list(
        read,
        &environment::SCAN_NETWORKS,
        "networks, as 10.0.0.0/8",
        network,
    )?;
    Ok(policy)
}

fn address_or(
    read: &dyn Fn(&Variable) -> Option<String>,
    variable: &'static Variable,
    default: &'static str,
) -> Result<Url, SettingError> {
    Ok(match web_address(read, variable)? {
        Some(url) => url,
        None => Url::parse(default).unwrap_or_else(|_| unreachable!("the default is an address")),
    })
}

fn web_address(
    read: &dyn Fn(&Variable) -> Option<String>,
    variable: &'static Variable,
) -> Result<Option<Url>, SettingError> {
    let expected = "an address that begins with https:// or http://";
    let url: Option<Url> = parsed(read, variable, expected)?;
    match &url {
        Some(url) if !matches!(url.scheme(), "http" | "https") || !url.has_host() => {
            Err(SettingError {
                variable: variable.name,
                expected,
            })
        }
        _ => Ok(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> Result<ServerSettings, SettingError> {
        ServerSettings::resolve(&move |variable| (variable.name == name).then(|| value.to_owned()))
    }

    #[test]
    fn every_wrong_value_names_its_variable() {
        for (name, value) in [
            ("ROMASHKA_LISTEN", "3000"),
            ("ROMASHKA_PUBLIC_URL", "support.example.com"),
            ("ROMASHKA_PUBLIC_URL", "ftp://example.com"),
            ("ROMASHKA_TRUSTED_PROXIES", "10.0.0.0/99"),
            ("ROMASHKA_CORS_ORIGINS", "https://app.example.com/path"),
            ("ROMASHKA_BODY_LIMIT", "1"),
            ("ROMASHKA_REQUEST_TIMEOUT", "0"),
            ("ROMASHKA_MAX_STREAMS", "0"),
            ("ROMASHKA_TWILIO_URL", "api.twilio.com"),
            ("ROMASHKA_WEBHOOK_PORTS", "0"),
            ("ROMASHKA_WEBHOOK_HTTP", "perhaps"),
            ("ROMASHKA_WEBHOOK_NETWORKS", "office"),
            ("ROMASHKA_SCAN_NETWORKS", "office"),
            ("ROMASHKA_SCAN_PORTS", "0"),
            ("ROMASHKA_MAIL_NETWORKS", "office"),
            ("SUPABASE_JWT_SECRET", "short"),
        ] {
            assert_eq!(with(name, value).expect_err(value).variable, name);
        }
    }

    #[test]
    fn lists_and_addresses_are_read() {
        let settings = with("ROMASHKA_TRUSTED_PROXIES", "10.0.0.0/8, ::1").expect("settings");
        assert_eq!(settings.trusted_proxies.len(), 2);
        let settings =
            with("ROMASHKA_PUBLIC_URL", "https://support.example.com").expect("settings");
        let listening = SocketAddr::from(([127, 0, 0, 1], 1));
        assert_eq!(
            settings.public_address(listening).as_str(),
            "https://support.example.com/"
        );
    }
}
