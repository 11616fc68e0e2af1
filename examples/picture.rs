#![expect(clippy::disallowed_methods, reason = "edge: writes the picture")]
//! Draws the picture of the README with the real widgets: `cargo run --example picture`.

#[path = "../tests/picture/recorded.rs"]
mod recorded;

fn main() -> std::io::Result<()> {
    let now = recorded::svg();
    if now == recorded::committed() {
        return Ok(());
    }
    std::fs::write(recorded::PICTURE, now)
}
