//! Where the cost of a message insert goes: each part is taken away by itself, and what that saves is the part's.
//!
//! Invariants: with a part away the rest works as before; the whole and the rest alternate. The database is damaged
//! afterwards (an index that was away misses rows), so this is the last thing that happens in it. Savings need not add
//! up: what two parts share, neither saves alone.

use crate::bench::databases::Loaded;
use crate::bench::drive::{Sample, drive};
use crate::bench::figures::{Figure, Spread};
use crate::bench::report::{Part, PartsReport};
use crate::bench::{BenchError, BenchEvent, BenchOptions, Observer};
use crate::connect::Connection;

use super::insert::{FULL, Inserter, Material};

/// Clients side by side.
const CLIENTS: usize = 2;

/// Something that an insert pays for, and the statements that take it away and bring it back.
struct Piece {
    kind: &'static str,
    name: String,
    away: String,
    back: String,
}

/// Measures each part's saving of processor time; nothing where the role is no superuser, or the time cannot be seen.
pub(in crate::bench) async fn measure(
    loaded: &Loaded,
    options: &BenchOptions,
    observe: Observer<'_>,
) -> Result<Option<PartsReport>, BenchError> {
    let owner = loaded.owner().await?;
    let is_superuser: bool = owner
        .query_one(
            "select rolsuper from pg_roles where rolname = current_user",
            &[],
        )
        .await
        .map_err(BenchError::at("looking at the role"))?
        .get(0);
    if !is_superuser {
        return Ok(None);
    }
    let pieces = pieces(&owner).await?;
    observe(BenchEvent::Stage {
        name: "parts of an insert".to_owned(),
        total: pieces.len() as u64 * u64::from(options.runs),
    });
    let material = Material::gather(loaded).await?;
    let mut relaxed = loaded.clone();
    relaxed.settings.options = Some("-c synchronous_commit=off".to_owned());
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(Inserter::new(&relaxed, &material, FULL).await?);
    }
    let duration = options.duration / 2;
    (clients, _) = drive(clients, duration).await?;
    let mut whole: Vec<Sample> = Vec::new();
    let mut parts = Vec::new();
    for piece in pieces {
        let mut savings = Vec::new();
        for _ in 0..options.runs {
            let (given_back, with) = drive(clients, duration).await?;
            switch(&owner, &piece.away).await?;
            let (given_back, without) = drive(given_back, duration).await?;
            clients = given_back;
            switch(&owner, &piece.back).await?;
            observe(BenchEvent::Run);
            let (Some(with_cpu), Some(without_cpu)) = (with.cpu_us(), without.cpu_us()) else {
                return Ok(None);
            };
            savings.push(with_cpu - without_cpu);
            whole.push(with);
        }
        parts.push(Part {
            kind: piece.kind,
            name: piece.name,
            saved_us: Spread::of(savings),
        });
    }
    parts.sort_by(|left, right| right.saved_us.median.total_cmp(&left.saved_us.median));
    Ok(Some(PartsReport {
        clients: CLIENTS,
        whole: Figure::of(&whole),
        parts,
    }))
}

async fn switch(owner: &Connection, sql: &str) -> Result<(), BenchError> {
    owner
        .batch_execute(sql)
        .await
        .map_err(BenchError::at("taking a part away"))
}

/// What an insert pays for, found in the catalog, so that a new index or trigger is measured by itself.
async fn pieces(owner: &Connection) -> Result<Vec<Piece>, BenchError> {
    let mut pieces = Vec::new();
    for row in owner
        .query(include_str!("parts.sql"), &[])
        .await
        .map_err(BenchError::at("looking for the parts of an insert"))?
    {
        let kind: &str = row.get(0);
        pieces.push(Piece {
            kind: match kind {
                "index" => "index",
                "trigger" => "trigger",
                "foreign key" => "foreign key",
                "checks" => "checks",
                _ => "other",
            },
            name: row.get(1),
            away: row.get(2),
            back: row.get(3),
        });
    }
    // A rule without a condition would leave plans that no longer name the table and so outlive the rule.
    for (name, away, back) in [
        (
            "row security",
            "alter table public.messages disable row level security",
            "alter table public.messages enable row level security",
        ),
        (
            "generate_uuid, against gen_random_uuid",
            "alter table public.messages alter column id set default gen_random_uuid()",
            "alter table public.messages alter column id set default public.generate_uuid()",
        ),
        (
            "the ledger's row, with its indexes",
            "create rule bench_away as on insert to public.events where true do instead nothing",
            "drop rule bench_away on public.events",
        ),
        (
            "the update of the conversation's figures",
            "create rule bench_away as on update to public.conversation_analytics where true do instead nothing",
            "drop rule bench_away on public.conversation_analytics",
        ),
        (
            "triggers of the conversation's update",
            "alter table public.conversations disable trigger user",
            "alter table public.conversations enable trigger user",
        ),
        (
            "triggers of the figures' update",
            "alter table public.conversation_analytics disable trigger user",
            "alter table public.conversation_analytics enable trigger user",
        ),
    ] {
        pieces.push(Piece {
            kind: "other",
            name: name.to_owned(),
            away: away.to_owned(),
            back: back.to_owned(),
        });
    }
    Ok(pieces)
}
