//! Where a job's progress could be read from: patterns tried out on its newest lines; pure.

use std::collections::VecDeque;
use std::time::Duration;

use super::pattern::Pattern;
use super::suggest::suggest;
use crate::model::clock::Moment;
use crate::model::intake::InputFile;
use crate::model::job::Job;
use crate::model::log::LogLine;
use crate::model::metric::Unit;
use crate::model::progress_source::{INPUT, Origin, ProgressSource, Sources};
use crate::model::text::Text;

/// A rise is told over this span.
const SPAN: Duration = Duration::from_secs(10);

/// The sources for a job whose progress is read by `in_use` (none: by the built-in pattern), each tried on its newest
/// lines, which are redacted. `typed` are the patterns of the command line.
pub fn sources(job: &Job, in_use: &[Text], typed: &[Text], now: Moment) -> Sources {
    let lines = &job.log.lines;
    let mut list: Vec<ProgressSource> = Vec::new();
    let mut add = |origin, pattern: Option<&Text>| {
        if list.iter().any(|known| known.pattern.as_ref() == pattern) {
            return;
        }
        let is_in_use = match pattern {
            Some(pattern) => in_use.contains(pattern),
            None => in_use.is_empty(),
        };
        list.extend(tried(origin, pattern, is_in_use, lines, now));
    };
    for pattern in in_use {
        add(if typed.contains(pattern) { Origin::Typed } else { Origin::Chosen }, Some(pattern));
    }
    for pattern in typed {
        add(Origin::Typed, Some(pattern));
    }
    add(Origin::BuiltIn, None);
    for suggestion in suggest(lines.iter().map(|line| line.text.as_str())) {
        add(Origin::Suggested, Some(&Text::new(&suggestion.pattern)));
    }
    list.extend(job.intake.files.iter().map(|file| of_input(job, file, in_use)));
    if let Some(input) = list.iter().position(|source| source.origin == Origin::Input && source.is_in_use) {
        // What is looked for anyway told nothing, so that the files are looked at.
        list.iter_mut().take(input).for_each(|source| source.is_in_use = false);
    }
    // What is looked for anyway and does not fit stays in the list: that it does not fit is worth knowing.
    list.sort_by_key(|source| !source.is_in_use);
    Sources { job: job.id.clone(), lines: lines.len(), list }
}

/// A file that the job reads, with how far it is.
fn of_input(job: &Job, file: &InputFile, in_use: &[Text]) -> ProgressSource {
    let pattern = Text::from(format!("{INPUT}{}", file.path));
    let name = file.path.rsplit('/').next().unwrap_or_default();
    let is_shown = job.progress.source.as_deref() == Some(InputFile::source_of(name).as_str());
    ProgressSource {
        origin: Origin::Input,
        is_in_use: is_shown || in_use.contains(&pattern),
        pattern: Some(pattern),
        lines: 0,
        example: None,
        unit: Unit::Bytes,
        done: Some(file.read.0),
        total: file.size.map(|size| size.0),
        rise: Some((file.risen.0, file.over)).filter(|(_, over)| !over.is_zero()),
    }
}

/// One pattern with what it reads; `None` for one that is no pattern.
fn tried(
    origin: Origin,
    pattern: Option<&Text>,
    is_in_use: bool,
    lines: &VecDeque<LogLine>,
    now: Moment,
) -> Option<ProgressSource> {
    let reader = match pattern {
        Some(pattern) => Pattern::new(pattern).ok()?,
        None => Pattern::counts(),
    };
    let reads = lines.iter().map(|line| (line, reader.read(&line.text))).filter(|(_, read)| !read.is_empty());
    let reads: Vec<_> = reads.collect();
    let newest = reads.last();
    let done: Vec<_> = reads.iter().filter_map(|(line, read)| Some((line.at, read.done?))).collect();
    // The span begins at the newest reading that is older than it, or at the first of all.
    let begin = done.partition_point(|&(at, _)| now.since(at) >= SPAN).saturating_sub(1);
    let rise = match (done.get(begin), done.last()) {
        (Some(&(at, from)), Some(&(_, to))) if done.len() > 1 => {
            Some((to.saturating_sub(from), now.since(at))).filter(|(_, over)| !over.is_zero())
        }
        _ => None,
    };
    Some(ProgressSource {
        origin,
        pattern: pattern.cloned(),
        is_in_use,
        lines: reads.len(),
        unit: Unit::Items,
        example: newest.map(|(line, _)| line.text.clone()),
        done: done.last().map(|&(_, done)| done),
        total: newest.and_then(|(_, read)| read.total),
        rise,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::History;
    use crate::model::job::{Beat, JobKind, Phase, Progress, WorkerCounts};
    use crate::model::log::LogTail;

    fn job(lines: &[(u64, &str)]) -> Job {
        let line = |&(second, text): &(u64, &str)| LogLine {
            at: Moment::from_millis(second * 1_000),
            text: text.into(),
        };
        let mut log = LogTail { fresh: lines.iter().map(line).collect(), ..LogTail::default() };
        log.extend(None);
        Job {
            id: "job".into(),
            name: "job".into(),
            kind: JobKind::Launched,
            host: "host".into(),
            started: None,
            phase: Phase::Running,
            memory: None,
            cpu: None,
            pressure: None,
            oom: None,
            io: None,
            workers: WorkerCounts::default(),
            progress: Progress::default(),
            intake: crate::model::intake::Intake::default(),
            beat: Beat::default(),
            members: Vec::new(),
            restarts: Vec::new(),
            rooms: Vec::new(),
            gpu: None,
            log,
            signs: crate::model::sign::Signs::default(),
            frozen: None,
            history: History::default(),
        }
    }

    #[test]
    fn each_source_is_tried_on_the_newest_lines() {
        let job = job(&[(1, "rows=5 ok"), (12, "rows=20 ok"), (15, "hello"), (22, "rows=56 ok")]);
        let now = Moment::from_millis(23_000);
        let sources = sources(&job, &[], &[], now);
        assert_eq!((sources.lines, sources.list.len()), (4, 2));
        let [built_in, suggested] = &sources.list[..] else { panic!("{sources:?}") };
        assert_eq!((built_in.origin, built_in.is_in_use, built_in.lines), (Origin::BuiltIn, true, 0));
        assert_eq!(suggested.pattern.as_deref(), Some(r"rows=(?P<done>\d+)"));
        assert_eq!((suggested.lines, suggested.done, suggested.total), (3, Some(56), None));
        assert_eq!(suggested.rise, Some((36, Duration::from_secs(11))));
        assert_eq!(suggested.example.as_deref(), Some("rows=56 ok"));
    }

    #[test]
    fn what_is_in_use_comes_first_and_nothing_twice() {
        let job = job(&[(1, "rows=5"), (2, "rows=6"), (3, "rows=7")]);
        let chosen = Text::from(r"rows=(?P<done>\d+)");
        let typed = Text::from(r"(?P<done>\d+) files");
        let sources = sources(
            &job,
            std::slice::from_ref(&chosen),
            std::slice::from_ref(&typed),
            Moment::from_millis(4_000),
        );
        let kinds: Vec<_> = sources.list.iter().map(|source| (source.origin, source.is_in_use)).collect();
        assert_eq!(kinds, [(Origin::Chosen, true), (Origin::Typed, false), (Origin::BuiltIn, false)]);
    }

    #[test]
    fn without_output_only_the_built_in_one_is_left() {
        let sources = sources(&job(&[]), &[], &[], Moment::from_millis(0));
        assert_eq!((sources.lines, sources.list.len()), (0, 1));
        assert_eq!(sources.list[0].rise, None);
    }
}
