//! What a keeper holds of its warnings for those who come later: each once, and no more than fits its hello.

/// Bytes of them that are held: in JSON one takes up to six characters, and a hello is one line.
const MOST: usize = 8 << 10;

/// What stands in the place of the oldest, when there is no room for all.
const LEFT_OUT: &str = "earlier warnings are left out";

/// Holds one more.
pub(super) fn hold(held: &mut Vec<String>, mut warning: String) {
    if held.contains(&warning) {
        return;
    }
    warning.truncate(warning.floor_char_boundary(MOST / 2));
    held.push(warning);
    while held.iter().map(String::len).sum::<usize>() > MOST {
        let oldest = usize::from(held.first().is_some_and(|first| first == LEFT_OUT));
        held.remove(oldest);
        if oldest == 0 {
            held.insert(0, LEFT_OUT.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::message::{MAX_LINE, line_of};

    #[test]
    fn what_is_said_again_is_held_once() {
        let mut held = Vec::new();
        for _ in 0..1_000 {
            hold(&mut held, "not frozen".to_owned());
        }
        hold(&mut held, "the log is full".to_owned());
        assert_eq!(held, ["not frozen", "the log is full"]);
    }

    #[test]
    fn however_many_there_are_they_fit_a_line_and_the_newest_stay() {
        let mut held = Vec::new();
        for n in 0..10_000 {
            hold(&mut held, format!("{n} \u{1}{}", "\u{1}".repeat(n % 300)));
        }
        hold(&mut held, "é".repeat(100_000));
        assert_eq!(held[0], LEFT_OUT);
        assert!(held.last().is_some_and(|last| last.starts_with('é')) && held.len() > 2);
        assert!(line_of(&held).len() < MAX_LINE);
    }
}
