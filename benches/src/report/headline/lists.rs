//! Lists of values in blocks of their own, inside of the table, or as the last part of a key.

use std::rc::Rc;

use super::row;
use crate::lists::{Task, WAYS, turn, values};
use crate::readings;
use crate::report::Page;
use crate::report::markdown::{Row, Table, Time, count, number, ratios};

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    let size = page.scale.pick(1_000_000, 100_000, 1_000);
    let tasks = [(Task::Build, "build"), (Task::Sum, "sum of each list")];
    let cells = page.each(tasks.to_vec(), |(_, name)| format!("lists, {name}"));
    let all: Rc<[(u32, u32)]> = values(size).into();
    let rows: Vec<Row> = cells
        .map(|(task, name)| {
            let plan = page.scale.plan(size);
            row(name.to_owned(), plan, &WAYS, |way| turn(way, task, &all))
        })
        .collect();
    let mut table = Table::new(["resident bytes", "per value"]);
    for way in WAYS {
        let bytes = readings::read("lists", way, size as u64)?[0];
        table.row([way.to_owned(), number(bytes / size as f64)]);
    }
    page.add(format!(
        "### Lists of values\n\n{} `u32` values in lists of three on average, which grow in random order. A `SmallVec` \
         has up to four values in the table; `NestedMap` has the value as the last part of the key, so that it comes once \
         in a list, and in no order.",
        count(size)
    ));
    page.add(ratios("task, per value", WAYS[0], Time::Cpu, &rows));
    page.add(table.to_string());
    Ok(())
}
