//! A report as a PDF: pages across, the heading of the table on each, and the fonts inside.
//!
//! Invariants: text is text, and can be searched and copied; a page never has a row cut in two; rows that are left out are
//! said to be. DejaVu Sans has the letters of Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic; other letters
//! show as boxes, and are copied as what they are.

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use ttf_parser::Face;

use super::RenderError;
use crate::scheduled_reports::columns::Form;
use crate::scheduled_reports::table::{Cell, Table};

/// Rows of a PDF: some fifty pages. More are for a spreadsheet.
const MOST_ROWS: usize = 2_000;
const MARGIN: f32 = 36.0;
const ROW_HEIGHT: f32 = 14.0;
const FOOTER: f32 = 24.0;
const PADDING: f32 = 3.0;
/// A column that is narrower cannot be read; with more of them the sheet is larger.
const NARROWEST: f32 = 52.0;
/// A4 and A3, across, in points.
const SHEETS: [(f32, f32); 2] = [(841.89, 595.28), (1190.55, 841.89)];

struct Lettering {
    font: Font,
    face: Face<'static>,
}

impl Lettering {
    fn of(bytes: &'static [u8]) -> Result<Lettering, RenderError> {
        let unreadable = || RenderError::Pdf("the font cannot be read".to_owned());
        Ok(Lettering {
            font: Font::new(bytes.to_vec().into(), 0).ok_or_else(unreadable)?,
            face: Face::parse(bytes, 0).map_err(|_| unreadable())?,
        })
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        let units: u32 = text
            .chars()
            .map(|letter| {
                let glyph = self.face.glyph_index(letter).unwrap_or_default();
                u32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default())
            })
            .sum();
        units as f32 * size / f32::from(self.face.units_per_em())
    }

    /// The text, cut with an ellipsis where it is too wide.
    fn fitting(&self, text: &str, size: f32, room: f32) -> String {
        if self.width(text, size) <= room {
            return text.to_owned();
        }
        let mut cut: String = text.to_owned();
        while !cut.is_empty() && self.width(&format!("{cut}…"), size) > room {
            cut.pop();
        }
        format!("{}…", cut.trim_end())
    }

    /// The text in lines between its words.
    fn lines(&self, text: &str, size: f32, room: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ') {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}"), size) <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }
}

/// Where the parts of the table are on a sheet.
struct Layout {
    sheet: (f32, f32),
    /// Left edge and width of each column.
    columns: Vec<(f32, f32)>,
    size: f32,
    heading_size: f32,
    headings: Vec<Vec<String>>,
}

impl Layout {
    fn of(table: &Table, bold: &Lettering) -> Layout {
        let weight = |form: Form| match form {
            Form::Text => 2.0_f32,
            Form::Date => 1.2,
            _ => 1.0,
        };
        let weights: f32 = table.columns.iter().map(|column| weight(column.form)).sum();
        let unit = |sheet: (f32, f32)| (sheet.0 - 2.0 * MARGIN) / weights;
        let sheet = if unit(SHEETS[0]) >= NARROWEST {
            SHEETS[0]
        } else {
            SHEETS[1]
        };
        // A few columns are not spread over the whole sheet.
        let unit = unit(sheet).min(110.0);
        let mut left = MARGIN;
        let mut columns = Vec::new();
        for column in &table.columns {
            let width = unit * weight(column.form);
            columns.push((left, width));
            left += width;
        }
        let headings_at = |size: f32| -> Vec<Vec<String>> {
            table
                .columns
                .iter()
                .zip(&columns)
                .map(|(column, (_, width))| {
                    bold.lines(column.heading(table.language), size, width - 2.0 * PADDING)
                })
                .collect()
        };
        // The longest word decides how large headings are.
        let mut heading_size = 8.0;
        let is_too_wide = |size: f32| {
            headings_at(size)
                .iter()
                .zip(&columns)
                .any(|(lines, (_, width))| {
                    lines
                        .iter()
                        .any(|line| bold.width(line, size) > width - 2.0 * PADDING)
                })
        };
        while heading_size > 4.5 && is_too_wide(heading_size) {
            heading_size -= 0.25;
        }
        Layout {
            sheet,
            size: 8.0,
            heading_size,
            headings: headings_at(heading_size),
            columns,
        }
    }
}

struct Sheet<'s, 'd> {
    surface: &'s mut Surface<'d>,
    plain: &'s Lettering,
    bold: &'s Lettering,
}

fn ink(red: u8, green: u8, blue: u8) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }
}

impl Sheet<'_, '_> {
    fn write(&mut self, at: (f32, f32), text: &str, size: f32, is_bold: bool) {
        let lettering = if is_bold { self.bold } else { self.plain };
        self.surface.draw_text(
            Point::from_xy(at.0, at.1),
            lettering.font.clone(),
            size,
            text,
            false,
            TextDirection::Auto,
        );
    }

    fn write_to_the_right(&mut self, at: (f32, f32), text: &str, size: f32, is_bold: bool) {
        let lettering = if is_bold { self.bold } else { self.plain };
        let width = lettering.width(text, size);
        self.write((at.0 - width, at.1), text, size, is_bold);
    }

    fn fill(&mut self, left: f32, top: f32, width: f32, height: f32, colour: Fill) {
        let mut path = PathBuilder::new();
        if let Some(area) = Rect::from_xywh(left, top, width, height) {
            path.push_rect(area);
        }
        if let Some(path) = path.finish() {
            self.surface.set_fill(Some(colour));
            self.surface.draw_path(&path);
            self.surface.set_fill(Some(ink(0x1f, 0x29, 0x33)));
        }
    }

    fn row(&mut self, layout: &Layout, table: &Table, row: &[Cell], top: f32, is_bold: bool) {
        let baseline = top + ROW_HEIGHT - 4.0;
        for ((cell, column), (left, width)) in row.iter().zip(&table.columns).zip(&layout.columns) {
            let lettering = if is_bold { self.bold } else { self.plain };
            let room = width - 2.0 * PADDING;
            let words = table.words(cell, column.form);
            let words = lettering.fitting(&words, layout.size, room);
            if matches!(column.form, Form::Text | Form::Date) {
                self.write((left + PADDING, baseline), &words, layout.size, is_bold);
            } else {
                let right = left + width - PADDING;
                self.write_to_the_right((right, baseline), &words, layout.size, is_bold);
            }
        }
    }

    /// The heading of the table; where it ends.
    fn heading(&mut self, layout: &Layout, table: &Table, top: f32) -> f32 {
        let lines = layout.headings.iter().map(Vec::len).max().unwrap_or(1);
        let line_height = layout.heading_size + 1.5;
        let height = lines as f32 * line_height + 6.0;
        let width: f32 = layout.columns.iter().map(|(_, width)| width).sum();
        self.fill(MARGIN, top, width, height, ink(0xe8, 0xec, 0xf1));
        for ((words, column), (left, width)) in layout
            .headings
            .iter()
            .zip(&table.columns)
            .zip(&layout.columns)
        {
            for (number, line) in words.iter().enumerate() {
                let baseline = top + 2.0 + (number + 1) as f32 * line_height;
                if matches!(column.form, Form::Text | Form::Date) {
                    self.write((left + PADDING, baseline), line, layout.heading_size, true);
                } else {
                    let right = left + width - PADDING;
                    self.write_to_the_right((right, baseline), line, layout.heading_size, true);
                }
            }
        }
        top + height
    }

    /// Title and summary; where they end.
    fn opening(&mut self, table: &Table, layout: &Layout) -> f32 {
        let room = layout.sheet.0 - 2.0 * MARGIN;
        let title = self.bold.fitting(&table.name, 16.0, room);
        self.write((MARGIN, MARGIN + 16.0), &title, 16.0, true);
        let below = format!(
            "{} · {} · {}",
            table.workspace,
            table.days_in_words(),
            table.zone
        );
        let below = self.plain.fitting(&below, 9.0, room);
        self.write((MARGIN, MARGIN + 32.0), &below, 9.0, false);
        let mut top = MARGIN + 44.0;
        let summary = table.summary();
        let label_width = summary
            .iter()
            .map(|(label, _)| self.bold.width(label, 9.0))
            .fold(0.0, f32::max);
        for (label, words) in summary {
            self.write((MARGIN, top + 10.0), label, 9.0, true);
            self.write(
                (MARGIN + label_width + 12.0, top + 10.0),
                &words,
                9.0,
                false,
            );
            top += 13.0;
        }
        top + 8.0
    }

    fn footer(&mut self, table: &Table, layout: &Layout, page: usize, pages: usize) {
        let (width, height) = layout.sheet;
        let baseline = height - MARGIN + 4.0;
        let of = table.language.choose(["of", "von", "из"]);
        let number = format!("{page} {of} {pages}");
        let room = width - 2.0 * MARGIN - 80.0;
        let name = self.plain.fitting(&table.name, 7.5, room);
        self.write((MARGIN, baseline), &name, 7.5, false);
        self.write_to_the_right((width - MARGIN, baseline), &number, 7.5, false);
    }
}

pub(super) fn render(table: &Table) -> Result<Vec<u8>, RenderError> {
    let plain = Lettering::of(dejavu::sans::regular())?;
    let bold = Lettering::of(dejavu::sans::bold())?;
    let layout = Layout::of(table, &bold);
    let shown = &table.rows[..table.rows.len().min(MOST_ROWS)];
    let left_out = table.rows.len() - shown.len();
    let bottom = layout.sheet.1 - MARGIN - FOOTER;
    let heading_lines = layout.headings.iter().map(Vec::len).max().unwrap_or(1);
    let heading_height = heading_lines as f32 * (layout.heading_size + 1.5) + 6.0;
    let opening_height = MARGIN + 44.0 + 3.0 * 13.0 + 8.0;
    let fits = |top: f32| ((bottom - top - heading_height) / ROW_HEIGHT).max(1.0) as usize;
    // The sums, and a line about what is left out, are rows like the others.
    let lines = shown.len() + 1 + usize::from(left_out > 0);
    let (on_first, on_others) = (fits(opening_height), fits(MARGIN));
    let pages = 1 + lines.saturating_sub(on_first).div_ceil(on_others);
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(table.name.clone())
            .creator("ROMASHKA".to_owned())
            .language(table.language.tag().to_owned()),
    );
    let size = PageSettings::from_wh(layout.sheet.0, layout.sheet.1)
        .ok_or_else(|| RenderError::Pdf("the sheet has no size".to_owned()))?;
    let mut line = 0;
    for number in 1..=pages {
        let mut page = document.start_page_with(size.clone());
        let mut surface = page.surface();
        surface.set_fill(Some(ink(0x1f, 0x29, 0x33)));
        let mut sheet = Sheet {
            surface: &mut surface,
            plain: &plain,
            bold: &bold,
        };
        let top = if number == 1 {
            sheet.opening(table, &layout)
        } else {
            MARGIN
        };
        let mut top = sheet.heading(&layout, table, top);
        let last = (line + if number == 1 { on_first } else { on_others }).min(lines);
        while line < last {
            if let Some(row) = shown.get(line) {
                if line % 2 == 1 {
                    let width: f32 = layout.columns.iter().map(|(_, width)| width).sum();
                    sheet.fill(MARGIN, top, width, ROW_HEIGHT, ink(0xf6, 0xf7, 0xf9));
                }
                sheet.row(&layout, table, row, top, false);
            } else if line == shown.len() {
                let mut totals = table.totals();
                if let Some(first) = totals.first_mut() {
                    *first =
                        Cell::Text(table.language.choose(["Sum", "Summe", "Итого"]).to_owned());
                }
                sheet.row(&layout, table, &totals, top, true);
            } else {
                let words = table.language.choose([
                    "more rows are in the table only: have the report sent as CSV or Excel.",
                    "weitere Zeilen stehen nur in der Tabelle: lassen Sie den Bericht als CSV oder Excel senden.",
                    "строк есть только в таблице: выберите формат CSV или Excel.",
                ]);
                let words = format!("+ {left_out} {words}");
                sheet.write(
                    (MARGIN + PADDING, top + ROW_HEIGHT - 4.0),
                    &words,
                    layout.size,
                    false,
                );
            }
            top += ROW_HEIGHT;
            line += 1;
        }
        sheet.footer(table, &layout, number, pages);
        surface.finish();
        page.finish();
    }
    document
        .finish()
        .map_err(|error| RenderError::Pdf(format!("{error:?}")))
}
