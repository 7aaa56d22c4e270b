//! The process: accepts connections, serves them, and drains when it is told to stop.
//!
//! Invariants: a connection whose headers do not arrive in time is closed; no more connections are accepted than the
//! settings allow; after a stop no connection is accepted, requests at work are finished, and what does not finish in time
//! is cut off (its transaction rolls back).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use romashka_channels::email::intake::Protocol;
use romashka_db::envelope::Keyring;
use romashka_db::scope::{Database, ScopeError};
use romashka_db::settings::Settings;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;
use url::Url;

use crate::backups;
use crate::lingering::{Lingering, NotedBody, Unread};
use crate::mail::intake::{ListenError, Listeners};
use crate::observe;
use crate::realtime::{self, Connection};
use crate::router::router;
use crate::settings::ServerSettings;
use crate::state::Server;
use crate::workers;

/// Why the server does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("{0} cannot be listened on")]
    Listen(SocketAddr, #[source] io::Error),
    /// Nor one of the mail intake.
    #[error(transparent)]
    Intake(#[from] ListenError),
    /// The pool cannot be built.
    #[error(transparent)]
    Database(#[from] ScopeError),
}

/// A server at work.
pub struct Serving {
    server: Server,
    address: SocketAddr,
    mail_addresses: Vec<(Protocol, SocketAddr)>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    caring: JoinHandle<()>,
    following: JoinHandle<()>,
    working: Vec<JoinHandle<()>>,
}

/// Listens, and serves in the background until [`Serving::stop`].
pub async fn serve(
    settings: ServerSettings,
    database: &Settings,
    keys: Keyring,
) -> Result<Serving, ServeError> {
    let listener = TcpListener::bind(settings.listen)
        .await
        .map_err(|error| ServeError::Listen(settings.listen, error))?;
    let address = listener
        .local_addr()
        .map_err(|error| ServeError::Listen(settings.listen, error))?;
    let intake = Listeners::bind(&settings.intake).await?;
    let mail_addresses = intake.addresses();
    let server = Server::new(Database::new(database)?, settings, keys, address);
    let (stop, stopped) = watch::channel(false);
    let accepting = tokio::spawn(accept(listener, server.clone(), stopped.clone()));
    let caring = tokio::spawn(care(server.clone(), stopped.clone()));
    let following = tokio::spawn(realtime::follow(server.clone(), stopped.clone()));
    let mut working = workers::start(&server, &stopped);
    if let Some(backups) = server.settings.backups.clone() {
        working.push(tokio::spawn(backups::schedule::run(
            server.clone(),
            backups,
            database.clone(),
            stopped.clone(),
        )));
    }
    working.push(tokio::spawn(intake.run(server.clone(), stopped.clone())));
    Ok(Serving {
        server,
        address,
        mail_addresses,
        stop,
        accepting,
        caring,
        following,
        working,
    })
}

impl Serving {
    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where mails are taken in.
    pub fn mail_addresses(&self) -> &[(Protocol, SocketAddr)] {
        &self.mail_addresses
    }

    /// The address people use.
    pub fn public_url(&self) -> &Url {
        &self.server.public_url
    }

    /// The state, for what runs beside the server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Stops accepting, lets requests at work finish, and closes the pool.
    pub async fn stop(self) {
        // Nobody listens any more when the task is gone already.
        let _ = self.stop.send(true);
        for task in [self.following, self.accepting, self.caring] {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the server failed");
            }
        }
        workers::drain(self.working, self.server.settings.shutdown_timeout).await;
        self.server.database.close();
    }
}

async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn accept(listener: TcpListener, server: Server, mut stopped: watch::Receiver<bool>) {
    let app = router(server.clone());
    let connections = Arc::new(Semaphore::new(server.settings.most_connections));
    let graceful = GracefulShutdown::new();
    let builder = connection_builder(server.settings.header_timeout);
    loop {
        let accepted = tokio::select! {
            () = asked_to_stop(&mut stopped) => break,
            accepted = next_connection(&listener, &connections) => accepted,
        };
        let Some((stream, peer, permit)) = accepted else {
            continue;
        };
        // Answers are small and wanted at once.
        let _ = stream.set_nodelay(true);
        let app = app.clone();
        let handle = Connection::new();
        let cut = handle.clone();
        let unread = Unread::default();
        let stream = Lingering::new(stream, unread.clone());
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let app = app.clone();
            let handle = handle.clone();
            let unread = unread.clone();
            async move {
                let mut request =
                    request.map(|body| axum::body::Body::new(NotedBody::new(body, unread)));
                request.extensions_mut().insert(ConnectInfo(peer));
                request.extensions_mut().insert(handle);
                app.oneshot(request).await
            }
        });
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let connection = graceful.watch(connection.into_owned());
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    // The other side went away, or was too slow.
                    tracing::debug!(%error, "a connection ended");
                },
                () = cut.is_cut() => tracing::debug!("a connection was cut off"),
            }
            drop(permit);
        });
    }
    drop(listener);
    let patience = server.settings.shutdown_timeout;
    if tokio::time::timeout(patience, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            seconds = patience.as_secs(),
            "some connections did not finish in time and are cut off"
        );
    }
}

type Accepted = (
    tokio::net::TcpStream,
    SocketAddr,
    tokio::sync::OwnedSemaphorePermit,
);

async fn next_connection(listener: &TcpListener, connections: &Arc<Semaphore>) -> Option<Accepted> {
    // Never closed, so that there is always a permit at last.
    let permit = connections.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, permit)),
        Err(error) => {
            // Out of descriptors, most likely: the others have to end first.
            tracing::warn!(%error, "no connection could be accepted");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

fn connection_builder(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(200)
        .max_header_list_size(64 * 1024)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// What has to be done now and then, whichever process does it.
async fn care(server: Server, mut stopped: watch::Receiver<bool>) {
    const FORGET: Duration = Duration::from_secs(600);
    let mut upkeep = tokio::time::interval(observe::UPKEEP);
    let mut forget = tokio::time::interval(FORGET);
    loop {
        tokio::select! {
            () = asked_to_stop(&mut stopped) => return,
            _ = upkeep.tick() => observe::figures().run_upkeep(),
            _ = forget.tick() => {
                if let Some(limit) = &server.caller_limit {
                    limit.forget_idle();
                }
            }
        }
    }
}
