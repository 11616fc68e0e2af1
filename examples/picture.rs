#![expect(clippy::disallowed_methods, reason = "edge: writes the pictures")]
//! Draws the pictures of the README and of `assets/screens` with the real widgets: `cargo run --example picture`.

#[path = "../tests/picture/gallery.rs"]
mod gallery;

fn main() -> std::io::Result<()> {
    let (pictures, _) = gallery::drawn();
    for now in pictures.iter().filter(|now| now.svg != now.committed()) {
        let path = now.path();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, &now.svg)?;
    }
    Ok(())
}
