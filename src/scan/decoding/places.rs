//! Where the parts of a decoded text stand in the text that they came from.

use std::ops::Range;

/// Where each decoded byte came from.
#[derive(Debug)]
pub(super) enum Places {
    /// Letters in rows of even worth: so many letters for so many bytes.
    Letters {
        /// Letters and bytes of one group: 4 and 3 for base64, 2 and 1 for hex.
        group: (usize, usize),
        /// Where the rows of letters stand, without what is between them.
        rows: Vec<Range<usize>>,
        /// Whether each decoded byte was two, as in UTF-16.
        is_wide: bool,
    },
    /// Each byte has a place of its own; one more tells where the last one ends.
    Each(Vec<usize>),
}

impl Places {
    /// The smallest part of the outer text that holds these decoded bytes.
    pub(super) fn outer(&self, inner: Range<usize>) -> Range<usize> {
        match self {
            Self::Each(places) => places[inner.start]..places[inner.end],
            Self::Letters { group: (letters, bytes), rows, is_wide } => {
                let scale = if *is_wide { 2 } else { 1 };
                let first = inner.start * scale * letters / bytes;
                let last = (inner.end * scale * letters).div_ceil(*bytes).max(first + 1) - 1;
                let at = |mut letter: usize| {
                    for row in rows {
                        if letter < row.len() {
                            return row.start + letter;
                        }
                        letter -= row.len();
                    }
                    rows.last().map_or(0, |row| row.end - 1)
                };
                at(first)..at(last) + 1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "one row is meant")]
    fn parts_are_found_in_their_rows() {
        let places = Places::Letters { group: (4, 3), rows: vec![10..18, 20..28], is_wide: false };
        let check = |inner: Range<usize>, outer: Range<usize>| {
            assert_eq!(places.outer(inner.clone()), outer, "{inner:?}");
        };
        check(0..3, 10..14);
        check(1..2, 11..13);
        check(3..6, 14..18);
        check(5..7, 16..22);
        check(6..12, 20..28);
        let hex = Places::Letters { group: (2, 1), rows: vec![3..9], is_wide: false };
        assert_eq!(hex.outer(1..3), 5..9);
        let each = Places::Each(vec![0, 1, 7, 8]);
        assert_eq!(each.outer(1..2), 1..7);
    }
}
