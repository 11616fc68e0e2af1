//! Passwords on command lines whose options say nothing by themselves: `mysql -p…`, `sshpass -p …`, `curl -u u:…`.

use std::ops::Range;

use super::given::{Assigned, Given};
use crate::scan::assign::{self, Taste};
use crate::scan::placeholder::is_placeholder;
use crate::scan::rule::RuleSet;
use crate::scan::token::is_mixed;

/// How much of a command is looked at.
const LONGEST: usize = 400;
/// How many of its words.
const WORDS: usize = 40;
/// The most that such an option says.
const SCORE: f64 = 0.4;

/// How an option holds its password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In the next word.
    Next,
    /// In the same word, or in the next one.
    Both,
    /// In the same word.
    Joined,
    /// In the next word, behind a colon.
    User,
    /// In the next word, behind a percent sign.
    Share,
}

/// What the command begins with, the option, and its form; a word that the command must hold, too.
const OPTIONS: [(&str, &str, Form, &str); 25] = [
    ("mysql", "-p", Form::Joined, ""),
    ("mariadb", "-p", Form::Joined, ""),
    ("sshpass", "-p", Form::Both, ""),
    ("docker", "-p", Form::Both, "login"),
    ("podman", "-p", Form::Both, "login"),
    ("helm", "-p", Form::Next, "login"),
    ("oc ", "-p", Form::Next, "login"),
    ("az ", "-p", Form::Next, "login"),
    ("curl", "-u", Form::User, ""),
    ("curl", "--user", Form::User, ""),
    ("curl", "-U", Form::User, ""),
    ("redis-cli", "-a", Form::Both, ""),
    ("ldap", "-w", Form::Both, ""),
    ("sqlcmd", "-P", Form::Both, ""),
    ("bcp", "-P", Form::Both, ""),
    ("mongo", "-p", Form::Next, ""),
    ("cqlsh", "-p", Form::Next, ""),
    ("7z", "-p", Form::Joined, ""),
    ("unzip", "-P", Form::Next, ""),
    ("zip", "-P", Form::Next, ""),
    ("smbclient", "-U", Form::Share, ""),
    ("rpcclient", "-U", Form::Share, ""),
    ("evil-winrm", "-p", Form::Next, ""),
    ("crackmapexec", "-p", Form::Next, ""),
    ("psexec", "-p", Form::Next, ""),
];

/// Proposes the passwords in the command whose name begins at `at`.
pub(crate) fn propose(rules: &RuleSet, text: &[u8], at: usize, taste: Taste, found: &mut Vec<Assigned>) {
    let tail = &text[at..text.len().min(at + LONGEST)];
    let command = &tail[..end_of(tail)];
    let options = || OPTIONS.iter().filter(|(name, ..)| starts(command, name));
    let holds = |word: &str| word.is_empty() || memchr::memmem::find(command, word.as_bytes()).is_some();
    if !options().any(|&(.., word)| holds(word)) {
        return;
    }
    let Some((own, rule)) = rules.option.zip(assign::rule_for(rules, b"password")) else { return };
    let words: Vec<Range<usize>> = words(command).take(WORDS).collect();
    let given = Given { rules, rule, name: b"", text, taste, most: SCORE };
    for (number, word) in words.iter().enumerate().skip(1) {
        for &(_, option, form, _) in options().filter(|&&(.., needs)| holds(needs)) {
            let value = value_of(command, &words, number, word, option, form);
            let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
            let value = at + value.start..at + value.end;
            found.extend(given.propose(value, true).map(|set| Assigned { rule: own, ..set }));
        }
    }
}

/// Where the password stands that this word announces.
fn value_of(
    command: &[u8],
    words: &[Range<usize>],
    number: usize,
    word: &Range<usize>,
    option: &str,
    form: Form,
) -> Option<Range<usize>> {
    let rest = command[word.clone()].strip_prefix(option.as_bytes())?;
    let next = || words.get(number + 1).cloned().filter(|next| !command[next.clone()].starts_with(b"-"));
    let behind = |value: Range<usize>, mark: u8| {
        let at = memchr::memchr(mark, &command[value.clone()])?;
        let user = &command[value.start..value.start + at];
        let password = value.start + at + 1..value.end;
        // `curl -u KEY:`: the user is the key.
        if password.is_empty() && at >= 12 && is_mixed(&command[value.start..value.start + at]) {
            return Some(value.start..value.start + at);
        }
        // `curl -u user:password` is what manuals write.
        let is_sample = password.is_empty() || is_placeholder(&command[password.clone()], user, false);
        (!is_sample).then_some(password)
    };
    match form {
        Form::Joined | Form::Both if !rest.is_empty() => {
            let is_word = rest.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-');
            // `mysql -port` is no password, and `-ppassword` is.
            (!is_word || !matches!(rest, b"ort" | b"rotocol" | b"lugin"))
                .then(|| word.end - rest.len()..word.end)
        }
        Form::Next | Form::Both if rest.is_empty() => next(),
        // `mysql -p'…'`
        Form::Joined if rest.is_empty() => next().filter(|next| next.start == word.end + 1),
        Form::User if rest.is_empty() => behind(next()?, b':'),
        Form::User => behind(word.end - rest.len()..word.end, b':'),
        Form::Share if rest.is_empty() => behind(next()?, b'%'),
        _ => None,
    }
}

fn starts(command: &[u8], name: &str) -> bool {
    let length = name.len();
    command.get(..length).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
}

/// Where a command ends: at the end of its line unless that goes on, or where another one begins.
fn end_of(text: &[u8]) -> usize {
    let ends = |at: &usize| match text[*at] {
        b'\n' => *at == 0 || !matches!(text[*at - 1], b'\\' | b'\r'),
        b'|' | b';' => true,
        b'&' => text.get(*at + 1) == Some(&b'&'),
        _ => false,
    };
    (0..text.len()).find(ends).unwrap_or(text.len())
}

/// The words of a command, without the quotes round them.
fn words(command: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\\' || *byte == b',';
        at += command[at..].iter().take_while(|byte| blank(byte)).count();
        let first = *command.get(at)?;
        if matches!(first, b'"' | b'\'') {
            let start = at + 1;
            let length = memchr::memchr(first, &command[start..]).unwrap_or(command.len() - start);
            at = (start + length + 1).min(command.len());
            return Some(start..start + length);
        }
        let length =
            command[at..].iter().position(|byte| byte.is_ascii_whitespace() || b"\"',`".contains(byte));
        // A quote within a word, as in `-p'…'`, belongs to it.
        let word = at..at + length.unwrap_or(command.len() - at).max(1);
        if let Some(&quote @ (b'"' | b'\'')) = command.get(word.end)
            && command[word.start] == b'-'
        {
            let start = word.end + 1;
            let inner = memchr::memchr(quote, &command[start..]).unwrap_or(command.len() - start);
            at = word.end;
            if inner == 0 {
                at = (start + 1).min(command.len());
            }
            return Some(word);
        }
        at = word.end;
        Some(word)
    })
}
