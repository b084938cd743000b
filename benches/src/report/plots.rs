//! Plots as SVG: lines over a linear or logarithmic axis, and bars in groups.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::markdown::{duration, number, short};
use super::scale::Scale;

type Line = (&'static str, Vec<(f64, f64)>);

const WIDTH: u32 = 920;
const HEIGHT: u32 = 500;
const LEGEND: u32 = 160;
/// The room for the labels of the y axis, and what is free to their left.
const LEFT: u32 = 70;
const MARGIN: u32 = 14;

/// The backend divides the size of a font by this.
const ENLARGED: f64 = 1.24;
const FONT: &str = "Helvetica, Arial, DejaVu Sans, sans-serif";
const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const GRID: RGBColor = RGBColor(0xE2, 0xE2, 0xE2);

/// The colour of a name: one of Okabe and Ito's, which people with any kind of colour vision can tell apart. A name has
/// the same colour in every plot.
fn colour(name: &str) -> RGBColor {
    match name {
        "tophash" | "NestedMap" => RGBColor(0x00, 0x72, 0xB2),
        "paced" => RGBColor(0x56, 0xB4, 0xE9),
        "hashbrown" | "nested hashbrown" => RGBColor(0xD5, 0x5E, 0x00),
        "std" | "nested std" => RGBColor(0xE6, 0x9F, 0x00),
        "griddle" => RGBColor(0x00, 0x9E, 0x73),
        "indexmap" => RGBColor(0xCC, 0x79, 0xA7),
        _ => RGBColor(0x77, 0x77, 0x77),
    }
}

/// What the numbers of an axis are.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    /// A count, as 10 k or 1.5 M.
    Count,
    /// A time in nanoseconds.
    Time,
    /// A number whose unit is in the axis' label.
    Plain,
}

impl Unit {
    fn text(self, value: f64) -> String {
        match self {
            Self::Count => short(value),
            // The tick says 1 ms and not 1.00 ms.
            Self::Time => duration(value.round())
                .replace(".00 ", " ")
                .replace(".0 ", " "),
            Self::Plain => short(value).replace(' ', ""),
        }
    }
}

/// An axis.
pub(super) struct Axis {
    pub(super) label: &'static str,
    pub(super) unit: Unit,
    pub(super) logarithmic: bool,
}

/// What is drawn.
pub(super) enum Marks {
    /// A line for each name.
    Lines(Vec<Line>),
    /// A group of bars for each label, with one bar for each name.
    Bars {
        names: Vec<&'static str>,
        groups: Vec<(String, Vec<f64>)>,
    },
}

/// A plot.
pub(super) struct Plot {
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) marks: Marks,
}

type Frame<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Field<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<Scale, Scale>>;
type Drawn<'a> = Result<(), Box<dyn Error + 'a>>;

impl Plot {
    /// Draws the plot into a file.
    pub(super) fn write(&self, path: &Path) -> Result<(), String> {
        self.draw(path)
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    fn draw<'a>(&self, path: &'a Path) -> Drawn<'a> {
        let root = SVGBackend::new(path, (WIDTH, HEIGHT)).into_drawing_area();
        root.fill(&WHITE)?;
        let (body, legend) = root.split_horizontally(WIDTH - LEGEND);
        draw_legend(&legend, &self.marks.names())?;
        let title = TextStyle::from((FontFamily::Name(FONT), 18.0 * ENLARGED, FontStyle::Bold));
        let place = ((MARGIN + LEFT) as i32, 14);
        body.draw(&Text::new(self.title.as_str(), place, title.color(&INK)))?;
        let (x, y) = self.scales();
        let mut chart = ChartBuilder::on(&body)
            .margin_top(48)
            .margin_right(14)
            .margin_bottom(10)
            .margin_left(MARGIN)
            .x_label_area_size(46)
            .y_label_area_size(LEFT)
            .build_cartesian_2d(x, y.clone())?;
        let mut mesh = chart.configure_mesh();
        if matches!(self.marks, Marks::Bars { .. }) {
            mesh.disable_x_mesh();
        }
        let centred = |size| font(size, HPos::Center, VPos::Center);
        mesh.bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(INK)
            .label_style(centred(13.0))
            .axis_desc_style(centred(14.0))
            .x_label_formatter(&|at| self.x_text(*at))
            .y_label_formatter(&|at| self.y.unit.text(*at))
            .x_desc(self.x.label)
            .y_desc(self.y.label)
            .draw()?;
        let field = chart.plotting_area();
        match &self.marks {
            Marks::Lines(lines) => draw_lines(field, lines)?,
            Marks::Bars { names, groups } => draw_bars(field, names, groups, y.start())?,
        }
        root.present()?;
        Ok(())
    }

    fn scales(&self) -> (Scale, Scale) {
        match &self.marks {
            Marks::Lines(lines) => {
                let points = || lines.iter().flat_map(|line| &line.1);
                (
                    Scale::over(self.x.logarithmic, points().map(|point| point.0), 0.0),
                    Scale::over(self.y.logarithmic, points().map(|point| point.1), 0.05),
                )
            }
            Marks::Bars { groups, .. } => {
                let values = groups.iter().flat_map(|group| &group.1).copied();
                (
                    Scale::groups(groups.len()),
                    Scale::over(self.y.logarithmic, values, 0.12),
                )
            }
        }
    }

    fn x_text(&self, at: f64) -> String {
        match &self.marks {
            Marks::Lines(_) => self.x.unit.text(at),
            Marks::Bars { groups, .. } => groups[at.round() as usize].0.clone(),
        }
    }
}

impl Marks {
    fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Lines(lines) => lines.iter().map(|line| line.0).collect(),
            Self::Bars { names, .. } => names.clone(),
        }
    }
}

fn font(size: f64, h: HPos, v: VPos) -> TextStyle<'static> {
    let style = TextStyle::from((FontFamily::Name(FONT), size * ENLARGED));
    style.color(&INK).pos(Pos::new(h, v))
}

fn draw_legend<'a>(area: &Frame<'a>, names: &[&'static str]) -> Drawn<'a> {
    for (number, name) in names.iter().enumerate() {
        let y = 62 + 24 * number as i32;
        let line = vec![(4, y), (30, y)];
        area.draw(&PathElement::new(line, colour(name).stroke_width(4)))?;
        let style = font(13.0, HPos::Left, VPos::Center);
        area.draw(&Text::new(*name, (38, y), style))?;
    }
    Ok(())
}

fn draw_lines<'a>(field: &Field<'a>, lines: &[Line]) -> Drawn<'a> {
    // The first is drawn last, over the others.
    for (number, (name, points)) in lines.iter().enumerate().rev() {
        let known = points.iter().copied().filter(|point| point.1.is_finite());
        let points: Vec<(f64, f64)> = known.collect();
        if points.len() < 30 {
            for &point in &points {
                field.draw(&Circle::new(point, 4, colour(name).filled()))?;
            }
        }
        let width = if number == 0 { 3 } else { 2 };
        field.draw(&PathElement::new(points, colour(name).stroke_width(width)))?;
    }
    Ok(())
}

fn draw_bars<'a>(
    field: &Field<'a>,
    names: &[&'static str],
    groups: &[(String, Vec<f64>)],
    bottom: f64,
) -> Drawn<'a> {
    let width = 0.84 / names.len() as f64;
    for (group, (_, values)) in groups.iter().enumerate() {
        for (bar, (name, &value)) in names.iter().zip(values).enumerate() {
            if !value.is_finite() {
                continue;
            }
            let left = group as f64 - 0.42 + bar as f64 * width;
            let corners = [(left, bottom), (left + 0.92 * width, value)];
            field.draw(&Rectangle::new(corners, colour(name).filled()))?;
            let top = (left + 0.46 * width, value);
            let style = font(12.0, HPos::Center, VPos::Bottom);
            let text = Text::new(number(value), (0, -4), style);
            field.draw(&(EmptyElement::at(top) + text))?;
        }
    }
    Ok(())
}
