//! What the keys of the secrets' pane change, and what they ask for. Pure, as all of `update` is.

use std::sync::Arc;

use crate::model::job::Phase;
use crate::model::text::Text;
use crate::scan::baseline::Verdict;
use crate::scan::found::Found;
use crate::scan::map::{Map, Node};
use crate::ui::event::{Event, Wish};
use crate::ui::input::Input;
use crate::ui::keys::Action;
use crate::ui::parts::List;
use crate::ui::scan::blame;
use crate::ui::scroll;
use crate::ui::state::{MapPlace, Overlay, Pane, Revealed, SHOWN_FOR, Timer, UiState};
use crate::ui::update::contexts;
use crate::ui::view::View;

/// Does what an action of this pane means.
pub(in crate::ui) fn act(state: &mut UiState, view: &View<'_>, action: Action, wishes: &mut Vec<Wish>) {
    let chosen = state.chosen_finding(view.findings).map(|(_, found)| Arc::clone(found));
    let verdict = match action {
        Action::AcceptKnown => Some(Verdict::Known),
        Action::NotASecret => Some(Verdict::NotASecret),
        Action::MarkReal => Some(Verdict::Real),
        _ => None,
    };
    // Of what nobody chose nothing is said: the first press only tells which row is meant.
    if verdict.is_some() && chosen.is_some() && state.findings.row.is_none() {
        scroll::choose(state, view, List::Findings, 0);
        state.word = Some(("this one? the same key again does it".to_owned(), view.newest));
        return;
    }
    if let (Some(verdict), Some(found)) = (verdict, &chosen) {
        decide(state, view, found, verdict, wishes);
        return;
    }
    match (action, chosen) {
        (Action::StartScan, _) => start(state, view, wishes),
        (Action::StopScan, _) => wishes.push(Wish::StopScan),
        (Action::TakeBack, _) => wishes.push(Wish::TakeBack),
        (Action::ShowAccepted, _) => {
            wishes.push(Wish::ShowAccepted(!view.tally.is_some_and(|tally| tally.shows_accepted)));
        }
        (Action::Map, _) => state.map = Some(MapPlace::default()),
        (Action::MapBack, _) => state.map = None,
        (Action::MapInto, _) => into_folder(state, view),
        (Action::MapUp, _) => up(state, view),
        (Action::Blame, Some(found)) => blame::ask(state, view, found.best(), wishes),
        (Action::Reveal, Some(found)) => reveal(state, found.best(), wishes),
        (Action::Edit, Some(found)) => {
            wishes.push(Wish::Edit { path: found.path.clone(), line: found.line });
        }
        (Action::Copy, Some(found)) => {
            let path = Text::new(&found.path.to_string_lossy());
            let place = format!("{path}:{}:{}", found.line, found.column);
            state.word = Some((format!("copied its place: {place}"), view.newest));
            wishes.push(Wish::Copy(place));
        }
        _ => {}
    }
}

/// Starts a scan; one that runs already is only looked at, for what it has found must not get lost.
pub(in crate::ui) fn start(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    state.pane = Pane::Scan;
    state.overlay = None;
    if !is_scanning(view) {
        state.map = None;
        state.wished = None;
        wishes.push(Wish::StartScan);
    }
}

/// Whether a scan runs.
pub(in crate::ui) fn is_scanning(view: &View<'_>) -> bool {
    view.snapshot.scan().is_some_and(|scan| scan.phase == Phase::Running)
}

/// Says something of a secret, and goes on to the next one: who looks through a list says one thing of each row.
fn decide(
    state: &mut UiState,
    view: &View<'_>,
    found: &Arc<Found>,
    verdict: Verdict,
    wishes: &mut Vec<Wish>,
) {
    if found.verdict() == Some(verdict) {
        state.word = Some((format!("it is marked already: {}", verdict.as_str()), view.newest));
        return;
    }
    if state.overlay == Some(Overlay::Finding) {
        state.overlay = None;
    }
    // What is accepted leaves the list, and its place to the next one; what stays is passed over.
    if let (None, Some(row)) = (verdict.accepts(), state.findings.row) {
        let last = state.lists.findings.rows.len().saturating_sub(1);
        scroll::choose(state, view, List::Findings, (row + 1).min(last));
    }
    wishes.push(Wish::Decide(Arc::clone(found), verdict));
}

/// Asks for the secret, or lets one that is shown stay a while longer.
fn reveal(state: &mut UiState, finding: &Arc<crate::scan::finding::Finding>, wishes: &mut Vec<Wish>) {
    match &mut state.revealed {
        Some(revealed) if revealed.finding == *finding => revealed.timer = Timer::In(SHOWN_FOR),
        _ => {
            let finding = Arc::clone(finding);
            wishes.push(Wish::Reveal(Arc::clone(&finding)));
            state.revealed = Some(Revealed { finding, secret: None, timer: Timer::In(SHOWN_FOR) });
        }
    }
}

/// Takes what comes back of a wish, and the time.
pub(in crate::ui) fn take(state: &mut UiState, event: &Event) {
    match (event, &mut state.revealed) {
        (Event::Revealed { finding, secret }, Some(shown)) if shown.finding == *finding => {
            shown.secret = Some(Arc::clone(secret));
            shown.timer = Timer::In(SHOWN_FOR);
        }
        (Event::Tick(now), Some(shown)) => match shown.timer {
            Timer::In(span) => shown.timer = Timer::At(now.plus(span)),
            Timer::At(at) if *now >= at => state.revealed = None,
            Timer::At(_) => {}
        },
        _ => {}
    }
}

/// Whether a secret that is shown stays: any key but its own takes it away, and so does leaving the screen.
pub(in crate::ui) fn keeps_secret(state: &UiState, view: &View<'_>, event: &Event) -> bool {
    match event {
        Event::Input(Input::Key(key)) => {
            !state.is_typing && state.keymap.lookup(*key, &contexts(state, view)) == Some(Action::Reveal)
        }
        Event::Input(_) | Event::Leave | Event::Suspend | Event::Resumed | Event::Ended => false,
        _ => true,
    }
}

/// The names down to the folder that the map shows, and the folder itself.
pub(in crate::ui) fn shown_folder<'a>(place: &MapPlace, map: &'a Map) -> (Vec<Text>, Option<&'a Node>) {
    let names = place.folder.clone().unwrap_or_else(|| map.entrance());
    match map.find(&names) {
        Some(node) => (names, Some(node)),
        // Another scan has another map.
        None => (Vec::new(), map.find(&[])),
    }
}

/// The rows of the map, and the place of the chosen one.
pub(in crate::ui) fn map_rows<'a>(place: &MapPlace, map: &'a Map) -> (Vec<&'a Node>, Option<usize>) {
    let rows = shown_folder(place, map).1.map_or_else(Vec::new, |folder| map.ranked(folder));
    let at = place.rows.chosen.as_ref().and_then(|name| rows.iter().position(|row| row.name == *name));
    (rows, at)
}

fn into_folder(state: &mut UiState, view: &View<'_>) {
    let (Some(place), Some(tally)) = (&mut state.map, view.tally) else { return };
    let (rows, at) = map_rows(place, &tally.map);
    let Some(chosen) = rows.get(at.unwrap_or(0)).filter(|row| !row.is_file) else { return };
    let (mut names, _) = shown_folder(place, &tally.map);
    names.push(chosen.name.clone());
    *place = MapPlace { folder: Some(names), ..MapPlace::default() };
}

fn up(state: &mut UiState, view: &View<'_>) {
    let (Some(place), Some(tally)) = (&mut state.map, view.tally) else { return };
    let (mut names, _) = shown_folder(place, &tally.map);
    let left = names.pop();
    *place = MapPlace { folder: Some(names), ..MapPlace::default() };
    // One comes out where one went in.
    place.rows.chosen = left;
}
