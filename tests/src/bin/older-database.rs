//! Fills an empty database with an installation of the older schema, to try and to measure `romashka adopt`:
//! `older-database URL [MESSAGES] [--defects]`.

use anyhow::{Context, Result};
use romashka_tests::{older_defects, older_rows, older_schema};
use tokio_postgres::NoTls;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let defects = arguments.iter().any(|argument| argument == "--defects");
    arguments.retain(|argument| argument != "--defects");
    let url = arguments
        .first()
        .context("older-database URL [MESSAGES] [--defects]")?;
    let messages = arguments
        .get(1)
        .map_or(Ok(1000), |number| number.parse())
        .context("a number of messages")?;
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .with_context(|| format!("no connection to {url}"))?;
    let connection = tokio::spawn(connection);
    client.batch_execute(&older_schema()).await?;
    client.batch_execute(&older_rows(messages)).await?;
    if defects {
        client.batch_execute(&older_defects()).await?;
    }
    client.batch_execute("analyze").await?;
    drop(client);
    connection.await??;
    Ok(())
}
