//! How often one caller may ask.
//!
//! Two kinds: attempts to sign in are counted in the database (`romashka.take_allowance`), because every process must see
//! the same count; the flow of ordinary requests is limited by each process for itself, because a write for each request
//! would cost more than the request.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use romashka_db::scope::OwnedScope;
use uuid::Uuid;

use crate::problem::{Answer, Code, Problem};
use crate::statement::{FromRow, Statement};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// What is left of a caller's allowance, for the headers of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The most at once.
    pub limit: u32,
    /// How many are left at once.
    pub remaining: u32,
    /// After how many seconds there is one more.
    pub reset: u64,
}

impl Allowance {
    /// Puts the headers on an answer (draft-ietf-httpapi-ratelimit-headers, the form with three fields).
    pub fn show(self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset));
    }

    /// The refusal of one who has none left.
    pub fn refusal(self, code: Code) -> Problem {
        Problem::new(code)
            .retry_after(self.reset.max(1))
            .header(LIMIT, HeaderValue::from(self.limit))
            .header(REMAINING, HeaderValue::from(self.remaining))
            .header(RESET, HeaderValue::from(self.reset))
    }
}

/// The flow of requests of each caller, in this process.
pub struct CallerLimit {
    limiter:
        RateLimiter<Uuid, DefaultKeyedStateStore<Uuid>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    at_once: u32,
}

impl CallerLimit {
    /// So many requests a minute, a sixth of them at once.
    pub fn per_minute(requests: u32) -> Option<CallerLimit> {
        let per_minute = NonZeroU32::new(requests)?;
        let at_once = NonZeroU32::new((requests / 6).max(1))?;
        Some(CallerLimit {
            limiter: RateLimiter::keyed(Quota::per_minute(per_minute).allow_burst(at_once))
                .with_middleware::<StateInformationMiddleware>(),
            clock: DefaultClock::default(),
            at_once: at_once.get(),
        })
    }

    /// Takes one request of the caller's.
    pub fn take(&self, caller: Uuid) -> Answer<Allowance> {
        match self.limiter.check_key(&caller) {
            Ok(state) => Ok(Allowance {
                limit: self.at_once,
                remaining: state.remaining_burst_capacity(),
                reset: u64::from(state.remaining_burst_capacity() == 0),
            }),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                Err(Allowance {
                    limit: self.at_once,
                    remaining: 0,
                    reset: whole_seconds(wait),
                }
                .refusal(Code::TooManyRequests))
            }
        }
    }

    /// Forgets callers who have not asked for long.
    pub fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// Takes one of `quota` attempts in `period` that all processes count together.
pub async fn take_shared(
    service: &OwnedScope,
    key: &str,
    quota: u32,
    period: Duration,
) -> Answer<()> {
    let (quota_value, seconds) = (quota as i32, period.as_secs() as i32);
    let taken: Taken = Statement::new(include_str!("authentication/take_allowance.sql"))
        .bind("key", &key)
        .bind("quota", &quota_value)
        .bind("seconds", &seconds)
        .one(service)
        .await?;
    if taken.is_allowed {
        return Ok(());
    }
    Err(Allowance {
        limit: quota,
        remaining: 0,
        reset: taken.retry_after.max(1) as u64,
    }
    .refusal(Code::TooManyAttempts))
}

struct Taken {
    is_allowed: bool,
    retry_after: i32,
}

impl FromRow for Taken {
    fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Taken {
            is_allowed: row.try_get("is_allowed")?,
            retry_after: row.try_get("retry_after")?,
        })
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_does_not_use_up_what_another_has() {
        let limit = CallerLimit::per_minute(12).expect("a limit");
        let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(limit.take(ann).expect("the first").remaining, 1);
        assert_eq!(limit.take(ann).expect("the second").remaining, 0);
        let refused = limit.take(ann).expect_err("the third");
        assert_eq!(refused.code(), Code::TooManyRequests);
        assert!(limit.take(bob).is_ok());
    }
}
