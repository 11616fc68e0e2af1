#![expect(clippy::disallowed_methods, reason = "edge: writes the picture")]
//! Draws the real widgets into a picture: `cargo run --example picture -- [SCENE] [COLUMNS] [ROWS] [FILE]`.

use std::error::Error;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use telltales::config::theme::Theme;
use telltales::ui::draw::draw_into;
use telltales::ui::picture;
use telltales::ui::state::{Event, Options, UiState};
use telltales::ui::update::update;

#[path = "../tests/screen/fixture.rs"]
mod fixture;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_else(|| "lost".to_owned());
    if !fixture::SCENES.contains(&name.as_str()) {
        return Err(format!("no scene {name}; there are {}", fixture::SCENES.join(", ")).into());
    }
    let columns = words.next().map_or(Ok(120), |word| word.parse())?;
    let rows = words.next().map_or(Ok(36), |word| word.parse())?;
    let file = words.next().unwrap_or_else(|| "assets/screen.svg".to_owned());
    let scene = fixture::scene(&name, 2_472);
    let area = Rect::new(0, 0, columns, rows);
    let mut state = UiState::new(&Options::default(), (columns, rows));
    update(&mut state, &scene.view(), &Event::Resumed);
    let mut buffer = Buffer::empty(area);
    draw_into(&mut buffer, area, &scene.view(), &state, &Theme::default());
    std::fs::write(file, picture::svg(&buffer))?;
    Ok(())
}
