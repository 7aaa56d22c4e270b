//! People at work on a database while something happens to it: messages come in, are read, given to agents and resolved,
//! through the verbs that the product uses, each as a request of its own.
//!
//! Invariant: a message counts as acknowledged only when its commit was answered; what was not answered is sent again under
//! the same id, as a channel does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::{explain, value};

/// Longer than anything may take: then the connection is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who works, and where.
#[derive(Clone, Debug)]
pub struct Workplace {
    /// The connection URL.
    pub url: String,
    /// A member of the workspace, an agent at least.
    pub person: Uuid,
    /// The workspace.
    pub workspace: Uuid,
}

/// People at work.
pub struct Workload {
    goes_on: Arc<AtomicBool>,
    working: Vec<JoinHandle<Account>>,
}

/// What they saw.
#[derive(Debug, Default)]
pub struct Account {
    /// Requests that were answered.
    pub requests: u64,
    /// The longest time that one took, with what was sent again.
    pub longest: Duration,
    /// Which it was.
    pub slowest: String,
    /// What failed, in words.
    pub errors: Vec<String>,
    /// The ids of the messages that were acknowledged.
    pub acknowledged: Vec<String>,
}

impl Account {
    fn add(&mut self, other: Account) {
        self.requests += other.requests;
        if other.longest > self.longest {
            self.longest = other.longest;
            self.slowest = other.slowest;
        }
        self.errors.extend(other.errors);
        self.acknowledged.extend(other.acknowledged);
    }

    /// Asserts that every acknowledged message is there, and none twice.
    ///
    /// # Panics
    /// When one is lost or doubled.
    pub async fn is_kept(&self, client: &Client) {
        let lost: Vec<String> = value(
            client,
            &format!(
                "select array(select wanted from unnest('{{{}}}'::text[]) as w (wanted)
                               where not exists (select from public.messages as m where m.external_message_id = w.wanted))",
                self.acknowledged.join(",")
            ),
        )
        .await;
        assert!(
            lost.is_empty(),
            "{} messages are lost: {lost:?}",
            lost.len()
        );
        let doubled: i64 = value(
            client,
            "select count(*) from (select from public.messages where external_message_id is not null group by external_message_id having count(*) > 1) as m",
        )
        .await;
        assert_eq!(doubled, 0, "messages are there twice");
    }
}

impl Workload {
    /// So many begin to work; their messages have ids that begin so.
    pub fn start(place: &Workplace, name: &str, clients: usize) -> Workload {
        let goes_on = Arc::new(AtomicBool::new(true));
        let working = (0..clients)
            .map(|number| {
                let worker = Worker {
                    place: place.clone(),
                    name: format!("{name}-{number}"),
                    client: None,
                    conversations: Vec::new(),
                    account: Account::default(),
                };
                tokio::spawn(worker.work(goes_on.clone()))
            })
            .collect();
        Workload { goes_on, working }
    }

    /// They finish what they are at.
    ///
    /// # Panics
    /// When one of them did.
    pub async fn stop(self) -> Account {
        self.goes_on.store(false, Ordering::SeqCst);
        let mut account = Account::default();
        for worker in self.working {
            account.add(worker.await.expect("a worker"));
        }
        account
    }
}

struct Worker {
    place: Workplace,
    name: String,
    client: Option<Client>,
    conversations: Vec<Uuid>,
    account: Account,
}

impl Worker {
    async fn work(mut self, goes_on: Arc<AtomicBool>) -> Account {
        for number in 0_u64.. {
            let begun = Instant::now();
            let (kind, id) = (number % 4, format!("{}-{number}", self.name));
            loop {
                let answer = tokio::time::timeout(PATIENCE, self.request(kind, &id)).await;
                match answer {
                    Ok(Ok(())) => break,
                    Ok(Err(error)) => self.account.errors.push(format!("{kind}: {error}")),
                    Err(_) => self.account.errors.push(format!("{kind}: no answer")),
                }
                self.client = None;
                if !goes_on.load(Ordering::SeqCst) {
                    return self.account;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let took = begun.elapsed();
            self.account.requests += 1;
            if kind == 0 {
                self.account.acknowledged.push(id);
            }
            if took > self.account.longest {
                self.account.longest = took;
                self.account.slowest = format!("request {number} of kind {kind}");
            }
            if !goes_on.load(Ordering::SeqCst) {
                break;
            }
        }
        self.account
    }

    async fn request(&mut self, kind: u64, id: &str) -> Result<(), String> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.client = Some(connect(&self.place.url).await?);
        }
        let client = self.client.as_ref().ok_or("no connection")?;
        let claims: Value = json!({"sub": self.place.person, "role": "authenticated", "app_metadata": {"workspace_id": self.place.workspace}});
        let conversation = self.conversations.last().copied();
        let done = async {
            client.batch_execute("begin").await?;
            client
                .execute(
                    "select romashka.begin_request('authenticated', $1)",
                    &[&claims],
                )
                .await?;
            let mut begun = None;
            match (kind, conversation) {
                (1, Some(_)) => {
                    client
                        .query(
                            "select id, subject, status, last_message_id from public.conversations where status = 'active' order by created_at desc, id desc limit 20",
                            &[],
                        )
                        .await?;
                    client
                        .query(
                            "select id, content from public.messages where conversation_id = $1 order by created_at desc, id desc limit 20",
                            &[&conversation],
                        )
                        .await?;
                }
                (2, Some(_)) => {
                    client
                        .execute(
                            "select public.assign_conversation($1, $2)",
                            &[&conversation, &self.place.person],
                        )
                        .await?;
                }
                (3, Some(_)) => {
                    client
                        .execute("select public.resolve_conversation($1)", &[&conversation])
                        .await?;
                }
                _ => {
                    let row = client
                        .query_one(
                            "select m.conversation_id from public.ingest_message('website', $1, 'Where is my parcel?', external_message_id => $2) as m",
                            &[&format!("customer-of-{}", id.rsplit_once('-').map_or(id, |(name, _)| name)), &id],
                        )
                        .await?;
                    begun = Some(row.get::<_, Uuid>(0));
                }
            }
            client.batch_execute("commit").await?;
            Ok(begun)
        };
        let done: Result<Option<Uuid>, tokio_postgres::Error> = done.await;
        match done {
            Ok(begun) => {
                self.conversations.extend(begun);
                Ok(())
            }
            Err(error) => Err(explain(&error)),
        }
    }
}

async fn connect(url: &str) -> Result<Client, String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .map_err(|error| explain(&error))?;
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}
