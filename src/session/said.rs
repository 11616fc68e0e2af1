//! What a job says of itself, in datagrams and on a page, as counters, beats and lines of a reading.

use std::sync::Arc;
use std::time::Duration;

use super::page::PageFeed;
use super::source::RoundContext;
use crate::feed::account::Account;
use crate::feed::choice::{Chosen, Selector, choose};
use crate::feed::pattern::Pattern;
use crate::feed::prometheus::Page;
use crate::job::mailbox::{Kin, Mailbox, ROOM};
use crate::model::clock::{self, Moment};
use crate::model::reading::{JobReading, LineReading};
use crate::model::said::{Said, SaidState};
use crate::model::text::Text;
use crate::scan::redact::redact;

/// CPU time for the datagrams of one round: a flood does not hold up the other readers, and waits in its socket.
const TIME_A_ROUND: Duration = Duration::from_millis(50);

/// Where a job speaks, and which of its metrics count.
#[derive(Debug, Default)]
pub struct SaidFeed {
    /// What the user named.
    selectors: Vec<Selector>,
    /// Metrics may be chosen by what their names say.
    is_guessing: bool,
    /// A socket of this watcher's own.
    own: Option<Own>,
    page: Option<PageFeed>,
    /// What was chosen of the page that was read last.
    of_page: Option<(Arc<Page>, Chosen)>,
    /// Signs of progress and changes of status up to the last round.
    beats: u64,
    status_changes: u64,
}

/// A socket that is open for as long as this watcher runs.
#[derive(Debug)]
struct Own {
    mailbox: Mailbox,
    kin: Kin,
    account: Account,
    room: Vec<u8>,
}

impl SaidFeed {
    /// Counts what `selectors` name. Where they name nothing, `is_guessing` allows names that say what they are.
    pub fn new(selectors: Vec<Selector>, is_guessing: bool, page: Option<PageFeed>) -> Self {
        Self { selectors, is_guessing, page, ..Self::default() }
    }

    /// Listens on a socket too, to the process `root` and its descendants.
    pub fn listen(&mut self, mailbox: Mailbox, root: u32) {
        let kin = Kin::of(i32::try_from(root).unwrap_or(i32::MAX));
        self.own = Some(Own { mailbox, kin, account: Account::default(), room: vec![0; ROOM] });
    }

    /// Adds to a reading what was said since the last round; `kept` is what the job's keeper heard.
    pub(super) fn read(
        &mut self,
        kept: Option<&Said>,
        context: &RoundContext<'_>,
        reading: &mut JobReading,
        problems: &mut Vec<Text>,
    ) {
        if let Some(said) = kept {
            self.take(said, context, reading, problems);
        }
        if let Some(mut own) = self.own.take() {
            let begin = clock::thread_cpu();
            while own.mailbox.take(&mut own.account, &mut own.kin, &mut own.room) > 0
                && clock::thread_cpu().saturating_sub(begin) < TIME_A_ROUND
            {}
            own.account.stamp(u64::try_from(context.wall.0).unwrap_or(0), context.at);
            own.account.said_mut().dropped = own.mailbox.dropped();
            self.take(own.account.said(), context, reading, problems);
            self.own = Some(own);
        }
        if let Some(feed) = &self.page {
            let (page, wrong) = feed.newest();
            problems.extend(wrong);
            if let Some(page) = page {
                // A page may hold thousands of series, and stands for many rounds.
                let known = self.of_page.take().filter(|(known, _)| Arc::ptr_eq(known, &page));
                let (page, chosen) = known.unwrap_or_else(|| {
                    let chosen = choose_if(&page.metrics, &self.selectors, self.is_guessing);
                    (page, chosen)
                });
                count(&chosen, "page", reading, problems);
                self.of_page = Some((page, chosen));
            }
        }
    }

    fn take(
        &mut self,
        said: &Said,
        context: &RoundContext<'_>,
        reading: &mut JobReading,
        problems: &mut Vec<Text>,
    ) {
        let chosen = choose_if(&said.metrics, &self.selectors, self.is_guessing);
        count(&chosen, "datagrams", reading, problems);
        if let Some(beat) = said.last_beat.as_deref().filter(|_| said.beats > self.beats) {
            reading.said_beat =
                Some((moment(said.last_beat_at, said.last_beat_ms, context), Text::new(&redact(beat))));
        }
        if said.state != SaidState::default() {
            reading.said_state = Some(said.state);
            let patience = said.state.asks_for_patience(context.at);
            let name = &reading.intro.name;
            problems.extend(patience.map(|why| Text::from(format!("{name}: {why}; its silence is none"))));
        }
        if said.beats > 0 {
            reading.beat_sources.push(Text::from("datagrams"));
        }
        if let Some(status) = said.status.as_deref().filter(|_| said.status_changes > self.status_changes) {
            let counters = if self.is_guessing { Pattern::counts().read(status) } else { <_>::default() };
            let pattern = (!counters.is_empty()).then(|| Text::from("STATUS"));
            let text = Text::new(&format!("status: {}", redact(status)));
            let at = moment(said.status_at, said.status_ms, context);
            reading.lines.push(LineReading { at, text, counters, pattern });
        }
        (self.beats, self.status_changes) = (said.beats, said.status_changes);
        let name = &reading.intro.name;
        let amiss = [
            (said.strangers, "datagrams came from processes that are no part of the job, and were refused"),
            (said.dropped, "datagrams came faster than they could be taken, and are lost"),
            (said.unreadable, "datagrams, or lines of them, could not be read"),
            (said.left_out, "values were left out: the job has more metrics than are kept"),
        ];
        let amiss = amiss.into_iter().filter(|(count, _)| *count > 0);
        problems.extend(amiss.map(|(count, what)| Text::from(format!("{name}: {count} {what}"))));
    }
}

/// A time of a keeper's; never later than now. The date that an older keeper tells instead is wrong by as much as the
/// date was set since.
fn moment(told: Moment, unix_ms: u64, context: &RoundContext<'_>) -> Moment {
    if told > Moment::default() {
        return told.min(context.at);
    }
    let age = u64::try_from(context.wall.0).unwrap_or(0).saturating_sub(unix_ms);
    Moment::from_millis(context.at.millis().saturating_sub(age))
}

/// Adds what was chosen to a reading.
fn count(chosen: &Chosen, from: &str, reading: &mut JobReading, problems: &mut Vec<Text>) {
    if !chosen.rivals.is_empty() {
        let rivals = chosen.rivals.join(", ");
        let name = &reading.intro.name;
        let words = format!(
            "{name}: several metrics could be its progress: {rivals}; choose with --source done=NAME"
        );
        problems.push(Text::new(&redact(&words)));
    }
    if chosen.counters.is_empty() {
        return;
    }
    let source = Text::new(&redact(&format!("{} ({from})", chosen.names.join(", "))));
    reading.said = Some(match reading.said.take() {
        Some((counters, first)) => (counters.or(chosen.counters), first),
        None => (chosen.counters, source),
    });
    if from == "page" && chosen.counters.done.is_some() {
        reading.beat_sources.push(Text::from("its page"));
    }
}

/// The user's own pattern for lines leaves metrics alone that only seem to be progress.
fn choose_if(metrics: &[crate::model::said::Metric], named: &[Selector], is_guessing: bool) -> Chosen {
    if named.is_empty() && !is_guessing { Chosen::default() } else { choose(metrics, named) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::clock::WallTime;
    use crate::model::metric::Bytes;
    use crate::model::snapshot::Host;
    use crate::proc::pss::Budget;

    #[test]
    fn a_date_that_is_set_moves_no_beat() {
        let host = Host {
            name: "here".into(),
            cpus: 1,
            load: None,
            memory_total: Bytes(0),
            memory_available: Bytes(0),
            gpus: Vec::new(),
        };
        let budget = std::cell::RefCell::new(Budget::default());
        let at = Moment::from_millis(100_000);
        let hour = 3_600_000;
        // What the wall clock says when it is looked at; the datagram came at 1,000,000 and at 97 s after boot.
        for wall in [1_003_000, 1_003_000 + hour, 1_003_000 - hour, 0, -1] {
            let context = RoundContext { at, wall: WallTime(wall), host: &host, budget: &budget };
            assert_eq!(moment(Moment::from_millis(97_000), 1_000_000, &context).millis(), 97_000, "{wall}");
            assert_eq!(
                moment(Moment::from_millis(100_001), 1_000_000, &context),
                at,
                "nothing is of later than now"
            );
            assert!(moment(Moment::default(), 1_000_000, &context) <= at, "what an older keeper tells");
        }
        let context = RoundContext { at, wall: WallTime(1_003_000), host: &host, budget: &budget };
        assert_eq!(moment(Moment::default(), 1_000_000, &context).millis(), 97_000);
    }
}
