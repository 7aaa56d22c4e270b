//! What a provider told of a file: kept in the queue until the file is fetched.

use romashka_channels::email::attachment::clean_name;
use romashka_channels::sms::inbound::InboundMessage;
use romashka_channels::website::upload::FileKind;
use romashka_channels::whatsapp::media::MediaKind;
use romashka_channels::whatsapp::message::Message;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum Source {
    /// At Meta, by its id.
    Whatsapp {
        /// The id.
        id: String,
        /// The hash it was announced with, hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
        /// The name that the customer's file has; none for pictures, films and sounds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// A word for what it is.
        word: String,
        /// The media type it was announced as.
        content_type: String,
    },
    /// At Twilio, by its address.
    Twilio {
        /// The address.
        url: String,
        /// The media type it was announced as.
        content_type: String,
    },
}

impl Source {
    /// The files of a message by WhatsApp.
    pub fn of_whatsapp(message: &Message) -> Vec<Source> {
        let media = message.media().into_iter();
        media
            .map(|media| Source::Whatsapp {
                id: media.id.clone(),
                sha256: media.sha256.clone(),
                name: (media.kind == MediaKind::Document).then(|| media.file_name.clone()),
                word: match media.kind {
                    MediaKind::Voice => "voice".to_owned(),
                    other => other.api_name().to_owned(),
                },
                content_type: media.mime_type.clone(),
            })
            .collect()
    }

    /// The files of a message by Twilio.
    pub fn of_twilio(message: &InboundMessage) -> Vec<Source> {
        let media = message.media.iter();
        media
            .map(|media| Source::Twilio {
                url: media.url.clone(),
                content_type: media.claimed_type.clone(),
            })
            .collect()
    }

    /// The name the customer's file has.
    pub fn name(&self) -> Option<&str> {
        match self {
            Source::Whatsapp { name, .. } => name.as_deref(),
            Source::Twilio { .. } => None,
        }
    }

    fn content_type(&self) -> &str {
        match self {
            Source::Whatsapp { content_type, .. } | Source::Twilio { content_type, .. } => {
                content_type
            }
        }
    }

    /// The name of the attachment: the customer's, else one that says what the bytes are.
    pub fn file_name(&self, kind: Option<FileKind>) -> String {
        if let Some(name) = self.name() {
            return clean_name(Some(name), self.content_type());
        }
        let word = match self {
            Source::Whatsapp { word, .. } => word.as_str(),
            Source::Twilio { .. } => "file",
        };
        let extension = kind
            .and_then(|kind| kind.extensions.first().copied())
            .unwrap_or("bin");
        format!("{word}.{extension}")
    }
}

/// Files as the queue takes them and as their message shows them until they are there.
pub fn entries(sources: &[Source]) -> (Value, Value) {
    let ids: Vec<Uuid> = sources.iter().map(|_| Uuid::now_v7()).collect();
    let queued = sources
        .iter()
        .zip(&ids)
        .map(|(source, id)| json!({ "id": id, "source": source }));
    let shown = sources.iter().zip(&ids).map(|(source, id)| {
        json!({
            "attachment_id": id,
            "state": "pending",
            "name": source.name(),
            "content_type": source.content_type(),
        })
    });
    (queued.collect(), shown.collect())
}

/// Whether Twilio leads to this place for the bytes of a file: its own hosts, and the storage it rents.
pub fn is_storage_of_twilio(url: &Url) -> bool {
    const HOSTS: [&str; 3] = ["twilio.com", "twiliocdn.com", "amazonaws.com"];
    let Some(host) = url.domain() else {
        return false;
    };
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && HOSTS.iter().any(|known| {
            host == *known
                || host
                    .strip_suffix(known)
                    .is_some_and(|rest| rest.ends_with('.'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_to_twilios_storage_alone() {
        for (url, expected) in [
            ("https://media.twiliocdn.com/AC1/abc", true),
            (
                "https://s3-external-1.amazonaws.com/media.twiliocdn.com/a?X-Amz-Signature=1",
                true,
            ),
            ("http://media.twiliocdn.com/a", false),
            ("https://media.twiliocdn.com:8443/a", false),
            ("https://twiliocdn.com.example.org/a", false),
            ("https://eviltwilio.com/a", false),
            ("https://169.254.169.254/latest/meta-data", false),
            ("https://user@media.twiliocdn.com/a", false),
        ] {
            assert_eq!(
                is_storage_of_twilio(&Url::parse(url).unwrap()),
                expected,
                "{url}"
            );
        }
    }
}
