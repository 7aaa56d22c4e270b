//! Mail archives made for a test: the same mails each time, in many languages and by many programs.

use std::fmt::Write;

/// Address of the support team in every generated mail.
pub const SUPPORT: &str = "support@example.com";

const CUSTOMERS: [(&str, &str); 6] = [
    (
        "Ann Miller",
        "The parcel has not arrived. Could you look where it is?",
    ),
    (
        "Анна Соколова",
        "Здравствуйте! Посылка так и не пришла, помогите, пожалуйста.",
    ),
    (
        "Jürgen Groß",
        "Die Rechnung stimmt nicht. Bitte prüfen Sie die Beträge.",
    ),
    (
        "Léa Dupont",
        "La commande est arrivée cassée, que dois-je faire ?",
    ),
    ("María Núñez", "No puedo entrar en mi cuenta desde ayer."),
    ("佐藤 花子", "注文した商品がまだ届いていません。"),
];

/// A mail as its header and body, before it is written into an archive.
#[derive(Debug, Clone)]
pub struct ArchivedMail {
    /// Bytes of the mail.
    pub raw: Vec<u8>,
}

impl ArchivedMail {
    /// A plain mail. `headers` are further lines, each with its line break.
    pub fn plain(
        id: &str,
        from: &str,
        to: &str,
        subject: &str,
        minute: u32,
        headers: &str,
        body: &str,
    ) -> Self {
        let (day, hour, minute) = (1 + minute / 1440 % 28, minute / 60 % 24, minute % 60);
        let raw = format!(
            "From: {from}\nTo: {to}\nSubject: {subject}\nDate: {day:02} Mar 2024 {hour:02}:{minute:02}:00 +0000\nMessage-ID: <{id}>\n{headers}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}\n"
        );
        Self {
            raw: raw.into_bytes(),
        }
    }
}

/// The mails of one conversation, numbered `number`, of `length` mails: the customer and the team in turn.
pub fn conversation(number: usize, length: usize) -> Vec<ArchivedMail> {
    let (name, question) = CUSTOMERS[number % CUSTOMERS.len()];
    let customer = format!("{name} <customer{number}@example.org>");
    let team = format!("Support <{SUPPORT}>");
    let mut references = String::new();
    let mut quoted = String::new();
    let mut mails = Vec::new();
    for turn in 0..length {
        let id = message_id(number, turn);
        let ours = turn % 2 == 1;
        let (from, to) = if ours {
            (&team, &customer)
        } else {
            (&customer, &team)
        };
        let subject = if turn == 0 {
            format!("Order {number}")
        } else {
            format!("Re: Order {number}")
        };
        let mut headers = String::new();
        if turn > 0 {
            // Writing into a String cannot fail.
            let _ = write!(
                headers,
                "In-Reply-To: <{}>\nReferences: {references}\n",
                message_id(number, turn - 1)
            );
        }
        let own = if ours {
            "We are looking into it and come back to you soon.".to_owned()
        } else {
            format!("{question} ({turn})")
        };
        let body = if quoted.is_empty() {
            format!("{own}\n\n-- \n{name}\nExample Street 1")
        } else {
            format!("{own}\n\nOn Fri, 1 Mar 2024 at 10:00 {from} wrote:\n{quoted}")
        };
        let minute = (number * 7 + turn * 30) as u32;
        mails.push(ArchivedMail::plain(
            &id, from, to, &subject, minute, &headers, &body,
        ));
        quoted = own.lines().map(|line| format!("> {line}\n")).collect();
        let _ = write!(
            references,
            "{}<{id}>",
            if references.is_empty() { "" } else { "\n " }
        );
    }
    mails
}

/// Message-ID of a turn of a conversation.
pub fn message_id(conversation: usize, turn: usize) -> String {
    format!("c{conversation}.t{turn}@example.org")
}

/// Writes mails as an mbox file.
pub fn write_mbox(mails: &[ArchivedMail]) -> Vec<u8> {
    let mut archive = Vec::new();
    for mail in mails {
        archive.extend_from_slice(b"From sender@example.org Fri Mar  1 10:00:00 2024\n");
        for line in mail.raw.split_inclusive(|byte| *byte == b'\n') {
            let depth = line.iter().take_while(|byte| **byte == b'>').count();
            if line[depth..].starts_with(b"From ") {
                archive.push(b'>');
            }
            archive.extend_from_slice(line);
        }
        archive.push(b'\n');
    }
    archive
}
