//! TLS towards the server, with libpq's meaning of `sslmode`.
//!
//! Invariant: `verify-ca` and `verify-full` accept no certificate that does not lead to a trusted
//! authority, and `verify-full` none that is made out for another host.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::settings::{Settings, SslMode};

/// Why TLS cannot be set up. What the handshake itself finds comes with the connection's error.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of authorities is missing, or no PEM file.
    #[error("the certificate authorities in {} cannot be read", .0.display())]
    Authorities(PathBuf, #[source] rustls::pki_types::pem::Error),
    /// No authority at all: every server would be refused.
    #[error("no certificate authority is known to this system")]
    NoAuthority,
    /// The TLS library refused the configuration.
    #[error("TLS cannot be set up")]
    Library(#[source] rustls::Error),
}

/// The connector for these settings.
pub(crate) fn connector(settings: &Settings) -> Result<MakeRustlsConnect, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let strictness = match (settings.ssl_mode, &settings.ssl_root_certificate) {
        (SslMode::Disable | SslMode::Prefer, _) | (SslMode::Require, None) => Strictness::Nothing,
        // As libpq: naming authorities asks for the check.
        (SslMode::Require, Some(_)) | (SslMode::VerifyCa, _) => Strictness::Authority,
        (SslMode::VerifyFull, _) => Strictness::AuthorityAndHost,
    };
    let trust = if strictness == Strictness::Nothing {
        None
    } else {
        Some(Trust::load(settings, &provider)?)
    };
    let verifier = Verifier {
        strictness,
        trust,
        provider: provider.clone(),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Library)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strictness {
    Nothing,
    Authority,
    AuthorityAndHost,
}

#[derive(Debug)]
struct Trust {
    /// The certificates that were named: a server may show one of them itself, as a self-signed server does.
    named: Vec<CertificateDer<'static>>,
    chain: Arc<WebPkiServerVerifier>,
}

impl Trust {
    fn load(settings: &Settings, provider: &Arc<CryptoProvider>) -> Result<Trust, TlsError> {
        let mut roots = RootCertStore::empty();
        let named = match &settings.ssl_root_certificate {
            Some(path) => CertificateDer::pem_file_iter(path)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| TlsError::Authorities(path.clone(), error))?,
            None => Vec::new(),
        };
        if settings.ssl_root_certificate.is_some() {
            roots.add_parsable_certificates(named.iter().cloned());
        } else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|_| TlsError::NoAuthority)?;
        Ok(Trust { named, chain })
    }
}

#[derive(Debug)]
struct Verifier {
    strictness: Strictness,
    trust: Option<Trust>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(trust) = &self.trust else {
            return Ok(ServerCertVerified::assertion());
        };
        if trust
            .named
            .iter()
            .any(|named| named.as_ref() == end_entity.as_ref())
        {
            if self.strictness == Strictness::AuthorityAndHost {
                rustls::client::verify_server_name(
                    &ParsedCertificate::try_from(end_entity)?,
                    server_name,
                )?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        match trust.chain.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        ) {
            // The chain is checked before the name, so a wrong name means a right chain.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.strictness == Strictness::Authority => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
