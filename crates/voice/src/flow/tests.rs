//! Calls as lists of what happens; what is to be done is read off. [`world`] plays the other side for the properties.

mod cases;
mod ending;
mod failures;
mod properties;
mod story;
mod tools;
mod world;

pub(crate) use story::settings;
