//! The look at a text of which not more is known than what its name says of how to read it: what in it may be a secret.
//!
//! It sees what a scan of the file would see, and makes no findings of it: only marks. Whether they hold is decided
//! when the text has its place. Pure.

use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, MatchKind};

use super::entry::Copied;
use super::manner::Manner;
use super::suspects::{Marker, What};
use super::zones::{Before, Held, context, plan, widened};
use crate::scan::blob::NAMED_CAP;
use crate::scan::decoding::{is_manifest, reveal};
use crate::scan::encoding::{Encoding, detect};
use crate::scan::entropy::surprise;
use crate::scan::identity::Key;
use crate::scan::matcher::{Hit, Traces, gather_in, settle};
use crate::scan::rule::RuleSet;
use crate::scan::unpack::kind::recognise;
use crate::scan::window::{CHUNK, OVERLAP, Window};

/// How much of the beginning tells what a text is.
const HEAD: usize = 4 * 4096;

/// What the look at a text came to.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    /// How it was read.
    manner: Manner,
    /// The kind of text; only what is read as it stands is looked at here.
    pub(crate) is_binary: bool,
    /// Something in it says how far-off parts are read: whatever is made out of it is looked at as a whole.
    is_one: bool,
    /// How long it is.
    length: usize,
    pub(crate) held: Vec<Held>,
    /// Where keys of many lines may begin.
    openings: Vec<u32>,
}

/// Looks at texts, one after the other, in memory that it keeps.
pub(crate) struct Eye<'a> {
    rules: &'static RuleSet,
    key: &'a Key,
    marker: &'a Marker,
    /// Whether names, URLs and headers are looked for in binary content too.
    binaries: bool,
    /// Whether all rules decide by what lies near.
    sees_near: bool,
    /// What keys of many lines begin with.
    openings: Option<AhoCorasick>,
    hits: Vec<Hit>,
    traces: Traces,
    /// How many bytes were looked at.
    #[cfg(test)]
    bytes: usize,
}

/// More was found, or something reaches further, than a look at a part can tell.
struct Beyond;

impl<'a> Eye<'a> {
    pub(crate) fn new(rules: &'static RuleSet, key: &'a Key, marker: &'a Marker, binaries: bool) -> Self {
        let openings =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(rules.openings()).ok();
        // What comes from elsewhere may look at a whole file.
        let sees_near = rules.anchors.in_file.is_empty() && openings.is_some();
        Self {
            rules,
            key,
            marker,
            binaries,
            sees_near,
            openings,
            hits: Vec::new(),
            traces: Traces::default(),
            #[cfg(test)]
            bytes: 0,
        }
    }

    /// Looks at a whole text; `None` when it has to be unpacked or decoded first, or holds too much.
    pub(crate) fn whole(&mut self, (text, manner): (&[u8], Manner), least: f64) -> Option<Seen> {
        let is_binary = is_binary(text)?;
        let (held, openings) = (Vec::new(), Vec::new());
        let mut seen = Seen { manner, is_binary, is_one: false, length: text.len(), held, openings };
        let mut owned = 0;
        loop {
            let end = if text.len() - owned > CHUNK { owned + CHUNK } else { text.len() };
            let window = owned.saturating_sub(OVERLAP)..text.len().min(end + OVERLAP);
            owned = self.part(text, window, owned..end, true, least, &mut seen).ok()?;
            if end == text.len() {
                seen.openings.sort_unstable();
                return Some(seen);
            }
        }
    }

    /// Looks at a text that was made out of one that was looked at.
    pub(crate) fn changed(
        &mut self,
        (text, manner): (&[u8], Manner),
        base: &Seen,
        copies: &[Copied],
        least: f64,
    ) -> Option<Seen> {
        let is_same_kind = copies.first().is_some_and(|first| first.from == 0 && first.length >= HEAD)
            || is_binary(text)? == base.is_binary;
        if !is_same_kind || manner != base.manner || !self.sees_near || base.is_one {
            return self.whole((text, manner), least);
        }
        let before = Before { length: base.length, held: &base.held, openings: &base.openings };
        let Some(plan) = plan(text, copies, before) else { return self.whole((text, manner), least) };
        let (is_binary, length) = (base.is_binary, text.len());
        let (held, openings) = (plan.held, plan.openings);
        let mut seen = Seen { manner, is_binary, is_one: false, length, held, openings };
        seen.held.retain(|held| held.what.may_matter(least));
        // What stands where it stood may be judged by what does not.
        for held in seen.held.iter_mut().filter(|held| matches!(held.what, What::Named(_))) {
            let around = context(text, &held.place);
            let next = plan.zones.partition_point(|zone| zone.end <= around.start);
            if plan.zones.get(next).is_some_and(|zone| zone.start < around.end) {
                held.what = What::Named(self.marker.seen_in(held.mark, &text[around]));
            }
        }
        let carried = (seen.held.len(), seen.openings.len());
        for zone in plan.zones {
            let window = widened(text, &zone);
            let end = zone.end as u32;
            if self.part(text, window, zone, false, least, &mut seen).is_err() || seen.is_one {
                return self.whole((text, manner), least);
            }
            // A key that begins here may cover what was found further on.
            let longest = seen.held[carried.0..].iter().map(|held| held.part.end).max().unwrap_or(0);
            let is_covered = |held: &Held| held.part.start < longest && held.part.end > end;
            if longest > end && seen.held[..carried.0].iter().any(is_covered) {
                return self.whole((text, manner), least);
            }
        }
        if seen.held.len() > carried.0 {
            seen.held.sort_by_key(|held| held.part.start);
        }
        if seen.openings.len() > carried.1 {
            seen.openings.sort_unstable();
        }
        Some(seen)
    }

    /// Looks at the part of a text that is `owned`, and sees the window around it; gives the place up to which it
    /// has dealt with that part, which is its end unless that `may_stop` before.
    fn part(
        &mut self,
        text: &[u8],
        mut window: Range<usize>,
        owned: Range<usize>,
        may_stop: bool,
        least: f64,
        seen: &mut Seen,
    ) -> Result<usize, Beyond> {
        let known = seen.openings.len();
        if let Some(openings) = &self.openings {
            let end = text.len().min(owned.end + openings.max_pattern_len().saturating_sub(1));
            let mut at = owned.start;
            // One may begin within another.
            while let Some(found) = openings.find(Input::new(text).range(at..end)) {
                at = found.start() + 1;
                seen.openings.extend((at <= owned.end).then_some(found.start() as u32));
            }
        }
        if seen.openings.len() > known && !may_stop {
            window.end = text.len().min(window.end.max(owned.end + OVERLAP));
        }
        seen.is_one |= seen.manner.names().may_be_manifest() && is_manifest(&text[window.clone()]);
        #[cfg(test)]
        {
            self.bytes += window.len();
        }
        let (rules, start) = (self.rules, window.start);
        let all = text;
        let text = &text[window.clone()];
        let own = owned.start - start..owned.end - start;
        let flavour = seen.manner.flavour();
        let flavour = if seen.is_binary { flavour.of_binary(self.binaries) } else { flavour };
        let (hits, traces) = (&mut self.hits, &mut self.traces);
        // A part is seen with all that stands beside it, a window only on its own.
        let own_part = if may_stop { own.clone() } else { 0..text.len() };
        let dealt = gather_in(rules, text, own_part, flavour, hits, Some(traces));
        let dealt = if may_stop { dealt } else { own.end };
        let mut parts: Vec<Range<usize>> = hits.iter().map(|hit| hit.span.start..hit.cover).collect();
        settle(hits, false);
        let (offset, last) = (start as u64, window.end == all.len());
        let view = Window { text, owned: own.start..dealt, offset, last };
        let (revealed, _) = reveal(rules, &view, dealt, flavour, seen.manner.names(), traces, hits);
        hits.retain(|hit| hit.span.start >= own.start && hit.span.start < dealt);
        if hits.is_empty() {
            return Ok(start + dealt);
        }
        parts.extend(revealed.iter().map(|one| one.run.clone()));
        parts.sort_unstable_by_key(|part| part.start);
        parts.dedup_by(|next, last| {
            let overlaps = next.start < last.end;
            if overlaps {
                last.end = last.end.max(next.end);
            }
            overlaps
        });
        for hit in &*hits {
            let at = revealed.partition_point(|one| one.place.start < hit.span.start);
            let decoded = revealed.get(at).filter(|one| one.place.start == hit.span.start);
            let secret = decoded
                .map_or(&text[hit.span.start..hit.cover], |one| &one.text[one.hit.span.start..one.hit.cover]);
            let at = parts.partition_point(|part| part.end <= hit.span.start);
            let part = parts.get(at).cloned().unwrap_or(hit.span.start..hit.cover);
            let part = part.start.min(hit.span.start)..part.end.max(hit.cover);
            // What ends with the window may go on behind it.
            if !may_stop && ((part.end >= text.len() && !last) || (part.start == 0 && start > 0)) {
                return Err(Beyond);
            }
            let part = (start + part.start) as u32..(start + part.end) as u32;
            let place = (start + hit.span.start) as u32..(start + hit.cover) as u32;
            let mark = self.marker.of(&rules.rules[hit.rule].id, &self.key.secret_id(secret));
            let what = if Some(hit.rule) == rules.entropy {
                What::Token(mark, surprise(secret).excess())
            } else {
                What::Named(self.marker.seen_in(mark, &all[context(all, &place)]))
            };
            if what.may_matter(least) {
                seen.held.push(Held { part, place, mark, what });
            }
        }
        if seen.held.len() as u64 > NAMED_CAP { Err(Beyond) } else { Ok(start + dealt) }
    }
}

/// Whether this is binary content; `None` when it is not read as it stands.
fn is_binary(text: &[u8]) -> Option<bool> {
    if recognise(&text[..text.len().min(HEAD)]).is_some() {
        return None;
    }
    match detect(text) {
        Encoding::Plain(_) => Some(false),
        Encoding::Binary => Some(true),
        Encoding::Utf16 { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_syntax::hir::{Class, Hir, HirKind};

    use super::super::entry::fresh;
    use super::super::zones::BESIDE;
    use super::*;
    use crate::scan::rule::builtin;

    const TOKEN: &str = "ghp_q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu";

    /// Looks at `text` as made out of `base`, and as a whole; both must have seen the same, now in one manner and now
    /// in another. Gives how much was looked at.
    fn check(base: &[u8], text: &[u8], copies: &[Copied]) -> usize {
        let manner =
            if (base.len() + text.len()).is_multiple_of(3) { Manner::of(b"a.rs") } else { Manner::UNKNOWN };
        for copy in copies {
            assert_eq!(text[copy.at..copy.end()], base[copy.from..copy.from + copy.length]);
        }
        let (key, marker) = (Key::given([7; 32]), Marker::default());
        let mut eye = Eye::new(builtin(), &key, &marker, false);
        let least = f64::NEG_INFINITY;
        let before = eye.whole((base, manner), least).unwrap();
        let mut whole = eye.whole((text, manner), least).unwrap();
        eye.bytes = 0;
        let mut changed = eye.changed((text, manner), &before, copies, least).unwrap();
        // How far a find hangs together with others may be told more or less exactly.
        let bare = |seen: &mut Seen| {
            let mut all: Vec<String> = seen.held.iter().map(|held| format!("{:?}", held.what)).collect();
            all.sort();
            all
        };
        if bare(&mut changed) != bare(&mut whole) || changed.openings != whole.openings {
            let shown = |range: Range<u32>| {
                String::from_utf8_lossy(&text[range.start as usize..range.end as usize]).into_owned()
            };
            let told = |seen: &Seen| -> Vec<String> {
                seen.held.iter().map(|held| format!("{:?} {}", held.part, shown(held.part.clone()))).collect()
            };
            panic!(
                "{:?}\nchanged {:#?}\nwhole {:#?}",
                fresh(copies, base.len(), text.len()),
                (told(&changed), &changed.openings),
                (told(&whole), &whole.openings)
            );
        }
        eye.bytes
    }

    #[test]
    fn what_a_find_is_judged_by_may_stand_further_off() {
        let find = "x = \"tr0ub4dor&3x\"\npassword = \"tr0ub4dor&3x\"\n";
        for far in (0..320).step_by(8) {
            let between = [&filler(40), find, &"-\n".repeat(far / 2)].concat();
            check_edit(between.as_bytes(), b"", b"# an example\n", filler(40).as_bytes());
            let between = [&"-\n".repeat(far / 2), find, &filler(40)].concat();
            check_edit(filler(40).as_bytes(), b"word", b"# an example\n", between.as_bytes());
        }
    }

    /// A change of one place, both ways.
    fn check_edit(before: &[u8], old: &[u8], new: &[u8], behind: &[u8]) {
        let (base, text) = ([before, old, behind].concat(), [before, new, behind].concat());
        let (first, second) = (before.len(), before.len() + new.len());
        let copies = [
            Copied { from: 0, at: 0, length: first },
            Copied { from: first + old.len(), at: second, length: behind.len() },
        ];
        check(&base, &text, &copies);
        let copies = [
            Copied { from: 0, at: 0, length: first },
            Copied { from: second, at: first + old.len(), length: behind.len() },
        ];
        check(&text, &base, &copies);
    }

    fn filler(lines: usize) -> String {
        (0..lines)
            .map(|at| format!("line {at} of a list of words that say nothing\n"))
            .collect::<Vec<_>>()
            .concat()
    }

    fn pem() -> String {
        let rows = "MIIEabcdefgh0123456789ABCDEFGHijklmnop+/qrstuvwxyzABCDEFGHIJKLMN\n".repeat(12);
        format!("-----BEGIN {0}-----\n{rows}-----END {0}-----\n", "RSA PRIVATE KEY")
    }

    fn wrapped() -> String {
        use base64::Engine as _;
        let plain = format!("{}password = \"tr0ub4dor&3x\"\n{TOKEN}\n{}", filler(3), filler(3));
        let letters = base64::engine::general_purpose::STANDARD.encode(plain);
        letters
            .as_bytes()
            .chunks(64)
            .map(|row| format!("{}\n", String::from_utf8_lossy(row)))
            .collect::<Vec<_>>()
            .concat()
    }

    /// What is found in some way or other.
    fn pieces() -> Vec<String> {
        vec![
            format!("x = \"{TOKEN}\"\n"),
            "password = \"tr0ub4dor&3x\"\n".into(),
            "api_key:\n  q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYA\n".into(),
            "url = postgres://admin:tr0ub4dor3x@db.internal/x\n".into(),
            "Authorization: Bearer q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYA\n".into(),
            "aws_access_key_id = AKIAQ3EGVJ5PW7NLZ2XT\naws_secret_access_key = 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\n".into(),
            pem(),
            wrapped(),
            "<acmeToken>\n    0f3a9c21b4d7e6850f3a9c21b4d7e685\n</acmeToken>\n".into(),
            "passwords:\n  - tr0ub4dor3x\n  - q8Zr2mT0xW5nB7v\n  - c0rrecth0rse\n  - st4pleb4ttery\n".into(),
            "password: >-\n\n    tr0ub4dor3xq8Zr2mT0x\n".into(),
            "secret_keys = [\n    \"tr0ub4dor3xq8Zr2mT0x\",\n    \"q8Zr2mT0xW5nB7vK1cJ9\",\n    \"dL4hP6sG3fYAe2Xu99\",\n]\n".into(),
            "docker run \\\n  -e NAME=x \\\n  --tmpfs /run/some/folder/or/other:size=64m \\\n  --password tr0ub4dor3x \\\n  image\n".into(),
            "mysql -h db.internal \\\n  -u root \\\n  -ptr0ub4dor3x\n".into(),
            "<add key=\"Password\"\n     value=\"tr0ub4dor3x\"/>\n".into(),
            "- name: DB_PASSWORD\n  value: \"tr0ub4dor3x\"\n".into(),
            "kind: Secret\ndata:\n  password: YWRtaW4xMjM=\n".into(),
            "q = %67%68%70%5fq8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu\n".into(),
            "curl -u admin:tr0ub4dor3x https://example.org\n".into(),
            "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: x\nPublic-Lines: 1\nAAAAB3NzaC1yc2EAAAADAQABAAAB\nPrivate-Lines: 1\nAAABAQCq8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYA\n".into(),
            "sha256 = \"0f3a9c21b4d7e6850f3a9c21b4d7e6850f3a9c21b4d7e6850f3a9c21b4d7e685\"\n".into(),
            "id q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu and eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U\n".into(),
        ]
    }

    #[test]
    fn an_edit_at_every_place_of_a_secret() {
        let (before, behind) = (filler(60), filler(60));
        for piece in pieces() {
            let piece = piece.as_bytes();
            // Long ones are tried at fewer places.
            let step = piece.len() / 60 + 1;
            for at in (0..=piece.len()).step_by(step) {
                let before = [before.as_bytes(), &piece[..at]].concat();
                let behind = [&piece[at..], behind.as_bytes()].concat();
                for new in [&b"x"[..], b"\n", b" 7", b"\"", b"\n-----BEGIN RSA PRIVATE KEY-----\n"] {
                    check_edit(&before, b"", new, &behind);
                }
                if at < piece.len() {
                    check_edit(&before, &piece[at..=at], b"", &behind[1..]);
                    check_edit(&before, &piece[at..=at], b"_", &behind[1..]);
                }
            }
        }
    }

    #[test]
    fn two_copies_join_two_halves() {
        for piece in pieces() {
            let piece = piece.as_bytes();
            for at in (1..piece.len()).step_by(piece.len() / 30 + 1) {
                // The halves stand far from one another in the base, and side by side in the text.
                let base = [
                    filler(50).as_bytes(),
                    &piece[..at],
                    filler(70).as_bytes(),
                    &piece[at..],
                    filler(50).as_bytes(),
                ]
                .concat();
                let (first, gap) = (filler(50).len() + at, filler(70).len());
                let text = [&base[..first], &base[first + gap..]].concat();
                let joined = [
                    Copied { from: 0, at: 0, length: first },
                    Copied { from: first + gap, at: first, length: text.len() - first },
                ];
                check(&base, &text, &joined);
                let parted = [
                    Copied { from: 0, at: 0, length: first },
                    Copied { from: first, at: first + gap, length: text.len() - first },
                ];
                check(&text, &base, &parted);
            }
        }
    }

    #[test]
    fn a_small_change_of_a_large_text_is_a_small_look() {
        let base = filler(4000);
        let text = base.replacen("line 2000", "line x", 1);
        let at = base.find("line 2000").unwrap();
        let copies = [
            Copied { from: 0, at: 0, length: at },
            Copied { from: at + 9, at: at + 6, length: base.len() - at - 9 },
        ];
        let looked = check(base.as_bytes(), text.as_bytes(), &copies);
        assert!(looked < 10 * BESIDE, "{looked} of {}", text.len());
    }

    proptest! {
        #[test]
        fn what_is_seen_does_not_hang_on_the_way_to_a_text(
            parts in proptest::collection::vec((0..45_usize, 0..40_usize), 4..24),
            cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..60_usize, 0..4_usize, "[a-z0-9=\" \n]{0,12}"), 1..4),
        ) {
            let pieces = pieces();
            let base: String = parts.iter().map(|&(piece, lines)| filler(lines) + pieces.get(piece).map_or("", |piece| piece)).collect();
            let (mut copies, mut text, mut from) = (Vec::new(), Vec::new(), 0);
            let mut places: Vec<(usize, usize, usize, String)> =
                cuts.into_iter().map(|(at, length, kind, new)| (at.index(base.len() + 1), length, kind, new)).collect();
            places.sort();
            let copy = |range: Range<usize>, text: &mut Vec<u8>, copies: &mut Vec<Copied>| {
                if !range.is_empty() {
                    copies.push(Copied { from: range.start, at: text.len(), length: range.len() });
                    text.extend_from_slice(&base.as_bytes()[range]);
                }
            };
            for (at, length, kind, new) in places {
                if at < from {
                    continue;
                }
                copy(from..at, &mut text, &mut copies);
                match kind {
                    0 => text.extend_from_slice(new.as_bytes()),
                    // Something from elsewhere comes in between, or what stood here comes once more.
                    1 => copy(at / 2..(at / 2 + 9 * length).min(base.len()), &mut text, &mut copies),
                    2 => copy(at.saturating_sub(9 * length)..at, &mut text, &mut copies),
                    _ => {}
                }
                from = (at + length).min(base.len());
            }
            copy(from..base.len(), &mut text, &mut copies);
            check(base.as_bytes(), &text, &copies);
        }
    }

    fn some_part(part: &Hir, is: &dyn Fn(&Hir) -> bool) -> bool {
        is(part)
            || match part.kind() {
                HirKind::Repetition(many) => some_part(&many.sub, is),
                HirKind::Capture(group) => some_part(&group.sub, is),
                HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                    parts.iter().any(|part| some_part(part, is))
                }
                _ => false,
            }
    }

    /// Whether it may match a line end.
    fn ends_a_line(part: &Hir) -> bool {
        some_part(part, &|part| match part.kind() {
            HirKind::Class(Class::Bytes(class)) => {
                class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&b'\n'))
            }
            HirKind::Class(Class::Unicode(_)) => true,
            HirKind::Literal(literal) => literal.0.contains(&b'\n'),
            _ => false,
        })
    }

    /// How far a match goes on over line ends: from the first to the last one before its place, and from the first to the
    /// last one in or behind that. `None` when there is no such bound.
    fn over_lines(pattern: &Hir) -> Option<usize> {
        let parts: Vec<&Hir> = match pattern.kind() {
            HirKind::Concat(parts) => parts.iter().collect(),
            _ => vec![pattern],
        };
        let is_place = |part: &&Hir| some_part(part, &|part| matches!(part.kind(), HirKind::Capture(_)));
        let place = parts.iter().position(is_place).unwrap_or(0);
        let length = |parts: &[&Hir]| -> Option<usize> {
            parts.iter().map(|part| part.properties().maximum_len()).sum()
        };
        let over = |parts: &[&Hir]| match parts.iter().position(|part| ends_a_line(part)) {
            Some(first) => length(&parts[first..=parts.iter().rposition(|part| ends_a_line(part))?]),
            None => Some(0),
        };
        Some(over(&parts[..place])?.max(over(&parts[place..])?))
    }

    #[test]
    fn rules_see_near_or_say_that_they_do_not() {
        let parse = |pattern: &str| {
            regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).unwrap()
        };
        let mut far = Vec::new();
        for rule in builtin().rules.iter().filter(|rule| !rule.pattern.is_empty() && !rule.lines) {
            match over_lines(&parse(rule.pattern)) {
                Some(bytes) if bytes <= BESIDE => {}
                other => far.push((rule.id.to_string(), other)),
            }
        }
        assert!(far.is_empty(), "they need `lines = true`: {far:?}");
    }
}
