//! What is said in generated conversations: sentence parts and words per language, the frequent ones first.

use std::fmt::Write;

use super::chance::{Chance, Zipf};

/// The language of a conversation and its parts of speech.
pub(super) struct Language {
    /// Its tag.
    pub(super) tag: &'static str,
    questions: &'static [&'static str],
    answers: &'static [&'static str],
    closings: &'static [&'static str],
    words: &'static str,
    /// First names of customers.
    pub(super) names: &'static [&'static str],
}

/// How often each of [`LANGUAGES`] is spoken, in percent.
const SHARES: [usize; 4] = [62, 14, 12, 12];

pub(super) const LANGUAGES: [Language; 4] = [
    Language {
        tag: "en",
        questions: &[
            "where is my order {id}?",
            "I have a question about the {w} of my {w}.",
            "the {w} arrived damaged, order {id}.",
            "can I return the {w} and get a refund?",
            "my payment for {id} was declined.",
            "the tracking {id} shows no change since {w}.",
            "how do I change the {w} of the delivery?",
            "is the {w} available in another {w}?",
            "I need an invoice for {id}.",
            "the discount code {id} is not accepted.",
            "I cannot sign in to my account.",
            "please cancel order {id}.",
            "the {w} does not fit the {w}, what can I do?",
            "who can help me with a {w}?",
            "I was charged twice for {id}.",
            "when will the {w} be back in stock?",
        ],
        answers: &[
            "Your order {id} is on its way.",
            "I have looked at your {w} and will send a replacement.",
            "The refund for {id} is booked and takes a few days.",
            "You can change the {w} under My orders.",
            "Could you tell me the order number, please?",
            "Please send a photo of the {w}.",
            "The {w} is back in stock next week.",
            "I have opened an inquiry with the carrier, reference {id}.",
            "The {w} can be returned within 30 days.",
            "The invoice is attached to the mail about the {w}.",
            "I have asked a colleague about the {w}.",
            "Please try another {w} or another way to pay.",
        ],
        closings: &[
            "Thank you!",
            "Thanks for your help.",
            "Perfect, that was all.",
            "OK, I will wait.",
            "Is there anything else I can do?",
            "Have a nice day.",
        ],
        words: "order parcel delivery refund payment address invoice account voucher return card plant pot teapot lamp label email colour size table chair cable battery printer password subscription warranty \
                screen charger adapter filter bottle blanket mirror shelf handle manual receipt deposit exchange bracket curtain mattress lantern hinge gasket thermostat trellis fertiliser secateurs propagator \
                wheelbarrow hydrangea bougainvillea kintsugi samovar trivet colander sieve spatula ramekin tagine parasol hammock doormat bellows andiron sundial birdbath espalier cloche dibber riddle",
        names: &[
            "Olivia", "James", "Amara", "Noah", "Harriet", "Kofi", "Ella", "Liam", "Priya",
            "Callum", "Zoe", "Marcus", "Fiona", "Dev", "Ruth", "Owen",
        ],
    },
    Language {
        tag: "de",
        questions: &[
            "wo ist meine Bestellung {id}?",
            "ich habe eine Frage zu {w} und {w}.",
            "der Artikel {w} kam beschädigt an, Bestellung {id}.",
            "kann ich {w} zurückgeben?",
            "meine Zahlung für {id} wurde abgelehnt.",
            "wie ändere ich {w} der Lieferung?",
            "ich brauche eine Rechnung für {id}.",
            "ich kann mich nicht anmelden.",
        ],
        answers: &[
            "Ihre Bestellung {id} ist unterwegs.",
            "Ich habe mir {w} angesehen und schicke Ersatz.",
            "Die Erstattung für {id} ist gebucht.",
            "Nennen Sie mir bitte die Bestellnummer?",
            "Bitte schicken Sie ein Foto von {w}.",
            "Der Artikel {w} ist nächste Woche wieder da.",
            "Die Rechnung hängt an der Mail über {w}.",
        ],
        closings: &[
            "Vielen Dank!",
            "Danke für die Hilfe.",
            "Alles klar.",
            "Kann ich sonst noch etwas tun?",
            "Einen schönen Tag noch.",
        ],
        words: "Bestellung Paket Lieferung Erstattung Zahlung Adresse Rechnung Konto Gutschein Rückgabe Karte Pflanze Topf Teekanne Lampe Etikett Farbe Größe Tisch Stuhl Kabel Batterie Drucker Kennwort Garantie \
                Bildschirm Ladegerät Filter Flasche Decke Spiegel Regal Griff Anleitung Quittung Pfand Umtausch Vorhang Matratze Laterne Scharnier Dichtung Rankgitter Dünger Gartenschere Schubkarre Hortensie",
        names: &[
            "Lena", "Jonas", "Greta", "Felix", "Heike", "Emre", "Johanna", "Paul", "Sabine",
            "Lukas",
        ],
    },
    Language {
        tag: "ru",
        questions: &[
            "где мой заказ {id}?",
            "у меня вопрос про {w} и {w}.",
            "{w} пришёл повреждённым, заказ {id}.",
            "можно вернуть {w}?",
            "оплата заказа {id} не прошла.",
            "как изменить {w} доставки?",
            "нужен счёт на {id}.",
            "не могу войти в личный кабинет.",
        ],
        answers: &[
            "Ваш заказ {id} уже в пути.",
            "Мы проверили {w} и отправим замену.",
            "Возврат по заказу {id} оформлен.",
            "Подскажите, пожалуйста, номер заказа.",
            "Пришлите, пожалуйста, фото: {w}.",
            "Товар {w} появится на следующей неделе.",
            "Счёт приложен к письму про {w}.",
        ],
        closings: &[
            "Спасибо!",
            "Спасибо за помощь.",
            "Понятно, жду.",
            "Могу ещё чем-нибудь помочь?",
            "Хорошего дня.",
        ],
        words: "заказ посылка доставка возврат оплата адрес счёт кабинет купон карта растение горшок чайник лампа наклейка цвет размер стол стул кабель батарея принтер пароль гарантия экран фильтр бутылка плед \
                зеркало полка ручка инструкция чек залог обмен штора матрас фонарь петля прокладка шпалера удобрение секатор тачка гортензия самовар",
        names: &[
            "Ольга",
            "Сергей",
            "Марина",
            "Илья",
            "Татьяна",
            "Алексей",
            "Дарья",
            "Николай",
        ],
    },
    Language {
        tag: "es",
        questions: &[
            "¿dónde está mi pedido {id}?",
            "tengo una pregunta sobre {w} y {w}.",
            "el artículo {w} llegó roto, pedido {id}.",
            "¿puedo devolver {w}?",
            "mi pago de {id} fue rechazado.",
            "¿cómo cambio {w} del envío?",
            "necesito una factura de {id}.",
            "no puedo entrar en mi cuenta.",
        ],
        answers: &[
            "Tu pedido {id} está en camino.",
            "He revisado {w} y enviaremos un reemplazo.",
            "El reembolso de {id} está hecho.",
            "¿Me dices el número de pedido?",
            "Envíanos una foto de {w}.",
            "El artículo {w} vuelve la próxima semana.",
            "La factura está en el correo sobre {w}.",
        ],
        closings: &[
            "¡Gracias!",
            "Gracias por la ayuda.",
            "Vale, espero.",
            "¿Puedo hacer algo más?",
            "Que tengas un buen día.",
        ],
        words: "pedido paquete envío reembolso pago dirección factura cuenta cupón devolución tarjeta planta maceta tetera lámpara etiqueta color talla mesa silla cable batería impresora contraseña garantía pantalla \
                cargador filtro botella manta espejo estante asa manual recibo depósito cambio cortina colchón farol bisagra junta celosía abono tijeras carretilla hortensia",
        names: &[
            "Carmen", "Javier", "Lola", "Diego", "Inés", "Mateo", "Pilar", "Andrés",
        ],
    },
];

/// All that is needed to make up texts.
pub(super) struct Vocabulary {
    words: Vec<Vec<&'static str>>,
    frequencies: Vec<Zipf>,
}

impl Vocabulary {
    pub(super) fn new() -> Self {
        let words: Vec<Vec<_>> = LANGUAGES
            .iter()
            .map(|language| language.words.split_whitespace().collect())
            .collect();
        let frequencies = words
            .iter()
            .map(|words| Zipf::new(words.len(), 1.1))
            .collect();
        Vocabulary { words, frequencies }
    }

    /// The index of a language.
    pub(super) fn language(chance: &mut Chance) -> usize {
        let mut point = chance.below(100);
        SHARES
            .iter()
            .position(|share| {
                let found = point < *share;
                point = point.saturating_sub(*share);
                found
            })
            .unwrap_or(0)
    }

    /// A frequent word more often than a rare one.
    pub(super) fn word(&self, language: usize, chance: &mut Chance) -> &'static str {
        self.words[language][self.frequencies[language].pick(chance)]
    }

    /// What a customer writes into `text`, which is emptied first.
    pub(super) fn question(
        &self,
        language: usize,
        name: &str,
        chance: &mut Chance,
        text: &mut String,
    ) {
        text.clear();
        let parts = &LANGUAGES[language];
        self.sentence(language, chance.pick(parts.questions), chance, text);
        if chance.happens(0.3) {
            text.push(' ');
            self.sentence(language, chance.pick(parts.questions), chance, text);
        }
        if chance.happens(0.25) {
            let _ = write!(text, " {} {name}", chance.pick(parts.closings));
        }
    }

    /// What the assistant or an agent writes into `text`, which is emptied first.
    pub(super) fn answer(
        &self,
        language: usize,
        name: &str,
        chance: &mut Chance,
        text: &mut String,
    ) {
        text.clear();
        let parts = &LANGUAGES[language];
        if chance.happens(0.3) {
            let _ = write!(text, "{name}, ");
        }
        for sentence in 0..1 + chance.below(2) {
            if sentence > 0 {
                text.push(' ');
            }
            self.sentence(language, chance.pick(parts.answers), chance, text);
        }
        if chance.happens(0.4) {
            text.push(' ');
            text.push_str(chance.pick(parts.closings));
        }
    }

    /// A paragraph of an article.
    pub(super) fn paragraph(
        &self,
        language: usize,
        sentences: usize,
        chance: &mut Chance,
        text: &mut String,
    ) {
        for number in 0..sentences {
            if number > 0 {
                text.push(' ');
            }
            self.sentence(
                language,
                chance.pick(LANGUAGES[language].answers),
                chance,
                text,
            );
        }
    }

    fn sentence(&self, language: usize, pattern: &str, chance: &mut Chance, text: &mut String) {
        let mut rest = pattern;
        while let Some(at) = rest.find('{') {
            text.push_str(&rest[..at]);
            let slot = &rest[at..];
            if let Some(after) = slot.strip_prefix("{id}") {
                // Rare: hardly ever the same twice, as order numbers are.
                let _ = write!(text, "RG-{:07}", chance.below(10_000_000));
                rest = after;
            } else {
                text.push_str(self.word(language, chance));
                rest = &slot[3..];
            }
        }
        text.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_is_filled() {
        let vocabulary = Vocabulary::new();
        let mut chance = Chance::of(1, 1, 1);
        let mut text = String::new();
        for round in 0..2_000 {
            let language = Vocabulary::language(&mut chance);
            if round % 2 == 0 {
                vocabulary.question(language, "Ada", &mut chance, &mut text);
            } else {
                vocabulary.answer(language, "Ada", &mut chance, &mut text);
            }
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{text}");
        }
    }
}
