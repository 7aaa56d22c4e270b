//! A website on loopback, with whatever pages and traps a test puts up.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// What is answered to a path.
#[derive(Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// How long it takes.
    pub wait: Duration,
    /// Whether the body is sent piece by piece, without end.
    pub is_endless: bool,
    /// Answers before it: a status and headers each.
    pub before: Vec<(u16, Vec<(&'static str, String)>)>,
}

/// A page.
pub fn html(body: &str) -> Reply {
    Reply {
        status: 200,
        headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
        body: format!("<!doctype html><html lang=\"en\"><body>{body}</body></html>").into_bytes(),
        ..Reply::default()
    }
}

/// Anything else.
pub fn reply(status: u16, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        body: body.into(),
        ..Reply::default()
    }
}

/// A request that came in.
#[derive(Clone)]
pub struct Seen {
    pub path: String,
    pub headers: HeaderMap,
    pub at: Instant,
}

#[derive(Default)]
struct Inner {
    pages: Mutex<HashMap<String, Reply>>,
    seen: Mutex<Vec<Seen>>,
    at_work: AtomicUsize,
    most_at_work: AtomicUsize,
}

/// The site.
pub struct Site {
    pub address: SocketAddr,
    inner: Arc<Inner>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Site {
    pub async fn start() -> Site {
        Site::at("127.0.0.1:0").await
    }

    pub async fn at(address: &str) -> Site {
        let inner = Arc::new(Inner::default());
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = Router::new().fallback(answer).with_state(inner.clone());
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("the site serves");
        });
        Site {
            address,
            inner,
            task,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn put(&self, path: &str, reply: Reply) {
        self.inner
            .pages
            .lock()
            .expect("pages")
            .insert(path.to_owned(), reply);
    }

    pub fn remove(&self, path: &str) {
        self.inner.pages.lock().expect("pages").remove(path);
    }

    /// What was asked for since the last call.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.inner.seen.lock().expect("requests"))
    }

    /// How often a path was asked for.
    pub fn count(&self, path: &str) -> usize {
        let seen = self.inner.seen.lock().expect("requests");
        seen.iter().filter(|seen| seen.path == path).count()
    }

    pub fn requests(&self) -> usize {
        self.inner.seen.lock().expect("requests").len()
    }

    /// How many requests were at work at the same time, at most.
    pub fn most_at_work(&self) -> usize {
        self.inner.most_at_work.load(Ordering::SeqCst)
    }
}

struct AtWork(Arc<Inner>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let now = inner.at_work.fetch_add(1, Ordering::SeqCst) + 1;
    inner.most_at_work.fetch_max(now, Ordering::SeqCst);
    let _at_work = AtWork(inner.clone());
    let path = request
        .uri()
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    inner.seen.lock().expect("requests").push(Seen {
        path: path.clone(),
        headers: request.headers().clone(),
        at: Instant::now(),
    });
    let found = {
        let mut pages = inner.pages.lock().expect("pages");
        let bare = path.split('?').next().unwrap_or_default().to_owned();
        let key = if pages.contains_key(&path) {
            path
        } else {
            bare
        };
        pages.get_mut(&key).map(|page| {
            let before = (!page.before.is_empty()).then(|| page.before.remove(0));
            (page.clone(), before)
        })
    };
    let Some((mut page, before)) = found else {
        return build(
            404,
            &[("content-type", "text/html".to_owned())],
            Body::from("no"),
        );
    };
    if let Some((status, headers)) = before {
        return build(status, &headers, Body::empty());
    }
    tokio::time::sleep(page.wait).await;
    if page.is_endless {
        let pieces = futures_util::stream::unfold(page.body, |piece| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((Ok::<_, std::io::Error>(piece.clone()), piece))
        });
        return build(page.status, &page.headers, Body::from_stream(pieces));
    }
    let etag = page.headers.iter().find(|(name, _)| *name == "etag");
    let known = request.headers().get("if-none-match");
    if let (Some((_, etag)), Some(known)) = (etag, known)
        && known == etag.as_str()
    {
        page.status = 304;
        page.body.clear();
    }
    build(page.status, &page.headers, Body::from(page.body))
}

fn build(status: u16, headers: &[(&'static str, String)], body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(*name, value.parse().expect("a header"));
    }
    response
}
