//! `telltale generate`: the manual and completions, from the arguments themselves.

use std::io::{self, Write};

use clap::CommandFactory as _;

use super::args::{Args, Generate};
use super::exit;

/// Prints what is wanted to `out`.
pub fn generate(what: &Generate, out: &mut dyn Write) -> io::Result<()> {
    let mut command = Args::command();
    match what {
        Generate::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut command, "telltale", &mut text);
            out.write_all(&text)
        }
        Generate::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(command.clone()).render(&mut text)?;
            // One page tells all: a section for each command, with its own options.
            for sub in command.get_subcommands_mut().filter(|sub| !sub.is_hide_set()) {
                let title = sub.get_name().to_uppercase();
                writeln!(text, ".SH \"COMMAND: {title}\"")?;
                let man = clap_mangen::Man::new(sub.clone());
                man.render_description_section(&mut text)?;
                man.render_synopsis_section(&mut text)?;
                man.render_options_section(&mut text)?;
                man.render_extra_section(&mut text)?;
            }
            writeln!(text, ".SH \"EXIT STATUS\"\n.nf\n{}\n.fi", exit::TABLE.replace('-', "\\-"))?;
            out.write_all(&text)
        }
    }
}
