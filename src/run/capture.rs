//! Following a process to its end: output, time limit, and the end of everything it started.

use std::io::{PipeReader, Read as _};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use super::Outcome;

/// How much output is kept, in bytes.
pub(super) const KEPT: usize = 8 * 1024 * 1024;

/// How often a process that keeps its output open is asked whether it ended.
const ASK: Duration = Duration::from_millis(20);

/// How long output may still come once the process is gone. Only a process that left the group can
/// hold the pipe open that long; its output is not this command's any more.
const GRACE: Duration = Duration::from_secs(2);

/// What has come down the pipe.
#[derive(Default)]
struct Output {
    kept: Vec<u8>,
    dropped: u64,
}

impl Output {
    fn take(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.kept.len()).min(bytes.len());
        let (kept, dropped) = bytes.split_at(room);
        self.kept.extend_from_slice(kept);
        self.dropped = self.dropped.saturating_add(dropped.len() as u64);
    }

    fn finish(mut self) -> Vec<u8> {
        if self.dropped > 0 {
            let line = format!("\n[the output went on for {} bytes that are not kept]\n", self.dropped);
            self.kept.extend_from_slice(line.as_bytes());
        }
        self.kept
    }
}

/// Waits for `child`, which leads a process group of its own, at most `timeout`.
pub(super) fn follow(mut child: Child, mut reader: PipeReader, timeout: Duration) -> Outcome {
    // Bounded: a command that prints faster than it is read waits, instead of filling our memory.
    let (sender, receiver) = sync_channel(64);
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) if sender.send(buffer.get(..read).unwrap_or_default().to_vec()).is_err() => break,
                Ok(_) => {}
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
    });

    // A limit beyond what the clock can count is no limit.
    let deadline = Instant::now().checked_add(timeout);
    let mut output = Output::default();
    let in_time = until_ended(&mut child, &receiver, &mut output, deadline);
    // Before the child is reaped: until then its process group cannot be anybody else's.
    end_group(&mut child);
    let status = child.wait();

    let patience = Instant::now() + GRACE;
    while Instant::now() < patience
        && let Ok(bytes) = receiver.recv_timeout(patience.saturating_duration_since(Instant::now()))
    {
        output.take(&bytes);
    }
    let (passed, ended) = match status {
        _ if !in_time => (false, format!("no end after {} s", timeout.as_secs_f64())),
        Ok(status) => (status.success(), how(status)),
        Err(e) => (false, format!("unknown end: {e}")),
    };
    Outcome { passed, ended, output: output.finish() }
}

/// Takes output until the process ended (true) or its time is over (false).
fn until_ended(
    child: &mut Child,
    receiver: &Receiver<Vec<u8>>,
    output: &mut Output,
    deadline: Option<Instant>,
) -> bool {
    let mut asked = Instant::now();
    let mut open = true;
    loop {
        let left = deadline.map_or(ASK, |deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return has_ended(child);
        }
        if open {
            match receiver.recv_timeout(left.min(ASK)) {
                Ok(bytes) => output.take(&bytes),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => open = false,
            }
        } else {
            // A closed pipe mostly means the end: ask more often.
            std::thread::sleep(left.min(ASK / 10));
        }
        // A flood of output must not turn into a flood of questions.
        if (!open || asked.elapsed() >= ASK) && has_ended(child) {
            return true;
        }
        if asked.elapsed() >= ASK {
            asked = Instant::now();
        }
    }
}

/// Whether the process ended; it is not reaped.
#[cfg(unix)]
fn has_ended(child: &mut Child) -> bool {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    // An error here means that it cannot be waited for, which `wait` will say.
    waitid(WaitId::Pid(Pid::from_child(child)), options).map_or(true, |status| status.is_some())
}

#[cfg(not(unix))]
fn has_ended(child: &mut Child) -> bool {
    child.try_wait().map_or(true, |status| status.is_some())
}

/// Kills the process and all of its group.
fn end_group(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        // Fails where nobody is left, which is what is wanted.
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    let _ = child.kill();
}

fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or_else(|| status.to_string(), |code| format!("exit {code}"))
}
