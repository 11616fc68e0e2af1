//! One stream from its first byte to its findings: windows, hits, lines, redaction. It reads what it is given and
//! knows nothing of files, folders or threads.

mod again;

use std::cell::OnceCell;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use zeroize::Zeroizing;

use super::cache::spot::{self, Spot};
use super::decoding::{Names, Revealed, reveal};
use super::encoding::Encoding;
use super::entropy::surprise;
use super::filetype::flavour;
use super::finding::{Decoding, Finding, Level};
use super::identity::{Key, fingerprint};
use super::judge::model::{Model, builtin};
use super::judge::study::Judging;
use super::known::Known;
use super::look::{Bench, Look};
use super::matcher::{Flavour, Hit, Traces, gather_in, settle};
use super::origin::Origin;
use super::policy::allowed::{self, Allowed};
use super::policy::comments::Comments;
use super::policy::desk::{Asked, Desk, Policy};
use super::policy::file_name;
use super::policy::sieve::{Begin, Sieve};
use super::random::class::LineView;
use super::random::view::{Asked as AskedLines, View};
use super::redact::{MASK, hidden, redact};
use super::rule::RuleSet;
use super::token::is_token;
use super::unpack::kind::{Packed, recognise};
use super::window::{Window, Windows};
use crate::model::clock::WallTime;
use crate::model::text::{escape, escape_path};

pub(crate) use again::{Again, Elsewhere};

/// How many lines one stream may report for their entropy alone: the best ones; the rest is only counted.
pub(crate) const ENTROPY_CAP: usize = 50;
/// How many named findings one stream may report; the rest is only counted.
pub(crate) const NAMED_CAP: u64 = 10_000;
/// How much of the line an excerpt shows before and behind the secret.
const EXCERPT: (usize, usize) = (60, 60);
/// How much further redaction looks than the excerpt, so that a secret cut in two is still known as one.
const MARGIN: usize = 400;

/// What one stream came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) bytes: u64,
    pub(crate) binary: bool,
    pub(crate) findings: [u64; 4],
    pub(crate) beyond_cap: u64,
    /// Encoded bytes that were not decoded, since there were too many of them.
    pub(crate) undecoded: u64,
    pub(crate) accepted: u64,
    /// Findings that something allows, by what; they are in no other count.
    pub(crate) allowed: allowed::Counts,
    /// Whether something allowed a finding at all, counted or not.
    pub(crate) has_allowed: bool,
    /// Bytes of tokens that are high in entropy.
    pub(crate) tokens: u64,
    /// What the stream turned out to be, where packed content is not to be scanned as it stands.
    pub(crate) packed: Option<Packed>,
    /// What was scanned inside of packed content.
    pub(crate) inside: Pieces,
}

/// Pieces of packed content that were scanned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pieces {
    pub(crate) count: u64,
    pub(crate) binary: u64,
    pub(crate) bytes: u64,
}

impl Outcome {
    /// Counts what something allows. What is only high in entropy fails nothing, and is in no count of what was let through.
    fn let_through(&mut self, by: Allowed, level: Level) {
        self.allowed[by as usize] += u64::from(level != Level::Entropy);
        self.has_allowed = true;
    }

    /// Adds what one piece inside came to.
    pub(crate) fn add_piece(&mut self, piece: &Self) {
        self.inside.count += 1;
        self.inside.binary += u64::from(piece.binary);
        self.inside.bytes += piece.bytes;
        self.add_findings(piece);
    }

    /// Adds what was found in a piece, or said of its name where that is all there is of it.
    pub(crate) fn add_findings(&mut self, piece: &Self) {
        self.beyond_cap += piece.beyond_cap;
        self.undecoded += piece.undecoded;
        self.accepted += piece.accepted;
        self.has_allowed |= piece.has_allowed;
        let findings = self.findings.iter_mut().zip(piece.findings);
        for (sum, count) in findings.chain(self.allowed.iter_mut().zip(piece.allowed)) {
            *sum += count;
        }
    }
}

/// Scans streams, one after the other, in memory that it keeps.
pub(crate) struct Scanner<'a> {
    rules: &'static RuleSet,
    key: &'a Key,
    show_secrets: bool,
    known: Option<&'a Known>,
    policy: Option<&'a Policy>,
    now: WallTime,
    model: &'a Model,
    judging: Judging,
    windows: Windows,
    hits: Vec<Hit>,
    traces: Traces,
    looks_inside: bool,
    binaries: bool,
    lines: Option<LineView>,
}

/// The newest position whose line is known.
struct Lines {
    at: u64,
    number: u64,
    start: u64,
}

impl Lines {
    /// The same for a sieve, in this window.
    fn begin(&self, window: &Window<'_>) -> Begin {
        Begin { at: (self.at - window.offset) as usize, line: self.number, column: self.at - self.start + 1 }
    }

    /// Moves on to `to`, counting the lines in between.
    fn advance(&mut self, window: &Window<'_>, to: usize) {
        let from = (self.at - window.offset) as usize;
        let text = &window.text[from..to];
        self.number += memchr::memchr_iter(b'\n', text).count() as u64;
        if let Some(last) = memchr::memrchr(b'\n', text) {
            self.start = window.offset + (from + last + 1) as u64;
        }
        self.at = window.offset + to as u64;
    }
}

impl<'a> Scanner<'a> {
    /// `None` when the memory for it can't be had; `now` tells what has expired.
    pub(crate) fn new(
        rules: &'static RuleSet,
        key: &'a Key,
        show_secrets: bool,
        known: Option<&'a Known>,
        now: WallTime,
    ) -> Option<Self> {
        let (policy, windows) = (None, Windows::new()?);
        let (hits, traces, looks_inside, binaries, lines) =
            (Vec::new(), Traces::default(), false, false, None);
        let (model, judging) = (&**builtin(), Judging::Usual);
        Some(Self {
            rules,
            key,
            show_secrets,
            known,
            policy,
            now,
            model,
            judging,
            windows,
            hits,
            traces,
            looks_inside,
            binaries,
            lines,
        })
    }

    /// The same, judging by another model, or not as usual.
    pub(crate) fn judging(self, model: &'a Model, judging: Judging) -> Self {
        Self { model, judging, ..self }
    }

    /// The same, letting through what other tools were told to.
    pub(crate) fn heeding(self, policy: Option<&'a Policy>) -> Self {
        Self { policy, ..self }
    }

    /// Whether names, URLs and headers are looked for in binary content too.
    pub(crate) fn reads_binaries(self, binaries: bool) -> Self {
        Self { binaries, ..self }
    }

    /// How lines are told by how surprising they are, in the place of tokens for their entropy.
    pub(crate) fn views(self, lines: Option<LineView>) -> Self {
        Self { lines, ..self }
    }

    /// Whether packed content is left to the caller from now on, as [`Outcome::packed`], or scanned as it stands.
    pub(crate) fn looks_inside(&mut self, looks: bool) {
        self.looks_inside = looks;
    }

    /// Scans one stream and hands its findings on, named ones as they are met, the others at its end.
    pub(crate) fn scan(
        &mut self,
        reader: &mut dyn Read,
        expected: Option<u64>,
        origin: &Origin,
        stop: &dyn Fn() -> bool,
        sink: &dyn Fn(Finding),
    ) -> io::Result<Outcome> {
        let mut outcome = Outcome::default();
        let mut lines = Lines { at: 0, number: 1, start: 0 };
        let mut ranked = Ranked::default();
        let mut view = self.view(origin);
        let Self {
            rules,
            key,
            show_secrets,
            known,
            policy,
            windows,
            hits,
            traces,
            looks_inside,
            binaries,
            ..
        } = self;
        let mut desk = policy.map(|policy| policy.desk(origin));
        let mut waiting = Waiting::new();
        let path = origin.path.as_path();
        let flavour = flavour(path);
        let (model, judging, place, now) = (self.model, self.judging, OnceCell::new(), self.now);
        let bench = Bench { rules, model, judging, path, place, now };
        let names = Names::of(path, flavour.taste);
        let judge = Judge { known: *known, path };
        let maker = Maker { rules, key, show_secrets: *show_secrets, origin };
        let result = windows.read(reader, expected, &mut |encoding, window| {
            if *looks_inside && window.offset == 0 && window.owned.start == 0 {
                outcome.packed =
                    recognise(window.text).map(|kind| Packed { kind, head: window.text.to_vec() });
                if outcome.packed.is_some() {
                    return None;
                }
            }
            let is_binary = encoding == Encoding::Binary;
            outcome.binary = is_binary && !*binaries;
            let flavour = if is_binary { flavour.of_binary(*binaries) } else { flavour };
            let flavour = Flavour { entropy: flavour.entropy && view.is_none(), ..flavour };
            let dealt = gather_in(rules, window.text, window.owned.clone(), flavour, hits, Some(traces));
            view.iter_mut().filter(|_| !is_binary).for_each(|view| view.take(&window, dealt, sink));
            if let Some(sieve) = desk.as_mut().and_then(|desk| desk.sieve.as_mut()) {
                let part = window.owned.start..dealt;
                let taken = sieve.sift(window.text, &part, lines.begin(&window), hits);
                outcome.allowed[Allowed::Allowlist as usize] += taken;
            }
            settle(hits, false);
            let (revealed, undecoded) = reveal(rules, &window, dealt, flavour, names, traces, hits);
            outcome.undecoded += undecoded;
            if let Some(desk) = &desk {
                hits.retain(|hit| !desk.is_hash(&window.text[hit.span.start..hit.cover]));
            }
            let comments = Comments::beside(desk.is_some() && !hits.is_empty(), window.text);
            for hit in &*hits {
                let seen = Seen::of(&window, hit, &revealed);
                let secret = seen.secret();
                let Some(look) = bench.look(hit, &seen) else { continue };
                let level = look.level;
                if level == Level::Entropy {
                    outcome.tokens += hit.span.len() as u64;
                }
                lines.advance(&window, hit.span.start);
                if let Some(by) = allows(desk.as_ref(), rules, &window, hit, lines.number, &comments) {
                    outcome.let_through(by, level);
                    continue;
                }
                let count = &mut outcome.findings[level as usize];
                *count += 1;
                if level != Level::Entropy && *count > NAMED_CAP {
                    // Only counted: a hostile file may hold one at every tenth byte.
                    outcome.beyond_cap += 1;
                    continue;
                }
                let finding = maker.finding(&window, hit, &seen, look, &lines, neighbours(desk.as_ref()));
                if desk.as_ref().is_some_and(|desk| desk.has_needs(hit.rule)) {
                    waiting.push((hit.rule, finding, Zeroizing::new(secret.to_vec())));
                    continue;
                }
                if level == Level::Entropy {
                    ranked.push((finding, judge.keep(rules, hit, secret)));
                    continue;
                }
                judge.tell(&mut outcome, finding, Some(secret), sink);
            }
            if !window.last {
                lines.advance(&window, dealt);
            }
            outcome.beyond_cap += keep_best(&mut ranked);
            (!stop()).then_some(dealt)
        });
        judge.tell_waiting(&mut outcome, desk.as_ref(), waiting, sink);
        judge.tell_names(&mut outcome, desk.as_ref(), (origin, key), sink);
        // Only those that are left are worth a slow hash.
        for (finding, secret) in ranked {
            judge.tell(&mut outcome, finding, secret.as_ref().map(|secret| secret.as_slice()), sink);
        }
        if let Some(view) = view {
            view.finish(&mut outcome, sink);
        }
        outcome.bytes = result?;
        Ok(outcome)
    }

    /// The view of one stream, where one was asked for.
    fn view<'b>(&self, origin: &'b Origin) -> Option<View<'b>>
    where
        'a: 'b,
    {
        let asked = AskedLines {
            lines: self.lines?,
            rules: self.rules,
            key: self.key,
            show_secrets: self.show_secrets,
        };
        View::new(asked, origin)
    }
}

impl Scanner<'_> {
    /// Reads one stream as a scan does and looks for nothing in it; gives its bytes.
    pub(crate) fn pass(&mut self, reader: &mut dyn Read, expected: Option<u64>) -> io::Result<u64> {
        self.windows.read(reader, expected, &mut |_, window| Some(window.owned.end))
    }
}

/// What allows a hit.
fn allows(
    desk: Option<&Desk<'_>>,
    rules: &RuleSet,
    window: &Window<'_>,
    hit: &Hit,
    line: u64,
    comments: &Comments,
) -> Option<Allowed> {
    desk?.allows(&Asked { text: window.text, hit, line, rule: &rules.rules[hit.rule].id }, comments)
}

/// A hit as it is read: where it stands, or decoded.
pub(super) struct Seen<'a> {
    pub(super) text: &'a [u8],
    pub(super) hit: &'a Hit,
    /// What is hidden of the line.
    hidden: Range<usize>,
    pub(super) decoded: &'a [Decoding],
}

impl<'a> Seen<'a> {
    fn of(window: &Window<'a>, hit: &'a Hit, revealed: &'a [Revealed]) -> Self {
        let at = revealed.partition_point(|one| one.place.start < hit.span.start);
        match revealed.get(at).filter(|one| one.place.start == hit.span.start) {
            Some(one) => {
                Self { text: &one.text, hit: &one.hit, hidden: one.run.clone(), decoded: &one.decoded }
            }
            None => Self { text: window.text, hit, hidden: hit.span.start..hit.cover, decoded: &[] },
        }
    }

    pub(super) fn secret(&self) -> &'a [u8] {
        &self.text[self.hit.span.start..self.hit.cover]
    }
}

/// Findings that count only near others, with their rules and secrets.
type Waiting = Vec<(usize, Finding, Zeroizing<Vec<u8>>)>;

/// Findings that are only high in entropy, with their secrets where the baseline may know them.
type Ranked = Vec<(Finding, Option<Zeroizing<Vec<u8>>>)>;

/// Leaves the best of them, and gives how many had to go.
fn keep_best(ranked: &mut Ranked) -> u64 {
    let surplus = ranked.len().saturating_sub(ENTROPY_CAP);
    if surplus > 0 {
        ranked.sort_by(|a, b| a.0.rank(&b.0));
        ranked.truncate(ENTROPY_CAP);
    }
    surplus as u64
}

/// Asks the baseline about the findings of one stream.
struct Judge<'a> {
    known: Option<&'a Known>,
    path: &'a Path,
}

impl Judge<'_> {
    /// The secret, when it may have to be looked up later.
    fn keep(&self, rules: &RuleSet, hit: &Hit, secret: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let known = self.known?;
        known.names(&rules.rules[hit.rule].id, self.path).then(|| Zeroizing::new(secret.to_vec()))
    }

    /// Hands on those that have what they need near them, now that all of the stream is known.
    fn tell_waiting(
        &self,
        outcome: &mut Outcome,
        desk: Option<&Desk<'_>>,
        waiting: Waiting,
        sink: &dyn Fn(Finding),
    ) {
        let sieve = desk.and_then(|desk| desk.sieve.as_ref());
        for (rule, finding, secret) in waiting {
            outcome.findings[finding.level as usize] -= 1;
            if sieve.is_none_or(|sieve| sieve.is_met(rule, finding.line, finding.column)) {
                self.pass(outcome, finding, &secret, sink);
            }
        }
    }

    /// Hands on what the name of the file alone meets.
    fn tell_names(
        &self,
        outcome: &mut Outcome,
        desk: Option<&Desk<'_>>,
        (origin, key): (&Origin, &Key),
        sink: &dyn Fn(Finding),
    ) {
        // What is read as text in a second look has its name looked at there.
        if outcome.packed.as_ref().is_some_and(|packed| packed.kind.is_text_in_place()) {
            return;
        }
        for rule in desk.into_iter().flat_map(Desk::by_name) {
            let finding = file_name::finding(rule, origin, key);
            self.pass(outcome, finding, escape_path(self.path).as_bytes(), sink);
        }
    }

    /// Hands on a finding that was in no count yet.
    fn pass(&self, outcome: &mut Outcome, finding: Finding, secret: &[u8], sink: &dyn Fn(Finding)) {
        outcome.findings[finding.level as usize] += 1;
        self.tell(outcome, finding, Some(secret), sink);
    }

    /// Hands on one that was counted, with what the baseline says of it where its secret may be known there.
    fn tell(
        &self,
        outcome: &mut Outcome,
        mut finding: Finding,
        secret: Option<&[u8]>,
        sink: &dyn Fn(Finding),
    ) {
        let ask = |(known, secret): (&Known, &[u8])| {
            known.verdict(&finding.rule, &finding.path, secret, &finding.secret_id)
        };
        if let Some(verdict) = self.known.zip(secret).and_then(ask) {
            outcome.findings[finding.level as usize] -= 1;
            finding.decide(verdict);
            match finding.accepted {
                Some(_) => outcome.accepted += 1,
                None => outcome.findings[finding.level as usize] += 1,
            }
        }
        sink(finding);
    }
}

/// What all findings of one stream have in common.
struct Maker<'a> {
    rules: &'static RuleSet,
    key: &'a Key,
    show_secrets: bool,
    origin: &'a Origin,
}

impl Maker<'_> {
    fn finding(
        &self,
        window: &Window<'_>,
        hit: &Hit,
        seen: &Seen<'_>,
        look: Look,
        lines: &Lines,
        others: &[Range<usize>],
    ) -> Finding {
        let rule = &self.rules.rules[hit.rule];
        let secret = seen.secret();
        let redacted = hidden(rule, seen.text, seen.hit);
        let judged = surprise(secret);
        let secret_id = self.key.secret_id(secret);
        let offset = window.offset + hit.span.start as u64;
        let column = offset - lines.start + 1;
        // Encoded text may go on in the next line; a place ends with its own.
        let marked = &window.text[hit.span.clone()];
        let length = if seen.decoded.is_empty() { None } else { memchr::memchr(b'\n', marked) };
        let length = length.unwrap_or(marked.len());
        Finding {
            line: lines.number,
            column,
            end_column: column + length as u64,
            rule: rule.id.clone(),
            score: round(look.score),
            level: look.level,
            entropy: round(judged.bits),
            entropy_ceiling: round(judged.ceiling),
            excess: judged.excess(),
            fingerprint: fingerprint(&rule.id, &secret_id, &self.origin.path),
            secret_id,
            redacted: escape(&redacted).into_owned(),
            secret: self.show_secrets.then(|| String::from_utf8_lossy(secret).into_owned()),
            severity: rule.severity,
            reasons: look.reasons,
            study: look.study,
            validation: look.check.validation,
            facts: look.check.facts,
            spot: self.spot(hit, seen, offset, (lines.number, column)),
            decoded: seen.decoded.to_vec(),
            excerpt: self.excerpt(window.text, hit, others, &seen.hidden, &redacted),
            offset,
            ..Finding::of(self.origin)
        }
    }

    /// Where it stands, when it can be looked at again there: neither decoded nor so long that a window may cut it.
    fn spot(&self, hit: &Hit, seen: &Seen<'_>, at: u64, (line, column): (u64, u64)) -> Option<Spot> {
        let secret = seen.secret();
        let is_near = seen.decoded.is_empty() && secret.len() <= spot::LONGEST;
        let is_entropy = Some(hit.rule) == self.rules.entropy;
        Some(Spot {
            at,
            column,
            line: u32::try_from(line).ok().filter(|_| is_near)?,
            length: u32::try_from(hit.span.len()).ok()?,
            cover: u32::try_from(secret.len()).ok()?,
            rule: u32::try_from(hit.rule).ok()?,
            score: hit.score,
            excess: is_entropy.then(|| surprise(secret).excess()),
        })
    }

    /// The line around the hit, with this secret and its neighbours hidden unless they were asked for.
    fn excerpt(
        &self,
        text: &[u8],
        hit: &Hit,
        others: &[Range<usize>],
        run: &Range<usize>,
        own: &str,
    ) -> String {
        let floor = hit.span.start.saturating_sub(EXCERPT.0 + MARGIN);
        let line = memchr::memrchr(b'\n', &text[floor..hit.span.start]).map_or(floor, |i| floor + i + 1);
        let ceiling = text.len().min(hit.span.end + EXCERPT.1 + MARGIN);
        let end = memchr::memchr(b'\n', &text[hit.span.end..ceiling]).map_or(ceiling, |i| hit.span.end + i);
        if self.show_secrets {
            let from = line.max(hit.span.start.saturating_sub(EXCERPT.0));
            let shown = hit.span.end.min(from + 400);
            return escape(String::from_utf8_lossy(&text[from..end.min(shown + EXCERPT.1)]).trim())
                .into_owned();
        }
        // The secret itself is hidden here, as the one place that is known for sure; redaction finds the others. Of
        // encoded text all goes: its neighbours are as easily decoded.
        let secret = &text[hit.span.start..hit.cover];
        let before = beside(text, line..run.start.max(line), secret, others);
        let behind = beside(text, run.end.min(end).max(hit.span.end)..end, secret, others);
        let before = tail(&before, EXCERPT.0, line == floor && floor > 0);
        let behind = head(&behind, EXCERPT.1, end == ceiling && ceiling < text.len());
        let excerpt = format!("{before}{own}{behind}");
        escape(excerpt.trim()).into_owned()
    }
}

/// What redaction can't know of a window: what the rules of a configuration found there.
fn neighbours<'d>(desk: Option<&'d Desk<'_>>) -> &'d [Range<usize>] {
    desk.and_then(|desk| desk.sieve.as_ref()).map_or(&[], Sieve::secrets)
}

/// What stands beside a secret, with these others hidden, and redacted.
pub(super) fn beside(text: &[u8], part: Range<usize>, secret: &[u8], others: &[Range<usize>]) -> String {
    let mut safe = String::new();
    let mut at = part.start;
    let first = others.partition_point(|other| other.start < part.start.saturating_sub(MARGIN));
    for other in others[first..].iter().take_while(|other| other.start < part.end) {
        let (from, to) = (other.start.clamp(at, part.end), other.end.clamp(at, part.end));
        if from < to {
            safe += &redact_part(&text[at..from], secret);
            safe += MASK;
            at = to;
        }
    }
    safe + &redact_part(&text[at..part.end], secret)
}

/// What stands beside a secret, redacted; a secret that stands there once more is hidden there too.
fn redact_part(part: &[u8], secret: &[u8]) -> String {
    let part = redact(&String::from_utf8_lossy(part)).into_owned();
    match std::str::from_utf8(secret) {
        Ok(secret) if secret.len() >= 6 => part.replace(secret, MASK),
        _ => part,
    }
}

/// The last characters, without the rest of a token that was cut.
pub(super) fn tail(text: &str, limit: usize, cut: bool) -> &str {
    let count = text.chars().count();
    if count <= limit && !cut {
        return text;
    }
    let from = text.char_indices().nth(count.saturating_sub(limit)).map_or(0, |(at, _)| at);
    let part = &text[from..];
    let word = part.bytes().take_while(|&byte| is_token(byte)).count();
    if word >= 16 { &part[word..] } else { part }
}

/// The first characters, without the start of a token that was cut.
pub(super) fn head(text: &str, limit: usize, cut: bool) -> &str {
    if text.chars().count() <= limit && !cut {
        return text;
    }
    let to = text.char_indices().nth(limit).map_or(text.len(), |(at, _)| at);
    let part = &text[..to];
    let word = part.bytes().rev().take_while(|&byte| is_token(byte)).count();
    if word >= 16 { &part[..part.len() - word] } else { part }
}

pub(super) fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
