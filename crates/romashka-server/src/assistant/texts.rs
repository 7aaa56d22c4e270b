//! What the assistant says in its own words.

use serde_json::Value;

/// Something it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// To a greeting.
    Greeting,
    /// When it hands over.
    HandOff,
    /// When it hands over and nobody is there before the opening.
    HandOffClosed,
    /// Above the articles it suggests.
    Suggest,
    /// The button, and the words, by which a person is asked for.
    Person,
}

impl Text {
    /// Its key in a channel's `texts`.
    pub fn key(self) -> &'static str {
        match self {
            Text::Greeting => "greeting",
            Text::HandOff => "hand_off",
            Text::HandOffClosed => "hand_off_closed",
            Text::Suggest => "suggest",
            Text::Person => "person",
        }
    }

    /// All keys.
    pub const KEYS: [&'static str; 5] = [
        "greeting",
        "hand_off",
        "hand_off_closed",
        "suggest",
        "person",
    ];
}

/// What is said in a language, in the channel's own words where it has some; English where the language is not known.
pub fn text(own: &Value, language: &str, text: Text) -> String {
    let tongue = language.split('-').next().unwrap_or("en");
    for key in [language, tongue] {
        if let Some(said) = own[key][text.key()].as_str() {
            return said.to_owned();
        }
    }
    let known = TEXTS
        .iter()
        .find(|(name, _)| *name == tongue)
        .map_or(&TEXTS[0].1, |(_, texts)| texts);
    known[text as usize].to_owned()
}

/// The languages of `supported_languages`, in the order of [`Text`].
const TEXTS: [(&str, [&str; 5]); 10] = [
    (
        "en",
        [
            "Hello! What can I help you with?",
            "I am passing this on to a colleague, who will answer you here.",
            "I am passing this on to a colleague. We are closed right now and will answer as soon as we are back. Leave your email address here if we should write to you.",
            "These articles may help. If they do not, ask for a person and a colleague takes over:",
            "Talk to a person",
        ],
    ),
    (
        "es",
        [
            "¡Hola! ¿En qué puedo ayudarle?",
            "Paso su consulta a un compañero, que le responderá aquí.",
            "Paso su consulta a un compañero. Ahora estamos cerrados y responderemos en cuanto volvamos. Deje aquí su correo si quiere que le escribamos.",
            "Estos artículos pueden ayudar. Si no, pida hablar con una persona:",
            "Hablar con una persona",
        ],
    ),
    (
        "fr",
        [
            "Bonjour ! Comment puis-je vous aider ?",
            "Je transmets votre demande à un collègue, qui vous répondra ici.",
            "Je transmets votre demande à un collègue. Nous sommes fermés pour le moment et répondrons dès notre retour. Laissez votre adresse e-mail ici si nous devons vous écrire.",
            "Ces articles peuvent vous aider. Sinon, demandez à parler à une personne :",
            "Parler à une personne",
        ],
    ),
    (
        "de",
        [
            "Hallo! Wobei kann ich helfen?",
            "Ich gebe das an jemanden aus dem Team weiter. Die Antwort kommt hier.",
            "Ich gebe das an jemanden aus dem Team weiter. Wir haben gerade geschlossen und antworten, sobald wir zurück sind. Hinterlassen Sie hier Ihre E-Mail-Adresse, wenn wir Ihnen schreiben sollen.",
            "Diese Artikel helfen vielleicht. Wenn nicht, fragen Sie nach einem Menschen:",
            "Mit einem Menschen sprechen",
        ],
    ),
    (
        "it",
        [
            "Salve! Come posso aiutarla?",
            "Passo la richiesta a un collega, che le risponderà qui.",
            "Passo la richiesta a un collega. Ora siamo chiusi e risponderemo appena torniamo. Lasci qui il suo indirizzo e-mail se dobbiamo scriverle.",
            "Questi articoli possono aiutare. Altrimenti chieda di parlare con una persona:",
            "Parlare con una persona",
        ],
    ),
    (
        "pt",
        [
            "Olá! Em que posso ajudar?",
            "Vou passar o seu pedido a um colega, que responderá aqui.",
            "Vou passar o seu pedido a um colega. Estamos fechados agora e responderemos assim que voltarmos. Deixe aqui o seu e-mail se devemos escrever-lhe.",
            "Estes artigos podem ajudar. Se não, peça para falar com uma pessoa:",
            "Falar com uma pessoa",
        ],
    ),
    (
        "ru",
        [
            "Здравствуйте! Чем могу помочь?",
            "Передаю ваш вопрос коллеге, он ответит здесь.",
            "Передаю ваш вопрос коллеге. Сейчас мы закрыты и ответим, как только вернёмся. Оставьте здесь адрес электронной почты, если вам написать.",
            "Возможно, помогут эти статьи. Если нет, позовите человека:",
            "Поговорить с человеком",
        ],
    ),
    (
        "zh",
        [
            "您好!有什么可以帮您?",
            "我已把您的问题转给同事,他会在这里回复您。",
            "我已把您的问题转给同事。我们现在不在营业时间,回来后会尽快回复。如需邮件回复,请在此留下邮箱地址。",
            "这些文章也许有帮助。如果没有,请转人工:",
            "转人工客服",
        ],
    ),
    (
        "ja",
        [
            "こんにちは。どのようなご用件でしょうか。",
            "担当者に引き継ぎました。こちらでお返事いたします。",
            "担当者に引き継ぎました。ただいま営業時間外のため、再開次第お返事いたします。メールをご希望の場合は、こちらにアドレスをお書きください。",
            "こちらの記事が役に立つかもしれません。解決しない場合は担当者をお呼びください:",
            "担当者と話す",
        ],
    ),
    (
        "ko",
        [
            "안녕하세요. 무엇을 도와드릴까요?",
            "담당자에게 전달했습니다. 여기에서 답변드리겠습니다.",
            "담당자에게 전달했습니다. 지금은 영업시간이 아니며 다시 열리는 대로 답변드리겠습니다. 이메일로 받으시려면 주소를 남겨 주세요.",
            "다음 글이 도움이 될 수 있습니다. 해결되지 않으면 상담원을 불러 주세요:",
            "상담원과 이야기하기",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use romashka_knowledge::{Wish, wish};
    use serde_json::json;

    use super::{TEXTS, Text, text};

    #[test]
    fn the_button_asks_for_a_person_in_every_language() {
        for (language, texts) in TEXTS {
            assert_eq!(
                wish(texts[Text::Person as usize]),
                Wish::Person,
                "{language}"
            );
        }
    }

    #[test]
    fn a_channels_own_words_come_first() {
        let own = json!({"de": {"greeting": "Moin!"}});
        assert_eq!(text(&own, "de-AT", Text::Greeting), "Moin!");
        assert_eq!(
            text(&own, "de", Text::Person),
            "Mit einem Menschen sprechen"
        );
        assert_eq!(text(&own, "xx", Text::Person), "Talk to a person");
    }
}
