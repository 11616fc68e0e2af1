//! The second look at all that is suspect: first at what a rule for some kind of secret found, then at tokens that are
//! only high in entropy, from the best on, until there are as many as somebody will read.

use std::collections::HashSet;

use gix::ObjectId;
use gix::hashtable::HashMap;

use super::repository::Site;
use super::sift::{Named, Question, sift};
use super::suspects::{Mark, Marker, Settled};
use crate::scan::engine::Shared;
use crate::scan::filetype::flavour;
use crate::scan::finding::{Level, Source};
use crate::scan::progress::Report;

/// Looks at suspects under their names and tells what holds; of tokens `enough` or a few more.
pub(super) fn look_again(
    shared: &Shared<'_>,
    site: &Site,
    suspects: (&[Named], Settled),
    marker: &Marker,
    (enough, wanted): (usize, usize),
    report: &mut Report,
) {
    let (named, Settled { named: mut marks, mut tokens, holders, .. }) = suspects;
    // Where the names of files say that chance means nothing, nothing is told.
    let may_tell = |one: &Named| holders.contains_key(&one.blob) && flavour(&one.path).entropy;
    let mut is_first = true;
    let mut told = 0;
    while is_first || (told < enough && !tokens.is_empty()) {
        let later = tokens.split_off(tokens.len().min(2 * (enough - told)));
        let batch: HashSet<Mark> = tokens.into_iter().collect();
        tokens = later;
        let mut asked: HashMap<ObjectId, Vec<Mark>> = std::mem::take(&mut marks);
        let mut these = Vec::new();
        for one in named {
            let is_named = asked.get(&one.blob).is_some();
            let own = holders.get(&one.blob).into_iter().flatten().filter(|mark| batch.contains(mark));
            let own: Vec<Mark> = if may_tell(one) { own.copied().collect() } else { Vec::new() };
            if is_named || !own.is_empty() {
                these.push(one.clone());
            }
            // One whose marks were too many is looked at in any case.
            match asked.get_mut(&one.blob) {
                Some(marks) if marks.is_empty() => {}
                Some(marks) => marks.extend(own),
                None if own.is_empty() => {}
                None => drop(asked.insert(one.blob, own)),
            }
        }
        let before = report.findings[Level::Entropy as usize];
        let question = Question {
            source: Source::History,
            marks: &asked,
            tokens: Some(&batch),
            only_tokens: !is_first,
            marker,
            is_counted: true,
        };
        sift(shared, site, &these, &question, wanted, report);
        told += (report.findings[Level::Entropy as usize] - before) as usize;
        is_first = false;
    }
    report.beyond_cap += tokens.len() as u64;
}
