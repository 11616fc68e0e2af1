#![expect(clippy::disallowed_methods, reason = "reads the labelled repositories")]
//! The shipped model is what the training command makes of the labelled repositories, bit by bit.

#[expect(dead_code, reason = "shared with the commands")]
#[path = "../examples/judgement/mod.rs"]
mod judgement;

use judgement::data::Labelled;
use judgement::{lesson, taught};

#[test]
fn the_shipped_weights_are_made_again() {
    let data = std::env::var_os("TELLTALE_DATA");
    let Some(labelled) = data.and_then(|folder| Labelled::open(folder.as_ref()).ok()) else {
        eprintln!("skipped: TELLTALE_DATA names no folder with labelled repositories");
        return;
    };
    let text = taught::model(&labelled, &lesson::Plan::default());
    let shipped = std::fs::read_to_string("assets/model/judge.txt").unwrap();
    let differs = shipped.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert!(shipped == text, "train makes another model: {differs:?}");
}
