//! A message into an existing conversation through the full path, against a bare table.
//!
//! Both sides run the same statement, as the same role, with the same number of round trips; the bare table has the same
//! columns, defaults and values, and no trigger, key, check, policy or index. What differs is what the product adds:
//! row security, checks, foreign key, indexes, search, counters, figures and the ledger.

use std::time::Duration;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio_postgres::Statement;
use uuid::Uuid;

use crate::bench::databases::Loaded;
use crate::bench::drive::{Client, Sample};
use crate::bench::figures::{Figure, ratio};
use crate::bench::jobs::rotate;
use crate::bench::report::{Hot, InsertReport, InsertRow, Transaction};
use crate::bench::session::{Value, borrowed, session};
use crate::bench::{BenchError, BenchEvent, BenchOptions, Observer};
use crate::connect::Connection;
use crate::scope::{Claims, Database, Lease};

/// The numbers of clients that are compared.
const CLIENTS: [usize; 3] = [1, 2, 8];

/// The bare side.
const BARE: &str = "public.bare_messages";
/// The full side.
pub(super) const FULL: &str = "public.messages";

/// Where messages go and what they say, taken from the load.
#[derive(Clone)]
pub(in crate::bench) struct Material {
    conversations: Vec<Place>,
    contents: Vec<String>,
    workspace: Uuid,
    agent: Uuid,
}

#[derive(Clone)]
struct Place {
    conversation: Uuid,
    channel_type: String,
    language: String,
}

impl Material {
    /// Open conversations and texts of the load.
    pub(in crate::bench) async fn gather(loaded: &Loaded) -> Result<Material, BenchError> {
        let owner = loaded.owner().await?;
        let conversations: Vec<Place> = owner
            .query(
                "select id, channel_type, language from public.conversations where workspace_id = $1 and status = 'active' order by hashtext(id::text) limit 20000",
                &[&loaded.workspace],
            )
            .await
            .map_err(BenchError::at("looking for conversations"))?
            .iter()
            .map(|row| Place {
                conversation: row.get(0),
                channel_type: row.get(1),
                language: row.get(2),
            })
            .collect();
        let contents: Vec<String> = owner
            .query(
                "select content from public.messages tablesample system (1) limit 2000",
                &[],
            )
            .await
            .map_err(BenchError::at("looking for texts"))?
            .iter()
            .map(|row| row.get(0))
            .collect();
        let agent = loaded.agents.first().copied();
        match agent.filter(|_| !conversations.is_empty() && !contents.is_empty()) {
            Some(agent) => Ok(Material {
                conversations,
                contents,
                workspace: loaded.workspace,
                agent,
            }),
            None => Err(BenchError::Nothing("the insert of messages")),
        }
    }

    pub(in crate::bench) fn claims(&self) -> Claims {
        Claims::person(self.agent, self.workspace)
    }

    /// Every second message is the customer's, the others are the agent's.
    fn values(&self, chance: &mut SmallRng, number: u64) -> Vec<Value> {
        let place = self.conversations.choose(chance);
        let place = place.unwrap_or(&self.conversations[0]);
        let content = self.contents.choose(chance).cloned().unwrap_or_default();
        let sender = (number % 2 == 1).then_some(self.agent);
        vec![
            Box::new(self.workspace),
            Box::new(place.conversation),
            Box::new(if sender.is_some() { "agent" } else { "user" }),
            Box::new(sender),
            Box::new(content),
            Box::new(place.channel_type.clone()),
            Box::new(place.language.clone()),
        ]
    }
}

fn statement(table: &str) -> String {
    format!(
        "insert into {table} (workspace_id, conversation_id, sender_type, sender_id, content, channel_type, language) values ($1, $2, $3::text, $4, $5, $6::text, $7::text)"
    )
}

/// A session that inserts, one statement a transaction.
pub(in crate::bench) struct Inserter {
    client: Connection,
    statement: Statement,
    backend: i32,
    material: Material,
    chance: SmallRng,
    number: u64,
}

impl Inserter {
    pub(super) async fn new(
        loaded: &Loaded,
        material: &Material,
        table: &str,
    ) -> Result<Inserter, BenchError> {
        let (client, backend) = session(loaded, Some(&material.claims())).await?;
        let statement = client
            .prepare(&statement(table))
            .await
            .map_err(BenchError::at("preparing the insert"))?;
        Ok(Inserter {
            client,
            statement,
            backend,
            material: material.clone(),
            chance: SmallRng::seed_from_u64(rand::rng().random()),
            number: 0,
        })
    }
}

impl Client for Inserter {
    async fn step(&mut self) -> Result<(), BenchError> {
        self.number += 1;
        let values = self.material.values(&mut self.chance, self.number);
        self.client
            .execute(&self.statement, &borrowed(&values))
            .await
            .map_err(BenchError::at("inserting a message"))?;
        Ok(())
    }

    fn backend(&self) -> Option<i32> {
        Some(self.backend)
    }
}

/// A client that inserts as the product's server does: in scoped transactions.
struct ScopedInserter {
    lease: Lease,
    statement: String,
    claims: Claims,
    backend: i32,
    material: Material,
    chance: SmallRng,
    number: u64,
}

impl ScopedInserter {
    async fn new(
        database: &Database,
        material: &Material,
        table: &str,
    ) -> Result<ScopedInserter, BenchError> {
        let mut lease = database.lease().await?;
        let claims = material.claims();
        let scope = lease.begin(&claims).await?;
        let backend: i32 = scope
            .query_one("select pg_backend_pid()", &[])
            .await
            .map_err(BenchError::at("asking for the backend"))?
            .get(0);
        scope.commit().await?;
        Ok(ScopedInserter {
            lease,
            statement: statement(table),
            claims,
            backend,
            material: material.clone(),
            chance: SmallRng::seed_from_u64(rand::rng().random()),
            number: 0,
        })
    }
}

impl Client for ScopedInserter {
    async fn step(&mut self) -> Result<(), BenchError> {
        self.number += 1;
        let values = self.material.values(&mut self.chance, self.number);
        let scope = self.lease.begin(&self.claims).await?;
        let statement = scope
            .prepare_cached(&self.statement)
            .await
            .map_err(BenchError::at("preparing the insert"))?;
        scope
            .execute(&statement, &borrowed(&values))
            .await
            .map_err(BenchError::at("inserting a message"))?;
        Ok(scope.commit().await?)
    }

    fn backend(&self) -> Option<i32> {
        Some(self.backend)
    }
}

/// Measures every combination, and how many updates of conversations stayed on their page meanwhile.
pub(in crate::bench) async fn measure(
    loaded: &Loaded,
    options: &BenchOptions,
    observe: Observer<'_>,
) -> Result<InsertReport, BenchError> {
    let material = Material::gather(loaded).await?;
    let owner = loaded.owner().await?;
    owner
        .batch_execute(include_str!("bare.sql"))
        .await
        .map_err(BenchError::at("making the bare table"))?;
    let combinations: Vec<(Transaction, bool, usize)> = [
        (Transaction::Statement, true),
        (Transaction::Statement, false),
        (Transaction::Scope, true),
        (Transaction::Scope, false),
    ]
    .into_iter()
    .flat_map(|(transaction, durable)| CLIENTS.map(|clients| (transaction, durable, clients)))
    .collect();
    observe(BenchEvent::Stage {
        name: "message inserts".to_owned(),
        total: combinations.len() as u64 * u64::from(options.runs),
    });
    let before = hot_updates(&owner).await?;
    let mut rows = Vec::new();
    for (transaction, durable, clients) in combinations {
        loaded.checkpoint(&owner).await?;
        let mut sides = loaded.clone();
        sides.settings.options = Some(format!(
            "-c synchronous_commit={}",
            if durable { "on" } else { "off" }
        ));
        sides.settings.pool_size = clients;
        let mut samples = match transaction {
            Transaction::Statement => {
                let mut left = Vec::new();
                let mut right = Vec::new();
                for _ in 0..clients {
                    left.push(Inserter::new(&sides, &material, FULL).await?);
                    right.push(Inserter::new(&sides, &material, BARE).await?);
                }
                rotate(vec![left, right], options.runs, options.duration, observe).await?
            }
            Transaction::Scope => {
                let left_pool = Database::new(&sides.settings)?;
                let right_pool = Database::new(&sides.settings)?;
                let mut left = Vec::new();
                let mut right = Vec::new();
                for _ in 0..clients {
                    left.push(ScopedInserter::new(&left_pool, &material, FULL).await?);
                    right.push(ScopedInserter::new(&right_pool, &material, BARE).await?);
                }
                rotate(vec![left, right], options.runs, options.duration, observe).await?
            }
        };
        let (bare, full) = (
            samples.pop().unwrap_or_default(),
            samples.pop().unwrap_or_default(),
        );
        rows.push(InsertRow {
            transaction,
            durable,
            clients,
            ratio: ratio(&full, &bare, |sample| Some(sample.per_second()))
                .ok_or(BenchError::Nothing("the insert of messages"))?,
            cpu_ratio: ratio(&full, &bare, Sample::cpu_us),
            full: Figure::of(&full),
            bare: Figure::of(&bare),
        });
    }
    let after = hot_updates(&owner).await?;
    owner
        .batch_execute(&format!("drop table {BARE}"))
        .await
        .map_err(BenchError::at("dropping the bare table"))?;
    Ok(InsertReport {
        rows,
        hot: Hot::between(before, after),
    })
}

/// Updates of conversations and of their figures so far: table, all, and those that stayed on their page.
async fn hot_updates(owner: &Connection) -> Result<Vec<(String, i64, i64)>, BenchError> {
    // Backends hand their counts in when they have been idle for a moment.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    Ok(owner
        .query(
            "select relname::text, n_tup_upd, n_tup_hot_upd from pg_stat_user_tables
              where schemaname = 'public' and relname in ('conversations', 'conversation_analytics') order by relname desc",
            &[],
        )
        .await
        .map_err(BenchError::at("reading statistics"))?
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect())
}
