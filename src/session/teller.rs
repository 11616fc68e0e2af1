//! Grants the fold's wish to tell somebody: asks the policy what is worth a call, and calls.

use std::sync::{Arc, Mutex, PoisonError};

use crate::alert::message::message;
use crate::alert::notify::Notifier;
use crate::alert::policy::{self, Rules, Told, Turn};
use crate::alert::trouble::Trouble;
use crate::config::alert::Telling;
use crate::job::watchers::Watcher;
use crate::model::alert::Alarm;
use crate::model::snapshot::Snapshot;

/// Notifications of one round; a desktop shows few at once.
const MOST_NOTES: usize = 3;

/// How `telltale status` is named when no word can be left for it.
const STATUS: &str = "status";

/// How the alerts are named that were too many.
const STORM: &str = "alerts";

/// Tells of alerts, once each.
pub struct Teller {
    telling: Telling,
    rules: Rules,
    told: Told,
    last_words: LastWords,
}

/// What is still to do when the watching ends.
#[derive(Clone)]
pub struct LastWords {
    notifier: Arc<Notifier>,
    /// Leaves word of how the jobs stand.
    watcher: Arc<Mutex<Option<Watcher>>>,
}

impl LastWords {
    /// Waits a little for what is being told, and takes the word along that was left.
    pub fn say(&self) {
        drop(self.watcher.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.notifier.finish();
    }
}

impl Teller {
    /// Tells those that the configuration names, and `telltale status` through what `watcher` leaves.
    pub fn new(telling: &Telling, watcher: Option<Watcher>) -> Self {
        let watcher = Arc::new(Mutex::new(watcher));
        let last_words = LastWords { notifier: Arc::new(Notifier::new(telling)), watcher };
        Self { rules: Rules::of(telling), told: Told::default(), telling: telling.clone(), last_words }
    }

    /// What does not work in telling.
    pub fn trouble(&self) -> Trouble {
        self.last_words.notifier.trouble()
    }

    /// What is still to do at the end.
    pub fn last_words(&self) -> LastWords {
        self.last_words.clone()
    }

    /// Tells what is new in this snapshot, and gives what is left to the terminal.
    pub fn tell(&mut self, snapshot: &Snapshot) -> Alarm {
        self.leave_word(snapshot);
        let (told, round) = policy::advance(&self.told, &snapshot.alerts, &self.rules, snapshot.at);
        self.told = told;
        let mut alarm = Alarm::default();
        for news in &round.news {
            let is_over = news.turn == Turn::Ended;
            // Who was called is told why, and not called again.
            let is_call = matches!(news.turn, Turn::Began | Turn::Worsened);
            let message = Arc::new(message(news, snapshot));
            if news.reaches(self.telling.level) && (!is_over || self.telling.tells_end) {
                self.last_words.notifier.send(&message);
            }
            if !is_over {
                alarm.rings |= is_call && news.reaches(self.telling.bell);
                if news.reaches(self.telling.desktop) && alarm.notes.len() < MOST_NOTES {
                    alarm.notes.push(message.line.clone());
                }
            }
        }
        if round.untold > 0 {
            let words = format!("{} more at once were not told one by one", round.untold);
            self.trouble().failed(STORM, &words);
        } else if !round.news.is_empty() {
            self.trouble().worked(STORM);
        }
        alarm
    }

    fn leave_word(&self, snapshot: &Snapshot) {
        let mut watcher = self.last_words.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let left = watcher.as_mut().map_or(Ok(()), |watcher| watcher.leave_word(snapshot));
        match left {
            Ok(()) => self.trouble().worked(STATUS),
            Err(error) => self.trouble().failed(STATUS, &format!("leaving word for it: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::Alert;
    use crate::model::clock::Moment;
    use crate::model::text::Text;
    use crate::model::verdict::{Claim, Condition, Severity};
    use std::time::Duration;

    #[test]
    fn the_terminal_is_told_what_reaches_its_levels() {
        let alert = |condition, severity, ended| Alert {
            job: Text::from("job"),
            claim: Claim { condition, severity, subject: None, headline: Text::from("x"), evidence: vec![] },
            since: Moment::from_millis(1),
            ended,
            claimed: None,
            told: None,
            diagnosis: None,
        };
        let telling =
            Telling { desktop: Some(Severity::Warning), min_duration: Duration::ZERO, ..Telling::default() };
        let mut teller = Teller::new(&telling, None);
        let mut snapshot = Snapshot::empty(Duration::from_secs(1));
        snapshot.alerts = vec![alert(Condition::OverTime, Severity::Warning, None)];
        let alarm = teller.tell(&snapshot);
        assert_eq!((alarm.rings, alarm.notes.len()), (false, 1));
        assert!(teller.tell(&snapshot).is_silent());
        snapshot.alerts = vec![
            alert(Condition::NoHeartbeat, Severity::Critical, None),
            alert(Condition::OverTime, Severity::Warning, Some(Moment::from_millis(2))),
        ];
        let alarm = teller.tell(&snapshot);
        assert_eq!((alarm.rings, alarm.notes[0].as_str()), (true, "job: critical: x"));
    }
}
