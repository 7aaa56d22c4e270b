//! Where mail servers may be, and the installation's own one.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use romashka_channels::email::header::{Mailbox, parse_addresses};
use romashka_channels::webhooks::address::AddressGuard;
use romashka_db::environment::{self, Variable};
use secrecy::SecretString;

use crate::settings::SettingError;

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// From the first byte.
    Tls,
    /// After a command; a server that does not know the command is refused.
    StartTls,
    /// Not at all.
    None,
}

impl Security {
    /// The security of this name.
    pub fn parse(name: &str) -> Option<Security> {
        match name.trim().to_ascii_lowercase().as_str() {
            "tls" => Some(Security::Tls),
            "starttls" => Some(Security::StartTls),
            "none" => Some(Security::None),
            _ => None,
        }
    }
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
}

/// Why a server is not connected to.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The name leads nowhere.
    #[error("the mail server's name cannot be resolved")]
    Name(#[source] std::io::Error),
    /// Not public, and not among the operator's exceptions.
    #[error("the mail server is in a network that is not allowed (ROMASHKA_MAIL_NETWORKS)")]
    Network,
    /// Without encryption, over a network.
    #[error(
        "the mail server is reached without encryption only on this machine and in ROMASHKA_MAIL_NETWORKS"
    )]
    Plain,
}

/// Where mail servers may be, and whose certificates are believed.
#[derive(Clone, Debug, Default)]
pub struct MailRules {
    /// Networks in-house.
    pub networks: Vec<IpNet>,
    /// Further certificate authorities.
    pub authorities: Option<PathBuf>,
}

impl MailRules {
    /// The addresses of a server that a workspace named.
    pub async fn resolve(&self, server: &MailServer) -> Result<Vec<SocketAddr>, PlaceError> {
        let found = self.look_up(server).await?;
        let guard = AddressGuard {
            allowed: self.networks.clone(),
            refused: Vec::new(),
        };
        let addresses: Vec<IpAddr> = found.iter().map(SocketAddr::ip).collect();
        guard
            .check_all(&addresses)
            .map_err(|_| PlaceError::Network)?;
        Ok(found)
    }

    /// The addresses of the server that the operator named.
    pub async fn resolve_own(&self, server: &MailServer) -> Result<Vec<SocketAddr>, PlaceError> {
        self.look_up(server).await
    }

    async fn look_up(&self, server: &MailServer) -> Result<Vec<SocketAddr>, PlaceError> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((server.host.as_str(), server.port))
            .await
            .map_err(PlaceError::Name)?
            .collect();
        let is_near = |address: &SocketAddr| {
            let address = address.ip().to_canonical();
            address.is_loopback() || self.networks.iter().any(|near| near.contains(&address))
        };
        if server.security == Security::None && !found.iter().all(is_near) {
            return Err(PlaceError::Plain);
        }
        Ok(found)
    }
}

/// The mail server of the installation, for its own mails.
#[derive(Clone, Debug)]
pub struct SystemMail {
    /// The server.
    pub server: MailServer,
    /// Who signs in, and his password.
    pub login: Option<(String, SecretString)>,
    /// The sender.
    pub from: Mailbox,
}

fn wrong(variable: &'static Variable, expected: &'static str) -> SettingError {
    SettingError {
        variable: variable.name,
        expected,
    }
}

impl SystemMail {
    /// The settings of the environment; none without a server.
    pub fn resolve(
        read: &dyn Fn(&Variable) -> Option<String>,
    ) -> Result<Option<SystemMail>, SettingError> {
        let Some(host) = read(&environment::SMTP_HOST) else {
            return Ok(None);
        };
        let security = match read(&environment::SMTP_SECURITY) {
            Some(name) => Security::parse(&name)
                .ok_or_else(|| wrong(&environment::SMTP_SECURITY, "tls, starttls or none"))?,
            None => Security::Tls,
        };
        let port = match read(&environment::SMTP_PORT) {
            Some(text) => text
                .trim()
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| wrong(&environment::SMTP_PORT, "a port"))?,
            None => smtp_port(security),
        };
        let user = read(&environment::SMTP_USER);
        let login = match (&user, read(&environment::SMTP_PASSWORD)) {
            (Some(user), Some(password)) => Some((user.clone(), SecretString::from(password))),
            (Some(_), None) => {
                return Err(wrong(
                    &environment::SMTP_PASSWORD,
                    "set when ROMASHKA_SMTP_USER is",
                ));
            }
            (None, _) => None,
        };
        let from = read(&environment::MAIL_FROM)
            .or(user)
            .and_then(|text| parse_addresses(text.as_bytes()).into_iter().next())
            .filter(|from| !from.local().is_empty() && !from.domain().is_empty())
            .ok_or_else(|| {
                wrong(
                    &environment::MAIL_FROM,
                    "an address, as Support <support@example.com>",
                )
            })?;
        Ok(Some(SystemMail {
            server: MailServer {
                host: host.trim().to_owned(),
                port,
                security,
            },
            login,
            from,
        }))
    }
}

/// The port of submission (RFC 8314, RFC 6409).
pub fn smtp_port(security: Security) -> u16 {
    match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::None => 25,
    }
}

/// The port of IMAP.
pub fn imap_port(security: Security) -> u16 {
    match security {
        Security::Tls => 993,
        Security::StartTls | Security::None => 143,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, security: Security) -> MailServer {
        MailServer {
            host: host.to_owned(),
            port: 25,
            security,
        }
    }

    #[tokio::test]
    async fn only_named_networks_are_reached_in_house_and_without_encryption() {
        let nowhere = MailRules::default();
        let near = MailRules {
            networks: vec!["10.0.0.0/8".parse().expect("a network")],
            authorities: None,
        };
        let tls = server("10.1.2.3", Security::Tls);
        assert!(matches!(
            nowhere.resolve(&tls).await,
            Err(PlaceError::Network)
        ));
        assert!(near.resolve(&tls).await.is_ok());
        assert!(
            near.resolve(&server("10.1.2.3", Security::None))
                .await
                .is_ok()
        );
        let public = server("9.9.9.9", Security::None);
        assert!(matches!(
            near.resolve(&public).await,
            Err(PlaceError::Plain)
        ));
        let own = server("127.0.0.1", Security::None);
        assert!(matches!(near.resolve(&own).await, Err(PlaceError::Network)));
        assert!(nowhere.resolve_own(&own).await.is_ok());
        assert!(matches!(
            nowhere.resolve_own(&public).await,
            Err(PlaceError::Plain)
        ));
    }

    #[test]
    fn the_environment_names_the_installations_server() {
        let read = |values: &'static [(&'static str, &'static str)]| {
            SystemMail::resolve(&move |variable| {
                let found = values.iter().find(|(name, _)| *name == variable.name)?;
                Some(found.1.to_owned())
            })
        };
        assert!(read(&[]).expect("nothing").is_none());
        let found = read(&[
            ("ROMASHKA_SMTP_HOST", "mail.example.com"),
            ("ROMASHKA_SMTP_SECURITY", "starttls"),
            ("ROMASHKA_SMTP_USER", "support@example.com"),
            ("ROMASHKA_SMTP_PASSWORD", "secret"),
        ])
        .expect("settings")
        .expect("a server");
        assert_eq!(found.server.port, 587);
        assert_eq!(found.from.address, "support@example.com");
        assert!(!format!("{found:?}").contains("secret"));
        for (values, variable) in [
            (
                &[
                    ("ROMASHKA_SMTP_HOST", "x"),
                    ("ROMASHKA_SMTP_SECURITY", "ssl"),
                ][..],
                "ROMASHKA_SMTP_SECURITY",
            ),
            (
                &[("ROMASHKA_SMTP_HOST", "x"), ("ROMASHKA_SMTP_PORT", "0")][..],
                "ROMASHKA_SMTP_PORT",
            ),
            (
                &[("ROMASHKA_SMTP_HOST", "x"), ("ROMASHKA_SMTP_USER", "a@b")][..],
                "ROMASHKA_SMTP_PASSWORD",
            ),
            (&[("ROMASHKA_SMTP_HOST", "x")][..], "ROMASHKA_MAIL_FROM"),
        ] {
            assert_eq!(read(values).expect_err(variable).variable, variable);
        }
    }
}
