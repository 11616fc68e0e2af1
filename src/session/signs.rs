//! A job's signs of trouble after a round: counts, first and last times, and the throughput before the first; pure.

use std::time::Duration;

use crate::model::clock::Moment;
use crate::model::history::History;
use crate::model::sign::{MOST_SIGNS, Sign, SignRead, Signs};

/// The throughput before a sign is told from this span before it.
const BEFORE: Duration = Duration::from_mins(2);

/// The signs after this round. `lines` have been seen of the output so far, those of this round among them.
pub fn advance(before: Option<&Signs>, read: Vec<SignRead>, lines: u64, past: Option<&History>) -> Signs {
    let mut signs = before.cloned().unwrap_or_default();
    for read in read {
        let line = lines.saturating_sub(read.lines_after);
        if let Some(sign) = signs.seen.iter_mut().find(|sign| sign.kind.id == read.kind.id) {
            sign.count = sign.count.saturating_add(read.count);
            (sign.last, sign.line) = (read.at.1, line);
        } else if signs.seen.len() < MOST_SIGNS {
            signs.seen.push(Sign {
                count: read.count,
                first: read.at.0,
                last: read.at.1,
                line,
                excerpt: read.excerpt,
                throughput_before: past.and_then(|past| throughput_before(past, read.at.0)),
                kind: read.kind,
            });
        } else {
            signs.beyond = signs.beyond.saturating_add(read.count);
        }
    }
    signs
}

fn throughput_before(past: &History, first: Moment) -> Option<f64> {
    past.throughput.median_between(Moment::from_millis(first.millis().saturating_sub(millis(BEFORE))), first)
}

const fn millis(span: Duration) -> u64 {
    span.as_millis() as u64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::series::FEWEST;
    use crate::model::sign::{SignClass, SignKind};
    use crate::model::text::Text;

    fn read(id: &str, at: u64, lines_after: u64) -> SignRead {
        let kind = SignKind {
            id: Text::from(id),
            class: SignClass::Degraded,
            about: Text::from("it fell back"),
            advice: Text::default(),
            stays: true,
        };
        let at = Moment::from_millis(at);
        SignRead { kind: Arc::new(kind), count: 2, at: (at, at), lines_after, excerpt: Text::from(id) }
    }

    #[test]
    fn a_sign_keeps_its_first_words_and_its_newest_place() {
        let first = advance(None, vec![read("a", 5, 3)], 10, None);
        let second = advance(Some(&first), vec![read("a", 9, 0), read("b", 9, 0)], 20, None);
        let [a, b] = &second.seen[..] else { panic!("{second:?}") };
        assert_eq!((a.count, a.first.millis(), a.last.millis(), a.line), (4, 5, 9, 20));
        assert_eq!((first.seen[0].line, b.count, b.throughput_before), (7, 2, None));
        let json = serde_json::to_string(&second).unwrap();
        assert_eq!(serde_json::from_str::<Signs>(&json).unwrap(), second, "{json}");
    }

    #[test]
    fn the_throughput_before_is_a_median_of_points_enough() {
        let mut past = History::default();
        for second in 0..FEWEST as u64 {
            past.throughput.push(Moment::from_millis(second * 1_000), if second == 1 { 900.0 } else { 50.0 });
        }
        let before = |at| advance(None, vec![read("a", at, 0)], 1, Some(&past)).seen[0].throughput_before;
        assert_eq!(before(60_000), Some(50.0));
        assert_eq!(before(2_000), None, "too few points");
        assert_eq!(before(900_000), None, "they are too old");
    }

    #[test]
    fn there_are_only_so_many() {
        let many = (0..MOST_SIGNS + 3).map(|n| read(&n.to_string(), 1, 0)).collect();
        let signs = advance(None, many, 1, None);
        assert_eq!((signs.seen.len(), signs.beyond), (MOST_SIGNS, 6));
    }
}
