//! The newest part of what is left out of the log: kept back, for it may turn out to be the job's last words. Pure.

/// As much as is kept back: a screen or two, and the end of a long traceback.
const ROOM: usize = 16 * 1024;

/// The end of the bytes that were left out.
#[derive(Debug, Default)]
pub(super) struct Late {
    bytes: Vec<u8>,
}

impl Late {
    /// Takes more; what there is no room for any more is `gone`, in order.
    pub(super) fn push(&mut self, bytes: &[u8], mut gone: impl FnMut(&[u8])) {
        let (first, newest) = bytes.split_at(bytes.len().saturating_sub(ROOM));
        let surplus = (self.bytes.len() + newest.len()).saturating_sub(ROOM);
        gone(&self.bytes[..surplus]);
        self.bytes.drain(..surplus);
        gone(first);
        self.bytes.extend_from_slice(newest);
    }

    /// Gives what was kept back, in two parts: the end of a line whose beginning is gone, and, where that line has an
    /// end, what comes after it.
    pub(super) fn take(&mut self) -> (Vec<u8>, Option<Vec<u8>>) {
        let mut cut = std::mem::take(&mut self.bytes);
        let whole = memchr::memchr(b'\n', &cut).map(|end| cut.split_off(end + 1));
        (cut, whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_gone_and_what_is_kept_are_all_there_was(sizes in proptest::collection::vec(0..40_000_usize, 0..8)) {
            let all: Vec<u8> = (0..sizes.iter().sum()).map(|at: usize| (at % 251) as u8).collect();
            let (mut late, mut gone, mut rest) = (Late::default(), Vec::new(), all.as_slice());
            for size in sizes {
                let (piece, after) = rest.split_at(size);
                late.push(piece, |bytes| gone.extend_from_slice(bytes));
                rest = after;
            }
            proptest::prop_assert_eq!(late.bytes.len(), all.len().min(ROOM));
            let (cut, whole) = late.take();
            proptest::prop_assert_eq!([gone, cut, whole.unwrap_or_default()].concat(), all);
        }
    }
}
