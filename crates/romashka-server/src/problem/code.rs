//! The kinds of problem. A name that was released stays.

use axum::http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $status:ident, $title:literal;)+) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// All of them, in the order of the documentation.
            pub const ALL: &[Code] = &[$(Code::$variant),+];

            /// The name, for programs.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name),+ }
            }

            /// The status it is answered with.
            pub fn status(self) -> StatusCode {
                match self { $(Code::$variant => StatusCode::$status),+ }
            }

            /// The name, for people.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title),+ }
            }

            /// When it is answered, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc),+)),+ }
            }
        }
    };
}

codes! {
    /// The request cannot be read: no JSON, an unknown field, a parameter of the wrong type.
    InvalidRequest = "invalid_request", BAD_REQUEST, "The request cannot be read";
    /// A cursor that no list of this server gave out, or that belongs to another order.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "The cursor is not valid";
    /// A header that the request needs is missing or has the wrong form.
    InvalidHeader = "invalid_header", BAD_REQUEST, "A header is not valid";
    /// Nobody is signed in.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Sign in first";
    /// The session, key or token is unknown, over or revoked.
    InvalidToken = "invalid_token", UNAUTHORIZED, "The credentials are not valid";
    /// Address and password do not belong together.
    WrongPassword = "wrong_password", UNAUTHORIZED, "Address or password is wrong";
    /// The one-time code or recovery code is wrong, over, or was used before.
    WrongCode = "wrong_code", UNAUTHORIZED, "The code is wrong";
    /// The provider did not sign the person in, or what it says is not believed, or the attempt is over.
    ProviderRefused = "provider_refused", UNAUTHORIZED, "The provider did not sign you in";
    /// The person whom a provider signed in has no account here.
    NoAccount = "no_account", FORBIDDEN, "There is no account for you";
    /// The member's role is too low for this.
    RoleRequired = "role_required", FORBIDDEN, "A higher role is needed";
    /// The API key has no scope for this.
    ScopeRequired = "scope_required", FORBIDDEN, "The key lacks a scope";
    /// Only a person who is signed in can do this, no key.
    PersonRequired = "person_required", FORBIDDEN, "Only a person can do this";
    /// This needs a password or code that was given within the last ten minutes.
    ReauthenticationRequired = "reauthentication_required", FORBIDDEN, "Show again who you are";
    /// The request does not come from this site's own pages.
    CrossSite = "cross_site", FORBIDDEN, "The request comes from another site";
    /// The database's rules forbid it.
    Forbidden = "forbidden", FORBIDDEN, "This is not allowed";
    /// There is no such thing, or it belongs to another workspace.
    NotFound = "not_found", NOT_FOUND, "Not found";
    /// There is no such address on this server.
    UnknownPath = "unknown_path", NOT_FOUND, "There is nothing at this address";
    /// The address knows other methods; the header Allow lists them.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The state of things is against it.
    Conflict = "conflict", CONFLICT, "This conflicts with the present state";
    /// A value that must be unique is taken.
    AlreadyExists = "already_exists", CONFLICT, "There is one already";
    /// Something else still refers to it.
    StillReferenced = "still_referenced", CONFLICT, "Something else refers to it";
    /// A request with this Idempotency-Key was made with other content.
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The key belongs to another request";
    /// A request with this Idempotency-Key is still at work.
    RequestInProgress = "request_in_progress", CONFLICT, "The same request is still at work";
    /// It was changed since the version that If-Match names.
    VersionMismatch = "version_mismatch", PRECONDITION_FAILED, "It was changed meanwhile";
    /// This address speaks WebSocket: the request is no handshake.
    UpgradeRequired = "upgrade_required", UPGRADE_REQUIRED, "A WebSocket handshake is needed";
    /// The body is larger than this server takes.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body has a media type that is not understood here.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The media type is not understood";
    /// A value is not one of those that are allowed.
    InvalidValue = "invalid_value", UNPROCESSABLE_ENTITY, "A value is not valid";
    /// A value refers to something that does not exist in this workspace.
    UnknownReference = "unknown_reference", UNPROCESSABLE_ENTITY, "A value refers to nothing";
    /// A rule of the workspace is against it.
    Unprocessable = "unprocessable", UNPROCESSABLE_ENTITY, "This cannot be done";
    /// Too many requests; the header Retry-After says when there may be more.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many requests";
    /// Too many wrong passwords or codes; the header Retry-After says how long the account waits.
    TooManyAttempts = "too_many_attempts", TOO_MANY_REQUESTS, "Too many attempts";
    /// Something went wrong on this side. The log has it under the request's id.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong here";
    /// Other requests were in the way; trying again helps.
    TryAgain = "try_again", SERVICE_UNAVAILABLE, "Try again";
    /// The database cannot be reached, or has no connection free.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available at the moment";
    /// The request took longer than this server waits.
    TimedOut = "timed_out", GATEWAY_TIMEOUT, "The request took too long";
}

impl Code {
    /// Whether it answers an attempt to sign in, where there is no challenge to give.
    pub fn is_of_sign_in(self) -> bool {
        matches!(
            self,
            Code::WrongPassword | Code::WrongCode | Code::ProviderRefused
        )
    }
}
