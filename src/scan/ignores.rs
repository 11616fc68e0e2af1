//! Which paths git ignores: the `.gitignore` files from the top of the repository down, `.git/info/exclude` and the
//! user's own list. Outside a repository nothing is ignored, as git would have it.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Whether globs leave out a file, or a folder that it is in. The path comes from outside and may be any.
pub(crate) fn leaves_out(globs: &Gitignore, path: &Path) -> bool {
    // The matcher panics at a path that is absolute, or becomes so without its `./`.
    let plain: PathBuf = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    !plain.as_os_str().is_empty() && globs.matched_path_or_any_parents(&plain, false).is_ignore()
}

/// One folder's list, and those of the folders above.
#[derive(Debug)]
pub(crate) struct Ignores {
    above: Option<Arc<Ignores>>,
    list: Gitignore,
    /// For lists above the folder that was given: its path as it was given, and where it really is.
    moved: Option<(PathBuf, PathBuf)>,
}

impl Ignores {
    /// What holds in `root` before its own list: its repository's, when it stands within one.
    pub(crate) fn above(root: &Path) -> Option<Arc<Self>> {
        let real =
            std::fs::canonicalize(if root.as_os_str().is_empty() { Path::new(".") } else { root }).ok()?;
        let mut folders: Vec<&Path> = Vec::new();
        let top = real.ancestors().skip(1).find(|folder| {
            folders.push(folder);
            folder.join(".git").exists()
        })?;
        let moved = Some((root.to_owned(), real.clone()));
        let mut chain = Some(Arc::new(Self { above: None, list: global(), moved: moved.clone() }));
        let exclude = one_list(top, &top.join(".git/info/exclude"));
        let lists = folders.iter().rev().map(|folder| one_list(folder, &folder.join(".gitignore")));
        for list in std::iter::once(exclude).chain(lists).flatten() {
            chain = Some(Arc::new(Self { above: chain, list, moved: moved.clone() }));
        }
        chain
    }

    /// What holds at the top of the repository in `folder`, before its own list.
    pub(crate) fn repository(folder: &Path) -> Arc<Self> {
        let base = Arc::new(Self { above: None, list: global(), moved: None });
        match one_list(folder, &folder.join(".git/info/exclude")) {
            Some(list) => Arc::new(Self { above: Some(base), list, moved: None }),
            None => base,
        }
    }

    /// These lists and the one in `folder`.
    pub(crate) fn with(self: &Arc<Self>, folder: &Path) -> Arc<Self> {
        match one_list(folder, &folder.join(".gitignore")) {
            Some(list) => Arc::new(Self { above: Some(Arc::clone(self)), list, moved: None }),
            None => Arc::clone(self),
        }
    }

    /// Whether git ignores this path: the innermost list that names it decides.
    pub(crate) fn ignores(&self, path: &Path, is_folder: bool) -> bool {
        let mut next = Some(self);
        while let Some(ignores) = next {
            let decided = match &ignores.moved {
                None => ignores.list.matched(path, is_folder),
                Some((from, to)) => {
                    let real = to.join(path.strip_prefix(from).unwrap_or(path));
                    ignores.list.matched(real, is_folder)
                }
            };
            match decided {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => next = ignores.above.as_deref(),
            }
        }
        false
    }
}

fn global() -> Gitignore {
    Gitignore::global().0
}

/// The list in a file; `None` when there is none. Lines that are no globs are passed over, as git does.
fn one_list(folder: &Path, file: &Path) -> Option<Gitignore> {
    if !file.is_file() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(folder);
    let _ = builder.add(file);
    builder.build().ok()
}
