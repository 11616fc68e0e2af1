#![expect(clippy::disallowed_methods, reason = "edge: starts the thread that plays the scene")]
//! Plays a synthetic scene on the real screen, a snapshot a second: `cargo run --example live -- [SCENE]`.
//!
//! It is the way to try keys, sizes and terminals without a job. `panic` as a second word makes the drawing
//! thread panic on the key `S`, to see that the terminal is given back.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use telltales::job::signals::{RESIZED, Signals};
use telltales::scan::finding::Preview;
use telltales::ui::event::{Event, Wish};
use telltales::ui::run::{channel, run};
use telltales::ui::state::Options;
use telltales::ui::terminal::reader;

#[path = "../tests/screen/fixture.rs"]
mod fixture;

/// The second of the scene at which the screen opens.
const BEGIN: u64 = 2_420;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_else(|| "lost".to_owned());
    if !fixture::SCENES.contains(&name.as_str()) {
        return Err(format!("no scene {name}; there are {}", fixture::SCENES.join(", ")).into());
    }
    let may_panic = words.next().is_some_and(|word| word == "panic");
    let (events, received) = channel();
    reader::spawn(events.clone())?;
    let resized = events.clone();
    let mut signals = Signals::catch(&[RESIZED])?;
    std::thread::spawn(move || {
        loop {
            let _ = poll(&mut [PollFd::new(&signals, PollFlags::IN)], None);
            if signals.take().into_iter().any(|_| resized.send(Event::Resized).is_err()) {
                return;
            }
        }
    });
    let clock = events.clone();
    let scene = name.clone();
    std::thread::spawn(move || {
        let first = fixture::scene(&scene, BEGIN);
        let mut snapshot = first.snapshot;
        // The large scene is for scrolling: it has as many findings as anybody will ever see.
        let findings = if scene == "thousand" { fixture::many_findings(100_000) } else { first.findings };
        let mut is_open = clock.send(Event::Findings(Arc::new(findings))).is_ok();
        for second in BEGIN + 1.. {
            is_open = is_open && clock.send(Event::Snapshot(Arc::new(snapshot.clone()))).is_ok();
            if !is_open {
                return;
            }
            std::thread::sleep(Duration::from_secs(1));
            snapshot = fixture::next(&scene, second, &snapshot);
        }
    });
    let first = fixture::scene(&name, BEGIN);
    let lines = first.view().preview.map_or_else(Vec::new, |preview| preview.lines.clone());
    let mut grant = |wish: Wish| match wish {
        Wish::Preview(finding) => {
            // Granted from the thread that draws, so a full channel must not stop it.
            let path = finding.path.clone();
            let preview = Preview { path, lines: lines.clone(), why: Vec::new() };
            let _ = events.try_send(Event::Preview(preview));
        }
        Wish::StartScan if may_panic => panic!("as asked for"),
        _ => {}
    };
    let leave = run(received, &Options::default(), &mut grant)?;
    std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("left: {leave:?}\n"))?;
    Ok(())
}
