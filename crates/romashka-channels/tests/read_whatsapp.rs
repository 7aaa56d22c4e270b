//! Deliveries of WhatsApp of every kind, and what is read from each: the snapshots are for people to review.

use std::collections::HashSet;
use std::fs;

use romashka_channels::whatsapp::errors::Class;
use romashka_channels::whatsapp::notice::Notice;
use romashka_channels::whatsapp::outbound::CallbackData;
use romashka_channels::whatsapp::webhook::{Content, Item, UnknownReason};
use romashka_channels::whatsapp::{Webhook, read_webhook, window};
use serde_json::{Value, json};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/whatsapp/{name}.json", env!("CARGO_MANIFEST_DIR"));
    fs::read(&path).expect("a delivery")
}

fn read(name: &str) -> Webhook {
    read_webhook(&fixture(name)).expect("JSON")
}

/// What the ingest takes from an item.
fn summary(item: &Item) -> Value {
    let mut found = serde_json::to_value(item).expect("plain values");
    match &item.content {
        Content::Message(message) | Content::Echo(message) => {
            found["for_the_database"] = json!({
                "customer": message.customer.external_id(),
                "phone": message.customer.phone(),
                "content": message.text(),
                "message_type": message.message_type(),
                "refers_to": message.refers_to(),
                "is_quiet": message.is_quiet(),
                "opens_window": matches!(item.content, Content::Message(_)) && window::opens(message),
                "media": message.media().map(|media| &media.id),
                "media_url": message.media().and_then(|media| media.url.as_ref()),
            });
        }
        Content::Status(status) => {
            found["for_the_database"] = json!({
                "status": status.state().map(|state| state.platform_status()),
                "delivery": status
                    .callback_data
                    .as_deref()
                    .and_then(CallbackData::parse)
                    .map(|data| data.delivery.to_string()),
                "sentence": status.errors.first().map(|error| error.sentence()),
                "class": status.errors.first().map(|error| error.class(None).as_str()),
            });
        }
        Content::Notice(notice) => match notice.as_ref() {
            Notice::TemplateStatus(status) => {
                found["for_the_database"] = json!({ "status": status.platform_status() });
            }
            Notice::Account(account) => {
                found["for_the_database"] = json!({ "summary": account.summary() });
            }
            _ => {}
        },
        Content::Error(_) | Content::Unknown(_) => {}
    }
    if let Some(fields) = found["for_the_database"].as_object_mut() {
        fields.retain(|_, value| !value.is_null() && *value != json!(false));
    }
    found
}

#[test]
fn every_delivery_is_read_as_reviewed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/whatsapp");
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder of deliveries")
        .flatten()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    assert!(names.len() >= 15);
    for name in names {
        let items: Vec<Value> = read(&name).items.iter().map(summary).collect();
        let text = serde_json::to_string_pretty(&items).expect("plain values");
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn a_bad_item_takes_no_sibling_with_it() {
    let items = read("batch").items;
    let count =
        |wanted: fn(&Content) -> bool| items.iter().filter(|item| wanted(&item.content)).count();
    assert_eq!(items.len(), 13);
    assert_eq!(count(|content| matches!(content, Content::Message(_))), 9);
    assert_eq!(count(|content| matches!(content, Content::Status(_))), 1);
    assert_eq!(count(|content| matches!(content, Content::Unknown(_))), 3);
    let numbers: HashSet<_> = items.iter().map(|item| &item.phone_number_id).collect();
    assert_eq!(numbers.len(), 2);
    let keys: HashSet<_> = items.iter().map(|item| &item.key).collect();
    assert_eq!(keys.len(), items.len());
    let places: HashSet<_> = items.iter().map(|item| &item.place).collect();
    assert_eq!(places.len(), items.len());
}

/// Meta batches anew when it delivers again.
#[test]
fn an_item_has_the_same_key_alone_and_in_a_batch() {
    let document: Value = serde_json::from_slice(&fixture("batch")).expect("JSON");
    let together: HashSet<String> = read("batch")
        .items
        .into_iter()
        .map(|item| item.key)
        .collect();
    let mut alone = HashSet::new();
    for entry in document["entry"].as_array().expect("entries") {
        for change in entry["changes"].as_array().expect("changes") {
            for list in ["messages", "statuses"] {
                for element in change["value"][list].as_array().into_iter().flatten() {
                    let mut value = json!({ "metadata": change["value"]["metadata"] });
                    value[list] = json!([element]);
                    let body = json!({
                        "object": "whatsapp_business_account",
                        "entry": [{ "id": entry["id"], "changes": [{ "field": "messages", "value": value }] }],
                    });
                    let items = read_webhook(body.to_string().as_bytes())
                        .expect("JSON")
                        .items;
                    assert_eq!(items.len(), 1);
                    alone.insert(items[0].key.clone());
                }
            }
        }
    }
    assert_eq!(alone, together);
}

#[test]
fn repeated_states_have_one_key_and_members_of_a_group_their_own() {
    let items = read("statuses").items;
    let key = |place: usize| items[place].key.as_str();
    assert_eq!(key(2), key(3), "read twice");
    assert_ne!(key(6), key(7), "two members");
    assert_ne!(key(0), key(1), "two states");
}

#[test]
fn escaped_text_is_read_and_broken_text_does_not_hide_the_rest() {
    let body = br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"2"},"messages":[
        {"from":"4915112345678","id":"wamid.A","timestamp":"1767225600","type":"text","text":{"body":"\u041f\u0440\u0438\u0432\u0435\u0442 \ud83d\ude00 a\/b"}},
        {"from":"4915112345678","id":"wamid.B","timestamp":"1767225600","type":"text","text":{"body":"half \ud83d and nul \u0000."}}]}}]}]}"#;
    let items = read_webhook(body).expect("JSON").items;
    let texts: Vec<String> = items
        .iter()
        .filter_map(|item| match &item.content {
            Content::Message(message) => Some(message.text()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["Привет 😀 a/b", "half \u{fffd} and nul \u{fffd}."]);
    assert!(read_webhook(b"").is_err() && read_webhook(b"{").is_err());
}

#[test]
fn a_body_that_is_nested_deeply_is_refused() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert!(read_webhook(deep.as_bytes()).is_err());
}

#[test]
fn a_large_delivery_is_read_soon() {
    let contacts: Vec<Value> = (0..9_000)
        .map(|number| json!({ "wa_id": format!("49151{number:07}"), "profile": { "name": "N" } }))
        .collect();
    let messages: Vec<Value> = (0..9_000)
        .map(|number| {
            json!({ "from": format!("49151{number:07}"), "id": format!("wamid.{number}"), "timestamp": "1767225600",
                "type": "text", "text": { "body": "x" } })
        })
        .collect();
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{ "field": "messages",
        "value": { "metadata": { "phone_number_id": "2" }, "contacts": contacts, "messages": messages } }] }] })
    .to_string();
    let started = std::time::Instant::now();
    let items = read_webhook(body.as_bytes()).expect("JSON").items;
    assert_eq!(items.len(), 9_000);
    // A debug build on a busy machine; something quadratic would need minutes.
    assert!(started.elapsed().as_secs() < 30);
}

/// The words that the schema allows, as they stand in a CHECK, or in the list of the domains.
fn allowed(constraint: &str) -> HashSet<String> {
    let schema = [
        include_str!("../../../database/00-foundation/prelude.sql"),
        include_str!("../../../database/30-channels/tables.sql"),
        include_str!("../../../database/80-integrations/tables.sql"),
    ]
    .concat();
    let line = schema
        .lines()
        .find(|line| line.contains(constraint))
        .expect("the constraint");
    let (_, check) = line
        .split_once("check (")
        .or_else(|| line.split_once("$c$value in ("))
        .expect("a check");
    let (list, _) = check.split_once(')').expect("the end of the list");
    list.split(|found: char| !found.is_ascii_lowercase() && found != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_word_for_the_database_is_one_it_takes() {
    let types = allowed("('message_type', 'text'");
    let statuses = allowed("message_delivery_tracking_delivery_status_check");
    let template_statuses = allowed("message_templates_status_check");
    let mut seen = HashSet::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/whatsapp"))
        .expect("the folder of deliveries")
        .flatten()
    {
        let body = fs::read(entry.path()).expect("a delivery");
        for item in read_webhook(&body).expect("JSON").items {
            match &item.content {
                Content::Message(message) | Content::Echo(message) => {
                    let word = message.message_type();
                    assert!(types.contains(word), "{word}");
                    seen.insert(word);
                }
                Content::Status(status) => {
                    if let Some(state) = status.state() {
                        assert!(statuses.contains(state.platform_status()), "{state:?}");
                    }
                }
                Content::Notice(notice) => {
                    if let Notice::TemplateStatus(status) = notice.as_ref() {
                        let word = status.platform_status();
                        assert!(word.is_none_or(|word| template_statuses.contains(word)));
                    }
                }
                Content::Error(_) | Content::Unknown(_) => {}
            }
        }
    }
    assert!(seen.len() >= 10, "{seen:?}");
}

#[test]
fn a_message_outside_of_the_window_is_told_apart() {
    let items = read("statuses").items;
    let classes: Vec<Class> = items
        .iter()
        .filter_map(|item| match &item.content {
            Content::Status(status) => status.errors.first().map(|error| error.class(None)),
            _ => None,
        })
        .collect();
    assert_eq!(classes, [Class::WindowClosed]);
}

#[test]
fn reasons_for_quarantine_are_told_apart() {
    let reasons: Vec<UnknownReason> = ["unknown", "not_whatsapp"]
        .iter()
        .flat_map(|name| read(name).items)
        .filter_map(|item| match item.content {
            Content::Unknown(unknown) => Some(unknown.reason),
            _ => None,
        })
        .collect();
    let shape = UnknownReason::Shape;
    assert_eq!(
        reasons,
        [
            &[UnknownReason::Field][..],
            &[shape; 10],
            &[UnknownReason::NotWhatsApp]
        ]
        .concat()
    );
}
