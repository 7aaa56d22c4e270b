//! Prices of segments: a decimal number, counted in millionths so that no cent is lost.

/// Millionths of a whole.
const WHOLE: u64 = 1_000_000;

/// Reads `0.0083` as 8,300 millionths. None for anything but digits with at most one point and six digits behind it.
pub fn parse(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 6 || whole.len() > 6 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let part: u64 = format!("{part:0<6}").parse().ok()?;
    Some(whole * WHOLE + part)
}

/// Writes 16,600 millionths as `0.0166`.
pub fn decimal(millionths: u64) -> String {
    let (whole, part) = (millionths / WHOLE, millionths % WHOLE);
    let part = format!("{part:06}");
    let part = part.trim_end_matches('0');
    match part {
        "" => whole.to_string(),
        part => format!("{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_and_written() {
        for (text, millionths) in [
            ("0.0083", 8_300),
            ("0", 0),
            ("12", 12_000_000),
            ("1.5", 1_500_000),
            ("0.000001", 1),
        ] {
            assert_eq!(parse(text), Some(millionths), "{text}");
            assert_eq!(decimal(millionths), text);
        }
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "1,5",
            "0.0000001",
            "1e3",
            " 1",
            "9999999",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
