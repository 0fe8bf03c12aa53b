//! The wish to stop, which a program's user gives with ctrl-c: a plan stops between two steps, everything
//! else ends at once.

use std::io::Write as _;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// Nothing is carried out: ctrl-c ends the program.
const IDLE: u8 = 0;
/// A plan is carried out: ctrl-c stops it after the step that runs now.
const BUSY: u8 = 1;
/// A plan was asked to stop: ctrl-c ends the program in the middle of a step, which `apply` takes up.
const ASKED: u8 = 2;

/// What a shell says of a program that ctrl-c ended.
const ENDED: i32 = 130;

static LISTENS: AtomicBool = AtomicBool::new(false);
static STATE: AtomicU8 = AtomicU8::new(IDLE);

/// Has ctrl-c stop a plan between two steps, instead of ending the program in the middle of one. For
/// programs: a library that is embedded leaves signals alone.
pub(crate) fn listen() {
    LISTENS.store(true, Ordering::SeqCst);
}

/// A plan that is carried out as long as this lives.
#[must_use]
pub(crate) struct Answering(());

/// Says that a plan is carried out from now on. Until the first, ctrl-c does what it does to any program.
pub(crate) fn answer() -> Answering {
    static HANDLER: Once = Once::new();
    STATE.store(BUSY, Ordering::SeqCst);
    if LISTENS.load(Ordering::SeqCst) {
        // Where there is no such signal, or somebody else listens, the program ends as it always did.
        HANDLER.call_once(|| drop(ctrlc::set_handler(heard)));
    }
    Answering(())
}

impl Drop for Answering {
    fn drop(&mut self) {
        STATE.store(IDLE, Ordering::SeqCst);
    }
}

impl Answering {
    /// Tells whether somebody asked for a stop.
    pub(crate) fn is_asked(&self) -> bool {
        STATE.load(Ordering::SeqCst) == ASKED
    }
}

fn heard() {
    if STATE
        .compare_exchange(BUSY, ASKED, Ordering::SeqCst, Ordering::SeqCst)
        .is_err()
    {
        std::process::exit(ENDED);
    }
    // A step may take long: whoever asked knows at once that it was heard. In a thread of its own, for
    // who does not read what is said here must still be able to ask again.
    let say = || {
        let _ = writeln!(
            std::io::stderr(),
            "stopping after the step that runs now; ctrl-c again ends it in the middle"
        );
    };
    let _ = std::thread::Builder::new().spawn(say);
}
