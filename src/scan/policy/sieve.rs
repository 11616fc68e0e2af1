//! What a configuration says of the hits in one file, before the best of those that overlap is chosen. Pure.
//!
//! A hit that its rule does not want, for its path, its entropy or its own allowlist, was never one: another rule's
//! hit in the same place counts. What holds for all rules is asked afterwards, of the best hit, by the desk.

use std::ops::Range;

use super::aliases::begins;
use super::allowlist::Candidate;
use super::book::{Book, NameRule, Own, Page};
use super::comments;
use crate::scan::entropy;
use crate::scan::matcher::Hit;

/// How many places of required rules one file may hold; further ones count for nothing.
const MOST_PLACES: usize = 100_000;

/// What a configuration says of one file.
#[derive(Debug)]
pub(crate) struct Sieve<'a> {
    book: &'a Book,
    /// The file, as its patterns see it.
    path: String,
    commit: Option<&'a str>,
    /// Whether no allowlist holds.
    is_strict: bool,
    /// The matches of the window's hits by the configuration's rules, in order.
    matches: Vec<Match>,
    /// What the configuration's rules found in the window, in order: none of it may be shown beside another.
    secrets: Vec<Range<usize>>,
    /// Where required rules found something: rule, line, column.
    places: Vec<(usize, u64, u64)>,
}

/// Where a window begins that is sifted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begin {
    /// A place in its text with a line and a column that are known.
    pub(crate) at: usize,
    pub(crate) line: u64,
    pub(crate) column: u64,
}

impl<'a> Sieve<'a> {
    pub(crate) fn new(book: &'a Book, path: String, commit: Option<&'a str>, is_strict: bool) -> Self {
        Self { book, path, commit, is_strict, matches: Vec::new(), secrets: Vec::new(), places: Vec::new() }
    }

    /// Takes out the hits that their own rules do not want; gives how many of the owned ones an allowlist took.
    pub(crate) fn sift(
        &mut self,
        text: &[u8],
        owned: &Range<usize>,
        begin: Begin,
        hits: &mut Vec<Hit>,
    ) -> u64 {
        self.matches.clear();
        let mut taken: Vec<Range<usize>> = Vec::new();
        hits.retain_mut(|hit| match self.look(text, hit) {
            Fate::Stays => true,
            Fate::Goes => false,
            Fate::Allowed => {
                taken.push(hit.span.start..hit.cover);
                false
            }
        });
        self.matches.sort_by_key(|known| known.of);
        self.note_places(text, owned, begin, hits);
        let own = |hit: &&Hit| self.book.pages[hit.rule].own.is_some();
        self.secrets = hits.iter().filter(own).map(|hit| hit.span.start..hit.cover).collect();
        self.secrets.sort_by_key(|secret| (secret.start, secret.end));
        hits.retain(|hit| !self.book.pages[hit.rule].own.as_ref().is_some_and(|own| own.is_silent));
        // A token is not listed for its entropy where somebody has said what it is.
        let entropy = self.book.set.entropy;
        let meets = |hit: &Hit, place: &Range<usize>| hit.span.start < place.end && place.start < hit.cover;
        if !taken.is_empty() {
            hits.retain(|hit| Some(hit.rule) != entropy || !taken.iter().any(|place| meets(hit, place)));
        }
        taken.sort_by_key(|place| (place.start, place.end));
        taken.dedup_by(|a, b| a.start < b.end);
        let counts =
            |place: &&Range<usize>| owned.contains(&place.start) && !hits.iter().any(|hit| meets(hit, place));
        taken.iter().filter(counts).count() as u64
    }

    /// What the configuration's rules found in the window, in order.
    pub(crate) fn secrets(&self) -> &[Range<usize>] {
        &self.secrets
    }

    fn look(&mut self, text: &[u8], hit: &mut Hit) -> Fate {
        let page = &self.book.pages[hit.rule];
        let mut whole = hit.span.start..hit.cover;
        let mut secret = whole.clone();
        if let Some(own) = &page.own {
            let group = own.secret(text, &whole);
            if own.entropy > 0.0 && entropy::bits(&text[group.clone()]) <= own.entropy {
                return Fate::Goes;
            }
            // With several groups and none named it is not known which one must be hidden: all of the match is.
            // A pattern that ends with the line has not met the next one.
            whole = trimmed(text, whole);
            let is_known = own.group > 0 || own.regex.captures_len() == 2;
            let hidden = if is_known { group.clone() } else { whole.clone() };
            (hit.span, hit.cover) = (hidden.clone(), hidden.end);
            secret = group;
            self.matches.push(Match {
                of: (hit.rule, hit.span.start),
                whole: whole.clone(),
                secret: secret.clone(),
            });
        } else {
            whole = told_as_match(text, &whole);
        }
        let bytes = &text[secret.clone()];
        if page.off.iter().any(|starts| begins(bytes, starts)) {
            return Fate::Goes;
        }
        let elsewhere = page.paths.iter().filter(|(starts, _)| begins(bytes, starts));
        if elsewhere.into_iter().any(|(_, path)| !path.is_match(self.path.as_bytes())) {
            return Fate::Goes;
        }
        let candidate = self.candidate(text, secret, whole);
        let allows = |page: &Page| {
            page.allowlists.iter().any(|(starts, list)| begins(bytes, starts) && list.allows(&candidate))
        };
        if !self.is_strict && allows(page) { Fate::Allowed } else { Fate::Stays }
    }

    fn candidate<'t>(&'t self, text: &'t [u8], secret: Range<usize>, whole: Range<usize>) -> Candidate<'t> {
        let (line, _) = comments::lines(text, &whole);
        Candidate {
            path: self.path.as_bytes(),
            commit: self.commit,
            secret: &text[secret],
            whole: &text[whole],
            line: &text[line],
        }
    }

    /// Rules that the name of the file alone meets.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = &'a NameRule> {
        let (path, strict) = (self.path.clone(), self.is_strict);
        let commit = self.commit;
        self.book.names.iter().filter(move |rule| {
            let allowed = rule.allowlists.iter().any(|list| list.allows_file(path.as_bytes(), commit));
            rule.path.is_match(path.as_bytes()) && (strict || !allowed)
        })
    }

    /// Whether an allowlist for all rules allows this hit, which was sifted before.
    pub(crate) fn allows(&self, text: &[u8], hit: &Hit) -> bool {
        if self.book.global.is_empty() {
            return false;
        }
        let known = self.matches.binary_search_by_key(&(hit.rule, hit.span.start), |known| known.of).ok();
        let (whole, secret) = if let Some(known) = known.map(|at| &self.matches[at]) {
            (known.whole.clone(), known.secret.clone())
        } else {
            let secret = hit.span.start..hit.cover;
            (told_as_match(text, &secret), secret)
        };
        let candidate = self.candidate(text, secret, whole);
        self.book.global.iter().any(|list| list.allows(&candidate))
    }

    /// Remembers where required rules found something.
    fn note_places(&mut self, text: &[u8], owned: &Range<usize>, begin: Begin, hits: &mut [Hit]) {
        let is_required =
            |hit: &Hit| self.book.pages[hit.rule].own.as_ref().is_some_and(|own| own.is_required);
        let mut starts: Vec<(usize, usize)> = hits
            .iter()
            .filter(|hit| is_required(hit) && owned.contains(&hit.span.start))
            .map(|hit| (hit.span.start, hit.rule))
            .collect();
        starts.sort_unstable();
        let Begin { mut at, mut line, mut column } = begin;
        for (start, rule) in starts {
            let between = &text[at..start];
            line += memchr::memchr_iter(b'\n', between).count() as u64;
            column = match memchr::memrchr(b'\n', between) {
                Some(last) => (between.len() - last) as u64,
                None => column + between.len() as u64,
            };
            at = start;
            if self.places.len() < MOST_PLACES {
                self.places.push((rule, line, column));
            }
        }
    }

    /// Whether a rule reports only near what others found.
    pub(crate) fn has_needs(&self, rule: usize) -> bool {
        self.book.pages[rule].own.as_ref().is_some_and(|own| !own.required.is_empty())
    }

    /// Whether all that a rule requires was found near enough; to be asked at the end of a file.
    pub(crate) fn is_met(&self, rule: usize, line: u64, column: u64) -> bool {
        let Some(own) = &self.book.pages[rule].own else { return true };
        own.required.iter().all(|(other, needs)| {
            self.places.iter().any(|(found, its_line, its_column)| {
                found == other
                    && needs.within_lines.is_none_or(|most| line.abs_diff(*its_line) <= most)
                    && needs.within_columns.is_none_or(|most| column.abs_diff(*its_column) <= most)
            })
        })
    }
}

/// What one of the configuration's rules met.
#[derive(Debug)]
struct Match {
    /// The rule, and where its hit starts.
    of: (usize, usize),
    whole: Range<usize>,
    secret: Range<usize>,
}

/// What stands for the match of a rule of ours, which has none as gitleaks would tell it: the line up to the secret,
/// and the quote behind it.
fn told_as_match(text: &[u8], secret: &Range<usize>) -> Range<usize> {
    comments::lines(text, secret).0.start..(secret.end + 1).min(text.len())
}

/// A match without the line feeds at its ends.
fn trimmed(text: &[u8], mut whole: Range<usize>) -> Range<usize> {
    while whole.len() > 1 && text[whole.end - 1] == b'\n' {
        whole.end -= 1;
    }
    while whole.len() > 1 && text[whole.start] == b'\n' {
        whole.start += 1;
    }
    whole
}

enum Fate {
    Stays,
    Goes,
    Allowed,
}

impl Own {
    /// What gitleaks takes for the secret of a match: the group that is named, or else the first that is not empty.
    fn secret(&self, text: &[u8], whole: &Range<usize>) -> Range<usize> {
        if self.regex.captures_len() == 1 {
            return whole.clone();
        }
        // The text before and behind counts for its borders, and the leftmost match from here is this one.
        let found = self
            .regex
            .captures_at(text, whole.start)
            .filter(|found| found.get(0).is_some_and(|found| found.start() == whole.start));
        let Some(found) = found else { return whole.clone() };
        let group =
            |group: usize| found.get(group).map(|group| group.range()).filter(|range| !range.is_empty());
        match self.group {
            0 => (1..found.len()).find_map(group),
            named => group(named),
        }
        .unwrap_or_else(|| whole.clone())
    }
}
