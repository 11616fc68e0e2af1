//! The labelled repositories: where they lie, and what their labels say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

/// The repository that holds a third of all labels, most of them test vectors of ciphers.
pub(crate) const OUTSIZED: &str = "2ba83c6a";

/// Categories that say what nobody has to change when it leaks.
const NOT_ACTIONABLE: [&str; 9] =
    ["UUID", "Nonce", "Salt", "Credential", "Auth", "API", "AWS S3 Bucket", "Firebase Domain", "Other"];

/// What people said of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    Placeholder,
}

/// One label.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) repository: String,
    pub(crate) path: String,
    pub(crate) lines: (u64, u64),
    /// The value's characters in its line, from 0; none for one of many lines.
    pub(crate) value: Option<(u64, u64)>,
    pub(crate) truth: Truth,
    pub(crate) categories: Vec<String>,
    pub(crate) is_actionable: bool,
}

/// An unpacked folder.
pub(crate) struct Labelled {
    pub(crate) folder: PathBuf,
    pub(crate) labels: Vec<Label>,
    /// Kept as long as it is needed.
    _unpacked: Option<tempfile::TempDir>,
}

impl Labelled {
    /// Opens a folder that holds `data` and `meta`, or the archive they come in.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let archive = [folder.join("scan"), folder.to_owned()]
            .into_iter()
            .find(|at| at.join("labelled-train.tar.zst").exists() && at.join("deleak.py").exists());
        let (folder, unpacked) = match archive {
            _ if folder.join("meta").is_dir() && folder.join("data").is_dir() => (folder.to_owned(), None),
            Some(at) => {
                let room = tempfile::tempdir()?;
                unpack(&at, room.path())?;
                (room.path().to_owned(), Some(room))
            }
            None => {
                bail!("{}: no folders `data` and `meta`, and no labelled-train.tar.zst", folder.display())
            }
        };
        let labels = labels(&folder.join("meta"))?;
        Ok(Self { folder, labels, _unpacked: unpacked })
    }

    /// Labels by path.
    pub(crate) fn by_path(&self) -> BTreeMap<&str, Vec<&Label>> {
        let mut paths: BTreeMap<&str, Vec<&Label>> = BTreeMap::new();
        self.labels.iter().for_each(|label| paths.entry(&label.path).or_default().push(label));
        paths
    }

    /// All repositories but the outsized one.
    pub(crate) fn repositories(&self) -> BTreeSet<&str> {
        self.labels.iter().map(|label| &*label.repository).filter(|name| *name != OUTSIZED).collect()
    }
}

/// Unpacks the archive, and takes out of it what its obfuscation tells.
fn unpack(from: &Path, to: &Path) -> anyhow::Result<()> {
    let file = fs::File::open(from.join("labelled-train.tar.zst"))?;
    let stream = ruzstd::decoding::StreamingDecoder::new(std::io::BufReader::new(file))?;
    tar::Archive::new(stream).unpack(to).context("unpacking the labelled repositories")?;
    let status = Command::new("python3")
        .arg(from.join("deleak.py"))
        .arg(to)
        .stdout(std::process::Stdio::null())
        .status();
    ensure!(status.context("python3 runs deleak.py")?.success(), "deleak.py failed");
    Ok(())
}

fn labels(meta: &Path) -> anyhow::Result<Vec<Label>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(meta)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    let mut labels = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let mut lines = text.lines();
        let head = cells(lines.next().unwrap_or_default());
        let column = |name: &str| {
            head.iter()
                .position(|cell| cell == name)
                .with_context(|| format!("no column {name} in {}", file.display()))
        };
        let wanted = [
            "RepoName",
            "FilePath",
            "LineStart",
            "LineEnd",
            "GroundTruth",
            "ValueStart",
            "ValueEnd",
            "Category",
        ];
        let columns = wanted.iter().map(|name| column(name)).collect::<anyhow::Result<Vec<usize>>>()?;
        for line in lines.filter(|line| !line.is_empty()) {
            let cells = cells(line);
            let cell = |at: usize| cells.get(columns[at]).map_or("", String::as_str);
            let number = |at: usize| cell(at).parse::<u64>().ok();
            let value = number(5).zip(number(6)).filter(|(start, end)| start < end);
            let categories: Vec<String> = cell(7).split(':').map(str::to_owned).collect();
            let truth = match cell(4) {
                "T" => Truth::True,
                "F" => Truth::False,
                "X" => Truth::Placeholder,
                other => bail!("{}: {other} is no label", file.display()),
            };
            let lines = (number(2).context("a line")?, number(3).context("a line")?);
            labels.push(Label {
                repository: cell(0).to_owned(),
                path: cell(1).trim_start_matches("data/").to_owned(),
                lines,
                value: value.filter(|_| lines.0 == lines.1),
                truth,
                is_actionable: categories.iter().any(|one| !NOT_ACTIONABLE.contains(&one.as_str())),
                categories,
            });
        }
    }
    Ok(labels)
}

/// The cells of a line of CSV.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    for c in line.trim_end_matches('\r').chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            c => cells.last_mut().expect("there is a cell").push(c),
        }
    }
    cells
}
