//! Files of a message on their way out.

use std::ops::Deref;

use axum::body::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use romashka_channels::request::{Body, OutboundRequest};
use romashka_channels::whatsapp::answer::read_upload;
use romashka_channels::whatsapp::errors::{Class, GraphError, Throttle};
use romashka_db::scope::OwnedScope;
use tokio_postgres::Row;
use url::Url;
use uuid::Uuid;

use super::outcome::{Failure, Outcome};
use super::rendered::{configuration, refused};
use crate::attachments::storage::{LOCAL, Storage};
use crate::attachments::stored::StoredFile;
use crate::problem::{Answer, Code};
use crate::providers::provider::{Client, Exchange};
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// A file of a message.
#[derive(Clone, Debug)]
pub(super) struct File(StoredFile);

impl FromRow for File {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        StoredFile::from_row(row).map(File)
    }
}

impl Deref for File {
    type Target = StoredFile;

    fn deref(&self) -> &StoredFile {
        &self.0
    }
}

impl File {
    /// The files of a delivery, in the order in which they were added.
    pub(super) async fn of(
        scope: &OwnedScope,
        delivery: Uuid,
        workspace: Uuid,
    ) -> Answer<Vec<File>> {
        Statement::new(include_str!("files.sql"))
            .bind("delivery", &delivery)
            .bind("workspace", &workspace)
            .all(scope)
            .await
    }

    /// As what it leaves.
    pub(super) fn content_type(&self) -> &str {
        self.media_type
            .as_deref()
            .unwrap_or("application/octet-stream")
    }

    /// Whether its bytes can be found; else why not.
    pub(super) fn find(&self, server: &Server) -> Result<(), Failure> {
        let path = self
            .path()
            .ok_or_else(|| refused("the file's place is not known"))?;
        let storage = Storage::of(server)
            .map_err(|_| configuration("The storage of files cannot be used at the moment."))?;
        match self.provider.as_str() {
            provider if storage.has(provider, path) => Ok(()),
            LOCAL => Err(refused("the file is not on this server any more")),
            _ => Err(configuration(
                "The file is in a storage that this server does not read.",
            )),
        }
    }
}

/// Uploads a file to WhatsApp; the id it has there. The customer gets nothing by it, so whatever fails may be done again.
pub(super) async fn upload(
    client: &Client,
    base: &Url,
    request: &OutboundRequest,
    server: &Server,
    file: &File,
) -> Result<String, Outcome> {
    let passing = |words: &str| Outcome::Passing {
        failure: Failure::new("upload", "passing", words),
        wait: None,
        slows_channel: false,
    };
    let Body::Multipart {
        fields,
        file: field,
    } = &request.body
    else {
        return Err(Outcome::Refused(refused(
            "the file has no form to be sent by",
        )));
    };
    let gone = || Outcome::Refused(refused("the file is not on this server any more"));
    let (opened, size) = match file.open(server).await {
        Ok(opened) => opened,
        Err(problem) if problem.code() == Code::NotFound => return Err(gone()),
        Err(_) => return Err(passing("The file cannot be read at the moment.")),
    };
    let size = size.unwrap_or(file.size);
    let boundary = Uuid::new_v4().simple().to_string();
    let mut head = String::new();
    for (name, value) in fields {
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    // A clean name holds no quotation mark and no line break.
    head.push_str(&format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
        field.field, field.file_name, field.content_type
    ));
    let tail = format!("\r\n--{boundary}--\r\n");
    let length = head.len() as u64 + size + tail.len() as u64;
    let whole = stream::once(async move { Ok(Bytes::from(head)) })
        .chain(opened.into_data_stream().map_err(std::io::Error::other))
        .chain(stream::once(async move { Ok(Bytes::from(tail)) }))
        .map(|chunk: Result<Bytes, std::io::Error>| chunk.map(Frame::data));
    let body = reqwest::Body::wrap(SyncBody(std::sync::Mutex::new(Box::pin(StreamBody::new(
        whole,
    )))));
    let kind = format!("multipart/form-data; boundary={boundary}");
    let Exchange { status, body, .. } =
        client
            .stream(base, request, (&kind, length), body)
            .await
            .map_err(|_| passing("The file could not be handed to WhatsApp. It is tried again."))?;
    if status == 200
        && let Some(id) = read_upload(&body)
    {
        return Ok(id);
    }
    Err(match GraphError::from_body(&body) {
        Some(error) => {
            let class = error.class(Some(status));
            let failure = Failure::new(error.code, class.as_str(), error.sentence());
            match class {
                Class::Passing(throttle) => Outcome::Passing {
                    failure,
                    wait: None,
                    slows_channel: matches!(throttle, Throttle::Number | Throttle::Account),
                },
                _ => Outcome::Refused(failure),
            }
        }
        None => passing("WhatsApp did not take the file. It is tried again."),
    })
}

type Inner = std::pin::Pin<Box<dyn hyper::body::Body<Data = Bytes, Error = std::io::Error> + Send>>;

/// The client wants a body that threads may share; the lock is never waited for, because only one polls.
struct SyncBody(std::sync::Mutex<Inner>);

impl hyper::body::Body for SyncBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.get_mut().0.get_mut() {
            Ok(inner) => inner.as_mut().poll_frame(context),
            Err(_) => std::task::Poll::Ready(None),
        }
    }
}
