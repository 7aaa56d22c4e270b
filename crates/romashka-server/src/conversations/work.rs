//! What agents do with a conversation: pass it on, put it aside, put it together with another, follow and rate it.

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Conversation, conversation, shown};
use crate::created::Created;
use crate::input::{self, Path};
use crate::problem::{Answer, Code, Problem};
use crate::record;
use crate::scoped::{Agent, Scoped, Viewer};
use crate::state::Server;
use crate::statement::Statement;
use crate::version::Versioned;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(assign_conversation, unassign_conversation))
        .routes(routes!(transfer_conversation))
        .routes(routes!(accept_transfer))
        .routes(routes!(reject_transfer))
        .routes(routes!(snooze_conversation, wake_conversation))
        .routes(routes!(merge_conversation))
        .routes(routes!(unmerge_conversation))
        .routes(routes!(change_tags))
        .routes(routes!(mark_read))
        .routes(routes!(rate_conversation))
        .routes(routes!(list_participants))
        .routes(routes!(add_participant, remove_participant))
}

type Shown = Versioned<Json<Conversation>>;

/// To whom a conversation goes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Assignment {
    /// The agent.
    agent_id: Option<Uuid>,
    /// The team, into whose queue it goes when no agent is named.
    team_id: Option<Uuid>,
}

/// Assign a conversation
///
/// To an agent, to a team's queue, or, with neither, to whoever is free: the least loaded who is online, within his hours and in
/// the right team. If nobody is, it stays in the queue.
#[utoipa::path(put, path = "/conversations/{id}/assignment", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = Assignment,
    responses((status = OK, description = "Where it is now.", body = Conversation, headers(("ETag" = String)))))]
async fn assign_conversation(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(to): input::Json<Assignment>,
) -> Answer<Shown> {
    Statement::new(include_str!("assign.sql"))
        .bind("id", &id)
        .bind("agent", &to.agent_id)
        .bind("team", &to.team_id)
        .execute(&scope)
        .await?;
    shown(&scope, id).await
}

/// Put a conversation back into the queue
#[utoipa::path(delete, path = "/conversations/{id}/assignment", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = OK, description = "It is in the queue.", body = Conversation, headers(("ETag" = String)))))]
async fn unassign_conversation(scope: Scoped<Agent>, Path(id): Path<Uuid>) -> Answer<Shown> {
    let workspace = scope.workspace();
    Statement::new(include_str!("unassign.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    shown(&scope, id).await
}

record! {
    /// A hand-over from one agent to another.
    pub struct Transfer {
        /// Its identity.
        pub id: Uuid,
        /// The conversation.
        pub conversation_id: Uuid,
        /// Who had it.
        pub from_agent_id: Option<Uuid>,
        /// Who is asked.
        pub to_agent_id: Option<Uuid>,
        /// The team that is asked.
        pub to_team_id: Option<Uuid>,
        /// Why.
        pub reason: Option<String>,
        /// manual, automatic or escalation.
        pub kind: String,
        /// pending, accepted, rejected or expired.
        pub status: String,
        /// When it was asked.
        pub created_at: Timestamp,
        /// Until when it can be answered.
        pub expires_at: Option<Timestamp>,
    }
}

async fn transfer(scope: &Scoped<Agent>, id: Uuid) -> Answer<Transfer> {
    let workspace = scope.workspace();
    Statement::new(include_str!("read_transfer.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .one(scope)
        .await
}

/// Whom to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTransfer {
    /// The agent.
    to_agent_id: Uuid,
    /// Why.
    #[schema(max_length = 2000)]
    reason: Option<String>,
}

/// Ask another agent to take a conversation over
///
/// It stays where it is until the other accepts, within an hour.
#[utoipa::path(post, path = "/conversations/{id}/transfers", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = NewTransfer,
    responses((status = CREATED, description = "The other is asked.", body = Transfer, headers(("Location" = String))),
        (status = CONFLICT, description = "It is closed, or with this agent already.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn transfer_conversation(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(new): input::Json<NewTransfer>,
) -> Answer<Created<Transfer>> {
    let made: Uuid = Statement::new(include_str!("transfer.sql"))
        .bind("id", &id)
        .bind("to_agent", &new.to_agent_id)
        .bind("reason", &new.reason)
        .value(&scope)
        .await?;
    Ok(Created {
        path: format!("/conversations/transfers/{made}"),
        version: None,
        body: transfer(&scope, made).await?,
    })
}

/// Accept a transfer
///
/// By the agent who was asked.
#[utoipa::path(post, path = "/conversations/transfers/{id}/accept", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The transfer.")),
    responses((status = OK, description = "The conversation is with the agent.", body = Transfer),
        (status = CONFLICT, description = "It cannot be accepted any more.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn accept_transfer(scope: Scoped<Agent>, Path(id): Path<Uuid>) -> Answer<Json<Transfer>> {
    Statement::new(include_str!("accept_transfer.sql"))
        .bind("id", &id)
        .execute(&scope)
        .await?;
    Ok(Json(transfer(&scope, id).await?))
}

/// Why not.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rejection {
    /// Why not.
    #[schema(max_length = 2000)]
    reason: Option<String>,
}

/// Reject a transfer
///
/// The conversation stays where it is.
#[utoipa::path(post, path = "/conversations/transfers/{id}/reject", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The transfer.")), request_body = Rejection,
    responses((status = OK, description = "It is rejected.", body = Transfer),
        (status = CONFLICT, description = "It cannot be rejected any more.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn reject_transfer(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(why): input::Json<Rejection>,
) -> Answer<Json<Transfer>> {
    if transfer(&scope, id).await?.status != "pending" {
        return Err(Problem::new(Code::Conflict).detail("The transfer is not open any more"));
    }
    Statement::new(include_str!("reject_transfer.sql"))
        .bind("id", &id)
        .bind("reason", &why.reason)
        .execute(&scope)
        .await?;
    Ok(Json(transfer(&scope, id).await?))
}

/// Until when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Snooze {
    /// When it comes back; a message of the customer brings it back before.
    until: Timestamp,
}

async fn snooze(scope: &Scoped<Agent>, id: Uuid, until: Option<Timestamp>) -> Answer<Shown> {
    conversation(scope, id).await?;
    Statement::new(include_str!("snooze.sql"))
        .bind("id", &id)
        .bind("until", &until)
        .execute(scope)
        .await
        .map_err(of_snooze)?;
    shown(scope, id).await
}

/// What the verb says of a conversation that exists: not found means that it is not open.
pub(super) fn of_snooze(problem: Problem) -> Problem {
    match problem.code() {
        Code::NotFound => {
            Problem::new(Code::Conflict).detail("Only an open conversation is put aside")
        }
        _ => problem,
    }
}

/// Put a conversation aside
#[utoipa::path(put, path = "/conversations/{id}/snooze", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = Snooze,
    responses((status = OK, description = "It is put aside.", body = Conversation, headers(("ETag" = String))),
        (status = CONFLICT, description = "It is not open.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn snooze_conversation(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(how): input::Json<Snooze>,
) -> Answer<Shown> {
    snooze(&scope, id, Some(how.until)).await
}

/// Bring a conversation back that was put aside
#[utoipa::path(delete, path = "/conversations/{id}/snooze", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = OK, description = "It is back.", body = Conversation, headers(("ETag" = String))),
        (status = CONFLICT, description = "It is not open.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn wake_conversation(scope: Scoped<Agent>, Path(id): Path<Uuid>) -> Answer<Shown> {
    snooze(&scope, id, None).await
}

/// Into which conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversationMerge {
    /// The conversation that stays.
    into_id: Uuid,
}

/// Merge a conversation into another
///
/// Its messages go into the other; it stays as a pointer and can be taken out again.
#[utoipa::path(post, path = "/conversations/{id}/merge", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation that goes.")), request_body = ConversationMerge,
    responses((status = OK, description = "The conversation that stays.", body = Conversation, headers(("ETag" = String))),
        (status = CONFLICT, description = "One of the two was merged before.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn merge_conversation(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(merge): input::Json<ConversationMerge>,
) -> Answer<Shown> {
    let workspace = scope.workspace();
    Statement::new(include_str!("merge.sql"))
        .bind("source", &id)
        .bind("target", &merge.into_id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    shown(&scope, merge.into_id).await
}

/// Take a merged conversation out again
///
/// With the messages it brought.
#[utoipa::path(post, path = "/conversations/{id}/unmerge", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation that was merged.")),
    responses((status = OK, description = "It stands alone.", body = Conversation, headers(("ETag" = String))),
        (status = CONFLICT, description = "It is not merged.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn unmerge_conversation(scope: Scoped<Agent>, Path(id): Path<Uuid>) -> Answer<Shown> {
    let workspace = scope.workspace();
    conversation(&scope, id).await?;
    Statement::new(include_str!("unmerge.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    shown(&scope, id).await
}

/// Tags to add and to take away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TagChange {
    /// Tags that it has from now on.
    #[schema(max_items = 100)]
    add: Vec<String>,
    /// Tags that it has no more.
    #[schema(max_items = 100)]
    remove: Vec<String>,
}

/// Whether these can be tags of a conversation.
pub(super) fn is_tag_list(tags: &[String]) -> bool {
    tags.len() <= 100
        && tags
            .iter()
            .all(|tag| (1..=100).contains(&tag.trim().chars().count()))
}

/// Add and remove tags
///
/// Those that are not named stay, also those that somebody else adds at the same moment.
#[utoipa::path(post, path = "/conversations/{id}/tags", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = TagChange,
    responses((status = OK, description = "The conversation with its tags.", body = Conversation, headers(("ETag" = String)))))]
async fn change_tags(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(change): input::Json<TagChange>,
) -> Answer<Shown> {
    if !is_tag_list(&change.add) || change.remove.len() > 100 {
        return Err(Problem::field(
            "add",
            "are at most 100 tags of 1 to 100 characters",
        ));
    }
    let workspace = scope.workspace();
    Statement::new(include_str!("change_tags.sql"))
        .bind("id", &id)
        .bind("workspace", &workspace)
        .bind("added", &change.add)
        .bind("removed", &change.remove)
        .execute(&scope)
        .await?;
    shown(&scope, id).await
}

/// How far it was read.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReadMark {
    /// The last message that was read; the last there is when nothing is said.
    message_id: Option<Uuid>,
}

/// Mark a conversation as read
///
/// By the person who asks.
#[utoipa::path(put, path = "/conversations/{id}/read-mark", tag = "Conversations", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = ReadMark,
    responses((status = NO_CONTENT, description = "It is read.")))]
async fn mark_read(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
    input::Json(mark): input::Json<ReadMark>,
) -> Answer<StatusCode> {
    conversation(&scope, id).await?;
    scope.principal().person()?;
    Statement::new(include_str!("mark_read.sql"))
        .bind("id", &id)
        .bind("message", &mark.message_id)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the customer thinks.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rating {
    /// On the workspace's scale.
    #[schema(minimum = 1)]
    score: f64,
    /// In words.
    #[schema(max_length = 5000)]
    comment: Option<String>,
}

/// Record the customer's rating
///
/// A second one corrects the first.
#[utoipa::path(put, path = "/conversations/{id}/rating", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation.")), request_body = Rating,
    responses((status = OK, description = "It is rated.", body = Conversation, headers(("ETag" = String)))))]
async fn rate_conversation(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(rating): input::Json<Rating>,
) -> Answer<Shown> {
    let workspace = scope.workspace();
    Statement::new(include_str!("rate.sql"))
        .bind("id", &id)
        .bind("score", &rating.score)
        .bind("comment", &rating.comment)
        .bind("workspace", &workspace)
        .execute(&scope)
        .await?;
    shown(&scope, id).await
}

record! {
    /// One who follows a conversation.
    pub struct Participant {
        /// The row.
        pub id: Uuid,
        /// The person.
        pub person_id: Uuid,
        /// follower or mentioned.
        pub role: String,
        /// Since when.
        pub created_at: Timestamp,
    }
}

/// Those who follow a conversation.
#[derive(Serialize, ToSchema)]
pub struct Participants {
    /// In the order they came.
    data: Vec<Participant>,
}

/// List participants
///
/// Who follows a conversation or was mentioned in it.
#[utoipa::path(get, path = "/conversations/{id}/participants", tag = "Conversations", security(("session" = ["viewer"])),
    params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = OK, description = "The participants.", body = Participants)))]
async fn list_participants(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Json<Participants>> {
    conversation(&scope, id).await?;
    let workspace = scope.workspace();
    let data = Statement::new(include_str!("list_participants.sql"))
        .bind("conversation", &id)
        .bind("workspace", &workspace)
        .all(&scope)
        .await?;
    Ok(Json(Participants { data }))
}

/// Follow a conversation
///
/// Twice changes nothing.
#[utoipa::path(put, path = "/conversations/{id}/participants/{person_id}", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation."), ("person_id" = Uuid, Path, description = "The member who follows it.")),
    responses((status = NO_CONTENT, description = "The member follows it."),
        (status = UNPROCESSABLE_ENTITY, description = "The person is no member.", body = crate::problem::Document, content_type = "application/problem+json")))]
async fn add_participant(
    scope: Scoped<Agent>,
    Path((id, person)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    let workspace = scope.workspace();
    let added = Statement::new(include_str!("add_participant.sql"))
        .bind("conversation", &id)
        .bind("workspace", &workspace)
        .bind("person", &person)
        .execute(&scope)
        .await?;
    if added == 0 {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Follow a conversation no more
#[utoipa::path(delete, path = "/conversations/{id}/participants/{person_id}", tag = "Conversations", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The conversation."), ("person_id" = Uuid, Path, description = "The member who followed it.")),
    responses((status = NO_CONTENT, description = "The member follows it no more.")))]
async fn remove_participant(
    scope: Scoped<Agent>,
    Path((id, person)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    conversation(&scope, id).await?;
    let workspace = scope.workspace();
    Statement::new(include_str!("remove_participant.sql"))
        .bind("conversation", &id)
        .bind("workspace", &workspace)
        .bind("person", &person)
        .execute(&scope)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
