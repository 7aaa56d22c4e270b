//! What providers post: mails, and the signatures on their requests.

use jiff::Timestamp;
use romashka_channels::email::webhook::form_data::FormData;
use romashka_channels::email::webhook::{mailgun, postmark, sendgrid, ses};
use romashka_channels::email::{Mail, ParseOptions, smtp_reply};
use romashka_channels::sms;
use romashka_channels::sms::signature::{Keys, Signed, SignedRequest};
use romashka_channels::whatsapp;
use secrecy::SecretString;

use super::{assert_file_name, lines};

/// A mail that a provider posts: the content type on the first line, then the body.
pub fn mail_webhook(data: &[u8]) {
    let ([content_type], body) = lines::<1>(data);
    let form = FormData::parse(content_type, body);
    assert!(mailgun::verify(&form, &"key".into(), Timestamp::UNIX_EPOCH).is_err());
    let mut mails = Vec::from_iter([mailgun::read(&form), sendgrid::read(&form)]);
    mails.push(postmark::read(body));
    if let Ok(message) = ses::SnsMessage::parse(body) {
        message.certificate_url();
        message.confirmation_url();
        // A certificate is taken from Amazon; whatever comes from there must not matter either.
        assert!(message.verify(body, &[&message.topic_arn]).is_err());
        let _ = message.receipt();
    }
    for delivered in mails.into_iter().flatten() {
        let mail = Mail::parse(&delivered.raw, &ParseOptions::default());
        for file in &mail.attachments {
            assert_file_name(&file.name);
        }
    }
}

/// Signatures of requests: an address, a signature and its settings on three lines, then the body. Nobody here has a key.
pub fn signature(data: &[u8]) {
    let ([url, given, settings], body) = lines::<3>(data);
    let form = sms::form::Form::parse(body);
    let keys = Keys {
        auth_tokens: vec!["a token that nobody guesses".into()],
        shared_keys: [(
            "id".to_owned(),
            SecretString::from("a key that nobody guesses"),
        )]
        .into(),
    };
    for signed in [Signed::Query, Signed::Form(&form), Signed::Bytes(body)] {
        let request = SignedRequest {
            url,
            signed,
            signature: Some(given),
            settings: Some(settings),
        };
        assert!(sms::signature::verify(request, &keys).is_err());
    }
    let secrets = [SecretString::from("a secret that nobody guesses")];
    for header in [given.as_bytes(), body] {
        assert!(whatsapp::signature::verify([header], body, &secrets).is_err());
    }
    let answered = whatsapp::signature::answer_handshake(url, &secrets[0]);
    assert!(answered.is_err(), "{answered:?}");
    assert!(mailgun::verify_signature(url, settings, given, &secrets[0]).is_err());
    assert!(
        sendgrid::verify(
            settings,
            Some(url),
            Some(given),
            body,
            Timestamp::UNIX_EPOCH
        )
        .is_err()
    );
    for stage in [
        smtp_reply::Stage::Connection,
        smtp_reply::Stage::Login,
        smtp_reply::Stage::Recipient,
    ] {
        smtp_reply::explain(stage, 550, given);
    }
}
