//! The server's process: started, looked at, killed.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use romashka_db::bench::used_by_program;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::Failure;
use super::place::Place;
use super::report::Idle;

/// A process that serves. Gone when this is dropped.
pub struct Process {
    child: Child,
    id: u32,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Process {
    /// Starts one at this address, and waits until it serves.
    pub async fn start(
        place: &Place,
        listen: SocketAddr,
        further: &[(&str, String)],
    ) -> Result<Process, Failure> {
        let mut command = Command::new(&place.program);
        command
            .args(["serve", "--json", "--listen", &listen.to_string()])
            // Nothing of what is set for another installation.
            .env_clear()
            .envs(place.environment())
            .envs(further.iter().map(|(name, value)| (*name, value.as_str())))
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .map_err(|error| Failure::Io("the server's program does not run", error))?;
        let (Some(output), Some(errors), Some(id)) =
            (child.stdout.take(), child.stderr.take(), child.id())
        else {
            return Err(Failure::Start("it ended at once".to_owned()));
        };
        // Read to the end, or the process would wait for somebody who reads.
        let complaint = tokio::spawn(async move {
            let (mut lines, mut last) = (BufReader::new(errors).lines(), String::new());
            while let Ok(Some(line)) = lines.next_line().await {
                last = line;
            }
            last
        });
        let mut lines = BufReader::new(output).lines();
        let reading = async {
            let mut text = String::new();
            while let Ok(Some(line)) = lines.next_line().await {
                text.push_str(&line);
                if let Ok(document) = serde_json::from_str::<Value>(&text) {
                    return Some(document);
                }
            }
            None
        };
        let document = timeout(Duration::from_secs(60), reading)
            .await
            .map_err(|_| Failure::Slow("the start of the server"))?;
        let Some(document) = document else {
            let said = complaint.await?;
            return Err(Failure::Start(said));
        };
        let address = document["url"]
            .as_str()
            .and_then(|url| url.strip_prefix("http://"))
            .and_then(|address| address.parse().ok());
        match address {
            Some(address) => Ok(Process { child, id, address }),
            None => Err(Failure::Start("it does not say where".to_owned())),
        }
    }

    /// Kills it as the system does, and waits until it is gone.
    pub async fn kill(mut self) -> Result<(), Failure> {
        self.child
            .kill()
            .await
            .map_err(|error| Failure::Io("the server cannot be killed", error))
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Bytes of memory that it holds, where the system tells.
    pub fn memory(&self) -> Option<u64> {
        self.status("VmRSS:")
    }

    /// The most it held so far.
    pub fn peak(&self) -> Option<u64> {
        self.status("VmHWM:")
    }

    /// Seconds of processor time that it has used so far.
    pub fn processor_seconds(&self) -> Option<f64> {
        used_by_program(self.id)
    }

    fn status(&self, field: &str) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.id)).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(field))?;
        let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes * 1024)
    }
}

/// Any free port of this machine.
pub fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// The memory of a server that nobody asks for anything.
pub async fn idle(place: &Place) -> Result<Idle, Failure> {
    let process = Process::start(place, anywhere(), &[]).await?;
    // Its regular jobs have run for the first time by then.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let bytes = process.memory().unwrap_or(0);
    process.kill().await?;
    Ok(Idle { bytes })
}
