//! Looks by role: no widget names a colour.
//!
//! The default takes the terminal's own sixteen colours, so that the user's palette wins. A theme must read without
//! colour: shapes, letters and words carry the meaning, and colour only says it again.

use ratatui::style::{Color, Style};

use super::depth::{Depth, reduced};
use super::file::{Entry, ThemeTable, Wrong};
use super::look::{colour, look};
use super::nearest::nearest;

/// What a piece of the screen stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Plain text.
    Text,
    /// Text that may be overlooked: labels, units, hints.
    Dim,
    /// A name or a title.
    Title,
    /// A measured value drawn as a graph or a bar.
    Accent,
    /// All is well.
    Ok,
    /// Look at it.
    Warn,
    /// Dead, stuck, or soon to be.
    Bad,
    /// A line between things.
    Border,
    /// The same around the pane that has the keys.
    Focus,
    /// The chosen row.
    Selected,
    /// A key to press.
    Key,
    /// The name of what is gone.
    Lost,
}

/// All roles with the names that themes call them by, each in its own place.
pub const ROLES: [(Role, &str); 12] = [
    (Role::Text, "text"),
    (Role::Dim, "dim"),
    (Role::Title, "title"),
    (Role::Accent, "accent"),
    (Role::Ok, "ok"),
    (Role::Warn, "warn"),
    (Role::Bad, "bad"),
    (Role::Border, "border"),
    (Role::Focus, "focus"),
    (Role::Selected, "selected"),
    (Role::Key, "key"),
    (Role::Lost, "lost"),
];

/// The themes that are built in.
pub const BUILT_IN: [(&str, &str); 5] = [
    ("terminal", include_str!("../../assets/themes/terminal.toml")),
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    ("contrast", include_str!("../../assets/themes/contrast.toml")),
    ("plain", include_str!("../../assets/themes/plain.toml")),
];

/// A style for each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; ROLES.len()],
    /// The background that it is made for.
    background: Option<Color>,
    /// It paints that background.
    paints: bool,
}

impl Default for Theme {
    fn default() -> Self {
        Self::built_in("terminal")
    }
}

impl Theme {
    /// No colour at all, as `NO_COLOR` asks.
    pub fn plain() -> Self {
        Self::built_in("plain")
    }

    fn built_in(name: &str) -> Self {
        let empty = Self { styles: [Style::new(); ROLES.len()], background: None, paints: false };
        let text = BUILT_IN.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
        // A test reads them all: what is built in is never wrong.
        super::file::theme(text).and_then(|table| empty.with(&table)).unwrap_or(empty)
    }

    /// The theme of this name: the user's own before those that are built in.
    pub fn named(name: &str, own: &[ThemeTable]) -> Result<Self, Wrong> {
        if let Some(table) = own.iter().find(|table| table.name == name) {
            let base = table.entries.iter().find(|entry| entry.key == "base");
            let is_known = |name: &str| BUILT_IN.iter().any(|(known, _)| *known == name);
            return match base {
                Some(base) if !is_known(&base.value) => {
                    let names = BUILT_IN.map(|(name, _)| name).join(", ");
                    Err(Wrong { line: base.line, why: format!("base: no such theme; there are {names}") })
                }
                base => Self::built_in(base.map_or("terminal", |base| &base.value)).with(table),
            };
        }
        if BUILT_IN.iter().any(|(known, _)| *known == name) {
            return Ok(Self::built_in(name));
        }
        let names = || BUILT_IN.iter().map(|(name, _)| *name).chain(own.iter().map(|own| own.name.as_str()));
        let shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
        let why = format!("no theme \"{shown}\"; there are {}", names().collect::<Vec<_>>().join(", "));
        Err(Wrong { line: 0, why })
    }

    /// The same with what a table says.
    fn with(mut self, table: &ThemeTable) -> Result<Self, Wrong> {
        for Entry { key, value, line } in &table.entries {
            let wrong = |why: String| Wrong { line: *line, why };
            match key.as_str() {
                "base" => {}
                "background" => self.background = Some(colour(value).map_err(wrong)?),
                "paints" => self.paints = value == "true",
                key => {
                    let role = ROLES.iter().position(|(_, name)| *name == key);
                    let at = role.ok_or_else(|| wrong(no_role(key)))?;
                    self.styles[at] = look(value).map_err(|why| wrong(format!("{key}: {why}")))?;
                }
            }
        }
        Ok(self)
    }

    /// The same for a terminal with so many colours.
    #[must_use]
    pub fn at(mut self, depth: Depth) -> Self {
        if depth == Depth::None {
            return Self::plain();
        }
        let paints = self.paints;
        self.styles = self.styles.map(|style| reduced(style, depth, paints));
        self.background = reduced(Style { bg: self.background, ..Style::new() }, depth, paints).bg;
        self
    }

    /// How a role looks.
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// What lies under everything: the background, where the theme paints one.
    pub fn ground(&self) -> Option<Style> {
        self.background.filter(|_| self.paints).map(|background| Style::new().bg(background))
    }
}

fn no_role(key: &str) -> String {
    let shown: String = key.chars().take(40).flat_map(char::escape_debug).collect();
    let names = ROLES.iter().map(|(_, name)| *name).chain(["background", "paints", "base"]);
    match nearest(key, names.clone()) {
        Some(near) => format!("a theme has no \"{shown}\"; did you mean {near}?"),
        None => format!("a theme has no \"{shown}\"; it has {}", names.collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Modifier;

    use super::*;
    use crate::config::depth::rgb;

    #[test]
    fn every_role_has_its_place() {
        for (at, (role, _)) in ROLES.iter().enumerate() {
            assert_eq!(*role as usize, at);
        }
    }

    #[test]
    fn what_is_built_in_is_right_and_whole() {
        for (name, text) in BUILT_IN {
            let table = crate::config::file::theme(text).unwrap();
            assert!(Theme::named(name, &[]).is_ok());
            for (_, role) in ROLES {
                assert!(table.entries.iter().any(|entry| entry.key == role), "{name} lacks {role}");
            }
        }
    }

    #[test]
    fn without_colour_there_is_none() {
        for (role, name) in ROLES {
            for theme in [Theme::plain(), Theme::built_in("contrast").at(Depth::None)] {
                let style = theme.style(role);
                assert_eq!((style.fg, style.bg, theme.ground()), (None, None, None), "{name}");
            }
        }
    }

    #[test]
    fn what_must_not_be_overlooked_differs_without_colour_too() {
        let plain = Theme::plain();
        assert_ne!(plain.style(Role::Bad), plain.style(Role::Text));
        assert_ne!(plain.style(Role::Focus), plain.style(Role::Border));
        for (name, _) in BUILT_IN {
            let theme = Theme::built_in(name);
            assert!(theme.style(Role::Lost).add_modifier.contains(Modifier::CROSSED_OUT), "{name}");
        }
    }

    /// Relative luminance and contrast as WCAG 2.2 defines them.
    fn contrast(one: Color, other: Color) -> f64 {
        let luminance = |colour| {
            let parts = rgb(colour).unwrap().map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_role_can_be_read_on_its_background() {
        for (name, text, line) in [("dark", 4.5, 3.0), ("light", 4.5, 2.7), ("contrast", 7.0, 7.0)] {
            for depth in [Depth::True, Depth::Indexed] {
                let theme = Theme::built_in(name).at(depth);
                for (role, word) in ROLES {
                    let style = theme.style(role);
                    let ground = style.bg.or(theme.background).unwrap();
                    let is = contrast(style.fg.unwrap(), ground);
                    // A frame is no text.
                    let least = if role == Role::Border { line } else { text };
                    assert!(is >= least, "{name} {depth:?}: {word} has {is:.1}, and needs {least}");
                }
            }
        }
    }

    #[test]
    fn a_theme_of_ones_own_stands_on_another() {
        let entry = |key: &str, value: &str| Entry { key: key.into(), value: value.into(), line: 3 };
        let own = |entries| [ThemeTable { name: "mine".into(), entries }];
        let mine =
            Theme::named("mine", &own(vec![entry("ok", "bold #30a46c"), entry("base", "dark")])).unwrap();
        assert_eq!(mine.style(Role::Ok).fg, Some(Color::Rgb(0x30, 0xa4, 0x6c)));
        assert_eq!(mine.style(Role::Warn), Theme::built_in("dark").style(Role::Warn));
        for (wrong, why) in [
            (entry("okk", "green"), "a theme has no \"okk\"; did you mean ok?"),
            (entry("ok", "greenish"), "ok: \"greenish\" is no colour"),
            (entry("base", "drak"), "base: no such theme; there are terminal"),
        ] {
            let error = Theme::named("mine", &own(vec![wrong])).unwrap_err();
            assert!(error.why.starts_with(why) && error.line == 3, "{}", error.why);
        }
        assert!(
            Theme::named("drak", &[])
                .unwrap_err()
                .why
                .contains("no theme \"drak\"; there are terminal, dark")
        );
    }
}
