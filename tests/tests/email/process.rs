//! The real program, to be killed.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use romashka_tests::{TestDatabase, romashka_binary};
use serde_json::Value;

use crate::mail_server::MailServer;

/// A process of `romashka serve`.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts one, and waits until it serves.
    pub fn start(database: &TestDatabase, key: &str, mail: &MailServer) -> Process {
        Process::with_log(database, key, mail, Stdio::null())
    }

    /// The same, with the most talkative log.
    pub fn with_log(database: &TestDatabase, key: &str, mail: &MailServer, log: Stdio) -> Process {
        Process::with(database, key, mail, log, &[])
    }

    /// The same, with further variables.
    pub fn with(
        database: &TestDatabase,
        key: &str,
        mail: &MailServer,
        log: Stdio,
        further: &[(&str, String)],
    ) -> Process {
        let mut child = Command::new(romashka_binary())
            .envs(further.iter().map(|(name, value)| (name, value)))
            .args(["serve", "--listen", "127.0.0.1:0", "--json"])
            .env("DATABASE_URL", database.url())
            .env("ROMASHKA_ENCRYPTION_KEY", key)
            .env("ROMASHKA_DATA_DIR", mail.folder.join("data-of-romashka"))
            .env("ROMASHKA_MAIL_NETWORKS", "127.0.0.0/8")
            .env("ROMASHKA_MAIL_AUTHORITIES", mail.authority())
            .stdout(Stdio::piped())
            .env("ROMASHKA_LOG", "trace,async_imap=trace")
            .stderr(log)
            .spawn()
            .expect("a process");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut text = String::new();
        while serde_json::from_str::<Value>(&text).is_err() {
            assert!(
                output.read_line(&mut text).expect("a line") > 0,
                "it ended: {text}"
            );
        }
        Process { child }
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as the system does, and lets the leases it held end, as time does.
    pub async fn lose(&mut self, database: &TestDatabase) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
        let worker = format!("%process {}", self.id());
        for sql in [
            "update public.webhook_events set next_attempt_at = now() where status = 'processing' and locked_by like $1",
            "update public.message_delivery_tracking set next_attempt_at = now() where delivery_status = 'sending' and locked_by like $1",
            "update romashka.mailboxes set leased_until = now() where locked_by like $1",
        ] {
            database
                .owner()
                .execute(sql, &[&worker])
                .await
                .expect("leases");
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
