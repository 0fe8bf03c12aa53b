//! Progress of long work.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// A bar on standard error: on a terminal, and when the work is long.
pub(crate) struct Progress {
    label: String,
    size: Option<u64>,
    started: Instant,
    bar: Option<indicatif::ProgressBar>,
}

/// Work that is done sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

impl Progress {
    pub(crate) fn new(label: &str, size: Option<u64>) -> Self {
        Self {
            label: label.to_owned(),
            size,
            started: Instant::now(),
            bar: None,
        }
    }

    pub(crate) fn at(&mut self, bytes: u64) -> ControlFlow<()> {
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        } else if self.started.elapsed() > PATIENCE {
            // On anything but a terminal indicatif draws nothing.
            let bar = match self.size {
                Some(size) => indicatif::ProgressBar::new(size),
                None => indicatif::ProgressBar::new_spinner(),
            };
            let style = match self.size {
                Some(_) => "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
                None => "{spinner} {msg} {bytes} {bytes_per_sec}",
            };
            if let Ok(style) = indicatif::ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            bar.set_message(self.label.clone());
            self.bar = Some(bar);
        }
        ControlFlow::Continue(())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
