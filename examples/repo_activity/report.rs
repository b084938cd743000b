//! What the program prints.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::hash::Hash;
use std::io::{self, Write};
use std::time::Duration;

use crate::compare::Comparison;
use crate::log::Log;
use crate::tally::{Flat, Stats, Tally};

const AUTHORS: usize = 5;
const PATHS: usize = 3;
const MONTHS: usize = 2;
/// Characters of the first column.
const WIDTH: usize = 56;

/// The size of the log and the busiest authors, with their busiest paths, with the busiest months of those.
pub(crate) fn activity(out: &mut impl Write, log: &Log, tally: &Flat) -> io::Result<()> {
    let authors: HashSet<_> = tally.iter().map(|(author, ..)| author).collect();
    let pairs: HashSet<_> = tally
        .iter()
        .map(|(author, path, ..)| (author, path))
        .collect();
    writeln!(
        out,
        "commits: {}; changes of files: {}, of binary ones: {}",
        grouped(log.commits),
        grouped(log.changes().len() as u64),
        grouped(log.binary),
    )?;
    writeln!(
        out,
        "authors: {}; (author, path) pairs: {}; (author, path, month) triples: {}\n",
        grouped(authors.len() as u64),
        grouped(pairs.len() as u64),
        grouped(tally.triples() as u64),
    )?;
    writeln!(
        out,
        "{:WIDTH$} {:>9} {:>11} {:>11}",
        "busiest authors, their paths and months", "changes", "added", "removed"
    )?;
    let all = tally.iter().map(|(author, _, _, stats)| (author, stats));
    for (author, stats) in busiest(all, AUTHORS) {
        line(out, 0, author, stats)?;
        let of_author = || tally.iter().filter(move |entry| entry.0 == author);
        let paths = of_author().map(|(_, path, _, stats)| (path, stats));
        for (path, stats) in busiest(paths, PATHS) {
            line(out, 2, path, stats)?;
            let of_path = of_author().filter(|entry| entry.1 == path);
            let months = of_path.map(|(_, _, month, stats)| (month, stats));
            for (month, stats) in busiest(months, MONTHS) {
                line(out, 4, month, stats)?;
            }
        }
    }
    writeln!(
        out,
        "A change is one commit's change of one file; a binary file's has no lines.\n"
    )
}

/// Memory and time of each structure, and what the figures count.
pub(crate) fn comparison(out: &mut impl Write, result: &Comparison) -> io::Result<()> {
    writeln!(
        out,
        "{:WIDTH$} {:>13} {:>9} {:>9} {:>14}",
        "the same count on", "bytes", "per entry", "time", "bytes and time"
    )?;
    let first = result.rows.first();
    for row in &result.rows {
        let each = row.bytes as f64 / result.entries as f64;
        let (name, bytes, time) = (&row.name, grouped(row.bytes as u64), short(row.time));
        let (size, pace) = first.map_or((1.0, 1.0), |first| {
            let pace = row.time.as_secs_f64() / first.time.as_secs_f64().max(1e-9);
            (row.bytes as f64 / first.bytes.max(1) as f64, pace)
        });
        writeln!(
            out,
            "{name:WIDTH$} {bytes:>13} {each:>9.1} {time:>9} {size:>7.2}{pace:>7.2}"
        )?;
    }
    writeln!(
        out,
        "Bytes: what the finished structure holds on the heap, author and path strings included. The first row is what\n\
         `memory().reserved` says, the second `allocation_size()` plus strings; the others are the live bytes that the\n\
         global allocator was asked for. The overhead of the allocator itself is in none of them. The last two columns\n\
         are ratios to the first row.\n\
         Time: median of {} interleaved rounds of counting from empty; reading the log and dropping are not in it.",
        result.rounds
    )
}

/// Sums by key and returns the `most` with the most changes, then lines, then the smallest key.
fn busiest<K: Copy + Ord + Hash>(
    entries: impl Iterator<Item = (K, Stats)>,
    most: usize,
) -> Vec<(K, Stats)> {
    let mut sums = HashMap::<K, Stats>::new();
    entries.for_each(|(key, stats)| sums.entry(key).or_default().add(stats));
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_unstable_by_key(|&(key, stats)| {
        (Reverse((stats.changes, stats.added + stats.removed)), key)
    });
    sums.truncate(most);
    sums
}

fn line(out: &mut impl Write, indent: usize, name: impl Display, stats: Stats) -> io::Result<()> {
    let name = fitted(&name.to_string(), WIDTH - indent);
    let width = WIDTH - indent;
    writeln!(
        out,
        "{:indent$}{name:width$} {:>9} {:>11} {:>11}",
        "",
        grouped(stats.changes),
        grouped(stats.added),
        grouped(stats.removed)
    )
}

/// At most `width` characters of the end of `name`, with nothing in it that a terminal would obey.
fn fitted(name: &str, width: usize) -> String {
    let replace = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let length = name.chars().count();
    if length <= width {
        return name.chars().map(replace).collect();
    }
    let tail = name.chars().skip(length - (width - 1)).map(replace);
    std::iter::once('…').chain(tail).collect()
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Microseconds below a millisecond, milliseconds above.
fn short(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1e3 {
        format!("{micros:.1} µs")
    } else {
        format!("{:.2} ms", micros / 1e3)
    }
}
