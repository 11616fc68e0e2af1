#![expect(clippy::disallowed_methods, reason = "edge: lists the packs of a store")]
//! All objects of a repository, each where it lies: in packs, or in files of their own. Where the same one lies in
//! several places the first counts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::forest::Class;
use super::loose::{self, Opener};
use super::pack::{Inflater, LARGEST, Pack};
use super::repository::{Repository, failed};

/// What a repository holds, and what of that could not be looked at. Each object has a number: those of a pack follow
/// one another in the order of its index, and those in files of their own come last.
pub(crate) struct Objects {
    pub(crate) packs: Vec<Pack>,
    pub(crate) stores: Vec<PathBuf>,
    /// The store of each loose object, and its id.
    pub(crate) loose: Vec<(usize, ObjectId)>,
    loose_at: HashMap<ObjectId, usize>,
    /// The first number of each pack, and that of the loose objects.
    first: Vec<usize>,
    pub(crate) lost: Vec<(String, io::Error)>,
}

impl Objects {
    pub(crate) fn open(repository: &Repository) -> io::Result<Self> {
        let hash = repository.hash();
        let stores = repository.stores()?;
        let mut objects = Self {
            packs: Vec::new(),
            stores,
            loose: Vec::new(),
            loose_at: HashMap::new(),
            first: Vec::new(),
            lost: Vec::new(),
        };
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
        let mut sum = 0;
        for pack in &objects.packs {
            objects.first.push(sum);
            sum += pack.count();
        }
        objects.first.push(sum);
        for (at, store) in objects.stores.iter().enumerate() {
            match loose::ids(store, hash) {
                Ok(ids) => {
                    for id in ids {
                        if !objects.packs.iter().any(|pack| pack.holds(&id))
                            && let Entry::Vacant(free) = objects.loose_at.entry(id)
                        {
                            free.insert(sum + objects.loose.len());
                            objects.loose.push((at, id));
                        }
                    }
                }
                Err(error) => objects.lost.push((name(store), error)),
            }
        }
        Ok(objects)
    }

    /// How many objects have a number.
    pub(crate) fn count(&self) -> usize {
        self.first_loose() + self.loose.len()
    }

    /// The number of the first object that lies in a file of its own.
    pub(crate) fn first_loose(&self) -> usize {
        self.first.last().copied().unwrap_or(0)
    }

    /// The number of an object.
    pub(crate) fn number(&self, id: &gix::oid) -> Option<usize> {
        let packed = self.packs.iter().zip(&self.first);
        let mut found = packed.filter_map(|(pack, first)| Some(first + pack.place_of(id)? as usize));
        found.next().or_else(|| self.loose_at.get(id).copied())
    }

    /// The number of an object of a pack.
    pub(crate) fn number_in(&self, pack: usize, node: u32) -> usize {
        self.first[pack] + self.packs[pack].place(node) as usize
    }

    /// The object of a number.
    pub(crate) fn id(&self, number: usize) -> ObjectId {
        let pack = self.first.partition_point(|first| *first <= number) - 1;
        match self.packs.get(pack) {
            Some(one) => one.id_at((number - self.first[pack]) as u32),
            None => self.loose[number - self.first[pack]].1,
        }
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
            let mut opener = Opener::new();
            let (_, size, mut stream) = opener.open(&store, &id)?;
            return each(Content::Stream(&mut stream, size));
        }
        for (_, index) in packs(&store, &mut Vec::new()) {
            let Some((pack, node)) = Pack::holding(&index, repository.hash(), &id)? else { continue };
            let mut inflater = Inflater::new(repository.hash());
            let size = inflater.head(&pack, node)?.size;
            return each(Content::Stream(&mut inflater.stream(&pack, node)?, size));
        }
    }
    Err(missing())
}
