//! Who is in a team: members of the workspace, each once.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::created::Created;
use crate::cursor::Place;
use crate::input::{self, Limit, Path, Query};
use crate::page::Page;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Admin, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list_team_members, add_team_member))
        .routes(routes!(remove_team_member))
}

record! {
    /// A member of a team.
    pub struct TeamMember {
        /// The person.
        pub user_id: Uuid,
        /// The name colleagues and customers see.
        pub full_name: Option<String>,
        /// Since when the person is in the team.
        pub created_at: Timestamp,
    }
}

/// Which page of a team's members is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListTeamMembers {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100, default = 20)]
    limit: Limit,
}

/// List a team's members
#[utoipa::path(get, path = "/teams/{id}/members", tag = "Teams", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The team."), ListTeamMembers),
    responses((status = OK, description = "A page.", body = Page<TeamMember>)))]
async fn list_team_members(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<ListTeamMembers>,
) -> Answer<Json<Page<TeamMember>>> {
    super::team(&scope, id).await?;
    let place = Place::of(wanted.cursor.as_deref(), &())?;
    let after_time = place.as_ref().and_then(|place| place.time);
    let after_id = place.as_ref().map(|place| place.id);
    let (workspace, row_limit) = (scope.workspace(), wanted.limit.rows_to_read());
    let rows: Vec<TeamMember> = Statement::new(include_str!("list_members.sql"))
        .bind("team_id", &id)
        .bind("workspace", &workspace)
        .bind("row_limit", &row_limit)
        .bind("after_time", &after_time)
        .bind("after_id", &after_id)
        .with("after", place.is_some())
        .all(&scope)
        .await?;
    Ok(Json(Page::new(rows, wanted.limit, |last| {
        Place::at_time((), last.created_at, last.user_id)
    })))
}

/// Who is to be in a team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user_id": "0198c0de-0000-7000-8000-000000000001"}))]
pub struct NewTeamMember {
    /// The person, a member of the workspace.
    user_id: Uuid,
}

/// Put a member into a team
#[utoipa::path(post, path = "/teams/{id}/members", tag = "Teams", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The team.")), request_body = NewTeamMember,
    responses((status = CREATED, description = "The member is in the team.", body = TeamMember, headers(("Location" = String)))))]
async fn add_team_member(
    scope: Scoped<Admin>,
    Path(id): Path<Uuid>,
    input::Json(new): input::Json<NewTeamMember>,
) -> Answer<Created<TeamMember>> {
    super::team(&scope, id).await?;
    let workspace = scope.workspace();
    let made: TeamMember = Statement::new(include_str!("add_member.sql"))
        .bind("team_id", &id)
        .bind("workspace", &workspace)
        .bind("user_id", &new.user_id)
        .one(&scope)
        .await?;
    Ok(Created {
        path: format!("/teams/{id}/members/{}", made.user_id),
        version: None,
        body: made,
    })
}

/// Take a member out of a team
#[utoipa::path(delete, path = "/teams/{id}/members/{user_id}", tag = "Teams", security(("session" = ["admin"])),
    params(("id" = Uuid, Path, description = "The team."), ("user_id" = Uuid, Path, description = "The person.")),
    responses((status = NO_CONTENT, description = "The person is not in the team any more.")))]
async fn remove_team_member(
    scope: Scoped<Admin>,
    Path((id, user_id)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let removed = Statement::new(include_str!("remove_member.sql"))
        .bind("team_id", &id)
        .bind("workspace", &workspace)
        .bind("user_id", &user_id)
        .execute(&scope)
        .await?;
    if removed == 0 {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}
