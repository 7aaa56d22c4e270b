//! A mailbox that is full when the channel is added: how fast it is caught up, and with how much memory.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use super::mail_server::{ADDRESS, MailServer, PASSWORD};
use super::place::{Place, until};
use super::process::{Process, anywhere};
use super::report::MailReport;
use super::{Failure, Options};

/// Who writes, and every third mail of whom answers an earlier one.
const SENDERS: u32 = 500;
const PATIENCE: Duration = Duration::from_secs(180);

fn mail(number: u32) -> String {
    let sender = number % SENDERS;
    let mut text = format!(
        "Return-Path: <customer{sender}@example.net>\r\nFrom: Customer {sender} <customer{sender}@example.net>\r\nTo: {ADDRESS}\r\n\
         Subject: Order {number}\r\nDate: Thu, 01 Jan 2026 {:02}:{:02}:{:02} +0000\r\nMessage-ID: <{number}@bench.example.net>\r\n",
        number / 3600 % 24,
        number / 60 % 60,
        number % 60
    );
    if number.is_multiple_of(3)
        && let Some(earlier) = number.checked_sub(SENDERS)
    {
        // Writing into a String does not fail.
        let _ = write!(
            text,
            "In-Reply-To: <{earlier}@bench.example.net>\r\nReferences: <{earlier}@bench.example.net>\r\n"
        );
    }
    let _ = write!(
        text,
        "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b{number}\"\r\n\r\n\
         --b{number}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n\r\nmy order {number} has not arrived. {}\r\n\r\nRegards\r\n\r\n\
         --b{number}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>Hello,</p><p>my order {number} has not arrived. {}</p></body></html>\r\n--b{number}--\r\n",
        "It was to come last week. ".repeat(20),
        "It was to come last week. ".repeat(20)
    );
    text
}

/// A mail with a file of so many bytes.
fn large(number: u32, bytes: u32) -> Vec<u8> {
    let mut text = format!(
        "From: Customer <large@example.net>\r\nTo: {ADDRESS}\r\nSubject: A large file\r\nDate: Thu, 01 Jan 2026 12:00:00 +0000\r\n\
         Message-ID: <{number}@bench.example.net>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\
         Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    .into_bytes();
    // 57 bytes a line, as mail programs write them.
    let line = format!("{}\r\n", "QUJD".repeat(19));
    for _ in 0..bytes.div_ceil(57) {
        text.extend_from_slice(line.as_bytes());
    }
    text.extend_from_slice(b"--b--\r\n");
    text
}

/// Adds the channel, fills the mailbox while nobody serves, and waits until everything is in its conversation.
pub async fn measure(
    place: &Place,
    server: &MailServer,
    options: &Options,
) -> Result<MailReport, Failure> {
    let maildir = server.maildir()?;
    let owner = place.loaded.owner().await?;
    let text = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let further = [
        ("ROMASHKA_MAIL_NETWORKS", "127.0.0.0/8".to_owned()),
        ("ROMASHKA_MAIL_AUTHORITIES", text(server.authority())),
        ("ROMASHKA_DATA_DIR", text(maildir.with_file_name("data"))),
    ];
    // What is in a mailbox before its channel is added stays there: an outage begins when it was read once.
    let process = Process::start(place, anywhere(), &further).await?;
    let (channel, _) = place
        .channel(
            &owner,
            "email",
            &json!({"address": ADDRESS, "imap_host": "localhost", "imap_port": server.port}),
            &json!({"password": PASSWORD}),
        )
        .await?;
    let opened = format!(
        "select count(*) from romashka.mailboxes where channel_id = '{channel}' and read_at is not null"
    );
    until(&owner, &opened, 1, PATIENCE, "opening the mailbox").await?;
    process.kill().await?;
    let middle = options.mails / 2;
    let mut largest_bytes = 0;
    for number in 0..options.mails {
        if number == middle {
            let mail = large(number, options.largest_mail);
            largest_bytes = mail.len() as u64;
            server.put(&maildir, number, &mail)?;
        } else {
            server.put(&maildir, number, mail(number).as_bytes())?;
        }
    }
    // The killed process's lease on the mailbox ends by time, which is not what is measured.
    owner
        .execute(
            "update romashka.mailboxes set leased_until = now() where channel_id = $1",
            &[&channel],
        )
        .await
        .map_err(Failure::at("ending a lease"))?;
    let process = Process::start(place, anywhere(), &further).await?;
    let begun = Instant::now();
    let workspace = place.loaded.workspace;
    let counted = format!(
        "select count(*) from public.messages where workspace_id = '{workspace}' and channel_id = '{channel}'"
    );
    let wanted = u64::from(options.mails);
    let caught_up = until(
        &owner,
        &counted,
        wanted,
        PATIENCE,
        "catching the mailbox up",
    )
    .await;
    let seconds = begun.elapsed().as_secs_f64();
    let row = owner
        .query_one(
            "select count(*), count(distinct external_message_id) from public.messages where workspace_id = $1 and channel_id = $2",
            &[&workspace, &channel],
        )
        .await
        .map_err(Failure::at("counting mails"))?;
    let [stored, different] = [row.get::<_, i64>(0), row.get::<_, i64>(1)].map(i64::unsigned_abs);
    let peak_bytes = process.peak();
    process.kill().await?;
    // What came in is said even when not all did: that is the finding then.
    let _ = caught_up;
    Ok(MailReport {
        mails: wanted,
        per_second: different as f64 / seconds,
        largest_bytes,
        peak_bytes,
        lost: wanted.saturating_sub(different),
        doubled: stored - different,
    })
}
