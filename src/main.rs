//! `telltale`: parse, dispatch, exit code.

fn main() {}
