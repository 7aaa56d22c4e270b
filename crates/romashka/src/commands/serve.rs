//! `romashka serve`: the HTTP server, until it is told to stop.
//!
//! Invariant: the command ends only after requests at work have finished or their time is over.

use std::net::SocketAddr;

use romashka_db::connect::Connection;
use romashka_db::envelope::Keyring;
use romashka_db::environment::Variable;
use romashka_db::key_file;
use romashka_db::scope::Database;
use romashka_db::settings::Settings;
use romashka_server::{ServeError, Server, ServerSettings, Serving};
use serde::Serialize;

use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::open_files;
use crate::stop::Stop;

/// Serve the API, until Ctrl-C
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka serve                              on 127.0.0.1:3000, for the database of DATABASE_URL
  romashka serve --listen 0.0.0.0:8080        for other machines too, behind a proxy that speaks TLS
  romashka serve --json                       one line with the address once it serves

Any number of these may serve one database. Behind a proxy set ROMASHKA_PUBLIC_URL and ROMASHKA_TRUSTED_PROXIES
(romashka environment). The database must have been migrated: romashka migrate.

Exit codes: 0 stopped as asked, 2 an address or a setting is wrong, 3 the database cannot be reached, 4 it lacks the schema.")]
pub struct Args {
    /// The address and port to listen on
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

/// Where the server is reached.
#[derive(Serialize)]
pub struct Reachable {
    url: String,
    docs: String,
    /// Where the first owner is made, while there is none.
    setup: Option<String>,
}

impl Reachable {
    /// Of a server with this state.
    pub async fn of(server: &Server) -> anyhow::Result<Reachable> {
        let url = server.public_url.as_str().trim_end_matches('/').to_owned();
        let setup = romashka_server::accounts::setup_address(server)
            .await
            .map_err(|problem| failure(Exit::Failure, problem.title()))?;
        Ok(Reachable {
            docs: format!("{url}/docs"),
            url,
            setup,
        })
    }

    /// Of the server that another process runs with these settings; none when it took whatever port was free.
    pub async fn elsewhere(
        listen: Option<SocketAddr>,
        database: &Settings,
        context: &Context,
    ) -> anyhow::Result<Option<Reachable>> {
        let settings = settings(listen)?;
        let listening = settings.listen;
        if listening.port() == 0 {
            return Ok(None);
        }
        let server = Server::new(
            Database::new(database)?,
            settings,
            keys(context)?,
            listening,
        );
        Reachable::of(&server).await.map(Some)
    }

    /// Says so.
    pub fn show(&self, console: &Console) {
        console.line(format_args!(
            "{} {} (the API is described at {})",
            console.paint(Tone::Good, "ROMASHKA serves"),
            self.url,
            self.docs
        ));
        if let Some(setup) = &self.setup {
            console.line(format_args!(
                "Nobody owns it yet. The first owner is made here, once, within a day:\n  {setup}"
            ));
        }
    }
}

/// Runs until a signal.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    let mut stop = Stop::new()?;
    let settings = context.settings()?;
    require_schema(&context.connect_to(&settings).await?).await?;
    let serving = start(arguments.listen, &settings, context).await?;
    let reachable = Reachable::of(serving.server()).await?;
    context.console.json(&reachable)?;
    reachable.show(&context.console);
    stop.asked().await;
    context
        .console
        .note("stopping; requests at work are finished first");
    serving.stop().await;
    Ok(Exit::Ok)
}

/// Starts to serve in the background.
pub async fn start(
    listen: Option<SocketAddr>,
    database: &Settings,
    context: &Context,
) -> anyhow::Result<Serving> {
    open_files::allow_as_many_as_possible();
    let mut settings = settings(listen)?;
    settings.file_folder = Some(context.file_folder()?);
    settings.model_folder = context.model_folder()?;
    romashka_server::serve(settings, database, keys(context)?)
        .await
        .map_err(|error| match error {
            ServeError::Listen(..) => failure(Exit::Usage, error.to_string())
                .next("name another: --listen 127.0.0.1:3001")
                .because(error)
                .into(),
            ServeError::Intake(_) => failure(Exit::Usage, error.to_string())
                .next("look at the variables ROMASHKA_INTAKE_…: romashka environment lists them")
                .because(error)
                .into(),
            ServeError::Database(_) => failure(Exit::Unreachable, error.to_string())
                .because(error)
                .into(),
        })
}

/// A server's state without a server: for commands that do what the server does, on this database.
pub fn apart(database: Database, context: &Context) -> anyhow::Result<Server> {
    let mut settings = settings(None)?;
    settings.model_folder = context.model_folder()?;
    let listening = settings.listen;
    Ok(Server::new(database, settings, keys(context)?, listening))
}

fn settings(listen: Option<SocketAddr>) -> anyhow::Result<ServerSettings> {
    let mut settings = ServerSettings::resolve(&Variable::read).map_err(|error| {
        failure(Exit::Usage, &error).next("romashka environment lists the variables")
    })?;
    if let Some(listen) = listen {
        settings.listen = listen;
    }
    Ok(settings)
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

async fn require_schema(client: &Connection) -> anyhow::Result<()> {
    let has_schema: bool = client
        .query_one(
            "select to_regprocedure('romashka.my_membership()') is not null",
            &[],
        )
        .await?
        .get(0);
    if has_schema {
        return Ok(());
    }
    Err(failure(
        Exit::Refused,
        "the database does not have the schema of this version",
    )
    .next("bring it up to date: romashka migrate")
    .into())
}
