//! The extractors through which a handler reaches the database. A signature shows what its handler needs:
//!
//! - [`Scoped<Viewer>`], [`Scoped<Agent>`], [`Scoped<Admin>`], [`Scoped<Owner>`]: a member of the workspace with at least this
//!   role, a person or a key. Row security does the rest.
//! - [`Admitted<Agent>`] and so on: the same, for a handler that begins its transaction later.
//! - [`Scoped<Person>`]: a person who is signed in, of whatever workspace; no key.
//! - [`Anonymous`]: nobody signed in; the database shows what `anon` may see.
//! - [`Service`]: the installation itself. The handler finds out by itself who asks (signing in, webhooks).
//!
//! Each holds a transaction that the layer in [`crate::unit_of_work`] commits when the answer is a success and rolls back
//! otherwise. A handler never commits. What must stay although the request fails goes through [`Server::service`].

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use romashka_db::scope::{Claims, OwnedScope, Surroundings};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::authentication::principal::{role_name, role_suffices};
use crate::authentication::{Credential, Principal, Proof, csrf, secret};
use crate::observe::Caller;
use crate::problem::{Answer, Code, Problem};
use crate::state::Server;
use crate::statement::{FromRow, Statement};
use crate::unit_of_work::{Work, WorkScope};

/// The header by which a request names the workspace it is meant for.
pub const WORKSPACE_HEADER: &str = "romashka-workspace";

/// What a handler needs of who asks.
pub trait Need: Send + Sync + 'static {
    /// The least role in the workspace; none where membership does not matter.
    const ROLE: Option<&'static str>;
    /// Whether only a person may ask, no key.
    const PERSON: bool;
}

macro_rules! needs {
    ($($(#[$attribute:meta])* $name:ident: $role:expr, $person:expr;)+) => {
        $($(#[$attribute])* #[derive(Debug)] pub struct $name;
        impl Need for $name {
            const ROLE: Option<&'static str> = $role;
            const PERSON: bool = $person;
        })+
    };
}

needs! {
    /// A member who may at least read.
    Viewer: Some("viewer"), false;
    /// A member who works on conversations.
    Agent: Some("agent"), false;
    /// A member who manages the workspace.
    Admin: Some("admin"), false;
    /// An owner of the workspace.
    Owner: Some("owner"), false;
    /// A person who is signed in.
    Person: None, true;
}

/// A scope of one who has shown who he is and has what `N` says.
pub struct Scoped<N> {
    scope: WorkScope,
    principal: Principal,
    workspace: Option<Uuid>,
    role: Option<String>,
    need: PhantomData<N>,
}

impl<N> Scoped<N> {
    /// Who asks.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The workspace of the request, where there is one.
    pub fn workspace(&self) -> Option<Uuid> {
        self.workspace
    }

    /// What the caller is in it.
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// Gives the connection back, undone: for a handler that computes for long, or that commits in steps of its own through
    /// [`Server::service`]. Such an operation is not kept under an `Idempotency-Key`: repeating it does no harm.
    pub fn release(self) -> Principal {
        self.scope.release();
        self.principal
    }

    /// Goes on as the same person in a workspace that this transaction made.
    pub async fn act_in(&mut self, person: Uuid, workspace: Uuid) -> Answer<()> {
        let claims = Claims::person(person, workspace);
        Ok(self.scope.scope_mut().act_as(&claims).await?)
    }

    /// Goes on as the installation itself in the same transaction: for mails, sessions and whatever else no member may touch.
    pub async fn as_service(&mut self) -> Answer<()> {
        let claims = Claims::installation();
        Ok(self.scope.scope_mut().act_as(&claims).await?)
    }
}

impl<N> Deref for Scoped<N> {
    type Target = OwnedScope;

    fn deref(&self) -> &OwnedScope {
        self.scope.scope()
    }
}

/// Why an extractor gave no scope: a problem, or the kept answer of the same request.
#[derive(Debug)]
pub enum Rejection {
    /// A problem.
    Problem(Problem),
    /// What the same request was answered before.
    Replay(Box<Response>),
}

impl From<Problem> for Rejection {
    fn from(problem: Problem) -> Rejection {
        Rejection::Problem(problem)
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self {
            Rejection::Problem(problem) => problem.into_response(),
            Rejection::Replay(response) => *response,
        }
    }
}

impl<N: Need> FromRequestParts<Server> for Scoped<N> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Rejection> {
        let (admission, scope) = Admission::of::<N>(parts, server).await?;
        admission.enter(server, scope).await
    }
}

/// One who was let in and holds no connection: for a handler that first waits for something slow, as a file to arrive.
/// What it then begins is a [`Scoped`] like any other; role and membership are looked up anew.
pub struct Admitted<N> {
    admission: Admission,
    workspace: Option<Uuid>,
    need: PhantomData<N>,
}

impl<N: Need> Admitted<N> {
    /// The workspace of the request, where there is one.
    pub fn workspace(&self) -> Option<Uuid> {
        self.workspace
    }

    /// A scope of the same caller, to read by before the request's own transaction. The handler commits it, and writes nothing.
    pub async fn look(&self, server: &Server) -> Answer<OwnedScope> {
        let Admission {
            claims,
            surroundings,
            ..
        } = &self.admission;
        Ok(server.database.begin(claims, surroundings).await?)
    }

    /// Takes a connection and begins the request's transaction.
    pub async fn begin(self, server: &Server) -> Result<Scoped<N>, Rejection> {
        let Admission {
            claims,
            surroundings,
            ..
        } = &self.admission;
        let scope = server
            .database
            .begin(claims, surroundings)
            .await
            .map_err(Problem::from)?;
        self.admission.enter(server, scope).await
    }
}

impl<N: Need> FromRequestParts<Server> for Admitted<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Answer<Self> {
        let (admission, scope) = Admission::of::<N>(parts, server).await?;
        let (workspace, _) = admission.membership::<N>(&scope)?;
        scope.commit().await?;
        Ok(Admitted {
            admission,
            workspace,
            need: PhantomData,
        })
    }
}

/// What is known of a request whose caller has shown who he is.
struct Admission {
    work: Work,
    principal: Principal,
    claims: Claims,
    surroundings: Surroundings,
}

impl Admission {
    /// Finds out who asks, and begins a scope for him.
    async fn of<N: Need>(parts: &Parts, server: &Server) -> Answer<(Admission, OwnedScope)> {
        let work = Work::of(parts)?;
        let surroundings = surroundings(parts, server);
        let (principal, service) = authenticate(parts, server, &surroundings).await?;
        if N::PERSON {
            principal.person()?;
        }
        let (resource, is_write) = touched(parts);
        principal.require_scope(&resource, is_write)?;
        let asked_for = asked_workspace(parts)?;
        if let (Some(asked_for), Principal::Key { workspace, .. }) = (asked_for, &principal)
            && asked_for != *workspace
        {
            return Err(Problem::not_found());
        }
        if let Some(limit) = &server.caller_limit {
            work.show(limit.take(caller_id(&principal))?);
        }
        let claims = principal.claims(asked_for);
        let scope = match service {
            Some(service) => service.commit_and_begin(&claims, &surroundings).await,
            None => server.database.begin(&claims, &surroundings).await,
        }?;
        let admission = Admission {
            work,
            principal,
            claims,
            surroundings,
        };
        Ok((admission, scope))
    }

    /// The workspace and what the caller is in it; refused when that is less than is needed.
    fn membership<N: Need>(&self, scope: &OwnedScope) -> Answer<(Option<Uuid>, Option<String>)> {
        let (workspace, role) = match &self.principal {
            Principal::Service => (self.claims.workspace, Some("owner".to_owned())),
            _ => (
                scope.membership().workspace,
                scope.membership().role.clone(),
            ),
        };
        if let Some(needed) = N::ROLE {
            let Some(role) = role.as_deref() else {
                // A workspace one is no member of does not exist for him.
                return Err(Problem::not_found().detail("There is no such workspace for you"));
            };
            if workspace.is_none() {
                return Err(Problem::new(Code::InvalidHeader)
                    .at(WORKSPACE_HEADER, "name the workspace that is meant"));
            }
            if !role_suffices(role, needed) {
                return Err(Problem::new(Code::RoleRequired)
                    .detail(format!("This needs the role {needed}")));
            }
        }
        Ok((workspace, role))
    }

    async fn enter<N: Need>(
        self,
        server: &Server,
        scope: OwnedScope,
    ) -> Result<Scoped<N>, Rejection> {
        let (workspace, role) = self.membership::<N>(&scope)?;
        let scope = self.work.open(server, scope).await?;
        Ok(Scoped {
            scope,
            principal: self.principal,
            workspace,
            role,
            need: PhantomData,
        })
    }
}

/// A scope of a visitor who has not signed in.
pub struct Anonymous(WorkScope);

impl Deref for Anonymous {
    type Target = OwnedScope;

    fn deref(&self) -> &OwnedScope {
        self.0.scope()
    }
}

impl FromRequestParts<Server> for Anonymous {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Answer<Self> {
        let work = Work::of(parts)?;
        let surroundings = surroundings(parts, server);
        let scope = server
            .database
            .begin(&Claims::anonymous(), &surroundings)
            .await?;
        Ok(Anonymous(work.keep(scope)))
    }
}

/// A scope of the installation itself.
pub struct Service(WorkScope);

impl Deref for Service {
    type Target = OwnedScope;

    fn deref(&self) -> &OwnedScope {
        self.0.scope()
    }
}

impl FromRequestParts<Server> for Service {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Answer<Self> {
        let work = Work::of(parts)?;
        let surroundings = surroundings(parts, server);
        let scope = server
            .database
            .begin(&Claims::installation(), &surroundings)
            .await?;
        Ok(Service(work.keep(scope)))
    }
}

/// The session's cookie: with the prefix that binds it to this host where the browser accepts that.
pub fn session_cookie(server: &Server) -> &'static str {
    if server.is_secure() {
        "__Host-romashka_session"
    } else {
        "romashka_session"
    }
}

fn surroundings(parts: &Parts, server: &Server) -> Surroundings {
    let mut surroundings = server.surroundings();
    if let Some(caller) = parts.extensions.get::<Caller>() {
        surroundings.headers = caller.headers();
    }
    surroundings
}

/// Who asks; with the scope in which that was found out, where the database was asked.
async fn authenticate(
    parts: &Parts,
    server: &Server,
    surroundings: &Surroundings,
) -> Answer<(Principal, Option<OwnedScope>)> {
    match Credential::of(&parts.headers, session_cookie(server))? {
        Credential::None => Err(Problem::new(Code::Unauthenticated)),
        Credential::Session(token) => {
            csrf::check(&parts.method, &parts.headers, &server.public_url)?;
            let service = begin_service(server, surroundings).await?;
            let token_hash = secret::digest(token.expose_secret()).to_vec();
            let found: Option<FoundSession> =
                Statement::new(include_str!("authentication/find_session.sql"))
                    .bind("token_hash", &token_hash)
                    .optional(&service)
                    .await?;
            let found = found.ok_or_else(|| Problem::new(Code::InvalidToken))?;
            let principal = Principal::Person {
                id: found.person,
                workspace: found.chosen_workspace,
                proof: Proof::Session {
                    id: found.session,
                    authenticated_at: found.authenticated_at,
                },
            };
            Ok((principal, Some(service)))
        }
        Credential::ApiKey(key) => {
            let service = begin_service(server, surroundings).await?;
            let key_hash = key.digest().to_vec();
            let found: Option<FoundKey> =
                Statement::new(include_str!("authentication/find_api_key.sql"))
                    .bind("key_hash", &key_hash)
                    .optional(&service)
                    .await?;
            let found = found.ok_or_else(|| Problem::new(Code::InvalidToken))?;
            let principal = Principal::Key {
                id: found.key,
                workspace: found.workspace,
                role: role_name(&found.key_role)
                    .ok_or_else(|| Problem::internal("a key with an unknown role"))?,
                scopes: found.scopes,
            };
            Ok((principal, Some(service)))
        }
        Credential::Token(token) => Ok((server.tokens.verify(&token).await?, None)),
    }
}

async fn begin_service(server: &Server, surroundings: &Surroundings) -> Answer<OwnedScope> {
    Ok(server
        .database
        .begin(&Claims::installation(), surroundings)
        .await?)
}

struct FoundSession {
    session: Uuid,
    person: Uuid,
    chosen_workspace: Option<Uuid>,
    authenticated_at: Timestamp,
}

impl FromRow for FoundSession {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(FoundSession {
            session: row.try_get("session")?,
            person: row.try_get("person")?,
            chosen_workspace: row.try_get("chosen_workspace")?,
            authenticated_at: row.try_get("authenticated_at")?,
        })
    }
}

struct FoundKey {
    key: Uuid,
    workspace: Uuid,
    key_role: String,
    scopes: Vec<String>,
}

impl FromRow for FoundKey {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(FoundKey {
            key: row.try_get("key")?,
            workspace: row.try_get("workspace")?,
            key_role: row.try_get("key_role")?,
            scopes: row.try_get("scopes")?,
        })
    }
}

fn asked_workspace(parts: &Parts) -> Answer<Option<Uuid>> {
    parts
        .headers
        .get(WORKSPACE_HEADER)
        .map(|value| {
            value
                .to_str()
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| {
                    Problem::new(Code::InvalidHeader)
                        .at(WORKSPACE_HEADER, "is the id of a workspace")
                })
        })
        .transpose()
}

/// The resource of an operation, the first part of its path below the version, and whether the operation may change it.
fn touched(parts: &Parts) -> (String, bool) {
    let path = parts
        .extensions
        .get::<MatchedPath>()
        .map_or_else(|| parts.uri.path(), MatchedPath::as_str);
    (
        resource_of(path),
        !matches!(parts.method, Method::GET | Method::HEAD),
    )
}

/// `conversations` of `/api/v1/conversations/{id}/notes`; a hyphen is an underscore in the name of a scope.
pub fn resource_of(path: &str) -> String {
    path.trim_start_matches(crate::router::PREFIX)
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default()
        .replace('-', "_")
}

fn caller_id(principal: &Principal) -> Uuid {
    match principal {
        Principal::Person { id, .. } | Principal::Key { id, .. } => *id,
        Principal::Service => Uuid::nil(),
    }
}
