//! PDF: text in the order it is drawn, lines joined to paragraphs, headings by their size.

use std::collections::BTreeMap;

use pdf_extract::{Document, MediaBox, OutputDev, OutputError, Transform, output_doc};

use super::{Draft, LONGEST_TEXT, Refusal, text};

/// Pages of a document.
const MOST_PAGES: usize = 5_000;
/// How much larger than the text a heading is.
const HEADING: f64 = 1.15;
/// Characters of a heading.
const LONGEST_HEADING: usize = 160;

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Refusal> {
    let begin = &bytes[..bytes.len().min(1024)];
    if !begin.windows(5).any(|window| window == b"%PDF-") {
        return Err(Refusal::damaged("it does not begin as a PDF does"));
    }
    let mut document = Document::load_mem(bytes).map_err(|error| match error.to_string() {
        message if message.contains("assword") || message.contains("crypt") => Refusal::Encrypted,
        message => Refusal::damaged(message),
    })?;
    // Many are encrypted by an empty password, which forbids printing and not reading.
    if document.is_encrypted() && document.decrypt("").is_err() {
        return Err(Refusal::Encrypted);
    }
    if document.get_pages().len() > MOST_PAGES {
        return Err(Refusal::too_large(format!(
            "a document has {MOST_PAGES} pages at most"
        )));
    }
    let mut lines = Lines::default();
    output_doc(&document, &mut lines).map_err(|error| match lines.length > LONGEST_TEXT {
        true => Refusal::too_large("its text is too long for an article"),
        false => Refusal::damaged(error),
    })?;
    lines.end_line();
    let (title, content) = write(&lines.done);
    Ok(Draft {
        title: title.or_else(|| named(&document)),
        content,
    })
}

/// The title that the document's properties name.
fn named(document: &Document) -> Option<String> {
    let properties = document.trailer.get(b"Info").ok()?;
    let (_, properties) = document.dereference(properties).ok()?;
    let value = properties.as_dict().ok()?.get(b"Title").ok()?;
    let (_, value) = document.dereference(value).ok()?;
    let bytes = value.as_str().ok()?;
    let title = match bytes.strip_prefix(&[0xfe, 0xff]) {
        Some(wide) => String::from_utf16_lossy(
            &wide
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect::<Vec<_>>(),
        ),
        None => String::from_utf8(bytes.to_vec()).ok()?,
    };
    // Programs put their file's name there.
    let title = title.trim();
    (!title.is_empty()
        && !title.eq_ignore_ascii_case("untitled")
        && !title.eq_ignore_ascii_case("anonymous"))
    .then(|| title.to_owned())
}

struct Line {
    text: String,
    size: f64,
    /// Whether more than a line's height is between it and the line before, or a page ends there.
    is_apart: bool,
}

#[derive(Default)]
struct Lines {
    done: Vec<Line>,
    now: String,
    size: f64,
    is_apart: bool,
    length: usize,
    last: Option<(f64, f64)>,
    height: f64,
}

impl Lines {
    fn end_line(&mut self) {
        let text = std::mem::take(&mut self.now);
        if !text.trim().is_empty() {
            self.done.push(Line {
                text: text.trim().to_owned(),
                size: self.size,
                is_apart: std::mem::take(&mut self.is_apart),
            });
        }
        self.size = 0.0;
    }
}

impl OutputDev for Lines {
    fn begin_page(
        &mut self,
        _: u32,
        media_box: &MediaBox,
        _: Option<(f64, f64, f64, f64)>,
    ) -> Result<(), OutputError> {
        self.end_line();
        self.is_apart = true;
        self.last = None;
        self.height = media_box.ury - media_box.lly;
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        at: &Transform,
        width: f64,
        _: f64,
        font_size: f64,
        letters: &str,
    ) -> Result<(), OutputError> {
        // As large as the square of the same area as what the letter's square becomes.
        let across = (at.m11 + at.m21) * font_size;
        let up = (at.m12 + at.m22) * font_size;
        let size = (across * up).abs().sqrt();
        let (x, y) = (at.m31, self.height - at.m32);
        if let Some((end, line)) = self.last {
            let fallen = (y - line).abs();
            if fallen > size * 0.5 {
                self.end_line();
                self.is_apart |= fallen > size * 1.7;
            } else if (x > end + size * 0.12 || x < end - size) && !self.now.ends_with(' ') {
                self.now.push(' ');
            }
        }
        self.now.push_str(letters);
        self.size = self.size.max(size);
        self.length += letters.len();
        self.last = Some((x + width * size, y));
        if self.length > LONGEST_TEXT {
            return Err(OutputError::FormatError(std::fmt::Error));
        }
        Ok(())
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}

/// In tenths of a point, so that sizes can be counted.
fn tenths(size: f64) -> u32 {
    (size * 10.0).round().clamp(0.0, 1e6) as u32
}

/// The title and the Markdown of lines. Most of a document is its text: what is set larger are headings.
fn write(lines: &[Line]) -> (Option<String>, String) {
    let mut letters: BTreeMap<u32, usize> = BTreeMap::new();
    for line in lines {
        *letters.entry(tenths(line.size)).or_default() += line.text.len();
    }
    let body = letters
        .iter()
        .max_by_key(|(_, count)| **count)
        .map_or(0, |(size, _)| *size);
    let is_heading = |line: &Line| {
        f64::from(tenths(line.size)) > f64::from(body) * HEADING
            && line.text.chars().count() <= LONGEST_HEADING
            && line.text.chars().any(char::is_alphabetic)
    };
    let mut sizes: Vec<u32> = lines
        .iter()
        .filter(|line| is_heading(line))
        .map(|line| tenths(line.size))
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes.reverse();
    let level = |line: &Line| {
        let place = sizes.iter().position(|size| *size == tenths(line.size));
        place.map_or(6, |place| (place + 1).min(6))
    };
    let (mut title, mut content) = (None::<String>, String::new());
    let mut before: Option<usize> = None;
    for line in lines {
        if is_heading(line) {
            let level = level(line);
            if content.is_empty() && level == 1 && (title.is_none() || before == Some(1)) {
                // A title of two lines is one title.
                let title = title.get_or_insert_default();
                if !title.is_empty() {
                    title.push(' ');
                }
                title.push_str(&line.text);
            } else if before == Some(level) && !line.is_apart {
                content.truncate(content.trim_end().len());
                content.push_str(&format!(" {}\n\n", text::escape(&line.text)));
            } else {
                let marks = "#".repeat(level);
                content.truncate(content.trim_end().len());
                content.push_str(&format!("\n\n{marks} {}\n\n", text::escape(&line.text)));
            }
            before = Some(level);
            continue;
        }
        if line.is_apart && !content.ends_with("\n\n") {
            content.push_str("\n\n");
        } else if !content.is_empty() && !content.ends_with('\n') {
            // A word that was cut at the line's end is one word.
            let ends_cut = content.ends_with('-')
                && content[..content.len() - 1].ends_with(char::is_alphabetic)
                && line.text.starts_with(char::is_lowercase);
            if ends_cut {
                content.pop();
            } else {
                content.push(' ');
            }
        }
        content.push_str(&text::escape(&line.text));
        before = None;
    }
    (title, content)
}
