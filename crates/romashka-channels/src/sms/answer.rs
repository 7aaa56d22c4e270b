//! What Twilio is answered.
//!
//! Invariant: the answer is well-formed XML whatever text is in it. Normally it is empty: replies go out through the
//! delivery queue, where they are kept, limited and tracked.

/// Media type of the answer.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// No reply.
pub const EMPTY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>";

/// Replies at once, each as a message of its own: a text and the addresses of files.
pub fn messages(replies: &[(String, Vec<String>)]) -> String {
    let mut answer = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>");
    for (text, files) in replies {
        answer.push_str("<Message>");
        if !text.is_empty() {
            answer.push_str("<Body>");
            escape(text, &mut answer);
            answer.push_str("</Body>");
        }
        for file in files {
            answer.push_str("<Media>");
            escape(file, &mut answer);
            answer.push_str("</Media>");
        }
        answer.push_str("</Message>");
    }
    answer.push_str("</Response>");
    answer
}

/// Characters that XML 1.0 does not allow at all are left out.
fn escape(text: &str, answer: &mut String) {
    for character in text.chars() {
        match character {
            '&' => answer.push_str("&amp;"),
            '<' => answer.push_str("&lt;"),
            '>' => answer.push_str("&gt;"),
            '"' => answer.push_str("&quot;"),
            '\'' => answer.push_str("&apos;"),
            '\r' => answer.push_str("&#13;"),
            '\n' | '\t' => answer.push(character),
            '\u{fffe}' | '\u{ffff}' => {}
            _ if character < ' ' => {}
            _ => answer.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(messages(&[]), EMPTY);
        assert_eq!(
            messages(&[(
                "a <b> & \"c\"\0\u{1}".to_owned(),
                vec!["https://e.com/?a=1&b=2".to_owned()]
            )]),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Message><Body>a &lt;b&gt; &amp; &quot;c&quot;</Body><Media>https://e.com/?a=1&amp;b=2</Media></Message></Response>"
        );
    }
}
