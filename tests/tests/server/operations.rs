//! Every operation of the description: refused without credentials, with too little, and for another workspace. Read from
//! the description, so that a new operation is tried too, and fails here until it has its case.

use std::cmp::Reverse;

use romashka_server::openapi::{Operation, operations};
use romashka_tests::api::{Answer, Visitor};
use romashka_tests::{Api, Role};
use serde_json::{Value, json};
use uuid::Uuid;

/// What stands in the path of an operation, and a body that is read well: with them the operation reaches the database.
pub struct Case {
    /// The operation.
    pub operation: &'static str,
    /// Of each parameter in the path the query for its value in the workspace `$1`.
    pub parameters: &'static [(&'static str, &'static str)],
    /// The body.
    pub body: fn() -> Value,
}

const CONVERSATION: &str = "select id from public.conversations where workspace_id = $1 limit 1";
const MAIL: &str = "select id from public.messages where workspace_id = $1 order by id limit 1";
const MAIL_TALK: &str =
    "select conversation_id from public.messages where workspace_id = $1 order by id limit 1";
const TRANSFER: &str =
    "select id from public.conversation_transfers where workspace_id = $1 limit 1";
const SCHEDULED: &str = "select id from public.scheduled_messages where workspace_id = $1 limit 1";
const CUSTOMER: &str = "select id from public.customer_profiles where workspace_id = $1 limit 1";
const MEMBER: &str = "select id from public.workspace_members where workspace_id = $1 limit 1";
const INVITATION: &str =
    "select id from public.workspace_invitations where workspace_id = $1 limit 1";
const API_KEY: &str = "select id from public.api_keys where workspace_id = $1 limit 1";
const WEBHOOK: &str = "select id from public.webhook_subscriptions where workspace_id = $1 limit 1";
const WORKSPACE: &str = "select $1::uuid";
const SESSION: &str = "select s.id from romashka.sessions as s join public.workspace_members as m on m.user_id = s.user_id where m.workspace_id = $1 limit 1";

/// Both ends of a merge are looked for before either is told apart, and only a file that could not be fetched is fetched again:
/// these are not found by their own people either.
const NEEDS_MORE: &[&str] = &["merge_conversation", "merge_customers", "retry_attachment"];

const NOTE: &str =
    "select id from public.conversation_notes where workspace_id = $1 order by id limit 1";
const NOTE_TALK: &str = "select conversation_id from public.conversation_notes where workspace_id = $1 order by id limit 1";

/// The cases of conversations, people and keys.
pub const CASES: &[Case] = &[
    Case {
        operation: "read_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "change_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || json!({"subject": "changed"}),
    },
    Case {
        operation: "resolve_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || json!({}),
    },
    Case {
        operation: "reopen_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "list_messages",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "send_message",
        parameters: &[("id", CONVERSATION)],
        body: || json!({"content": "Hello"}),
    },
    Case {
        operation: "preview_message",
        parameters: &[("id", CONVERSATION)],
        body: || json!({"content": "Hello"}),
    },
    Case {
        operation: "list_reply_channels",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "list_channel_preferences",
        parameters: &[("id", CUSTOMER)],
        body: || Value::Null,
    },
    Case {
        operation: "set_channel_preference",
        parameters: &[
            ("id", CUSTOMER),
            (
                "channel_type",
                "select 'sms'::text where $1::uuid is not null",
            ),
        ],
        body: || json!({"opt_in": false}),
    },
    Case {
        operation: "read_message_html",
        parameters: &[("id", MAIL_TALK), ("message_id", MAIL)],
        body: || Value::Null,
    },
    Case {
        operation: "list_scheduled_messages",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "schedule_message",
        parameters: &[("id", CONVERSATION)],
        body: || json!({"content": "Hello", "send_at": "2099-01-01T00:00:00Z"}),
    },
    Case {
        operation: "list_notes",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "suggest_answer",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "create_note",
        parameters: &[("id", CONVERSATION)],
        body: || json!({"content": "Look"}),
    },
    Case {
        operation: "change_note",
        parameters: &[("id", NOTE_TALK), ("note_id", NOTE)],
        body: || json!({"content": "Look again"}),
    },
    Case {
        operation: "delete_note",
        parameters: &[("id", NOTE_TALK), ("note_id", NOTE)],
        body: || Value::Null,
    },
    Case {
        operation: "retry_message",
        parameters: &[("id", MAIL_TALK), ("message_id", MAIL)],
        body: || json!({}),
    },
    Case {
        operation: "erase_customer",
        parameters: &[("id", CUSTOMER)],
        body: || json!({"reason": "asked for it"}),
    },
    Case {
        operation: "assign_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || json!({}),
    },
    Case {
        operation: "unassign_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "transfer_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || json!({"to_agent_id": Uuid::nil()}),
    },
    Case {
        operation: "snooze_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || json!({"until": "2099-01-01T00:00:00Z"}),
    },
    Case {
        operation: "wake_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "unmerge_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "change_tags",
        parameters: &[("id", CONVERSATION)],
        body: || json!({"add": ["a"]}),
    },
    Case {
        operation: "mark_read",
        parameters: &[("id", CONVERSATION)],
        body: || json!({}),
    },
    Case {
        operation: "rate_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || json!({"score": 5}),
    },
    Case {
        operation: "list_participants",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "add_participant",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "remove_participant",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "merge_conversation",
        parameters: &[("id", CONVERSATION)],
        body: || json!({"into_id": Uuid::nil()}),
    },
    Case {
        operation: "accept_transfer",
        parameters: &[("id", TRANSFER)],
        body: || Value::Null,
    },
    Case {
        operation: "reject_transfer",
        parameters: &[("id", TRANSFER)],
        body: || json!({}),
    },
    Case {
        operation: "cancel_scheduled_message",
        parameters: &[("id", SCHEDULED)],
        body: || Value::Null,
    },
    Case {
        operation: "read_customer",
        parameters: &[("id", CUSTOMER)],
        body: || Value::Null,
    },
    Case {
        operation: "change_customer",
        parameters: &[("id", CUSTOMER)],
        body: || json!({"name": "Ann"}),
    },
    Case {
        operation: "read_customer_timeline",
        parameters: &[("id", CUSTOMER)],
        body: || Value::Null,
    },
    Case {
        operation: "merge_customers",
        parameters: &[("id", CUSTOMER)],
        body: || json!({"into_id": Uuid::nil()}),
    },
    Case {
        operation: "read_member",
        parameters: &[("id", MEMBER)],
        body: || Value::Null,
    },
    Case {
        operation: "change_member",
        parameters: &[("id", MEMBER)],
        body: || json!({"role": "admin"}),
    },
    Case {
        operation: "remove_member",
        parameters: &[("id", MEMBER)],
        body: || Value::Null,
    },
    Case {
        operation: "revoke_invitation",
        parameters: &[("id", INVITATION)],
        body: || Value::Null,
    },
    Case {
        operation: "read_api_key",
        parameters: &[("id", API_KEY)],
        body: || Value::Null,
    },
    Case {
        operation: "revoke_api_key",
        parameters: &[("id", API_KEY)],
        body: || Value::Null,
    },
    Case {
        operation: "read_workspace",
        parameters: &[("id", WORKSPACE)],
        body: || Value::Null,
    },
    Case {
        operation: "change_workspace",
        parameters: &[("id", WORKSPACE)],
        body: || json!({"name": "Acme"}),
    },
    Case {
        operation: "end_session",
        parameters: &[("id", SESSION)],
        body: || Value::Null,
    },
    Case {
        operation: "list_conversation_presence",
        parameters: &[("id", CONVERSATION)],
        body: || Value::Null,
    },
    Case {
        operation: "rotate_webhook_key",
        parameters: &[("id", WEBHOOK)],
        body: || json!({"kind": "key_pair"}),
    },
    Case {
        operation: "drop_webhook_key_pair",
        parameters: &[("id", WEBHOOK)],
        body: || Value::Null,
    },
    Case {
        operation: "test_webhook",
        parameters: &[("id", WEBHOOK)],
        body: || Value::Null,
    },
    Case {
        operation: "list_webhook_deliveries",
        parameters: &[("id", WEBHOOK)],
        body: || Value::Null,
    },
    Case {
        operation: "replay_webhook",
        parameters: &[("id", WEBHOOK)],
        body: || json!({"since": "2026-01-01T00:00:00Z"}),
    },
];

fn all() -> Vec<Operation> {
    operations(&romashka_server::openapi())
}

/// The operation's path with these ids; a random one for what is not named.
fn path(operation: &Operation, values: &[(&str, String)]) -> String {
    let mut path = operation.path.clone();
    for (name, value) in values {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
        path.replace_range(start..=end, &Uuid::new_v4().to_string());
    }
    path
}

async fn call(visitor: &Visitor<'_>, operation: &Operation, path: &str, body: &Value) -> Answer {
    let method = operation.method.parse().expect("a method");
    let request = visitor.request(method, path);
    visitor
        .send(if body.is_null() {
            request
        } else {
            request.json(body)
        })
        .await
}

fn is_problem(answer: &Answer) -> bool {
    answer.header("content-type") == "application/problem+json"
        && answer.body["status"] == answer.status.as_u16()
        && !answer.code().is_empty()
        && answer.body["title"].is_string()
}

#[tokio::test]
async fn nobody_gets_in_without_credentials() {
    let api = Api::new().await;
    let mut wrong = Vec::new();
    for operation in all().iter().filter(|operation| operation.role.is_some()) {
        for (visitor, code) in [
            (api.nobody(), "unauthenticated"),
            (api.nobody().with_token("nonsense"), "invalid_token"),
            (
                api.nobody()
                    .with_token("rmk_live_AbCdEfGhIjKlMnOpQrStUvWxYz01232piBxe"),
                "invalid_token",
            ),
        ] {
            let answer = call(&visitor, operation, &path(operation, &[]), &Value::Null).await;
            let has_challenge = answer.header("www-authenticate").starts_with("Bearer");
            if answer.status != 401
                || answer.code() != code
                || !is_problem(&answer)
                || !has_challenge
            {
                wrong.push(format!("{}: {answer:?}", operation.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn nobody_does_what_his_role_or_scope_does_not_cover() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let below = [
        ("agent", api.member(workspace, Role::Viewer).await),
        ("admin", api.member(workspace, Role::Agent).await),
        ("owner", api.member(workspace, Role::Admin).await),
    ];
    let other_scope = api.key(workspace, "admin", &["nothing:write"]).await;
    let reader = api.key(workspace, "admin", &["*:read"]).await;
    let low_key = api.key(workspace, "viewer", &["*:write"]).await;
    let mut wrong = Vec::new();
    for operation in all() {
        let Some(role) = operation.role.as_deref() else {
            continue;
        };
        let mut tries: Vec<(&str, &Visitor<'_>, &str)> = Vec::new();
        if role == "person" {
            tries.push(("a key", &low_key, "person_required"));
        } else {
            tries.push(("a key of another scope", &other_scope, "scope_required"));
            if operation.method != "GET" {
                tries.push(("a key that reads", &reader, "scope_required"));
            }
            if role != "viewer" {
                tries.push(("a key of a viewer", &low_key, "role_required"));
            }
        }
        for (needed, visitor) in &below {
            if *needed == role {
                tries.push(("the role below", visitor, "role_required"));
            }
        }
        for (who, visitor, code) in tries {
            let answer = call(visitor, &operation, &path(&operation, &[]), &Value::Null).await;
            if answer.status != 403 || answer.code() != code || !is_problem(&answer) {
                wrong.push(format!("{} by {who}: {answer:?}", operation.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn another_workspace_does_not_exist() {
    let api = Api::new().await;
    let acme = api.database.create_workspace("acme").await;
    let rival = api.database.create_workspace("rival").await;
    let ann = api.database.create_person(acme, Role::Owner).await;
    api.database.fill_workspace(acme, ann).await;
    let with_html = r#"update public.messages set metadata = '{"mail": {"html": "<p>Hello</p>"}}' where workspace_id = $1"#;
    api.database
        .owner()
        .execute(with_html, &[&acme])
        .await
        .expect("HTML");
    let eve = api.member(rival, Role::Owner).await;
    let key = api.key(rival, "admin", &["*:write"]).await;
    let mut wrong = Vec::new();
    let mut operations = all();
    // What removes a row comes last, and what is within a thing before the thing.
    operations.sort_by_key(|operation| {
        (
            operation.id == "erase_customer",
            operation.method == "DELETE",
            Reverse(operation.path.len()),
        )
    });
    for operation in operations {
        let Some(role) = operation.role.as_deref() else {
            continue;
        };
        let case = CASES
            .iter()
            .chain(super::resource_cases::CASES)
            .find(|case| case.operation == operation.id);
        let is_of_each = super::resource_cases::OF_EACH_WORKSPACE.contains(&operation.id.as_str());
        if operation.path.contains('{') && case.is_none() && !is_of_each {
            wrong.push(format!("{} has no case", operation.id));
            continue;
        }
        let body = case.map_or(Value::Null, |case| (case.body)());
        if role != "person" {
            // The workspace itself, by name.
            for visitor in [eve.in_workspace(acme), key.in_workspace(acme)] {
                let answer = call(&visitor, &operation, &path(&operation, &[]), &body).await;
                if answer.status != 404 || !is_problem(&answer) {
                    wrong.push(format!(
                        "{} in the other workspace: {answer:?}",
                        operation.id
                    ));
                }
            }
        }
        let Some(case) = case else { continue };
        let own = api.session(ann, Some(acme)).await;
        let mut ids = Vec::new();
        for (name, sql) in case.parameters {
            let sql = format!("select found.value::text from ({sql}) as found (value)");
            let row = api.database.owner().query_one(&sql, &[&acme]).await;
            let row = row.unwrap_or_else(|_| panic!("a row of acme for {}", operation.id));
            ids.push((*name, row.get::<_, String>(0)));
        }
        let path = path(&operation, &ids);
        for visitor in [&eve, &key] {
            let answer = call(visitor, &operation, &path, &body).await;
            // What only a person may do is refused to a key whatever it names.
            let is_persons = answer.code() == "person_required";
            if !is_persons && (answer.status != 404 || !is_problem(&answer)) {
                wrong.push(format!("{} {path} of acme: {answer:?}", operation.id));
            }
        }
        // The same is found by its own: else the 404 would say nothing.
        let answer = call(&own, &operation, &path, &body).await;
        if answer.status == 404 && !NEEDS_MORE.contains(&operation.id.as_str()) {
            wrong.push(format!("{} {path} by its own: {answer:?}", operation.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn whatever_is_sent_the_answer_is_documented() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let person = api.database.create_person(workspace, Role::Owner).await;
    let mut wrong = Vec::new();
    for operation in all() {
        // A session of its own: some operations end it.
        let owner = api.session(person, Some(workspace)).await;
        for body in ["", "{", "[]", "null", "{\"unknown\": 1}", "\"\\u0000\""] {
            let method = operation.method.parse().expect("a method");
            let request = owner
                .request(method, &path(&operation, &[]))
                .header("content-type", "application/json")
                .body(body);
            let answer = owner.send(request).await;
            if answer.status.is_server_error()
                || (answer.status.as_u16() >= 400 && !is_problem(&answer))
            {
                wrong.push(format!("{} {body}: {answer:?}", operation.id));
            }
        }
    }
    let owner = api.session(person, Some(workspace)).await;
    for path in ["/nothing", "/api/v1/nothing", "/api/v1/conversations/no-id"] {
        let answer = owner.send(owner.request(reqwest::Method::GET, path)).await;
        if answer.status != 404 || !is_problem(&answer) {
            wrong.push(format!("{path}: {answer:?}"));
        }
    }
    let answer = owner
        .send(owner.request(reqwest::Method::DELETE, "/api/v1/conversations"))
        .await;
    if answer.status != 405 || !is_problem(&answer) || !answer.header("allow").contains("GET") {
        wrong.push(format!("a method that is not there: {answer:?}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
