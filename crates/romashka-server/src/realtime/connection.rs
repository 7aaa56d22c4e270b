//! The connection under a stream, which the server may have to cut off.

use std::sync::Arc;

use tokio::sync::watch;

/// A connection that was accepted. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Connection(Arc<watch::Sender<bool>>);

impl Default for Connection {
    fn default() -> Connection {
        Connection::new()
    }
}

impl Connection {
    /// A connection that is open.
    pub fn new() -> Connection {
        Connection(Arc::new(watch::Sender::new(false)))
    }

    /// Has it closed, whatever is still to be sent: a reader who takes nothing would never see an orderly end.
    pub fn cut(&self) {
        self.0.send_replace(true);
    }

    /// Returns once it is to be closed.
    pub async fn is_cut(&self) {
        // The sender lives as long as this value.
        let _ = self.0.subscribe().wait_for(|is_cut| *is_cut).await;
    }
}
