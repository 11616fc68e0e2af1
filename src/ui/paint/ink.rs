//! Putting text into cells: cut at the right width, aligned, and never outside its area.
//!
//! Widths are counted by `unicode-width`, as the buffer does; a cut text ends with one mark of its own.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::config::theme::{Role, Theme};
use crate::ui::paint::glyphs::Glyphs;

/// What one draws with: the cells, the colours and the characters.
pub(in crate::ui) struct Ink<'a> {
    pub(in crate::ui) buffer: &'a mut Buffer,
    pub(in crate::ui) theme: &'a Theme,
    pub(in crate::ui) glyphs: &'static Glyphs,
}

impl Ink<'_> {
    /// How a role looks.
    pub(in crate::ui) fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Writes `text` at the left of `area`'s first row and returns how many columns it took.
    pub(in crate::ui) fn put(&mut self, area: Rect, text: &str, role: Role) -> u16 {
        self.put_styled(area, text, self.style(role))
    }

    /// The same in a style of its own.
    pub(in crate::ui) fn put_styled(&mut self, area: Rect, text: &str, style: Style) -> u16 {
        let area = area.intersection(self.buffer.area);
        if area.is_empty() {
            return 0;
        }
        // A locale that is not UTF-8 would take every byte of another character for a character of its own.
        let plain = (!self.glyphs.has_blocks && !text.is_ascii()).then(|| in_ascii(text));
        let (kept, is_cut) = fit(plain.as_deref().unwrap_or(text), area.width);
        let (mut x, _) = self.buffer.set_stringn(area.x, area.y, kept, usize::from(area.width), style);
        if is_cut && x < area.right() {
            (x, _) =
                self.buffer.set_stringn(x, area.y, self.glyphs.cut, usize::from(area.right() - x), style);
        }
        x - area.x
    }

    /// Writes `text` at the right end of `area`'s first row; what has no room is cut at its end.
    pub(in crate::ui) fn put_right(&mut self, area: Rect, text: &str, role: Role) {
        let width = (text.width() as u16).min(area.width);
        let area = Rect { x: area.right() - width, width, ..area };
        self.put(area, text, role);
    }

    /// Fills the first row of `area` with one character.
    pub(in crate::ui) fn rule(&mut self, area: Rect, symbol: &str, role: Role) {
        let style = self.style(role);
        let area = area.intersection(self.buffer.area);
        if area.is_empty() {
            return;
        }
        for x in area.left()..area.right() {
            self.buffer[(x, area.y)].set_symbol(symbol).set_style(style);
        }
    }

    /// Gives the cells of `area` a style without touching what they show.
    pub(in crate::ui) fn tint(&mut self, area: Rect, role: Role) {
        let style = self.style(role);
        let area = area.intersection(self.buffer.area);
        if style.add_modifier.contains(Modifier::REVERSED) {
            // Reversed, each colour of a row would be a ground of its own.
            self.buffer.set_style(area, Style::new().fg(Color::Reset).remove_modifier(Modifier::DIM));
        }
        self.buffer.set_style(area, style);
    }

    /// Empties `area`.
    pub(in crate::ui) fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for position in area.positions() {
            self.buffer[position].reset();
        }
        if let Some(ground) = self.theme.ground() {
            self.buffer.set_style(area, ground);
        }
    }

    /// Draws a frame with rounded corners and a title, and returns what is inside.
    pub(in crate::ui) fn frame(&mut self, area: Rect, title: &str, role: Role) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let [top_left, top_right, bottom_left, bottom_right] = self.glyphs.corners;
        let bottom = area.bottom() - 1;
        self.rule(row(area, 0), self.glyphs.horizontal, role);
        self.rule(Rect { y: bottom, height: 1, ..area }, self.glyphs.horizontal, role);
        for y in area.y + 1..bottom {
            for x in [area.x, area.right() - 1] {
                self.rule(Rect { x, y, width: 1, height: 1 }, self.glyphs.vertical, role);
            }
        }
        let right = area.right() - 1;
        for (x, y, symbol) in [
            (area.x, area.y, top_left),
            (right, area.y, top_right),
            (area.x, bottom, bottom_left),
            (right, bottom, bottom_right),
        ] {
            self.rule(Rect { x, y, width: 1, height: 1 }, symbol, role);
        }
        self.title(row(area, 0), title, Role::Title);
        Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
    }

    /// Draws a line across a framed area, joined to its frame, with a title.
    pub(in crate::ui) fn divider(&mut self, framed: Rect, y: u16, title: &str, role: Role) {
        self.divider_titled(framed, y, title, role, Role::Dim);
    }

    /// The same with a title in a role of its own.
    pub(in crate::ui) fn divider_titled(
        &mut self,
        framed: Rect,
        y: u16,
        title: &str,
        role: Role,
        title_role: Role,
    ) {
        if framed.width < 2 || y <= framed.y || y + 1 >= framed.bottom() {
            return;
        }
        let line = Rect { y, height: 1, ..framed };
        let [left, right] = self.glyphs.tees;
        self.rule(line, self.glyphs.horizontal, role);
        self.rule(Rect { width: 1, ..line }, left, role);
        self.rule(Rect { x: line.right() - 1, width: 1, ..line }, right, role);
        self.title(line, title, title_role);
    }

    fn title(&mut self, line: Rect, title: &str, role: Role) {
        if title.is_empty() || line.width < 8 {
            return;
        }
        let area = Rect { x: line.x + 1, width: line.width - 2, ..line };
        self.put(area, &format!(" {title} "), role);
    }
}

/// Writes pieces from left to right into one row; each has its own width and none can leave the row.
pub(in crate::ui) struct Row<'i, 'a> {
    pub(in crate::ui) ink: &'i mut Ink<'a>,
    rest: Rect,
}

impl<'i, 'a> Row<'i, 'a> {
    /// Starts at the left of `area`'s first row.
    pub(in crate::ui) fn new(ink: &'i mut Ink<'a>, area: Rect) -> Self {
        let rest = Rect { height: area.height.min(1), ..area };
        Self { ink, rest }
    }

    /// Takes the next `width` columns.
    pub(in crate::ui) fn take(&mut self, width: u16) -> Rect {
        let width = width.min(self.rest.width);
        let taken = Rect { width, ..self.rest };
        self.rest.x += width;
        self.rest.width -= width;
        taken
    }

    /// How many columns are left.
    pub(in crate::ui) const fn room(&self) -> u16 {
        self.rest.width
    }

    /// Leaves columns blank.
    pub(in crate::ui) fn gap(&mut self, width: u16) -> &mut Self {
        self.take(width);
        self
    }

    /// A left-aligned column.
    pub(in crate::ui) fn left(&mut self, width: u16, text: &str, role: Role) -> &mut Self {
        let area = self.take(width);
        self.ink.put(area, text, role);
        self
    }

    /// A right-aligned column.
    pub(in crate::ui) fn right(&mut self, width: u16, text: &str, role: Role) -> &mut Self {
        let area = self.take(width);
        self.ink.put_right(area, text, role);
        self
    }

    /// A column's title, with a blank at both sides where it stands on a line.
    pub(in crate::ui) fn title(&mut self, width: u16, title: &str, is_right: bool) -> &mut Self {
        let area = self.take(width);
        let used = (title.width() as u16).min(area.width);
        if used > 0 && !area.is_empty() {
            let x = if is_right { area.right() - used } else { area.x };
            let room = Rect { x: x.saturating_sub(1), width: used + 2, ..area };
            self.ink.clear(room.intersection(Rect {
                x: area.x.saturating_sub(1),
                width: area.width + 2,
                ..area
            }));
            self.ink.put(Rect { x, width: used, ..area }, title, Role::Dim);
        }
        self
    }

    /// Text that takes the columns it needs.
    pub(in crate::ui) fn text(&mut self, text: &str, role: Role) -> &mut Self {
        let used = self.ink.put(self.rest, text, role);
        self.take(used);
        self
    }
}

/// Row `n` of an area; empty when there is none.
pub(in crate::ui) fn row(area: Rect, n: u16) -> Rect {
    if n < area.height {
        Rect { y: area.y + n, height: 1, ..area }
    } else {
        Rect { height: 0, width: 0, ..area }
    }
}

/// The part of `text` that fits into `width` columns, and whether a mark must follow it.
fn fit(text: &str, width: u16) -> (&str, bool) {
    let width = usize::from(width);
    // One byte is never wider than one column, so most texts need no count.
    if text.len() <= width || text.width() <= width {
        return (text, false);
    }
    let mut used = 0;
    for (at, c) in text.char_indices() {
        let wide = c.width().unwrap_or(0);
        if used + wide > width.saturating_sub(1) {
            return (&text[..at], true);
        }
        used += wide;
    }
    (text, false)
}

/// `text` in at most `width` columns, with a mark where its end is cut off.
pub(in crate::ui) fn shortened(text: &str, width: usize, mark: &str) -> String {
    let (kept, is_cut) = fit(text, u16::try_from(width).unwrap_or(u16::MAX));
    if is_cut { format!("{kept}{mark}") } else { kept.to_owned() }
}

/// The same text with a question mark in each column of a character that is not ASCII.
pub(in crate::ui) fn in_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n('?', c.width().unwrap_or(0)));
        }
    }
    out
}

/// The end of `text` that fits into `width` columns, with a mark before it: for paths, whose end says most.
pub(in crate::ui) fn keep_end(text: &str, width: u16, mark: &str) -> String {
    let width = usize::from(width);
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 0;
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        let wide = c.width().unwrap_or(0);
        if used + wide > width.saturating_sub(1) {
            break;
        }
        used += wide;
        start = at;
    }
    if width == 0 { String::new() } else { format!("{mark}{}", &text[start..]) }
}

/// `text` from where `focus` in it has room in `width` columns, with a mark for what is left out before it: a
/// line of a minified file is longer than any screen.
pub(in crate::ui) fn around(text: &str, focus: &str, width: u16, mark: &str) -> String {
    let width = usize::from(width);
    let Some(at) = text.find(focus).filter(|at| text[..at + focus.len()].width() > width) else {
        return text.to_owned();
    };
    let mut before = 0;
    let mut start = at;
    for (place, c) in text[..at].char_indices().rev() {
        before += c.width().unwrap_or(0);
        if before > width / 4 {
            break;
        }
        start = place;
    }
    format!("{mark}{}", &text[start..])
}

/// Breaks words into at most `most` lines of `width` columns; the last one takes the rest and may be cut.
pub(in crate::ui) fn wrap(text: &str, width: u16, most: usize) -> Vec<String> {
    let width = usize::from(width);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let must_take = lines.len() >= most;
        match lines.last_mut() {
            Some(line) if must_take || line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_columns_and_not_by_characters() {
        assert_eq!(fit("plain", 5), ("plain", false));
        assert_eq!(fit("plain", 4), ("pla", true));
        assert_eq!(fit("日本語", 5), ("日本", true));
        assert_eq!(fit("日本語", 4), ("日", true));
        assert_eq!(fit("日本", 0), ("", true));
        assert_eq!(in_ascii("a日é"), "a???");
    }

    #[test]
    fn a_path_keeps_its_end() {
        assert_eq!(keep_end("config/prod.env:12", 12, "…"), "…prod.env:12");
        assert_eq!(keep_end("a:1", 12, "…"), "a:1");
        assert_eq!(keep_end("abc", 0, "…"), "");
    }

    #[test]
    fn a_long_line_is_shown_around_what_matters() {
        assert_eq!(around("key=abc", "abc", 10, "…"), "key=abc");
        assert_eq!(around("0123456789key=abc", "abc", 8, "…"), "…y=abc");
        assert_eq!(around("0123456789", "abc", 8, "…"), "0123456789");
    }

    #[test]
    fn words_wrap_and_the_last_line_takes_the_rest() {
        assert_eq!(wrap("one two three four", 8, 2), ["one two", "three four"]);
        assert_eq!(wrap("one two three", 40, 2), ["one two three"]);
        assert_eq!(wrap("one two", 3, 1), ["one two"]);
    }
}
