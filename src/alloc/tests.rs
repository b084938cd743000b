//! Every way of a block between small, large and fallen back, with its bytes watched.

extern crate std;

mod cache;

use super::policy::Policy;
use super::{Allocator, Layout, Reserving, os};
use core::ptr::NonNull;
use std::vec::Vec;

/// Small blocks and ranges, so that few bytes reach every path.
const TINY: Policy = Policy {
    large: 8 << 10,
    least: 64 << 10,
    ratio: 3,
    spare: 256 << 10,
    unit: os::PAGE,
    tries: 3,
    populate: 16 << 10,
    cached: 0,
    leftover: 0,
    huge: usize::MAX,
};

/// The system refuses every range.
const REFUSED: Policy = Policy { tries: 0, ..TINY };

/// No room to spare: every step leaves the range.
const TIGHT: Policy = Policy {
    least: 0,
    ratio: 1,
    spare: 0,
    ..TINY
};

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a valid layout")
}

/// The byte that belongs at `at` of a block with this seed.
fn pattern(seed: usize, at: usize) -> u8 {
    let x = (seed ^ at) as u64;
    let x = x.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    // Never zero, so that it differs from what a zeroed block holds.
    (x >> 56) as u8 | 1
}

/// A block whose every byte is known: `pattern` below `written`, zero behind.
struct Watched {
    block: NonNull<u8>,
    layout: Layout,
    seed: usize,
}

impl Watched {
    fn new<A: Allocator>(alloc: &A, layout: Layout, seed: usize) -> Self {
        let block = alloc.allocate(layout).expect("memory");
        let new = Self {
            block: checked(block, layout),
            layout,
            seed,
        };
        new.fill(0);
        new
    }

    fn fill(&self, from: usize) {
        for at in from..self.layout.size() {
            // SAFETY: within the block.
            unsafe { self.block.byte_add(at).write(pattern(self.seed, at)) };
        }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the block is live, and all of it was written.
        unsafe { NonNull::slice_from_raw_parts(self.block, self.layout.size()).as_ref() }
    }

    fn check(&self, upto: usize) {
        for (at, &byte) in self.bytes()[..upto].iter().enumerate() {
            assert_eq!(
                byte,
                pattern(self.seed, at),
                "byte {at} of {:?}",
                self.layout
            );
        }
    }

    /// Checks what is kept and, with `zeroed`, what is added; then fills the rest.
    fn resize<A: Allocator>(&mut self, alloc: &A, new: Layout, zeroed: bool) {
        let old = self.layout;
        // SAFETY: the block is live and of layout `old`.
        let block = unsafe {
            if new.size() < old.size() {
                alloc.shrink(self.block, old, new)
            } else if zeroed {
                alloc.grow_zeroed(self.block, old, new)
            } else {
                alloc.grow(self.block, old, new)
            }
        };
        self.block = checked(block.expect("memory"), new);
        self.layout = new;
        self.check(old.size().min(new.size()));
        if zeroed && new.size() > old.size() {
            assert!(
                self.bytes()[old.size()..].iter().all(|&byte| byte == 0),
                "{old:?} -> {new:?}"
            );
        }
        self.fill(old.size());
    }

    fn free<A: Allocator>(self, alloc: &A) {
        self.check(self.layout.size());
        // SAFETY: the block is live, and not used again.
        unsafe { alloc.deallocate(self.block, self.layout) };
    }
}

fn checked(block: NonNull<[u8]>, layout: Layout) -> NonNull<u8> {
    assert_eq!(block.len(), layout.size());
    let block = block.cast::<u8>();
    assert_eq!(block.addr().get() % layout.align(), 0, "{layout:?}");
    block
}

/// xorshift: enough to wander about.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// From each of these sizes to each other: small, barely small, large, in the range, past it, and back.
#[test]
fn every_pair_of_sizes_keeps_the_bytes() {
    let sizes = [
        0, 1, 100, 8191, 8192, 8193, 20_000, 65_472, 65_473, 150_000, 700_000,
    ];
    for policy in [TINY, REFUSED, TIGHT] {
        for from in sizes {
            for to in sizes {
                for zeroed in [false, true] {
                    let mut block = Watched::new(&policy, layout(from, 16), from + to);
                    block.resize(&policy, layout(to, 16), zeroed);
                    block.resize(&policy, layout(from, 16), zeroed);
                    block.free(&policy);
                }
            }
        }
    }
}

#[test]
fn every_alignment_is_kept() {
    for policy in [TINY, REFUSED, TIGHT] {
        let aligns = [0, 3, 6, 7, 11, 12, 13, 16];
        for (from, to) in aligns.into_iter().flat_map(|a| aligns.map(|b| (a, b))) {
            for (small, large) in [(100, 300), (5_000, 70_000), (30_000, 40_000)] {
                let mut block = Watched::new(&policy, layout(small, 1 << from), small);
                block.resize(&policy, layout(large, 1 << to), true);
                block.resize(&policy, layout(large, 1 << from), false);
                block.resize(&policy, layout(small, 1 << to), false);
                block.free(&policy);
            }
        }
    }
}

#[test]
fn zeroed_blocks_are_zero() {
    for policy in [TINY, REFUSED, TIGHT] {
        for size in [1, 8191, 8192, 100_000, 3_000_000] {
            let layout = layout(size, 8);
            let block = policy.allocate_zeroed(layout).expect("memory");
            // SAFETY: the block is live, and zeroed memory is initialized.
            assert!(unsafe { block.as_ref() }.iter().all(|&byte| byte == 0));
            // SAFETY: the block is not used again.
            unsafe { policy.deallocate(block.cast(), layout) };
        }
    }
}

/// Shrinks leave written bytes behind in the last page: they must not come back.
#[test]
fn stale_bytes_never_pass_for_zero() {
    let mut block = Watched::new(&TINY, layout(60_000, 8), 7);
    for step in 0..2_000 {
        let size = 9_000 + (step * 7_919) % 51_000;
        block.resize(&TINY, layout(size, 8), true);
    }
    block.free(&TINY);
}

/// Many blocks at once, each step under another policy: ranges, refusals, and blocks that change between them.
#[test]
fn random_walk_keeps_every_byte() {
    let mut random = Random(0x5EED_0001);
    let mut blocks: Vec<Watched> = Vec::new();
    for step in 0..3_000 {
        let policy = [TINY, TINY, TIGHT, REFUSED][random.below(4)];
        let size = match random.below(4) {
            0 => random.below(9_000),
            1 => 7_000 + random.below(3_000),
            _ => random.below(90_000),
        };
        let align = 1 << random.below(8);
        let which = random.below(12);
        if which >= blocks.len() {
            blocks.push(Watched::new(&policy, layout(size, align), step));
        } else if random.below(8) == 0 {
            blocks.swap_remove(which).free(&policy);
        } else {
            let block = &mut blocks[which];
            let align = if random.below(4) == 0 {
                align
            } else {
                block.layout.align()
            };
            block.resize(&policy, layout(size, align), random.below(2) == 0);
        }
    }
    for block in blocks {
        block.free(&TINY);
    }
}

#[test]
fn growth_within_the_range_stays_in_place() {
    if !os::AVAILABLE {
        return;
    }
    let mut block = Watched::new(&Reserving, layout(Reserving::LARGE_BLOCK, 8), 1);
    let place = block.block;
    for size in (Reserving::LARGE_BLOCK..=6 << 20).step_by(300_000) {
        block.resize(&Reserving, layout(size, 8), size % 2 == 0);
        assert_eq!(block.block, place);
    }
    for size in (Reserving::LARGE_BLOCK..6 << 20).step_by(500_000).rev() {
        block.resize(&Reserving, layout(size, 8), false);
        assert_eq!(block.block, place);
    }
    block.free(&Reserving);
}

/// A range that is left behind again and again must remain one that the kernel can move.
#[test]
#[cfg(target_os = "linux")]
fn a_range_can_be_enlarged_many_times() {
    if !os::AVAILABLE {
        return;
    }
    let len = 1 << 20;
    let mut base = os::reserve(len).expect("a range");
    let mut neighbours = Vec::new();
    for k in 1..20 {
        // SAFETY: the ranges are this test's own.
        unsafe {
            base.byte_add(k * len - 1).write(k as u8);
            // Whatever comes to lie right behind the range keeps it from growing where it is.
            neighbours.push(os::reserve(len).expect("a range"));
            base = os::enlarge(base, k * len, (k + 1) * len, k * len).expect("a longer range");
            for j in 1..=k {
                assert_eq!(base.byte_add(j * len - 1).read(), j as u8);
            }
        }
    }
    // SAFETY: the ranges are not used again.
    unsafe {
        os::release(base, 20 * len);
        neighbours
            .into_iter()
            .for_each(|base| os::release(base, len));
    }
}

#[test]
#[cfg(target_pointer_width = "64")]
fn lengths_fall_to_what_is_needed() {
    let lengths = |end| Policy::STANDARD.lengths(end).collect::<Vec<_>>();
    let (mib, gib) = (1 << 20, 1 << 30);
    let spare = 63 * mib;
    let expected = [spare, spare / 4, spare / 16, spare / 64, 0];
    assert_eq!(
        lengths(mib),
        expected.map(|spare| (mib + spare).next_multiple_of(2 * mib))
    );
    assert_eq!(lengths(mib / 4)[0], 16 * mib);
    assert_eq!(lengths(2 * gib)[..2], [6 * gib, 3 * gib]);
    assert_eq!(lengths(8 * gib)[4], 8 * gib);
    assert_eq!(REFUSED.lengths(mib).count(), 0);
    // No overflow at the far end.
    assert!(
        lengths(isize::MAX as usize)
            .iter()
            .all(|&len| len >= isize::MAX as usize)
    );
}

#[test]
fn thousands_of_blocks_live_side_by_side() {
    let size = Reserving::LARGE_BLOCK;
    let blocks: Vec<_> = (0..4_000)
        .map(|n: u64| {
            let block = Reserving
                .allocate(layout(size, 8))
                .expect("memory")
                .cast::<u64>();
            // SAFETY: within the block.
            unsafe { block.write(n) };
            block
        })
        .collect();
    for (n, block) in blocks.into_iter().enumerate() {
        // SAFETY: written above; freed once.
        unsafe {
            assert_eq!(block.read(), n as u64);
            Reserving.deallocate(block.cast(), layout(size, 8));
        }
    }
}

#[test]
fn absurd_sizes_are_refused() {
    let most = layout(isize::MAX as usize - 63, 64);
    assert!(Reserving.allocate(most).is_err());
    assert!(REFUSED.allocate(most).is_err());
    let mut block = Watched::new(&Reserving, layout(1 << 20, 64), 3);
    // SAFETY: the block is live; where `grow` fails it stays as it was.
    assert!(unsafe { Reserving.grow(block.block, block.layout, most) }.is_err());
    block.check(1 << 20);
    block.resize(&Reserving, layout(2 << 20, 64), true);
    block.free(&Reserving);
}

/// What needs a process of its own: this test binary, started again to run one test of `children`.
#[cfg(all(target_os = "linux", target_pointer_width = "64", not(miri)))]
mod process {
    use super::super::HugePages;
    use super::*;
    use std::process::Command;
    use std::{env, format, fs};

    const ROLE: &str = "TOPHASH_TEST_CHILD";

    /// This test binary, started by a shell after the command `first`.
    fn binary(first: &str, arguments: &str) -> Command {
        let mut shell = Command::new("sh");
        let exe = env::current_exe().expect("the test binary");
        shell
            .arg("-c")
            .arg(format!(r#"{first} && exec "$0" {arguments}"#))
            .arg(exe);
        shell
    }

    /// Runs the test `child` of `alloc::tests` in a process that starts with the shell command `first`.
    pub(super) fn run(child: &str, first: &str) {
        let test = format!("--exact alloc::tests::{child} --test-threads=1");
        let out = binary(first, &test)
            .env(ROLE, child)
            .output()
            .expect("a shell");
        let text = std::string::String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success(), "{child}: {text}\n{out:?}");
        assert!(text.contains("1 passed"), "{child}: {text}");
    }

    pub(super) fn is(child: &str) -> bool {
        env::var_os(ROLE).is_some_and(|role| role == child)
    }

    /// Resident bytes of this process.
    pub(super) fn resident() -> usize {
        let status = fs::read_to_string("/proc/self/status").expect("status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("VmRSS");
        let kib = line.trim().trim_end_matches(" kB");
        kib.parse::<usize>().expect("a number") << 10
    }

    /// Runs one of these tests with 300 MB of addresses.
    fn run_under_limit(name: &str) {
        let limit = "ulimit -v 300000";
        let list = binary(limit, "--list").output().expect("a shell");
        // A sanitizer needs more than that for itself.
        if list.status.success() {
            run(name, limit);
        }
    }

    #[test]
    fn address_limit_falls_back() {
        run_under_limit("process::grows_under_limit");
    }

    #[test]
    fn grows_under_limit() {
        if !is("process::grows_under_limit") {
            return;
        }
        // 70 MB in steps, then as many small ranges as fit, then nothing is left behind.
        let mut block = Watched::new(&Reserving, layout(Reserving::LARGE_BLOCK, 8), 5);
        for size in (1 << 20..=70 << 20).step_by(9 << 20) {
            block.resize(&Reserving, layout(size, 8), false);
        }
        let more: Vec<_> = (0..200)
            .map(|n| Watched::new(&Reserving, layout(Reserving::LARGE_BLOCK, 8), n))
            .collect();
        assert!(Reserving::stats().reserved < 300_000 << 10);
        // More than the limit allows: refused, and nothing lost.
        // SAFETY: the block is live; where `grow` fails it stays as it was.
        let refused = unsafe { Reserving.grow(block.block, block.layout, layout(1 << 30, 8)) };
        assert!(refused.is_err());
        more.into_iter().for_each(|block| block.free(&Reserving));
        // There is no room for both the old range and the new one.
        block.resize(&Reserving, layout(200 << 20, 8), false);
        block.free(&Reserving);
        Reserving::release_cached();
        assert_eq!(Reserving::stats().ranges, 0);
        assert_eq!(Reserving::stats().reserved, 0);
    }

    #[test]
    fn memory_comes_back() {
        run("process::shrinks_resident", "true");
    }

    #[test]
    fn shrinks_resident() {
        if !is("process::shrinks_resident") {
            return;
        }
        let start = resident();
        let grown = |size: usize| resident().saturating_sub(start).abs_diff(size) < 6 << 20;
        let mut block = Watched::new(&Reserving, layout(48 << 20, 8), 9);
        assert!(grown(48 << 20), "{}", resident() - start);
        block.resize(&Reserving, layout(24 << 20, 8), false);
        assert!(grown(24 << 20), "{}", resident() - start);
        block.resize(&Reserving, layout(1 << 20, 8), false);
        assert!(grown(1 << 20), "{}", resident() - start);
        // Growing alone takes no memory, unless the step is short.
        block.layout = layout(64 << 20, 8);
        // SAFETY: the block is live and 1 MiB long.
        let long = unsafe { Reserving.grow(block.block, layout(1 << 20, 8), block.layout) };
        block.block = checked(long.expect("memory"), block.layout);
        assert!(grown(1 << 20), "{}", resident() - start);
        // SAFETY: the block is not used again.
        unsafe { Reserving.deallocate(block.block, block.layout) };
        assert!(grown(0), "{}", resident() - start);
        assert_eq!(Reserving::stats().ranges, 0);
        assert_eq!(Reserving::stats().reserved, 0);
    }

    /// The walk of the other test again, for its balance.
    #[test]
    fn nothing_stays_reserved() {
        run("process::walk_and_count", "true");
    }

    #[test]
    fn walk_and_count() {
        if !is("process::walk_and_count") {
            return;
        }
        let maps = || {
            fs::read_to_string("/proc/self/maps")
                .expect("maps")
                .lines()
                .count()
        };
        random_walk_keeps_every_byte();
        let before = maps();
        random_walk_keeps_every_byte();
        assert!(maps() <= before + 4, "{} mappings, then {}", before, maps());
        assert_eq!(Reserving::stats().ranges, 0);
        assert_eq!(Reserving::stats().reserved, 0);
    }

    /// Whether the mapping that holds this block was advised to use huge pages.
    fn is_advised(block: &Watched) -> bool {
        let address = block.block.as_ptr() as usize;
        let maps = fs::read_to_string("/proc/self/smaps").expect("smaps");
        let mut inside = false;
        for line in maps.lines() {
            let bounds = line.split(' ').next().and_then(|word| word.split_once('-'));
            let bound = |text| usize::from_str_radix(text, 16).ok();
            if let Some((Some(from), Some(to))) = bounds.map(|(a, b)| (bound(a), bound(b))) {
                inside = (from..to).contains(&address);
            } else if let Some(flags) = line.strip_prefix("VmFlags:") {
                if inside {
                    return flags.split(' ').any(|flag| flag == "hg");
                }
            }
        }
        panic!("no mapping holds the block");
    }

    #[test]
    fn long_blocks_ask_for_huge_pages() {
        run("process::asks_for_huge_pages", "true");
    }

    #[test]
    fn asks_for_huge_pages() {
        if !is("process::asks_for_huge_pages") {
            return;
        }
        let offered = fs::exists("/sys/kernel/mm/transparent_hugepage").expect("sysfs");
        // Its range is left behind on the way.
        let tight = Policy {
            ratio: 2,
            ..Policy::HUGE
        };
        let mut block = Watched::new(&tight, layout(3 << 20, 8), 3);
        assert!(!is_advised(&block));
        let short = Watched::new(&HugePages, layout(1 << 20, 8), 4);
        let plain = Watched::new(&Reserving, layout(6 << 20, 8), 5);
        for size in [5 << 20, 20 << 20, 9 << 20] {
            block.resize(&tight, layout(size, 8), true);
            assert_eq!(is_advised(&block), offered, "{size} bytes");
        }
        assert!(!is_advised(&short) && !is_advised(&plain));
        let fresh = Watched::new(&HugePages, layout(5 << 20, 8), 6);
        assert_eq!(is_advised(&fresh), offered);
        // Whoever comes next does not inherit the advice.
        block.resize(&HugePages, layout(1 << 20, 8), false);
        block.free(&HugePages);
        fresh.free(&HugePages);
        short.free(&HugePages);
        plain.free(&Reserving);
        let next: Vec<_> = (0..4)
            .map(|n| Watched::new(&Reserving, layout(1 << 20, 8), n))
            .collect();
        assert!(!next.iter().any(is_advised));
    }

    #[test]
    fn refused_huge_pages_are_no_loss() {
        // A range for 70 MB is refused, or the huge pages in it.
        run_under_limit("process::grows_with_huge_pages_under_limit");
    }

    #[test]
    fn grows_with_huge_pages_under_limit() {
        if !is("process::grows_with_huge_pages_under_limit") {
            return;
        }
        let mut block = Watched::new(&HugePages, layout(Reserving::LARGE_BLOCK, 8), 5);
        for size in (1 << 20..=61 << 20).step_by(20 << 20) {
            block.resize(&HugePages, layout(size, 8), true);
        }
        block.free(&HugePages);
        Reserving::release_cached();
        assert_eq!(Reserving::stats().ranges, 0);
    }
}
