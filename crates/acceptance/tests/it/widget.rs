//! The chat on a website: its settings, its size, and itself in a real browser on a page of somebody else's.
//!
//! The page is served from another origin, and is as unfriendly as pages can be. Between it and the server is a line that can
//! be cut. What answers is a server that speaks the wire strictly and can be told to misbehave; scripts and settings come
//! from the real one behind it.

mod access;
mod budget;
mod config;
mod host;
mod installed;
mod journey;
mod line;
mod page;
mod pictures;
mod real;
mod scene;
mod scripted;
mod weather;
