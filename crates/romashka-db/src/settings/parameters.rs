//! The text forms of a connection setting: a URL, libpq's pairs, single variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::{Host, LookUp, Origin, Settings, SettingsError, SslMode};
use crate::environment;

/// The parameters of a connection by libpq's names.
#[derive(Default)]
pub(super) struct Parameters(BTreeMap<String, String>);

fn decoded(text: &str) -> Result<String, SettingsError> {
    percent_decoded(text).ok_or(SettingsError::Syntax(
        "a percent sign is not followed by two hexadecimal digits",
    ))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

pub(super) fn number<T: FromStr>(parameter: &str, text: &str) -> Result<T, SettingsError> {
    text.parse().map_err(|_| SettingsError::Value {
        parameter: parameter.to_owned(),
        expected: "a number",
    })
}

impl Parameters {
    /// Adds a value unless the name has one.
    pub(super) fn add(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.0.entry(name.to_owned()).or_insert(value);
        }
    }

    pub(super) fn from_url(text: &str) -> Result<Parameters, SettingsError> {
        let url = Url::parse(text).map_err(|error| match error {
            url::ParseError::InvalidPort => SettingsError::Syntax(
                "the port is no number, or the password holds a character that must be encoded",
            ),
            _ => SettingsError::Syntax("it is no valid URL"),
        })?;
        if url.fragment().is_some() {
            return Err(SettingsError::Syntax("it holds # in the clear"));
        }
        let mut parameters = Parameters::default();
        parameters.add("host", url.host_str().map(decoded).transpose()?);
        parameters.add("port", url.port().map(|port| port.to_string()));
        parameters.add("user", Some(decoded(url.username())?));
        parameters.add("password", url.password().map(decoded).transpose()?);
        parameters.add("dbname", Some(decoded(url.path().trim_start_matches('/'))?));
        for (name, value) in url.query_pairs() {
            parameters.add(&name, Some(value.into_owned()));
        }
        Ok(parameters)
    }

    pub(super) fn from_pairs(text: &str) -> Result<Parameters, SettingsError> {
        const NOT_PAIRS: SettingsError =
            SettingsError::Syntax("it is neither a postgresql:// URL nor name=value pairs");
        let mut parameters = Parameters::default();
        let mut characters = text.chars().peekable();
        loop {
            while characters
                .next_if(|character| character.is_whitespace())
                .is_some()
            {}
            if characters.peek().is_none() {
                break;
            }
            let mut name = String::new();
            while let Some(character) = characters.next_if(|character| *character != '=') {
                name.push(character);
            }
            if characters.next().is_none() {
                return Err(NOT_PAIRS);
            }
            while characters
                .next_if(|character| character.is_whitespace())
                .is_some()
            {}
            let quoted = characters.next_if_eq(&'\'').is_some();
            let mut value = String::new();
            let mut closed = !quoted;
            while let Some(character) = characters.next() {
                match character {
                    '\\' => value.push(characters.next().ok_or(NOT_PAIRS)?),
                    '\'' if quoted => {
                        closed = true;
                        break;
                    }
                    character if !quoted && character.is_whitespace() => break,
                    character => value.push(character),
                }
            }
            if !closed {
                return Err(SettingsError::Syntax("a quoted value has no end"));
            }
            parameters.add(name.trim(), Some(value));
        }
        if parameters.0.is_empty() {
            Err(NOT_PAIRS)
        } else {
            Ok(parameters)
        }
    }

    pub(super) fn build(
        mut self,
        origin: Origin,
        read: LookUp<'_>,
    ) -> Result<Settings, SettingsError> {
        let mut take = |name: &str| self.0.remove(name);
        let host = Host::parse(
            &take("host")
                .or_else(|| take("hostaddr"))
                .unwrap_or_else(|| "localhost".to_owned()),
        );
        let port = take("port")
            .map(|text| number("port", &text))
            .transpose()?
            .unwrap_or(5432);
        let user = take("user").unwrap_or_else(|| "postgres".to_owned());
        let database = take("dbname").unwrap_or_else(|| user.clone());
        let password = take("password").map(SecretString::from);
        let ssl_mode = take("sslmode").or_else(|| read(&environment::DB_SSLMODE));
        let ssl_root_certificate =
            take("sslrootcert").or_else(|| read(&environment::DB_SSLROOTCERT));
        let mut settings = Settings::for_socket(origin, Path::new(""), port, &user, &database);
        settings.password = password;
        settings.ssl_mode = match ssl_mode {
            Some(text) => text.parse()?,
            None => match &host {
                Host::Socket(_) => SslMode::Disable,
                Host::Tcp(_) if host.is_local() => SslMode::Prefer,
                Host::Tcp(_) => SslMode::VerifyFull,
            },
        };
        settings.host = host;
        // `system` is libpq's word for the default here.
        settings.ssl_root_certificate = ssl_root_certificate
            .filter(|path| path != "system")
            .map(PathBuf::from);
        if let Some(seconds) = take("connect_timeout") {
            settings.connect_timeout = Duration::from_secs(number("connect_timeout", &seconds)?);
        }
        if let Some(name) = take("application_name") {
            settings.application_name = name;
        }
        settings.options = take("options");
        settings.pgbouncer = take("pgbouncer").is_some_and(|value| value == "true");
        if let Some(size) = take("connection_limit") {
            settings.pool_size = number("connection_limit", &size)?;
        }
        // Other clients' parameters that change nothing about the connection itself.
        for name in [
            "schema",
            "pool_timeout",
            "supa",
            "target_session_attrs",
            "gssencmode",
            "channel_binding",
        ] {
            take(name);
        }
        match self.0.into_keys().next() {
            Some(unknown) => Err(SettingsError::Parameter(unknown)),
            None => Ok(settings),
        }
    }
}
