//! The secrets by which the owner of a site proves who his visitors are.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use romashka_channels::website::identity::new_secret;
use romashka_db::envelope::Place as Kept;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::created::Created;
use crate::input::Path;
use crate::problem::{Answer, Code, Document, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped};
use crate::state::Server;
use crate::statement::Statement;

/// Most secrets of a widget: one replaces the other.
const MOST: usize = 2;

record! {
    /// A secret of a widget, without what it is.
    pub struct WidgetSecret {
        /// Its id.
        pub id: Uuid,
        /// Who made it.
        pub created_by: Option<Uuid>,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// The secrets of a widget.
#[derive(Serialize, ToSchema)]
pub struct WidgetSecrets {
    /// Newest first.
    data: Vec<WidgetSecret>,
}

/// A secret that was made.
#[derive(Serialize, ToSchema)]
pub struct MadeWidgetSecret {
    /// About it.
    #[serde(flatten)]
    about: WidgetSecret,
    /// The secret, for the site's server alone. It is shown now and never again.
    secret: String,
}

async fn secrets(scope: &Scoped<Admin>, widget: Uuid) -> Answer<Vec<WidgetSecret>> {
    let workspace = scope.workspace();
    let _: Uuid = Statement::new(include_str!("lock.sql"))
        .bind("id", &widget)
        .bind("workspace", &workspace)
        .value(scope)
        .await?;
    Statement::new(include_str!("list_secrets.sql"))
        .bind("widget", &widget)
        .bind("workspace", &workspace)
        .all(scope)
        .await
}

/// List the identity secrets of a widget
#[utoipa::path(get, path = "/widgets/{id}/secrets", tag = "Widgets", security(("session" = ["admin"])), params(("id" = Uuid, Path, description = "The widget.")),
    responses((status = OK, description = "The secrets, without what they are.", body = WidgetSecrets)))]
pub async fn list_widget_secrets(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
) -> Answer<Json<WidgetSecrets>> {
    let data = secrets(&scope, id).await?;
    Ok(Json(WidgetSecrets { data }))
}

/// Make an identity secret of a widget
///
/// A widget has two at most, so that one replaces the other without a gap. It is shown once.
#[utoipa::path(post, path = "/widgets/{id}/secrets", tag = "Widgets", security(("session" = ["admin"])), params(("id" = Uuid, Path, description = "The widget.")),
    responses((status = CREATED, description = "It was made.", body = MadeWidgetSecret, headers(("Location" = String))),
        (status = CONFLICT, description = "There are two already.", body = Document, content_type = "application/problem+json")))]
pub async fn create_widget_secret(
    scope: Scoped<Admin>,
    State(server): State<Server>,
    Path(widget): Path<Uuid>,
) -> Answer<Created<MadeWidgetSecret>> {
    let workspace = scope.workspace().ok_or_else(Problem::not_found)?;
    if secrets(&scope, widget).await?.len() >= MOST {
        return Err(Problem::new(Code::Conflict)
            .detail("A widget has two secrets at most: remove the one that is not used any more"));
    }
    let (id, secret) = (Uuid::now_v7(), new_secret(rand::random()));
    let place = Kept {
        table: "widget_identity_secrets",
        column: "secret_key",
        workspace,
        row: id,
    };
    let secret_key = server
        .keys
        .seal_text(place, secret.expose_secret().as_bytes());
    let about: WidgetSecret = Statement::new(include_str!("create_secret.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("widget", &widget)
        .bind("secret_key", &secret_key)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/widgets/{widget}/secrets/{id}"),
        version: None,
        body: MadeWidgetSecret {
            about,
            secret: secret.expose_secret().to_owned(),
        },
    })
}

/// Remove an identity secret of a widget
///
/// What it signs proves nothing any more; sessions that it opened go on until they end.
#[utoipa::path(delete, path = "/widgets/{id}/secrets/{secret}", tag = "Widgets", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The widget."), ("secret" = Uuid, Path, description = "The secret.")),
    responses((status = NO_CONTENT, description = "It is gone.")))]
pub async fn delete_widget_secret(
    scope: Scoped<Admin>,
    Path((widget, secret)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("delete_secret.sql"))
        .bind("secret", &secret)
        .bind("widget", &widget)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    if removed == 0 {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}
