//! Findings as one HTML page that asks nothing of anybody: no request leaves it, and its policy would forbid one.
//!
//! A row is a secret with all its places. The page reads without its script, which only filters; so what is found stands in the
//! page as escaped text, never as a script's data. The rows are kept until the end, where the counts are known that stand
//! above them, and only up to [`MOST`] findings: a browser takes no more, and `report` holds all.
//!
//! `assets/report` has the style and the script; their hashes are the only ones that the policy allows.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::markup::markup;
use super::page::{Head, Page, about, by_secret};
use super::summary::Summary;
use super::uri::tidy;
use crate::model::metric::Bytes;
use crate::scan::finding::{Finding, Level};

/// The most findings of one page.
pub const MOST: usize = 20_000;

const STYLE: &str = include_str!("../../../assets/report/report.css");
const SCRIPT: &str = include_str!("../../../assets/report/report.js");
const LEVELS: [Level; 4] = [Level::High, Level::Medium, Level::Low, Level::Entropy];

/// The page.
#[derive(Debug)]
pub struct Html {
    head: Arc<Head>,
    rows: String,
    /// How many findings the rows hold, and how many did not fit.
    held: usize,
    beyond: u64,
    /// How many secrets there are at each level, and accepted ones.
    secrets: [u64; 4],
    accepted: u64,
    places: u64,
}

impl Html {
    /// A page without rows.
    pub fn new(head: Arc<Head>) -> Self {
        Self { head, rows: String::new(), held: 0, beyond: 0, secrets: [0; 4], accepted: 0, places: 0 }
    }

    fn row(&mut self, places: &[&Finding]) -> Option<()> {
        let best = places.first()?;
        let level = best.level.as_str();
        let kind = if best.accepted.is_some() { "accepted" } else { level };
        match best.accepted {
            Some(_) => self.accepted += 1,
            None => self.secrets[best.level as usize] += 1,
        }
        if best.level != Level::Entropy && best.accepted.is_none() {
            self.places += places.len() as u64;
        }
        let rule = markup(&best.rule);
        let name = markup(self.head.name(&best.rule));
        let rows = &mut self.rows;
        let _ = write!(
            rows,
            "<tr data-kind=\"{kind}\" data-rule=\"{rule}\"><td><span class=\"level {level}\">{level}</span></td>\
            <td><span class=\"name\">{name}</span> <span class=\"rule\">{rule}</span>\
            <code class=\"excerpt\">{}</code>",
            excerpt(best)
        );
        let mut known = about(best);
        if best.severity > crate::scan::finding::Harm::High {
            known.insert(0, format!("{} if real", best.severity.as_str()));
        }
        if best.level == Level::Entropy {
            known.push(format!("{:.1} of {:.1} bits a character", best.entropy, best.entropy_ceiling));
        }
        if !known.is_empty() {
            let _ = write!(rows, "<span class=\"about\">{}</span>", markup(&known.join(" · ")));
        }
        let _ = write!(rows, "</td><td>{}", place(best));
        if let [_, others @ ..] = places
            && !others.is_empty()
        {
            let noun = if others.len() == 1 { "place" } else { "places" };
            let _ = write!(rows, "<details><summary>and {} more {noun}</summary><ul>", others.len());
            for other in others {
                let _ = write!(rows, "<li>{}</li>", place(other));
            }
            rows.push_str("</ul></details>");
        }
        let _ = writeln!(rows, "</td><td class=\"score\">{:.2}</td></tr>", best.score);
        Some(())
    }

    fn title(&self) -> String {
        let secrets: u64 = self.secrets[..3].iter().sum();
        match (secrets, self.places) {
            (0, _) => "No secrets found".to_owned(),
            (1, 1) => "1 secret".to_owned(),
            (1, places) => format!("1 secret in {places} places"),
            (secrets, places) if places == secrets => format!("{secrets} secrets"),
            (secrets, places) => format!("{secrets} secrets in {places} places"),
        }
    }

    fn write_head(&self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
        let title = self.title();
        // Where somebody stood says nothing to who reads it elsewhere.
        let roots: Vec<&str> =
            self.head.roots.iter().map(String::as_str).filter(|root| *root != ".").collect();
        let roots = roots.join(", ");
        let about_roots = if roots.is_empty() { String::new() } else { format!("{} · ", markup(&roots)) };
        writeln!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
            <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; \
            script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'\">\n\
            <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
            <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
            <link rel=\"icon\" href=\"data:,\">\n<title>{about_roots}{title}</title>\n\
            <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{title}</h1>",
            hash(STYLE),
            hash(SCRIPT)
        )?;
        let mut line = about_roots;
        if let Some(shard) = &self.head.shard {
            let _ = write!(line, "shard {} · ", markup(shard));
        }
        if let Some((date, time)) = self.head.made.split_once('T') {
            let _ = write!(line, "{} {} UTC · ", markup(date), markup(time.get(..5).unwrap_or(time)));
        }
        let files = if summary.files == 1 { "1 file".to_owned() } else { format!("{} files", summary.files) };
        writeln!(
            out,
            "<p class=\"sub\">{line}{files}, {} · telltale {}</p>\n</header>",
            Bytes(summary.bytes),
            markup(&self.head.version)
        )
    }

    fn write_filters(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "<div class=\"filters\" id=\"filters\" role=\"search\" hidden>\n<div class=\"kinds\" role=\"group\" aria-label=\"Levels\">"
        )?;
        for level in LEVELS {
            kind(out, level.as_str(), self.secrets[level as usize])?;
        }
        if self.accepted > 0 {
            kind(out, "accepted", self.accepted)?;
        }
        writeln!(
            out,
            "</div>\n<div class=\"fields\">\n\
            <label><span>Text</span><input id=\"text\" type=\"search\" placeholder=\"anything  /\" autocomplete=\"off\" spellcheck=\"false\"></label>\n\
            <label><span>Path</span><input id=\"path\" type=\"search\" placeholder=\"src/\" autocomplete=\"off\" spellcheck=\"false\"></label>\n\
            <label><span>Rule</span><select id=\"rule\"><option value=\"\">all rules</option></select></label>\n\
            </div>\n</div>\n<p id=\"shown\" class=\"shown\" role=\"status\"></p>"
        )
    }

    fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return writeln!(out, "<p class=\"nothing\">Nothing to show.</p>");
        }
        writeln!(
            out,
            "<table id=\"findings\">\n<caption>Secrets, the likeliest first, each with the places where it stands</caption>\n\
            <thead><tr><th scope=\"col\" class=\"c-level\">Level</th><th scope=\"col\">Secret</th>\
            <th scope=\"col\" class=\"c-place\">Place</th><th scope=\"col\" class=\"c-score score\">Score</th></tr></thead>\n<tbody>"
        )?;
        out.write_all(self.rows.as_bytes())?;
        writeln!(out, "</tbody>\n</table>\n<p><button id=\"more\" type=\"button\" hidden></button></p>")
    }
}

impl Page for Html {
    fn findings(&mut self, _out: &mut dyn Write, batch: &[Finding]) -> io::Result<()> {
        let room = (MOST - self.held).min(batch.len());
        self.held += room;
        self.beyond += (batch.len() - room) as u64;
        for places in by_secret(&batch[..room]) {
            self.row(&places);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
        self.write_head(out, summary)?;
        if !summary.complete {
            writeln!(
                out,
                "<p class=\"warning\"><strong>Not all could be read.</strong> <a href=\"#left\">What was not scanned</a> stands at the end.</p>"
            )?;
        }
        if self.beyond > 0 {
            writeln!(
                out,
                "<p class=\"warning\">{} more findings do not fit into this page; <code>--format report</code> holds all.</p>",
                self.beyond
            )?;
        }
        self.write_filters(out)?;
        self.write_table(out)?;
        write_left(out, summary)?;
        writeln!(
            out,
            "<footer>Made by telltale on one machine; nothing was sent anywhere, and this page asks nothing of any other.</footer>\n\
            </main>\n<script>{SCRIPT}</script>\n</body>\n</html>"
        )
    }
}

fn kind(out: &mut dyn Write, name: &str, count: u64) -> io::Result<()> {
    let disabled = if count == 0 { " disabled" } else { "" };
    let label = if name == "entropy" { "only entropy" } else { name };
    writeln!(
        out,
        "<button type=\"button\" class=\"{name}\" data-kind=\"{name}\" aria-pressed=\"true\"{disabled}>\
        <b>{count}</b> {label}</button>"
    )
}

/// What was not scanned; said also when that is nothing.
fn write_left(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    writeln!(out, "<section id=\"left\">\n<h2>Not scanned</h2>")?;
    if summary.skipped.is_empty() && summary.problems.is_empty() {
        writeln!(out, "<p>Everything that was asked for was read.</p>")?;
    } else {
        writeln!(out, "<ul class=\"skipped\">")?;
        for skipped in &summary.skipped {
            let class = if skipped.loss { " class=\"loss\"" } else { "" };
            writeln!(out, "<li{class}><b>{}</b> {}</li>", skipped.count, markup(&skipped.words))?;
        }
        writeln!(out, "</ul>")?;
    }
    if !summary.problems.is_empty() {
        writeln!(out, "<ul class=\"problems\">")?;
        for problem in &summary.problems {
            writeln!(out, "<li>{}</li>", markup(problem))?;
        }
        writeln!(out, "</ul>")?;
    }
    let mut more: Vec<String> = summary.from_cache().map(|told| format!("{told}.")).into_iter().collect();
    if summary.accepted > 0 {
        more.push(format!("{} findings are accepted by the baseline.", summary.accepted));
    }
    if summary.allowed > 0 {
        more.push(format!("{} are allowed by comments or lists of exceptions.", summary.allowed));
    }
    if summary.not_listed > 0 {
        more.push(format!(
            "{} more are high in entropy only, or repeated in one file, and are not listed.",
            summary.not_listed
        ));
    }
    if summary.binary > 0 {
        more.push(format!(
            "In {} binary files only provider tokens and private keys were looked for.",
            summary.binary
        ));
    }
    if !more.is_empty() {
        writeln!(out, "<p>{}</p>", more.join(" "))?;
    }
    writeln!(out, "</section>")
}

/// The line, with what is hidden in it set apart.
fn excerpt(finding: &Finding) -> String {
    let text = markup(finding.excerpt_or_redacted());
    match &finding.secret {
        None => text.replace("********", "<s>********</s>"),
        Some(_) => text,
    }
}

/// A place with its file's name set apart from the folders that lead to it.
fn place(finding: &Finding) -> String {
    let path = tidy(&finding.path);
    let (folder, name) = path.split_at(path.rfind('/').map_or(0, |at| at + 1));
    format!(
        "<code class=\"place\"><i>{}</i>{}<i>:{}:{}</i></code>",
        markup(folder),
        markup(name),
        finding.line,
        finding.column
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::output::sample;

    fn page(findings: &[Finding], summary: &Summary) -> String {
        sample::written(Html::new(Arc::new(sample::head())), findings, summary)
    }

    #[test]
    fn a_row_is_a_secret() {
        let other = Finding { path: "deploy/prod.yaml".into(), line: 3, ..sample::finding() };
        let text = page(&[sample::finding(), other], &sample::summary());
        assert!(text.contains("<h1>1 secret in 2 places</h1>"), "{text}");
        assert_eq!(text.matches("<tr data-kind").count(), 1);
        assert!(text.contains("and 1 more place</summary>"));
        assert!(text.contains("<i>src/</i>config.py<i>:12:9</i>"));
        assert!(text.contains("<li><b>3</b> too large</li>") && text.contains("locked.txt: "));
        assert!(text.contains("Not all could be read"));
        let clean = page(&[], &Summary { complete: true, ..Summary::default() });
        assert!(
            clean.contains("<h1>No secrets found</h1>") && clean.contains("Everything that was asked for")
        );
    }

    #[test]
    fn what_is_found_stays_text() {
        let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'";
        let finding = Finding {
            path: hostile.into(),
            excerpt: hostile.into(),
            rule: hostile.into(),
            facts: vec![hostile.into()],
            ..sample::finding()
        };
        let summary = Summary { problems: vec![hostile.into()], ..Summary::default() };
        let text = page(&[finding], &summary);
        assert_eq!((text.matches("<script").count(), text.matches("</script").count()), (1, 1));
        assert!(!text.contains("<img"));
        let rows = text.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
        assert_eq!(rows.matches("data-rule").count(), 1);
    }

    #[test]
    fn nothing_is_fetched() {
        let text = page(&[sample::finding()], &sample::summary());
        for address in ["http:", "https:", "url(", "@import", "src=", "fetch(", "XMLHttpRequest"] {
            assert!(!text.contains(address), "{address}");
        }
        // An attribute of style would be refused by the page's own policy.
        assert!(!text.contains(" style=\"") && !text.contains("onclick"));
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let many: Vec<Finding> = (0..MOST + 5)
            .map(|n| Finding { secret_id: n.to_string(), line: n as u64, ..sample::finding() })
            .collect();
        let text = page(&many, &Summary::default());
        assert_eq!(text.matches("<tr data-kind").count(), MOST);
        assert!(text.contains("5 more findings do not fit"));
    }
}
