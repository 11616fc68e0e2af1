//! A configuration, ready to work with: its patterns compiled, its base merged in, its names brought to our rules. Pure.
//!
//! Where it builds upon the default rules these are ours; what it says of one of those by gitleaks' id holds for ours
//! by the table of [`aliases`]. A rule of its own with such an id takes the place of ours, as it does there.

use std::sync::Arc;

use regex::bytes::Regex;

use super::aliases;
use super::allowlist::Allowlist;
use super::gitleaks::{Config, Extend, Lined, Required, RuleSpec, Wrong};
use super::go_regex::{self, Compiler};
use crate::scan::foreign::Foreign;
use crate::scan::rule::{self, RuleSet};

/// The probability that what a rule of somebody's own finds is real: they wrote it to be told.
const SCORE: f64 = 0.75;

/// One file, compiled.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) extend: Extend,
    rules: Vec<Spec>,
    allowlists: Vec<Targeted>,
    pub(crate) notes: Vec<String>,
}

/// A rule with its patterns.
#[derive(Debug)]
struct Spec {
    told: RuleSpec,
    regex: Option<Regex>,
    path: Option<Regex>,
    allowlists: Vec<Arc<Allowlist>>,
}

/// A global allowlist, and the rules it is for; none for all.
#[derive(Debug)]
struct Targeted {
    rules: Vec<String>,
    list: Arc<Allowlist>,
}

impl Read {
    /// Compiles what a file says.
    pub(crate) fn new(config: Config, compiler: &mut Compiler) -> Result<Self, Wrong> {
        let Config { extend, rules, allowlists, notes } = config;
        let mut read = Self { extend, notes, ..Self::default() };
        for mut told in rules {
            let about = format!("rule {}", told.id);
            let mut compile = |pattern: &Option<Lined>, key: &str| {
                let Some(lined) = pattern else { return Ok(None) };
                let wrong = |why| Wrong::new(lined.line, format!("{about}: bad `{key}`: {why}"));
                compiler.compile(&lined.text).map(Some).map_err(wrong)
            };
            let (regex, path) = (compile(&told.regex, "regex")?, compile(&told.path, "path")?);
            if regex.as_ref().is_some_and(|regex| told.secret_group >= regex.captures_len()) {
                let (group, line) = (told.secret_group, told.line);
                return Err(Wrong::new(line, format!("{about}: its `regex` has no group {group}")));
            }
            let lists = std::mem::take(&mut told.allowlists);
            let lists = lists.iter().map(|list| Allowlist::new(list, &about, compiler).map(Arc::new));
            let allowlists = lists.collect::<Result<_, _>>()?;
            read.rules.push(Spec { told, regex, path, allowlists });
        }
        for list in allowlists {
            let rules = list.rules.iter().map(|lined| lined.text.clone()).collect();
            let list = Arc::new(Allowlist::new(&list, "allowlists", compiler)?);
            read.allowlists.push(Targeted { rules, list });
        }
        Ok(read)
    }

    /// This file on top of the one that it builds upon.
    pub(crate) fn over(self, mut base: Self) -> Self {
        for spec in self.rules {
            match base.rules.iter_mut().find(|old| old.told.id == spec.told.id) {
                Some(old) => old.change(spec),
                None => base.rules.push(spec),
            }
        }
        base.allowlists.extend(self.allowlists);
        base.extend.disabled.extend(self.extend.disabled);
        base.notes.extend(self.notes);
        base
    }
}

impl Spec {
    /// Takes over what is said anew.
    fn change(&mut self, new: Self) {
        let Self { told, regex, path, allowlists } = new;
        let old = &mut self.told;
        if !told.description.is_empty() {
            old.description = told.description;
        }
        if regex.is_some() {
            (self.regex, old.regex) = (regex, told.regex);
        }
        if path.is_some() {
            (self.path, old.path) = (path, told.path);
        }
        if told.secret_group > 0 {
            old.secret_group = told.secret_group;
        }
        if told.entropy > 0.0 {
            old.entropy = told.entropy;
        }
        old.keywords.extend(told.keywords);
        old.required.extend(told.required);
        old.is_silent |= told.is_silent;
        self.allowlists.extend(allowlists);
    }
}

/// What holds for one rule of the set.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// What only a rule from the configuration has.
    pub(crate) own: Option<Own>,
    /// The files in which it counts, with the beginnings of the secrets it is said for.
    pub(crate) paths: Vec<(&'static [&'static str], Regex)>,
    /// Beginnings of secrets for which it is switched off.
    pub(crate) off: Vec<&'static [&'static str]>,
    /// Its allowlists, with the beginnings of the secrets they are for.
    pub(crate) allowlists: Vec<(&'static [&'static str], Arc<Allowlist>)>,
}

/// What a rule from the configuration says.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) regex: Regex,
    /// The group that is secret; 0 for none in particular.
    pub(crate) group: usize,
    pub(crate) entropy: f64,
    pub(crate) is_silent: bool,
    pub(crate) required: Vec<(usize, Required)>,
    /// Whether another rule requires it.
    pub(crate) is_required: bool,
}

/// A rule for the names of files alone.
#[derive(Debug)]
pub(crate) struct NameRule {
    pub(crate) id: Arc<str>,
    pub(crate) path: Regex,
    pub(crate) allowlists: Vec<Arc<Allowlist>>,
}

/// A configuration, ready to work with.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) set: &'static RuleSet,
    /// By the number of the rule in the set.
    pub(crate) pages: Vec<Page>,
    pub(crate) names: Vec<NameRule>,
    /// The allowlists for all rules.
    pub(crate) global: Vec<Arc<Allowlist>>,
    /// How many rules it brings, and whether ours hold too.
    pub(crate) own_rules: usize,
    pub(crate) keeps_ours: bool,
}

impl Book {
    /// Brings what was read to the rules. Notes tell what says nothing here.
    pub(crate) fn new(read: Read, notes: &mut Vec<String>) -> Result<Self, Wrong> {
        let Read { extend, rules, allowlists, notes: told } = read;
        notes.extend(told);
        let has_rules = rules.iter().any(|spec| spec.regex.is_some() || spec.path.is_some());
        // A configuration without a rule would have looked for nothing, in silence.
        let keeps_ours = extend.use_default || !has_rules;
        let is_off = |id: &str| extend.disabled.iter().any(|name| name.text == id);
        let (own, changes): (Vec<Spec>, Vec<Spec>) =
            rules.into_iter().filter(|spec| !is_off(&spec.told.id)).partition(|spec| spec.regex.is_some());
        // What is switched off here: by name, or since a rule of the same name takes its place.
        let off: Vec<&str> = extend.disabled.iter().map(|name| name.text.as_str()).collect();
        let off: Vec<&str> = off.into_iter().chain(own.iter().map(|spec| spec.told.id.as_str())).collect();
        let wants = |id: &str| keeps_ours && !off.iter().any(|name| aliases::starts(name, id) == Some(&[]));
        // Tokens that are only high in entropy fail nothing, whatever rules there are.
        let set = RuleSet::with(own.iter().map(foreign).collect(), |id| wants(id) || id == HIGH_ENTROPY);
        let set = set.map_err(|bad| {
            let line = own.iter().find(|spec| spec.told.id == bad.id).map_or(1, |spec| spec.told.line);
            Wrong::new(line, bad.to_string())
        })?;
        let mut book = Self {
            pages: set.rules.iter().map(|_| Page::default()).collect(),
            own_rules: own.len(),
            set,
            names: Vec::new(),
            global: Vec::new(),
            keeps_ours,
        };
        for name in &off {
            book.each(name, |page, starts| {
                if page.own.is_none() && !starts.is_empty() {
                    page.off.push(starts);
                }
            });
            if !aliases::is_known(name) && !own.iter().any(|spec| spec.told.id == *name) && !is_ours(name) {
                notes.push(format!("no rule here is called {name}; there is nothing to disable"));
            }
        }
        book.take_own(own, notes)?;
        book.take_changes(changes, extend.use_default, notes)?;
        book.take_allowlists(allowlists, notes);
        Ok(book)
    }

    /// Calls `each` for all rules that go by a name, with the beginnings of the secrets that it means; says whether
    /// there is one.
    fn each(&mut self, name: &str, mut each: impl FnMut(&mut Page, &'static [&'static str])) -> bool {
        let mut any = false;
        for (rule, page) in self.set.rules.iter().zip(&mut self.pages) {
            if let Some(starts) = aliases::starts(name, &rule.id) {
                any = true;
                each(page, starts);
            }
        }
        any
    }

    fn take_own(&mut self, own: Vec<Spec>, notes: &mut Vec<String>) -> Result<(), Wrong> {
        let first = self.set.rules.len() - own.len();
        let ids: Vec<String> = own.iter().map(|spec| spec.told.id.clone()).collect();
        for (at, spec) in own.into_iter().enumerate() {
            let Spec { told, regex: Some(regex), path, allowlists } = spec else { continue };
            let mut required = Vec::new();
            for one in told.required {
                let Some(other) = ids.iter().position(|id| *id == one.id) else {
                    let why = format!("rule {}: there is no rule {} for it to require", told.id, one.id);
                    return Err(Wrong::new(one.line, why));
                };
                required.push((first + other, one));
            }
            let page = &mut self.pages[first + at];
            page.paths.extend(path.map(|path| (NO_STARTS, path)));
            page.allowlists.extend(allowlists.into_iter().map(|list| (NO_STARTS, list)));
            let (group, entropy, is_silent) = (told.secret_group, told.entropy, told.is_silent);
            page.own = Some(Own { regex, group, entropy, is_silent, required, is_required: false });
        }
        let wanted: Vec<usize> = self
            .pages
            .iter()
            .filter_map(|page| page.own.as_ref())
            .flat_map(|own| own.required.iter().map(|(rule, _)| *rule))
            .collect();
        for rule in wanted {
            if let Some(own) = &mut self.pages[rule].own {
                own.is_required = true;
            }
        }
        let mut seen: Vec<&String> = ids.iter().collect();
        seen.sort();
        notes.extend(
            seen.windows(2)
                .filter(|two| two[0] == two[1])
                .map(|two| format!("rule {} is there twice", two[0])),
        );
        Ok(())
    }

    /// Rules without a pattern of their own: they change one of ours, or look at names of files alone.
    fn take_changes(
        &mut self,
        changes: Vec<Spec>,
        is_extension: bool,
        notes: &mut Vec<String>,
    ) -> Result<(), Wrong> {
        for Spec { told, path, allowlists, .. } in changes {
            let id = told.id;
            let is_ours = is_extension && (aliases::is_known(&id) || is_ours(&id));
            if let (Some(path), false) = (&path, is_ours) {
                self.names.push(NameRule { id: id.as_str().into(), path: path.clone(), allowlists });
                continue;
            }
            if !is_extension {
                return Err(Wrong::new(told.line, format!("rule {id} has neither `regex` nor `path`")));
            }
            let is_met = self.each(&id, |page, starts| {
                page.paths.extend(path.clone().map(|path| (starts, path)));
                page.allowlists.extend(allowlists.iter().map(|list| (starts, Arc::clone(list))));
            });
            if !is_met {
                notes.push(format!(
                    "line {}: no rule here is called {id}; what is said of it says nothing",
                    told.line
                ));
            } else if told.entropy > 0.0 || !told.keywords.is_empty() || told.secret_group > 0 {
                let line = told.line;
                notes.push(format!(
                    "line {line}: rule {id} is a built-in one: its allowlists and its path hold, its entropy and keywords \
                     stay as they are"
                ));
            }
        }
        Ok(())
    }

    fn take_allowlists(&mut self, allowlists: Vec<Targeted>, notes: &mut Vec<String>) {
        for Targeted { rules, list } in allowlists {
            if rules.is_empty() {
                self.global.push(list);
                continue;
            }
            for name in rules {
                let hold = |page: &mut Page, starts| page.allowlists.push((starts, Arc::clone(&list)));
                let mut is_met = self.each(&name, hold);
                for rule in self.names.iter_mut().filter(|rule| *rule.id == *name) {
                    rule.allowlists.push(Arc::clone(&list));
                    is_met = true;
                }
                if !is_met {
                    notes.push(format!("no rule here is called {name}; an allowlist for it says nothing"));
                }
            }
        }
    }
}

/// Whether one of the built-in rules has this id.
fn is_ours(name: &str) -> bool {
    rule::builtin().rules.iter().any(|rule| &*rule.id == name)
}

const NO_STARTS: &[&str] = &[];
/// The rule that lists tokens for their entropy alone.
const HIGH_ENTROPY: &str = "high-entropy";

fn foreign(spec: &Spec) -> Foreign {
    let pattern = spec.told.regex.as_ref().map(|lined| go_regex::flagged(&lined.text)).unwrap_or_default();
    let name = if spec.told.description.is_empty() { &spec.told.id } else { &spec.told.description };
    Foreign {
        id: spec.told.id.clone(),
        name: name.chars().filter(|c| !c.is_control()).take(200).collect(),
        pattern,
        keywords: spec.told.keywords.clone(),
        score: SCORE,
        ..Foreign::default()
    }
}
