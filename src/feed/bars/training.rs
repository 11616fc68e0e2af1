//! Training loops: the log lines of `PyTorch`'s examples, and Keras.
//!
//! The epoch stands beside the counts and is none of them; the last batch that is printed is often not the last.

use super::form::{Form, Tool};

pub(super) static FORMS: &[Form] = &[
    Form::new(
        Tool::Torch,
        "%)]",
        r"^(?:Train )?Epoch: [0-9]+ ?\[ *(?P<done>[0-9]+)/(?P<total>[0-9]+) ?\( *(?P<percent>[0-9.]+)%\)\]",
    ),
    Form::new(
        Tool::Torch,
        ": [",
        r"^(?:Epoch: \[[0-9]+\]|Test: )\[ *(?P<done>[0-9]+)/(?P<total>[0-9]+)\](?:\s|$)",
    ),
    Form::new(
        Tool::Keras,
        " - ",
        r"^ *(?P<done>[0-9]+)/(?P<total>[0-9]+) \[[=>.]{4,}\] - (?:ETA: (?P<eta>[0-9:]+s?)|[0-9])",
    ),
    Form::new(
        Tool::Keras,
        "/step",
        r"^ *(?P<done>[0-9]+)/(?P<total>[0-9]+) ━+ +[0-9:]+[a-z]* [0-9.]+[a-z]+/step",
    ),
];
