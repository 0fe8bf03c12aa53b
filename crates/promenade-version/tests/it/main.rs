//! The behaviour of version policies, seen from outside.

mod series;
