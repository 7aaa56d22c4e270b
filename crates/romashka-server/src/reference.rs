//! The description of the API as a file and as pages that need nothing but this server: `/docs`, `/docs/problems`.
//!
//! Invariant: the pages are text, a style sheet of this server and no script, so that the strictest policy holds for them.

use std::fmt::Write as _;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;
use serde_json::Value;

use crate::problem::Code;
use crate::state::Server;

const STYLE: &str = include_str!("reference.css");
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The routes.
pub fn router(document: &Value) -> Router<Server> {
    let file = Bytes::from(serde_json::to_vec(document).unwrap_or_default());
    let pages = [
        ("/docs", operations_page(document)),
        ("/docs/problems", problems_page()),
    ];
    let mut router = Router::new()
        .route(
            "/api/v1/openapi.json",
            get(async move || ([(header::CONTENT_TYPE, "application/json")], file)),
        )
        .route(
            "/docs/style.css",
            get(async || {
                (
                    [
                        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
                        (header::CACHE_CONTROL, "public, max-age=3600"),
                    ],
                    STYLE,
                )
            }),
        );
    for (path, page) in pages {
        let page = Bytes::from(page);
        router = router.route(
            path,
            get(async move || {
                (
                    [
                        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                        (header::CONTENT_SECURITY_POLICY, POLICY),
                    ],
                    page,
                )
            }),
        );
    }
    router
}

fn frame(title: &str, navigation: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"/docs/style.css\"></head>\
         <body><nav aria-label=\"Contents\"><p><strong>ROMASHKA</strong></p><p><a href=\"/docs\">Operations</a> · <a href=\"/docs/problems\">Problems</a> · \
         <a href=\"/api/v1/openapi.json\">OpenAPI</a></p>{navigation}</nav><main><h1>{title}</h1>{body}</main></body></html>\n"
    )
}

fn problems_page() -> String {
    let mut body = String::from(
        "<p>Every answer that is no success is a document of the media type <code>application/problem+json</code> \
         (RFC 9457). Its <code>code</code> is one of these and never changes its meaning.</p>",
    );
    for code in Code::ALL {
        let _ = write!(
            body,
            "<section id=\"{0}\"><h2><code>{0}</code> <small>{1}</small></h2><p>{2}</p></section>",
            code.name(),
            code.status().as_u16(),
            escaped(code.meaning().trim())
        );
    }
    frame("Problems", "", &body)
}

fn operations_page(document: &Value) -> String {
    let mut navigation = String::new();
    let mut body = format!(
        "<p>{}</p>",
        prose(document["info"]["description"].as_str().unwrap_or_default())
    );
    for tag in tags(document) {
        let _ = write!(navigation, "<h2>{}</h2><ul>", escaped(&tag));
        let _ = write!(body, "<h2>{}</h2>", escaped(&tag));
        for (path, method, operation) in operations_of(document, &tag) {
            let id = operation["operationId"].as_str().unwrap_or_default();
            let summary = operation["summary"].as_str().unwrap_or_default();
            let _ = write!(
                navigation,
                "<li><a href=\"#{}\">{}</a></li>",
                escaped(id),
                escaped(summary)
            );
            operation_section(&mut body, document, path, method, operation);
        }
        navigation.push_str("</ul>");
    }
    body.push_str("<h2>Objects</h2>");
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let _ = write!(
            body,
            "<section id=\"schema-{0}\"><h3>{0}</h3>",
            escaped(name)
        );
        if let Some(description) = schema["description"].as_str() {
            let _ = write!(body, "<p>{}</p>", prose(description));
        }
        schema_table(&mut body, schema);
        body.push_str("</section>");
    }
    frame("API reference", &navigation, &body)
}

fn tags(document: &Value) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for item in document["paths"]
        .as_object()
        .into_iter()
        .flat_map(|paths| paths.values())
    {
        for operation in item.as_object().into_iter().flat_map(|item| item.values()) {
            if let Some(tag) = operation["tags"][0].as_str()
                && !tags.iter().any(|known| known == tag)
            {
                tags.push(tag.to_owned());
            }
        }
    }
    tags.sort();
    tags
}

fn operations_of<'a>(document: &'a Value, tag: &str) -> Vec<(&'a str, &'a str, &'a Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if operation["tags"][0] == tag {
                found.push((path.as_str(), method.as_str(), operation));
            }
        }
    }
    found
}

fn operation_section(
    body: &mut String,
    document: &Value,
    path: &str,
    method: &str,
    operation: &Value,
) {
    let _ = write!(
        body,
        "<section id=\"{}\"><h3>{}</h3><p class=\"call\"><b>{}</b> <code>{}</code></p>",
        escaped(operation["operationId"].as_str().unwrap_or_default()),
        escaped(operation["summary"].as_str().unwrap_or_default()),
        method.to_uppercase(),
        escaped(path)
    );
    if let Some(description) = operation["description"].as_str() {
        let _ = write!(body, "<p>{}</p>", prose(description));
    }
    let who = match operation["x-required-role"].as_str() {
        None => "Everybody; no credentials are needed.".to_owned(),
        Some("person") => "A person who is signed in.".to_owned(),
        Some(role) => {
            let scope = operation["security"]
                .as_array()
                .into_iter()
                .flatten()
                .find_map(|one| one["key"][0].as_str())
                .unwrap_or_default();
            format!(
                "Members from the role <code>{role}</code>; keys with the scope <code>{scope}</code>."
            )
        }
    };
    let _ = write!(body, "<p class=\"who\">{who}</p>");
    if let Some(parameters) = operation["parameters"].as_array() {
        body.push_str("<table><thead><tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead><tbody>");
        for parameter in parameters {
            let mark = if parameter["required"] == true {
                " *"
            } else {
                ""
            };
            let _ = write!(
                body,
                "<tr><td><code>{}</code>{mark}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escaped(parameter["name"].as_str().unwrap_or_default()),
                escaped(parameter["in"].as_str().unwrap_or_default()),
                type_of(&parameter["schema"]),
                prose(parameter["description"].as_str().unwrap_or_default())
            );
        }
        body.push_str("</tbody></table>");
    }
    for (_, content) in operation["requestBody"]["content"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let _ = write!(body, "<p>Body: {}</p>", type_of(&content["schema"]));
    }
    body.push_str(
        "<table><thead><tr><th>Answer</th><th>Body</th><th>Meaning</th></tr></thead><tbody>",
    );
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let content = response["content"]
            .as_object()
            .and_then(|content| content.values().next())
            .map(|content| type_of(&content["schema"]))
            .unwrap_or_default();
        let _ = write!(
            body,
            "<tr><td>{}</td><td>{content}</td><td>{}</td></tr>",
            escaped(status),
            prose(response["description"].as_str().unwrap_or_default())
        );
    }
    body.push_str("</tbody></table></section>");
    debug_assert!(document.is_object());
}

fn schema_table(body: &mut String, schema: &Value) {
    if let Some(values) = schema["enum"].as_array() {
        let _ = write!(body, "<p>One of {}.</p>", list(values));
    }
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    body.push_str(
        "<table><thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead><tbody>",
    );
    for (name, property) in properties {
        let is_required = schema["required"]
            .as_array()
            .is_some_and(|required| required.iter().any(|one| one == name));
        let _ = write!(
            body,
            "<tr><td><code>{}</code>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(name),
            if is_required { " *" } else { "" },
            type_of(property),
            prose(property["description"].as_str().unwrap_or_default())
        );
    }
    body.push_str("</tbody></table>");
}

fn list(values: &[Value]) -> String {
    values
        .iter()
        .map(|value| format!("<code>{}</code>", escaped(value.as_str().unwrap_or("null"))))
        .collect::<Vec<_>>()
        .join(", ")
}

fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escaped(name));
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(schemas) = schema[several].as_array() {
            return schemas.iter().map(type_of).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return list(values);
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" or "),
        _ => "any".to_owned(),
    };
    if kind.starts_with("array") {
        return format!("list of {}", type_of(&schema["items"]));
    }
    match schema["format"].as_str() {
        Some(format) => format!("{} ({})", escaped(&kind), escaped(format)),
        None => escaped(&kind),
    }
}

/// A text of the description, in which backticks mean code and an empty line a paragraph.
fn prose(text: &str) -> String {
    let mut html = String::new();
    for (position, part) in escaped(text).split('`').enumerate() {
        if position % 2 == 1 {
            let _ = write!(html, "<code>{part}</code>");
        } else {
            html.push_str(&part.replace("\n\n", "</p><p>"));
        }
    }
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_every_operation_and_runs_nothing() {
        let document = crate::openapi();
        let page = operations_page(&document);
        for operation in crate::openapi::operations(&document) {
            assert!(
                page.contains(&format!("id=\"{}\"", operation.id)),
                "{}",
                operation.id
            );
        }
        for forbidden in ["<script", "http://", "https://", "style=", "onclick"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}
