//! The wish to stop, which a program's user gives with ctrl-c: a plan stops between two steps.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);
static ANSWERED: AtomicBool = AtomicBool::new(false);

/// Has ctrl-c ask for a stop, instead of ending the program in the middle of a step. For programs:
/// a library that is embedded leaves signals alone.
pub(crate) fn listen() {
    // Where there is no such signal, or somebody else listens, the program ends as it always did.
    let _ = ctrlc::set_handler(|| {
        ASKED.store(true, Ordering::SeqCst);
        if ANSWERED.load(Ordering::SeqCst) {
            // A step may take long: whoever asked knows at once that it was heard.
            let _ = writeln!(std::io::stderr(), "stopping after the step that runs now");
        }
    });
}

/// Says from now on on standard error that a wish to stop was heard: a plan is being applied.
pub(crate) fn answer() {
    ANSWERED.store(true, Ordering::SeqCst);
}

/// Tells whether somebody asked for a stop.
pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
