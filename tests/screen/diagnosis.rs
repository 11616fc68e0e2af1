//! What the screen says of why a job hangs: while it is looked, and the answer.

use super::*;
use telltales::model::cause::{Cause, Culprit, Diagnosis, Link, TimeSpent};
use telltales::model::evidence::Activity;
use telltales::model::inquiry::{Advice, Answer, Asked, Brief, Seen, Stands};
use telltales::model::member::Role;
use telltales::model::text::Text;

/// The main process of the job of the fixture.
fn root(scene: &Scene) -> u32 {
    let members = &scene.snapshot.jobs[0].members;
    members
        .iter()
        .find(|member| member.role == Role::Root)
        .and_then(|member| member.id.pid())
        .expect("a job has a first process")
}

fn link(depth: u16, who: &str, waits_for: &str, closes: bool) -> Link {
    Link { depth, who: Text::from(who), waits_for: Text::from(waits_for), closes }
}

fn thread(tid: u32, name: &str, shares: &[(Activity, f64)], timeline: &str, at: &str) -> TimeSpent {
    let did = |c| match c {
        '#' => Activity::Running,
        ':' => Activity::Ready,
        '=' => Activity::Disk,
        _ => Activity::Lock,
    };
    TimeSpent {
        pid: 41_184,
        tid,
        name: Text::from(name),
        shares: shares.to_vec(),
        timeline: timeline.chars().map(did).collect(),
        at: (!at.is_empty()).then(|| Text::from(at)),
    }
}

/// A pool that waits for a worker that was killed.
fn answer(pid: u32) -> Answer {
    use Activity::{Disk, Lock, Pipe, Ready, Running};
    let evidence = [
        "worker 41199 was killed by SIGKILL 112 s ago with a task in hand: its wait status, told by the kernel",
        "the main thread waits without a time limit for a result at pool.py:856 next",
        "16 workers wait at queues.py:365 get for work; none of them has run for 4.0 s",
    ];
    let threads = vec![
        thread(
            41_184,
            "python3",
            &[(Lock, 1.0)],
            "----------------------------------------",
            "pool.py:856 next",
        ),
        thread(
            41_185,
            "Thread-1 (_handle_workers)",
            &[(Lock, 0.92), (Running, 0.08)],
            "----#---------#---------#---------#-----",
            "pool.py:513 _handle_workers",
        ),
        thread(
            41_186,
            "Thread-2 (_handle_tasks)",
            &[(Pipe, 1.0)],
            "----------------------------------------",
            "",
        ),
        thread(
            41_201,
            "python3",
            &[(Running, 0.55), (Ready, 0.25), (Disk, 0.2)],
            "########::::::::########====----########",
            "/opt/日本/etl/load.py:88 write_row",
        ),
    ];
    Answer {
        diagnosis: Diagnosis {
            cause: Cause::WorkerKilled,
            culprits: vec![Culprit::process(41_199)],
            evidence: evidence.map(Text::from).to_vec(),
            chain: vec![
                link(0, "python3 (41184)", "waits for the result of a task", false),
                link(1, "worker python3 (41199)", "killed by SIGKILL", false),
                link(1, "worker python3 (41200)", "and 15 more wait for work from pipe 90211", false),
                link(2, "thread 41186 of python3 (41184)", "has nothing left to hand out", false),
                link(3, "python3 (41184)", "", true),
            ],
            threads,
            doubts: vec![Text::from(
                "the stacks of process 41190 can't be read: it is of another user (sudo shows them)",
            )],
        },
        advice: Some(Advice {
            meaning: Text::from(
                "A worker died with a task in hand. multiprocessing.Pool starts a new one, forgets the task, and waits for ever.",
            ),
            now: Text::from("End the job: that result never comes."),
            prevent: Text::from("concurrent.futures raises BrokenProcessPool instead of waiting."),
        }),
        window: 4.0,
        pid,
        command: Text::from("/opt/python-3.11/bin/python3 etl.py --workers 16"),
        named: vec![Text::from("worker python3 (41199)")],
        processes: 17,
        thread_count: 20,
    }
}

fn asked(scene: &mut Scene, stands: impl FnOnce(u32) -> Stands) {
    let pid = root(scene);
    scene.asked = Some(Asked { pid, stands: stands(pid) });
}

fn drawn(name: &str, stands: impl Fn(u32) -> Stands, keys: &str) {
    for size in SIZES {
        let mut scene = scene("lost", NOW);
        asked(&mut scene, &stands);
        let (state, _) = pressed(&scene, size, keys);
        insta::assert_snapshot!(format!("{name}@{}x{}", size.0, size.1), seen(&scene, &state));
    }
}

#[test]
fn while_it_is_looked_what_was_seen_so_far_is_shown() {
    let seen = Seen { elapsed: 1.3, window: 4.0, processes: 17, threads: 20, still: 19 };
    drawn("diagnosis-looking", |_| Stands::Looking(seen), "d");
}

#[test]
fn an_answer_is_a_page_that_scrolls() {
    drawn("diagnosis", |pid| Stands::Answered(Arc::new(answer(pid))), "d");
    drawn("diagnosis-end", |pid| Stands::Answered(Arc::new(answer(pid))), "d G");
}

#[test]
fn a_calm_answer_accuses_nobody() {
    let calm = |pid| {
        let mut calm = Answer::of_nothing(Cause::Sleeping, pid, Text::from("a timer ends its wait in 41 s"));
        (calm.window, calm.processes, calm.thread_count) = (4.0, 1, 1);
        Stands::Answered(Arc::new(calm))
    };
    drawn("diagnosis-calm", calm, "d");
}

#[test]
fn it_is_asked_about_the_job_or_the_chosen_member() {
    let scene = scene("healthy", NOW);
    let wished = |keys: &str| pressed(&scene, (80, 24), keys).1;
    let pid = root(&scene);
    assert!(wished("d").contains(&Wish::Diagnose(pid)));
    let member = wished("j j d").pop();
    assert!(matches!(member, Some(Wish::Diagnose(other)) if other != pid), "{member:?}");
    assert!(wished("d Esc").contains(&Wish::GiveUpDiagnosis), "nobody waits for it any more");
    assert_eq!(wished("d d").iter().filter(|wish| matches!(wish, Wish::Diagnose(_))).count(), 2, "once more");
    let (state, wishes) = pressed(&fixture::scene("ended", NOW), (80, 24), "d");
    assert!(state.overlay.is_none() && !wishes.iter().any(|wish| matches!(wish, Wish::Diagnose(_))));
}

#[test]
fn an_answer_is_copied_as_text_and_not_given_up() {
    let mut scene = scene("healthy", NOW);
    asked(&mut scene, |pid| Stands::Answered(Arc::new(answer(pid))));
    let (_, wishes) = pressed(&scene, (80, 24), "d y Esc");
    let copied = wishes.iter().find_map(|wish| match wish {
        Wish::Copy(text) => Some(text.as_str()),
        _ => None,
    });
    let copied = copied.unwrap();
    assert!(
        copied.starts_with("worker-killed: worker python3 (41199)\n") && !copied.contains('\u{1b}'),
        "{copied}"
    );
    assert!(copied.lines().all(|line| line.chars().count() <= 80), "{copied}");
    assert!(!wishes.contains(&Wish::GiveUpDiagnosis));
}

#[test]
fn without_colours_and_blocks_it_reads_the_same() {
    let mut scene = scene("healthy", NOW);
    asked(&mut scene, |pid| Stands::Answered(Arc::new(answer(pid))));
    let mut state = UiState::new(&Options { is_ascii: true, ..Options::default() }, (80, 50));
    update(&mut state, &scene.view(), &key("d"));
    let seen = seen(&scene, &state);
    assert!(seen.is_ascii(), "{seen}");
    assert!(seen.contains("`- back to python3 (41184)") && seen.contains("####"), "{seen}");
}

#[test]
fn a_cause_stands_below_its_alert() {
    let mut scene = scene("lost", NOW);
    scene.snapshot.alerts[0].diagnosis = Some(Brief {
        cause: Cause::WorkerKilled,
        culprits: vec![Culprit::process(41_199)],
        named: vec![Text::from("python3 (41199)")],
        evidence: Some(Text::from("it was killed by SIGKILL with a task in hand")),
    });
    let words = "cause: worker-killed: python3 (41199)";
    let (state, _) = pressed(&scene, (120, 36), "");
    assert!(seen(&scene, &state).contains(words), "below the verdict");
    let (state, _) = pressed(&scene, (120, 36), "a");
    let seen = seen(&scene, &state);
    assert!(seen.matches(words).count() >= 1, "among the alerts\n{seen}");
}
