//! Lossless changelog editing: cut, add, yank, deprecate, fold, relink, merge and draft, byte for byte.
