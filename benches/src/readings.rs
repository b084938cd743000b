//! What a map takes of memory, read in a process of its own.

use crate::counting;
use crate::keys::scramble;
use crate::memory;
use crate::pairs::{Lap, Spread};
use crate::peers::{Map, Peer};
use crate::shared::Shared;
use crate::tasks::sum_loop;
use crate::{child, lists, sys, with_peer, with_shared};

/// Sizes of the maps of the phase `small`.
pub const SMALL: [u64; 8] = [0, 1, 2, 3, 4, 7, 8, 16];

/// Readings per doubling, evenly spaced on a logarithmic scale, and per phase of a life.
pub const STEPS: u64 = 64;

/// Has a phase read in a new process; see [`answer`].
///
/// # Errors
/// As [`child::ask`].
pub fn read(phase: &str, peer: &str, entries: u64) -> Result<Vec<f64>, String> {
    child::ask(&[phase, peer, &entries.to_string()])
}

/// The numbers of a phase, by peer and number of entries; `None` where this is no phase.
///
/// | phase | numbers |
/// |---|---|
/// | `grow` | resident bytes at most and in the end, allocated, counted, counted at most |
/// | `doubling` | resident, allocated and counted bytes per entry, at each of [`doubling_sizes`] |
/// | `life` | resident bytes at [`STEPS`] points of growing, draining and growing again |
/// | `drain` | resident bytes when full; resident, allocated and counted when 99.9 % are removed |
/// | `churn` | resident, allocated and counted bytes, each before, after and at most |
/// | `sparse` | nanoseconds per entry of an iteration, when full and when 99 % are removed |
/// | `iterate` | nanoseconds per entry of an iteration |
/// | `shared` | resident bytes of a map for many threads when full, and when 99.9 % are removed |
/// | `lists` | resident bytes of lists of values; `peer` is one of the ways to keep them |
/// | `small` | size of the map, then counted bytes for each size of [`SMALL`] |
pub fn answer(question: &[String]) -> Option<Vec<f64>> {
    let [phase, peer, entries] = question else {
        return None;
    };
    let entries = entries.parse().ok()?;
    if phase == "shared" {
        return Some(with_shared!(peer.as_str(), M => shared::<M>(entries)));
    }
    if phase == "lists" {
        return Some(vec![lists::resident(peer, entries as usize)]);
    }
    with_peer!(peer.as_str(), P => match phase.as_str() {
        "grow" => Some(grow::<P>(entries)),
        "doubling" => Some(doubling::<P>(entries)),
        "life" => Some(life::<P>(entries)),
        "drain" => Some(drain::<P>(entries)),
        "churn" => Some(churn::<P>(entries)),
        "sparse" => Some(sparse::<P>(entries)),
        "iterate" => Some(vec![iterate_ns(&filled::<P>(entries))]),
        "small" => Some(small::<P>()),
        _ => None,
    })
}

/// What was in use before there was a map.
pub struct Before {
    anonymous: usize,
    resident: usize,
    counted: usize,
}

impl Before {
    /// Forgets earlier peaks.
    pub fn now() -> Self {
        // The first reading allocates, so that the second does not.
        memory::anonymous();
        memory::reset_peak();
        counting::reset_peak();
        Self {
            anonymous: memory::anonymous().unwrap_or(0),
            resident: memory::resident().unwrap_or(0),
            counted: counting::live(),
        }
    }

    /// Anonymous resident bytes since then.
    pub fn rss(&self) -> f64 {
        beyond(memory::anonymous(), self.anonymous)
    }

    fn rss_peak(&self) -> f64 {
        beyond(memory::peak(), self.resident)
    }

    fn counted(&self) -> f64 {
        beyond(Some(counting::live()), self.counted)
    }

    fn counted_peak(&self) -> f64 {
        beyond(Some(counting::peak()), self.counted)
    }

    /// Resident, allocated, counted.
    fn all(&self, map: &impl Map<u64, u64>) -> [f64; 3] {
        [self.rss(), beyond(map.bytes(), 0), self.counted()]
    }
}

fn beyond(reading: Option<usize>, before: usize) -> f64 {
    reading.map_or(f64::NAN, |bytes| bytes as f64 - before as f64)
}

fn extend(map: &mut impl Map<u64, u64>, entries: u64) {
    for i in map.len() as u64..entries {
        map.insert(scramble(i), i);
    }
    assert_eq!(map.len() as u64, entries, "an insert was lost");
}

fn filled<P: Peer>(entries: u64) -> P::Map<u64, u64> {
    let mut map = P::new::<u64, u64>();
    extend(&mut map, entries);
    map
}

/// Removes the oldest entries.
fn shrink(map: &mut impl Map<u64, u64>, count: u64) {
    for i in 0..count {
        assert!(map.remove(&scramble(i)).is_some(), "an entry was missing");
    }
}

fn grow<P: Peer>(entries: u64) -> Vec<f64> {
    let before = Before::now();
    let map = filled::<P>(entries);
    let (counted_peak, rss_peak) = (before.counted_peak(), before.rss_peak());
    let [rss, alloc, counted] = before.all(&map);
    // The system's peak is kept in larger steps than the exact reading, and holds the program's own pages.
    vec![rss_peak.max(rss), rss, alloc, counted, counted_peak]
}

/// The sizes at which a doubling from `entries` on is read.
pub fn doubling_sizes(entries: u64) -> impl Iterator<Item = u64> {
    (0..STEPS).map(move |step| (entries as f64 * (step as f64 / STEPS as f64).exp2()) as u64)
}

/// Resident, allocated and counted bytes per entry, at each of [`doubling_sizes`].
fn doubling<P: Peer>(entries: u64) -> Vec<f64> {
    let before = Before::now();
    let mut map = P::new::<u64, u64>();
    let read = doubling_sizes(entries).flat_map(|size| {
        extend(&mut map, size);
        before.all(&map).map(|bytes| bytes / size as f64)
    });
    read.collect()
}

/// Mean, least and most of readings. NaN stays NaN: a reading is there at every step or at none.
pub fn summary(read: impl Iterator<Item = f64> + Clone) -> [f64; 3] {
    let (count, sum) = read
        .clone()
        .fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x));
    let least = read.clone().reduce(|a, b| if b < a { b } else { a });
    let most = read.reduce(|a, b| if b > a { b } else { a });
    [
        sum / count,
        least.unwrap_or(f64::NAN),
        most.unwrap_or(f64::NAN),
    ]
}

/// Resident bytes at [`STEPS`] points of each phase of a life: growing from empty, draining to a thousandth in the
/// order of arrival, and growing again.
fn life<P: Peer>(entries: u64) -> Vec<f64> {
    let before = Before::now();
    let mut map = P::new::<u64, u64>();
    let (mut oldest, mut next) = (0, 0);
    let mut read = Vec::with_capacity(3 * STEPS as usize);
    for growing in [true, false, true] {
        let (start, left) = (map.len() as u64, entries / 1000);
        for step in 1..=STEPS {
            if growing {
                let goal = start + (entries - start) * step / STEPS;
                while (map.len() as u64) < goal {
                    map.insert(scramble(next), next);
                    next += 1;
                }
            } else {
                let goal = start - (start - left) * step / STEPS;
                while map.len() as u64 > goal {
                    assert!(
                        map.remove(&scramble(oldest)).is_some(),
                        "an entry was missing"
                    );
                    oldest += 1;
                }
            }
            read.push(before.rss());
        }
    }
    read
}

fn drain<P: Peer>(entries: u64) -> Vec<f64> {
    let before = Before::now();
    let mut map = filled::<P>(entries);
    let full = before.rss();
    shrink(&mut map, entries * 999 / 1000);
    let [rss, alloc, counted] = before.all(&map);
    vec![full, rss, alloc, counted]
}

/// Before, after and most, of each reading.
fn churn<P: Peer>(entries: u64) -> Vec<f64> {
    let before = Before::now();
    let mut map = filled::<P>(entries);
    let first = before.all(&map);
    let (mut last, mut most) = (first, first);
    let stretch = (entries / 4).max(1);
    for i in 0..20 * entries {
        assert!(map.remove(&scramble(i)).is_some(), "an entry was missing");
        map.insert(scramble(i + entries), i);
        if (i + 1) % stretch == 0 {
            last = before.all(&map);
            for (most, now) in most.iter_mut().zip(last) {
                *most = now.max(*most);
            }
        }
    }
    (0..3).flat_map(|i| [first[i], last[i], most[i]]).collect()
}

fn sparse<P: Peer>(entries: u64) -> Vec<f64> {
    let mut map = filled::<P>(entries);
    let full = iterate_ns(&map);
    shrink(&mut map, entries * 99 / 100);
    vec![full, iterate_ns(&map)]
}

/// CPU nanoseconds per entry of an iteration: the median of several.
fn iterate_ns(map: &impl Map<u64, u64>) -> f64 {
    let pass = |_| {
        let mut lap = Lap::default();
        lap.time(map.len(), || sum_loop(map));
        lap.ns_per_op()
    };
    Spread::of((0..21).map(pass).collect()).median
}

fn small<P: Peer>() -> Vec<f64> {
    let size = size_of::<P::Map<u64, u64>>() as f64;
    let bytes = SMALL.map(|entries| {
        let before = counting::live();
        let map = filled::<P>(entries);
        let bytes = counting::live() - before;
        assert_eq!(map.len() as u64, entries);
        bytes as f64
    });
    [size].into_iter().chain(bytes).collect()
}

fn shared<M: Shared>(entries: u64) -> Vec<f64> {
    let before = Before::now();
    let map = M::new();
    for i in 0..entries {
        map.insert(scramble(i), i);
    }
    sys::trim();
    let full = before.rss();
    for i in entries / 1000..entries {
        map.remove(scramble(i));
    }
    sys::trim();
    let removed = before.rss();
    assert_eq!(map.len() as u64, entries / 1000, "entries are lost");
    vec![full, removed]
}
