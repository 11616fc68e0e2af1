//! The order of the lists and what their filters keep, made once for each change and not for each frame.
//!
//! A list knows what it was made of. `Lists::of` gives back what is still true of it and makes the rest anew:
//! `update` keeps the result, and a frame that is drawn of a newer view than the last update saw is right too.

use std::collections::HashMap;
use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

use super::overlay::facets::{self, Facet};
use super::parts::List;
use super::query::Query;
use super::scan::order as findings;
use super::state::{Column, FindingColumn, Overlay, UiState};
use super::view::View;
use super::watch::members;
use super::watch::tree::{self, Line};
use crate::model::job::Job;
use crate::model::member::MemberId;
use crate::scan::found::Found;

/// All lists of a screen. Cheap to clone, and equal only to what it was cloned of.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    pub(super) members: Arc<Members>,
    pub(super) findings: Arc<Findings>,
    pub(super) log: Arc<Log>,
}

impl PartialEq for Lists {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.members, &other.members)
            && Arc::ptr_eq(&self.findings, &other.findings)
            && Arc::ptr_eq(&self.log, &other.log)
    }
}

/// The rows of the member table.
#[derive(Debug, Default)]
pub(super) struct Members {
    of: MembersOf,
    pub(super) lines: Vec<Line>,
    /// How many members the filter keeps.
    pub(super) kept: usize,
    /// Columns that PIDs and names need; they only grow, so that the table does not jump.
    pub(super) pid_width: u16,
    pub(super) name_width: u16,
}

/// The rows of the findings.
#[derive(Debug, Default)]
pub(super) struct Findings {
    of: FindingsOf,
    pub(super) rows: Rows,
    /// How many findings there are of each level, as the scan pane orders them.
    pub(super) levels: [usize; 4],
    /// Columns that rules need; they only grow.
    pub(super) rule_width: u16,
    pub(super) facets: Vec<Facet>,
}

/// The lines of the log.
#[derive(Debug, Default)]
pub(super) struct Log {
    of: LogOf,
    pub(super) rows: Rows,
    /// The number of the first line that is kept in memory, counted from the first line ever seen.
    pub(super) first: u64,
}

/// Which places of some data are shown, in which order.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// All of them, as they come, where there is none.
    picked: Option<Vec<u32>>,
    /// How many places there are.
    pub(super) all: usize,
}

impl Rows {
    const fn all(all: usize) -> Self {
        Self { picked: None, all }
    }

    pub(super) fn len(&self) -> usize {
        self.picked.as_ref().map_or(self.all, Vec::len)
    }

    /// The place that row `n` shows.
    pub(super) fn place(&self, n: usize) -> Option<usize> {
        match &self.picked {
            None => (n < self.all).then_some(n),
            Some(picked) => picked.get(n).map(|&place| place as usize),
        }
    }

    /// Rows from `first` on, as places.
    pub(super) fn from(&self, first: usize) -> impl Iterator<Item = usize> + Clone + '_ {
        (first..self.len()).filter_map(|n| self.place(n))
    }

    /// The first row whose place is `place` or comes after it, where places come in their order.
    pub(super) fn row_at_or_after(&self, place: usize) -> usize {
        match &self.picked {
            None => place.min(self.all),
            Some(picked) => picked.partition_point(|&picked| (picked as usize) < place),
        }
    }
}

/// What members were made of. A snapshot is told by its number and its address: scenes of a test share numbers.
#[derive(Debug, Default, PartialEq)]
struct MembersOf {
    snapshot: (usize, u64),
    query: Arc<Query>,
    column: Column,
    is_reversed: bool,
    is_tree: bool,
    folded: Vec<MemberId>,
    job: Option<crate::model::job::JobId>,
    count: usize,
}

#[derive(Debug, Default, PartialEq)]
struct FindingsOf {
    findings: (usize, usize),
    query: Arc<Query>,
    column: FindingColumn,
    is_reversed: bool,
    has_facets: bool,
}

#[derive(Debug, Default, PartialEq)]
struct LogOf {
    lines: (usize, usize),
    seen: u64,
    partial: Option<crate::model::text::Text>,
    query: Arc<Query>,
}

impl Lists {
    /// The lists of this view in this state: what `state` keeps of them as far as it is still true.
    pub(super) fn of(view: &View<'_>, state: &UiState) -> Self {
        let mut lists = state.lists.clone();
        let job = view.job(state);
        let of = MembersOf {
            snapshot: (std::ptr::from_ref(view.snapshot) as usize, view.snapshot.seq),
            query: Arc::clone(&state.filters.of(List::Members).query),
            column: state.column,
            is_reversed: state.is_reversed,
            is_tree: state.is_tree,
            folded: state.folded.clone(),
            job: job.map(|job| job.id.clone()),
            count: job.map_or(0, |job| job.members.len()),
        };
        if lists.members.of != of {
            lists.members = Arc::new(members_of(of, view, job, &lists.members));
        }
        let of = FindingsOf {
            findings: (view.findings.as_ptr() as usize, view.findings.len()),
            query: Arc::clone(&state.filters.of(List::Findings).query),
            column: state.finding_column,
            is_reversed: state.is_finding_reversed,
            has_facets: state.overlay == Some(Overlay::Facets),
        };
        if lists.findings.of != of {
            lists.findings = Arc::new(findings_of(of, view.findings, &lists.findings));
        }
        let of = LogOf {
            lines: job.map_or((0, 0), |job| (Arc::as_ptr(&job.log.lines) as usize, job.log.lines.len())),
            seen: job.map_or(0, |job| job.log.seen),
            partial: job.and_then(|job| job.log.partial.clone()),
            query: Arc::clone(&state.filters.of(List::Log).query),
        };
        if lists.log.of != of {
            lists.log = Arc::new(log_of(of, job));
        }
        lists
    }

    /// Other findings came: they may stand where the ones before stood.
    pub(super) fn forget_findings(&mut self) {
        self.findings = Arc::new(Findings { rule_width: self.findings.rule_width, ..Findings::default() });
    }

    /// How many rows of a list are kept, and how many there are.
    pub(super) fn counts(&self, list: List) -> (usize, usize) {
        match list {
            List::Members => (self.members.kept, self.members.of.count),
            List::Log => (self.log.rows.len(), self.log.rows.all),
            List::Findings => (self.findings.rows.len(), self.findings.rows.all),
        }
    }
}

fn members_of(of: MembersOf, view: &View<'_>, job: Option<&Job>, before: &Members) -> Members {
    let Some(job) = job else { return Members { of, ..Members::default() } };
    let now = view.snapshot.at;
    let keeps = |member: &_| of.query.keeps_member(member, now);
    let kept = if of.query.is_empty() {
        job.members.len()
    } else {
        job.members.iter().filter(|member| keeps(member)).count()
    };
    let lines = if of.is_tree {
        tree::tree(&job.members, &of.folded, &keeps)
    } else {
        let mut lines: Vec<Line> =
            (0..job.members.len()).filter(|&place| keeps(&job.members[place])).map(Line::flat).collect();
        // Members come in the order of their identity, and the sort keeps it among equals.
        lines.sort_by(|a, b| {
            let order = members::compare(&job.members[a.place], &job.members[b.place], of.column);
            if of.is_reversed { order.reverse() } else { order }
        });
        lines
    };
    let is_same_job = before.of.job == of.job;
    let [pid_width, name_width] = members::widest(&job.members);
    Members {
        pid_width: pid_width.max(if is_same_job { before.pid_width } else { 0 }),
        name_width: name_width.max(if is_same_job { before.name_width } else { 0 }),
        of,
        lines,
        kept,
    }
}

fn findings_of(of: FindingsOf, findings: &[Arc<Found>], before: &Findings) -> Findings {
    let mut levels = [0; 4];
    // What the baseline accepts is shown on request, and counts elsewhere.
    for finding in findings.iter().filter(|finding| finding.accepted().is_none()) {
        levels[findings::place(finding.level)] += 1;
    }
    // Findings come in the order of their rank.
    let is_as_they_come = of.query.is_empty() && of.column == FindingColumn::Score && !of.is_reversed;
    let rows = if is_as_they_come {
        Rows::all(findings.len())
    } else {
        let places = 0..findings.len() as u32;
        let mut picked: Vec<u32> =
            places.filter(|&place| of.query.keeps_finding(&findings[place as usize])).collect();
        findings::sort(&mut picked, findings, of.column);
        if of.is_reversed {
            picked.reverse();
        }
        Rows { picked: Some(picked), all: findings.len() }
    };
    // The best ones decide: they are in sight first, and thousands more need no counting.
    let longest = findings.iter().take(100).map(|finding| finding.rule.width()).max().unwrap_or(0) as u16;
    let facets =
        if of.has_facets { facets::count(rows.from(0).map(|at| &**findings[at])) } else { Vec::new() };
    let rule_width = longest.max(if findings.is_empty() { 0 } else { before.rule_width });
    Findings { of, rows, levels, rule_width, facets }
}

fn log_of(of: LogOf, job: Option<&Job>) -> Log {
    let Some(job) = job else { return Log { of, ..Log::default() } };
    let all = job.log.lines.len() + usize::from(job.log.partial.is_some());
    let rows = if of.query.is_empty() {
        Rows::all(all)
    } else {
        let lines = job.log.lines.iter().map(|line| &line.text).chain(&job.log.partial);
        let kept = (0_u32..).zip(lines).filter(|(_, text)| of.query.keeps_line(text));
        Rows { picked: Some(kept.map(|(place, _)| place).collect()), all }
    };
    let first = job.log.seen.saturating_sub(job.log.lines.len() as u64) + 1;
    Log { of, rows, first }
}

/// The row of a member.
pub(super) fn member_row(job: &Job, lines: &[Line], id: &MemberId) -> Option<usize> {
    // Members stand in the order of their identity.
    let place = job.members.binary_search_by(|member| member.id.cmp(id)).ok()?;
    lines.iter().position(|line| line.place == place)
}

/// How often each word comes, the most frequent first.
pub(super) fn tally<'a>(words: impl Iterator<Item = std::borrow::Cow<'a, str>>) -> Vec<(String, usize)> {
    let mut counts: HashMap<std::borrow::Cow<'a, str>, usize> = HashMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().map(|(word, count)| (word.into_owned(), count)).collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}
