//! Requests to the API: messages, files, read marks, templates, set-up.
//!
//! Invariant: what stands in a path was parsed before ([`GraphId`], [`ApiVersion`]): an id from outside cannot become
//! another path. The access token is in no request here: whoever sends adds it with
//! [`OutboundRequest::with_bearer`].

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::media::{MediaKind, takes_token};
use super::outbound::{OutboundMessage, Refusal, counts};
use crate::request::{Body, FilePart, Method, OutboundRequest};

/// Where paths begin.
pub const BASE_URL: &str = "https://graph.facebook.com";
/// Version that is used unless a channel pins another one.
pub const DEFAULT_VERSION: &str = "v24.0";
/// Templates on one page.
const PAGE_SIZE: usize = 100;

/// Text that cannot stand in a path of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Not an id.
    #[error("an id of WhatsApp consists of digits, {0:?} does not")]
    Id(String),
    /// Not a version.
    #[error("a version of the API is written like v24.0, not {0:?}")]
    Version(String),
    /// Not an address the access token may be sent to.
    #[error("the address of the file is not one of Meta")]
    Host,
}

/// Id of a number, an account or a file: digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GraphId(String);

impl GraphId {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PathError::Id(text.chars().take(60).collect()))
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GraphId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Version of the API. Versions expire: a channel pins one and is moved on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApiVersion(String);

impl ApiVersion {
    /// Reads a version: `v24.0`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let digits = |part: &str| {
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        text.strip_prefix('v')
            .and_then(|rest| rest.split_once('.'))
            .filter(|(major, minor)| digits(major) && digits(minor))
            .map(|_| Self(text.to_owned()))
            .ok_or_else(|| PathError::Version(text.chars().take(20).collect()))
    }
}

impl Default for ApiVersion {
    fn default() -> Self {
        Self(DEFAULT_VERSION.to_owned())
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A number of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Version of the API.
    pub version: ApiVersion,
    /// Id of the number (not the number itself).
    pub id: GraphId,
}

impl Number {
    fn request(&self, method: Method, below: &str, body: Body) -> OutboundRequest {
        OutboundRequest::to_path(
            method,
            format!("/{}/{}{below}", self.version, self.id),
            body,
        )
    }

    /// Asks for the number itself: the check that a channel is set up and its token works.
    pub fn check(&self) -> OutboundRequest {
        self.request(
            Method::Get,
            "?fields=id,display_phone_number,verified_name,quality_rating",
            Body::Empty,
        )
    }

    /// Sends a message. The answer is read by [`super::answer::read_answer`].
    pub fn send(&self, message: &OutboundMessage) -> Result<OutboundRequest, Refusal> {
        let body = Body::Json(message.json()?);
        Ok(self.request(Method::Post, "/messages", body))
    }

    /// Shows the customer that a message, and all before it, were read; `is_typing` shows for up to 25 seconds that
    /// somebody writes. Messages of the last 30 days can be marked.
    pub fn mark_read(&self, message_id: &str, is_typing: bool) -> OutboundRequest {
        let mut body =
            json!({ "messaging_product": "whatsapp", "status": "read", "message_id": message_id });
        if is_typing {
            body["typing_indicator"] = json!({ "type": "text" });
        }
        self.request(Method::Post, "/messages", Body::Json(body))
    }

    /// Uploads a file, whose bytes the sender streams. The answer is `{"id": …}`; the id lives for 30 days.
    pub fn upload_media(
        &self,
        kind: MediaKind,
        file_name: &str,
        content_type: &str,
        size: u64,
    ) -> Result<OutboundRequest, Refusal> {
        if !kind.takes(content_type) {
            return Err(Refusal::Form {
                field: "the file",
                expected: match kind {
                    MediaKind::Image => "JPEG or PNG to be sent as a picture",
                    MediaKind::Video => "MP4 or 3GP to be sent as a film",
                    MediaKind::Audio => "AAC, AMR, MP3, M4A or OGG to be sent as sound",
                    MediaKind::Voice => "OGG with Opus to be sent as a voice message",
                    MediaKind::Sticker => "WebP to be sent as a sticker",
                    MediaKind::Document => "a file",
                },
            });
        }
        let limit = kind.size_limit();
        if size > limit {
            return Err(Refusal::Form {
                field: "the file",
                expected: match kind {
                    MediaKind::Image => "at most 5 MB to be sent as a picture",
                    MediaKind::Video | MediaKind::Audio | MediaKind::Voice => "at most 16 MB",
                    MediaKind::Sticker => "at most 500 KB to be sent as a sticker",
                    MediaKind::Document => "at most 100 MB",
                },
            });
        }
        if size == 0 {
            return Err(Refusal::Empty { field: "the file" });
        }
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Ok(self.request(
            Method::Post,
            "/media",
            Body::Multipart {
                fields: vec![
                    field("messaging_product", "whatsapp"),
                    field("type", content_type),
                ],
                file: FilePart {
                    field: "file".to_owned(),
                    file_name: crate::email::attachment::clean_name(Some(file_name), content_type),
                    content_type: content_type.to_owned(),
                },
            },
        ))
    }

    /// Asks where the bytes of a file are. The answer is read by [`super::media::MediaAddress::read`].
    pub fn media_address(&self, media_id: &GraphId) -> OutboundRequest {
        OutboundRequest::to_path(
            Method::Get,
            format!("/{}/{media_id}?phone_number_id={}", self.version, self.id),
            Body::Empty,
        )
    }

    /// Deletes a file that we uploaded.
    pub fn delete_media(&self, media_id: &GraphId) -> OutboundRequest {
        OutboundRequest::to_path(
            Method::Delete,
            format!("/{}/{media_id}?phone_number_id={}", self.version, self.id),
            Body::Empty,
        )
    }

    /// Blocks customers, or unblocks them. Numbers in E.164 or user ids, at most 100 at once.
    pub fn block(
        &self,
        customers: &[String],
        is_blocked: bool,
    ) -> Result<OutboundRequest, Refusal> {
        counts("customers", customers.len(), 1, 100)?;
        let users: Vec<Value> = customers
            .iter()
            .map(|customer| json!({ "user": customer }))
            .collect();
        Ok(self.request(
            if is_blocked {
                Method::Post
            } else {
                Method::Delete
            },
            "/block_users",
            Body::Json(json!({ "messaging_product": "whatsapp", "block_users": users })),
        ))
    }
}

/// Fetches the bytes of a file. The address lives for 5 minutes: when the answer is 404 it is asked for anew.
pub fn download_media(url: &str) -> Result<OutboundRequest, PathError> {
    if takes_token(url) {
        Ok(OutboundRequest::to_url(Method::Get, url, Body::Empty))
    } else {
        Err(PathError::Host)
    }
}

/// A WhatsApp Business account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Version of the API.
    pub version: ApiVersion,
    /// Id of the account.
    pub id: GraphId,
}

impl Account {
    fn request(&self, method: Method, below: &str, body: Body) -> OutboundRequest {
        OutboundRequest::to_path(
            method,
            format!("/{}/{}{below}", self.version, self.id),
            body,
        )
    }

    /// A page of the account's templates, from the cursor of [`super::template::TemplatePage::next`] on.
    pub fn templates(&self, after: Option<&str>) -> OutboundRequest {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(
            "fields",
            "id,name,language,category,status,quality_score,rejected_reason,parameter_format,components",
        );
        query.append_pair("limit", &PAGE_SIZE.to_string());
        if let Some(after) = after {
            query.append_pair("after", after);
        }
        self.request(
            Method::Get,
            &format!("/message_templates?{}", query.finish()),
            Body::Empty,
        )
    }

    /// Subscribes the app to the account's webhooks: without it nothing is delivered. `callback` sends them to an
    /// address of this channel instead of the app's, with the token for its handshake.
    pub fn subscribe(&self, callback: Option<(&str, &SecretString)>) -> OutboundRequest {
        let body = match callback {
            Some((url, verify_token)) => Body::Json(json!({
                "override_callback_uri": url,
                "verify_token": verify_token.expose_secret(),
            })),
            None => Body::Empty,
        };
        self.request(Method::Post, "/subscribed_apps", body)
    }

    /// Asks which apps are subscribed.
    pub fn subscriptions(&self) -> OutboundRequest {
        self.request(Method::Get, "/subscribed_apps", Body::Empty)
    }
}
