//! One frame of a job with a thousand members beside a hundred thousand findings, and one step of scrolling.

use std::hint::black_box;
use std::sync::Arc;

use ratatui::Terminal;
use telltales::config::theme::Theme;
use telltales::ui::draw::draw;
use telltales::ui::event::Event;
use telltales::ui::input::{Code, Input, Key};
use telltales::ui::paint::wire::Wire;
use telltales::ui::state::{Options, Pane, UiState};
use telltales::ui::update::update;

#[path = "../tests/screen/fixture.rs"]
mod fixture;

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];

/// The limit that the project set itself for what the scan pane holds.
const FINDINGS: usize = 100_000;

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

/// A thousand members and a hundred thousand findings.
fn large() -> [fixture::Scene; 2] {
    [2_472, 2_473].map(|second| {
        let mut scene = fixture::scene("thousand", second);
        scene.findings = fixture::many_findings(FINDINGS);
        scene
    })
}

fn settled(scene: &fixture::Scene, size: (u16, u16), pane: Pane, keys: &str) -> UiState {
    let mut state = UiState::new(&Options { pane, ..Options::default() }, size);
    update(&mut state, &scene.view(), &Event::Input(Input::Resize(size.0, size.1)));
    for c in keys.chars() {
        let code = if c == '\n' { Code::Enter } else { Code::Char(c) };
        update(&mut state, &scene.view(), &Event::Input(Input::Key(Key::plain(code))));
    }
    state
}

/// A snapshot comes, and the frame after it: everything that the screen does in a second.
fn snapshot_and_frame(bencher: divan::Bencher<'_, '_>, size: (u16, u16), pane: Pane, keys: &str) {
    let scenes = large();
    let mut state = settled(&scenes[0], size, pane, keys);
    let events = scenes.each_ref().map(|scene| Event::Snapshot(Arc::new(scene.snapshot.clone())));
    let theme = Theme::default();
    let Ok(mut terminal) = Terminal::new(Wire::new(size.0, size.1));
    let mut n = 0;
    bencher.bench_local(|| {
        n += 1;
        // The findings stay where they are: only the snapshot is another one.
        let view = telltales::ui::view::View { snapshot: &scenes[n % 2].snapshot, ..scenes[0].view() };
        update(&mut state, &view, &events[n % 2]);
        let Ok(_) = terminal.draw(|frame| draw(frame, &view, &state, &theme));
        terminal.backend_mut().sent();
    });
}

#[divan::bench(args = SIZES)]
fn large_job(bencher: divan::Bencher<'_, '_>, size: (u16, u16)) {
    snapshot_and_frame(bencher, size, Pane::Watch, "");
}

#[divan::bench(args = SIZES)]
fn large_job_filtered_in_a_tree(bencher: divan::Bencher<'_, '_>, size: (u16, u16)) {
    snapshot_and_frame(bencher, size, Pane::Watch, "t/cpu>90\n");
}

#[divan::bench(args = SIZES)]
fn many_findings(bencher: divan::Bencher<'_, '_>, size: (u16, u16)) {
    snapshot_and_frame(bencher, size, Pane::Scan, "");
}

/// A key that goes on by one row, and the frame after it. At the end of the list it goes back.
fn scroll(bencher: divan::Bencher<'_, '_>, size: (u16, u16), pane: Pane, keys: &str) {
    let [scene, _] = large();
    let mut state = settled(&scene, size, pane, keys);
    let theme = Theme::default();
    let Ok(mut terminal) = Terminal::new(Wire::new(size.0, size.1));
    let key = |c| Event::Input(Input::Key(Key::plain(Code::Char(c))));
    let (down, up) = (key('j'), key('k'));
    let mut n = 0;
    bencher.bench_local(|| {
        n += 1;
        // What the loop of the screen does to know whether anything changed.
        let before = state.clone();
        black_box(update(&mut state, &scene.view(), if n % 20_000 < 10_000 { &down } else { &up }));
        black_box(state != before);
        let Ok(_) = terminal.draw(|frame| draw(frame, &scene.view(), &state, &theme));
        terminal.backend_mut().sent();
    });
}

#[divan::bench(args = SIZES)]
fn scroll_members(bencher: divan::Bencher<'_, '_>, size: (u16, u16)) {
    scroll(bencher, size, Pane::Watch, "Mjjjj");
}

#[divan::bench(args = SIZES)]
fn scroll_findings(bencher: divan::Bencher<'_, '_>, size: (u16, u16)) {
    scroll(bencher, size, Pane::Scan, "jjjj");
}

#[divan::bench(args = SIZES)]
fn scroll_filtered_findings_by_path(bencher: divan::Bencher<'_, '_>, size: (u16, u16)) {
    scroll(bencher, size, Pane::Scan, ">>/score>0.5\njjjj");
}

/// A letter typed into the filter of the findings: the whole list is asked once more.
#[divan::bench(args = ["rule:aw", "path:dir1", "score>0.5 env"])]
fn type_a_letter(bencher: divan::Bencher<'_, '_>, query: &str) {
    let [scene, _] = large();
    let mut state = settled(&scene, (80, 24), Pane::Scan, &format!("/{query}"));
    let keys = [Code::Char('s'), Code::Backspace].map(|code| Event::Input(Input::Key(Key::plain(code))));
    let mut n = 0;
    bencher.bench_local(|| {
        n += 1;
        update(&mut state, &scene.view(), &keys[n % 2]);
    });
}

/// A column that the findings are sorted by: none, then rule, then path.
#[divan::bench]
fn sort_findings(bencher: divan::Bencher<'_, '_>) {
    let [scene, _] = large();
    let mut state = settled(&scene, (80, 24), Pane::Scan, "");
    let key = Event::Input(Input::Key(Key::plain(Code::Char('>'))));
    bencher.bench_local(|| update(&mut state, &scene.view(), &key));
}
