//! Keys of three parts: of a regular shape, or of a saved `git log --numstat`.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::str::FromStr;

use flate2::bufread::MultiGzDecoder;

use super::peers::Value;
use crate::keys::shuffle;

/// A key, borrowed.
pub type Key<'a> = (&'a str, &'a str, i64);

/// Where the strings of a key end; they begin where those of the key before end.
#[derive(Clone, Copy)]
struct Record<V> {
    ends: [u32; 2],
    last: i64,
    value: V,
}

/// Keys with values, in an order. Their strings lie one after another, so that reading the keys front to back costs
/// the same whatever the order is.
pub struct Keys<V> {
    text: String,
    records: Vec<Record<V>>,
}

impl<'a, V: Value> FromIterator<(Key<'a>, V)> for Keys<V> {
    fn from_iter<I: IntoIterator<Item = (Key<'a>, V)>>(keys: I) -> Self {
        let mut list = Keys {
            text: String::new(),
            records: Vec::new(),
        };
        for (key, value) in keys {
            list.push(key, value);
        }
        list
    }
}

impl<V: Value> Keys<V> {
    fn push(&mut self, (a, b, last): Key<'_>, value: V) {
        let mut end_of = |part| {
            self.text.push_str(part);
            u32::try_from(self.text.len()).expect("keys of less than 4 GiB")
        };
        let ends = [end_of(a), end_of(b)];
        self.records.push(Record { ends, last, value });
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The keys from one index to another.
    #[inline]
    pub fn range(&self, from: usize, to: usize) -> impl Iterator<Item = (Key<'_>, V)> {
        let mut start = match from {
            0 => 0,
            _ => self.records[from - 1].ends[1] as usize,
        };
        self.records[from..to].iter().map(move |record| {
            let [middle, end] = record.ends.map(|end| end as usize);
            let (a, b) = (&self.text[start..middle], &self.text[middle..end]);
            start = end;
            ((a, b, record.last), record.value)
        })
    }

    /// All keys.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (Key<'_>, V)> {
        self.range(0, self.len())
    }

    /// Each key once, in random order.
    pub fn shuffled(&self) -> Self {
        let mut seen = HashSet::new();
        let mut distinct: Vec<_> = self.iter().filter(|(key, _)| seen.insert(*key)).collect();
        shuffle(&mut distinct, 7);
        distinct.into_iter().collect()
    }

    /// As many keys as these that are not among them. A third differ in the first part, a third in the second, a
    /// third in the last; up to there they are the same.
    pub fn absent(&self) -> Self {
        let known: HashSet<Key<'_>> = self.iter().map(|(key, _)| key).collect();
        let mut list: Self = [].into_iter().collect();
        let mut other = String::new();
        for (number, ((a, b, c), value)) in self.iter().enumerate() {
            other.clear();
            let key = match number % 3 {
                0 => {
                    write!(other, "{a}~").expect("a string takes all");
                    (other.as_str(), b, c)
                }
                1 => {
                    write!(other, "{b}~").expect("a string takes all");
                    (a, other.as_str(), c)
                }
                _ => (a, b, !c),
            };
            assert!(!known.contains(&key));
            list.push(key, value);
        }
        list
    }

    /// Every tenth of the different first parts, in the order in which they come first; one at least.
    pub fn tenth_of_prefixes(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let distinct = self.iter().filter(|((a, _, _), _)| seen.insert(*a));
        let tenth = distinct.step_by(10).map(|((a, _, _), _)| a.to_owned());
        tenth.collect()
    }
}

/// How many children each node has: as `100x100x10`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape(pub [usize; 3]);

impl FromStr for Shape {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let numbers: Option<Vec<usize>> = text.split('x').map(|part| part.parse().ok()).collect();
        let shape = numbers.and_then(|numbers| numbers.try_into().ok());
        shape.map(Self).ok_or(())
    }
}

/// Whether the second parts are the same below each first part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    /// The same.
    Shared,
    /// None comes twice.
    Unique,
}

impl Names {
    /// As it is given.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Unique => "unique",
        }
    }
}

impl FromStr for Names {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "shared" => Ok(Self::Shared),
            "unique" => Ok(Self::Unique),
            _ => Err(()),
        }
    }
}

impl Shape {
    /// As it is given.
    pub fn name(&self) -> String {
        let [outer, middle, inner] = self.0;
        format!("{outer}x{middle}x{inner}")
    }

    /// Whether an innermost map has two entries at most.
    pub fn is_narrow(&self) -> bool {
        self.0[2] <= 2
    }

    /// All keys, as nested loops make them.
    pub fn keys(&self, names: Names) -> Keys<()> {
        let [outer, middle, inner] = self.0;
        let mut list: Keys<()> = [].into_iter().collect();
        for a in 0..outer {
            let first = format!("a{a}");
            for b in 0..middle {
                let second = match names {
                    Names::Shared => format!("b{b}"),
                    Names::Unique => format!("b{}", a * middle + b),
                };
                for c in 0..inner {
                    list.push((&first, &second, c as i64), ());
                }
            }
        }
        list
    }
}

/// Reads what `git log --numstat --date=format:%Y-%m --format=@%aN%x09%ad` prints, compressed by gzip or not:
/// author, path and month, with one change and its lines added and removed. Lines of another form are left out.
pub fn read_log(path: &str) -> io::Result<Keys<[u64; 3]>> {
    let mut file = BufReader::new(File::open(path)?);
    let compressed = file.fill_buf()?.starts_with(&[0x1F, 0x8B]);
    if compressed {
        records(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        records(file)
    }
}

fn records(mut log: impl BufRead) -> io::Result<Keys<[u64; 3]>> {
    let mut list: Keys<[u64; 3]> = [].into_iter().collect();
    let mut commit: Option<(String, i64)> = None;
    let mut line = Vec::new();
    while log.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        if let Some(header) = text.strip_prefix('@') {
            commit = header
                .rsplit_once('\t')
                .and_then(|(author, date)| Some((author.to_owned(), month(date)?)));
        } else if let (Some((author, month)), Some((lines, path))) = (&commit, change(text)) {
            list.push((author, path, *month), [1, lines[0], lines[1]]);
        }
        line.clear();
    }
    Ok(list)
}

/// `2024-07`, as months since year 0.
fn month(date: &str) -> Option<i64> {
    let (year, month) = date.split_once('-')?;
    let (year, month): (i64, i64) = (year.parse().ok()?, month.parse().ok()?);
    Some(12 * year + month - 1)
}

/// Lines added, lines removed, and the path. A binary file has `-` for both.
fn change(line: &str) -> Option<([u64; 2], &str)> {
    let (added, rest) = line.split_once('\t')?;
    let (removed, path) = rest.split_once('\t')?;
    if (added, removed) == ("-", "-") {
        return Some(([0, 0], path));
    }
    Some(([added.parse().ok()?, removed.parse().ok()?], path))
}
