//! Reading `git log --numstat`.
//!
//! The format has two kinds of lines; blank ones are ignored:
//!
//! ```text
//! @author<TAB>year-month           one commit
//! added<TAB>removed<TAB>path       one change of that commit
//! ```
//!
//! - A binary file has `-` for both numbers: a change of no lines.
//! - A rename is kept as git prints it, `src/{old.rs => new.rs}`, as a path of its own. It belongs to neither name
//!   alone, and a file name may itself contain ` => `, so taking it apart could only guess.
//! - A path that git put in quotes (it holds a quote, a backslash or a control character) is unquoted.
//! - Bytes that are not UTF-8 become U+FFFD.
//! - Anything else is skipped, counted, and the first such line is remembered. After a malformed commit line its
//!   changes are skipped as well, for they are not the previous author's.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::ops::Range;

/// No line of a log comes near this many bytes; it keeps a file that is not a log from filling the memory.
const LONGEST_LINE: u64 = 1 << 20;

/// A month of the calendar, counted from year 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Month(i64);

impl Month {
    /// Reads `year-month`, such as `2024-07`.
    fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let year = i64::from(number(year)?);
        let month = i64::from(number(month)?);
        (1..=12)
            .contains(&month)
            .then_some(Self(year * 12 + month - 1))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:04}-{:02}", self.0 / 12, self.0 % 12 + 1);
        f.pad(&text)
    }
}

/// One commit's change of one file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) author: &'a str,
    pub(crate) path: &'a str,
    pub(crate) month: Month,
    pub(crate) added: u32,
    pub(crate) removed: u32,
}

/// Why a line was skipped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Malformed {
    /// It starts like a commit, but `@author<TAB>year-month` does not fit.
    Commit,
    /// It is no commit, and `added<TAB>removed<TAB>path` does not fit either.
    Change,
    /// A good change that follows no good commit.
    Orphan,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commit => "not of the form `@author<TAB>year-month`",
            Self::Change => "not of the form `added<TAB>removed<TAB>path`",
            Self::Orphan => "a change without a commit before it",
        })
    }
}

/// Where a change lies in [`Log::text`], and its numbers.
struct Record {
    author: Range<usize>,
    path: Range<usize>,
    month: Month,
    added: u32,
    removed: u32,
}

/// A log in memory, ready to be counted again and again.
#[derive(Default)]
pub(crate) struct Log {
    text: String,
    records: Vec<Record>,
    /// Lines read, blank ones included.
    pub(crate) lines: u64,
    pub(crate) commits: u64,
    /// Changes of binary files; they are counted with no lines.
    pub(crate) binary: u64,
    pub(crate) skipped: u64,
    /// Number of the first skipped line, from 1, and what is wrong with it.
    pub(crate) first_skipped: Option<(u64, Malformed)>,
}

impl Log {
    /// Reads to the end of `input`.
    ///
    /// # Errors
    ///
    /// What reading gives, and `InvalidData` for a line of more than a mebibyte.
    pub(crate) fn read(mut input: impl BufRead) -> io::Result<Self> {
        let mut log = Self::default();
        let mut commit = None;
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = input
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)?;
            if length == 0 {
                return Ok(log);
            }
            log.lines += 1;
            if length as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
                let text = format!("line {} is too long for a git log", log.lines);
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            if let Err(why) = log.take_line(text, &mut commit) {
                log.skipped += 1;
                log.first_skipped.get_or_insert((log.lines, why));
            }
        }
    }

    /// The changes, in the order of the log.
    pub(crate) fn changes(&self) -> impl ExactSizeIterator<Item = Change<'_>> {
        self.records.iter().map(|record| Change {
            author: &self.text[record.author.clone()],
            path: &self.text[record.path.clone()],
            month: record.month,
            added: record.added,
            removed: record.removed,
        })
    }

    fn take_line(
        &mut self,
        line: &str,
        commit: &mut Option<(Range<usize>, Month)>,
    ) -> Result<(), Malformed> {
        if line.is_empty() {
            return Ok(());
        }
        if let Some(header) = line.strip_prefix('@') {
            *commit = None;
            let (author, month) = header.rsplit_once('\t').ok_or(Malformed::Commit)?;
            let month = Month::parse(month).ok_or(Malformed::Commit)?;
            *commit = Some((self.store(author), month));
            self.commits += 1;
            return Ok(());
        }
        let (counts, path) = split_change(line).ok_or(Malformed::Change)?;
        let (author, month) = commit.clone().ok_or(Malformed::Orphan)?;
        let path = match unquote(path) {
            Some(bytes) => self.store(&String::from_utf8_lossy(&bytes)),
            None => self.store(path),
        };
        self.binary += u64::from(counts.is_none());
        let (added, removed) = counts.unwrap_or((0, 0));
        self.records.push(Record {
            author,
            path,
            month,
            added,
            removed,
        });
        Ok(())
    }

    fn store(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }
}

/// Splits a change into its two counts (`None` for a binary file) and its path.
fn split_change(line: &str) -> Option<(Option<(u32, u32)>, &str)> {
    let (added, rest) = line.split_once('\t')?;
    let (removed, path) = rest.split_once('\t')?;
    if path.is_empty() {
        return None;
    }
    if (added, removed) == ("-", "-") {
        return Some((None, path));
    }
    Some((Some((number(added)?, number(removed)?)), path))
}

/// Digits only: `str::parse` alone would take a sign.
fn number(text: &str) -> Option<u32> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Undoes git's quoting of a whole path: C escapes between double quotes. `None` if that is not what `path` is.
fn unquote(path: &str) -> Option<Vec<u8>> {
    let inner = path.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'"' => return None,
            b'\\' => match bytes.next()? {
                b'a' => 7,
                b'b' => 8,
                b't' => b'\t',
                b'n' => b'\n',
                b'v' => 11,
                b'f' => 12,
                b'r' => b'\r',
                first @ b'0'..=b'3' => {
                    let octal = |byte: u8| matches!(byte, b'0'..=b'7').then_some(byte - b'0');
                    let (second, third) = (octal(bytes.next()?)?, octal(bytes.next()?)?);
                    (first - b'0') << 6 | second << 3 | third
                }
                plain @ (b'"' | b'\\') => plain,
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(out)
}
