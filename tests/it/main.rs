//! Stories that cross crates, and the shape of the house.

mod tidy;
