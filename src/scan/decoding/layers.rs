//! From stretches to findings: decoded text goes through the rules, and what they find gets its place in the first text.

use std::ops::Range;
use std::path::Path;

use super::kubernetes;
use super::{DEEPEST, Stretch, Unread, escapes, letters};
use crate::scan::assign::Taste;
use crate::scan::finding::Decoding;
use crate::scan::matcher::{Flavour, Hit, Traces, find};
use crate::scan::rule::RuleSet;
use crate::scan::runs::Run;
use crate::scan::token;
use crate::scan::window::Window;

/// The most bytes that are decoded of one window, all layers together.
const BUDGET: usize = 4 << 20;
/// Decoded text longer than this is a program or a page more often than a setting.
const SETTINGS: usize = 4096;

/// What a file's name says about its encoded parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Entities mean something here.
    is_markup: bool,
    /// It may be a manifest of Kubernetes.
    is_manifest: bool,
    /// Nobody knows its name: it is taken for whatever shows most.
    is_unknown: bool,
}

impl Names {
    /// Of a text whose name is not known yet: nothing that any name allows is left out.
    pub(crate) fn unknown() -> Self {
        Self { is_markup: true, is_manifest: true, is_unknown: true }
    }

    /// By the name of a file; entities are looked for in all but source code.
    pub(crate) fn of(path: &Path, taste: Taste) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let is_one_of = |names: &[&str]| names.iter().any(|name| extension.eq_ignore_ascii_case(name));
        Self {
            is_markup: taste != Taste::Code
                || is_one_of(&["html", "htm", "xml", "vue", "svelte", "ipynb", "json", "php"]),
            is_manifest: is_one_of(&["yaml", "yml", "json", "tpl"]),
            is_unknown: false,
        }
    }

    /// Whether it may be a manifest of Kubernetes.
    pub(crate) fn may_be_manifest(self) -> bool {
        self.is_manifest
    }

    /// What a known name says, in two bits.
    pub(crate) fn bits(self) -> u8 {
        u8::from(self.is_markup) | u8::from(self.is_manifest) << 1
    }

    /// The same from these.
    pub(crate) fn of_bits(bits: u8) -> Self {
        Self { is_markup: bits & 1 != 0, is_manifest: bits & 2 != 0, is_unknown: false }
    }
}

/// A secret in text that had to be decoded.
#[derive(Debug)]
pub(crate) struct Revealed {
    /// The part of the first text that stands for it.
    pub(crate) place: Range<usize>,
    /// The whole encoded stretch.
    pub(crate) run: Range<usize>,
    /// How it was encoded, the outermost first.
    pub(crate) decoded: Vec<Decoding>,
    /// The secret, and where it stands in it: from the start.
    pub(crate) text: Vec<u8>,
    /// The hit, with places in `text`.
    pub(crate) hit: Hit,
    /// It is decoded by all who read the file: what the encoded text looks like counts for nothing.
    is_certain: bool,
}

/// What one window is decoded with.
struct Reveal<'a> {
    rules: &'a RuleSet,
    flavour: Flavour,
    names: Names,
    budget: usize,
    beyond: u64,
    revealed: Vec<Revealed>,
}

/// Finds what is encoded in a window up to `dealt`, where its `traces` are, replaces the hits that it explains better, and gives it with the
/// bytes that were beyond the budget. For each there is a hit among `hits` that begins at its place.
pub(crate) fn reveal(
    rules: &RuleSet,
    window: &Window<'_>,
    dealt: usize,
    flavour: Flavour,
    names: Names,
    traces: &Traces,
    hits: &mut Vec<Hit>,
) -> (Vec<Revealed>, u64) {
    let (text, is_cut) = (window.text, window.offset > 0);
    let flavour = Flavour { entropy: false, ..flavour };
    let mut reveal = Reveal { rules, flavour, names, budget: BUDGET, beyond: 0, revealed: Vec::new() };
    reveal.stretches(text, traces, is_cut, hits);
    if names.is_manifest && flavour.generic {
        reveal.manifest(text);
    }
    let Reveal { mut revealed, beyond, .. } = reveal;
    let own = window.owned.start..dealt;
    revealed.retain(|one| own.contains(&one.place.start));
    if !revealed.is_empty() {
        settle(&mut revealed, hits);
    }
    (revealed, beyond)
}

impl Reveal<'_> {
    /// The first layer: what has a name already is left alone.
    fn stretches(&mut self, text: &[u8], traces: &Traces, is_cut: bool, hits: &[Hit]) {
        let escapes = traces.escapes.iter().map(|&at| at as usize);
        self.each(text, traces.runs.iter().cloned(), escapes, is_cut, &mut |reveal, place, stretch| {
            let before = hits.partition_point(|hit| hit.cover <= place.start);
            let is_known =
                |hit: &Hit| hit.is_named() && hit.span.start <= place.start && place.end <= hit.cover;
            if !hits[before..].first().is_some_and(is_known) {
                let is_cut = is_cut && place.start < 4;
                reveal.take(&[], place, is_cut, stretch);
            }
        });
    }

    /// Hands on all stretches of a text with these runs, in which escapes may begin at these places.
    fn each(
        &mut self,
        text: &[u8],
        runs: impl Iterator<Item = Run>,
        escapes: impl Iterator<Item = usize>,
        is_cut: bool,
        take: &mut dyn FnMut(&mut Self, Range<usize>, Unread<'_>),
    ) {
        let is_markup = self.names.is_markup;
        letters::stretches(text, runs, is_cut, &mut |place, stretch| take(self, place, stretch));
        escapes::stretches(text, escapes, is_markup, &mut |place, stretch| take(self, place, stretch));
    }

    /// Looks into a stretch, which lies in those of `above`. `is_cut` when it may lack its beginning.
    fn take(&mut self, above: &[&Stretch], place: Range<usize>, is_cut: bool, stretch: Unread<'_>) {
        if self.budget < place.len() {
            self.beyond += place.len() as u64;
            return;
        }
        let Some(stretch) = stretch() else { return };
        self.budget -= stretch.text.len().min(self.budget);
        let mut hits = Vec::new();
        let text = &stretch.text[..];
        find(self.rules, text, self.flavour_of(text), &mut hits);
        let chain = [above, &[&stretch]].concat();
        for hit in &hits {
            let place = outer(&chain, hit.span.start..hit.cover);
            let run = outer(&chain, 0..text.len());
            let secret = text[hit.span.start..hit.cover].to_vec();
            let inner = hit.moved(0..hit.span.len(), hit.cover - hit.span.start);
            let decoded = chain.iter().map(|stretch| stretch.step).collect();
            self.revealed.push(Revealed { place, run, decoded, text: secret, hit: inner, is_certain: false });
        }
        if chain.len() < DEEPEST {
            self.each(text, runs(text), escapes::places(text), is_cut, &mut |reveal, place, stretch| {
                let is_cut = is_cut && place.start < 4;
                reveal.take(&chain, place, is_cut, stretch);
            });
        }
    }

    fn flavour_of(&self, text: &[u8]) -> Flavour {
        let is_text = |byte: &&u8| !matches!(byte, 0..=8 | 14..=31 | 127..);
        let is_readable = text.iter().take(512).filter(is_text).count() * 10 >= text.len().min(512) * 9;
        let is_setting = text.len() <= SETTINGS || self.names.is_unknown;
        let taste = if is_setting { Taste::Text } else { Taste::Code };
        Flavour { taste, generic: self.flavour.generic && is_readable, entropy: false }
    }

    /// The values of a Kubernetes Secret, each judged by its name.
    fn manifest(&mut self, text: &[u8]) {
        for entry in kubernetes::entries(text) {
            let quote = if entry.value.contains('"') { '\'' } else { '"' };
            let start = entry.name.len() + 3;
            let line = format!("{}: {quote}{}{quote}", entry.name, entry.value).into_bytes();
            let mut hits = Vec::new();
            find(self.rules, &line, Flavour { taste: Taste::Text, ..self.flavour }, &mut hits);
            for hit in hits.iter().filter(|hit| hit.span.start >= start) {
                self.revealed.push(Revealed {
                    place: entry.place.clone(),
                    run: entry.place.clone(),
                    decoded: vec![Decoding::Base64],
                    text: line[hit.span.start..hit.cover].to_vec(),
                    hit: hit.moved(0..hit.span.len(), hit.cover - hit.span.start),
                    is_certain: true,
                });
            }
        }
    }
}

/// The runs of decoded text.
fn runs(text: &[u8]) -> impl Iterator<Item = Run> {
    token::runs(text).map(|range| {
        let has = |is: fn(u8) -> bool| text[range.clone()].iter().any(|&byte| is(byte));
        let (has_digit, has_equals) = (has(|byte| byte.is_ascii_digit()), has(|byte| byte == b'='));
        Run { range, has_digit, has_equals }
    })
}

/// The part of the first text that stands for this part of the last one.
fn outer(chain: &[&Stretch], part: Range<usize>) -> Range<usize> {
    chain.iter().rev().fold(part, |part, stretch| stretch.places.outer(part))
}

/// Keeps the best of those that overlap, puts each into the list of hits, and takes out what it explains better.
fn settle(revealed: &mut Vec<Revealed>, hits: &mut Vec<Hit>) {
    let better = |one: &Revealed, other: &Revealed| {
        (one.is_certain, other.decoded.len()) > (other.is_certain, one.decoded.len())
            && !other.hit.beats(&one.hit)
            || one.hit.beats(&other.hit)
    };
    revealed.sort_by(|a, b| (a.place.start, b.place.end).cmp(&(b.place.start, a.place.end)));
    let mut kept: Vec<Revealed> = Vec::with_capacity(revealed.len());
    for one in revealed.drain(..) {
        match kept.last_mut().filter(|last| last.place.end > one.place.start) {
            Some(last) if better(&one, last) => *last = one,
            Some(_) => {}
            None => kept.push(one),
        }
    }
    kept.retain(|one| {
        let overlaps = |hit: &Hit| hit.span.start < one.place.end && one.place.start < hit.cover;
        let first = hits.partition_point(|hit| hit.cover <= one.place.start);
        let rivals = hits[first..].iter().take_while(|hit| overlaps(hit)).count();
        let loses = |hit: &Hit| {
            if one.is_certain { !hit.is_named() } else { one.hit.outranks(hit) }
        };
        if !hits[first..first + rivals].iter().all(loses) {
            return false;
        }
        let own = one.hit.moved(one.place.clone(), one.place.end);
        hits.splice(first..first + rivals, [own]);
        true
    });
    *revealed = kept;
}
