//! Configuration files: a stranger's repository brings one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::config::file::{project, theme, user};
use telltales::config::theme::Theme;
use telltales::ui::input::Key;
use telltales::ui::keymap::Keymap;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let lines = text.lines().count() + 1;
    let say = |why: &str, line: usize| {
        assert!(!why.chars().any(char::is_control), "{why:?}");
        assert!(line <= lines);
    };
    match user(text) {
        Ok(file) => {
            if let Err(wrong) = Keymap::with(&file.keys) {
                say(&wrong.why, wrong.line);
            }
            for own in &file.themes {
                if let Err(wrong) = Theme::named(&own.name, &file.themes) {
                    say(&wrong.why, wrong.line);
                }
            }
        }
        Err(wrong) => say(&wrong.why, wrong.line),
    }
    if let Err(wrong) = project(text) {
        say(&wrong.why, wrong.line);
    }
    let _ = theme(text);
    if let Ok(key) = Key::parse(text) {
        assert_eq!(Key::parse(&key.to_string()), Ok(key));
    }
});
