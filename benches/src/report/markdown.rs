//! Tables and numbers of the page.

use std::fmt::{self, Display, Write};

use crate::pairs::{Spread, Versus};

/// A table that is aligned in the source, too.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let header = columns.into_iter().map(Into::into).collect();
        Self { rows: vec![header] }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let cell = |row: &[String], i: usize| row.get(i).cloned().unwrap_or_default();
        let width = |i| {
            let widths = self.rows.iter().map(|row| cell(row, i).chars().count());
            widths.max().unwrap_or(0).max(3)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            f.write_char('|')?;
            for (i, &width) in widths.iter().enumerate() {
                match i {
                    0 => write!(f, " {:<width$} |", cell(row, i))?,
                    _ => write!(f, " {:>width$} |", cell(row, i))?,
                }
            }
            f.write_char('\n')?;
            if number == 0 {
                f.write_char('|')?;
                for (i, &width) in widths.iter().enumerate() {
                    match i {
                        0 => write!(f, "{}|", "-".repeat(width + 2))?,
                        _ => write!(f, "{}:|", "-".repeat(width + 1))?,
                    }
                }
                f.write_char('\n')?;
            }
        }
        Ok(())
    }
}

/// A row of a table of ratios: what was done, and what came out, the null test first.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) measured: Vec<Versus>,
}

/// Which of its ratios a table shows.
#[derive(Clone, Copy)]
pub(super) enum Time {
    /// CPU time of the thread.
    Cpu,
    /// Time on the wall, where threads work together.
    Wall,
}

/// A table of ratios: the time of the base, the null test, and each of the others.
pub(super) fn ratios(what: &str, base: &str, time: Time, rows: &[Row]) -> String {
    let Some(first) = rows.first() else {
        return String::new();
    };
    let columns = [what.to_owned(), format!("{base}, ns/op"), "null".to_owned()];
    let others = first.measured[1..].iter().map(|it| it.name.to_owned());
    let mut table = Table::new(columns.into_iter().chain(others));
    for row in rows {
        let base = number(row.measured[0].base_ns);
        let cells = row.measured.iter().map(|it| {
            spread(match time {
                Time::Cpu => it.ratio,
                Time::Wall => it.wall,
            })
        });
        table.row([row.label.clone(), base].into_iter().chain(cells));
    }
    table.to_string()
}

/// Median and spread.
pub(super) fn spread(it: Spread) -> String {
    let [median, p10, p90] = [it.median, it.p10, it.p90].map(ratio);
    format!("{median} [{p10} - {p90}]")
}

/// Two decimals, and more where these would be none.
pub(super) fn ratio(value: f64) -> String {
    match value {
        ..0.001 => format!("{value:.5}"),
        0.001..0.01 => format!("{value:.4}"),
        0.01..0.1 => format!("{value:.3}"),
        0.1..10.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

/// A block in lines of at most 120 characters, unless it is a table, a picture or a list.
pub(super) fn wrapped(block: &str) -> String {
    if block.starts_with(['|', '!', '-']) {
        return block.trim_end().to_owned();
    }
    let mut lines = vec![String::new()];
    for word in block.split_whitespace() {
        let line = lines.last_mut().expect("a line");
        match line.is_empty() {
            true => line.push_str(word),
            false if line.chars().count() + 1 + word.chars().count() > 120 => {
                lines.push(word.to_owned());
            }
            false => line.extend([" ", word]),
        }
    }
    lines.join("\n")
}

/// Three digits or so; a dash for what is not known.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "-".to_owned(),
        0.0 => "0".to_owned(),
        size if size < 0.995 => format!("{value:.3}"),
        size if size < 9.95 => format!("{value:.2}"),
        size if size < 99.5 => format!("{value:.1}"),
        _ => grouped(value.round() as i64),
    }
}

/// A count, with its thousands apart.
pub(super) fn count(value: usize) -> String {
    grouped(value as i64)
}

fn grouped(value: i64) -> String {
    let digits = value.abs().to_string();
    let mut text = String::from(if value < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Nanoseconds, in the unit that suits them.
pub(super) fn duration(ns: f64) -> String {
    match ns {
        _ if ns.is_nan() => "-".to_owned(),
        _ if ns < 1e3 => format!("{} ns", number(ns)),
        _ if ns < 1e6 => format!("{} us", number(ns / 1e3)),
        _ if ns < 1e9 => format!("{} ms", number(ns / 1e6)),
        _ => format!("{} s", number(ns / 1e9)),
    }
}

/// Bytes, in the unit that suits them.
pub(super) fn bytes(bytes: f64) -> String {
    match bytes {
        _ if bytes.is_nan() => "-".to_owned(),
        _ if bytes < 1024.0 * 1024.0 => format!("{} KiB", number(bytes / 1024.0)),
        _ => format!("{} MiB", number(bytes / 1024.0 / 1024.0)),
    }
}

/// A count in a label: 300, 10 k, 1.5 M.
pub(super) fn short(value: f64) -> String {
    let text = |value: f64, unit: &str| {
        let rounded = (value * 100.0).round() / 100.0;
        format!("{rounded}{unit}")
    };
    match value {
        _ if value >= 1e6 => text(value / 1e6, " M"),
        _ if value >= 1e3 => text(value / 1e3, " k"),
        _ => text(value, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(0.12345), "0.123");
        assert_eq!(number(9.96), "10.0");
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(f64::NAN), "-");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(grouped(-12_345), "-12,345");
        assert_eq!(short(1_500_000.0), "1.5 M");
        assert_eq!(short(300.0), "300");
        assert_eq!(ratio(0.00412), "0.0041");
        assert_eq!(ratio(0.996), "1.00");
        assert_eq!(ratio(22.88), "22.9");
        assert_eq!(duration(292e6), "292 ms");
        assert_eq!(bytes(2048.0), "2.00 KiB");
    }

    #[test]
    fn only_text_is_wrapped() {
        let words = "word ".repeat(50);
        assert!(wrapped(&words).lines().all(|line| line.len() <= 120));
        assert_eq!(wrapped(&words).lines().count(), 3);
        assert_eq!(wrapped("|  a |\n|---|\n"), "|  a |\n|---|");
    }

    #[test]
    fn tables_are_aligned() {
        let mut table = Table::new(["map", "ns"]);
        table.row(["tophash", "1"]);
        table.row(["std"]);
        assert_eq!(
            table.to_string(),
            "| map     |  ns |\n|---------|----:|\n| tophash |   1 |\n| std     |     |\n"
        );
    }
}
