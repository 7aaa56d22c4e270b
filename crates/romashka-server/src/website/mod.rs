//! What the visitor of a site may do: see the widget, begin, prove who he is, write, read, rate, leave.
//!
//! Invariants: a visitor has no rights but what the database's verbs give to his session, which is found by the hash of his
//! token at the widget where it was begun; a page that the widget must not be on is refused to a browser whatever it asks
//! ([`cors`]); a message that is sent again is stored once; a token is answered once and kept as a hash alone.

pub mod cors;
mod files;
pub mod messages;
pub mod no_more_mail;
pub mod pages;
mod sessions;
mod stream;
mod talk;
mod widget;

use axum::http::{HeaderMap, header};
use romashka_channels::website::input as rules;
use romashka_channels::website::limits::{Action, LIMITS, Scope};
use romashka_channels::website::session::{VisitorToken, is_widget_token};
use romashka_db::scope::OwnedScope;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio_postgres::Row;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::observe::Caller;
use crate::problem::{Answer, Code, Problem};
use crate::rate_limit::take_shared;
use crate::state::Server;
use crate::statement::{FromRow, Statement};

pub use talk::read_state;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(widget::read_widget))
        .routes(routes!(sessions::create_visitor))
        .routes(routes!(sessions::verify_visitor))
        .routes(routes!(sessions::end_visitor))
        .routes(routes!(
            messages::send_visitor_message,
            messages::list_visitor_messages
        ))
        .routes(routes!(talk::read_visitor_conversation))
        .routes(routes!(talk::mark_visitor_read))
        .routes(routes!(talk::show_visitor_typing))
        .routes(routes!(talk::rate_visitor_conversation))
        .routes(routes!(files::upload_visitor_attachment))
        .routes(routes!(files::download_visitor_attachment))
        .routes(routes!(stream::stream_visitor_events))
}

/// A visitor's session.
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// The workspace.
    pub workspace: Uuid,
    /// Who it is, as the identities on the website name him.
    pub visitor: String,
    /// The id that the site's owner proved.
    pub user_id: Option<String>,
    /// The address he proved or typed.
    pub email: Option<String>,
    /// How the widget is set up.
    pub configuration: Value,
}

impl FromRow for Session {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Session {
            id: row.try_get("session")?,
            workspace: row.try_get("workspace")?,
            visitor: row.try_get("visitor")?,
            user_id: row.try_get("user_id")?,
            email: row.try_get("email")?,
            configuration: row.try_get("configuration")?,
        })
    }
}

impl Session {
    /// The session of a request's token, at the widget that its path names.
    async fn of(scope: &OwnedScope, headers: &HeaderMap, widget: &str) -> Answer<Session> {
        let token = token_of(headers)?.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
        if !is_widget_token(widget) {
            return Err(Problem::not_found());
        }
        let token_hash = hash_of(&token);
        Statement::new(include_str!("find.sql"))
            .bind("widget", &widget)
            .bind("token_hash", &token_hash)
            .optional(scope)
            .await?
            .ok_or_else(|| Problem::new(Code::InvalidToken))
    }

    /// A switch of the widget's configuration.
    fn is_on(&self, key: &str, otherwise: bool) -> bool {
        self.configuration[key].as_bool().unwrap_or(otherwise)
    }
}

fn token_of(headers: &HeaderMap) -> Answer<Option<VisitorToken>> {
    headers
        .get(header::AUTHORIZATION)
        .map(|sent| {
            sent.to_str()
                .ok()
                .and_then(|text| VisitorToken::from_authorization(text).ok())
                .ok_or_else(|| Problem::new(Code::InvalidToken))
        })
        .transpose()
}

fn hash_of(token: &VisitorToken) -> Vec<u8> {
    Sha256::digest(token.expose()).to_vec()
}

fn wrong(field: &str, error: rules::InputError) -> Problem {
    Problem::field(field, error.to_string())
}

/// Counts what somebody does, with the processes that share the database.
async fn take(
    scope: &OwnedScope,
    action: Action,
    session: Option<Uuid>,
    caller: &Caller,
) -> Answer<()> {
    for limit in LIMITS.iter().filter(|limit| limit.action == action) {
        let whom = match (limit.scope, session) {
            (Scope::Address, _) => caller.network(),
            (Scope::Session, Some(session)) => session.to_string(),
            (Scope::Session, None) => continue,
        };
        let hash = hex::encode(&Sha256::digest(whom)[..16]);
        let key = format!("visitors:{action:?}:{hash}");
        take_shared(scope, &key, limit.count, limit.period).await?;
    }
    Ok(())
}
