//! The real programs that a user would run: psql and its kin, and `romashka`.

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use romashka_server::knowledge::retrieval::MODEL;

use crate::server::TestServer;

/// The root of the repository.
pub fn repository_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the repository")
}

/// The `romashka` binary that was built beside the running test.
///
/// # Panics
/// When it was not built: cargo builds binaries for the tests of their own package alone.
pub fn romashka_binary() -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    let found = test
        .ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join("romashka"))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("the romashka binary is not in the target folder of {}: run cargo build -p romashka first (make test does)", test.display()))
}

/// The folder of the embedding model: the one the environment names, else where `make test` puts it.
///
/// # Panics
/// When it is not there.
pub fn model_folder() -> PathBuf {
    let named = env::var_os("ROMASHKA_MODEL_DIR").map(PathBuf::from);
    let test = env::current_exe().expect("the path of this test");
    let mut places = named.into_iter().chain(
        test.ancestors()
            .skip(1)
            .take(3)
            .map(|folder| folder.join("models").join(MODEL)),
    );
    places
        .find(|folder| folder.join("model.safetensors").is_file())
        .expect("the embedding model: fetch it with make model")
}

/// A client program of PostgreSQL (`psql`, `pg_dump`, …) with none of the caller's settings.
///
/// # Panics
/// When it is not installed.
pub fn client_program(name: &str) -> Command {
    let mut command = Command::new(find_client_program(name));
    for (variable, _) in env::vars_os() {
        if variable
            .to_str()
            .is_some_and(|variable| variable.starts_with("PG"))
        {
            command.env_remove(variable);
        }
    }
    command
        .env("PSQLRC", "/dev/null")
        .env("PSQL_HISTORY", "/dev/null")
        .env("LC_ALL", "C.UTF-8");
    command
}

fn find_client_program(name: &str) -> PathBuf {
    let beside_server = TestServer::shared()
        .programs()
        .map(|folder| folder.join(name));
    if let Some(program) = beside_server.filter(|path| path.is_file()) {
        return program;
    }
    // Some servers come without clients. Debian's newest client is as good: psql and pg_dump speak to older servers.
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin").join(name),
            ))
        })
        .filter(|(_, program)| program.is_file())
        .collect();
    versions.sort();
    if let Some((_, program)) = versions.pop() {
        return program;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} is not installed; on Debian: apt-get install postgresql-client")
    })
}

/// Runs `psql -X -d URL` with these arguments, in the root of the repository.
///
/// # Panics
/// When psql does not run at all. What it ended with is in the result.
pub fn psql(url: &str, arguments: &[&str]) -> Output {
    client_program("psql")
        .args(["-X", "-d", url])
        .args(arguments)
        .current_dir(repository_root())
        .stdin(Stdio::null())
        .output()
        .expect("psql does not run")
}

/// Gives psql a script on its standard input, as `psql < FILE` does. It stops at the first error only if the script says so.
///
/// # Panics
/// When psql does not run at all. What it ended with is in the result.
pub fn psql_script(url: &str, script: &str) -> Output {
    let mut process = client_program("psql")
        .args(["-X", "-d", url])
        .current_dir(repository_root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql does not run");
    let mut input = process.stdin.take().expect("its standard input is a pipe");
    let script = script.to_owned();
    // Beside the reading: a long script and a long answer would otherwise wait for each other.
    let writer = std::thread::spawn(move || {
        // A psql that stopped early closes the pipe; its exit code says so.
        let _ = input.write_all(script.as_bytes());
    });
    let output = process.wait_with_output().expect("psql does not end");
    writer.join().expect("the script was written");
    output
}
