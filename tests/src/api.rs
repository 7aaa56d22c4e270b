//! A ROMASHKA server over a test's database, in this process, and callers of its API.
//!
//! Invariant: requests go over a socket, through every layer; nothing of the server is replaced.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use romashka_db::envelope::{Key, Keyring};
use romashka_db::environment::Variable;
use romashka_db::settings::{Origin, Settings};
use romashka_server::authentication::api_key::ApiKey;
use romashka_server::authentication::secret::Token;
use romashka_server::{ServerSettings, Serving};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Role, TestDatabase, explain};

/// A server at work, and its database.
pub struct Api {
    /// The database.
    pub database: TestDatabase,
    serving: Option<Serving>,
    client: reqwest::Client,
    address: String,
    /// The folder of the server's files, removed with this.
    files: TempDir,
}

impl fmt::Debug for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Api({})", self.address)
    }
}

/// The settings of a server for tests: any free port, no limit on ordinary requests.
///
/// # Panics
/// Never: the defaults are valid.
pub fn settings() -> ServerSettings {
    let mut settings = ServerSettings::resolve(&|_: &Variable| None).expect("the defaults");
    settings.listen = ([127, 0, 0, 1], 0).into();
    settings.rate_limit = None;
    settings.shutdown_timeout = Duration::from_secs(5);
    settings
}

impl Api {
    /// A server over a new database with the schema and nothing else.
    pub async fn new() -> Api {
        Api::with(settings()).await
    }

    /// The same with settings of the test's own.
    pub async fn with(settings: ServerSettings) -> Api {
        Api::over(TestDatabase::new().await, settings).await
    }

    /// A server over this database; its files are in a folder of its own, unless the settings name one.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn over(database: TestDatabase, mut settings: ServerSettings) -> Api {
        let files = TempDir::new().expect("a folder for files");
        settings
            .file_folder
            .get_or_insert_with(|| files.path().to_owned());
        settings.file_reader = Some(crate::romashka_binary());
        let target = Settings::parse(&database.url(), Origin::Option, &|_| None).expect("a URL");
        let keys = Keyring::new(Key::generate(), Vec::new());
        let serving = romashka_server::serve(settings, &target, keys)
            .await
            .expect("a server");
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        Api {
            address: format!("http://{}", serving.address()),
            serving: Some(serving),
            database,
            client,
            files,
        }
    }

    /// One more server over the same database, as another process would be.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn one_more(&self, settings: ServerSettings) -> Serving {
        let target =
            Settings::parse(&self.database.url(), Origin::Option, &|_| None).expect("a URL");
        romashka_server::serve(settings, &target, Keyring::new(Key::generate(), Vec::new()))
            .await
            .expect("a server")
    }

    /// Where it listens, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The folder of the server's files.
    pub fn files(&self) -> &Path {
        self.files.path()
    }

    /// The server.
    ///
    /// # Panics
    /// After [`Api::stop`].
    pub fn serving(&self) -> &Serving {
        self.serving.as_ref().expect("the server runs")
    }

    /// Stops the server, as a signal would.
    pub async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.stop().await;
        }
    }

    /// A request without credentials.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.address))
    }

    /// Somebody without credentials.
    pub fn nobody(&self) -> Visitor<'_> {
        Visitor {
            api: self,
            credential: Credential::None,
            workspace: None,
        }
    }

    /// A member of a workspace with a session of his own.
    pub async fn member(&self, workspace: Uuid, role: Role) -> Visitor<'_> {
        let person = self.database.create_person(workspace, role).await;
        self.session(person, Some(workspace)).await
    }

    /// A person with a new session, who works in this workspace.
    ///
    /// # Panics
    /// When the database refuses the session.
    pub async fn session(&self, person: Uuid, workspace: Option<Uuid>) -> Visitor<'_> {
        let token = Token::generate();
        let sql = "select romashka.start_session($1, $2, interval '8 hours', interval '7 days')";
        if let Err(error) = self
            .database
            .owner()
            .query_one(sql, &[&person, &token.digest().to_vec()])
            .await
        {
            panic!("a session: {}", explain(&error));
        }
        Visitor {
            api: self,
            credential: Credential::Session(token.expose().to_owned()),
            workspace,
        }
    }

    /// A program with a new key of a workspace.
    ///
    /// # Panics
    /// When the database refuses the key.
    pub async fn key(&self, workspace: Uuid, role: &str, scopes: &[&str]) -> Visitor<'_> {
        let key = ApiKey::generate();
        let sql = "select public.create_api_key('of a test', $1, $2, $3, $4, $5, null, $6)";
        let scopes: Vec<&str> = scopes.to_vec();
        if let Err(error) = self
            .database
            .owner()
            .query_one(
                sql,
                &[
                    &key.digest().to_vec(),
                    &key.display_prefix(),
                    &key.last_four(),
                    &scopes,
                    &role,
                    &workspace,
                ],
            )
            .await
        {
            panic!("a key: {}", explain(&error));
        }
        Visitor {
            api: self,
            credential: Credential::Bearer(key.expose().to_owned()),
            workspace: None,
        }
    }
}

#[derive(Clone)]
enum Credential {
    None,
    Session(String),
    Bearer(String),
}

/// One who calls the API.
#[derive(Clone)]
pub struct Visitor<'api> {
    api: &'api Api,
    credential: Credential,
    workspace: Option<Uuid>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body, null when there is none or it is no JSON.
    pub body: Value,
}

impl Answer {
    /// The code of the problem, empty for a success.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The value of a header, empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The answer, when it has this status.
    ///
    /// # Panics
    /// When it has another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// The id of what was answered.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn id(&self) -> Uuid {
        self.body["id"]
            .as_str()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| panic!("no id in {}", self.body))
    }
}

impl Visitor<'_> {
    /// The same caller, who names another workspace.
    pub fn in_workspace(&self, workspace: Uuid) -> Self {
        Visitor {
            workspace: Some(workspace),
            ..self.clone()
        }
    }

    /// A caller with the session of this token, in no named workspace.
    pub fn with_session(&self, token: &str) -> Self {
        Visitor {
            credential: Credential::Session(token.to_owned()),
            ..self.clone()
        }
    }

    /// A caller with this bearer token.
    pub fn with_token(&self, token: &str) -> Self {
        Visitor {
            credential: Credential::Bearer(token.to_owned()),
            ..self.clone()
        }
    }

    /// The headers by which the caller is known, for what is no ordinary request.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let workspace = self
            .workspace
            .map(|id| ("romashka-workspace", id.to_string()));
        let credential = match &self.credential {
            Credential::None => None,
            Credential::Session(token) => Some(("cookie", format!("romashka_session={token}"))),
            Credential::Bearer(token) => Some(("authorization", format!("Bearer {token}"))),
        };
        workspace.into_iter().chain(credential).collect()
    }

    /// A request with the caller's credentials, as a page of the site would send it.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.api.request(method, path);
        if let Some(workspace) = self.workspace {
            request = request.header("romashka-workspace", workspace.to_string());
        }
        match &self.credential {
            Credential::None => request,
            Credential::Session(token) => request
                .header("cookie", format!("romashka_session={token}"))
                .header("sec-fetch-site", "same-origin"),
            Credential::Bearer(token) => request.bearer_auth(token),
        }
    }

    /// Sends a request.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let is_endless = headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        let bytes = if is_endless {
            Vec::new()
        } else {
            response.bytes().await.expect("the body").to_vec()
        };
        Answer {
            status,
            headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    /// GET of a path below `/api/v1`.
    pub async fn get(&self, path: &str) -> Answer {
        let request = self.request(Method::GET, &format!("/api/v1{path}"));
        self.send(request).await
    }

    /// POST of JSON to a path below `/api/v1`.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    /// PUT of JSON to a path below `/api/v1`.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    /// PATCH of JSON to a path below `/api/v1`.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    /// DELETE of a path below `/api/v1`.
    pub async fn delete(&self, path: &str) -> Answer {
        let request = self.request(Method::DELETE, &format!("/api/v1{path}"));
        self.send(request).await
    }

    /// A request with a body of JSON to a path below `/api/v1`.
    pub async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(method, &format!("/api/v1{path}"));
        let request = if body.is_null() {
            request
        } else {
            request.json(body)
        };
        self.send(request).await
    }
}
