//! Whose certificates are believed.

use std::path::Path;
use std::sync::Arc;

use lettre::transport::smtp::client::{Certificate, TlsParameters};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::settings::MailRules;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The operator's file.
    #[error("the file of ROMASHKA_MAIL_AUTHORITIES cannot be read")]
    Authorities(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The library refused the parameters.
    #[error("TLS cannot be set up")]
    Library(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| TlsError::Authorities(error.into()))
}

/// For the library that sends.
pub fn for_smtp(rules: &MailRules, host: &str) -> Result<TlsParameters, TlsError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &rules.authorities {
        for certificate in read(path)? {
            builder = builder.add_root_certificate(
                Certificate::from_der(certificate.to_vec())
                    .map_err(|error| TlsError::Authorities(error.into()))?,
            );
        }
    }
    builder
        .build_rustls()
        .map_err(|error| TlsError::Library(error.into()))
}

/// For connections of our own.
pub fn for_connection(rules: &MailRules) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &rules.authorities {
        for certificate in read(path)? {
            roots
                .add(certificate)
                .map_err(|error| TlsError::Authorities(error.into()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Library(error.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
