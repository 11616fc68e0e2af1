//! Walks through what is packed, to any depth that the limits allow, and shows each piece of content to a visitor.
//!
//! A stream that breaks off is looked at up to there, and then told as damaged. What is damaged, locked or too large
//! is told once for each reason and file in words, and counted each time.

use std::io::{self, Read};

use super::kind::{Kind, Packed};
use super::limits::{Budget, Charged, Forgiving};
use super::notebook::Notebook;
use super::pdf::PdfText;
use super::place::Place;
use super::source::Source;
use super::stream::{self, Gzip, TOO_WIDE, Xz, Zstd};
use super::view::Viewed;
use super::xml::Office;
use super::{ar, tar, zip};
use crate::scan::progress::Skip;

/// What looks at the content of archives.
pub(super) trait Visitor {
    /// Whether anybody wants to see this entry, or something in it.
    fn wants(&mut self, place: &Place) -> bool;

    /// Takes a piece of content. Where `looks` holds and the content is packed, what was read of it comes back instead.
    fn take(
        &mut self,
        place: &Place,
        content: &mut dyn Read,
        size: Option<u64>,
        looks: bool,
    ) -> io::Result<Option<Packed>>;

    /// Counts what was not looked at, and tells why when there are words for it.
    fn skip(&mut self, reason: Skip, told: Option<(&Place, &str)>);

    /// Whether there is nothing more to look for.
    fn is_done(&self) -> bool;
}

/// What is said of commits in a file.
const BUNDLE: &str = "a bundle of git is not opened; clone it and scan the clone with --history";

/// One walk through one file.
pub(super) struct Opener<'a> {
    visitor: &'a mut dyn Visitor,
    budget: &'a Budget,
    told: [bool; Skip::ALL.len()],
}

impl<'a> Opener<'a> {
    pub(super) fn new(visitor: &'a mut dyn Visitor, budget: &'a Budget) -> Self {
        Self { visitor, budget, told: [false; Skip::ALL.len()] }
    }

    /// Walks through a whole file.
    pub(super) fn walk(mut self, place: &Place, packed: &Packed, rest: &mut dyn Read) {
        self.open(place, packed, rest);
        // What was spent on the last byte of an entry broke nothing off, and yet nothing after it was looked at.
        if self.budget.is_spent() && !self.told[Skip::TooLargeUnpacked as usize] {
            self.broken(place, &io::ErrorKind::FileTooLarge.into());
        }
    }

    /// Whether the walk ends here: stopped, out of budget, or the file itself can't be read on.
    pub(super) fn is_over(&self) -> bool {
        self.visitor.is_done() || self.budget.is_spent() || self.budget.has_failed()
    }

    /// Counts something that is not looked at.
    pub(super) fn skip(&mut self, place: &Place, reason: Skip, why: &str) {
        let first = !std::mem::replace(&mut self.told[reason as usize], true);
        self.visitor.skip(reason, first.then_some((place, why)));
    }

    /// Counts something that is no content by its nature.
    pub(super) fn pass(&mut self, reason: Skip) {
        self.visitor.skip(reason, None);
    }

    /// The content at this place broke off.
    pub(super) fn broken(&mut self, place: &Place, error: &io::Error) {
        if self.budget.has_failed() || self.visitor.is_done() {
            // The file itself is at fault, and is told of as a whole.
        } else if self.budget.is_spent() {
            self.skip(
                place,
                Skip::TooLargeUnpacked,
                "it unpacks to more than is read of one file; raise --max-unpacked",
            );
        } else if error.kind() == io::ErrorKind::OutOfMemory {
            self.skip(place, Skip::TooLargeUnpacked, TOO_WIDE);
        } else {
            self.skip(place, Skip::Damaged, &format!("damaged: {error}"));
        }
    }

    /// An entry of an archive; tells whether it was looked at.
    pub(super) fn entry(&mut self, place: &Place, content: &mut dyn Read, size: Option<u64>) -> bool {
        if !self.budget.entry() {
            self.broken(place, &io::ErrorKind::FileTooLarge.into());
            return false;
        }
        let is_wanted = self.visitor.wants(place);
        if is_wanted {
            self.content(place, content, size);
        }
        is_wanted
    }

    /// An entry that has to be unpacked first; tells whether it was looked at.
    pub(super) fn packed_entry(&mut self, place: &Place, decoder: &mut dyn Read, size: Option<u64>) -> bool {
        let budget = self.budget;
        let mut content = Charged { reader: decoder, budget };
        let was_looked_at = self.entry(place, &mut content, size);
        // What nobody looked at must be passed over to find the end.
        if !self.is_over() {
            let _ = io::copy(&mut content, &mut io::sink());
        }
        was_looked_at
    }

    fn content(&mut self, place: &Place, content: &mut dyn Read, size: Option<u64>) {
        let mut content = Forgiving::new(content);
        match self.visitor.take(place, &mut content, size, true) {
            Ok(Some(packed)) => self.open(place, &packed, &mut content),
            Ok(None) => {}
            Err(error) => self.broken(place, &error),
        }
        if let Some(error) = content.error {
            self.broken(place, &error);
        }
    }

    /// Opens what turned out to be packed; `rest` is what comes after its head.
    fn open(&mut self, place: &Place, packed: &Packed, rest: &mut dyn Read) {
        if packed.kind.is_archive() && place.depth >= self.budget.limits.depth {
            return self.skip(
                place,
                Skip::TooDeep,
                "it lies too deep inside of others; raise --archive-depth",
            );
        }
        let mut whole = packed.head.as_slice().chain(rest);
        let mut source = Source::new(&mut whole);
        match packed.kind {
            Kind::Gzip => self.stream(place, &mut Gzip::new(source)),
            Kind::Bzip2 => self.stream(place, &mut stream::bzip2(source)),
            Kind::Xz => self.stream(place, &mut Xz::new(source)),
            Kind::Zstd => self.stream(place, &mut Zstd::new(source)),
            Kind::Zip => zip::walk(self, place, &mut source),
            Kind::Tar => tar::walk(self, place, &mut source),
            Kind::Ar => ar::walk(self, place, &mut source),
            Kind::Notebook => self.text(place, &mut Viewed::new(source, Notebook::default())),
            Kind::Office => {
                // Its own name would have it read as XML.
                self.text(&place.inside(b"text"), &mut Viewed::new(source, Office::default()));
            }
            Kind::Pdf => self.pdf(&place.inside(b"text"), &mut source),
            Kind::Foreign => {
                self.skip(place, Skip::Unsupported, "what is packed like this is not opened");
                self.text(place, &mut source);
            }
            Kind::Bundle => {
                self.skip(place, Skip::Unsupported, BUNDLE);
                self.text(place, &mut source);
            }
        }
    }

    /// The content of one compressed stream. A tar in it is part of it: nobody wants to read `a.tar.gz!/a.tar!/b`.
    fn stream(&mut self, place: &Place, decoder: &mut dyn Read) {
        let inner = place.uncompressed();
        let mut content = Charged { reader: decoder, budget: self.budget };
        let mut content = Forgiving::new(&mut content);
        match self.visitor.take(&inner, &mut content, None, true) {
            Ok(Some(packed)) if packed.kind == Kind::Tar => {
                let mut whole = packed.head.as_slice().chain(&mut content);
                tar::walk(self, place, &mut Source::new(&mut whole));
            }
            Ok(Some(packed)) => self.open(&inner, &packed, &mut content),
            Ok(None) => {}
            Err(error) => self.broken(place, &error),
        }
        if let Some(error) = content.error {
            self.broken(place, &error);
        }
    }

    fn pdf(&mut self, place: &Place, source: &mut Source<'_>) {
        let mut text = PdfText::new(source, self.budget);
        self.text(place, &mut text);
        if text.is_unread() {
            self.skip(place, Skip::Unsupported, "a stream of it is packed in a way that is not read");
        }
        if text.is_encrypted() {
            self.skip(place, Skip::Encrypted, "encrypted");
        } else if text.is_damaged() {
            self.skip(place, Skip::Damaged, "damaged: a stream of it breaks off");
        }
    }

    /// Content as it is to be read, whatever it looks like.
    fn text(&mut self, place: &Place, content: &mut dyn Read) {
        let mut content = Forgiving::new(content);
        if let Err(error) = self.visitor.take(place, &mut content, None, false) {
            self.broken(place, &error);
        }
        if let Some(error) = content.error {
            self.broken(place, &error);
        }
    }
}
