//! Bytes on their way: rsync, dd, pv, curl, wget, git, zstd and progress(1).

use regex::Captures;

use super::figure;
use super::form::{Bar, Form, Tool, group};

pub(super) static FORMS: &[Form] = &[
    Form::new(
        Tool::Rsync,
        "B/s ",
        r"(?x)^\ *(?P<n>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+|[0-9.]+[KMGT])\ +(?P<percent>[0-9]{1,3})%
          \ +(?P<speed>[0-9.]+[kMGT]?)B/s\ +(?P<time>[0-9]+:[0-9]{2}:[0-9]{2})
          (?:\ +\(xfr\#[0-9]+,\ (?P<scan>to|ir)-chk=(?P<behind>[0-9]+)/(?P<files>[0-9]+)\))?\ *$",
    )
    .then(rsync),
    Form::new(
        Tool::Dd,
        " copied, ",
        r"^(?P<done>[0-9]+) bytes? (?:\([^)]*\) )?copied, (?P<elapsed>[0-9.]+) s, (?P<speed>[0-9.]+ [kMGT]?)B/s",
    )
    .counting("B")
    .then(|bar, found| {
        let elapsed = group(found, "elapsed").and_then(|text| figure::duration(&format!("{text}s")));
        Some(Bar { elapsed, rate: speed(found, 1_000.0), ..bar })
    }),
    Form::new(
        Tool::Pv,
        "/s]",
        r"(?x)^(?:(?P<label>[^:]*):\ )?\ *(?P<n>[0-9.]+[kKMGT]?(?:i?B)?)\ (?P<elapsed>[0-9]+:[0-9:]+)
          \ \[\ *(?P<speed>[0-9.]+[kKMGT]?(?:i?B)?)/s\](?:\ \[[-=<>*\ ]*\])?(?:\ +(?P<percent>[0-9]{1,3})%)?
          (?:\ ETA\ (?P<eta>[0-9:]+))?\ *$",
    )
    .then(pv),
    Form::new(
        Tool::Curl,
        "  0     0",
        r"(?x)^\ *(?P<percent>[0-9]{1,3})\ +(?P<of>[0-9.]+[kKMGTP]?)\ +(?P<in_share>[0-9]{1,3})\ +(?P<in>[0-9.]+[kKMGTP]?)
          \ +(?P<out_share>[0-9]{1,3})\ +(?P<out>[0-9.]+[kKMGTP]?)\ +(?P<down>[0-9.]+[kKMGTP]?)\ +(?P<up>[0-9.]+[kKMGTP]?)
          \ +[0-9:dh-]+\ +(?P<elapsed>[0-9:-]+)\ +(?P<eta>[0-9:-]+)\ +[0-9.]+[kKMGTP]?\ *$",
    )
    .counting("B")
    .then(curl),
    Form::new(Tool::Curl, "# ", r"^#+ +(?P<percent>[0-9]{1,3}\.[0-9])%$"),
    Form::new(
        Tool::Wget,
        "%[",
        r"(?x)^(?P<label>.*?)(?:^|\ )\ *(?P<percent>[0-9]{1,3})%\[[=>\ ]*\]\ +(?P<n>[0-9.,]+[KMGT]?)
          (?:\ +(?P<speed>[0-9.]+[KMGT]?)B/s)?(?:\ +(?:eta\ (?P<eta>[0-9dhms\ ]+)|in\ (?P<elapsed>[0-9dhms.\ ]+)))?\ *$",
    )
    .counting("B")
    .then(|bar, found| Some(wget(bar, found))),
    Form::new(
        Tool::Wget,
        ".......... ",
        r"^ *(?P<n>[0-9]+[KM]) [.,]{10}(?: [.,]{10})* +(?P<percent>[0-9]{1,3})% +(?P<speed>[0-9.]+[KMGT]?)(?: (?P<eta>[0-9dhms]+)|=(?P<elapsed>[0-9dhms.]+))?$",
    )
    .counting("B")
    .then(|bar, found| Some(wget(bar, found))),
    Form::new(
        Tool::Git,
        "% (",
        r"^(?P<label>(?:remote: )?[A-Z][a-z]+(?: [a-z]+)* (?P<unit>[a-z]+)): +(?P<percent>[0-9]{1,3})% \((?P<done>[0-9]+)/(?P<total>[0-9]+)\)",
    ),
    Form::new(
        Tool::Zstd,
        " files. ",
        r"^(?:Compress|Decompress): +(?P<done>[0-9]+)/(?P<total>[0-9]+) files\. ",
    )
    .counting("files"),
    Form::new(
        Tool::Progress,
        "% (",
        r"(?x)^\s*(?P<percent>[0-9]{1,3}\.[0-9])%\ \((?P<n>[0-9.]+\ [KMGT]?i?B)\ /\ (?P<of>[0-9.]+\ [KMGT]?i?B)\)
          (?:\ (?P<speed>[0-9.]+\ [KMGT]?i?B)/s)?(?:\ remaining\ (?P<eta>[0-9:]+))?",
    )
    .counting("B")
    .then(|bar, found| {
        let of = amount(found, "of", 1_024.0).filter(|&total| total > 0);
        Some(Bar { done: amount(found, "n", 1_024.0), total: of, rate: speed(found, 1_024.0), is_approximate: true, ..bar })
    }),
];

fn amount(found: &Captures<'_>, name: &str, step: f64) -> Option<u64> {
    group(found, name).and_then(|text| figure::amount(text, step)).and_then(figure::whole)
}

fn speed(found: &Captures<'_>, step: f64) -> Option<f64> {
    group(found, "speed").and_then(|text| figure::amount(text, step))
}

/// With `--info=progress2` the share is that of the whole, with `-P` that of one file: then a file has ended while
/// others are left, and the files are counted.
fn rsync<'a>(mut bar: Bar<'a>, found: &Captures<'a>) -> Option<Bar<'a>> {
    let time = group(found, "time").and_then(figure::duration);
    bar.rate = speed(found, 1_000.0);
    let is_over = bar.percent >= Some(100.0);
    let count = |name| group(found, name).and_then(figure::count);
    if let (Some(behind), Some(files), true) = (count("behind"), count("files"), is_over)
        && behind > 0
    {
        bar.done = Some(files.checked_sub(behind)?);
        // While folders are still being looked through, the number of files grows.
        bar.total = (group(found, "scan") == Some("to")).then_some(files);
        bar.percent = None;
        (bar.unit, bar.label) = (Some("files"), Some("files"));
        return Some(bar);
    }
    bar.done = amount(found, "n", 1_000.0);
    bar.unit = Some("B");
    // The time is what is left, but in the line that ends a file (`xfr#`) it is what has gone by.
    let Some((gone, share)) = time.zip(bar.percent).filter(|_| count("files").is_some()) else {
        return Some(Bar { eta: time, ..bar });
    };
    let left = gone.as_secs_f64() * (100.0 - share) / share.max(1.0);
    Some(Bar { elapsed: time, eta: Some(std::time::Duration::from_secs(left as u64)), ..bar })
}

fn pv<'a>(mut bar: Bar<'a>, found: &Captures<'a>) -> Option<Bar<'a>> {
    bar.unit = Some(if group(found, "n")?.ends_with('B') { "B" } else { "lines" });
    bar.done = amount(found, "n", 1_000.0);
    bar.rate = speed(found, 1_000.0);
    bar.is_approximate = true;
    Some(bar)
}

fn curl<'a>(mut bar: Bar<'a>, found: &Captures<'a>) -> Option<Bar<'a>> {
    let bytes = |name| amount(found, name, 1_024.0);
    let (of, received, sent) = (bytes("of")?, bytes("in")?, bytes("out")?);
    bar.done = Some(received.checked_add(sent)?);
    bar.total = Some(of).filter(|&of| of > 0);
    let per_second = |name| group(found, name).and_then(|text| figure::amount(text, 1_024.0));
    bar.rate = Some(per_second("down")? + per_second("up")?);
    // Where the size is not known, curl gives what it has as the total, and 100 %.
    let shares = [group(found, "in_share"), group(found, "out_share")];
    if of == 0 || (bar.percent == Some(100.0) && shares == [Some("0"), Some("0")]) {
        (bar.total, bar.percent) = (None, None);
    }
    bar.is_approximate = group(found, "of")?.ends_with(|c: char| c.is_ascii_alphabetic());
    Some(bar)
}

fn wget<'a>(bar: Bar<'a>, found: &Captures<'a>) -> Bar<'a> {
    Bar { done: amount(found, "n", 1_024.0), rate: speed(found, 1_024.0), is_approximate: true, ..bar }
}
