//! Ctrl-C and `kill` reach the program that we run for someone, and we stay to clean up after it.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct State {
    stopped: bool,
    child: Option<Pid>,
}

/// While this is alive, signals that would end us are passed on instead.
#[derive(Clone)]
pub(crate) struct Relay {
    state: Arc<Mutex<State>>,
    /// At a terminal the child stays in our process group, so that it can read keys and gets Ctrl-C by itself.
    own_group: bool,
}

impl Relay {
    pub(crate) fn new() -> Result<Self> {
        let relay = Self { state: Arc::default(), own_group: !std::io::stdin().is_terminal() };
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).context("signals cannot be handled")?;
        let listener = relay.clone();
        std::thread::spawn(move || {
            for number in signals.forever() {
                listener.pass_on(number);
            }
        });
        Ok(relay)
    }

    pub(crate) fn spawn(&self, command: &mut Command) -> Result<Child> {
        // Held while starting, so that a signal in between finds the child.
        let mut state = self.state();
        if state.stopped {
            bail!("Stopped.");
        }
        if self.own_group {
            command.process_group(0);
        }
        let child =
            command.spawn().with_context(|| format!("`{}` could not be started", command.get_program().display()))?;
        state.child = Some(Pid::from_child(&child));
        Ok(child)
    }

    /// The child has ended: its number may be given to another process.
    pub(crate) fn forget(&self) {
        self.state().child = None;
    }

    fn pass_on(&self, number: i32) {
        let mut state = self.state();
        let again = std::mem::replace(&mut state.stopped, true);
        let Some(child) = state.child else { return };
        let signal = if again { Signal::KILL } else { Signal::from_named_raw(number).unwrap_or(Signal::TERM) };
        // An error says that the child is already gone.
        let _ = if self.own_group {
            kill_process_group(child, signal)
        } else if number == SIGINT && !again {
            Ok(())
        } else {
            kill_process(child, signal)
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
