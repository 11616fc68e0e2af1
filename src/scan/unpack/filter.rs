//! What the dictionary of a stream in a PDF says of it: how it is packed, and what it holds. Pure.

use memchr::memmem;

use super::ascii::Ascii;

/// How a stream is packed (ISO 32000-1, 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filters {
    /// Written in letters, packed by deflate below them, both, or neither.
    Known { letters: Option<Ascii>, is_deflated: bool },
    /// In a way that only pictures are.
    Picture,
    /// In a way that is not read.
    Unknown,
}

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Text as it is.
    Text,
    /// Operators and strings.
    Page,
    /// Nothing that is read: pictures, fonts, tables.
    Nothing,
}

const PICTURES: [&[u8]; 4] = [b"/DCTDecode", b"/JPXDecode", b"/CCITTFaxDecode", b"/JBIG2Decode"];
const NOTHING: [&[u8]; 6] = [b"/Image", b"/XRef", b"/Length1", b"/FontFile", b"/Type1C", b"/CIDFontType0C"];
const TEXT: [&[u8]; 3] = [b"/EmbeddedFile", b"/Metadata", b"/JavaScript"];

impl Filters {
    /// What the end of a dictionary says, with what comes before it.
    pub(super) fn of(text: &[u8]) -> (Self, Content) {
        let begin = memmem::rfind(text, b"obj");
        let dictionary = &text[begin.unwrap_or(0)..];
        let holds = |words: &[&[u8]]| words.iter().any(|word| memmem::find(dictionary, word).is_some());
        let filters = Self::named(dictionary);
        let content = match () {
            () if holds(&NOTHING) => Content::Nothing,
            () if holds(&TEXT) => Content::Text,
            // What a long dictionary says of its packing may lie too far back.
            () if begin.is_none() && filters == Self::NONE => Content::Nothing,
            () => Content::Page,
        };
        let filters = if content == Content::Nothing { Self::NONE } else { filters };
        (filters, content)
    }

    const NONE: Self = Self::Known { letters: None, is_deflated: false };

    fn named(dictionary: &[u8]) -> Self {
        let Some(at) = memmem::find(dictionary, b"/Filter") else { return Self::NONE };
        let rest = dictionary[at + b"/Filter".len()..].trim_ascii_start();
        let (list, is_list) = match rest.strip_prefix(b"[") {
            Some(list) => (&list[..memchr::memchr(b']', list).unwrap_or(list.len())], true),
            None => (&rest[..name(rest)], false),
        };
        let mut names = Vec::new();
        let mut rest = list.trim_ascii();
        while !rest.is_empty() {
            let (name, behind) = rest.split_at(name(rest));
            if name.is_empty() {
                return Self::Unknown;
            }
            names.push(name);
            rest = behind.trim_ascii_start();
        }
        let letters = match names.first() {
            Some(&b"/ASCII85Decode") => Some(Ascii::BASE85),
            Some(&b"/ASCIIHexDecode") => Some(Ascii::HEX),
            _ => None,
        };
        match &names[usize::from(letters.is_some())..] {
            // A number stands there, of an object that names them.
            [] if names.is_empty() && !is_list => Self::Unknown,
            [] => Self::Known { letters, is_deflated: false },
            [b"/FlateDecode"] => Self::Known { letters, is_deflated: true },
            names if names.iter().any(|name| PICTURES.contains(name)) => Self::Picture,
            _ => Self::Unknown,
        }
    }
}

/// How long the name is that a text begins with; 0 when it begins with none.
fn name(text: &[u8]) -> usize {
    match text {
        [b'/', letters @ ..] => 1 + letters.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_tell() {
        let known = |letters, is_deflated| Filters::Known { letters, is_deflated };
        for (dictionary, filters, content) in [
            ("", Filters::NONE, Content::Page),
            ("/Filter /FlateDecode", known(None, true), Content::Page),
            ("/Filter/FlateDecode/Type/EmbeddedFile", known(None, true), Content::Text),
            ("/Filter [ /ASCII85Decode /FlateDecode ]", known(Some(Ascii::BASE85), true), Content::Page),
            ("/Filter[/ASCIIHexDecode]", known(Some(Ascii::HEX), false), Content::Page),
            ("/Filter []", Filters::NONE, Content::Page),
            ("/Filter 12 0 R", Filters::Unknown, Content::Page),
            ("/Filter /LZWDecode", Filters::Unknown, Content::Page),
            ("/Filter [/ASCII85Decode /LZWDecode]", Filters::Unknown, Content::Page),
            ("/Filter [/FlateDecode /FlateDecode]", Filters::Unknown, Content::Page),
            ("/Filter [/FlateDecode /DCTDecode]", Filters::Picture, Content::Page),
            ("/Subtype /Image /Filter /LZWDecode", Filters::NONE, Content::Nothing),
            ("/Type /Metadata /Subtype /XML", Filters::NONE, Content::Text),
        ] {
            let text = format!("endobj\n7 0 obj\n<< /Length 12 {dictionary} >>\n");
            assert_eq!(Filters::of(text.as_bytes()), (filters, content), "{dictionary}");
        }
        assert_eq!(Filters::of(b"(far behind its beginning) >>").1, Content::Nothing);
    }
}
