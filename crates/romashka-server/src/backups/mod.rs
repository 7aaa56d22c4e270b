//! Backups beyond this machine: kept in a bucket, and made by the server when they are due.
//!
//! Invariants: what is in a bucket is a backup from the moment its manifest is there, which is put last, after every other
//! object was seen in its size; nothing is removed but whole backups of the same database on the same PostgreSQL, and what one
//! left that broke off; the last that is whole stays.

mod error;
pub mod schedule;
mod store;

use romashka_db::backup::Recipients;
use romashka_db::environment::{self, Variable};
use romashka_db::settings::{Origin, Settings};
use secrecy::{ExposeSecret as _, SecretString};

pub use error::StoreError;
pub use store::{Remote, Store, is_address, one_of};

use crate::attachments::bucket::truth;
use crate::scheduled_reports::schedule::Schedule;
use crate::settings::SettingError;

/// The backups that the server makes.
#[derive(Clone, Debug)]
pub struct BackupSettings {
    /// When, in UTC.
    pub schedule: Schedule,
    /// A folder, or `s3://…`.
    pub to: String,
    /// Who can open them.
    pub recipients: Recipients,
    /// The connection they are made with, where it is another one.
    pub database: Option<SecretString>,
    /// Whether those that are old are removed.
    pub prune: bool,
}

impl BackupSettings {
    /// The settings of the environment; none without a schedule.
    pub fn resolve(
        read: &dyn Fn(&Variable) -> Option<String>,
    ) -> Result<Option<BackupSettings>, SettingError> {
        let wrong = |variable: &'static Variable, expected: &'static str| SettingError {
            variable: variable.name,
            expected,
        };
        let Some(text) = read(&environment::BACKUP_SCHEDULE) else {
            return Ok(None);
        };
        let schedule = Schedule::parse(text.trim()).map_err(|_| {
            wrong(
                &environment::BACKUP_SCHEDULE,
                "a cron expression of five fields, as `30 2 * * *`, at most every 15 minutes",
            )
        })?;
        let to = read(&environment::BACKUP_TO)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
            .ok_or_else(|| {
                wrong(
                    &environment::BACKUP_TO,
                    "set when ROMASHKA_BACKUP_SCHEDULE is",
                )
            })?;
        if is_address(&to) {
            Store::open(&to, read).map_err(|error| match error {
                StoreError::Setting(error) => error,
                _ => wrong(&environment::BACKUP_TO, "a folder or s3://bucket/prefix"),
            })?;
        }
        let recipients = read(&environment::BACKUP_RECIPIENTS).unwrap_or_default();
        let recipients = recipients
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let database = read(&environment::BACKUP_DATABASE_URL);
        if let Some(text) = &database {
            Settings::parse(text, Origin::Option, read)
                .map_err(|_| wrong(&environment::BACKUP_DATABASE_URL, "a connection"))?;
        }
        let prune = match read(&environment::BACKUP_PRUNE) {
            Some(text) => truth(&text, &environment::BACKUP_PRUNE)?,
            None => true,
        };
        Ok(Some(BackupSettings {
            schedule,
            to,
            prune,
            recipients: Recipients::parse(recipients).map_err(|_| {
                wrong(
                    &environment::BACKUP_RECIPIENTS,
                    "recipients of age, as age1…",
                )
            })?,
            database: database.map(SecretString::from),
        }))
    }

    /// The connection they are made with, when the server's own is this one.
    pub fn connection(&self, own: &Settings) -> Settings {
        self.database
            .as_ref()
            .and_then(|text| {
                Settings::parse(text.expose_secret(), Origin::Option, &Variable::read).ok()
            })
            .unwrap_or_else(|| own.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(values: &[(&str, &str)]) -> Result<Option<BackupSettings>, SettingError> {
        BackupSettings::resolve(&|variable| {
            let found = values.iter().find(|(name, _)| *name == variable.name)?;
            Some(found.1.to_owned())
        })
    }

    #[test]
    fn a_schedule_needs_a_place_that_can_be_used() {
        assert!(
            resolve(&[("ROMASHKA_BACKUP_TO", "/srv")])
                .expect("none")
                .is_none()
        );
        let schedule = ("ROMASHKA_BACKUP_SCHEDULE", "30 2 * * *");
        let found = resolve(&[schedule, ("ROMASHKA_BACKUP_TO", "/srv/backups")]);
        let found = found.expect("settings").expect("some");
        assert_eq!((found.to.as_str(), found.prune), ("/srv/backups", true));
        for (values, variable) in [
            (&[schedule][..], "ROMASHKA_BACKUP_TO"),
            (
                &[
                    ("ROMASHKA_BACKUP_SCHEDULE", "at night"),
                    ("ROMASHKA_BACKUP_TO", "/srv"),
                ],
                "ROMASHKA_BACKUP_SCHEDULE",
            ),
            (
                &[schedule, ("ROMASHKA_BACKUP_TO", "s3://UPPER CASE/x")],
                "ROMASHKA_BACKUP_TO",
            ),
            (
                &[schedule, ("ROMASHKA_BACKUP_TO", "s3://bucket/x")],
                "ROMASHKA_BACKUP_S3_ACCESS_KEY_ID",
            ),
            (
                &[
                    schedule,
                    ("ROMASHKA_BACKUP_TO", "/srv"),
                    ("ROMASHKA_BACKUP_RECIPIENTS", "age1nonsense"),
                ],
                "ROMASHKA_BACKUP_RECIPIENTS",
            ),
            (
                &[
                    schedule,
                    ("ROMASHKA_BACKUP_TO", "/srv"),
                    ("ROMASHKA_BACKUP_PRUNE", "no"),
                ],
                "ROMASHKA_BACKUP_PRUNE",
            ),
        ] {
            assert_eq!(resolve(values).expect_err(variable).variable, variable);
        }
        let with_keys = [
            schedule,
            ("ROMASHKA_BACKUP_TO", "s3://bucket/x"),
            ("ROMASHKA_S3_ACCESS_KEY_ID", "id"),
            ("ROMASHKA_S3_SECRET_ACCESS_KEY", "very secret"),
        ];
        let found = resolve(&with_keys).expect("the keys of the files' bucket");
        assert!(!format!("{found:?}").contains("very secret"));
    }
}
