//! What did not reach those it was meant for: one line for each way of telling, until one gets through.

use std::sync::{Arc, Mutex, PoisonError};

use crate::model::text::Text;
use crate::scan::redact::redact;

/// A way of telling that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Failing {
    way: &'static str,
    words: Text,
    times: u64,
}

/// What fails at present, shared by those who tell and whoever shows it.
#[derive(Debug, Clone, Default)]
pub struct Trouble(Arc<Mutex<Vec<Failing>>>);

impl Trouble {
    /// Telling this way has failed once more.
    pub fn failed(&self, way: &'static str, why: &str) {
        let words = Text::new(&redact(why));
        let mut failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match failing.iter_mut().find(|failing| failing.way == way) {
            Some(known) => (known.words, known.times) = (words, known.times + 1),
            None => failing.push(Failing { way, words, times: 1 }),
        }
    }

    /// Telling this way has worked.
    pub fn worked(&self, way: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|failing| failing.way != way);
    }

    /// What fails, in words.
    pub fn words(&self) -> Vec<Text> {
        let failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |failing: &Failing| {
            let Failing { way, words, times } = failing;
            let times = if *times > 1 { format!(" ({times} times in a row)") } else { String::new() };
            Text::from(format!("{way}: {words}{times}"))
        };
        failing.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_until_one_gets_through() {
        let trouble = Trouble::default();
        trouble.failed("webhook", "no answer");
        trouble.failed("webhook", "answered 500");
        trouble.failed("--on-alert", "exited with code 3");
        let words: Vec<String> = trouble.words().iter().map(ToString::to_string).collect();
        assert_eq!(words, ["webhook: answered 500 (2 times in a row)", "--on-alert: exited with code 3"]);
        trouble.clone().worked("webhook");
        assert_eq!(trouble.words().len(), 1);
    }
}
