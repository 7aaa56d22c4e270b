//! Documents of Word: paragraphs, headings by their styles, lists and tables.

use std::collections::HashMap;
use std::io::Cursor;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{Draft, LONGEST_TEXT, Refusal, archive, text};

/// How the older format and encrypted documents begin.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Refusal> {
    if bytes.starts_with(COMPOUND) {
        return Err(Refusal::Encrypted);
    }
    let mut archive = archive::open(bytes)?;
    let document = part(&mut archive, "word/document.xml")?
        .ok_or_else(|| Refusal::damaged("there is no document in it"))?;
    let levels = match part(&mut archive, "word/styles.xml")? {
        Some(styles) => levels(&styles)?,
        None => HashMap::new(),
    };
    let named = match part(&mut archive, "docProps/core.xml")? {
        Some(properties) => title(&properties)?,
        None => None,
    };
    let mut body = Body {
        levels,
        ..Body::default()
    };
    body.read(&document)?;
    Ok(Draft {
        title: body.title.or(named),
        content: body.markdown,
    })
}

fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<Option<String>, Refusal> {
    let Some(place) = archive.index_for_name(name) else {
        return Ok(None);
    };
    text::decode(&archive::unpack(archive, place)?).map(Some)
}

fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    let found = element
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(found.unescape_value().ok()?.into_owned())
}

/// The heading level of each style; 0 is the title's.
fn levels(styles: &str) -> Result<HashMap<String, usize>, Refusal> {
    let mut reader = Reader::from_str(styles);
    let (mut levels, mut style) = (HashMap::new(), None);
    loop {
        match reader.read_event().map_err(Refusal::damaged)? {
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                b"style" => style = attribute(&element, b"styleId"),
                b"name" => {
                    let name = attribute(&element, b"val")
                        .unwrap_or_default()
                        .to_lowercase();
                    let level = if name == "title" {
                        Some(0)
                    } else {
                        name.strip_prefix("heading ")
                            .and_then(|level| level.parse().ok())
                    };
                    if let (Some(style), Some(level)) = (&style, level) {
                        levels.insert(style.clone(), level);
                    }
                }
                b"outlineLvl" => {
                    let level =
                        attribute(&element, b"val").and_then(|level| level.parse::<usize>().ok());
                    if let (Some(style), Some(level @ 0..=8)) = (&style, level) {
                        levels.entry(style.clone()).or_insert(level + 1);
                    }
                }
                _ => {}
            },
            Event::Eof => return Ok(levels),
            _ => {}
        }
    }
}

fn title(properties: &str) -> Result<Option<String>, Refusal> {
    let mut reader = Reader::from_str(properties);
    let (mut found, mut is_within) = (String::new(), false);
    loop {
        match reader.read_event().map_err(Refusal::damaged)? {
            Event::Start(element) => is_within = element.local_name().as_ref() == b"title",
            Event::End(_) => is_within = false,
            Event::Text(words) if is_within => {
                found.push_str(&words.unescape().map_err(Refusal::damaged)?);
            }
            Event::Eof => return Ok(Some(found).filter(|found| !found.trim().is_empty())),
            _ => {}
        }
    }
}

#[derive(Default)]
struct Body {
    levels: HashMap<String, usize>,
    title: Option<String>,
    markdown: String,
    paragraph: String,
    style: Option<String>,
    list: Option<usize>,
    /// Cells of the row, while a table is read; tables within tables are their cell's text.
    tables: usize,
    row: Vec<String>,
    cell: String,
    rows: usize,
    /// Within what is there a second time, for older programs.
    fallbacks: usize,
    is_text: bool,
}

impl Body {
    fn read(&mut self, document: &str) -> Result<(), Refusal> {
        let mut reader = Reader::from_str(document);
        loop {
            match reader.read_event().map_err(Refusal::damaged)? {
                Event::Start(element) => self.start(&element, false),
                Event::Empty(element) => self.start(&element, true),
                Event::End(element) => self.end(element.local_name().as_ref()),
                Event::Text(words) if self.is_text && self.fallbacks == 0 => self
                    .paragraph
                    .push_str(&words.unescape().map_err(Refusal::damaged)?),
                Event::Eof => break,
                _ => {}
            }
            if self.markdown.len() > LONGEST_TEXT {
                return Err(Refusal::too_large("its text is too long for an article"));
            }
        }
        Ok(())
    }

    fn start(&mut self, element: &BytesStart<'_>, is_empty: bool) {
        match element.local_name().as_ref() {
            b"Fallback" if !is_empty => self.fallbacks += 1,
            _ if self.fallbacks > 0 => {}
            b"t" => self.is_text = !is_empty,
            b"tab" | b"br" | b"cr" => self.paragraph.push(' '),
            b"noBreakHyphen" => self.paragraph.push('-'),
            b"pStyle" => self.style = attribute(element, b"val"),
            b"ilvl" => self.list = attribute(element, b"val").and_then(|level| level.parse().ok()),
            b"numPr" => self.list = self.list.or(Some(0)),
            b"tbl" if !is_empty => {
                self.tables += 1;
                self.rows = 0;
            }
            b"tr" if self.tables == 1 => self.row.clear(),
            b"tc" if self.tables == 1 => self.cell.clear(),
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        match name {
            b"Fallback" => self.fallbacks = self.fallbacks.saturating_sub(1),
            _ if self.fallbacks > 0 => {}
            b"t" => self.is_text = false,
            b"p" => self.end_paragraph(),
            b"tc" if self.tables == 1 => {
                let cell = std::mem::take(&mut self.cell);
                self.row.push(cell.trim().replace('|', "\\|"));
            }
            b"tr" if self.tables == 1 => self.end_row(),
            b"tbl" => {
                self.tables = self.tables.saturating_sub(1);
                self.markdown.push('\n');
            }
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let paragraph = std::mem::take(&mut self.paragraph);
        let (style, list) = (self.style.take(), self.list.take());
        let words = text::escape(paragraph.trim());
        if words.is_empty() {
            return;
        }
        if self.tables > 0 {
            self.cell.push_str(&words);
            self.cell.push(' ');
            return;
        }
        let level = style.and_then(|style| self.levels.get(&style).copied());
        match (level, list) {
            // The document's title is the article's, as is a first heading where nothing stands before it.
            (Some(0 | 1), _) if self.title.is_none() && self.markdown.trim().is_empty() => {
                self.title = Some(paragraph);
            }
            (Some(level), _) => {
                let marks = "#".repeat(level.clamp(1, 6));
                self.markdown.push_str(&format!("\n{marks} {words}\n\n"));
            }
            (None, Some(depth)) => {
                let indent = "  ".repeat(depth.min(8));
                self.markdown.push_str(&format!("{indent}- {words}\n"));
            }
            (None, None) => self.markdown.push_str(&format!("\n{words}\n\n")),
        }
    }

    fn end_row(&mut self) {
        if self.row.is_empty() {
            return;
        }
        if self.rows == 0 {
            self.markdown.push('\n');
        }
        self.markdown
            .push_str(&format!("| {} |\n", self.row.join(" | ")));
        if self.rows == 0 {
            self.markdown
                .push_str(&format!("|{}\n", " --- |".repeat(self.row.len())));
        }
        self.rows += 1;
        self.row.clear();
    }
}
