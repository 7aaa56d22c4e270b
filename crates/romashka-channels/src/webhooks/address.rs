//! Which addresses a request of ours may go to.
//!
//! Invariant: an address is refused unless it is a public one of the Internet, or in a network that the operator
//! allowed by name. Every address of a name has to pass, and the connection has to go to one that was checked: asking
//! the resolver again would let a name point elsewhere in between. The networks are those of the special-purpose
//! registries for IPv4 and IPv6 (RFC 6890 and its successors).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::Serialize;
use thiserror::Error;

/// Why an address is refused. For the log of the operator; a subscriber only learns that it is not allowed, because the
/// reason would tell him how our network is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// `0.0.0.0/8`, `::`.
    #[error("the address means this host or network")]
    Unspecified,
    /// `127.0.0.0/8`, `::1`.
    #[error("the address is a loopback address")]
    Loopback,
    /// RFC 1918, `fc00::/7`, `fec0::/10`.
    #[error("the address is private")]
    Private,
    /// `100.64.0.0/10`, behind a provider's address translation.
    #[error("the address is shared behind a provider")]
    Shared,
    /// `169.254.0.0/16`, `fe80::/10`.
    #[error("the address is link-local")]
    LinkLocal,
    /// Where clouds answer questions about the machine, credentials among them.
    #[error("the address is a cloud's metadata service")]
    Metadata,
    /// Multicast or broadcast.
    #[error("the address belongs to many hosts")]
    Multicast,
    /// Reserved for documentation.
    #[error("the address is for documentation only")]
    Documentation,
    /// Reserved for measurements of devices.
    #[error("the address is for benchmarks only")]
    Benchmark,
    /// An IPv4 address inside of an IPv6 one: 6to4, Teredo, NAT64, the old compatible and translated forms.
    #[error("the address reaches IPv4 through a translator")]
    Translated,
    /// Reserved by the registries for protocols, for the future or for nobody.
    #[error("the address is reserved")]
    Reserved,
    /// Network of our own, which the operator refused.
    #[error("the address is one of ours")]
    Own,
}

/// `(first address, prefix length, why)`; the first network that holds an address names the reason.
const REFUSED_V4: [(Ipv4Addr, u32, Refusal); 22] = [
    (Ipv4Addr::new(169, 254, 169, 254), 32, Refusal::Metadata),
    (Ipv4Addr::new(169, 254, 170, 2), 32, Refusal::Metadata),
    (Ipv4Addr::new(100, 100, 100, 200), 32, Refusal::Metadata),
    (Ipv4Addr::new(192, 0, 0, 192), 32, Refusal::Metadata),
    (Ipv4Addr::new(168, 63, 129, 16), 32, Refusal::Metadata),
    (Ipv4Addr::new(0, 0, 0, 0), 8, Refusal::Unspecified),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Refusal::Loopback),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Refusal::Private),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Refusal::Private),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Refusal::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Refusal::Shared),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Refusal::LinkLocal),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Refusal::Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Refusal::Documentation),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Refusal::Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Refusal::Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Refusal::Translated),
    (Ipv4Addr::new(192, 31, 196, 0), 24, Refusal::Reserved),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Refusal::Benchmark),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Refusal::Multicast),
    (Ipv4Addr::new(255, 255, 255, 255), 32, Refusal::Multicast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Refusal::Reserved),
];

const REFUSED_V6: [(Ipv6Addr, u32, Refusal); 20] = [
    (
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        128,
        Refusal::Metadata,
    ),
    (Ipv6Addr::UNSPECIFIED, 128, Refusal::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Refusal::Loopback),
    // ::a.b.c.d and ::ffff:0:a.b.c.d
    (Ipv6Addr::UNSPECIFIED, 96, Refusal::Translated),
    (
        Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0),
        96,
        Refusal::Translated,
    ),
    (
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0),
        96,
        Refusal::Translated,
    ),
    (
        Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0),
        48,
        Refusal::Translated,
    ),
    (
        Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0),
        64,
        Refusal::Reserved,
    ),
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        32,
        Refusal::Translated,
    ),
    (
        Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0),
        48,
        Refusal::Benchmark,
    ),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        Refusal::Documentation,
    ),
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        Refusal::Reserved,
    ),
    (
        Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0),
        16,
        Refusal::Translated,
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        Refusal::Documentation,
    ),
    (
        Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0),
        16,
        Refusal::Reserved,
    ),
    (
        Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0),
        48,
        Refusal::Reserved,
    ),
    (
        Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0),
        7,
        Refusal::Private,
    ),
    (
        Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0),
        10,
        Refusal::Private,
    ),
    (
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0),
        10,
        Refusal::LinkLocal,
    ),
    (
        Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0),
        8,
        Refusal::Multicast,
    ),
];

/// The operator's exceptions.
#[derive(Debug, Clone, Default)]
pub struct AddressGuard {
    /// Networks that may be reached although they are not public, for installations whose receivers are in-house.
    pub allowed: Vec<IpNet>,
    /// Networks that may not be reached although they are public: our own, lest a webhook call ourselves.
    pub refused: Vec<IpNet>,
}

impl AddressGuard {
    /// Judges one address.
    pub fn check(&self, address: IpAddr) -> Result<(), Refusal> {
        let address = unmapped(address);
        if self
            .refused
            .iter()
            .any(|network| network.contains(&address))
        {
            return Err(Refusal::Own);
        }
        if self
            .allowed
            .iter()
            .any(|network| network.contains(&address))
        {
            return Ok(());
        }
        match address {
            IpAddr::V4(address) => check_v4(address),
            IpAddr::V6(address) => check_v6(address),
        }
    }

    /// Judges what a name resolved to: each address has to pass, or the sender picks the one he prefers.
    pub fn check_all(&self, addresses: &[IpAddr]) -> Result<(), Refusal> {
        if addresses.is_empty() {
            return Err(Refusal::Unspecified);
        }
        addresses
            .iter()
            .try_for_each(|address| self.check(*address))
    }
}

/// `::ffff:a.b.c.d` is the IPv4 address itself to the operating system.
fn unmapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn check_v4(address: Ipv4Addr) -> Result<(), Refusal> {
    let bits = u32::from(address);
    REFUSED_V4
        .iter()
        .find(|(network, length, _)| (bits ^ u32::from(*network)) >> (32 - length) == 0)
        .map_or(Ok(()), |(_, _, reason)| Err(*reason))
}

fn check_v6(address: Ipv6Addr) -> Result<(), Refusal> {
    let bits = u128::from(address);
    let named = REFUSED_V6
        .iter()
        .find(|(network, length, _)| (bits ^ u128::from(*network)) >> (128 - length) == 0);
    match named {
        Some((_, _, reason)) => Err(*reason),
        // All unicast addresses that were ever given out are in 2000::/3.
        None if bits >> 125 != 1 => Err(Refusal::Reserved),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), Refusal> {
        AddressGuard::default().check(text.parse().unwrap())
    }

    #[test]
    fn the_edges_of_every_refused_network() {
        for (first, last, reason) in [
            ("0.0.0.0", "0.255.255.255", Refusal::Unspecified),
            ("10.0.0.0", "10.255.255.255", Refusal::Private),
            ("100.64.0.0", "100.127.255.255", Refusal::Shared),
            ("127.0.0.0", "127.255.255.255", Refusal::Loopback),
            ("169.254.0.0", "169.254.255.255", Refusal::LinkLocal),
            ("172.16.0.0", "172.31.255.255", Refusal::Private),
            ("192.0.0.0", "192.0.0.255", Refusal::Reserved),
            ("192.0.2.0", "192.0.2.255", Refusal::Documentation),
            ("192.31.196.0", "192.31.196.255", Refusal::Reserved),
            ("192.88.99.0", "192.88.99.255", Refusal::Translated),
            ("192.168.0.0", "192.168.255.255", Refusal::Private),
            ("198.18.0.0", "198.19.255.255", Refusal::Benchmark),
            ("198.51.100.0", "198.51.100.255", Refusal::Documentation),
            ("203.0.113.0", "203.0.113.255", Refusal::Documentation),
            ("224.0.0.0", "239.255.255.255", Refusal::Multicast),
            ("240.0.0.0", "255.255.255.254", Refusal::Reserved),
            ("::2", "::ffff:ffff", Refusal::Translated),
            ("::ffff:0:0:0", "::ffff:0:ffff:ffff", Refusal::Translated),
            ("64:ff9b::", "64:ff9b::ffff:ffff", Refusal::Translated),
            (
                "64:ff9b:1::",
                "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
                Refusal::Translated,
            ),
            ("100::", "100::ffff:ffff:ffff:ffff", Refusal::Reserved),
            (
                "2001::",
                "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::Translated,
            ),
            (
                "2001:1::",
                "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::Reserved,
            ),
            (
                "2001:2::",
                "2001:2:0:ffff:ffff:ffff:ffff:ffff",
                Refusal::Benchmark,
            ),
            (
                "2001:db8::",
                "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::Documentation,
            ),
            (
                "2002::",
                "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::Translated,
            ),
            (
                "3fff::",
                "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::Documentation,
            ),
            (
                "5f00::",
                "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::Reserved,
            ),
            (
                "fc00::",
                "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::Private,
            ),
            (
                "fe80::",
                "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::LinkLocal,
            ),
            (
                "fec0::",
                "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::Private,
            ),
            (
                "ff00::",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::Multicast,
            ),
            (
                "4000::",
                "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Refusal::Reserved,
            ),
        ] {
            assert_eq!(check(first), Err(reason), "{first}");
            assert_eq!(check(last), Err(reason), "{last}");
        }
        for (address, reason) in [
            ("::", Refusal::Unspecified),
            ("::1", Refusal::Loopback),
            ("255.255.255.255", Refusal::Multicast),
            ("169.254.169.254", Refusal::Metadata),
            ("169.254.170.2", Refusal::Metadata),
            ("100.100.100.200", Refusal::Metadata),
            ("168.63.129.16", Refusal::Metadata),
            ("fd00:ec2::254", Refusal::Metadata),
        ] {
            assert_eq!(check(address), Err(reason), "{address}");
        }
    }

    #[test]
    fn public_neighbours_are_allowed() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2000::",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2606:4700:4700::1111",
            "2a00:1450:4001::200e",
            "3ffe::1",
            "::ffff:1.1.1.1",
        ] {
            assert_eq!(check(address), Ok(()), "{address}");
        }
    }

    #[test]
    fn mapped_addresses_are_judged_as_what_they_are() {
        assert_eq!(check("::ffff:10.0.0.1"), Err(Refusal::Private));
        assert_eq!(check("::ffff:127.0.0.1"), Err(Refusal::Loopback));
        assert_eq!(check("::ffff:169.254.169.254"), Err(Refusal::Metadata));
    }

    #[test]
    fn one_bad_address_of_a_name_is_enough() {
        let guard = AddressGuard::default();
        let addresses: Vec<IpAddr> = ["93.184.216.34", "::1"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        assert_eq!(guard.check_all(&addresses), Err(Refusal::Loopback));
        assert_eq!(guard.check_all(&addresses[..1]), Ok(()));
        assert!(guard.check_all(&[]).is_err());
    }

    #[test]
    fn the_operator_decides_about_networks() {
        let guard = AddressGuard {
            allowed: vec![
                "10.20.0.0/16".parse().unwrap(),
                "fd12::/16".parse().unwrap(),
            ],
            refused: vec![
                "10.20.30.0/24".parse().unwrap(),
                "93.184.216.34/32".parse().unwrap(),
            ],
        };
        let check = |text: &str| guard.check(text.parse().unwrap());
        assert_eq!(check("10.20.0.1"), Ok(()));
        assert_eq!(check("::ffff:10.20.0.1"), Ok(()));
        assert_eq!(check("fd12::1"), Ok(()));
        assert_eq!(check("10.21.0.1"), Err(Refusal::Private));
        assert_eq!(check("10.20.30.1"), Err(Refusal::Own));
        assert_eq!(check("::ffff:93.184.216.34"), Err(Refusal::Own));
    }
}
