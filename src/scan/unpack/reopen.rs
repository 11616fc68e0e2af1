//! The content at the place of a finding once more: of a file, or of what lies inside of one.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use memchr::memmem;

use super::kind::{self, Packed};
use super::limits::{Budget, Forgiving, Limits, Metered};
use super::opener::{Opener, Visitor};
use super::place::Place;
use crate::scan::finding::Finding;
use crate::scan::history::again;
use crate::scan::origin::INSIDE;
use crate::scan::progress::Skip;
use crate::scan::walk::{self, Opened};

/// The most archives in one another that are looked through: `--archive-depth` takes no more.
pub(crate) const DEEPEST: usize = 16;
/// How much of an entry is read to tell whether it is packed.
const HEAD: u64 = 64 << 10;

/// What looks at the content, and is told its size when that is known.
type Each<'a> = dyn FnMut(&mut dyn Read, Option<u64>) -> io::Result<()> + 'a;

/// Shows `each` the content at the place of a finding, with its size when that is known; an error when it has gone.
pub(crate) fn reopen(finding: &Finding, each: &mut Each<'_>) -> io::Result<()> {
    let outer = finding.container.as_deref().unwrap_or(&finding.path);
    if let Some(commit) = &finding.commit {
        let bytes = again::bytes(commit)?;
        return reopen_in(finding, outer, &mut bytes.as_slice(), Some(bytes.len() as u64), each);
    }
    let Opened::File(mut file, size) = walk::open(outer, true)? else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file any more"));
    };
    reopen_in(finding, outer, &mut file, Some(size).filter(|size| *size > 0), each)
}

fn reopen_in(
    finding: &Finding,
    outer: &Path,
    mut file: &mut dyn Read,
    size: Option<u64>,
    each: &mut Each<'_>,
) -> io::Result<()> {
    if finding.container.is_none() {
        return each(file, size);
    }
    let steps = memmem::find_iter(finding.path.as_os_str().as_encoded_bytes(), INSIDE).count();
    let limits = Limits { depth: steps.min(DEEPEST), ..Limits::default() };
    let budget = Budget::new(limits, size, 0);
    let mut reader = Metered { reader: &mut file, budget: &budget };
    let mut reader = Forgiving::new(&mut reader);
    let mut search = Search { wanted: finding.path.clone(), each, result: None };
    let place = Place::outer(outer);
    if let Some(packed) = search.take(&place, &mut reader, size, true)? {
        Opener::new(&mut search, &budget).walk(&place, &packed, &mut reader);
    }
    if let Some(error) = budget.failure() {
        return Err(error);
    }
    let gone = || Err(io::Error::new(io::ErrorKind::NotFound, "it is not in there any more: scan again"));
    search.result.unwrap_or_else(gone)
}

/// Looks for one place.
struct Search<'a, 'b> {
    wanted: PathBuf,
    each: &'a mut Each<'b>,
    result: Option<io::Result<()>>,
}

impl Visitor for Search<'_, '_> {
    fn wants(&mut self, place: &Place) -> bool {
        place.leads_to(&self.wanted)
    }

    fn take(
        &mut self,
        place: &Place,
        content: &mut dyn Read,
        size: Option<u64>,
        looks: bool,
    ) -> io::Result<Option<Packed>> {
        let mut head = Vec::new();
        if looks {
            content.take(HEAD).read_to_end(&mut head)?;
            if let Some(kind) = kind::recognise(&head) {
                return Ok(Some(Packed { kind, head }));
            }
        }
        if place.path == self.wanted && self.result.is_none() {
            self.result = Some((self.each)(&mut head.chain(content), size));
        }
        Ok(None)
    }

    fn skip(&mut self, _: Skip, _: Option<(&Place, &str)>) {}

    fn is_done(&self) -> bool {
        self.result.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    use super::super::samples::{gzip, line, tar, token, zip};
    use crate::scan::engine::{self, Options};
    use crate::scan::finding::Finding;
    use crate::scan::preview::preview;
    use crate::scan::progress::Progress;
    use crate::scan::secret;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test makes a file")]
    fn places_inside_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar.gz");
        let texts: Vec<Vec<u8>> = (1..4).map(|n| [b"first line\n".as_slice(), &line(n)].concat()).collect();
        let inner = zip(&[("same.env", &texts[1]), ("b/c.env", &texts[2])]);
        std::fs::write(&path, gzip(&tar(&[("same.env", &texts[0]), ("in.jar", &inner)]))).unwrap();
        let found = Mutex::new(Vec::new());
        let options = Options { roots: vec![path.clone()], threads: 1, ..Options::default() };
        engine::scan(&options, &Progress::default(), &AtomicBool::new(false), &|finding| {
            found.lock().unwrap().push(finding);
        });
        let found: Vec<Finding> = found.into_inner().unwrap();
        assert_eq!(found.len(), 3);
        for (n, finding) in (1..).zip(&found) {
            assert_eq!(finding.container.as_deref(), Some(path.as_path()));
            assert_eq!(secret::read(finding, None).unwrap().clear(), token(n));
            let preview = preview(finding, 1, None).unwrap();
            let lines: Vec<&str> = preview.lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(lines, ["first line", "github_token = \"ghp_********\""]);
        }
        std::fs::write(&path, gzip(&tar(&[("same.env", b"nothing")]))).unwrap();
        assert!(preview(&found[1], 1, None).unwrap_err().to_string().contains("scan again"));
        assert!(secret::read(&found[1], None).is_err());
    }
}
