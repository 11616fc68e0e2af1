//! The text of office documents: a line for each paragraph, row or string, joined over the pieces that it was cut into.
//!
//! Word stores `ghp_abc` as `<w:t>ghp_</w:t></w:r><w:r><w:t>abc</w:t>` when somebody paused in between. Tags go, paragraphs end
//! lines, entities become what they stand for; where links lead to is kept. All other parts of a document, such as connections
//! and properties, are read as the XML that they are.

use super::view::View;

/// The longest name of an element or attribute that matters, and the longest entity.
const NAME: usize = 32;

/// Turns the part of an office document that holds its text.
#[derive(Debug, Default)]
pub(super) struct Office {
    state: State,
    /// The name of a tag, or of its newest attribute; behind it the entity.
    name: Vec<u8>,
    is_closing: bool,
    /// Whether the newest attribute says where a link leads to.
    is_link: bool,
    /// Whether white space is the layout of the file.
    is_layout: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// In `&...;`.
    Entity,
    /// In the name of a tag.
    Tag,
    /// Behind it.
    Attributes,
    /// In a value that this quote ends.
    Value(u8),
    /// In a comment, behind so many dashes.
    Comment(u8),
}

impl View for Office {
    fn take(&mut self, bytes: &[u8], made: &mut Vec<u8>) {
        for byte in bytes {
            self.turn(*byte, made);
        }
    }

    fn end(&mut self, made: &mut Vec<u8>) {
        if self.state == State::Entity {
            self.flush(made);
        }
    }
}

impl Office {
    fn turn(&mut self, byte: u8, made: &mut Vec<u8>) {
        match (&self.state, byte) {
            (State::Text, b'<') => {
                self.name.clear();
                (self.state, self.is_closing) = (State::Tag, false);
            }
            (State::Text, b'&') => {
                self.name.clear();
                (self.state, self.is_layout) = (State::Entity, false);
            }
            (State::Text, b'\n' | b'\r') => self.is_layout = true,
            (State::Text, b' ' | b'\t') if self.is_layout => {}
            (State::Text, _) => {
                self.is_layout = false;
                made.push(byte);
            }
            (State::Entity, b';') => {
                self.state = State::Text;
                if let Some(c) = entity(&self.name) {
                    made.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                } else {
                    self.flush(made);
                    made.push(byte);
                }
            }
            (State::Entity, _)
                if self.name.len() >= 10 || !(byte.is_ascii_alphanumeric() || byte == b'#') =>
            {
                self.flush(made);
                self.state = State::Text;
                self.turn(byte, made);
            }
            (State::Entity, _) => self.name.push(byte),
            (State::Tag, b'/') if self.name.is_empty() => self.is_closing = true,
            (State::Tag | State::Attributes, b'>') => {
                if self.state == State::Tag {
                    self.element(made);
                }
                self.state = State::Text;
            }
            (State::Tag, b' ' | b'\t' | b'\r' | b'\n' | b'/') => {
                self.element(made);
                self.name.clear();
                self.state = State::Attributes;
            }
            (State::Attributes, b'"' | b'\'') => {
                self.is_link = local(&self.name) == b"href";
                if self.is_link {
                    made.push(b' ');
                }
                self.state = State::Value(byte);
            }
            (State::Attributes, b' ' | b'\t' | b'\r' | b'\n') => self.name.clear(),
            (State::Attributes, b'=') => {}
            (State::Comment(2), b'>') => self.state = State::Text,
            (State::Comment(dashes), b'-') => self.state = State::Comment((dashes + 1).min(2)),
            (State::Comment(_), _) => self.state = State::Comment(0),
            (State::Tag | State::Attributes, _) => {
                if self.name.len() < NAME {
                    self.name.push(byte);
                }
                if self.state == State::Tag && self.name == b"!--" {
                    self.state = State::Comment(0);
                }
            }
            (State::Value(quote), _) if byte == *quote => {
                if self.is_link {
                    made.push(b' ');
                }
                self.name.clear();
                self.state = State::Attributes;
            }
            (State::Value(_), _) => {
                if self.is_link {
                    made.push(byte);
                }
            }
        }
    }

    /// What a tag means for the text.
    fn element(&self, made: &mut Vec<u8>) {
        match (local(&self.name), self.is_closing) {
            (b"p" | b"h" | b"si" | b"comment" | b"table-row" | b"tr", true) => made.push(b'\n'),
            (b"br" | b"cr" | b"line-break", false) => made.push(b'\n'),
            (b"tab", false) | (b"tc" | b"table-cell", true) => made.push(b'\t'),
            (b"s", false) => made.push(b' '),
            _ => {}
        }
    }

    /// Gives back what turned out to be no entity.
    fn flush(&mut self, made: &mut Vec<u8>) {
        made.push(b'&');
        made.append(&mut self.name);
    }
}

/// A name without its namespace.
fn local(name: &[u8]) -> &[u8] {
    memchr::memrchr(b':', name).map_or(name, |at| &name[at + 1..])
}

fn entity(name: &[u8]) -> Option<char> {
    let number = |digits: &[u8], base| {
        let digits = std::str::from_utf8(digits).ok()?;
        char::from_u32(u32::from_str_radix(digits, base).ok()?)
    };
    match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::viewed;
    use super::*;

    #[test]
    fn pieces_of_a_paragraph_are_joined() {
        let check = |xml: &str, expected: &str| {
            for size in [1, 5, 4096] {
                assert_eq!(viewed(Office::default(), xml.as_bytes(), size), expected, "{size}: {xml}");
            }
        };
        check(
            "<w:p><w:r><w:t>ab</w:t></w:r><w:r w:rsid=\"a>b\"><w:t xml:space='preserve'>cd </w:t></w:r></w:p>",
            "abcd \n",
        );
        check("<w:p>\n  <w:r>\n    <w:t>ab</w:t>\n  </w:r>\n  <w:t>cd</w:t>\n</w:p>\n<w:p/>", "abcd\n");
        check(
            "<si><t>a &lt;b&gt; &amp;&#65;&#x42;</t></si><si><t>&no; &amp</t></si>",
            "a <b> &AB\n&no; &amp\n",
        );
        check("<text:p>a<text:tab/>b<text:line-break/>c<text:s/>d</text:p>", "a\tb\nc d\n");
        check("<text:a xlink:href=\"https://a.b/?c\">here</text:a>", " https://a.b/?c here");
        check("<?xml version=\"1.0\"?><!-- don't --><a:t>x</a:t>", "x");
        check("a < b", "a ");
    }
}
