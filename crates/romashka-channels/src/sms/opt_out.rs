//! Words by which a person stops and starts messages.
//!
//! Invariant: only a message that is nothing but one such word counts; "please stop calling" is for an agent to read.
//! A person who stopped gets nothing until he starts again, whatever an agent or a workflow wants to send.

use serde::{Deserialize, Serialize};

use super::number::Party;

/// What a word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutWord {
    /// No further messages.
    Stop,
    /// Messages again.
    Start,
    /// Who are you, and how do I stop this?
    Help,
}

impl OptOutWord {
    /// Reads Twilio's `OptOutType`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "STOP" => Some(Self::Stop),
            "START" => Some(Self::Start),
            "HELP" => Some(Self::Help),
            _ => None,
        }
    }
}

/// Words that Twilio blocks by on long codes and toll-free numbers, and the French one of some of its products.
const STOP: [&str; 9] = [
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "ARRET",
];
const START: [&str; 3] = ["START", "YES", "UNSTOP"];
const HELP: [&str; 2] = ["HELP", "INFO"];

/// Words that an operator adds, as in the Advanced Opt-Out of his messaging service. The built-in ones always count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OptOutWords {
    /// Further words that stop.
    pub stop: Vec<String>,
    /// Further words that start.
    pub start: Vec<String>,
    /// Further words that ask for help.
    pub help: Vec<String>,
}

/// What a whole message means, when it is one of the words; case and blanks around it play no role.
///
/// A toll-free number is not started again by YES: the network asks for START or UNSTOP.
pub fn read(text: &str, our_number: &Party, words: &OptOutWords) -> Option<OptOutWord> {
    let word = text.trim();
    if word.is_empty() || word.len() > 200 {
        return None;
    }
    let word = word.to_uppercase();
    let one_of = |fixed: &[&str], added: &[String]| {
        fixed.contains(&word.as_str())
            || added
                .iter()
                .any(|known| known.trim().to_uppercase() == word)
    };
    let toll_free = matches!(our_number, Party::Number(number) if number.is_toll_free());
    // Stopping first: a word in two lists must not keep messages coming.
    if one_of(&STOP, &words.stop) || word == "ARRÊT" {
        Some(OptOutWord::Stop)
    } else if one_of(&START, &words.start) && !(toll_free && word == "YES") {
        Some(OptOutWord::Start)
    } else if one_of(&HELP, &words.help) {
        Some(OptOutWord::Help)
    } else {
        None
    }
}

/// Whom an opt-out concerns: one of our numbers, or all of a messaging service.
pub fn scope<'a>(messaging_service: Option<&'a str>, our_number: &'a Party) -> &'a str {
    messaging_service.unwrap_or_else(|| our_number.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_messages_only() {
        let long_code = Party::parse("+14155550199").1;
        let none = OptOutWords::default();
        for (text, expected) in [
            ("STOP", Some(OptOutWord::Stop)),
            (" stop\r\n", Some(OptOutWord::Stop)),
            ("StopAll", Some(OptOutWord::Stop)),
            ("unsubscribe", Some(OptOutWord::Stop)),
            ("cancel", Some(OptOutWord::Stop)),
            ("end", Some(OptOutWord::Stop)),
            ("quit", Some(OptOutWord::Stop)),
            ("revoke", Some(OptOutWord::Stop)),
            ("optout", Some(OptOutWord::Stop)),
            ("arrêt", Some(OptOutWord::Stop)),
            ("start", Some(OptOutWord::Start)),
            ("Yes", Some(OptOutWord::Start)),
            ("UNSTOP", Some(OptOutWord::Start)),
            ("help", Some(OptOutWord::Help)),
            ("info", Some(OptOutWord::Help)),
            ("please stop", None),
            ("stop.", None),
            ("stop stop", None),
            ("", None),
        ] {
            assert_eq!(read(text, &long_code, &none), expected, "{text:?}");
        }
    }

    #[test]
    fn a_toll_free_number_is_not_started_by_yes() {
        let toll_free = Party::parse("+18005551212").1;
        let none = OptOutWords::default();
        assert_eq!(read("YES", &toll_free, &none), None);
        assert_eq!(read("START", &toll_free, &none), Some(OptOutWord::Start));
    }

    #[test]
    fn words_of_the_operator() {
        let short_code = Party::parse("12345").1;
        let words = OptOutWords {
            stop: vec!["Стоп".to_owned(), " basta ".to_owned()],
            start: vec!["Да".to_owned(), "basta".to_owned()],
            help: vec!["помощь".to_owned()],
        };
        assert_eq!(read("стоп", &short_code, &words), Some(OptOutWord::Stop));
        assert_eq!(read("Basta", &short_code, &words), Some(OptOutWord::Stop));
        assert_eq!(read("ДА", &short_code, &words), Some(OptOutWord::Start));
        assert_eq!(read("Помощь", &short_code, &words), Some(OptOutWord::Help));
        assert_eq!(read("stop", &short_code, &words), Some(OptOutWord::Stop));
    }

    #[test]
    fn a_service_is_stopped_as_a_whole() {
        let number = Party::parse("+14155550199").1;
        assert_eq!(scope(Some("MG1"), &number), "MG1");
        assert_eq!(scope(None, &number), "+14155550199");
    }
}
