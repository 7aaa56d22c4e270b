//! One change for many conversations: each by itself, so that one that cannot be changed stops no other.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::work::is_tag_list;
use super::{Priority, Resolution, Status, conversation};
use crate::input;
use crate::problem::{Answer, Code, Problem};
use crate::savepoint::apart;
use crate::scoped::{Agent, Scoped};
use crate::state::Server;
use crate::statement::Statement;

/// Conversations of one request at most; each costs a transaction of its own within that of the request.
const MOST: usize = 100;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(change_conversations))
}

/// What is done to each conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum BulkAction {
    /// Goes to an agent, to a team's queue, or, with neither, to whoever is free.
    Assign {
        /// The agent.
        agent_id: Option<Uuid>,
        /// The team.
        team_id: Option<Uuid>,
    },
    /// Goes back into the queue.
    Unassign {},
    /// Ends.
    Resolve {
        /// How it ended.
        resolution_type: Option<Resolution>,
        /// Whether it is closed for good.
        #[serde(default)]
        is_final: bool,
    },
    /// Is open again, with the agent it had.
    Reopen {},
    /// Is put aside.
    Snooze {
        /// When it comes back; a message of the customer brings it back before.
        until: Timestamp,
    },
    /// Comes back before its time.
    Wake {},
    /// Gets and loses tags; those that are not named stay.
    Tag {
        /// Tags that it has from now on.
        #[serde(default)]
        #[schema(max_items = 100)]
        add: Vec<String>,
        /// Tags that it has no more.
        #[serde(default)]
        #[schema(max_items = 100)]
        remove: Vec<String>,
    },
    /// Becomes more or less urgent.
    Prioritize {
        /// How urgent.
        priority: Priority,
    },
}

impl BulkAction {
    fn check(&self) -> Answer<()> {
        match self {
            BulkAction::Tag { add, remove } if !is_tag_list(add) || remove.len() > 100 => Err(
                Problem::field("change.add", "are at most 100 tags of 1 to 100 characters"),
            ),
            _ => Ok(()),
        }
    }

    async fn apply(&self, scope: &Scoped<Agent>, id: Uuid) -> Answer<()> {
        // Whether it is there is answered first: a verb says of one that is not open too that it does not find it.
        conversation(scope, id).await?;
        let workspace = scope.workspace();
        match self {
            BulkAction::Assign { agent_id, team_id } => {
                Statement::new(include_str!("assign.sql"))
                    .bind("id", &id)
                    .bind("agent", agent_id)
                    .bind("team", team_id)
                    .execute(scope)
                    .await?;
            }
            BulkAction::Unassign {} => {
                Statement::new(include_str!("unassign.sql"))
                    .bind("id", &id)
                    .bind("workspace", &workspace)
                    .execute(scope)
                    .await?;
            }
            BulkAction::Resolve {
                resolution_type,
                is_final,
            } => {
                let resolution_type = resolution_type.map(Resolution::name);
                let status = Status::of_end(*is_final).name();
                Statement::new(include_str!("resolve.sql"))
                    .bind("id", &id)
                    .bind("resolution_type", &resolution_type)
                    .bind("status", &status)
                    .execute(scope)
                    .await?;
            }
            BulkAction::Reopen {} => {
                Statement::new(include_str!("reopen.sql"))
                    .bind("id", &id)
                    .execute(scope)
                    .await?;
            }
            BulkAction::Snooze { until } => put_aside(scope, id, Some(*until)).await?,
            BulkAction::Wake {} => put_aside(scope, id, None).await?,
            BulkAction::Tag { add, remove } => {
                Statement::new(include_str!("change_tags.sql"))
                    .bind("id", &id)
                    .bind("workspace", &workspace)
                    .bind("added", add)
                    .bind("removed", remove)
                    .execute(scope)
                    .await?;
            }
            BulkAction::Prioritize { priority } => {
                let priority = priority.name();
                Statement::new(include_str!("prioritize.sql"))
                    .bind("id", &id)
                    .bind("workspace", &workspace)
                    .bind("priority", &priority)
                    .execute(scope)
                    .await?;
            }
        }
        Ok(())
    }
}

async fn put_aside(scope: &Scoped<Agent>, id: Uuid, until: Option<Timestamp>) -> Answer<()> {
    Statement::new(include_str!("snooze.sql"))
        .bind("id", &id)
        .bind("until", &until)
        .execute(scope)
        .await
        .map_err(super::work::of_snooze)?;
    Ok(())
}

/// A change for many conversations.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ids": ["0199f2a0-0000-7000-8000-000000000001"], "change": {"action": "tag", "add": ["refund"]}}))]
pub struct BulkChange {
    /// The conversations; one that is named twice is changed once.
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<Uuid>,
    /// What is done to each.
    change: BulkAction,
}

/// How it went for one conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    /// The conversation.
    id: Uuid,
    /// Whether it was changed; one that was so already counts as changed.
    is_changed: bool,
    /// Why it was not: the code of a problem.
    code: Option<&'static str>,
    /// The same in words.
    detail: Option<String>,
}

/// How it went.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResults {
    /// Each conversation once, in the order of ids.
    data: Vec<BulkResult>,
    /// How many were changed.
    changed: usize,
}

/// Change many conversations
///
/// Up to 100, each by itself: those that cannot be changed are named with the reason, the others are changed. With an
/// `Idempotency-Key` a repeated request changes nothing and has the same answer.
#[utoipa::path(post, path = "/conversations/bulk", tag = "Conversations", security(("session" = ["agent"])), request_body = BulkChange,
    responses((status = OK, description = "How it went for each.", body = BulkResults)))]
async fn change_conversations(
    scope: Scoped<Agent>,
    input::Json(wanted): input::Json<BulkChange>,
) -> Answer<Json<BulkResults>> {
    let mut ids = wanted.ids;
    // In one order, so that two requests do not wait for each other in a circle.
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() || ids.len() > MOST {
        return Err(Problem::field("ids", "are 1 to 100 conversations"));
    }
    wanted.change.check()?;
    let mut data = Vec::with_capacity(ids.len());
    for id in ids {
        let problem = match apart(&scope, wanted.change.apply(&scope, id)).await {
            Ok(()) => None,
            // A failure of ours, or of the moment, is one of the whole request.
            Err(problem)
                if problem.status().is_server_error() || problem.code() == Code::TryAgain =>
            {
                return Err(problem);
            }
            Err(problem) => Some(problem),
        };
        data.push(BulkResult {
            id,
            is_changed: problem.is_none(),
            code: problem.as_ref().map(|problem| problem.code().name()),
            detail: problem.map(|problem| problem.words()),
        });
    }
    let changed = data.iter().filter(|result| result.is_changed).count();
    Ok(Json(BulkResults { data, changed }))
}
