//! `romashka up`: a PostgreSQL of ROMASHKA's own, migrated, with demo content, and the HTTP server over it, until it is told to stop.
//!
//! Invariants: the server never runs without a `romashka` that watches over it; the command ends only after the server has
//! stopped cleanly, or tells why that was not possible.

use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use romashka_db::environment;
use romashka_db::migrations::{MigrationSet, Migrator};
use romashka_db::private::{
    self, DataFolder, PrivateServer, PrivateServerError, PrivateServerEvent, PrivateServerOptions,
    RECOVERY, State, TcpOptions,
};
use romashka_db::settings::{Settings, SettingsError, Sources};
use romashka_server::Serving;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::migrate;
use super::private_server::{Reachable, failed, folder, show};
use super::serve;
use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::stop::Stop;

/// Run ROMASHKA on a private PostgreSQL: the database and the server, until Ctrl-C
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  romashka up                              make a database on the first call, start it, until Ctrl-C
  romashka up --detach                     the same in the background; romashka down stops it
  romashka up --tcp                        also on 127.0.0.1, with a password, for programs that need TCP
  romashka up --no-demo                    an empty database
  romashka up --listen 127.0.0.1:8080      the server on another port; --no-serve runs the database alone
  romashka up --data-dir '/srv/my data'    keep the data there

With a connection setting (--database-url, DATABASE_URL, DB_HOST) no PostgreSQL is started: the database there is migrated
and served.

Exit codes: 0 stopped as asked, 1 failed, 2 a folder, port or setting is wrong, 4 refused because the data would be
in danger, 5 ROMASHKA runs on the folder already, 130 stopped before it was ready.")]
pub struct Args {
    /// Also listen on 127.0.0.1, with SCRAM and a random password
    #[arg(long)]
    tcp: bool,

    /// The port for --tcp; without it the last one, or a free one
    #[arg(long, requires = "tcp", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// Leave a new database without demo content
    #[arg(long)]
    no_demo: bool,

    /// Go to the background once the database is ready
    #[arg(long)]
    detach: bool,

    /// The address and port of the HTTP server [default: ROMASHKA_LISTEN, else 127.0.0.1:3000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,

    /// Run the database alone
    #[arg(long, conflicts_with = "listen")]
    no_serve: bool,
}

#[derive(Serialize)]
struct Ready {
    data_folder: String,
    created: bool,
    version: String,
    supervisor_process: u32,
    server_process: u32,
    connection: Reachable,
    /// The HTTP server, where it runs.
    server: Option<serve::Reachable>,
}

/// Runs until a signal.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    if let Some(settings) = given_connection(context)? {
        return use_given(&arguments, &settings, context).await;
    }
    if arguments.detach {
        return detach(&arguments, context).await;
    }
    let mut stop = Stop::new()?;
    let folder = folder(context)?;
    let started = tokio::select! {
        started = start(&arguments, context, folder.clone()) => Some(started?),
        () = stop.asked() => None,
    };
    let Some(mut server) = started else {
        context.console.note("stopping");
        // The server was told when its start was given up; what is left to do is to wait for it.
        private::stop(&folder).await.map_err(failed)?;
        return Ok(Exit::Interrupted);
    };
    let serving = match begin(&mut server, &arguments, context).await {
        Ok(serving) => serving,
        Err(error) => {
            server.stop().await.map_err(failed)?;
            return Err(error);
        }
    };
    let outcome = watch(&mut server, &mut stop, &context.console).await;
    context.console.note("stopping");
    if let Some(serving) = serving {
        serving.stop().await;
    }
    server.stop().await.map_err(failed)?;
    context.console.note("stopped; the data is safe on disk");
    outcome
}

/// Serves, and says that everything is ready.
async fn begin(
    server: &mut PrivateServer,
    arguments: &Args,
    context: &Context,
) -> anyhow::Result<Option<Serving>> {
    let (serving, reachable) = if arguments.no_serve {
        (None, None)
    } else {
        let serving = serve::start(arguments.listen, &server.settings(), context).await?;
        let reachable = serve::Reachable::of(serving.server()).await?;
        (Some(serving), Some(reachable))
    };
    server.announce_ready().map_err(failed)?;
    announce(server, reachable, context)?;
    Ok(serving)
}

/// A connection that the user set. None of it: the private server is wanted.
fn given_connection(context: &Context) -> anyhow::Result<Option<Settings>> {
    let resolved = Settings::resolve(Sources {
        option: context.global.database_url.clone(),
        environment: Some(&environment::Variable::read),
        private_server: None,
        data_folder: context.data_folder()?,
    });
    match resolved {
        Ok(settings) => Ok(Some(settings)),
        Err(SettingsError::Nothing(_)) => Ok(None),
        Err(error) => Err(failure(Exit::Usage, &error).next(error.next_step()).into()),
    }
}

async fn use_given(
    arguments: &Args,
    settings: &Settings,
    context: &Context,
) -> anyhow::Result<Exit> {
    let console = &context.console;
    console.note(format_args!(
        "{} names a database ({}), so no server is started",
        settings.origin,
        settings.target()
    ));
    migrate_database(settings, context).await?;
    console.passed(format_args!("the database is ready: {}", settings.target()));
    if arguments.detach {
        return Ok(Exit::Ok);
    }
    if arguments.no_serve {
        return Ok(Exit::Ok);
    }
    let mut stop = Stop::new()?;
    let serving = serve::start(arguments.listen, settings, context).await?;
    let reachable = serve::Reachable::of(serving.server()).await?;
    console.json(&reachable)?;
    reachable.show(console);
    stop.asked().await;
    console.note("stopping; requests at work are finished first");
    serving.stop().await;
    Ok(Exit::Ok)
}

async fn start(
    arguments: &Args,
    context: &Context,
    folder: DataFolder,
) -> anyhow::Result<PrivateServer> {
    let console = context.console.clone();
    let mut options = PrivateServerOptions::new(folder);
    options.programs = environment::PG_BIN.read().map(Into::into);
    options.tcp = arguments.tcp.then_some(TcpOptions {
        port: arguments.port,
    });
    options.observer = Some(Arc::new(move |event| tell(&console, &event)));
    let server = PrivateServer::start(options).await.map_err(failed)?;
    match prepare(&server, arguments, context).await {
        Ok(()) => Ok(server),
        Err(error) => {
            server.stop().await.map_err(failed)?;
            Err(error)
        }
    }
}

fn tell(console: &Console, event: &PrivateServerEvent) {
    match event {
        PrivateServerEvent::RunsAsNobody => console.warn(
            "PostgreSQL runs as the user nobody, whom other services may use too",
            "add a user for it: useradd --system --no-create-home romashka",
        ),
        PrivateServerEvent::Creating(version) => {
            console.note(format_args!(
                "making a database cluster with PostgreSQL {version}"
            ));
        }
        PrivateServerEvent::RemovedHalfMade => {
            console.note("removed a half-made cluster of an interrupted start")
        }
        PrivateServerEvent::StoppedLeftover => {
            console.note("stopped a server that had outlived its ROMASHKA")
        }
        PrivateServerEvent::Recovering => {
            console.note("PostgreSQL is recovering from a crash; this may take some minutes, and nothing is lost");
        }
        other => console.note(format_args!("{other:?}")),
    }
}

/// Migrates, and fills a new database with demo content.
async fn prepare(
    server: &PrivateServer,
    arguments: &Args,
    context: &Context,
) -> anyhow::Result<()> {
    // Noted before the first migration, so that a kill in between does not cost the demo content.
    if server.was_created() {
        server.set_demo_pending(true).map_err(failed)?;
    }
    if arguments.no_demo {
        server.set_demo_pending(false).map_err(failed)?;
    }
    let settings = server.settings();
    migrate_database(&settings, context).await?;
    if server.demo_pending().map_err(failed)? {
        let mut client = context.connect_to(&settings).await?;
        let spinner = context.console.spinner("adding demo content");
        let added = romashka_db::seed::demo(&mut client).await;
        spinner.finish_and_clear();
        added.map_err(|error| {
            failure(Exit::Failure, "the demo content could not be added")
                .next("start without it: romashka up --no-demo")
                .because(error)
        })?;
        server.set_demo_pending(false).map_err(failed)?;
        context.console.note("added demo content");
    }
    Ok(())
}

async fn migrate_database(settings: &Settings, context: &Context) -> anyhow::Result<()> {
    let client = context.connect_to(settings).await?;
    let set = MigrationSet::embedded();
    let outcome = Migrator::new(&client, &set)
        .observer(migrate::apply::observer(&context.console))
        .up(None)
        .await
        .map_err(migrate::failed)?;
    for done in &outcome.migrations {
        context.console.note(format_args!(
            "applied {} {} ({} ms)",
            done.version, done.description, done.duration_ms
        ));
    }
    Ok(())
}

fn announce(
    server: &PrivateServer,
    reachable: Option<serve::Reachable>,
    context: &Context,
) -> anyhow::Result<()> {
    let console = &context.console;
    let running = server.running();
    let ready = Ready {
        data_folder: server.folder().path().display().to_string(),
        created: server.was_created(),
        version: running.version.to_string(),
        supervisor_process: running.supervisor,
        server_process: running.server,
        connection: Reachable::new(running, server.folder()),
        server: reachable,
    };
    console.json(&ready)?;
    console.line(format_args!(
        "{} (PostgreSQL {}, user {})",
        console.paint(Tone::Good, "ROMASHKA's database is ready"),
        running.version,
        server.user().name
    ));
    show(console, running, server.folder());
    if let Some(reachable) = &ready.server {
        reachable.show(console);
    }
    console.note("Ctrl-C stops it");
    Ok(())
}

/// Ends when a stop is asked for. Starts a server that ended by itself again, with growing pauses, and gives up on one that
/// does not stay.
async fn watch(
    server: &mut PrivateServer,
    stop: &mut Stop,
    console: &Console,
) -> anyhow::Result<Exit> {
    const MOST_IN_A_ROW: u32 = 5;
    const STAYED: Duration = Duration::from_secs(60);
    let mut in_a_row = 0;
    loop {
        let since = Instant::now();
        let status = tokio::select! {
            // A service manager may signal both at once; then the server's end is no accident.
            biased;
            () = stop.asked() => return Ok(Exit::Ok),
            status = server.exited() => status,
        };
        if since.elapsed() > STAYED {
            in_a_row = 0;
        }
        let mut reason = status.to_string();
        loop {
            in_a_row += 1;
            if in_a_row > MOST_IN_A_ROW {
                return Err(failure(
                    Exit::Failure,
                    format!("PostgreSQL does not stay up ({reason})"),
                )
                .next(format!("read {}", server.folder().server_log().display()))
                .into());
            }
            let pause = Duration::from_millis(500) * 2u32.pow(in_a_row - 1);
            console.warn(
                format_args!("PostgreSQL ended by itself ({reason})"),
                format_args!(
                    "nothing: it is started again in {:.1} s",
                    pause.as_secs_f64()
                ),
            );
            let again = async {
                sleep(pause).await;
                server.restart().await
            };
            let restarted: Result<(), PrivateServerError> = tokio::select! {
                () = stop.asked() => return Ok(Exit::Ok),
                restarted = again => restarted,
            };
            match restarted {
                Ok(()) => break,
                Err(error) => reason = error.to_string(),
            }
        }
        console.note("PostgreSQL runs again");
    }
}

/// Starts this program again in a session of its own, and waits until the database is ready.
async fn detach(arguments: &Args, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let asked = folder(context)?;
    asked.prepare().map_err(failed)?;
    // Only now that it exists can links on the way to it be resolved.
    let folder = DataFolder::at(asked.path()).map_err(failed)?;
    let status = private::inspect(&folder).map_err(failed)?;
    if matches!(status.state, State::Running | State::Starting) {
        return Err(failed(PrivateServerError::AlreadyRunning {
            folder: folder.path().to_owned(),
            process: status.supervisor,
        })
        .into());
    }
    let mut log = folder.open_supervisor_log().map_err(failed)?;
    let log_start = log.seek(SeekFrom::End(0))?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("up")
        .arg("--no-color")
        .arg("--data-dir")
        .arg(folder.path());
    if arguments.tcp {
        command.arg("--tcp");
    }
    if arguments.no_demo {
        command.arg("--no-demo");
    }
    if arguments.no_serve {
        command.arg("--no-serve");
    }
    if let Some(listen) = arguments.listen {
        command.arg("--listen").arg(listen.to_string());
    }
    if let Some(port) = arguments.port {
        command.arg("--port").arg(port.to_string());
    }
    let mut child = private::spawn_detached(command, log)?;
    let mut stop = Stop::new()?;
    let spinner = console.spinner("starting");
    let begun = Instant::now();
    let outcome = loop {
        if let Some(status) = child.try_wait()? {
            break Err(status);
        }
        let running = private::inspect(&folder)
            .ok()
            .and_then(|status| status.running);
        if let Some(running) =
            running.filter(|running| running.ready && running.supervisor == child.id())
        {
            break Ok(running);
        }
        if begun.elapsed() > RECOVERY * 2 {
            spinner.finish_and_clear();
            return Err(failure(
                Exit::Failure,
                "the database is still not ready, and goes on starting in the background",
            )
            .next(format!(
                "read {}; romashka down stops it",
                folder.supervisor_log().display()
            ))
            .into());
        }
        tokio::select! {
            () = sleep(Duration::from_millis(50)) => {}
            () = stop.asked() => {
                spinner.finish_and_clear();
                private::stop(&folder).await.map_err(failed)?;
                return Ok(Exit::Interrupted);
            }
        }
    };
    spinner.finish_and_clear();
    match outcome {
        Ok(running) => {
            let reachable = if arguments.no_serve {
                None
            } else {
                serve::Reachable::elsewhere(arguments.listen, &running.settings(), context).await?
            };
            let ready = Ready {
                data_folder: folder.path().display().to_string(),
                created: status.state == State::Absent,
                version: running.version.to_string(),
                supervisor_process: running.supervisor,
                server_process: running.server,
                connection: Reachable::new(&running, &folder),
                server: reachable,
            };
            console.json(&ready)?;
            console.line(format_args!(
                "{} (PostgreSQL {}, in the background)",
                console.paint(Tone::Good, "ROMASHKA's database is ready"),
                running.version
            ));
            show(console, &running, &folder);
            if let Some(reachable) = &ready.server {
                reachable.show(console);
            }
            console.note("romashka down stops it");
            Ok(Exit::Ok)
        }
        Err(status) => {
            let mut file = std::fs::File::open(folder.supervisor_log())?;
            file.seek(SeekFrom::Start(log_start))?;
            let mut said = String::new();
            file.read_to_string(&mut said)?;
            eprint!("{said}");
            Ok(Exit::from_code(status.code()))
        }
    }
}
