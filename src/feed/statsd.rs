//! statsd and dogstatsd lines; pure.
//!
//! The forms are those of the statsd project's `docs/metric_types.md` and of Datadog's protocol up to version 1.3. What
//! is ambiguous is dropped: a client that writes `:` or `|` into a name does not escape them, and a guess would count
//! something else.

/// The longest datagram that is looked at: what UDP can carry.
pub const LONGEST_DATAGRAM: usize = 64 * 1024;

/// The longest name of a metric, and the longest list of tags.
pub const LONGEST_NAME: usize = 128;
/// The longest list of tags.
pub const LONGEST_TAGS: usize = 512;

/// The value that a line gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Add this to a counter; a sampled one has been scaled up already.
    Count(f64),
    /// Set a gauge.
    Gauge(f64),
    /// Move a gauge by this much.
    Shift(f64),
    /// So many things were timed or measured; a sampled count has been scaled up already.
    Timed(f64),
    /// A member of a set.
    Member(&'a str),
}

/// One line of a datagram.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact<'a> {
    /// A value of a metric.
    Metric {
        /// Its name.
        name: &'a str,
        /// Its value.
        value: Value<'a>,
        /// Its tags as they were written, without the `#`.
        tags: &'a str,
        /// When it was measured, in seconds since 1970, where it says that.
        at: Option<u64>,
    },
    /// Something that happened.
    Event {
        /// Its title.
        title: &'a str,
        /// What is told of it; line ends are written `\n`.
        text: &'a str,
        /// `error`, `warning`, `info` or `success`, where it says that.
        level: Option<&'a str>,
        /// Its tags.
        tags: &'a str,
    },
    /// How a check of the job's own went.
    Check {
        /// Its name.
        name: &'a str,
        /// 0 is fine, 1 a warning, 2 critical, 3 unknown.
        status: u8,
        /// What is told of it.
        message: Option<&'a str>,
        /// Its tags.
        tags: &'a str,
    },
}

/// Reads a datagram line by line, in order; gives how many lines could not be read.
pub fn read<'a>(datagram: &'a [u8], mut fact: impl FnMut(Fact<'a>)) -> usize {
    if datagram.len() > LONGEST_DATAGRAM {
        return 1;
    }
    let lines = datagram.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut unreadable = 0;
    for line in lines.filter(|line| !line.is_empty()) {
        match std::str::from_utf8(line).ok().and_then(line_of) {
            Some(found) => fact(found),
            None => unreadable += 1,
        }
    }
    unreadable
}

fn line_of(line: &str) -> Option<Fact<'_>> {
    if line.chars().any(char::is_control) {
        return None;
    }
    if let Some(rest) = line.strip_prefix("_e{") {
        return event(rest);
    }
    if let Some(rest) = line.strip_prefix("_sc|") {
        return check(rest);
    }
    metric(line)
}

/// `name:value|type[|@rate][|#tags][|Ttime]`.
fn metric(line: &str) -> Option<Fact<'_>> {
    let (name, rest) = line.split_once(':')?;
    let is_name = !name.is_empty() && name.len() <= LONGEST_NAME && !name.contains('|');
    let mut fields = rest.split('|');
    let (values, kind) = (fields.next()?, fields.next()?);
    let (mut rate, mut tags, mut at) = (1.0, "", None);
    for field in fields {
        match field.as_bytes().first() {
            Some(b'@') => rate = number(&field[1..]).filter(|rate| *rate > 0.0 && *rate <= 1.0)?,
            Some(b'#') => tags = tags_of(&field[1..])?,
            Some(b'T') => at = Some(field[1..].parse().ok()?),
            // Newer versions add fields, such as the container's id.
            _ => {}
        }
    }
    let value = match kind {
        "c" => Value::Count(number(values)? / rate),
        "g" if values.starts_with(['+', '-']) => Value::Shift(number(values)?),
        "g" => Value::Gauge(number(values)?),
        // Version 1.1 packs several measurements into one line.
        "ms" | "h" | "d" => {
            let mut count = 0.0;
            for value in values.split(':') {
                number(value)?;
                count += 1.0;
            }
            Value::Timed(count / rate)
        }
        "s" if !values.is_empty() => Value::Member(values),
        _ => return None,
    };
    is_name.then_some(Fact::Metric { name, value, tags, at })
}

/// `_e{5,4}:title|text[|t:level][|#tags]…`: cut by the two lengths, in bytes, since either may hold a `|`.
fn event(rest: &str) -> Option<Fact<'_>> {
    let (lengths, rest) = rest.split_once("}:")?;
    let (title_length, text_length) = lengths.split_once(',')?;
    let (title_length, text_length): (usize, usize) = (title_length.parse().ok()?, text_length.parse().ok()?);
    let title = rest.get(..title_length)?;
    let rest = rest.get(title_length..)?.strip_prefix('|')?;
    let text = rest.get(..text_length)?;
    let (mut level, mut tags) = (None, "");
    let rest = rest.get(text_length..)?;
    for field in rest.strip_prefix('|').into_iter().flat_map(|rest| rest.split('|')) {
        if let Some(word) = field.strip_prefix("t:") {
            level = Some(word);
        } else if let Some(list) = field.strip_prefix('#') {
            tags = tags_of(list)?;
        }
    }
    (rest.is_empty() || rest.starts_with('|')).then_some(Fact::Event { title, text, level, tags })
}

/// `_sc|name|status[|#tags][|m:message]…`.
fn check(rest: &str) -> Option<Fact<'_>> {
    let mut fields = rest.split('|');
    let name = fields.next().filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME)?;
    let status = fields.next()?.parse().ok().filter(|status| *status <= 3)?;
    let (mut message, mut tags) = (None, "");
    for field in fields {
        if let Some(words) = field.strip_prefix("m:") {
            message = Some(words);
        } else if let Some(list) = field.strip_prefix('#') {
            tags = tags_of(list)?;
        }
    }
    Some(Fact::Check { name, status, message, tags })
}

fn tags_of(list: &str) -> Option<&str> {
    (list.len() <= LONGEST_TAGS).then_some(list)
}

fn number(text: &str) -> Option<f64> {
    // Rust reads `inf`, `nan` and their kin; statsd has no such numbers.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|value: &f64| is_plain && value.is_finite())
}

/// The labels in a list of tags: `k:v` as a pair, a bare tag with an empty value.
pub fn labels(tags: &str) -> Vec<(String, String)> {
    let tags = tags.split(',').filter(|tag| !tag.is_empty());
    tags.map(|tag| tag.split_once(':').unwrap_or((tag, "")))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Option<Fact<'_>> {
        let mut found = Vec::new();
        let unreadable = read(line.as_bytes(), |fact| found.push(fact));
        assert_eq!(found.len() + unreadable, 1, "{line}");
        found.pop()
    }

    #[test]
    fn each_type_has_its_meaning() {
        let cases = [
            ("rows:1|c", Some(Value::Count(1.0))),
            ("rows:-1|c", Some(Value::Count(-1.0))),
            ("rows:10|c|@0.5", Some(Value::Count(20.0))),
            ("queue:42|g", Some(Value::Gauge(42.0))),
            ("queue:+3|g", Some(Value::Shift(3.0))),
            ("queue:-3|g", Some(Value::Shift(-3.0))),
            ("step:320.000000|ms", Some(Value::Timed(1.0))),
            ("step:1:2:3|d|@0.5", Some(Value::Timed(6.0))),
            ("users:alice|s", Some(Value::Member("alice"))),
            ("ts:9|g|#job:train|T1795178656", Some(Value::Gauge(9.0))),
            ("new:9|g|c:83c0a99c0a54|e:x", Some(Value::Gauge(9.0))),
            ("weird name/with:colon|pipe:1|c", None),
            ("rows:1:2|c", None),
            ("rows:nan|g", None),
            ("rows:inf|c", None),
            ("rows:1e400|c", None),
            ("rows:1|c|@0", None),
            ("rows:1|c|@2", None),
            ("rows:1|x", None),
            ("rows:1", None),
            (":1|c", None),
            ("a|b:1|c", None),
            ("rows\u{1b}[2J:1|c", None),
        ];
        for (line, expected) in cases {
            let value = one(line).map(|fact| match fact {
                Fact::Metric { value, .. } => value,
                other => panic!("{line}: {other:?}"),
            });
            assert_eq!(value, expected, "{line}");
        }
    }

    #[test]
    fn events_are_cut_by_their_lengths() {
        let line = "_e{11,31}:worker lost|executor 3 died\\nexit 137 | oom|t:error|#worker:3,job:train";
        let expected = Fact::Event {
            title: "worker lost",
            text: "executor 3 died\\nexit 137 | oom",
            level: Some("error"),
            tags: "worker:3,job:train",
        };
        assert_eq!(one(line), Some(expected));
        for broken in ["_e{11,99}:worker lost|x", "_e{1,1}:é|x", "_e{1}:a|b", "_e{1,1}:ab|b", "_e{1,1}:a|bc"]
        {
            assert_eq!(one(broken), None, "{broken}");
        }
    }

    #[test]
    fn checks_tell_their_status() {
        let expected =
            Fact::Check { name: "job.heartbeat", status: 0, message: Some("alive"), tags: "worker:3" };
        assert_eq!(one("_sc|job.heartbeat|0|#worker:3|m:alive"), Some(expected));
        assert_eq!(one("_sc|job.heartbeat|7"), None);
        assert_eq!(one("_sc||0"), None);
    }

    #[test]
    fn lines_of_one_datagram_keep_their_order() {
        let mut values = Vec::new();
        let unreadable = read(b"neg:0|g\nneg:-7|g\r\n\nbad\n", |fact| {
            if let Fact::Metric { value, .. } = fact {
                values.push(value);
            }
        });
        assert_eq!((values, unreadable), (vec![Value::Gauge(0.0), Value::Shift(-7.0)], 1));
    }

    #[test]
    fn what_is_too_long_is_one_that_cannot_be_read() {
        let name = "x".repeat(LONGEST_NAME + 1);
        assert_eq!(one(&format!("{name}:1|c")), None);
        assert_eq!(one(&format!("x:1|c|#{}", "t,".repeat(LONGEST_TAGS))), None);
        assert_eq!(read(&vec![b'x'; LONGEST_DATAGRAM + 1], |_| panic!("nothing is in it")), 1);
        assert_eq!(read(&vec![0xff; LONGEST_DATAGRAM], |_| panic!("nothing is in it")), 1);
    }

    #[test]
    fn tags_become_labels() {
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        assert_eq!(
            labels("worker:3,dev,url:http://x"),
            [pair("worker", "3"), pair("dev", ""), pair("url", "http://x")]
        );
        assert_eq!(labels(""), []);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_counted(bytes: Vec<u8>) {
            let mut facts = 0;
            let unreadable = read(&bytes, |_| facts += 1);
            let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty() && *line != b"\r").count();
            proptest::prop_assert_eq!(facts + unreadable, lines);
        }

        #[test]
        fn a_counter_that_is_written_is_read(name in "[a-z][a-z._]{0,30}", value: i32, tags in "[a-z]{1,8}:[a-zé]{1,8}") {
            let line = format!("{name}:{value}|c|#{tags}\n");
            let mut found = Vec::new();
            proptest::prop_assert_eq!(read(line.as_bytes(), |fact| found.push(fact)), 0);
            let expected = Fact::Metric { name: &name, value: Value::Count(f64::from(value)), tags: &tags, at: None };
            proptest::prop_assert_eq!(found, vec![expected]);
        }
    }
}
