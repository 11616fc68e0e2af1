#![expect(clippy::disallowed_methods, reason = "edge: fetches pages in a thread of its own")]
//! A page of metrics that the job serves, fetched in a thread of its own: a slow page never holds up a round.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::feed::http::{self, Url};
use crate::feed::prometheus::{LONGEST_PAGE, Page, PageReader};
use crate::model::metric::Bytes;
use crate::model::text::Text;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The shortest time between two looks: what a page counts is seldom newer.
const SHORTEST: Duration = Duration::from_secs(1);

/// A page that is fetched again and again, until this is dropped.
#[derive(Debug)]
pub struct PageFeed {
    url: Url,
    newest: Arc<Mutex<Fetched>>,
    /// Hangs up when it is dropped, which is how the thread hears of it.
    _line: Sender<()>,
}

/// The last page that could be read, and what is wrong with the one after it.
#[derive(Debug, Clone, Default)]
struct Fetched {
    page: Option<Arc<Page>>,
    problem: Option<String>,
}

impl PageFeed {
    /// Fetches the page every `interval`, and not more than once in a second.
    pub fn start(url: Url, interval: Duration) -> io::Result<Self> {
        let (line, heard) = channel();
        let newest = Arc::new(Mutex::new(Fetched::default()));
        let feed = Self { url: url.clone(), newest: Arc::clone(&newest), _line: line };
        std::thread::Builder::new().name("page".into()).stack_size(256 << 10).spawn(move || {
            loop {
                let fetched = fetch(&url);
                let mut place = newest.lock().unwrap_or_else(PoisonError::into_inner);
                match fetched {
                    Ok(page) => *place = Fetched { page: Some(Arc::new(page)), problem: None },
                    Err(problem) => place.problem = Some(problem),
                }
                drop(place);
                if heard.recv_timeout(interval.max(SHORTEST)) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
        })?;
        Ok(feed)
    }

    /// The newest page, and what is wrong in words.
    pub fn newest(&self) -> (Option<Arc<Page>>, Vec<Text>) {
        let Fetched { page, problem } = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut problems: Vec<String> = problem.into_iter().collect();
        if let Some(page) = &page {
            if page.is_cut {
                problems.push(format!(
                    "the page is not whole, or longer than {}; what came counts",
                    Bytes(LONGEST_PAGE as u64)
                ));
            }
            if page.unreadable > 0 {
                problems.push(format!("{} lines of it are no metrics", page.unreadable));
            }
        }
        (page, problems.into_iter().map(|problem| Text::from(format!("{}: {problem}", self.url))).collect())
    }
}

fn fetch(url: &Url) -> Result<Page, String> {
    let mut reader = PageReader::default();
    let fetched = http::get(url, PATIENCE, |piece| reader.push(piece));
    match fetched {
        Ok(is_whole) => reader.finish(is_whole).map_err(|error| error.to_string()),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            Err(format!("no whole page within {} s", PATIENCE.as_secs()))
        }
        Err(error) => Err(error.to_string()),
    }
}
