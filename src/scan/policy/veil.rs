//! What the rules of a configuration find in text that is read once more to be shown: redaction knows the built-in
//! rules only. Pure.
//!
//! Allowlists do not hold here: what need not be told need not be shown either.

use std::ops::Range;
use std::path::Path;

use super::desk::Policy;
use super::sieve::{Begin, Sieve};
use crate::scan::assign::Taste;
use crate::scan::matcher::{Flavour, Hit, gather_in};
use crate::scan::rule::RuleSet;
use crate::scan::window::Window;

/// A configuration's rules look at all text; what the built-in ones would find besides is redaction's.
const FLAVOUR: Flavour = Flavour { taste: Taste::Code, generic: false, entropy: false };

/// The secrets of one stream that only a configuration's rules know.
#[derive(Debug)]
pub(crate) struct Veil<'a> {
    rules: &'static RuleSet,
    sieve: Sieve<'a>,
    hits: Vec<Hit>,
    /// Where they stand in the stream, in order and apart from one another.
    places: Vec<Range<u64>>,
}

impl<'a> Veil<'a> {
    /// `None` where no configuration brings rules of its own.
    pub(crate) fn new(policy: &'a Policy, path: &Path) -> Option<Self> {
        let config = policy.config.as_ref().filter(|config| config.book.own_rules > 0)?;
        let sieve = Sieve::new(&config.book, policy.config_path(path), None, true);
        Some(Self { rules: config.book.set, sieve, hits: Vec::new(), places: Vec::new() })
    }

    /// Looks at the window's own part; gives the place up to which it is dealt with.
    pub(crate) fn look(&mut self, window: &Window<'_>) -> usize {
        let owned = window.owned.clone();
        let dealt = gather_in(self.rules, window.text, owned.clone(), FLAVOUR, &mut self.hits, None);
        // Nobody asks for the line of what is only hidden.
        let begin = Begin { at: owned.start, line: 1, column: 1 };
        self.sieve.sift(window.text, &(owned.start..dealt), begin, &mut self.hits);
        for secret in self.sieve.secrets() {
            let place = window.offset + secret.start as u64..window.offset + secret.end as u64;
            match self.places.last_mut().filter(|last| place.start <= last.end) {
                Some(last) => last.end = last.end.max(place.end),
                None => self.places.push(place),
            }
        }
        dealt
    }

    /// Keeps those that still matter.
    pub(crate) fn retain(&mut self, matters: impl Fn(&Range<u64>) -> bool) {
        self.places.retain(matters);
    }

    /// A piece of the stream that begins at `start`, with `mask` in the place of each secret.
    pub(crate) fn over(&self, piece: &[u8], start: u64, mask: &dyn Fn(&Range<u64>) -> String) -> Vec<u8> {
        let end = start + piece.len() as u64;
        let mut safe = Vec::with_capacity(piece.len());
        let mut shown = start;
        let first = self.places.partition_point(|place| place.end <= start);
        for place in self.places[first..].iter().take_while(|place| place.start < end) {
            let from = place.start.max(start);
            safe.extend_from_slice(&piece[(shown - start) as usize..(from - start) as usize]);
            safe.extend_from_slice(mask(place).as_bytes());
            shown = place.end.min(end);
        }
        safe.extend_from_slice(&piece[(shown - start) as usize..]);
        safe
    }
}
