//! `mail-archive N`: writes an mbox of about N generated mails to standard output, for measurements.

use std::io::Write;

use romashka_tests::mail_archive::{conversation, write_mbox};

fn main() -> std::io::Result<()> {
    let wanted: usize = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(20_000);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut written = 0;
    for number in 0.. {
        if written >= wanted {
            break;
        }
        let mails = conversation(number, 1 + number % 9);
        written += mails.len();
        out.write_all(&write_mbox(&mails))?;
    }
    out.flush()
}
