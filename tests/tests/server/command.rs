//! `romashka serve` as a service manager runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use romashka_tests::{TestDatabase, romashka_binary};
use serde_json::Value;

pub(super) struct Served {
    child: Child,
    ready: Value,
}

impl Served {
    fn start(database: &TestDatabase, data: &std::path::Path, settings: &[(&str, &str)]) -> Served {
        Served::logging(database, data, settings, Stdio::null())
    }

    /// Starts it with a place for what it logs.
    pub(super) fn logging(
        database: &TestDatabase,
        data: &std::path::Path,
        settings: &[(&str, &str)],
        log: Stdio,
    ) -> Served {
        let mut command = Command::new(romashka_binary());
        command
            .args(["serve", "--json", "--listen", "127.0.0.1:0"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("DATABASE_URL", database.url())
            .env("ROMASHKA_DATA_DIR", data)
            .current_dir(data)
            .stdout(Stdio::piped())
            .stderr(log);
        for (name, value) in settings {
            command.env(name, value);
        }
        let mut child = command.spawn().expect("the command");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut text = String::new();
        let ready = loop {
            if out.read_line(&mut text).expect("a line") == 0 {
                break None;
            }
            if let Ok(ready) = serde_json::from_str(&text) {
                break Some(ready);
            }
        };
        match ready {
            Some(ready) => Served { child, ready },
            None => panic!("it ended with {:?}: {text}", child.wait()),
        }
    }

    pub(super) fn url(&self) -> String {
        self.ready["url"].as_str().expect("a URL").to_owned()
    }

    pub(super) fn address(&self) -> String {
        self.url().trim_start_matches("http://").to_owned()
    }

    pub(super) fn stop(mut self) -> Option<i32> {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("a signal");
        self.child.wait().expect("its end").code()
    }
}

#[tokio::test]
async fn it_says_where_it_is_serves_and_stops_when_told() {
    let database = TestDatabase::new().await;
    let data = tempfile::tempdir().expect("a folder");
    let served = Served::start(&database, data.path(), &[]);
    let second = Served::start(&database, data.path(), &[]);
    assert!(
        served.ready["setup"]
            .as_str()
            .expect("an address")
            .contains("/setup#token=")
    );
    for one in [&served, &second] {
        for (path, kind) in [
            ("/health", "application/json"),
            ("/ready", "application/json"),
            ("/metrics", "text/plain"),
            ("/docs", "text/html"),
            ("/docs/problems", "text/html"),
            ("/setup", "text/html"),
            ("/setup/script.js", "text/javascript"),
            ("/setup/style.css", "text/css"),
            ("/api/v1/openapi.json", "application/json"),
        ] {
            let answer = reqwest::get(format!("{}{path}", one.url()))
                .await
                .expect("an answer");
            assert_eq!(answer.status(), 200, "{path}");
            let found = answer.headers()["content-type"]
                .to_str()
                .expect("text")
                .to_owned();
            assert!(found.starts_with(kind), "{path}: {found}");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            assert!(answer.headers().contains_key("x-request-id"));
        }
    }
    let figures = reqwest::get(format!("{}/metrics", served.url()))
        .await
        .expect("figures");
    let figures = figures.text().await.expect("text");
    for name in [
        "http_requests_total",
        "http_request_duration_seconds_bucket",
        "database_connections",
    ] {
        assert!(figures.contains(name), "{name} is not in {figures}");
    }
    assert_eq!((served.stop(), second.stop()), (Some(0), Some(0)));
}

#[tokio::test]
async fn who_is_slow_with_his_headers_is_cut_off() {
    let database = TestDatabase::new().await;
    let data = tempfile::tempdir().expect("a folder");
    let served = Served::start(&database, data.path(), &[("ROMASHKA_HEADER_TIMEOUT", "1")]);
    let address = served.address();
    let waited = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a limit");
        let begun = Instant::now();
        stream
            .write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n")
            .expect("a part of the headers");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        begun.elapsed()
    })
    .await
    .expect("the slow one");
    assert!(
        waited >= Duration::from_millis(900) && waited < Duration::from_secs(5),
        "{waited:?}"
    );
    assert_eq!(served.stop(), Some(0));
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let database = TestDatabase::new().await;
    let data = tempfile::tempdir().expect("a folder");
    let served = Served::start(&database, data.path(), &[("ROMASHKA_BODY_LIMIT", "2048")]);
    let answer = reqwest::Client::new()
        .post(format!("{}/api/v1/auth/login", served.url()))
        .header("content-type", "application/json")
        .body(format!("{{\"email\": \"{}\"}}", "x".repeat(4096)))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 413);
    let problem: Value = answer.json().await.expect("a problem");
    assert_eq!(problem["code"], "body_too_large");
    assert_eq!(served.stop(), Some(0));
}

#[test]
fn a_wrong_setting_or_a_database_without_the_schema_is_said() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let database = runtime.block_on(TestDatabase::empty());
    let data = tempfile::tempdir().expect("a folder");
    let run = |settings: &[(&str, &str)]| {
        let mut command = Command::new(romashka_binary());
        command
            .arg("serve")
            .env_clear()
            .env("DATABASE_URL", database.url())
            .env("ROMASHKA_DATA_DIR", data.path())
            .current_dir(data.path());
        for (name, value) in settings {
            command.env(name, value);
        }
        let ended = command.output().expect("the command");
        (
            ended.status.code(),
            String::from_utf8_lossy(&ended.stderr).into_owned(),
        )
    };
    let (code, said) = run(&[]);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("romashka migrate"), "{said}");
    let (code, said) = run(&[("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")]);
    assert_eq!(code, Some(3), "{said}");
}
