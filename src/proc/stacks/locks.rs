//! Which locks a line of Python source holds and asks for: the source rule. Pure.
//!
//! Python's locks have no owner in memory, but `with lock:` says it all: a frame within the block holds the lock, one that
//! stands on the `with` itself asks for it. `lock.acquire()` earlier in the same block, or in one around it, without
//! `lock.release()` since, holds it as well. What is no name of a lock (`with open(path):`) is left out.

use super::statement::{Statement, statements};

/// Bytes kept of the name of a lock.
const LONGEST_NAME: usize = 80;

/// Items of one `with` that are looked at, and locks that one line may hold.
const MOST: usize = 16;

/// What the source says of one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The function it lies in; `None` outside of all.
    pub function: Option<String>,
    /// Locks whose block it lies in, the outermost first.
    pub holds: Vec<String>,
    /// Locks that it asks for, in the order in which it does.
    pub asks: Vec<String>,
    /// True where the block stands on the same line: it may be within or before.
    pub is_inline: bool,
}

/// The locks of one line: those it holds, and those it asks for.
pub fn locks_at(source: &str, line: u32) -> (Vec<String>, Vec<String>) {
    let place = Outline::of(source).place(line);
    (place.holds, place.asks)
}

/// A source file, read once for many lines.
#[derive(Debug, Default)]
pub struct Outline {
    statements: Vec<Statement>,
}

impl Outline {
    /// Reads a source.
    pub fn of(source: &str) -> Self {
        Self { statements: statements(source) }
    }

    /// What the source says of a line; nothing of one that it does not have.
    pub fn place(&self, line: u32) -> Place {
        let after = self.statements.partition_point(|one| one.first <= line);
        let Some(at) = after.checked_sub(1).filter(|at| self.statements[*at].last >= line) else {
            return Place::default();
        };
        let statement = &self.statements[at];
        let mut place = Place::default();
        on_the_line(statement, line, &mut place);
        self.around(at, &mut place);
        // The way was from the inside out.
        place.holds.reverse();
        if let Some(name) = waited_on(statement) {
            // To wait for a condition lets its lock go.
            place.holds.retain(|held| *held != name);
        }
        place.holds.dedup();
        place.holds.truncate(MOST);
        place
    }

    /// Goes out from a statement to its function, over the blocks around it and what comes before in each.
    fn around(&self, at: usize, place: &mut Place) {
        let mut indent = self.statements[at].indent;
        let mut released: Vec<String> = Vec::new();
        // Where the way comes out of a block, the header of that block is next.
        for one in self.statements[..at].iter().rev() {
            if one.indent > indent {
                continue;
            }
            let is_around = one.indent < indent;
            indent = one.indent;
            match Kind::of(one) {
                Kind::Function(name) if is_around => {
                    place.function = Some(name);
                    return;
                }
                Kind::With { items, .. } if is_around => {
                    place.holds.extend(items.into_iter().rev().map(|item| item.name));
                }
                Kind::With { .. } | Kind::Function(_) => {}
                Kind::Other => calls_before(one, is_around, &mut released, &mut place.holds),
            }
        }
    }
}

/// What `acquire` and `release` on a statement before the line, or on the header of a block around it, mean for it.
fn calls_before(one: &Statement, is_around: bool, released: &mut Vec<String>, holds: &mut Vec<String>) {
    let code = one.code.as_str();
    let is_condition = ["if ", "elif ", "while "].iter().any(|word| code.starts_with(word));
    let is_negated =
        is_condition && code.split_once(' ').is_some_and(|(_, rest)| rest.trim_start().starts_with("not "));
    // `if lock.acquire():` holds within its block, `if not lock.acquire(): return` behind it.
    if is_condition && is_around == is_negated {
        return;
    }
    let mut calls: Vec<(usize, bool)> = code.match_indices(".acquire(").map(|(at, _)| (at, true)).collect();
    calls.extend(code.match_indices(".release(").map(|(at, _)| (at, false)));
    calls.sort_unstable();
    for (at, is_acquired) in calls.into_iter().rev().take(MOST) {
        let Some(name) = receiver(one, at) else { continue };
        if !is_acquired {
            released.push(name);
        } else if let Some(freed) = released.iter().position(|other| *other == name) {
            released.swap_remove(freed);
        } else {
            holds.push(name);
        }
    }
    released.truncate(MOST);
}

/// What the statement that the line belongs to holds and asks for.
fn on_the_line(one: &Statement, line: u32, place: &mut Place) {
    let Kind::With { items, body, end } = Kind::of(one) else {
        let mut names: Vec<String> =
            one.code.match_indices(".acquire(").take(MOST).filter_map(|(at, _)| receiver(one, at)).collect();
        names.dedup();
        place.asks = names;
        return;
    };
    place.is_inline = body;
    if line > one.first && !body {
        // Behind the first line of a header that has several, it is the item on that line.
        let (before, at): (Vec<Item>, Vec<Item>) =
            items.into_iter().filter(|item| item.first <= line).partition(|item| item.last < line);
        place.asks = at.into_iter().map(|item| item.name).collect();
        place.holds.extend(before.into_iter().rev().map(|item| item.name));
    } else if line <= one.line_of(end) {
        place.asks = items.into_iter().map(|item| item.name).collect();
    }
}

/// The condition on which a statement waits.
fn waited_on(one: &Statement) -> Option<String> {
    let at = one.code.find(".wait(").or_else(|| one.code.find(".wait_for("))?;
    receiver(one, at)
}

/// One lock of a `with`.
#[derive(Debug)]
struct Item {
    name: String,
    first: u32,
    last: u32,
}

/// What a statement is, as far as locks are concerned.
enum Kind {
    /// `with`, its locks, whether its block stands on the same line, and where its header ends.
    With { items: Vec<Item>, body: bool, end: usize },
    /// `def`, with its name.
    Function(String),
    /// Anything else.
    Other,
}

impl Kind {
    fn of(one: &Statement) -> Self {
        let code = one.code.as_str();
        let plain =
            code.strip_prefix("async").filter(|rest| rest.starts_with(' ')).map_or(code, str::trim_start);
        let start = code.len() - plain.len();
        if let Some(rest) = plain.strip_prefix("def ") {
            let name = rest.trim_start();
            let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
            return Self::Function(name[..end].to_owned());
        }
        let Some(rest) = plain.strip_prefix("with").filter(|rest| rest.starts_with([' ', '('])) else {
            return Self::Other;
        };
        let start = start + (plain.len() - rest.len());
        let Some(end) = top_level(code, start, code.len(), b':').next() else { return Self::Other };
        // A block on the same line that calls nothing can't be where a thread waits.
        let body = code[end + 1..].contains('(') || code[end + 1..].contains("await ");
        Self::With { items: items(one, start, end), body, end }
    }
}

/// The locks among the items of a `with` header that lies between two bytes.
fn items(one: &Statement, start: usize, end: usize) -> Vec<Item> {
    let (start, end) = without_brackets(&one.code, start, end);
    let mut edges: Vec<usize> = top_level(&one.code, start, end, b',').take(MOST).collect();
    edges.push(end);
    let mut from = start;
    let mut found = Vec::new();
    for edge in edges {
        let code = &one.code[from..edge];
        let code = code.split(" as ").next().unwrap_or(code);
        let lead = code.len() - code.trim_start().len();
        let (first, last) = (from + lead, from + code.trim_end().len());
        if first < last
            && let Some(name) = name(&one.text[first..last], &one.code[first..last])
        {
            found.push(Item { name, first: one.line_of(first), last: one.line_of(last - 1) });
        }
        from = edge + 1;
    }
    found
}

/// The part between two bytes without one pair of brackets around all of it: `with (a, b):`.
fn without_brackets(code: &str, start: usize, end: usize) -> (usize, usize) {
    let inside = code[start..end].trim();
    let first = start + (code[start..end].len() - code[start..end].trim_start().len());
    let wraps = inside.len() >= 2 && inside.starts_with('(') && inside.ends_with(')');
    if !wraps {
        return (start, end);
    }
    // `(a).b()` and `(a), (b)` have brackets at both ends too, but close the first before the end.
    let mut depth = 0_i32;
    let closes = inside.bytes().position(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth == 0
    });
    if closes == Some(inside.len() - 1) { (first + 1, first + inside.len() - 1) } else { (start, end) }
}

/// Where a byte stands between two others outside of all brackets.
fn top_level(code: &str, start: usize, end: usize, wanted: u8) -> impl Iterator<Item = usize> + '_ {
    let mut depth = 0_i32;
    code.as_bytes()[start..end].iter().enumerate().filter_map(move |(at, byte)| {
        depth +=
            i32::from(matches!(byte, b'(' | b'[' | b'{')) - i32::from(matches!(byte, b')' | b']' | b'}'));
        (depth == 0 && *byte == wanted).then_some(start + at)
    })
}

/// The name that a method is called on, where its dot stands at this byte.
fn receiver(one: &Statement, dot: usize) -> Option<String> {
    let code = one.code.as_bytes();
    let mut depth = 0_i32;
    let mut start = dot;
    while start > 0 {
        let byte = code[start - 1];
        match byte {
            b')' | b']' => depth += 1,
            b'(' | b'[' if depth == 0 => break,
            b'(' | b'[' => depth -= 1,
            _ if depth > 0 => {}
            b'.' | b'_' => {}
            _ if byte.is_ascii_alphanumeric() || !byte.is_ascii() => {}
            _ => break,
        }
        start -= 1;
    }
    name(one.text.get(start..dot)?, one.code.get(start..dot)?)
}

/// An expression as the name of a lock: a dotted name, perhaps with subscripts, or a call that says it gives a lock.
fn name(text: &str, code: &str) -> Option<String> {
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let begins = code.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let mut depth = 0_i32;
    let is_plain = code.chars().all(|c| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        depth > 0 || c == ']' || c == '.' || c == '_' || c.is_alphanumeric()
    });
    let is_lock = is_plain || (code.ends_with(')') && gives_a_lock(code));
    (begins && is_lock && squeezed.len() <= LONGEST_NAME).then_some(squeezed)
}

/// True for a call whose name says that it gives a lock: `value.get_lock()`, `FileLock("x")`, `locks.for_(key).gen_wlock()`.
fn gives_a_lock(code: &str) -> bool {
    let mut depth = 0_i32;
    let opens = code.bytes().rev().position(|byte| {
        depth += i32::from(byte == b')') - i32::from(byte == b'(');
        depth == 0
    });
    let Some(called) = opens.map(|back| &code[..code.len() - 1 - back]) else { return false };
    let last = called.rsplit('.').next().unwrap_or(called).to_ascii_lowercase();
    let is_lock =
        last.ends_with("lock") && !["block", "clock", "unlock"].iter().any(|other| last.ends_with(other));
    is_lock || ["mutex", "semaphore"].iter().any(|word| last.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A source, the line that is asked about, what it holds and what it asks for.
    type Case = (&'static str, u32, &'static [&'static str], &'static [&'static str]);

    const CASES: &[Case] = &[
        // A block, its header, and what is around it.
        ("with a:\n  work()\nmore()", 2, &["a"], &[]),
        ("with a:\n  work()\nmore()", 1, &[], &["a"]),
        ("with a:\n  work()\nmore()", 3, &[], &[]),
        ("with self._lock:\n  with other.lock:\n    x()", 2, &["self._lock"], &["other.lock"]),
        ("with self._lock:\n  with other.lock:\n    x()", 3, &["self._lock", "other.lock"], &[]),
        ("async with a:\n  await b", 2, &["a"], &[]),
        ("with a:\n  for x in y:\n    if x:\n      work()", 4, &["a"], &[]),
        // Beside a block is not within.
        ("if x:\n  with a:\n    y()\nelse:\n  z()", 5, &[], &[]),
        ("try:\n  with a:\n    y()\nexcept E:\n  z()", 5, &[], &[]),
        // A function begins anew, whatever is around it.
        ("with a:\n  def f():\n    work()", 3, &[], &[]),
        ("def f():\n  with a:\n    work()\ndef g():\n  work()", 5, &[], &[]),
        ("class C:\n  def f(self):\n    with self.lock:\n      g()", 4, &["self.lock"], &[]),
        // Several items.
        ("with a, b:\n  work()", 2, &["a", "b"], &[]),
        ("with a, b:\n  work()", 1, &[], &["a", "b"]),
        ("with a as x, open('p') as f, b:\n  work()", 2, &["a", "b"], &[]),
        ("with (a, b):\n  work()", 2, &["a", "b"], &[]),
        ("with (\n  a,\n  b as c,\n):\n  work()", 5, &["a", "b"], &[]),
        ("with (\n  a,\n  b as c,\n):\n  work()", 3, &["a"], &["b"]),
        ("with (\n  a,\n  b as c,\n):\n  work()", 2, &[], &["a"]),
        ("with (\n  a,\n  b as c,\n):\n  work()", 1, &[], &["a", "b"]),
        ("with a, \\\n     b:\n  work()", 2, &["a"], &["b"]),
        ("with a, \\\n     b:\n  work()", 3, &["a", "b"], &[]),
        ("with(a):\n  work()", 2, &["a"], &[]),
        ("with (a).b, (c):\n  work()", 2, &[], &[]),
        // Names of locks, and what is none.
        ("with locks[i]:\n  work()", 2, &["locks[i]"], &[]),
        ("with locks['a b']:\n  work()", 2, &["locks['ab']"], &[]),
        ("with value.get_lock():\n  work()", 2, &["value.get_lock()"], &[]),
        ("with FileLock('x'):\n  work()", 2, &["FileLock('x')"], &[]),
        ("with open('lock'):\n  work()", 2, &[], &[]),
        ("with clock():\n  work()", 2, &[], &[]),
        ("with a or b:\n  work()", 2, &[], &[]),
        ("with pool.imap(lambda x: x, y) as z:\n  work()", 2, &[], &[]),
        // A block on the same line.
        ("with a: pass", 1, &[], &["a"]),
        ("with a: work()", 1, &[], &["a"]),
        // Strings and comments hold nothing.
        ("'''\nwith a:\n'''\nwork()", 4, &[], &[]),
        ("# with a:\nwork()", 2, &[], &[]),
        ("log('a.acquire()')\nwork()", 2, &[], &[]),
        ("with a:  # with b:\n  # c\n  work()", 3, &["a"], &[]),
        ("with a:\n# left\n  work('''\n  x''',\n y)", 5, &["a"], &[]),
        // Acquired by hand.
        ("a.acquire()\nwork()", 2, &["a"], &[]),
        ("a.acquire()\nwork()", 1, &[], &["a"]),
        ("a.acquire()\na.release()\nwork()", 3, &[], &[]),
        ("a.acquire()\na.release()\na.acquire()\nwork()", 4, &["a"], &[]),
        ("a.acquire()\ntry:\n  work()\nfinally:\n  a.release()", 3, &["a"], &[]),
        ("a.acquire()\nif bad:\n  a.release()\n  raise E\nwork()", 5, &["a"], &[]),
        ("if x:\n  a.acquire()\nwork()", 3, &[], &[]),
        ("if a.acquire(timeout=1):\n  work()\nmore()", 2, &["a"], &[]),
        ("if a.acquire(timeout=1):\n  work()\nmore()", 3, &[], &[]),
        ("if not a.acquire(False):\n  give_up()\nmore()", 2, &[], &[]),
        ("if not a.acquire(False):\n  give_up()\nmore()", 3, &["a"], &[]),
        ("def f():\n  a.acquire()\ndef g():\n  work()", 4, &[], &[]),
        ("a.acquire(); b.acquire()", 1, &[], &["a", "b"]),
        ("ok = self.lock.acquire(\n  timeout=3)", 2, &[], &["self.lock"]),
        ("with a:\n  b.acquire()", 2, &["a"], &["b"]),
        // To wait for a condition lets it go.
        ("with cond:\n  cond.wait()", 2, &[], &[]),
        ("with cond:\n  while not ready:\n    cond.wait(1)", 3, &[], &[]),
        ("with a:\n  with cond:\n    cond.wait_for(f)", 3, &["a"], &[]),
        // No such line.
        ("with a:\n  work()", 9, &[], &[]),
        ("with a:\n\n  work()", 2, &[], &[]),
        ("", 1, &[], &[]),
    ];

    #[test]
    fn the_source_says_what_a_line_holds_and_asks_for() {
        for (source, line, holds, asks) in CASES {
            let (held, asked) = locks_at(source, *line);
            assert_eq!((held, asked), (texts(holds), texts(asks)), "line {line} of {source:?}");
        }
    }

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_line_knows_its_function() {
        let source = "async def f(\n  x,\n):\n  with a: work()\n\ny()";
        let outline = Outline::of(source);
        assert_eq!(outline.place(4).function.as_deref(), Some("f"));
        assert!(outline.place(4).is_inline);
        assert!(!Outline::of("with a: x = y").place(1).is_inline);
        assert_eq!(outline.place(6).function, None);
    }

    proptest! {
        #[test]
        fn anything_is_answered(source in "(with |async |def |a|\\.acquire\\(\\)|\\.wait\\(|[ \\n#'\"\\\\()\\[\\]:;,.é]){0,60}", line in 0_u32..20) {
            let place = Outline::of(&source).place(line);
            prop_assert!(place.holds.len() <= MOST && place.asks.len() <= MOST);
            prop_assert!(place.holds.iter().chain(&place.asks).all(|name| !name.is_empty() && name.len() <= LONGEST_NAME));
        }
    }
}
