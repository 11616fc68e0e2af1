//! Grants the fold's wish to tell somebody: asks the policy what is worth a call, and calls.

use std::sync::Arc;

use crate::alert::message::message;
use crate::alert::notify::Notifier;
use crate::alert::policy::{self, Rules, Told, Turn};
use crate::alert::trouble::Trouble;
use crate::config::alert::Telling;
use crate::model::alert::Alarm;
use crate::model::snapshot::Snapshot;

/// Notifications of one round; a desktop shows few at once.
const MOST_NOTES: usize = 3;

/// How the alerts are named that were too many.
const STORM: &str = "alerts";

/// Tells of alerts, once each.
pub struct Teller {
    telling: Telling,
    rules: Rules,
    told: Told,
    notifier: Arc<Notifier>,
}

impl Teller {
    /// Tells those that the configuration names.
    pub fn new(telling: &Telling) -> Self {
        let notifier = Arc::new(Notifier::new(telling));
        Self { rules: Rules::of(telling), told: Told::default(), telling: telling.clone(), notifier }
    }

    /// What does not work in telling.
    pub fn trouble(&self) -> Trouble {
        self.notifier.trouble()
    }

    /// The one that calls, for whoever waits for its last words.
    pub fn notifier(&self) -> Arc<Notifier> {
        Arc::clone(&self.notifier)
    }

    /// Tells what is new in this snapshot, and gives what is left to the terminal.
    pub fn tell(&mut self, snapshot: &Snapshot) -> Alarm {
        let (told, round) = policy::advance(&self.told, &snapshot.alerts, &self.rules, snapshot.at);
        self.told = told;
        let mut alarm = Alarm::default();
        for news in &round.news {
            let is_over = news.turn == Turn::Ended;
            let message = Arc::new(message(news, snapshot));
            if news.reaches(self.telling.level) && (!is_over || self.telling.tells_end) {
                self.notifier.send(&message);
            }
            if !is_over {
                alarm.rings |= news.reaches(self.telling.bell);
                if news.reaches(self.telling.desktop) && alarm.notes.len() < MOST_NOTES {
                    alarm.notes.push(message.line.clone());
                }
            }
        }
        if round.untold > 0 {
            let words = format!("{} more at once were not told one by one", round.untold);
            self.notifier.trouble().failed(STORM, &words);
        } else if !round.news.is_empty() {
            self.notifier.trouble().worked(STORM);
        }
        alarm
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
        };
        let telling =
            Telling { desktop: Some(Severity::Warning), min_duration: Duration::ZERO, ..Telling::default() };
        let mut teller = Teller::new(&telling);
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
