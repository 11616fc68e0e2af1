//! Bytes in letters, as PDFs write them: `ASCII85Decode` and `ASCIIHexDecode` (ISO 32000-1, 7.4.2 and 7.4.3). Pure; what
//! comes in pieces comes out in pieces, and nothing but the last few letters is held.

/// What is left of letters that make no whole bytes yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ascii {
    /// Five letters for four bytes: the value of those that came, and their number.
    Base85(u32, u8),
    /// Two letters for a byte: the first of them.
    Hex(Option<u8>),
}

/// How far a piece went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// To its end, and more may follow.
    On,
    /// Up to here, behind the mark of the end, or its first byte.
    Ended(usize),
    /// Up to here, where no letter stands.
    Broken(usize),
}

impl Ascii {
    pub(super) const BASE85: Self = Self::Base85(0, 0);
    pub(super) const HEX: Self = Self::Hex(None);

    /// Appends the bytes of the next piece to `made`.
    pub(super) fn decode(&mut self, piece: &[u8], made: &mut Vec<u8>) -> Went {
        for (at, &byte) in piece.iter().enumerate() {
            let is_right = match (&mut *self, byte) {
                (_, b'\0' | b'\t' | b'\n' | 0x0c | b'\r' | b' ') => true,
                (Self::Base85(..), b'~') | (Self::Hex(_), b'>') => {
                    self.end(made);
                    return Went::Ended(at + 1);
                }
                (Self::Base85(_, 0), b'z') => {
                    made.extend([0; 4]);
                    true
                }
                (Self::Base85(value, count), b'!'..=b'u') => {
                    *value = value.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                    *count += 1;
                    if *count == 5 {
                        made.extend(value.to_be_bytes());
                        (*value, *count) = (0, 0);
                    }
                    true
                }
                (Self::Hex(high), _) => match (char::from(byte).to_digit(16), high.take()) {
                    (None, _) => false,
                    (Some(digit), None) => {
                        *high = Some(digit as u8);
                        true
                    }
                    (Some(digit), Some(high)) => {
                        made.push(high << 4 | digit as u8);
                        true
                    }
                },
                _ => false,
            };
            if !is_right {
                return Went::Broken(at);
            }
        }
        Went::On
    }

    /// The bytes that the last letters stand for, as if what is missing were there.
    fn end(&mut self, made: &mut Vec<u8>) {
        match *self {
            Self::Base85(value, count @ 2..=4) => {
                let whole = (count..5).fold(value, |value, _| value.wrapping_mul(85).wrapping_add(84));
                made.extend(&whole.to_be_bytes()[..usize::from(count) - 1]);
            }
            Self::Hex(Some(high)) => made.push(high << 4),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The letters for these bytes, with the mark of the end.
    fn base85(bytes: &[u8]) -> Vec<u8> {
        let mut letters = Vec::new();
        for part in bytes.chunks(4) {
            let mut whole = [0; 4];
            whole[..part.len()].copy_from_slice(part);
            let value = u32::from_be_bytes(whole);
            if value == 0 && part.len() == 4 {
                letters.push(b'z');
                continue;
            }
            let digits = (0..5).rev().map(|place| (value / 85_u32.pow(place) % 85) as u8 + b'!');
            letters.extend(digits.take(part.len() + 1));
        }
        letters.extend(b"~>");
        letters
    }

    fn decoded(mut ascii: Ascii, letters: &[u8], step: usize) -> (Vec<u8>, Went) {
        let mut made = Vec::new();
        let mut went = Went::On;
        for piece in letters.chunks(step) {
            went = ascii.decode(piece, &mut made);
            if went != Went::On {
                break;
            }
        }
        (made, went)
    }

    #[test]
    fn letters_of_others_are_read() {
        assert_eq!(
            decoded(Ascii::BASE85, b"87cUR\nD]i,\"Ebo80~>", 99),
            (b"Hello World!".to_vec(), Went::Ended(17))
        );
        assert_eq!(decoded(Ascii::HEX, b"48 65\n6C6c 6F7>rest", 99), (b"Hellop".to_vec(), Went::Ended(15)));
        assert_eq!(decoded(Ascii::HEX, b"48 49 stream", 99), (b"HI".to_vec(), Went::Broken(6)));
        assert_eq!(decoded(Ascii::BASE85, b"87cUR{", 99), (b"Hell".to_vec(), Went::Broken(5)));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..200), step in 1..50_usize) {
            let (made, went) = decoded(Ascii::BASE85, &base85(&bytes), step);
            prop_assert!(made == bytes && matches!(went, Went::Ended(_)));
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X} ")).collect();
            prop_assert_eq!(decoded(Ascii::HEX, (hex.concat() + ">").as_bytes(), step).0, bytes);
        }

        #[test]
        fn any_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300), step in 1..50_usize) {
            for ascii in [Ascii::BASE85, Ascii::HEX] {
                prop_assert!(decoded(ascii, &bytes, step).0.len() <= bytes.len() * 4);
            }
        }
    }
}
