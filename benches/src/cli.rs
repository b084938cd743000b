//! Arguments: every option is `--name a,b,c` or `--name value`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use lexopt::prelude::*;

use crate::peers;

/// The options given on the command line.
pub struct Options {
    given: BTreeMap<String, String>,
    usage: &'static str,
}

impl Options {
    /// Reads the command line. `usage` is shown for `--help` and after a mistake; it names every option that exists
    /// as `--name`.
    pub fn read(usage: &'static str) -> Self {
        Self::read_with_flags(usage, &[])
    }

    /// The same, with options that take no value.
    pub fn read_with_flags(usage: &'static str, flags: &[&str]) -> Self {
        let mut options = Self {
            given: BTreeMap::new(),
            usage,
        };
        let mut parser = lexopt::Parser::from_env();
        loop {
            match parser.next() {
                Ok(None) => return options,
                // `cargo bench` passes this to every target.
                Ok(Some(Long("bench"))) => {}
                Ok(Some(Long("help") | Short('h'))) => {
                    println!("{usage}");
                    std::process::exit(0);
                }
                Ok(Some(Long(name))) => {
                    let name = name.to_owned();
                    if !usage
                        .split_whitespace()
                        .any(|word| word.strip_prefix("--") == Some(&name))
                    {
                        options.fail(format!("no option is called --{name}"));
                    }
                    if flags.contains(&name.as_str()) {
                        options.given.insert(name, String::new());
                        continue;
                    }
                    match parser.value().map(|value| value.into_string()) {
                        Ok(Ok(value)) => options.given.insert(name, value),
                        _ => options.fail(format!("--{name} needs a value")),
                    };
                }
                Ok(Some(other)) => options.fail(other.unexpected()),
                Err(error) => options.fail(error),
            }
        }
    }

    /// Prints the mistake and the usage, and ends the process.
    pub fn fail(&self, mistake: impl Display) -> ! {
        eprintln!("{mistake}\n\n{}", self.usage);
        std::process::exit(2);
    }

    /// Whether an option without a value was given.
    pub fn flag(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// A single value, if given.
    pub fn get<T: FromStr>(&self, name: &str) -> Option<T> {
        let text = self.given.get(name)?;
        match parse(text) {
            Some(value) => Some(value),
            None => self.fail(format!("--{name}: cannot read {text:?}")),
        }
    }

    /// A list, if given.
    pub fn list<T: FromStr>(&self, name: &str) -> Option<Vec<T>> {
        let text = self.given.get(name)?;
        match text.split(',').map(parse).collect() {
            Some(values) => Some(values),
            None => self.fail(format!("--{name}: cannot read {text:?}")),
        }
    }

    /// The things asked for by their names, or all.
    pub fn chosen<T: Copy>(
        &self,
        name: &str,
        all: &[T],
        name_of: impl Fn(T) -> &'static str,
    ) -> Vec<T> {
        let Some(names) = self.list::<String>(name) else {
            return all.to_vec();
        };
        let known = |name: &String| all.iter().copied().find(|&it| name_of(it) == name);
        match names.iter().map(known).collect() {
            Some(chosen) => chosen,
            None => {
                let all: Vec<_> = all.iter().map(|&it| name_of(it)).collect();
                self.fail(format!("--{name}: choose from {}", all.join(",")))
            }
        }
    }

    /// The peers asked for in `--peers`, or `default`.
    pub fn peers(&self, default: &[&'static str]) -> Vec<&'static str> {
        match self.flag("peers") {
            true => self.chosen("peers", &peers::NAMES, |peer| peer),
            false => default.to_vec(),
        }
    }
}

/// Numbers may be grouped as in Rust: `11_000_000`.
fn parse<T: FromStr>(text: &str) -> Option<T> {
    text.trim()
        .parse()
        .or_else(|_| text.trim().replace('_', "").parse())
        .ok()
}
