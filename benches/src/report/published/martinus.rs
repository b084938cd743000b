//! After Martin Ankerl's map benchmarks.

use std::rc::Rc;

use super::{Content, Text, Workload, rows, table};
use crate::keys::{scramble, shuffle};
use crate::pairs::{Lap, Turn};
use crate::peers::{Map, Peer};
use crate::report::Page;
use crate::report::markdown::count;
use crate::sys::begin_build;
use crate::tasks::{lookup_loop, sum_loop};

/// Inserts one random number below `2^bits` and erases another, over and over: the map stays at about half of them.
struct InsertErase {
    bits: u32,
}

impl Workload for InsertErase {
    fn label(&self) -> String {
        let numbers = 1_usize << self.bits;
        format!("insert and erase among {} numbers", count(numbers))
    }

    fn size(&self) -> usize {
        1 << self.bits
    }

    fn turn<P: Peer>(&self) -> Turn {
        let mask = (1_u64 << self.bits) - 1;
        let mut map = P::new::<u64, u64>();
        let mut state = 0;
        let mut work = move |rounds: u64| {
            for _ in 0..rounds {
                state += 1;
                let random = scramble(state);
                // Spread over the word again, as the original does.
                map.insert(scramble(random & mask), state);
                map.remove(&scramble(random >> 32 & mask));
            }
            assert!(map.len() as u64 <= mask + 1);
        };
        // Where it was empty, the map is far from its balance.
        work(4 << self.bits);
        Box::new(move |reps| {
            let mut lap = Lap::default();
            lap.time(256 * reps as usize, || work(256 * reps));
            lap
        })
    }
}

/// Iterates over all entries after every insertion up to `size`, and after every removal.
struct Iterate {
    size: usize,
}

impl Workload for Iterate {
    fn label(&self) -> String {
        format!(
            "iterate while growing to {} and shrinking",
            count(self.size)
        )
    }

    fn size(&self) -> usize {
        self.size
    }

    fn turn<P: Peer>(&self) -> Turn {
        let size = self.size as u64;
        Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                begin_build();
                lap.time((size * size) as usize, || {
                    let mut map = P::new::<u64, u64>();
                    let mut sum = 0_u64;
                    for i in 0..size {
                        map.insert(scramble(i), i);
                        sum = sum.wrapping_add(sum_loop(&map));
                    }
                    for i in 0..size {
                        map.remove(&scramble(i));
                        sum = sum.wrapping_add(sum_loop(&map));
                    }
                    sum
                });
            }
            lap
        })
    }
}

/// Looks strings up, every second of which is there.
struct FindStrings {
    size: usize,
    keys: Rc<[String]>,
}

impl FindStrings {
    fn new(size: usize) -> Self {
        let numbers = (0..size as u64).map(|i| i + i % 2 * size as u64);
        let mut keys: Vec<String> = numbers.map(Text::key).collect();
        shuffle(&mut keys, 7);
        Self {
            size,
            keys: keys.into(),
        }
    }
}

impl Workload for FindStrings {
    fn label(&self) -> String {
        format!(
            "look 16-char strings up among {}, half absent",
            count(self.size)
        )
    }

    fn size(&self) -> usize {
        self.size
    }

    fn turn<P: Peer>(&self) -> Turn {
        let (map, keys) = (Text::map::<P>(0..self.size as u64), self.keys.clone());
        Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                let found = lap.time(keys.len(), || lookup_loop(&map, &keys));
                assert_eq!(found, keys.len().div_ceil(2), "lookups went wrong");
            }
            lap
        })
    }
}

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    page.add(
        "### Martin Ankerl (martinus): insert and erase, iterate, find\n\nOne operation of the first kind is an \
         insertion and a removal; of the second, one entry seen; `u64` to `u64` but for the strings.",
    );
    let bits = page
        .scale
        .pick(vec![4, 8, 12, 16, 20], vec![4, 8, 12, 16], vec![4, 8]);
    let work = bits.into_iter().map(|bits| InsertErase { bits }).collect();
    let mut all = rows(page, "Ankerl", work);
    let size = page.scale.pick(5_000, 1_000, 50);
    all.extend(rows(page, "Ankerl", vec![Iterate { size }]));
    let sizes = page
        .scale
        .pick(vec![2_000, 500_000], vec![2_000, 100_000], vec![500]);
    let work = sizes.into_iter().map(FindStrings::new).collect();
    all.extend(rows(page, "Ankerl", work));
    page.add(table("workload", &all));
    Ok(())
}
