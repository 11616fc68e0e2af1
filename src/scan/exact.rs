#![expect(clippy::disallowed_methods, reason = "reads a tree that is named in the environment")]
//! Holds the matcher against the plainest one there is: every pattern, run over the whole text.
//!
//! Texts are made of what the patterns themselves allow, drawn at random and broken at random, so that a rule that
//! promises in its table what its pattern doesn't keep is found out.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::anew;
use super::assign::Taste;
use super::matcher::{Flavour, accepted, gather};
use super::pattern::Found;
use super::rule::{RuleSet, builtin};
use super::runs::Run;
use super::token;

/// Named rules and nothing else.
const NAMED: Flavour = Flavour { taste: Taste::Text, generic: false, entropy: false };

/// A rule, and where its secret stands.
type Place = (String, usize, usize, usize);

/// A drawer of numbers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

/// Appends something that the pattern may match.
fn draw(pattern: &Hir, dice: &mut Dice, text: &mut Vec<u8>) {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
        HirKind::Class(Class::Bytes(class)) => {
            let size =
                |range: &regex_syntax::hir::ClassBytesRange| usize::from(range.end() - range.start()) + 1;
            let mut at = dice.roll(class.ranges().iter().map(size).sum());
            for range in class.ranges() {
                if at < size(range) {
                    return text.push(range.start() + at as u8);
                }
                at -= size(range);
            }
        }
        HirKind::Class(Class::Unicode(class)) => {
            let range = &class.ranges()[dice.roll(class.ranges().len())];
            text.push(range.start() as u8 + dice.roll(range.len().min(90)) as u8);
        }
        HirKind::Repetition(many) => {
            let most = many.max.unwrap_or(many.min + 30).min(many.min + 60);
            let count = match dice.roll(4) {
                0 => many.min,
                1 => most,
                _ => many.min + dice.roll((most - many.min) as usize + 1) as u32,
            };
            (0..count).for_each(|_| draw(&many.sub, dice, text));
        }
        HirKind::Capture(group) => draw(&group.sub, dice, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| draw(part, dice, text)),
        HirKind::Alternation(ways) => draw(&ways[dice.roll(ways.len())], dice, text),
    }
}

/// The patterns of the rules, as trees and as the regexes of another crate.
struct Plain {
    rules: &'static RuleSet,
    patterns: Vec<(usize, Hir, regex::bytes::Regex)>,
}

impl Plain {
    fn new(rules: &'static RuleSet) -> Self {
        let compiled = |(index, rule): (usize, &super::rule::Rule)| {
            let tree =
                regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(rule.pattern);
            let regex =
                regex::bytes::RegexBuilder::new(rule.pattern).unicode(false).size_limit(1 << 24).build();
            (index, tree.unwrap(), regex.unwrap())
        };
        let patterns = rules
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| !rule.pattern.is_empty())
            .map(compiled)
            .collect();
        Self { rules, patterns }
    }

    /// All that the patterns find, or that one of them finds, with what their rules say of it.
    fn places(&self, text: &[u8], only: Option<usize>) -> BTreeSet<Place> {
        let mut places = BTreeSet::new();
        let wanted = |(number, _): &(usize, _)| only.is_none_or(|only| only == *number);
        for (_, (index, _, regex)) in self.patterns.iter().enumerate().filter(wanted) {
            let mut from = 0;
            while let Some(found) = regex.captures_at(text, from) {
                let whole = found.get(0).unwrap().range();
                let group = |name| found.name(name).map(|group| group.range());
                let secret = group("secret").unwrap_or(whole.clone());
                let place = group("place").unwrap_or(secret.clone());
                let found = Found { whole, secret, place };
                let hit = accepted(self.rules, *index, text, &found);
                from = found.behind(hit.is_some());
                if let Some(hit) = hit {
                    places.insert((self.id(*index), hit.span.start, hit.span.end, hit.cover));
                }
                if from > text.len() {
                    break;
                }
            }
        }
        for at in begins_anew(text) {
            self.begun_places(text, at, only, &mut places);
        }
        places
    }

    /// What the patterns find right where text begins anew, of keywords that stand there.
    fn begun_places(&self, text: &[u8], at: usize, only: Option<usize>, places: &mut BTreeSet<Place>) {
        let sought = self.rules.anchors.sought();
        let mut rules = BTreeSet::new();
        for words in [sought.everywhere, sought.near_digits] {
            words.each_first(&text[at..], |rule| _ = rules.insert(usize::from(rule)));
        }
        for (number, (index, _, regex)) in self.patterns.iter().enumerate() {
            if !rules.contains(index)
                || only.is_some_and(|only| only != number)
                || self.rules.rules[*index].lines
            {
                continue;
            }
            let Some(found) = regex.captures(&text[at..]).filter(|found| found.get(0).unwrap().start() == 0)
            else {
                continue;
            };
            let whole = found.get(0).unwrap().range();
            let group = |name| found.name(name).map(|group| group.range());
            let secret = group("secret").unwrap_or(whole.clone());
            let place = group("place").unwrap_or(secret.clone());
            let found = Found { whole, secret, place }.moved(at);
            if let Some(hit) = accepted(self.rules, *index, text, &found) {
                places.insert((self.id(*index), hit.span.start, hit.span.end, hit.cover));
            }
        }
    }

    fn id(&self, index: usize) -> String {
        self.rules.rules[index].id.to_string()
    }

    /// What the matcher finds.
    fn found(&self, text: &[u8]) -> BTreeSet<Place> {
        let mut hits = Vec::new();
        gather(self.rules, text, NAMED, &mut hits);
        hits.iter().map(|hit| (self.id(hit.rule), hit.span.start, hit.span.end, hit.cover)).collect()
    }

    fn check(&self, text: &[u8], only: Option<usize>) -> Result<(), String> {
        let (expected, mut found) = (self.places(text, only), self.found(text));
        if let Some(only) = only {
            let id = self.id(self.patterns[only].0);
            found.retain(|(rule, ..)| *rule == id);
        }
        let shown = |(id, start, _, end): &Place| {
            let around = &text[start.saturating_sub(30)..text.len().min(end + 20)];
            format!("{id} at {start}..{end}: {:?}", String::from_utf8_lossy(&around[..around.len().min(300)]))
        };
        if let Some(missed) = expected.difference(&found).next() {
            return Err(format!("missed {}", shown(missed)));
        }
        found.difference(&expected).next().map_or(Ok(()), |more| Err(format!("too much: {}", shown(more))))
    }
}

/// Where words begin behind escapes and colours.
fn begins_anew(text: &[u8]) -> Vec<usize> {
    let escapes = (0..text.len()).filter(|&at| matches!(text[at], b'\\' | b'%'));
    let within = |range: std::ops::Range<usize>| {
        let has_equals = text[range.clone()].contains(&b'=');
        anew::within_run(text, &Run { range, has_digit: false, has_equals })
    };
    escapes
        .filter_map(|at| anew::behind_escape(text, at))
        .chain(token::runs(text).filter_map(within))
        .collect()
}

/// Text with what the rules look for, whole, broken and side by side.
fn text(plain: &Plain, only: Option<usize>, dice: &mut Dice) -> Vec<u8> {
    const BETWEEN: [&str; 27] = [
        "",
        "",
        " ",
        "\n",
        "\"",
        "'",
        "=",
        ":",
        "_",
        "-",
        "a",
        "Z",
        "0",
        ".",
        "/",
        ",",
        " = ",
        "\": \"",
        "\\n",
        "%0A",
        "\u{1b}[32m",
        "=3D",
        "é",
        "some more words of text, ",
        "0123456789abcdef0123",
        "token=",
        "\r\n\t",
    ];
    let mut text = Vec::new();
    for _ in 0..=dice.roll(8) {
        for _ in 0..dice.roll(4) {
            text.extend_from_slice(BETWEEN[dice.roll(BETWEEN.len())].as_bytes());
        }
        let (_, pattern, _) = &plain.patterns[only.unwrap_or_else(|| dice.roll(plain.patterns.len()))];
        let start = text.len();
        draw(pattern, dice, &mut text);
        match dice.roll(8) {
            0 => text.truncate(start + dice.roll(text.len() - start)),
            1 if text.len() > start => {
                let at = start + dice.roll(text.len() - start);
                text[at] = b" aA0-_.\n"[dice.roll(8)];
            }
            _ => {}
        }
    }
    text
}

static PLAIN: LazyLock<Plain> = LazyLock::new(|| Plain::new(builtin()));

#[test]
fn every_rule_keeps_what_its_table_promises() {
    let plain = &*PLAIN;
    let mut broken = Vec::new();
    for number in 0..plain.patterns.len() {
        let mut dice = Dice(number as u64);
        let texts = (0..150).map(|_| text(plain, Some(number), &mut dice));
        let wrong = texts.map(|text| plain.check(&text, Some(number))).find_map(Result::err);
        broken.extend(wrong.map(|wrong| (plain.id(plain.patterns[number].0), wrong)));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

proptest! {
    #[test]
    fn nothing_is_found_but_what_the_patterns_find(seed in any::<u64>()) {
        let text = text(&PLAIN, None, &mut Dice(seed));
        prop_assert_eq!(PLAIN.check(&text, None), Ok(()));
    }
}

/// The same on real files: `EXACT_TREE=FOLDER cargo test --release --lib exact -- --ignored --nocapture`.
#[test]
#[ignore = "reads a large tree for minutes"]
fn nothing_is_missed_in_a_tree() {
    let Ok(root) = std::env::var("EXACT_TREE") else { return };
    let plain = &*PLAIN;
    let (mut files, mut bytes, mut places, mut wrong) = (0, 0, 0, Vec::new());
    for entry in ignore::WalkBuilder::new(root).standard_filters(false).build().flatten() {
        if entry.file_type().is_some_and(|kind| kind.is_file())
            && let Ok(text) = std::fs::read(entry.path())
        {
            files += 1;
            bytes += text.len();
            places += plain.found(&text).len();
            wrong.extend(
                plain.check(&text, None).err().map(|wrong| format!("{}: {wrong}", entry.path().display())),
            );
        }
    }
    assert!(wrong.is_empty(), "of {files} files with {bytes} bytes and {places} findings: {wrong:#?}");
    assert!(files > 0);
}
