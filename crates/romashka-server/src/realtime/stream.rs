//! What a member's stream and a visitor's have in common: how they are answered, go on, and end.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::unfold;
use romashka_db::scope::{Claims, OwnedScope};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::ledger::Place;
use super::queue::End;
use super::readers::Seat;
use crate::problem::{Answer, Problem};

pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// How many streams of a process read the ledger by themselves at a time: after a restart all of them want to, and
/// requests need connections too.
static READING: Semaphore = Semaphore::const_new(4);
/// How long a stream lasts. The next one is let in by credentials that hold then.
const LIFETIME: Duration = Duration::from_secs(3600);

/// How far a stream is.
pub(super) enum Phase {
    /// Nothing was sent.
    Opening,
    /// The place from which on the process will send has to be found.
    Placing,
    /// The ledger is read up to that place.
    Reading { before: u64 },
    /// What the process follows is passed on.
    Following,
}

/// A stream of events.
pub(super) trait Source: Send + 'static {
    /// The reader it is for.
    fn seat(&self) -> &Seat;

    /// One step: what is to be sent, which may be nothing; none at the end.
    fn step(&mut self) -> impl Future<Output = Answer<Option<Bytes>>> + Send;
}

/// When a stream that begins now is over; not all at the same time.
pub(super) fn end_of_life() -> Instant {
    Instant::now() + LIFETIME.mul_f64(rand::random_range(0.9..1.0))
}

/// What a stream begins with: when its reader comes again after it broke off. Spread, so that the readers of a process that
/// stopped do not come to another one all at once.
pub(super) fn retry() -> Bytes {
    let retry = rand::random_range(500..2500);
    format!("retry: {retry}\n\n").into()
}

/// An event of the stream itself.
pub(super) fn named(name: &str, place: Place) -> Bytes {
    format!("id: {}\nevent: {name}\ndata: {{}}\n\n", place.cursor()).into()
}

/// A connection to read the ledger by, when it is this stream's turn.
pub(super) async fn begin(
    seat: &Seat,
    claims: &Claims,
) -> Answer<(SemaphorePermit<'static>, OwnedScope)> {
    let permit = READING.acquire().await.map_err(Problem::internal)?;
    let server = seat.server();
    let scope = server
        .database
        .begin(claims, &server.surroundings())
        .await?;
    Ok((permit, scope))
}

/// The answer that is the stream.
pub(super) fn answer(source: impl Source) -> Response {
    let body = unfold(Some(source), async |source| {
        let mut source = source?;
        source.seat().reader().comes();
        let (text, goes_on) = next(&mut source).await;
        source.seat().reader().goes();
        let text = Ok::<Bytes, Infallible>(text);
        Some((text, goes_on.then_some(source)))
    });
    let mut response = Response::new(Body::from_stream(body));
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would gather the stream before it passes it on.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What is sent next, and whether anything follows it.
async fn next(source: &mut impl Source) -> (Bytes, bool) {
    loop {
        match source.step().await {
            Ok(Some(text)) if text.is_empty() => {}
            Ok(Some(text)) => return (text, true),
            Ok(None) => {
                let end = source
                    .seat()
                    .reader()
                    .queue
                    .ended()
                    .map_or("connect again", End::words);
                return (format!(": {end}\n\n").into(), false);
            }
            Err(problem) => {
                tracing::warn!(code = problem.code().name(), "a stream could not go on");
                return (Bytes::from_static(b": connect again\n\n"), false);
            }
        }
    }
}
