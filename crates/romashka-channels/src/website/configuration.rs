//! How a widget is set up: what its owner may say of looks, texts and behaviour.
//!
//! Invariant: only known keys in the form the widget expects are taken, within bounds, so that what stands in a page's source
//! is neither a script nor a mistake that shows itself to visitors first.

use serde_json::Value;
use thiserror::Error;

use super::form::{self, Field};

/// Longest text.
pub const TEXT_LIMIT: usize = 1_000;
/// Most languages, and most texts of a language.
const LIST_LIMIT: usize = 100;

/// A value that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{key} {problem}")]
pub struct ConfigurationError {
    /// The key.
    pub key: String,
    /// What is wrong.
    pub problem: String,
}

/// Checks a configuration.
pub fn check(configuration: &serde_json::Map<String, Value>) -> Result<(), ConfigurationError> {
    for (key, value) in configuration {
        check_value(key, value).map_err(|problem| ConfigurationError {
            key: key.clone(),
            problem,
        })?;
    }
    Ok(())
}

fn check_value(key: &str, value: &Value) -> Result<(), String> {
    let wanted = |is_right: bool, what: &str| is_right.then_some(()).ok_or_else(|| what.to_owned());
    match key {
        "color" | "text_color" => wanted(
            value.as_str().is_some_and(is_color),
            "is a colour such as #0a7 or #00aa77",
        ),
        "position" => wanted(
            matches!(value.as_str(), Some("left" | "right")),
            "is left or right",
        ),
        "theme" => wanted(
            matches!(value.as_str(), Some("light" | "dark" | "auto")),
            "is light, dark or auto",
        ),
        "offset_x" | "offset_y" => wanted(
            value.as_u64().is_some_and(|pixels| pixels <= 1_000),
            "is a whole number of pixels from 0 to 1000",
        ),
        "launcher_text" | "title" | "greeting" | "offline_message" => {
            wanted(is_text(value), "is a text of at most 1000 characters")
        }
        "sound" | "uploads" | "rating" | "require_email_offline" | "show_branding" => {
            wanted(value.is_boolean(), "is true or false")
        }
        "languages" => wanted(
            value.as_array().is_some_and(|list| {
                list.len() <= LIST_LIMIT
                    && list.iter().all(|tag| tag.as_str().is_some_and(is_language))
            }),
            "is a list of language tags",
        ),
        "texts" => wanted(
            value.as_object().is_some_and(|languages| {
                languages.len() <= LIST_LIMIT
                    && languages.iter().all(|(tag, texts)| {
                        is_language(tag)
                            && texts.as_object().is_some_and(|texts| {
                                texts.len() <= LIST_LIMIT && texts.values().all(is_text)
                            })
                    })
            }),
            "is an object of texts for each language",
        ),
        "quick_replies" => wanted(
            value.as_array().is_some_and(|list| {
                list.len() <= 20
                    && list.iter().all(|reply| {
                        is_text(reply) || is_text(&reply["title"]) && is_text(&reply["value"])
                    })
            }),
            "is a list of at most 20 texts, or of objects with title and value",
        ),
        "pre_chat_form" => {
            let fields: Vec<Field> =
                serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
            form::check_definition(&fields).map_err(|error| error.to_string())
        }
        _ => Err("is not known".to_owned()),
    }
}

fn is_text(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.chars().count() <= TEXT_LIMIT && !text.contains('\0'))
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_language(tag: &str) -> bool {
    (2..=35).contains(&tag.len())
        && tag.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_taken_and_what_is_not() {
        let good = json!({
            "color": "#2f7d4f", "text_color": "#fff", "position": "left", "offset_x": 20, "theme": "auto", "title": "Shop",
            "languages": ["en", "ar-EG"], "texts": {"en": {"send": "Go"}}, "sound": false, "require_email_offline": true,
            "quick_replies": ["Hello", {"title": "Order", "value": "Where is my order?"}],
            "pre_chat_form": [{"key": "name", "type": "text", "label": "Name"}]
        });
        assert_eq!(check(good.as_object().unwrap()), Ok(()));
        for (key, value) in [
            ("color", json!("red; background: url(x)")),
            ("position", json!("top")),
            ("offset_x", json!(-1)),
            ("title", json!("x".repeat(1_001))),
            ("sound", json!("yes")),
            ("languages", json!(["e"])),
            ("texts", json!({"en": {"send": 1}})),
            ("quick_replies", json!([{"title": "x"}])),
            (
                "pre_chat_form",
                json!([{"key": "A", "type": "text", "label": "x"}]),
            ),
            (
                "pre_chat_form",
                json!([{"key": "a", "type": "password", "label": "x"}]),
            ),
            ("custom_js", json!("alert(1)")),
        ] {
            let mut configuration = serde_json::Map::new();
            configuration.insert(key.to_owned(), value);
            assert_eq!(check(&configuration).unwrap_err().key, key);
        }
    }
}
