//! Signals that end the process: they wait until the lines that are being written are whole.

use std::process;
use std::sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

/// Locked while lines are written.
static WRITING: Mutex<()> = Mutex::new(());

/// The exit code of a process that Ctrl-C ends, as shells have it.
const EXIT_CODE: i32 = 130;

/// How long a signal waits for the writer, whose reader can be stuck.
const PATIENCE: Duration = Duration::from_secs(1);

/// Sees to it that Ctrl-C and other signals end the process between two calls of [`writing`]. It starts a thread, so
/// short commands go without.
pub(super) fn wait_for_lines() {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(|| {
        // Without a handler, a signal ends the process at once, as in any other command.
        let _ = ctrlc::set_handler(end);
    });
}

/// Holds signals back while the returned guard lives.
pub(super) fn writing() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::exit, reason = "a signal ends the process")]
fn end() {
    let step = PATIENCE / 100;
    let mut waited = Duration::ZERO;
    while waited < PATIENCE && matches!(WRITING.try_lock(), Err(TryLockError::WouldBlock)) {
        thread::sleep(step);
        waited += step;
    }
    process::exit(EXIT_CODE)
}
