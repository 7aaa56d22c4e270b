//! The parameters of a request by Twilio.
//!
//! Invariant: all parameters are kept, known or not, decoded but not trimmed and with the empty ones, because the
//! signature covers them. Reading them has no effect, so that it may happen before the signature is checked.

/// Most parameters of a request. Twilio sends about thirty; more are not read, and the signature then fails.
pub const PARAMETER_LIMIT: usize = 1_000;

/// Decoded parameters in the order in which they arrived.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    parameters: Vec<(String, String)>,
}

impl std::fmt::Debug for Form {
    /// Numbers and texts of customers do not belong into logs.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.parameters.iter().map(|(name, _)| name);
        formatter.debug_list().entries(names).finish()
    }
}

impl Form {
    /// Reads `application/x-www-form-urlencoded`: the body of a POST, or the query of a GET.
    pub fn parse(encoded: &[u8]) -> Self {
        form_urlencoded::parse(encoded)
            .take(PARAMETER_LIMIT)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect()
    }

    /// All parameters.
    pub fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// First value of this name; names are compared with their case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// First value of this name unless it is empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Text for the database, which takes no NUL.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.filled(name).map(|value| value.replace('\0', ""))
    }
}

impl FromIterator<(String, String)> for Form {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(parameters: I) -> Self {
        Self {
            parameters: parameters.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_kept_as_they_are() {
        let form = Form::parse(b"Body=+%D0%9F%D1%80%D0%B8+&FromCity=&a=1&a=2&flag");
        assert_eq!(form.get("Body"), Some(" При "));
        assert_eq!(form.get("FromCity"), Some(""));
        assert_eq!(form.filled("FromCity"), None);
        assert_eq!(form.get("flag"), Some(""));
        assert_eq!(form.get("body"), None);
        assert_eq!(form.parameters().len(), 5);
        assert!(!format!("{form:?}").contains("При"));
    }
}
