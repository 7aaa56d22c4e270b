//! Whatever bytes arrive at a webhook or from a browser, there is an answer: no panic, and nothing is believed by chance.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use romashka_channels::email::display::{
    DisplayOptions, RemoteImages, clean_for_display, clean_outgoing,
};
use romashka_channels::email::outgoing::{self, html, reply_address::ReplyAddresses};
use romashka_channels::email::webhook::{form_data::FormData, mailgun, postmark, sendgrid, ses};
use romashka_channels::email::{Mail, ParseOptions, smtp_reply};
use romashka_channels::sms::form::Form;
use romashka_channels::sms::inbound::InboundMessage;
use romashka_channels::sms::number::E164;
use romashka_channels::sms::opt_out::OptOutWords;
use romashka_channels::sms::signature::{Keys, Signed, SignedRequest, verify};
use romashka_channels::sms::status::StatusCallback;
use romashka_channels::sms::{answer, reply, segment};
use romashka_channels::webhooks::address::AddressGuard;
use romashka_channels::webhooks::endpoint::{Endpoint, UrlPolicy};
use romashka_channels::webhooks::signature::{ReceivedHeaders, VerifyingKey};
use romashka_channels::webhooks::{
    answer as receiver, event::Subscription, schedule, secret, signature,
};
use romashka_channels::website::{identity, input, origin::AllowedPages, session, upload};

fn form() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"AccountSid=AC1&",
        b"MessageSid=SM1&",
        b"From=%2B14155550100&",
        b"To=12345&",
        b"Body=",
        b"stop&",
        b"NumMedia=99999999999&",
        b"NumMedia=3&",
        b"MediaUrl0=x&",
        b"Latitude=inf&Longitude=1e999&",
        b"%",
        b"%ff%00",
        b"=&=&",
        b"MessageStatus=sent&",
        b"ErrorCode=-1&",
        b"timestamp=1&token=x&signature=00&",
        b"recipient=a&",
        b"message-headers=[[\"From\",\"a\"]]&",
        b"envelope={\"to\":[\"a\"]}&",
        b"headers=From: a%0a&",
        b"charsets={\"text\":\"utf-7\"}&text=+AGE-&",
    ];
    let piece = prop_oneof![
        4 => prop::sample::select(pieces).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

fn markup() -> impl Strategy<Value = String> {
    "(<(div|p|a|img|table|td|svg|style|math|noscript|/div|/p|/svg|!--|-->)( (src|href|style|onclick|width|background)=[\"']?(javascript:alert|https://t.example/1|cid:a|data:text/html,x|url\\(https://t.example\\)|1|display:none)[\"']?){0,3}>|\\PC{0,6}|&(amp|#0|lt);){0,40}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn requests_by_twilio(bytes in form(), url in "(https://|http://)?[a-z:@\\[\\]?#/'%&]{0,30}", given in "[A-Za-z0-9+/=]{0,30}") {
        let form = Form::parse(&bytes);
        let _ = InboundMessage::parse(&form, "AC1", &OptOutWords::default());
        let _ = StatusCallback::parse(&form, "AC1");
        let keys = Keys { auth_tokens: vec!["12345".into()], shared_keys: BTreeMap::new() };
        for signed in [Signed::Query, Signed::Form(&form), Signed::Bytes(&bytes)] {
            let request = SignedRequest { url: &url, signed, signature: Some(&given), settings: Some(&given) };
            prop_assert!(verify(request, &keys).is_err());
        }
        let _ = reply::read_message(201, &bytes);
        let _ = reply::read_number(200, &bytes);
    }

    #[test]
    fn texts_are_counted_and_split_without_loss(text in "(\\PC|[\\n €я😀\u{301}🇮🇹]){0,400}", limit in 2_usize..200, toll_free: bool) {
        let counted = segment::count(&text, toll_free);
        prop_assert!(counted.count >= 1 && counted.count <= text.len().max(1));
        segment::cost_hint(&text, toll_free, Some(u64::MAX));
        let pieces = segment::split(&text, limit);
        let squeeze = |text: &str| text.chars().filter(|found| !found.is_whitespace()).collect::<String>();
        prop_assert_eq!(squeeze(&pieces.concat()), squeeze(&text));
        prop_assert!(pieces.iter().all(|piece| piece.encode_utf16().count() <= limit && !piece.trim().is_empty()));
        let xml = answer::messages(&[(text, Vec::new())]);
        prop_assert_eq!(xml.matches('<').count(), xml.matches('>').count());
    }

    #[test]
    fn small_texts(text in "\\PC{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..200), code: u16, random: [u8; 32]) {
        if let Ok(number) = E164::parse(&text) {
            prop_assert!(number.as_str().starts_with('+') && number.as_str().len() <= 16);
        }
        let _ = secret::Secret::parse(&text);
        let _ = secret::PrivateKey::parse(&format!("whsk_{text}"));
        let _ = secret::PublicKey::parse(&format!("whpk_{text}"));
        let _ = Subscription::parse(&text);
        let _ = input::message(&text);
        let _ = input::email(&text);
        let _ = input::phone(&text);
        let _ = input::page(&text);
        let _ = upload::check(&text, &text, 10, &bytes);
        upload::serving_headers(None, &text);
        prop_assert!(AllowedPages::parse([text.as_str()]).map_or(true, |pages| !pages.frame_ancestors().contains([';', '\n', ','])));
        let pages = AllowedPages::parse(["example.com"]).expect("a host");
        prop_assert!(pages.allowed_origin(&text).is_none());
        let _ = session::VisitorToken::parse(&text);
        let token = session::VisitorToken::new(random);
        prop_assert_eq!(session::VisitorToken::parse(token.expose()).map(|token| token.hash()).ok(), Some(token.hash()));
        prop_assert!(identity::verify_token(&["key".into()], &text, Timestamp::UNIX_EPOCH).is_err());
        prop_assert!(identity::verify_hash(&["key".into()], &text, &text).is_err());
        prop_assert!(ReplyAddresses::new(vec![7; 32]).conversation(&text).is_none());
        for stage in [smtp_reply::Stage::Connection, smtp_reply::Stage::Login, smtp_reply::Stage::Recipient] {
            smtp_reply::explain(stage, code, &text);
        }
        outgoing::reply_subject(&text, Some(1));
        let shown = html::from_text(&text);
        prop_assert_eq!(shown.matches("<script").count(), 0);
        receiver::parse_retry_after(&text, Timestamp::UNIX_EPOCH);
        prop_assert!(receiver::excerpt(&bytes).len() <= receiver::EXCERPT_LIMIT);
        schedule::wait_after(u32::from(code), None, f64::from(code));
    }

    #[test]
    fn webhooks_are_not_believed_by_chance(id in "\\PC{0,20}", stamp in "-?[0-9]{0,20}", given in "((v1|v1a|v2),?[A-Za-z0-9+/=]{0,20} ?){0,5}", body in prop::collection::vec(any::<u8>(), 0..50)) {
        let keys = [VerifyingKey::Secret(secret::Secret::from_bytes(vec![7; 32]).expect("a secret"))];
        let headers = ReceivedHeaders { id: Some(&id), timestamp: Some(&stamp), signature: Some(&given) };
        prop_assert!(signature::verify(headers, &body, &keys, Timestamp::UNIX_EPOCH).is_err());
    }

    #[test]
    fn what_passes_the_guard_is_public(bits: u128, four: u32, text in "https://(\\PC{0,10}|[0-9x.a-f:\\[\\]@%]{0,20})(:[0-9]{0,5})?/?") {
        let guard = AddressGuard::default();
        for address in [IpAddr::V6(bits.into()), IpAddr::V4(four.into())] {
            if guard.check(address).is_ok() {
                prop_assert!(!address.is_loopback() && !address.is_multicast() && !address.is_unspecified());
            }
        }
        let mapped = IpAddr::V6(std::net::Ipv4Addr::from(four).to_ipv6_mapped());
        prop_assert_eq!(guard.check(mapped), guard.check(IpAddr::V4(four.into())));
        if let Ok(endpoint) = Endpoint::parse(&text, &UrlPolicy::default()) {
            prop_assert!(endpoint.url().username().is_empty() && endpoint.url().scheme() == "https");
            // What was read is read again as the same.
            prop_assert_eq!(&Endpoint::parse(&endpoint.to_string(), &UrlPolicy::default()).expect("a public address"), &endpoint);
        }
    }

    #[test]
    fn mails_by_providers(bytes in form(), json in "\\{(\"(Type|MessageId|TopicArn|Message|RawEmail|Headers|OriginalRecipient)\":(\"\\PC{0,5}\"|\\[\\]|1),?){0,5}\\}", boundary in "[ab\"]{0,3}") {
        for content_type in ["application/x-www-form-urlencoded".to_owned(), format!("multipart/form-data; boundary={boundary}")] {
            let form = FormData::parse(&content_type, &bytes);
            prop_assert!(mailgun::verify(&form, &"key".into(), Timestamp::UNIX_EPOCH).is_err());
            for delivered in [mailgun::read(&form), sendgrid::read(&form)].into_iter().flatten() {
                Mail::parse(&delivered.raw, &ParseOptions::default());
            }
        }
        for body in [json.as_bytes(), bytes.as_slice()] {
            let _ = postmark::read(body);
            if let Ok(message) = ses::SnsMessage::parse(body) {
                let _ = message.receipt();
            }
        }
    }

    #[test]
    fn shown_html_is_harmless(html in markup()) {
        let options = DisplayOptions {
            remote_images: RemoteImages::Blocked,
            inline_images: HashMap::from([("a".to_owned(), "https://files.example.com/a".to_owned())]),
            image_proxy: Arc::new(|_| String::new()),
        };
        let Some(shown) = clean_for_display(&html, &options) else { return Ok(()) };
        // The cleaner writes every tag in one form; in a text `<` does not occur.
        let tag = regex::Regex::new(r#"<([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>"#).expect("a pattern");
        let attribute = regex::Regex::new(r#" ([a-z-]+)="([^"]*)""#).expect("a pattern");
        let closing = shown.html.matches("</").count();
        prop_assert_eq!(tag.find_iter(&shown.html).count() + closing, shown.html.matches('<').count());
        for found in tag.captures_iter(&shown.html) {
            let name = &found[1];
            prop_assert!(!matches!(name, "script" | "style" | "svg" | "math" | "iframe" | "noscript"), "{} became {}", html, shown.html);
            for pair in attribute.captures_iter(&found[2]) {
                let value = pair[2].to_lowercase();
                let harmless = match &pair[1] {
                    "src" => value.starts_with("https://files.example.com/"),
                    "href" => value.starts_with("https:"),
                    "style" => !value.contains("url("),
                    "width" | "target" | "rel" => true,
                    _ => false,
                };
                prop_assert!(harmless, "{} became {}", html, shown.html);
            }
        }
        clean_outgoing(&html);
    }
}
