//! A report as a workbook (XLSX): one sheet of rows that can be filtered and added up, one of what is said of the whole time.
//!
//! Invariant: what people wrote is written as text, so that no cell of it is a formula.

use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, Workbook};

use super::RenderError;
use crate::scheduled_reports::columns::Form;
use crate::scheduled_reports::table::{Cell, Table};

const SECONDS_OF_A_DAY: f64 = 86_400.0;

fn format_of(form: Form) -> Format {
    let format = Format::new();
    match form {
        Form::Date => format.set_num_format("yyyy-mm-dd"),
        Form::Text => format,
        Form::Count => format.set_num_format("#,##0"),
        // More than a day is not cut to its hours.
        Form::Seconds => format.set_num_format("[h]:mm:ss"),
        Form::Decimal => format.set_num_format("#,##0.00"),
        Form::Share => format.set_num_format("0.0%"),
    }
}

pub(super) fn render(table: &Table) -> Result<Vec<u8>, RenderError> {
    let mut workbook = Workbook::new();
    let heading = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top);
    let formats: Vec<Format> = table
        .columns
        .iter()
        .map(|column| format_of(column.form))
        .collect();
    let sheet = workbook.add_worksheet();
    sheet.set_name(table.language.choose(["Figures", "Zahlen", "Показатели"]))?;
    for (place, column) in (0_u16..).zip(&table.columns) {
        sheet.write_with_format(0, place, column.heading(table.language), &heading)?;
        let width = match column.form {
            Form::Text => 24,
            Form::Date => 12,
            _ => 15,
        };
        sheet.set_column_width(place, width)?;
    }
    for (line, row) in (1_u32..).zip(&table.rows) {
        for (place, cell) in (0_u16..).zip(row) {
            let format = &formats[usize::from(place)];
            match cell {
                Cell::Empty => continue,
                Cell::Text(text) => sheet.write_string_with_format(line, place, text, format)?,
                Cell::Date(day) => {
                    let (year, month, day) = (day.year(), day.month(), day.day());
                    let date = ExcelDateTime::from_ymd(
                        year.unsigned_abs(),
                        month.unsigned_abs(),
                        day.unsigned_abs(),
                    )?;
                    sheet.write_datetime_with_format(line, place, &date, format)?
                }
                Cell::Number(number) => {
                    let is_time = table.columns[usize::from(place)].form == Form::Seconds;
                    let number = if is_time {
                        number / SECONDS_OF_A_DAY
                    } else {
                        *number
                    };
                    sheet.write_number_with_format(line, place, number, format)?
                }
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    if let (Ok(last_line), Ok(last_place)) = (
        u32::try_from(table.rows.len()),
        u16::try_from(table.columns.len() - 1),
    ) {
        sheet.autofilter(0, 0, last_line, last_place)?;
    }
    let about = workbook.add_worksheet();
    about.set_name(table.language.choose(["Summary", "Überblick", "Сводка"]))?;
    about.set_column_width(0, 24)?;
    about.set_column_width(1, 60)?;
    let lines = [
        (
            table.language.choose(["Report", "Bericht", "Отчёт"]),
            table.name.clone(),
        ),
        (
            table
                .language
                .choose(["Workspace", "Arbeitsbereich", "Пространство"]),
            table.workspace.clone(),
        ),
        (
            table.language.choose(["Days", "Tage", "Дни"]),
            format!("{} ({})", table.days_in_words(), table.zone),
        ),
    ];
    let bold = Format::new().set_bold();
    for (line, (label, words)) in (0_u32..).zip(lines.into_iter().chain(table.summary())) {
        about.write_string_with_format(line, 0, label, &bold)?;
        about.write_string(line, 1, words)?;
    }
    Ok(workbook.save_to_buffer()?)
}
