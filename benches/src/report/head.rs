//! What stands above the sections: machine, versions, command, date, and how to read the tables.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Scale;
use crate::sys;

/// The lock file that the peers' versions come from.
const LOCK: &str = include_str!("../../../Cargo.lock");

const PEERS: [&str; 8] = [
    "tophash",
    "hashbrown",
    "griddle",
    "indexmap",
    "dashmap",
    "scc",
    "papaya",
    "ahash",
];

const READING: &str = "\
Every number and plot on this page comes from the run that wrote it. All maps hash with the same `ahash` keys.

**Ratios are times divided by the base's time: less than 1 is faster than the base.** Subjects take turns in one
process, and a ratio is formed only between turns of the same round: a cell has the median over the rounds and, in
brackets, the 10th and the 90th percentile. **null** is a second instance of the base, measured like any other; it
ought to be 1, and a difference from 1 that is not well beyond that of the null test is noise. Times per operation are
CPU time unless a table says otherwise.

Where nothing else is said, the C allocator gives blocks from 128 KiB on back to the system when they are freed, so that
the page faults of fresh memory are part of every build, of any map; `build-recycled`, `string-build` and `order` keep
them in the process.";

/// The head of the page.
pub(super) fn text(scale: Scale) -> String {
    let warning = match scale {
        Scale::Full => "",
        Scale::Quick => {
            "\n**A quick run: small maps and few rounds. For figures to rely on, take a full one.**\n"
        }
        Scale::Smoke => "\n**A smoke test: the figures mean nothing.**\n",
    };
    let mut list = String::new();
    let mut row = |name: &str, value: String| list.push_str(&format!("- {name}: {value}\n"));
    row("date", date());
    row("command", command());
    row("machine", sys::machine());
    row("cores, memory, kernel", system());
    row("compiler", output("rustc", &["--version"]));
    row("`RUSTFLAGS`", flags());
    row(
        "commit",
        output("git", &["describe", "--always", "--dirty"]),
    );
    row("versions", versions());
    format!("# Results\n{warning}\n{list}\n{READING}\n")
}

fn flags() -> String {
    match option_env!("RUSTFLAGS") {
        None | Some("") => "none".to_owned(),
        Some(flags) => format!("`{flags}`"),
    }
}

fn command() -> String {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let profile = if cfg!(debug_assertions) {
        ""
    } else {
        " --release"
    };
    let command = format!("cargo run{profile} -p tophash-bench --bin report");
    match args.is_empty() {
        true => format!("`{command}`"),
        false => format!("`{command} -- {}`", args.join(" ")),
    }
}

fn system() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let memory = read("/proc/meminfo");
    let memory = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next())
        .and_then(|kilobytes| kilobytes.parse::<f64>().ok())
        .map_or("unknown memory".to_owned(), |kilobytes| {
            format!("{:.0} GiB", kilobytes / 1024.0 / 1024.0)
        });
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("unknown");
    format!(
        "{cores}, {memory}, {}; load average at the start {load}",
        kernel.trim()
    )
}

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().ok();
    let text = output
        .filter(|output| output.status.success())
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|| "unknown".to_owned())
}

/// Of several versions of a crate the newest, which is the one that is asked for here.
fn versions() -> String {
    let version = |peer: &str| {
        let name = format!("name = \"{peer}\"\nversion = \"");
        let newest = LOCK
            .split(&name)
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .max_by_key(|version| {
                let part = |part: &str| part.parse::<u32>().unwrap_or(0);
                version.split('.').map(part).collect::<Vec<_>>()
            });
        format!("{peer} {}", newest.unwrap_or("unknown"))
    };
    PEERS.map(version).join(", ")
}

/// Today, in UTC.
fn date() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = now.map_or(0, |since| since.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// Year, month and day of the day with this number, where 1970-01-01 has number 0.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= months[month] {
        days -= months[month];
        month += 1;
    }
    (year, month as u64 + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(59), (1970, 3, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(11_017), (2000, 3, 1));
        assert_eq!(civil(20_453), (2025, 12, 31));
        assert_eq!(civil(20_454), (2026, 1, 1));
    }

    #[test]
    fn every_peer_has_a_version() {
        assert!(!versions().contains("unknown"), "{}", versions());
        assert!(versions().contains("hashbrown 0.17"), "{}", versions());
    }
}
