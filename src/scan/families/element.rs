//! Values that are the text of an element of XML: beside a name that is the element, an attribute of it, or the text of the
//! element before. Pure; every look ahead is bounded.

use std::ops::Range;

use super::given::{Assigned, Given};
use crate::scan::token::is_mixed;

/// How long the text of an element may be, with the blanks before it.
const LONGEST: usize = 300;

/// The text of the element that was opened before `from`: `<password>…</password>`.
pub(super) fn text(given: &Given<'_>, from: usize) -> Option<Assigned> {
    given.propose(body(given.text, from)?, true)
}

/// The text of the element behind the one that ends here: `<key>password</key><string>…</string>`.
pub(super) fn next(given: &Given<'_>, end: usize) -> Option<Assigned> {
    let rest = &given.text[end..given.text.len().min(end + 40)];
    let closed = rest.starts_with(b"</").then(|| memchr::memchr(b'>', rest))??;
    given.propose(wrapped(given.text, end + closed + 1)?, true)
}

/// The text of an element of which an attribute is the name: `<entry key="password">…</entry>`. Labels look so, too.
pub(super) fn attribute(given: &Given<'_>, from: usize) -> Option<Assigned> {
    let inner = wrapped(given.text, from);
    let is_wrapped = inner.is_some();
    let value = inner.or_else(|| body(given.text, from))?;
    let secret = &given.text[value.clone()];
    let is_label = !is_wrapped && (!is_mixed(secret) || secret.contains(&b' '));
    if is_label { None } else { given.propose(value, true) }
}

/// The text of `<value>…</value>` or `<string>…</string>`, if one of these begins here.
fn wrapped(text: &[u8], from: usize) -> Option<Range<usize>> {
    let start = from + blanks(text.get(from..)?);
    let rest = text.get(start..)?;
    let tag = [b"<value>".as_slice(), b"<string>", b"<val>"].into_iter().find(|tag| rest.starts_with(tag))?;
    body(text, start + tag.len())
}

/// The text up to the next tag, which has to close the element.
fn body(text: &[u8], from: usize) -> Option<Range<usize>> {
    const CDATA: &[u8] = b"<![CDATA[";
    let tail = text.get(from..text.len().min(from + LONGEST))?;
    let start = blanks(tail);
    let (start, end) = match tail[start..].strip_prefix(CDATA) {
        Some(data) => (start + CDATA.len(), start + CDATA.len() + memchr::memmem::find(data, b"]]>")?),
        None => (start, memchr::memchr(b'<', tail)?),
    };
    let body = tail.get(start..end)?.trim_ascii_end();
    let is_closed = tail[end..].starts_with(b"</") || tail[end..].starts_with(b"]]>");
    (is_closed && !body.is_empty()).then(|| from + start..from + start + body.len())
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take(LONGEST).take_while(|byte| byte.is_ascii_whitespace()).count()
}
