//! `telltale generate`: the manual and completions, from the arguments themselves; and a configuration.

use std::io::{self, Write};

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::args::{Args, EXAMPLES, Generate};
use super::{exit, sample};

/// Prints what is wanted to `out`.
pub fn generate(what: &Generate, out: &mut dyn Write) -> io::Result<()> {
    let mut command = Args::command();
    let mut text = Vec::new();
    match what {
        Generate::Completions { shell } => {
            clap_complete::generate(*shell, &mut command, "telltale", &mut text);
            out.write_all(&text)
        }
        Generate::Config => out.write_all(sample::text().as_bytes()),
        Generate::Man => {
            manual(&command.after_long_help(EXAMPLES), &mut text)?;
            out.write_all(words_of_one_page(&text).as_bytes())
        }
    }
}

/// One page that tells all: a section for each command, with its own options.
fn manual(command: &clap::Command, text: &mut Vec<u8>) -> io::Result<()> {
    Man::new(command.clone()).render(text)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let title = sub.get_name().to_uppercase();
        writeln!(text, ".SH \"COMMAND: {title}\"")?;
        let man = Man::new(sub.clone().display_name(format!("telltale-{}", sub.get_name())));
        man.render_synopsis_section(&mut *text)?;
        man.render_description_section(&mut *text)?;
        man.render_options_section(&mut *text)?;
        man.render_extra_section(&mut *text)?;
    }
    let table = exit::TABLE.replace("Exit codes:\n", "").replace('-', "\\-");
    writeln!(text, ".SH \"EXIT STATUS\"\n.nf\n{table}\n.fi")
}

/// The generator speaks of a page for each command, and of an "extra" section; here it is one page with
/// examples.
fn words_of_one_page(text: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(text).replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n.nf\n");
    for command in Args::command().get_subcommands() {
        let name = command.get_name();
        text = text.replace(&format!("telltale\\-{name}(1)"), &format!("\\fBtelltale {name}\\fR"));
    }
    text = text.replace("telltale\\-help(1)", "\\fBtelltale help\\fR");
    text.replace("\n.SH VERSION", "\n.fi\n.SH VERSION")
}
