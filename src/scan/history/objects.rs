#![expect(clippy::disallowed_methods, reason = "edge: lists the packs of a store")]
//! All objects of a repository, each where it lies: in packs, or in files of their own. Where the same one lies in
//! several places the first counts.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::forest::Class;
use super::loose;
use super::pack::{Inflater, LARGEST, Pack};
use super::repository::{Repository, failed};

/// What a repository holds, and what of that could not be looked at.
pub(crate) struct Objects {
    pub(crate) packs: Vec<Pack>,
    pub(crate) stores: Vec<PathBuf>,
    /// The store of each loose object, and its id.
    pub(crate) loose: Vec<(usize, ObjectId)>,
    pub(crate) lost: Vec<(String, io::Error)>,
}

impl Objects {
    pub(crate) fn open(repository: &Repository) -> io::Result<Self> {
        let hash = repository.hash();
        let stores = repository.stores()?;
        let mut objects = Self { packs: Vec::new(), stores, loose: Vec::new(), lost: Vec::new() };
        let mut indices = Vec::new();
        for store in &objects.stores {
            indices.extend(packs(store, &mut objects.lost));
        }
        // The largest first: most duplicates of the others lie in it.
        indices.sort_unstable_by(|a, b| b.cmp(a));
        for (_, index) in indices {
            match Pack::open(&index, hash) {
                Ok(pack) => objects.packs.push(pack),
                Err(error) => objects.lost.push((name(&index), error)),
            }
        }
        let mut seen = HashSet::new();
        for (at, store) in objects.stores.iter().enumerate() {
            match loose::ids(store, hash) {
                Ok(ids) => {
                    let fresh =
                        |id: &ObjectId| !objects.packs.iter().any(|pack| pack.holds(id)) && seen.insert(*id);
                    objects.loose.extend(ids.into_iter().filter(fresh).map(|id| (at, id)));
                }
                Err(error) => objects.lost.push((name(store), error)),
            }
        }
        Ok(objects)
    }

    /// How many blobs there are at most: loose objects are not known before they are opened.
    pub(crate) fn blobs(&self) -> u64 {
        self.packs.iter().map(|pack| pack.forest.all(Class::Blob).count() as u64).sum()
    }

    /// Whether a pack before this one holds the object too.
    pub(crate) fn is_again(&self, pack: usize, id: &gix::oid) -> bool {
        self.packs[..pack].iter().any(|earlier| earlier.holds(id))
    }
}

fn name(path: &Path) -> String {
    crate::model::text::escape_path(path)
}

/// The indices of a store's packs, with their sizes.
fn packs(store: &Path, lost: &mut Vec<(String, io::Error)>) -> Vec<(u64, PathBuf)> {
    let folder = store.join("pack");
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return found,
        Err(error) => {
            lost.push((name(&folder), error));
            return found;
        }
    };
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("idx") => found.push((std::fs::metadata(&path).map_or(0, |about| about.len()), path)),
            // A pack without an index is one that is still being written, or one whose index was lost.
            Some("pack") if !path.with_extension("idx").exists() => {
                lost.push((name(&path), failed("it has no index; `git index-pack` makes one")));
            }
            _ => {}
        }
    }
    found
}

/// Shows the content of one object, however large: through the library, or as a stream where it stands whole.
pub(crate) fn read(
    repository: &Repository,
    id: ObjectId,
    each: &mut dyn FnMut(super::grove::Content<'_>) -> io::Result<()>,
) -> io::Result<()> {
    use super::grove::Content;
    let missing = || io::Error::new(io::ErrorKind::NotFound, "this object is missing from the repository");
    let header = repository.git().try_find_header(id).map_err(failed)?.ok_or_else(missing)?;
    if header.kind() != gix::objs::Kind::Blob {
        return Err(failed("this is no blob"));
    }
    if header.size() <= LARGEST {
        let object = repository.git().try_find_object(id).map_err(failed)?.ok_or_else(missing)?;
        return each(Content::Whole(&object.data));
    }
    for store in repository.stores()? {
        if loose::path(&store, &id).exists() {
            let (_, size, mut stream) = loose::open(&store, &id)?;
            return each(Content::Stream(&mut stream, size));
        }
        for (_, index) in packs(&store, &mut Vec::new()) {
            let Some((pack, node)) = Pack::holding(&index, repository.hash(), &id)? else { continue };
            let inflater = Inflater::new(repository.hash());
            let size = inflater.head(&pack, node)?.size;
            return each(Content::Stream(&mut inflater.stream(&pack, node)?, size));
        }
    }
    Err(missing())
}
