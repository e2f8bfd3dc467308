//! Percentiles of many numbers in little room, right to one per cent.
//!
//! A [DDSketch](https://arxiv.org/pdf/1908.10693) counts in bins of growing width. Two of them add up to
//! the sketch of all their numbers, so minutes add up to hours and agents to a project. The library's
//! binary form is kept as it is; other implementations of DDSketch read it too.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sketches_ddsketch::DDSketch;

/// Percentiles of the numbers that were [added](Sketch::add).
#[derive(Clone, Default)]
pub struct Sketch(Form);

/// A stored sketch stays bytes until somebody asks it something: a page of an agent's hours reads a
/// hundred of them and asks few.
#[derive(Clone, Default)]
enum Form {
    #[default]
    Empty,
    Stored(Vec<u8>),
    Live(Box<DDSketch>),
}

impl Sketch {
    /// Counts a number. One that is not finite is left out.
    pub fn add(&mut self, number: f64) {
        if number.is_finite() {
            self.live().add(number);
        }
    }

    /// Adds all numbers of another.
    pub fn merge(&mut self, other: &Self) {
        match (&self.0, &other.0) {
            (_, Form::Empty) => {}
            (Form::Empty, _) => self.0 = other.0.clone(),
            (_, Form::Live(theirs)) => merge(self.live(), theirs),
            (_, Form::Stored(bytes)) => merge(self.live(), &decode(bytes)),
        }
    }

    /// How many numbers.
    pub fn count(&self) -> u64 {
        self.ask(|sketch| Some(sketch.count() as u64)).unwrap_or_default()
    }

    /// The mean of all numbers, exact but for rounding; `None` of none.
    pub fn mean(&self) -> Option<f64> {
        self.ask(|sketch| Some(sketch.sum()? / sketch.count() as f64))
    }

    /// The number below which a `share` (0 to 1) of all lie; `None` of none. The smallest and the largest
    /// number bound it, so that a sketch of one number answers that number.
    pub fn percentile(&self, share: f64) -> Option<f64> {
        self.ask(|sketch| {
            let found = sketch.quantile(share.clamp(0.0, 1.0)).ok()??;
            Some(found.max(sketch.min()?).min(sketch.max()?))
        })
    }

    fn ask<T>(&self, question: impl Fn(&DDSketch) -> Option<T>) -> Option<T> {
        match &self.0 {
            Form::Empty => None,
            Form::Live(sketch) => question(sketch),
            Form::Stored(bytes) => question(&decode(bytes)),
        }
    }

    fn live(&mut self) -> &mut DDSketch {
        match &self.0 {
            Form::Live(_) => {}
            Form::Empty => self.0 = Form::Live(Box::default()),
            Form::Stored(bytes) => self.0 = Form::Live(Box::new(decode(bytes))),
        }
        match &mut self.0 {
            Form::Live(sketch) => sketch,
            Form::Empty | Form::Stored(_) => unreachable!("it was made live above"),
        }
    }
}

/// Only what was written here is read here; bytes that are no sketch stand for no numbers.
fn decode(bytes: &[u8]) -> DDSketch {
    DDSketch::from_java_bytes(bytes).unwrap_or_default()
}

fn merge(ours: &mut DDSketch, theirs: &DDSketch) {
    ours.merge(theirs).expect("all sketches are made with the default accuracy");
}

impl Serialize for Sketch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Empty => serializer.serialize_bytes(&[]),
            Form::Stored(bytes) => serializer.serialize_bytes(bytes),
            Form::Live(sketch) => serializer.serialize_bytes(&sketch.to_java_bytes()),
        }
    }
}

impl<'de> Deserialize<'de> for Sketch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        Ok(Self(if bytes.is_empty() { Form::Empty } else { Form::Stored(bytes.to_vec()) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(numbers: &[f64], sketch: &Sketch) {
        let mut sorted = numbers.to_vec();
        sorted.sort_by(f64::total_cmp);
        for share in [0.0, 0.25, 0.5, 0.9, 0.95, 0.99, 1.0] {
            let exact = sorted[(share * (sorted.len() - 1) as f64) as usize];
            let found = sketch.percentile(share).expect("it has numbers");
            assert!((found - exact).abs() <= exact.abs() * 0.0101, "{share}: {found} is not about {exact}");
        }
    }

    fn sketch_of(numbers: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        numbers.iter().for_each(|number| sketch.add(*number));
        sketch
    }

    fn stored(sketch: &Sketch) -> Sketch {
        postcard::from_bytes(&postcard::to_stdvec(sketch).unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn percentiles_are_right_to_one_per_cent(
            first in prop::collection::vec(0.001..1e7_f64, 1..300),
            second in prop::collection::vec(0.001..1e7_f64, 1..300),
        ) {
            let all: Vec<_> = first.iter().chain(&second).copied().collect();
            check(&all, &sketch_of(&all));
            check(&all, &stored(&sketch_of(&all)));
            let mut merged = stored(&sketch_of(&first));
            merged.merge(&stored(&sketch_of(&second)));
            check(&all, &merged);
        }
    }

    #[test]
    fn the_edges_hold() {
        assert_eq!(Sketch::default().percentile(0.5), None);
        assert_eq!(stored(&Sketch::default()).percentile(0.5), None);
        assert_eq!(sketch_of(&[7.0]).percentile(0.99), Some(7.0));
        assert_eq!((Sketch::default().count(), stored(&sketch_of(&[7.0, 7.0])).count()), (0, 2));
        assert_eq!(sketch_of(&[0.0, 0.0]).percentile(0.5), Some(0.0));
        assert_eq!(sketch_of(&[f64::NAN, f64::INFINITY, 3.0]).percentile(1.0), Some(3.0));
        check(&[-5.0, -1.0, 2.0, 9.0], &sketch_of(&[-5.0, -1.0, 2.0, 9.0]));
    }
}
