//! What the two engines do not share. Nothing outside this folder asks which one it speaks to, but to choose a file here.

pub(crate) mod postgres;
pub(crate) mod sqlite;
