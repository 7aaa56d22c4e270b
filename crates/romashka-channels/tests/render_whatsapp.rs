//! Messages to customers and the requests that send them, as they leave: the snapshots are for people to review.

use std::collections::BTreeMap;

use romashka_channels::request::{Body, OutboundRequest};
use romashka_channels::whatsapp::answer::{SendFailure, read_answer};
use romashka_channels::whatsapp::api::{self, Account, ApiVersion, GraphId, Number, PathError};
use romashka_channels::whatsapp::errors::{Class, Throttle};
use romashka_channels::whatsapp::interactive::{
    Action, Header, Interactive, ReplyButton, Row, Section,
};
use romashka_channels::whatsapp::media::MediaKind;
use romashka_channels::whatsapp::outbound::{
    CallbackData, MediaSource, OutboundContent, OutboundMessage, Recipient, Refusal,
};
use romashka_channels::whatsapp::template::{
    Component, Parameter, ParameterValue, Template, TemplateMessage, TemplatePage, TemplateValues,
    placeholders,
};
use secrecy::SecretString;
use serde_json::{Value, json};

fn number() -> Number {
    Number {
        version: ApiVersion::default(),
        id: GraphId::parse("106540352242922").expect("an id"),
    }
}

fn account() -> Account {
    Account {
        version: ApiVersion::default(),
        id: GraphId::parse("102290129340398").expect("an id"),
    }
}

fn message(content: OutboundContent) -> OutboundMessage {
    OutboundMessage {
        recipient: Recipient::Phone("+4915112345678".to_owned()),
        content,
        reply_to: None,
        callback_data: None,
    }
}

fn text(body: &str) -> OutboundContent {
    OutboundContent::Text {
        body: body.to_owned(),
        preview_url: false,
    }
}

fn media(kind: MediaKind, caption: Option<&str>) -> OutboundContent {
    OutboundContent::Media {
        kind,
        source: MediaSource::Id("1003383421387256".to_owned()),
        caption: caption.map(str::to_owned),
        file_name: Some("invoice.pdf".to_owned()),
    }
}

fn buttons(titles: &[&str]) -> Interactive {
    Interactive {
        header: None,
        body: "Shall we send it again?".to_owned(),
        footer: None,
        action: Action::Buttons(
            titles
                .iter()
                .enumerate()
                .map(|(number, title)| ReplyButton {
                    id: format!("b{number}"),
                    title: (*title).to_owned(),
                })
                .collect(),
        ),
    }
}

fn rows(count: usize) -> Vec<Row> {
    (0..count)
        .map(|number| Row {
            id: format!("r{number}"),
            title: format!("Row {number}"),
            description: (number == 0).then(|| "The first one".to_owned()),
        })
        .collect()
}

fn list(sections: Vec<Section>) -> Interactive {
    Interactive {
        header: Some(Header::Text("Ways".to_owned())),
        body: "How shall we send it?".to_owned(),
        footer: Some("Prices include tax".to_owned()),
        action: Action::List {
            button: "Choose".to_owned(),
            sections,
        },
    }
}

fn section(title: &str, count: usize, first: usize) -> Section {
    let mut rows = rows(count);
    for (number, row) in rows.iter_mut().enumerate() {
        row.id = format!("r{}", first + number);
    }
    Section {
        title: Some(title.to_owned()),
        rows,
    }
}

fn shown(request: &OutboundRequest) -> Value {
    json!({
        "method": request.method.as_str(),
        "target": request.target.as_str(),
        "body": match &request.body {
            Body::Json(value) => value.clone(),
            Body::Empty => Value::Null,
            Body::Multipart { fields, file } => json!({ "fields": fields, "file": format!("{file:?}") }),
            other => json!(format!("{other:?}")),
        },
    })
}

#[test]
fn messages_leave_as_reviewed() {
    let template = TemplateMessage {
        name: "order_shipped".to_owned(),
        language: "en_US".to_owned(),
        components: vec![
            Component::Header(vec![Parameter::of(ParameterValue::Media {
                kind: MediaKind::Document,
                source: MediaSource::Link("https://example.com/invoice.pdf".to_owned()),
                file_name: Some("invoice.pdf".to_owned()),
            })]),
            Component::Body(vec![
                Parameter::of(ParameterValue::Text("Anna".to_owned())),
                Parameter::of(ParameterValue::Currency {
                    fallback: "€10.50".to_owned(),
                    code: "EUR".to_owned(),
                    amount_1000: 10_500,
                }),
                Parameter::of(ParameterValue::DateTime {
                    fallback: "Monday".to_owned(),
                }),
            ]),
            Component::Button {
                index: 0,
                kind: romashka_channels::whatsapp::template::TemplateButtonKind::QuickReply,
                parameters: vec![Parameter::of(ParameterValue::Payload("stop".to_owned()))],
            },
        ],
    };
    let all: Vec<(&str, OutboundMessage)> = vec![
        (
            "text_answer",
            OutboundMessage {
                reply_to: Some("wamid.THEIRS".to_owned()),
                callback_data: Some(CallbackData {
                    delivery: "0190f6a2-0000-7000-8000-000000000001"
                        .parse()
                        .expect("a UUID"),
                    part: 0,
                }),
                ..message(text("It arrives tomorrow."))
            },
        ),
        (
            "text_to_user_id",
            OutboundMessage {
                recipient: Recipient::parse("US.13491208655302741918").expect("a recipient"),
                ..message(text("Hello"))
            },
        ),
        (
            "text_to_group",
            OutboundMessage {
                recipient: Recipient::Group("Y2FwaV9ncm91cDoxNzA1".to_owned()),
                ..message(text("Hello"))
            },
        ),
        ("image", message(media(MediaKind::Image, Some("The cup")))),
        (
            "document",
            message(media(MediaKind::Document, Some("The invoice"))),
        ),
        ("audio", message(media(MediaKind::Audio, None))),
        ("voice", message(media(MediaKind::Voice, None))),
        ("sticker", message(media(MediaKind::Sticker, None))),
        (
            "video_by_link",
            message(OutboundContent::Media {
                kind: MediaKind::Video,
                source: MediaSource::Link("https://example.com/film.mp4".to_owned()),
                caption: None,
                file_name: None,
            }),
        ),
        (
            "location",
            message(OutboundContent::Location {
                latitude: 52.5,
                longitude: 13.4,
                name: Some("The shop".to_owned()),
                address: None,
            }),
        ),
        (
            "contacts",
            message(OutboundContent::Contacts(vec![json!({
                "name": { "formatted_name": "Ivan Orlov", "first_name": "Ivan" },
                "phones": [{ "phone": "+7 900 000-00-00" }],
            })])),
        ),
        (
            "reaction",
            message(OutboundContent::Reaction {
                message_id: "wamid.THEIRS".to_owned(),
                emoji: Some("👍".to_owned()),
            }),
        ),
        (
            "reaction_taken_back",
            message(OutboundContent::Reaction {
                message_id: "wamid.THEIRS".to_owned(),
                emoji: None,
            }),
        ),
        (
            "buttons",
            message(OutboundContent::Interactive(Interactive {
                header: Some(Header::Media(
                    MediaKind::Image,
                    MediaSource::Id("5".to_owned()),
                )),
                ..buttons(&["Yes", "No"])
            })),
        ),
        (
            "list",
            message(OutboundContent::Interactive(list(vec![
                section("Fast", 2, 0),
                section("Slow", 1, 2),
            ]))),
        ),
        (
            "link",
            message(OutboundContent::Interactive(Interactive {
                action: Action::Link {
                    label: "Follow it".to_owned(),
                    url: "https://example.com/parcel/1".to_owned(),
                },
                ..buttons(&[])
            })),
        ),
        (
            "location_request",
            message(OutboundContent::Interactive(Interactive {
                action: Action::ShareLocation,
                ..buttons(&[])
            })),
        ),
        (
            "contact_request",
            message(OutboundContent::Interactive(Interactive {
                action: Action::ShareContact,
                ..buttons(&[])
            })),
        ),
        ("template", message(OutboundContent::Template(template))),
    ];
    let mut requests = BTreeMap::new();
    for (name, message) in &all {
        let request = number().send(message).expect("within the limits");
        assert_eq!(request.target.as_str(), "/v24.0/106540352242922/messages");
        assert_eq!(message.content.needs_open_window(), *name != "template");
        let Body::Json(body) = request.body else {
            panic!("{name} is not JSON");
        };
        requests.insert(*name, body);
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&requests).expect("plain values"));
}

#[test]
fn other_requests_leave_as_reviewed() {
    let id = GraphId::parse("1003383421387256").expect("an id");
    let token = SecretString::from("verify-me");
    let all = [
        number().check(),
        number().mark_read("wamid.THEIRS", false),
        number().mark_read("wamid.THEIRS", true),
        number()
            .upload_media(
                MediaKind::Voice,
                "../a voice.ogg",
                "audio/ogg; codecs=opus",
                1_000,
            )
            .expect("within the limits"),
        number().media_address(&id),
        number().delete_media(&id),
        number()
            .block(&["+4915112345678".to_owned()], true)
            .expect("one"),
        number()
            .block(&["+4915112345678".to_owned()], false)
            .expect("one"),
        api::download_media("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1")
            .expect("Meta"),
        account().templates(None),
        account().templates(Some("QVFIUm&x=1")),
        account().subscribe(None),
        account().subscribe(Some((
            "https://support.example.com/webhooks/whatsapp/1",
            &token,
        ))),
        account().subscriptions(),
    ];
    for request in &all {
        let logged = format!("{request:?}");
        assert!(
            !logged.contains("verify-me") && !logged.contains("wamid"),
            "{logged}"
        );
    }
    let shown: Vec<Value> = all.iter().map(shown).collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown).expect("plain values"));
}

#[test]
fn what_the_api_would_refuse_is_not_sent() {
    let interactive = OutboundContent::Interactive;
    let long = |length: usize| "я".repeat(length);
    let template = |name: &str, components: Vec<Component>| {
        OutboundContent::Template(TemplateMessage {
            name: name.to_owned(),
            language: "en".to_owned(),
            components,
        })
    };
    let named = |name: Option<&str>| Parameter {
        name: name.map(str::to_owned),
        value: ParameterValue::Text("x".to_owned()),
    };
    let with = |change: fn(&mut Interactive), base: Interactive| {
        let mut changed = base;
        change(&mut changed);
        interactive(changed)
    };
    let mut twice = list(vec![section("A", 2, 0), section("B", 2, 1)]);
    twice.footer = None;
    let cases: Vec<(&str, OutboundContent, &str)> = vec![
        ("empty", text(" \n"), "the text is empty"),
        (
            "long",
            text(&long(4_097)),
            "the text has 4097 characters, 4096 are allowed",
        ),
        (
            "caption",
            media(MediaKind::Image, Some(&long(1_025))),
            "the caption has 1025 characters, 1024 are allowed",
        ),
        (
            "caption of sound",
            media(MediaKind::Audio, Some("x")),
            "the caption must be left out for sound and stickers",
        ),
        (
            "link",
            OutboundContent::Media {
                kind: MediaKind::Image,
                source: MediaSource::Link("file:///etc/passwd".to_owned()),
                caption: None,
                file_name: None,
            },
            "the file's link must be a link that begins with https:// or http://",
        ),
        (
            "place",
            OutboundContent::Location {
                latitude: 91.0,
                longitude: 0.0,
                name: None,
                address: None,
            },
            "the place must be at most 90 degrees north or south and 180 east or west",
        ),
        (
            "place nowhere",
            OutboundContent::Location {
                latitude: f64::NAN,
                longitude: 0.0,
                name: None,
                address: None,
            },
            "the place must be at most 90 degrees north or south and 180 east or west",
        ),
        (
            "contact",
            OutboundContent::Contacts(vec![json!({ "name": { "formatted_name": "A" } })]),
            "a contact must be given with formatted_name and one more part of the name",
        ),
        (
            "contacts",
            OutboundContent::Contacts(vec![]),
            "the list of contacts is empty",
        ),
        (
            "no button",
            interactive(buttons(&[])),
            "there are 0 buttons, 1 to 3 are allowed",
        ),
        (
            "four buttons",
            interactive(buttons(&["a", "b", "c", "d"])),
            "there are 4 buttons, 1 to 3 are allowed",
        ),
        (
            "equal buttons",
            interactive(buttons(&["a", "a"])),
            "two of the titles of the buttons are the same",
        ),
        (
            "long button",
            interactive(buttons(&["123456789012345678901"])),
            "the title of a button has 21 characters, 20 are allowed",
        ),
        (
            "long body",
            with(|message| message.body = "x".repeat(1_025), buttons(&["a"])),
            "the body has 1025 characters, 1024 are allowed",
        ),
        (
            "long footer",
            with(
                |message| message.footer = Some("x".repeat(61)),
                buttons(&["a"]),
            ),
            "the footer has 61 characters, 60 are allowed",
        ),
        (
            "long header",
            with(
                |message| message.header = Some(Header::Text("x".repeat(61))),
                buttons(&["a"]),
            ),
            "the header has 61 characters, 60 are allowed",
        ),
        (
            "sound as header",
            with(
                |message| {
                    message.header = Some(Header::Media(
                        MediaKind::Audio,
                        MediaSource::Id("1".to_owned()),
                    ))
                },
                buttons(&["a"]),
            ),
            "the header must be a text, a picture, a film or a document",
        ),
        (
            "picture above a list",
            with(
                |message| {
                    message.header = Some(Header::Media(
                        MediaKind::Image,
                        MediaSource::Id("1".to_owned()),
                    ))
                },
                list(vec![section("A", 1, 0)]),
            ),
            "the header must be a text",
        ),
        (
            "no section",
            interactive(list(vec![])),
            "there are 0 sections, 1 to 10 are allowed",
        ),
        (
            "eleven rows",
            interactive(list(vec![section("A", 6, 0), section("B", 5, 6)])),
            "there are 11 rows, 1 to 10 are allowed",
        ),
        (
            "equal rows",
            interactive(twice),
            "two of the ids of the rows are the same",
        ),
        (
            "section without title",
            interactive(list(vec![section("", 1, 0), section("B", 1, 1)])),
            "the title of a section is empty",
        ),
        (
            "request with footer",
            with(
                |message| {
                    message.footer = Some("x".to_owned());
                    message.action = Action::ShareLocation;
                },
                buttons(&[]),
            ),
            "a request must be sent without header and footer",
        ),
        (
            "template's name",
            template("Order Shipped", vec![]),
            "the name of the template must be small letters, digits and underscores",
        ),
        (
            "mixed parameters",
            template(
                "a",
                vec![Component::Body(vec![named(None), named(Some("x"))])],
            ),
            "the parameters of a template must be either all named or none",
        ),
        (
            "empty parameter",
            template(
                "a",
                vec![Component::Body(vec![Parameter::of(ParameterValue::Text(
                    String::new(),
                ))])],
            ),
            "a parameter of the template is empty",
        ),
    ];
    for (name, content, expected) in cases {
        let refused = number().send(&message(content)).expect_err(name);
        assert_eq!(refused.to_string(), expected, "{name}");
    }
    let answered = OutboundMessage {
        reply_to: Some("wamid.A".to_owned()),
        ..message(OutboundContent::Reaction {
            message_id: "wamid.A".to_owned(),
            emoji: None,
        })
    };
    assert!(matches!(answered.json(), Err(Refusal::Form { .. })));
}

#[test]
fn files_that_would_be_refused_are_not_uploaded() {
    let upload = |kind, content_type: &str, size| {
        number().upload_media(kind, "f", content_type, size).is_ok()
    };
    for (kind, content_type, limit) in [
        (MediaKind::Image, "image/png", 5 << 20),
        (MediaKind::Video, "video/mp4", 16 << 20),
        (MediaKind::Audio, "audio/mpeg", 16 << 20),
        (MediaKind::Document, "application/pdf", 100 << 20),
        (MediaKind::Sticker, "image/webp", 500 << 10),
    ] {
        assert!(upload(kind, content_type, limit), "{kind:?}");
        assert!(!upload(kind, content_type, limit + 1), "{kind:?}");
        assert!(!upload(kind, content_type, 0), "{kind:?}");
    }
    assert!(!upload(MediaKind::Image, "image/svg+xml", 10));
    assert!(!upload(MediaKind::Voice, "audio/mpeg", 10));
}

#[test]
fn an_id_cannot_become_another_path() {
    for text in ["", "1/../2", "1?x", "1%2f", "me", &"1".repeat(41)] {
        assert!(
            matches!(GraphId::parse(text), Err(PathError::Id(_))),
            "{text}"
        );
    }
    for text in ["24.0", "v24", "v24.0/x", "v.0", "v2400.0"] {
        assert!(
            matches!(ApiVersion::parse(text), Err(PathError::Version(_))),
            "{text}"
        );
    }
    assert_eq!(
        api::download_media("https://example.org/").err(),
        Some(PathError::Host)
    );
}

#[test]
fn recipients_are_numbers_with_their_country_or_user_ids() {
    for written in ["+49 (151) 1234-5678", "4915112345678", "+4915112345678"] {
        assert_eq!(
            Recipient::parse(written),
            Ok(Recipient::Phone("+4915112345678".to_owned()))
        );
    }
    for written in ["", "+", "12345", "0x15112345", "anna@example.com", "US."] {
        assert!(Recipient::parse(written).is_err(), "{written}");
    }
}

#[test]
fn a_long_text_becomes_messages_of_one_delivery() {
    let recipient = Recipient::Phone("+4915112345678".to_owned());
    let delivery = "0190f6a2-0000-7000-8000-000000000001"
        .parse()
        .expect("a UUID");
    let body = format!(
        "{}\n\n{}",
        "a ".repeat(1_500),
        "https://example.com ".repeat(100)
    );
    let messages = OutboundMessage::texts(&recipient, &body, Some("wamid.A"), Some(delivery));
    assert_eq!(messages.len(), 2);
    for (part, message) in messages.iter().enumerate() {
        let json = message.json().expect("within the limits");
        assert_eq!(json["context"].is_object(), part == 0);
        assert_eq!(json["text"]["preview_url"], json!(part == 1));
        let data = json["biz_opaque_callback_data"].as_str().expect("data");
        assert_eq!(
            CallbackData::parse(data),
            Some(CallbackData {
                delivery,
                part: u16::try_from(part).expect("small")
            })
        );
    }
    assert_eq!(CallbackData::parse("another program's"), None);
}

#[test]
fn answers_of_the_api_are_told_apart() {
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    let read = |status, header: Option<&str>, body: &str, attempt| {
        read_answer(status, header, body.as_bytes(), attempt, now)
    };
    let accepted = read(
        200,
        None,
        r#"{"messaging_product":"whatsapp","contacts":[{"input":"+16505551234","wa_id":"16505551234","user_id":"US.1"}],"messages":[{"id":"wamid.X","message_status":"held_for_quality_assessment"}]}"#,
        1,
    )
    .expect("accepted");
    assert_eq!(accepted.message_id, "wamid.X");
    assert!(accepted.is_held);
    let customer = accepted.customer.expect("a customer");
    assert_eq!(customer.ids().collect::<Vec<_>>(), ["16505551234", "US.1"]);

    let error = |code: i64| format!(r#"{{"error":{{"message":"x","code":{code}}}}}"#);
    let refused = |status, header, code, attempt| match read(status, header, &error(code), attempt)
    {
        Err(SendFailure::Refused {
            class, retry_after, ..
        }) => (class, retry_after.map(|wait| wait.as_secs())),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(400, None, 131_056, 3),
        (Class::Passing(Throttle::Pair), Some(64))
    );
    assert_eq!(
        refused(400, Some("7"), 131_056, 3),
        (Class::Passing(Throttle::Pair), Some(7))
    );
    assert_eq!(
        refused(400, None, 130_429, 1),
        (Class::Passing(Throttle::Number), None)
    );
    assert_eq!(refused(400, None, 131_047, 1), (Class::WindowClosed, None));
    assert_eq!(refused(401, None, 190, 1), (Class::Authorisation, None));
    assert_eq!(
        refused(500, None, 131_000, 1),
        (Class::Passing(Throttle::None), None)
    );

    // A lost answer is never repeated blindly.
    for (status, body) in [
        (200, ""),
        (200, r#"{"messages":[]}"#),
        (502, "<html>"),
        (504, ""),
    ] {
        assert_eq!(
            read(status, None, body, 1),
            Err(SendFailure::Uncertain {
                http_status: status
            })
        );
    }
    assert!(matches!(
        read(429, Some("30"), "", 1),
        Err(SendFailure::Status {
            class: Class::Passing(Throttle::Number),
            retry_after: Some(_),
            ..
        })
    ));
    assert!(matches!(
        read(404, None, "", 1),
        Err(SendFailure::Status {
            class: Class::Permanent,
            ..
        })
    ));
}

fn templates() -> TemplatePage {
    let body = json!({
        "data": [
            { "id": "594425479261596", "name": "order_shipped", "language": "en", "category": "UTILITY", "status": "APPROVED",
              "parameter_format": "POSITIONAL",
              "components": [
                { "type": "HEADER", "format": "TEXT", "text": "Order {{1}}" },
                { "type": "BODY", "text": "Hello {{2}}, your order {{1}} is on its way. Yours, {{3}}!" },
                { "type": "FOOTER", "text": "Reply STOP to hear no more" },
                { "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "Thanks" },
                    { "type": "URL", "text": "Follow", "url": "https://example.com/{{1}}" } ] } ] },
            { "id": 7, "name": "named", "language": "ru", "category": "MARKETING", "status": "PAUSED", "parameter_format": "NAMED",
              "components": [
                { "type": "HEADER", "format": "IMAGE" },
                { "type": "BODY", "text": "Здравствуйте, {{ first_name }}! {{first_name}}, скидка {{discount}} ваша." } ] },
            { "name": "without id" },
        ],
        "paging": { "cursors": { "before": "B", "after": "AFTER" }, "next": "https://graph.facebook.com/v24.0/1?access_token=secret" },
    });
    TemplatePage::read(body.to_string().as_bytes()).expect("JSON")
}

fn values(texts: &[(&str, &str)]) -> TemplateValues {
    TemplateValues {
        texts: texts
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..TemplateValues::default()
    }
}

#[test]
fn the_accounts_templates_are_read_page_by_page() {
    let page = templates();
    assert_eq!(page.next.as_deref(), Some("AFTER"));
    assert_eq!(page.unreadable.len(), 1);
    let states: Vec<_> = page
        .templates
        .iter()
        .map(|template| (template.platform_status(), template.platform_category()))
        .collect();
    assert_eq!(
        states,
        [
            (Some("approved"), Some("utility")),
            (Some("pending"), Some("marketing"))
        ]
    );
    let last =
        TemplatePage::read(br#"{"data":[],"paging":{"cursors":{"after":"X"}}}"#).expect("JSON");
    assert_eq!(last.next, None);
}

#[test]
fn a_template_is_filled_and_read_as_the_customer_reads_it() {
    let page = templates();
    let [shipped, named]: &[Template; 2] =
        page.templates.as_slice().try_into().expect("two templates");
    let mut given = values(&[
        ("header.1", "#12"),
        ("1", "#12"),
        ("2", "Anna"),
        ("3", "Romashka {{1}}"),
    ]);
    assert_eq!(
        shipped.fill(&given),
        Err(Refusal::ValueMissing {
            name: "button 2".to_owned()
        })
    );
    given
        .buttons
        .insert(1, ParameterValue::Text("parcel/12".to_owned()));
    let mut personal = values(&[("first_name", "Анна"), ("discount", "10 %")]);
    personal.header = Some(ParameterValue::Media {
        kind: MediaKind::Image,
        source: MediaSource::Id("5".to_owned()),
        file_name: None,
    });
    let filled: Vec<Value> = [(shipped, &given), (named, &personal)]
        .into_iter()
        .map(|(template, values)| {
            let message = message(OutboundContent::Template(template.fill(values).expect("all values")));
            json!({ "sent": message.json().expect("within the limits"), "read": template.text(values) })
        })
        .collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&filled).expect("plain values"));

    for (template, values, missing) in [
        (
            shipped,
            values(&[("1", "a"), ("2", "b"), ("3", "c")]),
            "header.1",
        ),
        (
            shipped,
            values(&[("header.1", "x"), ("1", "a"), ("3", "c")]),
            "2",
        ),
        (
            shipped,
            values(&[("header.1", "x"), ("1", "a"), ("2", " "), ("3", "c")]),
            "2",
        ),
        (
            named,
            values(&[("first_name", "a"), ("discount", "b")]),
            "the header (image)",
        ),
    ] {
        assert_eq!(
            template.fill(&values),
            Err(Refusal::ValueMissing {
                name: missing.to_owned()
            })
        );
    }
    assert_eq!(
        placeholders("{{10}} {{2}} {{2}} {{ 1 }} {{a b}} {{}}"),
        ["1", "2", "10"]
    );
}

#[test]
fn an_agent_reads_what_was_offered() {
    assert_eq!(
        buttons(&["Yes", "No"]).text(),
        "Shall we send it again?\n[Yes]\n[No]"
    );
    assert_eq!(
        list(vec![section("Fast", 2, 0)]).text(),
        "How shall we send it?\n• Row 0\n• Row 1"
    );
}
