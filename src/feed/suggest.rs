//! Patterns that a job's own output suggests; pure.
//!
//! Lines of one shape are those that are the same once their numbers are taken out. A number that only ever rises
//! from line to line of a shape may be what is done; a larger one beside it that keeps its value may be the total.
//! Times, dates, versions and fractions are no counts. A suggestion is told only if its pattern reads exactly these
//! numbers out of these lines.

use std::collections::HashMap;

use super::pattern::Pattern;

/// Suggestions that are told at most.
pub const MOST: usize = 6;

/// Shapes that are looked at; what comes in more of them has none.
const SHAPES: usize = 64;

/// Numbers of a line that are looked at.
const NUMBERS: usize = 12;

/// Bytes of a line that are looked at.
const LONGEST: usize = 400;

/// Lines of one shape that tell something.
const FEWEST: usize = 3;

/// Words that stand before what is done, and words that stand beside what merely passes.
const WORK: [&str; 20] = [
    "done",
    "processed",
    "progress",
    "row",
    "record",
    "item",
    "file",
    "task",
    "step",
    "batch",
    "iter",
    "epoch",
    "count",
    "complete",
    "finish",
    "loaded",
    "written",
    "sample",
    "chunk",
    "block",
];
const NO_WORK: [&str; 14] = [
    "time", "elapsed", "sec", "eta", "pid", "port", "offset", "line ", "mem", "rss", "seed", "took", "left",
    "err",
];

/// A pattern that the output suggests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The regular expression, with groups named `done` and perhaps `total`.
    pub pattern: String,
    /// How likely it is what people mean; only for the order.
    pub score: u32,
}

/// A number in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    start: usize,
    end: usize,
    /// `None` for what is no count: a fraction, a part of a date, a word with digits.
    value: Option<u64>,
}

/// All lines of one shape.
struct Shape<'a> {
    lines: Vec<(&'a str, Vec<Number>)>,
}

/// The likeliest patterns in these lines, oldest first, the best of them first.
pub fn suggest<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<Suggestion> {
    let mut shapes: HashMap<String, Shape<'a>> = HashMap::new();
    for line in lines {
        let line = &line[..line.floor_char_boundary(LONGEST)];
        let numbers = numbers(line);
        if numbers.is_empty() || numbers.len() > NUMBERS {
            continue;
        }
        let shape = shape(line, &numbers);
        if shapes.len() < SHAPES || shapes.contains_key(&shape) {
            shapes.entry(shape).or_insert_with(|| Shape { lines: Vec::new() }).lines.push((line, numbers));
        }
    }
    let mut found: Vec<Suggestion> = shapes.values().flat_map(of_shape).collect();
    found.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.pattern.cmp(&b.pattern)));
    found.dedup_by(|a, b| a.pattern == b.pattern);
    found.truncate(MOST);
    found
}

/// The line with a mark in the place of each number, and one for all filling between (bars grow).
fn shape(line: &str, numbers: &[Number]) -> String {
    let mut out = String::with_capacity(line.len());
    let mut from = 0;
    for number in numbers {
        out.extend(line[from..number.start].chars().filter(|c| !is_filling(*c)));
        out.push('\u{0}');
        from = number.end;
    }
    out.extend(line[from..].chars().filter(|c| !is_filling(*c)));
    out
}

/// Characters that bars are drawn with, and blanks that line columns up.
const fn is_filling(c: char) -> bool {
    matches!(c, ' ' | '#' | '=' | '>' | '.' | '-' | '\u{2500}'..='\u{25ff}')
}

/// The numbers of a line, by place.
fn numbers(line: &str) -> Vec<Number> {
    let bytes = line.as_bytes();
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        // A number goes on over what joins its parts: dates, times, fractions, thousands, addresses.
        while at < bytes.len()
            && (bytes[at].is_ascii_digit()
                || (matches!(bytes[at], b',' | b'.' | b':' | b'-' | b'_')
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)))
        {
            at += 1;
        }
        numbers.push(Number { start, end: at, value: count(line, start, at) });
    }
    numbers
}

/// What the digits count; nothing where they are a part of something else.
fn count(line: &str, start: usize, end: usize) -> Option<u64> {
    let text = &line[start..end];
    let before = line[..start].chars().next_back();
    let after = line[end..].chars().next();
    // `x86`, `v2` and `0x1f` are names; `12k` and `40%` are counts of something.
    let is_name = before.is_some_and(|c| c.is_alphabetic() || c == '_' || c == '.' || c == '-');
    let is_unit = after.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let thousands = text.split(',').enumerate().all(|(n, part)| {
        part.bytes().all(|byte| byte.is_ascii_digit())
            && if n == 0 { part.len() <= 3 } else { part.len() == 3 }
    });
    if is_name || is_unit || !(plain || thousands) || text.len() > 15 {
        return None;
    }
    let value: u64 = text.replace(',', "").parse().ok()?;
    // Seconds or milliseconds since 1970 rise too.
    let is_clock = (1_000_000_000..2_500_000_000).contains(&value)
        || (1_000_000_000_000..2_500_000_000_000).contains(&value);
    (!is_clock).then_some(value)
}

/// The suggestions in the lines of one shape.
fn of_shape(shape: &Shape<'_>) -> Vec<Suggestion> {
    let lines = &shape.lines;
    let Some((_, first)) = lines.first().filter(|_| lines.len() >= FEWEST) else { return Vec::new() };
    let column = |at: usize| lines.iter().map(|(_, numbers)| numbers[at].value).collect::<Option<Vec<u64>>>();
    let columns: Vec<Option<Vec<u64>>> = (0..first.len()).map(column).collect();
    let mut found = Vec::new();
    for (at, done) in columns.iter().enumerate() {
        let Some(done) = done.as_deref().filter(|done| rises(done)) else { continue };
        let is_total = |other: &usize| columns[*other].as_deref().is_some_and(|total| bounds(total, done));
        let total = (at + 1..columns.len()).find(is_total);
        found.extend(suggestion(lines, at, total).or_else(|| suggestion(lines, at, None)));
    }
    found
}

/// Never falls, and rose twice at least.
fn rises(values: &[u64]) -> bool {
    values.windows(2).all(|pair| pair[0] <= pair[1])
        && values.windows(2).filter(|pair| pair[0] < pair[1]).count() >= 2
}

/// True for what may be the total of these: never less than done, and the same but for a few changes.
fn bounds(total: &[u64], done: &[u64]) -> bool {
    let changes = total.windows(2).filter(|pair| pair[0] != pair[1]).count();
    changes * 5 <= total.len() && total.iter().zip(done).all(|(total, done)| total >= done && *total > 1)
}

/// The shortest pattern for these numbers that reads them out of all the lines.
fn suggestion(lines: &[(&str, Vec<Number>)], done: usize, total: Option<usize>) -> Option<Suggestion> {
    let (line, numbers) = lines.last()?;
    let from = if done == 0 { 0 } else { numbers[done - 1].end };
    let before = &line[from..numbers[done].start];
    let reads = |pattern: &String| {
        Pattern::new(pattern).is_ok_and(|reader| {
            lines.iter().all(|(line, numbers)| {
                let read = reader.read(line);
                read.done == numbers[done].value
                    && total.is_none_or(|total| read.total == numbers[total].value)
            })
        })
    };
    let anchored = if done == 0 { "^" } else { "" };
    let beginnings = [literal(last_word(before)), format!("{anchored}{}", literal(before))];
    let rest = rest(lines, done, total);
    let pattern = beginnings
        .into_iter()
        // With nothing before it to hold on to, a number is known by its place.
        .filter(|beginning| beginning.len() > r"\s*".len() || beginning.starts_with('^'))
        .map(|beginning| beginning + &rest)
        .find(reads)?;
    let around = before.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| around.contains(word));
    let score = u32::from(total.is_some()) * 100
        + u32::from(says(&WORK)) * 40
        + lines.len().min(30) as u32
        + u32::from(!says(&NO_WORK)) * 60;
    Some(Suggestion { pattern, score })
}

/// The pattern from what is done on.
fn rest(lines: &[(&str, Vec<Number>)], done: usize, total: Option<usize>) -> String {
    let Some((line, numbers)) = lines.last() else { return String::new() };
    let mut pattern = group("done", lines, done);
    let Some(total) = total else { return pattern + &literal(&tail(&line[numbers[done].end..])) };
    for at in done + 1..=total {
        pattern += &literal(&line[numbers[at - 1].end..numbers[at].start]);
        pattern += &if at == total { group("total", lines, at) } else { r"[\d.,:-]+".to_owned() };
    }
    pattern
}

/// The last word before a number, with what joins them: `rows=` of `loaded rows=`.
fn last_word(before: &str) -> &str {
    let end = before.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    let start = before[..end].rfind(|c: char| !c.is_alphanumeric() && c != '_');
    let start = start.map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    if end == 0 { "" } else { &before[start..] }
}

/// The next characters after a lone number, up to the next digit: they tell `64%` from `64 files`.
fn tail(after: &str) -> String {
    after.chars().take_while(|c| !c.is_ascii_digit() && !is_filling(*c)).take(6).collect()
}

/// A group for a number, with thousands marks where some line has them.
fn group(name: &str, lines: &[(&str, Vec<Number>)], at: usize) -> String {
    let has_marks =
        lines.iter().any(|(line, numbers)| line[numbers[at].start..numbers[at].end].contains(','));
    let digits = if has_marks { r"[\d,]+" } else { r"\d+" };
    format!("(?P<{name}>{digits})")
}

/// The text as a pattern that matches it in any width of its filling.
fn literal(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            while chars.next_if(|c| c.is_whitespace()).is_some() {}
            // Beside a number the width of a column may take the last blank.
            out += if out.is_empty() || chars.peek().is_none() { r"\s*" } else { r"\s+" };
        } else if is_filling(c) && chars.peek().is_some_and(|next| is_filling(*next)) {
            // A bar: it grows from line to line.
            while chars.next_if(|c| is_filling(*c)).is_some() {}
            out += r"\D*?";
        } else {
            out += &regex::escape(c.encode_utf8(&mut [0; 4]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best pattern, and what it reads out of the last line.
    fn check(lines: &[&str], expected: Option<(&str, u64, Option<u64>)>) {
        let found = suggest(lines.iter().copied());
        let best = found.first().map(|best| {
            let read =
                Pattern::new(&best.pattern).expect("it was read with").read(lines.last().expect("some"));
            (best.pattern.as_str(), read.done.expect("it reads it"), read.total)
        });
        assert_eq!(best, expected, "{lines:?}\n{found:?}");
    }

    #[test]
    fn counts_that_rise_are_suggested() {
        check(
            &["rows=10 of 400 ok", "rows=25 of 400 ok", "rows=31 of 400 ok"],
            Some((r"rows=(?P<done>\d+)\s*of\s*(?P<total>\d+)", 31, Some(400))),
        );
        check(
            &[
                "12:03:41 INFO loaded 1,200 rows",
                "12:03:42 INFO loaded 2,400 rows",
                "12:03:44 INFO loaded 3,100 rows",
            ],
            Some((r"loaded\s*(?P<done>[\d,]+)", 3_100, None)),
        );
        check(
            &["epoch 1 step 10 loss 0.93", "epoch 1 step 20 loss 0.91", "epoch 1 step 30 loss 0.90"],
            Some((r"step\s*(?P<done>\d+)", 30, None)),
        );
        check(&["7", "8", "9"], Some((r"^(?P<done>\d+)", 9, None)));
        check(&[" 10%|#    |", " 20%|##   |", " 30%|###  |"], Some((r"^\s*(?P<done>\d+)%\|", 30, None)));
    }

    #[test]
    fn what_is_no_count_is_not() {
        for lines in [
            ["2026-11-21 12:03:41 tick", "2026-11-21 12:03:42 tick", "2026-11-21 12:03:43 tick"],
            ["loss 0.91", "loss 0.92", "loss 0.93"],
            ["step 3", "step 2", "step 1"],
            ["at 1763726621", "at 1763726622", "at 1763726623"],
            ["shard_1 is done", "shard_2 is done", "shard_3 is done"],
            ["pid 4711 lives", "pid 4711 lives", "pid 4711 lives"],
            ["", "no digits", "at all"],
        ] {
            check(&lines, None);
        }
        check(&["rows=10", "rows=20"], None);
    }

    #[test]
    fn what_merely_passes_comes_after_what_is_done() {
        let lines: Vec<String> = (1..9).map(|n| format!("elapsed {n} files {}", n * 7)).collect();
        check(
            &lines.iter().map(String::as_str).collect::<Vec<_>>(),
            Some((r"files\s*(?P<done>\d+)", 56, None)),
        );
    }

    proptest::proptest! {
        /// Whatever a job prints: no panic, few suggestions, and each is a pattern that can be used.
        #[test]
        fn no_output_breaks_it(lines in proptest::collection::vec("[a-z0-9 ,.:%=/|#é日-]{0,40}", 0..60)) {
            let found = suggest(lines.iter().map(String::as_str));
            proptest::prop_assert!(found.len() <= MOST);
            for suggestion in found {
                proptest::prop_assert!(Pattern::new(&suggestion.pattern).is_ok(), "{}", suggestion.pattern);
            }
        }
    }
}
