//! Where the time of a job went, as a picture: one SVG with what ran and one with what waited, by process, thread, frames and kind
//! of waiting. Pure: the times are the kernel's own counters, the frames were sampled beside them.
//!
//! ```text
//! On a CPU: 1.9 s                      the width of a box is time, the first box is the process; below it stands
//! [python3 (4711)                   ]  what it called
//! [main                             ]
//! [load (etl.py:12)][parse (etl.py:3)]
//! ```
//!
//! The file has no script and asks for nothing: it reads in any browser, and the title of each box says it all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use super::scene::name;
use super::time::{self, Step};
use crate::model::evidence::{Activity, Evidence, Frame, Process, Thread};
use crate::model::text::Text;
use crate::scan::redact::redact;

/// Samples that are kept, and frames of each.
const MOST_SAMPLES: usize = 50_000;
const MOST_STACKS: usize = 5_000;
const DEEPEST: usize = 64;
/// Boxes that are drawn, and how wide one must be, in pixels.
const MOST_BOXES: usize = 4_000;
const NARROWEST: f64 = 0.5;
/// The picture, in pixels.
const WIDTH: f64 = 1_200.0;
const EDGE: f64 = 10.0;
const ROW: f64 = 18.0;
const LETTER: f64 = 6.7;
/// Letters of a label.
const LONGEST: usize = 200;

/// Stacks that were sampled over the window, each kept once.
#[derive(Debug, Default)]
pub struct Samples {
    numbers: HashMap<Vec<String>, usize>,
    stacks: Vec<Vec<String>>,
    /// Of each thread: when, and which.
    seen: HashMap<u32, Vec<(f64, usize)>>,
    count: usize,
}

impl Samples {
    /// A thread stood there at this time, in seconds since the window began. What comes when all is full is left.
    pub fn add(&mut self, at: f64, tid: u32, frames: &[Frame]) {
        let stack = labels(frames);
        let number = self.numbers.get(&stack).copied();
        if self.count >= MOST_SAMPLES || number.is_none() && self.stacks.len() >= MOST_STACKS {
            return;
        }
        let number = number.unwrap_or_else(|| {
            self.stacks.push(stack.clone());
            self.numbers.insert(stack, self.stacks.len() - 1);
            self.stacks.len() - 1
        });
        self.count += 1;
        self.seen.entry(tid).or_default().push((at, number));
    }

    /// Where a thread stood nearest to this time.
    fn near(&self, tid: u32, at: f64) -> Option<&[String]> {
        let seen = self.seen.get(&tid)?;
        let after = seen.partition_point(|(when, _)| *when < at);
        let near =
            [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|place| seen.get(place));
        let (_, number) = near.min_by(|a, b| (a.0 - at).abs().total_cmp(&(b.0 - at).abs()))?;
        self.stacks.get(*number).map(Vec::as_slice)
    }
}

/// The frames from the outside in.
fn labels(frames: &[Frame]) -> Vec<String> {
    let label = |frame: &Frame| {
        let file = frame.file.rsplit('/').next().unwrap_or_default();
        match (file, frame.line) {
            ("", _) => frame.function.clone(),
            (file, 0) => format!("{} ({file})", frame.function),
            (file, line) => format!("{} ({file}:{line})", frame.function),
        }
    };
    frames.iter().take(DEEPEST).rev().map(label).collect()
}

/// One box, and what stands below it.
#[derive(Debug, Default)]
struct Part {
    seconds: f64,
    of: BTreeMap<Activity, f64>,
    below: BTreeMap<String, Part>,
}

impl Part {
    fn add<'a>(&mut self, stack: impl IntoIterator<Item = &'a str>, activity: Activity, seconds: f64) {
        let mut part = self;
        part.count(activity, seconds);
        for label in stack {
            part = part.below.entry(label.to_owned()).or_default();
            part.count(activity, seconds);
        }
    }

    fn count(&mut self, activity: Activity, seconds: f64) {
        self.seconds += seconds;
        *self.of.entry(activity).or_default() += seconds;
    }

    /// What most of it is.
    fn activity(&self) -> Activity {
        let most = self.of.iter().max_by(|a, b| a.1.total_cmp(b.1));
        most.map_or(Activity::Other, |(activity, _)| *activity)
    }

    fn depth(&self) -> usize {
        1 + self.below.values().map(Self::depth).max().unwrap_or_default()
    }
}

/// The picture of a job's time.
pub fn svg(evidence: &Evidence, samples: &Samples) -> String {
    let (mut on, mut off) = (Part::default(), Part::default());
    for process in evidence.members().filter(|process| !process.is_zombie()) {
        for thread in &process.threads {
            fold(process, thread, samples, &mut on, &mut off);
        }
    }
    let mut picture = Picture::default();
    picture.line(
        &format!(
            "Where the time of {} went",
            evidence.process(evidence.root).map_or_else(|| format!("process {}", evidence.root), name)
        ),
        16,
    );
    picture.line(
        &format!(
            "{:.1} s were looked at; a box is as wide as its time, and what it called stands below it. Times are the kernel's, frames are sampled.",
            evidence.window
        ),
        12,
    );
    picture.legend(&on, &off);
    picture.part("On a CPU", &on);
    picture.part("Not on a CPU", &off);
    picture.whole()
}

fn fold(process: &Process, thread: &Thread, samples: &Samples, on: &mut Part, off: &mut Part) {
    let still = if thread.is_still { labels(&thread.frames) } else { Vec::new() };
    let title = if thread.name.is_empty() { process.name.as_str() } else { thread.name.as_str() };
    let (owner, own) = (name(process), format!("{title} [{}]", thread.tid));
    for Step { at, ran, ready, rest, doing } in time::steps(thread) {
        let frames = samples.near(thread.tid, at).unwrap_or(&still);
        let base = || [owner.as_str(), own.as_str()].into_iter().chain(frames.iter().map(String::as_str));
        for (activity, seconds) in [(Activity::Running, ran), (Activity::Ready, ready), (doing, rest)] {
            if seconds > 0.0 {
                let leaf = (activity != Activity::Running).then(|| activity.word());
                let part = if leaf.is_none() { &mut *on } else { &mut *off };
                part.add(base().chain(leaf), activity, seconds);
            }
        }
    }
}

/// What has been drawn so far.
#[derive(Debug, Default)]
struct Picture {
    body: String,
    /// Where the next thing begins.
    y: f64,
    boxes: usize,
    left_out: usize,
}

impl Picture {
    fn line(&mut self, text: &str, size: u32) {
        self.y += f64::from(size) + 8.0;
        let _ = writeln!(
            self.body,
            r#"<text x="{EDGE}" y="{:.0}" font-size="{size}">{}</text>"#,
            self.y,
            shown(text)
        );
    }

    /// The colours that are used, with what they mean.
    fn legend(&mut self, on: &Part, off: &Part) {
        self.y += 22.0;
        let mut x = EDGE;
        let used: BTreeSet<Activity> = on.of.keys().chain(off.of.keys()).copied().collect();
        for activity in used {
            let word = activity.word();
            let _ = writeln!(
                self.body,
                r#"<rect x="{x:.0}" y="{:.0}" width="12" height="12" fill="{}"/><text x="{:.0}" y="{:.0}" font-size="12">{word}</text>"#,
                self.y - 10.0,
                colour(activity),
                x + 16.0,
                self.y
            );
            x += LETTER.mul_add(word.len() as f64, 40.0);
        }
    }

    fn part(&mut self, title: &str, part: &Part) {
        self.y += 12.0;
        self.line(&format!("{title}: {:.2} s", part.seconds), 14);
        if part.seconds <= 0.0 {
            return;
        }
        let (top, scale) = (self.y + 6.0, 2.0_f64.mul_add(-EDGE, WIDTH) / part.seconds);
        let mut x = EDGE;
        for (label, below) in &part.below {
            self.boxed(label, below, part.seconds, (x, top), scale, 1);
            x += below.seconds * scale;
        }
        self.y = ROW.mul_add(part.depth().min(DEEPEST + 3) as f64 - 1.0, top);
    }

    fn boxed(&mut self, label: &str, part: &Part, all: f64, (x, y): (f64, f64), scale: f64, depth: usize) {
        let width = part.seconds * scale;
        if width < NARROWEST || self.boxes >= MOST_BOXES || depth > DEEPEST + 3 {
            self.left_out += 1;
            return;
        }
        self.boxes += 1;
        let label = shown(label);
        let _ = write!(
            self.body,
            r#"<g><title>{label}: {:.3} s, {:.1} %</title><rect x="{x:.1}" y="{y:.0}" width="{width:.1}" height="{:.0}" fill="{}"/>"#,
            part.seconds,
            part.seconds / all * 100.0,
            ROW - 1.0,
            colour(part.activity())
        );
        let room = ((width - 6.0) / LETTER).max(0.0) as usize;
        if room >= 3 {
            let short = cut(&label, room);
            let _ = write!(
                self.body,
                r#"<text x="{:.1}" y="{:.0}" font-size="11">{short}</text>"#,
                x + 3.0,
                y + 13.0
            );
        }
        self.body.push_str("</g>\n");
        let mut inner = x;
        for (label, below) in &part.below {
            self.boxed(label, below, all, (inner, y + ROW), scale, depth + 1);
            inner += below.seconds * scale;
        }
    }

    fn whole(mut self) -> String {
        if self.left_out > 0 {
            self.line(&format!("{} boxes are too narrow to be drawn", self.left_out), 11);
        }
        let height = self.y + 20.0;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" viewBox=\"0 0 {WIDTH} {height:.0}\" \
             font-family=\"monospace\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// A text as it may stand in the picture: short, without secrets, escaped.
fn shown(text: &str) -> String {
    let safe = Text::from(redact(text).into_owned());
    let mut escaped = String::new();
    for letter in safe.chars().take(LONGEST) {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// The first letters of an escaped text; an entity is one of them.
fn cut(escaped: &str, room: usize) -> String {
    let mut letters = 0;
    let mut is_entity = false;
    let end = escaped.char_indices().find(|(_, letter)| {
        let is_new = !is_entity;
        is_entity = (is_entity || *letter == '&') && *letter != ';';
        letters += usize::from(is_new);
        letters > room
    });
    end.map_or_else(|| escaped.to_owned(), |(at, _)| format!("{}…", &escaped[..at]))
}

/// Warm for what runs or is kept from it, cool for what waits for others, grey for what waits by itself.
const fn colour(activity: Activity) -> &'static str {
    match activity {
        Activity::Running => "#f4a259",
        Activity::Ready => "#f2cf63",
        Activity::Lock => "#e07a7a",
        Activity::Pipe => "#b7a3d9",
        Activity::Disk => "#7fb2d6",
        Activity::Network => "#86c59a",
        Activity::Events => "#bfe0c4",
        Activity::Sleep => "#d4d9df",
        Activity::Paging => "#d9a679",
        Activity::Held => "#adb5bd",
        Activity::Other => "#e3e3e3",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::evidence::{Sample, Wait};

    fn frame(function: &str, line: u32) -> Frame {
        Frame { function: function.into(), file: "/srv/etl.py".into(), line, ..Frame::default() }
    }

    fn job() -> (Evidence, Samples) {
        let step = |at: f64, ran: u64, doing| Sample {
            at,
            ran: ran * 1_000_000,
            doing: Some(doing),
            ..Sample::default()
        };
        let works = vec![
            step(0.0, 0, Activity::Running),
            step(1.0, 900, Activity::Running),
            step(2.0, 1_000, Activity::Sleep),
        ];
        let waits = vec![step(0.0, 0, Activity::Lock), step(2.0, 0, Activity::Lock)];
        let threads = vec![
            Thread { tid: 7, name: "etl".into(), samples: works, wait: Wait::Sleep, ..Thread::default() },
            Thread {
                tid: 8,
                name: "a<b>&\u{1b}".into(),
                samples: waits,
                is_still: true,
                frames: vec![frame("get", 9)],
                ..Thread::default()
            },
        ];
        let process =
            Process { pid: 7, is_member: true, name: "python3".into(), threads, ..Process::default() };
        let mut samples = Samples::default();
        samples.add(1.01, 7, &[frame("parse", 3), frame("main", 20)]);
        samples.add(2.01, 7, &[frame("nap", 5), frame("main", 21)]);
        (Evidence { root: 7, window: 2.0, processes: vec![process], ..Evidence::default() }, samples)
    }

    #[test]
    fn a_job_is_drawn() {
        let (evidence, samples) = job();
        insta::assert_snapshot!(svg(&evidence, &samples));
    }

    #[test]
    fn time_is_neither_lost_nor_made() {
        let (evidence, samples) = job();
        let (mut on, mut off) = (Part::default(), Part::default());
        for thread in &evidence.processes[0].threads {
            fold(&evidence.processes[0], thread, &samples, &mut on, &mut off);
        }
        assert!(
            (on.seconds - 1.0).abs() < 1e-6 && (off.seconds - 3.0).abs() < 1e-6,
            "{} {}",
            on.seconds,
            off.seconds
        );
        let main = &on.below["python3 (7)"].below["etl [7]"];
        assert!((main.below["main (etl.py:20)"].below["parse (etl.py:3)"].seconds - 0.9).abs() < 1e-6);
        assert!(
            off.below["python3 (7)"].below.values().any(|thread| thread.below.contains_key("get (etl.py:9)"))
        );
    }

    #[test]
    fn secrets_and_markup_are_not_in_it() {
        let (mut evidence, samples) = job();
        let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
        evidence.processes[0].threads[0].name = format!("<script>{token}");
        let picture = svg(&evidence, &samples);
        assert!(
            !picture.contains(&token[8..]) && !picture.contains("<script") && !picture.contains('\u{1b}')
        );
        assert_eq!(cut("a&lt;b&gt;c", 2), "a&lt;…");
    }

    #[test]
    fn it_is_bounded() {
        let (mut evidence, mut samples) = job();
        for n in 0..60_000_u32 {
            let frames: Vec<Frame> =
                (0..100).map(|deep| frame("f", if deep == 0 { n } else { deep })).collect();
            if n < 6_000 { samples.add(f64::from(n), 7, &frames) } else { samples.add(f64::from(n), 7, &[]) }
        }
        assert!(samples.count <= MOST_SAMPLES && samples.stacks.len() <= MOST_STACKS);
        evidence.processes[0].threads[0].samples = (0..9_000_u32)
            .map(|n| Sample { at: f64::from(n), ran: u64::from(n) * 1_000_000_000, ..Sample::default() })
            .collect();
        let picture = svg(&evidence, &samples);
        assert!(picture.matches("<g>").count() <= MOST_BOXES && picture.len() < 2 << 20, "{}", picture.len());
    }

    #[test]
    fn nothing_is_a_picture_too() {
        assert!(svg(&Evidence::default(), &Samples::default()).starts_with("<svg "));
    }
}
