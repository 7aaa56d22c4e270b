//! A file that is brought in by the API.
//!
//! Invariants: who brings it is known before a byte is taken, and no connection of the database waits for his bytes or for their reader; what it
//! holds is stored in the request's transaction, all of it or nothing.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use romashka_channels::email::attachment::clean_name;
use romashka_knowledge::document::{Kind, Refusal};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::items::{KnowledgeAudience, KnowledgeStatus};
use super::{ImportReport, Reader, Wish, place};
use crate::attachments::most_bytes;
use crate::input::Query;
use crate::problem::{Answer, Code, Document, Problem};
use crate::scoped::{Admin, Admitted, Rejection};
use crate::state::Server;

/// Files that are read at a time, in this process.
static READERS: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(1);

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(import_knowledge_file))
}

/// What a file is called, and what its articles get.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportKnowledgeFile {
    /// Its name, by which it is known when it is brought in again, and whose ending says what it is.
    #[param(min_length = 1, max_length = 255, example = "handbook.pdf")]
    filename: String,
    /// Language of the articles where the file names none.
    #[param(min_length = 2, max_length = 35, example = "en")]
    language: Option<String>,
    /// Who may be shown the articles.
    audience: Option<KnowledgeAudience>,
    /// How new articles stand; `active` publishes drafts of an earlier import, too.
    status: Option<KnowledgeStatus>,
}

/// Import a file
///
/// The body is the file itself: PDF, DOCX, HTML, Markdown, text, CSV, or a ZIP of these, as large as the workspace's setting `max_file_size_mb` says. Its
/// articles are made, or changed where the file was imported before and is another now; what of it was not taken is in the answer with the reason.
#[utoipa::path(post, path = "/knowledge/imports", tag = "Knowledge", security(("session" = ["admin"])), params(ImportKnowledgeFile),
    request_body(content = String, content_type = "application/octet-stream", description = "The bytes."),
    responses((status = OK, description = "What became of it.", body = ImportReport),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "Files of this kind are not read.", body = Document, content_type = "application/problem+json")))]
async fn import_knowledge_file(
    caller: Admitted<Admin>,
    State(server): State<Server>,
    Query(wanted): Query<ImportKnowledgeFile>,
    body: Body,
) -> Result<Json<ImportReport>, Rejection> {
    let begun = std::time::Instant::now();
    let workspace = caller.workspace().ok_or_else(Problem::not_found)?;
    let filename = clean_name(Some(&wanted.filename), "application/octet-stream");
    if !(1..=255).contains(&filename.chars().count()) {
        return Err(Problem::field("filename", "has 1 to 255 characters").into());
    }
    if Kind::of(&filename).is_none() {
        return Err(Problem::new(Code::UnsupportedMediaType)
            .detail(Refusal::UnknownKind.to_string())
            .into());
    }
    let most = usize::try_from(most_bytes(&server, workspace).await?).unwrap_or(usize::MAX);
    // One at a time: the body and what a reader makes of it are in memory.
    let _turn = READERS.acquire().await.map_err(Problem::internal)?;
    let bytes = axum::body::to_bytes(body, most)
        .await
        .map_err(|_| Problem::new(Code::BodyTooLarge))?;
    let reading = reader(&server)?
        .read(&filename, bytes.into())
        .await
        .map_err(|reason| Problem::field("body", reason.to_string()))?;
    let wish = Wish {
        status: wanted.status.map(|status| status.name().to_owned()),
        language: wanted.language,
        audience: wanted.audience.map(|audience| audience.name().to_owned()),
        category: Vec::new(),
    };
    let scope = caller.begin(&server).await?;
    let mut report = ImportReport {
        files: 1,
        ..ImportReport::default()
    };
    for part in reading.refused {
        report.refuse(&format!("{filename}{}", part.part), part.reason);
    }
    let mut seen = std::collections::HashSet::new();
    for mut article in reading.articles {
        article.part = format!("{filename}{}", article.part);
        if !seen.insert(article.part.clone()) {
            report.refuse(&article.part, Refusal::SameName);
            continue;
        }
        let (id, outcome) = place::place_in(&scope, &wish, workspace, &article)
            .await
            .map_err(Problem::from)?;
        report.took(id, outcome, &article);
    }
    report.seconds = begun.elapsed().as_secs_f64();
    Ok(Json(report))
}

/// What reads files and pages for this server.
pub(in super::super) fn reader(server: &Server) -> Answer<Reader> {
    match &server.settings.file_reader {
        Some(program) => Ok(Reader::new(program.clone())),
        None => Ok(Reader::new(
            std::env::current_exe().map_err(Problem::internal)?,
        )),
    }
}
