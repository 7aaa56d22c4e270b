//! The databases in which is measured: made, filled, dropped.
//!
//! Invariant: only databases whose names were made up here are ever written to or dropped.

use std::sync::atomic::AtomicBool;

use serde::Serialize;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::{BenchError, BenchEvent, Observer};
use crate::connect::{Connection, connect};
use crate::migrations::{MigrationSet, Migrator};
use crate::seed::{self, LoadOptions};
use crate::settings::Settings;

/// Messages of a conversation, on average.
const MESSAGES: u32 = 10;

/// What a loaded database holds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    /// Conversations.
    pub conversations: u64,
    /// Messages.
    pub messages: u64,
    /// Bytes on disk, with indexes.
    pub bytes: i64,
}

/// A database with a load.
#[derive(Clone)]
pub struct Loaded {
    /// How it is reached, as its owner.
    pub settings: Settings,
    /// How much it holds.
    pub size: Size,
    /// The workspace of the load.
    pub workspace: Uuid,
    /// The agents of the load.
    pub agents: Vec<Uuid>,
}

impl Loaded {
    /// A connection of its owner, whom row security does not bind.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn owner(&self) -> Result<Connection, BenchError> {
        Ok(connect(&self.settings).await?)
    }

    /// Writes what is dirty, so that no run pays for what came before it.
    ///
    /// # Errors
    /// When the server refuses it for another reason than a missing right.
    pub async fn checkpoint(&self, owner: &Connection) -> Result<(), BenchError> {
        match owner.batch_execute("checkpoint").await {
            // A role that may not ask for one measures without.
            Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Ok(()),
            other => other.map_err(BenchError::at("a checkpoint")),
        }
    }
}

/// The databases of a run.
pub struct Databases {
    server: Settings,
    names: Vec<String>,
}

impl Databases {
    /// On this server; none is made yet.
    pub fn new(server: &Settings) -> Databases {
        Databases {
            server: server.clone(),
            names: Vec::new(),
        }
    }

    /// Makes a database with the schema and a load.
    ///
    /// # Errors
    /// When the server refuses something.
    pub async fn load(
        &mut self,
        conversations: u64,
        articles: u32,
        observe: Observer<'_>,
    ) -> Result<Loaded, BenchError> {
        let name = format!("romashka_bench_{}", Uuid::new_v4().simple());
        let admin = connect(&self.server).await?;
        // Noted first: a creation that is given up may still happen.
        self.names.push(name.clone());
        observe(BenchEvent::Stage {
            name: "making a database".to_owned(),
            total: 0,
        });
        admin
            .batch_execute(&format!("create database {name} template template0"))
            .await
            .map_err(BenchError::at("making a database"))?;
        let settings = self.server.with_database(&name);
        let mut client = connect(&settings).await?;
        Migrator::new(&client, &MigrationSet::embedded())
            .up(None)
            .await?;
        let options = LoadOptions {
            conversations,
            messages: MESSAGES,
            agents: 20,
            articles,
            days: 90,
            seed: 1,
        };
        let report = seed::load(&mut client, options, &AtomicBool::new(false), |event| {
            observe(BenchEvent::Loading(event))
        })
        .await?;
        observe(BenchEvent::Stage {
            name: "vacuum".to_owned(),
            total: 0,
        });
        client
            .batch_execute("vacuum analyze")
            .await
            .map_err(BenchError::at("gathering statistics"))?;
        let row = client
            .query_one("select romashka.default_workspace_id(), pg_database_size(current_database()), array(select agent_id from public.agent_availability order by agent_id)", &[])
            .await
            .map_err(BenchError::at("looking at the load"))?;
        Ok(Loaded {
            settings,
            size: Size {
                conversations: report.conversations,
                messages: report.messages,
                bytes: row.get(1),
            },
            workspace: row.get(0),
            agents: row.get(2),
        })
    }

    /// Drops them.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn drop_all(self) -> Result<(), BenchError> {
        let admin = connect(&self.server).await?;
        for name in &self.names {
            admin
                .batch_execute(&format!("drop database if exists {name} with (force)"))
                .await
                .map_err(BenchError::at("dropping a database"))?;
        }
        Ok(())
    }
}
