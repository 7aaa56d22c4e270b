//! How clients reach the server, and who is let in.
//!
//! Invariants: by default there is no TCP at all, and the socket lies in a folder that only its owner may enter; a login on the
//! socket is proven by the kernel (peer), over TCP by SCRAM with a random password from a 0600 file; the password itself never
//! travels in a statement.

use std::{
    ffi::{OsStr, OsString},
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{DirBuilderExt, MetadataExt},
    },
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{
    cluster::SUPERUSER,
    error::PrivateServerError,
    folder::DataFolder,
    user::{self, ServerUser},
};

/// The longest path of a socket, in bytes; the kernel's field also holds the final zero.
const LONGEST_SOCKET_PATH: usize = if cfg!(target_os = "macos") { 103 } else { 107 };

/// The number in the socket's name where no TCP port was asked for.
pub(crate) const DEFAULT_PORT: u16 = 5432;

/// Whether a socket in this folder has a name that the kernel takes, whatever the port, and that clients understand: libpq
/// reads a comma in a host as the end of its name.
fn fits(folder: &Path) -> bool {
    let path = folder.as_os_str().as_bytes();
    path.len() + "/.s.PGSQL.65535".len() <= LONGEST_SOCKET_PATH && !path.contains(&b',')
}

/// Makes the folder of the socket: `run` in the data folder, or a short one where that cannot be used.
pub(crate) fn prepare_socket_folder(
    folder: &DataFolder,
    user: &ServerUser,
) -> Result<PathBuf, PrivateServerError> {
    let own = folder.path().join("run");
    let socket_folder = if fits(&own) {
        own
    } else {
        let digest = hex::encode(&Sha256::digest(folder.path().as_os_str().as_bytes())[..8]);
        runtime_base(user).join(format!("romashka-{}-{digest}", user.uid))
    };
    match fs::DirBuilder::new().mode(0o700).create(&socket_folder) {
        Ok(()) => user.give(&socket_folder)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(PrivateServerError::file("creating", &socket_folder)(error)),
    }
    verify_socket_folder(&socket_folder, user.uid)
        .map_err(|reason| folder.unusable(reason, format!("remove {}", socket_folder.display())))?;
    Ok(socket_folder)
}

/// In a folder that everybody may write to, somebody else could have made it first.
fn verify_socket_folder(socket_folder: &Path, owner: u32) -> Result<(), String> {
    let shown = socket_folder.display();
    let found = fs::symlink_metadata(socket_folder)
        .map_err(|error| format!("{shown} cannot be read: {error}"))?;
    if !found.is_dir() {
        return Err(format!("{shown} is not a folder"));
    }
    if found.uid() != owner {
        return Err(format!("{shown} belongs to {}", user::name_of(found.uid())));
    }
    if found.mode() & 0o077 != 0 {
        return Err(format!("others may enter {shown}"));
    }
    Ok(())
}

/// A folder with a short name. Only its owner's things are in `XDG_RUNTIME_DIR` and, for root, in `/run`.
fn runtime_base(user: &ServerUser) -> PathBuf {
    if user.drops {
        let run = PathBuf::from("/run");
        if run.is_dir() {
            return run;
        }
    } else if let Some(own) = crate::environment::XDG_RUNTIME_DIR
        .read()
        .map(PathBuf::from)
        && own.is_absolute()
        && verify_socket_folder(&own, user.uid).is_ok()
        && fits(&own.join("romashka-4294967295-0123456789abcdef"))
    {
        return own;
    }
    PathBuf::from("/tmp")
}

/// As a list with one entry: the setting is split at commas, and quotes are doubled.
pub(crate) fn socket_setting(socket_folder: &Path) -> OsString {
    let mut value = b"unix_socket_directories=\"".to_vec();
    for byte in socket_folder.as_os_str().as_bytes() {
        if *byte == b'"' {
            value.push(b'"');
        }
        value.push(*byte);
    }
    value.push(b'"');
    OsString::from_vec(value)
}

/// Writes the three configuration files. The cluster's own postgresql.conf is read last: what its owner sets there holds.
pub(crate) fn write_configuration(
    folder: &DataFolder,
    user: &ServerUser,
    tcp: bool,
    preload: Option<&str>,
) -> Result<(), PrivateServerError> {
    let mut configuration =
        String::from("# Written by ROMASHKA at each start. Change data/postgresql.conf instead.\n");
    if let Some(library) = preload {
        configuration.push_str(&format!("shared_preload_libraries = '{library}'\n"));
    }
    configuration.push_str("include 'data/postgresql.conf'\n");
    folder.replace(
        &folder.path().join("postgresql.conf"),
        0o644,
        configuration.as_bytes(),
    )?;
    folder.replace(
        &folder.path().join("pg_hba.conf"),
        0o644,
        hba(tcp).as_bytes(),
    )?;
    let names: Vec<String> = ["root".to_owned(), user.name.clone()]
        .into_iter()
        .chain(user::present_name())
        .collect();
    folder.replace(
        &folder.path().join("pg_ident.conf"),
        0o644,
        ident(&names).as_bytes(),
    )
}

fn hba(tcp: bool) -> String {
    let mut text = String::from(
        "# Written by ROMASHKA at each start.\n\
         local   all          all                  peer map=romashka\n\
         local   replication  all                  peer map=romashka\n",
    );
    if tcp {
        text.push_str("host    all          all  127.0.0.1/32    scram-sha-256\n");
    }
    text
}

/// Every role is named, because `all` stands for every role only since version 16.
fn ident(system_users: &[String]) -> String {
    let mut text = String::from("# Written by ROMASHKA at each start.\n");
    let mut written: Vec<&str> = Vec::new();
    for name in system_users {
        if !written.contains(&name.as_str()) {
            written.push(name);
            text.push_str(&format!(
                "romashka  \"{}\"  {SUPERUSER}\n",
                name.replace('"', "\"\"")
            ));
        }
    }
    text
}

/// The ports to try: the given one alone, or the remembered one, the usual ones, and then whatever the kernel has free.
pub(crate) fn candidate_ports(asked: Option<u16>, remembered: Option<u16>) -> Vec<u16> {
    if let Some(port) = asked {
        return vec![port];
    }
    let mut ports: Vec<u16> = remembered.into_iter().collect();
    ports.extend((DEFAULT_PORT..DEFAULT_PORT + 10).filter(|port| Some(*port) != remembered));
    ports.push(0);
    ports
}

/// The port, when nobody listens on it; 0 becomes a free one.
pub(crate) fn free_port(port: u16) -> Option<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
    listener.local_addr().ok().map(|address| address.port())
}

/// The password for TCP, made on first use.
pub(crate) fn password(folder: &DataFolder) -> Result<String, PrivateServerError> {
    if let Some(text) = folder.read(&folder.password())?
        && !text.trim().is_empty()
    {
        return Ok(text.trim().to_owned());
    }
    let random: [u8; 24] = rand::random();
    let password = hex::encode(random);
    folder.replace(
        &folder.password(),
        0o600,
        format!("{password}\n").as_bytes(),
    )?;
    Ok(password)
}

/// What the server stores instead of the password.
pub(crate) fn scram_verifier(password: &str) -> String {
    postgres_protocol::password::scram_sha_256(password.as_bytes())
}

/// Percent-encodes a part of a connection URL.
pub(crate) fn percent_encode(text: &OsStr) -> String {
    text.as_bytes()
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(*byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_of_the_full_length_fits_and_one_more_byte_does_not() {
        let longest = LONGEST_SOCKET_PATH - "/.s.PGSQL.65535".len();
        assert!(fits(Path::new(&format!("/{}", "x".repeat(longest - 1)))));
        assert!(!fits(Path::new(&format!("/{}", "x".repeat(longest)))));
        assert!(
            !fits(Path::new("/my data, old")),
            "libpq takes the comma for the end of the host"
        );
        // Bytes count, not letters.
        assert!(!fits(Path::new(&format!(
            "/{}",
            "ж".repeat(longest / 2 + 1)
        ))));
    }

    #[test]
    fn a_folder_of_somebody_else_or_open_to_others_is_refused() {
        let me = rustix::process::geteuid().as_raw();
        let folder = std::env::temp_dir().join(format!("romashka-socket-{}", uuid::Uuid::new_v4()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .expect("a folder");
        assert_eq!(verify_socket_folder(&folder, me), Ok(()));
        assert!(
            verify_socket_folder(&folder, me + 1)
                .is_err_and(|reason| reason.contains("belongs to"))
        );
        let link = folder.join("link");
        std::os::unix::fs::symlink(&folder, &link).expect("a link");
        assert!(
            verify_socket_folder(&link, me).is_err_and(|reason| reason.contains("not a folder"))
        );
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o750))
            .expect("its mode");
        assert!(
            verify_socket_folder(&folder, me)
                .is_err_and(|reason| reason.contains("others may enter"))
        );
        fs::remove_dir_all(&folder).expect("removing it");
    }

    #[test]
    fn commas_spaces_and_quotes_stay_one_folder() {
        let setting = socket_setting(Path::new("/a b,c\"d"));
        assert_eq!(
            setting,
            OsStr::new("unix_socket_directories=\"/a b,c\"\"d\"")
        );
    }

    #[test]
    fn tcp_is_let_in_only_when_asked_for() {
        assert!(!hba(false).contains("host "));
        let lines = hba(true);
        assert!(lines.contains("127.0.0.1/32    scram-sha-256") && !lines.contains("trust"));
    }

    #[test]
    fn each_user_is_mapped_once_and_by_role_name() {
        let text = ident(&["root".into(), "O\"Hara smith".into(), "root".into()]);
        assert_eq!(text.matches("\"root\"").count(), 1);
        assert!(text.contains("romashka  \"O\"\"Hara smith\"  postgres\n"));
        assert!(!text.contains(" all"));
    }

    #[test]
    fn an_asked_port_has_no_substitute() {
        assert_eq!(candidate_ports(Some(6000), Some(5433)), [6000]);
        let ports = candidate_ports(None, Some(5433));
        assert_eq!((ports[0], ports.last().copied()), (5433, Some(0)));
        assert_eq!(ports.iter().filter(|port| **port == 5433).count(), 1);
    }

    #[test]
    fn a_port_in_use_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its address").port();
        assert_eq!(free_port(port), None);
        assert!(free_port(0).is_some_and(|port| port > 0));
    }

    #[test]
    fn the_server_is_given_a_verifier_and_no_password() {
        let verifier = scram_verifier("secret");
        assert!(verifier.starts_with("SCRAM-SHA-256$4096:") && !verifier.contains("secret"));
    }

    #[test]
    fn urls_carry_any_path() {
        assert_eq!(percent_encode(OsStr::new("/a b/ж")), "%2Fa%20b%2F%D0%B6");
    }
}
