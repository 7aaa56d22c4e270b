//! Figures as people read them: sizes in binary units, counts with separators, durations in two units at most.

/// A size in the largest binary unit that leaves a number of at least 1: `5.8 GiB`, `128 MiB`, `512 B`.
pub fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    // What would be rounded to 1024 belongs to the next unit.
    while amount >= 1023.95 && unit + 1 < units.len() {
        amount /= 1024.0;
        unit += 1;
    }
    let text = format!("{amount:.1}");
    format!(
        "{} {}",
        text.strip_suffix(".0").unwrap_or(&text),
        units[unit]
    )
}

/// A size as people write it: `8GiB`, `8 GB` and `8G` are all 8 × 1024³ bytes, as PostgreSQL counts; a bare number is bytes.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|character: char| !(character.is_ascii_digit() || character == '.'))
        .unwrap_or(text.len());
    let amount: f64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim().to_ascii_lowercase();
    let shift = match unit.as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    let bytes = amount * (1_u64 << shift) as f64;
    (1.0..1e18).contains(&bytes).then_some(bytes as u64)
}

/// A count with separators: `1,234,567`.
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 {
        text.insert(0, '-');
    }
    text
}

/// A duration in its two largest units: `3 d 4 h`, `1 min 5 s`, `12.5 ms`.
pub fn duration(seconds: f64) -> String {
    if seconds < 1.0 {
        let text = format!("{:.1}", seconds.max(0.0) * 1000.0);
        return format!("{} ms", text.strip_suffix(".0").unwrap_or(&text));
    }
    if seconds < 10.0 {
        let text = format!("{seconds:.1}");
        return format!("{} s", text.strip_suffix(".0").unwrap_or(&text));
    }
    let whole = seconds.round() as u64;
    let (large, unit, small, small_unit) = match whole {
        0..60 => return format!("{whole} s"),
        60..3600 => (whole / 60, "min", whole % 60, "s"),
        3600..86_400 => (whole / 3600, "h", whole % 3600 / 60, "min"),
        _ => (whole / 86_400, "d", whole % 86_400 / 3600, "h"),
    };
    if small == 0 {
        format!("{large} {unit}")
    } else {
        format!("{large} {unit} {small} {small_unit}")
    }
}

/// `1 table`, `3 tables`.
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_and_read() {
        assert_eq!(size(512), "512 B");
        assert_eq!(size(128 << 20), "128 MiB");
        assert_eq!(size(6_227_702_579), "5.8 GiB");
        assert_eq!(size((1 << 30) - 1), "1 GiB");
        assert_eq!(parse_size("8GiB"), Some(8 << 30));
        assert_eq!(parse_size("8 gb"), Some(8 << 30));
        assert_eq!(parse_size("1.5G"), Some(3 << 29));
        assert_eq!(parse_size("4096"), Some(4096));
        assert_eq!(parse_size("8 apples"), None);
        assert_eq!(parse_size("0"), None);
        assert_eq!(parse_size(""), None);
    }

    #[test]
    fn counts_and_durations() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(-1000), "-1,000");
        assert_eq!(duration(0.0125), "12.5 ms");
        assert_eq!(duration(2.0), "2 s");
        assert_eq!(duration(65.0), "1 min 5 s");
        assert_eq!(duration(7200.0), "2 h");
        assert_eq!(duration(273_600.0), "3 d 4 h");
    }
}
