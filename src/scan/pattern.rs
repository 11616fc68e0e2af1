//! The compiled patterns of rules: made when a keyword first asks for one, and either kept or a few at a time.
//!
//! A scan keeps them all, in the form that is fastest. A keeper that redacts a log must stay small whatever a job
//! writes, so it keeps the last few, as the smallest automata there are, and compiles the others anew.

use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};

use regex::bytes::{Regex, RegexBuilder};
use regex_automata::nfa::thompson::{self, pikevm::PikeVM};
use regex_automata::util::syntax;

use super::rule::Rule;

/// What a pattern found, as places in the text it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where the match ends.
    pub(crate) end: usize,
    /// The secret.
    pub(crate) secret: Range<usize>,
    /// What is reported and marked in its stead.
    pub(crate) place: Range<usize>,
}

/// The patterns of all rules of a set.
#[derive(Debug)]
pub(crate) enum Patterns {
    /// Each that was ever asked for.
    All(Box<[OnceLock<Option<Regex>>]>),
    /// The last few.
    Few(Mutex<Few>),
}

impl Patterns {
    /// Room for the patterns of so many rules.
    pub(crate) fn all(rules: usize) -> Self {
        Self::All((0..rules).map(|_| OnceLock::new()).collect())
    }

    /// Room for a few patterns at a time.
    pub(crate) fn few() -> Self {
        Self::Few(Mutex::default())
    }

    /// What the pattern of this rule, which has this number, finds.
    pub(crate) fn find(&self, number: usize, rule: &Rule, text: &[u8]) -> Option<Found> {
        match self {
            Self::All(all) => {
                let found = all[number].get_or_init(|| compiled(rule)).as_ref()?.captures(text)?;
                let group = |name| found.name(name).map(|group| group.range());
                let whole = found.get(0)?.range();
                Some(Found::new(&whole, group("secret"), group("place")))
            }
            Self::Few(few) => few.lock().unwrap_or_else(PoisonError::into_inner).find(number, rule, text),
        }
    }
}

impl Found {
    fn new(whole: &Range<usize>, secret: Option<Range<usize>>, place: Option<Range<usize>>) -> Self {
        let secret = secret.unwrap_or_else(|| whole.clone());
        Self { end: whole.end, place: place.unwrap_or_else(|| secret.clone()), secret }
    }
}

/// The pattern matches from up to `before` bytes behind the start of the text; anchored there, it gives up at once
/// where the keyword lied.
fn anchored(rule: &Rule) -> String {
    format!(r"\A(?s:.{{0,{}}}?)(?:{})", rule.before.max(1), rule.pattern)
}

/// The pattern as a scan uses it; `None` would be a bug in the tables, and a test compiles them all.
pub(crate) fn compiled(rule: &Rule) -> Option<Regex> {
    RegexBuilder::new(&anchored(rule)).unicode(false).size_limit(1 << 20).dfa_size_limit(1 << 15).build().ok()
}

/// The last few patterns that were asked for, the newest at the end.
#[derive(Debug, Default)]
pub(crate) struct Few {
    kept: Vec<(usize, PikeVM)>,
}

impl Few {
    /// How much memory the kept patterns may take; the largest one alone takes a third of that.
    const MOST: usize = 256 * 1024;

    fn find(&mut self, number: usize, rule: &Rule, text: &[u8]) -> Option<Found> {
        if let Some(at) = self.kept.iter().position(|(kept, _)| *kept == number) {
            self.kept[at..].rotate_left(1);
        } else {
            self.keep(number, Self::compiled(rule)?);
        }
        let (_, pattern) = self.kept.last()?;
        let mut found = pattern.create_captures();
        pattern.captures(&mut pattern.create_cache(), text, &mut found);
        let group = |name| found.get_group_by_name(name).map(|group| group.range());
        let whole = found.get_match()?.range();
        Some(Found::new(&whole, group("secret"), group("place")))
    }

    fn keep(&mut self, number: usize, pattern: PikeVM) {
        let memory = |pattern: &PikeVM| pattern.get_nfa().memory_usage();
        let mut total = memory(&pattern);
        let older = self.kept.iter().rev().take_while(|(_, kept)| {
            total += memory(kept);
            total <= Self::MOST
        });
        let gone = self.kept.len() - older.count();
        self.kept.drain(..gone);
        self.kept.push((number, pattern));
    }

    /// The pattern in little memory.
    pub(crate) fn compiled(rule: &Rule) -> Option<PikeVM> {
        PikeVM::builder()
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(thompson::Config::new().utf8(false).nfa_size_limit(Some(1 << 20)).shrink(false))
            .build(&anchored(rule))
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::rule::builtin;

    #[test]
    fn only_a_few_patterns_are_kept() {
        let mut few = Few::default();
        let mut largest = 0;
        for _ in 0..2 {
            for (number, rule) in
                builtin().rules.iter().enumerate().filter(|(_, rule)| !rule.pattern.is_empty())
            {
                few.find(number, rule, b"nothing");
                assert_eq!(few.kept.last().unwrap().0, number);
                let sizes = few.kept.iter().map(|(_, kept)| kept.get_nfa().memory_usage());
                largest = sizes.clone().max().unwrap().max(largest);
                assert!(sizes.sum::<usize>() <= Few::MOST);
            }
        }
        assert!(few.kept.len() > 1);
        assert!(largest < Few::MOST / 2, "{largest}");
    }
}
