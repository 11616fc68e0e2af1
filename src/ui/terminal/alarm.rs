//! The bell, and notifications on the desktop of the terminal's user (OSC 9 and OSC 777): they work over SSH. Pure.

use super::envelope::envelope;
use super::modes::{Notes, Surroundings};
use crate::model::alert::Alarm;

/// What tmux and terminals turn into a mark on the window, a flash or a sound, as their user wants it.
const BELL: u8 = 0x07;

/// Characters of a notification; desktops cut longer ones.
const LONGEST: usize = 200;

/// The bytes that make the terminal ring and show what it is told to.
///
/// A multiplexer hears the bell itself. It passes a notification on in an envelope only: tmux where
/// `allow-passthrough` is on (before 3.3, always).
pub fn bytes(alarm: &Alarm, around: &Surroundings) -> Vec<u8> {
    let mut bytes = if alarm.rings { vec![BELL] } else { Vec::new() };
    if !around.takes_commands {
        return bytes;
    }
    for note in &alarm.notes {
        let note = cut(note);
        // OSC 9 with a number in front means something else to some terminals, so a word goes before.
        let plain = || format!("\x1b]9;telltale: {note}\x07").into_bytes();
        // The parts of OSC 777 are kept apart by semicolons.
        let titled = || format!("\x1b]777;notify;telltale;{}\x07", note.replace(';', ",")).into_bytes();
        let commands = match around.notes {
            Notes::Osc9 => vec![plain()],
            Notes::Osc777 => vec![titled()],
            Notes::Both => vec![plain(), titled()],
        };
        for command in commands {
            bytes.extend(envelope(&command, around.multiplexer).unwrap_or(command));
        }
    }
    bytes
}

fn cut(note: &str) -> String {
    let mut kept: String = note.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if note.chars().nth(LONGEST).is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::text::Text;
    use crate::ui::terminal::modes::Multiplexer;

    fn around(multiplexer: Multiplexer, notes: Notes) -> Surroundings {
        Surroundings { multiplexer, notes, takes_commands: true, ..Surroundings::default() }
    }

    fn told(note: &str, around: Surroundings) -> String {
        let alarm = Alarm { rings: true, notes: vec![Text::from(note)] };
        String::from_utf8(bytes(&alarm, &around)).unwrap()
    }

    #[test]
    fn each_terminal_is_asked_in_its_own_way() {
        let (none, tmux) = (Multiplexer::None, Multiplexer::Tmux);
        let cases = [
            (around(none, Notes::Osc9), "\x07\x1b]9;telltale: etl; no beat\x07"),
            (around(none, Notes::Osc777), "\x07\x1b]777;notify;telltale;etl, no beat\x07"),
            (around(tmux, Notes::Osc9), "\x07\x1bPtmux;\x1b\x1b]9;telltale: etl; no beat\x07\x1b\\"),
            (around(Multiplexer::Screen, Notes::Osc9), "\x07\x1bP\x1b]9;telltale: etl; no beat\x07\x1b\\"),
            (Surroundings { takes_commands: false, ..around(none, Notes::Both) }, "\x07"),
        ];
        for (around, expected) in cases {
            assert_eq!(told("etl; no beat", around), expected);
        }
        let both = told("x", around(none, Notes::Both));
        assert!(both.contains("]9;") && both.contains("]777;"));
    }

    #[test]
    fn no_text_breaks_out_of_its_place() {
        let note = told("a\x1b]52;c;x\x07b\u{9b}31m", around(Multiplexer::None, Notes::Osc777));
        assert_eq!(note.matches('\x1b').count(), 1);
        assert_eq!(note.matches('\x07').count(), 2);
        assert_eq!(note.matches(';').count(), 3);
        assert!(told(&"x".repeat(5_000), around(Multiplexer::None, Notes::Osc9)).chars().count() < 230);
        assert!(bytes(&Alarm::default(), &around(Multiplexer::None, Notes::Both)).is_empty());
    }
}
