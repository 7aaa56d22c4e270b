//! Whether the process lives, whether it can serve, and its figures.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use romashka_db::monitor::Figures;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::observe;
use crate::problem::{Answer, Code, Problem};
use crate::state::Server;
use crate::statement::Statement;

/// The routes.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(read_health))
        .routes(routes!(read_readiness))
        .routes(routes!(read_metrics))
}

/// That the process answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `alive`.
    pub status: &'static str,
    /// The version of the program.
    pub version: &'static str,
}

/// That the process can serve requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Always `ready`; else the answer is a problem.
    pub status: &'static str,
    /// The newest migration of the database.
    pub schema_version: String,
}

/// Whether the process lives
///
/// Asks nothing of the database: restart the process when this fails, and only then.
#[utoipa::path(get, path = "/health", tag = "Operations", security(()),
    responses((status = OK, body = Health)))]
async fn read_health() -> Json<Health> {
    Json(Health {
        status: "alive",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// Whether the process can serve
///
/// Send it no requests while this fails: the database cannot be reached, or has no schema.
#[utoipa::path(get, path = "/ready", tag = "Operations", security(()),
    responses((status = OK, body = Readiness)))]
async fn read_readiness(State(server): State<Server>) -> Answer<Json<Readiness>> {
    let service = server.service().await?;
    let schema_version = Statement::new(include_str!("schema_version.sql"))
        .value(&service)
        .await
        .map_err(|problem| Problem::new(Code::Unavailable).because(problem.title()))?;
    Ok(Json(Readiness {
        status: "ready",
        schema_version,
    }))
}

/// Figures for Prometheus
///
/// Requests, their times, the pool of connections, and the figures of the database. Answered to callers of a private network alone.
#[utoipa::path(get, path = "/metrics", tag = "Operations", security(()),
    responses((status = OK, content_type = "text/plain", body = String)))]
async fn read_metrics(
    State(server): State<Server>,
    caller: axum::Extension<observe::Caller>,
) -> Answer<impl IntoResponse> {
    if !caller.is_private() {
        return Err(Problem::new(Code::UnknownPath));
    }
    Ok((
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        format!(
            "{}{}",
            observe::render(&server),
            database_figures(&server).await
        ),
    ))
}

/// The figures of the database, and whether it told them: a process whose database is away is not away itself.
async fn database_figures(server: &Server) -> String {
    let told: Answer<serde_json::Value> = async {
        let service = server.service().await?;
        Statement::new(include_str!("monitor.sql"))
            .value(&service)
            .await
    }
    .await;
    let (is_up, text) = match told {
        Ok(told) => (1, Figures::of(&told).prometheus()),
        Err(problem) => {
            tracing::warn!(problem = problem.line(), "the database tells no figures");
            (0, String::new())
        }
    };
    format!(
        "# HELP romashka_database_up Whether the database told its figures.\n# TYPE romashka_database_up gauge\nromashka_database_up {is_up}\n{text}"
    )
}
