//! One JSON document with all there is to say: the findings, the rules that found them, what was scanned and what was not.
//!
//! ```text
//! {"telltale_report":1,"version":"0.1.0","made":"2026-11-21T18:20:00Z","roots":["."],"shard":"2/5","findings":[
//! {"path":"src/a.py", …, "excerpt":"token = \"ghp_********\""},
//! {"path":"src/b.py", …}
//! ],
//! "rules":{"github-token":{"name":"GitHub token","severity":"high"}},
//! "summary":{"high":2, …, "skipped":[{"reason":"too-large","words":"too large","count":3}], "complete":true}}
//! ```
//! A finding is a line of its own, so that a reader of many reports need hold no more than one: `read.rs` does.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use serde::Serialize;

use super::page::{Head, Page};
use super::summary::Summary;
use crate::scan::finding::{Finding, Harm};

/// The version of the document; a reader refuses what it does not know.
pub const VERSION: u64 = 1;

/// The document.
#[derive(Debug)]
pub struct Document {
    head: Arc<Head>,
    rules: BTreeMap<Arc<str>, RuleEntry>,
    count: u64,
}

#[derive(Debug, Serialize)]
struct RuleEntry {
    name: String,
    severity: Harm,
}

#[derive(Serialize)]
struct Place<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    #[serde(skip_serializing_if = "str::is_empty")]
    excerpt: &'a str,
}

impl Document {
    /// A document that nothing is written of.
    pub fn new(head: Arc<Head>) -> Self {
        Self { head, rules: BTreeMap::new(), count: 0 }
    }
}

impl Page for Document {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let head = &self.head;
        let (version, made, roots) = (json(&head.version)?, json(&head.made)?, json(&head.roots)?);
        write!(
            out,
            "{{\"telltale_report\":{VERSION},\"version\":{version},\"made\":{made},\"roots\":{roots},"
        )?;
        if let Some(shard) = &head.shard {
            write!(out, "\"shard\":{},", json(shard)?)?;
        }
        write!(out, "\"findings\":[")
    }

    fn findings(&mut self, out: &mut dyn Write, batch: &[Finding]) -> io::Result<()> {
        for finding in batch {
            let comma = if self.count == 0 { "" } else { "," };
            self.count += 1;
            writeln!(out, "{comma}")?;
            serde_json::to_writer(&mut *out, &Place { finding, excerpt: &finding.excerpt })?;
            if !self.rules.contains_key(&finding.rule) {
                let name = self.head.name(&finding.rule).to_owned();
                self.rules.insert(finding.rule.clone(), RuleEntry { name, severity: finding.severity });
            }
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let (rules, summary) = (json(&self.rules)?, json(summary)?);
        writeln!(out, "\n],\n\"rules\":{rules},\n\"summary\":{summary}}}")
    }
}

fn json(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::output::sample;

    fn document(findings: &[Finding]) -> serde_json::Value {
        let head = Head { shard: Some("2/5".into()), ..sample::head() };
        let text = sample::written(Document::new(Arc::new(head)), findings, &sample::summary());
        assert_eq!(text.lines().count(), findings.len() + 4, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    #[test]
    fn it_is_one_document_however_many_findings_there_are() {
        for count in [0, 1, 3] {
            let read = document(&vec![sample::finding(); count]);
            assert_eq!(read["findings"].as_array().unwrap().len(), count);
            assert_eq!((&read["telltale_report"], &read["shard"]), (&1.into(), &"2/5".into()));
            assert_eq!(read["summary"]["skipped"][0]["reason"], "too-large");
            assert_eq!(read["rules"].as_object().unwrap().len(), count.min(1));
        }
        let one = &document(&[sample::finding()])["findings"][0];
        assert_eq!(one["excerpt"], "token = \"ghp_********\"");
        assert!(one.get("secret").is_none() && one.get("accepted").is_none());
    }
}
