//! What the sender wrote now, apart from what is quoted below it and from the signature. Plain text.
//!
//! Invariant: nothing is lost (`visible`, `quoted` and `signature` together hold all lines that are not blank), and
//! `visible` is never empty when the text is not. In doubt the text stays visible: answers between quoted lines and
//! forwarded mails are kept whole.

use std::sync::LazyLock;

use regex::Regex;

/// Line that we put above the quoted history of mails we send; what follows it was never written by the customer.
pub const REPLY_SEPARATOR: &str = "-- reply above this line --";
/// Lines that are examined for quotes; a longer text is prose or a log.
const LINE_LIMIT: usize = 1_000;
/// Lines that are not blank below a signature mark for it to count as one.
const SIGNATURE_LIMIT: usize = 11;
/// Lines an attribution such as "On … wrote:" may be folded into.
const ATTRIBUTION_LINES: usize = 3;

/// A text taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// What the sender wrote.
    pub visible: String,
    /// Quoted history with its attribution.
    pub quoted: Option<String>,
    /// Signature.
    pub signature: Option<String>,
}

/// Takes a plain text apart. `forwarded` is true when the subject says that the mail is a forward.
pub fn split(text: &str, forwarded: bool) -> Parts {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.split('\n').collect();
    let quote = if forwarded { None } else { find_quote(&lines) };
    let (kept, quoted) = lines.split_at(quote.unwrap_or(lines.len()));
    let (body, signature) = match find_signature(kept) {
        Some(start) => (&kept[..start], Some(join(&kept[start..]))),
        None => (kept, None),
    };
    let visible = join(body);
    if visible.is_empty() {
        // Only a signature above the quote, or nothing at all: show everything.
        return Parts {
            visible: join(&lines),
            quoted: None,
            signature: None,
        };
    }
    let quoted = Some(join(quoted)).filter(|text| !text.is_empty());
    Parts {
        visible,
        quoted,
        signature: signature.filter(|text| !text.is_empty()),
    }
}

fn join(lines: &[&str]) -> String {
    let mut joined = String::new();
    let mut blank = 0;
    for line in lines {
        if line.trim().is_empty() {
            blank += 1;
            continue;
        }
        if !joined.is_empty() {
            // One blank line is enough to part two paragraphs.
            joined.push_str(if blank > 0 { "\n\n" } else { "\n" });
        }
        joined.push_str(line.trim_end());
        blank = 0;
    }
    joined
}

/// Index of the line where the quoted history starts.
fn find_quote(lines: &[&str]) -> Option<usize> {
    for (index, line) in lines.iter().enumerate().take(LINE_LIMIT) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            continue;
        }
        if is_forward_marker(trimmed) {
            return None;
        }
        if trimmed.to_lowercase().contains(REPLY_SEPARATOR) || is_original_marker(trimmed) {
            return Some(index);
        }
        if starts_header_block(&lines[index..]) {
            return Some(above_rule(lines, index));
        }
        if let Some(length) = attribution_length(&lines[index..]) {
            return quoted_to_the_end(lines, index, index + length);
        }
        if trimmed.starts_with('>') {
            return quoted_to_the_end(lines, index, index);
        }
    }
    None
}

/// A quote counts only if nothing of the sender's own follows it: answers between quoted lines stay.
fn quoted_to_the_end(lines: &[&str], start: usize, after_attribution: usize) -> Option<usize> {
    let rest = &lines[after_attribution..];
    let marked = rest.iter().any(|line| line.trim_start().starts_with('>'));
    if !marked {
        // Some clients quote without marks: then all below the attribution is the old mail.
        return (after_attribution > start).then_some(start);
    }
    let first_marked = rest
        .iter()
        .position(|line| line.trim_start().starts_with('>'))?;
    let own_before = rest[..first_marked]
        .iter()
        .any(|line| !line.trim().is_empty());
    let last_marked = rest
        .iter()
        .rposition(|line| line.trim_start().starts_with('>'))?;
    let is_own = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('>');
    let own_between = rest[first_marked..=last_marked].iter().any(is_own);
    // Some clients put the signature below the quote.
    let below: Vec<&str> = rest[last_marked + 1..]
        .iter()
        .copied()
        .filter(is_own)
        .collect();
    let own_after = own_between || !(below.is_empty() || is_trailing_signature(&below));
    (!own_before && !own_after).then_some(start)
}

/// Whether these lines, none of them blank, are a signature and nothing else.
pub(super) fn is_trailing_signature(lines: &[&str]) -> bool {
    let mark = lines.first().is_some_and(|line| is_signature_mark(line));
    mark && lines.len() <= SIGNATURE_LIMIT + 1
}

fn is_signature_mark(line: &str) -> bool {
    matches!(
        line.trim_end_matches('\u{a0}'),
        "-- " | "--" | "—" | "– " | "–"
    )
}

/// The rule of underscores that some clients draw above the old mail belongs to it.
fn above_rule(lines: &[&str], index: usize) -> usize {
    let above = lines[..index]
        .iter()
        .rposition(|line| !line.trim().is_empty());
    match above {
        Some(rule)
            if lines[rule].trim().len() >= 5
                && lines[rule]
                    .trim()
                    .bytes()
                    .all(|byte| matches!(byte, b'_' | b'-' | b'*')) =>
        {
            rule
        }
        _ => index,
    }
}

static FORWARD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^[>\s]*(?:[-_*=]{2,}\s*)?(?:begin forwarded message|(?:original )?forwarded message|пересылаемое сообщение|пересылаемое письмо|переадресованное сообщение|пересланное сообщение|начало пересылаемого сообщения|конец переадресованного сообщения|пересилане повідомлення|переслане повідомлення|weitergeleitete nachricht|anfang der weitergeleiteten (?:nachricht|e-mail)|message transféré|début du message (?:transféré|réexpédié)|message réexpédié|mensaje reenviado|inicio del mensaje reenviado|mensagem encaminhada|início da mensagem (?:encaminhada|reencaminhada)|messaggio inoltrato|inizio messaggio inoltrato|doorgestuurd bericht|begin doorgestuurd bericht|przekazana wiadomość|początek przekazywanej wiadomości|wiadomość przekazana|vidarebefordrat (?:brev|meddelande)|videresendt (?:besked|melding)|přeposlaná zpráva|iletilen mesaj|转发的邮件|轉寄郵件|転送されたメッセージ|転送メッセージ)\s*:?\s*(?:[-_*=]{2,})?\s*$",
    )
});

static ORIGINAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^[-_*=\s>]*[-_*=]{2,}\s*(?:original message|original appointment|reply message|ursprüngliche nachricht|originalnachricht|исходное сообщение|оригинальное сообщение|первоначальное сообщение|оригінальне повідомлення|вихідне повідомлення|message d'origine|message d’origine|message original|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|oorspronkelijke bericht|wiadomość oryginalna|oryginalna wiadomość|originalmeddelande|ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|původní zpráva|orijinal mesaj|原始邮件|原始郵件|元のメッセージ|원본 메시지)\s*[-_*=]{2,}\s*$",
    )
});

static FROM_LABEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^[>*\s]*(?:from|von|de|da|van|od|från|fra|lähettäjä|kimden|от|от кого|отправитель|від|发件人|寄件者|差出人|보낸 사람)\s*:\**\s*\S",
    )
});

static OTHER_LABEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^[>*\s]*(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|date d'envoi|à|objet|enviado|enviado el|enviada em|para|asunto|assunto|fecha|data|inviato|a|oggetto|verzonden|aan|onderwerp|wysłano|do|temat|skickat|ämne|till|sendt|til|emne|lähetetty|päiväys|vastaanottaja|aihe|odesláno|komu|předmět|gönderildi|tarih|kime|konu|дата|отправлено|кому|копия|тема|надіслано|发送时间|收件人|主题|日期|送信日時|宛先|件名|날짜|받는 사람|제목)\s*:\**(?:\s|$)",
    )
});

static WROTE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)^[>\s]*(?:
        on\b.{4,}\bwrote
        |.{3,}\bwrote
        |am\b.{4,}\bschrieb.*|.{3,}\bschrieb(?:\ (?:am|um|der|die)\b.*)?
        |le\b.{4,}\ba\ écrit
        |op\b.{4,}\b(?:schreef|het\ volgende\ geschreven).*
        |(?:em|a|no\ dia)\b.{4,}\bescreveu.*
        |el\b.{4,}\b(?:escribió|escribio).*
        |il\b.{4,}\bha\ scritto
        |(?:w\ dniu|dnia)?.{4,}\b(?:napisał|napisała|napisał\(a\)|pisze|napisano).*
        |(?:den|på|pe)\b.{4,}\b(?:skrev|skreiv).*
        |.{3,}\bskrev(?:\ (?:følgende|den)\b.*)?
        |.{4,}\bkirjoitti.*
        |.{4,}\bnapsal\(?a?\)?.*
        |.{4,}\bşunu\ yazdı
        |.{3,}(?:пишет|писал|писала|писал\(а\)|написал|написала|написал\(а\)|пише|написав|написала|написав\(ла\))
        |.{3,}(?:写道|寫道|のメール|さんは書きました|님이\ 작성)
        )\s*:\s*$",
    )
});

/// An address in brackets, a clock or a year, and a colon at the end: an attribution in any language.
static GENERIC: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"^[>\s]*.{0,200}(?:\d{1,2}[:.]\d{2}|\d{4}|\d{1,2}\.\d{1,2}\.\d{2,4}).{0,200}<?[^\s<>@"]+@[^\s<>@"]+>?\s*(?:\([^)]*\)\s*)?:\s*$"#,
    )
});

static MOBILE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\s*(?:sent from (?:my|mail for|outlook|yahoo|samsung|proton|the|a)\b.{0,80}|get outlook for .{0,60}|sent (?:via|using|with) .{0,60}|отправлено (?:с|из|от)\b.{0,80}|отправлено через .{0,60}|надіслано з .{0,60}|von meinem .{0,40} gesendet|gesendet von .{0,60}|gesendet mit .{0,60}|envoyé (?:de|depuis) .{0,60}|enviado (?:desde|do|a partir do|de) .{0,60}|inviato da(?:l mio)? .{0,60}|verzonden vanaf .{0,60}|verstuurd vanaf .{0,60}|wysłano z .{0,60}|wysłane z .{0,60}|skickat från .{0,60}|sendt fra .{0,60}|iphone'umdan gönderildi|iphoneから送信|从我的\s?iphone\s?发送|发自我的.{0,20}|나의 iphone에서 보냄)\.?\s*$",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a literal of this module and its tests use it")
}

/// Whether a line says that a forwarded mail follows.
pub fn is_forward_marker(line: &str) -> bool {
    line.len() < 200 && FORWARD.is_match(line)
}

fn is_original_marker(line: &str) -> bool {
    line.len() < 200 && ORIGINAL.is_match(line)
}

/// Whether a text is an attribution such as "On … wrote:".
pub fn is_attribution(text: &str) -> bool {
    let text = text.trim();
    text.len() < 500 && (text.ends_with(':') || text.ends_with('：')) && {
        let text = text.replace('：', ":");
        GENERIC.is_match(&text)
            || (WROTE.is_match(&text)
                && text
                    .chars()
                    .any(|character| character.is_ascii_digit() || character == '@'))
    }
}

/// Lines of an attribution at the start of `lines`, which clients fold into up to three.
fn attribution_length(lines: &[&str]) -> Option<usize> {
    let mut joined = String::new();
    for (index, line) in lines.iter().take(ATTRIBUTION_LINES).enumerate() {
        let line = line.trim();
        if line.is_empty() || (index > 0 && line.starts_with('>')) {
            return None;
        }
        if index > 0 {
            joined.push(' ');
        }
        joined.push_str(line);
        if is_attribution(&joined) {
            // The sender's own sentence must not be swallowed with it: a folded attribution starts like one.
            return (index == 0 || starts_like_attribution(&joined)).then_some(index + 1);
        }
    }
    None
}

fn starts_like_attribution(text: &str) -> bool {
    static START: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?i)^[>\s]*(?:on|am|le|op|em|el|il|w dniu|dnia|den|på|a|no dia|\d{1,2}[./ -]|\d{4}[-./年]|(?:mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim)\b)",
        )
    });
    START.is_match(text)
}

/// `From:` and at least one more label within the next lines: the head of an old mail.
fn starts_header_block(lines: &[&str]) -> bool {
    if lines[0].len() > 500 || !FROM_LABEL.is_match(lines[0]) {
        return false;
    }
    let labels = lines[1..]
        .iter()
        .take(6)
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| line.len() < 2_000 && OTHER_LABEL.is_match(line))
        .count();
    labels >= 2 || (labels == 1 && lines[0].contains('@'))
}

/// Index of the line where the signature starts.
fn find_signature(lines: &[&str]) -> Option<usize> {
    let mark = lines.iter().rposition(|line| is_signature_mark(line));
    let strict = mark.filter(|mark| {
        lines[mark + 1..]
            .iter()
            .filter(|line| !line.trim().is_empty())
            .count()
            <= SIGNATURE_LIMIT
    });
    let end = strict.unwrap_or(lines.len());
    // A line of a phone stands last, or right above the signature.
    let last = lines[..end]
        .iter()
        .rposition(|line| !line.trim().is_empty());
    match last {
        Some(last) if lines[last].len() < 200 && MOBILE.is_match(lines[last]) => Some(last),
        _ => strict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visible(text: &str) -> String {
        split(text, false).visible
    }

    #[test]
    fn attributions_in_many_languages() {
        for attribution in [
            "On Mon, May 5, 2025 at 12:00 PM Support <support@example.com> wrote:",
            "On Mon, May 5, 2025 at 12:00 PM Support Team With A Long Name\n<support@example.com> wrote:",
            "On 5 May 2025, at 12:00, Support <support@example.com>\nwrote:",
            "Le lun. 5 mai 2025 à 12:00, Support <support@example.com> a écrit :",
            "Am 05.05.2025 um 12:00 schrieb Support:",
            "Am Mo., 5. Mai 2025 um 12:00 Uhr schrieb Support <support@example.com>:",
            "Op ma 5 mei 2025 om 12:00 schreef Support <support@example.com>:",
            "Em seg., 5 de mai. de 2025 às 12:00, Support <support@example.com>\nescreveu:",
            "El lun, 5 may 2025 a las 12:00, Support (<support@example.com>) escribió:",
            "Il giorno lun 5 mag 2025 alle ore 12:00 Support <support@example.com> ha scritto:",
            "W dniu 5.05.2025 o 12:00, Support pisze:",
            "pon., 5 maj 2025 o 12:00 Support <support@example.com> napisał(a):",
            "Den mån 5 maj 2025 kl 12:00 skrev Support <support@example.com>:",
            "пн, 5 мая 2025 г. в 12:00, Поддержка <support@example.com>:",
            "05.05.2025, 12:00, \"Поддержка\" <support@example.com>:",
            "05.05.2025 12:00, Поддержка пишет:",
            "5 мая 2025 г., в 12:00, Поддержка <support@example.com> написал(а):",
            "Понедельник, 5 мая 2025, 12:00 +03:00 от Поддержка <support@example.com>:",
            "2025年5月5日 12:00、サポート <support@example.com>のメール:",
            "在 2025年5月5日，12:00，Support <support@example.com> 写道：",
        ] {
            for quote in ["> How are you?\n> Fine?", "How are you?\nFine?"] {
                let parts = split(
                    &format!("Thanks, it works.\n\n{attribution}\n\n{quote}\n"),
                    false,
                );
                assert_eq!(parts.visible, "Thanks, it works.", "{attribution}\n{quote}");
                assert!(parts.quoted.unwrap().contains("How are you?"));
            }
        }
    }

    #[test]
    fn header_blocks_and_markers() {
        for head in [
            "-----Original Message-----\nFrom: Support\nSent: Monday",
            "________________________________\nFrom: Support <s@example.com>\nSent: Monday, May 5, 2025 12:00 PM\nTo: Ann\nSubject: Order",
            "Von: Support <s@example.com>\nGesendet: Montag, 5. Mai 2025\nAn: Ann\nBetreff: Bestellung",
            "*From:* Support <s@example.com>\n*Sent:* Monday\n*To:* Ann",
            "От: Поддержка\nОтправлено: 5 мая 2025 г.\nКому: Анна\nТема: Заказ",
            "-----Исходное сообщение-----\nОт: Поддержка",
            "-------- Ursprüngliche Nachricht --------\nVon: Support",
            "De : Support <s@example.com>\nEnvoyé : lundi 5 mai 2025\nÀ : Anne\nObjet : Commande",
            "-- reply above this line --\nDear Ann",
        ] {
            assert_eq!(
                visible(&format!("It works.\n\n{head}\n\nold text")),
                "It works.",
                "{head}"
            );
        }
    }

    #[test]
    fn answers_between_quoted_lines_keep_everything() {
        let text = "On Mon, May 5, 2025 at 12:00 PM S <s@example.com> wrote:\n> First?\nYes.\n> Second?\nNo.";
        assert_eq!(visible(text), text);
        let below = "> What is the number?\n\n1042";
        assert_eq!(visible(below), below);
    }

    #[test]
    fn forwards_are_kept() {
        let text = "FYI\n\n---------- Forwarded message ---------\nFrom: Bob <b@example.com>\nDate: Mon, 5 May 2025\nSubject: x\nTo: me\n\nHello";
        assert_eq!(visible(text), text);
        let outlook = "See below.\n\nFrom: Bob\nSent: Monday\nTo: me\nSubject: x\n\nHello";
        assert_eq!(split(outlook, true).visible, outlook);
        assert_eq!(split(outlook, false).visible, "See below.");
    }

    #[test]
    fn signatures_go_to_the_end_only() {
        let parts = split("Please help.\n\n-- \nAnn\n+49 30 123", false);
        assert_eq!(
            (parts.visible.as_str(), parts.signature.as_deref()),
            (
                "Please help.",
                Some("-- \nAnn\n+49 30 123").map(|_| "--\nAnn\n+49 30 123")
            )
        );
        let parts = split(
            "Ok\n\nSent from my iPhone\n\nOn Mon, May 5, 2025 at 12:00 S <s@example.com> wrote:\n> x",
            false,
        );
        assert_eq!(
            (parts.visible.as_str(), parts.signature.as_deref()),
            ("Ok", Some("Sent from my iPhone"))
        );
        let parts = split("Да\n\nОтправлено с iPhone", false);
        assert_eq!(parts.signature.as_deref(), Some("Отправлено с iPhone"));
        let long: String = (0..20).map(|line| format!("line {line}\n")).collect();
        assert!(split(&format!("a\n--\n{long}"), false).signature.is_none());
    }

    #[test]
    fn the_visible_text_is_never_empty() {
        assert_eq!(visible("> only a quote"), "> only a quote");
        assert_eq!(visible("-- \nAnn"), "--\nAnn");
        assert_eq!(visible("Sent from my iPhone"), "Sent from my iPhone");
        assert_eq!(visible(""), "");
    }

    #[test]
    fn prose_is_not_an_attribution() {
        for text in [
            "My colleague wrote:\nplease send the invoice",
            "I wrote to you on Monday.\nThe reply was short:\n1. No\n2. No",
            "From: my point of view, this is wrong.\nPlease change it.",
            "To: do list\nFrom here on we wait",
        ] {
            assert_eq!(visible(text), text, "{text}");
        }
    }
}
