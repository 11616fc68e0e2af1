//! Which word somebody who mistyped one may have meant.

/// A word further away than this is another word.
const FURTHEST: usize = 3;

/// Longer words are not measured: they come from a file, and the way costs their product.
const LONGEST: usize = 64;

/// The word that is nearest to `typed`, if one is near.
pub fn nearest<'a>(typed: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if typed.chars().count() > LONGEST {
        return None;
    }
    let typed: Vec<char> = typed.to_lowercase().chars().collect();
    let limit = FURTHEST.min(typed.len() / 2);
    words.map(|word| (way(&typed, word), word)).filter(|(way, _)| *way <= limit).min().map(|(_, word)| word)
}

/// How many letters must be put in, taken out or changed (Levenshtein).
fn way(typed: &[char], word: &str) -> usize {
    let mut above: Vec<usize> = (0..=typed.len()).collect();
    for (row, c) in word.chars().enumerate() {
        let mut corner = std::mem::replace(&mut above[0], row + 1);
        for (column, t) in typed.iter().enumerate() {
            let changed = corner + usize::from(*t != c);
            corner = above[column + 1];
            above[column + 1] = changed.min(corner + 1).min(above[column] + 1);
        }
    }
    above[typed.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant() {
        let words = ["theme", "graph", "mouse", "heartbeat", "interval"];
        for (typed, expected) in [
            ("them", Some("theme")),
            ("heart-beat", Some("heartbeat")),
            ("Interval", Some("interval")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, words.into_iter()), expected, "{typed}");
        }
    }
}
