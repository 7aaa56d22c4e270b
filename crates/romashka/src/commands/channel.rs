//! `romashka channel`: connects WhatsApp numbers, Twilio numbers and mailboxes, and looks whether they work.
//!
//! Invariants: secrets come from a file or standard input, never from an option that other users of the machine see; they
//! are sealed before they are stored; a check really asks the provider or signs in at the mail servers.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use romashka_channels::website::configuration;
use romashka_channels::website::origin::AllowedPages;
use romashka_db::connect::Connection;
use romashka_db::envelope::{Keyring, Place};
use romashka_db::environment::Variable;
use romashka_db::key_file;
use romashka_server::ServerSettings;
use romashka_server::mail::tokens::Keeper;
use romashka_server::providers::account::{Stored, new_secret};
use romashka_server::providers::check::{Finding, check};
use romashka_server::widgets::snippet;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::context::Context;
use crate::exit::{Exit, failure};

/// Connect channels to their providers, and look whether they work
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka channel add whatsapp --name Shop --set phone_number_id=106540352242922 --credentials whatsapp.json
  romashka channel list
  romashka channel test 0198c0de-0000-7000-8000-000000000001

Exit codes: 0 it works, 1 something is not as it should be, 2 a setting is wrong, 3 the database cannot be reached.")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// A number of the WhatsApp Cloud API
    Whatsapp,
    /// A number or messaging service of Twilio
    Sms,
    /// A mailbox: IMAP and SMTP
    Email,
    /// The chat on a website, with its widget
    Website,
    /// Any messenger, by a program of your own
    Api,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Whatsapp => "whatsapp",
            Kind::Sms => "sms",
            Kind::Email => "email",
            Kind::Website => "website",
            Kind::Api => "api",
        }
    }
}

#[derive(Subcommand)]
enum Action {
    /// Store a channel with its credentials, ask its provider, and print the address the provider has to call
    #[command(after_help = "\
Examples:
  romashka channel add whatsapp --name Shop --set phone_number_id=106540352242922 --credentials whatsapp.json
  romashka channel add sms --name Texts --set account_sid=AC… --set number=+15005550006 --credentials - < twilio.json
  romashka channel add email --name Support --set address=support@example.com --set smtp_host=smtp.example.com \\
    --set imap_host=imap.example.com --credentials mailbox.json
  romashka channel add website --name Shop --set domains=shop.example,*.shop.example --set color=#2f7d4f
  echo '{}' | romashka channel add api --name Telegram --set url=https://bridge.example.com/romashka --credentials -

Settings   whatsapp: phone_number_id, api_version    sms: account_sid, number, messaging_service_sid, sender
           email: address, name, aliases, signature, show_number, trusted_servers, smtp_host, smtp_port, smtp_security,
           smtp_user, imap_host, imap_port, imap_security, imap_user, imap_mailbox (…_security: tls, starttls, none)
           website: domains (the hosts it may be on, with commas), and what a widget is set up with: color, title, greeting, …
           api: url, where messages are posted
Secrets    whatsapp: access_token, app_secret, verify_token, next_app_secret
           sms: auth_token, next_auth_token, api_key_sid, api_key_secret
           email: password, or smtp_password and imap_password; or refresh_token, token_url, client_id, client_secret;
           for webhooks postmark_user and postmark_password, mailgun_signing_key, sendgrid_public_key
           website: none
           api: secret (whsec_…), next_secret
Secrets are one JSON object, in a file or (-) from standard input. A verify_token, and the secret of an api channel, is made
when there is none.")]
    Add {
        /// What kind of channel
        kind: Kind,
        /// What people call it
        #[arg(long)]
        name: String,
        /// A setting that is no secret; may be given several times
        #[arg(long = "set", value_name = "NAME=VALUE")]
        settings: Vec<String>,
        /// The file with the secrets; - for standard input. A website has none
        #[arg(long, value_name = "FILE", required_if_eq_any = [("kind", "whatsapp"), ("kind", "sms"), ("kind", "email")])]
        credentials: Option<PathBuf>,
        /// The workspace, by its slug; else the default one
        #[arg(long, value_name = "SLUG")]
        workspace: Option<String>,
        /// Messages a day at most
        #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
        daily_limit: i32,
        /// Store it without asking the provider
        #[arg(long)]
        no_check: bool,
    },
    /// Show the channels of every workspace
    #[command(after_help = "Examples:\n  romashka channel list\n  romashka channel list --json")]
    List,
    /// Ask a channel's provider whether it works, and print the address the provider has to call
    #[command(
        after_help = "Example:\n  romashka channel test 0198c0de-0000-7000-8000-000000000001"
    )]
    Test {
        /// The channel's id
        channel: Uuid,
    },
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let client = context.connect().await?;
    match arguments.action {
        Action::List => list(&client, context).await,
        Action::Test { channel } => {
            let keys = keys(context)?;
            examine(&client, context, &keys, channel, None).await
        }
        Action::Add {
            kind,
            name,
            settings,
            credentials,
            workspace,
            daily_limit,
            no_check,
        } => {
            let workspace = find_workspace(&client, workspace.as_deref()).await?;
            let settings = parse_settings(&settings)?;
            let Some(credentials) = credentials else {
                return add_website(&client, context, workspace, &name, settings, daily_limit)
                    .await;
            };
            if matches!(kind, Kind::Website) {
                return Err(failure(Exit::Usage, "a website has no credentials")
                    .next("leave --credentials out")
                    .into());
            }
            let (secrets, made) = read_secrets(kind, &credentials)?;
            let keys = keys(context)?;
            let channel = Uuid::now_v7();
            let place = Place {
                table: "communication_channels",
                column: "api_credentials",
                workspace,
                row: channel,
            };
            let sealed = keys.seal_json(place, Value::Object(secrets).to_string().as_bytes());
            client
                .execute(
                    "insert into public.communication_channels (id, workspace_id, name, type, status, configuration, api_credentials, message_limit_per_day)
                     values ($1, $2, $3, $4, 'pending_setup', $5, $6, $7)",
                    &[&channel, &workspace, &name, &kind.name(), &Value::Object(settings), &sealed, &daily_limit],
                )
                .await?;
            if no_check {
                return show(&client, context, channel, made.as_deref(), Vec::new()).await;
            }
            examine(&client, context, &keys, channel, made.as_deref()).await
        }
    }
}

#[derive(Serialize)]
struct AddedWebsite<'a> {
    id: Uuid,
    widget: Uuid,
    token: &'a str,
    snippet: &'a str,
}

/// Makes a website's channel and its widget in one transaction, and prints the line of HTML for the site.
async fn add_website(
    client: &Connection,
    context: &Context,
    workspace: Uuid,
    name: &str,
    mut settings: Map<String, Value>,
    daily_limit: i32,
) -> anyhow::Result<Exit> {
    let domains: Vec<String> = settings
        .remove("domains")
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .split(',')
        .map(|domain| domain.trim().to_owned())
        .filter(|domain| !domain.is_empty())
        .collect();
    AllowedPages::parse(domains.iter().map(String::as_str))
        .map_err(|error| failure(Exit::Usage, error.to_string()))?;
    let configuration: Map<String, Value> = settings
        .into_iter()
        .map(|(key, value)| {
            // Numbers, switches and lists are written as in JSON.
            let read = value
                .as_str()
                .and_then(|text| serde_json::from_str(text).ok());
            (key, read.unwrap_or(value))
        })
        .collect();
    configuration::check(&configuration).map_err(|error| {
        failure(Exit::Usage, error.to_string()).next("docs/channels/website.md lists the keys")
    })?;
    let row = client
        .query_one(
            "with channel as (
               insert into public.communication_channels (workspace_id, name, type, status, message_limit_per_day)
               values ($1, $2, 'website', 'active', $3) returning id)
             insert into public.widget_configurations (workspace_id, channel_id, widget_name, allowed_domains, configuration)
             select $1, channel.id, $2, $4, $5 from channel returning id, channel_id",
            &[&workspace, &name, &daily_limit, &domains, &Value::Object(configuration)],
        )
        .await?;
    let (widget, channel): (Uuid, Uuid) = (row.get(0), row.get(1));
    let token: String = client
        .query_one("select public.widget_token($1, $2)", &[&widget, &workspace])
        .await?
        .get(0);
    let server = server_settings()?;
    let line = snippet(server.public_address(server.listen).as_str(), &token);
    let console = &context.console;
    console.json(&AddedWebsite {
        id: channel,
        widget,
        token: &token,
        snippet: &line,
    })?;
    console.line(format_args!("channel  {channel}"));
    console.line(format_args!("widget   {widget}"));
    console.line(format_args!(
        "put this before the end of the site's pages:\n{line}"
    ));
    if domains.is_empty() {
        console.line(format_args!(
            "every site may embed it: name yours with --set domains=shop.example"
        ));
    }
    Ok(Exit::Ok)
}

fn keys(context: &Context) -> anyhow::Result<Keyring> {
    let (ring, _) = key_file::load(&context.data_folder()?).map_err(|error| {
        let next = error.next_step();
        failure(Exit::Usage, error.to_string())
            .next(next)
            .because(error)
    })?;
    Ok(ring)
}

/// The workspace of a slug, else the default one.
pub(super) async fn find_workspace(
    client: &tokio_postgres::Client,
    slug: Option<&str>,
) -> anyhow::Result<Uuid> {
    let row = match slug {
        Some(slug) => {
            client
                .query_opt("select id from public.workspaces where slug = $1", &[&slug])
                .await?
        }
        None => {
            client
                .query_opt("select romashka.default_workspace_id()", &[])
                .await?
        }
    };
    Ok(row
        .and_then(|row| row.get::<_, Option<Uuid>>(0))
        .ok_or_else(|| {
            failure(Exit::Usage, "there is no such workspace").next("name it: --workspace SLUG")
        })?)
}

fn parse_settings(settings: &[String]) -> anyhow::Result<Map<String, Value>> {
    settings
        .iter()
        .map(|setting| {
            let (name, value) = setting.split_once('=').ok_or_else(|| {
                failure(Exit::Usage, format!("{setting} is no setting"))
                    .next("write --set NAME=VALUE")
            })?;
            Ok((name.trim().to_owned(), Value::from(value.trim())))
        })
        .collect()
}

/// The secrets of a file, and the verify token when it was made here.
fn read_secrets(
    kind: Kind,
    file: &PathBuf,
) -> anyhow::Result<(Map<String, Value>, Option<String>)> {
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|found| text = found)
    };
    read.map_err(|error| {
        failure(Exit::Usage, format!("{} cannot be read", file.display())).because(error)
    })?;
    let mut secrets: Map<String, Value> = serde_json::from_str(&text).map_err(|_| {
        failure(Exit::Usage, "the credentials are no JSON object")
            .next(r#"write {"access_token": "…", "app_secret": "…"}"#)
    })?;
    let mut made = None;
    if matches!(kind, Kind::Whatsapp) && !secrets.contains_key("verify_token") {
        let token = Uuid::new_v4().simple().to_string();
        secrets.insert("verify_token".to_owned(), token.clone().into());
        made = Some(token);
    }
    if matches!(kind, Kind::Api) && !secrets.contains_key("secret") {
        let secret = new_secret();
        secrets.insert("secret".to_owned(), secret.clone().into());
        made = Some(secret);
    }
    Ok((secrets, made))
}

#[derive(Serialize)]
struct Listed {
    id: Uuid,
    workspace: String,
    name: String,
    kind: String,
    status: String,
    has_credentials: bool,
    sent_today: i32,
    daily_limit: i32,
}

async fn list(client: &Connection, context: &Context) -> anyhow::Result<Exit> {
    let rows = client
        .query(
            "select c.id, w.slug, c.name, c.type, c.status, c.api_credentials is not null,
                    case when c.last_reset_date = (now() at time zone w.time_zone)::date then c.messages_sent_today else 0 end, c.message_limit_per_day
               from public.communication_channels as c join public.workspaces as w on w.id = c.workspace_id
              order by w.slug, c.type, c.name, c.id",
            &[],
        )
        .await?;
    let channels: Vec<Listed> = rows
        .iter()
        .map(|row| Listed {
            id: row.get(0),
            workspace: row.get(1),
            name: row.get(2),
            kind: row.get(3),
            status: row.get(4),
            has_credentials: row.get(5),
            sent_today: row.get(6),
            daily_limit: row.get(7),
        })
        .collect();
    context.console.json(&channels)?;
    context.console.table(
        ["id", "workspace", "kind", "name", "status", "today"],
        channels.iter().map(|channel| {
            [
                channel.id.to_string(),
                channel.workspace.clone(),
                channel.kind.clone(),
                channel.name.clone(),
                if channel.has_credentials {
                    channel.status.clone()
                } else {
                    format!("{}, no credentials", channel.status)
                },
                format!("{} of {}", channel.sent_today, channel.daily_limit),
            ]
        }),
    );
    Ok(Exit::Ok)
}

/// The address that a channel's provider has to call. Providers of mail call one below it.
async fn hook(
    client: &Connection,
    settings: &ServerSettings,
    channel: Uuid,
) -> anyhow::Result<String> {
    let row = client
        .query_opt(
            "select type, public.channel_token(id, false, workspace_id) from public.communication_channels where id = $1",
            &[&channel],
        )
        .await?
        .ok_or_else(|| {
            failure(Exit::Usage, "there is no such channel").next("romashka channel list shows them")
        })?;
    let (kind, token): (String, String) = (row.get(0), row.get(1));
    let base = settings.public_address(settings.listen);
    Ok(format!(
        "{}/hooks/{kind}/{token}",
        base.as_str().trim_end_matches('/')
    ))
}

fn server_settings() -> anyhow::Result<ServerSettings> {
    Ok(ServerSettings::resolve(&Variable::read).map_err(|error| {
        failure(Exit::Usage, &error).next("romashka environment lists the variables")
    })?)
}

/// Asks the provider, and makes a channel active that works.
async fn examine(
    client: &Connection,
    context: &Context,
    keys: &Keyring,
    channel: Uuid,
    verify_token: Option<&str>,
) -> anyhow::Result<Exit> {
    let settings = server_settings()?;
    let hook = hook(client, &settings, channel).await?;
    let row = client
        .query_one(
            "select workspace_id, type, configuration, api_credentials, webhook_secret from public.communication_channels where id = $1",
            &[&channel],
        )
        .await?;
    let (configuration, credentials): (Value, Option<Value>) = (row.get(2), row.get(3));
    let (kind, webhook_secret): (String, Option<String>) = (row.get(1), row.get(4));
    let stored = Stored {
        workspace: row.get(0),
        channel,
        configuration: &configuration,
        credentials: credentials.as_ref(),
        webhook_secret: webhook_secret.as_deref(),
    };
    let spinner = context.console.spinner("asking");
    let keeper = Keeper::Command(client, keys, stored.workspace);
    let findings = check(&kind, stored, keys, &settings, &hook, keeper).await;
    spinner.finish_and_clear();
    let findings = findings.unwrap_or_else(|error| {
        vec![Finding {
            is_good: false,
            text: error.to_string(),
        }]
    });
    // The first finding that is bad stops nothing that others prove: a channel whose provider accepts it may be used.
    if findings.iter().any(|finding| finding.is_good) {
        client
            .execute(
                "update public.communication_channels set status = 'active' where id = $1 and status = 'pending_setup'",
                &[&channel],
            )
            .await?;
    }
    show(client, context, channel, verify_token, findings).await
}

#[derive(Serialize)]
struct Shown<'a> {
    id: Uuid,
    hook: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    verify_token: Option<&'a str>,
    findings: &'a [Finding],
}

async fn show(
    client: &Connection,
    context: &Context,
    channel: Uuid,
    verify_token: Option<&str>,
    findings: Vec<Finding>,
) -> anyhow::Result<Exit> {
    let console = &context.console;
    let hook = hook(client, &server_settings()?, channel).await?;
    console.json(&Shown {
        id: channel,
        hook: &hook,
        verify_token,
        findings: &findings,
    })?;
    for finding in &findings {
        if finding.is_good {
            console.passed(&finding.text);
        } else {
            console.failed(&finding.text);
        }
    }
    console.line(format_args!("channel       {channel}"));
    console.line(format_args!("webhook       {hook}"));
    if let Some(token) = verify_token {
        // Shown now and never again.
        let name = if token.starts_with("whsec_") {
            "secret"
        } else {
            "verify token"
        };
        console.line(format_args!("{name:<12}  {token}"));
    }
    Ok(if findings.iter().all(|finding| finding.is_good) {
        Exit::Ok
    } else {
        Exit::Failure
    })
}
