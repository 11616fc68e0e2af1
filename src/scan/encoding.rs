//! What kind of text a stream holds, and UTF-16 as UTF-8.
//!
//! The byte-order mark is looked at before the search for a NUL, or all UTF-16 would count as binary.

/// How much of the start of a stream decides.
pub(crate) const HEAD: usize = 8192;

/// How a stream is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes as they are, behind a mark of this length.
    Plain(usize),
    /// Bytes as they are, with a NUL among the first ones.
    Binary,
    /// UTF-16, behind a mark of this length.
    Utf16 {
        /// The low byte comes first.
        little: bool,
        /// The length of the mark.
        mark: usize,
    },
}

/// Judges a stream by its first bytes.
pub(crate) fn detect(head: &[u8]) -> Encoding {
    let head = &head[..head.len().min(HEAD)];
    match head {
        [0xef, 0xbb, 0xbf, ..] => return Encoding::Plain(3),
        [0xff, 0xfe, 0, 0, ..] => return Encoding::Binary,
        [0xff, 0xfe, ..] => return Encoding::Utf16 { little: true, mark: 2 },
        [0xfe, 0xff, ..] => return Encoding::Utf16 { little: false, mark: 2 },
        _ => {}
    }
    if memchr::memchr(0, head).is_none() {
        return Encoding::Plain(0);
    }
    // Without a mark: mostly Latin text has a NUL in nearly every second byte, and none in between.
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, units) = (zeros(0), zeros(1), head.len() / 2);
    match () {
        () if units >= 8 && even == 0 && odd * 10 >= units * 9 => Encoding::Utf16 { little: true, mark: 0 },
        () if units >= 8 && odd == 0 && even * 10 >= units * 9 => Encoding::Utf16 { little: false, mark: 0 },
        () => Encoding::Binary,
    }
}

/// Turns UTF-16 that comes in pieces into UTF-8.
pub(crate) struct Utf16 {
    little: bool,
    half: Option<u8>,
    high: Option<u16>,
}

impl Utf16 {
    pub(crate) fn new(little: bool) -> Self {
        Self { little, half: None, high: None }
    }

    /// Appends the text of the next piece to `text`.
    pub(crate) fn decode(&mut self, piece: &[u8], text: &mut Vec<u8>) {
        for &byte in piece {
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let pair = [first, byte];
            let unit = if self.little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
            let units = self.high.take().into_iter().chain([unit]);
            if self.high.is_none() && (0xd800..0xdc00).contains(&unit) {
                self.high = Some(unit);
                continue;
            }
            for c in char::decode_utf16(units) {
                let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_text_from_binary() {
        let check = |head: &[u8], expected| assert_eq!(detect(head), expected, "{head:?}");
        check(b"", Encoding::Plain(0));
        check(b"text", Encoding::Plain(0));
        check(b"caf\xe9", Encoding::Plain(0));
        check(b"\xef\xbb\xbftext", Encoding::Plain(3));
        check(b"\xff\xfet\0", Encoding::Utf16 { little: true, mark: 2 });
        check(b"\xfe\xff\0t", Encoding::Utf16 { little: false, mark: 2 });
        check(b"t\0e\0x\0t\0t\0e\0x\0t\0", Encoding::Utf16 { little: true, mark: 0 });
        check(b"ELF\0\x01\x02", Encoding::Binary);
    }

    #[test]
    fn decodes_in_pieces_of_any_size() {
        let text = "tökén 🔑 = x";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for size in 1..9 {
            let (mut utf16, mut decoded) = (Utf16::new(false), Vec::new());
            bytes.chunks(size).for_each(|piece| utf16.decode(piece, &mut decoded));
            assert_eq!(String::from_utf8(decoded).unwrap(), text, "{size}");
        }
    }
}
