//! What works beside the requests: readers of queues, in every process.
//!
//! Invariants: an item is held under a lease of the database, so that any number of processes work together and what a lost
//! one held comes back; a worker's failure is logged and counted, and never ends the worker; after a stop nothing is claimed
//! any more, and what is at work is finished.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::problem::Answer;
use crate::state::Server;
use crate::{
    assistant, attachments, deliveries, evaluation, knowledge, mail, providers, scheduled_reports,
    scheduler, subscribers,
};

/// Wait after a round that found something, and the least one.
const SHORTEST: Duration = Duration::from_millis(20);
/// Longest wait between two looks at a queue: how late what another process wrote is seen.
const LONGEST: Duration = Duration::from_secs(1);
/// Wait after a look that failed: the database is away, most likely.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Wakes the workers of this process when it has committed something itself.
#[derive(Debug, Default)]
pub struct Bells {
    /// Something came in.
    pub intake: Notify,
    /// A provider is to be asked for its templates.
    pub channel_syncs: Notify,
    /// A provider is to be told that something was read.
    pub read_marks: Notify,
    /// A customer's file is to be fetched.
    pub media: Notify,
    /// Something is to be sent to a customer.
    pub deliveries: Notify,
    /// A mail is to be sent to a customer.
    pub mail_deliveries: Notify,
    /// A report is to be made.
    pub reports: Notify,
    /// A message is to be handed to a program of a workspace's own.
    pub integration_deliveries: Notify,
    /// The bytes of a file are to go.
    pub removed_files: Notify,
    /// A mail of the installation is to be sent.
    pub mails: Notify,
    /// An article's passages are to be made.
    pub knowledge: Notify,
    /// A website is to be scanned.
    pub scans: Notify,
    /// A customer wrote to whom the assistant may answer.
    pub assistant: Notify,
    /// A question set is to be run.
    pub question_sets: Notify,
    /// The ledger has grown.
    pub ledger: Notify,
    /// Something is to be sent to a subscriber.
    pub webhooks: Notify,
}

impl Bells {
    /// Something is to be sent to a customer, by whichever channel.
    pub fn ring_deliveries(&self) {
        self.deliveries.notify_one();
        self.mail_deliveries.notify_one();
        self.integration_deliveries.notify_one();
        self.read_marks.notify_one();
    }
}

/// A queue of the database.
pub trait Queue: Send + Sync + 'static {
    /// What is claimed.
    type Item: Send + 'static;
    /// Its name in logs and figures.
    const NAME: &'static str;
    /// How many items are at work at a time.
    const SLOTS: usize;
    /// Claims up to so many items that are due.
    fn claim(&self, most: usize) -> impl Future<Output = Answer<Vec<Self::Item>>> + Send;
    /// Works on one. Whatever happens, the queue has to be told; what is not told comes back when its lease ends.
    fn work(&self, item: Self::Item) -> impl Future<Output = Answer<()>> + Send;
    /// What wakes it.
    fn bell(&self) -> &Notify;
}

/// Starts all of them.
pub fn start(server: &Server, stopped: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    let mut working = vec![
        tokio::spawn(run(
            providers::intake::Intake::new(server.clone()),
            stopped.clone(),
        )),
        tokio::spawn(subscribers::publish::run(server.clone(), stopped.clone())),
        tokio::spawn(scheduler::run(server.clone(), stopped.clone())),
        tokio::spawn(mail::mailboxes::run(server.clone(), stopped.clone())),
        tokio::spawn(scheduled_reports::planner::run(
            server.clone(),
            stopped.clone(),
        )),
        tokio::spawn(run(
            scheduled_reports::producer::Producer::new(server.clone()),
            stopped.clone(),
        )),
    ];
    match providers::channel_syncs::ChannelSyncs::new(server.clone()) {
        Ok(queue) => working.push(tokio::spawn(run(queue, stopped.clone()))),
        Err(error) => tracing::error!(%error, "providers cannot be asked for their templates"),
    }
    match providers::read_marks::ReadMarks::new(server.clone()) {
        Ok(queue) => working.push(tokio::spawn(run(queue, stopped.clone()))),
        Err(error) => tracing::error!(%error, "providers cannot be told of what was read"),
    }
    match providers::media::Media::new(server.clone()) {
        Ok(Some(queue)) => working.push(tokio::spawn(run(queue, stopped.clone()))),
        Ok(None) => {}
        Err(error) => tracing::error!(%error, "files of customers cannot be fetched"),
    }
    // A slow mail server or program must not keep the other channels waiting.
    for group in [
        deliveries::Group::Providers,
        deliveries::Group::Mail,
        deliveries::Group::Integrations,
    ] {
        match deliveries::Deliveries::new(server.clone(), group) {
            Ok(queue) => working.push(tokio::spawn(run(queue, stopped.clone()))),
            Err(error) => tracing::error!(%error, "messages to customers cannot be sent"),
        }
    }
    if let Some(queue) = attachments::removal::RemovedFiles::new(server.clone()) {
        working.push(tokio::spawn(run(queue, stopped.clone())));
    }
    if let Some(queue) = mail::system::SystemMails::new(server.clone()) {
        working.push(tokio::spawn(run(queue, stopped.clone())));
    }
    if let Some(queue) = knowledge::retrieval::Indexing::new(server.clone()) {
        working.push(tokio::spawn(run(queue, stopped.clone())));
    }
    match knowledge::scans::Scans::new(server.clone()) {
        Ok(queue) => working.push(tokio::spawn(run(queue, stopped.clone()))),
        Err(problem) => failed("website_scans", "websites cannot be scanned", &problem),
    }
    working.push(tokio::spawn(run(
        assistant::Turns::new(server.clone()),
        stopped.clone(),
    )));
    if let Some(queue) = evaluation::Evaluations::new(server.clone()) {
        working.push(tokio::spawn(run(queue, stopped.clone())));
    }
    match subscribers::send::Sending::new(server.clone()) {
        Ok(queue) => working.push(tokio::spawn(run(queue, stopped.clone()))),
        Err(error) => tracing::error!(%error, "webhooks cannot be sent"),
    }
    working
}

/// Waits until what is at work is finished; what takes longer is cut off, and its lease tells the next worker so.
pub async fn drain(working: Vec<JoinHandle<()>>, patience: Duration) {
    let until = tokio::time::Instant::now() + patience;
    for mut task in working {
        if tokio::time::timeout_at(until, &mut task).await.is_err() {
            task.abort();
            tracing::warn!("a worker did not finish in time and is cut off");
        }
    }
}

/// Layer of the API: what a request has committed may be work.
pub async fn ring_after_commit(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Response {
    let is_write = !request.method().is_safe();
    let response = next.run(request).await;
    if is_write && response.status().is_success() {
        server.bells.ring_deliveries();
        server.bells.mails.notify_one();
        server.bells.removed_files.notify_one();
        server.bells.knowledge.notify_one();
        server.bells.scans.notify_one();
        server.bells.assistant.notify_one();
        server.bells.question_sets.notify_one();
        server.bells.ledger.notify_one();
    }
    response
}

/// Waits for the first of: a stop, the bell, the time. False after a stop.
pub async fn pause(stopped: &mut watch::Receiver<bool>, bell: &Notify, wait: Duration) -> bool {
    // Processes that were started together must not look together.
    let wait = wait.mul_f64(rand::random_range(0.8..1.2));
    tokio::select! {
        biased;
        _ = stopped.wait_for(|stopped| *stopped) => false,
        () = bell.notified() => true,
        () = tokio::time::sleep(wait) => true,
    }
}

/// The wait that follows a look that found nothing.
pub fn longer(wait: Duration) -> Duration {
    (wait * 2).min(LONGEST)
}

/// The wait that follows a look that found something.
pub fn shortest() -> Duration {
    SHORTEST
}

async fn run<Q: Queue>(queue: Q, mut stopped: watch::Receiver<bool>) {
    let queue = Arc::new(queue);
    let mut at_work = JoinSet::new();
    let mut wait = SHORTEST;
    loop {
        while at_work.try_join_next().is_some() {}
        let free = Q::SLOTS - at_work.len();
        if free * 2 >= Q::SLOTS {
            match queue.claim(free).await {
                Ok(items) if items.is_empty() => wait = longer(wait),
                Ok(items) => {
                    wait = SHORTEST;
                    metrics::counter!("queue_claimed_total", "queue" => Q::NAME)
                        .increment(items.len() as u64);
                    for item in items {
                        let queue = queue.clone();
                        at_work.spawn(async move {
                            let begun = std::time::Instant::now();
                            let result = queue.work(item).await;
                            metrics::histogram!("queue_work_seconds", "queue" => Q::NAME)
                                .record(begun.elapsed().as_secs_f64());
                            if let Err(problem) = result {
                                failed(Q::NAME, "an item was not worked to its end", &problem);
                            }
                        });
                    }
                }
                Err(problem) => {
                    failed(Q::NAME, "the queue cannot be read", &problem);
                    wait = AFTER_FAILURE;
                }
            }
        }
        let goes_on = if at_work.is_empty() {
            pause(&mut stopped, queue.bell(), wait).await
        } else {
            // What is finished frees a place, and often the next one of its key.
            tokio::select! {
                goes_on = pause(&mut stopped, queue.bell(), wait) => goes_on,
                _ = at_work.join_next() => { wait = SHORTEST; true }
            }
        };
        if !goes_on {
            break;
        }
    }
    while at_work.join_next().await.is_some() {}
}

/// Notes a failure of a worker.
pub fn failed(queue: &'static str, what: &'static str, problem: &crate::problem::Problem) {
    metrics::counter!("queue_failures_total", "queue" => queue).increment(1);
    tracing::warn!(
        queue,
        code = problem.code().name(),
        cause = problem.chain(),
        "{what}"
    );
}
