//! A canned response with what is known put in for its `{{names}}`.
//!
//! Invariant: what is put in is not looked through again, so that a customer's name cannot bring in another value.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::canned_response;
use crate::input::{self, Path};
use crate::problem::{Answer, Code, Problem};
use crate::record;
use crate::scoped::{Agent, Scoped};
use crate::statement::Statement;

/// Most characters of one value.
const LONGEST_VALUE: usize = 10_000;

/// For whom a text is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"conversation_id": "0198c0de-0000-7000-8000-000000000001", "variables": {"date": "3 May"}, "is_used": true}))]
pub struct Rendering {
    /// The conversation it is for; its customer is meant too.
    conversation_id: Option<Uuid>,
    /// The customer it is for, where there is no conversation.
    customer_id: Option<Uuid>,
    /// Values by name, before what is known.
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// Whether it is inserted now, which counts as a use.
    #[serde(default)]
    is_used: bool,
}

/// A text, ready to be sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rendered {
    /// The text.
    pub content: String,
    /// The names that nothing is known for; they stand in the text as they were.
    pub missing: Vec<String>,
}

record! {
    /// What is known.
    pub struct Known {
        /// The customer's name.
        pub customer_name: Option<String>,
        /// The customer's address.
        pub customer_email: Option<String>,
        /// The customer's number.
        pub customer_phone: Option<String>,
        /// Where the customer works.
        pub company: Option<String>,
        /// The conversation's number.
        pub conversation_number: Option<String>,
        /// What the conversation is about.
        pub subject: Option<String>,
        /// The name of who asks.
        pub agent_name: Option<String>,
        /// The workspace's name.
        pub workspace_name: Option<String>,
    }
}

/// Fill a canned response in
///
/// Known are `name` or `customer_name`, `email` or `customer_email`, `phone` or `customer_phone`, `company`, `conversation_number`,
/// `subject`, `agent_name` and `workspace_name`; others are given as `variables`.
#[utoipa::path(post, path = "/canned_responses/{id}/render", tag = "Canned responses", security(("session" = ["agent"])),
    params(("id" = Uuid, Path, description = "The canned response.")), request_body = Rendering,
    responses((status = OK, description = "The text.", body = Rendered)))]
pub async fn render_canned_response(
    scope: Scoped<Agent>,
    Path(id): Path<Uuid>,
    input::Json(wanted): input::Json<Rendering>,
) -> Answer<Json<Rendered>> {
    let response = canned_response(&scope, id).await?;
    if let Some((name, _)) = wanted
        .variables
        .iter()
        .find(|(_, value)| value.chars().count() > LONGEST_VALUE)
    {
        return Err(Problem::field(
            format!("variables.{name}"),
            "has at most 10000 characters",
        ));
    }
    let workspace = scope.workspace();
    let known: Option<Known> = Statement::new(include_str!("known.sql"))
        .bind("workspace", &workspace)
        .bind("conversation_id", &wanted.conversation_id)
        .bind("customer_id", &wanted.customer_id)
        .optional(&scope)
        .await?;
    let known = known.ok_or_else(|| {
        Problem::new(Code::UnknownReference).at(
            if wanted.conversation_id.is_some() {
                "conversation_id"
            } else {
                "customer_id"
            },
            "refers to nothing in this workspace",
        )
    })?;
    if wanted.is_used {
        Statement::new(include_str!("use.sql"))
            .bind("id", &id)
            .bind("workspace", &workspace)
            .execute(&scope)
            .await?;
    }
    Ok(Json(render(&response.content, |name| {
        wanted
            .variables
            .get(name)
            .cloned()
            .or_else(|| known.value(name))
    })))
}

impl Known {
    fn value(&self, name: &str) -> Option<String> {
        match name {
            "name" | "customer_name" => self.customer_name.clone(),
            "email" | "customer_email" => self.customer_email.clone(),
            "phone" | "customer_phone" => self.customer_phone.clone(),
            "company" => self.company.clone(),
            "conversation_number" => self.conversation_number.clone(),
            "subject" => self.subject.clone(),
            "agent_name" => self.agent_name.clone(),
            "workspace_name" => self.workspace_name.clone(),
            _ => None,
        }
    }
}

fn render(text: &str, value: impl Fn(&str) -> Option<String>) -> Rendered {
    let mut content = String::with_capacity(text.len());
    let mut missing = BTreeSet::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        content.push_str(before);
        let Some((inside, behind)) = after.split_once("}}") else {
            content.push_str("{{");
            rest = after;
            continue;
        };
        let name = inside.trim();
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|character| character.is_alphanumeric() || character == '_');
        if !is_name {
            content.push_str("{{");
            rest = after;
            continue;
        }
        match value(name) {
            Some(value) => content.push_str(&value),
            None => {
                missing.insert(name.to_owned());
                content.push_str(&format!("{{{{{inside}}}}}"));
            }
        }
        rest = behind;
    }
    content.push_str(rest);
    Rendered {
        content,
        missing: missing.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn names_are_put_in_once_and_what_is_unknown_stays() {
        let value = |name: &str| match name {
            "name" => Some("{{secret}}".to_owned()),
            "secret" => Some("nobody sees this".to_owned()),
            _ => None,
        };
        let rendered = render("Hi {{ name }}, {{date}}: {{ {{name}} {{not one}} {{", value);
        assert_eq!(
            rendered.content,
            "Hi {{secret}}, {{date}}: {{ {{secret}} {{not one}} {{"
        );
        assert_eq!(rendered.missing, ["date"]);
    }
}
