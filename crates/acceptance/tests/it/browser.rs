//! The pages in a real browser: script, style, keyboard, and what assistive technology finds.

pub(crate) mod accessibility;
mod forms;
mod journey;
mod keyboard;
mod order;
mod palette;
mod pictures;
mod rules;
mod skeleton;
pub(crate) mod views;
