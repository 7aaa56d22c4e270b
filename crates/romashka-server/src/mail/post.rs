//! A message of a conversation as the mail that is sent.
//!
//! Invariant: the same message gives the same bytes, whichever process renders it, so that a second attempt after a lost
//! answer is recognised by its receiver as the same mail.

use jiff::Timestamp;
use romashka_channels::email::display::clean_outgoing;
use romashka_channels::email::header::{Mailbox, normalise_address};
use romashka_channels::email::outgoing::{
    OutgoingError, OutgoingFile, OutgoingMail, Purpose, RenderedMail, SIZE_LIMIT, reply_subject,
};
use romashka_db::scope::OwnedScope;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::account::MailAccount;
use crate::attachments::stored::StoredFile;
use crate::problem::{Answer, Code};
use crate::state::Server;
use crate::statement::{FromRow, Statement};

/// Why a message is no mail. The agent reads it.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The mail itself.
    #[error(transparent)]
    Mail(#[from] OutgoingError),
    /// Files are missing.
    #[error("a file of the message is not on this server")]
    FileMissing,
    /// Files are somewhere else.
    #[error("a file of the message is not kept on this server")]
    FileElsewhere,
    /// Together they are too large to be read.
    #[error("the files of the message have more than 25 MB together")]
    FilesTooLarge,
    /// A program must not answer a program.
    #[error(
        "the customer's last mail was written by a program, and automatic answers are not sent to those"
    )]
    ToAutomatic,
}

/// What a mail is made of beside its text.
#[derive(Debug)]
pub struct Surroundings {
    message: Uuid,
    conversation: Uuid,
    created_at: Timestamp,
    sender_type: String,
    agent: Option<String>,
    number: i64,
    subject: Option<String>,
    customer: Option<String>,
    answered: Option<Value>,
    answers_automatic: bool,
    own_before: Option<String>,
    metadata: Value,
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    stored: StoredFile,
    content_id: Option<String>,
}

impl FromRow for Surroundings {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Surroundings {
            message: row.try_get("message")?,
            conversation: row.try_get("conversation")?,
            created_at: row.try_get("created_at")?,
            sender_type: row.try_get("sender_type")?,
            agent: row.try_get("agent")?,
            number: row.try_get("number")?,
            subject: row.try_get("subject")?,
            customer: row.try_get("customer")?,
            answered: row.try_get("answered")?,
            answers_automatic: row.try_get("answers_automatic")?,
            own_before: row.try_get("own_before")?,
            metadata: row.try_get("metadata")?,
            files: Vec::new(),
        })
    }
}

impl FromRow for File {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(File {
            stored: StoredFile::from_row(row)?,
            content_id: row.try_get("content_id")?,
        })
    }
}

impl Surroundings {
    /// Of a delivery.
    pub async fn load(scope: &OwnedScope, delivery: Uuid, workspace: Uuid) -> Answer<Surroundings> {
        let mut found: Surroundings = Statement::new(include_str!("surroundings.sql"))
            .bind("delivery", &delivery)
            .bind("workspace", &workspace)
            .one(scope)
            .await?;
        found.files = Statement::new(include_str!("files.sql"))
            .bind("delivery", &delivery)
            .bind("workspace", &workspace)
            .all(scope)
            .await?;
        Ok(found)
    }

    /// What the mail is about, where nothing else says it.
    pub fn name(&mut self, subject: &str) {
        self.subject.get_or_insert_with(|| subject.to_owned());
    }

    /// Ids by which an answer refers to the conversation.
    pub async fn remember(
        &self,
        scope: &OwnedScope,
        channel: Uuid,
        workspace: Uuid,
        mail: &RenderedMail,
    ) -> Answer<()> {
        let keys = vec![
            mail.message_id.clone(),
            format!("conversation:{}", self.conversation),
        ];
        Statement::new(include_str!("remember.sql"))
            .bind("conversation", &self.conversation)
            .bind("channel", &channel)
            .bind("keys", &keys)
            .bind("workspace", &workspace)
            .execute(scope)
            .await?;
        Ok(())
    }

    /// The mail, with its files. `recipient` is the address the customer is known by.
    pub fn render(
        &self,
        account: &MailAccount,
        content: &str,
        recipient: &str,
        files: Vec<OutgoingFile>,
    ) -> Result<RenderedMail, PostError> {
        let is_automatic = self.sender_type == "ai";
        if is_automatic && self.answers_automatic {
            return Err(PostError::ToAutomatic);
        }
        let wanted = self.metadata.get("mail");
        let text = |name: &str| wanted.and_then(|wanted| wanted.get(name)?.as_str());
        let subject = text("subject")
            .map(str::to_owned)
            .unwrap_or_else(|| self.subject.clone().unwrap_or_default());
        let number = account.show_number.then_some(self.number);
        let is_answer = self.answered.is_some() || self.own_before.is_some();
        let subject = if is_answer || number.is_some() {
            reply_subject(&subject, number)
        } else {
            subject
        };
        let (in_reply_to, references) = self.thread();
        let to = self.answer_address().unwrap_or_else(|| Mailbox {
            name: self.customer.clone().unwrap_or_default(),
            address: recipient.to_owned(),
        });
        let from = Mailbox {
            name: sender_name(self.agent.as_deref(), &account.address.name),
            address: account.address.address.clone(),
        };
        let mail = OutgoingMail {
            conversation: self.conversation,
            message: self.message,
            message_id_host: account.address.domain().to_owned(),
            date: self.created_at,
            from,
            reply_to: None,
            to: vec![to],
            cc: addresses(wanted, "cc"),
            bcc: addresses(wanted, "bcc"),
            subject,
            in_reply_to,
            references,
            text: content.to_owned(),
            html: text("html").map(clean_outgoing),
            signature: account.signature.clone(),
            files,
            purpose: if is_automatic {
                Purpose::AutomaticReply
            } else {
                Purpose::Human
            },
        };
        Ok(mail.render()?)
    }

    /// The mail that is answered, and those before it.
    fn thread(&self) -> (Option<String>, Vec<String>) {
        let Some(answered) = &self.answered else {
            return (self.own_before.clone(), Vec::new());
        };
        let last = answered
            .get("message_id")
            .and_then(Value::as_str)
            .filter(|id| is_id(id))
            .map(str::to_owned);
        let ids = |name: &str| -> Vec<String> {
            answered
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .filter(|id| is_id(id))
                .map(str::to_owned)
                .collect()
        };
        let mut references = ids("references");
        if references.is_empty() {
            references = ids("in_reply_to");
        }
        (last, references)
    }

    /// Where the customer wants answers, when his last mail says so.
    fn answer_address(&self) -> Option<Mailbox> {
        let wanted = self.answered.as_ref()?.get("reply_to")?.get(0)?;
        let address = wanted
            .get("address")?
            .as_str()
            .and_then(normalise_address)?;
        Some(Mailbox {
            name: wanted
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            address,
        })
    }

    /// The files of the mail, read; or why it cannot be sent with them.
    pub async fn files(&self, server: &Server) -> Answer<Result<Vec<OutgoingFile>, PostError>> {
        let mut room = SIZE_LIMIT;
        let mut files = Vec::with_capacity(self.files.len());
        for File { stored, content_id } in &self.files {
            let data = match stored.read(server, room).await {
                Ok(data) => data,
                Err(problem) => {
                    return match problem.code() {
                        Code::NotFound => Ok(Err(PostError::FileMissing)),
                        Code::Conflict => Ok(Err(PostError::FileElsewhere)),
                        Code::BodyTooLarge => Ok(Err(PostError::FilesTooLarge)),
                        _ => Err(problem),
                    };
                }
            };
            room -= data.len();
            files.push(OutgoingFile {
                name: stored.name.clone(),
                content_type: stored
                    .media_type
                    .clone()
                    .unwrap_or_else(|| "application/octet-stream".to_owned()),
                content_id: content_id.clone(),
                data,
            });
        }
        Ok(Ok(files))
    }
}

/// What others wrote is repeated only where it is an id.
fn is_id(id: &str) -> bool {
    id.len() <= 300
        && id.contains('@')
        && id
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'))
}

fn sender_name(agent: Option<&str>, company: &str) -> String {
    match (agent.filter(|name| !name.is_empty()), company) {
        (Some(agent), "") => agent.to_owned(),
        (Some(agent), company) => format!("{agent} ({company})"),
        (None, company) => company.to_owned(),
    }
}

fn addresses(wanted: Option<&Value>, name: &str) -> Vec<Mailbox> {
    wanted
        .and_then(|wanted| wanted.get(name)?.as_array())
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(normalise_address)
        .map(|address| Mailbox {
            name: String::new(),
            address,
        })
        .collect()
}
