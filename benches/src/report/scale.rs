//! Axes: where numbers lie on them, and which are written beside them.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

/// A linear or logarithmic axis with ticks of its own choice.
#[derive(Clone)]
pub(super) struct Scale {
    logarithmic: bool,
    range: Range<f64>,
    ticks: Vec<f64>,
}

impl Scale {
    /// A scale for these values, with a part of its length left free above them, and below, if it is logarithmic. A
    /// linear one begins at 0.
    pub(super) fn over(logarithmic: bool, values: impl Iterator<Item = f64>, free: f64) -> Self {
        let known = values.filter(|value| value.is_finite() && (!logarithmic || *value > 0.0));
        let ends = known.fold((f64::INFINITY, f64::NEG_INFINITY), |ends, value| {
            (ends.0.min(value), ends.1.max(value))
        });
        let (least, most) = match ends.0 < ends.1 {
            true => ends,
            false => (1.0, 2.0),
        };
        if logarithmic {
            let room = (most / least).powf(free);
            let range = least / room..most * room;
            return Self {
                logarithmic,
                ticks: decades(&range),
                range,
            };
        }
        let high = most * (1.0 + free);
        let step = round_step(high / 6.0);
        let ticks = (0..).map(|i| f64::from(i) * step);
        Self {
            logarithmic,
            range: 0.0..high,
            ticks: ticks.take_while(|&tick| tick <= high).collect(),
        }
    }

    /// A scale with a place for each group of bars.
    pub(super) fn groups(count: usize) -> Self {
        Self {
            logarithmic: false,
            range: -0.5..count as f64 - 0.5,
            ticks: (0..count).map(|group| group as f64).collect(),
        }
    }

    /// Its least value.
    pub(super) fn start(&self) -> f64 {
        self.range.start
    }

    /// Where a value lies between 0 and 1.
    fn part(&self, value: f64) -> f64 {
        let Range { start, end } = self.range;
        match self.logarithmic {
            true => (value.max(start) / start).ln() / (end / start).ln(),
            false => (value - start) / (end - start),
        }
    }
}

impl Ranged for Scale {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (self.part(*value) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.weight().allow_light_points() {
            true => Vec::new(),
            false => self.ticks.clone(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// Ticks of an axis over less than a factor of five.
const FINE: [f64; 15] = [
    1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2, 2.4, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0,
];

/// The powers of ten, and multiples of these where they are few.
fn decades(range: &Range<f64>) -> Vec<f64> {
    let between: &[f64] = match range.end / range.start {
        0.0..5.0 => &FINE,
        5.0..300.0 => &[1.0, 2.0, 5.0],
        _ => &[1.0],
    };
    let powers = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
    powers
        .flat_map(|power| between.iter().map(move |step| step * 10_f64.powi(power)))
        // The ends belong to the axis, whatever became of their last digits.
        .filter(|tick| (range.start * 0.9999..=range.end * 1.0001).contains(tick))
        .collect()
}

/// The least of 1, 2 and 5 times a power of ten that is no less.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    let step = steps.into_iter().find(|step| *step >= least);
    step.unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(round_step(0.3), 0.5);
        assert_eq!(round_step(17.0), 20.0);
        assert_eq!(round_step(5.1), 10.0);
    }

    #[test]
    fn ticks_lie_in_the_range() {
        assert_eq!(decades(&(800.0..11_000.0)), [1e3, 2e3, 5e3, 1e4]);
        assert_eq!(decades(&(3.0..1e5)), [1e1, 1e2, 1e3, 1e4, 1e5]);
        assert_eq!(decades(&(4e6..7.9e6)), [4e6, 5e6, 6e6, 7e6]);
    }

    #[test]
    fn values_lie_where_they_should() {
        let values = [f64::NAN, 10.0, 1000.0];
        let scale = Scale::over(true, values.into_iter(), 0.0);
        assert_eq!(scale.map(&100.0, (0, 200)), 100);
        assert_eq!(scale.map(&0.0, (0, 200)), 0);
        let scale = Scale::over(false, values.into_iter(), 0.0);
        assert_eq!(scale.map(&250.0, (100, 0)), 75);
        assert_eq!(scale.ticks, [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
    }
}
