//! Asks for the screen why something hangs: what is seen and the answer come back as events.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use crate::model::evidence::Gone;
use crate::model::inquiry::{Asked, Seen, Stands};
use crate::model::text::Text;
use crate::session::inquiry::{Inquirer, Inquiry, News, Question, Reach};
use crate::ui::event::Event;

/// How long it is looked: with what is done then, an answer comes within five seconds.
const WINDOW: Duration = Duration::from_secs(4);

/// Begins an inquiry into a process, of whose job these are known to have ended; `None` where none can be had, which the screen is told.
pub(super) fn ask(
    inquirer: &Inquirer,
    pid: u32,
    gone: Vec<Gone>,
    events: &SyncSender<Event>,
) -> Option<Inquiry> {
    let tell = move |stands| Event::Diagnosis(Asked { pid, stands });
    // What an earlier one has found must not be taken for this one's.
    let begun = Seen { window: WINDOW.as_secs_f64(), ..Seen::default() };
    let _ = events.try_send(tell(Stands::Looking(begun)));
    let answers = events.clone();
    let asked = inquirer.ask(
        Question { root: pid, window: WINDOW, gone, reach: Reach::Looks, is_drawn: false },
        move |news| match news {
            // A screen that is too busy misses what was seen so far, and never the answer.
            News::Seen(seen) => drop(answers.try_send(tell(Stands::Looking(seen)))),
            News::Refused(why) => drop(answers.send(tell(Stands::Failed(why)))),
            News::Found(found) => drop(answers.send(tell(Stands::Answered(Arc::new(found.answer))))),
        },
    );
    match asked {
        Ok(inquiry) => Some(inquiry),
        Err(error) => {
            // Granted from the thread that takes the events, so a full channel must not stop it.
            let why = Stands::Failed(Text::from(format!("starting a thread: {error}")));
            let _ = events.try_send(tell(why));
            None
        }
    }
}
