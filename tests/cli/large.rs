//! Objects of a repository that are too large to be made out of others. The packs are written here: what says that it is
//! a hundred megabytes takes a few hundred bytes in them, and is never unpacked by the program.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha1::{Digest, Sha1};

use crate::repository::{Repository, leak, places};

/// How long the small object is that others are made of; a delta copies so much with a single byte.
const SMALL: usize = 1 << 16;
/// More than the program unpacks.
const LARGE: usize = 97 << 20;

/// A pack that is being written.
struct Pack {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Pack {
    fn new(count: u32) -> Self {
        let bytes = [b"PACK\0\0\0\x02".as_slice(), &count.to_be_bytes()].concat();
        Self { bytes, starts: Vec::new() }
    }

    /// Adds an object: a blob, or the delta that makes one out of the object with this number.
    fn add(&mut self, base: Option<usize>, content: &[u8]) -> usize {
        let start = self.bytes.len();
        let kind = if base.is_some() { 6 } else { 3 };
        let mut rest = content.len() >> 4;
        self.bytes.push((kind << 4) | (content.len() & 15) as u8 | if rest > 0 { 0x80 } else { 0 });
        if rest > 0 {
            self.bytes.extend(varint(&mut rest));
        }
        if let Some(base) = base {
            let mut back = start - self.starts[base];
            let mut digits = vec![(back & 127) as u8];
            while back > 127 {
                back = (back >> 7) - 1;
                digits.push((back & 127) as u8 | 0x80);
            }
            self.bytes.extend(digits.iter().rev());
        }
        let mut packed = ZlibEncoder::new(&mut self.bytes, Compression::fast());
        packed.write_all(content).unwrap();
        packed.finish().unwrap();
        self.starts.push(start);
        self.starts.len() - 1
    }

    /// Puts it into a repository; gives the id of each object, its size and the id of what it is made of.
    fn put(mut self, one: &Repository) -> Vec<String> {
        let sum: [u8; 20] = Sha1::digest(&self.bytes).into();
        self.bytes.extend(sum);
        let name = format!(".git/objects/pack/pack-{}.pack", "1".repeat(40));
        one.write(&name, &self.bytes);
        // Little of git's own memory, and no object is read to tell what it is called.
        one.git(&["-c", "core.deltaBaseCacheLimit=1m", "index-pack", "--threads=1", &name]);
        let words = "--batch-check=%(objectname) %(objectsize) %(deltabase)";
        one.git(&["cat-file", "--batch-all-objects", words]).lines().map(str::to_owned).collect()
    }
}

/// A number in groups of seven bits.
fn varint(rest: &mut usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let more = *rest > 127;
        bytes.push((*rest & 127) as u8 | if more { 0x80 } else { 0 });
        *rest >>= 7;
        if !more {
            return bytes;
        }
    }
}

fn delta(mut base: usize, mut result: usize, steps: &[u8]) -> Vec<u8> {
    [varint(&mut base), varint(&mut result), steps.to_vec()].concat()
}

#[test]
fn what_is_too_large_to_be_made_is_told() {
    let Some(one) = Repository::new() else { return };
    let (small, found) = ("some words\n".repeat(SMALL).into_bytes(), leak(1).into_bytes());
    let inserted = [&[found.len() as u8], &found[..]].concat();
    let mut pack = Pack::new(4);
    let base = pack.add(None, &small[..SMALL]);
    pack.add(Some(base), &delta(SMALL, LARGE, &[0x80; LARGE / SMALL]));
    let zeros = pack.add(None, &vec![0; LARGE]);
    pack.add(Some(zeros), &delta(LARGE, found.len(), &inserted));
    let told = pack.put(&one);
    let id = |size: usize, base: &str| {
        let end = format!(" {size} {base}");
        told.iter().find_map(|line| line.strip_suffix(&end)).unwrap().to_owned()
    };
    let nothing = "0".repeat(40);
    let (base, zeros) = (id(SMALL, &nothing), id(LARGE, &nothing));
    let ids = [base.clone(), id(LARGE, &base), zeros.clone(), id(found.len(), &zeros)];
    for (name, id) in ["small", "result", "zeros", "made"].iter().zip(&ids) {
        one.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{id},{name}")]);
    }
    let told = |answer: &crate::util::Answer, words: [&str; 2]| {
        for (id, words) in [&ids[1], &ids[3]].iter().zip(words) {
            let is_told = |line: &str| line.contains(id.as_str()) && line.contains(words);
            assert!(answer.err.lines().any(is_told), "{id} {words}: {}", answer.err);
        }
        assert!(answer.err.contains("2 unreadable"), "{}", answer.err);
    };
    // The zeros themselves could be read, which would take the test a while.
    let limit = ["--max-filesize", "1M"];
    let answer = one.scan(&[&["--staged"][..], &limit].concat());
    assert_eq!(answer.code, Some(3), "{}", answer.err);
    told(&answer, ["too large to unpack", "too large to fit in memory"]);
    let tree = one.git(&["write-tree"]);
    let commit = one.git(&["commit-tree", "-m", "large", &tree]);
    one.git(&["update-ref", "refs/heads/main", &commit]);
    let answer = one.scan(&[&["--history"][..], &limit].concat());
    assert_eq!(answer.code, Some(3), "{}", answer.err);
    let words = "stored as changes to an object that is too large to unpack";
    told(&answer, ["stored as changes to another object, and too large to unpack", words]);
    // What can be read beside them is found all the same.
    one.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{},copy", ids[0])]);
    one.write("key", leak(2));
    one.git(&["update-index", "--add", "key"]);
    let tree = one.git(&["write-tree"]);
    let commit = one.git(&["commit-tree", "-p", &commit, "-m", "key", &tree]);
    one.git(&["update-ref", "refs/heads/main", &commit]);
    let answer = one.scan(&[&["--history"][..], &limit].concat());
    assert_eq!((answer.code, places(&answer).len()), (Some(1), 1), "{}", answer.err);
}
