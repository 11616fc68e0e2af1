//! Who runs a program, and who only has its name in the command line: `vim etl.py`, `grep etl.py`, `tail -f etl.py.log`,
//! `ssh host etl.py`. Pure, from the name of the program that a command line begins with.

use crate::model::process::is_shell;

/// Programs that look at a file, edit it, search for it or hand it on: a name among their arguments is not what they
/// run on this machine. A job of theirs is watched by its PID or by their own name.
const BYSTANDERS: &[&str] = &[
    // Editors.
    "vi",
    "vim",
    "nvim",
    "gvim",
    "view",
    "vimdiff",
    "nano",
    "pico",
    "micro",
    "emacs",
    "emacsclient",
    "ed",
    "hx",
    "helix",
    "kak",
    "joe",
    "mcedit",
    "code",
    "code-server",
    "gedit",
    "kate",
    // Pagers, and what prints or follows a file.
    "less",
    "more",
    "most",
    "bat",
    "batcat",
    "cat",
    "head",
    "tail",
    "multitail",
    "lnav",
    "watch",
    "man",
    "diff",
    "ls",
    "wc",
    "stat",
    "entr",
    "inotifywait",
    // What searches.
    "grep",
    "egrep",
    "fgrep",
    "zgrep",
    "rg",
    "ag",
    "ack",
    "find",
    "fd",
    "fdfind",
    "locate",
    "fzf",
    // What looks at processes.
    "ps",
    "pgrep",
    "pkill",
    "pidof",
    "top",
    "htop",
    "btop",
    "strace",
    "ltrace",
    "gdb",
    "lldb",
    "perf",
    "py-spy",
    "lsof",
    "telltale",
    // What runs or keeps it elsewhere, or for somebody else.
    "ssh",
    "mosh",
    "mosh-client",
    "scp",
    "sftp",
    "rsync",
    "docker",
    "podman",
    "kubectl",
    "tmux",
    "screen",
    "git",
];

/// Programs that run what their arguments name and wait for it: what they are is what their children are.
const WRAPPERS: &[&str] = &[
    "sudo", "doas", "su", "env", "nice", "ionice", "nohup", "timeout", "time", "setsid", "stdbuf", "taskset",
    "chrt", "script", "unbuffer",
];

/// What distributions add to the name of a program of which they have several builds.
const VARIANTS: &[&str] = &[
    "basic",
    "tiny",
    "nox",
    "gtk",
    "gtk2",
    "gtk3",
    "athena",
    "motif",
    "huge",
    "full",
    "appimage",
    "openbsd",
    "traditional",
    "real",
    "bin",
    "exe",
    "distrib",
];

/// What the first word of a command line, or the kernel's name of a process, is called: without its folder, the dash of a
/// login shell, what follows a colon or a blank (`tmux: server`), and the variant (`vim.basic`). Any other dot is part
/// of the name: `code.py` is no editor.
fn called(program: &str) -> String {
    let name = program.rsplit('/').next().unwrap_or(program).trim_start_matches('-');
    let end = name.find([':', ' ']).unwrap_or(name.len());
    let name = name[..end].to_ascii_lowercase();
    let base = name.rsplit_once('.').filter(|(_, variant)| VARIANTS.contains(variant)).map(|(base, _)| base);
    base.map(str::to_owned).unwrap_or(name)
}

/// True for a program whose arguments are not what it runs here.
pub(super) fn is_bystander(program: &str) -> bool {
    BYSTANDERS.contains(&called(program).as_str())
}

/// True for a program that runs what its arguments name.
pub(super) fn is_wrapper(program: &str) -> bool {
    let name = called(program);
    is_shell(&name) || WRAPPERS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_looks_at_a_script_is_told_from_who_runs_it() {
        for program in [
            "vim",
            "/usr/bin/vim.basic",
            "vim.nox",
            "nvim.appimage",
            "tail",
            "SCREEN",
            "tmux: server",
            "ssh",
            "./telltale",
        ] {
            assert!(is_bystander(program), "{program}");
        }
        for program in [
            "python3",
            "/usr/bin/python3.11",
            "etl.py",
            "./etl.py",
            "-bash",
            "java",
            "mpirun",
            "",
            "/",
            "catalog",
            "./code.py",
            "./watch.sh",
            "more.py",
            "head.rb",
        ] {
            assert!(!is_bystander(program), "{program}");
        }
        assert!(is_wrapper("-bash") && is_wrapper("/usr/bin/sudo") && !is_wrapper("python3"));
    }
}
