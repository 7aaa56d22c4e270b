//! Versions of PostgreSQL, of its programs and of the data.
//!
//! Invariant: versions compare as `server_version_num` does; the major version is the part that a data folder is tied to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The oldest major version that ROMASHKA runs on.
pub const OLDEST_MAJOR: u32 = 14;

/// A version as `server_version_num` counts it: 150020 is 15.20.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerVersion(u32);

impl ServerVersion {
    /// From `server_version_num`.
    pub fn from_number(number: u32) -> Self {
        ServerVersion(number)
    }

    /// As `server_version_num`.
    pub fn number(self) -> u32 {
        self.0
    }

    /// 15 of 15.20.
    pub fn major(self) -> u32 {
        self.0 / 10_000
    }

    /// 20 of 15.20.
    pub fn minor(self) -> u32 {
        self.0 % 10_000
    }

    /// Reads the line that `postgres --version` prints, and whether it is a released version (no beta, no development tree).
    pub fn parse_program(line: &str) -> Option<(Self, bool)> {
        let after = line.split_once("(PostgreSQL)")?.1.trim_start();
        let text = after.split_whitespace().next()?;
        let number_end = text
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(text.len());
        let released = number_end == text.len();
        let mut parts = text[..number_end].split('.');
        let major: u32 = parts.next()?.parse().ok()?;
        let minor: u32 = parts.next().map_or(Some(0), |minor| minor.parse().ok())?;
        // Before 10 the first two numbers were the major version; such servers are only ever named as too old.
        let patch: u32 = parts.next().map_or(Some(0), |patch| patch.parse().ok())?;
        let number = if major < 10 {
            major * 10_000 + minor * 100 + patch
        } else {
            major * 10_000 + minor
        };
        Some((ServerVersion(number), released))
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.major() < 10 {
            return write!(
                formatter,
                "{}.{}.{}",
                self.major(),
                self.minor() / 100,
                self.minor() % 100
            );
        }
        write!(formatter, "{}.{}", self.major(), self.minor())
    }
}

/// The major version in a cluster's `PG_VERSION` file.
pub(crate) fn parse_data_version(text: &str) -> Option<u32> {
    let text = text.trim();
    // 9.6 and older wrote two numbers.
    text.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_tell_their_version() {
        let parse = |line| {
            ServerVersion::parse_program(line)
                .map(|(version, released)| (version.number(), released))
        };
        assert_eq!(
            parse("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"),
            Some((150_020, true))
        );
        assert_eq!(parse("postgres (PostgreSQL) 18.4"), Some((180_004, true)));
        assert_eq!(
            parse("postgres (PostgreSQL) 18beta1"),
            Some((180_000, false))
        );
        assert_eq!(
            parse("postgres (PostgreSQL) 19devel\n"),
            Some((190_000, false))
        );
        assert_eq!(parse("postgres (PostgreSQL) 9.6.24"), Some((90_624, true)));
        assert_eq!(parse("mysqld  Ver 8.0"), None);
        assert_eq!(parse("postgres (PostgreSQL)"), None);
    }

    #[test]
    fn minor_versions_compare() {
        assert!(ServerVersion::from_number(150_019) < ServerVersion::from_number(150_020));
        assert_eq!(ServerVersion::from_number(150_020).to_string(), "15.20");
    }

    #[test]
    fn data_tells_its_major_version() {
        assert_eq!(parse_data_version("15\n"), Some(15));
        assert_eq!(parse_data_version("9.6\n"), Some(9));
        assert_eq!(parse_data_version(""), None);
    }
}
