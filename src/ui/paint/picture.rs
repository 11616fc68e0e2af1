//! A frame as text, and as an SVG picture.
//!
//! Lines, bars and braille are drawn as shapes and not as letters: fonts have them in other widths than the
//! rest, or not at all, and a picture must look right wherever it is opened.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// A cell in SVG units: the advance of common monospaced fonts at 14 is 8.4.
const CELL: (f64, f64) = (8.4, 18.0);
const FONT_SIZE: f64 = 14.0;
const MARGIN: f64 = 14.0;
/// The baseline below the top of a cell.
const BASELINE: f64 = 13.2;

/// What a picture stands on. A theme that paints no background is made for one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ground {
    /// A dark terminal.
    #[default]
    Dark,
    /// A light one.
    Light,
}

impl Ground {
    const fn background(self) -> &'static str {
        match self {
            Self::Dark => "#12161d",
            Self::Light => "#f7f6f1",
        }
    }

    const fn foreground(self) -> &'static str {
        match self {
            Self::Dark => "#d3d9e2",
            Self::Light => "#1f2430",
        }
    }

    /// Dim lines are dimmer than dim letters, which have to be read.
    const fn dim(self, is_line: bool) -> &'static str {
        match (self, is_line) {
            (Self::Dark, true) => "#3f4958",
            (Self::Dark, false) => "#828c9b",
            (Self::Light, true) => "#b9bdc4",
            (Self::Light, false) => "#5c6470",
        }
    }
}

/// The lines of a frame without their blank ends.
pub fn text(buffer: &Buffer) -> Vec<String> {
    let mut lines = Vec::with_capacity(usize::from(buffer.area.height));
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        let mut behind = 0;
        for x in buffer.area.left()..buffer.area.right() {
            // The cells behind a wide character are blank, and stand for nothing.
            if behind > 0 {
                behind -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            behind = symbol.width().saturating_sub(1);
            line.push_str(symbol);
        }
        line.truncate(line.trim_end().len());
        lines.push(line);
    }
    lines
}

/// Shapes of one colour, gathered so that the picture has one path for each.
#[derive(Default)]
struct Shapes {
    ground: Ground,
    /// What lies under the letters of rows that stand out, by colour.
    papers: BTreeMap<String, String>,
    /// Filled areas by colour.
    fills: BTreeMap<String, String>,
    /// Lines by width in tenths and colour.
    strokes: BTreeMap<(u8, String), String>,
    /// Letters, in the order they were met.
    letters: String,
}

/// The frame as a picture on this ground.
pub fn svg(buffer: &Buffer, ground: Ground) -> String {
    let mut shapes = Shapes { ground, ..Shapes::default() };
    for y in 0..buffer.area.height {
        row(&mut shapes, buffer, y);
    }
    let width = f64::from(buffer.area.width) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(buffer.area.height) * CELL.1 + 2.0 * MARGIN;
    let mut out = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"'DejaVu Sans Mono',Menlo,Consolas,monospace\" \
         font-size=\"{FONT_SIZE}\">"
    );
    let background = ground.background();
    let _ = writeln!(out, "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{background}\"/>");
    let _ = writeln!(out, "<g transform=\"translate({MARGIN} {MARGIN})\" xml:space=\"preserve\">");
    for (colour, path) in shapes.papers.iter().chain(&shapes.fills) {
        let _ = writeln!(out, "<path fill=\"{colour}\" d=\"{path}\"/>");
    }
    for ((tenths, colour), path) in &shapes.strokes {
        let width = f64::from(*tenths) / 10.0;
        let _ =
            writeln!(out, "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" d=\"{path}\"/>");
    }
    out.push_str(&shapes.letters);
    out.push_str("</g>\n</svg>\n");
    out
}

/// One row: shapes cell by cell, and letters in runs of one look.
fn row(shapes: &mut Shapes, buffer: &Buffer, y: u16) {
    let area = buffer.area;
    papers(shapes, buffer, y);
    let mut run: Option<(u16, String, &Cell)> = None;
    for x in 0..area.width {
        let cell = &buffer[(area.x + x, area.y + y)];
        if let Some(c) = cell.symbol().chars().next().filter(|&c| is_shape(c)) {
            flush(shapes, &mut run, y);
            shape(shapes, c, cell, x, y);
            continue;
        }
        let is_plain = cell.symbol().is_ascii();
        match &mut run {
            // Two blanks end a run: viewers disagree on how wide many of them are.
            Some((_, text, first))
                if is_plain
                    && looks(first, shapes.ground) == looks(cell, shapes.ground)
                    && !(text.ends_with(' ') && cell.symbol() == " ") =>
            {
                text.push_str(cell.symbol());
            }
            _ => {
                flush(shapes, &mut run, y);
                run = Some((x, cell.symbol().to_owned(), cell));
                // A letter of another font has another width: it stands alone.
                if !is_plain {
                    flush(shapes, &mut run, y);
                }
            }
        }
    }
    flush(shapes, &mut run, y);
}

/// What lies under the letters of a row: neighbours of one colour are one area, without seams between them.
fn papers(shapes: &mut Shapes, buffer: &Buffer, y: u16) {
    let area = buffer.area;
    let paper = |x: u16| paper_of(&buffer[(area.x + x, area.y + y)], shapes.ground);
    let mut from = 0;
    while from < area.width {
        let colour = paper(from);
        let to = (from + 1..area.width).find(|&x| paper(x) != colour).unwrap_or(area.width);
        if let Some(colour) = colour {
            let (left, top) = corner(from, y);
            let path = shapes.papers.entry(colour).or_default();
            rectangle(path, left, top, f64::from(to - from) * CELL.0, CELL.1);
        }
        from = to;
    }
}

fn looks(cell: &Cell, ground: Ground) -> (String, Modifier) {
    (ink_of(cell, false, ground), cell.modifier)
}

fn flush(shapes: &mut Shapes, run: &mut Option<(u16, String, &Cell)>, y: u16) {
    let Some((mut x, text, cell)) = run.take() else { return };
    let text = text.trim_end();
    let blank = text.len() - text.trim_start().len();
    let text = text.trim_start();
    x += blank as u16;
    if text.is_empty() {
        return;
    }
    let (left, top) = corner(x, y);
    let length = text.width() as f64 * CELL.0;
    let mut style = String::new();
    if cell.modifier.contains(Modifier::BOLD) {
        style.push_str(" font-weight=\"bold\"");
    }
    if cell.modifier.contains(Modifier::CROSSED_OUT) {
        style.push_str(" text-decoration=\"line-through\"");
    }
    let fit = if text.is_ascii() {
        format!("x=\"{left:.1}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\"")
    } else {
        format!("x=\"{:.1}\" text-anchor=\"middle\"", left + length / 2.0)
    };
    let _ = writeln!(
        shapes.letters,
        "<text {fit} y=\"{:.1}\" fill=\"{}\"{style}>{}</text>",
        top + BASELINE,
        ink_of(cell, false, shapes.ground),
        escaped(text)
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn corner(x: u16, y: u16) -> (f64, f64) {
    (f64::from(x) * CELL.0, f64::from(y) * CELL.1)
}

const fn is_shape(c: char) -> bool {
    matches!(
        c,
        '─' | '━'
            | '╸'
            | '│'
            | '╭'
            | '╮'
            | '╰'
            | '╯'
            | '├'
            | '┤'
            | '▁'..='▏'
            | '░'
            | '▒'
            | '▓'
            | '\u{2801}'..='\u{28ff}'
    )
}

fn shape(shapes: &mut Shapes, c: char, cell: &Cell, x: u16, y: u16) {
    let (left, top) = corner(x, y);
    let (right, bottom) = (left + CELL.0, top + CELL.1);
    let (mid, half) = (left + CELL.0 / 2.0, top + CELL.1 / 2.0);
    let line = ink_of(cell, true, shapes.ground);
    let colour = ink_of(cell, false, shapes.ground);
    let thin = 11;
    let path = match c {
        '─' => format!("M{left:.1} {half:.1}H{right:.1}"),
        '│' => format!("M{mid:.1} {top:.1}V{bottom:.1}"),
        '├' => format!("M{mid:.1} {top:.1}V{bottom:.1}M{mid:.1} {half:.1}H{right:.1}"),
        '┤' => format!("M{mid:.1} {top:.1}V{bottom:.1}M{mid:.1} {half:.1}H{left:.1}"),
        '╭' => format!("M{mid:.1} {bottom:.1}Q{mid:.1} {half:.1} {right:.1} {half:.1}"),
        '╮' => format!("M{mid:.1} {bottom:.1}Q{mid:.1} {half:.1} {left:.1} {half:.1}"),
        '╰' => format!("M{mid:.1} {top:.1}Q{mid:.1} {half:.1} {right:.1} {half:.1}"),
        '╯' => format!("M{mid:.1} {top:.1}Q{mid:.1} {half:.1} {left:.1} {half:.1}"),
        '━' => return fill(shapes, &colour, left, half - 2.5, CELL.0 + 0.2, 5.0),
        '╸' => return fill(shapes, &colour, left, half - 2.5, CELL.0 / 2.0, 5.0),
        '▁'..='█' => {
            let tall = f64::from(c as u32 - 0x2580) / 8.0 * CELL.1;
            return fill(shapes, &colour, left, bottom - tall, CELL.0, tall);
        }
        '▉'..='▏' | '░' | '▒' | '▓' => {
            let wide = CELL.0
                * match c {
                    '░' => 0.25,
                    '▒' => 0.5,
                    '▓' => 0.75,
                    eighths => f64::from(0x2590 - eighths as u32) / 8.0,
                };
            return fill(shapes, &colour, left, top, wide, CELL.1);
        }
        braille => return dots(shapes, &colour, braille, left, top),
    };
    shapes.strokes.entry((thin, line)).or_default().push_str(&path);
}

/// Braille as small squares, at the places the standard gives the eight dots.
fn dots(shapes: &mut Shapes, colour: &str, c: char, left: f64, top: f64) {
    const PLACES: [(u32, f64, f64); 8] = [
        (0x01, 0.0, 0.0),
        (0x02, 0.0, 1.0),
        (0x04, 0.0, 2.0),
        (0x40, 0.0, 3.0),
        (0x08, 1.0, 0.0),
        (0x10, 1.0, 1.0),
        (0x20, 1.0, 2.0),
        (0x80, 1.0, 3.0),
    ];
    let bits = c as u32 - 0x2800;
    for (bit, column, row) in PLACES {
        if bits & bit != 0 {
            let (x, y) = (left + 0.9 + column * CELL.0 / 2.0, top + 1.6 + row * CELL.1 / 4.0);
            fill(shapes, colour, x, y, 2.4, 2.4);
        }
    }
}

fn fill(shapes: &mut Shapes, colour: &str, x: f64, y: f64, width: f64, height: f64) {
    rectangle(shapes.fills.entry(colour.to_owned()).or_default(), x, y, width, height);
}

fn rectangle(path: &mut String, x: f64, y: f64, width: f64, height: f64) {
    let _ = write!(path, "M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z");
}

/// What lies under a cell, where that is not the ground: on a reversed cell, the colour of its ink.
fn paper_of(cell: &Cell, ground: Ground) -> Option<String> {
    if cell.modifier.contains(Modifier::REVERSED) {
        return Some(colour(cell.fg, cell.modifier, false, ground));
    }
    (cell.bg != Color::Reset).then(|| colour(cell.bg, Modifier::empty(), false, ground))
}

/// The colour of a cell's ink: on a reversed cell, that of its paper.
fn ink_of(cell: &Cell, is_line: bool, ground: Ground) -> String {
    match (cell.modifier.contains(Modifier::REVERSED), cell.bg) {
        (true, Color::Reset) => ground.background().to_owned(),
        (true, bg) => colour(bg, Modifier::empty(), false, ground),
        (false, _) => colour(cell.fg, cell.modifier, is_line, ground),
    }
}

fn colour(of: Color, modifier: Modifier, is_line: bool, ground: Ground) -> String {
    let is_dim = modifier.contains(Modifier::DIM);
    let colour = match of {
        Color::Red | Color::LightRed => "#f2777f",
        Color::Green | Color::LightGreen => "#8fcf8f",
        Color::Yellow | Color::LightYellow => "#e6bd6a",
        Color::Blue | Color::LightBlue => "#7aa9f0",
        Color::Magenta | Color::LightMagenta => "#c695e0",
        Color::Cyan | Color::LightCyan => "#6cc5d6",
        Color::Rgb(r, g, b) => return format!("#{r:02x}{g:02x}{b:02x}"),
        _ if is_dim => ground.dim(is_line),
        _ => ground.foreground(),
    };
    colour.to_owned()
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    #[test]
    fn text_is_escaped_and_lines_are_shapes() {
        let buffer = Buffer::with_lines(["a <b> & ─│"]);
        let picture = svg(&buffer, Ground::Dark);
        assert!(picture.contains("a &lt;b&gt; &amp;"), "{picture}");
        assert!(!picture.contains('─') && picture.contains("stroke="), "{picture}");
    }

    #[test]
    fn what_lies_under_letters_is_one_area_below_all_shapes() {
        let mut buffer = Buffer::with_lines(["ab█"]);
        buffer.set_style(buffer.area, Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Rgb(255, 254, 253)));
        let picture = svg(&buffer, Ground::Light);
        let paper = "<path fill=\"#fffefd\" d=\"M0.0 0.0h25.2v18.0h-25.2z\"/>";
        let (below, above) = (picture.find(paper), picture.find("<path fill=\"#010203\""));
        assert!(below.is_some() && below < above, "{picture}");
        assert!(picture.contains(Ground::Light.background()), "{picture}");
    }

    #[test]
    fn a_wide_character_is_one_letter_of_the_text() {
        assert_eq!(text(&Buffer::with_lines(["日本  "])), ["日本"]);
    }
}
