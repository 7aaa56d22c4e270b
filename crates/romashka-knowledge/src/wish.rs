//! What a customer's line wants before any article is looked for: a person, a greeting back, or nothing at all.
//!
//! Lists of phrases for the languages that the settings name, matched on whole words: what they do not hold is a question. They decide what is
//! not to be answered from articles, so that an unknown phrase costs a search and never a wrong answer.

/// What a line wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To talk to a person.
    Person,
    /// Nothing yet: it says hello.
    Greeting,
    /// Nothing any more: it says thanks or goodbye.
    Thanks,
    /// Something else: a question.
    Question,
}

/// Words that ask for a person wherever they stand.
const PERSON: &[&str] = &[
    "talk to a human",
    "speak to a human",
    "talk to a person",
    "speak to a person",
    "speak with a person",
    "talk with a person",
    "talk to someone",
    "speak to someone",
    "talk to an agent",
    "speak to an agent",
    "speak with an agent",
    "live agent",
    "human agent",
    "real person",
    "real human",
    "a human please",
    "human please",
    "agent please",
    "talk to support",
    "speak to your manager",
    "speak to a manager",
    "talk to a manager",
    "customer service representative",
    "hablar con una persona",
    "hablar con un agente",
    "hablar con alguien",
    "persona real",
    "agente humano",
    "hablar con un humano",
    "parler à une personne",
    "parler à un humain",
    "parler à un conseiller",
    "parler à quelqu'un",
    "un agent humain",
    "vraie personne",
    "mit einem menschen",
    "mit einem mitarbeiter",
    "mit jemandem sprechen",
    "mit einer person",
    "echten menschen",
    "echte person",
    "menschlichen mitarbeiter",
    "parlare con una persona",
    "parlare con un operatore",
    "parlare con qualcuno",
    "operatore umano",
    "persona reale",
    "falar com uma pessoa",
    "falar com um atendente",
    "falar com alguém",
    "atendente humano",
    "pessoa real",
    "поговорить с человеком",
    "позовите оператора",
    "соедините с оператором",
    "живой человек",
    "живого человека",
    "с оператором",
    "нужен оператор",
    "позовите человека",
    "переключите на оператора",
    "人工客服",
    "转人工",
    "真人客服",
    "和真人",
    "人と話したい",
    "オペレーターと話",
    "担当者と話",
    "상담원 연결",
    "상담원과",
    "사람과 이야기",
];
/// Lines that are nothing else.
const PERSON_ALONE: &[&str] = &[
    "agent",
    "human",
    "person",
    "operator",
    "representative",
    "support agent",
    "a person",
    "a human",
    "an agent",
    "agente",
    "persona",
    "humano",
    "operador",
    "conseiller",
    "humain",
    "mitarbeiter",
    "mensch",
    "operatore",
    "atendente",
    "оператор",
    "человек",
    "人工",
    "オペレーター",
    "상담원",
];
const GREETING: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "hi there",
    "hello there",
    "hey there",
    "good morning",
    "good afternoon",
    "good evening",
    "good day",
    "greetings",
    "hola",
    "buenos días",
    "buenas tardes",
    "buenas noches",
    "buenas",
    "bonjour",
    "bonsoir",
    "salut",
    "hallo",
    "guten tag",
    "guten morgen",
    "guten abend",
    "moin",
    "servus",
    "ciao",
    "buongiorno",
    "buonasera",
    "salve",
    "olá",
    "oi",
    "bom dia",
    "boa tarde",
    "boa noite",
    "привет",
    "здравствуйте",
    "добрый день",
    "доброе утро",
    "добрый вечер",
    "你好",
    "您好",
    "こんにちは",
    "こんばんは",
    "안녕하세요",
    "안녕",
];
const THANKS: &[&str] = &[
    "thanks",
    "thank you",
    "thanks a lot",
    "thank you very much",
    "thank you so much",
    "many thanks",
    "thx",
    "ty",
    "great thanks",
    "ok thanks",
    "okay thanks",
    "ok thank you",
    "perfect thanks",
    "bye",
    "goodbye",
    "ok",
    "okay",
    "great",
    "perfect",
    "got it",
    "cool",
    "gracias",
    "muchas gracias",
    "adiós",
    "vale gracias",
    "merci",
    "merci beaucoup",
    "au revoir",
    "danke",
    "vielen dank",
    "danke schön",
    "tschüss",
    "grazie",
    "grazie mille",
    "arrivederci",
    "obrigado",
    "obrigada",
    "muito obrigado",
    "tchau",
    "спасибо",
    "большое спасибо",
    "спасибо большое",
    "благодарю",
    "до свидания",
    "понятно спасибо",
    "谢谢",
    "再见",
    "ありがとう",
    "ありがとうございます",
    "감사합니다",
    "고마워요",
];

/// What a line wants.
pub fn wish(text: &str) -> Wish {
    let line = plain(text);
    let is = |list: &[&str]| list.contains(&line.as_str());
    if is(PERSON_ALONE) || PERSON.iter().any(|phrase| holds(&line, phrase)) {
        Wish::Person
    } else if is(GREETING) {
        Wish::Greeting
    } else if is(THANKS) {
        Wish::Thanks
    } else {
        Wish::Question
    }
}

/// Whether a question leans on what was said before: it is short and begins like a continuation, or points to something it does not name.
pub fn follows_on(question: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "and",
        "but",
        "so",
        "what about",
        "how about",
        "what if",
        "also",
        "y",
        "pero",
        "et",
        "mais",
        "und",
        "aber",
        "e",
        "ma",
        "mas",
        "а",
        "и",
        "но",
    ];
    const POINTERS: &[&str] = &[
        "it",
        "its",
        "that",
        "this",
        "they",
        "them",
        "those",
        "these",
        "there",
        "then",
        "one",
        "eso",
        "esto",
        "ello",
        "ça",
        "cela",
        "es",
        "das",
        "dies",
        "davon",
        "questo",
        "quello",
        "isso",
        "isto",
        "это",
        "этого",
        "он",
        "она",
        "они",
    ];
    let line = plain(question);
    let words: Vec<&str> = line.split(' ').collect();
    let begins = BEGINNINGS
        .iter()
        .any(|beginning| line == *beginning || line.starts_with(&format!("{beginning} ")));
    words.len() <= 12 && (begins || words.iter().any(|word| POINTERS.contains(word)))
}

/// Whether a text names a word or phrase: as words of their own, capitals or not.
pub fn mentions(text: &str, phrase: &str) -> bool {
    let phrase = plain(phrase);
    !phrase.is_empty() && holds(&plain(text), &phrase)
}

/// Small letters and single spaces, without punctuation and signs.
pub(crate) fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for part in text
        .to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric() && letter != '\'' && letter != '’')
        .filter(|part| !part.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&part.replace('’', "'"));
    }
    line
}

/// Whether a phrase stands in a line as words of their own; scripts in which words have no end that shows have none.
pub(crate) fn holds(line: &str, phrase: &str) -> bool {
    let has_words = !phrase
        .chars()
        .any(|letter| matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'));
    line.match_indices(phrase).any(|(at, _)| {
        !has_words
            || (line[..at]
                .chars()
                .next_back()
                .is_none_or(|letter| letter == ' ')
                && line[at + phrase.len()..]
                    .chars()
                    .next()
                    .is_none_or(|letter| letter == ' '))
    })
}

#[cfg(test)]
mod tests {
    use super::{Wish, follows_on, wish};

    #[test]
    fn a_line_wants_a_person_a_greeting_or_an_answer() {
        for (line, wanted) in [
            ("Can I talk to a human, please?", Wish::Person),
            ("AGENT!", Wish::Person),
            ("Позовите оператора", Wish::Person),
            ("我要转人工", Wish::Person),
            ("상담원 연결해 주세요", Wish::Person),
            ("Je veux parler à quelqu’un", Wish::Person),
            ("Hello :)", Wish::Greeting),
            ("Guten Tag!", Wish::Greeting),
            ("ok, thanks", Wish::Thanks),
            ("Is a travel agent's booking refundable?", Wish::Question),
            ("Do your products contain human hair?", Wish::Question),
            ("hello, where is my parcel?", Wish::Question),
            ("Which person signs for the parcel?", Wish::Question),
            ("", Wish::Question),
        ] {
            assert_eq!(wish(line), wanted, "{line}");
        }
    }

    #[test]
    fn a_topic_is_named_by_whole_words() {
        assert!(super::mentions("I'll see my LAWYER!", "lawyer"));
        assert!(!super::mentions("Where do I start?", "art"));
        assert!(!super::mentions("anything", " "));
    }

    #[test]
    fn a_follow_up_leans_on_what_was_said() {
        for line in [
            "And to Canada?",
            "How long does it take?",
            "what about returns",
            "А в Казань?",
        ] {
            assert!(follows_on(line), "{line}");
        }
        for line in ["How long does a refund take?", "Where is my parcel?"] {
            assert!(!follows_on(line), "{line}");
        }
    }
}
