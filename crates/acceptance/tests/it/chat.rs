//! The website's chat from the visitor's side and from the business's.

mod alike;
mod answers;
mod emergencies;
mod limits;
mod messages;
mod poison;
mod replay;
mod script;
mod sessions;
mod streams;
mod takeover;
