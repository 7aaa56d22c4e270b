//! What Twilio posts: a message, or a report.

use romashka_channels::sms::error_code;
use romashka_channels::sms::form::Form;
use romashka_channels::sms::inbound::InboundMessage;
use romashka_channels::sms::number::Party;
use romashka_channels::sms::opt_out::OptOutWord;
use romashka_channels::sms::status::{OWN_ID_PARAMETER, StatusCallback};
use romashka_db::envelope::Keyring;
use romashka_db::scope::OwnedScope;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Event, Handled, Incoming, Report, Tally, message_of, queue_files};
use crate::problem::{Answer, Problem};
use crate::providers::account::Twilio;
use crate::providers::media::{Source, entries};
use crate::providers::opt_outs;
use crate::savepoint::apart;

pub(super) async fn take_in(scope: &OwnedScope, event: &Event, keys: &Keyring) -> Answer<Tally> {
    let form = Form::parse(&event.body());
    let mut tally = Tally::default();
    let Some(stored) = event.stored() else {
        tally.count(
            "form",
            Ok(Handled::NotUnderstood("of no channel".to_owned())),
        );
        return Ok(tally);
    };
    let account = Twilio::open(stored, keys).map_err(Problem::internal)?;
    let handled = if event.event_type == "status" {
        apart(scope, record(scope, event, &form, &account)).await
    } else {
        apart(scope, ingest(scope, event, &form, &account)).await
    };
    tally.count("form", handled);
    Ok(tally)
}

async fn ingest(
    scope: &OwnedScope,
    event: &Event,
    form: &Form,
    account: &Twilio,
) -> Answer<Handled> {
    let message =
        match InboundMessage::parse(form, account.account.sid.as_str(), &account.opt_out_words) {
            Ok(message) => message,
            Err(error) => return Ok(Handled::NotUnderstood(error.to_string())),
        };
    let text = match (message.text.is_empty(), message.media.len()) {
        (false, _) => message.text.clone(),
        (true, 1) => "File".to_owned(),
        (true, count) => format!("{count} files"),
    };
    let (files, shown) = entries(&Source::of_twilio(&message));
    let mut metadata = json!({ "sms": {
        "to": message.to.as_str(),
        "messaging_service": message.messaging_service,
        "segments": message.segments,
        "country": message.country,
        "place": message.place,
        "button": message.button,
        "replied_to": message.replied_to,
        "opt_out": message.opt_out,
    }});
    if !message.media.is_empty() {
        metadata["files"] = shown;
    }
    if let Some(button) = &message.button {
        metadata["answer"] = json!({ "id": button.payload, "title": button.text });
    }
    if let Some(answered) = &message.replied_to {
        let target = message_of(scope, event, "sms", event.channel, answered).await?;
        if let Some(target) = target {
            metadata["reply_to"] = json!(target);
        }
    }
    let from = message.from.as_str();
    let ingested = Incoming {
        channel_type: "sms",
        channel: event.channel,
        workspace: event.workspace,
        external_customer_id: from,
        content: &text,
        external_message_id: &message.sid,
        customer_name: message.profile_name.as_deref(),
        customer_phone: from.starts_with('+').then_some(from),
        message_type: "text",
        metadata: &metadata,
        occurred_at: Some(event.created_at),
        // Nobody has to answer who only wants no more messages.
        is_quiet: matches!(message.opt_out, Some(OptOutWord::Stop | OptOutWord::Start)),
        sender_type: "user",
    }
    .take_in(scope)
    .await?;
    queue_files(scope, event, event.channel, &ingested, &files).await?;
    if let Some(word) = message.opt_out {
        let source = match message.opt_out_answered {
            true => opt_outs::Source::Provider,
            false => opt_outs::Source::Word,
        };
        let ours = numbers_of(&message, account);
        opt_outs::note(
            scope,
            event.workspace,
            (ours.as_slice(), from),
            (word, source),
            event.created_at,
        )
        .await?;
    }
    Ok(Handled::Done)
}

/// What a word of opt-out is about: the number it was written to, and the whole of a messaging service.
fn numbers_of(message: &InboundMessage, account: &Twilio) -> Vec<String> {
    let service = message.messaging_service.clone().or_else(|| {
        let of_channel = &account.text_sender.scope;
        of_channel.starts_with("MG").then(|| of_channel.clone())
    });
    std::iter::once(message.to.as_str().to_owned())
        .chain(service)
        .collect()
}

/// Twilio sends no more to who has opted out: neither do we.
async fn note_refusal(
    scope: &OwnedScope,
    event: &Event,
    form: &Form,
    account: &Twilio,
) -> Answer<()> {
    let Some(to) = form.filled("To") else {
        return Ok(());
    };
    let (_, to) = Party::parse(to);
    opt_outs::note(
        scope,
        event.workspace,
        (
            std::slice::from_ref(&account.text_sender.scope),
            to.as_str(),
        ),
        (OptOutWord::Stop, opt_outs::Source::Refusal),
        event.created_at,
    )
    .await
}

async fn record(
    scope: &OwnedScope,
    event: &Event,
    form: &Form,
    account: &Twilio,
) -> Answer<Handled> {
    let callback = match StatusCallback::parse(form, account.account.sid.as_str()) {
        Ok(callback) => callback,
        Err(error) => return Ok(Handled::NotUnderstood(error.to_string())),
    };
    let status = match callback.status.delivery_status() {
        Some(word @ ("sent" | "delivered" | "read" | "failed")) => word,
        Some("cancelled") => "failed",
        _ => return Ok(Handled::Done),
    };
    if callback.error_code == Some(opt_outs::OPTED_OUT) {
        note_refusal(scope, event, form, account).await?;
    }
    let error = callback.error_code.map(|code| {
        let explained = error_code::explain(Some(code), None);
        json!({
            "code": code,
            "class": explained.advice,
            "message": explained.words,
            "details": callback.error_message,
        })
    });
    let report = Report {
        channel_type: "sms",
        workspace: event.workspace,
        own: own_id(&event.headers).map(|delivery| (delivery, 0)),
        external_id: &callback.sid,
        status,
        at: None,
        error,
    };
    report.record(scope, event).await
}

/// Our own id of the message, which we put into the address of the report.
fn own_id(headers: &Value) -> Option<Uuid> {
    let query = headers.get("query")?.as_str()?;
    Form::parse(query.as_bytes())
        .get(OWN_ID_PARAMETER)?
        .parse()
        .ok()
}
