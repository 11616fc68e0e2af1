//! One stream seen as lines: the ones that look random are listed, or folded by what they are. Pure, and bounded: of
//! each class one example is kept, of lines that stand for themselves the best.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::class::{Border, Class, Folded, LineView, Seen, border, class, goes_on};
use super::token::{Token, best, shape};
use crate::model::text::escape;
use crate::scan::blob::{ENTROPY_CAP, Outcome, beside, head, round, tail};
use crate::scan::finding::{Finding, Level};
use crate::scan::identity::{Key, fingerprint};
use crate::scan::origin::Origin;
use crate::scan::redact::MASK;
use crate::scan::rule::RuleSet;
use crate::scan::window::Window;

/// How many lines of one shape are folded.
const ALIKE: usize = 10;
/// How many shapes of lines are told apart in one stream; further lines stand for themselves.
const SHAPES: usize = 256;
/// How much of a line is looked at before and behind its token.
const BEFORE: usize = 512;
const BEHIND: usize = 64;
/// How much of it is shown.
const SHOWN: usize = 60;
/// How much of a token is shown where secrets are.
const LONGEST: usize = 400;

/// What a view needs to know of the scan.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) lines: LineView,
    pub(crate) rules: &'static RuleSet,
    pub(crate) key: &'a Key,
    pub(crate) show_secrets: bool,
}

/// The view of one stream.
pub(crate) struct View<'a> {
    asked: Asked<'a>,
    origin: &'a Origin,
    rule: Arc<str>,
    /// How much a line counts that is as good as random.
    score: f64,
    name: String,
    /// The line that begins or goes on next, and where it begins in the stream.
    number: u64,
    start: u64,
    /// The last line that was told.
    told: u64,
    block: Option<Class>,
    folds: BTreeMap<Class, Finding>,
    shapes: HashMap<u64, Alike>,
    /// Lines that stand for themselves.
    alone: Vec<Finding>,
    /// Lines that look random, and those of them that are neither listed nor folded.
    lines: u64,
    beyond: u64,
    /// Bytes of their tokens.
    bytes: u64,
}

/// Lines of one shape.
#[derive(Default)]
struct Alike {
    count: u64,
    /// All of them, until they are too many to stand for themselves; then the first.
    kept: Vec<Finding>,
}

impl<'a> View<'a> {
    /// `None` where no rule lists tokens for their entropy.
    pub(crate) fn new(asked: Asked<'a>, origin: &'a Origin) -> Option<Self> {
        let rule = &asked.rules.rules[asked.rules.entropy?];
        let name = origin.path.file_name().unwrap_or(Path::new("").as_os_str());
        Some(Self {
            asked,
            origin,
            rule: Arc::clone(&rule.id),
            score: rule.score,
            name: name.to_string_lossy().to_ascii_lowercase(),
            number: 1,
            start: 0,
            told: 0,
            block: None,
            folds: BTreeMap::new(),
            shapes: HashMap::new(),
            alone: Vec::new(),
            lines: 0,
            beyond: 0,
            bytes: 0,
        })
    }

    /// Looks at the window's own part up to `dealt`.
    pub(crate) fn take(&mut self, window: &Window<'_>, dealt: usize, sink: &dyn Fn(Finding)) {
        let text = window.text;
        let mut at = window.owned.start;
        while at < dealt {
            let line_feed = memchr::memchr(b'\n', &text[at..dealt]).map(|end| at + end);
            let end = line_feed.unwrap_or(dealt);
            let seen = match line_feed {
                Some(end) => end,
                None => memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |more| end + more),
            };
            self.line(window, at..end, seen, sink);
            at = end;
            if line_feed.is_some() {
                at += 1;
                self.number += 1;
                self.start = window.offset + at as u64;
            }
        }
    }

    /// A line, or the part of a long one that a window has.
    fn line(&mut self, window: &Window<'_>, part: Range<usize>, seen: usize, sink: &dyn Fn(Finding)) {
        let begun = border(&window.text[part.clone()]);
        // A header may be mere talk, and its end may be missing: what is no part of a block ends it.
        if begun.is_none() && self.block.is_some() && !goes_on(&window.text[part.clone()]) {
            self.block = None;
        }
        let block = begun.map_or(self.block, Border::class);
        self.block = begun.map_or(self.block, Border::behind);
        if self.told == self.number {
            return;
        }
        let Some(token) = best(window.text, part.clone(), seen) else { return };
        self.told = self.number;
        self.lines += 1;
        self.bytes += token.place.len() as u64;
        // A line that began in another window is looked at as far back as it can be seen.
        let first = usize::try_from(self.start.saturating_sub(window.offset)).unwrap_or(0).min(part.start);
        let line = first.max(token.place.start.saturating_sub(BEFORE))..seen;
        let before = &window.text[line.start..token.place.start];
        let behind = &window.text[token.place.end..line.end.min(token.place.end + BEHIND)];
        let looked = Seen {
            name: &self.name,
            before,
            token: &window.text[token.place.clone()],
            behind,
            length: seen - first,
            block,
        };
        match class(&looked, &token) {
            Some(class) => self.fold(class, window, &token, line, sink),
            None => self.stand(window, &token, line, sink),
        }
    }

    fn fold(
        &mut self,
        class: Class,
        window: &Window<'_>,
        token: &Token,
        line: Range<usize>,
        sink: &dyn Fn(Finding),
    ) {
        if self.asked.lines == LineView::Each {
            sink(self.finding(window, token, line, Some(class)));
        } else if let Some(known) = self.folds.get_mut(&class) {
            known.folded = Some(Folded { class, lines: known.folded.map_or(1, |folded| folded.lines) + 1 });
        } else {
            let first = self.finding(window, token, line, Some(class));
            self.folds.insert(class, first);
        }
    }

    /// A line that nothing tells anything about: it stands for itself, unless too many are alike.
    fn stand(&mut self, window: &Window<'_>, token: &Token, line: Range<usize>, sink: &dyn Fn(Finding)) {
        let before = &window.text[line.start..token.place.start];
        let shape = shape(before, &window.text[token.place.clone()], token.is_hex);
        if self.shapes.len() >= SHAPES && !self.shapes.contains_key(&shape) {
            let finding = self.finding(window, token, line, None);
            self.list(finding, sink);
            return;
        }
        let count = self.shapes.get(&shape).map_or(0, |alike| alike.count) + 1;
        let is_many = count as usize >= ALIKE;
        let finding = (!is_many || self.asked.lines == LineView::Each)
            .then(|| self.finding(window, token, line, is_many.then_some(Class::OneShape)));
        let each = self.asked.lines == LineView::Each;
        let alike = self.shapes.entry(shape).or_default();
        alike.count = count;
        if !is_many {
            alike.kept.extend(finding);
            return;
        }
        let folded =
            |one: Finding| Finding { folded: Some(Folded { class: Class::OneShape, lines: 1 }), ..one };
        if each {
            alike.kept.drain(..).map(folded).for_each(sink);
            finding.into_iter().for_each(sink);
        } else {
            alike.kept.truncate(1);
        }
    }

    /// Puts a line among those that stand for themselves, and lets the least of too many go.
    fn list(&mut self, finding: Finding, sink: &dyn Fn(Finding)) {
        if self.asked.lines == LineView::Each {
            return sink(finding);
        }
        self.alone.push(finding);
        if self.alone.len() >= 2 * ENTROPY_CAP {
            self.keep_best();
        }
    }

    fn keep_best(&mut self) {
        self.alone.sort_by(Finding::rank);
        self.beyond += self.alone.len().saturating_sub(ENTROPY_CAP) as u64;
        self.alone.truncate(ENTROPY_CAP);
    }

    /// Hands on what was kept: lines that stand for themselves, then one for each class.
    pub(crate) fn finish(mut self, outcome: &mut Outcome, sink: &dyn Fn(Finding)) {
        let mut shapes: Vec<Alike> = std::mem::take(&mut self.shapes).into_values().collect();
        // Maps have no order; the place has.
        shapes.sort_by_key(|alike| alike.kept.first().map(|first| (first.line, first.column)));
        let mut folded = Vec::new();
        for Alike { count, kept } in shapes {
            if count as usize >= ALIKE {
                let fold = Folded { class: Class::OneShape, lines: count };
                folded.extend(kept.into_iter().map(|one| Finding { folded: Some(fold), ..one }));
            } else {
                for one in kept {
                    self.list(one, sink);
                }
            }
        }
        self.keep_best();
        outcome.findings[Level::Entropy as usize] += self.lines;
        outcome.beyond_cap += self.beyond;
        outcome.tokens += self.bytes;
        self.alone.into_iter().chain(self.folds.into_values()).chain(folded).for_each(sink);
    }

    fn finding(
        &self,
        window: &Window<'_>,
        token: &Token,
        line: Range<usize>,
        class: Option<Class>,
    ) -> Finding {
        let Asked { key, show_secrets, .. } = self.asked;
        let place = token.place.clone();
        let secret = &window.text[place.clone()];
        let secret_id = key.secret_id(secret);
        let offset = window.offset + place.start as u64;
        let column = offset - self.start + 1;
        Finding {
            line: self.number,
            column,
            end_column: column + place.len() as u64,
            rule: Arc::clone(&self.rule),
            score: round(self.score * token.surprise.likely),
            level: Level::Entropy,
            entropy: round(token.surprise.bits),
            entropy_ceiling: round(token.surprise.ceiling),
            excess: token.surprise.excess(),
            fingerprint: fingerprint(&self.rule, &secret_id, &self.origin.path),
            secret_id,
            redacted: MASK.to_owned(),
            secret: show_secrets.then(|| String::from_utf8_lossy(secret).into_owned()),
            folded: class.map(|class| Folded { class, lines: 1 }),
            excerpt: self.excerpt(window.text, &place, &line),
            offset,
            ..Finding::of(self.origin)
        }
    }

    /// The line around a token, which is hidden like all that redaction knows beside it.
    fn excerpt(&self, text: &[u8], place: &Range<usize>, line: &Range<usize>) -> String {
        let secret = &text[place.clone()];
        let behind = place.end..line.end.min(place.end + BEFORE);
        let is_cut = line.start > 0 && text[line.start - 1] != b'\n';
        let (before, after) = if self.asked.show_secrets {
            let shown = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
            (shown(&text[line.start..place.start]), shown(&text[behind.clone()]))
        } else {
            (beside(text, line.start..place.start, secret, &[]), beside(text, behind.clone(), secret, &[]))
        };
        let before = tail(&before, SHOWN, is_cut);
        let after = head(&after, SHOWN, behind.end < line.end);
        let shown = place.start..place.end.min(place.start + LONGEST);
        let own = self.asked.show_secrets.then(|| String::from_utf8_lossy(&text[shown]).into_owned());
        let own = own.as_deref().unwrap_or(MASK);
        escape(format!("{before}{own}{after}").trim()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;

    use super::*;
    use crate::scan::finding::Source;
    use crate::scan::rule::builtin;
    use crate::scan::window::{OVERLAP, Windows};

    /// What a view tells of a text that is read in windows of this size, and how many lines it counts.
    fn viewed(name: &str, text: &[u8], lines: LineView, chunk: usize) -> (Vec<Finding>, u64) {
        let (key, told) = (Key::given([7; 32]), RefCell::new(Vec::new()));
        let origin = Origin::new(Path::new(name), Source::File);
        let sink = |finding: Finding| told.borrow_mut().push(finding);
        let asked = Asked { lines, rules: builtin(), key: &key, show_secrets: false };
        let mut view = View::new(asked, &origin).unwrap();
        let mut reader = text;
        let mut each = |_, window: Window<'_>| {
            let dealt = window.owned.end;
            view.take(&window, dealt, &sink);
            Some(dealt)
        };
        Windows::of(chunk).unwrap().read(&mut reader, None, &mut each).unwrap();
        let mut outcome = Outcome::default();
        view.finish(&mut outcome, &sink);
        (told.into_inner(), outcome.findings[Level::Entropy as usize])
    }

    fn told(findings: &[Finding]) -> Vec<String> {
        let one = |finding: &Finding| {
            format!("{}:{} {} {}", finding.line, finding.column, finding.remarks().concat(), finding.excerpt)
        };
        findings.iter().map(one).collect()
    }

    /// Letters and digits as chance gives them.
    fn token(seed: usize, length: usize) -> String {
        let mut state = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[(state >> 33) as usize % 62]
                as char
        };
        (0..8).for_each(|_| _ = next());
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn lines_that_are_recognised_are_one_entry() {
        let integrity = |n: usize| format!("      \"integrity\": \"sha512-{}==\",\n", token(n, 86));
        let lock: String = (0..412).map(integrity).collect();
        let text = format!("{{\n{lock}}}\nx = \"{}\" # password=hunter2x\n", token(3, 40));
        let (findings, lines) = viewed("package-lock.json", text.as_bytes(), LineView::Folded, 1 << 20);
        let expected = [
            "415:6  x = \"********\" # password=********",
            "2:28 412 lines like this: sha512 integrity \"integrity\": \"sha512-********==\",",
        ];
        assert_eq!((told(&findings), lines), (expected.map(str::to_owned).to_vec(), 413));
        let (each, lines) = viewed("package-lock.json", text.as_bytes(), LineView::Each, 1 << 20);
        let integrity = each.iter().filter(|finding| finding.folded.is_some()).count();
        assert_eq!((each.len(), integrity, lines), (413, 412, 413), "each line is told by itself");
    }

    #[test]
    fn lines_of_one_shape_are_one_entry_when_they_are_many() {
        let text = |count: usize| {
            (0..count).fold(String::new(), |text, n| format!("{text}vector {n}: {}\n", token(n + 1, 64)))
        };
        let of = |count, lines| viewed("a.txt", text(count).as_bytes(), lines, 1 << 20).0;
        assert_eq!(of(9, LineView::Folded).iter().filter(|one| one.folded.is_none()).count(), 9);
        let many = of(40, LineView::Folded);
        assert_eq!(told(&many), ["1:11 40 lines like this: the same but for the token vector 0: ********"]);
        let each = of(40, LineView::Each);
        assert_eq!(each.iter().filter(|one| one.folded.is_some()).count(), 40);
    }

    #[test]
    fn a_private_key_is_folded_and_named() {
        let body: String = (0..20).map(|n| token(n + 1, 64) + "\n").collect();
        let text = format!(
            "-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----\nx {}\n",
            token(5, 40)
        );
        let (findings, _) = viewed("id_rsa", text.as_bytes(), LineView::Folded, 1 << 20);
        let told = told(&findings);
        assert!(
            told[1].contains("lines like this: private key block") && told[0].starts_with("23:3"),
            "{told:?}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Wherever windows end, the same lines are told.
        #[test]
        fn windows_change_nothing(
            lines in proptest::collection::vec(("[a-z =:]{0,30}", 0_usize..60, 0_usize..200), 200..900),
            grow in 1_usize..30_000,
        ) {
            let line = |(before, seed, length): &(String, usize, usize)| format!("{before} {}\n", token(*seed, *length));
            let text: String = lines.iter().map(line).collect();
            let place = |finding: &Finding| (finding.line, finding.column, finding.folded.map(|folded| folded.class));
            let all = |chunk| {
                let (findings, count) = viewed("a.txt", text.as_bytes(), LineView::Each, chunk);
                let mut places: Vec<_> = findings.iter().map(place).collect();
                places.sort_unstable();
                (places, count)
            };
            prop_assert_eq!(all(5 * OVERLAP + grow), all(1 << 20));
        }
    }
}
