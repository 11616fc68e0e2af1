//! The page itself: its parts and their order.

use super::line::{Line, flow, plain};
use super::{chain, time};
use crate::config::theme::Role;
use crate::model::cause::Cause;
use crate::model::inquiry::{Advice, Answer, Seen};
use crate::model::metric;
use crate::model::text::Text;
use crate::ui::paint::glyphs::Glyphs;
use crate::ui::words;

/// Sentences of one part that are shown; what is seen of a large job would fill a book.
const MOST: usize = 24;

/// The answer in lines of `width` columns.
pub(in crate::ui) fn page(answer: &Answer, width: u16, glyphs: &Glyphs) -> Vec<Line> {
    let diagnosis = &answer.diagnosis;
    let role = role(diagnosis.cause);
    let mut lines = flow(&[], &[], &[(&answer.headline(), role)], width);
    if !answer.named.is_empty() {
        lines.extend(flow(&[], &[], &[(diagnosis.cause.meaning(), Role::Text)], width));
    }
    sentences(&mut lines, "Seen", &diagnosis.evidence, width, glyphs);
    // A chain of one link repeats what was said.
    if diagnosis.chain.len() > 1 {
        heading(&mut lines, "Who waits for whom");
        lines.extend(chain::lines(&diagnosis.chain, width, glyphs));
    }
    if !diagnosis.threads.is_empty() {
        heading(&mut lines, "Where the time went");
        lines.extend(time::lines(&diagnosis.threads, width, glyphs));
    }
    if let Some(Advice { meaning, now, prevent }) = &answer.advice {
        heading(&mut lines, "What to do");
        labelled(&mut lines, [("Means", meaning), ("Now", now), ("Next time", prevent)], width);
    }
    sentences(&mut lines, "Not seen", &diagnosis.doubts, width, glyphs);
    if answer.processes > 0 {
        lines.push(Line::new());
        lines.extend(flow(&[], &[], &[(&looked(answer), Role::Dim)], width));
    }
    lines
}

/// What is shown while it is looked.
pub(in crate::ui) fn looking(seen: Option<Seen>, name: &str, width: u16, glyphs: &Glyphs) -> Vec<Line> {
    let mut lines = flow(&[], &[], &[("Looking at", Role::Dim), (name, Role::Title)], width);
    lines.push(Line::new());
    let Some(seen) = seen else {
        lines.push(plain("nothing seen yet", Role::Dim));
        return lines;
    };
    let times = format!("  {:.1} of {:.0} s", seen.elapsed.min(seen.window), seen.window);
    let cells = usize::from(width).saturating_sub(times.len()).min(40);
    let share = if seen.window > 0.0 { (seen.elapsed / seen.window).clamp(0.0, 1.0) } else { 0.0 };
    let filled = (cells as f64 * share).round() as usize;
    let [full, _, rest] = glyphs.bar;
    lines.push(vec![
        (full.repeat(filled), Role::Accent),
        (rest.repeat(cells - filled), Role::Border),
        (times, Role::Dim),
    ]);
    lines.extend(flow(&[], &[], &[(&so_far(&seen), Role::Text)], width));
    lines
}

/// What was seen so far: `12 processes, 40 threads: 37 have not moved`.
pub(super) fn so_far(seen: &Seen) -> String {
    let processes = words::counted(seen.processes, "process", "processes");
    let threads = words::counted(seen.threads, "thread", "threads");
    let still = match (seen.still, seen.threads) {
        (_, 0) => String::new(),
        (still, all) if still >= all => ": none has moved".to_owned(),
        // Who stands still is known after a while only.
        (0, _) => String::new(),
        (still, _) => format!(": {} stand still", metric::count(still as u64)),
    };
    format!("{processes}, {threads}{still}")
}

fn looked(answer: &Answer) -> String {
    let processes = words::counted(answer.processes, "process", "processes");
    let threads = words::counted(answer.thread_count, "thread", "threads");
    let who = if answer.command.is_empty() {
        String::new()
    } else {
        format!(" of {}", words::command(&answer.command))
    };
    format!("looked for {:.1} s at {processes} and {threads}{who}", answer.window)
}

/// How the answer looks before it is read.
const fn role(cause: Cause) -> Role {
    match cause {
        Cause::Exited | Cause::Unknown => Role::Title,
        _ if cause.is_calm() => Role::Ok,
        _ => Role::Bad,
    }
}

fn heading(lines: &mut Vec<Line>, words: &str) {
    lines.push(Line::new());
    lines.extend([plain(words, Role::Title)]);
}

fn sentences(lines: &mut Vec<Line>, words: &str, sentences: &[Text], width: u16, glyphs: &Glyphs) {
    if sentences.is_empty() {
        return;
    }
    heading(lines, words);
    let bullet = [(format!("{} ", glyphs.bullet), Role::Dim)];
    let blank = [("  ".to_owned(), Role::Dim)];
    for sentence in sentences.iter().take(MOST) {
        lines.extend(flow(&bullet, &blank, &[(sentence, Role::Text)], width));
    }
    if sentences.len() > MOST {
        lines.push(plain(&format!("and {} more", sentences.len() - MOST), Role::Dim));
    }
}

/// Columns of the words in front of a piece of advice, where there is room for them.
const LABEL: usize = 11;

fn labelled(lines: &mut Vec<Line>, texts: [(&str, &Text); 3], width: u16) {
    let is_narrow = usize::from(width) < 4 * LABEL;
    let blank = [(" ".repeat(if is_narrow { 2 } else { LABEL }), Role::Dim)];
    for (label, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        let first = if is_narrow { format!("{label}: ") } else { format!("{label:LABEL$}") };
        lines.extend(flow(&[(first, Role::Dim)], &blank, &[(text, Role::Text)], width));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::paint::glyphs::UNICODE;

    fn words(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|(text, _)| text.as_str()).collect()).collect()
    }

    #[test]
    fn an_answer_without_a_culprit_says_what_it_means_once() {
        let answer = Answer::of_nothing(Cause::Idle, 7, Text::from("it waits for clients on 127.0.0.1:80"));
        assert_eq!(
            words(&page(&answer, 60, &UNICODE)),
            [
                "idle: it waits for clients or events from outside",
                "",
                "Seen",
                "• it waits for clients on 127.0.0.1:80"
            ]
        );
    }

    #[test]
    fn what_was_seen_so_far_is_said_in_words() {
        let seen = |threads, still| Seen { processes: 1, threads, still, ..Seen::default() };
        let told = [seen(0, 0), seen(3, 3), seen(3, 0), seen(1_040, 1_001)].map(|seen| so_far(&seen));
        assert_eq!(
            told,
            [
                "1 process, 0 threads",
                "1 process, 3 threads: none has moved",
                "1 process, 3 threads",
                "1 process, 1,040 threads: 1,001 stand still",
            ]
        );
    }

    #[test]
    fn the_view_while_it_looks_fits_its_width() {
        let seen = Seen { elapsed: 2.1, window: 4.0, processes: 2, threads: 9, still: 8 };
        let lines = words(&looking(Some(seen), "python3 etl.py", 40, &UNICODE));
        assert_eq!(lines[0], "Looking at python3 etl.py");
        assert!(lines[2].ends_with("  2.1 of 4 s") && lines[2].chars().count() == 40, "{lines:?}");
        assert_eq!(lines[3], "2 processes, 9 threads: 8 stand still");
    }
}
