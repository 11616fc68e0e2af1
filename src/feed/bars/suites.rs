//! Test suites: pytest and pytest-xdist, Rust's test harness, nextest, ctest.

use regex::Captures;

use super::figure;
use super::form::{Bar, Counts, Form, Tool, group};

pub(super) static FORMS: &[Form] = &[
    Form::new(
        Tool::Pytest,
        "collected ",
        r"^(?:collecting \.\.\. ?)?collected (?P<total>[0-9]+) items?(?: / .*?(?P<selected>[0-9]+) selected)?",
    )
    .counting("tests")
    .then(|bar, found| {
        let selected = group(found, "selected").and_then(figure::count);
        Some(Bar { done: Some(0), failed: Some(0), total: selected.or(bar.total), ..bar })
    }),
    Form::new(Tool::Pytest, " workers", r"^(?:created|initialized|ready|collecting): [0-9]+/(?P<workers>[0-9]+) workers"),
    Form::new(Tool::Pytest, " workers", r"^(?P<workers>[0-9]+) workers \[(?P<total>[0-9]+) items?\]")
        .counting("tests")
        .then(|bar, _| Some(Bar { done: Some(0), failed: Some(0), ..bar })),
    // Dots and letters, a test each, behind the file's name or alone.
    Form::new(
        Tool::Pytest,
        " [",
        r"(?x)^(?:(?P<label>[^\ ]+\.py)\ )?(?P<dots>[.FEsxXpPR]+)\ +
          \[\ *(?:(?P<percent>[0-9]{1,3})%|(?P<done>[0-9]+)/(?P<total>[0-9]+))\]$",
    )
    .counting("tests")
    .then(dots),
    Form::new(
        Tool::Pytest,
        "::",
        r"(?x)^(?P<label>[^\ ]+::.*?)\ (?P<outcome>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)(?:\ \(.*\))?\ +
          \[\ *(?:(?P<percent>[0-9]{1,3})%|(?P<done>[0-9]+)/(?P<total>[0-9]+))\]$",
    )
    .then(one_test),
    Form::new(
        Tool::Pytest,
        "[gw",
        r"^\[gw[0-9]+\] \[ *(?P<percent>[0-9]{1,3})%\] (?P<outcome>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (?P<label>[^ ]+::.*)$",
    )
    .then(one_test),
    Form::new(
        Tool::Pytest,
        " in ",
        r"(?x)^(?:=+\ )?(?P<parts>[0-9]+\ (?:failed|passed|skipped|xfailed|xpassed|errors?|deselected)
          (?:,\ [0-9]+\ [a-z]+)*)\ in\ (?P<elapsed>[0-9.]+s)(?:\ \([0-9:]+\))?(?:\ =+)?$",
    )
    .counting("tests")
    .then(summary),
    Form::new(Tool::RustTest, "running ", r"^running (?P<total>[0-9]+) tests?$")
        .counting("tests")
        .then(|bar, _| Some(Bar { done: Some(0), failed: Some(0), ..bar })),
    Form::new(Tool::RustTest, " ... ", r"^test (?P<label>\S.*) \.\.\. (?P<outcome>ok|FAILED|ignored)")
        .counting("tests")
        .then(one_test),
    Form::new(
        Tool::RustTest,
        "test result: ",
        r"(?x)^test\ result:\ (?:ok|FAILED)\.\ (?P<passed>[0-9]+)\ passed;\ (?P<failed>[0-9]+)\ failed;
          \ (?P<ignored>[0-9]+)\ ignored;\ (?P<measured>[0-9]+)\ measured;.*?(?:finished\ in\ (?P<elapsed>[0-9.]+s))?$",
    )
    .counting("tests")
    .then(|bar, found| {
        let count = |name| group(found, name).and_then(figure::count);
        let sum = ["passed", "failed", "ignored", "measured"]
            .into_iter()
            .try_fold(0_u64, |sum, name| sum.checked_add(count(name)?))?;
        Some(Bar { done: Some(sum), total: Some(sum), ..bar })
    }),
    Form::new(
        Tool::Nextest,
        "s] (",
        r"^ +(?P<outcome>PASS|FAIL|SIGSEGV|SIGABRT|TIMEOUT|LEAK) \[[ >]*[0-9.]+s\] \( *(?P<done>[0-9]+)/(?P<total>[0-9]+)\) ",
    )
    .counting("tests"),
    Form::new(Tool::Ctest, " Test ", r"^ *(?P<done>[0-9]+)/(?P<total>[0-9]+) Test +#[0-9]+: ").counting("tests"),
];

fn dots<'a>(bar: Bar<'a>, found: &Captures<'a>) -> Option<Bar<'a>> {
    let letters = group(found, "dots")?.bytes();
    // A test that is tried again (R) has not ended.
    let ended = letters.clone().filter(|&letter| letter != b'R').count() as u64;
    let failed = letters.filter(|letter| matches!(letter, b'F' | b'E')).count() as u64;
    if bar.done.is_some() {
        return Some(bar);
    }
    Some(Bar { done: Some(ended), failed: Some(failed), counts: Counts::InThisLine, ..bar })
}

fn one_test<'a>(bar: Bar<'a>, found: &Captures<'a>) -> Option<Bar<'a>> {
    if bar.done.is_some() {
        return Some(bar);
    }
    let is_failed = matches!(group(found, "outcome")?, "FAILED" | "ERROR");
    Some(Bar { failed: Some(u64::from(is_failed)), counts: Counts::OneEnded, ..bar })
}

fn summary<'a>(bar: Bar<'a>, found: &Captures<'a>) -> Option<Bar<'a>> {
    let (mut done, mut failed) = (0_u64, 0_u64);
    for part in group(found, "parts")?.split(", ") {
        let (count, what) = part.split_once(' ')?;
        let count = figure::count(count)?;
        match what {
            "passed" | "skipped" | "xfailed" | "xpassed" => done = done.checked_add(count)?,
            "failed" | "error" | "errors" => {
                done = done.checked_add(count)?;
                failed = failed.checked_add(count)?;
            }
            _ => {}
        }
    }
    Some(Bar { done: Some(done), total: Some(done).filter(|&done| done > 0), failed: Some(failed), ..bar })
}
