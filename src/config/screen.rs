//! How the screen looks and what it may do: one section of the configuration, layered.

use super::depth::{Surroundings, When};
use super::graph::Graph;

/// What one layer says: what was typed, the environment, or a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScreenSet {
    /// The name of a theme.
    pub theme: Option<String>,
    /// What graphs are drawn with.
    pub graph: Option<Graph>,
    /// When to use colour; only flags say it.
    pub color: Option<When>,
    /// The mouse is heard.
    pub mouse: Option<bool>,
    /// ASCII only.
    pub ascii: Option<bool>,
    /// Nothing is done to the job, and nothing is written.
    pub readonly: Option<bool>,
}

/// What holds in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// The name of a theme.
    pub theme: String,
    /// What graphs are drawn with.
    pub graph: Graph,
    /// When to use colour.
    pub color: When,
    /// The mouse is heard.
    pub has_mouse: bool,
    /// ASCII only.
    pub is_ascii: bool,
    /// Nothing is done to the job, and nothing is written.
    pub is_readonly: bool,
}

/// What holds: of each setting the first layer that says it, and else what suits the terminal.
pub fn screen(layers: &[&ScreenSet], around: &Surroundings) -> Screen {
    let is_ascii = layers.iter().find_map(|set| set.ascii).unwrap_or(!around.is_utf8);
    let graph = layers.iter().find_map(|set| set.graph).unwrap_or_else(|| Graph::fitting(around));
    Screen {
        theme: layers.iter().find_map(|set| set.theme.clone()).unwrap_or_else(|| "terminal".to_owned()),
        graph: if is_ascii { Graph::Ascii } else { graph },
        color: layers.iter().find_map(|set| set.color).unwrap_or_default(),
        has_mouse: layers.iter().find_map(|set| set.mouse).unwrap_or(true),
        is_ascii,
        is_readonly: layers.iter().find_map(|set| set.readonly).unwrap_or(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_layer_that_says_it_decides() {
        let around = Surroundings { is_utf8: true, ..Surroundings::default() };
        let flags = ScreenSet { theme: Some("light".into()), ..ScreenSet::default() };
        let file = ScreenSet {
            theme: Some("dark".into()),
            graph: Some(Graph::Block),
            mouse: Some(false),
            readonly: Some(true),
            ..ScreenSet::default()
        };
        let both = screen(&[&flags, &file], &around);
        assert_eq!((both.theme.as_str(), both.graph), ("light", Graph::Block));
        assert!(!both.has_mouse && both.is_readonly && !both.is_ascii);
        let none = screen(&[], &around);
        assert_eq!((none.theme.as_str(), none.graph, none.has_mouse), ("terminal", Graph::Braille, true));
    }

    #[test]
    fn graphs_are_what_the_terminal_can_show() {
        let check = |term: &str, is_utf8, expected| {
            let around = Surroundings { term: term.into(), is_utf8, ..Surroundings::default() };
            assert_eq!(screen(&[], &around).graph, expected, "{term} {is_utf8}");
        };
        check("xterm-256color", true, Graph::Braille);
        check("xterm-256color", false, Graph::Ascii);
        check("linux", true, Graph::Ascii);
        let asked = ScreenSet { graph: Some(Graph::Braille), ascii: Some(true), ..ScreenSet::default() };
        assert_eq!(screen(&[&asked], &Surroundings::default()).graph, Graph::Ascii);
    }
}
