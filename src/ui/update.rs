//! What an event changes in the state, and what the screen asks for because of it (`acting`: what an action does). Pure:
//! scroll limits and the choice of rows are settled here, so that a frame only has to show them.

use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::Rect;

use super::acting::{act, close, details, do_found};
use super::event::{Event, Leave, Wish};
use super::filter::Typed;
use super::input::{Input, Key, Mouse, MouseKind};
use super::keys::Context;
use super::lists::Lists;
use super::overlay::window as overlay;
use super::parts::List;
use super::pointer::{self, Target};
use super::scan::{actions, blame, map};
use super::state::{Overlay, Pane, UiState, is_ours_and_running};
use super::view::View;
use super::{choice, deed, diagnosis, layout, scroll, typing};
use crate::model::job::Job;
use crate::scan::finding::Finding;

/// Takes one event. `view` holds what the screen shows after it.
pub fn update(state: &mut UiState, view: &View<'_>, event: &Event) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let had_secret = state.revealed.is_some();
    let asked = diagnosis::asked(state);
    if !actions::keeps_secret(state, view, event) {
        state.revealed = None;
    }
    if matches!(event, Event::Findings(_)) {
        state.lists.forget_findings();
    }
    state.lists = Lists::of(view, state);
    state.find_rows(view);
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
        Event::Input(Input::Paste(text)) => {
            if let Some(list) = state.filters.typed {
                state.filters.of_mut(list).paste(text, list);
            }
        }
        Event::Input(Input::Mouse(mouse)) => {
            // What lies over the place that was pressed goes first.
            if mouse.kind == MouseKind::Press && (state.caption.is_some() || had_secret) {
                wishes.extend(state.caption.take().map(|_| Wish::EndTour));
            } else {
                on_mouse(state, view, *mouse, &mut wishes);
            }
        }
        Event::Input(Input::Resize(columns, rows)) => state.size = (*columns, *rows),
        Event::Ended => state.has_ended = true,
        Event::Leave => wishes.push(Wish::Leave(Leave::Detach)),
        Event::Suspend => wishes.push(Wish::Suspend),
        Event::Resumed => wishes.push(Wish::Redraw),
        Event::Attached(job) => {
            state.attaching = None;
            // Who types or is asked something stays with that job.
            if !state.is_typing && !state.overlay.as_ref().is_some_and(deed::is_about_a_job) {
                state.awaited = Some(job.clone());
            }
            if state.overlay == Some(Overlay::Jobs) {
                close(state);
            }
        }
        Event::Told(why) => {
            state.attaching = None;
            state.revealed = None;
            state.word = Some((why.to_string(), view.newest));
        }
        Event::Revealed { .. } | Event::Tick(_) => actions::take(state, event),
        Event::Blamed { finding, answer } => blame::take(state, view, finding, answer),
        Event::Snapshot(_) => ask_again(state, view, &mut wishes),
        Event::Input(Input::LostPaste) => {
            state.word = Some(("the paste was too long, and none of it was taken".to_owned(), view.newest));
        }
        Event::Input(_)
        | Event::Shown
        | Event::Findings(_)
        | Event::Tally(_)
        | Event::Alarm(_)
        | Event::Preview(_)
        | Event::Resized
        | Event::Sources(_)
        | Event::Diagnosis(_)
        | Event::Candidates(_) => {}
    }
    settle(state, view, &mut wishes);
    diagnosis::give_up(asked, state, view, &mut wishes);
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
    // A job is shown from the first snapshot on that holds it.
    if let Some(job) = state.awaited.take_if(|job| view.snapshot.job(job).is_some()) {
        state.job = Some(job);
    }
    let job = view.job(state);
    if let Some(job) = job.filter(|job| state.told_job.as_ref() != Some(&job.id)) {
        // Keys that were meant for one job must not reach another, nor a question about one end it.
        if state.told_job.replace(job.id.clone()).is_some() {
            state.is_typing = false;
            state.overlay.take_if(|open| deed::is_about_a_job(open));
        }
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
    if !job.is_some_and(deed::can_be_touched) {
        state.overlay.take_if(|open| deed::is_about_a_job(open));
    }
    state.lists = Lists::of(view, state);
    scroll::settle(state, view);
    let screen = screen(state);
    let areas = layout::areas(screen, view, state);
    let inside = layout::inside(areas.scan, areas.is_framed);
    if let (Some(place), Some(tally)) = (&mut state.map, view.tally) {
        map::scroll(place, &tally.map, inside);
    }
    wish_preview(state, view, &areas, wishes);
    blame::settle(state, view, wishes);
    tell_size(state, view, &areas, wishes);
    if let Some(open) = &state.overlay {
        let keys = choice::keys(open, view, state);
        let chosen = state.overlay_choice.as_ref();
        state.overlay_row = chosen
            .and_then(|chosen| keys.iter().position(|key| key == chosen))
            .unwrap_or_else(|| state.overlay_row.min(keys.len().saturating_sub(1)));
        state.overlay_top = overlay::top(screen, open, view, state);
    }
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
fn tell_size(state: &mut UiState, view: &View<'_>, areas: &layout::Areas, wishes: &mut Vec<Wish>) {
    // A terminal that changes its size signals the job, which a look without a touch must not.
    let is_ours = |job: &&Job| is_ours_and_running(job) && !state.is_readonly;
    let Some(job) = view.job(state).filter(is_ours) else { return };
    if state.told_size == Some(state.size) {
        return;
    }
    let log = layout::watch(layout::jobs(areas, view, state).1, job.members.len(), state).log;
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
    if let Some(list) = state.filters.typed {
        if state.filters.of_mut(list).press(key, list) == Typed::Closed {
            state.filters.typed = None;
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

fn on_mouse(state: &mut UiState, view: &View<'_>, mouse: Mouse, wishes: &mut Vec<Wish>) {
    let target = pointer::target(view, state, mouse.column, mouse.row);
    if mouse.kind != MouseKind::Press {
        let is_up = mouse.kind == MouseKind::WheelUp;
        match pointer::scrolled(&target) {
            Some(list) => scroll::by_wheel(state, view, list, is_up),
            None if state.overlay.is_some() => scroll::overlay_by_wheel(state, view, is_up),
            None => {}
        }
        return;
    }
    // While one types to the job a click must not take the keys away unseen.
    if state.is_typing {
        return;
    }
    if let Some(list) = state.filters.typed.take() {
        state.filters.of_mut(list).leave(list);
    }
    match target {
        Target::Row(list, n) => {
            let row = if list == List::Members { state.members.row } else { state.findings.row };
            let is_chosen = state.focus() == list && row == Some(n);
            scroll::focus(state, list);
            scroll::choose(state, view, list, n);
            if is_chosen {
                details(state, view, wishes);
            }
        }
        Target::List(list) => scroll::focus(state, list),
        Target::Job(n) => choice::show_job(state, view, n),
        Target::Members(column) => {
            scroll::focus(state, List::Members);
            scroll::sort_by_click(state, column);
        }
        Target::Findings(column) => {
            scroll::focus(state, List::Findings);
            scroll::sort_findings_by_click(state, column);
        }
        Target::Pane(pane) => state.pane = pane,
        Target::Map => state.pane = Pane::Scan,
        Target::Key(key) => on_key(state, view, &key, wishes),
        Target::Facet(n) => {
            state.facets.0 = n;
            scroll::mark_facet(state);
        }
        Target::Choice(n) if state.overlay == Some(Overlay::Palette) => {
            state.palette.chosen = n;
            do_found(state, view, wishes);
        }
        Target::Choice(n) => choice::click(state, view, n, wishes),
        Target::Outside => close(state),
        Target::Overlay | Target::Nothing => {}
    }
}

/// Where a key would hold now, the nearest first.
pub(super) fn contexts(state: &UiState, view: &View<'_>) -> Vec<Context> {
    match &state.overlay {
        Some(open) if deed::is_about_a_job(open) && *open != Overlay::Leaving => {
            deed::contexts(open, view.job(state)).unwrap_or_default()
        }
        Some(Overlay::Leaving) => vec![Context::Leaving],
        Some(Overlay::Palette) => vec![Context::Palette],
        Some(Overlay::Facets) => vec![Context::Facets, Context::Overlay, Context::Anywhere],
        Some(Overlay::Finding) => vec![Context::Overlay, Context::Findings, Context::Anywhere],
        Some(Overlay::Diagnosis(_)) => vec![Context::Diagnosis, Context::Overlay, Context::Anywhere],
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
    let on_map = state.map.is_some();
    let in_scan = state.pane == Pane::Scan;
    let has_finding = state.chosen_finding(view.findings).is_some();
    let nearest = [
        (Context::Held, state.is_held),
        (Context::Scanning, in_scan && actions::is_scanning(view)),
        (Context::Map, in_scan && on_map),
        (Context::Findings, in_scan && !on_map && has_finding),
        (Context::Scan, in_scan),
        (Context::Members, state.focus() == List::Members),
        (Context::Log, state.focus() == List::Log),
        (Context::Panes, true),
    ];
    let mut contexts: Vec<Context> =
        nearest.into_iter().filter(|(_, holds)| *holds).map(|(context, _)| context).collect();
    if state.pane == Pane::Watch {
        contexts.push(Context::Watch);
        if view.job(state).is_some_and(is_ours_and_running) {
            contexts.push(Context::Launched);
        }
    }
    contexts.push(Context::Anywhere);
    contexts
}
