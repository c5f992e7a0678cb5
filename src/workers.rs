//! The threads that requests are worked on by. Each keeps to a core of its own: left to itself, the kernel of a virtual
//! machine wakes them all on the core that is busy already, and the others stand idle beside it (decision 14).

use std::io;
use tokio::runtime::{Builder, Runtime};

/// One worker for each core, unless `TOKIO_WORKER_THREADS` says otherwise.
pub(crate) fn start() -> io::Result<Runtime> {
    let mut threads = Builder::new_multi_thread();
    threads.enable_all();
    #[cfg(target_os = "linux")]
    let runtime = linux::start(threads);
    #[cfg(not(target_os = "linux"))]
    let runtime = threads.build();
    runtime
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity};
    use std::io;
    use std::sync::mpsc;
    use tokio::runtime::{Builder, Runtime};

    /// Without the system's word on its cores, threads go where it puts them.
    pub(super) fn start(mut threads: Builder) -> io::Result<Runtime> {
        let Ok(all) = sched_getaffinity(None) else { return threads.build() };
        let (began, begun) = mpsc::channel();
        threads.on_thread_start(move || {
            // A thread that waits for a disk or a hash is begun by a worker, and would keep to that one's core.
            let _ = sched_setaffinity(None, &all);
            // Nobody listens any more once the workers have begun.
            let _ = began.send(gettid());
        });
        let runtime = threads.build()?;
        let workers: Vec<_> = begun.iter().take(runtime.metrics().num_workers()).collect();
        let cores: Vec<_> = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core)).collect();
        // With fewer workers than cores, as within a share of a machine, the system knows better where there is room.
        if workers.len() == cores.len() {
            for (worker, core) in workers.into_iter().zip(cores) {
                let mut own = CpuSet::new();
                own.set(core);
                let _ = sched_setaffinity(Some(worker), &own);
            }
        }
        Ok(runtime)
    }
}
