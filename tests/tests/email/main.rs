//! Mail, over real servers on loopback: Postfix takes mails and sends reports, Dovecot keeps the mailboxes.

mod addresses;
mod command;
mod continuity;
mod hooks;
mod inbound;
mod intake;
mod lost_answers;
mod mail_server;
mod mailboxes;
mod oauth;
mod outbound;
mod process;
mod slow_clients;
mod token_server;
mod workplace;
