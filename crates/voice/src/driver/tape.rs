//! A socket whose first bytes can be read twice: once at the door, once more by the call.

use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Most that is kept for the second reading, in bytes; the door reads two short messages.
const TAPE: usize = 256 * 1024;

/// A TCP stream with bytes to read before its own.
#[derive(Debug)]
pub(super) struct Tape {
    stream: TcpStream,
    ahead: Vec<u8>,
    read: usize,
    log: Option<Vec<u8>>,
}

impl Tape {
    /// Reads `ahead` first and keeps everything that is read.
    pub(super) fn recording(stream: TcpStream, ahead: Vec<u8>) -> Self {
        let log = Some(ahead.clone());
        Self { stream, ahead, read: 0, log }
    }

    /// Reads `ahead` first.
    pub(super) fn playing(stream: TcpStream, ahead: Vec<u8>) -> Self {
        Self { stream, ahead, read: 0, log: None }
    }

    /// The stream, and all that came off it.
    pub(super) fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.stream, self.log.unwrap_or_default())
    }
}

impl AsyncRead for Tape {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        if let Some(rest) = this.ahead.get(this.read..).filter(|rest| !rest.is_empty()) {
            let (now, _) = rest.split_at(rest.len().min(buf.remaining()));
            buf.put_slice(now);
            this.read += now.len();
            if this.read == this.ahead.len() {
                this.ahead = Vec::new();
                this.read = 0;
            }
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        if let Some(log) = &mut this.log {
            log.extend_from_slice(buf.filled().get(before..).unwrap_or_default());
            if log.len() > TAPE {
                return Poll::Ready(Err(Error::new(
                    ErrorKind::InvalidData,
                    "too much before the stream's start",
                )));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tape {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
