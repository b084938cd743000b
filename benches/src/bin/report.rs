//! The whole comparison: measures everything and writes a page with plots.

use std::path::PathBuf;
use std::process::exit;

use tophash_bench::report::{self, Scale, Settings};
use tophash_bench::{child, cli::Options};

const USAGE: &str = "\
report: runs the whole comparison and writes DIR/RESULTS.md and DIR/plots/*.svg

  --quick     about a minute and a half instead of about twelve: smaller maps, fewer rounds
  --smoke     some seconds: shows that everything runs, and nothing else
  --only      sections to run: speed,latency,memory,nested,sharded,tasks,headline,published;
              the page then has these alone
  --out       benches

The page is written anew after every section. A section that fails says so on the page, and the program then
ends with 1.";

fn main() {
    if let Some(question) = child::question() {
        return child::answer(report::answer(&question));
    }
    let options = Options::read_with_flags(USAGE, &["quick", "smoke"]);
    let scale = match (options.flag("smoke"), options.flag("quick")) {
        (true, _) => Scale::Smoke,
        (false, true) => Scale::Quick,
        (false, false) => Scale::Full,
    };
    let sections = match options.list::<String>("only") {
        None => report::SECTIONS.iter().collect(),
        Some(names) => {
            let known = |name: &String| report::SECTIONS.iter().find(|it| it.name == name);
            let sections: Option<Vec<_>> = names.iter().map(known).collect();
            sections.unwrap_or_else(|| options.fail("--only: no such section"))
        }
    };
    let settings = Settings {
        scale,
        sections,
        out: PathBuf::from(options.get("out").unwrap_or_else(|| "benches".to_owned())),
    };
    match report::run(&settings) {
        Ok(true) => {}
        Ok(false) => exit(1),
        Err(error) => {
            eprintln!("{}: {error}", settings.out.display());
            exit(1);
        }
    }
}
