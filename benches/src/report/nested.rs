//! Maps in maps and the map in place of them: time and bytes on four shapes, with the targets.

use super::markdown::{Table, number, spread};
use super::plots::{Axis, Marks, Plot, Unit};
use super::{Page, Scale};
use crate::nested::keys::{Names, Shape};
use crate::nested::readings::Reading;
use crate::nested::{Input, Task};

/// The map that the targets are for.
const OURS: &str = "nested";

/// Whose times are shown beside the base.
const PEERS: [&str; 2] = [OURS, "std"];

/// Whose memory is shown.
const HOLDERS: [&str; 3] = ["std", "hashbrown", OURS];

const SHAPES: [Shape; 4] = [
    Shape([100, 100, 10]),
    Shape([1000, 100, 1]),
    Shape([100_000, 1, 1]),
    Shape([10, 10, 10_000]),
];

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    page.add(
        "Two names and a number lead to each entry, `NestedMap<(Str, Str, i64), ()>` (`nested`) against maps in maps of \
         hashbrown, the base, and of std, with `String` keys and a hasher without state. A shape *AxBxC* has *A* first \
         names, *B* second names below each and *C* numbers below each of these; the second names are the same below \
         each first one (shared), or none comes twice (unique). Times are per entry. A target that is missed is bold; \
         the tasks are those of the program `nested`, explained in `benches/README.md`.",
    );
    let shapes = match page.scale {
        Scale::Smoke => vec![Shape([10, 5, 2]), Shape([20, 1, 1])],
        _ => SHAPES.to_vec(),
    };
    let names = match page.scale {
        Scale::Full => vec![Names::Shared, Names::Unique],
        _ => vec![Names::Shared],
    };
    let cells: Vec<(Shape, Names)> = names
        .into_iter()
        .flat_map(|names| shapes.iter().map(move |&shape| (shape, names)))
        .collect();
    memory(page, &cells)?;
    for (shape, names) in cells {
        times(page, shape, names);
    }
    Ok(())
}

fn times(page: &mut Page, shape: Shape, names: Names) {
    let input = Input::new(shape.keys(names));
    let label = format!("{} {}", shape.name(), names.name());
    let mut columns = vec![label.as_str(), "hashbrown, ns/op", "null"];
    columns.extend(PEERS);
    columns.push("target");
    let mut table = Table::new(columns);
    let tasks = page.each(Task::ALL.to_vec(), |task| {
        format!("{label}, {}", task.name())
    });
    for task in tasks {
        let mut plan = page.scale.plan(input.leaves());
        plan.limit /= 2;
        if task.has_fresh_maps() {
            plan.lap_ns = 0;
        }
        let measured = input.compare(task, plan, &PEERS);
        let target = task.target(shape.is_narrow());
        let cells = measured.iter().map(|it| {
            let text = spread(it.ratio);
            match it.name == OURS && it.ratio.median > target {
                true => format!("**{text}**"),
                false => text,
            }
        });
        let label = [task.name().to_owned(), number(measured[0].base_ns)];
        let target = [format!("{target:.2}")];
        table.row(label.into_iter().chain(cells).chain(target));
    }
    page.add(table.to_string());
}

fn memory(page: &mut Page, shapes: &[(Shape, Names)]) -> Result<(), String> {
    let mut columns = vec!["resident bytes per entry"];
    columns.extend(HOLDERS);
    let mut table = Table::new(columns);
    let mut groups = Vec::new();
    let cells = page.each(shapes.to_vec(), |(shape, names)| {
        format!("memory, {} {}", shape.name(), names.name())
    });
    for (shape, names) in cells {
        let mut bytes = Vec::new();
        for name in HOLDERS {
            let read = Reading::ask(&shape.name(), names.name(), name, false)?;
            bytes.push(read.rss / read.entries);
        }
        let label = format!("{} {}", shape.name(), names.name());
        let figures = bytes.iter().map(|&it| number(it));
        table.row([label].into_iter().chain(figures));
        if names == Names::Shared {
            groups.push((shape.name(), bytes));
        }
    }
    let plot = Plot {
        title: "Resident bytes per entry, second names shared".to_owned(),
        x: Axis {
            label: "first names x second names x numbers",
            unit: Unit::Count,
            logarithmic: false,
        },
        y: Axis {
            label: "bytes per entry",
            unit: Unit::Plain,
            logarithmic: false,
        },
        marks: Marks::Bars {
            names: HOLDERS.to_vec(),
            groups,
        },
    };
    page.plot("nested", "Resident bytes per entry of four shapes", &plot)?;
    page.add(table.to_string());
    Ok(())
}
