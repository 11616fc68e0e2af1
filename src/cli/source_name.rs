//! What `--source` names: a metric for a counter, or the files that a job reads.

use crate::feed::choice::Selector;
use crate::model::progress_source::INPUT;

/// One `--source`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceName {
    /// A metric that tells a counter.
    Metric(Selector),
    /// A file that the job reads, by its path or its name; the empty name is any.
    Input(String),
}

impl std::str::FromStr for SourceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == INPUT.trim_end_matches(':') {
            return Ok(Self::Input(String::new()));
        }
        match text.strip_prefix(INPUT) {
            Some(name) => Ok(Self::Input(name.to_owned())),
            None => text.parse().map(Self::Metric).map_err(|why: String| {
                format!("{why}; `input` or `input:NAME` is how far the job is in a file that it reads")
            }),
        }
    }
}

/// The metrics among these names, and the file.
pub fn sorted(names: &[SourceName]) -> (Vec<Selector>, Option<String>) {
    let metric = |name: &SourceName| match name {
        SourceName::Metric(selector) => Some(selector.clone()),
        SourceName::Input(_) => None,
    };
    let input = names.iter().rev().find_map(|name| match name {
        SourceName::Input(file) => Some(file.clone()),
        SourceName::Metric(_) => None,
    });
    (names.iter().filter_map(metric).collect(), input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_from_a_metric() {
        let named = |text: &str| text.parse::<SourceName>();
        assert_eq!(named("input"), Ok(SourceName::Input(String::new())));
        assert_eq!(named("input:"), Ok(SourceName::Input(String::new())));
        assert_eq!(named("input:a=b.csv"), Ok(SourceName::Input("a=b.csv".into())));
        assert!(matches!(named("done=input"), Ok(SourceName::Metric(_))));
        assert!(named("rows.csv").is_err_and(|why| why.contains("input:NAME")));
        let names = [named("done=a").unwrap(), named("input:x").unwrap(), named("input:y").unwrap()];
        let (metrics, input) = sorted(&names);
        assert_eq!((metrics.len(), input.as_deref()), (1, Some("y")));
    }
}
