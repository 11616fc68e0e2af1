//! The map: which folders hold what looks random, the most of it first.
//!
//! ```text
//! status of the scan
//! app/models                    SIZE   HIGH      where one is, and the titles
//! █ old/      ━━━━━━━━───     1.2 GiB   98 %     a folder: heat, name, its size as a bar, how much is random
//! ░ src/      ━──────────     3.1 MiB    1 %
//! 1.2 GiB of 1.3 GiB here look compressed or encrypted: …
//! ```

use ratatui::layout::Rect;

use super::actions;
use crate::config::theme::Role;
use crate::model::metric::{self, Bytes};
use crate::scan::map::{Map, Node};
use crate::ui::layout;
use crate::ui::paint::graph;
use crate::ui::paint::ink::{Ink, Row, keep_end, row, wrap};
use crate::ui::state::MapPlace;

/// The parts of the pane's inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) struct Areas {
    pub(in crate::ui) status: Rect,
    pub(in crate::ui) titles: Rect,
    pub(in crate::ui) rows: Rect,
    words: Rect,
}

/// Divides the pane's inside.
pub(in crate::ui) fn areas(inside: Rect) -> Areas {
    let status = Rect { height: layout::scan_status(inside.height).min(inside.height), ..inside };
    let below = Rect { y: status.bottom(), height: inside.height - status.height, ..inside };
    let words = if below.height >= 10 { 3 } else { u16::from(below.height >= 4) };
    let titles = u16::from(below.height >= 2);
    Areas {
        status,
        titles: Rect { height: titles, ..below },
        rows: Rect { y: below.y + titles, height: below.height - titles - words, ..below },
        words: Rect { y: below.bottom() - words, height: words, ..below },
    }
}

/// Keeps the chosen row in sight.
pub(in crate::ui) fn scroll(place: &mut MapPlace, map: &Map, inside: Rect) {
    let (rows, at) = actions::map_rows(place, map);
    place.rows.top = layout::scrolled(place.rows.top, at, areas(inside).rows.height, rows.len());
}

/// Draws what lies below the status.
pub(in crate::ui) fn draw(ink: &mut Ink<'_>, areas: &Areas, place: &MapPlace, map: &Map) {
    let (names, folder) = actions::shown_folder(place, map);
    let (rows, at) = actions::map_rows(place, map);
    let [bar, size, share] = widths(areas.rows.width);
    let mut line = Row::new(ink, areas.titles);
    let name = line.room().saturating_sub(bar + size + share + 2);
    let here: Vec<&str> = names.iter().map(crate::model::text::Text::as_str).collect();
    let here = if here.is_empty() { "all".to_owned() } else { here.join("/") };
    let here = keep_end(&here, name.saturating_sub(1), line.ink.glyphs.cut);
    line.title(name, &here, false).gap(bar + 1).title(size, "SIZE", true).gap(1).title(share, "RAND", true);
    let most = rows.iter().map(|row| row.total.bytes).max().unwrap_or(0);
    for (n, node) in (0..areas.rows.height).zip(rows.iter().skip(place.rows.top)) {
        let area = row(areas.rows, n);
        one(ink, area, node, most);
        if at.unwrap_or(0) == place.rows.top + usize::from(n) {
            ink.tint(area, Role::Selected);
        }
    }
    if rows.is_empty() {
        let words = if folder.is_some_and(|folder| folder.total.files > 0) {
            "only small files lie here; Left goes up"
        } else {
            "nothing was read yet"
        };
        ink.put(areas.rows, words, Role::Dim);
    }
    let words = folder.map_or_else(String::new, meaning);
    for (n, line) in
        (0..areas.words.height).zip(wrap(&words, areas.words.width, usize::from(areas.words.height)))
    {
        ink.put(row(areas.words, n), &line, Role::Dim);
    }
}

/// Columns of the bar, of the size and of the share.
fn widths(width: u16) -> [u16; 3] {
    [if width >= 44 { width / 4 } else { 0 }, 9, 5]
}

fn one(ink: &mut Ink<'_>, area: Rect, node: &Node, most: u64) {
    let [bar, size, share] = widths(area.width);
    let heat = ink.glyphs.heat;
    let part = node.total.share();
    let step = (part * (heat.len() - 1) as f64).ceil() as usize;
    let role = match step {
        0 => Role::Dim,
        1 | 2 => Role::Warn,
        _ => Role::Bad,
    };
    let mut line = Row::new(ink, area);
    line.left(2, heat[step.min(heat.len() - 1)], role);
    let name = format!("{}{}", node.name, if node.is_file { "" } else { "/" });
    let width = line.room().saturating_sub(bar + size + share + 2);
    let name = keep_end(&name, width.saturating_sub(1), line.ink.glyphs.cut);
    line.left(width, &name, Role::Text);
    let bar = line.take(bar);
    line.gap(1).right(size, &Bytes(node.total.bytes).to_string(), Role::Text).gap(1);
    let percent = if part > 0.0 && part < 0.01 { "< 1 %".to_owned() } else { metric::percent(part) };
    line.right(share, &percent, role);
    if !bar.is_empty() {
        graph::bar(ink, bar, node.total.bytes as f64 / most.max(1) as f64, Role::Accent);
    }
}

/// What it means, in one sentence.
fn meaning(folder: &Node) -> String {
    let total = folder.total;
    let all = Bytes(total.bytes);
    if total.random() == 0 {
        return format!("No folder in these {all} stands out as random; short secrets are in the findings.");
    }
    if total.packed == 0 {
        let tokens = Bytes(total.tokens);
        return format!("RAND is what looks random: {tokens} of {all} are tokens in text that look random.");
    }
    let tokens = match total.tokens {
        0 => String::new(),
        tokens => format!(", {} are tokens in text", Bytes(tokens)),
    };
    format!(
        "RAND is what looks random: about {} of {all} look compressed or encrypted{tokens}. Archives, pictures and \
         models are; a file that should be text is worth a look.",
        Bytes(total.packed)
    )
}
