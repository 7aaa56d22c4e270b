//! Whatever bytes arrive, the parsers of mail answer: no panic, clean text, nothing lost.

use proptest::prelude::*;
use romashka_channels::email::mbox::{Content, MboxReader};
use romashka_channels::email::threading::{OurSide, base_subject, candidates};
use romashka_channels::email::{
    Mail, ParseOptions, charset, cms, date, header, html_quotes, html_text, parameter, quotes, tnef,
};

/// Pieces of which mails are made, so that random mails reach deep into the parsers.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static [u8]> = vec![
        b"From: =?utf-8?B?0JDQvdC90LA=?= <a@example.com>\r\n",
        b"From a@example.com Thu Jan  4 10:00:00 2024\n",
        b"Subject: =?koi8-r?Q?=F0=D2=C9?= Re: [#12]\r\n",
        b"Content-Type: multipart/mixed; boundary=\"b\"\r\n",
        b"Content-Type: multipart/related; boundary=b1; start=\"<x>\"\r\n",
        b"Content-Type: text/html; charset=windows-1251\r\n",
        b"Content-Type: text/plain; charset=utf-7; format=flowed; delsp=yes\r\n",
        b"Content-Type: application/ms-tnef; name*0*=utf-8''%D0; name*1*=%90\r\n",
        b"Content-Type: message/delivery-status\r\n",
        b"Content-Type: text/calendar; method=REQUEST\r\n",
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Length: 12\n",
        b"In-Reply-To: <a@b> <c@d\r\n",
        b"References: <\r\n\t>\r\n",
        b"Date: Mon, 31 Feb 0000 99:99:99 +9999\r\n",
        b"Authentication-Results: mx; dmarc=pass (((\r\n",
        b"Status: 5.1.1\r\nFinal-Recipient: rfc822; a@b\r\n\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"--b1\r\n",
        b"<blockquote type=cite><div class=gmail_quote>",
        b"</div></table></blockquote>&amp;&#x110000;&nbsp;",
        b"<hr><div id=appendonsend><b>From:</b>",
        b"> quoted\nOn 5 May 2025, S <s@example.com> wrote:\n",
        b"-- \nbegin 644 x\n#0V%T\n`\nend\n",
        b"\x78\x9f\x3e\x22\x01\x00",
        b"=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=",
        b"\xff\xfe\x00\xd8",
    ];
    prop_oneof![
        3 => prop::sample::select(known).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => "\\PC{0,40}".prop_map(String::into_bytes),
    ]
}

fn mail() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(fragment(), 0..40).prop_map(|fragments| fragments.concat())
}

fn assert_clean(text: &str) {
    assert!(!text.contains('\0'), "NUL in {text:?}");
    assert!(
        text.chars()
            .all(|found| !found.is_control() || matches!(found, '\n' | '\r' | '\t'))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn a_mail_comes_out_of_any_bytes(bytes in mail()) {
        let options = ParseOptions { our_servers: vec!["mx".into()], ..ParseOptions::default() };
        let parsed = Mail::parse(&bytes, &options);
        assert_clean(&parsed.text);
        assert_clean(&parsed.subject);
        assert_clean(parsed.visible_text());
        prop_assert_eq!(parsed.visible_text().is_empty(), parsed.text.trim().is_empty());
        for file in &parsed.attachments {
            prop_assert!(!file.name.is_empty() && file.name.len() <= 255);
            prop_assert!(file.name.chars().all(|found| found != '/' && found != '\\' && !found.is_control()));
        }
        prop_assert_eq!(&Mail::parse(&bytes, &options).content_hash, &parsed.content_hash);
        candidates(&parsed, &OurSide::default());
    }

    #[test]
    fn an_mbox_is_read_to_its_end(bytes in mail(), limit in 10_usize..3_000) {
        let mut end = 0;
        for entry in MboxReader::new(bytes.as_slice(), 0, limit) {
            let entry = entry.unwrap();
            prop_assert!(entry.start >= end && entry.end > entry.start, "{entry:?}");
            end = entry.end;
            if let Content::Mail(mail) = &entry.content {
                prop_assert!(mail.len() <= limit);
            }
        }
        prop_assert!(end as usize == bytes.len() || bytes[end as usize..].trim_ascii().is_empty());
    }

    #[test]
    fn texts_are_taken_apart_without_loss(text in "(\\PC{0,30}\n|> \\PC{0,10}\n|-- \n|On 5 May 2025 S <s@e.com> wrote:\n|\n){0,30}") {
        let parts = quotes::split(&text, false);
        let all = [parts.visible, parts.signature.unwrap_or_default(), parts.quoted.unwrap_or_default()].concat();
        let squeeze = |text: &str| text.chars().filter(|found| !found.is_whitespace()).collect::<String>();
        prop_assert_eq!(squeeze(&all), squeeze(&text));
    }

    #[test]
    fn html_becomes_text(html in "(<(div|p|blockquote|table|td|b|script|/div|/p|/b|!--|-->)( class=\"gmail_quote\")?>|\\PC{0,10}|&(amp|#0|#xFFFFFF);){0,60}") {
        html_text::to_text(&html);
        let parts = html_quotes::split(&html, false);
        prop_assert!(parts.visible_html.len() <= html.len());
    }

    #[test]
    fn small_parsers_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        header::parse_addresses(&bytes);
        header::parse_ids(&bytes);
        parameter::Parameterised::parse(&bytes);
        assert_clean(&header::decode_text(&bytes, Some("ru")));
        for label in [None, Some("utf-16"), Some("utf-7"), Some("iso-2022-jp"), Some("cp850"), Some("\u{0}")] {
            assert_clean(&charset::decode(&bytes, label, None).text);
        }
        tnef::read(&bytes);
        cms::signed_content(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        date::parse(&text);
        base_subject(&text);
    }
}
