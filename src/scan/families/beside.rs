//! Values that stand beside their name without an operator: arguments of calls, elements, options, cells of tables,
//! comparisons, statements of SQL, and lines of two words.

use super::element;
use super::given::{Assigned, Given};
use super::prose;
use super::value::{LOOSE, blanks, is_quote, literals, value_at};
use crate::scan::assign::{self, Taste};
use crate::scan::rule::RuleSet;
use crate::scan::token::is_mixed;

/// The longest name that is looked at.
const LONGEST_NAME: usize = 64;

/// Calls whose second argument is a password.
const LOGINS: [&str; 8] = [
    "login",
    "authenticate",
    "signin",
    "basicauth",
    "credentials",
    "credential",
    "usernamepasswordtoken",
    "auth",
];

/// Proposes what stands beside the name which holds the word that begins at `at`.
pub(crate) fn propose(rules: &RuleSet, text: &[u8], at: usize, taste: Taste, found: &mut Vec<Assigned>) {
    let tail = &text[at..text.len().min(at + LONGEST_NAME)];
    let Some(length) = tail.iter().position(|&byte| !assign::is_name(byte)) else { return };
    let end = at + length;
    // What an operator gives to it has been seen already.
    if matches!(text[end], b'=' | b':' | b';' | b'\n' | b'[' | b'&' | b'*' | b'/') {
        return;
    }
    let floor = at.saturating_sub(LONGEST_NAME);
    let start =
        text[floor..at].iter().rposition(|&byte| !assign::is_name(byte)).map_or(floor, |i| floor + i + 1);
    let last = text[start..end]
        .iter()
        .rposition(|&byte| !matches!(byte, b'.' | b'-'))
        .map_or(start, |i| start + i + 1);
    if tail[..length].eq_ignore_ascii_case(b"identified") {
        return identified_by(rules, text, end, taste, found);
    }
    if text[end] == b'(' && LOGINS.iter().any(|login| ends_with(&text[start..last], login)) {
        return second_argument(rules, text, end + 1, taste, found);
    }
    if matches!(text[end], b'(' | b' ') && is_one_time(&tail[..length]) {
        found.extend(one_time(rules, text, end + 1, taste));
        return;
    }
    let Some(name) = assign::name_ending(rules, text, last, start) else { return };
    let Some(rule) = assign::rule_for(rules, assign::stem(&name)) else { return };
    let given = Given { rules, rule, name: &name, text, taste, most: 1.0 };
    if given.is_header() {
        return;
    }
    let loose = Given { most: LOOSE, ..given };
    let gap = end + blanks(&text[end..text.len().min(end + 32)]);
    let next = text.get(gap).copied().unwrap_or(b'\n');
    match text[end] {
        b'(' => found.extend(arguments(&given, end + 1)),
        b'>' => found.extend(element::text(&given, end + 1)),
        b'<' => found.extend(element::next(&given, end)),
        byte if is_quote(byte) || matches!(byte, b'\\' | b')' | b']' | b'}') => {
            found.extend(behind_quote(&loose, end));
        }
        b',' => found.extend(literal(&loose, end + 1)),
        b'{' => found.extend(braced(&given, end + 1)),
        _ if otherwise(&text[gap..]) => found.extend(literal(&given, gap + 2)),
        b' ' | b'\t' if next == b'|' => found.extend(cell(&loose, gap + 1)),
        _ if matches!(next, b'=' | b'!') => found.extend(comparison(&loose, gap)),
        b' ' | b'\t' | b'\0' if is_option(text, start) => option(rules, &given, end + 1, found),
        b' ' | b'\t' if is_quote(next) => found.extend(literal(&given, gap).filter(|set| {
            next != b'`' || taste == Taste::Redact || !prose::is_code(&name, &text[set.value.clone()])
        })),
        b' ' if text[gap..].starts_with(b"is ") => found.extend(literal(&loose, gap + 3)),
        b' ' | b'\t' => found.extend(line_of_two(&loose, start, gap)),
        _ => {}
    }
}

/// Whether the name ends with this word, whatever joins its parts.
fn ends_with(name: &[u8], word: &str) -> bool {
    let letters = name.iter().rev().filter(|byte| byte.is_ascii_alphanumeric());
    letters.zip(word.bytes().rev()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count() == word.len()
}

/// Whether one-time passwords are made here.
fn is_one_time(name: &[u8]) -> bool {
    ["totp", "hotp", "otplib"]
        .iter()
        .any(|word| name.get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word.as_bytes())))
}

/// The literal that begins here or behind a few blanks.
fn literal(given: &Given<'_>, at: usize) -> Option<Assigned> {
    let (value, quoted) = value_at(given.text, at, given.taste, false)?;
    if quoted && is_worth_redacting(given, &given.text[value.clone()]) {
        given.propose(value, true)
    } else {
        None
    }
}

/// In text to be redacted, only what can't be the name of another thing.
fn is_worth_redacting(given: &Given<'_>, secret: &[u8]) -> bool {
    given.taste != Taste::Redact
        || given.most > LOOSE
        || secret.iter().any(|byte| !byte.is_ascii_alphabetic())
}

/// The first literal among the arguments of `password("…")`, the second one of `secret("name", "…")`.
fn arguments(given: &Given<'_>, from: usize) -> Option<Assigned> {
    let mut literals = literals(given.text, from, given.taste);
    let first = literals.next()?;
    let wanted = if given.is_password() { first } else { literals.next().unwrap_or(first) };
    given.propose(wanted, true)
}

/// The second literal of `login("user", "…")`.
fn second_argument(rules: &RuleSet, text: &[u8], from: usize, taste: Taste, found: &mut Vec<Assigned>) {
    let Some(rule) = assign::rule_for(rules, b"password") else { return };
    let given = Given { rules, rule, name: b"login", text, taste, most: LOOSE };
    found.extend(literals(text, from, taste).nth(1).and_then(|value| given.propose(value, true)));
}

/// What follows a name in quotes: `"password", "…"`, `user["password"] == "…"`.
fn behind_quote(given: &Given<'_>, quote: usize) -> Option<Assigned> {
    let rest = &given.text[quote..given.text.len().min(quote + 20)];
    let closing = rest.iter().take_while(|&&byte| is_quote(byte) || b"\\)]}".contains(&byte)).count();
    let gap = closing + blanks(&rest[closing..]);
    match rest.get(gap)? {
        b',' => literal(given, quote + gap + 1),
        b'>' => element::attribute(given, quote + gap + 1),
        b'=' | b'!' => comparison(given, quote + gap),
        _ => None,
    }
}

/// `IDENTIFIED BY '…'`
fn identified_by(rules: &RuleSet, text: &[u8], from: usize, taste: Taste, found: &mut Vec<Assigned>) {
    let Some(rule) = assign::rule_for(rules, b"password") else { return };
    let given = Given { rules, rule, name: b"identified", text, taste, most: LOOSE };
    let tail = &text[from..text.len().min(from + 12)];
    let after = tail.to_ascii_lowercase().strip_prefix(b" by ").map(|_| from + 4);
    // No statement quotes a password in backticks, and every document so quotes what identifies a thing.
    let after = after.filter(|&after| taste == Taste::Redact || text.get(after) != Some(&b'`'));
    let value = after.and_then(|after| value_at(text, after, taste, false));
    let wanted = value.filter(|(value, quoted)| *quoted || is_mixed(&text[value.clone()]));
    found.extend(wanted.and_then(|(value, quoted)| given.propose(value, quoted)));
}

/// The seed in `TOTP.new("…")`: base32, as no other argument is.
fn one_time(rules: &RuleSet, text: &[u8], from: usize, taste: Taste) -> Option<Assigned> {
    let rule = assign::rule_for(rules, b"secret")?;
    let value = literals(text, from, taste).next()?;
    let base32 = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'2'..=b'7' | b'=');
    let is_seed = value.len() >= 16 && text[value.clone()].iter().all(base32);
    let given = Given { rules, rule, name: b"otp", text, taste, most: 1.0 };
    if is_seed { given.propose(value, true) } else { None }
}

/// The next cell of a table.
fn cell(given: &Given<'_>, from: usize) -> Option<Assigned> {
    let text = given.text;
    let start = from + blanks(&text[from..text.len().min(from + 32)]);
    let tail = &text[start..text.len().min(start + 100)];
    let end = tail.iter().position(|&byte| matches!(byte, b'|' | b'\n'))?;
    let body = tail[..end].trim_ascii_end();
    let inner = body.iter().take_while(|&&byte| byte == b'`').count();
    let body = body[inner.min(body.len())..].strip_suffix(b"`").unwrap_or(&body[inner.min(body.len())..]);
    if tail[end] != b'|' || body.len() < 4 {
        return None;
    }
    let value = start + inner..start + inner + body.len();
    if is_worth_redacting(given, body) { given.propose(value, true) } else { None }
}

/// `std::string password{"…"}`
fn braced(given: &Given<'_>, from: usize) -> Option<Assigned> {
    let text = given.text;
    let set = text.get(from).copied().filter(|&byte| is_quote(byte)).and_then(|_| literal(given, from))?;
    text[set.value.end + 1..].starts_with(b"}").then_some(set)
}

/// Whether a value for want of another follows, `process.env.KEY || "…"` and `?? "…"`, or that of R, `key <- "…"`.
fn otherwise(text: &[u8]) -> bool {
    [b"||", b"??", b"<-"].iter().any(|sign| text.starts_with(*sign))
}

/// `password == "…"`: whoever reads the code can log in.
fn comparison(given: &Given<'_>, at: usize) -> Option<Assigned> {
    let text = given.text;
    let operator =
        text[at..text.len().min(at + 3)].iter().take_while(|byte| matches!(byte, b'=' | b'!')).count();
    if operator < 2 { None } else { literal(given, at + operator) }
}

/// Whether this name is an option of a command line.
pub(crate) fn is_option(text: &[u8], start: usize) -> bool {
    text[start] == b'-'
        && start
            .checked_sub(1)
            .is_none_or(|at| matches!(text[at], b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'`' | b'[' | b'\0'))
}

/// `--password …`.
fn option(rules: &RuleSet, given: &Given<'_>, from: usize, found: &mut Vec<Assigned>) {
    let Some(own) = rules.option else { return };
    let Some((value, quoted)) = value_at(given.text, from, Taste::Redact, false) else { return };
    let word = &given.text[value.clone()];
    if word.starts_with(b"-") || (!quoted && given.taste != Taste::Redact && prose::goes_on(word)) {
        return;
    }
    let most = rules.rules[own].score;
    found.extend(given.propose(value, quoted).map(|set| Assigned {
        rule: own,
        score: set.score.min(most),
        ..set
    }));
}

/// Whether the command that has begun gives the word behind the next one to that, as `ENV NAME VALUE` of a Dockerfile.
fn sets_a_variable(command: &[u8]) -> bool {
    const COMMANDS: [&[u8]; 8] =
        [b"env", b"setenv", b"set -gx", b"set -x", b"set -xg", b"set -ux", b"set -xu", b"set -g -x"];
    let command = command.trim_ascii().to_ascii_lowercase();
    COMMANDS.contains(&&command[..])
}

/// `requirepass …`, `PASSWORD …;`: the name begins the line or is written as SQL does, and one word follows it.
fn line_of_two(given: &Given<'_>, start: usize, from: usize) -> Option<Assigned> {
    let text = given.text;
    if given.taste != Taste::Text {
        return None;
    }
    let floor = start.saturating_sub(LONGEST_NAME);
    let line = memchr::memrchr(b'\n', &text[floor..start]).map_or(floor, |at| floor + at + 1);
    let begins = text[line..start].iter().all(|byte| byte.is_ascii_whitespace() || *byte == b'#')
        || sets_a_variable(&text[line..start]);
    let (value, _) = value_at(text, from, given.taste, false)?;
    let rest = &text[value.end..text.len().min(value.end + 3)];
    let ends = match rest {
        [] | [b'\n' | b'\r', ..] => true,
        [b';', rest @ ..] => rest.first().is_none_or(u8::is_ascii_whitespace),
        _ => false,
    };
    if ends && (begins || text[start..].starts_with(b"PASSWORD")) && !text[value.clone()].ends_with(b".") {
        given.propose(value, false)
    } else {
        None
    }
}
