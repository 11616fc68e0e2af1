//! `[scan]` of a `.telltale.toml`: which paths a repository wants left out of every scan. Pure.
//!
//! A repository is a stranger: it may leave out its own test data and say so in a line that everybody can read, and what
//! it leaves out is counted in every report. The other sections of the file are for watching, and read elsewhere.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::gitleaks::line_of;
use crate::model::text::escape;
use crate::scan::ignores;

/// The file's name.
pub(crate) const NAME: &str = ".telltale.toml";
/// The most bytes that are read, and the most patterns.
pub(crate) const LARGEST: usize = 256 << 10;
const MOST: usize = 10_000;

/// What such a file says of scans.
#[derive(Debug, Default)]
pub(crate) struct Project {
    globs: Option<Gitignore>,
    /// What was not understood, each with its line.
    pub(crate) notes: Vec<(usize, String)>,
}

impl Project {
    /// Reads a file; what is not understood leaves nothing out and is told.
    pub(crate) fn parse(text: &str) -> Self {
        let mut all = Self::default();
        let table = match DeTable::parse(text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let line = error.span().map_or(0, |span| line_of(text, span.start));
                all.notes.push((line, error.message().lines().collect::<Vec<_>>().join("; ")));
                return all;
            }
        };
        for (key, value) in &table {
            match (&**key.get_ref(), value.get_ref().as_table()) {
                ("scan", Some(scan)) => all.scan(text, scan),
                ("watch", _) => {}
                (name, _) => all.note(text, key.span().start, unknown(name, "[watch] and [scan]")),
            }
        }
        all
    }

    fn scan(&mut self, text: &str, table: &DeTable<'_>) {
        let mut globs = GitignoreBuilder::new("");
        let mut count = 0;
        for (key, value) in table {
            if key.get_ref() != "exclude" {
                self.note(
                    text,
                    key.span().start,
                    unknown(&format!("scan.{}", key.get_ref()), "scan.exclude"),
                );
                continue;
            }
            let one = std::slice::from_ref(value);
            for pattern in value.get_ref().as_array().map_or(one, |list| &list[..]) {
                let at = pattern.span().start;
                let Some(glob) = glob(pattern).filter(|_| count < MOST) else {
                    self.note(
                        text,
                        at,
                        "scan.exclude takes a list of patterns in quotes, 10,000 at most".into(),
                    );
                    break;
                };
                count += 1;
                if let Err(error) = globs.add_line(None, glob) {
                    self.note(text, at, format!("scan.exclude: {}", escape(&error.to_string())));
                }
            }
        }
        self.globs = globs.build().ok().filter(|globs| !globs.is_empty());
    }

    fn note(&mut self, text: &str, at: usize, why: String) {
        self.notes.push((line_of(text, at), why));
    }

    /// Whether a file, seen from the folder of the list, is left out.
    pub(crate) fn leaves_out(&self, path: &str) -> bool {
        self.globs.as_ref().is_some_and(|globs| ignores::leaves_out(globs, Path::new(path)))
    }
}

fn glob<'v>(value: &'v Spanned<DeValue<'_>>) -> Option<&'v str> {
    value.get_ref().as_str()
}

fn unknown(name: &str, known: &str) -> String {
    format!("{}: there is no such setting; a project may set {known}", escape(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_left_out_as_in_a_gitignore() {
        let project = Project::parse(
            "[watch]\nheartbeat = '5m'\n[scan]\nexclude = ['/tests/', '*.snap', '!keep.snap', 'a/**/b']\n",
        );
        for (path, expected) in [
            ("tests/a.py", true),
            ("src/tests/a.py", false),
            ("a/b.snap", true),
            ("keep.snap", false),
            ("a/x/y/b", true),
            ("src/a.py", false),
        ] {
            assert_eq!(project.leaves_out(path), expected, "{path}");
        }
        assert_eq!(project.notes, []);
        assert!(Project::parse("scan.exclude = 'one'").leaves_out("one"));
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_line() {
        for (text, line, words) in [
            (
                "[watch]\n[scam]\nexclude = ['a']",
                2,
                "scam: there is no such setting; a project may set [watch]",
            ),
            ("[scan]\nexcludes = ['a']", 2, "scan.excludes: there is no such setting"),
            ("[scan]\nexclude = ['a', 1]", 2, "takes a list of patterns in quotes"),
            ("[scan]\nexclude = ['a', '{b']", 2, "scan.exclude: "),
            ("scan = 3", 1, "scan: there is no such setting"),
            ("\n[scan", 2, ""),
        ] {
            let project = Project::parse(text);
            let [(at, why)] = &project.notes[..] else { panic!("{text}: {:?}", project.notes) };
            assert!(*at == line && why.contains(words), "{text}: {at}: {why}");
        }
        let half = Project::parse("[scan]\nexclude = ['a', '{b']");
        assert!(half.leaves_out("a") && !half.leaves_out("b"));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z*/\\[\\]{}='!\\\\\n ]{0,60}", path in "[a-z/.]{0,20}") {
            let _ = Project::parse(&text).leaves_out(&path);
            let _ = Project::parse(&format!("[scan]\nexclude = ['{text}']")).leaves_out(&path);
        }
    }
}
