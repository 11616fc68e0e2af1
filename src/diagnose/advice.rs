//! What to do about a cause: what it means, how to get out now, how to prevent it. Pure: the texts are data,
//! `assets/advice.toml`, and are compiled in.

use std::sync::LazyLock;

use toml::de::{DeTable, DeValue};

use crate::model::cause::Cause;

/// The texts, as they are compiled in.
const TABLE: &str = include_str!("../../assets/advice.toml");

static BUILTIN: LazyLock<Vec<(Cause, Advice)>> = LazyLock::new(|| read(TABLE).expect("the table is tested"));

/// What to tell somebody whose job hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What the cause means.
    pub meaning: String,
    /// How to get out of it now.
    pub now: String,
    /// How to prevent it the next time.
    pub prevent: String,
}

/// The advice for a cause; calm answers need none.
pub fn advice(cause: Cause) -> Option<&'static Advice> {
    BUILTIN.iter().find(|(about, _)| *about == cause).map(|(_, advice)| advice)
}

/// Reads the table; `None` when it is not what it should be.
fn read(table: &str) -> Option<Vec<(Cause, Advice)>> {
    let table = DeTable::parse(table).ok()?;
    let entries = table.get_ref().iter();
    entries.map(|(id, entry)| Some((named(id.get_ref())?, texts(entry.get_ref())?))).collect()
}

fn named(id: &str) -> Option<Cause> {
    Cause::ALL.iter().copied().find(|cause| cause.id() == id)
}

fn texts(entry: &DeValue<'_>) -> Option<Advice> {
    let text = |name| Some(entry.get(name)?.get_ref().as_str()?.to_owned());
    Some(Advice { meaning: text("meaning")?, now: text("now")?, prevent: text("prevent")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many lines a text takes, broken between words.
    fn lines(text: &str, width: usize) -> usize {
        let mut lines = 1;
        let mut used = 0;
        for word in text.split(' ').map(|word| word.chars().count()) {
            if used > 0 && used + 1 + word > width {
                lines += 1;
                used = 0;
            }
            used += word + usize::from(used > 0);
        }
        lines
    }

    #[test]
    fn every_cause_that_accuses_has_its_advice_and_no_other() {
        for cause in Cause::ALL {
            assert_eq!(advice(*cause).is_some(), cause.is_named(), "{}", cause.id());
        }
        assert_eq!(BUILTIN.len(), Cause::ALL.iter().filter(|cause| cause.is_named()).count());
    }

    #[test]
    fn every_advice_fits_on_a_small_screen() {
        // 80 columns, less a frame and the words in front of each text.
        const WIDTH: usize = 66;
        for (cause, Advice { meaning, now, prevent }) in BUILTIN.iter() {
            let each = [meaning, now, prevent].map(|text| lines(text, WIDTH));
            let all: usize = each.iter().sum();
            assert!(all <= 12 && each.iter().all(|lines| *lines <= 6), "{}: {each:?}", cause.id());
        }
    }

    #[test]
    fn the_texts_are_sentences() {
        for (cause, advice) in BUILTIN.iter() {
            for text in [&advice.meaning, &advice.now, &advice.prevent] {
                let is_whole = text.ends_with(['.', '?']) && text.trim() == text;
                assert!(is_whole && !text.contains(['\n', '!', '—']), "{}: {text}", cause.id());
            }
        }
    }

    #[test]
    fn a_table_that_is_broken_is_none() {
        for broken in ["[no-such-cause]", "[stopped]\nmeaning = \"It is.\"", "stopped = 3", "["] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
