//! Ports that nobody takes between the look for one and whoever listens on it.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below those that a system gives to whoever asks for any, as every server and every connection of a test does.
const FIRST: u16 = 20_000;
const COUNT: u32 = 10_000;

static ASKED: AtomicU32 = AtomicU32::new(0);

/// A port that nobody listens on, and that no other test of this program is given.
pub fn free_port() -> u16 {
    loop {
        let number = std::process::id().wrapping_add(ASKED.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = FIRST + u16::try_from(number).unwrap();
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok() {
            return port;
        }
    }
}
