//! Why does it hang? From what was seen of a job to a named cause, with its evidence; pure.
//!
//! Plain facts come first (it is stopped, frozen, at a limit), then what follows from who waits for whom (`waits`: rings,
//! owners that are gone, a closed world in which nobody can wake anybody), then what follows from how the time is spent. A
//! calm answer is given only when none of these speaks, and [`Cause::Unknown`] when nothing can be said: a wrong
//! accusation is worse.

pub mod advice;
mod busy;
mod calm;
mod chain;
mod ends;
mod events;
pub mod flame;
mod held;
mod limits;
mod locks;
mod lost;
mod retries;
mod scene;
mod time;
mod waits;

use scene::{At, Scene};
use waits::Stuck;

use crate::model::cause::{Cause, Culprit, Diagnosis};
use crate::model::evidence::{Evidence, Process};
use crate::model::text::Text;

/// Culprits and sentences that are told.
const CULPRITS: usize = 5;
const SENTENCES: usize = 8;

/// A cause with what speaks for it.
struct Named {
    cause: Cause,
    culprits: Vec<Culprit>,
    evidence: Vec<String>,
    /// Where the chain to be shown begins, where that is not the job's first thread.
    from: Option<At>,
}

impl Named {
    const fn new(cause: Cause, culprits: Vec<Culprit>, evidence: Vec<String>) -> Self {
        Self { cause, culprits, evidence, from: None }
    }

    const fn from(mut self, at: At) -> Self {
        self.from = Some(at);
        self
    }
}

/// What the judges see: the indexed evidence, who can't be woken any more, and the way from the root.
struct Case<'a> {
    scene: &'a Scene<'a>,
    stuck: &'a Stuck,
    walk: &'a chain::Walk,
    /// Threads whose waits for the other end of something are judged.
    judged: &'a [At],
}

/// All judges, in the order in which they are asked; the first that speaks is heard.
const JUDGES: &[fn(&Case<'_>) -> Option<Named>] = &[
    |case| held::frozen(case.scene),
    |case| held::stopped(case.scene),
    |case| locks::cycle(case.scene, case.stuck),
    |case| lost::killed(case.scene, case.stuck),
    |case| lost::orphaned(case.scene, case.stuck),
    |case| locks::orphaned(case.scene, case.stuck),
    |case| ends::fifo(case.scene, case.judged),
    |case| ends::connecting(case.scene, case.judged),
    |case| ends::file_lock(case.scene, case.judged),
    |case| retries::file_lock(case.scene),
    |case| ends::pipe_deadlock(case.scene, case.stuck),
    |case| limits::descriptors(case.scene),
    |case| limits::tasks(case.scene),
    |case| retries::limits(case.scene),
    |case| limits::disk(case.scene),
    |case| limits::memory(case.scene),
    |case| held::throttled(case.scene),
    |case| ends::never(case.scene, case.stuck, case.walk),
    |case| ends::slow_consumer(case.scene, case.judged),
    |case| ends::input(case.scene, case.judged),
    |case| ends::peer(case.scene, case.judged),
    |case| events::waiting(case.scene, case.walk),
    |case| held::uninterruptible(case.scene, case.judged),
    |case| lost::unreaped(case.scene),
    |case| busy::straggler(case.scene),
    |case| busy::slowing(case.scene),
    |case| busy::growth(case.scene),
    |case| busy::spinning(case.scene),
    |case| retries::polled_lock(case.scene, case.walk),
    |case| calm::healthy(case.scene),
    |case| ends::slow_producer(case.scene, case.walk),
    |case| calm::waiting(case.scene, case.walk),
];

/// Names the cause.
pub fn name(evidence: &Evidence) -> Diagnosis {
    let scene = Scene::new(evidence);
    let walk = chain::walk(&scene, None);
    let named = if scene.root().is_none_or(Process::is_zombie) && evidence.members().all(Process::is_zombie) {
        Named::new(Cause::Exited, Vec::new(), vec![ended(evidence)])
    } else {
        let stuck = waits::stuck(&scene);
        let judged = ends::judged(&scene, &walk);
        let case = Case { scene: &scene, stuck: &stuck, walk: &walk, judged: &judged };
        JUDGES.iter().find_map(|judge| judge(&case)).unwrap_or_else(|| unknown(&scene, &walk))
    };
    answer(&scene, walk, named)
}

fn ended(evidence: &Evidence) -> String {
    let gone = evidence.gone.iter().find(|gone| gone.pid == evidence.root).and_then(|gone| gone.exit);
    let zombie = evidence.process(evidence.root).and_then(|root| root.exit);
    match gone.or(zombie) {
        Some(exit) => format!("process {} has ended: {exit}", evidence.root),
        None => format!("process {} has ended", evidence.root),
    }
}

fn unknown(scene: &Scene<'_>, walk: &chain::Walk) -> Named {
    let first = walk.threads.first().map(|&at| {
        format!("{} {}", scene::thread_name(scene.owner(at), scene.thread(at)), chain::words(scene, at))
    });
    Named::new(
        Cause::Unknown,
        Vec::new(),
        first.into_iter().chain(["nothing that was seen says why".to_owned()]).collect(),
    )
}

fn answer(scene: &Scene<'_>, walk: chain::Walk, named: Named) -> Diagnosis {
    // The way from the root is shown where it leads to the cause, else the one from where the cause was found.
    let is_on_it = named.from.is_none_or(|from| walk.threads.contains(&from));
    let mut links = if is_on_it { walk.links } else { chain::walk(scene, named.from).links };
    let mut culprits = named.culprits;
    let mut seen = std::collections::HashSet::new();
    culprits.retain(|culprit| seen.insert(culprit.clone()));
    culprits.truncate(CULPRITS);
    let shown = |sentence: String| Text::from(crate::scan::redact::redact(&sentence).into_owned());
    let cleared = |text: &mut Text| *text = shown(text.as_str().to_owned());
    for path in culprits.iter_mut().filter_map(|culprit| culprit.path.as_mut()) {
        cleared(path);
    }
    for link in &mut links {
        cleared(&mut link.who);
        cleared(&mut link.waits_for);
    }
    let mut threads = time::spent(scene.evidence);
    for thread in &mut threads {
        cleared(&mut thread.name);
        thread.at.iter_mut().for_each(cleared);
    }
    Diagnosis {
        cause: named.cause,
        culprits: if named.cause.is_named() { culprits } else { Vec::new() },
        evidence: named.evidence.into_iter().take(SENTENCES).map(shown).collect(),
        chain: links,
        threads,
        doubts: scene.evidence.problems.iter().cloned().map(shown).collect(),
    }
}

/// A sleep in the kernel that nothing interrupts.
const fn is_d(state: char) -> bool {
    state == 'D'
}

#[cfg(test)]
mod tests;
