//! What Meta sends and answers.

use romashka_channels::whatsapp::split::{TEXT_LIMIT, length, split};
use romashka_channels::whatsapp::webhook::Content;
use romashka_channels::whatsapp::{
    answer as answers, customer, errors, media, notice, outbound, read_webhook, template, window,
};

use super::{assert_clean, assert_file_name, lines};

/// A delivery of messages, statuses and notices.
pub fn webhook(data: &[u8]) {
    let Ok(delivery) = read_webhook(data) else {
        return;
    };
    assert_eq!(Ok(&delivery), read_webhook(data).as_ref().map_err(|_| ()));
    for item in &delivery.items {
        assert!(item.key.len() <= 256);
        match &item.content {
            Content::Message(message) => {
                let text = message.text();
                assert!(!text.trim().is_empty(), "{message:?}");
                assert_clean(&text);
                assert!(message.customer.external_id().is_some());
                if let Some(media) = message.media() {
                    assert_file_name(&media.file_name);
                }
                window::opens(message);
                message.metadata();
                outbound::Recipient::of(&message.customer);
            }
            Content::Unknown(unknown) => {
                // No database stores it.
                assert!(!unknown.json.to_string().contains("\\u0000"));
            }
            _ => {}
        }
    }
}

/// An answer to a request of ours: the header `retry-after` on the first line, then the body.
pub fn answer(data: &[u8]) {
    let ([header], body) = lines::<1>(data);
    let now = jiff::Timestamp::UNIX_EPOCH;
    for status in [200, 400, 401, 429, 500] {
        let _ = answers::read_answer(status, Some(header), body, 1, now);
    }
    let gateway = url::Url::parse(romashka_channels::whatsapp::api::BASE_URL).expect("an address");
    let _ = media::MediaAddress::read(body, &gateway);
    let _ = template::TemplatePage::read(body);
    if let Some(error) = errors::GraphError::from_body(body) {
        assert_clean(&error.sentence());
    }
    customer::variants(header);
    media::parse_sha256(header);
    media::takes_token(header);
    template::placeholders(header);
    notice::template_status(header);
    let _ = outbound::Recipient::parse(header);
    let _ = outbound::CallbackData::parse(header);
    let text = String::from_utf8_lossy(body);
    let limit = header.len().clamp(2, TEXT_LIMIT);
    let pieces = split(&text, limit);
    for piece in &pieces {
        assert!(length(piece) <= limit && !piece.trim().is_empty());
    }
    assert_eq!(super::squeezed(&pieces.concat()), super::squeezed(&text));
}
