//! What the installation's mails say.

use crate::accounts::Mail;

/// Subject and text in the reader's language, English where there is no other.
pub(super) fn of(mail: &Mail, language: &str) -> (String, String) {
    match language.split('-').next().unwrap_or_default() {
        "de" => german(mail),
        "ru" => russian(mail),
        _ => english(mail),
    }
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
