//! How often something comes: a bounded summary of the gaps between its events.
//!
//! Gaps are counted in buckets, two to an octave, and all counts are halved from time to time: what was long ago counts
//! less, and what is rare is forgotten in the end. The longest gap is known exactly.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::metric::seconds;
use super::text::Text;

/// The shortest gap that is told from shorter ones, in seconds.
const SHORTEST: f64 = 1.0 / 16.0;
/// The last bucket begins at eight days.
const LAST_BUCKET: u8 = 47;
/// Gaps that are counted before all counts are halved.
const MOST: u32 = 1_024;

/// The gaps between events of one kind.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Rhythm {
    /// The buckets that hold something, shortest gaps first, with their counts.
    counts: Vec<(u8, u32)>,
    /// The longest gap of those that are counted.
    #[serde(with = "seconds")]
    longest: Duration,
}

impl Rhythm {
    /// Counts one more gap.
    pub fn add(&mut self, gap: Duration) {
        let bucket = bucket(gap);
        match self.counts.binary_search_by_key(&bucket, |&(known, _)| known) {
            Ok(at) => self.counts[at].1 += 1,
            Err(at) => self.counts.insert(at, (bucket, 1)),
        }
        self.longest = self.longest.max(gap);
        if self.known() >= MOST {
            self.counts.iter_mut().for_each(|(_, count)| *count /= 2);
            self.counts.retain(|&(_, count)| count > 0);
            let end = self.counts.last().map_or(Duration::ZERO, |&(last, _)| edge(last + 1));
            self.longest = self.longest.min(end);
        }
    }

    /// How many gaps it is made from; older ones count less.
    pub fn known(&self) -> u32 {
        self.counts.iter().map(|&(_, count)| count).sum()
    }

    /// The longest gap.
    pub const fn longest(&self) -> Duration {
        self.longest
    }

    /// The median gap, as far as buckets tell; `None` before the first.
    pub fn usual(&self) -> Option<Duration> {
        let half = self.known().div_ceil(2);
        let mut below = 0;
        let median = self.counts.iter().find(|&&(_, count)| {
            below += count;
            below >= half
        });
        median.map(|&(bucket, _)| edge(bucket).mul_f64(2.0_f64.powf(0.25)).min(self.longest))
    }
}

/// One kind of event by itself: what came, when it came last, and how often it comes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pulse {
    /// What came.
    pub source: Text,
    /// When it came last.
    pub last: Moment,
    /// How often it comes.
    pub rhythm: Rhythm,
}

fn bucket(gap: Duration) -> u8 {
    let octaves = (gap.as_secs_f64().max(SHORTEST) / SHORTEST).log2();
    // A gap that lies on the edge must not fall below it by a rounding.
    ((octaves * 2.0 + 1e-9) as u8).min(LAST_BUCKET)
}

/// Where a bucket begins.
fn edge(bucket: u8) -> Duration {
    Duration::from_secs_f64(SHORTEST * 2.0_f64.powf(f64::from(bucket) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(gaps: impl IntoIterator<Item = f64>) -> Rhythm {
        let mut rhythm = Rhythm::default();
        gaps.into_iter().for_each(|gap| rhythm.add(Duration::from_secs_f64(gap)));
        rhythm
    }

    #[test]
    fn the_usual_gap_is_the_median_within_a_bucket() {
        assert_eq!(Rhythm::default().usual(), None);
        for (gaps, usual) in [
            (vec![1.0; 9], 1.0),
            (vec![0.5, 1.0, 1.0, 1.0, 300.0], 1.0),
            (vec![300.0; 3], 300.0),
            (vec![0.0, 0.01, 2.0], 0.07),
            ((1..=99).map(f64::from).collect(), 50.0),
        ] {
            let told = of(gaps.clone()).usual().map_or(0.0, |usual| usual.as_secs_f64());
            assert!((told / usual).log2().abs() <= 0.5, "{gaps:?}: {told}");
        }
    }

    #[test]
    fn it_is_bounded_and_forgets_what_is_rare() {
        let mut rhythm = of((0..10_000_u32).map(|n| f64::from(n % 977) * 0.7));
        assert!(rhythm.known() < MOST && rhythm.counts.len() <= usize::from(LAST_BUCKET) + 1);
        rhythm.add(Duration::from_hours(5));
        assert_eq!(rhythm.longest(), Duration::from_hours(5));
        (0..2 * MOST).for_each(|_| rhythm.add(Duration::from_secs(1)));
        assert!(rhythm.longest() < Duration::from_hours(1), "{:?}", rhythm.longest());
        assert!(of([1e9, 0.0]).known() == 2, "any gap has a bucket");
    }

    #[test]
    fn it_comes_back_from_text_as_it_was() {
        let rhythm = of([0.1, 1.0, 1.0, 77.0]);
        let text = serde_json::to_string(&rhythm).expect("it serialises");
        assert_eq!(serde_json::from_str::<Rhythm>(&text).expect("it parses"), rhythm);
    }
}
