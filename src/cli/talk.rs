//! What Telltale says to people: on standard error, mostly one line under its own name.

use std::io::Write;
use std::os::fd::AsFd;

use crate::model::text::Text;

/// Something to know.
pub fn say(words: &str) {
    // Nobody there to be told is no reason to fail.
    let lines: Vec<_> = words.lines().map(|line| Text::new(line).to_string()).collect();
    let _ = writeln!(std::io::stderr().lock(), "telltale: {}", lines.join("\n"));
}

/// Something does not work, and the rest goes on.
pub fn warning(error: &anyhow::Error) {
    say(&format!("warning: {error:#}"));
}

/// How wide a terminal is, for what is drawn over itself on one line.
pub fn columns(terminal: &impl AsFd) -> Option<u16> {
    rustix::termios::tcgetwinsize(terminal).ok().map(|size| size.ws_col).filter(|columns| *columns > 0)
}

/// Why it ends here.
pub fn error(error: &anyhow::Error) {
    say(&format!("{error:#}"));
}

/// A text of Telltale's own making: a summary, or a line that is drawn over itself.
pub fn as_it_is(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
