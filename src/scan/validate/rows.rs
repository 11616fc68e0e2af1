//! The rows of a key whose every line stands behind something of its own: the time of a log, the name of a container,
//! a number.
//!
//! Whatever changes from line to line, a key keeps its shape: one run of base64 in each line, all but the last as long
//! as one another, in the same place counted from the end. Pure, and linear in all headers of a text together: no line
//! is long, and none holds another header.

/// The fewest letters of a row, but of the last.
const FEWEST: usize = 32;
/// How far into its line a row may begin, and how long a line may be.
const FARTHEST: usize = 160;
const LONGEST: usize = 512;
/// The most rows of one key; 16,384 bits of RSA take 200.
const MOST: usize = 400;
/// The most lines between the header and the first row.
const MOST_ATTRIBUTES: usize = 6;
/// What stands before rows in comments, strings and quotes: behind nothing else the pattern of keys finds them.
const MARKS: &[u8] = b" \t\r\",'+>#*|\\/!;%-";
/// What is told of a key before its rows.
const ATTRIBUTES: [&str; 5] = ["Proc-Type: ", "DEK-Info: ", "Version: ", "Comment: ", "Hash: "];

/// The rows of a key.
#[derive(Debug, PartialEq)]
pub(crate) struct Rows<'a> {
    /// The letters of each; the last one may be the checksum of PGP.
    pub(super) letters: Vec<&'a [u8]>,
    /// Where the last one ends.
    pub(crate) end: usize,
}

impl<'a> Rows<'a> {
    /// The rows in a text that begins right behind a header; `None` where there are none, or none behind anything but
    /// marks.
    pub(crate) fn behind(text: &'a [u8]) -> Option<Self> {
        Self::found(text, false)
    }

    /// The same in a text that ends with the last row.
    pub(super) fn of(key: &'a [u8]) -> Option<Self> {
        Self::found(key, true)
    }

    fn found(text: &'a [u8], ends_there: bool) -> Option<Self> {
        let mut lines = Lines { text, at: 0 };
        // A key that goes on in the line of its header is none that is cut into rows.
        lines.next().filter(|rest| !holds(rest, b"-----") && runs(rest).all(|run| run.len() < FEWEST))?;
        let mut before = 0;
        let (line, behind, first) = loop {
            let line = lines.next()?;
            match widest(line).filter(|_| attribute_at(line).is_none()) {
                Some((behind, row)) => break (line, behind, row),
                None if before < MOST_ATTRIBUTES => before += 1,
                None => return None,
            }
        };
        let prefix = &line[..place(line, first)];
        if prefix.len() > FARTHEST || prefix.iter().all(|byte| MARKS.contains(byte)) {
            return None;
        }
        let mut found = Self { letters: vec![first], end: place(text, first) + first.len() };
        let mut last = Vec::new();
        let is_closed = loop {
            let Some(line) = lines.next() else { break ends_there };
            if holds(line, b"-----") {
                break holds(line, b"-----END");
            }
            // Where the text ends with a row nothing stands behind it.
            let behind = if ends_there && lines.at == text.len() { 0 } else { behind };
            let Some(row) = runs(line).rev().nth(behind).filter(|row| place(line, row) <= FARTHEST) else {
                break false;
            };
            if row.len() == first.len() && last.is_empty() && found.letters.len() < MOST {
                found.letters.push(row);
            } else if row.len() < first.len() && last.len() < 2 {
                last.push(row);
            } else {
                break false;
            }
        };
        // Whether the short lines behind the rows belong to them, the mark of the end tells.
        if is_closed {
            found.letters.extend(last);
        }
        found.end = found.letters.last().map_or(found.end, |row| place(text, row) + row.len());
        (is_closed || found.letters.len() > 1).then_some(found)
    }
}

/// What a line tells of a key, when it is no row.
pub(super) fn attribute_at(line: &[u8]) -> Option<usize> {
    ATTRIBUTES.iter().find_map(|name| memchr::memmem::find(line, name.as_bytes()))
}

/// The lines of a text, up to the first that is too long.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = &self.text[self.at..];
        let near = &rest[..rest.len().min(LONGEST)];
        let end = match memchr::memchr(b'\n', near) {
            Some(end) => end + 1,
            None if near.len() < LONGEST && !near.is_empty() => near.len(),
            None => return None,
        };
        self.at += end;
        Some(rest[..end].trim_ascii_end())
    }
}

/// The longest run of base64 in a line, the last of equals, and how many stand behind it.
fn widest(line: &[u8]) -> Option<(usize, &[u8])> {
    let longest = runs(line).rev().enumerate().max_by_key(|(at, run)| (run.len(), usize::MAX - at))?;
    (longest.1.len() >= FEWEST && !holds(line, b"-----")).then_some(longest)
}

fn holds(line: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(line, word).is_some()
}

/// The runs of base64 in a line. `msg=MIIE` is a name and a run.
fn runs(line: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    line.split(move |byte| !is_letter(byte)).filter(|run| !run.is_empty()).map(|run| {
        let padding = run.iter().rev().take_while(|&&byte| byte == b'=').count();
        match memchr::memrchr(b'=', &run[..run.len() - padding]) {
            Some(at) if at > 0 => &run[at + 1..],
            _ => run,
        }
    })
}

/// Where a part of a text stands in it.
fn place(text: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A body of rows and the mark of its end, each line wrapped by what is given for its number.
    fn body(rows: &[&str], wrap: impl Fn(usize, &str) -> String) -> String {
        let lines = rows.iter().copied().chain(["-----END RSA PRIVATE KEY-----"]);
        let lines: Vec<String> = lines.enumerate().map(|(at, row)| wrap(at + 8, row)).collect();
        format!("\n{}\non it goes\n", lines.join("\n"))
    }

    fn rows(text: &str) -> Option<Vec<&str>> {
        let found = Rows::behind(text.as_bytes())?;
        assert!(text[..found.end].ends_with(std::str::from_utf8(found.letters.last().unwrap()).unwrap()));
        Some(found.letters.iter().map(|row| std::str::from_utf8(row).unwrap()).collect())
    }

    #[test]
    fn rows_are_found_behind_anything() {
        let (wide, also) = ("MIIEpAIBAAKCAQEA".repeat(4), "q8Zr2mT0xW5nB7/+".repeat(4));
        let key = [wide.as_str(), also.as_str(), "c2hvcnQ="];
        for wrap in [
            (|at, row| format!("{at}: {row}")) as fn(usize, &str) -> String,
            |at, row| format!("{at}:{row}"),
            |at, row| format!("{at:>6}\t{row}"),
            |at, row| format!("file.pem:{at}:{row}\r"),
            |_, row| format!("web-1  | {row}"),
            |at, row| format!("2026-11-20T10:11:{at:02}.123456Z {row}"),
            |at, row| format!("Nov 20 10:11:{at:02} host app[{at}]: {row}"),
            |at, row| format!("#12 0.{at} {row}"),
            |_, row| format!("REM {row}"),
            |at, row| format!("time=\"10:{at}\" level=info msg={row}"),
            |at, row| format!("{{\"log\":\"{row}\\n\",\"stream\":\"stdout\",\"time\":\"10:11:{at:02}Z\"}}"),
            |at, row| format!("    key += \"{row}\\n\"; // {at}"),
        ] {
            assert_eq!(rows(&body(&key, wrap)).as_deref(), Some(&key[..]), "{}", wrap(9, "ROW"));
        }
        let logged = |at: usize, row: &str| format!("10:{at} {row}");
        // Attributes and the empty line behind them are no rows, the checksum of PGP is one.
        let attributes = "Proc-Type: 4,ENCRYPTED";
        let salt = format!("DEK-Info: AES-256-CBC,{}", "0F".repeat(16));
        let locked = body(&[attributes, &salt, "", &wide, &also, "c2hv"], logged);
        assert_eq!(rows(&locked), Some(vec![wide.as_str(), &also, "c2hv"]));
        assert_eq!(
            rows(&body(&[&wide, "c2hv", "=a/Bc"], logged)),
            Some(vec![wide.as_str(), "c2hv", "=a/Bc"])
        );
        // A single row is one where the mark of the end follows, and a key may break off.
        assert_eq!(rows(&body(&[&wide], logged)), Some(vec![wide.as_str()]));
        let cut = format!("\n10:1 {wide}\n10:2 {also}\n10:3 on it goes\n");
        assert_eq!(rows(&cut), Some(vec![wide.as_str(), &also]));
    }

    #[test]
    fn what_is_no_key_has_no_rows() {
        let wide = "MIIEpAIBAAKCAQEA".repeat(4);
        for text in [
            String::new(),
            "\n".to_owned(),
            // Behind marks alone the pattern finds them.
            body(&[&wide, "c2hv"], |_, row| format!("  # {row}")),
            body(&[&wide, "c2hv"], |_, row| row.to_owned()),
            // Talk about keys, and a digest behind it.
            format!(" is expected\n10:1 fetched {wide}\n10:2 on it goes\n"),
            body(&["short", "c2hv"], |at, row| format!("{at}: {row}")),
            body(&[&wide, "c2hv"], |_, row| format!("{}{row}", ". ".repeat(90))),
            format!("\n10:1 -----BEGIN CERTIFICATE-----\n{}", body(&[&wide], |_, row| format!("# {row}"))),
        ] {
            assert_eq!(rows(&text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_does_no_harm(text in proptest::collection::vec(any::<u8>(), 0..600)) {
            drop(Rows::behind(&text));
        }

        #[test]
        fn whatever_stands_before_them(
            prefixes in proptest::collection::vec("[0-9a-z:.\\[\\] ]{1,100}[:|\\] ]", 4), width in 32..100_usize,
        ) {
            let wide = "MIIEpAIBAAKCAQEAq8Zr2mT0xW5nB7vK1cJ9dL4hP6sG3fYAe2Xu".repeat(2)[..width].to_owned();
            prop_assume!(prefixes.iter().all(|prefix| {
                runs(prefix.as_bytes()).all(|run| run.len() < 32) && !prefix.trim_matches([' ', '|']).is_empty()
            }));
            let text = body(&[&wide, &wide, "c2hv"], |at, row| format!("{}{row}", prefixes[at - 8]));
            prop_assert_eq!(rows(&text), Some(vec![wide.as_str(), &wide, "c2hv"]));
        }
    }
}
