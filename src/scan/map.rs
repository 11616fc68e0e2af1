//! The map of a tree: how much of each folder looks compressed, encrypted or like one long key. Pure.
//!
//! It grows while a scan reads. Its size is bounded: what lies deeper than [`DEEPEST`], or comes when there are
//! [`MOST_NODES`] already, counts for the nearest folder that is on the map.

use std::collections::HashMap;
use std::path::{Component, Path};

use crate::model::text::{Text, escape_bytes};

/// The most folders and large files on a map.
pub const MOST_NODES: usize = 8192;
/// How many folders deep a map goes.
pub const DEEPEST: usize = 24;
/// Packed bytes from which on a file has a place of its own.
pub const LARGE: u64 = 64 << 10;

/// What a folder or a file amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Files that were read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// About how many of these are compressed or encrypted.
    pub packed: u64,
    /// Bytes of tokens in text that look random.
    pub tokens: u64,
}

impl Amount {
    /// The bytes that are high in entropy.
    pub fn random(&self) -> u64 {
        self.packed + self.tokens
    }

    /// The same as a share of all bytes, 0 to 1.
    pub fn share(&self) -> f64 {
        if self.bytes == 0 { 0.0 } else { (self.random() as f64 / self.bytes as f64).min(1.0) }
    }

    /// Adds another amount.
    pub fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.packed += other.packed;
        self.tokens += other.tokens;
    }
}

/// A folder, or a large file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name, safe to draw.
    pub name: Text,
    /// Whether it is a file.
    pub is_file: bool,
    /// What it amounts to, with all that lies below.
    pub total: Amount,
    children: Vec<u32>,
}

/// Folders and large files with what they amount to. The first node is the top of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    nodes: Vec<Node>,
}

impl Default for Map {
    fn default() -> Self {
        Self { nodes: vec![Node::new(Text::default(), false)] }
    }
}

impl Node {
    fn new(name: Text, is_file: bool) -> Self {
        Self { name, is_file, total: Amount::default(), children: Vec::new() }
    }
}

impl Map {
    /// How many files are on it.
    pub fn files(&self) -> u64 {
        self.nodes[0].total.files
    }

    /// The node that these names lead to from the top; `None` when there is none, or not any more.
    pub fn find(&self, names: &[Text]) -> Option<&Node> {
        names.iter().try_fold(&self.nodes[0], |node, name| {
            self.below(node).find(|child| child.name == *name && !child.is_file)
        })
    }

    /// The folders and large files in a folder, the most random bytes first.
    pub fn ranked<'a>(&'a self, node: &'a Node) -> Vec<&'a Node> {
        let mut below: Vec<&Node> = self.below(node).collect();
        below.sort_by(|a, b| {
            let size = |node: &Node| (node.total.random(), node.total.bytes);
            size(b).cmp(&size(a)).then_with(|| a.name.cmp(&b.name))
        });
        below
    }

    /// Where one enters: the names down to the first folder in which there is a choice.
    pub fn entrance(&self) -> Vec<Text> {
        let mut names = Vec::new();
        let mut node = &self.nodes[0];
        while let [only] = node.children[..] {
            let below = &self.nodes[only as usize];
            // Files of its own make a folder worth a look.
            if below.is_file || below.total.files < node.total.files {
                break;
            }
            names.push(below.name.clone());
            node = below;
        }
        names
    }

    fn below<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Node> {
        node.children.iter().map(|&at| &self.nodes[at as usize])
    }
}

/// A map to which amounts are added.
#[derive(Debug, Default)]
pub struct Growing {
    map: Map,
    /// Places of nodes by parent and name.
    index: HashMap<(u32, Text), u32>,
}

impl Growing {
    /// The map so far.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// Adds to a folder, and to all above it, what its own files amount to.
    pub fn add(&mut self, folder: &Path, amount: &Amount) {
        self.place(folder, amount);
    }

    /// Gives a large file its place. Its amount must be in that of its folder already.
    pub fn add_file(&mut self, folder: &Path, name: &[u8], amount: &Amount) {
        let parent = self.place(folder, &Amount::default());
        if let Some(at) = self.child(parent, Text::new(&escape_bytes(name)), true) {
            self.map.nodes[at as usize].total.add(amount);
        }
    }

    fn place(&mut self, folder: &Path, amount: &Amount) -> u32 {
        let mut at = 0_u32;
        self.map.nodes[0].total.add(amount);
        let names = folder.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.as_encoded_bytes()),
            Component::ParentDir => Some(b"..".as_slice()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
        });
        for name in names.take(DEEPEST) {
            match self.child(at, Text::new(&escape_bytes(name)), false) {
                Some(child) => at = child,
                None => break,
            }
            self.map.nodes[at as usize].total.add(amount);
        }
        at
    }

    fn child(&mut self, parent: u32, name: Text, is_file: bool) -> Option<u32> {
        if let Some(&known) = self.index.get(&(parent, name.clone())) {
            return Some(known);
        }
        if self.map.nodes.len() >= MOST_NODES {
            return None;
        }
        let at = self.map.nodes.len() as u32;
        self.map.nodes.push(Node::new(name.clone(), is_file));
        self.map.nodes[parent as usize].children.push(at);
        self.index.insert((parent, name), at);
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(bytes: u64, packed: u64) -> Amount {
        Amount { files: 1, bytes, packed, tokens: 0 }
    }

    fn names(names: &[&str]) -> Vec<Text> {
        names.iter().map(|name| Text::new(name)).collect()
    }

    #[test]
    fn folders_add_up_and_rank_by_what_is_random() {
        let mut growing = Growing::default();
        growing.add(Path::new("./app/src"), &amount(1_000, 0));
        growing.add(Path::new("./app/models"), &amount(900_000, 800_000));
        growing.add_file(Path::new("./app/models"), b"a.bin", &amount(900_000, 800_000));
        growing.add(Path::new("./app/models/old"), &amount(50, 50));
        growing.add(Path::new("./app"), &Amount { files: 2, bytes: 10, packed: 0, tokens: 4 });
        let map = growing.map();
        let app = map.find(&names(&["app"])).unwrap();
        assert_eq!(app.total, Amount { files: 5, bytes: 901_060, packed: 800_050, tokens: 4 });
        let below: Vec<(&str, bool, u64)> = map
            .ranked(app)
            .into_iter()
            .map(|node| (node.name.as_str(), node.is_file, node.total.random()))
            .collect();
        assert_eq!(below, [("models", false, 800_050), ("src", false, 0)]);
        let models = map.find(&names(&["app", "models"])).unwrap();
        assert_eq!(map.ranked(models)[0].name.as_str(), "a.bin");
        assert_eq!(map.find(&names(&["app", "gone"])), None);
        assert_eq!(map.find(&names(&["app", "models", "a.bin"])), None, "a file can't be entered");
    }

    #[test]
    fn one_enters_where_there_is_a_choice() {
        let mut growing = Growing::default();
        growing.add(Path::new("/home/ann/app/src"), &amount(1, 0));
        assert_eq!(growing.map().entrance(), names(&["home", "ann", "app", "src"]));
        growing.add(Path::new("/home/ann/app"), &amount(1, 0));
        assert_eq!(growing.map().entrance(), names(&["home", "ann", "app"]));
        assert_eq!(Map::default().entrance(), []);
    }

    #[test]
    fn its_size_is_bounded_and_nothing_gets_lost() {
        let mut growing = Growing::default();
        for n in 0..MOST_NODES * 2 {
            growing.add(&Path::new("root").join(n.to_string()), &amount(1, 1));
        }
        let deep: std::path::PathBuf = (0..200).map(|n| format!("d{n}")).collect();
        growing.add(&deep, &amount(1, 1));
        let map = growing.map();
        assert_eq!(map.nodes.len(), MOST_NODES);
        assert_eq!(map.find(&[]).unwrap().total.bytes, MOST_NODES as u64 * 2 + 1);
        let mut growing = Growing::default();
        growing.add(&deep, &amount(1, 1));
        assert_eq!(growing.map().nodes.len(), DEEPEST + 1);
    }
}
