//! Counters in the lines of a log: `key=value` fields, and JSON objects; pure.
//!
//! Only names that leave no doubt are taken, and, but for the step of a training loop, only pairs: `done` with
//! `total`, `rows_done` with `rows_total`, `batch` with `batches`, `step=300/600`. A count alone may be of this line
//! only, and what is named `attempt`, `rank` or `port` is no progress.

use super::figure;
use super::form::{Bar, Tool};

/// Words that say that something is done.
const DONE: [&str; 5] = ["done", "completed", "processed", "finished", "current"];
/// Words that say how much there is, before the name of what is counted.
const TOTAL: [&str; 4] = ["total", "max", "num", "n"];
/// What is counted, the outer before the inner: of several in a line, the first is the job's.
const NOUNS: [&str; 23] = [
    "epoch",
    "round",
    "shard",
    "partition",
    "file",
    "chunk",
    "page",
    "batch",
    "iteration",
    "iter",
    "step",
    "task",
    "test",
    "document",
    "image",
    "object",
    "block",
    "item",
    "sample",
    "record",
    "row",
    "token",
    "byte",
];
/// Objects in a JSON line that are looked into.
const NESTS: [&str; 8] = ["progress", "counters", "stats", "fields", "extra", "data", "event", "message"];
/// Fields read from one line at most.
const MOST_FIELDS: usize = 64;

/// What a line of a log says of the progress.
pub(super) fn parse(line: &str) -> Option<Bar<'_>> {
    let text = object(line.trim());
    let is_json = text.starts_with('{');
    if !(is_json && text.contains('"') || text.contains('=')) || !has_digit(text) {
        return None;
    }
    if !is_json {
        return read(Tool::Fields, &text_fields(text));
    }
    let (fields, nested) = json_fields(text)?;
    // One object deeper, where its name says that it counts: a logger puts what it is told below a name of its own.
    read(Tool::Json, &fields).or_else(|| {
        nested
            .iter()
            .filter(|(key, _)| NESTS.contains(key))
            .find_map(|(_, text)| read(Tool::Json, &json_fields(text)?.0))
    })
}

/// The JSON object at the end of a line behind a logger's prefix; otherwise the line.
fn object(line: &str) -> &str {
    let begins = |at: usize| line[at + 1..].trim_start().starts_with('"');
    match line.find(" {").filter(|_| line.ends_with('}') && !line.starts_with('{')) {
        Some(blank) if begins(blank + 1) => &line[blank + 1..],
        _ => line,
    }
}

/// Takes over what stands beside a bar by its name: tasks in flight, and failed ones.
pub(super) fn gauges(bar: &mut Bar<'_>, text: &str) {
    for (key, value) in text_fields(text) {
        if matches!(key, "in_flight" | "inflight" | "failed" | "failures" | "errors") {
            beside(bar, key, value);
        }
    }
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// What a key says of its value.
#[derive(Debug, PartialEq, Eq)]
enum Role {
    /// So much is done of what is named, or of everything.
    Done(Option<usize>),
    /// There is so much of it.
    Total(Option<usize>),
}

/// A pair of counts, and where in [`NOUNS`] its name stands; one without a name goes before all.
struct Pair<'a> {
    noun: Option<usize>,
    done: u64,
    total: u64,
    unit: Option<&'a str>,
    key: &'a str,
}

fn read<'a>(tool: Tool, fields: &[(&'a str, &'a str)]) -> Option<Bar<'a>> {
    let mut bar = Bar::new(tool);
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    let (mut done, mut totals) = (Vec::new(), Vec::new());
    for &(key, value) in fields {
        if !value.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        match role(key) {
            _ if value.ends_with('%') => beside(&mut bar, key, value),
            Some(Role::Done(noun)) if value.contains('/') => {
                let (n, of) = value.split_once('/')?;
                if let (Some(done), Some(total)) = (figure::count(n), figure::count(of)) {
                    pairs.push(Pair { noun, done, total, unit: noun.map(|_| key), key });
                }
            }
            Some(Role::Done(noun)) => done.extend(figure::count(value).map(|count| (noun, count, key))),
            Some(Role::Total(noun)) => totals.extend(figure::count(value).map(|count| (noun, count))),
            None => beside(&mut bar, key, value),
        }
    }
    for (noun, count, key) in &done {
        let total = totals.iter().find(|(of, _)| of == noun);
        // `processed_rows` beside a bare `total` is of rows; `step` beside one may be anything.
        let is_word = words(key).any(|word| DONE.contains(&word.as_str()));
        let total = total.or_else(|| totals.iter().find(|(of, _)| is_word && of.is_none()));
        pairs.extend(total.map(|&(_, total)| Pair { noun: *noun, done: *count, total, unit: None, key }));
    }
    pairs.retain(|pair| pair.total > 0 && pair.done <= pair.total);
    pairs.sort_by_key(|pair| pair.noun.map_or(0, |noun| noun + 1));
    if let Some(outer) = pairs.first() {
        (bar.done, bar.total, bar.label) = (Some(outer.done), Some(outer.total), Some(outer.key));
        bar.unit = text_of(fields, "unit").or(outer.unit);
        let inner = pairs[1..].iter().map(|pair| pair.done).chain(done.iter().map(|(_, count, _)| *count));
        bar.finer = inner.reduce(u64::wrapping_add);
        return Some(bar);
    }
    let is_training = fields.iter().any(|(key, _)| matches!(*key, "loss" | "train_loss" | "lr"));
    let step = done
        .iter()
        .find(|(_, _, key)| is_training && matches!(*key, "step" | "global_step" | "iteration" | "iter"));
    if let Some(&(_, count, key)) = step {
        (bar.done, bar.label) = (Some(count), Some(key));
        return Some(bar);
    }
    bar.percent.is_some().then_some(bar)
}

/// What stands beside the counts.
fn beside(bar: &mut Bar<'_>, key: &str, value: &str) {
    let seconds = || figure::duration(value).or_else(|| figure::duration(&format!("{value}s")));
    match key {
        "elapsed" | "elapsed_s" => bar.elapsed = seconds(),
        "eta" | "eta_s" => bar.eta = seconds(),
        "in_flight" | "inflight" | "inFlight" => bar.in_flight = figure::count(value),
        // What waits for a worker is handed out and not finished, too; the plainer name goes before.
        "outstanding" | "pending" | "queue_size" if bar.in_flight.is_none() => {
            bar.in_flight = figure::count(value);
        }
        "failed" | "failures" | "errors" => bar.failed = figure::count(value),
        "progress" | "percent_done" | "percent_complete" => {
            bar.percent = value.strip_suffix('%').and_then(share);
        }
        "progress_pct" | "progress_percent" => bar.percent = share(value.trim_end_matches('%')),
        _ if key.ends_with("_per_s") || key.ends_with("_per_sec") || key.ends_with("_per_second") => {
            bar.rate = value.parse().ok();
        }
        _ => {}
    }
}

/// A share in percent.
fn share(text: &str) -> Option<f64> {
    text.parse().ok().filter(|share| (0.0..=100.0).contains(share))
}

fn text_of<'a>(fields: &[(&'a str, &'a str)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| *value)
}

/// The words of a key, in lower case: `rowsDone`, `rows_done` and `rows.done` have the same.
fn words(key: &str) -> impl Iterator<Item = String> + '_ {
    key.split(['_', '-', '.']).flat_map(|part| {
        let starts = part.char_indices().filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at);
        let is_camel = part.contains(|c: char| c.is_ascii_lowercase());
        let mut cuts: Vec<usize> = starts.filter(|&at| is_camel && at > 0).collect();
        cuts.insert(0, 0);
        cuts.push(part.len());
        let words: Vec<String> =
            cuts.windows(2).map(|cut| part[cut[0]..cut[1]].to_ascii_lowercase()).collect();
        words
    })
}

fn role(key: &str) -> Option<Role> {
    if key.len() > 40 {
        return None;
    }
    let words: Vec<String> = words(key).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let noun = |word: &str| NOUNS.iter().position(|noun| *noun == word);
    let plural = |word: &str| {
        noun(word.strip_suffix('s')?)
            .or_else(|| noun(word.strip_suffix("es")?).filter(|_| word.ends_with("ches")))
    };
    let any = |word: &str| noun(word).or_else(|| plural(word));
    match words[..] {
        [word] if DONE.contains(&word) => Some(Role::Done(None)),
        ["progress"] => Some(Role::Done(None)).filter(|_| key == "progress"),
        ["total"] => Some(Role::Total(None)),
        [word] => {
            noun(word).map(|noun| Role::Done(Some(noun))).or_else(|| Some(Role::Total(Some(plural(word)?))))
        }
        ["global", word] => Some(Role::Done(Some(noun(word)?))),
        [first, second] if DONE.contains(&first) => Some(Role::Done(Some(any(second)?))),
        [first, second] if DONE.contains(&second) => Some(Role::Done(Some(any(first)?))),
        [first, second] if TOTAL.contains(&first) => Some(Role::Total(Some(any(second)?))),
        [first, "total"] => Some(Role::Total(Some(any(first)?))),
        _ => None,
    }
}

/// The `key=value` fields of a line; a value in quotes is one, whatever it holds.
fn text_fields(line: &str) -> Vec<(&str, &str)> {
    let bytes = line.as_bytes();
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let (mut fields, mut at) = (Vec::new(), 0);
    while fields.len() < MOST_FIELDS
        && let Some(equals) = memchr::memchr(b'=', &bytes[at..]).map(|found| at + found)
    {
        let key = bytes[at..equals].iter().rev().take_while(|byte| is_key(byte)).count();
        let key = &line[equals - key..equals];
        let value = equals + 1;
        let quote = bytes.get(value).copied().filter(|byte| matches!(byte, b'"' | b'\''));
        if let Some(quote) = quote {
            // A quote that is not closed is no value.
            let Some(end) = end_of_string(bytes, value + 1, quote) else { break };
            fields.push((key, &line[value + 1..end]));
            at = end + 1;
        } else {
            at = end_of_word(bytes, value);
            fields.push((key, &line[value..at]));
        }
    }
    fields.retain(|(key, _)| key.starts_with(|c: char| c.is_ascii_alphabetic()));
    fields
}

/// Where a value without quotes ends. A comma with three digits behind it marks thousands.
fn end_of_word(bytes: &[u8], from: usize) -> usize {
    let is_mark = |at: usize| {
        let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        digits == 3 && at > from && bytes[at - 1].is_ascii_digit()
    };
    let ends = |at: usize| match bytes[at] {
        b',' => !is_mark(at),
        byte => byte.is_ascii_whitespace() || matches!(byte, b';' | b')' | b']' | b'}' | b'|' | b'='),
    };
    (from..bytes.len()).find(|&at| ends(at)).unwrap_or(bytes.len())
}

/// Where a string ends, with the quote at its end left out; a backslash takes the next character along.
fn end_of_string(bytes: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// Fields with their values as text.
type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// The fields of a JSON object, and apart from them those that are objects; `None` when it is none, or not whole.
fn json_fields(text: &str) -> Option<(Pairs<'_>, Pairs<'_>)> {
    let bytes = text.as_bytes();
    let skip = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    };
    let (mut fields, mut nested, mut at) = (Vec::new(), Vec::new(), skip(1));
    loop {
        if bytes.get(at) != Some(&b'"') || fields.len() == MOST_FIELDS {
            return None;
        }
        let end = end_of_string(bytes, at + 1, b'"')?;
        let key = &text[at + 1..end];
        at = skip(end + 1);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        at = skip(at + 1);
        let end = match bytes.get(at)? {
            b'"' => {
                let end = end_of_string(bytes, at + 1, b'"')?;
                fields.push((key, &text[at + 1..end]));
                end + 1
            }
            b'{' => {
                let end = end_of_nested(bytes, at)?;
                nested.push((key, &text[at..end]));
                end
            }
            b'[' => end_of_nested(bytes, at)?,
            _ => {
                let end = at + memchr::memchr2(b',', b'}', &bytes[at..])?;
                fields.push((key, text[at..end].trim_end()));
                end
            }
        };
        at = skip(end);
        match bytes.get(at)? {
            b',' => at = skip(at + 1),
            b'}' => return (at + 1 == bytes.len()).then_some((fields, nested)),
            _ => return None,
        }
    }
}

/// Behind the end of the object or list that begins at `at`.
fn end_of_nested(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match bytes.get(at)? {
            b'"' => at = end_of_string(bytes, at + 1, b'"')?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(line: &str) -> Option<(Option<u64>, Option<u64>)> {
        parse(line).map(|bar| (bar.done, bar.total))
    }

    #[test]
    fn pairs_with_plain_names_are_counters() {
        let cases = [
            ("done=12 total=200", (Some(12), Some(200))),
            ("msg=progress done=1,204, total=5,000", (Some(1_204), Some(5_000))),
            ("INFO rows_processed=5 total_rows=9 err=0", (Some(5), Some(9))),
            ("processed_rows=5 total=9", (Some(5), Some(9))),
            ("batch=2 batches=3 rows=2000", (Some(2), Some(3))),
            ("epoch=1/3 step=40/100 loss=0.2", (Some(1), Some(3))),
            ("done=12/200 in_flight=4 failed=1", (Some(12), Some(200))),
            ("global_step=1200 loss=0.3", (Some(1_200), None)),
            (
                r#"{"tasksCompleted": 4, "tasksTotal": 9, "at": {"done": 1, "x": [1, "}"]}}"#,
                (Some(4), Some(9)),
            ),
            (r#"{"level":"info","step":40,"max_steps":100}"#, (Some(40), Some(100))),
            (r#"{"level": "info", "progress": {"done": 12, "total": 200}}"#, (Some(12), Some(200))),
            (r#"2026-11-21 10:00:00,1 INFO etl {"processed": 12, "total": 200}"#, (Some(12), Some(200))),
            (r#"{"progress_pct": 45.5, "ts": 1795179102}"#, (None, None)),
        ];
        for (line, expected) in cases {
            assert_eq!(counts(line), Some(expected), "{line}");
        }
        assert_eq!(parse("progress=45% eta=3m2s").and_then(|bar| bar.percent), Some(45.0));
        let bar = parse("done=12/200 in_flight=4 failed=1 elapsed=2.5").unwrap();
        assert_eq!((bar.in_flight, bar.failed, bar.elapsed.unwrap().as_millis()), (Some(4), Some(1), 2_500));
        let waiting = |line| parse(line).and_then(|bar| bar.in_flight);
        assert_eq!(waiting("done=1 total=9 queue_size=3"), Some(3));
        assert_eq!(waiting("done=1 total=9 in_flight=2 queue_size=3"), Some(2));
        let fine = |line| parse(line).and_then(|bar| bar.finer);
        assert_ne!(fine("epoch=1/3 step=40/100"), fine("epoch=1/3 step=41/100"));
    }

    #[test]
    fn what_may_be_anything_is_no_counter() {
        let lines = [
            "attempt=2/3 host=10.0.0.1",
            "retry=1 retries=5",
            "rank=3/8 port=8080",
            "done=1",
            "processed=500 took=1.2s",
            "step=3 name=load",
            "step=3 total=100",
            "epoch=0.5 loss=0.7 epochs=3",
            "file=part-00012 files=30",
            "completed_at=1795179102 total=1795179200",
            "date=2026/11/21 version=1.2/3.4",
            "done=300/200",
            "done=12/0",
            "date=1/2/3 done=1/2/3",
            r#"{"http": {"done": 12, "total": 20}}"#,
            r#"{"data": {"progress": {"done": 12, "total": 20}}}"#,
            r#"{"done": 12, "total": "#,
            r#"{"done": 12, "total": 20} and more"#,
            r#"{"done": true, "total": 20}"#,
            r#"{"done": -3, "total": 20}"#,
            "{'loss': 0.7, 'grad_norm': 1.23, 'learning_rate': 4.9e-05, 'epoch': 0.5}",
            "{",
            "{\"",
            "a=\"",
            "=",
        ];
        for line in lines {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_odd(line in r#"[{}"\\=,:a-z0-9/ é\[\]]{0,80}"#) {
            let _ = (parse(&line), json_fields(&format!("{{{line}")), text_fields(&line));
        }
    }
}
