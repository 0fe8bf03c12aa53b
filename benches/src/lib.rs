//! Side by side timings against peers and physical limits.
