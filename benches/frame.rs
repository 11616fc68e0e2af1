//! One frame at 120x40 of a job with a thousand members.

use ratatui::Terminal;
use telltales::config::theme::Theme;
use telltales::ui::draw::draw;
use telltales::ui::paint::wire::Wire;
use telltales::ui::state::{Options, UiState};

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
