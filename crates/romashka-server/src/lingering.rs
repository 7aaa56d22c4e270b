//! A connection that takes in what is still being sent before it closes.
//!
//! Whoever is refused while he still sends a body would otherwise lose the answer: a socket that is closed with unread
//! bytes tells the other side to forget what it has received (RFC 1122, section 4.2.2.13; RFC 9112, section 9.6).
//!
//! Invariants: only a request whose body was left unread delays the close; what comes in is thrown away, for at most
//! [`PATIENCE`] and [`MOST_BYTES`].

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long it is waited for the other side to notice the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// After which many bytes it is not waited any longer.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Whether a body of a connection was left unread. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Unread(Arc<AtomicBool>);

/// A request's body, which notes when it is given up before its end.
pub struct NotedBody {
    body: Incoming,
    is_at_end: bool,
    unread: Unread,
}

impl NotedBody {
    /// Notes it there.
    pub fn new(body: Incoming, unread: Unread) -> NotedBody {
        NotedBody {
            body,
            is_at_end: false,
            unread,
        }
    }
}

impl Body for NotedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.is_at_end = !matches!(frame, Some(Ok(_)));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for NotedBody {
    fn drop(&mut self) {
        if !self.is_at_end && !self.body.is_end_stream() {
            self.unread.0.store(true, Ordering::Relaxed);
        }
    }
}

/// A stream that is closed by [`AsyncWrite::poll_shutdown`] only after the other side, where a body was left unread.
pub struct Lingering<S> {
    stream: S,
    unread: Unread,
    patience: Duration,
    rest: Option<Rest>,
}

struct Rest {
    end: Pin<Box<Sleep>>,
    buffer: Box<[u8]>,
    taken: u64,
}

impl<S> Lingering<S> {
    /// Lingers where a body of it is noted as unread.
    pub fn new(stream: S, unread: Unread) -> Lingering<S> {
        Lingering {
            stream,
            unread,
            patience: PATIENCE,
            rest: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.rest.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            if !this.unread.0.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
        }
        let rest = this.rest.get_or_insert_with(|| Rest {
            end: Box::pin(sleep(this.patience)),
            buffer: vec![0; 16 * 1024].into_boxed_slice(),
            taken: 0,
        });
        loop {
            if rest.end.as_mut().poll(context).is_ready() || rest.taken >= MOST_BYTES {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut rest.buffer);
            match ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => rest.taken += buffer.filled().len() as u64,
                // It has closed too, or is gone.
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn without_an_unread_body_it_closes_at_once() {
        let (mut theirs, ours) = duplex(64);
        let mut ours = Lingering::new(ours, Unread::default());
        theirs.write_all(b"more").await.expect("room");
        ours.shutdown().await.expect("closed");
        assert_eq!(theirs.read(&mut [0; 8]).await.expect("an end"), 0);
    }

    #[tokio::test]
    async fn what_is_still_sent_is_taken_in_after_the_end_is_told() {
        let (mut theirs, ours) = duplex(64);
        let unread = Unread::default();
        unread.0.store(true, Ordering::Relaxed);
        let mut ours = Lingering::new(ours, unread);
        let closing = tokio::spawn(async move { ours.shutdown().await });
        assert_eq!(theirs.read(&mut [0; 8]).await.expect("an end"), 0);
        // Far more than fits between the two.
        theirs.write_all(&[b'a'; 100_000]).await.expect("taken");
        assert!(!closing.is_finished());
        drop(theirs);
        closing.await.expect("no panic").expect("closed");
    }

    #[tokio::test]
    async fn nobody_is_waited_for_for_ever() {
        let (theirs, ours) = duplex(64);
        let unread = Unread::default();
        unread.0.store(true, Ordering::Relaxed);
        let mut ours = Lingering::new(ours, unread);
        ours.patience = Duration::from_millis(20);
        ours.shutdown().await.expect("closed");
        drop(theirs);
    }
}
