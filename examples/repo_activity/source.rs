//! Where a log comes from: a repository, a file or standard input.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use flate2::read::MultiGzDecoder;

use crate::log::Log;

/// What the program was asked to read.
pub(crate) enum Source {
    Stdin,
    File(PathBuf),
    Repository(PathBuf),
}

impl Source {
    /// `-` is standard input, a directory is (part of) a repository, anything else that exists is a saved log.
    pub(crate) fn from_argument(argument: OsString) -> Result<Self, String> {
        if argument == "-" {
            return Ok(Self::Stdin);
        }
        let path = PathBuf::from(argument);
        match path.metadata() {
            Ok(meta) if meta.is_dir() => Ok(Self::Repository(path)),
            Ok(_) => Ok(Self::File(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(format!("`{}` does not exist", path.display()))
            }
            Err(error) => Err(format!("cannot read `{}`: {error}", path.display())),
        }
    }

    /// Reads the whole log. The error is one sentence for the user.
    pub(crate) fn read(&self) -> Result<Log, String> {
        let log = match self {
            Self::Stdin => read_plain_or_gz(io::stdin().lock()),
            Self::File(path) => File::open(path).and_then(read_plain_or_gz),
            Self::Repository(path) => return read_repository(path).and_then(|log| self.check(log)),
        };
        log.map_err(|error| format!("cannot read {self}: {error}"))
            .and_then(|log| self.check(log))
    }

    /// Refuses a log that leaves nothing to count.
    fn check(&self, log: Log) -> Result<Log, String> {
        if log.changes().len() > 0 {
            return Ok(log);
        }
        Err(match log.first_skipped {
            Some((line, why)) => format!(
                "{self} holds no change to count: {} of {} lines are malformed, the first is line {line}, {why}",
                log.skipped, log.lines
            ),
            None if log.lines == 0 => format!("{self} is empty: there is no commit to count"),
            None => format!("{self} holds {} commits but no changed file", log.commits),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("the standard input"),
            Self::File(path) => write!(f, "the log `{}`", path.display()),
            Self::Repository(path) => write!(f, "the repository at `{}`", path.display()),
        }
    }
}

/// Tells a compressed log by its first bytes, whatever its name.
fn read_plain_or_gz(mut input: impl Read) -> io::Result<Log> {
    let mut magic = Vec::new();
    input.by_ref().take(2).read_to_end(&mut magic)?;
    let compressed = magic == [0x1f, 0x8b];
    let whole = Cursor::new(magic).chain(input);
    if compressed {
        Log::read(BufReader::new(MultiGzDecoder::new(BufReader::new(whole))))
    } else {
        Log::read(BufReader::new(whole))
    }
}

/// Runs `git log` and reads what it prints while it runs.
fn read_repository(path: &Path) -> Result<Log, String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(path);
    git.args(["-c", "core.quotepath=off", "-c", "log.showSignature=false"]);
    git.args(["log", "--numstat", "-M", "--no-color", "--no-ext-diff"]);
    git.args(["--date=format:%Y-%m", "--format=@%aN%x09%ad"]);
    // A hook's environment would name another repository; the messages below are matched in English.
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    git.env("LC_ALL", "C");
    git.stdin(Stdio::null());
    git.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = git.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "git is not installed, or not on the PATH".to_owned(),
        _ => format!("cannot run git: {error}"),
    })?;

    let mut stderr = child.stderr.take().expect("stderr is piped");
    let complaint = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stderr.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let stdout = child.stdout.take().expect("stdout is piped");
    let log = Log::read(BufReader::with_capacity(1 << 16, stdout));
    let status = child.wait();
    let complaint = complaint.join().unwrap_or_default();

    let place = path.display();
    let log = log.map_err(|error| format!("cannot read the log of `{place}`: {error}"))?;
    match status {
        Ok(status) if status.success() => Ok(log),
        Ok(_) => Err(explain(path, &complaint)),
        Err(error) => Err(format!("cannot wait for git: {error}")),
    }
}

/// One sentence for what git wrote to its standard error.
fn explain(path: &Path, complaint: &str) -> String {
    let path = path.display();
    if complaint.contains("not a git repository") {
        return format!("`{path}` is not in a git repository");
    }
    if complaint.contains("does not have any commits") {
        return format!("the repository at `{path}` has no commits yet");
    }
    let lines = || complaint.lines().filter(|line| !line.trim().is_empty());
    let fatal = lines().find_map(|line| line.strip_prefix("fatal: "));
    let reason = fatal.or(lines().next()).unwrap_or("it gave no reason");
    format!("git cannot read the log of `{path}`: {reason}")
}
