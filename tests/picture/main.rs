#![expect(clippy::disallowed_methods, reason = "reads the pictures in assets")]
//! The pictures in assets are what the widgets draw now.

mod gallery;

#[test]
fn the_pictures_never_grow_old() {
    let (pictures, secrets) = gallery::drawn();
    assert!(!secrets.is_empty());
    let mut old = Vec::new();
    for now in pictures {
        let name = now.name;
        for part in secrets.iter().flat_map(|secret| parts(secret)) {
            assert!(!now.svg.contains(&part), "{name} shows a secret");
        }
        assert!(now.svg.len() < 150_000, "{name}: {} bytes are too heavy for a README", now.svg.len());
        if now.svg != now.committed() {
            old.push(name);
        }
    }
    assert!(old.is_empty(), "{} old: `cargo run --example picture` draws them anew", old.join(", "));
}

/// Pieces of a secret, of which what is shown of it would hold one.
fn parts(secret: &str) -> Vec<String> {
    let characters: Vec<char> = secret.chars().collect();
    characters.chunks(12).filter(|part| part.len() >= 8).map(|part| part.iter().collect()).collect()
}
