//! One module a job.

pub(super) mod insert;
