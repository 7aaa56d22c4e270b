//! Whether the From of a mail may be believed.
//!
//! Invariant: only the topmost Authentication-Results field (RFC 8601) that carries a name of our own servers counts;
//! every other such field was written by whoever sent the mail. Without one the answer is "unknown", never "verified".

use serde::Serialize;

use super::header::{Headers, Mailbox, decode_text};

/// How far the sender is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Our server checked that the domain of From sent it.
    Verified,
    /// Our server checked, and nothing vouches for From.
    Unverified,
    /// Our server checked, and the domain of From disowns it.
    Failed,
    /// Nobody of ours checked.
    Unknown,
}

/// Findings about a sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sender {
    /// The verdict.
    pub trust: Trust,
    /// `dmarc`, `dkim` or `spf`, whatever verified it.
    pub method: Option<String>,
    /// From names several people.
    pub several_from: bool,
    /// The display name looks like an address other than the real one.
    pub deceptive_name: bool,
}

/// Judges the sender. `our_servers` are the authserv-ids that our own servers write.
pub fn judge(headers: &Headers<'_>, from: &[Mailbox], our_servers: &[String]) -> Sender {
    let (trust, method) = verdict(headers, from, our_servers);
    Sender {
        trust,
        method,
        several_from: from.len() > 1 || headers.all("From").count() > 1,
        deceptive_name: from.iter().any(has_deceptive_name),
    }
}

fn has_deceptive_name(mailbox: &Mailbox) -> bool {
    mailbox
        .name
        .split(|character: char| character.is_whitespace() || "<>()\"',;".contains(character))
        .any(|word| {
            word.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty()
                    && domain.contains('.')
                    && !word.eq_ignore_ascii_case(&mailbox.address)
            })
        })
}

fn verdict(
    headers: &Headers<'_>,
    from: &[Mailbox],
    our_servers: &[String],
) -> (Trust, Option<String>) {
    let Some(results) = headers
        .all("Authentication-Results")
        .map(|raw| parse_results(&decode_text(raw, None)))
        .find(|results| {
            our_servers
                .iter()
                .any(|server| server.eq_ignore_ascii_case(&results.server))
        })
    else {
        return (Trust::Unknown, None);
    };
    // With several authors no single domain can vouch.
    let [author] = from else {
        return (Trust::Unverified, None);
    };
    let domain = author.domain();
    let mut failed = false;
    for result in &results.results {
        let property = |name: &str| {
            result
                .properties
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        match (result.method.as_str(), result.result.as_str()) {
            ("dmarc", "pass")
                if property("header.from")
                    .is_none_or(|found| found.eq_ignore_ascii_case(domain)) =>
            {
                return (Trust::Verified, Some("dmarc".to_owned()));
            }
            ("dmarc", "fail") => failed = true,
            _ => {}
        }
    }
    if failed {
        return (Trust::Failed, None);
    }
    for result in &results.results {
        let property = |name: &str| {
            result
                .properties
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        if result.result != "pass" {
            continue;
        }
        let vouching = match result.method.as_str() {
            "dkim" => property("header.d").or_else(|| property("header.i").map(after_at)),
            "spf" => property("smtp.mailfrom").map(after_at),
            _ => None,
        };
        if vouching.is_some_and(|vouching| is_aligned(vouching, domain)) {
            return (Trust::Verified, Some(result.method.clone()));
        }
    }
    (Trust::Unverified, None)
}

fn after_at(address: &str) -> &str {
    address
        .rsplit_once('@')
        .map_or(address, |(_, domain)| domain)
}

/// Whether two domains are of one owner: equal, or one below the other.
///
/// Stricter than DMARC's relaxed alignment, which also joins siblings and needs the public suffix list for that. A
/// domain of one label, and the well-known suffixes under which strangers register, never vouch for what is below.
pub fn is_aligned(vouching: &str, domain: &str) -> bool {
    let vouching = vouching.trim_end_matches('.').to_ascii_lowercase();
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    if vouching.is_empty() || domain.is_empty() {
        return false;
    }
    let below = |lower: &str, upper: &str| {
        lower.len() > upper.len()
            && lower.ends_with(upper)
            && lower.as_bytes()[lower.len() - upper.len() - 1] == b'.'
            && !is_shared(upper)
    };
    vouching == domain || below(&vouching, &domain) || below(&domain, &vouching)
}

fn is_shared(domain: &str) -> bool {
    const HOSTERS: [&str; 12] = [
        "github.io",
        "blogspot.com",
        "herokuapp.com",
        "appspot.com",
        "azurewebsites.net",
        "onmicrosoft.com",
        "cloudfront.net",
        "amazonaws.com",
        "netlify.app",
        "vercel.app",
        "pages.dev",
        "myshopify.com",
    ];
    let labels: Vec<&str> = domain.split('.').collect();
    match labels.as_slice() {
        [_] => true,
        [second, country] => {
            HOSTERS.contains(&domain)
                || (country.len() == 2
                    && matches!(
                        *second,
                        "co" | "com"
                            | "org"
                            | "net"
                            | "edu"
                            | "gov"
                            | "ac"
                            | "ne"
                            | "or"
                            | "go"
                            | "gob"
                            | "gov.uk"
                            | "msk"
                            | "spb"
                    ))
        }
        _ => false,
    }
}

struct Results {
    server: String,
    results: Vec<MethodResult>,
}

struct MethodResult {
    method: String,
    result: String,
    properties: Vec<(String, String)>,
}

/// Reads `server; method=result (comment) property=value …; …`.
fn parse_results(text: &str) -> Results {
    let text = without_comments(text);
    let mut sections = text.split(';');
    let server = sections
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned();
    let results = sections
        .filter_map(|section| {
            // Blanks may stand around the equals signs.
            let section = section.replace(" =", "=").replace("= ", "=");
            let mut words = section.split_whitespace();
            let (method, result) = words.next()?.split_once('=')?;
            let method = method
                .split('/')
                .next()
                .unwrap_or(method)
                .to_ascii_lowercase();
            let properties = words
                .filter_map(|word| word.split_once('='))
                .map(|(name, value)| {
                    (
                        name.to_ascii_lowercase(),
                        value.trim_matches('"').to_ascii_lowercase(),
                    )
                })
                .collect();
            Some(MethodResult {
                method,
                result: result.to_ascii_lowercase(),
                properties,
            })
        })
        .collect();
    Results { server, results }
}

fn without_comments(text: &str) -> String {
    let mut depth = 0_u32;
    let mut in_quotes = false;
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' if depth == 0 => {
                in_quotes = !in_quotes;
                kept.push(character);
            }
            '(' if !in_quotes => depth += 1,
            ')' if !in_quotes && depth > 0 => depth -= 1,
            // A separator inside of a quoted value must not start a new result.
            ';' if in_quotes => kept.push('_'),
            _ if depth == 0 => kept.push(character),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(results: &[&str], from: &str) -> Trust {
        let raw: String = results
            .iter()
            .map(|line| format!("Authentication-Results: {line}\n"))
            .collect();
        let raw = format!("{raw}From: {from}\n\n");
        let (headers, _) = Headers::parse(raw.as_bytes());
        judge(
            &headers,
            &headers.addresses("From"),
            &["mx.example.org".to_owned()],
        )
        .trust
    }

    #[test]
    fn verdicts() {
        for (line, expected) in [
            (
                "mx.example.org; dkim=pass header.d=ex.com header.s=s1; spf=pass smtp.mailfrom=ex.com; dmarc=pass (p=reject) header.from=ex.com",
                Trust::Verified,
            ),
            (
                "mx.example.org; spf=pass smtp.mailfrom=bounce@mail.ex.com",
                Trust::Verified,
            ),
            (
                "mx.example.org 1; dkim = pass (2048-bit; x=y) header.d=ex.com",
                Trust::Verified,
            ),
            (
                "mx.example.org; dkim=pass header.d=evil.com; spf=pass smtp.mailfrom=evil.com",
                Trust::Unverified,
            ),
            (
                "mx.example.org; dmarc=fail header.from=ex.com; dkim=pass header.d=ex.com",
                Trust::Failed,
            ),
            (
                "mx.example.org; dmarc=pass header.from=evil.com",
                Trust::Unverified,
            ),
            ("mx.example.org; none", Trust::Unverified),
            ("mx.evil.com; dmarc=pass header.from=ex.com", Trust::Unknown),
            (
                "mx.example.org; spf=fail smtp.mailfrom=\"x; dmarc=pass\"",
                Trust::Unverified,
            ),
            (
                "mx.example.org (dmarc=pass; dkim=pass header.d=ex.com); spf=none",
                Trust::Unverified,
            ),
        ] {
            assert_eq!(trust(&[line], "Ann <ann@ex.com>"), expected, "{line}");
        }
    }

    #[test]
    fn only_the_topmost_of_our_fields_counts() {
        let fields = [
            "mx.example.org; dmarc=fail",
            "mx.example.org; dmarc=pass header.from=ex.com",
        ];
        assert_eq!(trust(&fields, "ann@ex.com"), Trust::Failed);
    }

    #[test]
    fn several_authors_and_deceptive_names() {
        let pass = "mx.example.org; dmarc=pass";
        assert_eq!(trust(&[pass], "a@ex.com, b@evil.com"), Trust::Unverified);
        let named = |name: &str| {
            has_deceptive_name(&Mailbox {
                name: name.to_owned(),
                address: "x@evil.com".to_owned(),
            })
        };
        assert!(named("support@bank.example"));
        assert!(!named("x@evil.com") && !named("Ann"));
    }

    #[test]
    fn alignment() {
        assert!(
            is_aligned("mail.ex.com", "ex.com")
                && is_aligned("ex.com", "news.ex.com")
                && is_aligned("EX.com.", "ex.com")
        );
        assert!(
            !is_aligned("co.uk", "bank.co.uk")
                && !is_aligned("com", "ex.com")
                && !is_aligned("badex.com", "ex.com")
        );
        assert!(!is_aligned("github.io", "x.github.io"));
    }
}
