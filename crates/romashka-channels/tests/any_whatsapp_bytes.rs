//! Whatever bytes arrive from WhatsApp, the readers answer: no panic, clean text, nothing lost.

use proptest::prelude::*;
use romashka_channels::whatsapp::split::{TEXT_LIMIT, length, split};
use romashka_channels::whatsapp::webhook::{Content, Unknown};
use romashka_channels::whatsapp::{
    answer, customer, errors, media, notice, outbound, read_webhook, signature, template, window,
};
use secrecy::SecretString;
use serde_json::{Value, json};

/// Keys that the reader looks for, so that random documents reach deep into it.
const KEYS: [&str; 44] = [
    "id",
    "type",
    "from",
    "from_user_id",
    "timestamp",
    "text",
    "body",
    "image",
    "audio",
    "document",
    "sticker",
    "voice",
    "mime_type",
    "sha256",
    "filename",
    "caption",
    "url",
    "location",
    "latitude",
    "longitude",
    "contacts",
    "name",
    "formatted_name",
    "phones",
    "phone",
    "interactive",
    "button_reply",
    "list_reply",
    "nfm_reply",
    "response_json",
    "title",
    "button",
    "payload",
    "reaction",
    "message_id",
    "emoji",
    "order",
    "product_items",
    "system",
    "edit",
    "original_message_id",
    "message",
    "errors",
    "code",
];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(KEYS.to_vec()).prop_map(|word| json!(word)),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "[0-9]{1,20}".prop_map(Value::from),
        "\\PC{0,30}".prop_map(Value::from),
        prop::collection::vec(any::<char>(), 0..10)
            .prop_map(|text| json!(text.into_iter().collect::<String>())),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS.to_vec()), inner), 0..8).prop_map(
                |fields| fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            ),
        ]
    })
}

/// A message of a kind that is known, with anything in it.
fn message() -> impl Strategy<Value = Value> {
    let kinds = vec![
        "text",
        "image",
        "audio",
        "document",
        "sticker",
        "location",
        "contacts",
        "interactive",
        "button",
        "reaction",
        "order",
        "system",
        "unsupported",
        "edit",
        "revoke",
        "tomorrow",
    ];
    (prop::sample::select(kinds), tree(), tree()).prop_map(|(kind, part, context)| {
        json!({ "id": "wamid.A", "from": "4915112345678", "timestamp": "1767225600", "type": kind, kind: part,
            "context": context, "referral": context, "errors": context })
    })
}

fn delivery(elements: &[Value], list: &str, field: &str) -> Value {
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{ "field": field, "value": {
        "metadata": { "phone_number_id": "2" }, list: elements } }] }] })
}

fn is_clean(text: &str) -> bool {
    text.chars()
        .all(|found| !found.is_control() || matches!(found, '\n' | '\t'))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,60}") {
        for input in [&bytes[..], text.as_bytes()] {
            let _ = read_webhook(input);
            let _ = media::MediaAddress::read(input, &"https://graph.facebook.com".parse().expect("an address"));
            let _ = template::TemplatePage::read(input);
            let _ = errors::GraphError::from_body(input);
            let now = jiff::Timestamp::UNIX_EPOCH;
            for status in [200, 400, 500] {
                let _ = answer::read_answer(status, Some(&text), input, 1, now);
            }
            prop_assert!(signature::verify([input], b"body", &[SecretString::from("secret")]).is_err());
        }
        let _ = signature::answer_handshake(&text, &SecretString::from("token"));
        customer::variants(&text);
        media::parse_sha256(&text);
        media::takes_token(&text);
        template::placeholders(&text);
        notice::template_status(&text);
        let _ = outbound::Recipient::parse(&text);
        let _ = outbound::CallbackData::parse(&text);
    }

    #[test]
    fn broken_documents_are_answered(value in tree(), cut in 0.0..1.0_f64, byte in any::<u8>()) {
        let mut body = delivery(&[value], "messages", "messages").to_string().into_bytes();
        let at = (cut * (body.len() - 1) as f64) as usize;
        body[at] = byte;
        let _ = read_webhook(&body);
        body.truncate(at);
        let _ = read_webhook(&body);
    }

    #[test]
    fn every_element_becomes_one_item(elements in prop::collection::vec(prop_oneof![message(), tree()], 1..6),
        list in prop::sample::select(vec!["messages", "statuses", "errors"])) {
        let body = delivery(&elements, list, "messages").to_string();
        let items = read_webhook(body.as_bytes()).unwrap().items;
        prop_assert_eq!(items.len(), elements.len());
        for (item, element) in items.iter().zip(&elements) {
            prop_assert!(item.key.len() <= 256);
            match &item.content {
                Content::Message(message) => {
                    let text = message.text();
                    prop_assert!(!text.trim().is_empty(), "{message:?}");
                    prop_assert!(is_clean(&text), "{text:?}");
                    prop_assert!(message.customer.external_id().is_some());
                    if let Some(media) = message.media() {
                        prop_assert!(!media.file_name.contains(['/', '\\']) && is_clean(&media.file_name));
                    }
                    window::opens(message);
                    message.metadata();
                }
                // What could not be read is as it came, except for what no database stores.
                Content::Unknown(Unknown { json, .. }) => {
                    let storable = element.to_string().replace("\\u0000", "\\ufffd");
                    let storable: Value = serde_json::from_str(&storable).unwrap();
                    prop_assert_eq!(json, &storable);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn every_change_leaves_an_item(value in tree(), field in prop::sample::select(vec!["messages", "user_preferences",
        "user_id_update", "message_template_status_update", "template_category_update", "account_update", "tomorrow"])) {
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "time": 1_767_225_600,
            "changes": [{ "field": field, "value": value }] }] }).to_string();
        let first = read_webhook(body.as_bytes()).unwrap();
        prop_assert!(!first.items.is_empty());
        prop_assert_eq!(first, read_webhook(body.as_bytes()).unwrap());
    }

    #[test]
    fn long_texts_are_split_without_loss(text in "(\\PC{0,30}|[a-z]{1,60}|👨‍👩‍👧|e\u{301}|[.!?] |\n|\n\n| ){0,40}", limit in 2_usize..60) {
        let parts = split(&text, limit);
        for part in &parts {
            prop_assert!(length(part) <= limit && !part.trim().is_empty(), "{part:?}");
        }
        let squeeze = |text: &str| text.chars().filter(|found| !found.is_whitespace()).collect::<String>();
        prop_assert_eq!(squeeze(&parts.concat()), squeeze(&text));
        prop_assert_eq!(split(&text, TEXT_LIMIT).len(), usize::from(!text.trim().is_empty()));
    }

    #[test]
    fn the_window_never_lasts_longer_than_a_day(last in 0_i64..4_000_000_000, now in 0_i64..4_000_000_000) {
        let at = |second| jiff::Timestamp::from_second(second).unwrap();
        let is_open = window::Window::at(Some(at(last)), at(now)).is_open();
        prop_assert_eq!(is_open, now < last.min(now) + 24 * 3_600);
    }
}
