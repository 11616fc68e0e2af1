//! Streams that hold one stream: gzip, xz, zstd, bzip2. The libraries decode; here are their limits, and what follows
//! the end of one: all four formats allow several streams one after the other.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use xz4rust::{XzDecoder, XzError, XzNextBlockResult};

use super::limits::WINDOW;
use super::source::Source;

/// What an error of a decoder says when memory beyond [`WINDOW`] was asked for.
pub(super) const TOO_WIDE: &str = "it needs more than 64 MB of memory to unpack";

/// Frames of zstd, among them those that are to be skipped.
pub(super) struct Zstd<S> {
    source: S,
    decoder: FrameDecoder,
    is_within: bool,
}

impl<S: BufRead> Zstd<S> {
    pub(super) fn new(source: S) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW as u64);
        Self { source, decoder, is_within: false }
    }

    /// Goes on to the next frame; false at the end.
    fn next(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.is_within = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink())?;
                }
                Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Err(too_wide()),
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<S: BufRead> Read for Zstd<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            if !self.is_within && !self.next()? {
                break;
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let step = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, step).map_err(io::Error::other)?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            self.is_within = false;
        }
        Ok(0)
    }
}

/// Streams of xz.
pub(super) struct Xz<S> {
    source: S,
    decoder: Box<XzDecoder<'static>>,
    is_within: bool,
}

impl<S: BufRead> Xz<S> {
    pub(super) fn new(source: S) -> Self {
        Self { source, decoder: XzDecoder::in_heap_with_alloc_dict_size(0, WINDOW), is_within: false }
    }

    /// Goes on to the next stream, over the zeros that may stand between two; false at the end.
    fn next(&mut self) -> io::Result<bool> {
        self.is_within = !pass_zeros(&mut self.source)?;
        if self.is_within {
            self.decoder.reset();
        }
        Ok(self.is_within)
    }
}

impl<S: BufRead> Read for Xz<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            if !self.is_within && !self.next()? {
                break;
            }
            let held = self.source.fill_buf()?;
            let is_over = held.is_empty();
            let step = self.decoder.decode(held, buffer).map_err(xz_error)?;
            let (taken, made) = (step.input_consumed(), step.output_produced());
            self.source.consume(taken);
            if matches!(step, XzNextBlockResult::EndOfStream(..)) {
                self.is_within = false;
            } else if is_over && made == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            } else if taken == 0 && made == 0 {
                return Err(io::Error::other("xz makes no progress"));
            }
            if made > 0 {
                return Ok(made);
            }
        }
        Ok(0)
    }
}

fn xz_error(error: XzError) -> io::Error {
    match error {
        XzError::DictionaryTooLarge(_) | XzError::DictionaryOverflow => too_wide(),
        error => io::Error::new(io::ErrorKind::InvalidData, format!("xz: {error}")),
    }
}

fn too_wide() -> io::Error {
    io::Error::new(io::ErrorKind::OutOfMemory, TOO_WIDE)
}

/// Members of gzip, with the zeros between and behind them that tapes leave.
pub(super) struct Gzip<S> {
    /// The member that is read; `None` behind the last one.
    member: Option<GzDecoder<S>>,
}

impl<S: BufRead> Gzip<S> {
    pub(super) fn new(source: S) -> Self {
        Self { member: Some(GzDecoder::new(source)) }
    }
}

impl<S: BufRead> Read for Gzip<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty()
            && let Some(member) = &mut self.member
        {
            let read = member.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            let Some(mut source) = self.member.take().map(GzDecoder::into_inner) else { break };
            if !pass_zeros(&mut source)? {
                self.member = Some(GzDecoder::new(source));
            }
        }
        Ok(0)
    }
}

/// Passes over zeros; true at the end.
fn pass_zeros(source: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let held = source.fill_buf()?;
        let zeros = held.iter().take_while(|byte| **byte == 0).count();
        if zeros < held.len() || zeros == 0 {
            let is_over = held.is_empty();
            source.consume(zeros);
            return Ok(is_over);
        }
        source.consume(zeros);
    }
}

/// Streams of bzip2.
pub(super) fn bzip2(source: Source<'_>) -> impl Read + '_ {
    bzip2::bufread::MultiBzDecoder::new(source)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const TEXT: &[u8] = b"the first line\nthe second line\n";

    fn zstd(text: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        let mut frame = ruzstd::encoding::FrameCompressor::new(ruzstd::encoding::CompressionLevel::Fastest);
        frame.set_source(text);
        frame.set_drain(&mut packed);
        frame.compress();
        packed
    }

    /// All that comes, and whether it ended well.
    fn read(mut reader: impl Read) -> (Vec<u8>, bool) {
        let mut text = Vec::new();
        let ended = reader.read_to_end(&mut text).is_ok();
        (text, ended)
    }

    #[test]
    fn frames_of_zstd_join_and_some_are_skipped() {
        let skipped = [&0x184D_2A53_u32.to_le_bytes()[..], &5_u32.to_le_bytes(), b"12345"].concat();
        let packed = [zstd(TEXT), skipped, zstd(TEXT)].concat();
        assert_eq!(read(Zstd::new(packed.as_slice())), ([TEXT, TEXT].concat(), true));
        for length in 5..packed.len() {
            read(Zstd::new(&packed[..length]));
        }
        // A window of 128 MB.
        let wide = [0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3, 1, 0, 0];
        let error = Zstd::new(&wide[..]).read(&mut [0; 9]).unwrap_err();
        assert_eq!(error.to_string(), TOO_WIDE);
    }

    #[test]
    fn streams_of_xz_join_over_zeros() {
        let packed = [super::super::samples::xz(TEXT), vec![0; 8], super::super::samples::xz(TEXT)].concat();
        assert_eq!(read(Xz::new(packed.as_slice())), ([TEXT, TEXT].concat(), true));
        for length in 1..packed.len() {
            read(Xz::new(&packed[..length]));
        }
        let (text, ended) = read(Xz::new(&packed[..super::super::samples::xz(TEXT).len() - 3]));
        assert_eq!((text.as_slice(), ended), (TEXT, false));
    }

    #[test]
    fn gzip_and_bzip2_join() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(TEXT).unwrap();
        let gz = gz.finish().unwrap().repeat(2);
        let padded = [gz.clone(), vec![0; 1000]].concat();
        assert_eq!(read(Gzip::new(padded.as_slice())), (TEXT.repeat(2), true));
        let followed = [gz, b"more".to_vec()].concat();
        assert_eq!(read(Gzip::new(followed.as_slice())), (TEXT.repeat(2), false));
        let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bz.write_all(TEXT).unwrap();
        let bz = bz.finish().unwrap().repeat(2);
        assert_eq!(read(bzip2(Source::new(&mut bz.as_slice()))), (TEXT.repeat(2), true));
    }
}
