//! What an event changes in the state, and what the screen asks for because of it. Pure: scroll limits, the
//! question before leaving and the choice of rows live here, so that a frame only has to show them.

use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::Rect;

use super::input::{Input, Key};
use super::keys::{Action, Context, Step};
use super::overlay::window as overlay;
use super::scan::{actions, map};
use super::state::{COLUMNS, Event, FindingKey, Leave, Overlay, Pane, UiState, Wish, is_ours_and_running};
use super::view::View;
use super::watch::members;
use super::{choice, interval, jobs, layout, offer, palette, typing};
use crate::model::job::Job;
use crate::model::metric;
use crate::scan::finding::Finding;

/// Takes one event. `view` holds what the screen shows after it.
pub fn update(state: &mut UiState, view: &View<'_>, event: &Event) -> Vec<Wish> {
    let mut wishes = Vec::new();
    if !actions::keeps_secret(state, view, event) {
        state.revealed = None;
    }
    match event {
        Event::Input(Input::Key(key)) => {
            // Whoever presses a key takes over.
            wishes.extend(state.caption.take().map(|_| Wish::EndTour));
            state.word = None;
            on_key(state, view, key, &mut wishes);
        }
        Event::Tour(stop) => {
            stop.keys.iter().for_each(|key| on_key(state, view, key, &mut wishes));
            state.caption = Some(stop.caption.clone());
        }
        Event::Input(Input::Paste(text)) if state.is_typing => {
            wishes.push(Wish::Input(text.clone().into_bytes()));
        }
        Event::Input(Input::Paste(text)) if state.overlay == Some(Overlay::Palette) => {
            state.palette.entry.insert_all(text);
            state.palette.chosen = 0;
        }
        Event::Input(Input::Resize(columns, rows)) => state.size = (*columns, *rows),
        Event::Ended => state.has_ended = true,
        Event::Leave => wishes.push(Wish::Leave(Leave::Detach)),
        Event::Suspend => wishes.push(Wish::Suspend),
        Event::Resumed => wishes.push(Wish::Redraw),
        Event::Attached(job) => {
            state.job = Some(job.clone());
            if state.overlay == Some(Overlay::Jobs) {
                close(state);
            }
        }
        Event::Told(why) => {
            state.revealed = None;
            state.word = Some((why.to_string(), view.newest));
        }
        Event::Revealed { .. } | Event::Tick(_) => actions::take(state, event),
        Event::Snapshot(_) => ask_again(state, view, &mut wishes),
        Event::Input(_)
        | Event::Findings(_)
        | Event::Tally(_)
        | Event::Preview(_)
        | Event::Resized
        | Event::Sources(_)
        | Event::Candidates(_) => {}
    }
    settle(state, view, &mut wishes);
    wishes
}

/// What was just done is told for so long.
const WORD_STAYS: Duration = Duration::from_secs(4);

/// What there is to watch is looked for again after this while, as long as its list is open.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// With each new state, asks again for what an open list shows; and forgets what was told for long enough.
fn ask_again(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    if state.word.as_ref().is_some_and(|(_, at)| view.newest.since(*at) > WORD_STAYS) {
        state.word = None;
    }
    match state.overlay {
        Some(Overlay::Sources) => wishes.extend(view.job(state).map(|job| Wish::FindSources(job.id.clone()))),
        Some(Overlay::Jobs) if state.asked.is_none_or(|at| view.newest.since(at) >= LOOK_AGAIN) => {
            state.asked = Some(view.newest);
            wishes.push(Wish::FindCandidates);
        }
        _ => {}
    }
}

/// Brings the state in line with what there is, and asks for what follows from it.
fn settle(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    let job = view.job(state);
    if let Some(job) = job.filter(|job| state.told_job.as_ref() != Some(&job.id)) {
        state.told_job = Some(job.id.clone());
        // Its terminal has not heard of this screen's size yet.
        state.told_size = None;
        wishes.push(Wish::Shows(job.id.clone()));
    }
    if !job.is_some_and(is_ours_and_running) {
        state.is_typing = false;
        if state.overlay == Some(Overlay::Leaving) {
            state.overlay = None;
        }
    }
    let screen = screen(state);
    let areas = layout::areas(screen, view, state);
    if let Some(job) = job {
        scroll_members(state, job, &areas);
    }
    let place = state.chosen_finding(view.findings).map(|(place, _)| place);
    state.chosen_at = place.unwrap_or(0);
    let inside = layout::inside(areas.scan, areas.is_framed);
    let rows = layout::scan(inside, view.findings.len()).rows;
    let followed = place.filter(|_| state.findings.chosen.is_some());
    state.findings.top = layout::scrolled(state.findings.top, followed, rows.height, view.findings.len());
    if let (Some(place), Some(tally)) = (&mut state.map, view.tally) {
        map::scroll(place, &tally.map, inside);
    }
    wish_preview(state, view, &areas, wishes);
    tell_size(state, job, &areas, wishes);
    if let Some(open) = &state.overlay {
        let keys = choice::keys(open, view, state);
        let chosen = state.overlay_choice.as_ref();
        state.overlay_row = chosen
            .and_then(|chosen| keys.iter().position(|key| key == chosen))
            .unwrap_or_else(|| state.overlay_row.min(keys.len().saturating_sub(1)));
        state.overlay_top = overlay::top(screen, open, view, state);
    }
}

fn scroll_members(state: &mut UiState, job: &Job, areas: &layout::Areas) {
    let inside = layout::inside(areas.watch, areas.is_framed);
    let rows = layout::watch(inside, job.members.len()).rows;
    // Without a chosen row there is nothing to follow, and no reason to sort a thousand members.
    let at = state
        .members
        .chosen
        .as_ref()
        .and_then(|chosen| members::chosen_row(job, &members::order(job, state), Some(chosen)));
    if at.is_none() {
        state.members.chosen = None;
    }
    state.members.top = layout::scrolled(state.members.top, at, rows.height, job.members.len());
}

/// Asks for the preview of the chosen finding when it is another one than before and its pane is in sight.
fn wish_preview(state: &mut UiState, view: &View<'_>, areas: &layout::Areas, wishes: &mut Vec<Wish>) {
    if areas.scan.is_empty() {
        return;
    }
    let Some((_, finding)) = state.chosen_finding(view.findings) else {
        state.wished = None;
        return;
    };
    let best = finding.best();
    let place = |finding: &Finding| (finding.path.clone(), finding.line, finding.column);
    if state.wished.as_ref().is_none_or(|wished| place(wished) != place(best)) {
        state.wished = Some(Arc::clone(best));
        wishes.push(Wish::Preview(Arc::clone(best)));
    }
}

/// Tells the job's terminal the inside of the log pane when the screen has another size than it had.
fn tell_size(state: &mut UiState, job: Option<&Job>, areas: &layout::Areas, wishes: &mut Vec<Wish>) {
    // A terminal that changes its size signals the job, which a look without a touch must not.
    let is_ours = |job: &&Job| is_ours_and_running(job) && !state.is_readonly;
    let Some(job) = job.filter(is_ours) else { return };
    if state.told_size == Some(state.size) {
        return;
    }
    let log = layout::watch(layout::inside(areas.watch, areas.is_framed), job.members.len()).log;
    if !log.is_empty() {
        state.told_size = Some(state.size);
        wishes.push(Wish::ResizeJob { rows: log.height, cols: log.width });
    }
}

fn screen(state: &UiState) -> Rect {
    Rect::new(0, 0, state.size.0, state.size.1)
}

fn on_key(state: &mut UiState, view: &View<'_>, key: &Key, wishes: &mut Vec<Wish>) {
    if state.is_typing {
        if typing::is_way_back(key) {
            state.is_typing = false;
        } else {
            let bytes = typing::bytes(key);
            wishes.extend((!bytes.is_empty()).then_some(Wish::Input(bytes)));
        }
        return;
    }
    let contexts = contexts(state, view);
    if let Some(action) = state.keymap.lookup(*key, &contexts) {
        act(state, view, action, wishes);
    } else if contexts.contains(&Context::Palette) && state.palette.entry.key(key) {
        state.palette.chosen = 0;
    }
}

/// Where a key would hold now, the nearest first.
pub(super) fn contexts(state: &UiState, view: &View<'_>) -> Vec<Context> {
    match &state.overlay {
        Some(Overlay::Leaving) => vec![Context::Leaving],
        Some(Overlay::Palette) => vec![Context::Palette],
        Some(Overlay::Finding) => vec![Context::Overlay, Context::Findings, Context::Anywhere],
        Some(open) if open.is_choice() => {
            let list = if *open == Overlay::Jobs { Context::Jobs } else { Context::Sources };
            vec![Context::Choosing, list, Context::Overlay, Context::Anywhere]
        }
        Some(_) => vec![Context::Overlay, Context::Anywhere],
        None => pane_contexts(state, view),
    }
}

/// The same as if nothing lay over the panes.
pub(super) fn pane_contexts(state: &UiState, view: &View<'_>) -> Vec<Context> {
    let mut contexts = vec![Context::Panes];
    if state.pane == Pane::Scan {
        let on_map = state.map.is_some();
        let nearer = [
            (Context::Scanning, actions::is_scanning(view)),
            (Context::Map, on_map),
            (Context::Findings, !on_map && !view.findings.is_empty()),
            (Context::Scan, true),
        ];
        contexts.splice(0..0, nearer.into_iter().filter(|(_, holds)| *holds).map(|(context, _)| context));
    }
    if state.is_held {
        contexts.insert(0, Context::Held);
    }
    if state.pane == Pane::Watch {
        contexts.push(Context::Watch);
        if view.job(state).is_some_and(is_ours_and_running) {
            contexts.push(Context::Launched);
        }
    }
    contexts.push(Context::Anywhere);
    contexts
}

fn act(state: &mut UiState, view: &View<'_>, action: Action, wishes: &mut Vec<Wish>) {
    if let Some(why) = offer::refusal(action, state) {
        state.word = Some((why.to_owned(), view.newest));
        return;
    }
    match action {
        Action::Quit => quit(state, view, wishes),
        Action::QuitAndKeep => wishes.push(Wish::Leave(Leave::KeepScreen)),
        Action::Help => toggle(state, Overlay::Help),
        Action::Alerts => toggle(state, Overlay::Alerts),
        Action::OtherPane => state.pane = state.pane.other(),
        Action::Move(step) => move_by(state, view, step),
        Action::Details => details(state, view, wishes),
        Action::Zoom => state.is_zoomed = !state.is_zoomed,
        Action::Tree => state.is_tree = !state.is_tree,
        Action::SortLeft => sort_by(state, COLUMNS.len() - 1),
        Action::SortRight => sort_by(state, 1),
        Action::Reverse => state.is_reversed = !state.is_reversed,
        Action::AboutScan => toggle(state, Overlay::Scan),
        Action::Hold => state.is_held = !state.is_held,
        Action::Rewind(steps) => wishes.push(Wish::Rewind(steps)),
        Action::Slower => look_every(state, view, interval::longer(view.snapshot.interval), wishes),
        Action::Faster => look_every(state, view, interval::shorter(view.snapshot.interval), wishes),
        Action::Sources => {
            toggle(state, Overlay::Sources);
            wishes.extend(view.job(state).map(|job| Wish::FindSources(job.id.clone())));
        }
        Action::Jobs => {
            toggle(state, Overlay::Jobs);
            state.overlay_row = jobs::shown_row(view, state);
            state.asked = Some(view.newest);
            wishes.push(Wish::FindCandidates);
        }
        Action::Choose if state.overlay == Some(Overlay::Palette) => do_found(state, view, wishes),
        Action::Choose => choice::choose(state, view, wishes),
        Action::CopyFlag => choice::copy_flag(state, view, wishes),
        Action::Type => state.is_typing = true,
        Action::Close | Action::Stay => close(state),
        Action::Palette => {
            state.palette = palette::Palette::default();
            open(state, Overlay::Palette);
        }
        Action::Redraw => wishes.push(Wish::Redraw),
        Action::Suspend => wishes.push(Wish::Suspend),
        Action::Detach => wishes.push(Wish::Leave(Leave::Detach)),
        Action::EndAndLeave => wishes.push(Wish::Leave(Leave::EndJob)),
        Action::EndAndStay => {
            close(state);
            wishes.push(Wish::EndJob);
        }
        scan => actions::act(state, view, scan, wishes),
    }
}

fn look_every(state: &mut UiState, view: &View<'_>, every: Duration, wishes: &mut Vec<Wish>) {
    state.word = Some((format!("looking every {}", metric::interval(every)), view.newest));
    wishes.push(Wish::Interval(every));
}

/// Does the action that was looked up.
fn do_found(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    let found: Vec<Action> = palette::found(state, view).iter().map(|row| row.action()).collect();
    if let Some(&action) = found.get(state.palette.chosen) {
        close(state);
        act(state, view, action, wishes);
    }
}

fn quit(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    if view.job(state).is_some_and(is_ours_and_running) && !state.has_ended {
        open(state, Overlay::Leaving);
    } else {
        wishes.push(Wish::Leave(Leave::Quit));
    }
}

fn open(state: &mut UiState, overlay: Overlay) {
    state.overlay = Some(overlay);
    (state.overlay_top, state.overlay_row, state.overlay_choice) = (0, 0, None);
}

pub(super) fn close(state: &mut UiState) {
    state.overlay = None;
    state.overlay_top = 0;
}

fn toggle(state: &mut UiState, overlay: Overlay) {
    if state.overlay.as_ref() == Some(&overlay) {
        close(state);
    } else {
        open(state, overlay);
    }
}

fn details(state: &mut UiState, view: &View<'_>, wishes: &mut Vec<Wish>) {
    match state.pane {
        Pane::Scan => {
            if state.chosen_finding(view.findings).is_some() {
                open(state, Overlay::Finding);
            } else if view.snapshot.scan().is_none() {
                actions::start(state, view, wishes);
            }
        }
        Pane::Watch => {
            let Some(job) = view.job(state) else { return };
            let chosen = state.members.chosen.clone().or_else(|| {
                let lines = members::order(job, state);
                lines.first().map(|line| job.members[line.place].id.clone())
            });
            if let Some(chosen) = chosen {
                state.members.chosen = Some(chosen.clone());
                open(state, Overlay::Member(chosen));
            }
        }
    }
}

fn sort_by(state: &mut UiState, steps: usize) {
    let at = COLUMNS.iter().position(|&column| column == state.column).unwrap_or(0);
    state.column = COLUMNS[(at + steps) % COLUMNS.len()];
    state.is_tree = false;
}

fn move_by(state: &mut UiState, view: &View<'_>, step: Step) {
    if state.overlay == Some(Overlay::Palette) {
        let count = palette::found(state, view).len();
        palette::choose(&mut state.palette, step, count);
        return;
    }
    let areas = layout::areas(screen(state), view, state);
    if let Some(open) = state.overlay.as_ref().filter(|open| open.is_choice()) {
        let keys = choice::keys(open, view, state);
        state.overlay_row = stepped(state.overlay_row, step, state.size.1 / 3, keys.len());
        state.overlay_choice = keys.get(state.overlay_row).cloned();
        return;
    }
    if state.overlay.is_some() {
        let height = state.size.1.saturating_sub(2);
        let at = stepped(usize::from(state.overlay_top), step, height, usize::from(u16::MAX) + 1);
        // The end of the list is not known here; the settling brings it back to the last screenful.
        state.overlay_top = at as u16;
        return;
    }
    match state.pane {
        Pane::Watch => {
            let Some(job) = view.job(state) else { return };
            let lines = members::order(job, state);
            let rows = layout::watch(layout::inside(areas.watch, areas.is_framed), lines.len()).rows;
            let at = members::chosen_row(job, &lines, state.members.chosen.as_ref());
            let to = next(at, step, rows.height, lines.len());
            state.members.chosen = lines.get(to).map(|line| job.members[line.place].id.clone());
        }
        Pane::Scan if state.map.is_some() => {
            let (Some(place), Some(tally)) = (&mut state.map, view.tally) else { return };
            let height = map::areas(layout::inside(areas.scan, areas.is_framed)).rows.height;
            let (rows, at) = actions::map_rows(place, &tally.map);
            let to = next(at, step, height, rows.len());
            place.rows.chosen = rows.get(to).map(|row| row.name.clone());
        }
        Pane::Scan => {
            let rows = layout::scan(layout::inside(areas.scan, areas.is_framed), view.findings.len()).rows;
            let at = state.chosen_finding(view.findings).map(|(place, _)| place);
            let at = at.filter(|_| state.findings.chosen.is_some());
            let to = next(at, step, rows.height, view.findings.len());
            state.findings.chosen = view.findings.get(to).map(|found| FindingKey::of(found));
            state.chosen_at = to;
        }
    }
}

/// The first press chooses a row, the others move from it.
fn next(at: Option<usize>, step: Step, height: u16, len: usize) -> usize {
    match (at, step) {
        (None, Step::Last) => len.saturating_sub(1),
        (None, _) => 0,
        (Some(at), step) => stepped(at, step, height, len),
    }
}

fn stepped(at: usize, step: Step, height: u16, len: usize) -> usize {
    let page = usize::from(height).max(1);
    let half = (page / 2).max(1);
    let to = match step {
        Step::Up => at.saturating_sub(1),
        Step::Down => at + 1,
        Step::HalfUp => at.saturating_sub(half),
        Step::HalfDown => at + half,
        Step::PageUp => at.saturating_sub(page),
        Step::PageDown => at + page,
        Step::First => 0,
        Step::Last => len,
    };
    to.min(len.saturating_sub(1))
}
