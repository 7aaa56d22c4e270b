//! What a visitor types: texts, names, addresses.
//!
//! Invariant: a text that was taken holds no control characters but line breaks and tabs, no characters that reorder
//! what stands around them, and is within its limit; it is shown as text, never as HTML.

use thiserror::Error;
use url::Url;

/// Longest message in characters.
pub const MESSAGE_LIMIT: usize = 10_000;
/// Longest name in characters.
pub const NAME_LIMIT: usize = 128;
/// Longest address in bytes (RFC 5321, 4.5.3.1).
pub const EMAIL_LIMIT: usize = 254;
/// Longest phone number in characters.
pub const PHONE_LIMIT: usize = 20;
/// Longest address of a page in bytes.
pub const PAGE_LIMIT: usize = 2_048;

/// What is wrong with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InputError {
    /// Nothing in it.
    #[error("is empty")]
    Empty,
    /// Over its limit.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// Not an address.
    #[error("is not an email address")]
    Email,
    /// Not a phone number.
    #[error("is not a phone number")]
    Phone,
    /// Not a number.
    #[error("is not a number")]
    Number,
    /// None of the offered values.
    #[error("is not one of the choices")]
    Choice,
    /// Not an address of a page.
    #[error("is not the address of a page")]
    Page,
}

/// A message of several lines.
pub fn message(text: &str) -> Result<String, InputError> {
    let clean = clean(text, true);
    bounded(clean.trim(), MESSAGE_LIMIT)
}

/// One line, such as a name.
pub fn line(text: &str, limit: usize) -> Result<String, InputError> {
    let clean = clean(text, false);
    bounded(
        &clean.split_whitespace().collect::<Vec<_>>().join(" "),
        limit,
    )
}

fn bounded(text: &str, limit: usize) -> Result<String, InputError> {
    if text.is_empty() {
        return Err(InputError::Empty);
    }
    if text.chars().count() > limit {
        return Err(InputError::TooLong(limit));
    }
    Ok(text.to_owned())
}

fn clean(text: &str, several_lines: bool) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter_map(|character| match character {
            '\n' | '\t' => Some(if several_lines { character } else { ' ' }),
            '\r' => Some(if several_lines { '\n' } else { ' ' }),
            _ if character.is_control() || is_reordering(character) => None,
            _ => Some(character),
        })
        .collect()
}

fn is_reordering(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// An email address, in lower case. Whether it exists and whose it is only a mail can prove.
pub fn email(text: &str) -> Result<String, InputError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InputError::Empty);
    }
    if text.len() > EMAIL_LIMIT {
        return Err(InputError::TooLong(EMAIL_LIMIT));
    }
    let (local, domain) = text.rsplit_once('@').ok_or(InputError::Email)?;
    let local_is_plain = (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|character| {
            character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(character)
        });
    let label_is_plain = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|character| character.is_alphanumeric() || character == '-')
    };
    let domain_is_plain = domain.contains('.')
        && domain.split('.').all(label_is_plain)
        && !domain
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .bytes()
            .all(|byte| byte.is_ascii_digit());
    (local_is_plain && domain_is_plain)
        .then(|| text.to_lowercase())
        .ok_or(InputError::Email)
}

/// A phone number as people write it, with 5 to 15 digits; it is not brought into another form.
pub fn phone(text: &str) -> Result<String, InputError> {
    let text = line(text, PHONE_LIMIT)?;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text
        .chars()
        .all(|character| character.is_ascii_digit() || "+-(). /".contains(character));
    ((5..=15).contains(&digits) && plain && !text[1..].contains('+'))
        .then_some(text)
        .ok_or(InputError::Phone)
}

/// The page that a visitor looks at: without user name and fragment, http and https only.
pub fn page(text: &str) -> Result<String, InputError> {
    if text.len() > PAGE_LIMIT {
        return Err(InputError::TooLong(PAGE_LIMIT));
    }
    let mut url = Url::parse(text).map_err(|_| InputError::Page)?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(InputError::Page);
    }
    url.set_fragment(None);
    // Both fail for an address without a host only, which http and https always have.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        assert_eq!(
            message(" a\r\nb\rc\0\u{1b}[0m\u{202e}d\t ").unwrap(),
            "a\nb\nc[0md"
        );
        assert_eq!(message("<b>&amp;</b>").unwrap(), "<b>&amp;</b>");
        assert_eq!(message(" \u{202e}\0 "), Err(InputError::Empty));
        assert!(message(&"я".repeat(10_000)).is_ok());
        assert_eq!(
            message(&"я".repeat(10_001)),
            Err(InputError::TooLong(10_000))
        );
        assert_eq!(line(" Anna\n  Petrova ", 128).unwrap(), "Anna Petrova");
    }

    #[test]
    fn addresses() {
        for (text, expected) in [
            (" Anna@Example.com ", "anna@example.com"),
            ("a+b@sub.example.co.uk", "a+b@sub.example.co.uk"),
            ("анна@почта.рф", "анна@почта.рф"),
        ] {
            assert_eq!(email(text).unwrap(), expected);
        }
        for text in [
            "a",
            "@example.com",
            "a@",
            "a@b",
            "a b@example.com",
            "a@exa mple.com",
            "a@-example.com",
            "a..b@example.com",
            ".a@example.com",
            "a@example..com",
            "a@b@c.com",
            "a@1.2.3.4",
            "a\r\nbcc:x@example.com",
            "\"a\"@example.com",
            "a@example.com,b@example.com",
        ] {
            assert_eq!(email(text), Err(InputError::Email), "{text}");
        }
        assert_eq!(email(""), Err(InputError::Empty));
        assert_eq!(
            email(&format!("{}@example.com", "a".repeat(300))),
            Err(InputError::TooLong(254))
        );
    }

    #[test]
    fn phones() {
        for text in ["+7 900 000-00-00", "(415) 555-0100", "12345"] {
            assert!(phone(text).is_ok(), "{text}");
        }
        for text in [
            "1234",
            "call me",
            "+1+2345678",
            "12345;ext=1",
            "1234567890123456",
        ] {
            assert_eq!(phone(text), Err(InputError::Phone), "{text}");
        }
    }

    #[test]
    fn pages() {
        assert_eq!(
            page("https://user:pass@Example.com/a?b=1#token").unwrap(),
            "https://example.com/a?b=1"
        );
        for text in ["javascript:alert(1)", "data:text/html,x", "/path", ""] {
            assert_eq!(page(text), Err(InputError::Page), "{text}");
        }
    }
}
