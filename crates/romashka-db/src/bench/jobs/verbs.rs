//! What moves a conversation: it begins and is assigned, a message arrives, it is resolved.
//!
//! The larger load and the smaller one take turns, so that growth is a ratio of one run. Agents are online round the clock
//! with room for all that is measured: what is timed is the assignment, not the queue.

use std::sync::{Arc, Mutex, PoisonError};

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio_postgres::Statement;
use uuid::Uuid;

use super::insert::{FULL, Inserter, Material};
use super::rotate;
use crate::bench::databases::Loaded;
use crate::bench::drive::{Client, Sample};
use crate::bench::figures::{Figure, ratio};
use crate::bench::report::{Load, Measurement, Path, Side};
use crate::bench::session::{Value, borrowed, session};
use crate::bench::{BenchError, BenchEvent, BenchOptions, Job, Observer};
use crate::connect::Connection;
use crate::scope::Claims;

/// Clients side by side, as in the figures of earlier schemas.
const CLIENTS: usize = 8;
/// Agents that take the new conversations, beside those of the load.
const AGENTS: i32 = 100;

/// Conversations that a core resolves in a second at most, for the number of open ones that are kept ready.
const RESOLVED_PER_CORE_AND_SECOND: f64 = 1_500.0;

/// What a session does again and again.
#[derive(Clone)]
enum Task {
    /// A conversation of any of these customers begins.
    Begin(Arc<Vec<Uuid>>),
    /// One of these is resolved, each once.
    Resolve(Arc<Mutex<Vec<Uuid>>>),
}

impl Task {
    fn statement(&self) -> &'static str {
        match self {
            Task::Begin(_) => {
                "insert into public.conversations (workspace_id, customer_id, channel_type, subject) values ($1, $2, 'website', 'A question')"
            }
            Task::Resolve(_) => "select public.resolve_conversation($1)",
        }
    }
}

/// A session of an agent that moves conversations.
struct Mover {
    client: Connection,
    statement: Statement,
    backend: i32,
    workspace: Uuid,
    task: Task,
    chance: SmallRng,
}

impl Mover {
    async fn new(loaded: &Loaded, task: Task) -> Result<Mover, BenchError> {
        let claims = Claims::person(loaded.agents[0], loaded.workspace);
        let (client, backend) = session(loaded, Some(&claims)).await?;
        let statement = client
            .prepare(task.statement())
            .await
            .map_err(BenchError::at("preparing a change"))?;
        Ok(Mover {
            client,
            statement,
            backend,
            workspace: loaded.workspace,
            task,
            chance: SmallRng::seed_from_u64(rand::rng().random()),
        })
    }
}

impl Client for Mover {
    async fn step(&mut self) -> Result<(), BenchError> {
        let values: Vec<Value> = match &self.task {
            Task::Begin(customers) => {
                let customer = customers.choose(&mut self.chance).copied();
                let customer = customer.ok_or(BenchError::Nothing("new conversations"))?;
                vec![Box::new(self.workspace), Box::new(customer)]
            }
            Task::Resolve(open) => {
                let next = open.lock().unwrap_or_else(PoisonError::into_inner).pop();
                vec![Box::new(next.ok_or(BenchError::Nothing("resolving"))?)]
            }
        };
        self.client
            .execute(&self.statement, &borrowed(&values))
            .await
            .map_err(BenchError::at("moving a conversation"))?;
        Ok(())
    }

    fn backend(&self) -> Option<i32> {
        Some(self.backend)
    }

    fn is_done(&self) -> bool {
        match &self.task {
            Task::Begin(_) => false,
            // Others may take one more each before they look.
            Task::Resolve(open) => {
                open.lock().unwrap_or_else(PoisonError::into_inner).len() < CLIENTS
            }
        }
    }
}

/// Measures the jobs asked for.
pub(in crate::bench) async fn measure(
    small: &Loaded,
    large: Option<&Loaded>,
    options: &BenchOptions,
    observe: Observer<'_>,
) -> Result<Vec<Measurement>, BenchError> {
    let jobs: Vec<Job> = [Job::Insert, Job::Conversation, Job::Resolve]
        .into_iter()
        .filter(|job| options.jobs.contains(job))
        // Inserts have a comparison of their own; here it is growth that counts.
        .filter(|job| *job != Job::Insert || large.is_some())
        .collect();
    let mut measurements = Vec::new();
    for job in jobs {
        observe(BenchEvent::Stage {
            name: title(job).to_owned(),
            total: u64::from(options.runs),
        });
        let mut labels = Vec::new();
        let mut places = Vec::new();
        for (load, loaded) in [(Load::Small, Some(small)), (Load::Large, large)] {
            let Some(loaded) = loaded else { continue };
            if job != Job::Insert {
                staff(loaded).await?;
            }
            for (path, commit) in [(Path::Durable, "on"), (Path::Relaxed, "off")] {
                let mut place = loaded.clone();
                place.settings.options = Some(format!("-c synchronous_commit={commit}"));
                labels.push((load, path));
                places.push(place);
            }
        }
        let samples = match job {
            Job::Insert => {
                let mut sides = Vec::new();
                for place in &places {
                    let material = Material::gather(place).await?;
                    let mut clients = Vec::new();
                    for _ in 0..CLIENTS {
                        clients.push(Inserter::new(place, &material, FULL).await?);
                    }
                    sides.push(clients);
                }
                rotate(sides, options.runs, options.duration / 2, observe).await?
            }
            _ => {
                let mut sides = Vec::new();
                for place in &places {
                    let task = match job {
                        Job::Resolve => resolve_task(place, options).await?,
                        _ => begin_task(place).await?,
                    };
                    let mut clients = Vec::new();
                    for _ in 0..CLIENTS {
                        clients.push(Mover::new(place, task.clone()).await?);
                    }
                    sides.push(clients);
                }
                rotate(sides, options.runs, options.duration / 2, observe).await?
            }
        };
        measurements.push(compare(job, &labels, &samples));
    }
    Ok(measurements)
}

fn title(job: Job) -> &'static str {
    match job {
        Job::Insert => "A message into an existing conversation",
        Job::Conversation => "A new conversation, with its assignment",
        _ => "Resolving a conversation",
    }
}

fn compare(job: Job, labels: &[(Load, Path)], samples: &[Vec<Sample>]) -> Measurement {
    let side = |load, path| {
        labels
            .iter()
            .position(|label| *label == (load, path))
            .map(|at| &samples[at])
    };
    // Without waits for the disk, whose time does not depend on the load and would hide growth.
    let growth = side(Load::Large, Path::Relaxed)
        .zip(side(Load::Small, Path::Relaxed))
        .and_then(|(large, small)| ratio(large, small, |sample| Some(sample.percentile(0.5))));
    Measurement {
        job,
        id: job.name(),
        title: title(job).to_owned(),
        clients: CLIENTS,
        is_hot: true,
        sides: labels
            .iter()
            .zip(samples)
            .map(|((load, path), samples)| Side {
                load: *load,
                path: *path,
                figure: Figure::of(samples),
            })
            .collect(),
        growth,
        policies: None,
        named_growth: None,
        named_policies: None,
    }
}

/// Agents round the clock, with room for everything.
async fn staff(loaded: &Loaded) -> Result<(), BenchError> {
    let owner = loaded.owner().await?;
    owner
        .batch_execute(&format!(
            "insert into auth.users (id, email, raw_user_meta_data)
               select gen_random_uuid(), 'bench-' || number || '@load.example', jsonb_build_object('full_name', 'Agent ' || number)
                 from generate_series(1, {AGENTS}) as number
                where not exists (select from auth.users where email = 'bench-' || number || '@load.example');
             insert into public.workspace_members (user_id, role) select id, 'agent' from auth.users where email like 'bench-%@load.example' on conflict do nothing;
             insert into public.agent_availability (agent_id, is_online, status, max_concurrent_chats, working_hours)
               select u.id, true, 'available', 1000, hours.week
                 from auth.users as u
                cross join (select jsonb_object_agg(day, jsonb_build_object('start', '00:00', 'end', '23:59')) as week
                              from unnest(array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) as day) as hours
                where u.email like 'bench-%@load.example' on conflict do nothing"
        ))
        .await
        .map_err(BenchError::at("adding agents"))
}

async fn begin_task(loaded: &Loaded) -> Result<Task, BenchError> {
    let owner = loaded.owner().await?;
    let customers: Vec<Uuid> = owner
        .query(
            "select id from public.customer_profiles where workspace_id = $1 order by hashtext(id::text) limit 20000",
            &[&loaded.workspace],
        )
        .await
        .map_err(BenchError::at("looking for customers"))?
        .iter()
        .map(|row| row.get(0))
        .collect();
    Ok(Task::Begin(Arc::new(customers)))
}

/// Open conversations enough for all runs; the load's resolved ones are opened again where they are not.
async fn resolve_task(loaded: &Loaded, options: &BenchOptions) -> Result<Task, BenchError> {
    let owner = loaded.owner().await?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let seconds = options.duration.as_secs_f64() / 2.0 * f64::from(options.runs + 1);
    let wanted = (seconds * cores as f64 * RESOLVED_PER_CORE_AND_SECOND) as i64;
    owner
        .batch_execute("set synchronous_commit = off")
        .await
        .map_err(BenchError::at("preparing the session"))?;
    let open: Vec<Uuid> = owner
        .query(
            "with more as (
               update public.conversations as c set status = 'active' where c.id in (
                 select x.id from public.conversations as x where x.workspace_id = $1 and x.status in ('resolved', 'closed') and x.merged_into_id is null
                  order by x.created_at desc limit $2)
               returning c.id)
             select id from more",
            &[&loaded.workspace, &wanted],
        )
        .await
        .map_err(BenchError::at("opening conversations again"))?
        .iter()
        .map(|row| row.get(0))
        .collect();
    Ok(Task::Resolve(Arc::new(Mutex::new(open))))
}
