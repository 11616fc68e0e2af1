//! Pools that tell of their tasks: GNU parallel and its job log, joblib, Spark's console bar.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::form::{Bar, Counts, Form, Tool, group};

pub(super) static FORMS: &[Form] = &[
    // `--eta` and `--progress`: running/completed/share/average for each host.
    Form::new(
        Tool::Parallel,
        "%/",
        r"(?x)^(?:ETA:\ (?P<eta>[0-9dhms]+)\ Left:\ (?P<left>[0-9]+)\ AVG:\ [0-9.]+s\ +)?
          (?P<hosts>[^\ :/]+:[0-9]+/[0-9]+/[0-9]+%/[0-9.]+s(?:\ .*)?)$",
    )
    .counting("jobs")
    .then(hosts),
    // `--bar`: done:left=time.
    Form::new(
        Tool::Parallel,
        "% ",
        r"^(?P<percent>[0-9]{1,3})% (?P<done>[0-9]+):(?P<left>[0-9]+)=(?P<eta>[0-9dhms]+)(?: |$)",
    )
    .counting("jobs")
    .then(|bar, _| Some(Bar { total: bar.done.zip(bar.left).map(|(done, left)| done.saturating_add(left)), ..bar })),
    // What `--bar` draws for zenity before each bar.
    Form::new(Tool::Parallel, " sec ", r"^# +(?P<eta>[0-9]+ sec) "),
    Form::new(Tool::Joblog, "\tStarttime\t", r"^Seq\tHost\tStarttime\tJobRuntime\t")
        .counting("jobs")
        .then(|bar, _| Some(Bar { done: Some(0), failed: Some(0), ..bar })),
    Form::new(
        Tool::Joblog,
        "\t",
        r"^[0-9]+\t[^\t]+\t[0-9]+\.[0-9]{3}\t *[0-9.]+\t[0-9]+\t[0-9]+\t(?P<exit>-?[0-9]+)\t(?P<signal>[0-9]+)\t",
    )
    .counting("jobs")
    .then(|bar, found| {
        let is_failed = group(found, "exit") != Some("0") || group(found, "signal") != Some("0");
        Some(Bar { failed: Some(u64::from(is_failed)), counts: Counts::OneEnded, ..bar })
    }),
    Form::new(
        Tool::Joblib,
        "[Parallel(n_jobs=",
        r"(?x)^\[Parallel\(n_jobs=(?P<workers>-?[0-9]+)\)\]:\ Done\ +(?P<done>[0-9]+)
          (?:\ tasks|\ out\ of\ +(?P<total>[0-9]+))\ +\|\ elapsed:\ +(?P<elapsed>[0-9.]+[a-z]+)
          (?:\ +remaining:\ +(?P<eta>[0-9.]+[a-z]+))?",
    )
    .counting("tasks"),
    Form::new(
        Tool::Joblib,
        "[Parallel(n_jobs=",
        r"^\[Parallel\(n_jobs=-?[0-9]+\)\]: Using backend [A-Za-z]+ with (?P<workers>[0-9]+) concurrent workers",
    ),
    Form::new(
        Tool::Spark,
        "[Stage ",
        r"^\[(?P<label>Stage [0-9]+):[=> ]*\((?P<done>[0-9]+) \+ (?P<in_flight>[0-9]+)\) / (?P<total>[0-9]+)\]",
    )
    .counting("tasks"),
];

/// The sums over all hosts.
fn hosts<'a>(mut bar: Bar<'a>, found: &Captures<'a>) -> Option<Bar<'a>> {
    static HOST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:^| )[^ :/]+:([0-9]+)/([0-9]+)/[0-9]+%/[0-9.]+s").expect("a constant pattern, tested")
    });
    let (mut running, mut completed) = (0_u64, 0_u64);
    for host in HOST.captures_iter(group(found, "hosts")?) {
        running = running.checked_add(host[1].parse().ok()?)?;
        completed = completed.checked_add(host[2].parse().ok()?)?;
    }
    bar.in_flight = Some(running);
    bar.done = Some(completed);
    Some(bar)
}
