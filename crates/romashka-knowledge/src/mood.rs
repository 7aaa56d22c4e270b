//! Whether a customer is angry, by what he writes: such a line is for a person.
//!
//! Lists of words and phrases for the languages that the settings name, matched on whole words. One that only an angry customer writes is enough;
//! of those that others write too, or of capitals and marks, two are needed. What they do not hold is calm: an angry line that is not recognised is
//! answered like any other, and its writer may ask for a person.

use crate::wish::{holds, plain};

/// Whether the writer is angry.
pub fn is_angry(text: &str) -> bool {
    let line = plain(text);
    if STRONG.iter().any(|phrase| says(&line, phrase)) {
        return true;
    }
    let mild = MILD.iter().filter(|phrase| says(&line, phrase)).count();
    mild + usize::from(is_shouted(text)) + usize::from(is_stressed(text)) >= 2
}

/// Whether a line says a phrase, and not that it is otherwise.
fn says(line: &str, phrase: &str) -> bool {
    if !holds(line, phrase) {
        return false;
    }
    let before = line.find(phrase).map_or("", |at| &line[..at]);
    let mut words = before.split(' ').rev().filter(|word| !word.is_empty());
    let denies = |word: &str| {
        matches!(
            word,
            "not" | "no" | "never" | "nicht" | "kein" | "keine" | "pas" | "non" | "não" | "не"
        ) || word.ends_with("n't")
    };
    !words.by_ref().take(2).any(denies)
}

/// Mostly capitals, in more than a code or a name.
fn is_shouted(text: &str) -> bool {
    let letters: Vec<char> = text
        .chars()
        .filter(|letter| letter.is_alphabetic())
        .collect();
    let cased = letters
        .iter()
        .filter(|letter| letter.is_uppercase() || letter.is_lowercase())
        .count();
    let capitals = letters
        .iter()
        .filter(|letter| letter.is_uppercase())
        .count();
    let words = text.split_whitespace().count();
    words >= 3 && cased >= 12 && capitals * 10 >= cased * 7
}

fn is_stressed(text: &str) -> bool {
    ["!!", "?!", "!?", "???", "！！"]
        .iter()
        .any(|marks| text.contains(marks))
}

/// What only an angry customer writes.
const STRONG: &[&str] = &[
    "scam",
    "scammers",
    "ripoff",
    "rip off",
    "ripped off",
    "unacceptable",
    "outrageous",
    "disgusting",
    "disgrace",
    "disgraceful",
    "furious",
    "pathetic",
    "incompetent",
    "you liars",
    "lying to me",
    "worst service",
    "worst company",
    "worst customer",
    "worst experience",
    "worst support",
    "ridiculous",
    "fed up",
    "sick of",
    "sick and tired",
    "had enough",
    "waste of time",
    "waste of my time",
    "wasting my time",
    "waste of money",
    "terrible service",
    "terrible support",
    "horrible service",
    "awful service",
    "appalling",
    "useless",
    "stupid",
    "idiots",
    "how dare you",
    "never buy from you again",
    "never order from you again",
    "never again",
    "i will sue",
    "i'll sue",
    "wtf",
    "what the hell",
    "what the fuck",
    "bullshit",
    "fuck",
    "fucking",
    "shit",
    "so angry",
    "very angry",
    "extremely angry",
    "really angry",
    "i am angry",
    "i'm angry",
    "livid",
    "a joke",
    "total joke",
    "inaceptable",
    "una estafa",
    "estafadores",
    "una vergüenza",
    "estoy harto",
    "estoy harta",
    "pésimo servicio",
    "ladrones",
    "inacceptable",
    "une arnaque",
    "c'est une honte",
    "ras le bol",
    "marre de",
    "voleurs",
    "scandaleux",
    "unverschämt",
    "unverschämtheit",
    "frechheit",
    "das ist betrug",
    "reiner betrug",
    "betrüger",
    "abzocke",
    "eine zumutung",
    "stinksauer",
    "mir reicht es",
    "mir reicht's",
    "unerträglich",
    "katastrophaler service",
    "inaccettabile",
    "una truffa",
    "truffatori",
    "una vergogna",
    "sono stufo",
    "sono stufa",
    "sono furioso",
    "sono furiosa",
    "inaceitável",
    "um golpe",
    "uma vergonha",
    "palhaçada",
    "péssimo atendimento",
    "безобразие",
    "мошенники",
    "обман",
    "возмутительно",
    "ужасный сервис",
    "хамство",
    "позор",
    "надоело",
    "шахраї",
    "обурливо",
    "жахливий сервіс",
    "ганьба",
    "骗子",
    "垃圾公司",
    "垃圾服务",
    "太差了",
    "气死",
    "詐欺",
    "最悪",
    "ふざけるな",
    "許せない",
    "사기",
    "최악",
    "어이가 없",
    "화가 나",
];

/// What an angry customer writes, and others as well.
const MILD: &[&str] = &[
    "third time",
    "fourth time",
    "fifth time",
    "again and again",
    "still waiting",
    "for weeks",
    "for months",
    "nobody answers",
    "no one answers",
    "nobody replies",
    "no one replies",
    "nobody cares",
    "no one cares",
    "ignoring me",
    "ignored",
    "disappointed",
    "disappointing",
    "angry",
    "upset",
    "frustrated",
    "frustrating",
    "annoyed",
    "annoying",
    "awful",
    "terrible",
    "horrible",
    "the worst",
    "bad service",
    "poor service",
    "complaint",
    "demand",
    "immediately",
    "right now",
    "my money back",
    "decepcionado",
    "decepcionada",
    "déçu",
    "déçue",
    "enttäuscht",
    "sauer",
    "wütend",
    "deluso",
    "delusa",
    "ужасно",
    "разочарован",
    "разочарована",
    "жахливо",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anger_is_told_from_trouble() {
        for line in [
            "This is unacceptable, I want my money back",
            "You are a bunch of scammers",
            "I AM STILL WAITING FOR MY ORDER",
            "third time I write and nobody answers",
            "Where is my parcel?! I have been waiting for weeks",
            "What a waste of time",
            "Das ist eine Frechheit",
            "C’est une arnaque, une arnaque !",
            "Безобразие! Где мой заказ?",
            "最悪です",
        ] {
            assert!(is_angry(line), "{line}");
        }
        for line in [
            "I still have not received my new card, I ordered over a week ago.",
            "My parcel arrived broken, what can I do?",
            "I'm not angry, I only want to know where it is",
            "IBAN DE89 3704 0044 0532 0130 00",
            "WHERE IS IT",
            "Is it still waiting at the depot?",
            "Can I send it back? It is terrible on me.",
            "HELLO",
            "Die Rechnung betrug 50 Euro",
            "你们的邮件在垃圾邮件里",
            "",
        ] {
            assert!(!is_angry(line), "{line}");
        }
    }
}
