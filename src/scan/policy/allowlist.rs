//! Allowlists, compiled: whether one allows a candidate. Pure.

use aho_corasick::AhoCorasick;
use regex::bytes::Regex;

use super::gitleaks::{AllowSpec, Lined, Target, Wrong};
use super::go_regex::Compiler;

/// What an allowlist is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    /// The file, seen from the folder of the configuration, with slashes.
    pub(crate) path: &'a [u8],
    /// The commit that brought it, in a history.
    pub(crate) commit: Option<&'a str>,
    pub(crate) secret: &'a [u8],
    /// All that the rule's pattern met.
    pub(crate) whole: &'a [u8],
    /// The line or lines on which it stands, as far as they are looked at.
    pub(crate) line: &'a [u8],
}

/// What is allowed, and where.
#[derive(Debug)]
pub(crate) struct Allowlist {
    needs_all: bool,
    commits: Vec<String>,
    paths: Vec<Regex>,
    regexes: Vec<Regex>,
    target: Target,
    stopwords: Option<AhoCorasick>,
}

/// Compiles patterns; an error names the line.
pub(crate) fn patterns(list: &[Lined], about: &str, compiler: &mut Compiler) -> Result<Vec<Regex>, Wrong> {
    let one = |lined: &Lined| {
        compiler
            .compile(&lined.text)
            .map_err(|why| Wrong::new(lined.line, format!("{about}: bad pattern: {why}")))
    };
    list.iter().map(one).collect()
}

impl Allowlist {
    /// Compiles one; `about` says whose it is, for the words of an error.
    pub(crate) fn new(spec: &AllowSpec, about: &str, compiler: &mut Compiler) -> Result<Self, Wrong> {
        let stopwords = AhoCorasick::builder().ascii_case_insensitive(true).build(&spec.stopwords);
        let stopwords = stopwords.map_err(|error| Wrong::new(spec.line, format!("{about}: {error}")))?;
        Ok(Self {
            needs_all: spec.needs_all,
            commits: spec.commits.iter().map(|commit| commit.to_ascii_lowercase()).collect(),
            paths: patterns(&spec.paths, about, compiler)?,
            regexes: patterns(&spec.regexes, about, compiler)?,
            target: spec.target,
            stopwords: (!spec.stopwords.is_empty()).then_some(stopwords),
        })
    }

    /// Whether it allows the candidate.
    pub(crate) fn allows(&self, candidate: &Candidate<'_>) -> bool {
        let target = match self.target {
            Target::Secret => candidate.secret,
            Target::Match => candidate.whole,
            Target::Line => candidate.line,
        };
        let checks = [
            (!self.commits.is_empty()).then(|| self.names_commit(candidate.commit)),
            (!self.paths.is_empty()).then(|| meets(&self.paths, candidate.path)),
            (!self.regexes.is_empty()).then(|| meets(&self.regexes, target)),
            self.stopwords.as_ref().map(|words| words.is_match(candidate.secret)),
        ];
        self.settled(&checks)
    }

    /// Whether it allows all that a file holds, so that there is no need to read it.
    pub(crate) fn allows_file(&self, path: &[u8], commit: Option<&str>) -> bool {
        if self.needs_all && !(self.regexes.is_empty() && self.stopwords.is_none()) {
            return false;
        }
        self.settled(&[
            (!self.commits.is_empty()).then(|| self.names_commit(commit)),
            (!self.paths.is_empty()).then(|| meets(&self.paths, path)),
        ])
    }

    fn names_commit(&self, commit: Option<&str>) -> bool {
        commit.is_some_and(|commit| self.commits.iter().any(|own| own == commit))
    }

    /// What the checks that there are come to.
    fn settled(&self, checks: &[Option<bool>]) -> bool {
        let mut there = checks.iter().flatten().peekable();
        if there.peek().is_none() {
            return false;
        }
        if self.needs_all { there.all(|&met| met) } else { there.any(|&met| met) }
    }
}

fn meets(patterns: &[Regex], text: &[u8]) -> bool {
    patterns.iter().any(|pattern| pattern.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::super::gitleaks::parse;
    use super::*;

    fn list(body: &str) -> Allowlist {
        let config = parse(&format!("[[allowlists]]\n{body}\n")).unwrap();
        Allowlist::new(&config.allowlists[0], "allowlists", &mut Compiler::default()).unwrap()
    }

    const HERE: Candidate<'_> = Candidate {
        path: b"src/a.py",
        commit: Some("0123abcd"),
        secret: b"Abc-EXAMPLE-9",
        whole: b"key = Abc-EXAMPLE-9",
        line: b"  key = Abc-EXAMPLE-9 # fine",
    };

    #[test]
    fn one_check_is_enough_unless_all_must_agree() {
        let check = |body: &str, expected: bool| assert_eq!(list(body).allows(&HERE), expected, "{body}");
        check("regexes = ['EXAMPLE']", true);
        check("regexes = ['^EXAMPLE']", false);
        check("regexes = ['^key =']", false);
        check("regexes = ['^key =']\nregexTarget = 'match'", true);
        check("regexes = ['# fine$']\nregexTarget = 'match'", false);
        check("regexes = ['# fine$']\nregexTarget = 'line'", true);
        check("stopwords = ['example']", true);
        check("stopwords = ['sample']", false);
        check("paths = ['^src/']", true);
        check("paths = ['^lib/', 'a\\.py$']", true);
        check("commits = ['0123ABCD']", true);
        check("commits = ['0123']", false);
        check("paths = ['^lib/']\nstopwords = ['example']", true);
        check("condition = 'AND'\npaths = ['^lib/']\nstopwords = ['example']", false);
        check("condition = 'AND'\npaths = ['^src/']\nstopwords = ['example']", true);
        check("condition = 'AND'\npaths = ['^src/']\ncommits = ['ff']\nstopwords = ['example']", false);
    }

    #[test]
    fn a_file_is_left_out_only_when_nothing_in_it_could_count() {
        let check = |body: &str, expected: bool| {
            assert_eq!(list(body).allows_file(b"vendor/a.js", None), expected, "{body}");
        };
        check("paths = ['^vendor/']", true);
        check("paths = ['^vendor/']\nregexes = ['x']", true);
        check("condition = 'AND'\npaths = ['^vendor/']", true);
        check("condition = 'AND'\npaths = ['^vendor/']\nregexes = ['x']", false);
        check("condition = 'AND'\npaths = ['^vendor/']\ncommits = ['ab']", false);
        check("regexes = ['x']", false);
        check("commits = ['ab']", false);
    }

    #[test]
    fn a_bad_pattern_names_its_line() {
        let config = parse("[[allowlists]]\nregexes = [\n'fine',\n'(']\n").unwrap();
        let wrong =
            Allowlist::new(&config.allowlists[0], "allowlists", &mut Compiler::default()).unwrap_err();
        assert_eq!(wrong.line, 4);
        assert!(wrong.why.starts_with("allowlists: bad pattern: "), "{}", wrong.why);
    }
}
