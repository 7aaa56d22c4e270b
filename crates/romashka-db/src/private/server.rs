//! A server that runs: started, watched, restarted, stopped.
//!
//! Invariants: while a [`PrivateServer`] exists its folder is locked; the server never outlives the value (it is signalled on
//! drop, and on Linux by the kernel when this process dies); it accepts no connection before [`PrivateServer::start`] has
//! returned that is not its own, unless the role's password was set by an earlier run.

use std::{path::PathBuf, process::ExitStatus, sync::Arc, time::Duration};

use rustix::process::Signal;

use super::{
    cluster::{self, SUPERUSER},
    discovery::{self, Installation},
    error::PrivateServerError,
    folder::DataFolder,
    launch::launch,
    lock::FolderLock,
    network, postmaster,
    process::Keeper,
    record::{Memory, Running},
    soundness,
    user::ServerUser,
    version::ServerVersion,
};
use crate::settings::Settings;

/// What happens while a server starts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrivateServerEvent {
    /// Neither `romashka` nor `postgres` exists as a user, so the server runs as `nobody`.
    RunsAsNobody,
    /// The cluster is being made.
    Creating(ServerVersion),
    /// A half-made cluster was removed.
    RemovedHalfMade,
    /// A server that had outlived its ROMASHKA was stopped.
    StoppedLeftover,
    /// The server is recovering from a crash; it may take minutes.
    Recovering,
}

/// Called with each event.
pub type Observer = Arc<dyn Fn(PrivateServerEvent) + Send + Sync>;

/// How TCP is offered on 127.0.0.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpOptions {
    /// This port or none; a free one when absent.
    pub port: Option<u16>,
}

/// How a private server is run.
#[derive(Clone)]
pub struct PrivateServerOptions {
    /// Its data folder.
    pub folder: DataFolder,
    /// The folder of `initdb` and `postgres`; searched for when absent.
    pub programs: Option<PathBuf>,
    /// Offers TCP beside the socket.
    pub tcp: Option<TcpOptions>,
    /// The database that is made if it is missing.
    pub database: String,
    /// Whether data must survive a power failure. False for throw-away servers only.
    pub durable: bool,
    /// Further settings, name and value.
    pub settings: Vec<(String, String)>,
    /// Told what happens.
    pub observer: Option<Observer>,
}

impl PrivateServerOptions {
    /// A durable server with the database `romashka`, on a socket only.
    pub fn new(folder: DataFolder) -> Self {
        PrivateServerOptions {
            folder,
            programs: None,
            tcp: None,
            database: "romashka".to_owned(),
            durable: true,
            settings: Vec::new(),
            observer: None,
        }
    }

    /// The same in a new temporary folder, for [`PrivateServer::start_and_remove`].
    ///
    /// # Errors
    /// When the folder cannot be named.
    pub fn throw_away() -> Result<Self, PrivateServerError> {
        // Short, because of the socket's path; everybody may pass /tmp, which the server's user must.
        let folder = PathBuf::from(format!(
            "/tmp/romashka-{}",
            hex::encode(rand::random::<[u8; 6]>())
        ));
        Ok(Self::new(DataFolder::at(&folder)?))
    }

    pub(super) fn tell(&self, event: PrivateServerEvent) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }
}

/// A running PostgreSQL of ROMASHKA's own.
pub struct PrivateServer {
    options: PrivateServerOptions,
    user: ServerUser,
    installation: Installation,
    running: Running,
    created: bool,
    keeper: Keeper,
    throw_away: Option<PathBuf>,
    _lock: FolderLock,
}

impl PrivateServer {
    /// Makes the cluster if there is none, and starts its server.
    ///
    /// # Errors
    /// See [`PrivateServerError`]; nothing half-made is left behind.
    pub async fn start(options: PrivateServerOptions) -> Result<Self, PrivateServerError> {
        let mut options = options;
        options.folder.prepare()?;
        // Only now that it exists can links on the way to it be resolved.
        options.folder = DataFolder::at(options.folder.path())?;
        let folder = options.folder.clone();
        let lock = FolderLock::acquire(&folder).await?;
        let user = ServerUser::choose(folder.path(), &folder.cluster())?;
        if user.is_nobody() && user.drops {
            options.tell(PrivateServerEvent::RunsAsNobody);
        }
        let data_major = folder.data_major()?;
        let found = discovery::find_installations(options.programs.as_deref())?;
        let installation = discovery::choose(found, data_major)?;
        let memory = Memory::read(&folder)?;
        memory.allow(&installation)?;
        folder.check_passage(&user, &installation.program("postgres"))?;
        if cluster::remove_half_made(&folder).await? {
            options.tell(PrivateServerEvent::RemovedHalfMade);
        }
        let created = data_major.is_none();
        if created {
            options.tell(PrivateServerEvent::Creating(installation.version));
            cluster::create(&folder, &user, &installation, options.durable).await?;
        } else if postmaster::clear(&folder).await? {
            options.tell(PrivateServerEvent::StoppedLeftover);
        }
        let (keeper, socket_folder, port) =
            launch(&options, &user, &installation, memory.port).await?;
        let running = Running {
            supervisor: std::process::id(),
            server: keeper.process(),
            version: installation.version,
            programs: installation.programs.clone(),
            socket_folder,
            port,
            tcp: options.tcp.is_some(),
            database: options.database.clone(),
            user: SUPERUSER.to_owned(),
            ready: false,
        };
        let mut server = PrivateServer {
            options,
            user,
            installation,
            running,
            created,
            keeper,
            throw_away: None,
            _lock: lock,
        };
        if let Err(error) = server.settle(memory).await {
            // The cause is what counts; a server that also refuses to stop is signalled again on drop.
            let _ = server.end().await;
            return Err(error);
        }
        Ok(server)
    }

    /// A server without crash safety in a new temporary folder, which is removed with it.
    ///
    /// # Errors
    /// As [`PrivateServer::start`].
    pub async fn start_throw_away(programs: Option<PathBuf>) -> Result<Self, PrivateServerError> {
        let mut options = PrivateServerOptions::throw_away()?;
        options.programs = programs;
        options.durable = false;
        Self::start_and_remove(options).await
    }

    /// A server whose folder is removed with it, whatever else its options say.
    ///
    /// # Errors
    /// As [`PrivateServer::start`].
    pub async fn start_and_remove(
        options: PrivateServerOptions,
    ) -> Result<Self, PrivateServerError> {
        let folder = options.folder.path().to_owned();
        match Self::start(options).await {
            Ok(mut server) => {
                server.throw_away = Some(folder);
                Ok(server)
            }
            Err(error) => {
                let _ = std::fs::remove_dir_all(&folder);
                Err(error)
            }
        }
    }

    /// What has to be true before anybody else is told of the server.
    async fn settle(&mut self, mut memory: Memory) -> Result<(), PrivateServerError> {
        let client = self.connect("postgres").await?;
        if self.options.durable {
            soundness::check_durability(&client).await?;
        }
        let number: i32 = client
            .query_one("select current_setting('server_version_num')::integer", &[])
            .await
            .map_err(PrivateServerError::database("reading the server's version"))?
            .get(0);
        self.running.version = ServerVersion::from_number(number.unsigned_abs());
        memory.server_version = memory.server_version.max(Some(self.running.version));
        if self.options.tcp.is_some() {
            memory.port = Some(self.running.port);
            let verifier = network::scram_verifier(&network::password(&self.options.folder)?);
            // A verifier consists of letters, digits and $:=+/, so it needs no quoting beyond this.
            client
                .batch_execute(&format!("alter role {SUPERUSER} password '{verifier}'"))
                .await
                .map_err(PrivateServerError::database("setting the password"))?;
        }
        memory.write(&self.options.folder)?;
        let exists = client
            .query_opt(
                "select from pg_catalog.pg_database where datname = $1",
                &[&self.options.database],
            )
            .await
            .map_err(PrivateServerError::database("looking for the database"))?
            .is_some();
        if !exists {
            let name = self.options.database.replace('"', "\"\"");
            client
                .batch_execute(&format!("create database \"{name}\""))
                .await
                .map_err(PrivateServerError::database("creating the database"))?;
        }
        let mut client = self.connect(&self.options.database).await?;
        soundness::check_locale(&mut client).await?;
        self.running.write(&self.options.folder)
    }

    async fn connect(&self, database: &str) -> Result<tokio_postgres::Client, PrivateServerError> {
        let (client, connection) = tokio_postgres::Config::new()
            .host_path(&self.running.socket_folder)
            .port(self.running.port)
            .user(SUPERUSER)
            .dbname(database)
            .application_name("romashka")
            .connect(tokio_postgres::NoTls)
            .await
            .map_err(PrivateServerError::database("connecting to the server"))?;
        // It ends with the client, and an error of it is also the error of the query that meets it.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(client)
    }

    /// How to reach it.
    pub fn running(&self) -> &Running {
        &self.running
    }

    /// The connection settings of its database.
    pub fn settings(&self) -> Settings {
        self.running.settings()
    }

    /// Its data folder.
    pub fn folder(&self) -> &DataFolder {
        &self.options.folder
    }

    /// The system user it runs as.
    pub fn user(&self) -> &ServerUser {
        &self.user
    }

    /// Whether this start made the cluster.
    pub fn was_created(&self) -> bool {
        self.created
    }

    /// Whether demo content was promised to this database and is not there yet.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn demo_pending(&self) -> Result<bool, PrivateServerError> {
        Ok(Memory::read(&self.options.folder)?.demo_pending)
    }

    /// Remembers that, also through a kill.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn set_demo_pending(&self, pending: bool) -> Result<(), PrivateServerError> {
        let mut memory = Memory::read(&self.options.folder)?;
        memory.demo_pending = pending;
        memory.write(&self.options.folder)
    }

    /// Tells other processes that the database can be used.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn announce_ready(&mut self) -> Result<(), PrivateServerError> {
        self.running.ready = true;
        self.running.write(&self.options.folder)
    }

    /// Waits until the server ends by itself.
    pub async fn exited(&self) -> ExitStatus {
        self.keeper.exited().await
    }

    /// Starts the server again after it ended by itself, under the same address.
    ///
    /// # Errors
    /// As [`PrivateServer::start`].
    pub async fn restart(&mut self) -> Result<(), PrivateServerError> {
        postmaster::clear(&self.options.folder).await?;
        let mut options = self.options.clone();
        if let Some(tcp) = &mut options.tcp {
            // Clients know this port.
            tcp.port = Some(self.running.port);
        }
        let (keeper, socket_folder, port) = launch(
            &options,
            &self.user,
            &self.installation,
            Some(self.running.port),
        )
        .await?;
        self.keeper = keeper;
        self.running.server = self.keeper.process();
        self.running.socket_folder = socket_folder;
        self.running.port = port;
        self.running.write(&self.options.folder)
    }

    /// Stops the server: a fast shutdown, after a minute an immediate one.
    ///
    /// # Errors
    /// [`PrivateServerError::NotStopped`] when it does not end even then.
    pub async fn stop(mut self) -> Result<(), PrivateServerError> {
        self.end().await
    }

    async fn end(&mut self) -> Result<(), PrivateServerError> {
        for (signal, patience) in [
            (Signal::INT, postmaster::FAST_STOP),
            (Signal::QUIT, postmaster::IMMEDIATE_STOP),
        ] {
            self.keeper.signal(signal);
            if tokio::time::timeout(patience, self.keeper.exited())
                .await
                .is_ok()
            {
                // Gone already if the folder was removed under it.
                let _ = std::fs::remove_file(self.options.folder.running());
                if !self
                    .running
                    .socket_folder
                    .starts_with(self.options.folder.path())
                {
                    // Only an empty folder goes; what somebody else put there stays.
                    let _ = std::fs::remove_dir(&self.running.socket_folder);
                }
                return Ok(());
            }
        }
        Err(PrivateServerError::NotStopped {
            process: self.keeper.process(),
        })
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        if let Some(folder) = &self.throw_away {
            self.keeper.signal(Signal::KILL);
            for _ in 0..50 {
                // Its last files appear while it ends.
                let gone = std::fs::remove_dir_all(folder).is_ok() || !folder.exists();
                if gone && self.keeper.status().is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}
