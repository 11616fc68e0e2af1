//! tqdm, and what Lightning and Hugging Face draw with it.
//!
//! The counts stand behind the bar; a label may hold anything, `3/10` and `50%` too. Scaled counts keep three
//! digits (`9.15M`, `57.2M`, `123M`), the others are whole, and whether the prefix has steps of 1000 or 1024 is not
//! told. Over its total, tqdm leaves out the total and the bar.

use regex::Captures;

use super::form::{Bar, Form, Tool, group};
use super::{fields, figure};

pub(super) static FORMS: &[Form] = &[
    Form::new(
        Tool::Tqdm,
        "%|",
        r"(?x)^(?P<label>.*?)(?:^|:\ |\ )\ *(?P<percent>[0-9]{1,3})%\|[^|]*\|\ *
          (?P<n>[0-9]+(?:\.[0-9]+)?[kMGTPE]?)/(?P<of>[0-9]+(?:\.[0-9]+)?[kMGTPE]?)
          (?:\ \[(?P<elapsed>[0-9:]+)<(?P<eta>[0-9:?]+),\ *
            (?:(?P<speed>[0-9.]+|\?)\ ?(?P<what>[^,\]/]*)/s|(?P<pace>[0-9.]+)s/(?P<what_slow>[^,\]]+))(?P<postfix>[,\]].*))?",
    )
    .then(finish),
    // At a few columns there is no room for the counts.
    Form::new(
        Tool::Tqdm,
        "%|",
        r"^(?P<label>.*?)(?:^|: | ) *(?P<percent>[0-9]{1,3})%\|[ #0-9▏▎▍▌▋▊▉█]*\|?$",
    ),
    // Without a total, or over it.
    Form::new(
        Tool::Tqdm,
        " [",
        r"(?x)^(?P<label>.*?)(?:^|:\ )\ *(?P<n>[0-9]+(?:\.[0-9]+)?[kMGTPE]?)(?P<tail>[^0-9,\[\]:/.][^,\[\]:/]*)?
          \ \[(?P<elapsed>[0-9]+:[0-9:]+),\ *
            (?:(?P<speed>[0-9.]+|\?)\ ?(?P<what>[^,\]/]*)/s|(?P<pace>[0-9.]+)s/(?P<what_slow>[^,\]]+))(?P<postfix>[,\]].*)",
    )
    .then(finish),
    // A format of the user's own that keeps the rate.
    Form::new(
        Tool::Tqdm,
        "it/s",
        r"(?x)^(?P<label>.*?)(?:^|\ )\ *(?P<done>[0-9]+)\ ?(?:/|of)\ ?(?P<total>[0-9]+)(?:\ [^0-9]*(?:(?P<eta>[0-9]+:[0-9:]+|\?)\ left)?[^0-9]*)?
          [\ @\[(](?:(?P<rate>[0-9.]+)|\?)(?P<unit>it)/s",
    ),
];

fn finish<'a>(mut bar: Bar<'a>, found: &Captures<'a>) -> Option<Bar<'a>> {
    let (n, of) = (group(found, "n")?, group(found, "of"));
    let speed = group(found, "speed").or(group(found, "pace"));
    let is_scaled = if of.is_some() {
        [Some(n), of].into_iter().flatten().any(|text| !text.bytes().all(|byte| byte.is_ascii_digit()))
    } else {
        // `123keys` are 123: a scaled count below 100 has a point, and so has a scaled rate but one digit after it.
        n.contains('.') || (n.len() == 4 && !speed.is_some_and(has_two_decimals_above_ten))
    };
    let step = if is_scaled { 1_000.0 } else { 1.0 };
    let scale = |text: &str| figure::amount(text, step).and_then(figure::whole);
    (bar.done, bar.total) = (scale(n), of.and_then(scale).filter(|&total| total > 0));
    bar.is_approximate = is_scaled;
    bar.rate = speed.and_then(|text| text.parse().ok());
    let mut unit = group(found, "what").or(group(found, "what_slow")).unwrap_or_default().trim();
    if group(found, "pace").is_some() {
        bar.rate = bar.rate.filter(|&pace| pace > 0.0).map(|pace| 1.0 / pace);
    } else if is_scaled && let Some(times) = figure::prefix(unit, 1_000.0) {
        bar.rate = bar.rate.map(|rate| rate * times);
        unit = &unit[1..];
    }
    bar.unit = Some(unit).filter(|unit| !unit.is_empty());
    // What the program adds itself, as in `set_postfix(in_flight=4)`.
    fields::gauges(&mut bar, group(found, "postfix").unwrap_or_default());
    Some(bar)
}

fn has_two_decimals_above_ten(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, rest)| whole.len() >= 2 && rest.len() == 2)
}
