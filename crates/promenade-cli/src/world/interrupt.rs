//! The wish to stop, which a program's user gives with ctrl-c: a plan stops between two steps.

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Has ctrl-c ask for a stop, instead of ending the program in the middle of a step. For programs:
/// a library that is embedded leaves signals alone.
pub(crate) fn listen() {
    // Where there is no such signal, or somebody else listens, the program ends as it always did.
    let _ = ctrlc::set_handler(|| ASKED.store(true, Ordering::SeqCst));
}

/// Tells whether somebody asked for a stop.
pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
