//! Every environment variable that ROMASHKA reads, in one table.
//!
//! Invariant: no other file names an environment variable that is not listed in [`TABLE`]; the page
//! `docs/environment.md` and `romashka environment` are written from it, and a test compares them.

/// Where a variable matters; the order is that of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// How the database is reached.
    Connection,
    /// The private PostgreSQL that `romashka up` runs.
    PrivateServer,
    /// Encryption of stored credentials.
    Secrets,
    /// The HTTP server.
    Server,
    /// What is sent to providers and to subscribers of webhooks.
    Sending,
    /// Mail servers.
    Mail,
    /// Files that come with messages.
    Files,
    /// Backups by the server, and in a bucket.
    Backups,
    /// Answers from the knowledge.
    Knowledge,
    /// Signing in by a provider of OpenID Connect.
    SigningIn,
    /// Signing in with Supabase's users.
    Supabase,
    /// What the command prints.
    Output,
}

impl Topic {
    /// The heading above this topic's variables.
    pub fn heading(self) -> &'static str {
        match self {
            Topic::Connection => "Connection",
            Topic::PrivateServer => "Private server",
            Topic::Secrets => "Secrets",
            Topic::Server => "Server",
            Topic::Sending => "Sending",
            Topic::Mail => "Mail",
            Topic::Files => "Files",
            Topic::Backups => "Backups",
            Topic::Knowledge => "Knowledge",
            Topic::SigningIn => "Signing in",
            Topic::Supabase => "Supabase",
            Topic::Output => "Output",
        }
    }
}

/// One environment variable.
#[derive(Debug)]
pub struct Variable {
    /// Its name, as the shell knows it.
    pub name: &'static str,
    /// What it does, one sentence.
    pub purpose: &'static str,
    /// What applies when it is not set; empty where nothing does.
    pub default: &'static str,
    /// Whether its value must never be printed.
    pub secret: bool,
    /// Where it belongs.
    pub topic: Topic,
}

impl Variable {
    const fn new(
        topic: Topic,
        name: &'static str,
        default: &'static str,
        purpose: &'static str,
    ) -> Self {
        Variable {
            name,
            purpose,
            default,
            secret: false,
            topic,
        }
    }

    const fn secret(
        topic: Topic,
        name: &'static str,
        default: &'static str,
        purpose: &'static str,
    ) -> Self {
        Variable {
            name,
            purpose,
            default,
            secret: true,
            topic,
        }
    }

    /// The value that the process was started with; an empty one counts as not set.
    pub fn read(&self) -> Option<String> {
        std::env::var(self.name)
            .ok()
            .filter(|value| !value.is_empty())
    }
}

/// The whole connection in one URL.
pub static DATABASE_URL: Variable = Variable::secret(
    Topic::Connection,
    "DATABASE_URL",
    "the private server, when it runs",
    "The database, as `postgresql://user:password@host:port/name?sslmode=verify-full`; Supabase's connection string works as it is.",
);
/// Host name, address, or the folder of a Unix socket.
pub static DB_HOST: Variable = Variable::new(
    Topic::Connection,
    "DB_HOST",
    "",
    "Host name, address, or folder of the Unix socket; read when `DATABASE_URL` is not set.",
);
/// TCP port, or the number in the socket's file name.
pub static DB_PORT: Variable = Variable::new(
    Topic::Connection,
    "DB_PORT",
    "5432",
    "Port of the server, beside `DB_HOST`.",
);
/// Name of the database.
pub static DB_NAME: Variable = Variable::new(
    Topic::Connection,
    "DB_NAME",
    "romashka",
    "Name of the database, beside `DB_HOST`.",
);
/// Login role.
pub static DB_USER: Variable = Variable::new(
    Topic::Connection,
    "DB_USER",
    "postgres",
    "Login role, beside `DB_HOST`.",
);
/// The login role's password.
pub static DB_PASSWORD: Variable = Variable::secret(
    Topic::Connection,
    "DB_PASSWORD",
    "",
    "Password of the login role, beside `DB_HOST`.",
);
/// How TLS is used when the URL does not say.
pub static DB_SSLMODE: Variable = Variable::new(
    Topic::Connection,
    "DB_SSLMODE",
    "`verify-full` for another machine, `disable` for a Unix socket, `prefer` for this machine",
    "`disable`, `prefer`, `require`, `verify-ca` or `verify-full`; the URL's `sslmode` wins.",
);
/// Certificate authorities to trust instead of the system's.
pub static DB_SSLROOTCERT: Variable = Variable::new(
    Topic::Connection,
    "DB_SSLROOTCERT",
    "the system's certificate store",
    "File with the certificate authorities (PEM) to trust; the URL's `sslrootcert` wins.",
);
/// How many connections the pool may open.
pub static POOL_SIZE: Variable = Variable::new(
    Topic::Connection,
    "ROMASHKA_POOL_SIZE",
    "10",
    "Most connections that one process opens to the database.",
);
/// A server on which a database to compare with may be made.
pub static SHADOW_URL: Variable = Variable::secret(
    Topic::Connection,
    "ROMASHKA_SHADOW_URL",
    "the database's own server",
    "A server of the same major version where `verify` may create a database to compare with, when the login role of `DATABASE_URL` may not.",
);
/// Folder of the private server and of the key file.
pub static DATA_DIR: Variable = Variable::new(
    Topic::PrivateServer,
    "ROMASHKA_DATA_DIR",
    "`/var/lib/romashka` for root, else `${XDG_DATA_HOME:-~/.local/share}/romashka`",
    "Folder for the private PostgreSQL and the key file.",
);
/// Base of the users' data folders.
pub static XDG_DATA_HOME: Variable = Variable::new(
    Topic::PrivateServer,
    "XDG_DATA_HOME",
    "`~/.local/share`",
    "Where this user's programs keep their data, as on every Linux desktop.",
);
/// The user's home.
pub static HOME: Variable = Variable::new(
    Topic::PrivateServer,
    "HOME",
    "",
    "The user's home folder; the data folder lies in it unless another is named.",
);
/// Base of what lives as long as a login session.
pub static XDG_RUNTIME_DIR: Variable = Variable::new(
    Topic::PrivateServer,
    "XDG_RUNTIME_DIR",
    "`/tmp`",
    "Where the socket of the private server goes when the data folder's own path is too long for one.",
);
/// Folder with `initdb` and `postgres`.
pub static PG_BIN: Variable = Variable::new(
    Topic::PrivateServer,
    "ROMASHKA_PG_BIN",
    "the newest PostgreSQL found on this machine",
    "Folder that holds `initdb` and `postgres` for the private server.",
);
/// Key of the stored credentials.
pub static ENCRYPTION_KEY: Variable = Variable::secret(
    Topic::Secrets,
    "ROMASHKA_ENCRYPTION_KEY",
    "the file `encryption.key` in the data folder, made on first use",
    "Key of stored credentials: 32 bytes in base64 (`romashka keys generate`); further keys behind a comma open what they encrypted.",
);
/// Address and port of the server.
pub static LISTEN: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_LISTEN",
    "127.0.0.1:3000",
    "Address and port that `serve` and `up` listen on.",
);
/// The address people use.
pub static PUBLIC_URL: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_PUBLIC_URL",
    "`http://` and the address of `ROMASHKA_LISTEN`",
    "The address people use, as `https://support.example.com`: links in mails are made from it, requests of pages are compared with it, and with `https` cookies are `Secure`.",
);
/// Networks whose X-Forwarded-For is believed.
pub static TRUSTED_PROXIES: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_TRUSTED_PROXIES",
    "",
    "Networks of your own reverse proxies (`10.0.0.0/8,::1`); of a request through them the last address in `X-Forwarded-For` that is none of them is the caller.",
);
/// Origins that may call the API from a browser.
pub static CORS_ORIGINS: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_CORS_ORIGINS",
    "none",
    "Origins of other sites whose pages may call the API with a key or token (`https://app.example.com,…`); cookies are never accepted from them.",
);
/// Most bytes in a body.
pub static BODY_LIMIT: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_BODY_LIMIT",
    "1048576",
    "Most bytes in the body of a request; uploads have limits of their own.",
);
/// Seconds a request may take.
pub static REQUEST_TIMEOUT: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_REQUEST_TIMEOUT",
    "30",
    "Seconds that a request may take; a statement of the database gets nine tenths of it.",
);
/// Seconds for the headers.
pub static HEADER_TIMEOUT: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_HEADER_TIMEOUT",
    "10",
    "Seconds within which the headers of a request must have arrived, and its body within the time for the whole.",
);
/// Most connections at a time.
pub static MAX_CONNECTIONS: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_MAX_CONNECTIONS",
    "20000",
    "Most connections at a time; further ones wait to be accepted.",
);
/// Seconds to drain.
pub static SHUTDOWN_TIMEOUT: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_SHUTDOWN_TIMEOUT",
    "25",
    "Seconds that requests at work are given when the server stops.",
);
/// Where the WhatsApp Cloud API is.
pub static WHATSAPP_URL: Variable = Variable::new(
    Topic::Sending,
    "ROMASHKA_WHATSAPP_URL",
    "https://graph.facebook.com",
    "Address of the WhatsApp Cloud API, for a gateway of your own before it. It is given the channels' tokens.",
);
/// In place of Amazon SNS.
pub static SNS_URL: Variable = Variable::new(
    Topic::Sending,
    "ROMASHKA_SNS_URL",
    "the addresses of Amazon SNS",
    "Where certificates and confirmations of Amazon SNS are asked for instead, for a network whose way to Amazon is a proxy of your own.",
);
/// Where Twilio's API is.
pub static TWILIO_URL: Variable = Variable::new(
    Topic::Sending,
    "ROMASHKA_TWILIO_URL",
    "https://api.twilio.com",
    "Address of Twilio's API, for another region or a gateway of your own before it. It is given the channels' credentials.",
);
/// Networks of receivers in-house.
pub static WEBHOOK_NETWORKS: Variable = Variable::new(
    Topic::Sending,
    "ROMASHKA_WEBHOOK_NETWORKS",
    "",
    "Private networks that webhooks may be sent to all the same, with commas: 10.1.2.0/24.",
);
/// Ports of receivers.
pub static WEBHOOK_PORTS: Variable = Variable::new(
    Topic::Sending,
    "ROMASHKA_WEBHOOK_PORTS",
    "443,8443",
    "Ports that webhooks may be sent to, with commas.",
);
/// Receivers without TLS.
pub static WEBHOOK_HTTP: Variable = Variable::new(
    Topic::Sending,
    "ROMASHKA_WEBHOOK_HTTP",
    "false",
    "Whether webhooks may be sent to http:// addresses, for development: true or false.",
);
/// Idle limit of a session.
pub static SESSION_IDLE: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_SESSION_IDLE",
    "28800",
    "Seconds without use after which a person has to sign in again.",
);
/// Absolute limit of a session.
pub static SESSION_LIFETIME: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_SESSION_LIFETIME",
    "604800",
    "Seconds after which a person has to sign in again in any case.",
);
/// Requests a minute of one caller.
pub static RATE_LIMIT: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_RATE_LIMIT",
    "600",
    "Requests a minute of one person or key that one process serves; a sixth of it at once. 0 sets no limit.",
);
/// Most open streams of a process.
pub static MAX_STREAMS: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_MAX_STREAMS",
    "15000",
    "Most streams of events and live connections that one process keeps open; a further one is told to come back.",
);
/// Most open streams of a caller.
pub static STREAMS_PER_CALLER: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_STREAMS_PER_CALLER",
    "20",
    "Most streams of events and live connections of one person or key in one process.",
);
/// Seconds a stream waits for its reader.
pub static STREAM_PATIENCE: Variable = Variable::new(
    Topic::Server,
    "ROMASHKA_STREAM_PATIENCE",
    "30",
    "Seconds after which the connection of a reader who takes nothing of what waits for him is cut off; he resumes when he is back.",
);
/// The mail server of the installation.
pub static SMTP_HOST: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_SMTP_HOST",
    "none: such mails wait",
    "Mail server for invitations, password resets and notices.",
);
/// Its port.
pub static SMTP_PORT: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_SMTP_PORT",
    "465 for `tls`, 587 for `starttls`, 25 for `none`",
    "Port of `ROMASHKA_SMTP_HOST`.",
);
/// How it is encrypted.
pub static SMTP_SECURITY: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_SMTP_SECURITY",
    "`tls`",
    "`tls` (from the first byte), `starttls` (a server that does not offer it is refused) or `none`, which is for this machine and `ROMASHKA_MAIL_NETWORKS` only.",
);
/// Who signs in there.
pub static SMTP_USER: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_SMTP_USER",
    "nobody signs in",
    "User name at `ROMASHKA_SMTP_HOST`.",
);
/// The password.
pub static SMTP_PASSWORD: Variable = Variable::secret(
    Topic::Mail,
    "ROMASHKA_SMTP_PASSWORD",
    "",
    "Password of `ROMASHKA_SMTP_USER`.",
);
/// The sender of the installation's mails.
pub static MAIL_FROM: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_MAIL_FROM",
    "`ROMASHKA_SMTP_USER`, where it is an address",
    "Sender of the installation's own mails, as `Support <support@example.com>`.",
);
/// Networks of mail servers in-house.
pub static MAIL_NETWORKS: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_MAIL_NETWORKS",
    "none",
    "Networks that are not public where channels' mail servers may be (`10.0.0.0/8,127.0.0.0/8`), with or without encryption.",
);
/// Where SMTP is spoken.
pub static INTAKE_SMTP: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_INTAKE_SMTP",
    "nothing listens",
    "Address and port where `serve` takes mails for its channels by SMTP (`127.0.0.1:2525`, `0.0.0.0:25`); beyond this machine only with a certificate.",
);
/// Where LMTP is spoken.
pub static INTAKE_LMTP: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_INTAKE_LMTP",
    "nothing listens",
    "The same by LMTP, for a mail server of your own that hands mails over.",
);
/// Our name there.
pub static INTAKE_NAME: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_INTAKE_NAME",
    "the host of `ROMASHKA_PUBLIC_URL`",
    "The name by which the intake greets: that of the MX record.",
);
/// Its certificate.
pub static INTAKE_CERTIFICATE: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_INTAKE_CERTIFICATE",
    "STARTTLS is not offered",
    "File with the certificate chain (PEM) of the intake; read anew for each connection.",
);
/// Its key.
pub static INTAKE_KEY: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_INTAKE_KEY",
    "",
    "File with the key (PEM) of that certificate.",
);
/// Largest mail.
pub static INTAKE_SIZE: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_INTAKE_SIZE",
    "52428800",
    "Bytes of the largest mail that the intake takes, 65536 to 104857600.",
);
/// Authorities of mail servers.
pub static MAIL_AUTHORITIES: Variable = Variable::new(
    Topic::Mail,
    "ROMASHKA_MAIL_AUTHORITIES",
    "the system's certificate store alone",
    "File with further certificate authorities (PEM) to trust for mail servers.",
);
/// The bucket of files.
pub static S3_BUCKET: Variable = Variable::new(
    Topic::Files,
    "ROMASHKA_S3_BUCKET",
    "none: files are kept in the data folder",
    "Bucket of an S3-compatible storage where files of messages are kept, so that processes on several machines see the same ones.",
);
/// Where it is.
pub static S3_ENDPOINT: Variable = Variable::new(
    Topic::Files,
    "ROMASHKA_S3_ENDPOINT",
    "Amazon's of the region",
    "Address of the storage, as `https://s3.eu-central-1.amazonaws.com` or `http://127.0.0.1:9000`.",
);
/// Its region.
pub static S3_REGION: Variable = Variable::new(
    Topic::Files,
    "ROMASHKA_S3_REGION",
    "us-east-1",
    "Region of the bucket.",
);
/// Its keys are below this.
pub static S3_PREFIX: Variable = Variable::new(
    Topic::Files,
    "ROMASHKA_S3_PREFIX",
    "",
    "What the keys of the files begin with, for a bucket that is shared with others, as `romashka`.",
);
/// How it is addressed.
pub static S3_PATH_STYLE: Variable = Variable::new(
    Topic::Files,
    "ROMASHKA_S3_PATH_STYLE",
    "true",
    "Whether the bucket is in the path of an address (`true`) or in its host name (`false`).",
);
/// Who we are to it.
pub static S3_ACCESS_KEY_ID: Variable = Variable::new(
    Topic::Files,
    "ROMASHKA_S3_ACCESS_KEY_ID",
    "",
    "The id of the access key, which may read, write and remove objects of the bucket.",
);
/// How we prove it.
pub static S3_SECRET_ACCESS_KEY: Variable = Variable::secret(
    Topic::Files,
    "ROMASHKA_S3_SECRET_ACCESS_KEY",
    "",
    "The access key.",
);
/// When the server backs up.
pub static BACKUP_SCHEDULE: Variable = Variable::new(
    Topic::Backups,
    "ROMASHKA_BACKUP_SCHEDULE",
    "`serve` makes no backups",
    "When `serve` makes a backup, as a cron expression in UTC (`30 2 * * *`): one process of those that are given it, once.",
);
/// Where to.
pub static BACKUP_TO: Variable = Variable::new(
    Topic::Backups,
    "ROMASHKA_BACKUP_TO",
    "",
    "Where these backups go: a folder (`/srv/backups`) or a bucket (`s3://bucket/prefix`). Those older than the setting `backup_retention_days` are removed there.",
);
/// Whether old ones go.
pub static BACKUP_PRUNE: Variable = Variable::new(
    Topic::Backups,
    "ROMASHKA_BACKUP_PRUNE",
    "true",
    "Whether the server removes old backups (`true`) or leaves all of them (`false`): for a key that may add and list, and nothing else.",
);
/// Who can open them.
pub static BACKUP_RECIPIENTS: Variable = Variable::new(
    Topic::Backups,
    "ROMASHKA_BACKUP_RECIPIENTS",
    "none: they are not encrypted",
    "Recipients of age that these backups are encrypted for, with commas (`age1…`).",
);
/// Who reads everything.
pub static BACKUP_DATABASE_URL: Variable = Variable::secret(
    Topic::Backups,
    "ROMASHKA_BACKUP_DATABASE_URL",
    "the connection of `serve`",
    "The connection these backups are made with: a role that sees every row, which the server's own need not be.",
);
/// The storage of backups.
pub static BACKUP_S3_ENDPOINT: Variable = Variable::new(
    Topic::Backups,
    "ROMASHKA_BACKUP_S3_ENDPOINT",
    "`ROMASHKA_S3_ENDPOINT`, else Amazon's of the region",
    "Address of the storage of `s3://…`.",
);
/// Its region.
pub static BACKUP_S3_REGION: Variable = Variable::new(
    Topic::Backups,
    "ROMASHKA_BACKUP_S3_REGION",
    "`ROMASHKA_S3_REGION`, else us-east-1",
    "Region of its bucket.",
);
/// How it is addressed.
pub static BACKUP_S3_PATH_STYLE: Variable = Variable::new(
    Topic::Backups,
    "ROMASHKA_BACKUP_S3_PATH_STYLE",
    "`ROMASHKA_S3_PATH_STYLE`, else true",
    "Whether its bucket is in the path of an address (`true`) or in its host name (`false`).",
);
/// Who we are to it.
pub static BACKUP_S3_ACCESS_KEY_ID: Variable = Variable::new(
    Topic::Backups,
    "ROMASHKA_BACKUP_S3_ACCESS_KEY_ID",
    "`ROMASHKA_S3_ACCESS_KEY_ID`",
    "The id of the access key for backups: better one that the bucket lets add and list, and not remove before its time.",
);
/// How we prove it.
pub static BACKUP_S3_SECRET_ACCESS_KEY: Variable = Variable::secret(
    Topic::Backups,
    "ROMASHKA_BACKUP_S3_SECRET_ACCESS_KEY",
    "`ROMASHKA_S3_SECRET_ACCESS_KEY`",
    "That access key.",
);
/// What compares meanings.
pub static MODEL_DIR: Variable = Variable::new(
    Topic::Knowledge,
    "ROMASHKA_MODEL_DIR",
    "`models/all-minilm-l6-v2` in the data folder, or beside the folder of the program",
    "Folder of the embedding model, as `make model` or `scripts/model FOLDER` fetches it. Without it articles are found by their words alone.",
);
/// Networks of websites in-house.
pub static SCAN_NETWORKS: Variable = Variable::new(
    Topic::Knowledge,
    "ROMASHKA_SCAN_NETWORKS",
    "",
    "Private networks whose websites may be scanned all the same, with commas: 10.1.2.0/24.",
);
/// Ports of websites.
pub static SCAN_PORTS: Variable = Variable::new(
    Topic::Knowledge,
    "ROMASHKA_SCAN_PORTS",
    "80,443,8080,8443",
    "Ports at which websites may be scanned, with commas.",
);
/// The provider of the sign-in.
pub static OIDC_ISSUER: Variable = Variable::new(
    Topic::SigningIn,
    "ROMASHKA_OIDC_ISSUER",
    "none: people sign in by address and password",
    "A provider of OpenID Connect by which people can sign in, exactly as it names itself (`https://login.example.com/realms/staff`). `http://` is accepted on this machine only.",
);
/// Who we are to it.
pub static OIDC_CLIENT_ID: Variable = Variable::new(
    Topic::SigningIn,
    "ROMASHKA_OIDC_CLIENT_ID",
    "",
    "The client that is registered there, with the redirect address `ROMASHKA_PUBLIC_URL` + `/api/v1/auth/oidc/callback`.",
);
/// How we prove it.
pub static OIDC_CLIENT_SECRET: Variable = Variable::secret(
    Topic::SigningIn,
    "ROMASHKA_OIDC_CLIENT_SECRET",
    "a public client, which proves itself by PKCE alone",
    "The client's secret.",
);
/// What people call it.
pub static OIDC_NAME: Variable = Variable::new(
    Topic::SigningIn,
    "ROMASHKA_OIDC_NAME",
    "the issuer's host",
    "What the provider is called where people sign in.",
);
/// Whose addresses it knows.
pub static OIDC_DOMAINS: Variable = Variable::new(
    Topic::SigningIn,
    "ROMASHKA_OIDC_DOMAINS",
    "all: every address that the provider calls verified",
    "Domains of mail (`example.com,example.org`) whose addresses the provider is believed; others neither join an account nor make one.",
);
/// Whether it makes accounts.
pub static OIDC_SIGN_UP: Variable = Variable::new(
    Topic::SigningIn,
    "ROMASHKA_OIDC_SIGN_UP",
    "false",
    "Whether a person whom nobody invited gets an account, which is in no workspace until somebody adds him: true or false.",
);
/// The Supabase project.
pub static SUPABASE_URL: Variable = Variable::new(
    Topic::Supabase,
    "SUPABASE_URL",
    "",
    "The project, as `https://ref.supabase.co`: its people can use the API with the tokens Supabase gives them, checked with the keys the project publishes.",
);
/// The public key of a Supabase project.
pub static SUPABASE_ANON_KEY: Variable = Variable::secret(
    Topic::Supabase,
    "SUPABASE_ANON_KEY",
    "",
    "The public key of a Supabase project, which a browser sends beside the token of its user.",
);
/// The secret key of a Supabase project.
pub static SUPABASE_SERVICE_ROLE_KEY: Variable = Variable::secret(
    Topic::Supabase,
    "SUPABASE_SERVICE_ROLE_KEY",
    "",
    "The secret key of a Supabase project: who sends it to the API acts as the service, in the workspace the request names.",
);
/// The secret of HS256 tokens.
pub static SUPABASE_JWT_SECRET: Variable = Variable::secret(
    Topic::Supabase,
    "SUPABASE_JWT_SECRET",
    "",
    "The secret that tokens of an older Supabase project, or of PostgREST, are signed with (HS256): at least 32 bytes.",
);
/// Which spans and events are logged.
pub static LOG: Variable = Variable::new(
    Topic::Output,
    "ROMASHKA_LOG",
    "warn",
    "What is logged to standard error, as `info` or `romashka_db=debug`.",
);
/// Any value turns colours off.
pub static NO_COLOR: Variable = Variable::new(
    Topic::Output,
    "NO_COLOR",
    "",
    "Any value turns colours off; they are off anyway where the output is not a terminal.",
);

/// All of them, in the order of the documentation.
pub static TABLE: &[&Variable] = &[
    &DATABASE_URL,
    &DB_HOST,
    &DB_PORT,
    &DB_NAME,
    &DB_USER,
    &DB_PASSWORD,
    &DB_SSLMODE,
    &DB_SSLROOTCERT,
    &POOL_SIZE,
    &SHADOW_URL,
    &DATA_DIR,
    &XDG_DATA_HOME,
    &HOME,
    &XDG_RUNTIME_DIR,
    &PG_BIN,
    &ENCRYPTION_KEY,
    &LISTEN,
    &PUBLIC_URL,
    &TRUSTED_PROXIES,
    &CORS_ORIGINS,
    &BODY_LIMIT,
    &REQUEST_TIMEOUT,
    &HEADER_TIMEOUT,
    &MAX_CONNECTIONS,
    &SHUTDOWN_TIMEOUT,
    &SESSION_IDLE,
    &SESSION_LIFETIME,
    &RATE_LIMIT,
    &MAX_STREAMS,
    &STREAMS_PER_CALLER,
    &STREAM_PATIENCE,
    &WHATSAPP_URL,
    &TWILIO_URL,
    &SNS_URL,
    &WEBHOOK_NETWORKS,
    &WEBHOOK_PORTS,
    &WEBHOOK_HTTP,
    &SMTP_HOST,
    &SMTP_PORT,
    &SMTP_SECURITY,
    &SMTP_USER,
    &SMTP_PASSWORD,
    &MAIL_FROM,
    &MAIL_NETWORKS,
    &INTAKE_SMTP,
    &INTAKE_LMTP,
    &INTAKE_NAME,
    &INTAKE_CERTIFICATE,
    &INTAKE_KEY,
    &INTAKE_SIZE,
    &MAIL_AUTHORITIES,
    &S3_BUCKET,
    &S3_ENDPOINT,
    &S3_REGION,
    &S3_PREFIX,
    &S3_PATH_STYLE,
    &S3_ACCESS_KEY_ID,
    &S3_SECRET_ACCESS_KEY,
    &BACKUP_SCHEDULE,
    &BACKUP_TO,
    &BACKUP_PRUNE,
    &BACKUP_RECIPIENTS,
    &BACKUP_DATABASE_URL,
    &BACKUP_S3_ENDPOINT,
    &BACKUP_S3_REGION,
    &BACKUP_S3_PATH_STYLE,
    &BACKUP_S3_ACCESS_KEY_ID,
    &BACKUP_S3_SECRET_ACCESS_KEY,
    &MODEL_DIR,
    &SCAN_NETWORKS,
    &SCAN_PORTS,
    &OIDC_ISSUER,
    &OIDC_CLIENT_ID,
    &OIDC_CLIENT_SECRET,
    &OIDC_NAME,
    &OIDC_DOMAINS,
    &OIDC_SIGN_UP,
    &SUPABASE_URL,
    &SUPABASE_ANON_KEY,
    &SUPABASE_SERVICE_ROLE_KEY,
    &SUPABASE_JWT_SECRET,
    &LOG,
    &NO_COLOR,
];

/// The page `docs/environment.md`.
pub fn as_markdown() -> String {
    let mut page = String::from(
        "# Environment variables\n\n\
         Written from `crates/romashka-db/src/environment.rs` by `romashka docs`; edit the table there.\n\n\
         A file `.env` in the current folder is read first; what the process was started with wins over it.\n\
         An empty value counts as not set. A command-line option wins over its variable.\n",
    );
    let mut topic = None;
    for variable in TABLE {
        if topic != Some(variable.topic) {
            topic = Some(variable.topic);
            page.push_str(&format!(
                "\n## {}\n\n| Variable | Default | Meaning |\n|---|---|---|\n",
                variable.topic.heading()
            ));
        }
        let secret = if variable.secret { " Secret." } else { "" };
        page.push_str(&format!(
            "| `{}` | {} | {}{secret} |\n",
            variable.name, variable.default, variable.purpose
        ));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_once_and_by_topic() {
        let mut names: Vec<_> = TABLE.iter().map(|variable| variable.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
        let mut topics: Vec<_> = TABLE.iter().map(|variable| variable.topic).collect();
        topics.dedup();
        assert_eq!(topics.len(), 12, "each topic's variables stand together");
    }
}
