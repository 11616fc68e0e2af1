//! Builds: ninja, cmake's makefiles, cargo.

use super::form::{Form, Tool};

pub(super) static FORMS: &[Form] = &[
    // A step's number alone in brackets, and behind it what the step does.
    Form::new(Tool::Ninja, "] ", r"^\[ *(?P<done>[0-9]+)/(?P<total>[0-9]+)\] +(?P<label>\S.*)$"),
    Form::new(
        Tool::Cmake,
        "%] ",
        r"(?x)^\[\ *(?P<percent>[0-9]{1,3})%\]\ (?:Built\ target|Building|Linking|Generating|Automatic|Scanning
          |Performing|Creating|Completed|Copying|Running|Installing|Updating|No\ )",
    ),
    Form::new(
        Tool::Cargo,
        "] ",
        r"^ *(?:Building|Fetch|Downloading) \[[=> ]*\] (?P<done>[0-9]+)/(?P<total>[0-9]+)(?::|,| |$)",
    )
    .counting("crates"),
];
