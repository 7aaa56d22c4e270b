//! Which package holds PostgreSQL on this system, and the command that installs it.
//!
//! Invariant: nothing is installed unless the user asked for it; the message is always a command that can be pasted.

use std::path::Path;

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// `initdb` and `postgres`, of this major version where the data is tied to one.
    Server {
        /// The major version; any from 14 when absent.
        major: Option<u32>,
    },
    /// The contributed extensions, pg_trgm among them.
    Extensions,
    /// `psql` and `pg_dump`.
    Client,
}

/// The package manager of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageManager {
    /// Debian, Ubuntu and their kin.
    Apt,
    /// Fedora, Red Hat and their kin.
    Dnf,
    /// Alpine.
    Apk,
    /// Arch and its kin.
    Pacman,
    /// SUSE and its kin.
    Zypper,
    /// Homebrew, on macOS.
    Brew,
}

/// How something missing is installed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageAdvice {
    /// The package manager; unknown systems have none.
    pub manager: Option<PackageManager>,
    /// The packages' names.
    pub packages: Vec<String>,
}

impl PackageManager {
    /// The manager of the system that this `/etc/os-release` describes.
    pub fn from_os_release(os_release: &str) -> Option<Self> {
        let field = |name: &str| {
            os_release.lines().find_map(|line| {
                let value = line.trim().strip_prefix(name)?.strip_prefix('=')?;
                Some(
                    value
                        .trim_matches(|quote| quote == '"' || quote == '\'')
                        .to_ascii_lowercase(),
                )
            })
        };
        let own = field("ID").unwrap_or_default();
        let kin = field("ID_LIKE").unwrap_or_default();
        std::iter::once(own.as_str())
            .chain(kin.split_whitespace())
            .find_map(|id| match id {
                "debian" | "ubuntu" | "linuxmint" | "raspbian" => Some(PackageManager::Apt),
                "fedora" | "rhel" | "centos" | "rocky" | "almalinux" | "amzn" | "ol" => {
                    Some(PackageManager::Dnf)
                }
                "alpine" => Some(PackageManager::Apk),
                "arch" | "manjaro" => Some(PackageManager::Pacman),
                "suse" | "opensuse" | "opensuse-leap" | "opensuse-tumbleweed" | "sles" => {
                    Some(PackageManager::Zypper)
                }
                _ => None,
            })
    }

    /// The manager of this machine.
    pub fn of_this_machine() -> Option<Self> {
        if cfg!(target_os = "macos") {
            return Some(PackageManager::Brew);
        }
        ["/etc/os-release", "/usr/lib/os-release"]
            .iter()
            .find_map(|path| std::fs::read_to_string(Path::new(path)).ok())
            .and_then(|text| Self::from_os_release(&text))
    }

    fn packages(self, missing: Missing) -> Vec<String> {
        let names: Vec<String> = match (self, missing) {
            (PackageManager::Apt, Missing::Server { major: Some(major) }) => {
                vec![format!("postgresql-{major}")]
            }
            (PackageManager::Apt, Missing::Server { major: None } | Missing::Extensions) => {
                vec!["postgresql".into()]
            }
            (PackageManager::Apt, Missing::Client) => vec!["postgresql-client".into()],
            (
                PackageManager::Dnf | PackageManager::Zypper,
                Missing::Server { major: Some(major) },
            ) => {
                vec![
                    format!("postgresql{major}-server"),
                    format!("postgresql{major}-contrib"),
                ]
            }
            (PackageManager::Dnf | PackageManager::Zypper, Missing::Server { major: None }) => {
                vec!["postgresql-server".into(), "postgresql-contrib".into()]
            }
            (
                PackageManager::Dnf | PackageManager::Zypper | PackageManager::Apk,
                Missing::Extensions,
            ) => {
                vec!["postgresql-contrib".into()]
            }
            (PackageManager::Dnf | PackageManager::Zypper, Missing::Client) => {
                vec!["postgresql".into()]
            }
            (PackageManager::Apk, Missing::Server { major: Some(major) }) => {
                vec![
                    format!("postgresql{major}"),
                    format!("postgresql{major}-contrib"),
                ]
            }
            (PackageManager::Apk, Missing::Server { major: None }) => {
                vec!["postgresql".into(), "postgresql-contrib".into()]
            }
            (PackageManager::Apk, Missing::Client) => vec!["postgresql-client".into()],
            (PackageManager::Pacman, Missing::Client) => vec!["postgresql-libs".into()],
            (PackageManager::Pacman, _) => vec!["postgresql".into()],
            (PackageManager::Brew, Missing::Server { major: Some(major) }) => {
                vec![format!("postgresql@{major}")]
            }
            (PackageManager::Brew, Missing::Client) => vec!["libpq".into()],
            (PackageManager::Brew, _) => vec!["postgresql@17".into()],
        };
        names
    }

    /// The program and its arguments that install these packages without asking.
    pub fn install_command(self, packages: &[String]) -> Vec<String> {
        let words: &[&str] = match self {
            PackageManager::Apt => &["apt-get", "install", "--yes", "--no-install-recommends"],
            PackageManager::Dnf => &["dnf", "install", "--assumeyes"],
            PackageManager::Apk => &["apk", "add"],
            PackageManager::Pacman => &["pacman", "-S", "--noconfirm"],
            PackageManager::Zypper => &["zypper", "--non-interactive", "install"],
            PackageManager::Brew => &["brew", "install"],
        };
        words
            .iter()
            .map(|word| (*word).to_owned())
            .chain(packages.iter().cloned())
            .collect()
    }
}

impl PackageAdvice {
    /// For this machine.
    pub fn here(missing: Missing) -> Self {
        Self::with(PackageManager::of_this_machine(), missing)
    }

    /// For a given package manager.
    pub fn with(manager: Option<PackageManager>, missing: Missing) -> Self {
        PackageAdvice {
            manager,
            packages: manager
                .map(|manager| manager.packages(missing))
                .unwrap_or_default(),
        }
    }

    /// The command to paste into a shell; a sentence on systems that are not known.
    pub fn command(&self, as_root: bool) -> String {
        match self.manager {
            // Homebrew refuses root and needs none.
            Some(manager) if as_root || manager == PackageManager::Brew => {
                manager.install_command(&self.packages).join(" ")
            }
            Some(manager) => format!("sudo {}", manager.install_command(&self.packages).join(" ")),
            None => "install PostgreSQL 14 or newer (server, client and contrib) with this system's package manager".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(os_release: &str, missing: Missing) -> String {
        PackageAdvice::with(PackageManager::from_os_release(os_release), missing).command(false)
    }

    #[test]
    fn each_system_is_told_its_own_command() {
        let server = Missing::Server { major: None };
        assert_eq!(
            command("ID=debian\nVERSION_ID=\"12\"", server),
            "sudo apt-get install --yes --no-install-recommends postgresql"
        );
        assert_eq!(
            command(
                "NAME=\"Pop!_OS\"\nID=pop\nID_LIKE=\"ubuntu debian\"",
                server
            ),
            "sudo apt-get install --yes --no-install-recommends postgresql"
        );
        assert_eq!(
            command("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", server),
            "sudo dnf install --assumeyes postgresql-server postgresql-contrib"
        );
        assert_eq!(
            command("ID=alpine", Missing::Client),
            "sudo apk add postgresql-client"
        );
        assert_eq!(
            command("ID=debian", Missing::Server { major: Some(15) }),
            "sudo apt-get install --yes --no-install-recommends postgresql-15"
        );
        assert!(command("ID=plan9", server).contains("PostgreSQL 14 or newer"));
    }

    #[test]
    fn homebrew_is_never_called_with_sudo() {
        let advice =
            PackageAdvice::with(Some(PackageManager::Brew), Missing::Server { major: None });
        assert_eq!(advice.command(false), "brew install postgresql@17");
    }
}
