//! Dead rows and statistics, where there is need.

use tokio_postgres::{Client, Error};

use super::Work;
use super::run::reason;
use crate::doctor::count;

/// From which share of dead rows on a table is vacuumed.
pub(super) const DEAD_SHARE: f64 = 0.2;
/// Fewer dead rows are not worth a look, whatever their share.
const LEAST_DEAD: i64 = 1000;

const NOT_OURS: &str = "the role is neither its owner nor the database's: connect as one of them";

/// Vacuums the tables with many dead rows, and those with very old ones.
pub(super) async fn vacuum(
    client: &Client,
    dead_share: f64,
    dry_run: bool,
    work: &mut Work,
) -> Result<(), Error> {
    let rows = client
        .query(
            include_str!("tables_to_vacuum.sql"),
            &[&LEAST_DEAD, &dead_share],
        )
        .await?;
    for row in rows {
        let (name, live, dead): (String, i64, i64) = (row.get(0), row.get(1), row.get(2));
        let (is_old, may): (bool, bool) = (row.get(3), row.get(4));
        let line = if is_old {
            format!("{name}: rows of very old transactions were frozen")
        } else {
            format!(
                "{name}: {} dead rows beside {} live ones",
                count(dead),
                count(live)
            )
        };
        // Without giving the end of the file back: that takes a lock which stops everybody.
        let options = if is_old {
            "analyze, truncate false, freeze"
        } else {
            "analyze, truncate false"
        };
        each(
            client,
            work,
            dry_run,
            may,
            name,
            line,
            &format!("vacuum ({options})"),
        )
        .await?;
    }
    Ok(())
}

/// Takes the statistics anew where they are old.
pub(super) async fn analyze(client: &Client, dry_run: bool, work: &mut Work) -> Result<(), Error> {
    let rows = client
        .query(include_str!("tables_to_analyze.sql"), &[])
        .await?;
    for row in rows {
        let (name, changed): (String, i64) = (row.get(0), row.get(1));
        let (never, is_partitioned, may): (bool, bool, bool) = (row.get(2), row.get(3), row.get(4));
        let line = match (is_partitioned, never) {
            (true, _) => format!("{name} with its partitions"),
            (false, true) => format!("{name}: for the first time"),
            (false, false) => format!("{name}: {} rows changed", count(changed)),
        };
        each(client, work, dry_run, may, name, line, "analyze").await?;
    }
    Ok(())
}

/// Does it to one table; what is in use or not ours is left.
async fn each(
    client: &Client,
    work: &mut Work,
    dry_run: bool,
    may: bool,
    name: String,
    line: String,
    verb: &str,
) -> Result<(), Error> {
    if !may {
        work.leave(name, NOT_OURS);
    } else if dry_run {
        work.did(line);
    } else {
        match client.batch_execute(&format!("{verb} {name}")).await {
            Ok(()) => work.did(line),
            Err(error) => match reason(&error) {
                Some(why) => work.leave(name, why),
                None => return Err(error),
            },
        }
    }
    Ok(())
}
