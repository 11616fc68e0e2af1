//! What is done to a job on purpose: freezing it, letting it go on, and signals; asked for here, granted elsewhere.
//!
//! Nothing is done on one key. Freezing and letting go on ask back in a box that names the job; a signal is chosen
//! from a list, and then the box names each process that it goes to. What was named is what gets it: processes by
//! their identity, and none that were born since.

use super::event::Wish;
use super::overlay::window::Said;
use super::state::{Overlay, UiState};
use super::view::View;
use super::words;
use super::{acting, offer};
use crate::config::theme::Role;
use crate::model::job::{Job, JobKind, Phase};
use crate::model::member::{Member, MemberId};
use crate::model::text::Text;
use crate::ui::keys::{Action, Context};

/// Processes that are named one by one before a signal; more are counted.
const NAMED: usize = 8;

/// Signals that can be chosen: number, name and meaning, see signal(7).
const SIGNALS: [(i32, &str, &str); 8] = [
    (15, "SIGTERM", "ask it to end"),
    (2, "SIGINT", "what Ctrl-C sends"),
    (1, "SIGHUP", "what a closed terminal sends; daemons read their settings again"),
    (9, "SIGKILL", "end it at once, with nothing tidied up"),
    (19, "SIGSTOP", "stop it where it stands"),
    (18, "SIGCONT", "let it go on after a stop"),
    (10, "SIGUSR1", "what the program makes of it; most end"),
    (12, "SIGUSR2", "what the program makes of it; most end"),
];

/// Who is to be signalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// One member.
    One(MemberId),
    /// The job and all its descendants.
    Tree,
}

/// A signal that waits for a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The number of the signal.
    pub signal: i32,
    /// Whom it was aimed at.
    pub aim: Aim,
    /// Who gets it, as they were when it was chosen.
    pub targets: Vec<MemberId>,
}

/// True for a job that signals can reach: its processes are here, and run.
pub(super) fn can_be_touched(job: &Job) -> bool {
    matches!(job.kind, JobKind::Launched | JobKind::Attached) && job.phase == Phase::Running
}

/// True for a question about one job, which goes when another one is shown or the job ends.
pub(super) const fn is_about_a_job(overlay: &Overlay) -> bool {
    matches!(overlay, Overlay::Leaving | Overlay::Freeze | Overlay::Signal(_) | Overlay::Confirm(_))
}

/// Does what an action of this file means.
pub(super) fn act(state: &mut UiState, view: &View<'_>, action: Action, wishes: &mut Vec<Wish>) {
    let Some(job) = view.job(state).filter(|job| can_be_touched(job)) else { return };
    let mut word = None;
    match (action, state.overlay.clone()) {
        (Action::Freeze, _) => acting::open(state, Overlay::Freeze),
        (Action::FreezeNow, _) => {
            wishes.push(Wish::Freeze(job.id.clone()));
            acting::close(state);
            word = Some("freezing it".to_owned());
        }
        (Action::Thaw, _) => {
            wishes.push(Wish::Thaw { job: job.id.clone(), only: None });
            acting::close(state);
            word = Some("letting it go on".to_owned());
        }
        (Action::ThawOne, _) => match chosen(job, state).and_then(|member| member.id.pid()) {
            Some(pid) => {
                wishes.push(Wish::Thaw { job: job.id.clone(), only: Some(pid) });
                acting::close(state);
                word = Some(format!("letting process {pid} go on, and nobody else"));
            }
            None => word = Some("choose one in the list of members first".to_owned()),
        },
        (Action::EndFrozen, _) => {
            wishes.push(Wish::EndFrozen(job.id.clone()));
            acting::close(state);
            word = Some("ending it".to_owned());
        }
        (Action::Signal, _) => {
            let aim = chosen(job, state).map_or(Aim::Tree, |member| Aim::One(member.id.clone()));
            acting::open(state, Overlay::Signal(aim));
        }
        (Action::OtherAim, Some(Overlay::Signal(aim))) => {
            let one = chosen(job, state).map(|member| Aim::One(member.id.clone()));
            let aim = if aim == Aim::Tree { one.unwrap_or(Aim::Tree) } else { Aim::Tree };
            state.overlay = Some(Overlay::Signal(aim));
        }
        (Action::SendSignal, Some(Overlay::Confirm(deed))) => {
            word = Some(format!("sending {}", name(deed.signal)));
            wishes.push(Wish::Signal { signal: deed.signal, targets: deed.targets });
            acting::close(state);
        }
        _ => {}
    }
    if let Some(word) = word {
        state.word = Some((word, view.newest));
    }
}

/// The living member whose row is chosen.
fn chosen<'a>(job: &'a Job, state: &UiState) -> Option<&'a Member> {
    let chosen = state.members.chosen.as_ref()?;
    job.members.iter().find(|member| member.id == *chosen && member.activity.is_alive())
}

/// What the rows of the list of signals stand for.
pub(super) fn keys() -> Vec<Text> {
    SIGNALS.iter().map(|(_, name, _)| Text::new(name)).collect()
}

/// Takes the chosen signal: the question whether it is to be sent.
pub(super) fn choose(state: &mut UiState, view: &View<'_>, aim: Aim) {
    let Some((signal, ..)) = SIGNALS.get(state.overlay_row) else { return };
    let Some(job) = view.job(state).filter(|job| can_be_touched(job)) else { return };
    let targets = targets(job, &aim);
    if targets.is_empty() {
        state.word = Some(("nobody is left to send it to".to_owned(), view.newest));
        return;
    }
    acting::open(state, Overlay::Confirm(Deed { signal: *signal, aim, targets }));
}

fn targets(job: &Job, aim: &Aim) -> Vec<MemberId> {
    let alive = job.members.iter().filter(|member| member.activity.is_alive() && member.id.pid().is_some());
    let aimed = alive.filter(|member| match aim {
        Aim::One(id) => member.id == *id,
        Aim::Tree => true,
    });
    aimed.map(|member| member.id.clone()).collect()
}

fn name(signal: i32) -> &'static str {
    SIGNALS.iter().find(|(number, ..)| *number == signal).map_or("the signal", |(_, name, _)| name)
}

/// The question about freezing, or what to do with a job that is frozen.
pub(super) fn freeze(view: &View<'_>, state: &UiState) -> Vec<Said> {
    let Some(job) = view.job(state) else { return Vec::new() };
    let command = words::command(&job.name);
    let mut lines = Vec::new();
    if let Some(frozen) = &job.frozen {
        let since = words::age(view.snapshot.wall.since(frozen.since));
        lines.push(Said::plain(&format!("{command}: {}, {since} ago.", frozen.headline()), Role::Bad));
        lines.extend(frozen.evidence.iter().map(|evidence| Said::plain(evidence, Role::Text)));
        if let Some((then, at)) = frozen.then {
            let left = words::age(at.since(view.snapshot.wall));
            lines.push(Said::plain(&format!("If nobody decides, {} in {left}.", then.words()), Role::Warn));
        }
        let one = chosen(job, state).map_or("choose one in the list first".to_owned(), named);
        lines.push(Said::plain("", Role::Text));
        lines.extend(answers(view, state, Context::Frozen, &one));
    } else {
        let all = words::counted(targets(job, &Aim::Tree).len(), "process", "processes");
        lines.push(Said::plain(&format!("Freeze {command}, {all}?"), Role::Title));
        let how = "It stops where it stands and keeps its memory, until somebody lets it go on: here, or with \
                   `telltale thaw`. It stays frozen when this screen is left.";
        lines.push(Said::plain(how, Role::Text));
        lines.push(Said::plain("", Role::Text));
        lines.extend(answers(view, state, Context::Freezing, ""));
    }
    lines
}

/// The signals, and whom they are for.
pub(super) fn signals(view: &View<'_>, state: &UiState, aim: &Aim) -> Vec<Said> {
    let Some(job) = view.job(state) else { return Vec::new() };
    let mut lines = vec![
        Said::plain(&format!("Send to {}", whom(job, aim, targets(job, aim).len())), Role::Title),
        Said::plain("", Role::Text),
    ];
    for (row, (_, name, meaning)) in SIGNALS.iter().enumerate() {
        lines.push(Said::plain(&format!("{name:<9} {meaning}"), Role::Text).of_row(row));
    }
    lines.push(Said::plain("", Role::Text));
    lines
        .push(Said::plain("Enter takes one, and then asks once more; Tab aims at one or at all.", Role::Dim));
    lines
}

/// The last question before a signal.
pub(super) fn confirm(view: &View<'_>, state: &UiState, deed: &Deed) -> Vec<Said> {
    let Some(job) = view.job(state) else { return Vec::new() };
    let name = name(deed.signal);
    let whom = whom(job, &deed.aim, deed.targets.len());
    let mut lines =
        vec![Said::plain(&format!("Send {name} to {whom}?"), Role::Bad), Said::plain("", Role::Text)];
    for id in deed.targets.iter().take(NAMED) {
        let member = job.members.iter().find(|member| member.id == *id);
        let words = member.map_or_else(|| format!("{id}  it is gone"), named);
        lines.push(Said::plain(&words, Role::Text));
    }
    let more = deed.targets.len().saturating_sub(NAMED);
    if more > 0 {
        lines.push(Said::plain(&format!("and {more} more"), Role::Dim));
    }
    if job.frozen.is_some() && !matches!(deed.signal, 9 | 18) {
        lines.push(Said::plain("The job is frozen: it acts on this when it goes on.", Role::Warn));
    }
    lines.push(Said::plain("", Role::Text));
    lines.extend(answers(view, state, Context::Confirming, ""));
    lines
}

fn whom(job: &Job, aim: &Aim, count: usize) -> String {
    match aim {
        Aim::One(id) => format!("process {id}"),
        Aim::Tree => {
            format!("all of {}: {}", words::command(&job.name), words::counted(count, "process", "processes"))
        }
    }
}

fn named(member: &Member) -> String {
    format!("{}  {}", member.id, member.about.command)
}

/// The answers that are open, with whom the one about one process means.
fn answers(view: &View<'_>, state: &UiState, context: Context, one: &str) -> Vec<Said> {
    let rows = offer::offered_now(state, view).into_iter().filter(|row| row.binding.context == context);
    rows.map(|row| {
        let key = row.keys.first().map(ToString::to_string).unwrap_or_default();
        let words = if row.action() == Action::ThawOne && !one.is_empty() {
            format!("{}: {one}", row.binding.words)
        } else {
            row.binding.words.to_owned()
        };
        Said::new(&key, Role::Key, &words, Role::Text)
    })
    .collect()
}

/// Where the answers hold, while one of these questions is open.
pub(super) fn contexts(overlay: &Overlay, job: Option<&Job>) -> Option<Vec<Context>> {
    let is_frozen = job.is_some_and(|job| job.frozen.is_some());
    Some(match overlay {
        Overlay::Freeze if is_frozen => vec![Context::Frozen],
        Overlay::Freeze => vec![Context::Freezing],
        Overlay::Confirm(_) => vec![Context::Confirming],
        Overlay::Signal(_) => {
            vec![Context::Choosing, Context::Signals, Context::Overlay, Context::Anywhere]
        }
        _ => return None,
    })
}

/// True when the job that is shown asks for a decision.
pub(super) fn is_pressing(job: Option<&Job>) -> bool {
    job.is_some_and(|job| job.frozen.is_some() && can_be_touched(job))
}
