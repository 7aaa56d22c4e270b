//! Mail, over real servers on loopback: Postfix takes mails and sends reports, Dovecot keeps the mailboxes.

mod command;
mod hooks;
mod inbound;
mod intake;
mod lost_answers;
mod mail_server;
mod mailboxes;
mod outbound;
mod process;
mod workplace;
