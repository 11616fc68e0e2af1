//! How jobs stand, as a line for people, for a tmux status bar, and as JSON. Pure.

use std::time::Duration;

use serde::Serialize;

use crate::job::standing::{Standing, Worst};
use crate::model::clock::{Moment, WallTime};
use crate::model::freeze::Frozen;
use crate::model::job::Phase;
use crate::model::metric::{count, per_second, percent, span};
use crate::model::verdict::Severity;

/// Jobs that a status bar has room for.
const MOST_IN_BAR: usize = 3;

/// Characters of a name and of an alert in a status bar.
const NAME_IN_BAR: usize = 20;
const ALERT_IN_BAR: usize = 48;

/// One job in a status.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// How it stands.
    pub(super) standing: Standing,
    /// The run that a keeper holds.
    pub(super) run: Option<String>,
    /// When its watcher saw that; `None` where only its keeper is there to ask.
    pub(super) seen: Option<Moment>,
    /// How long it has been running, where nobody watches it.
    pub(super) age: Option<Duration>,
    /// It was stopped by a signal.
    pub(super) is_stopped: bool,
    /// Telltale has frozen it.
    pub(super) frozen: Option<Frozen>,
}

/// Now, by the clock of this machine and for people.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) at: Moment,
    pub(super) wall: WallTime,
}

#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    standing: &'a Standing,
    run: Option<&'a str>,
    is_watched: bool,
    beat_age: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frozen: Option<&'a Frozen>,
}

impl Line {
    fn beat_age(&self, now: Now) -> Option<Duration> {
        self.standing.beat.filter(|_| self.standing.phase == Phase::Running).map(|beat| now.at.since(beat))
    }

    /// The gauges that are known, as words.
    fn words(&self, now: Now) -> Vec<String> {
        let Standing { phase, done, total, throughput, fill, .. } = &self.standing;
        if let Phase::Ended { exit, .. } = phase {
            return vec![exit.to_string()];
        }
        let progress = match (done, total) {
            (Some(done), Some(total)) => Some(format!("{}/{}", count(*done), count(*total))),
            (Some(done), None) => Some(count(*done)),
            _ => None,
        };
        let state = match &self.frozen {
            Some(frozen) => Some(format!("{} for {}", frozen.headline(), span(now.wall.since(frozen.since)))),
            None => self.is_stopped.then(|| "stopped".to_owned()),
        };
        let is_at_work = state.is_none();
        let unwatched = self.seen.is_none().then(|| {
            let age = self.age.map_or_else(String::new, |age| format!(" for {}", span(age)));
            format!("running{age}, nobody watches")
        });
        let rate = throughput.filter(|rate| *rate > 0.0).map(per_second);
        let memory = fill.map(|fill| format!("mem {}", percent(fill)));
        let beat = self.beat_age(now).map(|age| format!("beat {}", span(age)));
        [state, unwatched.filter(|_| is_at_work), progress, rate, memory, beat]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The worst alert, but for the one that it is frozen: its state says so already.
    fn worst(&self) -> Option<&Worst> {
        let is_said = |worst: &&Worst| {
            self.frozen.as_ref().is_some_and(|frozen| worst.headline.as_str() == frozen.headline())
        };
        self.standing.worst.as_ref().filter(|worst| !is_said(worst))
    }

    /// The line for people.
    pub(super) fn text(&self, now: Now) -> String {
        let mut parts = vec![self.standing.name.to_string()];
        parts.extend(self.words(now));
        if let Some(worst) = self.worst() {
            let more = if worst.of > 1 { format!(" (and {} more)", worst.of - 1) } else { String::new() };
            parts.push(format!("{} {}{more}", mark(worst.level), worst.headline));
        }
        parts.join("  ")
    }

    /// The object for programs.
    pub(super) fn json(&self, now: Now) -> String {
        let json = Json {
            standing: &self.standing,
            run: self.run.as_deref(),
            is_watched: self.seen.is_some(),
            beat_age: self.beat_age(now).map(|age| age.as_secs_f64()),
            frozen: self.frozen.as_ref(),
        };
        // Strings and numbers only: nothing that JSON could refuse.
        serde_json::to_string(&json).unwrap_or_default()
    }

    fn in_bar(&self, now: Now) -> String {
        let mut words = vec![cut(&self.standing.name, NAME_IN_BAR)];
        words.extend(self.words(now));
        let words = escape(&words.join(" "));
        let words = if self.frozen.is_some() { format!("#[fg=red]{words}#[default]") } else { words };
        match self.worst() {
            None => words,
            Some(worst) => {
                let colour = match worst.level {
                    Severity::Critical => "red",
                    Severity::Warning => "yellow",
                };
                let headline = escape(&cut(&worst.headline, ALERT_IN_BAR));
                format!("{words} #[fg={colour}]{} {headline}#[default]", mark(worst.level))
            }
        }
    }
}

/// All jobs in one line for a status bar of tmux: those with an alert first.
pub(super) fn bar(lines: &[Line], now: Now) -> String {
    let mut order: Vec<&Line> = lines.iter().collect();
    order.sort_by_key(|line| {
        let level = line.standing.worst.as_ref().map(|worst| worst.level);
        std::cmp::Reverse((line.frozen.is_some(), level))
    });
    let mut parts: Vec<String> = order.iter().take(MOST_IN_BAR).map(|line| line.in_bar(now)).collect();
    if order.len() > MOST_IN_BAR {
        parts.push(format!("+{}", order.len() - MOST_IN_BAR));
    }
    parts.join(" | ")
}

/// A shape beside the colour, for whoever has none.
const fn mark(level: Severity) -> &'static str {
    match level {
        Severity::Critical => "!!",
        Severity::Warning => "!",
    }
}

/// Makes tmux show what is text: a `#` begins a style, a variable or a command of its own.
fn escape(text: &str) -> String {
    text.replace('#', "##")
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::freeze::FrozenBy;
    use crate::model::metric::Bytes;
    use crate::model::process::Exit;
    use crate::model::text::Text;

    const AT: Moment = Moment::from_millis(100_000);
    const NOW: Now = Now { at: AT, wall: WallTime(1_000_000) };

    fn line(name: &str) -> Line {
        let standing = Standing {
            name: Text::from(name),
            root: None,
            phase: Phase::Running,
            done: Some(1_200),
            total: Some(4_000),
            throughput: Some(3.25),
            memory: Some(Bytes(1 << 30)),
            fill: Some(0.434),
            beat: Some(Moment::from_millis(98_000)),
            worst: None,
        };
        Line { standing, run: None, seen: Some(AT), age: None, is_stopped: false, frozen: None }
    }

    fn alerted(name: &str, level: Severity) -> Line {
        let mut line = line(name);
        line.standing.worst =
            Some(Worst { level, headline: Text::from("item #[fg=red]#(rm x) is lost"), of: 2 });
        line
    }

    #[test]
    fn a_line_says_what_is_known() {
        assert_eq!(line("etl").text(NOW), "etl  1,200/4,000  3.25 /s  mem 43 %  beat 2.0s");
        let mut bare = line("etl");
        (bare.standing.done, bare.standing.throughput, bare.standing.beat) = (None, None, None);
        bare.standing.fill = None;
        (bare.seen, bare.age) = (None, Some(Duration::from_secs(61)));
        assert_eq!(bare.text(NOW), "etl  running for 1m 01s, nobody watches");
        bare.is_stopped = true;
        assert_eq!(bare.text(NOW), "etl  stopped");
        bare.standing.phase = Phase::Ended { exit: Exit::Signal(9), at: AT };
        assert_eq!(bare.text(NOW), "etl  killed by SIGKILL");
        let said = alerted("etl", Severity::Critical).text(NOW);
        assert!(said.ends_with("!! item #[fg=red]#(rm x) is lost (and 1 more)"), "{said}");
    }

    #[test]
    fn a_frozen_job_says_so_since_when_and_once() {
        let mut line = alerted("etl", Severity::Critical);
        let frozen = Frozen {
            since: WallTime(1_000_000 - 192_000),
            by: FrozenBy::Guard(0.9),
            processes: 9,
            going: Vec::new(),
            evidence: Vec::new(),
            then: None,
            target: Text::from("etl"),
        };
        line.standing.worst.as_mut().unwrap().headline = Text::from(frozen.headline());
        (line.is_stopped, line.frozen) = (true, Some(frozen));
        let said = line.text(NOW);
        assert!(said.starts_with("etl  FROZEN by the guard at 90 % for 3m 12s  1,200/4,000"), "{said}");
        assert_eq!(said.matches("FROZEN").count(), 1, "{said}");
        assert!(
            bar(&[line], NOW).starts_with("#[fg=red]etl FROZEN by the guard at 90 % for 3m 12s 1,200/4,000")
        );
    }

    #[test]
    fn a_status_bar_shows_text_as_text_and_the_worst_first() {
        let lines: Vec<Line> = [
            line("a#b"),
            alerted("warned", Severity::Warning),
            alerted("bad", Severity::Critical),
            line("d"),
        ]
        .into();
        let bar = bar(&lines, NOW);
        let parts: Vec<&str> = bar.split(" | ").collect();
        assert!(parts[0].starts_with("bad ") && parts[1].starts_with("warned "), "{bar}");
        assert!(parts[0].ends_with("#[fg=red]!! item ##[fg=red]##(rm x) is lost#[default]"), "{bar}");
        assert_eq!((parts[2].split(' ').next(), parts[3]), (Some("a##b"), "+1"));
        assert_eq!(super::bar(&[], NOW), "");
    }

    #[test]
    fn json_is_one_object() {
        let json: serde_json::Value = serde_json::from_str(&line("etl").json(NOW)).unwrap();
        assert_eq!(
            (&json["name"], &json["done"], &json["is_watched"]),
            (&"etl".into(), &1200.into(), &true.into())
        );
        assert_eq!(json["beat_age"], 2.0);
    }
}
