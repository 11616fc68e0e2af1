//! Finds the places in a piece of text that may hold a secret. Pure: bytes in, spans out.
//!
//! One sweep tells where a word begins as some keyword does, where `=` and `:` stand, and where long runs of token
//! bytes lie (`sweep.rs`). Keywords that may stand within words are looked for near those runs only. A pattern confirms
//! what a keyword announced; it is asked about the places of its keywords alone, but finds what it would have found in
//! the whole text.

use std::cell::RefCell;
use std::ops::Range;

use super::anew;
use super::assign::{self, Taste};
use super::decoding::may_escape;
use super::entropy::{self, surprise};
use super::families::{self, Assigned};
use super::pattern::Found;
use super::rule::RuleSet;
use super::runs::Run;
use super::sweep::{BEFORE_RUN, Sweep};
use super::token::{held, is_mixed};
use super::url;
use super::validate::{Rows, Validator};

/// How many keywords a pattern is asked about one by one.
const MOST_TRIES: usize = 2000;
/// The lengths of a token that may be listed for its entropy alone; longer ones are data.
const TOKEN_LENGTHS: std::ops::RangeInclusive<usize> = 20..=120;

/// What to look for in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flavour {
    /// How eagerly assigned values count.
    pub(crate) taste: Taste,
    /// Whether names, URLs and headers say anything here; they don't in binary data.
    pub(crate) generic: bool,
    /// Whether tokens are listed for their entropy alone.
    pub(crate) entropy: bool,
}

impl Flavour {
    /// Text that is to be shown: everything that may be secret.
    pub(crate) const REDACT: Self = Self { taste: Taste::Redact, generic: true, entropy: true };

    /// What is left of it in binary data; `reads` when names, URLs and headers count there too.
    pub(crate) fn of_binary(self, reads: bool) -> Self {
        Self { generic: reads, entropy: false, ..self }
    }
}

/// A place that may hold a secret.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    /// What is reported and marked.
    pub(crate) span: Range<usize>,
    /// Where the secret ends; behind `span` for a key of many lines.
    pub(crate) cover: usize,
    /// The rule, as an index into the set.
    pub(crate) rule: usize,
    /// The probability that it is real.
    pub(crate) score: f64,
    /// Named before generic before entropy.
    class: u8,
}

const ENTROPY: u8 = 0;
const GENERIC: u8 = 1;
const NAMED: u8 = 2;

impl Hit {
    /// What was found before in this place; it stands alone there and competes with nothing.
    pub(crate) fn noted(span: Range<usize>, cover: usize, rule: usize, score: f64) -> Self {
        Self { span, cover, rule, score, class: NAMED }
    }

    /// Whether a rule for one kind of secret found it.
    pub(crate) fn is_named(&self) -> bool {
        self.class == NAMED
    }

    /// Whether it says more about a place than the other hit, whatever their scores.
    pub(crate) fn outranks(&self, other: &Self) -> bool {
        self.class > other.class
    }

    /// The same in another place.
    pub(crate) fn moved(&self, span: Range<usize>, cover: usize) -> Self {
        Self { span, cover, ..self.clone() }
    }

    pub(crate) fn beats(&self, other: &Self) -> bool {
        (self.class, self.score, self.cover - self.span.start)
            > (other.class, other.score, other.cover - other.span.start)
    }
}

impl Hit {
    /// This hit, grown over the other one. What it grows over is secret, so that no part of it stays public.
    fn joined(mut self, other: &Self) -> Self {
        if other.span.start < self.span.start {
            self.span = other.span.start..self.cover;
        }
        if other.cover > self.cover {
            // A hit that ends where its place ends still does.
            if self.span.end == self.cover {
                self.span.end = other.cover;
            }
            self.cover = other.cover;
        }
        self
    }
}

/// What text that stands for other text is known by: where it is looked for.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    /// All runs of token bytes.
    pub(crate) runs: Vec<Run>,
    /// Where escapes may begin.
    pub(crate) escapes: Vec<u32>,
}

/// What a search needs room for, kept from text to text.
#[derive(Default)]
struct Scratch {
    sweep: Sweep,
    candidates: Vec<Candidate>,
    /// Those before which the text is to be taken for other text.
    anew: Vec<Candidate>,
}

/// A rule and the place of one of its keywords.
type Candidate = (u16, u32);

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// All places in `text`, from left to right, none twice; `hits` is emptied first.
pub(crate) fn find(rules: &RuleSet, text: &[u8], flavour: Flavour, hits: &mut Vec<Hit>) {
    gather(rules, text, flavour, hits);
    settle(hits, flavour.taste == Taste::Redact);
}

/// The same in no order, before the best of those that overlap are chosen.
pub(crate) fn gather(rules: &RuleSet, text: &[u8], flavour: Flavour, hits: &mut Vec<Hit>) {
    collect(rules, text, 0, flavour, hits, None);
}

/// The same of a part of the text, with the traces of what may be encoded where they are wanted. Gives the end of what was dealt with: before that of
/// the part where something stands across it that is better seen as a whole.
pub(crate) fn gather_in(
    rules: &RuleSet,
    text: &[u8],
    part: Range<usize>,
    flavour: Flavour,
    hits: &mut Vec<Hit>,
    traces: Option<&mut Traces>,
) -> usize {
    collect(rules, text, part.start, flavour, hits, traces);
    hits.retain(|hit| hit.span.start >= part.start && hit.span.start < part.end);
    let dealt = clean_cut(hits, part, text.len());
    hits.retain(|hit| hit.span.start < dealt);
    dealt
}

/// The last place in the part across which no hit stands; its end when that would leave too much to be seen again.
fn clean_cut(hits: &mut [Hit], part: Range<usize>, length: usize) -> usize {
    if part.end == length {
        return length;
    }
    hits.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.span.start));
    let across = |cut: usize, hit: &Hit| if hit.cover > cut { cut.min(hit.span.start) } else { cut };
    let cut = hits.iter().fold(part.end, across);
    if cut > part.start + part.len() / 2 { cut } else { part.end }
}

/// All that is found; patterns match from `from` on.
fn collect(
    rules: &RuleSet,
    text: &[u8],
    from: usize,
    flavour: Flavour,
    hits: &mut Vec<Hit>,
    traces: Option<&mut Traces>,
) {
    hits.clear();
    SCRATCH.with_borrow_mut(|scratch| {
        sweep(rules, text, flavour, scratch, hits, traces);
        confirm(rules, text, from, flavour, &mut scratch.candidates, hits);
        confirm_anew(rules, text, from, &mut scratch.anew, hits);
    });
    for index in rules.anchors.in_file.wanted(text) {
        everywhere(rules, usize::from(index), text, from, hits);
    }
}

/// Goes over the text once: finds keywords, and what stands round operators and in runs.
fn sweep(
    rules: &RuleSet,
    text: &[u8],
    flavour: Flavour,
    scratch: &mut Scratch,
    hits: &mut Vec<Hit>,
    mut traces: Option<&mut Traces>,
) {
    let Scratch { sweep, candidates, anew } = scratch;
    candidates.clear();
    anew.clear();
    if let Some(traces) = &mut traces {
        traces.runs.clear();
        traces.escapes.clear();
    }
    let (mut from, mut searched) = (0, 0);
    while from < text.len() {
        let sought = rules.anchors.sought();
        from = sweep.next(text, from, sought);
        for (words, places) in [(sought.everywhere, sweep.words()), (sought.near_digits, sweep.near())] {
            for &at in places {
                words.each_at(text, at as usize, |rule, start| candidates.push((rule, start as u32)));
            }
        }
        let escaped = sweep.escapes().iter().filter_map(|&at| anew::behind_escape(text, at as usize));
        for at in escaped.chain(sweep.runs.iter().filter_map(|run| anew::within_run(text, run))) {
            for words in [sought.everywhere, sought.near_digits] {
                words.each_first(&text[at..], |rule| anew.push((rule, at as u32)));
            }
        }
        for run in &sweep.runs {
            let keywords = if run.has_digit { &rules.anchors.near_digits } else { &rules.anchors.near_runs };
            if run.range.len() >= keywords.run {
                let first = run.range.start.saturating_sub(BEFORE_RUN).max(searched);
                let near = &text[first..run.range.end];
                keywords.each(near, |rule, at| candidates.push((rule, (first + at) as u32)));
                if run.has_digit {
                    // A keyword that straddles the end of this run may be near the next one.
                    searched = run.range.end.saturating_sub(keywords.longest).max(searched);
                }
            }
            if run.has_digit && flavour.entropy {
                list_token(rules, text, run.range.clone(), flavour.taste, hits);
            }
        }
        if let Some(traces) = &mut traces {
            traces.runs.extend_from_slice(&sweep.runs);
            traces.escapes.extend(sweep.escapes().iter().filter(|&&at| may_escape(text, at as usize)));
        }
        if flavour.generic {
            operators(rules, text, sweep, flavour.taste, hits);
        }
    }
    rules.anchors.in_text.each(text, |rule, at| candidates.push((rule, at as u32)));
}

/// Asks the patterns about the places of their keywords. The search of each goes on behind each of its secrets; what
/// matches and is none for what else its rule says hides nothing behind its first byte.
fn confirm(
    rules: &RuleSet,
    text: &[u8],
    begin: usize,
    flavour: Flavour,
    candidates: &mut Vec<Candidate>,
    hits: &mut Vec<Hit>,
) {
    candidates.sort_unstable();
    candidates.dedup();
    for places in candidates.chunk_by(|a, b| a.0 == b.0) {
        let index = usize::from(places[0].0);
        if rules.rules[index].builtin.is_some() {
            if flavour.generic {
                let mut found = Vec::new();
                for &(_, at) in places {
                    families::at_word(rules, index, text, at as usize, flavour.taste, &mut found);
                }
                hits.extend(found.into_iter().map(Hit::from));
            }
            continue;
        }
        let (mut from, mut tries) = (begin, 0);
        for &(_, at) in places {
            let at = at as usize;
            if at < from {
                continue;
            }
            tries += 1;
            if tries > MOST_TRIES {
                // Hostile or very rich text: one pass over the rest takes linear time.
                everywhere(rules, index, text, from, hits);
                break;
            }
            let first = at.saturating_sub(rules.rules[index].before).max(from);
            if let Some(found) = rules.starting(index, text, first, at) {
                let hit = accepted(rules, index, text, &found);
                from = found.behind(hit.is_some());
                hits.extend(hit);
            }
        }
    }
}

/// Asks the patterns about keywords as if the text began with them: matches begin right there.
fn confirm_anew(
    rules: &RuleSet,
    text: &[u8],
    begin: usize,
    candidates: &mut Vec<Candidate>,
    hits: &mut Vec<Hit>,
) {
    /// Of hostile or very rich text no more is looked at behind each keyword.
    const NEAR: usize = 1024;
    candidates.sort_unstable();
    candidates.dedup();
    for places in candidates.chunk_by(|a, b| a.0 == b.0) {
        let index = usize::from(places[0].0);
        if rules.rules[index].lines {
            continue;
        }
        for (tries, &(_, at)) in places.iter().enumerate().filter(|(_, place)| place.1 as usize >= begin) {
            let at = at as usize;
            let end = if tries < MOST_TRIES { text.len() } else { text.len().min(at + NEAR) };
            if let Some(found) = rules.starting(index, &text[at..end], 0, 0) {
                hits.extend(accepted(rules, index, text, &found.moved(at)));
            }
        }
    }
}

/// All matches of one rule from here on.
fn everywhere(rules: &RuleSet, index: usize, text: &[u8], mut from: usize, hits: &mut Vec<Hit>) {
    while let Some(found) = rules.behind(index, text, from) {
        from = found.behind(true);
        hits.extend(accepted(rules, index, text, &found));
    }
}

/// The hit that a match amounts to, by what else its rule says of the secret.
pub(super) fn accepted(rules: &RuleSet, index: usize, text: &[u8], found: &Found) -> Option<Hit> {
    let rule = &rules.rules[index];
    let secret = &text[found.secret.clone()];
    let holds = |word: &&'static str| {
        secret.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    if secret.is_empty()
        || (rule.digit && !secret.iter().any(u8::is_ascii_digit))
        || (rule.entropy > 0.0 && entropy::bits(secret) < rule.entropy)
        || rule.allow.iter().filter(|word| !word.is_empty()).any(holds)
    {
        return None;
    }
    let mut cover = found.secret.end;
    if rule.validator == Some(Validator::Pem) {
        // The pattern knows rows behind marks of comments and strings alone.
        let header = found.place.end;
        match Rows::behind(&text[header..]) {
            Some(rows) => cover = cover.max(header + rows.end),
            None if cover == header => return None,
            None => {}
        }
    }
    Some(Hit { span: found.place.clone(), cover, rule: index, score: rule.score, class: NAMED })
}

impl From<Assigned> for Hit {
    fn from(set: Assigned) -> Self {
        Self { cover: set.value.end, span: set.value, rule: set.rule, score: set.score, class: GENERIC }
    }
}

/// Assignments and URLs: what stands round `=` and `:`.
fn operators(rules: &RuleSet, text: &[u8], sweep: &Sweep, taste: Taste, hits: &mut Vec<Hit>) {
    let mut found = Vec::new();
    for &at in sweep.operators() {
        let at = at as usize;
        if !assign::may_assign(rules, text, at, sweep.gap_before(at), taste) {
            continue;
        }
        if text[at] == b':' && text.get(at + 1) == Some(&b'/') {
            let Some(rule) = rules.url else { continue };
            let base = rules.rules[rule].score;
            if let Some((span, score)) = url::credentials(text, at, base, taste == Taste::Redact) {
                hits.push(Hit { cover: span.end, span, rule, score, class: GENERIC });
            }
        } else {
            assign::assignment(rules, text, at, taste, &mut found);
        }
    }
    hits.extend(found.into_iter().map(Hit::from));
}

/// Lists a run whose characters look drawn by chance.
fn list_token(rules: &RuleSet, text: &[u8], run: Range<usize>, taste: Taste, hits: &mut Vec<Hit>) {
    // `name=value` is one run: what counts is the value, without the padding of base64.
    let word = &text[run.clone()];
    let padding = word.iter().rev().take_while(|&&byte| byte == b'=').count();
    let body = &word[..word.len() - padding];
    let start = run.start + body.iter().rposition(|&byte| byte == b'=').map_or(0, |i| i + 1);
    let token = &text[start..run.end - padding];
    let redacting = taste == Taste::Redact;
    if token.len() < *TOKEN_LENGTHS.start()
        || (token.len() > *TOKEN_LENGTHS.end() && !redacting)
        || !is_mixed(token)
    {
        return;
    }
    // Wrapped base64 fills files: it is told from its shape before it is weighed.
    if !redacting && (reads_like_a_path(token) || is_data(text, start, run.end)) {
        return;
    }
    if is_readable(token) {
        return;
    }
    let found = surprise(token);
    let least = if redacting { 0.6 } else { 0.75 };
    if found.likely < least || entropy::is_hex(token) || is_uuid(token) {
        return;
    }
    if !redacting && is_digest(text, start) {
        return;
    }
    let Some(rule) = rules.entropy else { return };
    let score = rules.rules[rule].score * found.likely;
    hits.push(Hit { span: start..run.end, cover: run.end, rule, score, class: ENTROPY });
}

pub(super) fn is_uuid(token: &[u8]) -> bool {
    memchr::memchr_iter(b'-', token).count() >= 4
        && token.iter().all(|&byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// Checksums say so: `sha512-…`, `"integrity": "…"`, `h1:…`, `digest=…`.
fn is_digest(text: &[u8], start: usize) -> bool {
    const TELLING: [&[u8]; 9] =
        [b"sha1", b"sha256", b"sha384", b"sha512", b"integrity", b"checksum", b"digest", b"hash", b"h1:"];
    let before = text[start.saturating_sub(24)..start].to_ascii_lowercase();
    let own = text[start..text.len().min(start + 7)].to_ascii_lowercase();
    TELLING.iter().any(|word| memchr::memmem::find(&before, word).is_some() || own.starts_with(word))
}

/// Embedded data: a `base64,` URL, or a token that fills a long line as one of many.
fn is_data(text: &[u8], start: usize, end: usize) -> bool {
    let before = &text[start.saturating_sub(16)..start];
    let quote = |byte: u8| {
        matches!(byte, b'"' | b'\'' | b' ' | b'\t' | b',' | b'\\' | b'n' | b'+' | b'#' | b'*' | b'\r')
    };
    let mut left = start;
    while left > 0 && left + 8 > start && quote(text[left - 1]) {
        left -= 1;
    }
    let mut right = end;
    while right < text.len() && right < end + 8 && quote(text[right]) {
        right += 1;
    }
    let alone = (left == 0 || text[left - 1] == b'\n') && text.get(right).is_none_or(|&byte| byte == b'\n');
    memchr::memmem::find(before, b"base64").is_some() || (alone && end - start >= 48)
}

/// Words, numbers and hashes that are joined, as in `io-1949cf8c6b5b557f/tempfile-3`: nothing in it is random
/// but what a hash may be, and a hash alone is no secret either.
pub(super) fn is_readable(token: &[u8]) -> bool {
    // `utf8parse` and `x86` change from letters to digits and back once; chance does it more often.
    let changes = |part: &[u8]| {
        part.windows(2).filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit()).count()
    };
    let named = |part: &[u8]| {
        part.len() <= 12
            && changes(part) <= 2
            && part.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let simple = |part: &[u8]| {
        part.len() <= 3
            || part[1..].iter().all(u8::is_ascii_lowercase)
            || part.iter().all(u8::is_ascii_uppercase)
            || part.iter().all(u8::is_ascii_digit)
            || (part.len() >= 7 && entropy::is_hex(part))
            || named(part)
    };
    token.split(|byte| matches!(byte, b'/' | b'-' | b'_' | b'+')).all(simple)
}

/// Several parts joined by slashes or dashes, some of them words.
pub(super) fn reads_like_a_path(token: &[u8]) -> bool {
    // Base64 mixes cases; what is joined and of one case is `_mm512_shuffle_i32x4` or a date.
    let held = held(token);
    if held.is_joined() && !held.has_both_cases() {
        return true;
    }
    let parts = token.split(|byte| matches!(byte, b'/' | b'-' | b'_' | b'+'));
    parts.filter(|part| part.len() >= 3 && part[1..].iter().all(u8::is_ascii_lowercase)).count() >= 2
}

/// Sorts the hits and keeps the best of those that overlap; with `join` it also covers what the others did.
pub(crate) fn settle(hits: &mut Vec<Hit>, join: bool) {
    hits.sort_by(|a, b| a.span.start.cmp(&b.span.start).then(b.cover.cmp(&a.cover)));
    let mut kept = 0usize;
    for index in 0..hits.len() {
        let hit = hits[index].clone();
        match kept.checked_sub(1).map(|last| &mut hits[last]) {
            Some(last) if last.cover > hit.span.start => {
                let (winner, loser) = if hit.beats(last) { (hit, &*last) } else { (last.clone(), &hit) };
                *last = if join { winner.joined(loser) } else { winner };
            }
            _ => {
                hits[kept] = hit;
                kept += 1;
            }
        }
    }
    hits.truncate(kept);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scan::rule::builtin;

    fn fragment() -> impl Strategy<Value = Vec<u8>> {
        let telling = [
            "password",
            "api_key",
            "Authorization",
            "--token ",
            "https://",
            "user:",
            "@host",
            "=",
            ":",
            " => ",
            "\"",
            "'",
            "\\\"",
            "\n",
            " ",
            "-----BEGIN RSA PRIVATE KEY-----",
            "-----END",
            "ghp_",
            "xoxb-",
            "eyJ",
            "AKIA",
            "8Q~",
            ":AA",
            "sk-proj-",
            "T3BlbkFJ",
            "curl -u ",
            "$",
            "{",
            "}",
            "aws_secret",
            "\0",
            "é",
        ];
        prop_oneof![
            3 => proptest::sample::select(telling.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
            2 => "[A-Za-z0-9+/_=-]{1,60}".prop_map(String::into_bytes),
            1 => proptest::collection::vec(any::<u8>(), 0..20),
        ]
    }

    proptest! {
        #[test]
        fn hits_are_in_order_and_in_range(fragments in proptest::collection::vec(fragment(), 0..40)) {
            let text = fragments.concat();
            let mut hits = Vec::new();
            for taste in [Taste::Code, Taste::Text, Taste::Redact] {
                find(builtin(), &text, Flavour { taste, generic: true, entropy: true }, &mut hits);
                let mut reached = 0;
                for hit in &hits {
                    prop_assert!(reached <= hit.span.start && hit.span.start < hit.span.end);
                    prop_assert!(hit.span.end <= hit.cover && hit.cover <= text.len());
                    reached = hit.cover;
                }
            }
        }
    }
}
