//! What a terminal sends, in pieces of any size and with silences between them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telltales::ui::input::{Code, Input, Key};
use telltales::ui::terminal::inputs::Inputs;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, bytes)) = bytes.split_first() else { return };
    let is_slow = size & 0x80 != 0;
    let mut inputs = Inputs::default();
    for piece in bytes.chunks(usize::from(size & 0x7f).max(1)) {
        for input in inputs.take(piece) {
            if let Input::Key(Key { code: Code::Char(c), .. }) = input {
                assert!(!c.is_control(), "a control character is a key with Ctrl");
            }
        }
        if is_slow {
            inputs.silence();
            assert!(inputs.patience().is_none(), "a silence decides everything");
        }
    }
    inputs.silence();
    assert_eq!(inputs.take(b"q"), [Input::Key(Key::plain(Code::Char('q')))], "no bytes make it deaf");
});
