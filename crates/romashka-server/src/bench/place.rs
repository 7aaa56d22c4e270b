//! Where is measured: a loaded database, who calls, and the channels that the jobs need.

use std::path::{Path, PathBuf};
use std::time::Duration;

use romashka_db::bench::{Loaded, used};
use romashka_db::connect::Connection;
use romashka_db::envelope::{Key, Keyring, Place as Sealed};
use romashka_db::settings::{Host, Settings, SslMode};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use uuid::Uuid;

use super::Failure;
use crate::authentication::api_key::ApiKey;

/// A loaded database with the keys of its installation.
pub struct Place {
    pub loaded: Loaded,
    pub program: PathBuf,
    key: Key,
    keys: Keyring,
}

impl Place {
    pub fn new(loaded: Loaded, program: &Path) -> Place {
        let key = Key::generate();
        // Read back, because a key is not copied.
        let copy = Key::parse(key.to_base64().expose_secret()).unwrap_or_else(|_| Key::generate());
        Place {
            loaded,
            program: program.to_owned(),
            key,
            keys: Keyring::new(copy, Vec::new()),
        }
    }

    /// What a process of the server is told.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![
            ("DATABASE_URL", address(&self.loaded.settings)),
            (
                "ROMASHKA_ENCRYPTION_KEY",
                self.key.to_base64().expose_secret().to_owned(),
            ),
            // Nobody is held back, and nothing is sent anywhere.
            ("ROMASHKA_RATE_LIMIT", "0".to_owned()),
            ("ROMASHKA_WHATSAPP_URL", "http://127.0.0.1:9".to_owned()),
            ("ROMASHKA_LOG", "error".to_owned()),
            // With the model it would make the vectors of the load's articles meanwhile, which is another load.
            ("ROMASHKA_MODEL_DIR", "/nonexistent".to_owned()),
        ];
        environment.extend(std::env::var("PATH").ok().map(|path| ("PATH", path)));
        environment
    }

    /// A new key of a program in this workspace.
    pub async fn key(&self, owner: &Connection, workspace: Uuid) -> Result<String, Failure> {
        let key = ApiKey::generate();
        owner
            .execute(
                "select public.create_api_key('of a benchmark', $1, $2, $3, array['*:write'], 'agent', null, $4)",
                &[&key.digest().to_vec(), &key.display_prefix(), &key.last_four(), &workspace],
            )
            .await
            .map_err(Failure::at("making a key"))?;
        Ok(key.expose().to_owned())
    }

    /// A channel with sealed credentials, and the token of its webhook's address.
    pub async fn channel(
        &self,
        owner: &Connection,
        kind: &str,
        configuration: &Value,
        credentials: &Value,
    ) -> Result<(Uuid, String), Failure> {
        let id = Uuid::new_v4();
        let workspace = self.loaded.workspace;
        let place = Sealed {
            table: "communication_channels",
            column: "api_credentials",
            workspace,
            row: id,
        };
        let sealed = self
            .keys
            .seal_json(place, credentials.to_string().as_bytes());
        owner
            .execute(
                "insert into public.communication_channels (id, workspace_id, name, type, configuration, api_credentials) values ($1, $2, $3, $4, $5, $6)",
                &[&id, &workspace, &format!("of a benchmark {id}"), &kind, configuration, &sealed],
            )
            .await
            .map_err(Failure::at("making a channel"))?;
        let token = owner
            .query_one(
                "select public.channel_token($1, false, $2)",
                &[&id, &workspace],
            )
            .await
            .map_err(Failure::at("making a channel's token"))?
            .get(0);
        Ok((id, token))
    }
}

/// The settings as a URL, which a process can be told.
fn address(settings: &Settings) -> String {
    let host = match &settings.host {
        Host::Tcp(name) => name.clone(),
        Host::Socket(folder) => folder.to_string_lossy().into_owned(),
    };
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs
        .append_pair("host", &host)
        .append_pair("port", &settings.port.to_string())
        .append_pair("user", &settings.user)
        .append_pair("sslmode", mode(settings.ssl_mode));
    if let Some(password) = &settings.password {
        pairs.append_pair("password", password.expose_secret());
    }
    if let Some(file) = &settings.ssl_root_certificate {
        pairs.append_pair("sslrootcert", &file.to_string_lossy());
    }
    if let Some(options) = &settings.options {
        pairs.append_pair("options", options);
    }
    // A form writes a blank as `+`, a URL of PostgreSQL as `%20`.
    let pairs = pairs.finish().replace('+', "%20");
    format!("postgresql:///{}?{pairs}", settings.database)
}

fn mode(mode: SslMode) -> &'static str {
    match mode {
        SslMode::Disable => "disable",
        SslMode::Prefer => "prefer",
        SslMode::Require => "require",
        SslMode::VerifyCa => "verify-ca",
        SslMode::VerifyFull => "verify-full",
    }
}

/// The processor time of the database's backends but this one's, in seconds.
pub async fn database_seconds(owner: &Connection) -> Result<Option<f64>, Failure> {
    let rows = owner
        .query(
            "select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()",
            &[],
        )
        .await
        .map_err(Failure::at("looking at the backends"))?;
    let backends: Vec<i32> = rows.iter().map(|row| row.get(0)).collect();
    Ok(used(&backends))
}

/// Waits until a count is at least so much, and says how long it took; `patience` without a change is too long.
pub async fn until(
    owner: &Connection,
    sql: &str,
    wanted: u64,
    patience: Duration,
    what: &'static str,
) -> Result<Duration, Failure> {
    let begun = std::time::Instant::now();
    let (mut last, mut changed) = (-1, begun);
    loop {
        let row = owner.query_one(sql, &[]).await.map_err(Failure::at(what))?;
        let count: i64 = row.get(0);
        if count >= i64::try_from(wanted).unwrap_or(i64::MAX) {
            return Ok(begun.elapsed());
        }
        if count != last {
            (last, changed) = (count, std::time::Instant::now());
        }
        if changed.elapsed() > patience {
            return Err(Failure::Slow(what));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A client of the server; nothing of what the machine is set to is between.
pub fn client() -> Result<reqwest::Client, Failure> {
    Ok(reqwest::Client::builder().no_proxy().build()?)
}
