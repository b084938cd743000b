//! Readings that are made in a process of their own, so that none inherits another's heap: a program asks a second
//! instance of itself, by its arguments, and reads the numbers that this one prints.

use std::process::Command;
use std::str::FromStr;

/// The first argument of an instance that is asked.
const MARK: &str = "child";

/// What this process is asked, if it was started by [`ask`].
pub fn question() -> Option<Vec<String>> {
    let mut args = std::env::args().skip(1);
    (args.next()? == MARK).then(|| args.collect())
}

/// Gives the answer to a [`question`].
pub fn answer(numbers: impl IntoIterator<Item = f64>) {
    for number in numbers {
        println!("{number}");
    }
}

/// Asks a new instance of this program. NaN stands for what it could not know.
///
/// # Errors
/// The instance could not be started, failed, or printed something else than numbers: what it had to say.
pub fn ask(question: &[&str]) -> Result<Vec<f64>, String> {
    let failed = |why: String| format!("{} failed: {why}", question.join(" "));
    let program = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let output = Command::new(program)
        .arg(MARK)
        .args(question)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(failed(format!("{}\n{said}", output.status)));
    }
    String::from_utf8_lossy(&output.stdout)
        .split_whitespace()
        .map(|word| f64::from_str(word).map_err(|error| failed(format!("{word:?}: {error}"))))
        .collect()
}
