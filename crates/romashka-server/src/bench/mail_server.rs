//! A Dovecot of the system's packages with one mailbox, in a folder of its own on loopback ports.
//!
//! Invariant: it is stopped and its folder is removed when this is dropped, and by a watchdog process when this process goes
//! without dropping it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use super::Failure;

const PROGRAM: &str = "/usr/sbin/dovecot";
/// The password of the mailbox.
pub const PASSWORD: &str = "password-of-a-benchmark";
/// The mailbox.
pub const ADDRESS: &str = "support@example.com";

const WATCHDOG: &str = r#"
trap '' INT TERM HUP
read -r _
server=$(tr -d ' ' <"$1/run/master.pid" 2>/dev/null) && kill "$server" 2>/dev/null
tries=0
while [ -n "$server" ] && kill -0 "$server" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
[ -z "$server" ] || kill -9 "$server" 2>/dev/null
rm -rf "$1"
"#;

/// The server.
pub struct MailServer {
    folder: PathBuf,
    /// Port of IMAP over TLS.
    pub port: u16,
    owner: (u32, u32),
    watchdog: Child,
    line: Option<ChildStdin>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.line.take());
        let _ = self.watchdog.wait();
    }
}

fn io(step: &'static str) -> impl FnOnce(std::io::Error) -> Failure {
    move |error| Failure::Io(step, error)
}

fn id_of(file: &str, name: &str) -> Option<u32> {
    fs::read_to_string(file).ok()?.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}

impl MailServer {
    /// Starts it; none where there is no Dovecot, or nobody who may start it.
    pub fn start() -> Result<Option<MailServer>, Failure> {
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| {
            use std::os::unix::fs::MetadataExt as _;
            own.uid() == 0
        });
        let nobody = id_of("/etc/passwd", "nobody").zip(id_of("/etc/group", "nogroup"));
        let Some(owner) = nobody.filter(|_| is_root && Path::new(PROGRAM).exists()) else {
            return Ok(None);
        };
        let folder = std::env::temp_dir().join(format!(
            "romashka-bench-{}",
            hex::encode(rand::random::<[u8; 6]>())
        ));
        for name in ["", "run", "mail"] {
            fs::create_dir(folder.join(name)).map_err(io("a folder for mails"))?;
        }
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "romashka-bench-mail-watchdog"])
            .arg(&folder)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(io("/bin/sh"))?;
        let line = watchdog.stdin.take();
        let listener = TcpListener::bind("127.0.0.1:0").map_err(io("a port"))?;
        let port = listener.local_addr().map_err(io("a port"))?.port();
        drop(listener);
        let server = MailServer {
            folder,
            port,
            owner,
            watchdog,
            line,
        };
        server.configure()?;
        server.launch()?;
        Ok(Some(server))
    }

    /// The certificate, which is its own authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    /// Where the mails of the mailbox lie: a file each.
    pub fn maildir(&self) -> Result<PathBuf, Failure> {
        let home = self.folder.join("mail").join(ADDRESS);
        let maildir = home.join("Maildir");
        let (user, group) = self.owner;
        for folder in [home, maildir.clone()] {
            fs::create_dir_all(&folder).map_err(io("a folder for mails"))?;
            chown(&folder, Some(user), Some(group)).map_err(io("the owner of mails"))?;
        }
        for name in ["cur", "new", "tmp"] {
            let folder = maildir.join(name);
            fs::create_dir_all(&folder).map_err(io("a folder for mails"))?;
            chown(&folder, Some(user), Some(group)).map_err(io("the owner of mails"))?;
        }
        Ok(maildir)
    }

    /// Puts a mail into the mailbox, as the `number`th.
    pub fn put(&self, maildir: &Path, number: u32, mail: &[u8]) -> Result<(), Failure> {
        let file = maildir.join("new").join(format!(
            "{}.M{number:08}.bench",
            1_767_225_600 + u64::from(number)
        ));
        fs::write(&file, mail).map_err(io("a mail"))?;
        let (user, group) = self.owner;
        chown(&file, Some(user), Some(group)).map_err(io("the owner of a mail"))
    }

    fn configure(&self) -> Result<(), Failure> {
        let place = self.folder.display();
        let certificate = Command::new("openssl")
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
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(self.folder.join("key.pem"))
            .arg("-out")
            .arg(self.authority())
            .output()
            .map_err(io("openssl"))?;
        if !certificate.status.success() {
            return Err(Failure::Start("openssl makes no certificate".to_owned()));
        }
        let configuration = format!(
            "base_dir = {place}/run
state_dir = {place}/run
log_path = {place}/dovecot.log
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{place}/cert.pem
ssl_key = <{place}/key.pem
auth_mechanisms = plain login
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
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={place}/mail/%u allow_all_users=yes
}}
",
            port = self.port
        );
        fs::write(self.folder.join("dovecot.conf"), configuration).map_err(io("its settings"))?;
        fs::write(self.folder.join("dovecot.log"), "").map_err(io("its log"))?;
        let (user, group) = self.owner;
        for name in [
            "",
            "run",
            "mail",
            "dovecot.log",
            "dovecot.conf",
            "key.pem",
            "cert.pem",
        ] {
            chown(self.folder.join(name), Some(user), Some(group)).map_err(io("its owner"))?;
        }
        Ok(())
    }

    fn launch(&self) -> Result<(), Failure> {
        let (user, group) = self.owner;
        let status = Command::new(PROGRAM)
            .arg("-c")
            .arg(self.folder.join("dovecot.conf"))
            .uid(user)
            .gid(group)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(io("dovecot"))?;
        let begun = Instant::now();
        while status.success() && begun.elapsed() < Duration::from_secs(30) {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        let log = fs::read_to_string(self.folder.join("dovecot.log")).unwrap_or_default();
        Err(Failure::Start(format!("dovecot: {log}")))
    }
}
