//! Who wrote, or whom we write to.
//!
//! Invariant: a customer has at least one of two ids. The WhatsApp id is a number in digits and may be kept from us by a
//! customer who has a user name; the business-scoped user id (BSUID) is made anew when the customer changes the number.
//! Both are stored where both are known. Names are what the customer chose and prove nothing.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::fields;

/// A person on WhatsApp as a webhook shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// Digits of the number, without `+`. May differ from the number that was dialled: see [`variants`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// Business-scoped user id: `US.13491208655302741918`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The same for a group of business portfolios: `US.ENT.…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_user_id: Option<String>,
    /// Name of the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// User name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Hash of the identity key, which changes with the telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_key_hash: Option<String>,
}

impl Customer {
    /// Ids by which the customer is looked for, in this order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        [&self.wa_id, &self.user_id, &self.parent_user_id]
            .into_iter()
            .filter_map(|id| id.as_deref())
    }

    /// Id under which a customer who is not known yet is stored.
    pub fn external_id(&self) -> Option<&str> {
        self.wa_id.as_deref().or(self.user_id.as_deref())
    }

    /// Number in E.164.
    pub fn phone(&self) -> Option<String> {
        self.wa_id.as_ref().map(|digits| format!("+{digits}"))
    }

    /// The customer from the fields of a message or a status, named in `keys`: WhatsApp id, user id, parent's id.
    pub(super) fn read(value: &Value, keys: [&str; 3]) -> Option<Self> {
        let written = fields::id(value, keys[0]);
        let found = Self {
            wa_id: written.as_deref().and_then(parse_wa_id),
            user_id: fields::id(value, keys[1])
                .or(written)
                .filter(|id| is_user_id(id)),
            parent_user_id: fields::id(value, keys[2]).filter(|id| is_user_id(id)),
            ..Self::default()
        };
        found.external_id().is_some().then_some(found)
    }
}

/// The contacts that a delivery lists, by each of their ids. The order of the list means nothing.
#[derive(Default)]
pub(super) struct Contacts<'value>(HashMap<String, &'value Value>);

impl<'value> Contacts<'value> {
    /// Reads the list.
    pub(super) fn read(list: &'value [Value]) -> Self {
        let mut found = HashMap::new();
        for contact in list {
            let number = fields::id(contact, "wa_id").and_then(|id| parse_wa_id(&id));
            for id in [number, fields::id(contact, "user_id")]
                .into_iter()
                .flatten()
            {
                found.entry(id).or_insert(contact);
            }
        }
        Self(found)
    }

    /// Adds what the list says of a customer.
    pub(super) fn complete(&self, customer: &mut Customer) {
        let Some(contact) = customer.ids().find_map(|id| self.0.get(id)) else {
            return;
        };
        let listed =
            Customer::read(contact, ["wa_id", "user_id", "parent_user_id"]).unwrap_or_default();
        let profile = fields::object(contact, "profile");
        let of_profile = |key: &str| profile.and_then(|profile| fields::line(profile, key));
        customer.wa_id = customer.wa_id.take().or(listed.wa_id);
        customer.user_id = customer.user_id.take().or(listed.user_id);
        customer.parent_user_id = customer.parent_user_id.take().or(listed.parent_user_id);
        customer.name = of_profile("name").map(|name| name.chars().take(200).collect());
        customer.username = of_profile("username");
        customer.identity_key_hash = fields::id(contact, "identity_key_hash");
    }
}

/// Digits of a WhatsApp id; a leading `+` is dropped.
pub fn parse_wa_id(written: &str) -> Option<String> {
    let digits = written.strip_prefix('+').unwrap_or(written);
    ((5..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.to_owned())
}

/// Whether this is a business-scoped user id: two capital letters, a dot, at most 128 letters and digits (with `ENT.`
/// before them for a parent's).
pub fn is_user_id(written: &str) -> bool {
    let Some((country, rest)) = written.split_once('.') else {
        return false;
    };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=128).contains(&rest.len())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The forms in which one and the same number occurs, the given one first: Brazil's ninth digit of mobile numbers, Mexico's
/// `1` and Argentina's `9` after the country code. For looking a customer up, never for sending.
pub fn variants(wa_id: &str) -> Vec<String> {
    let mut found = vec![wa_id.to_owned()];
    let mobile = |digits: &str| digits.starts_with(['6', '7', '8', '9']);
    match (wa_id.get(..2), wa_id.len()) {
        // 55, two digits of the area, eight or nine of the subscriber.
        (Some("55"), 12) if mobile(&wa_id[4..]) => {
            found.push(format!("{}9{}", &wa_id[..4], &wa_id[4..]));
        }
        (Some("55"), 13) if wa_id[4..].starts_with('9') && mobile(&wa_id[5..]) => {
            found.push(format!("{}{}", &wa_id[..4], &wa_id[5..]));
        }
        (Some("52"), 12) => found.push(format!("521{}", &wa_id[2..])),
        (Some("52"), 13) if wa_id[2..].starts_with('1') => {
            found.push(format!("52{}", &wa_id[3..]));
        }
        (Some("54"), 12) => found.push(format!("549{}", &wa_id[2..])),
        (Some("54"), 13) if wa_id[2..].starts_with('9') => {
            found.push(format!("54{}", &wa_id[3..]));
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart() {
        assert_eq!(
            parse_wa_id("+4915112345678").as_deref(),
            Some("4915112345678")
        );
        for written in [
            "",
            "+",
            "49 151",
            "US.1349",
            "4915a",
            "1".repeat(30).as_str(),
        ] {
            assert_eq!(parse_wa_id(written), None, "{written}");
        }
        for written in ["US.13491208655302741918", "DE.a", "US.ENT.12ab"] {
            assert!(is_user_id(written), "{written}");
        }
        for written in ["", "US", "US.", "us.1", "USA.1", "US.1.2", "4915112345678"] {
            assert!(!is_user_id(written), "{written}");
        }
        assert!(is_user_id(&format!("US.{}", "a".repeat(128))));
        assert!(!is_user_id(&format!("US.{}", "a".repeat(129))));
    }

    #[test]
    fn one_number_is_found_in_each_of_its_forms() {
        for (one, other) in [
            ("551199998888", None),
            ("551188887777", Some("5511988887777")),
            ("525512345678", Some("5215512345678")),
            ("541112345678", Some("5491112345678")),
        ] {
            let Some(other) = other else {
                assert_eq!(variants(one)[0], one);
                continue;
            };
            assert_eq!(variants(one), [one, other]);
            assert_eq!(variants(other), [other, one]);
        }
        assert_eq!(variants("4915112345678"), ["4915112345678"]);
        assert_eq!(variants("551133334444"), ["551133334444"]);
    }
}
