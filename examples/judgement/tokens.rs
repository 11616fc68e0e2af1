//! The tokens of source text: what secrets are told from.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::data::Labelled;

/// What is source code, by its extension; data files hold what is as good as random.
const SOURCE: [&str; 22] = [
    "rs", "py", "js", "ts", "tsx", "jsx", "go", "java", "kt", "scala", "c", "h", "cc", "cpp", "hpp", "cs",
    "rb", "php", "swift", "m", "sh", "lua",
];

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=')
}

/// All files of source code below a folder, sorted.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => {
                    let extension =
                        path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
                    if SOURCE.contains(&extension) {
                        files.push(path);
                    }
                }
                _ => {}
            }
        }
    }
    files.sort();
    files
}

/// Takes the distinct tokens of this length out of a text, all that `wants` says.
pub(crate) fn distinct(
    text: &[u8],
    lengths: std::ops::RangeInclusive<usize>,
    tokens: &mut BTreeSet<Vec<u8>>,
    wants: impl Fn(&[u8]) -> bool,
) {
    for token in text.split(|&byte| !is_token(byte)) {
        if lengths.contains(&token.len()) && wants(token) && !tokens.contains(token) {
            tokens.insert(token.to_vec());
        }
    }
}

/// The distinct tokens of the labelled repositories' source text, without the lines that have a label.
pub(crate) fn unlabelled(labelled: &Labelled) -> BTreeSet<Vec<u8>> {
    let data = labelled.folder.join("data");
    let labels = labelled.by_path();
    let mut tokens = BTreeSet::new();
    for file in sources(&data) {
        let path = file.strip_prefix(&data).unwrap_or(&file).to_string_lossy().into_owned();
        let text = fs::read(&file).unwrap_or_default();
        let labelled_lines: BTreeSet<u64> = labels
            .get(path.as_str())
            .into_iter()
            .flatten()
            .flat_map(|label| label.lines.0..=label.lines.1)
            .collect();
        for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
            // Nobody wrote so long a line by hand.
            if line.len() < 400 && !labelled_lines.contains(&(at as u64 + 1)) {
                distinct(line, 4..=64, &mut tokens, |_| true);
            }
        }
    }
    tokens
}
