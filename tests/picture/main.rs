#![expect(clippy::disallowed_methods, reason = "reads the picture of the README")]
//! The picture in the README is what the widgets draw now.

mod recorded;

#[test]
fn the_picture_never_grows_old() {
    let (now, committed) = (recorded::svg(), recorded::committed());
    assert!(now == committed, "assets/screen.svg is old: `cargo run --example picture` draws it anew");
    assert!(now.len() < 150_000, "{} bytes are too heavy for a README", now.len());
}
