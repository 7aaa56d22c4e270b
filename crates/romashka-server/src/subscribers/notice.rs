//! What the people of a workspace are told of their subscriptions.
//!
//! Invariant: a notice is taken and its mails are queued in the transaction of the attempt that led to it: once, or not yet.

use jiff::{SignedDuration, Timestamp};
use romashka_channels::webhooks::health::DISABLE_AFTER;
use romashka_db::scope::OwnedScope;
use tokio_postgres::Row;
use url::Url;
use uuid::Uuid;

use crate::accounts::Mail;
use crate::problem::Answer;
use crate::state::Server;
use crate::statement::{FromRow, Statement};

struct Notice {
    kind: String,
    workspace: String,
    address: String,
    failing_since: Option<Timestamp>,
    reason: Option<String>,
}

impl FromRow for Notice {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Notice {
            kind: row.try_get("notice")?,
            workspace: row.try_get("workspace_name")?,
            address: row.try_get("webhook_url")?,
            failing_since: row.try_get("failing_since")?,
            reason: row.try_get("disabled_reason")?,
        })
    }
}

struct Admin {
    email: String,
    language: String,
}

impl FromRow for Admin {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Admin {
            email: row.try_get("email")?,
            language: row.try_get("language")?,
        })
    }
}

/// The address without what is behind the question mark, which is often a credential.
fn shown(address: &str) -> String {
    match Url::parse(address) {
        Ok(mut url) => {
            url.set_query(None);
            url.to_string()
        }
        Err(_) => String::new(),
    }
}

impl Notice {
    fn mail(self) -> Mail {
        let address = shown(&self.address);
        if self.kind == "disabled" {
            return Mail::WebhookDisabled {
                workspace: self.workspace,
                address,
                is_gone: self.reason.is_some_and(|reason| reason.contains("410")),
            };
        }
        let since = self.failing_since.unwrap_or_else(Timestamp::now);
        let allowed: SignedDuration = DISABLE_AFTER;
        Mail::WebhookFailing {
            workspace: self.workspace,
            address,
            since,
            until: since.saturating_add(allowed).unwrap_or(since),
        }
    }
}

/// Queues the mails of a notice that is due.
pub async fn tell(
    server: &Server,
    service: &OwnedScope,
    workspace: Uuid,
    subscription: Uuid,
) -> Answer<()> {
    let notice: Option<Notice> = Statement::new(include_str!("take_notice.sql"))
        .bind("workspace", &workspace)
        .bind("subscription", &subscription)
        .optional(service)
        .await?;
    let Some(notice) = notice else {
        return Ok(());
    };
    let mail = notice.mail();
    let admins: Vec<Admin> = Statement::new(include_str!("admins.sql"))
        .bind("workspace", &workspace)
        .all(service)
        .await?;
    for admin in admins {
        mail.queue(server, service, &admin.email, Some(&admin.language))
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_notice_shows_no_credential_of_the_address() {
        assert_eq!(
            shown("https://hooks.example.com/in?token=secret"),
            "https://hooks.example.com/in"
        );
    }
}
