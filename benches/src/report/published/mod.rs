//! Workloads of published map benchmarks, written anew from their descriptions.

mod boost;
mod go;
mod jackson;
mod martinus;

use std::hash::Hash;

use super::Page;
use super::markdown::{Row, Time, ratios};
use super::speed::PEERS;
use crate::keys::{scramble, string};
use crate::pairs::{NULL, Plan, Subject, Turn, Versus, interleave};
use crate::peers::{Hashbrown, Map, Peer};
use crate::with_peer;

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    page.add(
        "Written anew from the descriptions of their authors, at sizes that fit the time of a run. The hasher is that \
         of the rest of this page, not that of the originals, so the figures compare the maps here with each other and \
         not with published ones.",
    );
    jackson::run(page)?;
    martinus::run(page)?;
    boost::run(page)?;
    go::run(page)
}

/// A workload of some size, written once for every map.
trait Workload {
    /// What stands in the table.
    fn label(&self) -> String;
    /// The size that decides on the number of rounds.
    fn size(&self) -> usize;
    /// The turn of a map.
    fn turn<P: Peer>(&self) -> Turn;
}

/// Measures a workload in turns with hashbrown: the null test first, then a peer each.
fn measure<W: Workload>(workload: &W, plan: Plan) -> Vec<Versus> {
    let base = |name| Subject {
        name,
        turn: workload.turn::<Hashbrown>(),
    };
    let mut subjects = vec![base(Hashbrown::NAME), base(NULL)];
    for name in PEERS {
        let turn = with_peer!(name, P => workload.turn::<P>());
        subjects.push(Subject { name, turn });
    }
    interleave(plan, &mut subjects)
}

/// A row for each workload.
fn rows<W: Workload>(page: &Page, group: &str, workloads: Vec<W>) -> Vec<Row> {
    let cells = page.each(workloads, |workload| {
        format!("{group}: {}", workload.label())
    });
    let row = |workload: W| Row {
        label: workload.label(),
        measured: measure(&workload, page.scale.plan(workload.size())),
    };
    cells.map(row).collect()
}

fn table(what: &str, rows: &[Row]) -> String {
    ratios(what, Hashbrown::NAME, Time::Cpu, rows)
}

/// What a map holds.
trait Content: 'static {
    const NAME: &'static str;
    type Key: Hash + Eq + Clone + 'static;
    type Value: 'static;
    /// A key for each number, random to look at.
    fn key(number: u64) -> Self::Key;
    fn value(number: u64) -> Self::Value;

    /// A map of the keys of these numbers.
    fn map<P: Peer>(numbers: impl Iterator<Item = u64>) -> P::Map<Self::Key, Self::Value> {
        let mut map = P::new();
        for number in numbers {
            map.insert(Self::key(number), Self::value(number));
        }
        map
    }
}

/// 32-bit keys and values.
struct Ints;

impl Content for Ints {
    const NAME: &'static str = "32-bit key and value";
    type Key = u32;
    type Value = u32;
    fn key(number: u64) -> u32 {
        // Bijective, so that keys are distinct: odd factors and shifts to the right.
        let x = (number as u32).wrapping_mul(0x9E37_79B1);
        let x = (x ^ (x >> 15)).wrapping_mul(0x85EB_CA77);
        x ^ (x >> 13)
    }
    fn value(number: u64) -> u32 {
        number as u32
    }
}

/// 64-bit keys, and values of 56 bytes.
struct Wide;

impl Content for Wide {
    const NAME: &'static str = "64-bit key, 448-bit value";
    type Key = u64;
    type Value = [u64; 7];
    fn key(number: u64) -> u64 {
        scramble(number)
    }
    fn value(number: u64) -> [u64; 7] {
        [number; 7]
    }
}

/// Strings of 16 characters.
struct Text;

impl Content for Text {
    const NAME: &'static str = "16-char key, 64-bit value";
    type Key = String;
    type Value = u64;
    fn key(number: u64) -> String {
        string(scramble(number))
    }
    fn value(number: u64) -> u64 {
        number
    }
}
