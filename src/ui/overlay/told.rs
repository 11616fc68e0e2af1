//! What boxes tell: all alerts, one member or one finding in full, the scan itself, and the question before leaving.

use super::window::Said;
use crate::config::theme::Role;
use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::job::Job;
use crate::model::member::{Member, MemberId, MemoryParts};
use crate::model::metric::{self, Bytes};
use crate::model::text::Text;
use crate::model::verdict::Severity;
use crate::scan::finding::Finding;
use crate::scan::found::Found;
use crate::ui::keys::Context;
use crate::ui::offer::offered_now;
use crate::ui::scan::pane::level_words;
use crate::ui::scan::{about, preview};
use crate::ui::state::UiState;
use crate::ui::view::View;
use crate::ui::watch::gpu;
use crate::ui::{verdict, words};

/// All alerts, those that ended too, and what is out of order.
pub(super) fn alerts(view: &View<'_>, state: &UiState) -> Vec<Said> {
    let snapshot = view.snapshot;
    let mut lines = Vec::new();
    let are_several = view.jobs().count() > 1;
    for alert in &snapshot.alerts {
        alert_lines(&mut lines, alert, snapshot.at, state);
        let job = snapshot.job(&alert.job).filter(|_| are_several);
        lines.extend(job.map(|job| Said::plain(&format!("job: {}", words::command(&job.name)), Role::Dim)));
    }
    if lines.is_empty() {
        lines.push(Said::plain("None now, and none before.", Role::Ok));
    }
    for notice in &snapshot.notices {
        let since = words::age(snapshot.at.since(notice.since));
        lines.push(Said::plain("", Role::Text));
        lines.push(Said::new("i", Role::Warn, &format!("{}, for {since}", notice.text), Role::Text));
    }
    lines
}

fn alert_lines(lines: &mut Vec<Said>, alert: &Alert, now: Moment, state: &UiState) {
    let [_, look, bad, none] = state.glyphs().verdicts;
    let (mark, role) = match (alert.is_active(), alert.claim.severity) {
        (false, _) => (none, Role::Dim),
        (true, Severity::Critical) => (bad, Role::Bad),
        (true, Severity::Warning) => (look, Role::Warn),
    };
    if !lines.is_empty() {
        lines.push(Said::plain("", Role::Text));
    }
    lines.push(Said::new(mark, role, &verdict::alert_words(alert, now), role));
    lines.extend(alert.diagnosis.as_ref().map(|brief| Said::plain(&brief.line(), Role::Title)));
    for evidence in &alert.claim.evidence {
        lines.push(Said::plain(evidence, Role::Text));
    }
}

/// One member of the job in full.
pub(super) fn member(view: &View<'_>, state: &UiState, id: &MemberId) -> Vec<Said> {
    let job = view.job(state);
    let member = job.and_then(|job| job.members.iter().find(|member| member.id == *id));
    member.map_or_else(
        || vec![Said::plain("It is gone.", Role::Dim)],
        |member| member_lines(job, member, view.snapshot.at),
    )
}

fn member_lines(job: Option<&Job>, member: &Member, now: Moment) -> Vec<Said> {
    use crate::model::member::Activity;
    let is_frozen = job.is_some_and(|job| job.frozen.is_some());
    let doing = match member.activity {
        Activity::Busy => "busy".to_owned(),
        Activity::Idle => "idle".to_owned(),
        Activity::Blocked => "blocked: a sleep that nothing interrupts, mostly for a disk".to_owned(),
        Activity::Stopped if is_frozen => "frozen by telltale".to_owned(),
        Activity::Stopped => "stopped by a signal or a debugger".to_owned(),
        Activity::Finished(exit) | Activity::Lost(exit) => {
            job.and_then(|job| job.ending(member)).unwrap_or_else(|| exit.to_string())
        }
    };
    let started = member.about.started.map(|at| format!("{} ago", metric::span(now.since(at))));
    let ended = member.ended.map(|at| format!("{} ago", metric::span(now.since(at))));
    let io = member
        .io
        .map(|io| format!("{} read, {} written", words::byte_rate(io.read), words::byte_rate(io.written)));
    let state = member.state.map(|state| format!(", state {}", state.letter())).unwrap_or_default();
    let facts = [
        ("Who", Some(format!("{} {}", member.id, member.about.name))),
        ("Does", Some(format!("{doing}{state}"))),
        ("Waits for", member.waits_for.as_ref().map(ToString::to_string)),
        ("Command", Some(member.about.command.to_string())),
        ("Parent", member.parent.map(|pid| pid.to_string())),
        ("Threads", Some(member.threads.to_string())),
        ("Pool", member.pool.as_ref().and_then(|pool| pool.words().into_iter().next())),
        ("CPU", member.cpu.map(|cpu| format!("{:.1} % of one CPU", cpu * 100.0))),
        ("Memory", member.memory.map(|memory| format!("{memory}, shared pages included"))),
        ("Private", member.parts.map(|parts| private(&parts))),
        ("Shared", member.parts.map(|parts| format!("{} that others map too", parts.shared))),
        ("Swapped", member.parts.map(|parts| parts.swap.to_string())),
        ("Growth", member.growth.map(growth)),
        ("GPU", job.and_then(|job| job.gpu.as_ref()?.of(&member.id)).map(gpu::held)),
        ("Disk", io),
        ("Started", started),
        ("Ended", ended),
    ];
    facts.into_iter().filter_map(|(label, text)| Some(Said::fact(label, &text?))).collect()
}

/// What of its memory is its own, and with its part of what it shares.
fn private(parts: &MemoryParts) -> String {
    let estimated = if parts.is_estimated { ", estimated" } else { "" };
    format!("{} (with its part of the shared {}: PSS{estimated})", parts.private, parts.pss)
}

fn growth(a_minute: f64) -> String {
    let by = Bytes(a_minute.abs() as u64);
    match () {
        () if by < Bytes(1 << 10) => "none".to_owned(),
        () if a_minute > 0.0 => format!("{by} a minute"),
        () => format!("shrinks by {by} a minute"),
    }
}

/// Places of one secret that its details list.
const PLACES: usize = 500;

/// One finding in full, with the other places of its secret.
pub(super) fn finding(found: &Found, view: &View<'_>, state: &UiState) -> Vec<Said> {
    let place = |finding: &Finding| {
        let place = format!("{}:{}:{}", finding.path.to_string_lossy(), finding.line, finding.column);
        Text::new(&place).to_string()
    };
    let why = |(n, why): (usize, String)| (if n == 0 { "Why" } else { "" }, why);
    let entropy = format!("{:.2} of at most {:.2} bits a character", found.entropy, found.entropy_ceiling);
    let preview = view.preview.filter(|preview| preview.path == found.path);
    let mut facts = vec![
        ("Where", place(found)),
        ("Rule", Text::new(&found.rule).to_string()),
        ("Score", format!("{:.2}, {}", found.score, level_words(found.level))),
        ("Secret", Text::new(&found.redacted).to_string()),
        ("Entropy", entropy),
    ];
    let more = preview.iter().flat_map(|preview| preview.why.iter().cloned());
    facts.extend(preview::score(found).into_iter().chain(more).enumerate().map(why));
    let blame = state.blame.as_ref().filter(|blame| blame.is_about(found));
    facts.extend(blame.map(|blame| ("Commit", blame.told().to_owned())));
    facts.extend(found.verdict().map(|verdict| ("Marked", verdict.as_str().to_owned())));
    facts.extend([
        ("Secret id", Text::new(&found.secret_id).to_string()),
        ("Fingerprint", Text::new(&found.fingerprint).to_string()),
    ]);
    let mut lines: Vec<Said> = facts.iter().map(|(label, text)| Said::fact(label, text)).collect();
    if found.more() > 0 {
        lines.push(Said::plain("", Role::Text));
        let label = words::counted(found.more(), "place", "places");
        lines.push(Said::plain(&format!("The same secret in {label} more"), Role::Title));
        lines.extend(found.places().skip(1).take(PLACES).map(|other| Said::fact("Also", &place(other))));
        let rest = found.more().saturating_sub(PLACES);
        if rest > 0 {
            lines.push(Said::plain(&format!("and in {} more", metric::count(rest as u64)), Role::Dim));
        }
    }
    lines
}

/// What the scan says of itself.
pub(super) fn this_scan(view: &View<'_>) -> Vec<Said> {
    about::facts(view).iter().map(|(label, text)| Said::fact(label, text)).collect()
}

/// The question before leaving, with its answers.
pub(super) fn leaving(view: &View<'_>, state: &UiState) -> Vec<Said> {
    let name = view.job(state).map(|job| job.name.to_string()).unwrap_or_default();
    let mut lines = vec![
        Said::plain(&format!("{name} still runs. What becomes of it?"), Role::Title),
        Said::plain("", Role::Text),
    ];
    if view.job(state).is_some_and(|job| job.frozen.is_some()) {
        lines.insert(1, Said::plain("It is frozen, and stays so until somebody lets it go on.", Role::Warn));
    }
    let answers = offered_now(state, view).into_iter().filter(|row| row.binding.context == Context::Leaving);
    lines.extend(answers.map(|row| {
        let key = row.keys.first().map(ToString::to_string).unwrap_or_default();
        Said::new(&key, Role::Key, row.binding.words, Role::Text)
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_its_own_is_told_from_what_it_shares() {
        let mib = |n: u64| Bytes(n << 20);
        let parts =
            MemoryParts { pss: mib(40), private: mib(12), is_estimated: true, ..MemoryParts::default() };
        assert_eq!(private(&parts), "12.0 MiB (with its part of the shared 40.0 MiB: PSS, estimated)");
        let told = [2e6, -2e6, 100.0].map(growth);
        assert_eq!(told, ["1.91 MiB a minute", "shrinks by 1.91 MiB a minute", "none"]);
    }
}
