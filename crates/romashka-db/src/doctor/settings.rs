//! The server's settings against the recommendations.

use tokio_postgres::Error;

use super::recommendations::{Accepted, Recommendation, Topic, Value, recommend};
use super::survey::{Setting, Survey};
use super::tuning::Suggestion;
use super::{Finding, Mend, Severity, figures};

/// Whether a setting is as good as recommended.
fn is_fine(setting: &Setting, recommendation: &Recommendation) -> bool {
    match recommendation.accepted {
        Accepted::Words(words) => words.contains(&setting.value.as_str()),
        Accepted::NotWord(word) => setting.value != word,
        Accepted::Between(least, most) => setting
            .amount()
            .is_some_and(|amount| (least..=most).contains(&amount)),
        Accepted::ForSome => {
            setting.source != "configuration file"
                || setting.amount() == recommendation.value.amount()
        }
        Accepted::Holding => {
            let wanted = recommendation.value.setting();
            entries(&setting.value).contains(&wanted)
        }
    }
}

/// The entries of a list, without quotes and folders.
fn entries(list: &str) -> Vec<String> {
    list.split(',')
        .map(|entry| entry.trim().trim_matches('"').to_owned())
        .filter(|entry| !entry.is_empty())
        .collect()
}

/// Findings about the settings of a topic.
pub(super) fn recommended(survey: &Survey<'_>, topic: Topic) -> Vec<Finding> {
    let recommendations = recommend(&survey.resources, &survey.traits());
    recommendations
        .iter()
        .filter(|recommendation| recommendation.topic == topic)
        .filter_map(|recommendation| compare(survey, recommendation))
        .collect()
}

fn compare(survey: &Survey<'_>, recommendation: &Recommendation) -> Option<Finding> {
    let name = recommendation.setting();
    let finding = |found: String, mend: Mend| Finding {
        id: recommendation.id,
        severity: recommendation.severity,
        subject: name.to_owned(),
        found,
        why: recommendation.reason,
        mend,
    };
    if recommendation.accepted == Accepted::Holding && survey.counts_statements() {
        return None;
    }
    let Some(setting) = survey.setting(name) else {
        // Not every role may read every setting; a missing library shows by its effect.
        return (recommendation.accepted == Accepted::Holding).then(|| {
            finding(
                format!("{} is not loaded", recommendation.value.words()),
                Mend::advice(format!(
                    "as a superuser, add {} to {name}, which this role may not read, and restart the server",
                    recommendation.value.words()
                )),
            )
        });
    };
    if is_fine(setting, recommendation) {
        return None;
    }
    // Services set limits for everybody on purpose, and tell their users how to lift them.
    if recommendation.accepted == Accepted::ForSome && survey.platform != super::Platform::Own {
        return None;
    }
    let found = match recommendation.value {
        Value::Entry(entry) => format!("{name} is {}, without {entry}", setting.words()),
        value => format!(
            "{name} is {}, recommended: {}",
            setting.words(),
            value.words()
        ),
    };
    Some(finding(found, mend(survey, setting, recommendation)))
}

/// What `romashka tune` says about a setting; nothing where it is as good as recommended.
pub(super) fn suggestion(
    survey: &Survey<'_>,
    recommendation: &Recommendation,
) -> Option<Suggestion> {
    let finding = compare(survey, recommendation)?;
    let setting = survey.setting(recommendation.setting());
    let value = match (recommendation.value, setting) {
        (Value::Entry(entry), setting) => {
            let mut list = setting.map_or_else(Vec::new, |setting| entries(&setting.value));
            list.push(entry.to_owned());
            list.join(", ")
        }
        (value, _) => value.setting(),
    };
    Some(Suggestion {
        setting: recommendation.setting(),
        current: setting.map_or_else(|| "not to be seen".to_owned(), Setting::words),
        value: format!("'{}'", value.replace('\'', "''")),
        severity: finding.severity,
        reason: finding.why,
        statement: finding.mend.statement,
        advice: finding.mend.advice,
        needs_restart: finding.mend.needs_restart,
    })
}

fn mend(survey: &Survey<'_>, setting: &Setting, recommendation: &Recommendation) -> Mend {
    let name = recommendation.setting();
    let value = recommendation.value.setting();
    if setting.source == "command line" {
        return Mend {
            needs_restart: true,
            ..Mend::advice(format!(
                "it is given on the server's command line: start the server without it, or with {name}={value}"
            ))
        };
    }
    if let Value::Entry(library) = recommendation.value
        && survey.platform == super::Platform::Own
        && !survey.is_superuser
    {
        return Mend::advice(format!(
            "as a superuser, add {library} to {name}, and restart the server"
        ));
    }
    if survey.is_superuser || survey.platform == super::Platform::Own {
        let present = entries(&setting.value);
        let restart = recommendation
            .needs_restart
            .then_some("then restart the server");
        let advice: Vec<&str> = survey.who().into_iter().chain(restart).collect();
        return Mend {
            statement: Some(recommendation.statement(&present)),
            advice: (!advice.is_empty()).then(|| advice.join(", ")),
            needs_restart: recommendation.needs_restart,
        };
    }
    if setting.context == "user" {
        let (whose, name_of) = if survey.owns_database {
            ("database", &survey.server.database)
        } else {
            ("role", &survey.server.role)
        };
        return Mend::statement(format!(
            "alter {whose} {} set {name} = '{value}';",
            quote_name(name_of)
        ))
        .but(format!(
            "for sessions of this {whose} that begin afterwards"
        ));
    }
    Mend {
        needs_restart: recommendation.needs_restart,
        ..Mend::advice(survey.platform.where_to_set(name, &value))
    }
}

/// How a setting that any reload applies gets another value.
pub(super) fn changed(survey: &Survey<'_>, name: &str, value: &str) -> Mend {
    if survey.is_superuser || survey.platform == super::Platform::Own {
        let mend = Mend::statement(format!(
            "alter system set {name} = '{value}'; select pg_reload_conf();"
        ));
        return match survey.who() {
            Some(who) => mend.but(who),
            None => mend,
        };
    }
    Mend::advice(survey.platform.where_to_set(name, value))
}

/// A name as it stands in a statement.
pub(super) fn quote_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A string as it stands in a statement.
pub(super) fn quote_literal(text: &str) -> String {
    if text.contains('\\') {
        format!("E'{}'", text.replace('\\', r"\\").replace('\'', "''"))
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Settings that were changed and wait for a restart.
pub(super) async fn pending_restart(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            "select name from pg_catalog.pg_settings where pending_restart order by name",
            &[],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let name: String = row.get(0);
            Finding {
                id: "settings.pending_restart",
                severity: Severity::Advice,
                found: format!("{name} was changed in the configuration and is not in force"),
                subject: name,
                why: "what the files say is not what the server does; the next restart will surprise somebody",
                mend: Mend {
                    needs_restart: true,
                    ..Mend::advice("restart the server when it is quiet")
                },
            }
        })
        .collect())
}

/// Errors in the configuration files; for superusers and whoever was granted the view.
pub(super) async fn configuration_files(survey: &Survey<'_>) -> Result<Vec<Finding>, Error> {
    let rows = survey
        .client
        .query(
            // What only waits for a restart cannot be applied either, and is another check's.
            "select pg_catalog.format('%s line %s', f.sourcefile, f.sourceline), coalesce(f.name, ''), f.error
               from pg_catalog.pg_file_settings f left join pg_catalog.pg_settings s on s.name = f.name
              where f.error is not null and (f.error <> 'setting could not be applied' or s.context is distinct from 'postmaster')",
            &[],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| {
            let (place, name, error): (String, String, String) =
                (row.get(0), row.get(1), row.get(2));
            Finding {
                id: "settings.files",
                severity: Severity::Warning,
                found: format!("{name}: {error} ({place})"),
                subject: place,
                why: "the server ignores the whole file when it is read again, and does not start with it",
                mend: Mend::statement("select pg_reload_conf();")
                    .but("correct the line first"),
            }
        })
        .collect())
}

/// From 2 GiB of shared memory on, its page tables are worth huge pages: each connection has its own copy of them.
const WORTH_HUGE_PAGES: f64 = 2_147_483_648.0;

fn lacks_huge_pages(buffers: f64, is_off: bool, pages: u64, needed: u64) -> bool {
    buffers >= WORTH_HUGE_PAGES && (is_off || pages < needed)
}

/// Huge pages for shared memory, where the machine can be read.
pub(super) fn huge_pages(survey: &Survey<'_>) -> Vec<Finding> {
    let (Some(pages), Some(buffers), Some(setting)) = (
        survey.resources.huge_pages,
        survey.setting("shared_buffers").and_then(Setting::amount),
        survey.setting("huge_pages"),
    ) else {
        return Vec::new();
    };
    let needed = survey
        .setting("shared_memory_size_in_huge_pages")
        .and_then(Setting::amount)
        .filter(|number| *number > 0.0)
        .map_or_else(
            // Before 15 the server does not tell; an eighth more than the buffers covers its other shared memory.
            || (buffers * 1.125 / 2_097_152.0).ceil() as u64,
            |number| number as u64,
        );
    if !lacks_huge_pages(buffers, setting.value == "off", pages, needed) {
        return Vec::new();
    }
    let found = if setting.value == "off" {
        format!(
            "huge_pages is off with {} of shared_buffers",
            figures::size(buffers as u64)
        )
    } else {
        format!("the machine has set aside {pages} huge pages, shared memory needs {needed}")
    };
    vec![Finding {
        id: "settings.huge_pages",
        severity: Severity::Advice,
        subject: "huge_pages".to_owned(),
        found,
        why: "with pages of 4 KiB each connection holds page tables of its own for all of shared memory",
        mend: Mend {
            statement: (setting.value == "off")
                .then(|| "alter system set huge_pages = 'try';".to_owned()),
            advice: Some(format!(
                "on the server's machine: sysctl -w vm.nr_hugepages={needed} (and in /etc/sysctl.d), then restart the server"
            )),
            needs_restart: true,
        },
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_strings_are_quoted() {
        assert_eq!(quote_name("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal(r"a\b"), r"E'a\\b'");
    }

    #[test]
    fn huge_pages_are_for_large_caches() {
        let gibibyte = 1_073_741_824.0;
        assert!(!lacks_huge_pages(gibibyte, true, 0, 600));
        assert!(lacks_huge_pages(6.0 * gibibyte, true, 4000, 3100));
        assert!(lacks_huge_pages(6.0 * gibibyte, false, 0, 3100));
        assert!(!lacks_huge_pages(6.0 * gibibyte, false, 3100, 3100));
    }

    #[test]
    fn a_limit_for_everybody_is_told_from_one_for_some() {
        let list = recommend(
            &crate::doctor::Resources::UNKNOWN,
            &crate::doctor::recommendations::ServerTraits {
                major: 15,
                has_lz4: true,
                max_connections: 100,
            },
        );
        let limit = list
            .iter()
            .find(|found| found.id == "settings.statement_timeout")
            .expect("the setting");
        let set = |value: &str, source: &str| Setting {
            value: value.to_owned(),
            unit: Some("ms".to_owned()),
            context: "user".to_owned(),
            source: source.to_owned(),
            choices: Vec::new(),
        };
        assert!(is_fine(&set("0", "configuration file"), limit));
        assert!(!is_fine(&set("8000", "configuration file"), limit));
        assert!(is_fine(&set("8000", "user"), limit));
    }

    #[test]
    fn a_list_is_read_entry_by_entry() {
        assert_eq!(
            entries("auto_explain, \"pg_stat_statements\""),
            ["auto_explain", "pg_stat_statements"]
        );
        assert!(entries("").is_empty());
    }
}
