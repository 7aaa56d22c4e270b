//! The form before a chat.
//!
//! Invariant: an answer is taken only for a field that is asked, in the form the field has; what the visitor proved
//! already is not asked again, and what he types is a claim.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::input::{self, InputError};

/// Most fields of a form.
pub const FIELD_LIMIT: usize = 100;
/// Longest answer to a text field in characters.
pub const TEXT_LIMIT: usize = 1_000;
/// Shortest time (seconds) in which a person fills in a form.
pub const MINIMUM_FILL_SECONDS: u64 = 2;

/// Kind of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One line.
    Text,
    /// Email address.
    Email,
    /// Phone number.
    Tel,
    /// Number.
    Number,
    /// One of several.
    Select,
    /// Yes or no. A required one must be yes: consent.
    Checkbox,
    /// Shown only, such as the privacy policy.
    Link,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Name under which the answer is kept.
    pub key: String,
    /// Kind.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What the visitor reads; the text of a consent.
    pub label: String,
    /// What stands in the field while it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Whether it must be answered.
    #[serde(default)]
    pub required: bool,
    /// Whether it is asked.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Choices of a `select`.
    #[serde(default)]
    pub choices: Vec<String>,
}

fn yes() -> bool {
    true
}

/// A form that is not taken from its owner.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DefinitionError {
    /// More than [`FIELD_LIMIT`].
    #[error("a form has at most 100 fields")]
    TooMany,
    /// Names are 1 to 64 small letters, digits and `_`.
    #[error("{0:?} is not a name of a field")]
    Key(String),
    /// Twice.
    #[error("the field {0} is there twice")]
    Twice(String),
    /// Without choices.
    #[error("the field {0} offers nothing to choose from")]
    NoChoices(String),
}

/// An answer that is not taken from a visitor.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the field {key} {source}")]
pub struct AnswerError {
    /// Field.
    pub key: String,
    /// What is wrong.
    pub source: InputError,
}

/// Checks the form that a workspace designed.
pub fn check_definition(fields: &[Field]) -> Result<(), DefinitionError> {
    if fields.len() > FIELD_LIMIT {
        return Err(DefinitionError::TooMany);
    }
    for (index, field) in fields.iter().enumerate() {
        let plain = (1..=64).contains(&field.key.len())
            && field
                .key
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !plain {
            return Err(DefinitionError::Key(field.key.clone()));
        }
        if fields[..index].iter().any(|other| other.key == field.key) {
            return Err(DefinitionError::Twice(field.key.clone()));
        }
        if field.kind == Kind::Select && field.choices.is_empty() {
            return Err(DefinitionError::NoChoices(field.key.clone()));
        }
    }
    Ok(())
}

/// Checks a visitor's answers. Unknown fields are dropped; those in `proven` are not asked, whatever was sent. All
/// mistakes are told at once, in the order of the form.
pub fn check_answers(
    fields: &[Field],
    answers: &BTreeMap<String, String>,
    proven: &[&str],
) -> Result<BTreeMap<String, String>, Vec<AnswerError>> {
    let mut taken = BTreeMap::new();
    let mut mistakes = Vec::new();
    for field in fields {
        let asked =
            field.enabled && field.kind != Kind::Link && !proven.contains(&field.key.as_str());
        if !asked {
            continue;
        }
        let given = answers.get(&field.key).map_or("", String::as_str);
        match check_answer(field, given) {
            Ok(answer) => {
                taken.insert(field.key.clone(), answer);
            }
            Err(InputError::Empty) if !field.required => {}
            Err(source) => mistakes.push(AnswerError {
                key: field.key.clone(),
                source,
            }),
        }
    }
    if mistakes.is_empty() {
        Ok(taken)
    } else {
        Err(mistakes)
    }
}

fn check_answer(field: &Field, given: &str) -> Result<String, InputError> {
    match field.kind {
        Kind::Text | Kind::Link => input::line(given, TEXT_LIMIT),
        Kind::Email => input::email(given),
        Kind::Tel => input::phone(given),
        Kind::Number => {
            let text = input::line(given, 40)?;
            let number: f64 = text.parse().map_err(|_| InputError::Number)?;
            number.is_finite().then_some(text).ok_or(InputError::Number)
        }
        Kind::Select => {
            if given.is_empty() {
                return Err(InputError::Empty);
            }
            field
                .choices
                .iter()
                .find(|choice| *choice == given)
                .cloned()
                .ok_or(InputError::Choice)
        }
        Kind::Checkbox => match given {
            "true" | "on" | "1" => Ok("true".to_owned()),
            _ if field.required => Err(InputError::Empty),
            _ => Ok("false".to_owned()),
        },
    }
}

/// Whether the form was sent by a program: it filled in the field that people do not see, or was faster than people.
pub fn looks_automatic(hidden_field: &str, seconds_to_fill: u64) -> bool {
    !hidden_field.is_empty() || seconds_to_fill < MINIMUM_FILL_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<Field> {
        serde_json::from_str(
            r#"[
                {"key": "name", "type": "text", "label": "Name", "required": true},
                {"key": "email", "type": "email", "label": "Email", "required": true},
                {"key": "phone", "type": "tel", "label": "Phone"},
                {"key": "seats", "type": "number", "label": "Seats"},
                {"key": "topic", "type": "select", "label": "Topic", "choices": ["Sales", "Help"]},
                {"key": "privacy", "type": "link", "label": "Privacy"},
                {"key": "consent", "type": "checkbox", "label": "I agree", "required": true},
                {"key": "old", "type": "text", "label": "Old", "required": true, "enabled": false}
            ]"#,
        )
        .unwrap()
    }

    fn answers(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn good_answers() {
        check_definition(&fields()).unwrap();
        let given = answers(&[
            ("name", " Anna "),
            ("email", "A@example.com"),
            ("topic", "Help"),
            ("seats", "3"),
            ("consent", "on"),
            ("is_admin", "true"),
            ("old", "x"),
        ]);
        let taken = check_answers(&fields(), &given, &[]).unwrap();
        assert_eq!(
            taken,
            answers(&[
                ("name", "Anna"),
                ("email", "a@example.com"),
                ("topic", "Help"),
                ("seats", "3"),
                ("consent", "true")
            ])
        );
    }

    #[test]
    fn what_is_proven_is_not_asked() {
        let given = answers(&[("email", "somebody@else.example"), ("consent", "true")]);
        let taken = check_answers(&fields(), &given, &["name", "email"]).unwrap();
        assert_eq!(taken, answers(&[("consent", "true")]));
    }

    #[test]
    fn all_mistakes_are_told() {
        let given = answers(&[
            ("email", "x"),
            ("phone", "y"),
            ("seats", "inf"),
            ("topic", "Else"),
            ("consent", "false"),
        ]);
        let mistakes: Vec<String> = check_answers(&fields(), &given, &[])
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            mistakes,
            [
                "the field name is empty",
                "the field email is not an email address",
                "the field phone is not a phone number",
                "the field seats is not a number",
                "the field topic is not one of the choices",
                "the field consent is empty",
            ]
        );
    }

    #[test]
    fn forms_that_are_not_taken() {
        let field = &fields()[0];
        let with_key = |key: &str| Field {
            key: key.to_owned(),
            ..field.clone()
        };
        for key in ["", "A", "a b", "__proto__!", "ü"] {
            assert_eq!(
                check_definition(&[with_key(key)]),
                Err(DefinitionError::Key(key.to_owned()))
            );
        }
        assert_eq!(
            check_definition(&[with_key("a"), with_key("a")]),
            Err(DefinitionError::Twice("a".to_owned()))
        );
        let select = Field {
            kind: Kind::Select,
            ..with_key("a")
        };
        assert_eq!(
            check_definition(&[select]),
            Err(DefinitionError::NoChoices("a".to_owned()))
        );
        assert_eq!(
            check_definition(&vec![with_key("a"); 101]),
            Err(DefinitionError::TooMany)
        );
    }

    #[test]
    fn programs() {
        assert!(looks_automatic("x", 60));
        assert!(looks_automatic("", 1));
        assert!(!looks_automatic("", 2));
    }
}
