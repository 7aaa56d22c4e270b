//! Indexes that a load takes away, because making them anew at the end costs less than keeping them.
//!
//! Invariant: an index goes in the transaction that notes how to make it again, and the note goes in the one that does; whatever
//! is killed in between, `romashka.postponed_indexes` says what is owed, the next seed pays it, and so does `verify --fix`.

use tokio_postgres::Client;

use super::SeedError;
use super::traffic::LoadOptions;

/// Indexes over texts: keeping one up to date costs more than all others of its table.
const TEXT_INDEXES: [&str; 2] = ["idx_messages_content_trgm", "messages_search_idx"];

/// Below so many conversations nothing is gained.
const LEAST: u64 = 5_000;

/// Takes the indexes over texts away where a load is much larger than what is there.
pub(super) async fn take_away(client: &mut Client, options: LoadOptions) -> Result<(), SeedError> {
    let limit = (options
        .conversations
        .saturating_mul(u64::from(options.messages))
        / 4) as i64;
    let present: i64 = client
        .query_one(
            "select count(*) from (select from public.messages limit $1) as found",
            &[&(limit + 1)],
        )
        .await
        .map_err(SeedError::at("counting messages"))?
        .get(0);
    if present > limit || options.conversations < LEAST {
        return Ok(());
    }
    let transaction = client
        .transaction()
        .await
        .map_err(SeedError::at("taking an index away"))?;
    // With an empty path the definition names every schema, whoever runs it later.
    transaction
        .batch_execute("set local search_path = ''")
        .await
        .map_err(SeedError::at("taking an index away"))?;
    let names = transaction
        .query(
            "insert into romashka.postponed_indexes (name, definition)
             select i.indexrelid::regclass::text, replace(pg_get_indexdef(i.indexrelid), ' INDEX ', ' INDEX IF NOT EXISTS ')
               from pg_index as i join unnest($1::text[]) as wanted (name) on i.indexrelid = to_regclass('public.' || wanted.name)
             on conflict (name) do update set definition = excluded.definition returning name",
            &[&TEXT_INDEXES.map(str::to_owned).to_vec()],
        )
        .await
        .map_err(SeedError::at("taking an index away"))?;
    for name in names {
        transaction
            .batch_execute(&format!("drop index {}", name.get::<_, String>(0)))
            .await
            .map_err(SeedError::at("taking an index away"))?;
    }
    transaction
        .commit()
        .await
        .map_err(SeedError::at("taking an index away"))
}

/// Makes again what was taken away, also by a load that was killed. Tells of each index before it is made; returns their names.
pub(super) async fn make_again(
    client: &mut Client,
    mut observe: impl FnMut(&str),
) -> Result<Vec<String>, SeedError> {
    let owed = client
        .query(
            "select name, definition from romashka.postponed_indexes order by name",
            &[],
        )
        .await
        .map_err(SeedError::at("looking for indexes"))?;
    let mut made = Vec::with_capacity(owed.len());
    for row in owed {
        let (name, definition): (String, String) = (row.get(0), row.get(1));
        observe(&name);
        let transaction = client
            .transaction()
            .await
            .map_err(SeedError::at("making an index again"))?;
        transaction
            .batch_execute(&definition)
            .await
            .map_err(SeedError::at("making an index again"))?;
        transaction
            .execute(
                "delete from romashka.postponed_indexes where name = $1",
                &[&name],
            )
            .await
            .map_err(SeedError::at("making an index again"))?;
        transaction
            .commit()
            .await
            .map_err(SeedError::at("making an index again"))?;
        made.push(name);
    }
    Ok(made)
}
