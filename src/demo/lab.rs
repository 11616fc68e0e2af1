//! The walk through the laboratory, stop by stop. Pure: the texts are data, `assets/lab.toml`, and are compiled in.

use std::sync::LazyLock;

use toml::de::{DeTable, DeValue};

use super::hang::{self, Hang};

/// The texts, as they are compiled in.
const TABLE: &str = include_str!("../../assets/lab.toml");

static STOPS: LazyLock<Vec<Stop>> = LazyLock::new(|| read(TABLE).expect("the table is tested"));

/// One stop.
#[derive(Debug)]
pub struct Stop {
    /// What it is about.
    pub title: String,
    /// What there is to know, by paragraphs.
    pub text: Vec<String>,
    /// What is to be seen; `None` where there is only to read.
    pub show: Option<Show>,
}

/// What is to be seen at a stop.
#[derive(Debug)]
pub struct Show {
    /// The scenario that is started.
    pub hang: &'static Hang,
    /// What can be typed in another terminal, with `{pid}` for the process.
    pub look: String,
    /// Which line gives it away, and what it means.
    pub gives_away: String,
}

impl Show {
    /// What can be typed about this process.
    pub fn look_at(&self, pid: &str) -> String {
        self.look.replace("{pid}", pid)
    }
}

/// All stops in their order.
pub fn stops() -> &'static [Stop] {
    &STOPS
}

fn read(table: &str) -> Option<Vec<Stop>> {
    let table = DeTable::parse(table).ok()?;
    let stops = table.get_ref().get("stop")?.get_ref().as_array()?;
    stops.iter().map(|stop| read_stop(stop.get_ref())).collect()
}

fn read_stop(stop: &DeValue<'_>) -> Option<Stop> {
    let text = |name| Some(stop.get(name)?.get_ref().as_str()?.to_owned());
    let paragraphs = stop.get("text")?.get_ref().as_array()?.iter();
    let show = match text("scenario") {
        Some(name) => {
            let (look, gives_away) = (text("look")?, text("gives_away")?);
            Some(Show { hang: hang::named(&name)?, look, gives_away })
        }
        None => None,
    };
    let paragraphs = paragraphs.map(|part| Some(part.get_ref().as_str()?.to_owned()));
    Some(Stop { title: text("title")?, text: paragraphs.collect::<Option<_>>()?, show })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_leads_somewhere() {
        assert!(stops().len() > 8);
        for stop in stops() {
            assert!(!stop.text.is_empty() && stop.title.len() <= 70, "{}", stop.title);
            if let Some(show) = &stop.show {
                assert!(show.look.contains("{pid}"), "{}", stop.title);
                assert!(!show.look_at("4711").contains("{pid}"), "{}", stop.title);
            }
        }
    }

    #[test]
    fn a_stop_at_what_nobody_plays_is_no_stop() {
        for broken in
            ["[[stop]]\ntitle = \"x\"", "[[stop]]\ntitle = \"x\"\ntext = []\nscenario = \"flies\"", ""]
        {
            assert!(read(broken).is_none(), "{broken}");
        }
    }
}
