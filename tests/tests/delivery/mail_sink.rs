//! A mail server on loopback that takes every mail and keeps it: as much of SMTP (RFC 5321) as a sender needs. What real
//! servers do with the installation's mails is tested in `tests/email`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use romashka_channels::email::message::{Mail, ParseOptions};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
pub struct MailSink {
    pub port: u16,
    mails: Arc<Mutex<Vec<Vec<u8>>>>,
    delay: Duration,
}

impl MailSink {
    /// One that takes this long to say that it has a mail.
    pub async fn start(delay: Duration) -> MailSink {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let sink = MailSink {
            port: listener.local_addr().expect("an address").port(),
            mails: Arc::default(),
            delay,
        };
        let taken = sink.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let taken = taken.clone();
                // A sender that is killed leaves its connection as it is.
                tokio::spawn(async move { taken.talk(connection).await.ok() });
            }
        });
        sink
    }

    async fn talk(&self, connection: TcpStream) -> std::io::Result<()> {
        let mut connection = BufReader::new(connection);
        connection.write_all(b"220 sink ESMTP\r\n").await?;
        let mut line = String::new();
        loop {
            line.clear();
            if connection.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let command = line.to_ascii_uppercase();
            let reply: &[u8] = if command.starts_with("EHLO") {
                b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
            } else if command.starts_with("DATA") {
                connection.write_all(b"354 go on\r\n").await?;
                let mail = Self::content(&mut connection).await?;
                // Kept before it is said: a sender killed in between does not know.
                self.mails.lock().expect("the mails").push(mail);
                tokio::time::sleep(self.delay).await;
                b"250 taken\r\n"
            } else if command.starts_with("QUIT") {
                connection.write_all(b"221 bye\r\n").await?;
                return Ok(());
            } else {
                b"250 ok\r\n"
            };
            connection.write_all(reply).await?;
        }
    }

    async fn content(connection: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
        let mut mail = Vec::new();
        loop {
            let mut line = Vec::new();
            connection.read_until(b'\n', &mut line).await?;
            if line == b".\r\n" || line.is_empty() {
                return Ok(mail);
            }
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }

    /// The mails so far, parsed.
    pub fn mails(&self) -> Vec<Mail> {
        let mails = self.mails.lock().expect("the mails");
        mails
            .iter()
            .map(|bytes| Mail::parse(bytes, &ParseOptions::default()))
            .collect()
    }

    /// Waits for so many.
    pub async fn wait_for(&self, count: usize) -> Vec<Mail> {
        let begun = std::time::Instant::now();
        loop {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{} of {count} mails came",
                mails.len()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
