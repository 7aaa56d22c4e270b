//! `romashka audit`: who changed what, and whether the record of it is whole.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::channel::find_workspace;
use crate::console::{Console, Tone};
use crate::context::Context;
use crate::exit::{Exit, failure};

/// Search the audit, export it, and prove that nobody changed it
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka audit list --entity system_settings --since 2026-11-01
  romashka audit list --who anna@example.com --action DELETE
  romashka audit export audit.jsonl                everything, one JSON document a line
  romashka audit head                              note it down elsewhere, now and then
  romashka audit verify --head 1042:9f86d081…      whether what was sealed up to there is still what it was")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(List),
    Export(Export),
    Head(Head),
    Verify(Verify),
}

/// Which rows are wanted.
#[derive(ClapArgs)]
struct Filter {
    /// The workspace, by its slug; else the default one
    #[arg(long, value_name = "SLUG")]
    workspace: Option<String>,
    /// Changes of this kind of thing, by its table
    #[arg(long, value_name = "TABLE")]
    entity: Option<String>,
    /// Changes of this one
    #[arg(long, value_name = "ID")]
    id: Option<Uuid>,
    /// What this person did, by address or id
    #[arg(long, value_name = "PERSON")]
    who: Option<String>,
    /// INSERT, UPDATE, DELETE, or a name such as sign_in
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// From this day or time on (UTC)
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Before this day or time (UTC)
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
}

/// Show what was changed, newest first
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka audit list
  romashka audit list --entity communication_channels --json
  romashka audit list --id 0190b2d4-… --limit 10")]
struct List {
    #[command(flatten)]
    filter: Filter,
    /// How many rows at most
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
}

/// Write the audit to a file, oldest first, one JSON document a line
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka audit export audit.jsonl
  romashka audit export --since 2026-01-01 --until 2027-01-01 year.jsonl")]
struct Export {
    /// The file; it must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    filter: Filter,
}

/// Print how far the audit is sealed: the place and hash to note down elsewhere
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka audit head
  romashka audit head --json")]
struct Head {
    /// The workspace, by its slug; else every workspace
    #[arg(long, value_name = "SLUG")]
    workspace: Option<String>,
}

/// Prove that no sealed row was edited, removed or put in between
#[derive(ClapArgs)]
#[command(after_help = "\
Examples:
  romashka audit verify                            the chain by itself, of every workspace
  romashka audit verify --workspace shop --head 1042:9f86d081884c7d65…

Whoever may write every table could make the whole chain anew. A head that was noted down elsewhere shows that, too.
Exit code 0: it is whole. 1: what is wrong is named.")]
struct Verify {
    /// The workspace, by its slug; else every workspace, or the default one with --head
    #[arg(long, value_name = "SLUG")]
    workspace: Option<String>,
    /// A place and its hash, as `romashka audit head` printed it
    #[arg(long, value_name = "PLACE:HASH", value_parser = head)]
    head: Option<KnownHead>,
}

#[derive(Clone)]
struct KnownHead {
    position: i64,
    hash: Vec<u8>,
}

fn head(text: &str) -> Result<KnownHead, String> {
    let known = text.split_once(':').and_then(|(position, hash)| {
        let hash = hex::decode(hash).ok().filter(|hash| hash.len() == 32)?;
        let position = position.parse().ok().filter(|position| *position > 0)?;
        Some(KnownHead { position, hash })
    });
    known.ok_or_else(|| {
        "write the place, a colon and the 64 digits of its hash, as romashka audit head prints it"
            .to_owned()
    })
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse::<Timestamp>()
        .or_else(|_| {
            text.parse::<jiff::civil::DateTime>()
                .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
                .map(|zoned| zoned.timestamp())
        })
        .map_err(|_| "write a day or a time: 2026-11-28, 2026-11-28T09:00Z".to_owned())
}

/// Does what was asked for.
pub async fn run(arguments: Args, context: &Context) -> anyhow::Result<Exit> {
    match arguments.action {
        Action::List(arguments) => list(arguments, context).await,
        Action::Export(arguments) => export(arguments, context).await,
        Action::Head(arguments) => heads(arguments, context).await,
        Action::Verify(arguments) => verify(arguments, context).await,
    }
}

/// The rows of the filter as JSON, in this order.
async fn rows(
    client: &tokio_postgres::Client,
    filter: &Filter,
    order: &str,
    limit: Option<i64>,
) -> anyhow::Result<tokio_postgres::RowStream> {
    let workspace = find_workspace(client, filter.workspace.as_deref()).await?;
    let who = filter.who.as_deref();
    let statement = format!(
        "select a.created_at, p.email, a.actor_kind, a.action, a.entity_type, a.entity_id,
                pg_catalog.to_jsonb(a) - 'content_digest' - 'chain_hash' - 'transaction_id' - 'sequence'
                  || pg_catalog.jsonb_build_object('email', p.email, 'chain_hash', pg_catalog.encode(a.chain_hash, 'hex')) as document
           from public.audit_logs as a
           left join public.profiles as p on p.id = a.user_id
          where a.workspace_id = $1
            and ($2::text is null or a.entity_type = $2)
            and ($3::uuid is null or a.entity_id = $3)
            and ($4::text is null or p.email = pg_catalog.lower($4) or a.user_id::text = $4)
            and ($5::text is null or a.action = $5)
            and ($6::timestamptz is null or a.created_at >= $6)
            and ($7::timestamptz is null or a.created_at < $7)
          order by a.created_at {order}, a.id {order}
          limit $8"
    );
    let parameters: [&(dyn ToSql + Sync); 8] = [
        &workspace,
        &filter.entity,
        &filter.id,
        &who,
        &filter.action,
        &filter.since,
        &filter.until,
        &limit,
    ];
    Ok(client.query_raw(&statement, parameters).await?)
}

async fn list(arguments: List, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let client = context.connect().await?;
    let found: Vec<tokio_postgres::Row> =
        rows(&client, &arguments.filter, "desc", Some(arguments.limit))
            .await?
            .try_collect()
            .await?;
    let documents: Vec<Value> = found.iter().map(|row| row.get("document")).collect();
    console.json(&documents)?;
    if found.is_empty() {
        console.line("nothing of that kind is on record");
        return Ok(Exit::Ok);
    }
    console.table(
        ["when (UTC)", "who", "action", "what", "columns"],
        found.iter().zip(&documents).map(|(row, document)| {
            let when: Timestamp = row.get("created_at");
            let who: Option<String> = row.get("email");
            let id: Option<Uuid> = row.get("entity_id");
            let columns: Vec<&str> = document["changes"]
                .as_object()
                .map(|changes| changes.keys().map(String::as_str).collect())
                .unwrap_or_default();
            [
                when.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                who.unwrap_or_else(|| row.get("actor_kind")),
                row.get("action"),
                match id {
                    Some(id) => format!("{} {id}", row.get::<_, String>("entity_type")),
                    None => row.get("entity_type"),
                },
                columns.join(", "),
            ]
        }),
    );
    Ok(Exit::Ok)
}

async fn export(arguments: Export, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let client = context.connect().await?;
    let unwritable = |error: std::io::Error| {
        failure(
            Exit::Usage,
            format!("the file {} cannot be written", arguments.file.display()),
        )
        .next("name a file that is not there yet, in a folder that may be written")
        .because(error)
    };
    let file = std::fs::File::create_new(&arguments.file).map_err(unwritable)?;
    let mut writer = BufWriter::new(file);
    let bar = console.spinner("audit export");
    let mut found = std::pin::pin!(rows(&client, &arguments.filter, "asc", None).await?);
    let mut written: u64 = 0;
    while let Some(row) = found.try_next().await? {
        let document: Value = row.get("document");
        serde_json::to_writer(&mut writer, &document)?;
        writer.write_all(b"\n").map_err(unwritable)?;
        written += 1;
        if written.is_multiple_of(1000) {
            bar.set_message(format!("{written} rows"));
        }
    }
    writer
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(unwritable)?;
    bar.finish_and_clear();
    #[derive(Serialize)]
    struct Document<'a> {
        file: &'a std::path::Path,
        rows: u64,
    }
    console.json(&Document {
        file: &arguments.file,
        rows: written,
    })?;
    console.passed(format_args!(
        "{written} rows in {}",
        arguments.file.display()
    ));
    Ok(Exit::Ok)
}

async fn heads(arguments: Head, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let client = context.connect().await?;
    // What was recorded a moment ago belongs to the head that is noted down.
    seal(&client).await?;
    let found = client
        .query(
            "select distinct on (w.slug) w.slug, s.chain_position, pg_catalog.encode(s.chain_hash, 'hex') as chain_hash, s.created_at
               from public.audit_seals as s join public.workspaces as w on w.id = s.workspace_id
              where s.kind = 'head' and ($1::text is null or w.slug = $1)
              order by w.slug, s.chain_position desc",
            &[&arguments.workspace],
        )
        .await?;
    #[derive(Serialize)]
    struct Sealed {
        workspace: String,
        position: i64,
        hash: String,
        sealed_at: Timestamp,
    }
    let sealed: Vec<Sealed> = found
        .iter()
        .map(|row| Sealed {
            workspace: row.get("slug"),
            position: row.get("chain_position"),
            hash: row.get("chain_hash"),
            sealed_at: row.get("created_at"),
        })
        .collect();
    console.json(&sealed)?;
    for head in &sealed {
        console.line(format_args!(
            "{} {}:{}",
            head.workspace, head.position, head.hash
        ));
    }
    Ok(Exit::Ok)
}

/// Seals what is not sealed yet, but for what a running transaction has recorded.
async fn seal(client: &tokio_postgres::Client) -> anyhow::Result<()> {
    loop {
        let sealed: i64 = client
            .query_one("select public.seal_audit_logs(10000)", &[])
            .await?
            .get(0);
        if sealed < 10_000 {
            return Ok(());
        }
    }
}

#[derive(Serialize)]
struct Checked {
    workspace: String,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    problem: String,
    position: Option<i64>,
    audit_id: Option<Uuid>,
    detail: Option<String>,
}

async fn verify(arguments: Verify, context: &Context) -> anyhow::Result<Exit> {
    let console = &context.console;
    let client = context.connect().await?;
    let workspaces: Vec<(Uuid, String)> =
        if arguments.workspace.is_some() || arguments.head.is_some() {
            let id = find_workspace(&client, arguments.workspace.as_deref()).await?;
            let slug: String = client
                .query_one("select slug from public.workspaces where id = $1", &[&id])
                .await?
                .get(0);
            vec![(id, slug)]
        } else {
            client
                .query("select id, slug from public.workspaces order by slug", &[])
                .await?
                .iter()
                .map(|row| (row.get(0), row.get(1)))
                .collect()
        };
    let bar = console.bar(workspaces.len() as u64, "audit");
    let position = arguments.head.as_ref().map(|head| head.position);
    let hash = arguments.head.as_ref().map(|head| head.hash.clone());
    let mut checked = Vec::new();
    for (id, slug) in workspaces {
        bar.set_message(slug.clone());
        let problems = client
            .query(
                "select problem, chain_position, audit_id, detail from public.verify_audit_chain($1, $2, $3)",
                &[&id, &position, &hash],
            )
            .await?
            .iter()
            .map(|row| Problem {
                problem: row.get("problem"),
                position: row.get("chain_position"),
                audit_id: row.get("audit_id"),
                detail: row.get("detail"),
            })
            .collect();
        checked.push(Checked {
            workspace: slug,
            problems,
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    console.json(&checked)?;
    print(&checked, console);
    Ok(if checked.iter().all(|one| one.problems.is_empty()) {
        Exit::Ok
    } else {
        Exit::Failure
    })
}

fn print(checked: &[Checked], console: &Console) {
    for one in checked {
        if one.problems.is_empty() {
            console.passed(format_args!("{}: the chain is whole", one.workspace));
            continue;
        }
        console.failed(format_args!(
            "{}: {} found",
            one.workspace,
            one.problems.len()
        ));
        for problem in &one.problems {
            let place = problem
                .position
                .map(|position| format!(" at {position}"))
                .unwrap_or_default();
            let row = problem
                .audit_id
                .map(|id| format!(" (row {id})"))
                .unwrap_or_default();
            let detail = problem.detail.as_deref().unwrap_or_default();
            console.paragraph(
                4,
                Tone::Bad,
                format_args!("{}{place}{row}: {detail}", problem.problem),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_a_place_and_a_hash() {
        let hash = "ab".repeat(32);
        assert_eq!(
            head(&format!("7:{hash}")).map(|known| known.position),
            Ok(7)
        );
        for wrong in [
            "7",
            "0:",
            &format!("0:{hash}"),
            &format!("7:{hash}ab"),
            "x:y",
        ] {
            assert!(head(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_and_times_are_understood() {
        assert_eq!(
            time("2026-11-28").map(|time| time.to_string()),
            Ok("2026-11-28T00:00:00Z".to_owned())
        );
        assert_eq!(
            time("2026-11-28T09:00Z").map(|time| time.to_string()),
            Ok("2026-11-28T09:00:00Z".to_owned())
        );
        assert!(time("yesterday").is_err());
    }
}
