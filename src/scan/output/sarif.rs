//! SARIF 2.1.0 (OASIS), for code scanning and editors. Results are written as they come, the rules they name behind them.
//!
//! - Columns are left out: ours count bytes, those of SARIF characters, and a wrong column is worse than a whole line. They
//!   stand among the properties.
//! - `partialFingerprints` hold a name that lasts (`stable.rs`). The ids of secrets die with the report, so that they are
//!   properties only.
//! - What the baseline accepts, where it is shown at all, is suppressed with its reason.
//! - What was not scanned is a notification of the invocation, and it was no success when something could not be read.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::page::{Head, Page};
use super::stable::Names;
use super::summary::Summary;
use super::uri::reference;
use crate::scan::finding::{Finding, Harm, Level};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const ADVICE: &str = "Revoke the secret where it was given out and make a new one: whoever could read this place has it. \
    Then keep it out of the files, in a secret store or in the environment, and remove it from the history. \
    If it is known and harmless, accept it in the baseline.";

/// The log.
#[derive(Debug)]
pub struct Sarif {
    head: Arc<Head>,
    names: Names,
    count: u64,
    /// The rules that found something, in the order of their first result.
    rules: Vec<Value>,
    index: HashMap<Arc<str>, usize>,
}

impl Sarif {
    /// A log that nothing is written of.
    pub fn new(head: Arc<Head>) -> Self {
        Self { head, names: Names::default(), count: 0, rules: Vec::new(), index: HashMap::new() }
    }

    fn rule(&mut self, finding: &Finding) -> usize {
        if let Some(index) = self.index.get(&finding.rule) {
            return *index;
        }
        let name = self.head.name(&finding.rule);
        self.rules.push(json!({
            "id": &*finding.rule,
            "shortDescription": {"text": name},
            "fullDescription": {"text": format!("{name} in clear text")},
            "help": {"text": ADVICE},
            "defaultConfiguration": {"level": level(finding.level)},
            "properties": {
                "tags": ["security", "secret", "external/cwe/cwe-798"],
                "security-severity": security_severity(finding.severity),
            },
        }));
        self.index.insert(finding.rule.clone(), self.rules.len() - 1);
        self.rules.len() - 1
    }

    fn result(&mut self, finding: &Finding) -> Value {
        let mut region = Map::new();
        region.insert("startLine".into(), finding.line.into());
        if !finding.excerpt.is_empty() {
            region.insert("snippet".into(), json!({"text": finding.excerpt}));
        }
        let mut result = json!({
            "ruleId": &*finding.rule,
            "ruleIndex": self.rule(finding),
            "level": level(finding.level),
            "rank": (finding.score * 100.0).clamp(0.0, 100.0),
            "message": {"text": self.head.told(finding)},
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": {"uri": reference(&finding.path)},
                    "region": region,
                },
            }],
            "partialFingerprints": {"telltalePlace/v1": self.names.next(finding)},
            "properties": properties(finding),
        });
        if let Some(accepted) = finding.accepted {
            result["suppressions"] = json!([{
                "kind": "external",
                "status": "accepted",
                "justification": accepted.as_str(),
            }]);
        }
        result
    }
}

impl Page for Sarif {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"results\":[")
    }

    fn findings(&mut self, out: &mut dyn Write, batch: &[Finding]) -> io::Result<()> {
        for finding in batch {
            writeln!(out, "{}", if self.count == 0 { "" } else { "," })?;
            self.count += 1;
            let result = self.result(finding);
            serde_json::to_writer(&mut *out, &result)?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let driver = json!({
            "name": "telltale",
            "version": self.head.version,
            "semanticVersion": self.head.version,
            "rules": self.rules,
        });
        let notification = |level: &str, text: String| json!({"level": level, "message": {"text": text}});
        let skipped = summary.skipped.iter().map(|skipped| {
            let level = if skipped.loss { "warning" } else { "note" };
            notification(level, format!("not scanned: {}", skipped.told()))
        });
        let problems = summary.problems.iter().map(|problem| notification("warning", problem.clone()));
        let mut invocation = json!({
            "executionSuccessful": summary.complete,
            "toolExecutionNotifications": skipped.chain(problems).collect::<Vec<_>>(),
        });
        if !self.head.made.is_empty() {
            invocation["startTimeUtc"] = self.head.made.clone().into();
        }
        let properties = serde_json::to_value(summary)?;
        writeln!(
            out,
            "\n],\"tool\":{{\"driver\":{driver}}},\n\"invocations\":[{invocation}],\n\"properties\":{properties}}}]}}"
        )
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::High => "error",
        Level::Medium => "warning",
        Level::Low | Level::Entropy => "note",
    }
}

/// The bands of code scanning: critical above 9.0, high from 7.0, medium from 4.0.
fn security_severity(harm: Harm) -> &'static str {
    match harm {
        Harm::Critical => "9.5",
        Harm::High => "8.0",
        Harm::Medium => "5.5",
        Harm::Low => "3.0",
    }
}

/// All that a finding says and SARIF has no word for, under the names of our JSON.
fn properties(finding: &Finding) -> Value {
    let mut all = serde_json::to_value(finding).unwrap_or_default();
    if let Some(all) = all.as_object_mut() {
        for named in ["path", "line", "rule", "level"] {
            all.remove(named);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::baseline::Accepted;
    use crate::scan::output::sample;

    fn log(findings: &[Finding], summary: &Summary) -> Value {
        let text = sample::written(Sarif::new(Arc::new(sample::head())), findings, summary);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    #[test]
    fn results_name_their_rules() {
        let other = Finding { rule: "password".into(), level: Level::Low, ..sample::finding() };
        let read = log(&[sample::finding(), other, sample::finding()], &Summary::default());
        let run = &read["runs"][0];
        let (results, rules) = (run["results"].as_array().unwrap(), &run["tool"]["driver"]["rules"]);
        assert_eq!(rules.as_array().unwrap().len(), 2);
        for result in results {
            assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
            assert!(result.get("suppressions").is_none());
        }
        assert_eq!((&results[0]["level"], &results[1]["level"]), (&"error".into(), &"note".into()));
        assert_ne!(results[0]["partialFingerprints"], results[2]["partialFingerprints"]);
        assert_eq!(
            results[0]["locations"][0]["physicalLocation"],
            json!({"artifactLocation": {"uri": "src/config.py"},
                "region": {"startLine": 12, "snippet": {"text": "token = \"ghp_********\""}}})
        );
    }

    #[test]
    fn a_clean_scan_is_a_log_too_and_an_incomplete_one_no_success() {
        let clean = log(&[], &Summary { complete: true, ..Summary::default() });
        assert_eq!(clean["runs"][0]["results"], json!([]));
        assert_eq!(clean["runs"][0]["invocations"][0]["executionSuccessful"], true);
        let read = log(&[], &sample::summary());
        let invocation = &read["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        let told = &invocation["toolExecutionNotifications"];
        assert_eq!((&told[0]["level"], &told[1]["level"]), (&"note".into(), &"warning".into()));
        assert_eq!(told[0]["message"]["text"], "not scanned: 3 too large");
    }

    #[test]
    fn what_is_accepted_is_suppressed() {
        let accepted = Finding { accepted: Some(Accepted::Known), ..sample::finding() };
        let read = log(&[accepted], &Summary::default());
        assert_eq!(read["runs"][0]["results"][0]["suppressions"][0]["justification"], "known");
    }
}
