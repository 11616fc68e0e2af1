//! The bars of one job's output, kept apart, and which of them is the job's; pure.
//!
//! The job's bar is the one that began first and is not over: of nested bars the outer, of several one after the
//! other each in its turn. A bar is over at its total, and with it those that began later and were drawn before. One
//! that was left early looks like an outer one that waits, and is taken to be over once a later bar has lived twice as
//! long as it had. Bars that a tool draws go before counters in log lines.

use std::time::Duration;

use super::bars::{self, Bar, Counts, Tool};
use crate::model::clock::Moment;
use crate::model::reading::CountersRead;
use crate::model::text::Text;

/// Bars that are remembered at most.
const MOST_BARS: usize = 32;
/// Bytes of a label that are remembered.
const LONGEST_LABEL: usize = 120;
/// How much longer than a bar that stands still a later one must have lived before the former is taken to be over.
const OUTLIVED: u32 = 2;

/// What the board shows after a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The counters of the job's bar.
    pub counters: CountersRead,
    /// Who draws it.
    pub source: Text,
    /// Whether the bar in this line moved since it was drawn last.
    pub has_moved: bool,
}

/// All bars of one job.
#[derive(Debug, Default)]
pub struct Board {
    /// In the order they began.
    tracks: Vec<Track>,
    /// Lines that drew a bar so far: the order of events within one instant.
    draws: u64,
    /// Who printed the last line that was understood.
    last: Option<Tool>,
    expects_pv: bool,
}

/// One bar through its life.
#[derive(Debug)]
struct Track {
    tool: Tool,
    label: Option<String>,
    at: Figures,
    first: Event,
    /// Its first draw since it last fell back.
    begun: Event,
    drawn: Event,
    name: Text,
}

/// When a bar was drawn: the number of the draw, and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event(u64, Moment);

/// Where a bar stands.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Figures {
    done: Option<u64>,
    total: Option<u64>,
    percent: Option<f64>,
    in_flight: Option<u64>,
    failed: Option<u64>,
    finer: Option<u64>,
}

impl Figures {
    fn of(bar: &Bar<'_>) -> Self {
        let sum = bar.left.zip(bar.done).and_then(|(left, done)| done.checked_add(left));
        Self {
            done: bar.done,
            total: bar.total.or(sum),
            percent: bar.percent,
            in_flight: bar.in_flight,
            failed: bar.failed,
            finer: bar.finer,
        }
    }

    /// True when these tell how far the job is.
    fn tell(&self) -> bool {
        self.done.is_some() || self.percent.is_some()
    }

    /// How far it is, for comparing with itself.
    fn reached(&self) -> f64 {
        self.done.map(|done| done as f64).or(self.percent).unwrap_or(0.0)
    }

    fn are_full(&self) -> bool {
        match (self.done, self.total, self.percent) {
            (Some(done), Some(total), _) => done >= total,
            (_, _, Some(percent)) => percent >= 100.0,
            _ => false,
        }
    }

    /// True where the share is told, and the total it is of is not: then percents are counted.
    fn are_percents(&self) -> bool {
        self.total.is_none() && self.percent.is_some()
    }

    fn counters(&self) -> CountersRead {
        let (done, total) = match self.percent.filter(|_| self.are_percents()) {
            Some(percent) => (Some(percent as u64), Some(100)),
            // A total without what is done of it would be taken for that of an older bar.
            None => (self.done, self.total.filter(|_| self.done.is_some())),
        };
        CountersRead {
            done,
            total,
            in_flight: self.in_flight,
            failed: self.failed,
            is_pair: done.is_some(),
            ..CountersRead::default()
        }
    }
}

impl Board {
    /// Says that `pv` runs in the job: then bare numbers are its figures.
    pub fn expect_pv(&mut self, runs: bool) {
        self.expects_pv |= runs;
    }

    /// Reads a line; `None` when it is no progress that a known tool prints.
    pub fn read(&mut self, line: &str, at: Moment) -> Option<Shown> {
        let Some(bar) = bars::parse(line).or_else(|| bars::parse_bare(line).filter(|_| self.expects_pv))
        else {
            // `parallel --bar` draws its bar in halves, the first a bare number.
            let is_half = self.last == Some(Tool::Parallel) && line.trim().parse::<f64>().is_ok();
            return is_half.then(|| self.shown(false)).flatten();
        };
        self.take(&bar, at)
    }

    /// The same for what stands after the last line end, which will be read again when the line has ended: only what
    /// may be read twice counts.
    pub fn read_unended(&mut self, line: &str, at: Moment) -> Option<Shown> {
        let bar = bars::parse(line).filter(|bar| bar.counts == Counts::SoFar)?;
        self.take(&bar, at)
    }

    fn take(&mut self, bar: &Bar<'_>, at: Moment) -> Option<Shown> {
        self.last = Some(bar.tool);
        let figures = Figures::of(bar);
        if !figures.tell() && bar.counts != Counts::OneEnded {
            // Known, but without a figure: it must not be guessed at.
            let nothing =
                || Shown { counters: CountersRead::default(), source: name(bar, figures), has_moved: false };
            return Some(self.shown(false).unwrap_or_else(nothing));
        }
        if bar.tool == Tool::Rsync && bar.label.is_some() {
            // The line that counts the files is the last of one file's own bar.
            self.tracks.retain(|track| track.tool != Tool::Rsync || track.label.is_some());
        }
        self.draws += 1;
        let now = Event(self.draws, at);
        let has_moved = match self.track_of(bar) {
            Some(index) => self.tracks[index].draw(bar, figures, now),
            None => self.begin(bar, figures, now),
        };
        self.tracks.sort_by_key(|track| track.begun);
        self.shown(has_moved)
    }

    /// True while a bar runs: then what other lines seem to count is not the job's progress. Fields that stood in one
    /// line only may be settings.
    pub fn has_live_bar(&self) -> bool {
        let counts = |track: &Track| !track.tool.is_log() || track.drawn > track.first;
        self.tracks.iter().enumerate().any(|(index, track)| counts(track) && !self.is_over(index))
    }

    /// What the job's bar shows.
    fn shown(&self, has_moved: bool) -> Option<Shown> {
        let track = self.shown_track()?;
        Some(Shown { counters: track.at.counters(), source: track.name.clone(), has_moved })
    }

    fn shown_track(&self) -> Option<&Track> {
        let live =
            || (0..self.tracks.len()).filter(|&index| !self.is_over(index)).map(|index| &self.tracks[index]);
        let drawn = live().find(|track| !track.tool.is_log());
        drawn.or_else(|| live().next()).or_else(|| self.tracks.iter().max_by_key(|track| track.drawn))
    }

    fn is_over(&self, index: usize) -> bool {
        let track = &self.tracks[index];
        // One that stands at nothing waits for its first step, however long that takes.
        let waits = track.at.reached() == 0.0;
        let life = track.life().saturating_mul(OUTLIVED).max(Duration::from_secs(1));
        let is_outlived = || self.tracks.iter().any(|later| later.begun > track.drawn && later.life() > life);
        let ends_with =
            |outer: &Track| outer.at.are_full() && outer.begun < track.begun && outer.drawn > track.drawn;
        !track.at.tell()
            || track.at.are_full()
            || self.tracks[..index].iter().any(ends_with)
            || (!waits && is_outlived())
    }

    /// The bar that a line draws anew.
    fn track_of(&self, bar: &Bar<'_>) -> Option<usize> {
        let same_tool = || self.tracks.iter().enumerate().filter(|(_, track)| track.tool == bar.tool);
        if !bar.tool.draws_several() {
            return same_tool().next().map(|(index, _)| index);
        }
        let label = bar.label.map(cut);
        // Bars without a label are told apart by their totals.
        let is_named = |track: &Track| {
            track.label.as_deref() == label && (label.is_some() || track.at.total == bar.total)
        };
        if let Some((index, _)) = same_tool().find(|(_, track)| is_named(track)) {
            return Some(index);
        }
        if bar.tool.is_log() {
            return None;
        }
        // A label may tell the newest loss or file: then it is the bar that stood closest below.
        let reached = Figures::of(bar).reached();
        let goes_on = |track: &Track| {
            label.is_some()
                && track.label.is_some()
                && track.at.total == bar.total
                && track.at.reached() <= reached
        };
        same_tool()
            .filter(|(_, track)| goes_on(track))
            .max_by(|(_, a), (_, b)| a.at.reached().total_cmp(&b.at.reached()))
            .map(|(index, _)| index)
    }

    fn begin(&mut self, bar: &Bar<'_>, figures: Figures, now: Event) -> bool {
        let is_first = self.tracks.is_empty();
        if self.tracks.len() >= MOST_BARS {
            let over = (0..self.tracks.len()).find(|&index| self.is_over(index));
            // The first is the outermost: of the others the one that was drawn the longest ago goes.
            let stale = (1..self.tracks.len()).min_by_key(|&index| self.tracks[index].drawn);
            if let Some(index) = over.or(stale) {
                self.tracks.remove(index);
            }
        }
        self.tracks.push(Track {
            tool: bar.tool,
            label: bar.label.map(|label| cut(label).to_owned()),
            at: match bar.counts {
                // How many went before is not known.
                Counts::OneEnded => Figures { done: None, failed: None, ..figures },
                _ => figures,
            },
            first: now,
            begun: now,
            drawn: now,
            name: name(bar, figures),
        });
        // The first thing that is seen of a job may stand there since yesterday.
        !is_first || figures.reached() > 0.0 || bar.counts == Counts::OneEnded
    }
}

/// What the screen calls the source.
fn name(bar: &Bar<'_>, figures: Figures) -> Text {
    let tool = bar.tool.name();
    if figures.are_percents() { Text::from(format!("{tool}, in percent")) } else { Text::from(tool) }
}

impl Track {
    fn life(&self) -> Duration {
        self.drawn.1.since(self.begun.1)
    }

    /// Takes the figures of a line; true when they are not those of the line before.
    fn draw(&mut self, bar: &Bar<'_>, mut figures: Figures, now: Event) -> bool {
        let before = self.at;
        match bar.counts {
            Counts::SoFar => {}
            counts => {
                let more = if counts == Counts::OneEnded { Some(1) } else { figures.done };
                let sum = |sum: Option<u64>, more: Option<u64>| Some(sum?.saturating_add(more.unwrap_or(0)));
                figures.done = sum(before.done, more);
                figures.failed = sum(before.failed, figures.failed);
                figures.total = before.total.filter(|&total| figures.done <= Some(total));
            }
        }
        self.at = figures;
        let has_fallen = figures.reached() < before.reached();
        if has_fallen {
            self.begun = now;
        }
        if let Some(label) = bar.label.map(cut)
            && self.label.as_deref() != Some(label)
        {
            self.label = Some(label.to_owned());
        }
        if before.are_percents() != figures.are_percents() {
            self.name = name(bar, figures);
        }
        self.drawn = now;
        // One task's end is news whatever the figures say.
        bar.counts == Counts::OneEnded || before != figures
    }
}

/// As much of a label as is remembered.
fn cut(label: &str) -> &str {
    &label[..label.floor_char_boundary(LONGEST_LABEL)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds lines a second apart; what is shown after each.
    fn shown(lines: &[&str]) -> Vec<(Option<u64>, Option<u64>)> {
        let mut board = Board::default();
        let read = |(second, line): (usize, &&str)| {
            let shown = board.read(line, Moment::from_millis(second as u64 * 1_000)).expect("a bar");
            (shown.counters.done, shown.counters.total)
        };
        lines.iter().enumerate().map(read).collect()
    }

    fn last(lines: &[&str]) -> (Option<u64>, Option<u64>) {
        *shown(lines).last().expect("a line")
    }

    fn tqdm(label: &str, done: u64, total: u64) -> String {
        let colon = if label.is_empty() { "" } else { ": " };
        format!("{label}{colon}{}%|##  | {done}/{total} [00:00<00:01, 2.00it/s]", done * 100 / total)
    }

    /// The same for bars of tqdm.
    fn bars(lines: &[(&str, u64, u64)]) -> Vec<(u64, u64)> {
        let lines: Vec<String> = lines.iter().map(|&(label, done, total)| tqdm(label, done, total)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        shown(&lines).into_iter().map(|(done, total)| (done.unwrap(), total.unwrap())).collect()
    }

    #[test]
    fn of_nested_bars_the_outer_counts() {
        let named =
            [("epoch", 0, 3), ("batch 0", 0, 40), ("batch 0", 39, 40), ("epoch", 1, 3), ("batch 1", 0, 40)];
        assert_eq!(bars(&named), [(0, 3), (0, 3), (0, 3), (1, 3), (1, 3)]);
        let nameless = named.map(|(_, done, total)| ("", done, total));
        assert_eq!(bars(&nameless), bars(&named));
        // The inner bar was wiped away before its end, and ends with the outer.
        let to_the_end = [("epoch", 0, 1), ("batch", 0, 40), ("batch", 39, 40), ("epoch", 1, 1)];
        assert_eq!(bars(&to_the_end).last(), Some(&(1, 1)));
    }

    #[test]
    fn bars_one_after_the_other_count_in_turn() {
        let lines = [("load", 0, 9), ("load", 9, 9), ("train", 0, 50), ("train", 7, 50), ("train", 50, 50)];
        assert_eq!(bars(&lines), [(0, 9), (9, 9), (0, 50), (7, 50), (50, 50)]);
    }

    #[test]
    fn a_bar_that_was_left_early_gives_way_in_the_end() {
        let mut lines = vec![("search", 1, 60), ("search", 15, 60), ("train", 0, 50)];
        lines.extend((1..6).map(|done| ("train", done, 50)));
        let shown = bars(&lines);
        assert_eq!((shown[2], shown[3], shown[7]), ((15, 60), (15, 60), (5, 50)));
        lines.push(("search", 16, 60));
        assert_eq!(bars(&lines).last(), Some(&(16, 60)), "it was an outer bar after all");
    }

    #[test]
    fn a_short_evaluation_does_not_take_the_place_of_the_training() {
        let mut lines: Vec<_> = (0..20).map(|done| ("", done, 100)).collect();
        lines.extend([("eval", 0, 7), ("eval", 5, 7)]);
        assert_eq!(bars(&lines).last(), Some(&(19, 100)));
    }

    #[test]
    fn a_label_that_changes_is_no_other_bar() {
        let lines = [("loss 0.9", 0, 40), ("loss 0.8", 1, 40), ("loss 0.7", 2, 40), ("reading c.txt", 3, 40)];
        assert_eq!(bars(&lines), [(0, 40), (1, 40), (2, 40), (3, 40)]);
    }

    #[test]
    fn a_total_without_what_is_done_of_it_is_none() {
        let too_much = "42%|####      | 99999999999999999999999/41 [00:01<00:01, 3.00it/s]";
        assert_eq!(last(&[too_much]), (None, None));
        assert_eq!(last(&[&tqdm("", 9, 10), too_much]), (Some(9), Some(10)));
    }

    #[test]
    fn over_its_total_a_bar_has_none() {
        let over = "11it [00:01,  8.46it/s]";
        assert_eq!(last(&[&tqdm("", 9, 10), &tqdm("", 10, 10), over]), (Some(11), None));
    }

    #[test]
    fn a_share_without_a_total_counts_in_percent() {
        let mut board = Board::default();
        let line = "      6,300,000  35%    8.39MB/s    0:00:00 (xfr#21, to-chk=39/61)";
        let shown = board.read(line, Moment::default()).unwrap();
        assert_eq!((shown.counters.done, shown.counters.total), (Some(35), Some(100)));
        assert_eq!(shown.source.as_str(), "rsync, in percent");
        let next = "      6,300,001  35%    8.39MB/s    0:00:00  ";
        assert!(board.read(next, Moment::default()).unwrap().has_moved, "a byte more moves no percent");
        assert!(!board.read(next, Moment::default()).unwrap().has_moved, "drawn again");
        let files = "        300,000 100%    7.65MB/s    0:00:01 (xfr#1, to-chk=60/61)";
        assert_eq!(board.read(files, Moment::default()).unwrap().counters.done, Some(1));
        let next_file = "         32,768   9%    7.65MB/s    0:00:01  ";
        assert_eq!(board.read(next_file, Moment::default()).unwrap().counters.total, Some(61));
    }

    #[test]
    fn lines_that_tell_one_end_are_counted_from_the_beginning() {
        let row =
            |seq: u32, exit: u32| format!("{seq}\t:\t1795179101.907\t     0.105\t0\t0\t{exit}\t0\tsleep 1");
        let head = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand";
        let mut board = Board::default();
        let read = |board: &mut Board, line: &str| {
            let shown = board.read(line, Moment::default()).unwrap();
            assert!(shown.has_moved || line == head);
            (shown.counters.done, shown.counters.failed)
        };
        assert_eq!(read(&mut board, head), (Some(0), Some(0)));
        assert_eq!(read(&mut board, &row(1, 0)), (Some(1), Some(0)));
        assert_eq!(read(&mut board, &row(2, 1)), (Some(2), Some(1)));
        let mut late = Board::default();
        assert_eq!(read(&mut late, &row(7, 0)), (None, None), "how many went before is not known");
        let tests = ["collected 9 items", "a.py::x PASSED  [ 11%]", "a.py ...F  [ 55%]"];
        assert_eq!(last(&tests), (Some(5), Some(9)));
        assert_eq!(last(&["...F..     [ 60%]", "....       [100%]"]), (Some(100), Some(100)));
        assert_eq!(last(&["running 3 tests", "test a ... ok", "test b ... FAILED"]), (Some(2), Some(3)));
    }

    #[test]
    fn bars_go_before_counters_in_log_lines() {
        let bar = tqdm("train", 20, 60);
        let lines = ["step=100/600 loss=2.3", &bar, "step=200/600 loss=2.2"];
        assert_eq!(shown(&lines), [(Some(100), Some(600)), (Some(20), Some(60)), (Some(20), Some(60))]);
        let finer = ["epoch=0/3 step=40/100", "epoch=0/3 step=41/100", "epoch=0/3 step=41/100"];
        let mut board = Board::default();
        let moved = finer.map(|line| board.read(line, Moment::default()).unwrap().has_moved);
        assert_eq!(moved, [false, true, false]);
    }

    #[test]
    fn bare_numbers_need_a_pv_in_the_job() {
        let mut board = Board::default();
        assert_eq!(board.read("69", Moment::default()), None);
        board.expect_pv(true);
        assert_eq!(board.read("69", Moment::default()).unwrap().counters.done, Some(69));
    }

    #[test]
    fn halves_of_a_bar_are_no_lines_of_their_own() {
        let mut board = Board::default();
        assert_eq!(board.read("8.33333333333333", Moment::default()), None);
        board.read("8% 1:11=0s 3   ", Moment::default());
        let half = board.read("8.33333333333333", Moment::default()).unwrap();
        assert_eq!((half.counters.done, half.counters.total, half.has_moved), (Some(1), Some(12), false));
        assert!(!board.read("#   0 sec 3   ", Moment::default()).unwrap().has_moved);
    }

    proptest::proptest! {
        #[test]
        fn no_output_is_too_odd(lines in proptest::collection::vec((0_u64..9, 0_u64..60, 0_u64..60), 0..80)) {
            let mut board = Board::default();
            for (at, (label, done, total)) in lines.into_iter().enumerate() {
                let line = tqdm(&format!("l{}", label * done), done.min(total), total.max(1));
                let shown = board.read(&line, Moment::from_millis(at as u64)).expect("a bar");
                proptest::prop_assert!(shown.counters.done <= shown.counters.total);
                proptest::prop_assert!(board.tracks.len() <= MOST_BARS);
            }
        }
    }
}
