//! A provider of OAuth 2 on loopback: gives tokens by https for a refresh token that it replaces each time, and tells Dovecot
//! whose an access token is.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use url::form_urlencoded;
use uuid::Uuid;

/// Whose each access token is that is still good.
static TOKENS: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

/// A token that Dovecot will accept for a mailbox.
pub fn grant(address: &str) -> String {
    let token = format!("access-{}", Uuid::new_v4().simple());
    let mut tokens = TOKENS.lock().expect("the tokens");
    tokens.insert(token.clone(), address.to_owned());
    token
}

/// From now on no token of a mailbox is good.
pub fn withdraw(address: &str) {
    let mut tokens = TOKENS.lock().expect("the tokens");
    tokens.retain(|_, of| of != address);
}

fn field(body: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(body.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// The length of a request's body, and where it begins, when its head is there.
fn body_of(request: &[u8]) -> Option<(usize, usize)> {
    let begins = request.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&request[..begins]).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse().ok())
        .unwrap_or(0);
    Some((begins, length))
}

fn is_whole(request: &[u8]) -> bool {
    body_of(request).is_some_and(|(begins, length)| request.len() >= begins + length)
}

fn text_of(request: &[u8]) -> String {
    let begins = body_of(request).map_or(0, |(begins, _)| begins);
    String::from_utf8_lossy(&request[begins..]).into_owned()
}

fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The port where Dovecot asks whose a token is (RFC 7662).
pub fn introspection() -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    *PORT.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut request = Vec::new();
                let mut piece = [0; 4096];
                while !is_whole(&request) {
                    match stream.read(&mut piece) {
                        Ok(count) if count > 0 => request.extend_from_slice(&piece[..count]),
                        _ => break,
                    }
                }
                let token = field(&text_of(&request), "token").unwrap_or_default();
                let owner = TOKENS.lock().expect("the tokens").get(&token).cloned();
                let said = match owner {
                    Some(owner) => format!(r#"{{"active": true, "username": "{owner}"}}"#),
                    None => r#"{"active": false}"#.to_owned(),
                };
                let _ = stream.write_all(answer("200 OK", &said).as_bytes());
            }
        });
        port
    })
}

#[derive(Default)]
struct Book {
    /// The refresh token that is good now; without one nothing is given.
    refresh: Option<String>,
    /// Those that were used, in order.
    used: Vec<String>,
}

/// Gives tokens for one mailbox.
#[derive(Clone)]
pub struct TokenServer {
    pub url: String,
    book: Arc<Mutex<Book>>,
}

impl TokenServer {
    /// Shows the mail servers' certificate.
    pub async fn start(folder: &Path, address: &str) -> TokenServer {
        let certificate =
            CertificateDer::from_pem_file(folder.join("cert.pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("its key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let book = Arc::new(Mutex::new(Book {
            refresh: Some("refresh-0".to_owned()),
            used: Vec::new(),
        }));
        let (kept, address) = (book.clone(), address.to_owned());
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    continue;
                };
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut request = Vec::new();
                while !is_whole(&request) {
                    match stream.read_buf(&mut request).await {
                        Ok(count) if count > 0 => {}
                        _ => break,
                    }
                }
                let said = exchange(&kept, &text_of(&request), &address);
                let _ = stream.write_all(said.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        TokenServer {
            url: format!("https://localhost:{port}/token"),
            book,
        }
    }

    /// The refresh tokens that were used, in order.
    pub fn used(&self) -> Vec<String> {
        self.book.lock().expect("the book").used.clone()
    }

    /// The owner of the mailbox allows it no more.
    pub fn forbid(&self) {
        self.book.lock().expect("the book").refresh = None;
    }

    /// He allows it again, with this refresh token.
    pub fn allow(&self, refresh: &str) {
        self.book.lock().expect("the book").refresh = Some(refresh.to_owned());
    }
}

/// A refresh token is good once: what is given for it comes with the next one.
fn exchange(book: &Mutex<Book>, body: &str, address: &str) -> String {
    let mut book = book.lock().expect("the book");
    let given = field(body, "refresh_token").unwrap_or_default();
    book.used.push(given.clone());
    let is_right = field(body, "grant_type").as_deref() == Some("refresh_token")
        && field(body, "client_id").as_deref() == Some("romashka")
        && field(body, "client_secret").as_deref() == Some("secret of a test");
    if !is_right || book.refresh.as_deref() != Some(given.as_str()) {
        return answer("400 Bad Request", r#"{"error": "invalid_grant"}"#);
    }
    let next = format!("refresh-{}", book.used.len());
    book.refresh = Some(next.clone());
    let token = grant(address);
    answer(
        "200 OK",
        &format!(
            r#"{{"token_type": "Bearer", "access_token": "{token}", "expires_in": 3600, "refresh_token": "{next}"}}"#
        ),
    )
}
