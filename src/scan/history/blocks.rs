//! Blocks of packs that were read, so that the many small objects which lie side by side cost one read together.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::FileExt;

/// How much is read at once, from multiples of it on.
const BLOCK: u64 = 8 << 10;
/// How many blocks are kept: at most 6 MB for each thread.
const KEPT: usize = 768;

/// A block: which one of which file, and its bytes.
#[derive(Default)]
struct Block {
    file: i32,
    number: u64,
    bytes: Vec<u8>,
}

/// The blocks that one thread keeps, each where its number leads it.
pub(crate) struct Blocks(Vec<Block>);

impl Blocks {
    pub(crate) fn new() -> Self {
        Self((0..KEPT).map(|_| Block { file: -1, ..Block::default() }).collect())
    }

    /// These bytes of a file, where they lie within one block; `None` when they must be read on their own.
    pub(crate) fn within(&mut self, file: &File, at: u64, length: usize) -> io::Result<Option<&[u8]>> {
        let (number, start) = (at / BLOCK, (at % BLOCK) as usize);
        if start + length > BLOCK as usize {
            return Ok(None);
        }
        let block = &mut self.0[number as usize % KEPT];
        if (block.file, block.number) != (file.as_raw_fd(), number) {
            block.file = -1;
            block.bytes.resize(BLOCK as usize, 0);
            let mut filled = 0;
            while filled < block.bytes.len() {
                match file.read_at(&mut block.bytes[filled..], number * BLOCK + filled as u64) {
                    Ok(0) => break,
                    Ok(read) => filled += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            block.bytes.truncate(filled);
            (block.file, block.number) = (file.as_raw_fd(), number);
        }
        let bytes = block.bytes.get(start..start + length);
        bytes.map(Some).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "makes files to read")]
mod tests {
    use super::*;

    #[test]
    fn they_hold_what_the_file_holds() {
        let folder = tempfile::tempdir().unwrap();
        let made = |name: &str, seed: usize| {
            let bytes: Vec<u8> = (0..3 * BLOCK as usize + 100).map(|at| (at * seed / 7) as u8).collect();
            std::fs::write(folder.path().join(name), &bytes).unwrap();
            (File::open(folder.path().join(name)).unwrap(), bytes)
        };
        let files = [made("a", 3), made("b", 5)];
        let mut blocks = Blocks::new();
        for step in 0..2000_usize {
            let (file, bytes) = &files[step % 2];
            let (at, length) = (step * 7919 % bytes.len(), step % 300);
            let crosses = at % BLOCK as usize + length > BLOCK as usize;
            match blocks.within(file, at as u64, length) {
                Ok(Some(read)) => assert_eq!(read, &bytes[at..at + length]),
                Ok(None) => assert!(crosses),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
                    assert!(at + length > bytes.len());
                }
            }
        }
    }
}
