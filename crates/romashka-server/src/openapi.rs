//! The description of the API (OpenAPI 3.1), made from the handlers and completed with what holds for all of them.
//!
//! Invariants: every operation says who may use it (`security(("session" = ["agent"]))`: the least role, or `person`; or
//! `security(())`: everybody); what follows from that (keys and their scopes, headers, problems) is added here and written
//! nowhere else.

use serde_json::{Map, Value, json};
use utoipa::ToSchema as _;
use utoipa::openapi::OpenApi;

use crate::problem::{Document, FieldError};
use crate::scoped::{WORKSPACE_HEADER, resource_of};

const ABOUT: &str = "Customer support over every channel. Lists are paged by cursor; changes may name the version they are meant for \
(`If-Match`); every POST may be repeated under an `Idempotency-Key`; errors are problem documents (RFC 9457) whose `code` is stable.";

/// One operation of the description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name.
    pub id: String,
    /// GET, POST, …
    pub method: String,
    /// Its path, with `{parameters}`.
    pub path: String,
    /// The least role (viewer, agent, admin, owner), or `person`; none for what everybody may do.
    pub role: Option<String>,
}

/// The operations of a finished description.
pub fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if operation.get("responses").is_none() {
                continue;
            }
            found.push(Operation {
                id: text(&operation["operationId"]),
                method: method.to_uppercase(),
                path: path.clone(),
                role: operation["x-required-role"].as_str().map(str::to_owned),
            });
        }
    }
    found
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Adds to the handlers' own descriptions what holds for all of them.
pub fn complete(document: OpenApi) -> Value {
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    document["openapi"] = "3.1.0".into();
    document["info"] = json!({
        "title": "ROMASHKA",
        "version": env!("CARGO_PKG_VERSION"),
        "description": ABOUT,
        "license": {"name": "MIT", "identifier": "MIT"},
    });
    document["servers"] = json!([{"url": "/"}]);
    document["components"]["securitySchemes"] = json!({
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-romashka_session",
            "description": "A person who has signed in here. The cookie is named `romashka_session` where the server is reached by http."},
        "key": {"type": "http", "scheme": "bearer", "bearerFormat": "rmk_live_…",
            "description": "An API key of a workspace, also as the header `X-Api-Key`."},
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "A token of a Supabase user (`SUPABASE_URL`, `SUPABASE_JWT_SECRET`)."},
    });
    let (problem, field_error) = (
        Document::name().into_owned(),
        FieldError::name().into_owned(),
    );
    let schemas = &mut document["components"]["schemas"];
    schemas[&problem] = schema_of::<Document>();
    schemas[&field_error] = schema_of::<FieldError>();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, item) in paths {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                complete_operation(path, method, operation);
            }
        }
    }
    document
}

fn schema_of<T: utoipa::PartialSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap_or_default()
}

fn complete_operation(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let role = operation
        .get("security")
        .and_then(|security| security[0]["session"][0].as_str())
        .map(str::to_owned);
    let mut parameters = operation
        .get("parameters")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if let Some(role) = &role {
        let is_write = method != "get";
        let mut security = vec![json!({"session": [role]}), json!({"token": [role]})];
        if role != "person" {
            let access = if is_write { "write" } else { "read" };
            security.push(json!({"key": [format!("{}:{access}", resource_of(path))]}));
            parameters.push(json!({"name": "Romashka-Workspace", "in": "header", "required": false,
                "schema": {"type": "string", "format": "uuid"},
                "description": "The workspace that is meant; without it the one that the session chose, else the person's first."}));
        }
        debug_assert!(
            parameters
                .iter()
                .all(|parameter| parameter["name"] != WORKSPACE_HEADER)
        );
        if method == "post" {
            parameters.push(json!({"name": "Idempotency-Key", "in": "header", "required": false,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                "description": "Makes the request repeatable for 24 hours: the same request under the same key gets the same answer."}));
        }
        operation.insert("security".to_owned(), security.into());
        operation.insert("x-required-role".to_owned(), role.as_str().into());
    }
    let has_query = parameters
        .iter()
        .any(|parameter| parameter["in"] == "query");
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), parameters.into());
    }
    let has_body = operation.contains_key("requestBody");
    let has_input = has_body || operation.contains_key("parameters");
    let Some(responses) = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let mut add = |is_wanted: bool, status: &str, description: &str| {
        if is_wanted && !responses.contains_key(status) {
            responses.insert(status.to_owned(), problem_response(description));
        }
    };
    add(has_input, "400", "The request cannot be read.");
    add(
        role.is_some(),
        "401",
        "Nobody is signed in, or the credentials are not valid.",
    );
    add(
        role.is_some(),
        "403",
        "The role, the key's scope or the database's rules do not allow it.",
    );
    add(
        role.is_some(),
        "404",
        "There is no such thing for the caller.",
    );
    // Every POST may be repeated under a key, see `unit_of_work`; a change may take a name that is taken.
    let is_repeatable = role.is_some() && method == "post";
    add(
        is_repeatable || (role.is_some() && matches!(method, "patch" | "put")),
        "409",
        "The present state is against it: there is one already, or the same request is still at work.",
    );
    add(has_body, "413", "The body is too large.");
    add(has_body, "415", "The body is not JSON.");
    add(has_body, "422", "A value is not valid.");
    add(has_query, "422", "A parameter is not valid.");
    add(
        is_repeatable,
        "422",
        "The `Idempotency-Key` belongs to another request.",
    );
    add(
        role.is_some(),
        "429",
        "Too many requests; `Retry-After` says when there may be more.",
    );
    add(true, "default", "Any other problem.");
}

fn problem_response(description: &str) -> Value {
    json!({
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_says_who_may_use_it_and_has_a_name_of_its_own() {
        let document = crate::openapi();
        let mut ids = BTreeSet::new();
        for operation in operations(&document) {
            assert!(ids.insert(operation.id.clone()), "{} twice", operation.id);
            let described = &document["paths"][&operation.path][operation.method.to_lowercase()];
            let security = &described["security"];
            assert!(
                operation.role.is_some() || *security == json!([{}]),
                "{} does not say who may use it",
                operation.id
            );
            for needed in ["summary", "tags"] {
                assert!(
                    described.get(needed).is_some(),
                    "{} lacks {needed}",
                    operation.id
                );
            }
            if let Some(role) = &operation.role {
                let known = ["viewer", "agent", "admin", "owner", "person"];
                assert!(known.contains(&role.as_str()), "{}: {role}", operation.id);
            }
        }
        assert!(ids.len() > 3);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = crate::openapi();
        let text = document.to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap_or_default();
            assert!(
                document["components"]["schemas"].get(name).is_some(),
                "there is no schema {name}"
            );
        }
    }
}
