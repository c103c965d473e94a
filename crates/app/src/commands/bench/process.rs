//! What Linux tells about a process (proc(5)).

use anyhow::{Context as _, Result};
use std::fs::read_to_string;

/// Ticks of `utime` and `stime` are hundredths of a second on every Linux there is (USER_HZ).
const MS_PER_TICK: u64 = 10;

/// What a process has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    /// CPU time since it began, user and system, in ms.
    pub(super) cpu_ms: u64,
    /// Its threads.
    pub(super) threads: u64,
}

/// Reads `/proc/PID/stat`.
pub(super) fn usage(pid: u32) -> Result<Usage> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).context("the server's process is gone")?;
    parse_stat(&stat).context("/proc/PID/stat looks otherwise than proc(5) says")
}

fn parse_stat(stat: &str) -> Option<Usage> {
    // The second field is the program's name, which may hold anything, parentheses too.
    let (_, fields) = stat.rsplit_once(')')?;
    let field = |number: usize| fields.split_whitespace().nth(number - 3)?.parse::<u64>().ok();
    Some(Usage { cpu_ms: (field(14)? + field(15)?) * MS_PER_TICK, threads: field(20)? })
}

/// Resident memory, in KiB.
pub(super) fn rss_kib(pid: u32) -> Result<u64> {
    let status = read_to_string(format!("/proc/{pid}/status")).context("the server's process is gone")?;
    parse_rss(&status).context("/proc/PID/status has no VmRSS")
}

fn parse_rss(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_shifts_no_field() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 900 0 0 0 150 50 0 0 20 0 9 0 100 1 2 3";
        assert_eq!(parse_stat(stat), Some(Usage { cpu_ms: 2_000, threads: 9 }));
        assert_eq!(parse_stat("7 (short) S 1"), None);
    }

    #[test]
    fn resident_memory_is_read_from_its_line() {
        assert_eq!(parse_rss("VmHWM:\t 9 kB\nVmRSS:\t  51234 kB\nThreads:\t3\n"), Some(51_234));
        assert_eq!(parse_rss("Threads:\t3\n"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        let pid = std::process::id();
        assert!(usage(pid).unwrap().threads >= 1 && rss_kib(pid).unwrap() > 100);
    }
}
