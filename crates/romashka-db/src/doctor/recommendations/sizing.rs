//! The formulas behind the recommended sizes, with their sources.
//!
//! Invariant: sizes never fall with the memory, and all of them together fit into it.

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// `shared_buffers`: a quarter of the memory, the manual's starting value for a server of its own; more than 40 % hardly ever
/// helps, because PostgreSQL relies on the operating system's cache as well. Whole 16 MiB.
pub fn shared_buffers(memory: u64) -> u64 {
    (memory / 4 / (16 * MIB) * (16 * MIB)).max(16 * MIB)
}

/// `effective_cache_size`: what is left to cache one database's files, counting both caches: three quarters of the memory.
pub fn effective_cache_size(memory: u64) -> u64 {
    (memory / 4 * 3 / (16 * MIB) * (16 * MIB)).max(16 * MIB)
}

/// `max_connections`: as many as leave each of them four sorts of 4 MiB beside `shared_buffers`, between 40 and 200. More
/// sessions than that do not make the processors faster; a pooler shares them out.
pub fn max_connections(memory: u64) -> u32 {
    let left = memory - shared_buffers(memory).min(memory);
    (left / (16 * MIB)).clamp(40, 200) as u32
}

/// `work_mem`: what is beside `shared_buffers`, shared by all connections with four sorts or hashes each, between 4 MiB (the
/// default) and 64 MiB. A plan may use it several times, and a hash twice (`hash_mem_multiplier`).
pub fn work_mem(memory: u64, max_connections: u32) -> u64 {
    let left = memory - shared_buffers(memory).min(memory);
    (left / (u64::from(max_connections.max(1)) * 4) / MIB * MIB).clamp(4 * MIB, 64 * MIB)
}

/// `maintenance_work_mem`: a sixteenth of the memory, between 64 MiB (the default) and 1 GiB: before 17, vacuum cannot use more
/// than that, and each worker of autovacuum may take as much. From 17 on up to 2 GiB serve the building of indexes.
pub fn maintenance_work_mem(memory: u64, major: u32) -> u64 {
    let most = if major >= 17 { 2 * GIB } else { GIB };
    (memory / 16 / MIB * MIB).clamp(64 * MIB, most)
}

/// `max_wal_size`: as much as `shared_buffers` can hold in changed pages, between 2 GiB and 16 GiB, so that checkpoints come by
/// the clock and not because the log is full; after each of them pages are logged whole.
pub fn max_wal_size(memory: u64) -> u64 {
    shared_buffers(memory).clamp(2 * GIB, 16 * GIB)
}

/// `autovacuum_max_workers`: the default of 3 up to 12 processors, then one for four of them, at most 8.
pub fn autovacuum_max_workers(cores: u32) -> u32 {
    (cores / 4).clamp(3, 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_connections_may_take_fits_beside_the_cache() {
        for gibibytes in [1, 2, 4, 8, 24, 64, 256] {
            let memory = gibibytes * GIB;
            let connections = max_connections(memory);
            let total =
                shared_buffers(memory) + u64::from(connections) * 4 * work_mem(memory, connections);
            assert!(total <= memory, "{gibibytes} GiB: {total}");
        }
    }
}
