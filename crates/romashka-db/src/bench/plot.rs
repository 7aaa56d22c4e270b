//! Plots as SVG, readable on light and on dark ground.
//!
//! Invariants: colours come from the style sheet of the file itself, which follows the reader's scheme; nothing is told by
//! colour alone; text is escaped.

use std::fmt::Write;

const WIDTH: f64 = 900.0;
const LABELS: f64 = 350.0;
const PLOT: f64 = 400.0;
const ROW: f64 = 30.0;
const TOP: f64 = 62.0;

const STYLE: &str = "<style>
text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#24292f}
.title{font-size:16px;font-weight:600}.faint{fill:#57606a;font-size:12px}
.grid{stroke:#d0d7de;stroke-width:1}.bar{fill:#2f6fdf}.second{fill:#e07a1f}.link{stroke:#8c959f;stroke-width:2}
.spread{stroke:#24292f;stroke-width:1.5}.mark{stroke:#c4321f;stroke-width:2}.ground{fill:#ffffff}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.faint{fill:#9da7b1}.grid{stroke:#30363d}.bar{fill:#5b9bff}.second{fill:#f0a04b}.link{stroke:#6e7681}
.spread{stroke:#e6edf3}.mark{stroke:#ff7b6b}.ground{fill:#0d1117}}
</style>";

/// A bar with its spread, and a mark to compare it with.
pub struct Bar {
    /// What it is of.
    pub label: String,
    /// Its length.
    pub value: f64,
    /// The least of the runs.
    pub least: f64,
    /// The most of the runs.
    pub most: f64,
    /// What stands beside it.
    pub text: String,
    /// Where the mark stands.
    pub mark: Option<f64>,
}

/// Two values of one thing.
pub struct Pair {
    /// What it is of.
    pub label: String,
    /// The circle, in milliseconds.
    pub first: f64,
    /// The diamond, in milliseconds.
    pub second: Option<f64>,
    /// What stands beside it.
    pub text: String,
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn begin(title: &str, subtitle: &str, rows: usize) -> (String, f64) {
    let height = TOP + rows as f64 * ROW + 34.0;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n<title>{0}</title>\n{STYLE}\n\
         <rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"6\"/>\n<text class=\"title\" x=\"16\" y=\"26\">{0}</text>\n<text class=\"faint\" x=\"16\" y=\"46\">{1}</text>\n",
        escape(title),
        escape(subtitle)
    );
    (svg, height)
}

/// A label short enough for its column.
fn label(svg: &mut String, text: &str, y: f64) {
    let mut shown: String = text.chars().take(46).collect();
    if shown.chars().count() < text.chars().count() {
        shown.pop();
        shown.push('…');
    }
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>",
        LABELS - 8.0,
        escape(&shown)
    );
}

fn grid(svg: &mut String, ticks: &[(f64, String)], height: f64) {
    for (x, text) in ticks {
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{}\" x2=\"{x:.1}\" y2=\"{:.1}\"/><text class=\"faint\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
            TOP - 4.0,
            height - 28.0,
            height - 12.0
        );
    }
}

/// A step of 1, 2 or 5 times a power of ten that cuts `most` into about five.
fn step(most: f64) -> f64 {
    let rough = (most / 5.0).max(1e-9);
    let power = 10f64.powf(rough.log10().floor());
    let factor = rough / power;
    power
        * if factor <= 1.0 {
            1.0
        } else if factor <= 2.0 {
            2.0
        } else if factor <= 5.0 {
            5.0
        } else {
            10.0
        }
}

/// Milliseconds that are a power of ten, in the unit that needs the fewest digits: long labels run into each other.
fn duration(milliseconds: f64) -> String {
    let (value, unit) = if milliseconds >= 1e3 {
        (milliseconds / 1e3, "s")
    } else if milliseconds >= 1.0 {
        (milliseconds, "ms")
    } else {
        (milliseconds * 1e3, "µs")
    };
    format!("{} {unit}", (value * 1e6).round() / 1e6)
}

/// Bars from zero.
pub fn bars(title: &str, subtitle: &str, rows: &[Bar]) -> String {
    let (mut svg, height) = begin(title, subtitle, rows.len());
    let most = rows
        .iter()
        .flat_map(|row| [row.most, row.value, row.mark.unwrap_or(0.0)])
        .fold(1e-9, f64::max);
    let x = |value: f64| LABELS + value.max(0.0) / most * PLOT;
    let step = step(most);
    let ticks: Vec<(f64, String)> = (0..)
        .map(|number| f64::from(number) * step)
        .take_while(|value| *value <= most * 1.0001)
        .map(|value| (x(value), format!("{}", (value * 1e6).round() / 1e6)))
        .collect();
    grid(&mut svg, &ticks, height);
    for (number, row) in rows.iter().enumerate() {
        let y = TOP + number as f64 * ROW;
        let middle = y + 11.0;
        label(&mut svg, &row.label, y + 16.0);
        let _ = writeln!(
            svg,
            "<rect class=\"bar\" x=\"{LABELS}\" y=\"{:.1}\" width=\"{:.1}\" height=\"16\" rx=\"2\"/>",
            y + 3.0,
            x(row.value) - LABELS
        );
        if row.most > row.least {
            let _ = writeln!(
                svg,
                "<line class=\"spread\" x1=\"{:.1}\" y1=\"{middle:.1}\" x2=\"{:.1}\" y2=\"{middle:.1}\"/>",
                x(row.least),
                x(row.most)
            );
        }
        if let Some(mark) = row.mark {
            let _ = writeln!(
                svg,
                "<line class=\"mark\" x1=\"{0:.1}\" y1=\"{1:.1}\" x2=\"{0:.1}\" y2=\"{2:.1}\"/>",
                x(mark),
                y,
                y + 22.0
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            LABELS + PLOT + 10.0,
            y + 16.0,
            escape(&row.text)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Pairs of dots on a logarithmic scale of milliseconds: a circle and a diamond.
pub fn pairs(title: &str, subtitle: &str, rows: &[Pair]) -> String {
    let (mut svg, height) = begin(title, subtitle, rows.len());
    let values: Vec<f64> = rows
        .iter()
        .flat_map(|row| [Some(row.first), row.second])
        .flatten()
        .filter(|value| *value > 0.0)
        .collect();
    let first = values
        .iter()
        .copied()
        .fold(f64::INFINITY, f64::min)
        .log10()
        .floor();
    let last = values.iter().copied().fold(1e-3, f64::max).log10().ceil();
    let (first, last) = if first.is_finite() && last > first {
        (first, last)
    } else {
        (-1.0, 1.0)
    };
    let x = |value: f64| {
        LABELS + 8.0 + (value.max(1e-6).log10() - first) / (last - first) * (PLOT - 16.0)
    };
    let ticks: Vec<(f64, String)> = (first as i32..=last as i32)
        .map(|power| {
            let value = 10f64.powi(power);
            (x(value), duration(value))
        })
        .collect();
    grid(&mut svg, &ticks, height);
    for (number, row) in rows.iter().enumerate() {
        let y = TOP + number as f64 * ROW;
        let middle = y + 11.0;
        label(&mut svg, &row.label, y + 16.0);
        if let Some(second) = row.second {
            let at = x(second);
            let _ = writeln!(
                svg,
                "<line class=\"link\" x1=\"{:.1}\" y1=\"{middle}\" x2=\"{at:.1}\" y2=\"{middle}\"/><path class=\"second\" d=\"M{:.1} {middle} L{at:.1} {:.1} L{:.1} {middle} L{at:.1} {:.1} Z\"/>",
                x(row.first),
                at - 6.5,
                middle - 6.5,
                at + 6.5,
                middle + 6.5
            );
        }
        let _ = writeln!(
            svg,
            "<circle class=\"bar\" cx=\"{:.1}\" cy=\"{middle}\" r=\"4\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            x(row.first),
            LABELS + PLOT + 10.0,
            y + 16.0,
            escape(&row.text)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(step(1.0), 0.2);
        assert_eq!(step(37.0), 10.0);
        assert_eq!(step(240.0), 50.0);
    }

    #[test]
    fn labels_of_an_axis_are_short_enough_for_eight_decades() {
        let shown: Vec<String> = (-3..=5).map(|power| duration(10f64.powi(power))).collect();
        assert_eq!(
            shown,
            [
                "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s"
            ]
        );
        // About 6.5 points a character at this size, and a blank between two.
        let room = (PLOT - 16.0) / 8.0;
        assert!(
            shown
                .iter()
                .all(|text| (text.chars().count() as f64 + 1.0) * 6.5 < room)
        );
    }

    #[test]
    fn names_cannot_break_the_file() {
        let row = Bar {
            label: "a<b & \"c\"".to_owned(),
            value: 1.0,
            least: 1.0,
            most: 1.0,
            text: "1".to_owned(),
            mark: None,
        };
        let svg = bars("t", "s", &[row]);
        assert!(svg.contains("a&lt;b &amp; &quot;c&quot;") && svg.ends_with("</svg>\n"));
    }
}
