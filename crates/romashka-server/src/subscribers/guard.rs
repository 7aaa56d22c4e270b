//! Connections to addresses that people of a workspace entered.
//!
//! Invariant: a name is resolved once for each connection, every address of it is checked, and the connection goes to one
//! of those; what a second look-up would say plays no role.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use romashka_channels::webhooks::address::AddressGuard;
use romashka_channels::webhooks::answer::ConnectionFailure;

/// Why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// It cannot be resolved.
    #[error("the name cannot be resolved")]
    Unknown(#[source] std::io::Error),
    /// It leads to an address that is not allowed.
    #[error("the address is not allowed")]
    Blocked,
}

/// Resolves names, and gives out allowed addresses alone.
#[derive(Clone, Debug)]
pub struct GuardedResolver(pub AddressGuard);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(NameError::Unknown)?
                .collect();
            let addresses: Vec<_> = found.iter().map(SocketAddr::ip).collect();
            guard
                .check_all(&addresses)
                .map_err(|_| NameError::Blocked)?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// What kind of failure an error of the client is.
pub fn kind_of(error: &reqwest::Error) -> ConnectionFailure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(found) = cause {
        match found.downcast_ref::<NameError>() {
            Some(NameError::Blocked) => return ConnectionFailure::Blocked,
            Some(NameError::Unknown(_)) => return ConnectionFailure::Dns,
            None => {}
        }
        if found.is::<rustls::Error>() {
            return ConnectionFailure::Tls;
        }
        cause = found.source();
    }
    if error.is_timeout() {
        ConnectionFailure::Timeout
    } else {
        ConnectionFailure::Connect
    }
}
