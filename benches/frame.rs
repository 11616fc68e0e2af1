//! One frame at 120x40 of a job with a thousand members, and of a list of a hundred thousand findings.

use std::sync::Arc;

use ratatui::Terminal;
use telltales::config::theme::Theme;
use telltales::scan::finding::Finding;
use telltales::scan::found::Found;
use telltales::ui::draw::draw;
use telltales::ui::input::{Code, Input, Key};
use telltales::ui::paint::wire::Wire;
use telltales::ui::state::{Event, Options, Pane, UiState};
use telltales::ui::update::update;

#[path = "../tests/screen/fixture.rs"]
mod fixture;

fn main() {
    divan::main();
}

#[divan::bench(args = fixture::SCENES)]
fn frame(bencher: divan::Bencher<'_, '_>, name: &str) {
    let scenes = [fixture::scene(name, 2_472), fixture::scene(name, 2_473)];
    let state = UiState::new(&Options::default(), (120, 40));
    let theme = Theme::default();
    let Ok(mut terminal) = Terminal::new(Wire::new(120, 40));
    let mut n = 0;
    bencher.bench_local(|| {
        n += 1;
        let scene = &scenes[n % 2];
        let Ok(_) = terminal.draw(|frame| draw(frame, &scene.view(), &state, &theme));
        terminal.backend_mut().sent();
    });
}

/// A frame with a hundred thousand findings, on a key that moves in them.
#[divan::bench(args = [(80, 24), (200, 60)])]
fn hundred_thousand_findings(bencher: divan::Bencher<'_, '_>, size: (u16, u16)) {
    let mut scene = fixture::scene("scan", 2_472);
    let first = (**scene.findings[0].best()).clone();
    scene.findings = (0..100_000)
        .map(|n| {
            let path = format!("src/part{}/file{n}.py", n % 97).into();
            Arc::new(Found::new(Finding { path, secret_id: format!("{n:032x}"), ..first.clone() }))
        })
        .collect();
    let mut state = UiState::new(&Options { pane: Pane::Scan, ..Options::default() }, size);
    let theme = Theme::default();
    let Ok(mut terminal) = Terminal::new(Wire::new(size.0, size.1));
    let keys = [Code::End, Code::PageUp, Code::Up, Code::Home, Code::PageDown, Code::Down];
    let mut n = 0;
    bencher.bench_local(|| {
        n += 1;
        let key = Event::Input(Input::Key(Key::plain(keys[n % keys.len()])));
        update(&mut state, &scene.view(), &key);
        let Ok(_) = terminal.draw(|frame| draw(frame, &scene.view(), &state, &theme));
        terminal.backend_mut().sent();
    });
}
