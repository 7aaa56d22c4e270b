//! What the installation's mails say.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::accounts::Mail;

/// Subject and text in the reader's language, English where there is no other.
pub(super) fn of(mail: &Mail, language: &str) -> (String, String) {
    match language.split('-').next().unwrap_or_default() {
        "de" => german(mail),
        "ru" => russian(mail),
        _ => english(mail),
    }
}

/// One day, or the first and the last one.
fn days(first: Date, last: Date) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first} – {last}")
    }
}

/// A moment, to the minute.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn english(mail: &Mail) -> (String, String) {
    match mail {
        Mail::Invitation {
            workspace,
            invited_by,
            link,
        } => (
            format!("Invitation to {workspace}"),
            format!(
                "{} invites you to work in {workspace}.\n\nAccept the invitation here:\n{link}\n\nIf you do not expect this, do nothing.",
                invited_by.as_deref().unwrap_or("Somebody")
            ),
        ),
        Mail::PasswordReset { link } => (
            "Set a new password".to_owned(),
            format!(
                "Somebody asked for a new password for this address.\n\nSet it here:\n{link}\n\nIf that was not you, do nothing: your password stays as it is."
            ),
        ),
        Mail::PasswordChanged { link } => (
            "Your password was changed".to_owned(),
            format!(
                "The password of your account was changed.\n\nIf that was not you, set a new one at once:\n{link}"
            ),
        ),
        Mail::Report {
            workspace,
            report,
            first_day,
            last_day,
            ..
        } => (
            format!("{report}: {}", days(*first_day, *last_day)),
            format!(
                "The report {report} of {workspace} is attached. It tells of {}.",
                days(*first_day, *last_day)
            ),
        ),
        Mail::WebhookFailing {
            workspace,
            address,
            since,
            until,
        } => (
            format!("A webhook of {workspace} fails"),
            format!(
                "Nothing but failures has come back since {} from this address, to which {workspace} sends events:\n{address}\n\nIf that goes on, the webhook is switched off on {}. What was not delivered can be put out again.",
                moment(*since),
                moment(*until)
            ),
        ),
        Mail::WebhookDisabled {
            workspace,
            address,
            is_gone,
        } => (
            format!("A webhook of {workspace} was switched off"),
            format!(
                "{workspace} does not send events to this address any more:\n{address}\n\n{} Switch it on again when it is repaired, and put out again what was not delivered.",
                if *is_gone {
                    "The receiver answered that it is gone (410)."
                } else {
                    "Nothing but failures had come back for five days."
                }
            ),
        ),
        Mail::ChannelFailing {
            workspace,
            channel,
            problem,
        } => (
            format!("The channel {channel} cannot send"),
            format!(
                "In {workspace} the channel {channel} cannot send: {problem}\n\nSet its credentials anew. What waits is sent then."
            ),
        ),
        Mail::ChannelAlert {
            workspace,
            channel,
            message,
        } => (
            format!("The channel {channel} needs attention"),
            format!(
                "In {workspace} the channel {channel} needs attention: {message}\n\nIts alerts are listed with the channel until they are over."
            ),
        ),
        Mail::SecondFactorChanged { is_on } => (
            "Your second factor was changed".to_owned(),
            format!(
                "Signing in with a second factor is now {}.\n\nIf that was not you, change your password at once and tell your administrator.",
                if *is_on { "on" } else { "off" }
            ),
        ),
    }
}

fn german(mail: &Mail) -> (String, String) {
    match mail {
        Mail::Invitation {
            workspace,
            invited_by,
            link,
        } => (
            format!("Einladung zu {workspace}"),
            format!(
                "{} lädt Sie ein, in {workspace} mitzuarbeiten.\n\nNehmen Sie die Einladung hier an:\n{link}\n\nWenn Sie das nicht erwarten, tun Sie nichts.",
                invited_by.as_deref().unwrap_or("Jemand")
            ),
        ),
        Mail::PasswordReset { link } => (
            "Neues Passwort setzen".to_owned(),
            format!(
                "Für diese Adresse wurde ein neues Passwort angefordert.\n\nSetzen Sie es hier:\n{link}\n\nWaren Sie das nicht, tun Sie nichts: Ihr Passwort bleibt, wie es ist."
            ),
        ),
        Mail::PasswordChanged { link } => (
            "Ihr Passwort wurde geändert".to_owned(),
            format!(
                "Das Passwort Ihres Kontos wurde geändert.\n\nWaren Sie das nicht, setzen Sie sofort ein neues:\n{link}"
            ),
        ),
        Mail::Report {
            workspace,
            report,
            first_day,
            last_day,
            ..
        } => (
            format!("{report}: {}", days(*first_day, *last_day)),
            format!(
                "Der Bericht {report} von {workspace} liegt bei. Er umfasst {}.",
                days(*first_day, *last_day)
            ),
        ),
        Mail::WebhookFailing {
            workspace,
            address,
            since,
            until,
        } => (
            format!("Ein Webhook von {workspace} schlägt fehl"),
            format!(
                "Seit {} kamen von dieser Adresse, an die {workspace} Ereignisse sendet, nur Fehler:\n{address}\n\nBleibt es dabei, wird der Webhook am {} abgeschaltet. Was nicht zugestellt wurde, kann erneut gesendet werden.",
                moment(*since),
                moment(*until)
            ),
        ),
        Mail::WebhookDisabled {
            workspace,
            address,
            is_gone,
        } => (
            format!("Ein Webhook von {workspace} wurde abgeschaltet"),
            format!(
                "{workspace} sendet keine Ereignisse mehr an diese Adresse:\n{address}\n\n{} Schalten Sie ihn wieder ein, wenn er repariert ist, und senden Sie erneut, was nicht zugestellt wurde.",
                if *is_gone {
                    "Der Empfänger antwortete, dass es ihn nicht mehr gibt (410)."
                } else {
                    "Fünf Tage lang kamen nur Fehler."
                }
            ),
        ),
        Mail::ChannelFailing {
            workspace,
            channel,
            problem,
        } => (
            format!("Der Kanal {channel} kann nicht senden"),
            format!(
                "In {workspace} kann der Kanal {channel} nicht senden: {problem}\n\nHinterlegen Sie seine Zugangsdaten neu. Was wartet, wird dann gesendet."
            ),
        ),
        Mail::ChannelAlert {
            workspace,
            channel,
            message,
        } => (
            format!("Der Kanal {channel} braucht Aufmerksamkeit"),
            format!(
                "In {workspace} braucht der Kanal {channel} Aufmerksamkeit: {message}\n\nSeine Meldungen stehen beim Kanal, bis sie erledigt sind."
            ),
        ),
        Mail::SecondFactorChanged { is_on } => (
            "Ihr zweiter Faktor wurde geändert".to_owned(),
            format!(
                "Die Anmeldung mit einem zweiten Faktor ist jetzt {}.\n\nWaren Sie das nicht, ändern Sie sofort Ihr Passwort und sagen Sie es Ihrer Administration.",
                if *is_on { "an" } else { "aus" }
            ),
        ),
    }
}

fn russian(mail: &Mail) -> (String, String) {
    match mail {
        Mail::Invitation {
            workspace,
            invited_by,
            link,
        } => (
            format!("Приглашение в {workspace}"),
            format!(
                "{} приглашает вас работать в {workspace}.\n\nПринять приглашение:\n{link}\n\nЕсли вы его не ждали, ничего делать не нужно.",
                invited_by.as_deref().unwrap_or("Коллега")
            ),
        ),
        Mail::PasswordReset { link } => (
            "Новый пароль".to_owned(),
            format!(
                "Для этого адреса запрошен новый пароль.\n\nЗадать его:\n{link}\n\nЕсли это были не вы, ничего делать не нужно: пароль останется прежним."
            ),
        ),
        Mail::PasswordChanged { link } => (
            "Ваш пароль изменён".to_owned(),
            format!(
                "Пароль вашей учётной записи изменён.\n\nЕсли это были не вы, сразу задайте новый:\n{link}"
            ),
        ),
        Mail::Report {
            workspace,
            report,
            first_day,
            last_day,
            ..
        } => (
            format!("{report}: {}", days(*first_day, *last_day)),
            format!(
                "Отчёт «{report}» пространства {workspace} во вложении. Дни: {}.",
                days(*first_day, *last_day)
            ),
        ),
        Mail::WebhookFailing {
            workspace,
            address,
            since,
            until,
        } => (
            format!("Вебхук {workspace} не работает"),
            format!(
                "С {} с этого адреса, на который {workspace} отправляет события, приходят только ошибки:\n{address}\n\nЕсли так продолжится, вебхук будет отключён {}. Недоставленное можно отправить заново.",
                moment(*since),
                moment(*until)
            ),
        ),
        Mail::WebhookDisabled {
            workspace,
            address,
            is_gone,
        } => (
            format!("Вебхук {workspace} отключён"),
            format!(
                "{workspace} больше не отправляет события на этот адрес:\n{address}\n\n{} Включите его, когда он заработает, и отправьте недоставленное заново.",
                if *is_gone {
                    "Получатель ответил, что его больше нет (410)."
                } else {
                    "Пять дней приходили только ошибки."
                }
            ),
        ),
        Mail::ChannelFailing {
            workspace,
            channel,
            problem,
        } => (
            format!("Канал {channel} не может отправлять"),
            format!(
                "В {workspace} канал {channel} не может отправлять: {problem}\n\nЗадайте его учётные данные заново. Ожидающие сообщения будут отправлены."
            ),
        ),
        Mail::ChannelAlert {
            workspace,
            channel,
            message,
        } => (
            format!("Канал {channel} требует внимания"),
            format!(
                "В {workspace} канал {channel} требует внимания: {message}\n\nЕго предупреждения показаны у канала, пока они не устранены."
            ),
        ),
        Mail::SecondFactorChanged { is_on } => (
            "Второй фактор изменён".to_owned(),
            format!(
                "Вход со вторым фактором теперь {}.\n\nЕсли это были не вы, сразу смените пароль и сообщите администратору.",
                if *is_on {
                    "включён"
                } else {
                    "выключен"
                }
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_the_link_and_a_subject_in_one_line() {
        let link = "https://support.example.com/reset#token=abc".to_owned();
        let mail = Mail::PasswordReset { link: link.clone() };
        let mut subjects = std::collections::BTreeSet::new();
        for language in ["en", "de", "de-AT", "ru", "tlh"] {
            let (subject, text) = of(&mail, language);
            assert!(text.contains(&link), "{language}");
            assert!(!subject.contains('\n'), "{language}");
            subjects.insert(subject);
        }
        assert_eq!(subjects.len(), 3);
    }
}
