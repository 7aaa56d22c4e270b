//! A part of a transaction that may fail by itself.

use romashka_db::scope::OwnedScope;

use crate::problem::Answer;

/// Does one item's work so that its failure leaves the rest of the transaction as it was.
///
/// # Errors
/// The work's own, when what it did is undone, or the database's.
pub async fn apart<T>(scope: &OwnedScope, work: impl Future<Output = Answer<T>>) -> Answer<T> {
    scope.batch_execute("savepoint item").await?;
    let result = work.await;
    scope
        .batch_execute(match result {
            Ok(_) => "release savepoint item",
            Err(_) => "rollback to savepoint item; release savepoint item",
        })
        .await?;
    result
}
