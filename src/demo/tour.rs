//! The tour: what `demo --tour` presses and says, so that somebody who only watches has seen it all.

use crate::model::text::Text;
use crate::ui::event::TourStop;
use crate::ui::input::{Code, Key};

/// One stop as it is written: a sentence, and the keys that lead there.
struct Written {
    caption: &'static str,
    keys: &'static str,
}

const fn stop(caption: &'static str, keys: &'static str) -> Written {
    Written { caption, keys }
}

const WRITTEN: &[Written] = &[
    stop("The first line says how the job is; the gauges below it are measured, each with its past.", ""),
    stop("Every member of the job: what it does, what it uses, what it waits for.", "j j j"),
    stop("Enter tells all that is known of one.", "Enter"),
    stop("Sorted by what it costs: < and > choose the column.", "Esc > > >"),
    stop("The other pane: secrets, the likeliest first, never in clear text.", "Esc Tab"),
    stop("The margin shows how random each line is.", "j j"),
    stop("Why it is a finding, and what its entropy could be at most.", "Enter"),
    stop("e gives a pane the whole screen.", "Esc e"),
    stop("The map of the tree: where what looks compressed or encrypted lies.", "e m"),
    stop("/ filters what has the keys: here the members that use the CPU.", "m Tab / c p u > 1 Enter"),
    stop("Alerts come with their evidence.", "Esc a"),
    stop("Space holds the screen, [ and ] go back and forth; the collecting goes on.", "Esc Space [ [ ["),
    stop(": finds every action by its name.", "Space :"),
    stop("? has all keys. Any key ends this tour.", "Esc ?"),
    stop("That was it: telltale run -- COMMAND, telltale attach PID, telltale scan.", "Esc"),
];

/// All stops in their order.
pub fn stops() -> Vec<TourStop> {
    WRITTEN
        .iter()
        .map(|written| TourStop {
            caption: Text::from(written.caption),
            keys: written.keys.split_whitespace().filter_map(key).collect(),
        })
        .collect()
}

fn key(name: &str) -> Option<Key> {
    let code = match name {
        "Enter" => Code::Enter,
        "Esc" => Code::Esc,
        "Tab" => Code::Tab,
        "Space" => Code::Char(' '),
        _ => Code::Char(name.chars().next().filter(|_| name.chars().count() == 1)?),
    };
    Some(Key::plain(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_tour_has_a_name_that_is_known() {
        for written in WRITTEN {
            for name in written.keys.split_whitespace() {
                assert!(key(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn every_caption_fits_a_small_terminal() {
        for written in WRITTEN {
            assert!(written.caption.len() <= 96, "{}", written.caption);
        }
    }
}
