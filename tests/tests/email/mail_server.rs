//! A mail server of the tests: Postfix and Dovecot of the system's packages, in a folder of their own, on loopback ports.
//!
//! Invariant: the servers are stopped, and the folder removed, when the process that started them is gone, however it went: a
//! watchdog process holds the reading end of a pipe and acts at its end of file.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use romashka_channels::email::outgoing::RenderedMail;
use romashka_server::mail::settings::{MailRules, MailServer as Place, Security};
use romashka_server::mail::smtp;

/// The password of every mailbox.
pub const PASSWORD: &str = "password-of-a-test";

/// The servers.
pub struct MailServer {
    /// Its folder.
    pub folder: PathBuf,
    pub smtp: u16,
    pub smtps: u16,
    pub imap: u16,
    pub imaps: u16,
    /// Where mails for `lmtp.example` and `smtp.example` are handed over.
    pub intake: [u16; 2],
    _watchdog: (Child, Option<ChildStdin>),
}

const WATCHDOG: &str = r#"
trap '' INT TERM HUP
read -r _
for file in "$1/run/master.pid" "$1/queue/pid/master.pid"; do
  server=$(tr -d ' ' <"$file" 2>/dev/null) && kill "$server" 2>/dev/null
  tries=0
  while [ -n "$server" ] && kill -0 "$server" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  [ -z "$server" ] || kill -9 "$server" 2>/dev/null
done
rm -rf "$1"
"#;

/// Past the harness, which keeps what a passing test says for itself.
fn say_aloud(words: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{words}\n").as_bytes());
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

fn id_of(file: &str, name: &str) -> u32 {
    let text = fs::read_to_string(file).expect("the users of this machine");
    text.lines()
        .find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then(|| fields.nth(1))?
        })
        .and_then(|id| id.parse().ok())
        .unwrap_or_else(|| {
            panic!("there is no {name} in {file}: scripts/bootstrap test installs it")
        })
}

impl MailServer {
    /// The servers of this test process; none where they cannot run: Postfix wants to be started by root. On Debian, where
    /// they can be installed, that is a failure and no reason to pass.
    ///
    /// # Panics
    /// On Debian, unless `ROMASHKA_TEST_WITHOUT_MAIL` is `1`.
    pub fn shared() -> Option<&'static MailServer> {
        static SHARED: OnceLock<Option<MailServer>> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                let needed = ["/usr/sbin/postfix", "/usr/sbin/dovecot", "/usr/lib/dovecot/lmtp"];
                let reason = if !rustix::process::geteuid().is_root() {
                    Some("Postfix is started by root alone".to_owned())
                } else {
                    needed
                        .iter()
                        .find(|program| !Path::new(program).exists())
                        .map(|missing| format!("there is no {missing} (scripts/bootstrap test installs it on Debian)"))
                };
                let Some(reason) = reason else {
                    return Some(MailServer::start());
                };
                let is_meant = std::env::var("ROMASHKA_TEST_WITHOUT_MAIL").as_deref() == Ok("1");
                assert!(
                    is_meant || !Path::new("/etc/debian_version").exists(),
                    "the tests of mail servers cannot run: {reason}. ROMASHKA_TEST_WITHOUT_MAIL=1 leaves them out."
                );
                say_aloud(&format!("not run: {reason}"));
                None
            })
            .as_ref()
    }

    fn start() -> MailServer {
        let folder = tempfile::Builder::new()
            .prefix("romashka-m")
            .tempdir_in("/tmp")
            .expect("a folder")
            .keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("its rights");
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "romashka-test-mail-watchdog"])
            .arg(&folder)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("/bin/sh");
        let line = watchdog.stdin.take();
        let [smtp, smtps, imap, imaps, lmtp, sasl, elsewhere] =
            std::array::from_fn(|_| free_port());
        let intake = [free_port(), free_port()];
        certificate(&folder);
        let introspection = crate::token_server::introspection();
        dovecot(&folder, [imap, imaps, lmtp, sasl], introspection);
        postfix(&folder, [smtp, smtps, lmtp, sasl, elsewhere], intake);
        for port in [smtp, smtps, imap, imaps, lmtp, sasl, elsewhere] {
            wait_for(port, &folder);
        }
        MailServer {
            folder,
            smtp,
            smtps,
            imap,
            imaps,
            intake,
            _watchdog: (watchdog, line),
        }
    }

    /// The certificate that both servers show, which is its own authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    /// The folder of somebody's mails.
    pub fn maildir(&self, address: &str) -> PathBuf {
        self.folder.join("mail").join(address).join("Maildir")
    }

    /// The mails in somebody's mailbox, as they are.
    pub fn mails(&self, address: &str) -> Vec<String> {
        let mut mails = Vec::new();
        for folder in ["new", "cur"] {
            let entries = fs::read_dir(self.maildir(address).join(folder));
            for entry in entries.into_iter().flatten().flatten() {
                if let Ok(bytes) = fs::read(entry.path()) {
                    mails.push(String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        mails
    }

    /// Waits until somebody has so many mails.
    pub async fn wait_for_mails(&self, address: &str, count: usize) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let mails = self.mails(address);
            if mails.len() >= count {
                assert_eq!(mails.len(), count, "{mails:?}");
                return mails;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{address} has {} mails: {}",
                mails.len(),
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Hands a mail over, as another mail server does.
    pub async fn deliver(&self, from: &str, to: &str, bytes: &[u8]) {
        let server = Place {
            host: "127.0.0.1".to_owned(),
            port: self.smtp,
            security: Security::None,
        };
        let mail = RenderedMail {
            message_id: "of-a-test@customer.example".to_owned(),
            envelope_from: Some(from.to_owned()),
            recipients: vec![to.to_owned()],
            bytes: bytes.to_vec(),
        };
        let rules = MailRules::default();
        if let Err(error) = smtp::send_own(&server, &rules, None, &mail).await {
            panic!("not delivered: {error:?} {}", self.log());
        }
    }

    /// What the servers have to say.
    pub fn log(&self) -> String {
        log(&self.folder)
    }
}

fn log(folder: &Path) -> String {
    ["postfix.log", "dovecot.log", "start.log"]
        .iter()
        .map(|name| fs::read_to_string(folder.join(name)).unwrap_or_default())
        .collect()
}

fn wait_for(port: u16, folder: &Path) {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "no mail server on {port}: {}",
            log(folder)
        );
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("cert.pem"))
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{made:?}");
}

fn dovecot(folder: &Path, [imap, imaps, lmtp, sasl]: [u16; 4], introspection: u16) {
    let place = folder.display();
    let configuration = format!(
        r#"
base_dir = {place}/run
state_dir = {place}/run
log_path = {place}/dovecot.log
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{place}/cert.pem
ssl_key = <{place}/key.pem
disable_plaintext_auth = yes
auth_mechanisms = plain login xoauth2 oauthbearer
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    port = {sasl}
  }}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {place}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={place}/mail/%u allow_all_users=yes
}}
"#
    );
    fs::write(folder.join("dovecot.conf"), configuration).expect("its configuration");
    let tokens = format!(
        "introspection_mode = post
introspection_url = http://127.0.0.1:{introspection}/introspect
force_introspection = yes
username_attribute = username
active_attribute = active
active_value = true
"
    );
    fs::write(folder.join("oauth2.conf"), tokens).expect("its configuration");
    for name in ["run", "mail"] {
        fs::create_dir(folder.join(name)).expect("a folder");
    }
    fs::write(folder.join("dovecot.log"), "").expect("its log");
    let (user, group) = (
        id_of("/etc/passwd", "nobody"),
        id_of("/etc/group", "nogroup"),
    );
    for name in [
        "run",
        "mail",
        "dovecot.log",
        "dovecot.conf",
        "oauth2.conf",
        "key.pem",
        "cert.pem",
    ] {
        chown(folder.join(name), Some(user), Some(group)).expect("its owner");
    }
    let mut program = Command::new("/usr/sbin/dovecot");
    program.arg("-c").arg(folder.join("dovecot.conf"));
    start(program.uid(user).gid(group), folder);
}

fn postfix(
    folder: &Path,
    [smtp, smtps, lmtp, sasl, elsewhere]: [u16; 5],
    [to_lmtp, to_smtp]: [u16; 2],
) {
    let place = folder.display();
    let main = format!(
        "compatibility_level = 3.6
queue_directory = {place}/queue
data_directory = {place}/data
maillog_file = {place}/postfix.log
maillog_file_prefixes = /tmp
myhostname = mx.example.com
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
notify_classes =
double_bounce_sender = double-bounce
virtual_mailbox_domains = example.com
virtual_mailbox_maps = static:all
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
relay_domains = lmtp.example smtp.example
transport_maps = inline:{{ {{lmtp.example = lmtp:inet:127.0.0.1:{to_lmtp}}}, {{smtp.example = smtp:[127.0.0.1]:{to_smtp}}} }}
smtp_tls_security_level = may
smtp_tls_loglevel = 1
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 2s
default_transport = smtp:[127.0.0.1]:{elsewhere}
smtpd_relay_restrictions = permit_sasl_authenticated, permit_auth_destination, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{refused@example.com = 550 5.1.1 There is nobody of this name}}, {{later@example.com = 450 4.2.0 Come again}} }}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_tls_cert_file = {place}/cert.pem
smtpd_tls_key_file = {place}/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_client_connection_rate_limit = 0
message_size_limit = 60000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
"
    );
    let services = format!(
        "127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
127.0.0.1:{elsewhere} inet n - n - - smtpd
  -o myhostname=mx.gone.example
  -o {{ smtpd_relay_restrictions = check_recipient_access static:{{550 5.1.1 There is nobody of this name}}, reject }}
smtp unix - - n - - smtp
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
"
    );
    let configuration = folder.join("postfix");
    for name in ["postfix", "queue", "data"] {
        fs::create_dir(folder.join(name)).expect("a folder");
    }
    chown(
        folder.join("data"),
        Some(id_of("/etc/passwd", "postfix")),
        Some(0),
    )
    .expect("its owner");
    fs::write(configuration.join("main.cf"), main).expect("its configuration");
    fs::write(configuration.join("master.cf"), services).expect("its services");
    let mut program = Command::new("/usr/sbin/postfix");
    start(program.arg("-c").arg(&configuration).arg("start"), folder);
}

/// Starts a program that goes on in the background. It keeps what it was given, so it is given files and no pipes.
fn start(program: &mut Command, folder: &Path) {
    let output = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("start.log"))
        .expect("a log");
    let status = program
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("a log"))
        .stderr(output)
        .status()
        .expect("dovecot and postfix: scripts/bootstrap test installs them");
    assert!(status.success(), "{}", log(folder));
}
