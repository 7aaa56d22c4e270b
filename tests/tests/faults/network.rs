//! The way to PostgreSQL is slow and breaks off, at any byte: also after a commit and before its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

use super::*;

/// Passes bytes on between TCP and a PostgreSQL's socket, late, until it is told to cut.
struct Proxy {
    port: u16,
    cut: watch::Sender<u64>,
    delay: Arc<AtomicU64>,
    passed: Arc<AtomicU64>,
}

impl Proxy {
    async fn start(cluster: &Cluster) -> Proxy {
        let socket = cluster.folder().join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (cut, is_cut) = watch::channel(0);
        let delay = Arc::new(AtomicU64::new(0));
        let passed = Arc::new(AtomicU64::new(0));
        let (late, count) = (delay.clone(), passed.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = UnixStream::connect(&socket).await else {
                    continue;
                };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                tokio::spawn(pass(
                    from_client,
                    to_server,
                    is_cut.clone(),
                    late.clone(),
                    count.clone(),
                ));
                tokio::spawn(pass(
                    from_server,
                    to_client,
                    is_cut.clone(),
                    late.clone(),
                    count.clone(),
                ));
            }
        });
        Proxy {
            port,
            cut,
            delay,
            passed,
        }
    }

    fn cut_all(&self) {
        self.cut.send_modify(|count| *count += 1);
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut is_cut: watch::Receiver<u64>,
    delay: Arc<AtomicU64>,
    passed: Arc<AtomicU64>,
) {
    is_cut.mark_unchanged();
    let mut buffer = vec![0; 4096];
    loop {
        let count = tokio::select! {
            _ = is_cut.changed() => return,
            count = from.read(&mut buffer) => count.unwrap_or(0),
        };
        let late = delay.load(Ordering::Relaxed);
        if late > 0 {
            tokio::select! {
                _ = is_cut.changed() => return,
                () = tokio::time::sleep(moment(0, late)) => {}
            }
        }
        if count == 0 || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
        passed.fetch_add(count as u64, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_is_slow_and_breaks_off() {
    let place = Place::filled().await;
    let proxy = Proxy::start(&place.cluster).await;
    let mut workplace = place.workplace().await;
    workplace.url = format!("postgres://postgres@127.0.0.1:{}/{DATABASE}", proxy.port);
    let work = Workload::start(&workplace, "cut", 8);
    let mut tally = Tally {
        runs: 1,
        ..Tally::default()
    };
    for round in 0..rounds() * 10 {
        proxy.delay.store([0, 5, 40][round % 3], Ordering::Relaxed);
        tokio::time::sleep(moment(50, 400)).await;
        proxy.cut_all();
        tally.faults += 1;
    }
    proxy.delay.store(0, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let account = work.stop().await;
    assert!(proxy.passed.load(Ordering::Relaxed) > 100_000);
    assert!(
        account.errors.len() >= tally.faults,
        "{} errors",
        account.errors.len()
    );
    place.is_sound(Some(&account)).await;
    tally.acknowledged = account.acknowledged.len();
    tally.note("Connection delayed and cut");
}

/// The server over such a connection: what it was told by a request that was answered is there, and it serves on.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_outlives_a_connection_that_breaks_off() {
    let place = Place::filled().await;
    let proxy = Proxy::start(&place.cluster).await;
    let url = format!("postgres://postgres@127.0.0.1:{}/{DATABASE}", proxy.port);
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let mut server = place
        .command(&["serve"])
        .env("DATABASE_URL", url)
        .env("ROMASHKA_LISTEN", format!("127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("romashka runs");
    let ready = format!("http://127.0.0.1:{port}/ready");
    let is_ready = async || {
        for _ in 0..300 {
            if let Ok(answer) = reqwest::get(&ready).await
                && answer.status().is_success()
            {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        false
    };
    let mut tally = Tally {
        runs: 1,
        ..Tally::default()
    };
    let mut served = is_ready().await;
    for _ in 0..rounds() * 5 {
        tokio::time::sleep(moment(50, 500)).await;
        proxy.cut_all();
        tally.faults += 1;
        served = served && is_ready().await && server.try_wait().expect("a child").is_none();
    }
    let _ = server.kill();
    let _ = server.wait();
    assert!(served, "the server did not come back");
    place.is_sound(None).await;
    tally.note("Connections of the server cut");
}
