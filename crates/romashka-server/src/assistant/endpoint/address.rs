//! Where a language model may be asked.
//!
//! Invariant: an address of the Internet is asked by https on the ports that webhooks may be sent to. A model on the machine or the network of
//! the installation may be asked by http and on any port, but only in the networks that the operator has named, whatever a name resolves to.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use romashka_channels::webhooks::endpoint::{Endpoint, EndpointError, UrlPolicy};
use url::{Host, Url};

use crate::subscribers::guard::NameError;

/// Why an address is not taken.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It is none.
    #[error("is no address of a language model: {0}")]
    Wrong(EndpointError),
    /// It is on a network that is not allowed.
    #[error(
        "is not allowed: a language model on this machine or network has to be in ROMASHKA_WEBHOOK_NETWORKS (as 127.0.0.1), any other is asked by https"
    )]
    NotAllowed,
}

/// An address below which `/chat/completions` is.
#[derive(Clone, Debug)]
pub struct Address {
    url: Url,
    is_in_house: bool,
}

impl Address {
    /// Reads and judges it: when it is set up, and again before each call.
    pub fn parse(text: &str, policy: &UrlPolicy) -> Result<Address, AddressError> {
        let (endpoint, is_in_house) = match Endpoint::parse(text, policy) {
            Ok(endpoint) => (endpoint, false),
            Err(EndpointError::Scheme | EndpointError::Port(_)) => (in_house(text, policy)?, true),
            Err(EndpointError::Refused(_) | EndpointError::LocalName(_)) => {
                return Err(AddressError::NotAllowed);
            }
            Err(error) => return Err(AddressError::Wrong(error)),
        };
        let mut url = endpoint.url().clone();
        if url.query().is_some() {
            return Err(AddressError::Wrong(EndpointError::Fragment));
        }
        let path = format!("{}/chat/completions", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Address { url, is_in_house })
    }

    /// What is posted to.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether it may be reached in the operator's networks alone.
    pub fn is_in_house(&self) -> bool {
        self.is_in_house
    }

    /// Whether a key of the one may be shown to the other.
    pub fn is_same_place(&self, other: &Address) -> bool {
        self.url.origin() == other.url.origin()
    }
}

fn in_house(text: &str, policy: &UrlPolicy) -> Result<Endpoint, AddressError> {
    let port = Url::parse(text)
        .ok()
        .and_then(|url| url.port_or_known_default());
    if policy.guard.allowed.is_empty() {
        return Err(AddressError::NotAllowed);
    }
    let wide = UrlPolicy {
        allow_http: true,
        ports: port.into_iter().collect(),
        guard: policy.guard.clone(),
    };
    let endpoint = Endpoint::parse(text, &wide).map_err(|error| match error {
        EndpointError::Refused(_) => AddressError::NotAllowed,
        error => AddressError::Wrong(error),
    })?;
    let literal = match endpoint.url().host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        _ => None,
    };
    if literal.is_some_and(|address| !is_within(&policy.guard.allowed, address)) {
        return Err(AddressError::NotAllowed);
    }
    Ok(endpoint)
}

fn is_within(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

/// Resolves names, and gives out addresses of the operator's networks alone.
#[derive(Clone, Debug)]
pub struct InHouseResolver(pub Vec<IpNet>);

impl Resolve for InHouseResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let networks = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(NameError::Unknown)?
                .collect();
            let is_allowed = found
                .iter()
                .all(|address| is_within(&networks, address.ip()));
            if found.is_empty() || !is_allowed {
                return Err(NameError::Blocked.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(networks: &[&str]) -> UrlPolicy {
        let mut policy = UrlPolicy::default();
        policy.guard.allowed = networks
            .iter()
            .filter_map(|network| network.parse().ok())
            .collect();
        policy
    }

    #[test]
    fn the_internet_by_https_and_networks_of_ones_own_where_they_are_named() {
        let none = policy(&[]);
        for refused in [
            "http://127.0.0.1:11434/v1",
            "https://127.0.0.1/v1",
            "https://localhost/v1",
            "http://api.example.com/v1",
            "https://api.example.com:9000/v1",
            "https://169.254.169.254/v1",
        ] {
            let error = Address::parse(refused, &none).expect_err(refused);
            assert!(
                error.to_string().contains("ROMASHKA_WEBHOOK_NETWORKS"),
                "{refused}: {error}"
            );
        }
        let own = policy(&["127.0.0.0/8"]);
        for (text, in_house) in [
            ("http://127.0.0.1:11434/v1", true),
            ("http://localhost:8080/v1/", true),
            ("https://api.example.com/v1", false),
        ] {
            let address = Address::parse(text, &own).expect(text);
            assert_eq!(address.is_in_house(), in_house, "{text}");
            assert!(address.url().path() == "/v1/chat/completions", "{text}");
        }
        for refused in [
            "http://8.8.8.8/v1",
            "http://10.0.0.1:8080/v1",
            "ftp://127.0.0.1/v1",
            "https://name:word@api.example.com/v1",
        ] {
            assert!(Address::parse(refused, &own).is_err(), "{refused}");
        }
    }
}
