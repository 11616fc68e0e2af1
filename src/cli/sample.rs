//! A configuration to begin with: every setting with its default, commented out. Pure.

use std::fmt::Write as _;

use crate::config::theme::{BUILT_IN, ROLES};
use crate::ui::keymap::Keymap;

const HEAD: &str = "\
# Telltale's configuration: ~/.config/telltale/config.toml, or below $XDG_CONFIG_HOME.
# What is commented out is the default. Flags count more than the environment (TELLTALE_THEME, TELLTALE_GRAPH,
# TELLTALE_INTERVAL, TELLTALE_WEBHOOK), that more than a project's .telltale.toml, and that more than this file.
# A project's file may set [watch], which is told on the screen, and [scan]: exclude = [PATTERN, ...].

[screen]
# terminal, dark, light, contrast, plain, or the name of a theme of your own.
#theme = \"terminal\"
# braille, block or ascii; without this line what the terminal can show.
#graph = \"braille\"
# Whether the mouse is heard.
#mouse = true
# ASCII only; without this line where the locale is not UTF-8.
#ascii = false
# Nothing is done to the job, and nothing is written.
#readonly = false

[watch]
# Time between two looks.
#interval = \"1s\"
# Alert when there is no sign of progress for this long, or \"off\".
#heartbeat = \"60s\"
# Alert when the whole run takes longer than this, or \"off\".
#timeout = \"off\"
# Alert when the memory limit that binds is fuller than this, or \"off\".
#target-memory = \"70%\"
# Patterns that find counters in the output, in groups named done, total, in_flight or failed.
#progress = []
# Patterns of lines that tell of trouble, for each of degraded, toolchain-panic, module-missing, error and summary.
#signs = { degraded = [] }
# When an alert says that a job stands still, look into why: once, for four seconds.
#diagnose = true

[alert]
# From which level on the terminal rings: never, warning or critical.
#bell = \"critical\"
# The same for notifications on the desktop (OSC 9, OSC 777).
#desktop = \"never\"
# The same for a command and a webhook.
#level = \"warning\"
# A command that gets the alert as JSON on its standard input, as a line or as a list of words; no shell is started.
# on-alert = \"notify-send Telltale\"
# on-alert = [\"sh\", \"-c\", \"cat >> ~/alerts.jsonl\"]
# An address where the alert is posted as JSON.
# webhook = \"https://hooks.example/path\"
# A warning is told when it has held this long; what is critical is told at once.
#min-duration = \"5s\"
# The shortest time between two tellings of one thing, unless it is worse.
#min-interval = \"5m\"
# Command and webhook are told of the end too.
#ended = true

[keys]
# Each action takes a key or a list of keys: a character, a name (enter, space, tab, shift-tab, page-up, f5), or either
# with ctrl- or alt- before it. None, [], takes the keys away. A key given to one action is taken from others.
";

/// The text.
pub(super) fn text() -> String {
    let mut out = HEAD.to_owned();
    // Writing to a string cannot fail, here and below.
    let keymap = Keymap::default();
    let mut told = Vec::new();
    for row in keymap.rows().iter().filter(|row| !row.binding.context.is_typed()) {
        // Where an action has a row for each of several places, its keys are the same in all of them.
        if told.contains(&row.action()) {
            continue;
        }
        told.push(row.action());
        let keys: Vec<String> = row.keys.iter().map(|key| format!("{:?}", key.to_string())).collect();
        let _ = writeln!(out, "# {}\n#{} = [{}]", row.binding.words, row.action().name(), keys.join(", "));
    }
    out.push_str(
        "\n# A theme of your own says how roles look: #rrggbb, a number from 0 to 255, a name such as green or\n\
         # bright-red, `on` and a background, and bold, dim, italic, underlined, reversed, crossed-out.\n\
         # What it leaves out is taken from its base, one of ",
    );
    let _ = writeln!(out, "{}.", BUILT_IN.map(|(name, _)| name).join(", "));
    out.push_str("#[theme.mine]\n#base = \"dark\"\n");
    for (_, role) in ROLES {
        let terminal = BUILT_IN[0].1.lines().find(|line| line.starts_with(&format!("{role} = ")));
        let _ = writeln!(out, "#{}", terminal.unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::alert::{Telling, telling};
    use crate::config::depth::Surroundings;
    use crate::config::screen::screen;
    use crate::config::theme::Theme;
    use crate::config::watch::{Watch, watch};
    use crate::config::{file, graph::Graph};

    /// The settings, no longer commented out.
    fn awake() -> String {
        let is_setting = |line: &&str| line.strip_prefix('#').is_some_and(|rest| !rest.starts_with(' '));
        let wake = |line: &str| if is_setting(&line) { line[1..].to_owned() } else { line.to_owned() };
        text().lines().map(wake).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_it_says_is_the_default() {
        let file = file::user(&awake()).unwrap();
        let mut set = watch(&[&file.watch]);
        // That it is asked for is no setting.
        set.limits.is_heartbeat_asked = false;
        assert_eq!(set, Watch::default());
        assert_eq!(telling(&[&file.alert]), Telling::default());
        let around = Surroundings { is_utf8: true, ..Surroundings::default() };
        assert_eq!(screen(&[&file.screen], &around), screen(&[], &around));
        assert_eq!(file.screen.graph, Some(Graph::default()));
        let (keymap, notices) = Keymap::with(&file.keys).unwrap();
        assert_eq!((keymap, notices), (Keymap::default(), Vec::new()));
        assert!(Theme::named("mine", &file.themes).is_ok());
    }

    #[test]
    fn as_it_is_it_sets_nothing() {
        assert_eq!(file::user(&text()), Ok(file::UserFile::default()));
    }
}
