//! What people and programs read: pages, histories, searches, figures.
//!
//! Under policies a statement stands as a caller of the product writes it and the policies add the workspace; the owner,
//! whom they do not bind, names the workspace in the statement. A search is one function for both: its own check of the
//! workspace is part of it.

use std::sync::Arc;

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio_postgres::Statement;
use tokio_postgres::types::{Json, ToSql};

use super::rotate;
use crate::bench::databases::Loaded;
use crate::bench::drive::{Client, Sample};
use crate::bench::figures::{Figure, ratio};
use crate::bench::report::{Load, Measurement, Path, Side};
use crate::bench::session::{Value, borrowed, session};
use crate::bench::{BenchError, BenchEvent, BenchOptions, Job, Observer};
use crate::connect::Connection;
use crate::scope::Claims;

/// Rows before the deep page of the inbox, where there are that many.
const DEPTH: i64 = 50_000;

/// What a list of conversations shows of each.
const CARD: &str = "id, number, subject, status, priority, channel_type, customer_id, assigned_agent_id, last_message, last_message_at, message_count, created_at";

/// Makes the parameters of one call.
type Values = Arc<dyn Fn(&mut SmallRng) -> Vec<Value> + Send + Sync>;

/// Picks one parameter.
type Pick = Arc<dyn Fn(&mut SmallRng) -> Value + Send + Sync>;

/// A statement, and how each side writes it.
struct Query {
    job: Job,
    id: &'static str,
    title: String,
    /// Whether its latency must not grow with the workspace.
    is_hot: bool,
    /// Each path with its statement; the first is the one that is compared between loads.
    paths: Vec<(Path, String)>,
}

/// A query with the parameters that fit one database.
struct Prepared {
    query: Query,
    values: Values,
}

/// A session that repeats one query. Where what policies cost is asked for, it does so within a transaction, as a request does: the
/// member's begins with `romashka.begin_request`, which looks up the memberships once.
struct Reader {
    client: Connection,
    statement: Statement,
    backend: i32,
    values: Values,
    chance: SmallRng,
}

impl Reader {
    async fn new(
        loaded: &Loaded,
        query: &Query,
        path: Path,
        sql: &str,
        values: &Values,
    ) -> Result<Reader, BenchError> {
        let (client, backend) = session(loaded, None).await?;
        if query.paths[0].0 != Path::Owner {
            client
                .batch_execute("begin")
                .await
                .map_err(BenchError::at("beginning a transaction"))?;
        }
        if path != Path::Owner {
            let claims = Claims::person(loaded.agents[0], loaded.workspace);
            client
                .execute(
                    "select romashka.begin_request($1, $2)",
                    &[&claims.role.name(), &Json(claims.document())],
                )
                .await
                .map_err(BenchError::at("taking a role"))?;
        }
        let statement = client
            .prepare(sql)
            .await
            .map_err(BenchError::at("preparing a query"))?;
        Ok(Reader {
            client,
            statement,
            backend,
            values: Arc::clone(values),
            chance: SmallRng::seed_from_u64(rand::rng().random()),
        })
    }
}

impl Client for Reader {
    async fn step(&mut self) -> Result<(), BenchError> {
        let values = (self.values)(&mut self.chance);
        self.client
            .query(&self.statement, &borrowed(&values))
            .await
            .map_err(BenchError::at("reading"))?;
        Ok(())
    }

    fn backend(&self) -> Option<i32> {
        Some(self.backend)
    }
}

/// Measures the queries of the jobs asked for, with one client each.
pub(in crate::bench) async fn measure(
    small: &Loaded,
    large: Option<&Loaded>,
    options: &BenchOptions,
    observe: Observer<'_>,
) -> Result<Vec<Measurement>, BenchError> {
    let queries = prepare(small, options).await?;
    let mut in_large = match large {
        Some(large) => prepare(large, options)
            .await?
            .into_iter()
            .map(Some)
            .collect(),
        None => Vec::new(),
    };
    in_large.resize_with(queries.len(), || None);
    observe(BenchEvent::Stage {
        name: "reads".to_owned(),
        total: queries.len() as u64 * u64::from(options.runs),
    });
    let mut measurements = Vec::new();
    for (prepared, in_large) in queries.into_iter().zip(in_large) {
        let mut labels = Vec::new();
        let mut sides = Vec::new();
        for (path, sql) in &prepared.query.paths {
            labels.push((Load::Small, *path));
            sides.push(vec![
                Reader::new(small, &prepared.query, *path, sql, &prepared.values).await?,
            ]);
        }
        if let (Some(large), Some(in_large)) = (large, &in_large) {
            let (path, sql) = &in_large.query.paths[0];
            labels.push((Load::Large, *path));
            sides.push(vec![
                Reader::new(large, &in_large.query, *path, sql, &in_large.values).await?,
            ]);
        }
        let samples = rotate(sides, options.runs, options.duration / 4, observe).await?;
        measurements.push(compare(&prepared.query, &labels, &samples));
    }
    Ok(measurements)
}

fn compare(query: &Query, labels: &[(Load, Path)], samples: &[Vec<Sample>]) -> Measurement {
    let side = |load, path| {
        labels
            .iter()
            .position(|label| *label == (load, path))
            .map(|at| &samples[at])
    };
    let median = |sample: &Sample| Some(sample.percentile(0.5));
    let first = query.paths[0].0;
    let between = |left: Option<&Vec<Sample>>, right: Option<&Vec<Sample>>| {
        left.zip(right)
            .and_then(|(left, right)| ratio(left, right, median))
    };
    Measurement {
        job: query.job,
        id: query.id,
        title: query.title.clone(),
        clients: 1,
        is_hot: query.is_hot,
        sides: labels
            .iter()
            .zip(samples)
            .map(|((load, path), samples)| Side {
                load: *load,
                path: *path,
                figure: Figure::of(samples),
            })
            .collect(),
        growth: between(side(Load::Large, first), side(Load::Small, first)),
        policies: between(side(Load::Small, first), side(Load::Small, Path::Owner))
            .filter(|_| first != Path::Owner),
        named_growth: between(
            side(Load::Large, Path::Named),
            side(Load::Small, Path::Named),
        ),
        named_policies: between(
            side(Load::Small, Path::Named),
            side(Load::Small, Path::Owner),
        ),
    }
}

/// A random element of what was found in the load; each call borrows none of it.
fn any_of<T: ToSql + Sync + Send + Clone + 'static>(
    items: Vec<T>,
    job: &'static str,
) -> Result<Pick, BenchError> {
    if items.is_empty() {
        return Err(BenchError::Nothing(job));
    }
    Ok(Arc::new(move |chance: &mut SmallRng| {
        let item = items.choose(chance).unwrap_or(&items[0]);
        Box::new(item.clone())
    }))
}

async fn column<T>(owner: &Connection, sql: &str) -> Result<Vec<T>, BenchError>
where
    T: for<'a> tokio_postgres::types::FromSql<'a>,
{
    Ok(owner
        .query(sql, &[])
        .await
        .map_err(BenchError::at("looking at the load"))?
        .iter()
        .map(|row| row.get(0))
        .collect())
}

async fn prepare(loaded: &Loaded, options: &BenchOptions) -> Result<Vec<Prepared>, BenchError> {
    let owner = loaded.owner().await?;
    let mut prepared = Vec::new();
    for job in &options.jobs {
        match job {
            Job::Inbox => prepared.extend(inbox(loaded, &owner).await?),
            Job::History => prepared.push(history(loaded, &owner).await?),
            Job::Timeline => prepared.push(timeline(loaded, &owner).await?),
            Job::MessageSearch => prepared.extend(message_search(&owner).await?),
            Job::KnowledgeSearch => prepared.extend(knowledge_search(&owner).await?),
            Job::Figures => prepared.extend(figures(loaded, &owner).await?),
            Job::Recount => prepared.push(recount()),
            Job::Insert | Job::Parts | Job::Conversation | Job::Resolve => {}
        }
    }
    Ok(prepared)
}

fn constant(values: impl Fn() -> Vec<Value> + Send + Sync + 'static) -> Values {
    Arc::new(move |_: &mut SmallRng| values())
}

/// A statement as a member writes it, as one who names the workspace, and as the owner.
fn ways(loaded: &Loaded, columns: &str, condition: &str) -> Vec<(Path, String)> {
    let named = format!(
        "{columns} where workspace_id = '{}' and {condition}",
        loaded.workspace
    );
    vec![
        (Path::Policies, format!("{columns} where {condition}")),
        (Path::Named, named.clone()),
        (Path::Owner, named),
    ]
}

async fn inbox(loaded: &Loaded, owner: &Connection) -> Result<Vec<Prepared>, BenchError> {
    let workspace = loaded.workspace;
    let row = owner
        .query_one(
            "select status, count(*) from public.conversations where workspace_id = $1 group by status order by count(*) desc limit 1",
            &[&workspace],
        )
        .await
        .map_err(BenchError::at("looking at the load"))?;
    let (status, total): (String, i64) = (row.get(0), row.get(1));
    let depth = DEPTH.min(total / 2);
    let row = owner
        .query_one(
            "select created_at, id from public.conversations where workspace_id = $1 and status = $2 order by created_at desc, id desc offset $3 limit 1",
            &[&workspace, &status, &(depth - 1)],
        )
        .await
        .map_err(BenchError::at("looking for a page"))?;
    let (created_at, id): (jiff::Timestamp, uuid::Uuid) = (row.get(0), row.get(1));
    let order = "order by created_at desc, id desc limit 20";
    let page = |more: &str| {
        ways(
            loaded,
            &format!("select {CARD} from public.conversations"),
            &format!("status = $1{more} {order}"),
        )
    };
    let query = |id, title: String, paths| Query {
        job: Job::Inbox,
        id,
        title,
        is_hot: true,
        paths,
    };
    let mut pages = vec![
        Prepared {
            query: query("inbox-first", "Inbox, first page".to_owned(), page("")),
            values: constant(|| vec![Box::new("active")]),
        },
        Prepared {
            query: query(
                "inbox-deep",
                format!("Inbox, {depth} rows deep, by keyset"),
                page(" and (created_at, id) < ($2, $3)"),
            ),
            values: {
                let status = status.clone();
                constant(move || vec![Box::new(status.clone()), Box::new(created_at), Box::new(id)])
            },
        },
    ];
    let mut by_offset = query(
        "inbox-offset",
        "The same page by OFFSET".to_owned(),
        vec![(
            Path::Policies,
            format!("select {CARD} from public.conversations where status = $1 {order} offset $2"),
        )],
    );
    by_offset.is_hot = false;
    pages.push(Prepared {
        query: by_offset,
        values: constant(move || vec![Box::new(status.clone()), Box::new(depth)]),
    });
    Ok(pages)
}

async fn history(loaded: &Loaded, owner: &Connection) -> Result<Prepared, BenchError> {
    let some: Vec<uuid::Uuid> = column(
        owner,
        "select id from public.conversations where message_count between 5 and 20 order by hashtext(id::text) limit 5000",
    )
    .await?;
    let some = any_of(some, "the history of conversations")?;
    Ok(Prepared {
        query: Query {
            job: Job::History,
            id: "history",
            title: "History of a conversation (5 to 20 messages)".to_owned(),
            is_hot: true,
            paths: ways(
                loaded,
                "select * from public.messages",
                "conversation_id = $1 order by created_at asc",
            ),
        },
        values: Arc::new(move |chance| vec![some(chance)]),
    })
}

async fn timeline(loaded: &Loaded, owner: &Connection) -> Result<Prepared, BenchError> {
    let some: Vec<uuid::Uuid> = column(
        owner,
        "select id from public.customer_profiles where total_conversations between 2 and 50 order by hashtext(id::text) limit 5000",
    )
    .await?;
    let some = any_of(some, "the customer's timeline")?;
    Ok(Prepared {
        query: Query {
            job: Job::Timeline,
            id: "timeline",
            title: "A customer's conversations, newest first".to_owned(),
            is_hot: true,
            paths: ways(
                loaded,
                &format!("select {CARD} from public.conversations"),
                "customer_id = $1 order by created_at desc limit 20",
            ),
        },
        values: Arc::new(move |chance| vec![some(chance)]),
    })
}

/// One function, for a member and for the owner.
fn search(job: Job, id: &'static str, title: &str, function: &str, values: Values) -> Prepared {
    let sql = format!("select * from public.{function}($1)");
    Prepared {
        query: Query {
            job,
            id,
            title: title.to_owned(),
            is_hot: true,
            paths: vec![(Path::Policies, sql.clone()), (Path::Owner, sql)],
        },
        values,
    }
}

fn words(text: &'static str) -> Values {
    constant(move || vec![Box::new(text)])
}

async fn message_search(owner: &Connection) -> Result<Vec<Prepared>, BenchError> {
    let rare: Vec<String> = column(
        owner,
        r"select (regexp_match(content, 'RG-\d{7}'))[1] from public.messages where id in (select id from public.messages where content ~ 'RG-\d{7}' limit 500)",
    )
    .await?;
    let rare = any_of(rare, "the search for a rare word")?;
    let function = "search_messages";
    let job = Job::MessageSearch;
    Ok(vec![
        search(
            job,
            "messages-rare",
            "Messages: an order's number",
            function,
            Arc::new(move |chance| vec![rare(chance)]),
        ),
        search(
            job,
            "messages-common",
            "Messages: a frequent word, newest 20",
            function,
            words("order"),
        ),
        search(
            job,
            "messages-phrase",
            "Messages: a phrase, newest 20",
            function,
            words("\"have a nice day\""),
        ),
    ])
}

async fn knowledge_search(owner: &Connection) -> Result<Vec<Prepared>, BenchError> {
    let rare: Vec<String> = column(
        owner,
        r"select substring(title from 'KB-\d+') from public.knowledge_items where title ~ 'KB-\d+' order by hashtext(id::text) limit 500",
    )
    .await?;
    let rare = any_of(rare, "the search for a rare word in articles")?;
    let function = "search_knowledge";
    let job = Job::KnowledgeSearch;
    Ok(vec![
        search(
            job,
            "knowledge-rare",
            "Articles: a word that one of them holds",
            function,
            Arc::new(move |chance| vec![rare(chance)]),
        ),
        search(
            job,
            "knowledge-common",
            "Articles: a frequent word, best 20",
            function,
            words("order"),
        ),
    ])
}

async fn figures(loaded: &Loaded, owner: &Connection) -> Result<Vec<Prepared>, BenchError> {
    let days: Vec<jiff::civil::Date> = column(
        owner,
        "select distinct date from public.daily_metrics where date < current_date - 1",
    )
    .await?;
    let days = any_of(days, "the figures of a day")?;
    let again = Arc::clone(&days);
    let raw = Arc::clone(&days);
    let workspace = loaded.workspace;
    let query = |id, title: &str, is_hot, paths| Query {
        job: Job::Figures,
        id,
        title: title.to_owned(),
        is_hot,
        paths,
    };
    Ok(vec![
        Prepared {
            query: query(
                "figures-day",
                "Figures of a day, from the roll-up",
                true,
                ways(
                    loaded,
                    "select * from public.daily_metrics",
                    "date = $1 and channel_type is null and department is null and agent_id is null",
                ),
            ),
            values: Arc::new(move |chance| vec![days(chance)]),
        },
        Prepared {
            query: query(
                "roll-up",
                "Roll-up of a day, made again",
                false,
                vec![(
                    Path::Owner,
                    format!("select public.aggregate_daily_metrics($1, '{workspace}')"),
                )],
            ),
            values: Arc::new(move |chance| vec![again(chance)]),
        },
        Prepared {
            query: query(
                "figures-raw",
                "Figures of a day from raw rows",
                false,
                vec![(
                    Path::Owner,
                    format!("select * from romashka.day_figures('{workspace}', $1)"),
                )],
            ),
            values: Arc::new(move |chance| vec![raw(chance)]),
        },
    ])
}

fn recount() -> Prepared {
    Prepared {
        query: Query {
            job: Job::Recount,
            id: "recount",
            title: "Recount of every counter".to_owned(),
            is_hot: false,
            paths: vec![(
                Path::Owner,
                "select count(*) from public.recount()".to_owned(),
            )],
        },
        values: constant(Vec::new),
    }
}
