//! Which alerts are worth a call, and when: pure, from what was told before and the alerts now.
//!
//! A screen shows every alert. Whoever is called away from something else is told once: when an alert has held for a
//! while, when it has become worse, and when it is over; and not of the same thing again within a short time.

use std::time::Duration;

use crate::config::alert::{Floor, Telling};
use crate::model::alert::Alert;
use crate::model::clock::Moment;
use crate::model::job::JobId;
use crate::model::member::MemberId;
use crate::model::verdict::{Condition, Severity};

/// News of one round; of more, the first are told and the rest is counted.
const MOST_AT_ONCE: usize = 16;

/// Things that are remembered to have been told.
const MOST_KNOWN: usize = 512;

/// What has become of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It holds.
    Began,
    /// It was told before, and has become worse.
    Worsened,
    /// It was told before, and now it is known why it holds.
    Explained,
    /// It was told before, and is over.
    Ended,
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// What has become of it.
    pub turn: Turn,
    /// The alert as it is now.
    pub alert: Alert,
    /// The worst level of it that was told: who has heard that it began hears that it ended.
    pub level: Severity,
}

impl News {
    /// Whether those are told who want to know of this level.
    pub fn reaches(&self, floor: Floor) -> bool {
        floor.is_some_and(|floor| self.level >= floor)
    }
}

/// When something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The lowest level that anybody wants to know of.
    pub floor: Floor,
    /// How long a warning has to hold first.
    pub min_duration: Duration,
    /// The shortest time between two tellings of one thing, unless it is worse.
    pub min_interval: Duration,
}

impl Rules {
    /// Those of the configuration.
    pub fn of(telling: &Telling) -> Self {
        let asked = telling.on_alert.is_some() || telling.webhook.is_some();
        let floors = [telling.bell, telling.desktop, telling.level.filter(|_| asked)];
        Self {
            floor: floors.into_iter().flatten().min(),
            min_duration: telling.min_duration,
            min_interval: telling.min_interval,
        }
    }

    /// How long an alert of this level has to hold before it is told. What is critical can't wait.
    const fn patience(&self, level: Severity) -> Duration {
        match level {
            Severity::Critical => Duration::ZERO,
            Severity::Warning => self.min_duration,
        }
    }
}

/// What was told so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    known: Vec<Known>,
}

/// One thing that was told: a condition of a job or of one of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    job: JobId,
    condition: Condition,
    subject: Option<MemberId>,
    /// Which of its alerts.
    since: Moment,
    /// The worst level that was told.
    level: Severity,
    /// When it was told last.
    at: Moment,
    /// Its end was not told yet.
    is_open: bool,
    /// It was told why it holds.
    is_explained: bool,
}

impl Known {
    fn is_of(&self, alert: &Alert) -> bool {
        self.job == alert.job
            && self.condition == alert.claim.condition
            && self.subject == alert.claim.subject
    }

    fn is_same(&self, alert: &Alert) -> bool {
        self.is_of(alert) && self.since == alert.since
    }
}

/// What one round has brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Round {
    /// To be told now.
    pub news: Vec<News>,
    /// How many more there were that are only shown.
    pub untold: usize,
}

/// What is known to have been told after this round, and what is to be told in it.
pub fn advance(before: &Told, alerts: &[Alert], rules: &Rules, now: Moment) -> (Told, Round) {
    let mut told = before.clone();
    let mut news = ended(&mut told, alerts);
    let (mut begun, mut untold) = (Vec::new(), 0);
    let floor = rules.floor;
    let wanted =
        |alert: &&Alert| alert.is_active() && floor.is_some_and(|floor| alert.claim.severity >= floor);
    for alert in alerts.iter().filter(wanted) {
        let known = told.known.iter().find(|known| known.is_of(alert));
        let Some(turn) = turn(known, alert, rules, now) else { continue };
        // Why it holds is told to all who heard of it.
        let before = known.filter(|_| turn == Turn::Explained).map(|known| known.level);
        let level = before.unwrap_or(alert.claim.severity);
        // Of what is only counted, the end is no news either.
        let is_told = begun.len() < MOST_AT_ONCE;
        if is_told {
            begun.push(News { turn, alert: alert.clone(), level });
        } else {
            untold += 1;
        }
        told.known.retain(|known| !known.is_of(alert));
        told.known.push(Known {
            job: alert.job.clone(),
            condition: alert.claim.condition,
            subject: alert.claim.subject.clone(),
            since: alert.since,
            level,
            at: now,
            is_open: is_told,
            is_explained: alert.diagnosis.is_some(),
        });
    }
    told.known.retain(|known| known.is_open || now.since(known.at) < rules.min_interval);
    let too_many = told.known.len().saturating_sub(MOST_KNOWN);
    told.known.drain(..too_many);
    // What is over can't be mended any more: it takes the room that is left.
    let room = MOST_AT_ONCE - begun.len();
    untold += news.len().saturating_sub(room);
    news.truncate(room);
    news.append(&mut begun);
    (told, Round { news, untold })
}

/// What is to be told of an alert that holds, given what was told of its kind.
fn turn(known: Option<&Known>, alert: &Alert, rules: &Rules, now: Moment) -> Option<Turn> {
    let level = alert.claim.severity;
    match known {
        Some(known) if known.is_open && level > known.level => Some(Turn::Worsened),
        Some(known) if known.is_open => {
            (alert.diagnosis.is_some() && !known.is_explained).then_some(Turn::Explained)
        }
        Some(known) if level <= known.level && now.since(known.at) < rules.min_interval => None,
        _ => (now.since(alert.since) >= rules.patience(level)).then_some(Turn::Began),
    }
}

/// Closes what is over. An alert whose job is watched no more ends without a word.
fn ended(told: &mut Told, alerts: &[Alert]) -> Vec<News> {
    let mut news = Vec::new();
    for known in told.known.iter_mut().filter(|known| known.is_open) {
        let now = alerts.iter().find(|alert| known.is_same(alert));
        known.is_open = now.is_some_and(Alert::is_active);
        if let Some(alert) = now.filter(|alert| !alert.is_active()) {
            news.push(News { turn: Turn::Ended, alert: alert.clone(), level: known.level });
        }
    }
    news
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cause::Cause;
    use crate::model::inquiry::Brief;
    use crate::model::text::Text;
    use crate::model::verdict::Claim;
    use Severity::{Critical, Warning};

    const RULES: Rules = Rules {
        floor: Some(Warning),
        min_duration: Duration::from_secs(5),
        min_interval: Duration::from_mins(1),
    };

    fn alert(since: u64, severity: Severity, ended: Option<u64>) -> Alert {
        let at = |seconds: u64| Moment::from_millis(seconds * 1_000);
        let claim = Claim {
            condition: Condition::MemoryAboveTarget,
            severity,
            subject: None,
            headline: Text::from("memory"),
            evidence: Vec::new(),
        };
        Alert {
            job: Text::from("job"),
            claim,
            since: at(since),
            ended: ended.map(at),
            claimed: None,
            told: None,
            diagnosis: None,
        }
    }

    type Rounds = Vec<(u64, Vec<Alert>)>;
    type Heard = Vec<(u64, Turn, Severity)>;

    /// Plays rounds, each with its second and its alerts; gives what was told, and when.
    fn play(rules: &Rules, rounds: &[(u64, Vec<Alert>)]) -> Heard {
        let (mut told, mut heard) = (Told::default(), Vec::new());
        for (second, alerts) in rounds {
            let (next, round) = advance(&told, alerts, rules, Moment::from_millis(second * 1_000));
            told = next;
            heard.extend(round.news.iter().map(|news| (*second, news.turn, news.level)));
        }
        heard
    }

    #[test]
    fn each_thing_is_told_once_and_its_end_once() {
        let holds = |level| alert(10, level, None);
        let over = |level| alert(10, level, Some(20));
        let cases: Vec<(&str, Rounds, Heard)> = vec![
            (
                "critical at once, and once",
                vec![(10, vec![holds(Critical)]), (11, vec![holds(Critical)]), (100, vec![holds(Critical)])],
                vec![(10, Turn::Began, Critical)],
            ),
            (
                "a warning when it has held",
                vec![(10, vec![holds(Warning)]), (14, vec![holds(Warning)]), (15, vec![holds(Warning)])],
                vec![(15, Turn::Began, Warning)],
            ),
            ("a short one never", vec![(10, vec![holds(Warning)]), (20, vec![over(Warning)])], vec![]),
            (
                "what becomes worse is told again, and its end as that of the worst",
                vec![
                    (16, vec![holds(Warning)]),
                    (17, vec![holds(Critical)]),
                    (18, vec![holds(Warning)]),
                    (19, vec![holds(Critical)]),
                    (20, vec![over(Warning)]),
                    (21, vec![over(Warning)]),
                ],
                vec![(16, Turn::Began, Warning), (17, Turn::Worsened, Critical), (20, Turn::Ended, Critical)],
            ),
            (
                "what comes back soon is told when it has stayed",
                vec![
                    (10, vec![holds(Critical)]),
                    (20, vec![over(Critical)]),
                    (30, vec![alert(30, Critical, None), over(Critical)]),
                    (40, vec![alert(30, Critical, Some(40)), over(Critical)]),
                    (50, vec![alert(50, Critical, None)]),
                    (69, vec![alert(50, Critical, None)]),
                    (70, vec![alert(50, Critical, None)]),
                ],
                vec![(10, Turn::Began, Critical), (20, Turn::Ended, Critical), (70, Turn::Began, Critical)],
            ),
            (
                "what ends and begins anew between two looks is closed first",
                vec![(10, vec![holds(Critical)]), (80, vec![alert(80, Critical, None), over(Critical)])],
                vec![(10, Turn::Began, Critical), (80, Turn::Ended, Critical), (80, Turn::Began, Critical)],
            ),
            (
                "a job that is watched no more says no more",
                vec![(10, vec![holds(Critical)]), (11, vec![])],
                vec![(10, Turn::Began, Critical)],
            ),
        ];
        for (what, rounds, expected) in cases {
            assert_eq!(play(&RULES, &rounds), expected, "{what}");
        }
    }

    #[test]
    fn a_cause_that_comes_later_is_told_once() {
        let brief = Brief { cause: Cause::LockCycle, culprits: vec![], named: vec![], evidence: None };
        let explained = |ended| Alert { diagnosis: Some(brief.clone()), ..alert(10, Critical, ended) };
        let rounds = [
            (10, vec![alert(10, Critical, None)]),
            (14, vec![explained(None)]),
            (15, vec![explained(None)]),
            (20, vec![explained(Some(20))]),
        ];
        let expected =
            [(10, Turn::Began, Critical), (14, Turn::Explained, Critical), (20, Turn::Ended, Critical)];
        assert_eq!(play(&RULES, &rounds), expected);
        assert_eq!(
            play(&RULES, &rounds[1..]),
            [expected[1], expected[2]].map(|(second, turn, level)| {
                (second, if turn == Turn::Explained { Turn::Began } else { turn }, level)
            })
        );
    }

    #[test]
    fn below_the_floor_nothing_is_told_until_it_is_worse() {
        let rules = Rules { floor: Some(Critical), ..RULES };
        let rounds = [
            (20, vec![alert(10, Warning, None)]),
            (21, vec![alert(10, Critical, None)]),
            (22, vec![alert(10, Warning, Some(22))]),
        ];
        assert_eq!(play(&rules, &rounds), [(21, Turn::Began, Critical), (22, Turn::Ended, Critical)]);
        assert!(play(&Rules { floor: None, ..RULES }, &rounds).is_empty());
    }

    #[test]
    fn a_storm_is_cut_and_counted_and_what_is_remembered_has_a_bound() {
        let mut told = Told::default();
        for round in 0..100 {
            let alerts: Vec<Alert> = (0..50)
                .map(|n| {
                    let mut alert = alert(1, Critical, None);
                    alert.claim.subject = Some(MemberId::Process { pid: round * 50 + n, start: 1 });
                    alert
                })
                .collect();
            let (next, heard) = advance(&told, &alerts, &RULES, Moment::from_millis(2_000));
            told = next;
            assert_eq!((heard.news.len(), heard.untold), (MOST_AT_ONCE, 50 - MOST_AT_ONCE));
            assert!(told.known.len() <= MOST_KNOWN);
            let (_, again) = advance(&told, &alerts, &RULES, Moment::from_millis(2_500));
            assert_eq!(again, Round::default(), "what was counted is not told later");
        }
    }

    #[test]
    fn the_floor_is_the_lowest_that_anybody_asked_for() {
        let floor = |telling: Telling| Rules::of(&telling).floor;
        assert_eq!(floor(Telling::default()), Some(Critical), "nobody hears of the level of no command");
        let command = crate::config::alert::Words::split("true").ok();
        assert_eq!(floor(Telling { on_alert: command, ..Telling::default() }), Some(Warning));
        assert_eq!(floor(Telling { bell: None, ..Telling::default() }), None);
    }

    #[test]
    fn what_begins_is_told_before_what_is_over() {
        let named = |n: u64, ended| Alert { job: Text::from(n.to_string()), ..alert(10, Critical, ended) };
        let storm: Vec<Alert> = (0..16).map(|n| named(n, None)).collect();
        let (told, _) = advance(&Told::default(), &storm, &RULES, Moment::from_millis(10_000));
        let mut later = vec![named(99, None)];
        later.extend((0..16).map(|n| named(n, Some(20))));
        let (_, round) = advance(&told, &later, &RULES, Moment::from_millis(20_000));
        assert!(round.news.iter().any(|news| news.turn == Turn::Began && news.alert.job.as_str() == "99"));
        assert_eq!((round.news.len(), round.untold), (16, 1));
    }
}
