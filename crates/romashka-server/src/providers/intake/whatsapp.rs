//! The items of a webhook of WhatsApp.

use jiff::Timestamp;
use romashka_channels::whatsapp::alert::{Kind, news};
use romashka_channels::whatsapp::customer::{Customer, variants};
use romashka_channels::whatsapp::message::{Message, MessageContent, SystemChange, SystemKind};
use romashka_channels::whatsapp::notice::{
    Notice, TemplateName, template_category, template_quality,
};
use romashka_channels::whatsapp::outbound::CallbackData;
use romashka_channels::whatsapp::read_webhook;
use romashka_channels::whatsapp::status::Status;
use romashka_channels::whatsapp::webhook::{Content, Item};
use romashka_db::scope::OwnedScope;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Event, Handled, Incoming, Ingested, Report, Tally, message_of, queue_files};
use crate::problem::{Answer, Problem};
use crate::providers::channel_syncs::told;
use crate::providers::media::{Source, entries};
use crate::savepoint::apart;
use crate::state::Server;
use crate::statement::Statement;

pub(super) async fn take_in(scope: &OwnedScope, event: &Event, server: &Server) -> Answer<Tally> {
    let mut tally = Tally::default();
    let body = event.body();
    match read_webhook(&body) {
        Ok(webhook) => {
            for item in &webhook.items {
                let handled = apart(scope, handle(scope, event, item, server)).await;
                tally.count(&item.place, handled);
            }
        }
        Err(error) => tally.count("body", Ok(Handled::NotUnderstood(error.to_string()))),
    }
    Ok(tally)
}

async fn handle(
    scope: &OwnedScope,
    event: &Event,
    item: &Item,
    server: &Server,
) -> Answer<Handled> {
    match &item.content {
        Content::Message(message) => ingest(scope, event, item, message, "user").await,
        Content::Echo(message) => ingest(scope, event, item, message, "agent").await,
        Content::Status(status) => record(scope, event, status).await,
        Content::Notice(notice) => {
            alert(scope, event, item, notice, server).await?;
            let at = item.occurred_at.unwrap_or(event.created_at);
            note(scope, event, notice, at, server).await
        }
        Content::Error(error) => {
            tracing::warn!(code = error.code, "WhatsApp reports an error of the number");
            Ok(Handled::Done)
        }
        Content::Unknown(unknown) => Ok(Handled::NotUnderstood(format!(
            "not understood ({:?})",
            unknown.reason
        ))),
    }
}

async fn ingest(
    scope: &OwnedScope,
    event: &Event,
    item: &Item,
    message: &Message,
    sender_type: &'static str,
) -> Answer<Handled> {
    let Some(channel) = channel_of(scope, event, item).await? else {
        return Ok(Handled::NotUnderstood(
            "for a number that is no channel of this workspace".to_owned(),
        ));
    };
    let Some(id) = known_id(scope, event.workspace, &message.customer).await? else {
        return Ok(Handled::NotUnderstood(
            "a message without a sender".to_owned(),
        ));
    };
    let at = message
        .sent_at
        .or(item.occurred_at)
        .unwrap_or(event.created_at);
    let target = match message.refers_to() {
        Some(external) => message_of(scope, event, "whatsapp", Some(channel), external).await?,
        None => None,
    };
    // What it is about may be older than this installation. Nothing waits for it, because the customer's next messages would
    // wait behind; it is kept as a message of its own then.
    if let Some(target) = target
        && !change(scope, event, message, sender_type, target, at).await?
    {
        return Ok(Handled::Done);
    }
    let (text, phone) = (message.text(), message.customer.phone());
    let (files, shown) = entries(&Source::of_whatsapp(message));
    let mut metadata = message.metadata();
    if message.media().is_some() {
        metadata["files"] = shown;
    }
    if let Some(target) = target {
        metadata["reply_to"] = json!(target);
    }
    if let Some(answer) = answer(&message.content) {
        metadata["answer"] = answer;
    }
    let ingested = Incoming {
        channel_type: "whatsapp",
        channel: Some(channel),
        workspace: event.workspace,
        external_customer_id: &id,
        content: &text,
        external_message_id: &message.id,
        customer_name: message.customer.name.as_deref(),
        customer_phone: phone.as_deref(),
        message_type: message.message_type(),
        metadata: &metadata,
        occurred_at: Some(at),
        is_quiet: message.is_quiet() || sender_type == "agent",
        sender_type,
    }
    .take_in(scope)
    .await?;
    queue_files(scope, event, Some(channel), &ingested, &files).await?;
    know(scope, event, message, &ingested, &id).await?;
    Ok(Handled::Done)
}

/// What a customer pressed or chose, whatever kind of button it was.
fn answer(content: &MessageContent) -> Option<Value> {
    Some(match content {
        MessageContent::ButtonReply { id, title } => json!({ "id": id, "title": title }),
        MessageContent::ListReply {
            id,
            title,
            description,
        } => json!({ "id": id, "title": title, "description": description }),
        MessageContent::TemplateButton { payload, text } => {
            json!({ "id": payload, "title": text })
        }
        MessageContent::FormReply { name, answers, .. } => {
            json!({ "id": name, "answers": answers })
        }
        _ => return None,
    })
}

/// Changes the message that another one is about. Whether that one is a message of its own besides: a correction and a
/// withdrawal are not.
async fn change(
    scope: &OwnedScope,
    event: &Event,
    message: &Message,
    sender_type: &'static str,
    target: Uuid,
    at: Timestamp,
) -> Answer<bool> {
    match &message.content {
        MessageContent::Reaction { emoji, .. } => {
            let reactor = match sender_type {
                "agent" => "agent",
                _ => "customer",
            };
            let _: bool = Statement::new(include_str!("react.sql"))
                .bind("workspace", &event.workspace)
                .bind("message", &target)
                .bind("reactor", &reactor)
                .bind("emoji", emoji)
                .bind("at", &at)
                .value(scope)
                .await?;
            Ok(true)
        }
        MessageContent::Edit { content, .. } => {
            let text = content.text();
            let _: bool = Statement::new(include_str!("correct.sql"))
                .bind("workspace", &event.workspace)
                .bind("message", &target)
                .bind("correction", &message.id)
                .bind("content", &text)
                .bind("at", &at)
                .value(scope)
                .await?;
            Ok(false)
        }
        MessageContent::Revoke { .. } => {
            let _: bool = Statement::new(include_str!("withdraw.sql"))
                .bind("workspace", &event.workspace)
                .bind("message", &target)
                .bind("at", &at)
                .value(scope)
                .await?;
            Ok(false)
        }
        _ => Ok(true),
    }
}

/// Keeps by what else a customer is known: a number and a user id of one delivery are one person's, and a new number is his.
async fn know(
    scope: &OwnedScope,
    event: &Event,
    message: &Message,
    ingested: &Ingested,
    known: &str,
) -> Answer<()> {
    let mut ids: Vec<String> = [&message.customer.wa_id, &message.customer.user_id]
        .into_iter()
        .flatten()
        .filter(|id| id.as_str() != known)
        .cloned()
        .collect();
    if let MessageContent::System(SystemChange {
        change: SystemKind::NumberChanged | SystemKind::UserIdChanged,
        now: Some(now),
        ..
    }) = &message.content
    {
        ids.extend(now.user_id.clone());
        if let Some(number) = now.wa_id.as_ref().filter(|number| *number != known) {
            Statement::new(include_str!("change_number.sql"))
                .bind("workspace", &event.workspace)
                .bind("customer", &ingested.customer)
                .bind("old", &known)
                .bind("new", number)
                .execute(scope)
                .await?;
        }
    }
    if !ids.is_empty() {
        Statement::new(include_str!("add_identities.sql"))
            .bind("workspace", &event.workspace)
            .bind("customer", &ingested.customer)
            .bind("ids", &ids)
            .execute(scope)
            .await?;
    }
    Ok(())
}

/// The channel of the number that an item is for; the event's where it names none.
async fn channel_of(scope: &OwnedScope, event: &Event, item: &Item) -> Answer<Option<Uuid>> {
    let own = event
        .configuration
        .as_ref()
        .and_then(|configuration| configuration.get("phone_number_id"))
        .and_then(|id| id.as_str());
    let Some(number) = item.phone_number_id.as_deref() else {
        return Ok(event.channel);
    };
    if own == Some(number) {
        return Ok(event.channel);
    }
    let found: Option<Found> = Statement::new(include_str!("channel_of_number.sql"))
        .bind("workspace", &event.workspace)
        .bind("number", &number)
        .optional(scope)
        .await?;
    Ok(found.map(|Found(id)| id))
}

struct Found(Uuid);

impl crate::statement::FromRow for Found {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Found(row.try_get(0)?))
    }
}

struct KnownId(String);

impl crate::statement::FromRow for KnownId {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(KnownId(row.try_get(0)?))
    }
}

/// The id by which the customer is known, in whatever form the number was written; else the one to store him under.
async fn known_id(
    scope: &OwnedScope,
    workspace: Uuid,
    customer: &Customer,
) -> Answer<Option<String>> {
    let Some(own) = customer.external_id() else {
        return Ok(None);
    };
    let mut ids: Vec<String> = customer.ids().map(str::to_owned).collect();
    if let Some(digits) = &customer.wa_id {
        ids.extend(variants(digits));
    }
    let known: Option<KnownId> = Statement::new(include_str!("known_customer.sql"))
        .bind("workspace", &workspace)
        .bind("ids", &ids)
        .optional(scope)
        .await?;
    Ok(Some(known.map_or_else(|| own.to_owned(), |KnownId(id)| id)))
}

async fn record(scope: &OwnedScope, event: &Event, status: &Status) -> Answer<Handled> {
    // Pending, deleted and warning say nothing of how far a message came.
    let Some(word @ ("sent" | "delivered" | "read" | "failed")) =
        status.state().map(|state| state.platform_status())
    else {
        return Ok(Handled::Done);
    };
    let error = status.errors.first().map(|error| {
        json!({
            "code": error.code,
            "class": error.class(None).as_str(),
            "message": error.sentence(),
            "details": error.details,
        })
    });
    let own = status
        .callback_data
        .as_deref()
        .and_then(CallbackData::parse)
        .map(|data| (data.delivery, i32::from(data.part)));
    let report = Report {
        channel_type: "whatsapp",
        workspace: event.workspace,
        own,
        external_id: &status.message_id,
        status: word,
        at: status.at,
        error,
    };
    report.record(scope, event).await
}

/// Tells the admins of every channel that a notice is about what is wrong, or that it is over.
async fn alert(
    scope: &OwnedScope,
    event: &Event,
    item: &Item,
    notice: &Notice,
    server: &Server,
) -> Answer<()> {
    let at = item.occurred_at.unwrap_or(event.created_at);
    for news in news(notice) {
        let channels: Vec<Found> = match (news.kind, notice) {
            (Kind::Number, Notice::Account(account)) => {
                let of_number: Option<Found> =
                    Statement::new(include_str!("channel_of_digits.sql"))
                        .bind("workspace", &event.workspace)
                        .bind("digits", &account.phone)
                        .optional(scope)
                        .await?;
                of_number.or(event.channel.map(Found)).into_iter().collect()
            }
            _ => {
                Statement::new(include_str!("channels_of_account.sql"))
                    .bind("workspace", &event.workspace)
                    .bind("channel", &event.channel)
                    .bind("account", &item.account_id)
                    .all(scope)
                    .await?
            }
        };
        let details = serde_json::to_value(notice).map_err(Problem::internal)?;
        for Found(channel) in channels {
            let place = (event.workspace, channel);
            told(server, scope, place, &news, &details, at).await?;
        }
    }
    Ok(())
}

async fn note(
    scope: &OwnedScope,
    event: &Event,
    notice: &Notice,
    at: Timestamp,
    server: &Server,
) -> Answer<Handled> {
    match notice {
        Notice::TemplateStatus(news) => {
            let reason = news
                .reason
                .iter()
                .chain(&news.explanations)
                .cloned()
                .collect::<Vec<_>>()
                .join("; ");
            let reason: Option<String> =
                (!reason.is_empty()).then(|| reason.chars().take(2_000).collect());
            let category = news.category.as_deref().and_then(template_category);
            Statement::new(include_str!("template_status.sql"))
                .bind("status", &news.platform_status())
                .bind("provider_status", &news.event)
                .bind("at", &at)
                .bind("reason", &reason)
                .bind("category", &category)
                .bind("workspace", &event.workspace)
                .bind("external_id", &news.template.id)
                .bind("name", &news.template.name)
                .bind("language", &news.template.language)
                .execute(scope)
                .await?;
        }
        Notice::TemplateQuality { template, now, .. } => {
            let quality = template_quality(now);
            of_template(scope, event, template, (quality, None)).await?;
        }
        Notice::TemplateCategory { template, now, .. } => {
            let category = now.as_deref().and_then(template_category);
            of_template(scope, event, template, (None, category)).await?;
        }
        Notice::TemplateChanged { .. } => {
            if let Some(channel) = event.channel {
                let _: bool = Statement::new(include_str!("sync_now.sql"))
                    .bind("channel", &channel)
                    .bind("workspace", &event.workspace)
                    .value(scope)
                    .await?;
                server.bells.channel_syncs.notify_one();
            }
        }
        Notice::Account(account) => {
            tracing::warn!(
                field = account.field,
                event = account.event,
                "WhatsApp has news of an account"
            );
        }
        Notice::UserIdChanged { previous, now, .. } => {
            Statement::new(include_str!("change_user_id.sql"))
                .bind("workspace", &event.workspace)
                .bind("previous", previous)
                .bind("now", now)
                .execute(scope)
                .await?;
        }
        // Kept in the event, for people to look at.
        _ => {}
    }
    Ok(Handled::Done)
}

async fn of_template(
    scope: &OwnedScope,
    event: &Event,
    template: &TemplateName,
    (quality, category): (Option<&'static str>, Option<&'static str>),
) -> Answer<()> {
    Statement::new(include_str!("template_quality.sql"))
        .bind("quality", &quality)
        .bind("category", &category)
        .bind("workspace", &event.workspace)
        .bind("external_id", &template.id)
        .bind("name", &template.name)
        .bind("language", &template.language)
        .execute(scope)
        .await?;
    Ok(())
}
