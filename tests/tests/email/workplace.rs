//! A ROMASHKA with a channel of mail, and a customer's mailbox.

use romashka_db::envelope::{Keyring, Place};
use romashka_server::ServerSettings;
pub use romashka_tests::until;
use romashka_tests::{Api, TestDatabase, explain};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::mail_server::{MailServer, PASSWORD};

/// Settings of a server that may reach the mail servers of the tests.
pub fn settings(mail: &MailServer) -> ServerSettings {
    let mut settings = romashka_tests::api::settings();
    settings.mail.networks = vec!["127.0.0.0/8".parse().expect("a network")];
    settings.mail.authorities = Some(mail.authority());
    settings
}

/// An address nobody else has.
pub fn fresh(name: &str) -> String {
    format!(
        "{name}-{}@example.com",
        &Uuid::new_v4().simple().to_string()[..8]
    )
}

/// A server, a workspace, and its channel.
pub struct Workplace {
    pub api: Api,
    pub workspace: Uuid,
    pub channel: Uuid,
    pub support: String,
    pub customer: String,
}

impl Workplace {
    /// With these settings of the channel beside the usual ones.
    pub async fn with(mail: &MailServer, further: Value) -> Workplace {
        let api = Api::over(TestDatabase::new().await, settings(mail)).await;
        let workspace = api.database.create_workspace("acme").await;
        let (support, customer) = (fresh("support"), fresh("customer"));
        let mut configuration = json!({
            "address": support, "name": "Acme", "signature": "Acme Ltd",
            "smtp_host": "localhost", "smtp_port": mail.smtps,
        });
        for (name, value) in further.as_object().expect("an object") {
            configuration[name] = value.clone();
        }
        let keys = &api.serving().server().keys;
        let credentials = json!({"password": PASSWORD});
        let channel = store_channel(
            api.database.owner(),
            keys,
            workspace,
            &configuration,
            &credentials,
        )
        .await;
        Workplace {
            api,
            workspace,
            channel,
            support,
            customer,
        }
    }

    /// A conversation that the customer began with a mail.
    pub async fn conversation(&self) -> Uuid {
        let metadata = json!({"mail": {"message_id": "first@customer.example", "references": ["zeroth@customer.example"]}});
        self.api
            .database
            .owner()
            .query_one(
                "select conversation_id from public.ingest_message('email', $1, 'hello', external_message_id => 'first@customer.example', channel_id => $2,
                   customer_name => 'Ann', subject => 'My order', metadata => $3, workspace => $4)",
                &[&self.customer, &self.channel, &metadata, &self.workspace],
            )
            .await
            .unwrap_or_else(|error| panic!("a conversation: {}", explain(&error)))
            .get(0)
    }

    /// Answers in it.
    pub async fn send(&self, conversation: Uuid, text: &str, metadata: Value) -> Uuid {
        self.api
            .database
            .owner()
            .query_one(
                "select public.send_message($1, $2, metadata => $3, workspace => $4)",
                &[&conversation, &text, &metadata, &self.workspace],
            )
            .await
            .unwrap_or_else(|error| panic!("a message: {}", explain(&error)))
            .get(0)
    }

    /// Waits until a statement's one value is what is expected.
    pub async fn until<T>(&self, sql: &str, expected: T)
    where
        T: for<'row> tokio_postgres::types::FromSql<'row> + PartialEq + std::fmt::Debug,
    {
        until(self.api.database.owner(), sql, expected).await;
    }
}

/// A channel as `romashka channel add` stores it.
pub async fn store_channel(
    owner: &tokio_postgres::Client,
    keys: &Keyring,
    workspace: Uuid,
    configuration: &Value,
    credentials: &Value,
) -> Uuid {
    let id = Uuid::new_v4();
    let place = Place {
        table: "communication_channels",
        column: "api_credentials",
        workspace,
        row: id,
    };
    let sealed = keys.seal_json(place, credentials.to_string().as_bytes());
    owner
        .execute(
            "insert into public.communication_channels (id, workspace_id, name, type, configuration, api_credentials) values ($1, $2, 'of a test', 'email', $3, $4)",
            &[&id, &workspace, configuration, &sealed],
        )
        .await
        .unwrap_or_else(|error| panic!("a channel: {}", explain(&error)));
    id
}
