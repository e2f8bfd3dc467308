//! Where values lie on an axis: pure arithmetic.

/// The smallest of 1, 2 or 5 times a power of ten that divides `length` into at most `most` steps.
pub(crate) fn nice_step(length: f64, most: u32) -> f64 {
    let least = length / f64::from(most.max(1));
    if least.is_nan() || least <= 0.0 || least.is_infinite() {
        return 1.0;
    }
    let power = 10_f64.powf(least.log10().floor());
    // A little room, so that what is one step does not become the next for the last bit.
    let fits = |factor: &f64| factor * power >= least * (1.0 - 1e-9);
    [1.0, 2.0, 5.0, 10.0].into_iter().find(fits).unwrap_or(10.0) * power
}

/// An axis from 0 upwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ValueAxis {
    step: f64,
    steps: u32,
}

impl ValueAxis {
    /// The axis that shows all values up to `most`, with at most four steps.
    pub(crate) fn to(most: f64) -> Self {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let step = nice_step(most, 4);
        Self { step, steps: (most / step - 1e-9).ceil().max(1.0) as u32 }
    }

    /// The values that are marked, the smallest first.
    pub(crate) fn marks(self) -> impl Iterator<Item = f64> {
        (0..=self.steps).map(move |index| f64::from(index) * self.step)
    }

    /// Where a value lies: 0 at the bottom, 1 at the top.
    pub(crate) fn part(self, value: f64) -> f64 {
        (value / (f64::from(self.steps) * self.step)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::figures::number;

    #[test]
    fn steps_are_one_two_or_five() {
        for (length, most, expect) in
            [(4.0, 4, 1.0), (5.0, 4, 2.0), (100.0, 4, 50.0), (0.03, 4, 0.01), (1e9, 5, 2e8), (0.0, 4, 1.0)]
        {
            let step = nice_step(length, most);
            assert!((step - expect).abs() < expect * 1e-6, "{length} {most}: {step}");
        }
    }

    #[test]
    fn the_axis_holds_what_it_is_for() {
        let check = |most: f64, expect: &[&str]| {
            let axis = ValueAxis::to(most);
            assert_eq!(axis.marks().map(number).collect::<Vec<_>>(), expect, "{most}");
            assert!(axis.part(most) <= 1.0 && axis.part(most) > 0.4 || most <= 0.0, "{most}");
        };
        check(150.0, &["0", "50", "100", "150"]);
        check(100.0, &["0", "50", "100"]);
        check(0.0125, &["0", "0.005", "0.01", "0.015"]);
        check(0.0, &["0", "0.5", "1"]);
        assert_eq!(ValueAxis::to(f64::NAN), ValueAxis::to(1.0));
    }
}
