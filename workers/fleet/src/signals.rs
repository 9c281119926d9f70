//! The signals by which people and supervisors ask for the end.

use tokio::signal::unix::{Signal, SignalKind, signal};

pub struct Asked {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Asked {
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    pub async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
