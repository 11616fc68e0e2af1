//! `telltale thaw`: lets a frozen job go on, with its keeper or without.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::args::ThawArgs;
use super::exit::Exit;
use super::talk;
use crate::job::attach::{Control, Heard};
use crate::job::folder::Places;
use crate::job::freeze::hand;
use crate::job::freeze::record::{self, Record};
use crate::job::message::{Asked, Told, not_frozen};
use crate::model::clock;
use crate::model::metric::span;

/// A keeper does what it is asked at once; one that thrashes takes a while.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lets a job go on.
pub fn thaw(args: &ThawArgs) -> Exit {
    match decide(args) {
        Ok(said) => {
            talk::say(&said);
            Exit::Fine
        }
        Err(error) => {
            talk::error(&error);
            Exit::Error
        }
    }
}

fn decide(args: &ThawArgs) -> anyhow::Result<String> {
    let places = Places::from_env();
    let Some((path, mut record)) = chosen(&places, args.target.as_deref())? else {
        return Ok("nothing is frozen".to_owned());
    };
    let frozen_for = Duration::from_millis((clock::wall().0 - record.told.since.0).max(0).unsigned_abs());
    let after = format!("it was frozen for {}", span(frozen_for));
    let name = record.name.clone();
    if let Some(run) = record::keeper_of(&places, &path) {
        ask(&places, &run, args)?;
        return Ok(match (args.worker, args.end) {
            (Some(pid), _) => format!("process {pid} of {name} goes on, the others wait"),
            (None, true) => format!("{name} is being ended: TERM, and KILL {} later", span(args.grace)),
            (None, false) => format!("{name} goes on; {after}"),
        });
    }
    if args.end {
        let killed = hand::end(&path, &record, args.grace);
        let how = if killed == 0 { String::new() } else { format!("; {killed} processes had to be killed") };
        return Ok(format!("{name} is ended{how}"));
    }
    match (hand::thaw(&path, &mut record, args.worker), args.worker) {
        (Some(_), Some(pid)) => Ok(format!("process {pid} of {name} goes on, the others wait")),
        (Some(0), None) => Ok(format!("nothing of {name} was left that could go on")),
        (Some(_), None) => Ok(format!("{name} goes on; {after}")),
        (None, pid) => bail!("{}", none_of_them(pid)),
    }
}

/// Whether that is done, or refused, which was asked for; `None` for all that a keeper tells everybody.
fn answer(told: &Told, only: Option<i32>) -> Option<bool> {
    match (told, only) {
        (Told::Thawed | Told::Exited(_), _) => Some(true),
        (Told::Frozen(frozen), Some(pid)) => frozen.going.contains(&(pid as u32)).then_some(true),
        (Told::Warning(words), Some(pid)) if *words == not_frozen(pid) => Some(false),
        _ => None,
    }
}

fn none_of_them(pid: Option<i32>) -> String {
    let refused = not_frozen(pid.unwrap_or_default());
    format!("{refused}; without --worker all of them go on")
}

/// The freeze that is meant.
fn chosen(places: &Places, target: Option<&str>) -> anyhow::Result<Option<(PathBuf, Record)>> {
    let all = record::all(places);
    let listed = |found: &[(PathBuf, Record)]| {
        let line = |(_, record): &(PathBuf, Record)| format!("\n  {:20} {}", record.told.target, record.name);
        found.iter().map(line).collect::<String>()
    };
    let fitting: Vec<_> = match target {
        None => all.clone(),
        Some(words) => {
            all.iter().filter(|(path, record)| record::fits(path, record, words)).cloned().collect()
        }
    };
    match (fitting.as_slice(), target) {
        ([one], _) => Ok(Some(one.clone())),
        ([], None) => Ok(None),
        ([], Some(words)) if all.is_empty() => bail!(
            "{words:?} is not frozen by telltale, and nothing is; what something else has stopped goes on with \
             `kill -CONT PID`"
        ),
        ([], Some(words)) => bail!("{words:?} is not frozen; what is:{}", listed(&all)),
        (several, _) => bail!("{} jobs are frozen; name one:{}", several.len(), listed(several)),
    }
}

/// Asks the keeper, and waits until it has done it.
fn ask(places: &Places, run: &str, args: &ThawArgs) -> anyhow::Result<()> {
    let about = || format!("asking the keeper of run {run}");
    let mut control = Control::connect(places, run).with_context(about)?;
    let Heard::Told(Told::Hello(_)) = control.recv(Some(PATIENCE)).with_context(about)? else {
        bail!("{}: it does not answer", about());
    };
    let asked = if args.end {
        Asked::End { grace_ms: args.grace.as_millis() as u64 }
    } else {
        Asked::Thaw { only: args.worker }
    };
    control.send(&asked).with_context(about)?;
    let deadline = clock::now().plus(PATIENCE);
    loop {
        match control.recv(Some(deadline.since(clock::now()))).with_context(about)? {
            Heard::Gone => return Ok(()),
            Heard::Told(told) => match answer(&told, args.worker) {
                Some(true) => return Ok(()),
                Some(false) => bail!("{}", none_of_them(args.worker)),
                None => {}
            },
            Heard::Nothing if clock::now() >= deadline => bail!("{}: it has not done it yet", about()),
            Heard::Nothing => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::freeze::Frozen;

    #[test]
    fn only_the_refusal_itself_is_one() {
        let warning = |words: &str| Told::Warning(words.to_owned());
        assert_eq!(answer(&warning("the log is full"), None), None);
        assert_eq!(answer(&warning("the log is full"), Some(7)), None);
        assert_eq!(answer(&warning(&not_frozen(8)), Some(7)), None, "that was somebody else's");
        assert_eq!(answer(&warning(&not_frozen(7)), Some(7)), Some(false));
        assert_eq!(answer(&Told::Thawed, None), Some(true));
        let frozen: Frozen = serde_json::from_str(
            r#"{"since":1,"by":"hand","processes":2,"going":[7],"evidence":[],"then":null,"target":"x"}"#,
        )
        .unwrap();
        let told = Told::Frozen(Box::new(frozen));
        assert_eq!(
            (answer(&told, Some(7)), answer(&told, Some(8)), answer(&told, None)),
            (Some(true), None, None)
        );
    }
}
