//! Who works on what, and when: counts author -> path -> month of a git log, and measures the map that counts it.
//!
//! ```text
//! cargo run --release --example repo_activity [PATH | FILE | -]
//! ```
//!
//! PATH is a directory in a git repository (the current one if it is left out), FILE a saved log, `-` standard input;
//! saved logs may be gzipped. [`log`] describes their format. To save one:
//!
//! ```text
//! git -c core.quotepath=off log --numstat --date=format:%Y-%m --format='@%aN%x09%ad'
//! ```
//!
//! The exit status is 0 when every line was counted, 2 when some were malformed and skipped, 1 when there was
//! nothing to count.

mod compare;
mod counting;
mod keys;
mod log;
mod report;
mod source;
mod tally;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use log::Log;
use source::Source;
use tally::{Flat, Tally};

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

const USAGE: &str = "usage: repo_activity [PATH | FILE | -]";

fn main() -> ExitCode {
    match run(env::args_os().skip(1).collect()) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(warning)) => {
            eprintln!("repo_activity: {warning}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("repo_activity: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does the whole job; returns a warning if lines were skipped. Errors and warnings are one sentence.
fn run(mut arguments: Vec<OsString>) -> Result<Option<String>, String> {
    if arguments.len() > 1 {
        return Err(format!("expected at most one argument; {USAGE}"));
    }
    let argument = arguments.pop().unwrap_or_else(|| ".".into());
    if argument == "-h" || argument == "--help" {
        print(format!("{USAGE}\n").as_bytes())?;
        return Ok(None);
    }
    if argument != "-" && argument.as_encoded_bytes().starts_with(b"-") {
        return Err(format!("unknown option {argument:?}; {USAGE}"));
    }

    let source = Source::from_argument(argument)?;
    let log = source.read()?;
    let tally = Flat::of(log.changes());
    let result = compare::compare(&log, &tally);
    let mut text = Vec::new();
    report::activity(&mut text, &log, &tally)
        .and_then(|()| report::comparison(&mut text, &result))
        .map_err(|error| format!("cannot write the report: {error}"))?;
    print(&text)?;
    Ok(warning(&source, &log))
}

fn warning(source: &Source, log: &Log) -> Option<String> {
    let (line, why) = log.first_skipped?;
    Some(format!(
        "{} of the {} lines of {source} were skipped, the first is line {line}, {why}",
        log.skipped, log.lines
    ))
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no error.
fn print(text: &[u8]) -> Result<(), String> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write the report: {error}"))
        }
        _ => Ok(()),
    }
}
