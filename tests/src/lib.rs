//! The harness of the end-to-end tests: a PostgreSQL for the run, a database for each test.
