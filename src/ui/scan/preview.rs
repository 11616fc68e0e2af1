//! The lines around the chosen finding: numbers, a heat strip of their entropies, the finding marked in its line,
//! and below them why it scores as it does.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::config::theme::Role;
use crate::model::text::Text;
use crate::scan::finding::{Finding, Preview, PreviewLine};
use crate::scan::judge::reasons;
use crate::ui::paint::ink::{Ink, Row, around, row, wrap};
use crate::ui::state::Blame;

/// Draws the preview, and what is known without one while it has not come.
pub(in crate::ui) fn draw(
    ink: &mut Ink<'_>,
    area: Rect,
    finding: &Finding,
    preview: Option<&Preview>,
    blame: Option<&Blame>,
) {
    // The preview may still be that of the finding that was chosen before, in the same file even.
    let is_its = |preview: &&Preview| {
        preview.path == finding.path
            && preview.lines.iter().any(|line| line.hit && line.number == finding.line)
    };
    let preview = preview.filter(is_its);
    let lines = preview.map_or(&[][..], |preview| &preview.lines);
    let said = said(finding, preview, blame, area, &ink.glyphs.heat);
    let room = area.height - said.len() as u16;
    if lines.is_empty() {
        let known =
            PreviewLine { number: finding.line, text: finding.redacted.clone(), hit: true, surprise: 1.0 };
        one_line(ink, row(area, 0), &known, &finding.redacted, 5);
    }
    // The finding stays in sight where not all lines have room.
    let at = lines.iter().position(|line| line.hit).unwrap_or(0);
    let first = at.saturating_sub(usize::from(room / 2)).min(lines.len().saturating_sub(usize::from(room)));
    let digits = lines.last().map_or(1, |line| 1 + line.number.checked_ilog10().unwrap_or(0) as u16);
    for (n, line) in (0..room).zip(&lines[first..]) {
        one_line(ink, row(area, n), line, &finding.redacted, digits.max(3));
    }
    // Near the lines it is about, and never behind them.
    let shown = (lines.len().max(1) as u16).min(room);
    let blank = u16::from(shown + (said.len() as u16) < area.height);
    for (n, words) in (shown + blank..area.height).zip(&said) {
        ink.put(row(area, n), words, Role::Dim);
    }
}

/// What the score is made of, and what the strip in the margin means: as much as has room.
fn said(
    finding: &Finding,
    preview: Option<&Preview>,
    blame: Option<&Blame>,
    area: Rect,
    heat: &[&str; 5],
) -> Vec<String> {
    if area.height < 4 {
        return Vec::new();
    }
    // What somebody asked for comes first.
    let mut said: Vec<String> = blame.iter().flat_map(|blame| wrap(blame.told(), area.width, 2)).collect();
    let rows = if area.height >= 10 { 3 } else { 1 };
    said.extend(score(finding).iter().flat_map(|score| wrap(score, area.width, rows)));
    said.push(entropy(finding, area.width));
    if area.height >= 10
        && let Some(preview) = preview
    {
        for why in &preview.why {
            said.extend(wrap(why, area.width, 2));
        }
        let [_, first, .., last] = heat;
        let legend =
            format!("margin: entropy of the line, from {first} plain words to {last} as good as random");
        let short = format!("margin: {first} plain to {last} random");
        said.push(if legend.width() <= usize::from(area.width) { legend } else { short });
    }
    said.truncate(usize::from(area.height / 2));
    said
}

/// The score with what weighed most for and against it; nothing where nothing was weighed.
pub(in crate::ui) fn score(finding: &Finding) -> Option<String> {
    let told = || Text::new(&reasons::told(finding.score, &finding.reasons)).to_string();
    (!finding.reasons.is_empty()).then(told)
}

/// Entropy is never shown without its ceiling.
fn entropy(finding: &Finding, width: u16) -> String {
    let (is, most) = (finding.entropy, finding.entropy_ceiling);
    let said = [
        format!("entropy {is:.2} of at most {most:.2} bits a character"),
        format!("entropy {is:.2} of at most {most:.2} bits"),
        format!("{is:.2} of {most:.2} bits"),
    ];
    let fitting = said.iter().position(|said| said.len() <= usize::from(width)).unwrap_or(2);
    said[fitting].clone()
}

fn one_line(ink: &mut Ink<'_>, area: Rect, line: &PreviewLine, redacted: &str, digits: u16) {
    let scale = ink.glyphs.heat;
    let step = (line.surprise.clamp(0.0, 1.0) * (scale.len() - 1) as f64).round() as usize;
    let heat = match step {
        0..2 => Role::Dim,
        2 | 3 => Role::Warn,
        _ => Role::Bad,
    };
    let cut = ink.glyphs.cut;
    let mut cells = Row::new(ink, area);
    cells.right(digits, &line.number.to_string(), if line.hit { Role::Title } else { Role::Dim }).gap(1);
    cells.left(1, scale[step.min(scale.len() - 1)], heat).gap(1);
    let text = Text::new(&line.text);
    if !line.hit {
        cells.text(&text, Role::Text);
        return;
    }
    let secret = Text::new(redacted);
    let text = around(&text, &secret, cells.room(), cut);
    let room = cells.room();
    let place = cells.take(room);
    ink.put(place, &text, Role::Title);
    // Its own columns stand out by more than colour.
    if let Some(at) = text.find(secret.as_str()) {
        let before = (text[..at].width() as u16).min(place.width);
        let width = (secret.width() as u16).min(place.width - before);
        ink.tint(Rect { x: place.x + before, width, ..place }, Role::Selected);
    }
}
