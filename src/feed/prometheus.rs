//! Pages of metrics in Prometheus' text format 0.0.4 and in `OpenMetrics` 1.0; pure.
//!
//! A page is read as it comes, line by line, so that one of 400 MB costs no more memory than the series that are kept
//! of it. A line that can't be read is counted and the next one is tried.

use std::collections::HashMap;

use crate::model::said::{Metric, MetricKind};

/// The most that is read of a page, in bytes.
pub const LONGEST_PAGE: usize = 16 * 1024 * 1024;
/// The longest line of it.
const LONGEST_LINE: usize = 16 * 1024;
/// The most series that are kept of it, and the most families whose types are.
const MOST_SERIES: usize = 10_000;
const MOST_LABELS: usize = 64;

/// Why a page can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Somebody serves a page for people there.
    #[error("this is a web page, not a page of metrics; most programs serve theirs at /metrics")]
    Html,
    /// Nothing on it is a metric.
    #[error("no line of it is a metric")]
    Nothing,
}

/// What was on a page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The series, in the page's order.
    pub metrics: Vec<Metric>,
    /// Lines that could not be read.
    pub unreadable: usize,
    /// Not all of it was read: it is longer than is read of any, it ended within a line, or `# EOF` is missing.
    pub is_cut: bool,
}

/// Reads a page piece by piece.
#[derive(Debug, Default)]
pub struct PageReader {
    page: Page,
    kinds: HashMap<String, MetricKind>,
    partial: Vec<u8>,
    is_overlong: bool,
    taken: usize,
    is_over: bool,
    is_html: bool,
}

impl PageReader {
    /// Takes more of the page; false when no more is wanted.
    pub fn push(&mut self, mut bytes: &[u8]) -> bool {
        let room = LONGEST_PAGE - self.taken;
        if bytes.len() > room {
            bytes = &bytes[..room];
            self.page.is_cut = true;
        }
        self.taken += bytes.len();
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.keep(&bytes[..end]);
            self.finish_line();
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
        !self.page.is_cut && !self.is_over
    }

    /// The page, when all of it has come; `is_whole` says whether its sender meant it to end here.
    pub fn finish(mut self, is_whole: bool) -> Result<Page, PageError> {
        self.page.is_cut |= !is_whole && !self.is_over;
        // A last line without an end may have lost digits; in a whole page it has not.
        if !self.page.is_cut {
            self.finish_line();
        }
        if self.is_html {
            return Err(PageError::Html);
        }
        // A job that has counted nothing yet serves an empty page.
        let is_readable = !self.page.metrics.is_empty() || self.page.unreadable == 0;
        if is_readable { Ok(self.page) } else { Err(PageError::Nothing) }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST_LINE - self.partial.len();
        self.is_overlong |= bytes.len() > room;
        self.partial.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn finish_line(&mut self) {
        let line = std::mem::take(&mut self.partial);
        let is_overlong = std::mem::take(&mut self.is_overlong);
        if self.is_over {
            return;
        }
        let text = std::str::from_utf8(&line).ok().filter(|_| !is_overlong);
        if !text.is_some_and(|text| self.take_line(text.trim())) {
            self.page.unreadable += 1;
        }
        self.partial = line;
        self.partial.clear();
    }

    fn take_line(&mut self, line: &str) -> bool {
        if line.is_empty() {
            return true;
        }
        if let Some(comment) = line.strip_prefix('#') {
            self.take_comment(comment.trim());
            return true;
        }
        if line.starts_with('<') && self.page.metrics.is_empty() {
            // No series begins like this: what follows is no page of metrics either.
            (self.is_over, self.is_html) = (true, true);
            return false;
        }
        let Some(sample) = sample(line) else { return false };
        if self.page.metrics.len() == MOST_SERIES {
            self.page.is_cut = true;
            return true;
        }
        let kind = self.kind_of(sample.name);
        let (name, value) = (sample.name.to_owned(), sample.value);
        self.page.metrics.push(Metric { name, labels: sample.labels, kind, value });
        true
    }

    fn take_comment(&mut self, comment: &str) {
        let mut words = comment.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("EOF"), None, None) => self.is_over = true,
            (Some("TYPE"), Some(name), Some(kind)) if self.kinds.len() < MOST_SERIES => {
                let kind = match kind {
                    "counter" => MetricKind::Counter,
                    "gauge" => MetricKind::Gauge,
                    _ => MetricKind::Other,
                };
                self.kinds.insert(name.to_owned(), kind);
            }
            _ => {}
        }
    }

    /// The type of a series by its family: in `OpenMetrics` a counter `rows` has the series `rows_total`.
    fn kind_of(&self, name: &str) -> MetricKind {
        let of_family =
            || self.kinds.get(name.strip_suffix("_total")?).filter(|&&k| k == MetricKind::Counter);
        self.kinds.get(name).or_else(of_family).copied().unwrap_or(MetricKind::Other)
    }
}

/// Reads a page that is there as a whole.
pub fn read(page: &[u8]) -> Result<Page, PageError> {
    let mut reader = PageReader::default();
    reader.push(page);
    reader.finish(true)
}

/// One line: a series and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample<'a> {
    /// The name.
    pub name: &'a str,
    /// The labels, their escapes undone.
    pub labels: Vec<(String, String)>,
    /// The value; it may be no number, or without end.
    pub value: f64,
    /// When it was measured, as the page wrote it: in milliseconds in Prometheus' format, in seconds in `OpenMetrics`.
    pub timestamp: Option<f64>,
    /// An example of what was counted, as the page wrote it.
    pub exemplar: Option<&'a str>,
}

/// `name{label="value",…} value [timestamp] [# exemplar]`.
pub fn sample(line: &str) -> Option<Sample<'_>> {
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let end = line.find(|c| !is_in_name(c)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (labels, rest) = match rest.trim_start().strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None if rest.starts_with([' ', '\t']) => (Vec::new(), rest),
        None => return None,
    };
    let (figures, exemplar) = match rest.split_once(" # ") {
        Some((figures, exemplar)) => (figures, Some(exemplar.trim()).filter(|text| text.starts_with('{'))),
        None => (rest, None),
    };
    let mut figures = figures.split_whitespace();
    let value = number(figures.next()?)?;
    let timestamp = figures.next().map(|text| number(text).ok_or(())).transpose().ok()?;
    figures.next().is_none().then_some(Sample { name, labels, value, timestamp, exemplar })
}

type Labels = Vec<(String, String)>;

/// The labels after a `{`, and what follows the `}`.
fn labels(mut rest: &str) -> Option<(Labels, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, after) = rest.split_once('=')?;
        let name = name.trim();
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if name.is_empty() || !is_name || labels.len() == MOST_LABELS {
            return None;
        }
        let (value, after) = quoted(after.trim_start().strip_prefix('"')?)?;
        labels.push((name.to_owned(), value));
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return None,
        }
    }
}

/// A value up to its closing quote, escapes undone, and what follows the quote.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                c @ ('\\' | '"') => value.push(c),
                // Nothing else is escaped; what stands there is meant.
                c => value.extend(['\\', c]),
            },
            c => value.push(c),
        }
    }
    None
}

fn number(text: &str) -> Option<f64> {
    // Rust reads `NaN`, `Inf`, `+Inf` and `-Inf` as the formats write them.
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    type Parts<'a> = (&'a [(&'a str, &'a str)], f64, Option<f64>, Option<&'a str>);

    #[test]
    fn lines_are_read_as_the_formats_say() {
        let check = |line: &str, expected: Option<Parts<'_>>| {
            let found = sample(line).map(|s| (s.labels, s.value, s.timestamp, s.exemplar));
            let expected = expected.map(|(labels, value, at, example)| (pairs(labels), value, at, example));
            assert_eq!(found, expected, "{line}");
        };
        check("up 1", Some((&[], 1.0, None, None)));
        check("up{} 1", Some((&[], 1.0, None, None)));
        check("a:b_c 2.5e3 1395066363000", Some((&[], 2500.0, Some(1_395_066_363_000.0), None)));
        check("inf_g +Inf", Some((&[], f64::INFINITY, None, None)));
        check(r#"a{b="1", c="2",} 3"#, Some((&[("b", "1"), ("c", "2")], 3.0, None, None)));
        check(r#"b{name="a\"b\\c\nd, }"} 1"#, Some((&[("name", "a\"b\\c\nd, }")], 1.0, None, None)));
        check(
            r#"rows_total{worker="3"} 120.0 # {trace_id="abc"} 120.0 1795178699.47959"#,
            Some((&[("worker", "3")], 120.0, None, Some(r#"{trace_id="abc"} 120.0 1795178699.47959"#))),
        );
        for broken in [
            "",
            "up",
            "up1.",
            "1up 1",
            "up{ 1",
            "up{a} 1",
            "up{a=b} 1",
            r#"up{a="b} 1"#,
            "up one",
            "up 1 2 3",
            "up{a-b=\"1\"} 1",
        ] {
            check(broken, None);
        }
        assert!(sample("nan_g NaN").is_some_and(|sample| sample.value.is_nan()));
    }

    #[test]
    fn types_hold_in_both_formats() {
        let plain = "# TYPE rows_done_total counter\nrows_done_total 1\n# TYPE q gauge\nq 2\nfree 3\n";
        let open =
            "# TYPE rows_done counter\nrows_done_total 1\n# TYPE q gauge\nq 2\nfree 3\n# EOF\nafter 4\n";
        for page in [plain, open] {
            let page = read(page.as_bytes()).expect("a page");
            let kinds: Vec<_> = page.metrics.iter().map(|metric| metric.kind).collect();
            assert_eq!(kinds, [MetricKind::Counter, MetricKind::Gauge, MetricKind::Other]);
            assert_eq!((page.unreadable, page.is_cut), (0, false));
        }
    }

    #[test]
    fn half_a_page_gives_what_was_whole() {
        let mut reader = PageReader::default();
        assert!(reader.push(b"a 1\nb 2\nc 34"));
        let page = reader.finish(false).expect("two lines are whole");
        assert_eq!((page.metrics.len(), page.is_cut), (2, true));
    }

    #[test]
    fn what_is_no_page_of_metrics_is_told_by_its_kind() {
        let html = b"\n<!DOCTYPE html>\n<html><head><title>x</title></head></html>\n";
        assert_eq!(read(html), Err(PageError::Html));
        assert_eq!(read(b"{\"json\": 1}\n"), Err(PageError::Nothing));
        assert_eq!(read(&vec![0xff; 100_000]), Err(PageError::Nothing));
        assert_eq!(read(b"").map(|page| page.metrics.len()), Ok(0));
    }

    #[test]
    fn a_page_without_end_is_cut() {
        let mut reader = PageReader::default();
        let piece = "series{n=\"1\"} 1\n".repeat(4_096);
        let mut pushed = 0;
        while reader.push(piece.as_bytes()) {
            pushed += piece.len();
            assert!(pushed <= LONGEST_PAGE);
        }
        let page = reader.finish(false).expect("its beginning");
        assert_eq!((page.metrics.len(), page.is_cut), (MOST_SERIES, true));
        let mut reader = PageReader::default();
        let piece = vec![b'x'; 65_536];
        while reader.push(&piece) {}
        assert!(reader.partial.capacity() <= 2 * LONGEST_LINE, "a line without end");
        assert_eq!(reader.finish(false), Ok(Page { is_cut: true, ..Page::default() }));
    }

    proptest::proptest! {
        #[test]
        fn pieces_make_the_same_page_as_the_whole(text in "[a-c{}=\"#<\\\\ \n0-9.]{0,200}", cut in 0_usize..200) {
            let bytes = text.as_bytes();
            let mut reader = PageReader::default();
            let cut = cut.min(bytes.len());
            reader.push(&bytes[..cut]);
            reader.push(&bytes[cut..]);
            proptest::prop_assert_eq!(reader.finish(true), read(bytes));
        }

        #[test]
        fn any_bytes_do_no_harm(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }
}
