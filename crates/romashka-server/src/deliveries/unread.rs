//! A mail of answers that a visitor of the website has not read in the chat.
//!
//! Invariant: the database decides whether it goes and what it says, under the lock of the delivery; a second attempt says
//! the same as the first.

use romashka_db::scope::OwnedScope;
use serde::Deserialize;
use tokio_postgres::types::Json;
use url::Url;
use uuid::Uuid;

use super::{Claimed, Loaded};
use crate::problem::Answer;
use crate::state::Server;
use crate::statement::Statement;

/// Makes a mail of what a visitor has not read. False when none is to be sent now; that is written down then.
pub(super) async fn compose(
    server: &Server,
    scope: &OwnedScope,
    claimed: &Claimed,
    loaded: &mut Loaded,
) -> Answer<bool> {
    let Some(unread) = Unread::load(scope, claimed).await? else {
        return Ok(false);
    };
    loaded.content = unread.text(&server.public_url, claimed.id);
    loaded.subject = Some(unread.subject());
    loaded.recipient = Some(unread.recipient);
    Ok(true)
}

/// An answer in the chat.
#[derive(Deserialize)]
struct Said {
    content: String,
    agent: Option<String>,
}

/// What was not read, and to whom it goes.
#[derive(Deserialize)]
struct Unread {
    /// The visitor's address.
    recipient: String,
    company: String,
    subject: Option<String>,
    page: Option<String>,
    messages: Vec<Said>,
}

impl Unread {
    /// Of a delivery that was claimed; none when there is nothing to send now.
    async fn load(scope: &OwnedScope, claimed: &Claimed) -> Answer<Option<Unread>> {
        let found: Option<Json<Unread>> = Statement::new(include_str!("unread.sql"))
            .bind("delivery", &claimed.id)
            .bind("lease", &claimed.lease)
            .bind("workspace", &claimed.workspace)
            .value(scope)
            .await?;
        Ok(found.map(|Json(unread)| unread))
    }

    /// What the mail is about.
    fn subject(&self) -> String {
        self.subject
            .clone()
            .filter(|subject| !subject.trim().is_empty())
            .unwrap_or_else(|| format!("Your chat with {}", self.company))
    }

    /// The answers, and how to go on or to get no more such mails.
    fn text(&self, base: &Url, delivery: Uuid) -> String {
        let mut text = String::new();
        let mut speaker: Option<&str> = None;
        for said in &self.messages {
            if let Some(agent) = said.agent.as_deref()
                && speaker != Some(agent)
            {
                text.push_str(agent);
                text.push_str(":\n");
                speaker = Some(agent);
            }
            text.push_str(said.content.trim());
            text.push_str("\n\n");
        }
        text.push_str(
            "You began this conversation in the chat of our website. Answer this mail, and we read it there.",
        );
        if let Some(page) = self.page.as_deref().and_then(|page| Url::parse(page).ok())
            && matches!(page.scheme(), "http" | "https")
        {
            text.push_str("\nTo the chat: ");
            text.push_str(page.as_str());
        }
        let base = base.as_str().trim_end_matches('/');
        text.push_str(&format!(
            "\nNo more mails from us: {base}/no-more-mail/{delivery}\n"
        ));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_follow_each_other_under_the_name_of_who_gave_them() {
        let unread = Unread {
            recipient: "ann@example.test".to_owned(),
            company: "Shop".to_owned(),
            subject: Some(" ".to_owned()),
            page: Some("javascript:alert(1)".to_owned()),
            messages: [
                ("Hello", Some("Bo")),
                ("It is there", Some("Bo")),
                ("Bye", None),
            ]
            .map(|(content, agent)| Said {
                content: content.to_owned(),
                agent: agent.map(str::to_owned),
            })
            .into(),
        };
        assert_eq!(unread.subject(), "Your chat with Shop");
        let base = Url::parse("https://help.example.test/").unwrap();
        assert_eq!(
            unread.text(&base, Uuid::nil()),
            "Bo:\nHello\n\nIt is there\n\nBye\n\nYou began this conversation in the chat of our website. Answer this mail, and we read it there.\n\
             No more mails from us: https://help.example.test/no-more-mail/00000000-0000-0000-0000-000000000000\n"
        );
    }
}
