//! What a scan reports: the finding, its level and its preview. Plain values that every surface shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::baseline::{Accepted, Verdict};
use super::cache::spot::Spot;
use super::identity::fingerprint;
use super::judge::reasons::Reason;
use super::judge::study::Studied;
use super::origin::{Commit, Origin};
use super::random::class::Folded;
use crate::model::text::escape_path;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Almost surely a live kind of credential.
    High,
    /// Probably a secret.
    Medium,
    /// Possibly a secret, often a weak or sample one.
    Low,
    /// Only high in entropy; never fails a scan.
    Entropy,
}

impl Level {
    /// The word that stands for it on every surface.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Entropy => "entropy",
        }
    }
}

/// What an offline look at the secret itself told; nothing is ever sent anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Validation {
    /// It has nothing that could be checked.
    #[default]
    None,
    /// Its parts are what they must be, and no checksum confirms them.
    WellFormed,
    /// Its checksum is right.
    Valid,
    /// Its checksum is wrong, or its parts are not what they must be.
    Invalid,
    /// It says of itself that it has expired.
    Expired,
}

impl Validation {
    /// The word that stands for it on every surface.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::WellFormed => "well-formed",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Expired => "expired",
        }
    }
}

/// How much harm a kind of secret does when it is real.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Harm {
    /// Little: it is limited, or public by design.
    Low,
    /// Some: it gives away a part.
    #[default]
    Medium,
    /// Much: it gives away an account.
    High,
    /// Most: it gives away what others trust.
    Critical,
}

impl Harm {
    /// The severity of this name, as the tables write it.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High, Self::Critical].into_iter().find(|one| one.as_str() == name)
    }

    /// The word that stands for it on every surface.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How a secret was hidden from plain sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decoding {
    /// Base64, of either alphabet.
    Base64,
    /// Hex digits.
    Hex,
    /// Percent escapes of URLs.
    Percent,
    /// `\\u0041` and its like.
    Unicode,
    /// Entities of HTML and XML.
    Html,
}

impl Decoding {
    /// The word that stands for it on every surface.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent escapes",
            Self::Unicode => "unicode escapes",
            Self::Html => "HTML entities",
        }
    }
}

/// Where the text came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A file in the tree.
    File,
    /// Standard input.
    Stdin,
    /// The history of a repository.
    History,
    /// What is staged for the next commit.
    Staged,
}

/// One place that may hold a secret.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The file, as it was reached from the given path; JSON carries it escaped and legal.
    #[serde(serialize_with = "shown")]
    pub path: PathBuf,
    /// The line, from 1; only a line feed ends a line.
    pub line: u64,
    /// The first byte of the secret in its line, from 1.
    ///
    /// In UTF-16 files it counts the bytes of the line decoded to UTF-8.
    pub column: u64,
    /// The byte after the secret, from 1.
    pub end_column: u64,
    /// The rule's id.
    pub rule: Arc<str>,
    /// The probability that this is a real secret, from 0 to 1.
    pub score: f64,
    /// What the score amounts to.
    pub level: Level,
    /// Bits per character of the secret.
    pub entropy: f64,
    /// The most bits per character that its length and alphabet allow.
    pub entropy_ceiling: f64,
    /// How far its entropy lies above that of a random string of its length and alphabet; mostly negative.
    #[serde(skip)]
    pub excess: f64,
    /// Rule, secret and path; moved lines keep it.
    pub fingerprint: String,
    /// The same for the same secret within one report. It is made with a key that dies with the report, but for a
    /// secret whose rule and file a baseline names: that one is known by the baseline's slow hash in every report.
    pub secret_id: String,
    /// The secret with all but its public prefix hidden.
    pub redacted: String,
    /// The secret itself, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// How much harm it does when it is real.
    pub severity: Harm,
    /// What an offline look at it told.
    pub validation: Validation,
    /// The same in words, without the secret: `RSA, 2048 bits, encrypted`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// Why it scores as it does, the weightiest first; reports hold it when they were asked to explain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// What it was judged by, where a scan keeps that.
    #[serde(skip)]
    pub study: Option<Studied>,
    /// Where it is looked at again, when it stands in its text as it is.
    #[serde(skip)]
    pub spot: Option<Spot>,
    /// How it was encoded where it stands, the outermost first; line and column are those of the encoded text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decoded: Vec<Decoding>,
    /// Where the text came from.
    pub source: Source,
    /// The commit that brought it, in a history.
    #[serde(skip_serializing_if = "is_in_no_commit")]
    pub commit: Option<Arc<Commit>>,
    /// The file that holds it, when `path` is a name inside of that one.
    #[serde(skip)]
    pub container: Option<Arc<Path>>,
    /// What the baseline says of it; what it accepts fails no scan, and is reported only when that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
    /// Whether people looked at it and said that it is real: it is reported until it is gone.
    #[serde(rename = "real", skip_serializing_if = "is_not")]
    pub is_real: bool,
    /// What a line was folded into that only looks random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folded: Option<Folded>,
    /// The line around it with every secret hidden, control characters escaped and the length capped.
    #[serde(skip)]
    pub excerpt: String,
    /// Where the secret starts in the decoded text, for a preview that need not read all of a huge file.
    #[serde(skip)]
    pub offset: u64,
}

impl Finding {
    /// Something in a place of which nothing else is known yet: whoever met it fills in the rest.
    pub fn of(origin: &Origin) -> Self {
        Self {
            path: origin.path.clone(),
            line: 1,
            column: 1,
            end_column: 1,
            rule: "".into(),
            score: 0.0,
            level: Level::Low,
            entropy: 0.0,
            entropy_ceiling: 0.0,
            excess: 0.0,
            fingerprint: String::new(),
            secret_id: String::new(),
            redacted: String::new(),
            secret: None,
            severity: Harm::default(),
            validation: Validation::default(),
            facts: Vec::new(),
            reasons: Vec::new(),
            study: None,
            spot: None,
            decoded: Vec::new(),
            source: origin.source,
            commit: origin.commit.clone(),
            container: origin.container.clone(),
            accepted: None,
            is_real: false,
            folded: None,
            excerpt: String::new(),
            offset: 0,
        }
    }

    /// What is worth saying beside its score: how it was decoded, what a look at it told, and what brought it.
    pub fn remarks(&self) -> Vec<String> {
        let steps: Vec<&str> = self.decoded.iter().map(|step| step.as_str()).collect();
        let decoded = (!steps.is_empty()).then(|| format!("decoded from {}", steps.join(", then ")));
        let commit = self.commit.as_ref().filter(|commit| !commit.id.is_empty());
        let brought = commit.map(|commit| commit.told());
        let marked = self.is_real.then(|| REAL.to_owned());
        let folded = self.folded.map(Folded::told);
        marked
            .into_iter()
            .chain(folded)
            .chain(decoded)
            .chain(self.facts.iter().cloned())
            .chain(brought)
            .collect()
    }

    /// What people said of it.
    pub fn verdict(&self) -> Option<Verdict> {
        if self.is_real { Some(Verdict::Real) } else { self.accepted.map(Verdict::from) }
    }

    /// Takes over what people said of it. What they know to be real is sure, whatever it looks like.
    pub fn decide(&mut self, verdict: Verdict) {
        self.accepted = verdict.accepts();
        self.is_real = verdict == Verdict::Real;
        if self.is_real {
            (self.score, self.level) = (1.0, Level::High);
            // What spoke for and against it does not count any more.
            self.reasons = Vec::new();
        }
    }

    /// Gives its secret another id.
    pub fn identify(&mut self, id: String) {
        self.fingerprint = fingerprint(&self.rule, &id, &self.path);
        self.secret_id = id;
    }

    /// The line around it, or the secret alone where that is all there is; redacted as they are.
    pub fn excerpt_or_redacted(&self) -> &str {
        if self.excerpt.is_empty() { &self.redacted } else { &self.excerpt }
    }

    /// The order of a report: real secrets first, then by entropy, then by place.
    pub fn rank(&self, other: &Self) -> std::cmp::Ordering {
        let named = |finding: &Self| finding.level == Level::Entropy;
        // Lines that stand for themselves, then those that were folded, the most of them first.
        let folded = |finding: &Self| finding.folded.map_or(0, |folded| u64::MAX - folded.lines);
        named(self)
            .cmp(&named(other))
            .then_with(|| folded(self).cmp(&folded(other)))
            .then_with(|| {
                if named(self) {
                    other.excess.total_cmp(&self.excess)
                } else {
                    other.score.total_cmp(&self.score)
                }
            })
            .then_with(|| self.path.cmp(&other.path))
            .then_with(|| (self.line, self.column).cmp(&(other.line, other.column)))
            .then_with(|| self.rule.cmp(&other.rule))
    }
}

/// What is said of a secret that has to go.
const REAL: &str = "marked as real: it is told until it is gone";

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a field over like this")]
fn is_not(holds: &bool) -> bool {
    !holds
}

/// What is only staged has a blob, and no commit yet.
#[expect(clippy::ref_option, reason = "serde hands a field over like this")]
fn is_in_no_commit(commit: &Option<Arc<Commit>>) -> bool {
    commit.as_ref().is_none_or(|commit| commit.id.is_empty())
}

fn shown<S: Serializer>(path: &std::path::Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&escape_path(path))
}

/// The lines around a finding, safe to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The file.
    pub path: PathBuf,
    /// Its lines, from first to last.
    pub lines: Vec<PreviewLine>,
    /// Why the finding scores as it does, in sentences.
    pub why: Vec<String>,
}

/// One line of a [`Preview`].
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewLine {
    /// The line's number, from 1.
    pub number: u64,
    /// Its text, redacted, escaped and capped.
    pub text: String,
    /// Whether the finding starts here.
    pub hit: bool,
    /// From 0, plain words, to 1, as good as random: for a heat strip.
    pub surprise: f64,
}
