//! What templates, tags and channels do, seen from outside.

mod channel;
