//! The server from the outside, over a raw WebSocket.

mod client;
mod faults;
mod handshake;
mod items;
mod responses;
mod strict;
mod turns;
