//! Readings of this process's memory. Linux only: elsewhere every reading is `None`.

use std::fs::{read_to_string, write};

/// Resident bytes that belong to no file, exactly: what the heap and anonymous mappings hold.
pub fn anonymous() -> Option<usize> {
    field("/proc/self/smaps_rollup", "Anonymous:")
}

/// Resident bytes, files included.
pub fn resident() -> Option<usize> {
    let statm = read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size()?)
}

/// The most that [`resident`] has been since [`reset_peak`].
pub fn peak() -> Option<usize> {
    field("/proc/self/status", "VmHWM:")
}

/// Forgets earlier peaks. Returns whether the system let us.
pub fn reset_peak() -> bool {
    write("/proc/self/clear_refs", "5").is_ok()
}

fn page_size() -> Option<usize> {
    field("/proc/self/smaps", "KernelPageSize:")
}

/// A line of `file` that reads `name ... kB`, in bytes.
fn field(file: &str, name: &str) -> Option<usize> {
    let text = read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: usize = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}
