//! The server against its description, by schemathesis: whatever the description allows and whatever it does not, no answer
//! is a failure of the server's, and none has a status, a type or a form that is not described.
//!
//! Judged more strictly than the description reads: the answer `default` is taken out, so that every status must be named.
//! Known ids and bodies are put in as the values of the parameters, so that calls reach the database and not only 404.
//!
//! Needs Python with venv, and PyPI at the first run; where they are missing the test says so and does nothing, unless
//! `ROMASHKA_REQUIRE_SCHEMATHESIS` is set, as it is by `.ci/run`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::Method;
use romashka_tests::{Api, Role};
use serde_json::{Value, json};
use tokio::process::Command;
use uuid::Uuid;

use super::operations::CASES;
use super::resource_cases;

/// Left out: the stream does not end, and what these do would leave the later calls without a session.
const LEFT_OUT: &[&str] = &[
    "stream_events",
    "sign_out",
    "end_session",
    "end_other_sessions",
    "choose_workspace",
];
/// What must hold of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
response_headers_conformance,response_schema_conformance";

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/schemathesis")
}

async fn is_installed() -> bool {
    let output = Command::new(script())
        .arg("--version")
        .output()
        .await
        .expect("scripts/schemathesis runs");
    let is_missing = output.status.code() == Some(77);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(is_missing || output.status.success(), "{output:?}");
    assert!(
        !is_missing || std::env::var_os("ROMASHKA_REQUIRE_SCHEMATHESIS").is_none(),
        "schemathesis cannot be installed: {why}"
    );
    if is_missing {
        eprintln!("schemathesis cannot be installed, nothing is tried: {why}");
    }
    !is_missing
}

/// The description, made narrower: every status by name, known ids, known bodies as examples.
async fn narrowed(api: &Api, workspace: Uuid) -> Value {
    let mut document = romashka_server::openapi();
    let paths = document["paths"].as_object_mut().expect("paths");
    for (path, item) in paths {
        for operation in item.as_object_mut().expect("a path").values_mut() {
            let Some(responses) = operation.get_mut("responses") else {
                continue;
            };
            responses
                .as_object_mut()
                .expect("responses")
                .remove("default");
            let id = operation["operationId"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let case = CASES
                .iter()
                .chain(resource_cases::CASES)
                .find(|case| case.operation == id);
            let mut known = vec![("Romashka-Workspace", json!(workspace))];
            for (name, sql) in case.map_or(&[][..], |case| case.parameters) {
                let sql = format!("select to_jsonb(found.value) from ({sql}) as found (value)");
                let row = api.database.owner().query_one(&sql, &[&workspace]).await;
                let row = row.unwrap_or_else(|error| panic!("{path}: {error}"));
                known.push((name, row.get(0)));
            }
            for parameter in operation
                .get_mut("parameters")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                let value = known.iter().find(|(name, _)| parameter["name"] == *name);
                if let Some((_, value)) = value {
                    parameter["schema"]["enum"] = json!([value]);
                }
            }
            let content = operation.pointer_mut("/requestBody/content/application~1json");
            if let (Some(content), Some(case)) = (content, case) {
                content["example"] = (case.body)();
            }
        }
    }
    document
}

struct Run<'a> {
    name: &'a str,
    document: &'a Path,
    headers: Vec<String>,
    arguments: Vec<String>,
    /// What it may take; a slow machine calls less.
    seconds: u32,
}

/// What was found, nothing when every answer was described.
async fn run(api: &Api, run: Run<'_>) -> Option<String> {
    let folder = run.document.parent().expect("a folder");
    let mut command = Command::new(script());
    command
        .current_dir(folder)
        .args([
            "run",
            "--no-color",
            "--url",
            api.address(),
            "--checks",
            CHECKS,
        ])
        .args(["--phases", "examples,coverage,fuzzing", "--seed", "1"])
        .args([
            "--max-examples",
            "15",
            "--max-time",
            &run.seconds.to_string(),
        ])
        .args(["--request-timeout", "20", "--continue-on-failure"])
        .args(["--suppress-health-check", "all", "--warnings", "off"])
        .args(["--generation-database", "none"])
        .args(&run.arguments);
    for id in LEFT_OUT {
        command.args(["--exclude-operation-id", id]);
    }
    for header in &run.headers {
        command.args(["-H", header]);
    }
    let output = command
        .arg(run.document)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("scripts/schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    eprintln!("{}: {said}{complaint}", run.name);
    (!output.status.success()).then(|| run.name.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_described() {
    if !is_installed().await {
        return;
    }
    let api = Api::new().await;
    let workspace = api.database.create_workspace("acme").await;
    let person = api.database.create_person(workspace, Role::Owner).await;
    api.database.fill_workspace(workspace, person).await;
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("openapi.json");
    // Before the description is narrowed, because the session's id is among the known ones.
    let owner = api.session(person, Some(workspace)).await;
    let narrowed = narrowed(&api, workspace).await;
    std::fs::write(&document, narrowed.to_string()).expect("a file");

    let nobody = Run {
        name: "nobody",
        document: &document,
        headers: Vec::new(),
        arguments: Vec::new(),
        seconds: 15,
    };
    let mut found = Vec::from_iter(run(&api, nobody).await);

    let mut headers: Vec<String> = owner
        .headers()
        .into_iter()
        .filter(|(name, _)| *name == "cookie")
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    headers.push("sec-fetch-site: same-origin".to_owned());
    // What removes rows comes last: what it leaves behind answers 404 only.
    for (name, arguments, seconds) in [
        ("the owner", ["--exclude-method", "DELETE"], 60),
        ("the owner, removing", ["--include-method", "DELETE"], 15),
    ] {
        let run_of_owner = Run {
            name,
            document: &document,
            headers: headers.clone(),
            arguments: arguments.map(str::to_owned).to_vec(),
            seconds,
        };
        found.extend(run(&api, run_of_owner).await);
        let request = owner.request(Method::GET, "/api/v1/me");
        // Else the calls were those of nobody.
        owner.send(request).await.expect(200);
    }
    assert!(found.is_empty(), "found by {found:?}, see above");
}
