//! The recommendations that this server does not follow, ready to be carried out or written into a file.
//!
//! Invariant: the same rules as the doctor's; what may be changed and how is what the doctor says about the same setting.

use std::fmt::Write;

use serde::Serialize;
use tokio_postgres::Client;

use super::recommendations::recommend;
use super::survey::Survey;
use super::{DoctorError, Platform, Resources, Severity, settings};

/// A setting that should have another value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// Its name.
    pub setting: &'static str,
    /// What it is now, for people.
    pub current: String,
    /// What it should be, as it is written in a configuration file, in quotes.
    pub value: String,
    /// How much it matters.
    pub severity: Severity,
    /// Why.
    pub reason: &'static str,
    /// The statement that changes it; none where no statement can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// What to do besides the statement, or instead of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Whether it is in force only after the server was started anew.
    pub needs_restart: bool,
}

/// What should be changed on a server.
#[derive(Clone, Debug, Serialize)]
pub struct Tuning {
    /// The database, without secrets.
    pub target: String,
    /// The server's version.
    pub server_version: String,
    /// Who runs it.
    pub platform: Platform,
    /// Whether the role is a superuser.
    pub is_superuser: bool,
    /// The machine the values are for.
    pub resources: Resources,
    /// What to change, in the order of the file.
    pub suggestions: Vec<Suggestion>,
    /// How many recommendations the server follows already.
    pub followed: usize,
}

/// How a change went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The setting.
    pub setting: &'static str,
    /// Whether it was changed.
    pub done: bool,
    /// Why not, or what is to be done besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

impl Tuning {
    /// Compares a server with what is recommended for its machine. `given` is what the user says about the machine; `is_local`
    /// that the server may be on this one.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn of(
        client: &Client,
        target: String,
        is_local: bool,
        given: (Option<u64>, Option<u32>),
    ) -> Result<Tuning, DoctorError> {
        let survey =
            Survey::of(client, is_local, given, std::time::Duration::from_secs(300)).await?;
        let recommendations = recommend(&survey.resources, &survey.traits());
        let suggestions: Vec<Suggestion> = recommendations
            .iter()
            .filter_map(|recommendation| settings::suggestion(&survey, recommendation))
            .collect();
        Ok(Tuning {
            target,
            server_version: survey.server.version.clone(),
            platform: survey.platform,
            is_superuser: survey.is_superuser,
            resources: survey.resources,
            followed: recommendations.len() - suggestions.len(),
            suggestions,
        })
    }

    /// A fragment for the server's folder of configuration files.
    pub fn file(&self) -> String {
        let mut text = format!("{FIRST_LINE}, PostgreSQL {}\n", self.server_version);
        text.push_str(
            "# Include it at the end of postgresql.conf: include_if_exists = 'romashka.conf'\n",
        );
        for suggestion in &self.suggestions {
            let restart = if suggestion.needs_restart {
                "; in force after a restart"
            } else {
                ""
            };
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n# {}.\n# It was {}{restart}.\n{} = {}\n",
                suggestion.reason, suggestion.current, suggestion.setting, suggestion.value
            );
        }
        text
    }

    /// Carries the statements out that this role may. Each stands by itself; the server reads its files once, at the end.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn apply(&self, client: &Client) -> Result<Vec<Applied>, DoctorError> {
        let mut applied = Vec::with_capacity(self.suggestions.len());
        let mut is_reload_due = false;
        for suggestion in &self.suggestions {
            let Some(statement) = &suggestion.statement else {
                applied.push(Applied {
                    setting: suggestion.setting,
                    done: false,
                    remark: suggestion.advice.clone(),
                });
                continue;
            };
            // `alter system` stands alone: several statements at once would be a transaction.
            let alone = statement
                .strip_suffix(RELOAD)
                .unwrap_or(statement)
                .trim_end();
            let (done, remark) = match client.batch_execute(alone).await {
                Ok(()) => {
                    is_reload_due |= alone.starts_with("alter system");
                    (
                        true,
                        suggestion
                            .needs_restart
                            .then(|| "in force after a restart of the server".to_owned())
                            .or_else(|| suggestion.advice.clone()),
                    )
                }
                Err(error) => match error.as_db_error() {
                    Some(said) => (
                        false,
                        Some(match &suggestion.advice {
                            Some(advice) => format!("{}; {advice}", said.message()),
                            None => said.message().to_owned(),
                        }),
                    ),
                    None => return Err(DoctorError::Lost(error.to_string())),
                },
            };
            applied.push(Applied {
                setting: suggestion.setting,
                done,
                remark,
            });
        }
        if is_reload_due {
            client
                .batch_execute("select pg_catalog.pg_reload_conf()")
                .await?;
        }
        Ok(applied)
    }
}

const RELOAD: &str = "select pg_reload_conf();";

/// How a file of ours begins: such a one may be written anew.
pub const FIRST_LINE: &str = "# Written by romashka tune";
