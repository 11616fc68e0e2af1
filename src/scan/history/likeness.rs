//! What two versions of a file share: the way in which the one is made out of the other where git does not tell. Pure.

use super::entry::Copied;

/// How much is compared at once.
const BLOCK: usize = 64;

/// The beginning and the end that a text shares with another one.
pub(crate) fn shared(base: &[u8], text: &[u8]) -> Vec<Copied> {
    let front = alike(base.chunks_exact(BLOCK), text.chunks_exact(BLOCK)) * BLOCK;
    let front = front + alike(base[front..].iter(), text[front..].iter());
    let (base_rest, rest) = (&base[front..], &text[front..]);
    let back = alike(base_rest.rchunks_exact(BLOCK), rest.rchunks_exact(BLOCK)) * BLOCK;
    let ends = |bytes: &[u8]| bytes.len() - back;
    let more = alike(base_rest[..ends(base_rest)].iter().rev(), rest[..ends(rest)].iter().rev());
    let back = back + more;
    let copies = [
        Copied { from: 0, at: 0, length: front },
        Copied { from: base.len() - back, at: text.len() - back, length: back },
    ];
    let mut copies: Vec<Copied> = copies.into_iter().filter(|copy| copy.length > 0).collect();
    if let [first, second] = copies[..]
        && first.end() == second.at
        && first.from + first.length == second.from
    {
        copies.truncate(1);
        copies[0].length += second.length;
    }
    copies
}

/// How many of these are the same in both, from the first on.
fn alike<T: PartialEq>(a: impl Iterator<Item = T>, b: impl Iterator<Item = T>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(base: &[u8], text: &[u8], expected: &[(usize, usize, usize)]) {
        let expected: Vec<Copied> =
            expected.iter().map(|&(from, at, length)| Copied { from, at, length }).collect();
        assert_eq!(shared(base, text), expected);
    }

    #[test]
    fn beginnings_and_ends() {
        check(b"", b"", &[]);
        check(b"abc", b"xyz", &[]);
        check(b"abc", b"abc", &[(0, 0, 3)]);
        check(b"abc", b"abxc", &[(0, 0, 2), (2, 3, 1)]);
        check(b"abxc", b"abc", &[(0, 0, 2), (3, 2, 1)]);
        check(b"aa", b"aaa", &[(0, 0, 2)]);
        check(b"aaa", b"aa", &[(0, 0, 2)]);
        let (long, longer) = ("some text\n".repeat(50), "some text\n".repeat(80));
        let base = [long.as_bytes(), b"one", longer.as_bytes()].concat();
        let text = [long.as_bytes(), b"two, four", longer.as_bytes()].concat();
        check(&base, &text, &[(0, 0, 500), (503, 509, 800)]);
    }

    proptest! {
        #[test]
        fn what_is_copied_is_the_same(
            front in 0..200_usize, back in 0..200_usize, base in "[ab]{0,5}", text in "[ab]{0,5}",
        ) {
            let made = |middle: &str| [&b"a".repeat(front)[..], middle.as_bytes(), &b"b".repeat(back)].concat();
            let (base, text) = (made(&base), made(&text));
            let mut at = 0;
            let copies = shared(&base, &text);
            for copy in &copies {
                prop_assert!(copy.at >= at && copy.length > 0);
                prop_assert_eq!(&text[copy.at..copy.end()], &base[copy.from..copy.from + copy.length]);
                at = copy.end();
            }
            let length: usize = copies.iter().map(|copy| copy.length).sum();
            prop_assert!(length >= front.max(back));
        }
    }
}
