//! Who is there now, and what each has in view: kept in the database for as long as connections renew it, so that every
//! process tells the same, and read where it changed.
//!
//! Invariants: presence is no history and goes to no ledger; a connection that ends without a word is gone after 45 seconds,
//! somebody who stops typing without a word after 8.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use axum::Json;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::{Instant, sleep, timeout};
use utoipa::ToSchema;
use uuid::Uuid;

use super::readers::{Audience, Kind, Piece};
use crate::input::Path;
use crate::problem::{Answer, Problem};
use crate::record;
use crate::scoped::{Scoped, Viewer};
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// Between two looks.
const PACE: Duration = Duration::from_secs(1);
/// Between two looks at least.
const PAUSE: Duration = Duration::from_millis(50);
/// How often the presence of open connections is renewed: thrice while it lasts.
const RENEWAL: Duration = Duration::from_secs(15);

record! {
    /// A person who has a conversation in view.
    pub struct Onlooker {
        /// Who.
        pub user_id: Uuid,
        /// The person's name.
        pub name: Option<String>,
        /// Whether the person is typing.
        pub is_typing: bool,
        /// Since when the person is there.
        pub since: Timestamp,
    }
}

/// Who has a conversation in view.
#[derive(Serialize, ToSchema)]
pub struct Onlookers {
    /// The people, the one who asks among them; who came first stands first.
    data: Vec<Onlooker>,
}

/// Tells who has a conversation in view or is typing in it, by live connections to any process.
#[utoipa::path(
    get, path = "/conversations/{id}/presence", tag = "realtime", params(("id" = Uuid, Path, description = "The conversation.")),
    responses((status = 200, description = "The people.", body = Onlookers)),
    security(("session" = ["viewer"]))
)]
pub async fn list_conversation_presence(
    scope: Scoped<Viewer>,
    Path(id): Path<Uuid>,
) -> Answer<Json<Onlookers>> {
    let workspace = scope.workspace();
    let _: Uuid = Statement::new(include_str!("conversation_exists.sql"))
        .bind("workspace", &workspace)
        .bind("id", &id)
        .value(&scope)
        .await?;
    let data = Statement::new(include_str!("viewers.sql"))
        .bind("workspace", &workspace)
        .bind("id", &id)
        .all(&scope)
        .await?;
    Ok(Json(Onlookers { data }))
}

/// A conversation that somebody has in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct View {
    conversation_id: Uuid,
    is_typing: bool,
}

/// What people have in view. One who is there without a conversation has nothing.
type People = BTreeMap<Option<Uuid>, Vec<View>>;

#[derive(Serialize)]
struct Person<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    user_id: Uuid,
    is_online: bool,
    conversations: &'a [View],
}

fn everybody(people: &People) -> String {
    let present: Vec<Person<'_>> = people
        .iter()
        .filter_map(|(user_id, conversations)| {
            Some(Person {
                r#type: None,
                user_id: (*user_id)?,
                is_online: true,
                conversations,
            })
        })
        .collect();
    let visitors = people.get(&None).map(Vec::as_slice).unwrap_or_default();
    serde_json::json!({"type": "present", "people": present, "visitors": visitors}).to_string()
}

/// A message for each person of whom something else is true than before.
fn changes(before: &People, now: &People) -> Vec<String> {
    let gone = before
        .keys()
        .filter(|person| !now.contains_key(person))
        .map(|person| (*person, false, [].as_slice()));
    let changed = now
        .iter()
        .filter(|(person, views)| before.get(person) != Some(views))
        .map(|(person, views)| (*person, true, views.as_slice()));
    gone.chain(changed)
        .map(|(user_id, is_online, conversations)| {
            let Some(user_id) = user_id else {
                return serde_json::json!({"type": "visitors", "conversations": conversations})
                    .to_string();
            };
            let person = Person {
                r#type: Some("person"),
                user_id,
                is_online,
                conversations,
            };
            serde_json::to_string(&person).unwrap_or_default()
        })
        .collect()
}

struct Present {
    /// None for the visitor whose conversation it is.
    person: Option<Uuid>,
    conversation: Option<Uuid>,
    is_typing: bool,
}

impl FromRow for Present {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Present {
            person: row.try_get("user_id")?,
            conversation: row.try_get("conversation_id")?,
            is_typing: row.try_get("is_typing")?,
        })
    }
}

struct Digest {
    workspace: Uuid,
    digest: String,
}

impl FromRow for Digest {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Digest {
            workspace: row.try_get("workspace_id")?,
            digest: row.try_get("digest")?,
        })
    }
}

/// What was told of an audience's workspace.
struct Told {
    digest: Option<String>,
    people: People,
}

/// Tells the live connections of this process who is there, and keeps their own presence.
pub async fn follow(server: &Server) {
    let readers = &server.readers;
    let mut told: HashMap<Audience, Told> = HashMap::new();
    let mut renewed = Instant::now();
    loop {
        let audiences = readers.audiences(Kind::Live);
        told.retain(|audience, _| audiences.contains(audience));
        if audiences.is_empty() {
            readers.presence_moved.notified().await;
            continue;
        }
        if let Err(problem) = tell(server, &audiences, &mut told).await {
            tracing::warn!(code = problem.code().name(), "presence could not be read");
        }
        if renewed.elapsed() >= RENEWAL {
            renewed = Instant::now();
            if let Err(problem) = renew(server).await {
                tracing::warn!(
                    code = problem.code().name(),
                    "presence could not be renewed"
                );
            }
        }
        sleep(PAUSE).await;
        // Either way it is time for the next look.
        let _ = timeout(PACE, readers.presence_moved.notified()).await;
    }
}

async fn tell(
    server: &Server,
    audiences: &[Audience],
    told: &mut HashMap<Audience, Told>,
) -> Answer<()> {
    let mut workspaces: Vec<Uuid> = audiences
        .iter()
        .map(|audience| audience.workspace)
        .collect();
    workspaces.sort_unstable();
    workspaces.dedup();
    let service = server.service().await?;
    let digests: Vec<Digest> = Statement::new(include_str!("present_digest.sql"))
        .bind("workspaces", &workspaces)
        .all(&service)
        .await?;
    service.commit().await?;
    let digests: HashMap<Uuid, String> = digests
        .into_iter()
        .map(|found| (found.workspace, found.digest))
        .collect();
    for audience in audiences {
        let digest = digests.get(&audience.workspace);
        let known = told.get(audience);
        let news = match known {
            Some(known) if known.digest.as_ref() == digest => Vec::new(),
            _ => {
                let people = read_people(server, audience).await?;
                let news = known.map_or_else(Vec::new, |known| changes(&known.people, &people));
                let now = Told {
                    digest: digest.cloned(),
                    people,
                };
                told.insert(*audience, now);
                news
            }
        };
        let Some(now) = told.get(audience) else {
            continue;
        };
        server.readers.each(Kind::Live, audience, |reader| {
            if reader.is_nowhere() {
                reader.place(0);
                reader
                    .queue
                    .push(Piece::Text(everybody(&now.people).into()));
                return;
            }
            for text in &news {
                reader.queue.push(Piece::Text(text.as_str().into()));
            }
        });
    }
    Ok(())
}

async fn read_people(server: &Server, audience: &Audience) -> Answer<People> {
    let scope = server
        .database
        .begin(&audience.claims(), &server.surroundings())
        .await?;
    let found: Vec<Present> = Statement::new(include_str!("present.sql"))
        .bind("workspace", &audience.workspace)
        .all(&scope)
        .await?;
    scope.commit().await?;
    let mut people = People::new();
    for present in found {
        let views = people.entry(present.person).or_default();
        views.extend(present.conversation.map(|conversation_id| View {
            conversation_id,
            is_typing: present.is_typing,
        }));
    }
    Ok(people)
}

async fn renew(server: &Server) -> Answer<()> {
    let connections = server.readers.live_connections();
    let service = server.service().await?;
    let _: i32 = Statement::new(include_str!("renew_presence.sql"))
        .bind("connections", &connections)
        .value(&service)
        .await?;
    Ok(service.commit().await?)
}

/// Takes a connection's presence away.
pub async fn end(server: &Server, connection: Uuid) {
    let ended = async {
        let service = server.service().await?;
        let _: i32 = Statement::new(include_str!("end_presence.sql"))
            .bind("connections", &vec![connection])
            .value(&service)
            .await?;
        service.commit().await?;
        Ok::<(), Problem>(())
    };
    if let Err(problem) = ended.await {
        // It is over by itself soon.
        tracing::debug!(
            code = problem.code().name(),
            "a presence could not be ended"
        );
    }
    server.readers.presence_moved.notify_one();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_told() {
        let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let view = |is_typing| View {
            conversation_id: Uuid::from_u128(9),
            is_typing,
        };
        let before = People::from([(Some(ann), vec![view(false)]), (Some(bob), vec![])]);
        assert!(changes(&before, &before).is_empty());
        let now = People::from([(Some(ann), vec![view(true)])]);
        let told: Vec<serde_json::Value> = changes(&before, &now)
            .iter()
            .map(|text| serde_json::from_str(text).expect("JSON"))
            .collect();
        assert_eq!(told.len(), 2);
        assert_eq!(told[0]["user_id"], bob.to_string());
        assert_eq!(told[0]["is_online"], false);
        assert_eq!(told[1]["conversations"][0]["is_typing"], true);
    }
}
