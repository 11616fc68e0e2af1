//! A whole model: weights from all repositories, thresholds from repositories that the weights had not seen.

use std::collections::BTreeMap;

use telltales::scan::judge::levels::{Levels, Threshold};
use telltales::scan::judge::model::{Model, Parts};

use super::count::{Counted, Lines, Truths};
use super::data::{Labelled, OUTSIZED};
use super::gather::{self, Candidate};
use super::lesson::{self, Plan};
use super::tokens;

/// In how many parts repositories are judged by a model that has not seen them.
pub(crate) const FOLDS: usize = 10;
/// The precision that a level promises.
const HIGH: f64 = 0.955;
const MEDIUM: f64 = 0.80;
/// What is reported at all, when somebody asks for it.
const LOW: f64 = 0.1;

/// The text of the model that these repositories teach.
pub(crate) fn model(labelled: &Labelled, plan: &Plan) -> String {
    let tokens = lesson::of_tokens(&tokens::unlabelled(labelled));
    let candidates = candidates(labelled, &tokens, "data");
    let unseen = unseen(&candidates, &tokens, plan, &candidates);
    let levels = levels(labelled, &candidates, &unseen);
    let all: Vec<&Candidate> = candidates.iter().collect();
    Model::text(&Parts { levels, ..lesson::learn(&all, &tokens, plan) })
}

/// All candidates of a folder, without those of the outsized repository.
pub(crate) fn candidates(labelled: &Labelled, tokens: &Parts, folder: &str) -> Vec<Candidate> {
    let mut candidates =
        gather::candidates(labelled, &labelled.folder.join(folder), &lesson::blank(tokens), false);
    candidates.retain(|one| one.repository != OUTSIZED);
    candidates
}

/// The score of each candidate by a model that has not seen its repository; `taught` is what the models learn from.
pub(crate) fn unseen(
    candidates: &[Candidate],
    tokens: &Parts,
    plan: &Plan,
    taught: &[Candidate],
) -> Vec<f64> {
    let folds = lesson::folds(taught, FOLDS);
    let fold = |one: &Candidate| folds.get(&one.repository).copied().unwrap_or(0);
    let mut scores = vec![0.0; candidates.len()];
    for held in 0..FOLDS {
        let seen: Vec<&Candidate> = taught.iter().filter(|one| fold(one) != held).collect();
        let model = lesson::rounded(&lesson::learn(&seen, tokens, plan));
        for (score, one) in scores.iter_mut().zip(candidates).filter(|(_, one)| fold(one) == held) {
            *score = lesson::score(&model, one);
        }
    }
    scores
}

/// The best score of each line.
pub(crate) fn lines<'a>(candidates: &'a [Candidate], scores: &[f64]) -> Lines<'a> {
    let mut lines = BTreeMap::new();
    for (one, score) in candidates.iter().zip(scores) {
        let best = lines.entry((&*one.path, one.line)).or_insert(0.0);
        *best = f64::max(*best, *score);
    }
    lines
}

/// The thresholds that keep what they promise on repositories that were not seen, and find as much as they can.
pub(crate) fn levels(labelled: &Labelled, candidates: &[Candidate], scores: &[f64]) -> Levels {
    let truths = Truths::of(&labelled.labels, |_| true);
    let lines = lines(candidates, scores);
    let at = |score: f64| truths.at(&lines, score);
    let threshold = |score: f64| {
        let counted = at(score);
        Threshold { score, precision: counted.precision(), recall: counted.recall() }
    };
    let grid = || (20..=99).map(|percent| f64::from(percent) / 100.0);
    let keeps = |least: f64| move |counted: &Counted| counted.precision() >= least;
    let high = grid().find(|score| keeps(HIGH)(&at(*score))).unwrap_or(0.95);
    let best = |a: &f64, b: &f64| at(*a).f1().total_cmp(&at(*b).f1());
    let medium =
        grid().filter(|score| *score <= high && keeps(MEDIUM)(&at(*score))).max_by(best).unwrap_or(high);
    Levels { high: threshold(high), medium: threshold(medium), low: threshold(LOW.min(medium)) }
}
