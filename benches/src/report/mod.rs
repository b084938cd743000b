//! The whole comparison, section by section, written to a page with plots.

mod head;
mod headline;
mod latency;
mod markdown;
mod memory;
mod nested;
mod plots;
mod published;
mod scale;
mod sharded;
mod speed;

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::pairs::Plan;
use crate::readings;
use crate::sys::{FreedMemory, set_freed_memory};

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// Some twelve minutes.
    Full,
    /// Some one and a half.
    Quick,
    /// Some seconds; the figures mean nothing.
    Smoke,
}

impl Scale {
    /// The value for this scale.
    fn pick<T>(self, full: T, quick: T, smoke: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
            Self::Smoke => smoke,
        }
    }

    /// Rounds and laps for maps of so many entries.
    fn plan(self, size: usize) -> Plan {
        let rounds = match size {
            0..300_000 => self.pick(15, 7, 2),
            300_000..3_000_000 => self.pick(9, 3, 2),
            _ => self.pick(5, 3, 2),
        };
        Plan {
            rounds,
            limit: Duration::from_millis(self.pick(2_000, 500, 100)),
            lap_ns: self.pick(4_000_000, 1_000_000, 10_000),
        }
    }
}

/// What to run, and where to write.
pub struct Settings {
    /// How much is measured.
    pub scale: Scale,
    /// In the order of the page.
    pub sections: Vec<&'static Section>,
    /// The directory of the page.
    pub out: PathBuf,
}

/// A part of the comparison that stands for itself.
pub struct Section {
    /// As it is named on the command line.
    pub name: &'static str,
    title: &'static str,
    /// About how many seconds it takes on two slow cores: a full run, a quick one.
    seconds: [u64; 2],
    run: fn(&mut Page) -> Result<(), String>,
}

/// All sections, in the order of the page: a run that is cut off has what matters most.
pub const SECTIONS: [Section; 8] = [
    Section {
        name: "speed",
        title: "Time over size",
        seconds: [185, 15],
        run: speed::curves,
    },
    Section {
        name: "latency",
        title: "Latency of single insertions while a map grows",
        seconds: [40, 13],
        run: latency::run,
    },
    Section {
        name: "memory",
        title: "Memory",
        seconds: [25, 11],
        run: memory::run,
    },
    Section {
        name: "nested",
        title: "NestedMap against maps in maps",
        seconds: [60, 20],
        run: nested::run,
    },
    Section {
        name: "sharded",
        title: "ShardedMap against concurrent maps",
        seconds: [170, 8],
        run: sharded::run,
    },
    Section {
        name: "tasks",
        title: "More tasks",
        seconds: [60, 5],
        run: speed::tasks,
    },
    Section {
        name: "headline",
        title: "One choice against another",
        seconds: [40, 5],
        run: headline::run,
    },
    Section {
        name: "published",
        title: "Published workloads",
        seconds: [120, 12],
        run: published::run,
    },
];

/// What a section is given and what it writes.
struct Page {
    scale: Scale,
    plots: PathBuf,
    text: String,
    bar: ProgressBar,
}

impl Page {
    /// Adds paragraphs, tables and whatever else stands between empty lines.
    fn add(&mut self, text: impl AsRef<str>) {
        for block in text.as_ref().trim_end().split("\n\n") {
            self.text.push_str(&markdown::wrapped(block));
            self.text.push_str("\n\n");
        }
    }

    /// Adds a plot and the line that is read in its place where there are no pictures.
    fn plot(&mut self, name: &str, alt: &str, plot: &plots::Plot) -> Result<(), String> {
        let file = format!("{name}.svg");
        plot.write(&self.plots.join(&file))?;
        self.add(format!("![{alt}](plots/{file})"));
        Ok(())
    }

    /// Goes through the cells of a section, with a bar that says which it is at.
    fn each<T>(&self, cells: Vec<T>, label: impl Fn(&T) -> String) -> impl Iterator<Item = T> {
        let bar = self.bar.clone();
        bar.inc_length(cells.len() as u64);
        let labels: Vec<String> = cells.iter().map(label).collect();
        let mut first = true;
        cells.into_iter().zip(labels).map(move |(cell, label)| {
            // Drawn between the measurements, never by a thread beside them.
            bar.inc(u64::from(!first));
            bar.set_message(label);
            bar.tick();
            first = false;
            cell
        })
    }
}

/// The numbers that the report asks of new instances of its program.
///
/// # Panics
/// Nothing is known of the question.
pub fn answer(question: &[String]) -> Vec<f64> {
    readings::answer(question)
        .or_else(|| crate::nested::readings::answer(question))
        .expect("a question of the report")
}

/// Runs the sections and writes the page, anew after each of them. Whether none of them failed.
///
/// # Errors
/// The page could not be written.
pub fn run(settings: &Settings) -> io::Result<bool> {
    let plots = settings.out.join("plots");
    fs::create_dir_all(&plots)?;
    let bars = MultiProgress::new();
    let style = |template| ProgressStyle::with_template(template).expect("a template");
    let all = bars.add(ProgressBar::new(settings.sections.len() as u64));
    all.set_style(style("[{elapsed_precise}] {bar:32} {pos}/{len} {msg}"));
    let mut text = head::text(settings.scale);
    let mut well = true;
    let begin = Instant::now();
    for section in &settings.sections {
        let estimate = Duration::from_secs(settings.scale.pick(
            section.seconds[0],
            section.seconds[1],
            1,
        ));
        all.set_message(format!("{}, about {}", section.title, seconds(estimate)));
        all.tick();
        let bar = bars.add(ProgressBar::new(0));
        bar.set_style(style("           {bar:32} {pos}/{len} {msg}"));
        let start = Instant::now();
        let (body, error) = write_section(section, settings.scale, &plots, bar.clone());
        bars.remove(&bar);
        all.inc(1);
        well &= error.is_none();
        let said = error.map_or(String::new(), |error| format!(", failed: {error}"));
        let name = section.name;
        let taken = seconds(start.elapsed());
        bars.suspend(|| eprintln!("{name}: {taken} (estimate {}){said}", seconds(estimate)));
        text.push_str(&body);
        text.push_str(&format!("\n*Took {}.*\n", seconds(start.elapsed())));
        write_page(&settings.out, &text, settings, begin)?;
    }
    all.finish_and_clear();
    eprintln!("{}", settings.out.join("RESULTS.md").display());
    Ok(well)
}

/// The text of a section, and why it failed if it did.
fn write_section(
    section: &Section,
    scale: Scale,
    plots: &Path,
    bar: ProgressBar,
) -> (String, Option<String>) {
    let mut page = Page {
        scale,
        plots: plots.to_owned(),
        text: String::new(),
        bar,
    };
    set_freed_memory(FreedMemory::Fresh);
    let run = catch_unwind(AssertUnwindSafe(|| (section.run)(&mut page)));
    let error = match run {
        Ok(result) => result.err(),
        Err(panic) => Some(
            panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("a panic")
                .to_owned(),
        ),
    };
    if let Some(error) = &error {
        page.add(format!("**This section ended early:** {error}"));
    }
    let body = format!("\n## {}\n\n{}\n", section.title, page.text.trim_end());
    (body, error)
}

fn write_page(out: &Path, text: &str, settings: &Settings, begin: Instant) -> io::Result<()> {
    let foot = format!(
        "\nThe run took {} up to here; sections asked for: {}.\n",
        seconds(begin.elapsed()),
        settings
            .sections
            .iter()
            .map(|section| section.name)
            .collect::<Vec<_>>()
            .join(", ")
    );
    // Renamed into place, so that a run that is cut off leaves a whole page behind.
    let scratch = out.join("RESULTS.md.new");
    fs::write(&scratch, format!("{text}{foot}"))?;
    fs::rename(scratch, out.join("RESULTS.md"))
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        short @ 10..120 => format!("{short} s"),
        long => format!("{} min {} s", long / 60, long % 60),
    }
}
