//! The compiled patterns of rules: made when a keyword first asks for one, and either kept or a few at a time.
//!
//! A scan keeps them all, in the form that is fastest. A keeper that redacts a log must stay small whatever a job
//! writes, so it keeps the last few, as the smallest automata there are, and compiles the others anew.
//!
//! A pattern always sees the whole text: what stands before and behind the part that is searched counts for `\b`,
//! `^` and `$`.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use regex_automata::nfa::thompson::{self, pikevm::PikeVM};
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, meta};

use super::foreign::BadRule;
use super::rule::Rule;

/// How many starts are tried one by one; from more on the pattern looks for its start itself.
const FEW_STARTS: usize = 4;
/// The largest pattern of our own tables, in bytes of its automaton, and the largest from elsewhere.
const OWN_SIZE: usize = 1 << 20;
const FOREIGN_SIZE: usize = 1 << 25;

/// What a pattern found, as places in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The whole match.
    pub(crate) whole: Range<usize>,
    /// The secret.
    pub(crate) secret: Range<usize>,
    /// What is reported and marked in its stead.
    pub(crate) place: Range<usize>,
}

impl Found {
    /// The same in a text that has so much more before it.
    pub(crate) fn moved(&self, by: usize) -> Self {
        let moved = |range: &Range<usize>| range.start + by..range.end + by;
        Self { whole: moved(&self.whole), secret: moved(&self.secret), place: moved(&self.place) }
    }

    /// Where the search for the next match of the same pattern goes on.
    pub(crate) fn behind(&self, is_secret: bool) -> usize {
        let next = self.whole.start + 1;
        if is_secret { self.secret.end.max(next) } else { next }
    }
}

/// The patterns of all rules of a set.
#[derive(Debug)]
pub(crate) enum Patterns {
    /// Each that was ever asked for.
    All(Box<[OnceLock<Option<Pattern>>]>),
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

    /// Asks the pattern of this rule, which has this number.
    pub(crate) fn ask<T>(
        &self,
        number: usize,
        rule: &Rule,
        ask: impl FnOnce(&Pattern) -> Option<T>,
    ) -> Option<T> {
        match self {
            Self::All(all) => ask(all[number].get_or_init(|| Pattern::fast(rule, OWN_SIZE).ok()).as_ref()?),
            Self::Few(few) => ask(few.lock().unwrap_or_else(PoisonError::into_inner).get(number, rule)?),
        }
    }

    /// Compiles a pattern from elsewhere; says why when that can't be done.
    pub(crate) fn check(&self, number: usize, rule: &Rule) -> Result<(), BadRule> {
        let pattern = Pattern::fast(rule, FOREIGN_SIZE)
            .map_err(|reason| BadRule { id: rule.id.to_string(), reason })?;
        if let Self::All(all) = self {
            // It can't have been asked for yet.
            let _ = all[number].set(Some(pattern));
        }
        Ok(())
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    engine: Engine,
    /// The groups that are secret and marked.
    secret: usize,
    place: usize,
    /// How far behind its start the end of a match is looked for at first.
    reach: usize,
}

#[derive(Debug)]
enum Engine {
    Fast(Fast),
    Small(PikeVM),
}

/// A pattern that most scans ask a few times whether it matches in one place: what answers that is made in a fifth of
/// the time and memory of what is fast, which is made for those that are asked more, or ahead of where they are.
#[derive(Debug)]
struct Fast {
    here: meta::Regex,
    ahead: OnceLock<Option<meta::Regex>>,
    /// How often it was asked so far, about.
    asked: AtomicU32,
    source: &'static str,
    size: usize,
}

/// How often a pattern is asked before what is fast is made for it.
const SELDOM: u32 = 40;

impl Fast {
    fn new(source: &'static str, size: usize) -> Result<Self, String> {
        // What is left needs next to no memory for its searches.
        let config = meta::Config::new().hybrid(false).dfa(false).onepass(false).backtrack(false);
        let config = config.auto_prefilter(false);
        let here = compiled(source, size, config)?;
        Ok(Self { here, ahead: OnceLock::new(), asked: AtomicU32::new(0), source, size })
    }

    fn regex(&self, input: &Input<'_>) -> &meta::Regex {
        let is_seldom = || self.asked.fetch_add(1, Ordering::Relaxed) < SELDOM;
        if self.ahead.get().is_none() && input.get_anchored().is_anchored() && is_seldom() {
            return &self.here;
        }
        let ahead = || {
            let config = meta::Config::new().hybrid_cache_capacity(1 << 17).onepass_size_limit(Some(1 << 16));
            compiled(self.source, self.size, config).ok()
        };
        self.ahead.get_or_init(ahead).as_ref().unwrap_or(&self.here)
    }
}

fn compiled(pattern: &str, size: usize, config: meta::Config) -> Result<meta::Regex, String> {
    meta::Builder::new()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .configure(config.utf8_empty(false).nfa_size_limit(Some(size)))
        .build(pattern)
        .map_err(|error| reason(&error))
}

impl Engine {
    fn find(&self, input: &Input<'_>) -> Option<Range<usize>> {
        match self {
            Self::Fast(fast) => fast.regex(input).search(input).map(|found| found.range()),
            Self::Small(vm) => {
                let mut slots = [None; 2];
                vm.search_slots(&mut vm.create_cache(), input, &mut slots)?;
                Some(slots[0]?.get()..slots[1]?.get())
            }
        }
    }

    fn captures(&self, input: &Input<'_>) -> Captures {
        match self {
            Self::Fast(fast) => {
                let regex = fast.regex(input);
                let mut captures = regex.create_captures();
                regex.search_captures(input, &mut captures);
                captures
            }
            Self::Small(vm) => {
                let mut captures = vm.create_captures();
                vm.search(&mut vm.create_cache(), input, &mut captures);
                captures
            }
        }
    }
}

impl Pattern {
    /// The pattern as a scan uses it.
    pub(crate) fn fast(rule: &Rule, size: usize) -> Result<Self, String> {
        let regex = Fast::new(rule.pattern, size)?;
        let groups = regex.here.group_info().clone();
        let named = |name| groups.to_index(regex_automata::PatternID::ZERO, name);
        Self::new(
            rule,
            named("secret"),
            named("place"),
            groups.group_len(regex_automata::PatternID::ZERO),
            Engine::Fast(regex),
        )
    }

    /// The pattern in little memory.
    pub(crate) fn small(rule: &Rule) -> Option<Self> {
        let vm = PikeVM::builder()
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(thompson::Config::new().utf8(false).nfa_size_limit(Some(OWN_SIZE)).shrink(false))
            .build(rule.pattern)
            .ok()?;
        let groups = vm.get_nfa().group_info().clone();
        let named = |name| groups.to_index(regex_automata::PatternID::ZERO, name);
        let count = groups.group_len(regex_automata::PatternID::ZERO);
        Self::new(rule, named("secret"), named("place"), count, Engine::Small(vm)).ok()
    }

    fn new(
        rule: &Rule,
        secret: Option<usize>,
        place: Option<usize>,
        groups: usize,
        engine: Engine,
    ) -> Result<Self, String> {
        let secret = secret.unwrap_or(rule.group);
        if secret >= groups {
            return Err(format!("it has no group {secret}"));
        }
        Ok(Self { engine, secret, place: place.unwrap_or(secret), reach: rule.reach })
    }

    /// The leftmost match that starts at `first` or behind it, but not behind `last`.
    pub(crate) fn starting(&self, text: &[u8], first: usize, last: usize) -> Option<Found> {
        if last - first <= FEW_STARTS {
            return (first..=last).find_map(|start| self.at(text, start));
        }
        let end = text.len().min(last + self.reach);
        let found = self.engine.find(&Input::new(text).range(first..end))?;
        if found.start > last { None } else { self.at(text, found.start) }
    }

    /// The leftmost match that starts at `from` or anywhere behind it.
    pub(crate) fn behind(&self, text: &[u8], from: usize) -> Option<Found> {
        let input = Input::new(text).range(from..);
        self.found(&self.engine.captures(&input))
    }

    /// The match that starts here.
    fn at(&self, text: &[u8], start: usize) -> Option<Found> {
        let end = text.len().min(start + self.reach);
        let mut input = Input::new(text).anchored(Anchored::Yes).range(start..end);
        let found = self.engine.find(&input)?;
        if found.end == end {
            // It may be longer than it was allowed to be at first: a key of many lines.
            input.set_end(text.len());
        }
        self.found(&self.engine.captures(&input))
    }

    fn found(&self, captures: &Captures) -> Option<Found> {
        let whole = captures.get_match()?.range();
        let group = |index| captures.get_group(index).map_or(whole.clone(), |group| group.range());
        Some(Found { secret: group(self.secret), place: group(self.place), whole })
    }

    fn memory(&self) -> usize {
        match &self.engine {
            Engine::Fast(fast) => fast.here.memory_usage(),
            Engine::Small(vm) => vm.get_nfa().memory_usage(),
        }
    }
}

/// Why a pattern can't be compiled, in one line.
fn reason(error: &meta::BuildError) -> String {
    let whole = error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string);
    whole.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// The last few patterns that were asked for, the newest at the end.
#[derive(Debug, Default)]
pub(crate) struct Few {
    kept: Vec<(usize, Pattern)>,
}

impl Few {
    /// How much memory the kept patterns may take; the largest one alone takes a third of that.
    const MOST: usize = 256 * 1024;

    fn get(&mut self, number: usize, rule: &Rule) -> Option<&Pattern> {
        if let Some(at) = self.kept.iter().position(|(kept, _)| *kept == number) {
            self.kept[at..].rotate_left(1);
        } else {
            self.keep(number, Pattern::small(rule)?);
        }
        self.kept.last().map(|(_, pattern)| pattern)
    }

    fn keep(&mut self, number: usize, pattern: Pattern) {
        let mut total = pattern.memory();
        let older = self.kept.iter().rev().take_while(|(_, kept)| {
            total += kept.memory();
            total <= Self::MOST
        });
        let gone = self.kept.len() - older.count();
        self.kept.drain(..gone);
        self.kept.push((number, pattern));
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
                few.get(number, rule).unwrap().starting(b"nothing", 0, 0);
                assert_eq!(few.kept.last().unwrap().0, number);
                let sizes = few.kept.iter().map(|(_, kept)| kept.memory());
                largest = sizes.clone().max().unwrap().max(largest);
                assert!(sizes.sum::<usize>() <= Few::MOST);
            }
        }
        assert!(few.kept.len() > 1);
        assert!(largest < Few::MOST / 2, "{largest}");
    }
}
