//! The key that asks which commit brought a secret, and what is said of it. Pure.
//!
//! It is asked of the chosen finding alone; whoever goes on to another one gives the question up.

use std::sync::Arc;

use crate::model::text::Text;
use crate::scan::finding::Finding;
use crate::ui::event::Wish;
use crate::ui::state::{Blame, UiState};
use crate::ui::view::View;

/// What is said while the history is looked through.
const LOOKING: &str = "looking for the commit that brought it";

impl Blame {
    /// The same in words.
    pub(in crate::ui) fn told(&self) -> &str {
        self.answer.as_deref().unwrap_or(LOOKING)
    }

    /// Whether it is about the place of this finding.
    pub(in crate::ui) fn is_about(&self, finding: &Finding) -> bool {
        fn place(finding: &Finding) -> (&std::path::Path, u64, u64, &str) {
            (&finding.path, finding.line, finding.column, &finding.rule)
        }
        place(&self.finding) == place(finding)
    }
}

/// Asks; nothing more where it was asked already.
pub(in crate::ui) fn ask(
    state: &mut UiState,
    view: &View<'_>,
    finding: &Arc<Finding>,
    wishes: &mut Vec<Wish>,
) {
    if !state.blame.as_ref().is_some_and(|blame| blame.is_about(finding)) {
        state.blame = Some(Blame { finding: Arc::clone(finding), answer: None });
        wishes.push(Wish::Blame(Arc::clone(finding)));
    }
    say(state, view);
}

/// Takes the answer, if it still is asked for.
pub(in crate::ui) fn take(state: &mut UiState, view: &View<'_>, finding: &Finding, answer: &Text) {
    if let Some(blame) = state.blame.as_mut().filter(|blame| blame.is_about(finding)) {
        blame.answer = Some(answer.clone());
        say(state, view);
    }
}

/// Where there is no room for the lines around a finding, this is where it can be read.
fn say(state: &mut UiState, view: &View<'_>) {
    if let Some(blame) = &state.blame {
        state.word = Some((blame.told().to_owned(), view.newest));
    }
}

/// Gives the question up when another finding is chosen.
pub(in crate::ui) fn settle(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    let Some(blame) = &state.blame else { return };
    let chosen = state.chosen_finding(view.findings).map(|(_, found)| found.best());
    if !chosen.is_some_and(|chosen| blame.is_about(chosen)) {
        wishes.extend(blame.answer.is_none().then_some(Wish::GiveUpBlame));
        state.blame = None;
    }
}
