//! How much memory the process uses.

use studioconnect_web::MemoryUse;

/// Linux on x86-64 and on most ARM machines.
const PAGE: u64 = 4_096;

/// Asks the system; what it does not tell is zero. The allocator keeps no count of its own that is free to ask for, so
/// what it holds is the process's data segment, and what is in use is what of the process is private and resident.
pub(crate) fn memory_use() -> MemoryUse {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    // proc(5): size, resident, shared, text, lib, data, in pages.
    let fields: Vec<u64> = statm.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    let bytes = |field: usize| fields.get(field).copied().unwrap_or(0) * PAGE;
    MemoryUse { rss: bytes(1), allocated: bytes(1).saturating_sub(bytes(2)), held: bytes(5) }
}
