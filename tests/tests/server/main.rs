//! The HTTP server, over a real PostgreSQL and a real socket.

mod conversations;
mod operations;
mod statements;
mod transactions;
