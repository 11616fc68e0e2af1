//! Who is told of alerts, and when: one section of the configuration, layered. A project's file has no say in it.

use std::fmt;
use std::time::Duration;

use crate::model::verdict::Severity;

/// The lowest level that is told somewhere; `None` tells nothing there.
pub type Floor = Option<Severity>;

/// Reads a floor: `never`, `warning` or `critical`.
pub fn floor(text: &str) -> Result<FloorWord, String> {
    match text {
        "never" => Ok(FloorWord(None)),
        "warning" => Ok(FloorWord(Some(Severity::Warning))),
        "critical" => Ok(FloorWord(Some(Severity::Critical))),
        _ => Err(format!("{text:?} is no level: there are never, warning and critical")),
    }
}

/// A floor as it was typed; a type of its own, for clap gives `Option` another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloorWord(pub Floor);

/// A command and its arguments. No shell sees them unless the first one is a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

impl Words {
    /// Splits a line as a shell would, quotes and backslashes included, and expands nothing.
    pub fn split(line: &str) -> Result<Self, String> {
        let words = shell_words::split(line).map_err(|_| format!("{line:?}: a quote is not closed"))?;
        Self::of(words)
    }

    /// These words as they are.
    pub fn of(words: Vec<String>) -> Result<Self, String> {
        match words.first() {
            Some(program) if !program.is_empty() => Ok(Self(words)),
            _ => Err("it names no command".into()),
        }
    }
}

/// The address of a webhook. Who knows it may post there, so it shows itself without its path.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook(String);

impl Webhook {
    /// Takes an address with `http` or `https`.
    pub fn new(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let is_plain = url.chars().all(|c| c.is_ascii_graphic());
        match rest {
            Some(rest) if is_plain && !rest.is_empty() && !rest.starts_with(['/', '?', '#']) => {
                Ok(Self(url.to_owned()))
            }
            // What was typed is not repeated: it may be a good address with a secret and one wrong character.
            _ => Err("a webhook is an address such as https://host/path".into()),
        }
    }

    /// The whole address, for whoever posts.
    pub fn address(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or_default();
        let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A name and a password may stand before the host.
        let host = place.rsplit('@').next().unwrap_or_default();
        write!(f, "{scheme}://{host}/…")
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({self})")
    }
}

/// What one layer says: what was typed, the environment, or the user's file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertSet {
    /// From which level on the terminal rings.
    pub bell: Option<FloorWord>,
    /// From which level on the desktop shows a notification.
    pub desktop: Option<FloorWord>,
    /// The command that is run.
    pub on_alert: Option<Words>,
    /// Where the alert is posted.
    pub webhook: Option<Webhook>,
    /// From which level on command and webhook are told.
    pub level: Option<FloorWord>,
    /// How long a warning has to hold before it is told.
    pub min_duration: Option<Duration>,
    /// The shortest time between two tellings of one thing.
    pub min_interval: Option<Duration>,
    /// Command and webhook are told of the end too.
    pub ended: Option<bool>,
}

/// What holds in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// From which level on the terminal rings.
    pub bell: Floor,
    /// From which level on the desktop shows a notification.
    pub desktop: Floor,
    /// The command that is run.
    pub on_alert: Option<Words>,
    /// Where the alert is posted.
    pub webhook: Option<Webhook>,
    /// From which level on command and webhook are told.
    pub level: Floor,
    /// How long a warning has to hold before it is told; what is critical is told at once.
    pub min_duration: Duration,
    /// The shortest time between two tellings of one thing.
    pub min_interval: Duration,
    /// Command and webhook are told of the end too.
    pub tells_end: bool,
}

impl Default for Telling {
    /// A bell for what is critical reaches people through tmux and ssh and does nothing to those who turned bells
    /// off; all else is asked for. A warning that is gone within 5 seconds was none worth a call.
    fn default() -> Self {
        Self {
            bell: Some(Severity::Critical),
            desktop: None,
            on_alert: None,
            webhook: None,
            level: Some(Severity::Warning),
            min_duration: Duration::from_secs(5),
            min_interval: Duration::from_mins(5),
            tells_end: true,
        }
    }
}

/// What holds: of each setting the first layer that says it, and else the default.
pub fn telling(layers: &[&AlertSet]) -> Telling {
    let otherwise = Telling::default();
    let floor = |of: fn(&AlertSet) -> Option<FloorWord>, otherwise| {
        layers.iter().find_map(|set| of(set)).map_or(otherwise, |word| word.0)
    };
    Telling {
        bell: floor(|set| set.bell, otherwise.bell),
        desktop: floor(|set| set.desktop, otherwise.desktop),
        on_alert: layers.iter().find_map(|set| set.on_alert.clone()),
        webhook: layers.iter().find_map(|set| set.webhook.clone()),
        level: floor(|set| set.level, otherwise.level),
        min_duration: layers.iter().find_map(|set| set.min_duration).unwrap_or(otherwise.min_duration),
        min_interval: layers.iter().find_map(|set| set.min_interval).unwrap_or(otherwise.min_interval),
        tells_end: layers.iter().find_map(|set| set.ended).unwrap_or(otherwise.tells_end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_a_shell_would_and_nothing_is_expanded() {
        let cases: [(&str, Option<&[&str]>); 6] = [
            ("notify-send stalled", Some(&["notify-send", "stalled"])),
            ("sh -c 'cat >> \"$HOME/x\"'", Some(&["sh", "-c", "cat >> \"$HOME/x\""])),
            ("page $HOME *.log; rm x", Some(&["page", "$HOME", "*.log;", "rm", "x"])),
            ("say 'not closed", None),
            ("", None),
            ("''", None),
        ];
        for (line, expected) in cases {
            let words = Words::split(line).ok().map(|words| words.0);
            let expected = expected.map(|words| words.iter().map(|word| (*word).to_owned()).collect());
            assert_eq!(words, expected, "{line}");
        }
    }

    #[test]
    fn a_webhook_shows_no_secret() {
        let cases = [
            ("https://hooks.example/services/T0/B0/secret", "https://hooks.example/…"),
            ("http://me:secret@host:8080/x?token=secret", "http://host:8080/…"),
            ("https://host?token=secret", "https://host/…"),
        ];
        for (url, shown) in cases {
            let webhook = Webhook::new(url).unwrap();
            assert_eq!(webhook.to_string(), shown);
            assert!(!format!("{webhook:?}").contains("secret"));
            assert_eq!(webhook.address(), url);
        }
        for wrong in
            ["", "ftp://x/", "https://", "http:///secret", "https://a b/secret", "http://h/\x1bsecret"]
        {
            let why = Webhook::new(wrong).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn the_first_layer_that_says_it_decides() {
        let flags = AlertSet { bell: floor("never").ok(), ..AlertSet::default() };
        let user = AlertSet {
            bell: floor("warning").ok(),
            desktop: floor("critical").ok(),
            min_interval: Some(Duration::ZERO),
            ..AlertSet::default()
        };
        let all = telling(&[&flags, &user]);
        assert_eq!((all.bell, all.desktop), (None, Some(Severity::Critical)));
        assert_eq!((all.min_interval, all.min_duration), (Duration::ZERO, Duration::from_secs(5)));
        assert_eq!(telling(&[]), Telling::default());
        assert!(floor("loud").is_err());
    }
}
