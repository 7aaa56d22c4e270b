//! The server itself: its version, its machine, what this role sees of it.

use jiff::civil::{Date, date};

use super::machine::Source;
use super::settings::quote_name;
use super::survey::Survey;
use super::{Finding, Mend, Platform, Severity, figures};

/// The last day of each major version, from the versioning policy of PostgreSQL (postgresql.org/support/versioning).
const LAST_DAYS: &[(u32, Date)] = &[
    (14, date(2026, 11, 12)),
    (15, date(2027, 11, 11)),
    (16, date(2028, 11, 9)),
    (17, date(2029, 11, 8)),
    (18, date(2030, 11, 14)),
];

/// Whether a major version is still maintained on a day.
fn maintained(major: u32, today: Date) -> Option<(Severity, String)> {
    if major < 14 {
        return Some((
            Severity::Error,
            format!("PostgreSQL {major} is older than ROMASHKA works with: 14 or newer is needed"),
        ));
    }
    let (_, last) = LAST_DAYS.iter().find(|(known, _)| *known == major)?;
    let days = today.until(*last).ok()?.get_days();
    if days < 0 {
        Some((
            Severity::Warning,
            format!("PostgreSQL {major} has had no corrections since {last}"),
        ))
    } else if days <= 180 {
        Some((
            Severity::Advice,
            format!("PostgreSQL {major} gets no corrections after {last}, in {days} days"),
        ))
    } else {
        None
    }
}

/// The age of the major version.
pub(super) fn version(survey: &Survey<'_>) -> Vec<Finding> {
    let today = jiff::Zoned::now().date();
    maintained(survey.major(), today)
        .map(|(severity, found)| Finding {
            id: "server.version",
            severity,
            subject: format!("PostgreSQL {}", survey.server.version),
            found,
            why: "holes that become known afterwards stay open",
            mend: Mend::advice(match survey.platform {
                Platform::Own => "upgrade the server to a newer major version: pg_upgrade, or pg_dump and psql into a new cluster",
                _ => "upgrade the project or the instance to a newer major version in the service's console",
            }),
        })
        .into_iter()
        .collect()
}

/// How memory and processors were learned, where that is not by looking.
pub(super) fn machine(survey: &Survey<'_>) -> Vec<Finding> {
    let found = match (survey.resources.memory_source, survey.resources.memory) {
        (Source::AssumedFromSharedBuffers, Some(memory)) => format!(
            "the server is elsewhere; its memory is assumed to be {}, four times shared_buffers",
            figures::size(memory)
        ),
        (Source::AssumedFromCacheSize, Some(memory)) => format!(
            "the server is elsewhere; its memory is assumed to be {}, four thirds of effective_cache_size",
            figures::size(memory)
        ),
        (Source::Unknown, _) => {
            "the server is elsewhere and its memory is not known: what depends on it was not judged"
                .to_owned()
        }
        _ => return Vec::new(),
    };
    vec![Finding {
        id: "server.machine",
        severity: Severity::Info,
        subject: "memory".to_owned(),
        found,
        why: "a recommendation is as good as the figures it is made from",
        mend: Mend::advice("tell it: romashka doctor --memory 8GiB --cores 4"),
    }]
}

/// Whether other sessions can be seen.
pub(super) fn sight(survey: &Survey<'_>) -> Vec<Finding> {
    if survey.sees_sessions {
        return Vec::new();
    }
    let role = &survey.server.role;
    vec![Finding {
        id: "server.sight",
        severity: Severity::Info,
        subject: role.clone(),
        found: format!("{role} sees of other roles' sessions that they exist, not what they do"),
        why: "long transactions and slow statements of other roles are not found",
        mend: Mend::statement(format!("grant pg_read_all_stats to {};", quote_name(role)))
            .but("as a superuser"),
    }]
}

/// Data checksums.
pub(super) fn checksums(survey: &Survey<'_>) -> Vec<Finding> {
    let off = survey
        .setting("data_checksums")
        .is_some_and(|setting| setting.value == "off");
    if !off {
        return Vec::new();
    }
    let folder = survey
        .setting("data_directory")
        .map_or("DATA_FOLDER", |setting| setting.value.as_str());
    let own = survey.platform == Platform::Own;
    vec![Finding {
        id: "server.checksums",
        severity: Severity::Advice,
        subject: "data_checksums".to_owned(),
        found: "the cluster was made without data checksums".to_owned(),
        why: "a page that the disk damaged is handed out as if it were right, and goes into the backups",
        mend: if own {
            Mend {
                needs_restart: true,
                ..Mend::advice(format!(
                    "stop the server, then: pg_checksums --enable --progress -D '{folder}', then start it"
                ))
            }
        } else {
            Mend::advice("the service decides that when it makes the cluster; rely on its backups")
        },
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_grow_old() {
        assert!(maintained(15, date(2026, 1, 1)).is_none());
        assert_eq!(
            maintained(15, date(2027, 8, 1)).map(|found| found.0),
            Some(Severity::Advice)
        );
        assert_eq!(
            maintained(14, date(2026, 11, 13)).map(|found| found.0),
            Some(Severity::Warning)
        );
        assert_eq!(
            maintained(13, date(2026, 1, 1)).map(|found| found.0),
            Some(Severity::Error)
        );
        // A version that is not known here yet is newer than this program.
        assert!(maintained(19, date(2031, 1, 1)).is_none());
    }
}
