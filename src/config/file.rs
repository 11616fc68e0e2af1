//! The configuration files, as values: what the user's own file says, and the little that a project may say.
//!
//! A project's file comes with a repository, and a repository is a stranger: it can set what a job is watched by,
//! and never a key, the screen, a command, a URL or a socket. Pure and bounded; an error names its line and says
//! what would work.

use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::alert::{self, AlertSet, Webhook, Words};
use super::graph::Graph;
use super::place::{Place, line_of, scalar};
use super::screen::ScreenSet;
use super::values::{self, OrOff};
use super::watch::{SignPattern, WatchSet};
use crate::model::sign::SignClass;

/// Bytes that a configuration may have.
pub const LARGEST: usize = 256 << 10;

/// Progress patterns that a file may name: each is tried on every line of the job.
const MOST_PATTERNS: usize = 32;

/// What is wrong, and on which line; line 0 is the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The line, from 1.
    pub line: usize,
    /// Why, and what would work.
    pub why: String,
}

/// What the user wants an action's keys to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChoice {
    /// The action's name.
    pub action: String,
    /// Its keys, as they were written; none takes them all away.
    pub keys: Vec<String>,
    /// Where that was said.
    pub line: usize,
}

/// One line of a theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The role, or what else a theme has.
    pub key: String,
    /// How it looks.
    pub value: String,
    /// Where that was said.
    pub line: usize,
}

/// A theme as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThemeTable {
    /// Its name; empty for a file of its own.
    pub name: String,
    /// What it says.
    pub entries: Vec<Entry>,
}

/// The user's own file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UserFile {
    /// `[screen]`.
    pub screen: ScreenSet,
    /// `[keys]`.
    pub keys: Vec<KeyChoice>,
    /// `[watch]`.
    pub watch: WatchSet,
    /// The line of `watch.progress`.
    pub progress_line: usize,
    /// `[alert]`.
    pub alert: AlertSet,
    /// `[theme.NAME]`.
    pub themes: Vec<ThemeTable>,
}

/// A project's file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProjectFile {
    /// `[watch]`.
    pub watch: WatchSet,
    /// The line of `watch.progress`.
    pub progress_line: usize,
    /// What it set, in words.
    pub told: Vec<String>,
    /// How many settings were refused.
    pub refused: usize,
}

pub(super) type Table<'t> = DeTable<'t>;
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// Reads the user's own file.
pub fn user(text: &str) -> Result<UserFile, Wrong> {
    let table = parsed(text)?;
    let mut file = UserFile::default();
    let place = Place { text, section: "" };
    for (key, value) in &table {
        let name: &str = key.get_ref();
        match name {
            "screen" => {
                let table = place.table(name, value)?;
                screen(&Place { section: "screen", ..place }, table, &mut file.screen)?;
            }
            "watch" => {
                let table = place.table(name, value)?;
                file.progress_line = watch(&Place { section: "watch", ..place }, table, &mut file.watch)?;
            }
            "alert" => {
                let table = place.table(name, value)?;
                alerts(&Place { section: "alert", ..place }, table, &mut file.alert)?;
            }
            "keys" => {
                let here = Place { section: "keys", ..place };
                for (key, value) in place.table(name, value)? {
                    let action = key.get_ref().to_string();
                    let keys = here.list(&action, value)?;
                    file.keys.push(KeyChoice { action, keys, line: place.line(key) });
                }
            }
            "theme" => {
                for (key, value) in place.table(name, value)? {
                    let name = key.get_ref().to_string();
                    let table = Place { section: "theme", ..place }.table(&name, value)?;
                    file.themes.push(ThemeTable { entries: entries(&place, table)?, name });
                }
            }
            _ => return Err(place.unknown(key, &["screen", "keys", "watch", "alert", "theme"])),
        }
    }
    Ok(file)
}

/// Reads a project's file. What it may not set is counted and has no effect, and keeps nobody from watching.
pub fn project(text: &str) -> Result<ProjectFile, Wrong> {
    let table = parsed(text)?;
    let mut file = ProjectFile::default();
    let place = Place { text, section: "" };
    for (key, value) in &table {
        let name: &str = key.get_ref();
        if name == "scan" {
            // Scans read it themselves, and tell what is wrong in it.
            continue;
        }
        if name != "watch" {
            file.refused += value.get_ref().as_table().map_or(1, |table| table.len().max(1));
            continue;
        }
        let table = place.table(name, value)?;
        file.progress_line = watch(&Place { section: "watch", ..place }, table, &mut file.watch)?;
        file.told = table.iter().map(|(key, value)| told(key.get_ref(), value.get_ref())).collect();
    }
    Ok(file)
}

/// A setting in words. A pattern is a stranger's text, and says little to people: it is counted.
fn told(key: &str, value: &DeValue<'_>) -> String {
    match value {
        DeValue::Table(table) => {
            let lists = table.values().map(|value| value.get_ref().as_array().map_or(1, |list| list.len()));
            format!("{key} {} patterns", lists.sum::<usize>())
        }
        DeValue::Array(list) if list.len() != 1 => format!("{key} {} patterns", list.len()),
        DeValue::Array(_) => format!("{key} 1 pattern"),
        DeValue::String(_) if key == "progress" => format!("{key} 1 pattern"),
        value => format!("{key} {}", scalar(value).unwrap_or_default().trim()),
    }
}

/// Reads a theme that is a file of its own.
pub fn theme(text: &str) -> Result<ThemeTable, Wrong> {
    let table = parsed(text)?;
    let entries = entries(&Place { text, section: "theme" }, &table)?;
    Ok(ThemeTable { name: String::new(), entries })
}

fn parsed(text: &str) -> Result<Table<'_>, Wrong> {
    if text.len() > LARGEST {
        let why = format!("it has {} KiB; a configuration has at most {}", text.len() >> 10, LARGEST >> 10);
        return Err(Wrong { line: 0, why });
    }
    DeTable::parse(text).map(Spanned::into_inner).map_err(|error| {
        let line = error.span().map_or(0, |span| line_of(text, span.start));
        Wrong { line, why: error.message().lines().collect::<Vec<_>>().join("; ") }
    })
}

fn screen(place: &Place<'_>, table: &Table<'_>, set: &mut ScreenSet) -> Result<(), Wrong> {
    for (key, value) in table {
        let name: &str = key.get_ref();
        match name {
            "theme" => set.theme = Some(place.string(name, value)?),
            "graph" => {
                let word = place.string(name, value)?;
                set.graph = Some(Graph::named(&word).map_err(|why| place.wrong(name, value, &why))?);
            }
            "mouse" => set.mouse = Some(place.truth(name, value)?),
            "ascii" => set.ascii = Some(place.truth(name, value)?),
            "readonly" => set.readonly = Some(place.truth(name, value)?),
            _ => return Err(place.unknown(key, &["theme", "graph", "mouse", "ascii", "readonly"])),
        }
    }
    Ok(())
}

/// Returns the line of the patterns: whoever knows patterns reads them.
fn watch(place: &Place<'_>, table: &Table<'_>, set: &mut WatchSet) -> Result<usize, Wrong> {
    let mut progress_line = 0;
    for (key, value) in table {
        let name: &str = key.get_ref();
        let span = || -> Result<OrOff<Duration>, Wrong> {
            values::span_or_off(&place.scalar(name, value)?).map_err(|why| place.wrong(name, value, &why))
        };
        match name {
            "interval" => {
                let interval = values::interval(&place.scalar(name, value)?);
                set.interval = Some(interval.map_err(|why| place.wrong(name, value, &why))?);
            }
            "heartbeat" => set.heartbeat = Some(span()?),
            "timeout" => set.timeout = Some(span()?),
            "target-memory" => {
                let share = values::share_or_off(&place.scalar(name, value)?);
                set.target_memory = Some(share.map_err(|why| place.wrong(name, value, &why))?);
            }
            "progress" => {
                let patterns = place.list(name, value)?;
                if patterns.len() > MOST_PATTERNS {
                    return Err(place.wrong(name, value, &format!("at most {MOST_PATTERNS} patterns")));
                }
                (set.progress, progress_line) = (Some(patterns), place.line(key));
            }
            "diagnose" => set.diagnose = Some(place.truth(name, value)?),
            "signs" => {
                let table = place.table(name, value)?;
                set.signs = signs(&Place { section: "watch.signs", ..*place }, table)?;
            }
            _ => {
                let known =
                    ["interval", "heartbeat", "timeout", "target-memory", "progress", "signs", "diagnose"];
                return Err(place.unknown(key, &known));
            }
        }
    }
    Ok(progress_line)
}

/// Who is told of alerts. Only the user's own file says it.
fn alerts(place: &Place<'_>, table: &Table<'_>, set: &mut AlertSet) -> Result<(), Wrong> {
    for (key, value) in table {
        let name: &str = key.get_ref();
        let wrong = |why: String| place.wrong(name, value, &why);
        let level = || place.string(name, value).and_then(|word| alert::floor(&word).map_err(wrong));
        let span = || place.scalar(name, value).and_then(|text| values::span(&text).map_err(wrong));
        match name {
            "bell" => set.bell = Some(level()?),
            "desktop" => set.desktop = Some(level()?),
            "level" => set.level = Some(level()?),
            // A list is taken word by word; a line is split as one that was typed.
            "on-alert" => {
                let words = match value.get_ref().as_str() {
                    Some(line) => Words::split(line),
                    None => Words::of(place.list(name, value)?),
                };
                set.on_alert = Some(words.map_err(wrong)?);
            }
            "webhook" => {
                let url = place.string(name, value)?;
                set.webhook = Some(Webhook::new(&url).map_err(wrong)?);
            }
            "min-duration" => set.min_duration = Some(span()?),
            "min-interval" => set.min_interval = Some(span()?),
            "ended" => set.ended = Some(place.truth(name, value)?),
            _ => {
                let known = [
                    "bell",
                    "desktop",
                    "on-alert",
                    "webhook",
                    "level",
                    "min-duration",
                    "min-interval",
                    "ended",
                ];
                return Err(place.unknown(key, &known));
            }
        }
    }
    Ok(())
}

/// Patterns for each class of signs.
fn signs(place: &Place<'_>, table: &Table<'_>) -> Result<Vec<SignPattern>, Wrong> {
    let mut signs = Vec::new();
    for (key, value) in table {
        let Some(class) = SignClass::named(key.get_ref()) else {
            return Err(place.unknown(key, &SignClass::NAMED.map(|(name, _)| name)));
        };
        let patterns = place.list(key.get_ref(), value)?;
        if signs.len() + patterns.len() > MOST_PATTERNS {
            return Err(place.wrong(key.get_ref(), value, &format!("at most {MOST_PATTERNS} patterns")));
        }
        let line = place.line(key);
        signs.extend(patterns.into_iter().map(|pattern| SignPattern { class, pattern, line }));
    }
    Ok(signs)
}

fn entries(place: &Place<'_>, table: &Table<'_>) -> Result<Vec<Entry>, Wrong> {
    let entry = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Value<'_>)| {
        let key_text = key.get_ref().to_string();
        let value = match value.get_ref().as_bool() {
            Some(truth) => truth.to_string(),
            None => place.scalar(&key_text, value)?,
        };
        Ok(Entry { key: key_text, value, line: place.line(key) })
    };
    table.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sections_are_read() {
        let file = user(
            "[screen]\ntheme = \"mine\"\ngraph = \"block\"\nmouse = false\n[keys]\nhold = \"f\"\nzoom = []\n\
             [watch]\nheartbeat = \"5m\"\ntarget-memory = 0.8\ninterval = 2\nprogress = ['a', 'b']\n\
             [theme.mine]\nok = \"#30a46c\"\nbad = 1\n\
             [alert]\non-alert = ['a b', 'c']\nmin-interval = 0\nended = false\n",
        )
        .unwrap();
        assert_eq!(file.screen.theme.as_deref(), Some("mine"));
        assert_eq!((file.screen.graph, file.screen.mouse), (Some(Graph::Block), Some(false)));
        assert_eq!(file.keys[0], KeyChoice { action: "hold".into(), keys: vec!["f".into()], line: 6 });
        assert_eq!(file.keys[1].keys, Vec::<String>::new());
        assert_eq!(file.watch.heartbeat, Some(OrOff(Some(Duration::from_mins(5)))));
        assert_eq!(file.watch.target_memory, Some(OrOff(Some(0.8))));
        assert_eq!(file.watch.interval, Some(Duration::from_secs(2)));
        assert_eq!(file.alert.on_alert, Some(Words(vec!["a b".into(), "c".into()])));
        assert_eq!((file.alert.min_interval, file.alert.ended), (Some(Duration::ZERO), Some(false)));
        assert_eq!(file.progress_line, 12);
        assert_eq!(file.themes[0].entries[0].value, "1");
        assert_eq!(user(""), Ok(UserFile::default()));
    }

    #[test]
    fn an_error_names_its_line_and_what_would_work() {
        let cases = [
            ("[scren]\n", 1, "scren: there is no such setting; did you mean screen?"),
            ("[screen]\n\ncolour = 1", 3, "screen.colour: there is no such setting; there are theme, graph"),
            ("[screen]\nmouse = \"no\"", 2, "screen.mouse: it takes true or false"),
            (
                "[screen]\ngraph = \"brail\"",
                2,
                "screen.graph: \"brail\" is no graph; there are braille, block, ascii",
            ),
            (
                "[watch]\nheartbeat = \"5 fortnights\"",
                2,
                "watch.heartbeat: \"5 fortnights\" is not a span of time",
            ),
            (
                "[watch]\nheartbeet = 5",
                2,
                "watch.heartbeet: there is no such setting; did you mean heartbeat?",
            ),
            ("[alert]\nbell = 'loud'", 2, "alert.bell: \"loud\" is no level"),
            ("[alert]\non-alert = \"a 'b\"", 2, "alert.on-alert: \"a 'b\": a quote is not closed"),
            ("[alert]\nwebhook = 'hooks/secret'", 2, "alert.webhook: a webhook is an address such as"),
            ("[alert]\nmin-interval = 'soon'", 2, "alert.min-interval: \"soon\" is not a span"),
            ("[keys]\nhold = 5", 2, "keys.hold: it takes a text in quotes, or a list"),
            ("keys = 5", 1, "keys: it is a section: write [keys]"),
            ("[keys\nhold", 1, ""),
            ("\n[keys]\nhold = \"a\"\nhold = \"b\"", 4, "duplicate key"),
        ];
        for (text, line, why) in cases {
            let wrong = user(text).unwrap_err();
            assert_eq!(wrong.line, line, "{text}: {wrong:?}");
            assert!(wrong.why.starts_with(why), "{text}: {wrong:?}");
        }
        let huge = user(&"#".repeat(LARGEST + 1)).unwrap_err();
        assert_eq!(huge.why, "it has 256 KiB; a configuration has at most 256");
    }

    #[test]
    fn signs_of_trouble_are_patterns_for_a_class() {
        let text = "[watch.signs]\ndegraded = ['safe mode', 'slow path']\nerror = 'E[0-9]+'\n";
        let signs = user(text).unwrap().watch.signs;
        assert_eq!(signs.len(), 3);
        let last = SignPattern { class: SignClass::Error, pattern: "E[0-9]+".into(), line: 3 };
        assert_eq!(signs[2], last);
        assert_eq!(project(text).unwrap().told, ["signs 3 patterns"]);
        let wrong = project("[watch.signs]\ndegradet = 'x'").unwrap_err();
        assert_eq!(wrong.why, "watch.signs.degradet: there is no such setting; did you mean degraded?");
    }

    #[test]
    fn a_project_can_set_limits_and_nothing_else() {
        let file = project(
            "notify = \"http://stranger\"\n[keys]\nquit = []\nhold = 'q'\n[screen]\nreadonly = false\n\
             [watch]\nheartbeat = \"off\"\nprogress = 'x'\n[theme.dark]\nok = 'red'\n[alert]\n",
        )
        .unwrap();
        assert_eq!(file.watch.heartbeat, Some(OrOff(None)));
        assert_eq!(file.told, ["heartbeat off", "progress 1 pattern"]);
        // One URL, two keys, one of the screen, one theme, one empty section.
        assert_eq!(file.refused, 6);
        let wrong = project("[watch]\ncommand = 'rm -rf /'").unwrap_err();
        assert!(wrong.why.starts_with("watch.command: there is no such setting"), "{wrong:?}");
        let wrong = project("[watch]\n\"\\u001b[31m\" = 1").unwrap_err();
        assert!(!wrong.why.contains('\u{1b}'), "{wrong:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "[\\[\\]a-z.=\"'{}#\\n ,0-9-]{0,200}") {
            let lines = text.lines().count() + 1;
            for wrong in [user(&text).err(), project(&text).err(), theme(&text).err()].into_iter().flatten() {
                proptest::prop_assert!(wrong.line <= lines);
            }
        }
    }
}
