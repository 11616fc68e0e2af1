//! A finding's blob once more: for a preview, or for the few moments in which somebody asked to see the secret itself.

use std::io;
use std::sync::Arc;

use gix::ObjectId;
use zeroize::Zeroizing;

use super::crew;
use super::grove::Content;
use super::objects;
use super::repository::{Repository, Site, failed};
use crate::scan::engine::Shared;
use crate::scan::finding::Source;
use crate::scan::origin::{Commit, Origin};
use crate::scan::progress::{Progress, Report};

/// The bytes of the blob that a commit brought.
pub(crate) fn bytes(commit: &Commit) -> io::Result<Zeroizing<Vec<u8>>> {
    let id = ObjectId::from_hex(commit.blob.as_bytes()).map_err(failed)?;
    let site = Site { given: commit.repository.clone(), heeds_environment: false };
    let mut read = Zeroizing::new(Vec::new());
    objects::read(&Repository::open(site)?, id, &mut |content| match content {
        Content::Whole(bytes) => {
            read.extend_from_slice(bytes);
            Ok(())
        }
        Content::Stream(..) => Err(failed("this blob is too large to be shown")),
    })?;
    Ok(read)
}

/// Scans this blob alone, under the path that was given.
pub(in crate::scan) fn scan(shared: &Shared<'_>, commit: &Arc<Commit>, report: &mut Report) -> usize {
    let path = shared.options.roots.first().cloned().unwrap_or_default();
    let origin = Origin { commit: Some(Arc::clone(commit)), ..Origin::new(&path, Source::History) };
    Progress::add(&shared.progress.files_found, 1);
    crew::run(shared, 1, false, report, &|hand| {
        let scanned = bytes(commit)
            .and_then(|bytes| hand.scan(Content::Whole(&bytes), &origin, &|finding| (shared.sink)(finding)));
        match scanned {
            Ok(outcome) => hand.count(&outcome),
            Err(error) => {
                crew::unreadable(shared, &mut hand.report, &commit.repository, &commit.blob, &error);
            }
        }
    })
}
