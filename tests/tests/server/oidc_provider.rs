//! A provider of OpenID Connect on loopback: it keeps codes and checks them as a provider does (client, redirect address, PKCE,
//! once), signs with real keys (ES256), and lies where a test wants it to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub const CLIENT: &str = "romashka test";
pub const SECRET: &str = "a secret: with + and %";
const KEY_ID: &str = "key-1";

/// What the provider does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Nonce,
    NoNonce,
    Issuer,
    Audience,
    AnotherParty,
    SeveralAudiencesWithoutParty,
    Unsigned,
    SharedKey,
    AnotherKey,
    UnknownKey,
    Expired,
    Old,
    FromTheFuture,
    AccessTokenHash,
    Subject,
}

impl Fault {
    pub const ALL: &[Fault] = &[
        Fault::Nonce,
        Fault::NoNonce,
        Fault::Issuer,
        Fault::Audience,
        Fault::AnotherParty,
        Fault::SeveralAudiencesWithoutParty,
        Fault::Unsigned,
        Fault::SharedKey,
        Fault::AnotherKey,
        Fault::UnknownKey,
        Fault::Expired,
        Fault::Old,
        Fault::FromTheFuture,
        Fault::AccessTokenHash,
        Fault::Subject,
    ];
}

/// Who signs in.
#[derive(Clone, Debug)]
pub struct User {
    pub subject: String,
    pub email: Value,
    pub email_verified: Value,
    /// Whether the address is in the ID token; else only `/userinfo` has it.
    pub is_in_token: bool,
}

impl User {
    pub fn of(subject: &str, email: &str) -> User {
        User {
            subject: subject.to_owned(),
            email: json!(email),
            email_verified: json!(true),
            is_in_token: true,
        }
    }
}

#[derive(Clone)]
struct Grant {
    nonce: Option<String>,
    challenge: String,
    redirect_uri: String,
    user: User,
    is_used: bool,
}

struct Book {
    user: User,
    fault: Option<Fault>,
    skew: i64,
    names_itself: Option<String>,
    is_named: String,
    grants: HashMap<String, Grant>,
    tokens: HashMap<String, User>,
    refusals: Vec<String>,
}

#[derive(Clone)]
pub struct OidcProvider {
    pub issuer: String,
    book: Arc<Mutex<Book>>,
    key: Arc<EcdsaKeyPair>,
    other: Arc<EcdsaKeyPair>,
}

fn key() -> Arc<EcdsaKeyPair> {
    Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
}

impl OidcProvider {
    pub async fn start(user: User) -> OidcProvider {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let issuer = format!(
            "http://{}/realms/staff",
            listener.local_addr().expect("an address")
        );
        let provider = OidcProvider {
            book: Arc::new(Mutex::new(Book {
                user,
                fault: None,
                skew: 0,
                names_itself: None,
                is_named: issuer.clone(),
                grants: HashMap::new(),
                tokens: HashMap::new(),
                refusals: Vec::new(),
            })),
            issuer,
            key: key(),
            other: key(),
        };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/keys", get(keys))
            .route("/userinfo", get(user_info))
            .with_state(provider.clone());
        let app = Router::new().nest("/realms/staff", routes);
        tokio::spawn(async move { axum::serve(listener, app).await.expect("serving") });
        provider
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().expect("the book")
    }

    pub fn set_user(&self, user: User) {
        self.book().user = user;
    }

    pub fn set_fault(&self, fault: Option<Fault>) {
        self.book().fault = fault;
    }

    /// Its clock is so many seconds ahead.
    pub fn set_skew(&self, seconds: i64) {
        self.book().skew = seconds;
    }

    /// It names itself so when it sends people back.
    pub fn name_itself(&self, issuer: Option<&str>) {
        self.book().names_itself = issuer.map(str::to_owned);
    }

    /// Its document names this issuer.
    pub fn publish_as(&self, issuer: &str) {
        self.book().is_named = issuer.to_owned();
    }

    /// Why it refused requests of ours.
    pub fn refusals(&self) -> Vec<String> {
        self.book().refusals.clone()
    }

    fn refuse(&self, why: &str) -> Response {
        self.book().refusals.push(why.to_owned());
        (
            StatusCode::BAD_REQUEST,
            Json(json!({"error": "invalid_grant", "error_description": why})),
        )
            .into_response()
    }

    fn signed(&self, key: &EcdsaKeyPair, key_id: &str, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "kid": key_id, "typ": "JWT"}).to_string();
        let content = format!(
            "{}.{}",
            BASE64URL_NOPAD.encode(header.as_bytes()),
            BASE64URL_NOPAD.encode(claims.to_string().as_bytes())
        );
        let signature = key
            .sign(&SystemRandom::new(), content.as_bytes())
            .expect("a signature");
        format!("{content}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }

    fn id_token(&self, grant: &Grant, access_token: &str) -> String {
        let (fault, skew) = {
            let book = self.book();
            (book.fault, book.skew)
        };
        let is = |one: Fault| fault == Some(one);
        let now = jiff::Timestamp::now().as_second() + skew;
        let hash = Sha256::digest(access_token.as_bytes());
        let mut claims = json!({
            "iss": self.issuer, "sub": grant.user.subject, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": grant.nonce,
            "at_hash": BASE64URL_NOPAD.encode(&hash[..16]), "name": "Ann Example",
        });
        if grant.user.is_in_token {
            claims["email"] = grant.user.email.clone();
            claims["email_verified"] = grant.user.email_verified.clone();
        }
        match fault {
            Some(Fault::Nonce) => claims["nonce"] = json!("of another login"),
            Some(Fault::NoNonce) => claims["nonce"] = Value::Null,
            Some(Fault::Issuer) => claims["iss"] = json!(format!("{}/", self.issuer)),
            Some(Fault::Audience) => claims["aud"] = json!("another client"),
            Some(Fault::AnotherParty) => claims["azp"] = json!("another client"),
            Some(Fault::SeveralAudiencesWithoutParty) => {
                claims["aud"] = json!([CLIENT, "another client"])
            }
            Some(Fault::Expired) => claims["exp"] = json!(now - 120),
            Some(Fault::Old) => claims["iat"] = json!(now - 3_600),
            Some(Fault::FromTheFuture) => claims["iat"] = json!(now + 600),
            Some(Fault::AccessTokenHash) => {
                claims["at_hash"] = json!(BASE64URL_NOPAD.encode(&hash[16..]))
            }
            Some(Fault::Subject) => claims["sub"] = json!(""),
            _ => {}
        }
        if is(Fault::Unsigned) {
            let header = json!({"alg": "none", "typ": "JWT"}).to_string();
            return format!(
                "{}.{}.",
                BASE64URL_NOPAD.encode(header.as_bytes()),
                BASE64URL_NOPAD.encode(claims.to_string().as_bytes())
            );
        }
        if is(Fault::SharedKey) {
            // The published key, taken for a shared one.
            let secret = jsonwebtoken::EncodingKey::from_secret(self.key.public_key().as_ref());
            let header = jsonwebtoken::Header {
                kid: Some(KEY_ID.to_owned()),
                ..jsonwebtoken::Header::default()
            };
            return jsonwebtoken::encode(&header, &claims, &secret).expect("a token");
        }
        match fault {
            Some(Fault::AnotherKey) => self.signed(&self.other, KEY_ID, &claims),
            Some(Fault::UnknownKey) => self.signed(&self.other, "key-2", &claims),
            _ => self.signed(&self.key, KEY_ID, &claims),
        }
    }
}

async fn discovery(State(provider): State<OidcProvider>) -> Json<Value> {
    let issuer = &provider.issuer;
    let (named, names_itself) = {
        let book = provider.book();
        (book.is_named.clone(), book.names_itself.is_some())
    };
    Json(json!({
        "issuer": named, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"), "userinfo_endpoint": format!("{issuer}/userinfo"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": names_itself,
    }))
}

async fn keys(State(provider): State<OidcProvider>) -> Json<Value> {
    let public = provider.key.public_key().as_ref();
    Json(json!({"keys": [{
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID,
        "x": BASE64URL_NOPAD.encode(&public[1..33]), "y": BASE64URL_NOPAD.encode(&public[33..65]),
    }]}))
}

async fn authorize(
    State(provider): State<OidcProvider>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let value = |name: &str| asked.get(name).cloned().unwrap_or_default();
    for (name, expected) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
    ] {
        if value(name) != expected {
            return provider.refuse(name);
        }
    }
    if value("state").len() < 40 || value("code_challenge").len() != 43 {
        return provider.refuse("state or challenge");
    }
    let code = Uuid::new_v4().to_string();
    let mut back: reqwest::Url = value("redirect_uri").parse().expect("a redirect address");
    let mut book = provider.book();
    let grant = Grant {
        nonce: asked.get("nonce").cloned(),
        challenge: value("code_challenge"),
        redirect_uri: value("redirect_uri"),
        user: book.user.clone(),
        is_used: false,
    };
    book.grants.insert(code.clone(), grant);
    back.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &value("state"));
    if let Some(issuer) = &book.names_itself {
        back.query_pairs_mut().append_pair("iss", issuer);
    }
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, back.to_string())],
    )
        .into_response()
}

async fn token(
    State(provider): State<OidcProvider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let encoded = |text: &str| {
        reqwest::Url::parse_with_params("http://x", [("a", text)])
            .expect("a URL")
            .query()
            .expect("a query")[2..]
            .to_owned()
    };
    let expected = format!(
        "Basic {}",
        BASE64.encode(format!("{}:{}", encoded(CLIENT), encoded(SECRET)).as_bytes())
    );
    if headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        != Some(&expected)
    {
        return provider.refuse("client authentication");
    }
    let value = |name: &str| form.get(name).cloned().unwrap_or_default();
    let grant = {
        let mut book = provider.book();
        let grant = book.grants.get_mut(&value("code"));
        grant.map(|grant| {
            let found = grant.clone();
            grant.is_used = true;
            found
        })
    };
    let Some(grant) = grant else {
        return provider.refuse("an unknown code");
    };
    if grant.is_used {
        return provider.refuse("a code that was used");
    }
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(value("code_verifier").as_bytes()));
    if challenge != grant.challenge
        || value("redirect_uri") != grant.redirect_uri
        || value("grant_type") != "authorization_code"
    {
        return provider.refuse("verifier or redirect address");
    }
    let access_token = Uuid::new_v4().to_string();
    provider
        .book()
        .tokens
        .insert(access_token.clone(), grant.user.clone());
    let id_token = provider.id_token(&grant, &access_token);
    Json(json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 300, "id_token": id_token})).into_response()
}

async fn user_info(State(provider): State<OidcProvider>, headers: HeaderMap) -> Response {
    let token = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    match provider.book().tokens.get(token) {
        Some(user) => Json(json!({"sub": user.subject, "email": user.email, "email_verified": user.email_verified})).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}
