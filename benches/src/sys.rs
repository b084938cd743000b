//! What is asked of the operating system: the thread's CPU time, and how the allocators treat freed blocks.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tophash::alloc::Reserving;

/// Whether freed memory is [`FreedMemory::Fresh`].
static FRESH: AtomicBool = AtomicBool::new(false);

/// Nanoseconds of CPU time that this thread has used.
#[cfg(unix)]
#[inline]
pub fn thread_cpu_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Wall time since the first call, where the system offers no clock per thread.
#[cfg(not(unix))]
pub fn thread_cpu_ns() -> u64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// Keeps this thread, the `number`-th of a load, on one of the processors that the program may use, so that threads meet
/// whatever the scheduler thinks of it. Does nothing where that cannot be asked for.
#[cfg(target_os = "linux")]
pub fn pin(number: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let Ok(allowed) = sched_getaffinity(None) else {
        return;
    };
    let mut processors = (0..CpuSet::MAX_CPU).filter(|&cpu| allowed.is_set(cpu));
    if let Some(cpu) = processors.nth(number % allowed.count().max(1) as usize) {
        let mut one = CpuSet::new();
        one.set(cpu);
        // A thread that may not be pinned runs where it likes.
        let _ = sched_setaffinity(None, &one);
    }
}

/// Nothing here.
#[cfg(not(target_os = "linux"))]
pub fn pin(_: usize) {}

/// What the allocators do with a large block that is freed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FreedMemory {
    /// It goes back to the system: the next round faults every page in again.
    Fresh,
    /// It stays in the process: the next round finds its pages mapped.
    Recycled,
}

/// Sets the treatment of large blocks. False where the C allocator cannot be told.
pub fn set_freed_memory(mode: FreedMemory) -> bool {
    FRESH.store(mode == FreedMemory::Fresh, Relaxed);
    set_c_allocator(mode)
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn set_c_allocator(mode: FreedMemory) -> bool {
    let (threshold, blocks, trim) = match mode {
        FreedMemory::Fresh => (128 << 10, 1 << 16, 128 << 10),
        FreedMemory::Recycled => (128 << 10, 0, -1),
    };
    // SAFETY: mallopt takes plain integers and may be called at any time.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, threshold) == 1
            && libc::mallopt(libc::M_MMAP_MAX, blocks) == 1
            && libc::mallopt(libc::M_TRIM_THRESHOLD, trim) == 1
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn set_c_allocator(_: FreedMemory) -> bool {
    false
}

/// Before a build, outside of the clock: where memory is to be fresh, both allocators hand back what they keep. Of two
/// equal builds in turn the second would else be given what the first one left.
pub fn begin_build() {
    if FRESH.load(Relaxed) {
        Reserving::release_cached();
        trim();
    }
}

/// Hands the C allocator's free pages back to the system, where it can be told to.
pub fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: malloc_trim touches free memory only and may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// One line about the machine, to stand above a table.
pub fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let cpu = cpu.map_or("unknown CPU", |name| {
        name.trim_start_matches([' ', '\t', ':'])
    });
    let pages = read("/sys/kernel/mm/transparent_hugepage/enabled");
    let pages = pages.split(['[', ']']).nth(1).unwrap_or("unknown");
    format!(
        "{cpu}; {}-{}; transparent huge pages: {pages}",
        std::env::consts::ARCH,
        std::env::consts::OS
    )
}
