//! Where a person is signed in.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_db::scope::OwnedScope;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::input::Path;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Person, Scoped};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions, end_other_sessions))
        .routes(routes!(end_session))
}

record! {
    /// A place where a person is signed in.
    pub struct Session {
        /// Its identity.
        pub id: Uuid,
        /// The program, as it called itself.
        pub user_agent: Option<String>,
        /// The address it began from.
        pub address: Option<String>,
        /// When it began.
        pub created_at: Timestamp,
        /// When it was last used, to the minute.
        pub last_used_at: Timestamp,
        /// When it ends if it is not used.
        pub expires_at: Timestamp,
    }
}

/// The sessions of a person.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    /// Those that are not over, the last used first.
    data: Vec<Session>,
    /// The one the request came with.
    current_id: Option<Uuid>,
}

pub(super) async fn end(
    service: &OwnedScope,
    person: Uuid,
    session: Option<Uuid>,
    except_session: Option<Uuid>,
) -> Answer<i32> {
    Statement::new(include_str!("end_sessions.sql"))
        .bind("person", &person)
        .bind("session", &session)
        .bind("except_session", &except_session)
        .value(service)
        .await
}

/// List sessions
///
/// Where the person is signed in.
#[utoipa::path(get, path = "/me/sessions", tag = "Me", security(("session" = ["person"])),
    responses((status = OK, description = "The sessions.", body = Sessions)))]
async fn list_sessions(mut scope: Scoped<Person>) -> Answer<Json<Sessions>> {
    let (person, current_id) = (scope.principal().person()?, scope.principal().session());
    scope.as_service().await?;
    let data = Statement::new(include_str!("list_sessions.sql"))
        .bind("person", &person)
        .all(&scope)
        .await?;
    Ok(Json(Sessions { data, current_id }))
}

/// End a session
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "Me", security(("session" = ["person"])),
    params(("id" = Uuid, Path, description = "The session.")),
    responses((status = NO_CONTENT, description = "It is over.")))]
async fn end_session(mut scope: Scoped<Person>, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    let person = scope.principal().person()?;
    scope.as_service().await?;
    match end(&scope, person, Some(id), None).await? {
        0 => Err(Problem::not_found()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// End all other sessions
#[utoipa::path(delete, path = "/me/sessions", tag = "Me", security(("session" = ["person"])),
    responses((status = NO_CONTENT, description = "The person is signed in here alone.")))]
async fn end_other_sessions(mut scope: Scoped<Person>) -> Answer<StatusCode> {
    let (person, current) = (scope.principal().person()?, scope.principal().session());
    scope.as_service().await?;
    end(&scope, person, None, current).await?;
    Ok(StatusCode::NO_CONTENT)
}
