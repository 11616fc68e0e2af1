//! Where a configuration of gitleaks lies, with those that it builds upon.
//!
//! One scan heeds one configuration. What was found in a repository may build upon files of that repository only;
//! what somebody named may build upon any.

use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::book::{Book, Read};
use super::files::{self, BadPolicy};
use super::gitleaks::{self, Wrong};
use super::go_regex::Compiler;
use crate::model::text::escape_path;
use crate::scan::cache::setting::{Parts, Seal};

/// The file's name in a folder that is scanned.
pub const NAME: &str = ".gitleaks.toml";
/// How many files may build upon one another, as with gitleaks.
const DEEPEST: usize = 3;

/// Which configuration is heeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The one in the scanned folder, in the current one or at the top of the repository.
    #[default]
    InFolder,
    /// This one.
    At(PathBuf),
    /// None at all.
    Ignored,
}

/// A configuration that was read.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) file: PathBuf,
    /// A hash of its text and of those it builds upon.
    pub(crate) seal: Seal,
    pub(crate) book: Arc<Book>,
    pub(crate) notes: Vec<String>,
}

/// Rule sets live as long as the process: one that was made before is taken again.
static MADE: Mutex<Vec<Made>> = Mutex::new(Vec::new());

/// The texts of a configuration, what they became, and the notes on them.
type Made = (Vec<String>, Arc<Book>, Vec<String>);

/// Reads a configuration and those it builds upon; `is_named` says that somebody chose it.
pub(crate) fn load(file: &Path, is_named: bool) -> Result<Configured, BadPolicy> {
    let texts = texts(file, is_named)?;
    let contents: Vec<String> = texts.iter().map(|(_, text)| text.clone()).collect();
    let mut parts = Parts::new("gitleaks");
    for text in &contents {
        parts.add(text.as_bytes());
    }
    let seal = parts.seal();
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, book, notes)) = made.iter().find(|(known, ..)| *known == contents) {
        return Ok(Configured { file: file.to_owned(), seal, book: Arc::clone(book), notes: notes.clone() });
    }
    let mut compiler = Compiler::default();
    let mut whole: Option<Read> = None;
    // From the one at the bottom up.
    for (file, text) in texts.iter().rev() {
        let read = gitleaks::parse(text).and_then(|config| Read::new(config, &mut compiler));
        let mut read = read.map_err(|wrong| bad(file, &wrong))?;
        let notes = read.notes.drain(..).map(|note| format!("{}: {note}", escape_path(file)));
        read.notes = notes.collect();
        whole = Some(match whole {
            Some(base) => read.over(base),
            None => read,
        });
    }
    let mut notes = Vec::new();
    let book = Book::new(whole.unwrap_or_default(), &mut notes).map_err(|wrong| bad(file, &wrong))?;
    let shown = escape_path(file);
    for note in &mut notes {
        if !note.starts_with(&shown) {
            *note = format!("{shown}: {note}");
        }
    }
    let book = Arc::new(book);
    made.push((contents, Arc::clone(&book), notes.clone()));
    Ok(Configured { file: file.to_owned(), seal, book, notes })
}

/// The file and those it builds upon, the topmost first.
fn texts(file: &Path, is_named: bool) -> Result<Vec<(PathBuf, String)>, BadPolicy> {
    let mut texts: Vec<(PathBuf, String)> = Vec::new();
    let mut next = Some(file.to_owned());
    while let Some(file) = next.take() {
        let bytes = match files::read(&file, gitleaks::LARGEST) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(BadPolicy::new(&file, 0, "there is no such file")),
            Err(error) => return Err(BadPolicy::new(&file, 0, &error.to_string())),
        };
        let text = String::from_utf8(bytes).map_err(|_| BadPolicy::new(&file, 0, "it is no text"))?;
        let config = gitleaks::parse(&text).map_err(|wrong| bad(&file, &wrong))?;
        if let Some(path) = config.extend.path {
            if texts.len() + 1 >= DEEPEST {
                return Err(BadPolicy::new(&file, path.line, "too many files build upon one another"));
            }
            let base = Path::new(&path.text);
            let leads_out =
                base.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
            if leads_out && !is_named {
                let why =
                    "`extend.path` leads out of the repository; name the file with --config if you trust it";
                return Err(BadPolicy::new(&file, path.line, why));
            }
            let beside = file.parent().unwrap_or(Path::new("")).join(base);
            next = Some(if beside.exists() || !is_named { beside } else { base.to_owned() });
        }
        texts.push((file, text));
    }
    Ok(texts)
}

fn bad(file: &Path, wrong: &Wrong) -> BadPolicy {
    BadPolicy::new(file, wrong.line, &wrong.why)
}
