//! What the findings have in common: how many there are of each level, rule, top folder and offline check, as terms to
//! filter by.

use std::borrow::Cow;

use crate::scan::finding::Finding;
use crate::ui::lists::tally;
use crate::ui::scan::order::{LEVELS, folder, place};

/// Rows that one heading has at most: the rest is told as a number.
const MOST: usize = 12;

/// One row: a value that findings share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ui) struct Facet {
    /// The field and the operator of its term.
    pub(in crate::ui) field: &'static str,
    /// The value of its term.
    pub(in crate::ui) value: String,
    /// How it is called here.
    pub(in crate::ui) label: String,
    /// How many findings have it.
    pub(in crate::ui) count: usize,
}

/// Headings by field, in the order of the rows.
pub(in crate::ui) const HEADINGS: [(&str, &str); 5] = [
    ("level=", "Level"),
    ("check=", "Offline check"),
    ("rule=", "Rule"),
    ("folder:", "Folder"),
    ("folder=", "Folder"),
];

/// Counts findings.
pub(in crate::ui) fn count<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> Vec<Facet> {
    let mut levels = [0; 4];
    for finding in findings.clone() {
        levels[place(finding.level)] += 1;
    }
    let levels = LEVELS.into_iter().zip(levels).filter(|(_, count)| *count > 0).map(|(level, count)| {
        let value = level.as_str().to_owned();
        Facet { field: "level=", label: value.clone(), value, count }
    });
    let mut facets: Vec<Facet> = levels.collect();
    // Where nothing could be checked there is nothing to choose from.
    let checks = tally(findings.clone().map(|finding| Cow::Borrowed(finding.validation.as_str())));
    let is_telling = checks.len() > 1;
    facets.extend(checks.into_iter().filter(|_| is_telling).map(|(value, count)| Facet {
        field: "check=",
        label: if value == "none" { "nothing to check".to_owned() } else { value.clone() },
        value,
        count,
    }));
    let rules = tally(findings.clone().map(|finding| Cow::Borrowed(&*finding.rule)));
    facets.extend(rules.into_iter().take(MOST).map(|(value, count)| Facet {
        field: "rule=",
        label: value.clone(),
        value,
        count,
    }));
    facets.extend(folders(findings.map(folder)).into_iter().take(MOST));
    facets
}

/// The folders in which the ways to the findings part.
fn folders<'a>(folders: impl Iterator<Item = Cow<'a, str>> + Clone) -> Vec<Facet> {
    let shared = folders.clone().reduce(|one, other| Cow::Owned(shared(&one, &other).to_owned()));
    let shared = shared.unwrap_or_default();
    let below = |folder: &str| {
        let rest = &folder[shared.len()..];
        // Paths from the root stand beside others only where both were asked for.
        let root = usize::from(shared.is_empty() && rest.starts_with('/'));
        let name = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
        format!("{}{name}", &rest[..root])
    };
    let named = tally(folders.map(|folder| Cow::Owned(below(&folder))));
    let whole = |name: &str| match (shared.as_ref(), name) {
        ("", "") => ".".to_owned(),
        ("", name) => name.to_owned(),
        (shared, "") => shared.to_owned(),
        ("/", name) => format!("/{name}"),
        (shared, name) => format!("{shared}/{name}"),
    };
    named
        .into_iter()
        .map(|(name, count)| {
            let value = whole(&name);
            let (field, label) = match (name.is_empty(), value.as_str()) {
                (true, ".") => ("folder=", "in no folder".to_owned()),
                (true, _) => ("folder=", format!("right in {value}")),
                (false, _) => ("folder:", value.clone()),
            };
            Facet { field, value, label, count }
        })
        .collect()
}

/// The folder that two folders lie in.
fn shared<'a>(one: &'a str, other: &str) -> &'a str {
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let ends = |text: &str| text.len() == same || text.as_bytes()[same] == b'/';
    if ends(one) && ends(other) {
        return &one[..same];
    }
    one.as_bytes()[..same]
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or("", |at| &one[..at.max(usize::from(at == 0))])
}

/// The terms of the chosen rows: several of one field are alternatives.
pub(in crate::ui) fn terms(chosen: &[(&'static str, String)]) -> String {
    let mut terms: Vec<(&str, Vec<String>)> = Vec::new();
    for (field, value) in chosen {
        // A comma parts values, and in quotes it does not: such a value stands alone.
        let is_plain =
            !value.contains(|c: char| c.is_whitespace() || c == ',' || c == '"') && !value.is_empty();
        match terms
            .iter_mut()
            .find(|(known, values)| is_plain && known == field && !values[0].starts_with('"'))
        {
            Some((_, values)) => values.push(value.clone()),
            None if is_plain => terms.push((field, vec![value.clone()])),
            None => terms.push((field, vec![format!("\"{}\"", value.replace('"', ""))])),
        }
    }
    terms.iter().map(|(field, values)| format!("{field}{}", values.join(","))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::ui::scan::order::folder_of;

    #[test]
    fn several_values_of_a_field_are_one_term() {
        let chosen = [("level=", "high"), ("rule=", "jwt"), ("level=", "low"), ("folder:", "a b")];
        let chosen = chosen.map(|(field, value)| (field, value.to_owned()));
        assert_eq!(terms(&chosen), "level=high,low rule=jwt folder:\"a b\"");
        assert_eq!(terms(&[]), "");
    }

    #[test]
    fn folders_are_told_from_where_their_ways_part() {
        for (paths, expected) in [
            (&["./src/a/x", "./src/b/y", "z"][..], &["folder:src 2", "folder=. 1"][..]),
            (
                &["/home/me/p/a/x", "/home/me/p/b/y", "/home/me/p/z"],
                &["folder=/home/me/p 1", "folder:/home/me/p/a 1", "folder:/home/me/p/b 1"],
            ),
            (&["/tmp/x", "src/y"], &["folder:/tmp 1", "folder:src 1"]),
            (&["/tmp/x", "/srv/y"], &["folder:/srv 1", "folder:/tmp 1"]),
            (&["a/b/x", "a/b/y"], &["folder=a/b 2"]),
        ] {
            let told = folders(paths.iter().map(|path| folder_of(Path::new(path))));
            let told: Vec<String> =
                told.iter().map(|facet| format!("{}{} {}", facet.field, facet.value, facet.count)).collect();
            assert_eq!(told, expected, "{paths:?}");
        }
    }

    #[test]
    fn the_shared_folder_ends_between_two_names() {
        for (one, other, expected) in [
            ("src/a", "src/b", "src"),
            ("src/ab", "src/abc", "src"),
            ("src", "src/a", "src"),
            ("src", "tests", ""),
            ("", "src", ""),
            ("/home/x", "/srv", "/"),
            ("a", "a", "a"),
        ] {
            assert_eq!(shared(one, other), expected, "{one} {other}");
        }
    }
}
