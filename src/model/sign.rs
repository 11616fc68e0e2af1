//! What a job's own output tells of trouble: signs that were seen in its lines, counted.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clock::Moment;
use super::text::Text;

/// Signs of one job that are kept apart; further ones are only counted.
pub const MOST_SIGNS: usize = 64;

/// What comes between a secret and its place.
const IN_LINE: &str = " in line ";

/// What a sign stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignClass {
    /// The job goes on with less than it asked for.
    Degraded,
    /// The engine or the pool that runs the tasks is broken.
    ToolchainPanic,
    /// A program found no module or library that it needs.
    ModuleMissing,
    /// A line of level ERROR or above, or a traceback.
    Error,
    /// Words that count failures.
    Summary,
    /// A secret in clear text.
    Secret,
}

impl SignClass {
    /// The classes that lines are sorted into by words and patterns, with the names that configuration has for them.
    pub const NAMED: [(&'static str, Self); 5] = [
        ("degraded", Self::Degraded),
        ("toolchain-panic", Self::ToolchainPanic),
        ("module-missing", Self::ModuleMissing),
        ("error", Self::Error),
        ("summary", Self::Summary),
    ];

    /// The class that configuration calls `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(known, _)| *known == name).map(|(_, class)| *class)
    }
}

fn is_blank(text: &Text) -> bool {
    text.is_empty()
}

/// A kind of sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignKind {
    /// Its short name, unique in a job.
    pub id: Text,
    /// What it stands for.
    pub class: SignClass,
    /// What it says of the job.
    pub about: Text,
    /// What to look at, or to do.
    #[serde(default, skip_serializing_if = "is_blank")]
    pub advice: Text,
    /// It tells of a state that nothing takes back; the others tell of a moment.
    #[serde(default)]
    pub stays: bool,
}

/// A secret that stood in a line of output; each is told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leak {
    /// Its rule, and a name that is the same for the same secret for as long as its stream is read.
    pub id: Text,
    /// What kind of secret it is, in words.
    pub about: Text,
    /// The secret with all but its public prefix hidden.
    pub redacted: Text,
    /// In which line of the output it stood, where that is known.
    pub line: Option<u64>,
}

impl Leak {
    /// The same as a sign that was seen `at` this time.
    pub fn sign(&self, at: Moment) -> SignRead {
        let line = self.line.map(|line| format!("{IN_LINE}{line} of the output")).unwrap_or_default();
        let kind = SignKind {
            id: self.id.clone(),
            class: SignClass::Secret,
            about: self.about.clone(),
            advice: Text::from("revoke it: whoever can read this output has it"),
            stays: true,
        };
        let excerpt = Text::from(format!("{}{line}", self.redacted));
        SignRead { kind: Arc::new(kind), count: 1, at: (at, at), lines_after: 0, excerpt }
    }
}

impl SignKind {
    /// True when both stand for the same. A secret's name is another one each time its output is read, for the key it
    /// is made with lives no longer than that: its rule and what is shown of it decide.
    pub fn is_same(&self, excerpt: &Text, other: &Self, other_excerpt: &Text) -> bool {
        if self.class != SignClass::Secret || other.class != SignClass::Secret {
            return self.id == other.id;
        }
        let rule = |kind: &Self| kind.id.split(':').next().map(str::to_owned);
        rule(self) == rule(other) && shown(excerpt) == shown(other_excerpt)
    }
}

/// What an excerpt shows of a secret, without the place where it stood.
fn shown(excerpt: &Text) -> &str {
    excerpt.split(IN_LINE).next().unwrap_or_default()
}

/// A sign as it was seen in one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignRead {
    /// Which.
    pub kind: Arc<SignKind>,
    /// How often.
    pub count: u64,
    /// When the first and the last of these lines were written, as far as that is known.
    pub at: (Moment, Moment),
    /// Lines that came after the last of them in this round.
    pub lines_after: u64,
    /// The first of these lines, redacted and cut.
    pub excerpt: Text,
}

/// A sign that a job has shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sign {
    /// Which.
    #[serde(flatten)]
    pub kind: Arc<SignKind>,
    /// In how many lines.
    pub count: u64,
    /// When it was seen first.
    pub first: Moment,
    /// When it was seen last.
    pub last: Moment,
    /// Lines of output that there had been when it was seen last, itself among them.
    pub line: u64,
    /// The first of its lines, redacted and cut.
    pub excerpt: Text,
    /// Done per second before it was seen first: the median of a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput_before: Option<f64>,
}

/// All signs that a job has shown, in the order in which they were seen first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Signs {
    /// One for each kind.
    pub seen: Vec<Sign>,
    /// Lines with signs of further kinds, which are not kept.
    #[serde(default)]
    pub beyond: u64,
}

impl Signs {
    /// True when there was none.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty() && self.beyond == 0
    }

    /// Those of a class.
    pub fn of(&self, class: SignClass) -> impl Iterator<Item = &Sign> {
        self.seen.iter().filter(move |sign| sign.kind.class == class)
    }
}
