//! The door: arguments, environment, clock and randomness in; exit code out.

use std::env;
use std::process::ExitCode;
use std::time::SystemTime;

use git_lineage::commands::{self, Door};

fn main() -> ExitCode {
    let mut bytes = [0; 16];
    let random = getrandom::fill(&mut bytes).ok().map(|()| bytes);
    let door = Door {
        arguments: env::args_os().collect(),
        environment: env::vars_os().collect(),
        clock: SystemTime::now(),
        random,
    };
    ExitCode::from(commands::main(door).code())
}
