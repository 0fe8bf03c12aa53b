//! Sealing: the files of many appends become one.

use std::fs;
use std::time::Duration;

use promenade_promotion::ledger::StoreError;

use crate::layout::{Layout, Listing};
use crate::ledger::Published;
use crate::{FileLedger, FileOp};

/// A file without a name that is older than this belongs to nobody who is alive and writing.
const LITTER_AGE: Duration = Duration::from_secs(3600);

impl FileLedger {
    /// Seals the oldest files, and removes what bundles cover.
    ///
    /// Where a bundle ends is given by the files alone (the first one with which it holds enough), so
    /// two that seal at once make the same one.
    pub(crate) fn seal(&self, layout: &Layout, listing: &Listing) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        let mut parts = Vec::new();
        let first = listing.sealed_up_to() + 1;
        let mut next = first;
        for segment in &listing.loose {
            if segment.first != next {
                break;
            }
            let Ok(part) = fs::read(&segment.path) else {
                break;
            };
            let mut last = None;
            let scanned = layout.scan(segment, &mut |record, _| {
                last = Some(record.seq);
                Ok(true)
            });
            let (Ok(()), Some(last)) = (scanned, last) else {
                break;
            };
            next = last + 1;
            bytes.extend_from_slice(&part);
            parts.push(segment.path.clone());
            if next - first >= self.seal_after {
                break;
            }
        }
        if next - first >= self.seal_after {
            let path = layout.bundle_path(first, next - 1);
            match self.publish(layout, &path, &bytes)? {
                Published::Done => {}
                // Another file of that name: not for us to judge, reading will.
                Published::Taken => return Ok(()),
                Published::Unsure(error) => return Err(error),
            }
            for part in parts {
                self.apply("removing", &part, FileOp::Remove(&part))?;
            }
        }
        for segment in &listing.covered {
            self.apply("removing", &segment.path, FileOp::Remove(&segment.path))?;
        }
        self.sweep(layout);
        Ok(())
    }

    /// Removes what writers that died have left in `tmp`.
    fn sweep(&self, layout: &Layout) {
        let Ok(entries) = fs::read_dir(&layout.tmp) else {
            return;
        };
        for entry in entries.flatten() {
            let age = entry.metadata().and_then(|meta| meta.modified());
            let age = age.ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > LITTER_AGE) {
                // Litter is no reason to fail.
                let _ = self.files.apply(FileOp::Remove(&entry.path()));
            }
        }
    }
}
