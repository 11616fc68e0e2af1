//! Commands for the terminal behind a multiplexer: in an envelope that is opened there. Pure.

use super::modes::Multiplexer;

/// GNU screen takes no longer string at once.
const SCREEN_TAKES: usize = 76;

/// The command in an envelope that the multiplexer opens and passes on; `None` where none stands in between.
pub(super) fn envelope(command: &[u8], multiplexer: Multiplexer) -> Option<Vec<u8>> {
    match multiplexer {
        Multiplexer::None => None,
        // An Esc is doubled inside.
        Multiplexer::Tmux => {
            let mut inside = b"\x1bPtmux;".to_vec();
            for byte in command {
                inside.extend(std::iter::repeat_n(*byte, if *byte == 0x1b { 2 } else { 1 }));
            }
            inside.extend_from_slice(b"\x1b\\");
            Some(inside)
        }
        Multiplexer::Screen => {
            let envelopes = command.chunks(SCREEN_TAKES).map(|part| [b"\x1bP", part, b"\x1b\\"].concat());
            Some(envelopes.flatten().collect())
        }
    }
}
