//! To which conversation a mail belongs.
//!
//! Invariant: [`candidates`] gives keys in the order in which they may be tried, and the first that matches wins. The
//! subject and the sender together are never a key: two people who both write "Invoice" do not meet in one
//! conversation. Keys that can be guessed say so.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use uuid::Uuid;

use super::header::Mailbox;
use super::message::Mail;

/// What identifies us in mail.
#[derive(Debug, Clone, Default)]
pub struct OurSide {
    /// Addresses of the channel, in lower case.
    pub addresses: Vec<String>,
    /// Hosts of the message ids that we make.
    pub message_id_hosts: Vec<String>,
}

/// Something by which a conversation may be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ThreadKey {
    /// Secret token in the address that was written to. May leak by forwarding: a sender who is no participant is
    /// attached and flagged.
    ReplyToken {
        /// The token as it stands in the address.
        token: String,
    },
    /// A message of ours or theirs, exactly matched within the same channel.
    MessageId {
        /// Normalised id.
        id: String,
    },
    /// An id in our own pattern, which names the conversation even if the message is gone.
    OwnMessageId {
        /// Conversation in the id.
        conversation: Uuid,
    },
    /// `[#1042]` in the subject. Can be guessed: only valid for a participant of that conversation.
    Number {
        /// Number of the conversation.
        number: i64,
    },
}

/// The keys of a mail, in the order in which they are tried.
pub fn candidates(mail: &Mail, our_side: &OurSide) -> Vec<ThreadKey> {
    let mut keys = Vec::new();
    let mut add = |key: ThreadKey| {
        if !keys.contains(&key) {
            keys.push(key);
        }
    };
    for recipient in mail.recipients() {
        if let Some(token) = reply_token(recipient, &our_side.addresses) {
            add(ThreadKey::ReplyToken { token });
        }
    }
    // The newest message stands last in References.
    let ids: Vec<&String> = mail
        .in_reply_to
        .iter()
        .chain(mail.references.iter().rev())
        .collect();
    for id in &ids {
        add(ThreadKey::MessageId { id: (*id).clone() });
    }
    for id in &ids {
        if let Some(conversation) = own_conversation(id, &our_side.message_id_hosts) {
            add(ThreadKey::OwnMessageId { conversation });
        }
    }
    if let Some(number) = subject_number(&mail.subject) {
        add(ThreadKey::Number { number });
    }
    keys
}

/// Token in `support+TOKEN@example.com`, `reply+TOKEN@…` or `…+conv-UUID@…` when the rest is an address of ours (or
/// when ours are not known).
pub fn reply_token(recipient: &Mailbox, our_addresses: &[String]) -> Option<String> {
    let (base, token) = recipient.local().split_once('+')?;
    let plain = format!("{base}@{}", recipient.domain());
    let same_domain = our_addresses.iter().any(|address| {
        address
            .rsplit_once('@')
            .is_some_and(|(_, domain)| domain == recipient.domain())
    });
    let ours = our_addresses.is_empty()
        || our_addresses.contains(&plain)
        || (base == "reply" && same_domain);
    if !ours {
        return None;
    }
    let token = token.strip_prefix("conv-").unwrap_or(token);
    // At least 96 bits as hexadecimal or base32; anything shorter is a person's own sub-address.
    let secret = token.len() >= 20
        && token.len() <= 200
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'='));
    secret.then(|| token.to_owned())
}

/// Conversation in `<conversation.message@host>`.
pub fn own_conversation(id: &str, hosts: &[String]) -> Option<Uuid> {
    let (local, host) = id.rsplit_once('@')?;
    if !hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
        return None;
    }
    let (conversation, message) = local.split_once('.')?;
    Uuid::parse_str(message).ok()?;
    Uuid::parse_str(conversation).ok()
}

/// Number in the last `[#1042]` of a subject.
pub fn subject_number(subject: &str) -> Option<i64> {
    static TAG: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[#(\d{1,12})\]"));
    TAG.captures_iter(subject)
        .last()
        .and_then(|found| found[1].parse().ok())
}

/// A subject without the marks of replies and forwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BaseSubject {
    /// What remains.
    pub text: String,
    /// Whether a reply mark was removed.
    pub is_reply: bool,
    /// Whether a forward mark was removed.
    pub is_forward: bool,
}

static REPLY_MARK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:(?P<reply>re|aw|antw|antwort|sv|svar|vs|odp|отв|ответ|на|відп|ref|res|r|rif|回复|答复|回覆|返信|답장|yn|ynt|atb|bls|ατ|απ|σχετ)|(?P<forward>fwd?|wg|tr|rv|enc|pd|i|doorst|vl|vb|fs|vers|пересл|переслано|переадр|fyi|转发|轉寄|転送|전달|ilt|i̇lt|továbbítás|προώθ))\s*(?:[\[(]\d{1,4}[\])]|\^?\d{1,4})?\s*[:：]\s*",
    )
});

static FORWARD_TRAILER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\s*\(fwd\)\s*$"));
static FORWARD_BRACKET: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^\[\s*fwd?:\s*(.*)\]\s*$"));
static TAG_START: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\[[^\[\]]{1,60}\]\s*"));

/// Base subject (RFC 5256) with the marks that programs write in many languages, and without our number.
pub fn base_subject(subject: &str) -> BaseSubject {
    let mut text = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut is_reply, mut is_forward) = (false, false);
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s*\[#\d{1,12}\]\s*"));
    text = NUMBER.replace_all(&text, " ").trim().to_owned();
    loop {
        let before = text.len();
        if let Some(found) = FORWARD_TRAILER.find(&text) {
            text.truncate(found.start());
            is_forward = true;
        }
        if let Some(found) = FORWARD_BRACKET.captures(&text) {
            text = found[1].trim().to_owned();
            is_forward = true;
        }
        if let Some(found) = REPLY_MARK.captures(&text) {
            is_reply |= found.name("reply").is_some();
            is_forward |= found.name("forward").is_some();
            text = text[found[0].len()..].to_owned();
        }
        // A list's tag before a mark: `[list] Re: subject`. Alone it is part of the subject.
        if let Some(tag) = TAG_START.find(&text).map(|tag| tag.end())
            && let Some(found) = REPLY_MARK.captures(&text[tag..])
        {
            is_reply |= found.name("reply").is_some();
            is_forward |= found.name("forward").is_some();
            let end = tag + found[0].len();
            text = format!("{}{}", &text[..tag], &text[end..]);
        }
        if text.len() == before || text.is_empty() {
            break;
        }
    }
    BaseSubject {
        text: text.trim().to_owned(),
        is_reply,
        is_forward,
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a literal of this module and its tests use it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_replies_and_forwards() {
        for (subject, base, is_reply, is_forward) in [
            ("Re: Order", "Order", true, false),
            ("RE: FW: Re[2]: Order", "Order", true, true),
            ("Aw: WG:  Bestellung", "Bestellung", true, true),
            ("Отв: Заказ", "Заказ", true, false),
            ("На: Заказ", "Заказ", true, false),
            ("Re: [#1042] Order", "Order", true, false),
            ("[list] Re: Order", "[list] Order", true, false),
            ("[urgent] Order", "[urgent] Order", false, false),
            ("[Fwd: Order]", "Order", false, true),
            ("Order (fwd)", "Order", false, true),
            ("回复：订单", "订单", true, false),
            ("SV: VS: Beställning", "Beställning", true, false),
            ("Reorder: 5 pieces", "Reorder: 5 pieces", false, false),
            ("Re:", "", true, false),
            ("Na: co", "Na: co", false, false),
        ] {
            let found = base_subject(subject);
            assert_eq!(
                (found.text.as_str(), found.is_reply, found.is_forward),
                (base, is_reply, is_forward),
                "{subject}"
            );
        }
    }

    #[test]
    fn tokens_in_addresses() {
        let ours = vec!["support@example.com".to_owned()];
        let token = |address: &str| {
            reply_token(
                &Mailbox {
                    name: String::new(),
                    address: address.to_owned(),
                },
                &ours,
            )
        };
        assert_eq!(
            token("support+conv-018f2c1a-7e2b-7c3d-9e4f-0123456789ab@example.com").as_deref(),
            Some("018f2c1a-7e2b-7c3d-9e4f-0123456789ab")
        );
        assert_eq!(
            token("reply+0123456789abcdef01234567@example.com").as_deref(),
            Some("0123456789abcdef01234567")
        );
        assert_eq!(token("support+sales@example.com"), None);
        assert_eq!(token("support+0123456789abcdef01234567@evil.example"), None);
        assert_eq!(token("support@example.com"), None);
    }

    #[test]
    fn our_own_ids_and_numbers() {
        let hosts = vec!["mail.example.com".to_owned()];
        let conversation = "018f2c1a-7e2b-7c3d-9e4f-0123456789ab";
        let id = format!("{conversation}.018f2c1a-7e2b-7c3d-9e4f-0123456789ac@mail.example.com");
        assert_eq!(
            own_conversation(&id, &hosts),
            Uuid::parse_str(conversation).ok()
        );
        assert_eq!(own_conversation(&id, &["other.example".to_owned()]), None);
        assert_eq!(subject_number("Re: [#17] old [#1042] x"), Some(1042));
        assert_eq!(subject_number("Issue #17"), None);
    }
}
