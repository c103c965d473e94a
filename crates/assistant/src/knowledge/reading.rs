//! Reading files in a process of its own: a file that crashes its reader, eats memory or never ends costs nobody else anything.
//!
//! The process is this program, started anew with nothing of our environment. It bounds itself ([`confine`]) before it looks at
//! the first byte, and is ended from here when it takes too long.

use super::extract::{Extracted, Hint, Unreadable, extract};
use rlimit::Resource;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::Semaphore;

/// The command that reads a document, hidden from the list of commands.
pub const COMMAND: &str = "read-document";
/// Its option for [`Hint`].
pub const HINT: &str = "--hint";
/// Largest file, in bytes (contract.md).
pub const MOST_BYTES: usize = 10 * 1024 * 1024;

/// Files that are read at once.
const AT_ONCE: usize = 2;
/// Files that wait for that.
const WAITING: usize = 8;
/// Time for one, by the clock on the wall.
const LIMIT: Duration = Duration::from_secs(30);
/// Time of a processor for one, in seconds.
const CPU_SECONDS: u64 = 20;
/// Memory that may be written to. The largest DOCX that is let through takes 170 MB.
const DATA_BYTES: u64 = 768 << 20;
/// Addresses: the allocator reserves 1 GiB of them at once, of which it uses what it needs.
const ADDRESS_BYTES: u64 = 4 << 30;
/// Without it the allocator makes all it has reserved writable, which counts as memory before it is used.
const ALLOCATOR: (&str, &str) = ("MIMALLOC_ARENA_EAGER_COMMIT", "0");
/// Largest answer: a million characters of up to four bytes, in JSON.
const ANSWER_BYTES: u64 = 8 << 20;

/// What a reader says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Read(Extracted),
    Refused(Unreadable),
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum NotRead {
    /// It is a matter of the file; the sentence is for whoever sent it.
    #[error("{0}")]
    Unreadable(Unreadable),
    /// Too many are being read; later there will be room.
    #[error("too many files are being read at the moment; try again in a minute")]
    Busy,
    /// A matter of this machine.
    #[error("a reader cannot be started")]
    Setup(#[source] std::io::Error),
}

/// Reads files, each in a process of its own; cheap to clone.
#[derive(Clone, Debug)]
pub struct DocumentReader {
    program: Arc<Path>,
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    limit: Duration,
}

impl DocumentReader {
    /// `program` is this program.
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.into(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            queue: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
            limit: LIMIT,
        }
    }

    /// Reads a file.
    pub async fn read(&self, bytes: &[u8], hint: Option<Hint>) -> Result<Extracted, NotRead> {
        let _queued = self.queue.try_acquire().map_err(|_| NotRead::Busy)?;
        let _place = self.places.acquire().await.map_err(|_| NotRead::Busy)?;
        let mut command = Command::new(&*self.program);
        command.arg(COMMAND).env_clear().env(ALLOCATOR.0, ALLOCATOR.1).current_dir("/").kill_on_drop(true);
        if let Some(hint) = hint {
            command.args([HINT, hint.as_str()]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(NotRead::Setup)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let talk = async {
            let tell = async {
                if let Some(mut stdin) = stdin {
                    // One that ends early says why, or has ended badly.
                    let _ = stdin.write_all(bytes).await;
                }
            };
            let hear = async {
                let mut answer = Vec::new();
                if let Some(stdout) = stdout {
                    let _ = stdout.take(ANSWER_BYTES).read_to_end(&mut answer).await;
                }
                answer
            };
            let ((), answer) = tokio::join!(tell, hear);
            child.wait().await.map(|status| (answer, status))
        };
        let Ok(ended) = tokio::time::timeout(self.limit, talk).await else {
            let _ = child.kill().await;
            return Err(refused("it takes too long to read"));
        };
        let (answer, status) = ended.map_err(NotRead::Setup)?;
        match serde_json::from_slice(&answer) {
            Ok(Answer::Read(read)) if status.success() => Ok(read),
            Ok(Answer::Refused(reason)) if status.success() => Err(NotRead::Unreadable(reason)),
            _ => {
                tracing::info!(%status, bytes = bytes.len(), "a document's reader ended without an answer");
                Err(refused(reason_of(status)))
            }
        }
    }
}

fn refused(reason: &str) -> NotRead {
    NotRead::Unreadable(Unreadable(reason.to_owned()))
}

/// What the end of a reader says of its file.
fn reason_of(status: ExitStatus) -> &'static str {
    use std::os::unix::process::ExitStatusExt as _;
    // signal(7): an allocation that failed ends with 6, a stack that is full with 6 or 11, the limit of time with 24 or 9.
    match status.signal() {
        Some(6 | 11) => "it unpacks to more than can be read, or it is broken",
        Some(9 | 24) => "it takes too long to read",
        _ => "it is broken and cannot be read",
    }
}

/// The other side: reads a file from `input` and answers on `output`, as the command [`COMMAND`] does.
pub fn read_here(input: impl Read, output: &mut impl Write, hint: Option<Hint>) -> std::io::Result<()> {
    confine()?;
    let mut bytes = Vec::new();
    input.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    let answer = if bytes.len() > MOST_BYTES {
        Answer::Refused(Unreadable(format!("it is larger than {} MB", MOST_BYTES >> 20)))
    } else {
        extract(&bytes, hint).map_or_else(Answer::Refused, Answer::Read)
    };
    output.write_all(&serde_json::to_vec(&answer)?)?;
    output.flush()
}

/// Takes from this process for ever what a reader of files needs not.
fn confine() -> std::io::Result<()> {
    for (what, most) in [
        (Resource::CPU, CPU_SECONDS),
        (Resource::DATA, DATA_BYTES),
        (Resource::AS, ADDRESS_BYTES),
        // No file is written, none is opened, no core is left behind.
        (Resource::FSIZE, 0),
        (Resource::NOFILE, 3),
        (Resource::CORE, 0),
    ] {
        what.set(most, most)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
