//! What a job prints: its files are followed, its lines redacted, and counters, bars and signs of trouble read from them.

use std::path::PathBuf;

use super::gauges;
use super::passed::Passed;
use super::source::RoundContext;
use crate::feed::board::Board;
use crate::feed::pattern::{self, Pattern};
use crate::feed::signs::{OwnSign, SignReader};
use crate::feed::tail::Tail;
use crate::model::clock::Moment;
use crate::model::log::LogTail;
use crate::model::reading::{CountersRead, JobReading, LineReading};
use crate::model::text::Text;
use crate::scan::redact::{Redactor, redact};

/// Lines of one round that go into a snapshot; counters are read from all of them.
const LINES_A_ROUND: usize = 200;

/// The files and patterns in which a job's progress is looked for.
#[derive(Debug, Default)]
pub struct OutputFeed {
    tails: Vec<Followed>,
    unreadable: Vec<Text>,
    meaning: Meaning,
    signs: SignReader,
    redactor: Redactor,
    /// The patterns are other ones since the last round, and this is what they read in the lines before.
    is_anew: bool,
    read_before: Option<(CountersRead, Text)>,
}

/// A file, and what stood after its last line end a round ago.
#[derive(Debug)]
struct Followed {
    tail: Tail,
    partial: String,
    /// When that was written.
    partial_at: Moment,
    is_partial_read: bool,
    passed: Passed,
}

impl Followed {
    fn new(tail: Tail) -> Self {
        Self {
            tail,
            partial: String::new(),
            partial_at: Moment::default(),
            is_partial_read: true,
            passed: Passed::default(),
        }
    }

    /// A bar ends its line only when it is drawn again, so its newest state stands after the last line end. What
    /// stood there a round ago already was not cut in the midst of being written, nor was what an ended job left.
    fn rested(&mut self, partial: &str, at: Moment, has_ended: bool) -> Option<(&str, Moment)> {
        let is_new = self.partial != partial;
        if is_new {
            (self.partial, self.partial_at, self.is_partial_read) = (partial.to_owned(), at, false);
        }
        if is_new && !has_ended {
            return None;
        }
        (!std::mem::replace(&mut self.is_partial_read, true)).then_some((&self.partial, self.partial_at))
    }
}

/// What the lines of a job mean: counters, by the first that finds some of the user's patterns, the bars of known
/// tools, and what counts look like.
#[derive(Debug, Default)]
struct Meaning {
    patterns: Vec<Pattern>,
    board: Board,
    counts: Option<Pattern>,
    /// A pattern of the user's has told what is done: from then on nothing else does.
    is_told_by_user: bool,
}

impl Meaning {
    fn new(patterns: Vec<Pattern>) -> Self {
        Self { patterns, counts: Some(Pattern::counts()), ..Self::default() }
    }

    /// The counters in a line, and who found them. `moved` is when a bar moved last.
    fn read(&mut self, line: &str, at: Moment, moved: &mut Option<Moment>) -> (CountersRead, Option<Text>) {
        if let Some((read, name)) = pattern::read_first(&self.patterns, line) {
            self.is_told_by_user |= read.done.is_some();
            return (read, Some(name.clone()));
        }
        if self.is_told_by_user {
            return Default::default();
        }
        if let Some(shown) = self.board.read(line, at) {
            *moved = if shown.has_moved { (*moved).max(Some(at)) } else { *moved };
            return (shown.counters, Some(shown.source));
        }
        // A count in a line of text is a guess, and a bar that runs is none.
        let guess = self.counts.as_ref().filter(|_| !self.board.has_live_bar());
        match guess.and_then(|counts| pattern::read_first(std::slice::from_ref(counts), line)) {
            Some((read, name)) => (read, Some(name.clone())),
            None => Default::default(),
        }
    }

    /// The same for what stands after the last line end: bars only, for a count in a question is none.
    fn read_rested(
        &mut self,
        partial: &str,
        at: Moment,
        moved: &mut Option<Moment>,
    ) -> Option<(CountersRead, Text)> {
        let shown = self.board.read_unended(partial, at).filter(|_| !self.is_told_by_user)?;
        *moved = if shown.has_moved { (*moved).max(Some(at)) } else { *moved };
        (!shown.counters.is_empty()).then_some((shown.counters, shown.source))
    }
}

impl OutputFeed {
    /// Follows `files`, looking for `patterns` in order, and then for what tools and people print.
    pub fn new(files: Vec<PathBuf>, patterns: Vec<Pattern>) -> Self {
        let redactor = Redactor::default().telling();
        let mut feed = Self { meaning: Meaning::new(patterns), redactor, ..Self::default() };
        for file in files {
            match Tail::open(&file) {
                Ok(tail) => feed.tails.push(Followed::new(tail)),
                Err(error) => feed.unreadable.push(Text::from(format!("{}: {error}", file.display()))),
            }
        }
        feed
    }

    /// Looks for these signs of trouble too.
    #[must_use]
    pub fn with_signs(mut self, own: Vec<OwnSign>) -> Self {
        self.signs = SignReader::new(own);
        self
    }

    /// Looks for this pattern alone from now on; for what counts look like, without one.
    pub(super) fn choose(&mut self, pattern: Option<&str>, newest: &LogTail) {
        let Some(patterns) = pattern.map_or(Some(Vec::new()), |text| Some(vec![Pattern::chosen(text).ok()?]))
        else {
            // It was tried out before it was offered.
            return;
        };
        let is_told_by_user = !patterns.is_empty();
        self.meaning = Meaning { is_told_by_user, ..Meaning::new(patterns) };
        self.is_anew = true;
        self.read_before = None;
        for line in newest.lines.iter() {
            if let (read, Some(name)) = self.meaning.read(&line.text, line.at, &mut None) {
                self.read_before = Some((read, name));
            }
        }
    }

    pub(super) fn read(
        &mut self,
        context: &RoundContext<'_>,
        reading: &mut JobReading,
        problems: &mut Vec<Text>,
    ) {
        reading.is_anew = std::mem::take(&mut self.is_anew);
        reading.counters = self.read_before.take();
        problems.extend(self.unreadable.iter().cloned());
        // `pv -n` prints bare numbers, which mean nothing of anybody else.
        let members = reading.members.iter().flatten();
        self.meaning.board.expect_pv(members.into_iter().any(|member| member.about.name.as_str() == "pv"));
        let has_ended = reading.ended.is_some();
        for followed in &mut self.tails {
            match followed.tail.read(context.at, context.wall) {
                Ok(round) => {
                    let name =
                        followed.tail.path().file_name().map(|name| name.to_string_lossy().into_owned());
                    let name = name.unwrap_or_default();
                    followed.passed.add(round.skipped, context.at);
                    problems.extend(followed.passed.words(&name, context.at).map(Text::from));
                    reading.beat_sources.push(Text::from(name));
                    reading.lines_skipped += u64::from(round.skipped > 0);
                    if !round.partial.trim().is_empty() {
                        reading.partial = Some(Text::new(&redact(&round.partial)));
                    }
                    for (at, line) in round.lines {
                        let (counters, pattern) = if gauges::is_own(at, &reading.intro) {
                            self.meaning.read(&line, at, &mut reading.bar_moved)
                        } else {
                            Default::default()
                        };
                        let shown = self.redactor.line(&line);
                        if gauges::is_own(at, &reading.intro) {
                            self.signs.read(&line, &shown, at);
                        }
                        let text = Text::new(&shown);
                        reading.lines.push(LineReading { at, text, counters, pattern });
                    }
                    if let Some((partial, at)) = followed.rested(&round.partial, round.at, has_ended)
                        && gauges::is_own(at, &reading.intro)
                        && let Some(shown) = self.meaning.read_rested(partial, at, &mut reading.bar_moved)
                    {
                        reading.counters = Some(shown);
                    }
                }
                Err(error) => {
                    problems.push(Text::from(format!("{}: {error}", followed.tail.path().display())));
                }
            }
        }
        reading.signs = self.signs.take();
        reading.signs.extend(self.redactor.take_leaks().iter().map(|leak| leak.sign(context.at)));
        keep_newest(reading);
    }
}

/// Drops all but the newest lines, and keeps the newest counters with them.
fn keep_newest(reading: &mut JobReading) {
    let surplus = reading.lines.len().saturating_sub(LINES_A_ROUND);
    if surplus == 0 {
        return;
    }
    let dropped = reading.lines.drain(..surplus).rev().filter(|line| !line.counters.is_empty());
    let carried =
        dropped.reduce(|newest, line| LineReading { counters: newest.counters.or(line.counters), ..newest });
    if let (Some(carried), Some(first)) = (carried, reading.lines.first_mut()) {
        first.counters = first.counters.or(carried.counters);
        first.pattern = first.pattern.take().or(carried.pattern);
    }
    reading.lines_skipped += surplus as u64;
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use std::cell::RefCell;
    use std::sync::Arc;

    use super::*;
    use crate::model::clock::WallTime;
    use crate::model::job::JobKind;
    use crate::model::metric::Bytes;
    use crate::model::process::Exit;
    use crate::model::reading::JobIntro;
    use crate::model::sign::SignClass;
    use crate::model::snapshot::Host;

    /// A log that grows, and what is read of it a round later.
    struct Log {
        file: tempfile::NamedTempFile,
        feed: OutputFeed,
        at: Moment,
    }

    impl Log {
        fn new(patterns: &[&str]) -> Self {
            let file = tempfile::NamedTempFile::new().expect("a temporary file");
            let patterns =
                patterns.iter().map(|pattern| Pattern::new(pattern).expect("it is valid")).collect();
            let feed = OutputFeed::new(vec![file.path().to_owned()], patterns);
            let mut log = Self { file, feed, at: Moment::from_millis(1_000_000) };
            log.round("", None);
            log
        }

        fn round(&mut self, text: &str, ended: Option<Exit>) -> JobReading {
            self.file.write_all(text.as_bytes()).expect("written");
            self.at = self.at.plus(Duration::from_secs(1));
            let (name, host) = (Text::from("etl"), Text::from("db7"));
            let intro = JobIntro { name: name.clone(), kind: JobKind::Attached, host, started: None };
            let mut reading = JobReading { ended, ..JobReading::empty(name, Arc::new(intro)) };
            let host = Host {
                name: Text::from("db7"),
                cpus: 4,
                load: None,
                memory_total: Bytes(0),
                memory_available: Bytes(0),
                gpus: Vec::new(),
            };
            let budget = RefCell::default();
            let context = RoundContext { at: self.at, wall: WallTime(0), host: &host, budget: &budget };
            self.feed.read(&context, &mut reading, &mut Vec::new());
            reading
        }

        /// What is told: done, total, and by whom.
        fn told(&mut self, text: &str) -> String {
            let Some((read, source)) = gauges::newest_counters(&self.round(text, None)) else {
                return "nothing".to_owned();
            };
            let figure = |figure: Option<u64>| figure.map_or("?".to_owned(), |figure| figure.to_string());
            format!("{}/{} by {source}", figure(read.done), figure(read.total))
        }
    }

    #[test]
    fn the_tool_that_prints_is_named_and_a_guess_waits_until_its_bar_is_over() {
        let mut log = Log::new(&[]);
        assert_eq!(log.told("part 1/9 begins\n"), "1/9 by n/m in its output");
        assert_eq!(log.told("x:  33%|#6   | 20/60 [00:00<00:00, 46.19it/s]\n"), "20/60 by tqdm");
        assert_eq!(log.told("file 3/4 is odd\n"), "nothing");
        assert_eq!(log.told("x: 100%|#####| 60/60 [00:00<00:00, 46.19it/s]\n"), "60/60 by tqdm");
        assert_eq!(log.told("part 2/9 begins\n"), "2/9 by n/m in its output");
    }

    #[test]
    fn the_users_pattern_replaces_all_others_once_it_found_something() {
        let mut log = Log::new(&[r"rows=(?P<done>\d+) of (?P<total>\d+)"]);
        assert_eq!(log.told(" 33%|#6   | 20/60 [00:00<00:00, 46.19it/s]\n"), "20/60 by tqdm");
        assert_eq!(log.told("rows=5 of 90\n"), "5/90 by --progress");
        assert_eq!(log.told(" 35%|#6   | 21/60 [00:00<00:00, 46.19it/s]\n"), "nothing");
    }

    #[test]
    fn a_bar_that_has_not_ended_its_line_is_read_once_it_rests() {
        let mut log = Log::new(&[]);
        assert_eq!(
            log.told("\r 33%|#6   | 20/60 [00:00<00:00, 46.19it/s]"),
            "nothing",
            "it may be half a frame"
        );
        assert_eq!(log.told(""), "20/60 by tqdm");
        assert_eq!(log.told(""), "nothing", "nothing new");
        let last = log.round("\r 50%|###  | 30/60 [00:00<00:00, 46.19it/s]", Some(Exit::Code(0)));
        assert_eq!(last.counters.map(|(read, _)| read.done), Some(Some(30)), "nobody will write more");
    }

    #[test]
    fn a_bar_that_moves_is_told_and_one_that_is_drawn_again_is_not() {
        let mut log = Log::new(&[]);
        let bar = |n: u32| format!("\rbatch 1:  33%|#6   | {n}/60 [00:00<00:00, 46.19it/s]\n");
        log.round("\repoch:   0%|     | 0/3 [00:00<?, ?it/s]\n", None);
        log.round(&bar(1), None);
        let inner = log.round(&bar(2), None);
        assert_eq!((inner.bar_moved, inner.lines[0].counters.total), (Some(log.at), Some(3)));
        assert_eq!(log.round(&bar(2), None).bar_moved, None);
    }

    #[test]
    fn a_log_that_is_read_along_tells_its_signs_and_its_secrets_once() {
        let mut log = Log::new(&[]);
        let line = format!("ghp_{}", "q8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu");
        let first = log.round(&format!("using {line}\nfalling back to sequential\n"), None);
        let classes: Vec<_> = first.signs.iter().map(|sign| sign.kind.class).collect();
        assert_eq!(classes, [SignClass::Degraded, SignClass::Secret]);
        assert!(!first.lines[0].text.contains(&line) && !format!("{:?}", first.signs).contains(&line));
        assert!(log.round(&format!("using {line} again\n"), None).signs.is_empty());
        let before = "Traceback (most recent call last):\n".to_owned() + &"x\n".repeat(LINES_A_ROUND + 9);
        let flood = log.round(&before, None);
        assert_eq!((flood.signs[0].count, flood.signs[0].lines_after), (1, LINES_A_ROUND as u64 + 9));
    }
}
