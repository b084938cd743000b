//! The example `repo_activity`: its parser and its tallies by themselves, then the program as a user runs it.
#![cfg(all(feature = "default-hasher", feature = "std"))]

#[path = "../examples/repo_activity/keys.rs"]
mod keys;
#[path = "../examples/repo_activity/log.rs"]
mod log;
#[path = "../examples/repo_activity/tally.rs"]
mod tally;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::hash::RandomState;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use keys::DefaultHashBuilder;
use log::{Log, Malformed};
use tally::{Flat, Nested, Stats, Tally, Tree};

const SLICE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/numstat.txt");
/// What the slice holds, counted by other means (`grep -c ^@`, `grep -vc '^@\|^$'`, `sort -u`).
const SLICE_TOTALS: &str = "commits: 17; changes of files: 30, of binary ones: 1\n\
    authors: 4; (author, path) pairs: 20; (author, path, month) triples: 29\n";

// The parser.

fn parse(text: impl AsRef<[u8]>) -> Log {
    Log::read(text.as_ref()).expect("reading from memory")
}

/// The changes as `author path month added removed`.
fn changes(log: &Log) -> Vec<String> {
    let show = |c: log::Change| {
        format!(
            "{} {} {} {} {}",
            c.author, c.path, c.month, c.added, c.removed
        )
    };
    log.changes().map(show).collect()
}

#[test]
fn parses_commits_and_their_changes() {
    let log = parse("@a b\t2024-07\n\n1\t2\tx\n3\t4\ty z\n@c\td\t1999-12\n5\t6\tx");
    assert_eq!(
        changes(&log),
        [
            "a b x 2024-07 1 2",
            "a b y z 2024-07 3 4",
            "c\td x 1999-12 5 6"
        ]
    );
    assert_eq!((log.lines, log.commits), (6, 2));
    assert_eq!((log.binary, log.skipped, log.first_skipped), (0, 0, None));
}

#[test]
fn an_empty_log_holds_nothing() {
    let log = parse("");
    assert_eq!((log.lines, log.commits, log.changes().len()), (0, 0, 0));
}

#[test]
fn counts_binary_files_with_no_lines() {
    let log = parse("@a\t2024-07\n-\t-\tlogo.png\n-\t3\tx\n");
    assert_eq!(changes(&log), ["a logo.png 2024-07 0 0"]);
    assert_eq!((log.binary, log.skipped), (1, 1));
}

#[test]
fn keeps_renames_as_git_prints_them() {
    let log = parse("@a\t2024-07\n1\t0\tsrc/{old => new}.rs\n0\t0\tx => y\n");
    assert_eq!(
        changes(&log),
        ["a src/{old => new}.rs 2024-07 1 0", "a x => y 2024-07 0 0"]
    );
}

#[test]
fn unquotes_paths() {
    let log = parse(concat!(
        "@a\t2024-07\n",
        r#"1	0	"tab\there \"and\" \\""#,
        "\n",
        r#"1	0	"\303\251\001""#,
        "\n",
        // Not one quoted path: kept as it stands.
        r#"1	0	"a" => "b""#,
        "\n",
        r#"1	0	"a\q""#,
        "\n",
        r#"1	0	"a\40""#,
        "\n",
        "1\t0\t\"\n",
    ));
    let paths: Vec<_> = log.changes().map(|c| c.path).collect();
    assert_eq!(
        paths,
        [
            "tab\there \"and\" \\",
            "é\u{1}",
            r#""a" => "b""#,
            r#""a\q""#,
            r#""a\40""#,
            "\""
        ]
    );
}

#[test]
fn skips_malformed_lines_and_remembers_the_first() {
    for line in [
        "nonsense",
        "1\t2",
        "1\t2\t",
        "+1\t2\tx",
        "1\t-2\tx",
        "\t\tx",
        "1\t4294967296\tx",
        " @a\t2024-07",
    ] {
        let log = parse(format!("@a\t2024-07\n{line}\n1\t1\tx\nworse\n"));
        assert_eq!(changes(&log), ["a x 2024-07 1 1"], "{line}");
        assert_eq!(log.skipped, 2, "{line}");
        assert_eq!(log.first_skipped, Some((2, Malformed::Change)), "{line}");
    }
}

#[test]
fn a_malformed_commit_takes_its_changes_with_it() {
    for line in [
        "@",
        "@b",
        "@b\t",
        "@b\t2024",
        "@b\t2024-13",
        "@b\t2024-00",
        "@b\t-2024-07",
        "@b\t2024-07-01",
    ] {
        let text = format!("@a\t2024-07\n1\t1\tx\n{line}\n2\t2\tx\n@c\t2024-08\n3\t3\tx\n");
        let log = parse(text);
        assert_eq!(
            changes(&log),
            ["a x 2024-07 1 1", "c x 2024-08 3 3"],
            "{line}"
        );
        assert_eq!((log.commits, log.skipped), (2, 2), "{line}");
        assert_eq!(log.first_skipped, Some((3, Malformed::Commit)), "{line}");
    }
    let orphan = parse("1\t1\tx\n@a\t2024-07\n");
    assert_eq!(orphan.first_skipped, Some((1, Malformed::Orphan)));
}

#[test]
fn takes_other_line_ends_and_other_encodings() {
    let log = parse(b"@Andr\xe9\t2024-07\r\n\r\n1\t2\tx\r\n");
    assert_eq!(changes(&log), ["Andr\u{fffd} x 2024-07 1 2"]);
    assert_eq!(log.skipped, 0);
}

#[test]
fn refuses_an_endless_line() {
    let error = Log::read(std::io::BufReader::new(std::io::repeat(b'x').take(1 << 22)));
    let error = error.err().expect("no log has such a line").to_string();
    assert_eq!(error, "line 1 is too long for a git log");
}

// The tallies.

#[test]
fn all_structures_count_the_same() {
    // Few names and many changes: most of them fall on a triple that exists.
    let mut text = String::new();
    for step in 0..5_000u32 {
        let mixed = step.wrapping_mul(2_654_435_761) >> 8;
        text += &format!("@author{}\t2024-{:02}\n", mixed % 7, mixed / 7 % 12 + 1);
        text += &format!("{step}\t{}\tpath{}\n", mixed % 5, mixed / 84 % 11);
    }
    let log = parse(text);
    let flat = Flat::of(log.changes());
    let nested = Nested::<DefaultHashBuilder>::of(log.changes());
    let sip = Nested::<RandomState>::of(log.changes());
    let tree = Tree::of(log.changes());
    assert_eq!(flat.triples(), tree.triples());
    assert!(tree.bytes() >= tree.triples() * size_of::<Stats>());
    assert_eq!(flat.triples(), nested.triples());
    assert_eq!(flat.triples(), sip.triples());
    assert!(flat.triples() <= 7 * 12 * 11 && flat.triples() > 500);

    let mut sum = Stats::default();
    for (author, path, month, stats) in flat.iter() {
        assert_eq!(nested.get(author, path, month), Some(stats));
        assert_eq!(sip.get(author, path, month), Some(stats));
        assert_eq!(tree.get(author, path, month), Some(stats));
        sum.add(stats);
    }
    assert_eq!((sum.changes, sum.added), (5_000, 5_000 * 4_999 / 2));
    let strings: usize = flat.iter().map(|(a, p, ..)| a.len() + p.len()).sum();
    assert!(flat.bytes() >= strings + flat.triples() * size_of::<(keys::Key, Stats)>());
}

// The program.

/// The example's binary. `cargo test` builds it beside the tests; `cargo test --test` does not, so it is built here.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = env::current_exe().expect("the test knows its own path");
        let profile = test
            .ancestors()
            .nth(2)
            .expect("<target>/<profile>/deps/<test>");
        let name = format!("repo_activity{}", env::consts::EXE_SUFFIX);
        let program = profile.join("examples").join(name);
        if !program.exists() {
            let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
            cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
            cargo.args([
                "build",
                "--quiet",
                "--example",
                "repo_activity",
                "--target-dir",
            ]);
            cargo.arg(profile.parent().expect("<target>"));
            if profile.ends_with("release") {
                cargo.arg("--release");
            }
            assert!(cargo.status().expect("cargo runs").success());
        }
        program
    })
}

/// A fresh directory that git takes to be outside every repository.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("repo_activity")
        .join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("the test directory can be made");
    path
}

fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env(
        "GIT_CEILING_DIRECTORIES",
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("repo_activity"),
    );
    command
}

fn run(argument: impl AsRef<OsStr>) -> Output {
    command(program())
        .arg(argument)
        .output()
        .expect("the example runs")
}

fn run_on(input: &[u8]) -> Output {
    let mut command = command(program());
    command.arg("-").stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the example runs");
    // It reads all of its input before it writes, so the pipes cannot block each other.
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(input)
        .expect("it reads its input");
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program prints UTF-8")
}

/// Checks a failure: no report, status 1 and one sentence that names what is wrong.
#[track_caller]
fn assert_fails(output: &Output, sentence: &str) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains(sentence), "{stderr}");
}

#[track_caller]
fn assert_reports(output: &Output, totals: &str) {
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!((output.status.code(), stderr), (Some(0), ""));
    assert!(stdout.starts_with(totals), "{stdout}");
    assert!(stdout.contains("per entry"), "{stdout}");
}

#[test]
fn reads_a_saved_log_plain_and_gzipped() {
    let plain = run(SLICE);
    assert_reports(&plain, SLICE_TOTALS);
    // Ada Mori's sum over all paths, and her two commits to one file in one month.
    let rows: Vec<_> = text(&plain.stdout).lines().map(str::trim).collect();
    let has = |start: &str, end: &str| {
        rows.iter()
            .any(|r| r.starts_with(start) && r.ends_with(end))
    };
    assert!(has("Ada Mori ", " 13         493         129"), "{rows:#?}");
    assert!(has("2022-02 ", " 2          60           2"), "{rows:#?}");
    assert_reports(&run(format!("{SLICE}.gz")), SLICE_TOTALS);
}

#[test]
fn reads_standard_input_plain_and_gzipped() {
    let plain = fs::read(SLICE).expect("the slice is there");
    assert_reports(&run_on(&plain), SLICE_TOTALS);
    let zipped = fs::read(format!("{SLICE}.gz")).expect("the slice is there");
    assert_reports(&run_on(&zipped), SLICE_TOTALS);
    assert_fails(
        &run_on(&zipped[..zipped.len() / 2]),
        "cannot read the standard input",
    );
    assert_fails(&run_on(b""), "the standard input is empty");
}

#[test]
fn reports_skipped_lines_and_exits_with_2() {
    let output = run_on(b"@a\t2024-07\n1\t1\tx\n\nwhat?\n1\t1\ty\n@b\n1\t1\tz\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).starts_with("commits: 1; changes of files: 2,"));
    assert_eq!(
        text(&output.stderr),
        "repo_activity: 3 of the 7 lines of the standard input were skipped, the first is line 4, \
         not of the form `added<TAB>removed<TAB>path`\n"
    );
}

#[test]
fn refuses_a_log_without_changes() {
    assert_fails(
        &run_on(b"what?\nwhat?\n"),
        "2 of 2 lines are malformed, the first is line 1",
    );
    assert_fails(&run_on(b"@a\t2024-07\n"), "1 commits but no changed file");
    let empty = directory("empty_log").join("log.txt");
    fs::write(&empty, "").expect("the file can be written");
    assert_fails(&run(empty), "log.txt` is empty");
}

#[test]
fn refuses_what_is_not_there() {
    assert_fails(
        &run(directory("missing").join("nowhere")),
        "nowhere` does not exist",
    );
    assert_fails(&run("--fast"), "unknown option \"--fast\"");
    let two = command(program())
        .args(["a", "b"])
        .output()
        .expect("it runs");
    assert_fails(&two, "at most one argument");
}

#[test]
fn refuses_a_directory_without_git() {
    let plain = directory("no_git");
    assert_fails(&run(&plain), "no_git` is not in a git repository");
    let standing_in_it = command(program())
        .current_dir(&plain)
        .output()
        .expect("it runs");
    assert_fails(&standing_in_it, "`.` is not in a git repository");
}

#[test]
fn says_that_git_is_not_installed() {
    let output = command(program())
        .arg(directory("git_missing"))
        .env("PATH", "")
        .output()
        .expect("it runs");
    assert_fails(&output, "git is not installed");
}

fn git(place: &Path, arguments: &[&str]) {
    let mut git = command("git");
    git.current_dir(place).args(arguments);
    git.env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE");
    git.env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", place.join("no-such-file"));
    for who in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{who}_NAME"), "Zoë Ruiz")
            .env(format!("GIT_{who}_EMAIL"), "z@example.org");
        git.env(format!("GIT_{who}_DATE"), "2023-02-14T12:00:00Z");
    }
    let output = git.output().expect("these tests need git");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn reads_a_repository() {
    let place = directory("repository");
    git(&place, &["init", "--quiet"]);
    assert_fails(&run(&place), "has no commits yet");

    let odd = if cfg!(unix) {
        "naïve \"tab\t\".txt"
    } else {
        "naïve.txt"
    };
    let lines = "line\n".repeat(20);
    fs::create_dir(place.join("src")).expect("it can be made");
    for name in ["old.rs", odd] {
        fs::write(place.join("src").join(name), &lines).expect("it can be written");
    }
    fs::write(place.join("logo.bin"), b"\0\x01\0").expect("it can be written");
    git(&place, &["add", "."]);
    git(&place, &["commit", "--quiet", "-m", "one"]);
    git(&place, &["mv", "src/old.rs", "src/new.rs"]);
    git(&place, &["commit", "--quiet", "-m", "two"]);

    let totals = "commits: 2; changes of files: 4, of binary ones: 1\n\
        authors: 1; (author, path) pairs: 4; (author, path, month) triples: 4\n";
    let from_below = run(place.join("src"));
    assert_reports(&from_below, totals);
    let stdout = text(&from_below.stdout);
    for expected in ["Zoë Ruiz ", "2023-02 ", "src/old.rs "] {
        assert!(stdout.contains(expected), "{expected}: {stdout}");
    }
    assert!(
        stdout.contains(&format!("src/{} ", odd.replace('\t', "\u{fffd}"))),
        "{stdout}"
    );

    let standing_in_it = command(program())
        .current_dir(&place)
        .output()
        .expect("it runs");
    assert_reports(&standing_in_it, totals);
}
