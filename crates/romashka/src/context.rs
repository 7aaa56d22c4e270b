//! What every command is given: the global options, the console, and the way to the database.

use std::path::{Path, PathBuf};

use romashka_db::connect::{ConnectError, Connection, connect};
use romashka_db::data_folder::data_folder;
use romashka_db::environment::{self, Variable};
use romashka_db::fingerprint::Shadow;
use romashka_db::private::{self, DataFolder, State};
use romashka_db::settings::{Origin, Settings, Sources};
use romashka_server::knowledge::retrieval::MODEL;

use crate::cli::Global;
use crate::console::Console;
use crate::exit::{Exit, failure};

/// The surroundings of a running command.
pub struct Context {
    /// The options that stand before or after any command.
    pub global: Global,
    /// Where to print.
    pub console: Console,
}

impl Context {
    /// The context of one run of the program.
    pub fn new(global: Global, console: Console) -> Self {
        Context { global, console }
    }

    /// The folder of the private server and the key file: `--data-dir`, else the user's own.
    pub fn data_folder(&self) -> anyhow::Result<PathBuf> {
        self.global
            .data_dir
            .clone()
            .or_else(data_folder)
            .ok_or_else(|| {
                failure(Exit::Usage, "there is no home folder to keep data in")
                    .next("name one: --data-dir FOLDER or ROMASHKA_DATA_DIR=FOLDER")
                    .into()
            })
    }

    /// The folder of the files of messages, which every command that brings, takes or removes any shares with the server.
    pub fn file_folder(&self) -> anyhow::Result<PathBuf> {
        Ok(self.data_folder()?.join("files"))
    }

    /// Where the embedding model is: the folder that the environment names, that of the data folder, else the one beside the program's folder,
    /// where `make model` puts it.
    pub fn model_folder(&self) -> anyhow::Result<Option<PathBuf>> {
        if let Some(folder) = environment::MODEL_DIR.read() {
            return Ok(Some(folder.into()));
        }
        let place = Path::new("models").join(MODEL);
        let beside = std::env::current_exe()
            .ok()
            .and_then(|program| Some(program.parent()?.parent()?.join(&place)));
        Ok([Some(self.data_folder()?.join(&place)), beside]
            .into_iter()
            .flatten()
            .find(|folder| folder.is_dir()))
    }

    /// Where the database is: option, environment, else the private server.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        let data_folder = self.data_folder()?;
        Settings::resolve(Sources {
            option: self.global.database_url.clone(),
            environment: Some(&Variable::read),
            private_server: self.private_server(),
            data_folder,
        })
        .map_err(|error| failure(Exit::Usage, &error).next(error.next_step()).into())
    }

    /// The private server of the data folder, when it runs and can be used. A folder that cannot be looked into has none
    /// for this user.
    fn private_server(&self) -> Option<Settings> {
        let folder = DataFolder::at(self.data_folder().ok()?).ok()?;
        let status = private::inspect(&folder).ok()?;
        let running = status.running.filter(|_| status.state == State::Running)?;
        Some(running.settings())
    }

    /// Where a database to compare with may be made: `ROMASHKA_SHADOW_URL`, else beside the database itself.
    pub fn shadow(&self, settings: &Settings) -> anyhow::Result<Shadow> {
        match environment::SHADOW_URL.read() {
            Some(text) => Settings::parse(&text, Origin::Option, &Variable::read)
                .map(Shadow::at)
                .map_err(|error| {
                    failure(Exit::Usage, format!("ROMASHKA_SHADOW_URL: {error}"))
                        .next(error.next_step())
                        .into()
                }),
            None => Ok(Shadow::beside(settings)),
        }
    }

    /// Connects to the database of [`Context::settings`].
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        self.connect_to(&self.settings()?).await
    }

    /// Connects to these settings.
    pub async fn connect_to(&self, settings: &Settings) -> anyhow::Result<Connection> {
        connect(settings)
            .await
            .map_err(|error| unreachable(error).into())
    }
}

fn unreachable(error: ConnectError) -> crate::exit::Failure {
    let next = error.next_step();
    let message = error.to_string();
    match std::error::Error::source(&error) {
        Some(source) => failure(Exit::Unreachable, message)
            .next(next)
            .because(chain(source)),
        None => failure(Exit::Unreachable, message).next(next),
    }
}

/// The causes of an error in one line each, since a borrowed source cannot be handed on.
fn chain(mut error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    while let Some(source) = error.source() {
        let said = source.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        error = source;
    }
    text
}
