//! How much time and memory one input may take.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Time of the processor for one input; what takes hours will not come back at all and is noticed by `Watch::over`.
const LONGEST: Duration = Duration::from_secs(2);
/// An input that comes back in less cannot have filled much memory.
const SHORT: Duration = Duration::from_millis(2);
/// Memory that one input may add to what the process has ever had: a thousand times the longest input.
const MOST_KIB: u64 = 300 * 1024;
/// One input in all of this time is none that comes back.
const HUNG: Duration = Duration::from_secs(90);

/// Looks after the input that is being taken.
pub(crate) struct Watch {
    taking: Mutex<(usize, Arc<Vec<u8>>)>,
    peak: Mutex<u64>,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { taking: Mutex::default(), peak: Mutex::new(peak()) }
    }

    /// Takes the input; an error says what there was too much of.
    pub(crate) fn take(&self, fed: usize, input: &[u8], take: impl FnOnce() -> bool) -> Result<(), String> {
        *locked(&self.taking) = (fed, Arc::new(input.to_vec()));
        let begin = spent();
        take();
        let time = spent().saturating_sub(begin);
        if time > LONGEST {
            return Err(format!("{} bytes took {} ms", input.len(), time.as_millis()));
        }
        if time < SHORT {
            return Ok(());
        }
        let mut before = locked(&self.peak);
        let grown = peak().saturating_sub(*before);
        *before += grown;
        if grown > MOST_KIB { Err(format!("{} bytes took {grown} KiB", input.len())) } else { Ok(()) }
    }

    /// Ends the process when an input does not come back, and keeps it.
    pub(crate) fn over(&self, target: &str, end: &Receiver<()>, found: &dyn Fn(usize) -> PathBuf) {
        let mut before = usize::MAX;
        while end.recv_timeout(HUNG) == Err(RecvTimeoutError::Timeout) {
            let (fed, input) = locked(&self.taking).clone();
            if fed == before {
                let path = found(fed);
                let kept = std::fs::write(&path, input.as_slice());
                eprintln!("{target}: an input did not come back; kept as {}: {kept:?}", path.display());
                std::process::abort();
            }
            before = fed;
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Of this thread alone: whatever else runs on the machine does not count.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs());
    Duration::from_secs(seconds) + Duration::from_nanos(nanos)
}

/// The most memory that the process has ever had, in KiB; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
