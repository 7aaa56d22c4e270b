//! `robots.txt` as RFC 9309 has it, with `Crawl-delay`, which is not in it and is meant by many.

use serde::{Deserialize, Serialize};

/// Bytes of it that are read, as the RFC asks for at least.
pub const LARGEST: usize = 500 * 1024;
/// The name by which this program is addressed.
pub const NAME: &str = "romashka";
/// The longest pause that is obeyed.
const LONGEST_PAUSE: f64 = 30.0;
/// Rules that are kept.
const MOST_RULES: usize = 2_000;

/// What a site says to this program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Robots {
    /// Whether a path that begins so is allowed.
    pub rules: Vec<(bool, String)>,
    /// Seconds between two requests.
    pub pause: Option<f64>,
    /// Where its sitemaps are.
    #[serde(skip)]
    pub sitemaps: Vec<String>,
}

impl Robots {
    /// What a file says.
    pub fn parse(text: &str) -> Robots {
        let (mut own, mut general) = (Group::default(), Group::default());
        let mut sitemaps = Vec::new();
        // Whom the lines at hand are for, and whether lines of agents still follow each other.
        let (mut is_own, mut is_general, mut is_naming) = (false, false, false);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "user-agent" => {
                    if !is_naming {
                        (is_own, is_general) = (false, false);
                    }
                    is_naming = true;
                    let token: String = value
                        .chars()
                        .take_while(|letter| {
                            letter.is_ascii_alphabetic() || matches!(letter, '-' | '_')
                        })
                        .collect();
                    is_own |= token.eq_ignore_ascii_case(NAME);
                    is_general |= value == "*";
                    own.is_there |= is_own;
                }
                key @ ("allow" | "disallow") => {
                    is_naming = false;
                    // An empty rule says nothing.
                    if value.is_empty() {
                        continue;
                    }
                    for (is_meant, group) in [(is_own, &mut own), (is_general, &mut general)] {
                        if is_meant && group.rules.len() < MOST_RULES {
                            group.rules.push((key == "allow", normal(value)));
                        }
                    }
                }
                "crawl-delay" => {
                    is_naming = false;
                    let pause = value
                        .parse::<f64>()
                        .ok()
                        .filter(|pause| pause.is_finite() && *pause >= 0.0)
                        .map(|pause| pause.min(LONGEST_PAUSE));
                    for (is_meant, group) in [(is_own, &mut own), (is_general, &mut general)] {
                        if is_meant {
                            group.pause = group.pause.or(pause);
                        }
                    }
                }
                "sitemap" if sitemaps.len() < 50 => sitemaps.push(value.to_owned()),
                _ => {}
            }
        }
        let group = if own.is_there { own } else { general };
        Robots {
            rules: group.rules,
            pause: group.pause,
            sitemaps,
        }
    }

    /// Whether a path with its query may be visited: the longest rule that fits decides, of equal ones the one that allows.
    pub fn allows(&self, path: &str) -> bool {
        if path == "/robots.txt" {
            return true;
        }
        let path = normal(path);
        self.rules
            .iter()
            .filter(|(_, pattern)| fits(pattern, &path))
            .max_by_key(|(is_allowed, pattern)| (pattern.len(), *is_allowed))
            .is_none_or(|(is_allowed, _)| *is_allowed)
    }
}

#[derive(Default)]
struct Group {
    is_there: bool,
    rules: Vec<(bool, String)>,
    pause: Option<f64>,
}

/// One form for all ways to write a path: what needs no percent sign has none, what needs one has it, in upper case.
fn normal(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut text = String::with_capacity(path.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let decoded = (byte == b'%')
            .then(|| path.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match decoded {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                text.push(char::from(byte));
                at += 2;
            }
            Some(byte) => {
                text.push_str(&format!("%{byte:02X}"));
                at += 2;
            }
            None if byte.is_ascii_graphic() => text.push(char::from(byte)),
            None => text.push_str(&format!("%{byte:02X}")),
        }
        at += 1;
    }
    text
}

/// Whether a path begins as the pattern says: `*` stands for anything, `$` at its end for the path's end.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, is_anchored) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let last = if is_anchored {
        match parts.pop() {
            Some(last) => Some(last),
            // Without a star the path is the pattern.
            None => return rest.is_empty(),
        }
    } else {
        None
    };
    for part in parts {
        match rest.find(part) {
            Some(found) => rest = &rest[found + part.len()..],
            None => return false,
        }
    }
    last.is_none_or(|last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_that_names_us_counts_else_that_for_all() {
        let text = "User-agent: *\nDisallow: /\n\nUser-Agent: Other\nUser-agent: ROMASHKA/2.0\nDisallow: /private\nCrawl-delay: 2.5\n\n\
                    User-agent: romashka\nAllow: /private/open # again\nSitemap: https://example.com/s.xml\n";
        let robots = Robots::parse(text);
        assert!(robots.allows("/") && robots.allows("/private/open/page"));
        assert!(!robots.allows("/private") && !robots.allows("/private/x"));
        assert_eq!(robots.pause, Some(2.5));
        assert_eq!(robots.sitemaps, ["https://example.com/s.xml"]);
        let others =
            Robots::parse("User-agent: romashkabot\nDisallow: /\nUser-agent: *\nDisallow: /x\n");
        assert!(others.allows("/") && !others.allows("/xyz"));
        // A group that names us and forbids nothing.
        assert!(
            Robots::parse("User-agent: *\nDisallow: /\nUser-agent: romashka\nDisallow:\n")
                .allows("/a")
        );
    }

    /// The examples of RFC 9309, 2.2.2, 2.2.3 and 5.2, and of those who wrote its draft.
    #[test]
    fn the_longest_rule_that_fits_decides() {
        for (rules, path, is_allowed) in [
            ("Allow: /p\nDisallow: /", "/page", true),
            ("Allow: /folder\nDisallow: /folder", "/folder/page", true),
            ("Allow: /page\nDisallow: /*.htm", "/page.htm", false),
            ("Allow: /page\nDisallow: /*.ph", "/page.php5", true),
            ("Allow: /$\nDisallow: /", "/", true),
            ("Allow: /$\nDisallow: /", "/page.htm", false),
            (
                "Allow: /example/page/\nDisallow: /example/page/disallowed.gif",
                "/example/page/disallowed.gif",
                false,
            ),
            ("Disallow: /fish*.php", "/fish1.php?id=1", false),
            ("Disallow: /fish*.php", "/Fish.PHP", true),
            ("Disallow: /*.php$", "/a.php?x", true),
            ("Disallow: /*.php$", "/a/b.php", false),
            ("Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", false),
            ("Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", false),
            ("Disallow: /a%3cd.html", "/a%3Cd.html", false),
            ("Disallow: /", "/robots.txt", true),
            ("Disallow: /*a*b*c$", "/xaybzc", false),
            ("Disallow: /*a*b*c$", "/xaybzcd", true),
            ("", "/any", true),
        ] {
            let robots = Robots::parse(&format!("user-agent: *\n{rules}\n"));
            assert_eq!(robots.allows(path), is_allowed, "{rules} {path}");
        }
    }

    #[test]
    fn nonsense_is_passed_by() {
        let stars = format!("User-agent: *\nDisallow: /{}$\n", "*a".repeat(2_000));
        assert!(Robots::parse(&stars).allows(&format!("/{}b", "a".repeat(4_000))));
        let robots =
            Robots::parse("\u{feff}<html>\nUser-agent *\nDisallow: /\nCrawl-delay: -1\n: x\n%zz");
        assert!(robots.allows("/") && robots.pause.is_none());
        assert_eq!(
            Robots::parse("user-agent: *\ncrawl-delay: 86400").pause,
            Some(30.0)
        );
        assert!(Robots::default().allows("/%"));
    }
}
