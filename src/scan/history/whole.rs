//! Whether what the current commit leads to is all there: its folders, and the objects of their files.
//!
//! The search reads what lies in the repository and never asks for what does not, so that an object that went missing would
//! go untold. All of history is not gone through for that: it would cost as much as the search.

use std::collections::HashSet;
use std::io;

use gix::ObjectId;

use super::first::Folders;
use super::objects::Objects;
use super::repository::Repository;

/// What of the current commit is missing, each in words.
pub(super) fn missing(repository: &Repository, objects: &Objects) -> Vec<(String, io::Error)> {
    let git = repository.git();
    // What was never fetched, and a commit that can't be found, are told elsewhere.
    if repository.absent().is_some() {
        return Vec::new();
    }
    let Ok(head) = git.head_id() else { return Vec::new() };
    let tree = match repository.commit(head.detach()) {
        Ok(commit) => commit.tree,
        Err(error) => return vec![(format!("commit {head}"), error)],
    };
    let mut folders = Folders::new(repository);
    // Loose ones are few, and looked up only then.
    let mut unpacked: Vec<ObjectId> = Vec::new();
    folders.fresh(tree, &mut |blob, _| {
        if !objects.packs.iter().any(|pack| pack.holds(&blob)) {
            unpacked.push(blob);
        }
    });
    let loose: HashSet<&ObjectId> = objects.loose.iter().map(|(_, id)| id).collect();
    let mut seen = HashSet::new();
    unpacked.retain(|blob| !loose.contains(blob) && seen.insert(*blob));
    let folders = folders.lost.into_iter().map(|(tree, error)| (format!("tree {tree}"), error));
    let gone = || io::Error::new(io::ErrorKind::NotFound, "this object is missing from the repository");
    folders.chain(unpacked.into_iter().map(|blob| (blob.to_string(), gone()))).collect()
}
