//! Bars of Python libraries besides tqdm and rich: progressbar2, alive-progress and click.

use super::form::{Form, Tool};

pub(super) static FORMS: &[Form] = &[
    Form::new(
        Tool::Progressbar,
        "% (",
        r"(?x)^(?P<label>.*?)(?:^|\ )\ *(?P<percent>[0-9]{1,3})%\ \((?P<done>[0-9]+)\ of\ (?P<total>[0-9]+)\)\ \|
          .*?(?:\ Elapsed\ Time:\ +(?P<elapsed>[0-9:]+))?(?:\ (?:ETA:\ +(?P<eta>[0-9:-]+)|Time:\ +[0-9:]+))?\ *$",
    ),
    Form::new(
        Tool::Alive,
        "%] in ",
        r"(?x)^(?P<label>.*?)\ ?\|[^|]*\|\ [^0-9]*(?P<done>[0-9]+)/(?P<total>[0-9]+)\ \[(?P<percent>[0-9]{1,3})%\]
          \ in\ (?P<elapsed>[0-9:.]+s?)
          (?:\ \((?:(?:~|eta:\ )(?P<eta>[0-9:.]+s?),\ )?(?P<rate>[0-9.]+)(?P<unit>[^/)0-9]*)/s\))?",
    )
    .then(|bar, _| Some(super::Bar { unit: bar.unit.or(Some("it")), ..bar })),
    Form::new(
        Tool::Alive,
        "/s)",
        r"(?x)^(?P<label>.*?)\ ?\|[^|]*\|\ [^0-9]*(?P<done>[0-9]+)\ in\ (?P<elapsed>[0-9:.]+s?)
          \ \((?P<rate>[0-9.]+)(?P<unit>[^/)0-9]*)/s\)",
    )
    .then(|bar, _| Some(super::Bar { unit: bar.unit.or(Some("it")), ..bar })),
    Form::new(
        Tool::Click,
        "]  ",
        r"(?x)^(?P<label>.*?)\ *\[[\#-]{4,}\]\ \ +(?:(?P<done>[0-9]+)/(?P<total>[0-9]+)|(?P<percent>[0-9]{1,3})%)
          (?:\ \ +(?P<eta>[0-9:]+))?\ *$",
    ),
];
