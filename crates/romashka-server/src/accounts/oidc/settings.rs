//! The provider that the operator named.

use romashka_db::environment::{self, Variable};
use secrecy::SecretString;
use url::{Host, Url};

use crate::settings::SettingError;

/// A provider of OpenID Connect.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The issuer, exactly as it names itself.
    pub issuer: String,
    /// Who we are to it.
    pub client_id: String,
    /// How we prove it; a public client proves itself by PKCE alone.
    pub client_secret: Option<SecretString>,
    /// What people call it.
    pub name: String,
    /// Domains of mail whose addresses it is believed; all when there is none.
    pub domains: Vec<String>,
    /// Whether a person whom nobody invited gets an account.
    pub sign_up: bool,
}

/// Whether requests may go there: encrypted, or to this machine.
pub(super) fn is_safe(url: &Url) -> bool {
    let is_near = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_near)
}

impl OidcSettings {
    /// The settings of the environment; none without an issuer.
    pub fn resolve(
        read: &dyn Fn(&Variable) -> Option<String>,
    ) -> Result<Option<OidcSettings>, SettingError> {
        let wrong = |variable: &'static Variable, expected: &'static str| SettingError {
            variable: variable.name,
            expected,
        };
        let Some(issuer) = read(&environment::OIDC_ISSUER) else {
            return Ok(None);
        };
        let issuer = issuer.trim().to_owned();
        let url = Url::parse(&issuer)
            .ok()
            .filter(|url| is_safe(url) && url.query().is_none() && url.fragment().is_none())
            .ok_or_else(|| {
                wrong(
                    &environment::OIDC_ISSUER,
                    "an https:// address without ? and #",
                )
            })?;
        let client_id = read(&environment::OIDC_CLIENT_ID)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
            .ok_or_else(|| {
                wrong(
                    &environment::OIDC_CLIENT_ID,
                    "set when ROMASHKA_OIDC_ISSUER is",
                )
            })?;
        let domains = read(&environment::OIDC_DOMAINS)
            .unwrap_or_default()
            .split(',')
            .map(|domain| domain.trim().trim_start_matches('@').to_lowercase())
            .filter(|domain| !domain.is_empty())
            .collect();
        let sign_up = match read(&environment::OIDC_SIGN_UP).as_deref().map(str::trim) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(wrong(&environment::OIDC_SIGN_UP, "true or false")),
        };
        Ok(Some(OidcSettings {
            name: read(&environment::OIDC_NAME)
                .unwrap_or_else(|| url.host_str().unwrap_or_default().to_owned()),
            issuer,
            client_id,
            client_secret: read(&environment::OIDC_CLIENT_SECRET).map(SecretString::from),
            domains,
            sign_up,
        }))
    }

    /// Whether the provider is believed about this address.
    pub(super) fn believes(&self, email: &str) -> bool {
        let domain = email.rsplit('@').next().unwrap_or_default().to_lowercase();
        self.domains.is_empty() || self.domains.contains(&domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        values: &'static [(&'static str, &'static str)],
    ) -> Result<Option<OidcSettings>, SettingError> {
        OidcSettings::resolve(&move |variable| {
            let found = values.iter().find(|(name, _)| *name == variable.name)?;
            Some(found.1.to_owned())
        })
    }

    #[test]
    fn the_environment_names_the_provider() {
        assert!(read(&[]).expect("nothing").is_none());
        let found = read(&[
            (
                "ROMASHKA_OIDC_ISSUER",
                "https://login.example.com/realms/staff",
            ),
            ("ROMASHKA_OIDC_CLIENT_ID", "romashka"),
            ("ROMASHKA_OIDC_CLIENT_SECRET", "secret"),
            ("ROMASHKA_OIDC_DOMAINS", "Example.com, @example.org"),
        ])
        .expect("settings")
        .expect("a provider");
        assert_eq!(found.name, "login.example.com");
        assert!(found.believes("ann@EXAMPLE.com") && !found.believes("ann@example.net"));
        assert!(!format!("{found:?}").contains("\"secret\""));
        for (values, variable) in [
            (
                &[("ROMASHKA_OIDC_ISSUER", "http://login.example.com")][..],
                "ROMASHKA_OIDC_ISSUER",
            ),
            (
                &[("ROMASHKA_OIDC_ISSUER", "https://login.example.com/?a=b")][..],
                "ROMASHKA_OIDC_ISSUER",
            ),
            (
                &[("ROMASHKA_OIDC_ISSUER", "https://login.example.com")][..],
                "ROMASHKA_OIDC_CLIENT_ID",
            ),
        ] {
            assert_eq!(read(values).expect_err(variable).variable, variable);
        }
    }
}
