//! What Twilio sends, and texts.

use romashka_channels::sms::form::Form;
use romashka_channels::sms::inbound::InboundMessage;
use romashka_channels::sms::number::{E164, Party};
use romashka_channels::sms::opt_out::{self, OptOutWords};
use romashka_channels::sms::status::StatusCallback;
use romashka_channels::sms::{answer, encoding, reply, segment};

/// A message, a status, or an answer to a request of ours.
pub fn form(data: &[u8]) {
    let form = Form::parse(data);
    let account = form.get("AccountSid").unwrap_or("AC1").to_owned();
    let _ = InboundMessage::parse(&form, &account, &OptOutWords::default());
    if let Ok(status) = StatusCallback::parse(&form, &account) {
        assert!(status.dedupe_key().len() <= 2_000);
    }
    for status in [200, 201, 400, 429, 500] {
        let _ = reply::read_message(status, data);
        let _ = reply::read_number(status, data);
    }
}

/// A text that is counted, split and answered with.
pub fn text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let limit = data.first().map_or(160, |byte| usize::from(*byte).max(2));
    let counted = segment::count(&text, data.len().is_multiple_of(2));
    assert!(counted.count >= 1 && counted.count <= text.len().max(1));
    let pieces = segment::split(&text, limit);
    assert_eq!(super::squeezed(&pieces.concat()), super::squeezed(&text));
    for piece in &pieces {
        assert!(piece.encode_utf16().count() <= limit && !piece.trim().is_empty());
    }
    encoding::characters_outside(&encoding::simplified(&text), 10);
    let xml = answer::messages(&[(text.clone().into_owned(), Vec::new())]);
    assert_eq!(xml.matches('<').count(), xml.matches('>').count());
    if let Ok(number) = E164::parse(&text) {
        assert!(number.as_str().starts_with('+') && number.as_str().len() <= 16);
    }
    let (_, party) = Party::parse(&text);
    opt_out::read(&text, &party, &OptOutWords::default());
}
