//! The pages in a real browser: script, style, keyboard, and what assistive technology finds.

mod accessibility;
mod pictures;
mod views;
