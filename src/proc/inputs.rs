//! Which file a job reads through, and how far it is in it; pure.
//!
//! A file counts once its offset was seen to rise twice: what is opened and left alone, as libraries and databases are,
//! never does. What falls back as often is read here and there, and its offset tells no progress. Nor does a file that
//! somebody writes: of an output that grows, every position is the end.

use std::cmp::Reverse;
use std::time::Duration;

use crate::model::clock::Moment;
use crate::model::intake::InputFile;
use crate::model::metric::{Bytes, Unit};
use crate::model::process::is_shell;
use crate::model::reading::CountersRead;
use crate::model::text::Text;
use crate::scan::redact::redact;

/// Files that are followed at most.
const MOST: usize = 16;
/// Files that are told of at most.
const MOST_TOLD: usize = 8;
/// Bytes of a path that are kept.
const LONGEST_PATH: usize = 1_024;
/// Rises of an offset from which on it is believed.
const BELIEVED: u32 = 2;
/// Rises that one fall weighs as much as.
const FALL: u32 = 4;
/// A file that did not move for so long leaves its place to one that did.
const STALE: Duration = Duration::from_secs(15);
/// So much larger a file takes the place of one that still moves.
const LARGER: u64 = 8;
/// From so many rises on a silence can be judged, if no gap between them was longer than this.
const STEADY: u32 = 10;
const STEADY_GAP: Duration = Duration::from_secs(20);
/// What was read last is shown for so long after it was closed: the next of a list of files is opened by then.
const HELD: Duration = Duration::from_secs(10);
/// How much was read is told over one or two of these spans.
const SPAN: Duration = Duration::from_secs(10);
/// Rounds between two looks at a file whose offset rests.
const RESTING: u64 = 8;

/// Folders in which programs keep what they need for themselves.
const OWN_FOLDERS: [&[u8]; 9] =
    [b"/usr/", b"/lib", b"/etc/", b"/bin/", b"/sbin/", b"/nix/store/", b"/snap/", b"/run/", b"/boot/"];

/// Ends of names of what is no input: programs, logs, databases.
const NO_INPUTS: [&[u8]; 18] = [
    b".so",
    b".py",
    b".pyc",
    b".pl",
    b".rb",
    b".js",
    b".jar",
    b".sh",
    b".log",
    b".out",
    b".err",
    b".db",
    b".sqlite",
    b".sqlite3",
    b"-journal",
    b"-wal",
    b".lock",
    b".pid",
];

/// A descriptor of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The process.
    pub pid: u32,
    /// Its descriptor.
    pub fd: u32,
}

/// Whether a file that a process opened for reading may be its input. `name` is that of the process: a shell keeps the
/// script that it runs at 10 or above.
pub fn may_be_input(path: &[u8], name: &str, fd: u32) -> bool {
    let is_library = memchr::memmem::find(path, b".so.").is_some();
    let is_own = is_library
        || (is_shell(name) && fd >= 10)
        || OWN_FOLDERS.iter().any(|folder| path.starts_with(folder))
        || NO_INPUTS.iter().any(|end| path.ends_with(end));
    path.len() <= LONGEST_PATH && !is_own
}

#[derive(Debug)]
struct Track {
    place: Place,
    path: Box<[u8]>,
    /// The path and the source, for people.
    shown: Text,
    source: Text,
    offset: u64,
    size: Option<u64>,
    rises: u32,
    falls: u32,
    moved: Option<Moment>,
    longest_gap: Duration,
    /// The size changed: somebody writes it.
    is_written: bool,
    is_read: bool,
    /// Where it stood at the beginnings of the last two spans.
    marks: [(Moment, u64); 2],
}

impl Track {
    fn is_believed(&self) -> bool {
        self.rises >= BELIEVED && self.falls.saturating_mul(FALL) <= self.rises && !self.is_written
    }

    fn is_at_end(&self) -> bool {
        self.size.is_some_and(|size| self.offset >= size)
    }

    fn moves(&self, now: Moment) -> bool {
        self.moved.is_some_and(|at| now.since(at) < STALE)
    }

    fn note(&mut self, offset: u64, size: Option<u64>, now: Moment) {
        self.is_written |= size.is_some() && self.size.is_some() && size != self.size;
        self.size = size.or(self.size);
        if !std::mem::replace(&mut self.is_read, true) {
            self.offset = offset;
            self.marks = [(now, offset); 2];
            return;
        }
        if offset > self.offset {
            self.rises = self.rises.saturating_add(1);
            let gap = self.moved.map_or(Duration::ZERO, |at| now.since(at));
            self.longest_gap = self.longest_gap.max(gap);
            self.moved = Some(now);
        } else if offset < self.offset {
            self.falls = self.falls.saturating_add(1);
        }
        self.offset = offset;
        let [_, recent] = self.marks;
        if now.since(recent.0) >= SPAN {
            self.marks = [recent, (now, offset)];
        }
    }

    fn file(&self, now: Moment) -> InputFile {
        let [(since, offset), _] = self.marks;
        InputFile {
            path: self.shown.clone(),
            read: Bytes(self.offset),
            size: self.size.map(Bytes),
            risen: Bytes(self.offset.saturating_sub(offset)),
            over: now.since(since),
        }
    }
}

/// How far the job is in what it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Bytes read, and how many there are.
    pub counters: CountersRead,
    /// The file, in words.
    pub source: Text,
}

/// The files that a job reads.
#[derive(Debug, Default)]
pub struct Inputs {
    tracks: Vec<Track>,
    shown: Option<Place>,
    held: Option<(Told, Moment)>,
    round: u64,
}

impl Inputs {
    /// Begins to follow a file; false where there is no room for it.
    pub fn follow(&mut self, place: Place, path: &[u8]) -> bool {
        if self.tracks.iter().any(|track| track.place == place) {
            return true;
        }
        if self.tracks.len() >= MOST {
            // One that was never seen to move is the least likely to be an input.
            let Some(at) = self.tracks.iter().position(|track| track.is_read && track.rises == 0) else {
                return false;
            };
            self.tracks.swap_remove(at);
        }
        let name = path.rsplit(|&b| b == b'/').next().unwrap_or_default();
        let source = Text::new(&redact(&InputFile::source_of(&String::from_utf8_lossy(name))));
        let shown = Text::new(&redact(&String::from_utf8_lossy(path)));
        self.tracks.push(Track {
            place,
            path: path.into(),
            shown,
            source,
            offset: 0,
            size: None,
            rises: 0,
            falls: 0,
            moved: None,
            longest_gap: Duration::ZERO,
            is_written: false,
            is_read: false,
            marks: <_>::default(),
        });
        true
    }

    /// Somebody writes this file: it is none that is read through.
    pub fn is_written(&mut self, path: &[u8]) {
        for track in self.tracks.iter_mut().filter(|track| *track.path == *path) {
            track.is_written = true;
        }
    }

    /// What is to be looked at in this round. A file that rests is looked at now and then.
    pub fn due(&mut self, now: Moment) -> Vec<Place> {
        self.round += 1;
        let (round, shown) = (self.round, self.shown);
        let is_due = |track: &&Track| {
            !track.is_read
                || track.moves(now)
                || Some(track.place) == shown
                || (round + u64::from(track.place.pid)).is_multiple_of(RESTING)
        };
        self.tracks.iter().filter(is_due).map(|track| track.place).collect()
    }

    /// The path of a file that is followed.
    pub fn path(&self, place: Place) -> Option<&[u8]> {
        self.tracks.iter().find(|track| track.place == place).map(|track| &*track.path)
    }

    /// True where the size is not known yet, or may have changed: it is asked for now and then.
    pub fn wants_size(&self, place: Place) -> bool {
        let track = self.tracks.iter().find(|track| track.place == place);
        track.is_some_and(|track| track.size.is_none_or(|size| track.offset >= size))
            || self.round.is_multiple_of(RESTING)
    }

    /// Notes where a file stands.
    pub fn note(&mut self, place: Place, offset: u64, size: Option<u64>, now: Moment) {
        if let Some(track) = self.tracks.iter_mut().find(|track| track.place == place) {
            track.note(offset, size, now);
        }
    }

    /// Forgets a file that is closed.
    pub fn close(&mut self, place: Place) {
        self.tracks.retain(|track| track.place != place);
    }

    /// True when no file moves.
    pub fn are_still(&self, now: Moment) -> bool {
        !self.tracks.iter().any(|track| track.moves(now))
    }

    /// When a file that is believed moved last.
    pub fn moved(&self) -> Option<Moment> {
        self.tracks.iter().filter(|track| track.is_believed()).filter_map(|track| track.moved).max()
    }

    /// Files whose silence would tell something: they moved steadily, and are not read to their ends.
    pub fn steady(&self) -> impl Iterator<Item = &Text> {
        let is_steady = |track: &&Track| {
            track.is_believed()
                && track.rises >= STEADY
                && track.longest_gap <= STEADY_GAP
                && track.size.is_some()
                && !track.is_at_end()
        };
        self.tracks.iter().filter(is_steady).map(|track| &track.source)
    }

    /// Every file that is believed, the largest first.
    pub fn files(&self, now: Moment) -> Vec<InputFile> {
        let mut believed: Vec<_> = self.tracks.iter().filter(|track| track.is_believed()).collect();
        believed.sort_by_key(|track| (Reverse(track.size), track.place));
        believed.truncate(MOST_TOLD);
        believed.into_iter().map(|track| track.file(now)).collect()
    }

    /// How far the job is in the file that counts: `chosen` by its path or name, or the largest that moves. What counted
    /// goes on to count until it is read, closed, or rests while another moves.
    pub fn told(&mut self, chosen: Option<&str>, now: Moment) -> Option<Told> {
        self.shown = self.pick(chosen, now).map(|track| track.place);
        let told = self.tracks.iter().find(|track| Some(track.place) == self.shown).map(|track| Told {
            counters: CountersRead {
                done: Some(track.offset),
                total: track.size.filter(|&size| size >= track.offset),
                is_pair: true,
                unit: Unit::Bytes,
                ..CountersRead::default()
            },
            source: track.source.clone(),
        });
        match told {
            Some(told) => self.held = Some((told, now)),
            None => self.held = self.held.take().filter(|(_, at)| now.since(*at) < HELD),
        }
        self.held.as_ref().map(|(told, _)| told.clone())
    }

    fn pick(&self, chosen: Option<&str>, now: Moment) -> Option<&Track> {
        let is_chosen = |track: &&Track| {
            chosen.is_none_or(|wanted| {
                let wanted = wanted.as_bytes();
                *track.path == *wanted
                    || track.path.strip_suffix(wanted).is_some_and(|rest| rest.ends_with(b"/"))
            })
        };
        let believed = || self.tracks.iter().filter(|track| track.is_believed()).filter(is_chosen);
        let best = believed()
            .max_by_key(|track| (track.moves(now) && !track.is_at_end(), track.size, Reverse(track.place)))?;
        let current = believed().find(|track| Some(track.place) == self.shown);
        let goes_on = |current: &&Track| {
            let gives_way = !current.moves(now) || current.is_at_end();
            let is_small = best.size.unwrap_or(0) / LARGER > current.size.unwrap_or(0);
            !(best.moves(now) && !best.is_at_end() && (gives_way || is_small))
        };
        current.filter(goes_on).or(Some(best))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Moment {
        Moment::from_millis(second * 1_000)
    }

    const A: Place = Place { pid: 7, fd: 3 };
    const B: Place = Place { pid: 8, fd: 3 };

    /// Follows one file through these offsets, a second apart; what is told at the end.
    fn read_through(offsets: &[u64], size: u64) -> Option<(u64, Option<u64>)> {
        let mut inputs = Inputs::default();
        inputs.follow(A, b"/srv/rows.csv");
        let mut told = None;
        for (second, &offset) in (0..).zip(offsets) {
            inputs.note(A, offset, Some(size), at(second));
            told = inputs.told(None, at(second));
        }
        told.map(|told| (told.counters.done.unwrap(), told.counters.total))
    }

    #[test]
    fn a_file_that_is_read_through_tells_how_far() {
        assert_eq!(read_through(&[0, 4, 8, 12], 64), Some((12, Some(64))));
        assert_eq!(read_through(&[0, 32, 64, 64], 64), Some((64, Some(64))));
        assert_eq!(read_through(&[9, 19, 29], 20), Some((29, None)), "beyond what was its end");
    }

    #[test]
    fn what_is_not_read_through_tells_nothing() {
        let cases: [(&str, &[u64]); 5] = [
            ("opened and left alone", &[0, 0, 0, 0]),
            ("mapped, or read by position", &[4_096, 4_096, 4_096]),
            ("read at once when it was opened", &[0, 64, 64, 64]),
            ("here and there", &[0, 40, 3, 50, 7, 60, 9]),
            ("from behind", &[64, 60, 50, 40]),
        ];
        for (what, offsets) in cases {
            assert_eq!(read_through(offsets, 64), None, "{what}");
        }
    }

    #[test]
    fn a_second_pass_begins_anew_and_is_told() {
        let passes: Vec<u64> = (0..3).flat_map(|_| 0..10).collect();
        assert_eq!(read_through(&passes, 10), Some((9, Some(10))));
    }

    #[test]
    fn who_reads_along_a_growing_file_is_at_no_end() {
        let mut inputs = Inputs::default();
        inputs.follow(A, b"/srv/feed.txt");
        for second in 0..9 {
            inputs.note(A, second * 10, Some(second * 10), at(second));
        }
        assert_eq!(inputs.told(None, at(9)), None);
        assert_eq!((inputs.files(at(9)).len(), inputs.steady().count(), inputs.moved()), (0, 0, None));
    }

    #[test]
    fn what_a_member_writes_is_no_input() {
        let mut inputs = Inputs::default();
        inputs.follow(A, b"/srv/sorted.tmp");
        for second in 0..9 {
            inputs.note(A, second, Some(100), at(second));
        }
        assert!(inputs.told(None, at(9)).is_some());
        inputs.is_written(b"/srv/sorted.tmp");
        assert_eq!(inputs.pick(None, at(9)).map(|track| track.place), None);
    }

    #[test]
    fn one_file_after_the_other_counts_in_its_turn() {
        let mut inputs = Inputs::default();
        let mut told = Vec::new();
        for (name, size) in [(b"/d/a.csv", 3), (b"/d/b.csv", 5)] {
            inputs.follow(A, name);
            for offset in 0..=size {
                let now = at(told.len() as u64);
                inputs.note(A, offset, Some(size), now);
                told.push(inputs.told(None, now).map(|told| (told.source.to_string(), told.counters.done)));
            }
            inputs.close(A);
        }
        let names: Vec<_> =
            told.iter().flatten().map(|(name, done)| (name.as_str(), done.unwrap())).collect();
        let of_a = [2, 3, 3, 3].map(|done| ("reading a.csv", done));
        let of_b = [2, 3, 4, 5].map(|done| ("reading b.csv", done));
        assert_eq!(names, [of_a, of_b].concat());
        assert!(inputs.told(None, at(15)).is_some(), "held for the next file to be opened");
        assert_eq!(inputs.told(None, at(60)), None, "and no longer");
    }

    #[test]
    fn of_several_the_largest_counts_and_goes_on_to() {
        let mut inputs = Inputs::default();
        inputs.follow(A, b"/d/small");
        inputs.follow(B, b"/d/large");
        let mut told = String::new();
        for second in 0..10 {
            inputs.note(A, second, Some(100), at(second));
            inputs.note(B, second, Some(300), at(second));
            told = inputs.told(None, at(second)).map(|told| told.source.to_string()).unwrap_or_default();
        }
        assert_eq!(told, "reading large");
        assert_eq!(inputs.told(Some("small"), at(10)).unwrap().source.as_str(), "reading small");
        assert_eq!(inputs.told(Some("/d/small"), at(10)).unwrap().source.as_str(), "reading small");
        // It is chosen no more, and goes on all the same: neither is much larger.
        assert_eq!(inputs.told(None, at(11)).unwrap().source.as_str(), "reading small");
        // Until it rests while the other moves.
        inputs.note(B, 40, Some(300), at(40));
        assert_eq!(inputs.told(None, at(40)).unwrap().source.as_str(), "reading large");
    }

    #[test]
    fn silence_tells_something_only_of_a_steady_reader_before_its_end() {
        let run = |step: u64, end: u64| {
            let mut inputs = Inputs::default();
            inputs.follow(A, b"/d/rows");
            for rise in 0..=end {
                inputs.note(A, rise, Some(20), at(rise * step));
            }
            inputs.steady().count()
        };
        assert_eq!((run(1, 5), run(1, 12), run(25, 12), run(1, 20)), (0, 1, 0, 0));
    }

    #[test]
    fn programs_keep_files_open_that_are_no_input() {
        let cases = [
            ("/srv/rows.csv", "python3", 3, true),
            ("/srv/rows", "bash", 0, true),
            ("/srv/job", "bash", 255, false),
            ("/srv/job.sh", "dash", 10, false),
            ("/usr/lib/x86_64-linux-gnu/libc.so.6", "python3", 3, false),
            ("/opt/app/libx.so", "app", 3, false),
            ("/srv/app.log", "tail", 3, false),
            ("/srv/app.db", "app", 3, false),
            ("/srv/app.db-wal", "app", 4, false),
        ];
        for (path, name, fd, expected) in cases {
            assert_eq!(may_be_input(path.as_bytes(), name, fd), expected, "{path}");
        }
        assert!(!may_be_input(&[b'a'; LONGEST_PATH + 1], "cat", 3));
    }

    proptest::proptest! {
        #[test]
        fn never_more_than_there_is(steps in proptest::collection::vec((0..40_u32, 0..9_u64, 0..9_u64), 0..200)) {
            let mut inputs = Inputs::default();
            for (second, (pid, offset, size)) in (0..).zip(steps) {
                let place = Place { pid, fd: 3 };
                inputs.follow(place, format!("/d/{pid}").as_bytes());
                inputs.note(place, offset, Some(size), at(second));
                if let Some(told) = inputs.told(None, at(second)) {
                    proptest::prop_assert!(told.counters.total.is_none_or(|total| told.counters.done <= Some(total)));
                }
                proptest::prop_assert!(inputs.tracks.len() <= MOST && inputs.files(at(second)).len() <= MOST_TOLD);
                if pid % 5 == 0 {
                    inputs.close(place);
                }
            }
        }
    }
}
