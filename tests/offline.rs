//! A verdict needs no network: none is tried.

use std::process::Command;

use crate::peers::peer;
use crate::world::{TAG, World};

#[test]
fn verify_and_status_connect_to_nothing() {
    if !peer("strace", Command::new("strace").arg("-V"), "apt-get install strace") {
        return;
    }
    let world = World::published();
    let stranger = world.stranger();
    for verb in
        [&["verify", TAG][..], &["verify", "--all"], &["status"], &["log", TAG], &["package", "test-workflow"]]
    {
        let mut command = stranger.command("strace");
        command.args(["-f", "-qq", "-e", "trace=network", "-o", "trace.txt", crate::world::BINARY]).args(verb);
        stranger.run(&mut command).succeeds();
        let trace = stranger.read("trace.txt");
        let calls: Vec<&str> = trace
            .lines()
            .filter(|line| ["connect(", "sendto(", "bind("].iter().any(|call| line.contains(call)))
            .collect();
        assert!(calls.is_empty(), "{verb:?} reached for the network:\n{}", calls.join("\n"));
    }
}
