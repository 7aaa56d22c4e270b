//! A report in JUnit's XML: a suite for each group, a case for each check.

use std::fmt::Write;

use super::{Group, Outcome, Report};

pub(super) fn document(report: &Report) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"romashka verify\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        report.checks.len(),
        report.summary.failed,
        report.summary.skipped,
        report.duration.as_secs_f64()
    );
    for group in Group::ALL {
        let checks: Vec<_> = report.group(group).collect();
        if checks.is_empty() {
            continue;
        }
        let count = |outcome| {
            checks
                .iter()
                .filter(|check| check.outcome == outcome)
                .count()
        };
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{group}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" timestamp=\"{}\" time=\"{:.3}\">",
            checks.len(),
            count(Outcome::Failed),
            count(Outcome::Skipped),
            report.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
            checks
                .iter()
                .map(|check| check.duration.as_secs_f64())
                .sum::<f64>()
        );
        for check in checks {
            let _ = write!(
                xml,
                "    <testcase classname=\"romashka.verify.{group}\" name=\"{}: {}\" time=\"{:.3}\"",
                check.id,
                xml_text(check.title),
                check.duration.as_secs_f64()
            );
            let said = xml_text(&check.findings.join("\n"));
            let _ = match check.outcome {
                Outcome::Passed => writeln!(xml, "/>"),
                Outcome::Skipped => writeln!(xml, "><skipped message=\"{said}\"/></testcase>"),
                Outcome::Failed => writeln!(
                    xml,
                    "><failure message=\"{} found; next: {}\">{said}</failure></testcase>",
                    check.finding_count,
                    xml_text(check.next.as_deref().unwrap_or_default())
                ),
                Outcome::Warned | Outcome::Noted => {
                    writeln!(xml, "><system-out>{said}</system-out></testcase>")
                }
            };
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// Text for an attribute or an element. Characters that XML 1.0 cannot hold at all become a replacement character.
pub fn xml_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::xml_text;

    #[test]
    fn nothing_leaves_its_place() {
        assert_eq!(
            xml_text("a<b>&\"c\"\n\u{1}"),
            "a&lt;b&gt;&amp;&quot;c&quot;&#10;\u{fffd}"
        );
    }
}
