//! A process that is killed between the mail server's 250 and its own commit: the mail goes once more as the same mail, and
//! never a third time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use romashka_channels::email::{Mail, ParseOptions};
use romashka_db::envelope::{Key, Keyring};
use romashka_tests::TestDatabase;
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::mail_server::MailServer;
use crate::process::Process;
use crate::workplace::{fresh, store_channel, until};

/// A connection to the mail server on whose way back the answer to a mail is lost.
struct Swallowing {
    port: u16,
    swallowed: Arc<AtomicUsize>,
    /// How many answers are still to be lost.
    open: Arc<AtomicUsize>,
}

impl Swallowing {
    async fn start(target: u16) -> Swallowing {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (swallowed, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (count, lost) = (swallowed.clone(), open.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(("127.0.0.1", target))
                    .await
                    .expect("the server");
                let (count, lost) = (count.clone(), lost.clone());
                tokio::spawn(async move {
                    let (mut near_in, mut near_out) = near.into_split();
                    let (mut far_in, mut far_out) = far.into_split();
                    tokio::spawn(async move { tokio::io::copy(&mut near_in, &mut far_out).await });
                    let mut buffer = vec![0; 4096];
                    loop {
                        let Ok(length @ 1..) = far_in.read(&mut buffer).await else {
                            return;
                        };
                        let text = String::from_utf8_lossy(&buffer[..length]);
                        let take = |open: usize| open.checked_sub(1);
                        if text.contains("queued as")
                            && lost
                                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                                .is_ok()
                        {
                            count.fetch_add(1, Ordering::SeqCst);
                            std::future::pending::<()>().await;
                        }
                        if near_out.write_all(&buffer[..length]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Swallowing {
            port,
            swallowed,
            open,
        }
    }

    async fn wait_for(&self, count: usize) {
        let begun = Instant::now();
        while self.swallowed.load(Ordering::SeqCst) < count {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "nothing was sent"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

const STATE: &str = "select concat_ws(' ', delivery_status, is_uncertain::text, error_details ->> 'uncertain_attempts') from public.message_delivery_tracking";
const DUE: &str = "update public.message_delivery_tracking set next_attempt_at = now() where delivery_status = 'queued'";

async fn scene(
    losses: usize,
) -> Option<(
    TestDatabase,
    String,
    Swallowing,
    String,
    &'static MailServer,
)> {
    let mail = MailServer::shared()?;
    let database = TestDatabase::new().await;
    let wire = Swallowing::start(mail.smtp).await;
    wire.open.store(losses, Ordering::SeqCst);
    let key = Key::generate().to_base64().expose_secret().to_owned();
    let keys = Keyring::new(Key::parse(&key).expect("a key"), Vec::new());
    let workspace: Uuid = database.create_workspace("acme").await;
    let customer = fresh("customer");
    let configuration = json!({"address": fresh("support"), "smtp_host": "127.0.0.1", "smtp_port": wire.port, "smtp_security": "none"});
    let channel = store_channel(
        database.owner(),
        &keys,
        workspace,
        &configuration,
        &json!({}),
    )
    .await;
    database
        .owner()
        .query_one(
            "select public.send_message(conversation_id, 'An answer', workspace => $3) from public.ingest_message('email', $1, 'hello', channel_id => $2, workspace => $3)",
            &[&customer, &channel, &workspace],
        )
        .await
        .expect("a message");
    Some((database, key, wire, customer, mail))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_the_commit_it_goes_once_more_as_the_same_mail() {
    let Some((database, key, wire, customer, mail)) = scene(1).await else {
        return;
    };
    let mut process = Process::start(&database, &key, mail);
    wire.wait_for(1).await;
    process.lose(&database).await;
    mail.wait_for_mails(&customer, 1).await;
    let _next = Process::start(&database, &key, mail);
    until(database.owner(), STATE, "queued true 1".to_owned()).await;
    database.owner().execute(DUE, &[]).await.expect("due");
    until(database.owner(), STATE, "sent false".to_owned()).await;
    let mails = mail.wait_for_mails(&customer, 2).await;
    let [first, second] =
        [0, 1].map(|index: usize| Mail::parse(mails[index].as_bytes(), &ParseOptions::default()));
    assert_eq!(first.message_id, second.message_id);
    assert_eq!(first.content_hash, second.content_hash);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twice_it_does_not_go_a_third_time() {
    let Some((database, key, wire, customer, mail)) = scene(usize::MAX).await else {
        return;
    };
    let mut process = Process::start(&database, &key, mail);
    wire.wait_for(1).await;
    process.lose(&database).await;
    let mut process = Process::start(&database, &key, mail);
    until(database.owner(), STATE, "queued true 1".to_owned()).await;
    database.owner().execute(DUE, &[]).await.expect("due");
    wire.wait_for(2).await;
    process.lose(&database).await;
    let _last = Process::start(&database, &key, mail);
    until(database.owner(), STATE, "failed true 1".to_owned()).await;
    mail.wait_for_mails(&customer, 2).await;
}
