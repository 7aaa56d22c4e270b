//! What the ledger would have written of a generated conversation, row by row.

use super::*;

/// How a conversation ended.
pub(super) struct Ending<'a> {
    pub short_number: i64,
    pub channel: &'a str,
    pub customer: Uuid,
    pub resolved: Option<i64>,
    pub closed: Option<i64>,
    pub rated: Option<i64>,
    pub score: Option<i32>,
}

impl Traffic {
    /// The ledger of one conversation, in the order of its life.
    pub(super) fn events(
        &self,
        batch: &mut Batch,
        id: Uuid,
        course: &Course,
        messages: &[Uuid],
        ending: Ending<'_>,
    ) {
        let agent = course.agent.map(|(agent, _)| agent);
        let mut payload = String::new();
        let mut write = |kind: &str,
                         actor: &str,
                         actor_id: Option<Uuid>,
                         subject: Option<Uuid>,
                         time: i64,
                         payload: &str| {
            let rows = &mut batch.events;
            rows.id(self.workspace)
                .text(kind)
                .text(actor)
                .optional_id(actor_id);
            rows.text(if subject.is_some() {
                "message"
            } else {
                "conversation"
            })
            .id(subject.unwrap_or(id))
            .id(id);
            rows.time(time).text("source").text(payload).end();
            batch.event_count += 1;
        };
        let _ = write!(
            payload,
            r#"{{"number": {}, "channel_type": "{}", "customer_id": "{}", "status": "active", "assigned_agent_id": null}}"#,
            ending.short_number, ending.channel, ending.customer
        );
        write(
            "conversation.created",
            "customer",
            None,
            None,
            course.times[0],
            &payload,
        );
        for (position, (sender, time)) in course.senders.iter().zip(&course.times).enumerate() {
            if let Some((agent, first)) = course.agent
                && first == position
            {
                if course.escalated {
                    write(
                        "conversation.escalated",
                        "ai",
                        None,
                        None,
                        *time,
                        r#"{"from": "active", "to": "escalated", "reason": "asked for a person"}"#,
                    );
                }
                write(
                    "conversation.assigned",
                    "system",
                    None,
                    None,
                    *time,
                    &format!(r#"{{"from": null, "to": "{agent}"}}"#),
                );
            }
            let actor_id = if *sender == Sender::Agent {
                agent
            } else {
                None
            };
            write(
                "message.created",
                sender.actor(),
                actor_id,
                Some(messages[position]),
                *time,
                "{}",
            );
        }
        if let Some(time) = ending.resolved {
            let from = if course.escalated {
                "escalated"
            } else {
                "active"
            };
            let (kind, to) = if ending.closed.is_some() {
                ("conversation.closed", "closed")
            } else {
                ("conversation.resolved", "resolved")
            };
            let actor = if agent.is_some() {
                "agent"
            } else if course.senders.contains(&Sender::Assistant) {
                "ai"
            } else {
                "system"
            };
            write(
                kind,
                actor,
                agent,
                None,
                time,
                &format!(r#"{{"from": "{from}", "to": "{to}", "reason": null}}"#),
            );
        }
        if let (Some(time), Some(score)) = (ending.rated, ending.score) {
            write(
                "conversation.rated",
                "customer",
                None,
                None,
                time,
                &format!(r#"{{"from": null, "to": {score}}}"#),
            );
        }
    }
}
