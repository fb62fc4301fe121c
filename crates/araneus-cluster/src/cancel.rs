//! Ctrl-C: rounds cancel their job first, and everything else ends at once.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{runtime::Handle, sync::watch};

use crate::console;

/// Exit code after Ctrl-C.
const EXIT_CODE: i32 = 130;
/// Time in which the process may end itself after its rounds.
const LAST_TIME: Duration = Duration::from_secs(2);

/// The wish of the user to stop.
#[derive(Debug, Clone)]
pub(crate) struct Cancel {
    wish: watch::Receiver<bool>,
    /// Is true while a round runs.
    is_in_round: Arc<AtomicBool>,
}

impl Cancel {
    /// Waits for Ctrl-C in the background. `work` is removed if the process ends by it.
    pub(crate) fn on_ctrl_c(runtime: &Handle, work: PathBuf) -> Self {
        let (sender, wish) = watch::channel(false);
        let cancel = Self { wish, is_in_round: Arc::default() };
        let is_in_round = Arc::clone(&cancel.is_in_round);
        runtime.spawn(async move {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            let _ = sender.send(true);
            while is_in_round.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            tokio::time::sleep(LAST_TIME).await;
            // A run that is killed at any moment publishes nothing, and the next one completes it.
            let _ = std::fs::remove_dir_all(work);
            console::note("cancelled; nothing was published");
            std::process::exit(EXIT_CODE);
        });
        cancel
    }

    /// Returns a wish that never comes.
    #[cfg(test)]
    pub(crate) fn never() -> Self {
        Self { wish: watch::channel(false).1, is_in_round: Arc::default() }
    }

    /// Returns whether the user wishes to stop.
    pub(crate) fn is_wished(&self) -> bool {
        *self.wish.borrow()
    }

    /// Ends when the user wishes to stop.
    pub(crate) async fn wished(&self) {
        if self.wish.clone().wait_for(|is_wished| *is_wished).await.is_err() {
            // Nobody can wish it any more.
            std::future::pending().await
        }
    }

    /// Notes whether a round runs.
    pub(crate) fn set_in_round(&self, is_in_round: bool) {
        self.is_in_round.store(is_in_round, Ordering::Relaxed);
    }
}
