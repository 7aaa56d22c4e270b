//! The reader of the ledger for subscribers: makes a delivery of each event for each subscription to it.
//!
//! Invariant: the cursor's row is locked by the database while its events are put out, so that any number of processes put
//! an event out once.

use tokio::sync::watch;

use crate::problem::Answer;
use crate::state::Server;
use crate::statement::Statement;
use crate::workers::{failed, longer, pause, shortest};

/// Runs until the server stops.
pub async fn run(server: Server, mut stopped: watch::Receiver<bool>) {
    let mut wait = shortest();
    loop {
        match publish(&server).await {
            Ok(0) => wait = longer(wait),
            Ok(made) => {
                wait = shortest();
                metrics::counter!("webhooks_published_total").increment(made.unsigned_abs().into());
                server.bells.webhooks.notify_one();
            }
            Err(problem) => {
                failed("publish", "the ledger cannot be put out", &problem);
                wait = longer(wait);
            }
        }
        if !pause(&mut stopped, &server.bells.ledger, wait).await {
            return;
        }
    }
}

async fn publish(server: &Server) -> Answer<i32> {
    let scope = server.service().await?;
    let made: i32 = Statement::new(include_str!("publish.sql"))
        .value(&scope)
        .await?;
    scope.commit().await?;
    Ok(made)
}
