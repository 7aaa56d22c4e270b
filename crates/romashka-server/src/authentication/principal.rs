//! Who asks, once that is known.

use jiff::Timestamp;
use romashka_db::scope::Claims;
use uuid::Uuid;

use crate::problem::{Answer, Code, Problem};

/// How long a password or code that was shown counts for what needs one (members, keys, second factors).
const FRESH_SECONDS: i64 = 600;

/// By what a person was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A session of this server.
    Session {
        /// The session.
        id: Uuid,
        /// When the person last showed a password or code.
        authenticated_at: Timestamp,
    },
    /// A token of Supabase, or of whoever signs with the same key.
    Token {
        /// When it was issued, or refreshed.
        issued_at: Timestamp,
        /// The last second of Unix time at which it is accepted.
        accepted_until: i64,
    },
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A person.
    Person {
        /// The account.
        id: Uuid,
        /// The workspace the person chose, or the token names.
        workspace: Option<Uuid>,
        /// By what the person was recognised.
        proof: Proof,
    },
    /// A program with a key.
    Key {
        /// The key.
        id: Uuid,
        /// The key's workspace.
        workspace: Uuid,
        /// What it may do, as a member of this role could.
        role: &'static str,
        /// Which resources it may read or write.
        scopes: Vec<String>,
    },
    /// The product's own service, by the secret key of the Supabase project.
    Service,
}

impl Principal {
    /// What the database is told.
    pub fn claims(&self, asked_for: Option<Uuid>) -> Claims {
        match self {
            Principal::Person { id, workspace, .. } => match asked_for.or(*workspace) {
                Some(workspace) => Claims::person(*id, workspace),
                None => Claims::anywhere(*id),
            },
            Principal::Key {
                id,
                workspace,
                role,
                ..
            } => Claims::api_key(*id, *workspace, role),
            Principal::Service => Claims {
                workspace: asked_for,
                ..Claims::installation()
            },
        }
    }

    /// Refuses a key that lacks the scope. A person has no scopes: the role decides.
    pub fn require_scope(&self, resource: &str, is_write: bool) -> Answer<()> {
        let Principal::Key { scopes, .. } = self else {
            return Ok(());
        };
        let needed = if is_write { "write" } else { "read" };
        let covers = |scope: &String| {
            let Some((named, access)) = scope.split_once(':') else {
                return false;
            };
            (named == "*" || named == resource) && (access == needed || access == "write")
        };
        if scopes.iter().any(covers) {
            return Ok(());
        }
        Err(Problem::new(Code::ScopeRequired)
            .detail(format!("The key needs the scope {resource}:{needed}")))
    }

    /// The person. A key is refused.
    pub fn person(&self) -> Answer<Uuid> {
        match self {
            Principal::Person { id, .. } => Ok(*id),
            Principal::Key { .. } | Principal::Service => Err(Problem::new(Code::PersonRequired)),
        }
    }

    /// The session, where the person came with one.
    pub fn session(&self) -> Option<Uuid> {
        match self {
            Principal::Person {
                proof: Proof::Session { id, .. },
                ..
            } => Some(*id),
            _ => None,
        }
    }

    /// The last second of Unix time at which the person's token is accepted, where the person came with one.
    pub fn accepted_until(&self) -> Option<i64> {
        match self {
            Principal::Person {
                proof: Proof::Token { accepted_until, .. },
                ..
            } => Some(*accepted_until),
            _ => None,
        }
    }

    /// Refuses a person who has not shown a password or code lately.
    pub fn require_fresh_proof(&self) -> Answer<()> {
        let Principal::Person { proof, .. } = self else {
            return Err(Problem::new(Code::PersonRequired));
        };
        let shown = match proof {
            Proof::Session {
                authenticated_at, ..
            } => authenticated_at,
            Proof::Token { issued_at, .. } => issued_at,
        };
        if Timestamp::now().as_second() - shown.as_second() <= FRESH_SECONDS {
            Ok(())
        } else {
            Err(Problem::new(Code::ReauthenticationRequired))
        }
    }
}

/// The constant form of a role's name.
pub fn role_name(role: &str) -> Option<&'static str> {
    ["viewer", "agent", "admin", "owner"]
        .into_iter()
        .find(|known| *known == role)
}

/// Whether a member of the role `has` may do what needs the role `needs`.
pub fn role_suffices(has: &str, needs: &str) -> bool {
    let rank = |role| match role {
        "viewer" => 1,
        "agent" => 2,
        "admin" => 3,
        "owner" => 4,
        _ => 0,
    };
    rank(has) >= rank(needs) && rank(needs) > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_open_what_they_name_and_no_more() {
        let key = |scope: &str| Principal::Key {
            id: Uuid::nil(),
            workspace: Uuid::nil(),
            role: "agent",
            scopes: vec![scope.to_owned()],
        };
        for (scope, resource, is_write, may) in [
            ("conversations:read", "conversations", false, true),
            ("conversations:read", "conversations", true, false),
            ("conversations:write", "conversations", false, true),
            ("*:read", "customers", false, true),
            ("*:read", "customers", true, false),
            ("customers:write", "conversations", false, false),
            ("customers", "customers", false, false),
        ] {
            let allowed = key(scope).require_scope(resource, is_write).is_ok();
            assert_eq!(allowed, may, "{scope} for {resource} {is_write}");
        }
    }

    #[test]
    fn roles_are_ordered() {
        assert!(role_suffices("owner", "viewer") && role_suffices("agent", "agent"));
        assert!(!role_suffices("viewer", "agent") && !role_suffices("", "viewer"));
        assert!(!role_suffices("owner", "unknown"));
    }
}
