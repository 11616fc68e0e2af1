//! Key blocks in output that is not logged. Pure.

/// Finds the lines that open and close key blocks in bytes that nobody else looks at, however they are cut.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// The end of the last piece, which may be the beginning of such a line.
    carry: Vec<u8>,
}

impl Blocks {
    /// Such a line is shorter than this.
    const LONGEST: usize = 128;

    /// The markers that are complete by now.
    pub(super) fn markers(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut text = std::mem::take(&mut self.carry);
        text.extend_from_slice(bytes);
        let mut markers = Vec::new();
        let mut seen = 0;
        for at in memchr::memmem::find_iter(&text, b"-----") {
            let rest = &text[at..];
            if at < seen || !(rest.starts_with(b"-----BEGIN") || rest.starts_with(b"-----END")) {
                continue;
            }
            let end = memchr::memchr(b'\n', &rest[..rest.len().min(Self::LONGEST)]);
            if end.is_none() && rest.len() < Self::LONGEST {
                // The rest of the line is in the next piece.
                self.carry = rest.to_vec();
                return markers;
            }
            let line = &rest[..end.unwrap_or(Self::LONGEST)];
            markers.push(String::from_utf8_lossy(line).trim_end().to_owned());
            seen = at + line.len();
        }
        let tail = text.len().saturating_sub("-----BEGIN".len()).max(seen);
        self.carry = text.split_off(tail);
        markers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_blocks_are_seen_however_a_gap_is_cut() {
        let text =
            b"x\n-----BEGIN A KEY-----\nabc\n-----END A KEY-----\n-------\n  -----BEGIN B KEY-----\r\nabc\n";
        let expected = ["-----BEGIN A KEY-----", "-----END A KEY-----", "-----BEGIN B KEY-----"];
        for size in 1..text.len() {
            let mut blocks = Blocks::default();
            let markers: Vec<String> = text.chunks(size).flat_map(|chunk| blocks.markers(chunk)).collect();
            assert_eq!(markers, expected, "in chunks of {size}");
        }
    }
}
