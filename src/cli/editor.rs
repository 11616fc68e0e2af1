#![expect(clippy::disallowed_methods, reason = "edge: starts the user's editor and waits for it")]
//! The user's editor, opened at a line: which words start it, and how it is waited for.
//!
//! It is started without a shell, on the terminal that the screen has lent, and in the group of this process: the
//! terminal is theirs together, and a Ctrl-Z in the editor stops both, as it does under git.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::model::text::escape_path;
use crate::scan::origin::INSIDE;

/// What POSIX has everywhere.
const DEFAULT: &str = "vi";

/// Editors that want `PATH:LINE`, with what goes before it; all others take `+LINE PATH`, as vi does.
const WITH_COLON: &[(&str, Option<&str>)] = &[
    ("hx", None),
    ("helix", None),
    ("subl", None),
    ("sublime_text", None),
    ("zed", None),
    ("zeditor", None),
    ("code", Some("--goto")),
    ("codium", Some("--goto")),
    ("cursor", Some("--goto")),
];

/// The words that open `path` at `line`, in the editor that these two variables name.
fn words(visual: Option<OsString>, editor: Option<OsString>, path: &Path, line: u64) -> Vec<OsString> {
    let is_blank = |text: &OsString| text.to_string_lossy().trim().is_empty();
    let named = [visual, editor].into_iter().flatten().find(|text| !is_blank(text));
    let named = named.unwrap_or_else(|| DEFAULT.into()).to_string_lossy().into_owned();
    let mut words: Vec<OsString> = named.split_whitespace().map(OsString::from).collect();
    let program = words.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
    let style = WITH_COLON.iter().find(|(name, _)| OsStr::new(name) == program);
    // A name that begins with a dash would be taken for an option.
    let has_dash = path.as_os_str().as_encoded_bytes().starts_with(b"-");
    let path = if has_dash { Path::new(".").join(path) } else { path.to_owned() }.into_os_string();
    match style {
        Some((_, before)) => {
            words.extend(before.map(OsString::from));
            let mut place = path;
            place.push(format!(":{line}"));
            words.push(place);
        }
        None => words.extend([format!("+{line}").into(), path]),
    }
    words
}

/// Opens the user's editor and waits until it ends. What comes back is what went wrong, in words.
pub(super) fn edit(path: &Path, line: u64, stop: impl Fn()) -> Result<(), String> {
    if !path.exists() && path.to_string_lossy().contains(INSIDE) {
        return Err(format!("{} lies inside of another file; unpack that to edit it", escape_path(path)));
    }
    if !path.exists() {
        return Err(format!("{} is not there any more", escape_path(path)));
    }
    let words = words(std::env::var_os("VISUAL"), std::env::var_os("EDITOR"), path, line);
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let name = escape_path(Path::new(program));
    let child = match Command::new(program).args(arguments).spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("there is no editor {name}; set VISUAL or EDITOR to the one to use"));
        }
        Err(error) => return Err(format!("the editor {name} does not start: {error}")),
    };
    wait(Pid::from_child(&child), stop).map_or(Ok(()), |code| Err(format!("{name} ended with code {code}")))
}

/// Waits for the end and gives its code unless that is 0. When the editor is stopped, so are we, and it goes on when
/// we do.
fn wait(editor: Pid, stop: impl Fn()) -> Option<i32> {
    loop {
        match waitpid(Some(editor), WaitOptions::UNTRACED) {
            Ok(Some((_, status))) if status.stopped() => {
                stop();
                // A shell has continued both of us by now; where none could, this does.
                let _ = kill_process(editor, Signal::CONT);
            }
            Ok(Some((_, status))) => {
                return status
                    .exit_status()
                    .or(status.terminating_signal().map(|signal| 128 + signal))
                    .filter(|&c| c != 0);
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}

/// Claims that the terminal is somebody else's while it lives: signals that a terminal sends are then not ours.
pub(super) struct Lent<'a>(&'a AtomicBool);

impl<'a> Lent<'a> {
    pub(super) fn new(is_lent: &'a AtomicBool) -> Self {
        is_lent.store(true, Ordering::SeqCst);
        Self(is_lent)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_is_opened_at_the_line_in_its_own_way() {
        let check = |visual: Option<&str>, editor: Option<&str>, path: &str, expected: &[&str]| {
            let words = words(visual.map(OsString::from), editor.map(OsString::from), Path::new(path), 7);
            assert_eq!(words, expected.iter().map(OsString::from).collect::<Vec<_>>());
        };
        check(None, None, "a b.txt", &["vi", "+7", "a b.txt"]);
        check(None, Some("nano -w"), "a", &["nano", "-w", "+7", "a"]);
        check(Some("nvim"), Some("nano"), "a", &["nvim", "+7", "a"]);
        check(Some("  "), Some("nano"), "a", &["nano", "+7", "a"]);
        check(Some("/usr/bin/hx"), None, "src/a.rs", &["/usr/bin/hx", "src/a.rs:7"]);
        check(Some("code --wait"), None, "a", &["code", "--wait", "--goto", "a:7"]);
        check(None, None, "-rf", &["vi", "+7", "./-rf"]);
        check(Some("vi; rm x"), None, "$(x)", &["vi;", "rm", "x", "+7", "$(x)"]);
    }
}
