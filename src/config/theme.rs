//! Colours by role: no widget names a colour.
//!
//! The default takes the terminal's own sixteen colours, so that the user's palette wins, light or dark. The
//! variant without colour says the same with bold, dim and reversed text; shapes and words carry the meaning
//! in both.

use ratatui::style::{Color, Modifier, Style};

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
}

/// A style for each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    has_colour: bool,
}

impl Default for Theme {
    fn default() -> Self {
        Self::sixteen()
    }
}

impl Theme {
    /// The terminal's own sixteen colours.
    pub const fn sixteen() -> Self {
        Self { has_colour: true }
    }

    /// No colour at all, as `NO_COLOR` asks.
    pub const fn plain() -> Self {
        Self { has_colour: false }
    }

    /// How a role looks.
    pub const fn style(&self, role: Role) -> Style {
        let style = Style::new();
        // Dim is an attribute and not bright black: many palettes paint that in the colour of the background.
        let style = match role {
            Role::Dim | Role::Border => style.add_modifier(Modifier::DIM),
            Role::Title | Role::Key | Role::Bad => style.add_modifier(Modifier::BOLD),
            Role::Focus if !self.has_colour => style.add_modifier(Modifier::BOLD),
            Role::Selected => style.add_modifier(Modifier::REVERSED),
            Role::Text | Role::Accent | Role::Ok | Role::Warn | Role::Focus => style,
        };
        match Self::colour(role) {
            Some(colour) if self.has_colour => style.fg(colour),
            _ => style,
        }
    }

    const fn colour(role: Role) -> Option<Color> {
        match role {
            Role::Accent | Role::Focus | Role::Key => Some(Color::Cyan),
            Role::Ok => Some(Color::Green),
            Role::Warn => Some(Color::Yellow),
            Role::Bad => Some(Color::Red),
            Role::Text | Role::Dim | Role::Title | Role::Border | Role::Selected => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 11] = [
        Role::Text,
        Role::Dim,
        Role::Title,
        Role::Accent,
        Role::Ok,
        Role::Warn,
        Role::Bad,
        Role::Border,
        Role::Focus,
        Role::Selected,
        Role::Key,
    ];

    #[test]
    fn without_colour_there_is_none() {
        for role in ROLES {
            let style = Theme::plain().style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
    }

    #[test]
    fn what_must_not_be_overlooked_differs_without_colour_too() {
        assert_ne!(Theme::plain().style(Role::Bad), Theme::plain().style(Role::Text));
    }
}
