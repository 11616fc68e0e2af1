//! Where the time of the threads went: a row for each, with a bar that tells when it ran.
//!
//! ```text
//!    4711  etl             lock 100 %     ────────────────────  pool.py:856 next
//!    4713  Thread-1        runs 88 %      ██████▒███████▒█████  spin.py:4 work
//! ```

use unicode_width::UnicodeWidthStr;

use super::line::Line;
use crate::config::theme::Role;
use crate::model::cause::TimeSpent;
use crate::model::evidence::Activity;
use crate::ui::paint::glyphs::Glyphs;
use crate::ui::paint::ink::shortened;

/// Threads that have a row; the rest is counted.
const MOST: usize = 16;

/// From so many columns on a row has room for the thread's name and for its place in the program.
const ROOMY: u16 = 64;

/// Columns that a place in the program needs to tell something.
const PLACE: usize = 16;

/// What an activity looks like in a bar: on a CPU, ready for one, kept from working, or waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Runs,
    Ready,
    Kept,
    Waits,
}

const LOOKS: [(Look, &str, Role); 4] = [
    (Look::Runs, "runs", Role::Accent),
    (Look::Ready, "ready, no CPU", Role::Warn),
    (Look::Kept, "disk, paging, stopped", Role::Warn),
    (Look::Waits, "waits", Role::Dim),
];

const fn look(activity: Activity) -> Look {
    match activity {
        Activity::Running => Look::Runs,
        Activity::Ready => Look::Ready,
        Activity::Disk | Activity::Paging | Activity::Held => Look::Kept,
        Activity::Lock
        | Activity::Pipe
        | Activity::Network
        | Activity::Events
        | Activity::Sleep
        | Activity::Other => Look::Waits,
    }
}

/// The rows, and what the bars are made of.
pub(super) fn lines(threads: &[TimeSpent], width: u16, glyphs: &Glyphs) -> Vec<Line> {
    let shown = &threads[..threads.len().min(MOST)];
    let columns = Columns::of(shown, width);
    let mut lines: Vec<Line> = shown.iter().map(|thread| columns.row(thread, glyphs)).collect();
    if threads.len() > MOST {
        lines.push(vec![(format!("and {} threads more", threads.len() - MOST), Role::Dim)]);
    }
    let used =
        |wanted: Look| shown.iter().flat_map(|thread| &thread.timeline).any(|&did| look(did) == wanted);
    let mut legend: Line = vec![(" ".repeat(columns.tid + 2), Role::Dim)];
    for ((_, words, role), symbol) in
        LOOKS.into_iter().zip(glyphs.times).filter(|((what, ..), _)| used(*what))
    {
        let gap = if legend.len() > 1 { "   " } else { "" };
        legend.push((format!("{gap}{symbol}"), role));
        legend.push((format!(" {words}"), Role::Dim));
    }
    if legend.len() > 1 {
        lines.push(legend);
    }
    lines
}

/// How wide each column is.
struct Columns {
    tid: usize,
    name: usize,
    /// Shares that are told.
    told: usize,
    share: usize,
    bar: usize,
    at: usize,
}

impl Columns {
    fn of(threads: &[TimeSpent], width: u16) -> Self {
        let most = |of: &dyn Fn(&TimeSpent) -> usize| threads.iter().map(of).max().unwrap_or(0);
        let tid = most(&|thread| thread.tid.to_string().len());
        let width = usize::from(width);
        let is_roomy = width >= usize::from(ROOMY);
        let told = if is_roomy { 2 } else { 1 };
        let share = most(&|thread| shares(thread, told).width());
        let name = if is_roomy { most(&|thread| thread.name.width()).min(15) + 2 } else { 0 };
        let rest = width.saturating_sub(tid + 2 + name + share + 2);
        let wanted = most(&|thread| thread.at.as_ref().map_or(0, |at| at.width() + 2));
        let bar =
            if is_roomy && wanted > 0 { rest.saturating_sub(wanted).clamp(12, 24) } else { rest.min(32) };
        let at = if is_roomy { rest.saturating_sub(bar) } else { 0 };
        // A few letters of a place are no place.
        let (bar, at) = if at < wanted.min(PLACE) { (rest.min(32), 0) } else { (bar, at) };
        Self { tid, name, told, share, bar: bar.min(rest), at }
    }

    fn row(&self, thread: &TimeSpent, glyphs: &Glyphs) -> Line {
        let mut line = vec![(format!("{:>width$}  ", thread.tid, width = self.tid), Role::Dim)];
        if self.name > 0 {
            line.push((padded(&shortened(&thread.name, self.name - 2, glyphs.cut), self.name), Role::Text));
        }
        line.push((padded(&shares(thread, self.told), self.share + 2), Role::Text));
        line.extend(bar(&thread.timeline, self.bar, glyphs));
        if let Some(at) = thread.at.as_ref().filter(|_| self.at > 2) {
            line.push((format!("  {}", shortened(at, self.at - 2, glyphs.cut)), Role::Dim));
        }
        line
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// What it did most, and what it did beside that where that is worth a word.
fn shares(thread: &TimeSpent, most: usize) -> String {
    let told = thread.shares.iter().enumerate().take(most).filter(|(n, (_, share))| *n == 0 || *share >= 0.1);
    let told = told.map(|(_, (activity, share))| format!("{} {:.0} %", (*activity).word(), share * 100.0));
    told.collect::<Vec<_>>().join(", ")
}

/// A bar of so many cells: each shows what was done most in its part of the window.
fn bar(timeline: &[Activity], cells: usize, glyphs: &Glyphs) -> Line {
    let mut bar: Line = Vec::new();
    if timeline.is_empty() {
        return bar;
    }
    for cell in 0..cells {
        let from = cell * timeline.len() / cells;
        let to = ((cell + 1) * timeline.len() / cells).max(from + 1);
        let most = most_common(&timeline[from..to]);
        let (symbol, role) = LOOKS
            .iter()
            .zip(glyphs.times)
            .find(|((look, ..), _)| *look == most)
            .map_or((" ", Role::Dim), |((.., role), symbol)| (symbol, *role));
        match bar.last_mut() {
            Some((text, same)) if *same == role => text.push_str(symbol),
            _ => bar.push((symbol.to_owned(), role)),
        }
    }
    bar
}

/// Of equals the one that says most comes first.
fn most_common(part: &[Activity]) -> Look {
    let count = |wanted: Look| part.iter().filter(|&&did| look(did) == wanted).count();
    LOOKS.iter().rev().map(|(look, ..)| *look).max_by_key(|look| count(*look)).unwrap_or(Look::Waits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Text;
    use crate::ui::paint::glyphs::{ASCII, UNICODE};

    fn thread(tid: u32, shares: Vec<(Activity, f64)>, timeline: Vec<Activity>) -> TimeSpent {
        let (name, at) = (Text::from("Thread-1 (worker)"), Some(Text::from("queue.py:171 get")));
        TimeSpent { pid: 4711, tid, name, shares, timeline, at }
    }

    fn drawn(threads: &[TimeSpent], width: u16, glyphs: &Glyphs) -> Vec<String> {
        let text = |line: &Line| line.iter().map(|(text, _)| text.as_str()).collect::<String>();
        lines(threads, width, glyphs).iter().map(|line| text(line).trim_end().to_owned()).collect()
    }

    #[test]
    fn a_row_tells_what_when_and_where() {
        use Activity::{Lock, Ready, Running};
        let waits = thread(4712, vec![(Lock, 1.0)], vec![Lock; 40]);
        let mut did = vec![Running; 30];
        did.extend([Ready; 10]);
        let runs = thread(14713, vec![(Running, 0.75), (Ready, 0.25)], did);
        let lines = drawn(&[waits.clone(), runs.clone()], 80, &UNICODE);
        assert_eq!(
            lines,
            [
                " 4712  Thread-1 (work…  lock 100 %             ───────────────  queue.py:171 get",
                "14713  Thread-1 (work…  runs 75 %, ready 25 %  ███████████▒▒▒▒  queue.py:171 get",
                "       █ runs   ▒ ready, no CPU   ─ waits",
            ]
        );
        let narrow = drawn(&[waits, runs], 36, &ASCII);
        assert!(narrow.iter().all(|line| line.is_ascii() && line.len() <= 48), "{narrow:?}");
        assert!(narrow[0].ends_with("---"), "{narrow:?}");
    }

    #[test]
    fn rows_never_leave_the_page_and_are_bounded() {
        let many: Vec<TimeSpent> =
            (0..100).map(|n| thread(n, vec![(Activity::Disk, 0.5)], vec![Activity::Disk; 7])).collect();
        for width in [20, 36, 64, 80, 116] {
            let lines = drawn(&many, width, &UNICODE);
            assert_eq!(lines.len(), MOST + 2);
            let widest = lines[..MOST].iter().map(|line| line.width()).max().unwrap();
            assert!(widest <= usize::from(width), "{width}: {lines:?}");
        }
    }
}
