//! What a terminal sends, in words of our own: the library that reads them from its bytes is known to one file.

/// One thing that the terminal sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed, or is held down.
    Key(Key),
    /// The mouse did something.
    Mouse(Mouse),
    /// Text was pasted.
    Paste(String),
    /// Text was pasted that is too long, or whose end never came; it is dropped.
    LostPaste,
    /// The terminal has so many columns and rows now.
    Resize(u16, u16),
    /// The terminal's window got the focus (true) or lost it.
    Focus(bool),
    /// The terminal answered a question of the edge; nothing on the screen follows from it.
    Answer(Answer),
}

/// An answer of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What device it is (DA1): everything that was sent before the question has been taken in.
    Device,
    /// Whether it can show a frame all at once (DEC 2026).
    Synchronises(bool),
}

/// A key with the keys held down beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// Ctrl is held down.
    pub has_ctrl: bool,
    /// Alt is held down, or Esc came just before.
    pub has_alt: bool,
}

impl Key {
    /// A key alone.
    pub const fn plain(code: Code) -> Self {
        Self { code, has_ctrl: false, has_alt: false }
    }

    /// A character with Ctrl held down.
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), has_ctrl: true, has_alt: false }
    }
}

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A character; Shift is in it.
    Char(char),
    /// Enter.
    Enter,
    /// Esc.
    Esc,
    /// Tab.
    Tab,
    /// Tab with Shift.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// The arrow up.
    Up,
    /// The arrow down.
    Down,
    /// The arrow to the left.
    Left,
    /// The arrow to the right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, from 1.
    F(u8),
}

/// Something that the mouse did, and where; columns and rows from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What it did.
    pub kind: MouseKind,
    /// In which column.
    pub column: u16,
    /// In which row.
    pub row: u16,
}

/// What a mouse can do that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// The wheel turned up.
    WheelUp,
    /// The wheel turned down.
    WheelDown,
}
