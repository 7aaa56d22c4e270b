//! Mails to customers, as bytes to review and as another program reads them.

use romashka_channels::email::header::Mailbox;
use romashka_channels::email::outgoing::{
    OutgoingError, OutgoingFile, OutgoingMail, Purpose, REFERENCE_LIMIT, reply_subject,
    shorten_references,
};
use romashka_channels::email::threading::{OurSide, ThreadKey, candidates};
use romashka_channels::email::{Mail, ParseOptions};
use uuid::Uuid;

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox {
        name: name.to_owned(),
        address: address.to_owned(),
    }
}

fn answer() -> OutgoingMail {
    OutgoingMail {
        conversation: Uuid::from_u128(0x018f_2c1a_7e2b_7c3d_9e4f_0123_4567_89ab),
        message: Uuid::from_u128(0x018f_2c1a_7e2b_7c3d_9e4f_0123_4567_89ac),
        message_id_host: "mail.example.com".to_owned(),
        date: "2026-01-02T03:04:05Z".parse().expect("a time"),
        from: mailbox("Анна via Ромашка, Ltd.", "support@example.com"),
        reply_to: Some(mailbox("Support", "support+aeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqc@example.com")),
        to: vec![mailbox("Иван \"Петров\"", "ivan@customer.example")],
        cc: vec![mailbox("", "boss@customer.example")],
        bcc: vec![mailbox("", "archive@example.com")],
        subject: reply_subject("AW: Re: Заказ № 5 — where is it, and could you please also tell me when it will arrive?", Some(1042)),
        in_reply_to: Some("customer-2@customer.example".to_owned()),
        references: vec!["customer-1@customer.example".to_owned(), "our-1@mail.example.com".to_owned()],
        text: "Добрый день!\n\nYour order is here: https://example.com/o?id=5&x=1.\n  <ok>\n.\nFrom me".to_owned(),
        html: None,
        signature: Some("Анна\nРомашка".to_owned()),
        files: Vec::new(),
        purpose: Purpose::Human,
    }
}

fn file(name: &str, content_type: &str, content_id: Option<&str>) -> OutgoingFile {
    OutgoingFile {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        content_id: content_id.map(str::to_owned),
        data: (0..=255).collect(),
    }
}

fn read(bytes: &[u8]) -> Mail {
    Mail::parse(bytes, &ParseOptions::default())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec())
        .expect("a mail is ASCII")
        .replace('\r', "")
}

#[test]
fn an_answer_of_a_person() {
    let rendered = answer().render().expect("a mail");
    insta::assert_snapshot!("written_answer", text(&rendered.bytes));
    assert!(rendered.bytes.is_ascii());
    assert_eq!(rendered.bytes, answer().render().expect("a mail").bytes);
    assert!(text(&rendered.bytes).lines().all(|line| line.len() <= 998));
    assert_eq!(
        rendered.envelope_from.as_deref(),
        Some("support@example.com")
    );
    assert_eq!(
        rendered.recipients,
        [
            "ivan@customer.example",
            "boss@customer.example",
            "archive@example.com"
        ]
    );
    assert!(!text(&rendered.bytes).contains("archive@"));

    let mail = read(&rendered.bytes);
    assert_eq!(mail.subject, answer().subject);
    assert_eq!(mail.from[0], answer().from);
    assert_eq!(mail.to[0].name, "Иван \"Петров\"");
    assert_eq!(
        mail.message_id.as_deref(),
        Some(rendered.message_id.as_str())
    );
    assert_eq!(
        mail.references,
        [
            "customer-1@customer.example",
            "our-1@mail.example.com",
            "customer-2@customer.example"
        ]
    );
    assert_eq!(mail.visible_text(), answer().text);
    assert!(!mail.automatic.is_quiet(&[]));
    let our_side = OurSide {
        addresses: vec!["support@example.com".to_owned()],
        message_id_hosts: vec!["mail.example.com".to_owned()],
    };
    // An answer to this mail finds the conversation by the id alone.
    let reply = format!("In-Reply-To: <{}>\r\n\r\nok", rendered.message_id);
    let keys = candidates(&read(reply.as_bytes()), &our_side);
    assert!(keys.contains(&ThreadKey::OwnMessageId {
        conversation: answer().conversation
    }));
}

#[test]
fn files_and_pictures() {
    let mail = OutgoingMail {
        html: Some(
            "<p>Look: <img src=\"cid:pic@1\" onerror=\"x\"></p><script>alert(1)</script>"
                .to_owned(),
        ),
        files: vec![
            file(
                "../Счёт на оплату за январь две тысячи двадцать шестого года.pdf",
                "application/pdf",
                None,
            ),
            file("logo.png", "image/png", Some("pic@1")),
        ],
        ..answer()
    };
    let rendered = mail.render().expect("a mail");
    insta::assert_snapshot!("written_with_files", text(&rendered.bytes));
    let back = read(&rendered.bytes);
    let names: Vec<(&str, bool)> = back
        .attachments
        .iter()
        .map(|file| (file.name.as_str(), file.inline))
        .collect();
    assert_eq!(
        names,
        [
            ("logo.png", true),
            (
                "Счёт на оплату за январь две тысячи двадцать шестого года.pdf",
                false
            )
        ]
    );
    assert!(
        back.attachments
            .iter()
            .all(|file| file.data == (0..=255).collect::<Vec<u8>>())
    );
}

#[test]
fn mails_of_programs_say_so() {
    for (purpose, name) in [
        (Purpose::AutomaticReply, "written_automatic_reply"),
        (Purpose::AutomaticNotice, "written_automatic_notice"),
        (
            Purpose::Bulk {
                list_id: "news.example.com".to_owned(),
                unsubscribe_url: "https://example.com/u/abc".parse().expect("a URL"),
                unsubscribe_mail: Some("unsubscribe@example.com".to_owned()),
            },
            "written_bulk",
        ),
    ] {
        let is_reply = purpose == Purpose::AutomaticReply;
        let rendered = OutgoingMail {
            purpose,
            ..answer()
        }
        .render()
        .expect("a mail");
        let head = text(&rendered.bytes)
            .split("\n\n")
            .next()
            .unwrap_or_default()
            .to_owned();
        insta::assert_snapshot!(name, head);
        assert!(read(&rendered.bytes).automatic.is_quiet(&[]), "{name}");
        assert_eq!(rendered.envelope_from.is_none(), is_reply);
    }
}

type Change = Box<dyn Fn(&mut OutgoingMail)>;

#[test]
fn nobody_adds_a_header() {
    let attack = "x\r\nBcc: everybody@example.com";
    let changes: Vec<(&str, Change)> = vec![
        (
            "subject",
            Box::new(move |mail| mail.subject = attack.to_owned()),
        ),
        (
            "name",
            Box::new(move |mail| mail.to[0].name = attack.to_owned()),
        ),
        (
            "address",
            Box::new(move |mail| mail.to[0].address = format!("a@b.example{attack}")),
        ),
        (
            "from",
            Box::new(move |mail| mail.from.name = attack.to_owned()),
        ),
        (
            "reply_to",
            Box::new(move |mail| mail.reply_to = Some(mailbox(attack, "a@b.example"))),
        ),
        (
            "bcc",
            Box::new(move |mail| mail.bcc[0].address = attack.to_owned()),
        ),
        (
            "in_reply_to",
            Box::new(move |mail| mail.in_reply_to = Some(attack.to_owned())),
        ),
        (
            "in_reply_to",
            Box::new(move |mail| mail.in_reply_to = Some("a> <b".to_owned())),
        ),
        (
            "references",
            Box::new(move |mail| mail.references = vec![attack.to_owned()]),
        ),
        (
            "host",
            Box::new(move |mail| mail.message_id_host = attack.to_owned()),
        ),
        (
            "content id",
            Box::new(move |mail| mail.files = vec![file("a", "image/png", Some(attack))]),
        ),
        (
            "list",
            Box::new(move |mail| {
                mail.purpose = Purpose::Bulk {
                    list_id: attack.to_owned(),
                    unsubscribe_url: "https://example.com/".parse().expect("a URL"),
                    unsubscribe_mail: None,
                };
            }),
        ),
    ];
    for (field, change) in changes {
        let mut mail = answer();
        change(&mut mail);
        let error = mail.render().err();
        assert!(
            matches!(
                error,
                Some(OutgoingError::Injection(_) | OutgoingError::Address(_))
            ),
            "{field}: {error:?}"
        );
    }
    let mail = OutgoingMail {
        files: vec![file("a\r\nX-Evil: 1.pdf", "application/pdf", None)],
        ..answer()
    };
    let rendered = mail.render().expect("a mail with a clean name");
    assert!(!text(&rendered.bytes).contains("\nX-Evil"));
    let mail = OutgoingMail {
        files: vec![file("a", "text/plain\r\nX-Evil: 1", None)],
        ..answer()
    };
    assert!(
        mail.render()
            .map_or(true, |rendered| !text(&rendered.bytes).contains("\nX-Evil"))
    );
}

#[test]
fn mails_that_are_not_sent() {
    let refused = |change: fn(&mut OutgoingMail)| {
        let mut mail = answer();
        change(&mut mail);
        mail.render().err()
    };
    assert!(matches!(
        refused(|mail| mail.text = " ".to_owned()),
        Some(OutgoingError::Empty)
    ));
    assert!(matches!(
        refused(|mail| {
            mail.to.clear();
            mail.cc.clear();
        }),
        Some(OutgoingError::NoRecipient)
    ));
    assert!(matches!(
        refused(|mail| mail.to = vec![mailbox("", "a@b.example"); 101]),
        Some(OutgoingError::TooManyRecipients)
    ));
    assert!(matches!(
        refused(|mail| mail.to = vec![mailbox("", "nobody")]),
        Some(OutgoingError::Address(_))
    ));
    assert!(matches!(
        refused(|mail| mail.subject = "a".repeat(901)),
        Some(OutgoingError::TooLong("subject"))
    ));
    assert!(matches!(
        refused(|mail| {
            mail.files = vec![OutgoingFile {
                data: vec![0; 20 * 1024 * 1024],
                ..file("a", "x/y", None)
            }];
        }),
        Some(OutgoingError::TooLarge(_))
    ));
}

#[test]
fn long_threads_keep_their_beginning_and_their_end() {
    let ids: Vec<String> = (0..50)
        .map(|number| format!("{number}@e.example"))
        .collect();
    let short = shorten_references(&ids);
    assert_eq!(short.len(), REFERENCE_LIMIT);
    assert_eq!(
        (short[0].as_str(), short[1].as_str(), short[19].as_str()),
        ("0@e.example", "31@e.example", "49@e.example")
    );
    let twice = ["a@e".to_owned(), "a@e".to_owned(), "b@e".to_owned()];
    assert_eq!(shorten_references(&twice), ["a@e", "b@e"]);
}

#[test]
fn subjects_of_answers() {
    for (subject, number, expected) in [
        ("Order", None, "Re: Order"),
        ("Re: AW: Order", None, "Re: Order"),
        ("Order", Some(7), "Re: [#7] Order"),
        ("Re: [#7] Order", Some(7), "Re: [#7] Order"),
        ("", None, "Re:"),
    ] {
        assert_eq!(reply_subject(subject, number), expected);
    }
}
