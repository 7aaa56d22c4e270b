//! How a visitor begins, proves who he is, and leaves.
//!
//! Invariant: an attempt to prove an identity counts whether it succeeds or not, because it is counted in a transaction of
//! its own.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use romashka_channels::website::identity::{VerifiedVisitor, verify_hash, verify_token};
use romashka_channels::website::input as rules;
use romashka_channels::website::limits::Action;
use romashka_channels::website::session::VisitorToken;
use romashka_db::envelope::Place as Kept;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use tokio_postgres::types::Json as Jsonb;
use utoipa::ToSchema;
use uuid::Uuid;

use super::widget::Found;
use super::{Session, hash_of, take, token_of, wrong};
use crate::input::{self, Path};
use crate::observe::Caller;
use crate::problem::{Answer, Code, Document, Problem};
use crate::record;
use crate::scoped::Service;
use crate::state::Server;
use crate::statement::Statement;

/// A visitor who begins.
#[derive(Serialize, ToSchema)]
pub struct NewVisitor {
    /// The visitor's token: it is shown here alone. Send it as `Authorization: Bearer`.
    #[schema(example = "rmv_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    visitor_token: String,
    /// When the session ends, unless it is used: use moves it on.
    expires_at: Timestamp,
}

/// Begin as a visitor
///
/// Gives a token by which the browser is known from then on.
#[utoipa::path(post, path = "/website/{widget}/visitors", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    responses((status = CREATED, description = "The visitor.", body = NewVisitor),
        (status = FORBIDDEN, description = "The widget is not for this page, or is for proven visitors only.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many visitors of one network.", body = Document, content_type = "application/problem+json")))]
pub async fn create_visitor(
    scope: Service,
    Extension(caller): Extension<Caller>,
    Path(widget): Path<String>,
) -> Answer<(StatusCode, Json<NewVisitor>)> {
    let found = Found::of(&scope, &widget).await?;
    if found.requires_identity {
        return Err(Problem::new(Code::Forbidden)
            .detail("This widget is for visitors whom the site has proven"));
    }
    take(&scope, Action::NewVisitor, None, &caller).await?;
    let token = VisitorToken::new(rand::random());
    let token_hash = hash_of(&token);
    let expires_at = Statement::new(include_str!("begin.sql"))
        .bind("widget", &widget)
        .bind("token_hash", &token_hash)
        .value(&scope)
        .await?;
    let visitor_token = token.expose().to_owned();
    Ok((
        StatusCode::CREATED,
        Json(NewVisitor {
            visitor_token,
            expires_at,
        }),
    ))
}

/// The proof of an identity: a signed token, or a hash of the user's id.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"external_user_id": "user-42", "identifier_hash": "9837a551a8655185563445299b4f41094c42a05caf353703d92a83c406a9e855"}))]
pub struct IdentityProof {
    /// A JWT (HS256) of the site's server; whatever else is sent beside it is ignored.
    #[schema(max_length = 8192)]
    token: Option<String>,
    /// The user's id in the owner's system.
    #[schema(max_length = 128)]
    external_user_id: Option<String>,
    /// HMAC-SHA256 of the id in hexadecimal digits.
    #[schema(max_length = 64)]
    identifier_hash: Option<String>,
    /// The user's address: a claim, the hash does not cover it.
    #[schema(max_length = 254)]
    email: Option<String>,
    /// The user's name.
    #[schema(max_length = 128)]
    name: Option<String>,
    /// The user's number: a claim.
    #[schema(max_length = 20)]
    phone: Option<String>,
}

/// The session of a proven visitor.
#[derive(Serialize, ToSchema)]
pub struct ProvenVisitor {
    /// The new token: it is shown here alone. The one before is not valid any more.
    visitor_token: String,
    /// When the session ends, unless it is used.
    expires_at: Timestamp,
    /// Always true.
    verified: bool,
    /// The customer's name.
    name: Option<String>,
}

record! {
    /// A key of a widget.
    pub struct KeptSecret {
        /// The row.
        pub id: Uuid,
        /// The workspace.
        pub workspace_id: Uuid,
        /// The envelope.
        pub secret_key: String,
    }
}

record! {
    /// What the database says of a proof.
    pub struct Verified {
        /// The end of the session.
        pub expires_at: Timestamp,
        /// The customer's name.
        pub shown_name: Option<String>,
    }
}

/// Prove who a visitor is
///
/// By a secret of the site's owner. What was said under the bearer's token before, when nothing was proven, is the proven
/// visitor's from then on; a session that was proven for somebody else ends.
#[utoipa::path(post, path = "/website/{widget}/identity", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    request_body = IdentityProof,
    responses((status = OK, description = "The session.", body = ProvenVisitor),
        (status = UNAUTHORIZED, description = "The proof is not valid.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json"),
        (status = TOO_MANY_REQUESTS, description = "Too many attempts of one network.", body = Document, content_type = "application/problem+json")))]
pub async fn verify_visitor(
    State(server): State<Server>,
    scope: Service,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Path(widget): Path<String>,
    input::Json(proof): input::Json<IdentityProof>,
) -> Answer<Json<ProvenVisitor>> {
    Found::of(&scope, &widget).await?;
    let counted = server.service().await?;
    let taken = take(&counted, Action::Exchange, None, &caller).await;
    counted.commit().await?;
    taken?;
    // A token that is none is that of a session that is over: the proof begins a fresh one.
    let before = token_of(&headers).ok().flatten();
    let kept: Vec<KeptSecret> = Statement::new(include_str!("secrets.sql"))
        .bind("widget", &widget)
        .all(&scope)
        .await?;
    let mut secrets = Vec::new();
    for secret in kept {
        let place = Kept {
            table: "widget_identity_secrets",
            column: "secret_key",
            workspace: secret.workspace_id,
            row: secret.id,
        };
        let opened = server
            .keys
            .open_text(place, &secret.secret_key)
            .map_err(Problem::internal)?;
        let text = String::from_utf8(opened.expose_secret().to_vec()).map_err(Problem::internal)?;
        secrets.push(SecretString::from(text));
    }
    let is_proven = proof.token.is_some();
    let visitor = judge(proof, &secrets)?;
    let token = VisitorToken::new(rand::random());
    let (old_hash, new_hash) = (before.as_ref().map(hash_of), hash_of(&token));
    let attributes = Jsonb(&visitor.attributes);
    let verified: Verified = Statement::new(include_str!("verify.sql"))
        .bind("widget", &widget)
        .bind("old_hash", &old_hash)
        .bind("new_hash", &new_hash)
        .bind("user_id", &visitor.user_id)
        .bind("email", &visitor.email)
        .bind("name", &visitor.name)
        .bind("phone", &visitor.phone)
        .bind("attributes", &attributes)
        .bind("is_proven", &is_proven)
        .one(&scope)
        .await?;
    Ok(Json(ProvenVisitor {
        visitor_token: token.expose().to_owned(),
        expires_at: verified.expires_at,
        verified: true,
        name: verified.shown_name,
    }))
}

fn judge(proof: IdentityProof, secrets: &[SecretString]) -> Answer<VerifiedVisitor> {
    let refused = |error: romashka_channels::website::identity::IdentityError| {
        Problem::new(Code::InvalidToken).detail(error.to_string())
    };
    if let Some(token) = &proof.token {
        return verify_token(secrets, token, Timestamp::now()).map_err(refused);
    }
    let (Some(user_id), Some(hash)) = (proof.external_user_id, proof.identifier_hash) else {
        return Err(Problem::field(
            "token",
            "or external_user_id and identifier_hash are needed",
        ));
    };
    verify_hash(secrets, &user_id, &hash).map_err(refused)?;
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    Ok(VerifiedVisitor {
        user_id,
        email: given(proof.email)
            .map(|email| rules::email(&email))
            .transpose()
            .map_err(|error| wrong("email", error))?,
        name: given(proof.name)
            .map(|name| rules::line(&name, rules::NAME_LIMIT))
            .transpose()
            .map_err(|error| wrong("name", error))?,
        phone: given(proof.phone)
            .map(|phone| rules::phone(&phone))
            .transpose()
            .map_err(|error| wrong("phone", error))?,
        attributes: Map::new(),
    })
}

/// Leave
///
/// Ends the session, as the log-out of the page does. The talk stays with the workspace.
#[utoipa::path(delete, path = "/website/{widget}/visitors/me", tag = "Website visitors", security(()), params(("widget" = String, Path, description = "The widget's public token.")),
    responses((status = NO_CONTENT, description = "It is over."),
        (status = UNAUTHORIZED, description = "There is no such session.", body = Document, content_type = "application/problem+json"),
        (status = FORBIDDEN, description = "The widget is not for this page.", body = Document, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "There is no such widget.", body = Document, content_type = "application/problem+json")))]
pub async fn end_visitor(
    scope: Service,
    headers: HeaderMap,
    Path(widget): Path<String>,
) -> Answer<StatusCode> {
    let session = Session::of(&scope, &headers, &widget).await?;
    Statement::new(include_str!("end.sql"))
        .bind("session", &session.id)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
