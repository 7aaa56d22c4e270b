//! How much processor time backends have used.
//!
//! Source: `/proc/PID/schedstat`, first field, nanoseconds on a processor; where the kernel does not keep it, the fields
//! `utime` and `stime` of `/proc/PID/stat` in ticks of 10 ms. Elsewhere than on Linux, or for a server on another
//! machine, there is no figure.

use std::fs;

/// A tick of `/proc/PID/stat`; the kernel's interface fixes it at 100 a second on all usual machines.
const TICK_SECONDS: f64 = 0.01;

/// The seconds that these processes have used so far, none when one of them cannot be looked at.
pub fn used(processes: &[i32]) -> Option<f64> {
    processes.iter().map(|process| used_by(*process)).sum()
}

/// The seconds that all threads of a program have used so far, in ticks of 10 ms.
pub fn used_by_program(process: u32) -> Option<f64> {
    ticks(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
        .map(|ticks| ticks * TICK_SECONDS)
}

fn used_by(process: i32) -> Option<f64> {
    let precise = fs::read_to_string(format!("/proc/{process}/schedstat"))
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .filter(|nanoseconds| *nanoseconds > 0.0);
    if let Some(nanoseconds) = precise {
        return Some(nanoseconds / 1e9);
    }
    ticks(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
        .map(|ticks| ticks * TICK_SECONDS)
}

/// `utime` + `stime`: fields 14 and 15. The name before them may itself hold spaces and brackets.
fn ticks(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    #[test]
    fn ticks_are_found_behind_a_strange_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 5 0 0";
        assert_eq!(super::ticks(stat), Some(300.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_time() {
        let own = std::process::id() as i32;
        let before = super::used(&[own]).expect("proc is there");
        let mut sum = 0u64;
        for number in 0..50_000_000u64 {
            sum = std::hint::black_box(sum.wrapping_add(number));
        }
        // The entry is the main thread's, which waits while this one works.
        assert!(super::used(&[own]).expect("proc is there") >= before);
    }
}
