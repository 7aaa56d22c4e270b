//! Every operation of the description: refused without credentials, with too little, and for another workspace. Read from
//! the description, so that a new operation is tried too, and fails here until it has its case.

use romashka_server::openapi::{Operation, operations};
use romashka_tests::api::{Answer, Visitor};
use romashka_tests::{Api, Role};
use serde_json::{Value, json};
use uuid::Uuid;

/// What stands in the path of an operation, and a body that is read well: with them the operation reaches the database.
struct Case {
    operation: &'static str,
    /// Of each parameter in the path the table whose row it names.
    parameters: &'static [(&'static str, &'static str)],
    body: fn() -> Value,
}

const CASES: &[Case] = &[
    Case {
        operation: "read_conversation",
        parameters: &[("id", "conversations")],
        body: || Value::Null,
    },
    Case {
        operation: "change_conversation",
        parameters: &[("id", "conversations")],
        body: || json!({"subject": "changed"}),
    },
    Case {
        operation: "resolve_conversation",
        parameters: &[("id", "conversations")],
        body: || json!({}),
    },
    Case {
        operation: "reopen_conversation",
        parameters: &[("id", "conversations")],
        body: || Value::Null,
    },
];

fn all() -> Vec<Operation> {
    operations(&romashka_server::openapi())
}

/// The operation's path with these ids; a random one for what is not named.
fn path(operation: &Operation, ids: &[(&str, Uuid)]) -> String {
    let mut path = operation.path.clone();
    for (name, id) in ids {
        path = path.replace(&format!("{{{name}}}"), &id.to_string());
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
    let eve = api.member(rival, Role::Owner).await;
    let key = api.key(rival, "admin", &["*:write"]).await;
    let mut wrong = Vec::new();
    for operation in all() {
        let Some(role) = operation.role.as_deref() else {
            continue;
        };
        let case = CASES.iter().find(|case| case.operation == operation.id);
        if operation.path.contains('{') && case.is_none() {
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
        let mut ids = Vec::new();
        for (name, table) in case.parameters {
            let sql = format!("select id from public.{table} where workspace_id = $1 limit 1");
            let row = api.database.owner().query_one(&sql, &[&acme]).await;
            ids.push((*name, row.expect("a row of acme").get::<_, Uuid>(0)));
        }
        let path = path(&operation, &ids);
        for visitor in [&eve, &key] {
            let answer = call(visitor, &operation, &path, &body).await;
            let is_persons = role == "person" && answer.code() == "person_required";
            if !is_persons && (answer.status != 404 || !is_problem(&answer)) {
                wrong.push(format!("{} {path} of acme: {answer:?}", operation.id));
            }
        }
        // The same is found by its own: else the 404 would say nothing.
        let own = api.session(ann, Some(acme)).await;
        let answer = call(&own, &operation, &path, &body).await;
        if answer.status == 404 {
            wrong.push(format!("{} {path} by its own: {answer:?}", operation.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn whatever_is_sent_the_answer_is_documented() {
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let owner = api.member(workspace, Role::Owner).await;
    let mut wrong = Vec::new();
    for operation in all() {
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
