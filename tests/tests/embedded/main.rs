//! The private PostgreSQL as its users meet it: the real `romashka`, a real server, as root and as a user without rights.

mod place;
mod refusals;

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use place::{Ended, Identity, Place, Up, identities, is_alive, is_root, number, send, until};
use romashka_db::private::{self, DataFolder, PrivateServer, PrivateServerError};
use rustix::process::{Pid, Signal, getpgid};

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .mode()
        & 0o777
}

#[test]
fn it_starts_serves_and_stops_cleanly() {
    for identity in identities() {
        let place = Place::new(identity, "my \"quoted\" data и кириллица");
        let up = place.up(&[]);
        assert_eq!(up.ready["created"], true);
        let answers = place.query(
            "select lower('Ё') = 'ё', cardinality(extensions.show_trgm('Кошка')) > 0, current_user, current_database(),
                    current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
                    current_setting('listen_addresses') = '', current_setting('data_checksums'),
                    current_setting('is_superuser'), current_setting('unix_socket_permissions')",
        );
        assert_eq!(answers, "t|t|postgres|romashka|on|on|on|t|on|on|0700");
        assert!(
            place
                .query("select count(*) from public.schema_migrations")
                .parse::<u32>()
                .is_ok_and(|count| count > 0)
        );

        // Never root, in a group of its own, behind a folder that only it may enter.
        let owner = fs::metadata(place.data.join("data"))
            .expect("the cluster")
            .uid();
        assert_ne!(owner, 0);
        let group = |process: u32| {
            getpgid(Pid::from_raw(process as i32))
                .expect("a group")
                .as_raw_nonzero()
                .get() as u32
        };
        assert_eq!(group(up.server()), up.server());
        assert_eq!(mode(&place.data.join("data")), 0o700);
        assert_eq!(mode(&place.data.join("run")), 0o700);
        assert_eq!(
            mode(&place.data),
            if identity == Identity::Myself && is_root() {
                0o711
            } else {
                0o700
            }
        );

        place.query("create table kept (word text); insert into kept values ('ромашка')");
        assert_eq!(place.state(), "running");
        assert_eq!(up.end(Signal::TERM).code(), Some(0));
        assert_eq!(place.control_state(), "shut down");
        assert_eq!(place.state(), "stopped");
        assert_eq!(place.run(&["status"]).code, Some(3));

        let up = place.up(&[]);
        assert_eq!(up.ready["created"], false);
        assert_eq!(place.query("select word from kept"), "ромашка");
        assert_eq!(up.press_ctrl_c().code(), Some(0));
        assert_eq!(place.control_state(), "shut down");
    }
}

#[test]
fn a_second_one_on_the_folder_is_refused() {
    for identity in identities() {
        let place = Place::new(identity, "data");
        let up = place.up(&[]);
        for arguments in [&["up"][..], &["up", "--detach"]] {
            let second = place.run(arguments);
            assert_eq!(second.code, Some(5), "{}", second.said);
            assert!(second.said.contains("already runs on"), "{}", second.said);
            assert!(
                second.said.contains(&format!("process {}", up.process())),
                "{}",
                second.said
            );
            assert!(second.said.contains("romashka down"), "{}", second.said);
        }
        assert_eq!(place.query("select 1"), "1");
    }
}

#[test]
fn a_killed_server_is_started_again() {
    for identity in identities() {
        let place = Place::new(identity, "data");
        let up = place.up(&[]);
        place.query(
            "create table kept (number integer); insert into kept select generate_series(1, 1000)",
        );
        let killed = up.server();
        send(killed, Signal::KILL);
        until("another server runs", || {
            let status = place.status();
            status["state"] == "running" && number(&status["server_process"]) != killed
        });
        assert_eq!(place.query("select count(*) from kept"), "1000");
        assert_eq!(up.end(Signal::TERM).code(), Some(0));
        assert_eq!(place.control_state(), "shut down");
    }
}

#[test]
fn the_server_ends_with_a_killed_romashka_and_the_next_one_has_the_data() {
    for identity in identities() {
        let place = Place::new(identity, "data");
        let up = place.up(&[]);
        let server = up.server();
        place.query(
            "create table kept (number integer); insert into kept select generate_series(1, 1000)",
        );
        up.end(Signal::KILL);
        if cfg!(target_os = "linux") {
            until("the kernel ends the server", || !is_alive(server));
            assert_eq!(place.control_state(), "shut down");
        }
        let up = place.up(&[]);
        assert_eq!(place.query("select count(*) from kept"), "1000");

        // Both at once: nobody is left to stop anything in order, and the next start must not wait for anybody.
        let server = up.server();
        send(up.process(), Signal::STOP);
        send(server, Signal::KILL);
        up.end(Signal::KILL);
        let up = place.up(&[]);
        assert_eq!(place.query("select count(*) from kept"), "1000");
        assert_eq!(up.end(Signal::TERM).code(), Some(0));
    }
}

/// A command as the user who owns the cluster.
fn as_server_user(place: &Place, program: &Path) -> Command {
    use std::os::unix::process::CommandExt;
    let owner = fs::metadata(place.data.join("data")).expect("the cluster");
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/tmp");
    if is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command
}

#[test]
fn a_stale_file_of_a_process_is_cleared() {
    for identity in identities() {
        let place = Place::new(identity, "data");
        assert_eq!(place.up(&[]).end(Signal::TERM).code(), Some(0));
        // PostgreSQL itself would refuse: the number is a live process of the same user.
        let mut innocent = as_server_user(&place, Path::new("/bin/sleep"))
            .arg("300")
            .spawn()
            .expect("sleep runs");
        let file = place.data.join("data/postmaster.pid");
        let cluster = place.data.join("data");
        let content = format!(
            "{}\n{}\n1700000000\n5432\n\n\n\nready   \n",
            innocent.id(),
            cluster.display()
        );
        fs::write(&file, content).expect("the file");
        let up = place.up(&[]);
        assert_eq!(place.query("select 1"), "1");
        assert!(
            innocent.try_wait().expect("the process").is_none(),
            "an innocent process was ended"
        );
        innocent
            .kill()
            .and_then(|()| innocent.wait())
            .expect("it ends");
        assert_eq!(up.end(Signal::TERM).code(), Some(0));
    }
}

#[test]
fn a_server_without_a_romashka_is_stopped_first() {
    for identity in identities() {
        let place = Place::new(identity, "data");
        assert_eq!(place.up(&[]).end(Signal::TERM).code(), Some(0));
        let programs = place::server_programs();
        let mut leftover = as_server_user(&place, &programs.program("postgres"))
            .arg("-D")
            .arg(place.data.join("data"))
            .args(["-c", "listen_addresses=", "-c"])
            .arg(format!(
                "unix_socket_directories=\"{}\"",
                place.data.join("run").display()
            ))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("postgres runs");
        until("the leftover serves", || place.state() == "abandoned");
        assert_eq!(place.run(&["status"]).code, Some(1));
        let up = place.up(&[]);
        assert!(leftover.wait().is_ok());
        assert_ne!(up.server(), leftover.id());
        assert_eq!(place.query("select 1"), "1");
        assert_eq!(up.end(Signal::TERM).code(), Some(0));
    }
}

#[test]
fn a_half_made_cluster_is_made_anew() {
    for identity in identities() {
        let place = Place::new(identity, "data");
        let half_made = place.data.join("data.new");
        let mut first = place
            .command(&["up"])
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it runs");
        until("initdb is at work", || {
            half_made.join("PG_VERSION").exists()
        });
        first.kill().and_then(|()| first.wait()).expect("it ends");
        assert!(
            !place.data.join("data").exists(),
            "initdb was not killed in time"
        );
        assert!(half_made.exists());
        let up = place.up(&[]);
        assert_eq!(up.ready["created"], true);
        assert!(!half_made.exists());
        assert_eq!(up.end(Signal::TERM).code(), Some(0));
    }
}

#[test]
fn a_path_that_cannot_hold_a_socket_is_no_obstacle() {
    let long = format!("{0}/{0}", "длинное имя ".repeat(6));
    let names = identities()
        .into_iter()
        .zip([&*long, "with, a comma"].into_iter().cycle());
    for (identity, name) in names.chain([(Identity::Myself, "with, a comma")]) {
        let place = Place::new(identity, name);
        let up = place.up(&[]);
        let socket_folder = PathBuf::from(
            up.ready["connection"]["socket_folder"]
                .as_str()
                .expect("a folder"),
        );
        assert!(
            !socket_folder.starts_with(&place.data),
            "{}",
            socket_folder.display()
        );
        assert!(socket_folder.as_os_str().len() + "/.s.PGSQL.65535".len() <= 107);
        assert_eq!(mode(&socket_folder), 0o700);
        assert_eq!(place.query("select 1"), "1");
        assert_eq!(up.end(Signal::TERM).code(), Some(0));

        assert!(!socket_folder.exists());

        // Whoever is first in a folder that all may write to does not get the connections.
        fs::create_dir(&socket_folder).expect("a folder");
        fs::set_permissions(&socket_folder, fs::Permissions::from_mode(0o777)).expect("its mode");
        let refused = place.run(&["up"]);
        assert_eq!(refused.code, Some(2), "{}", refused.said);
        let reason = if is_root() {
            "belongs to root"
        } else {
            "others may enter"
        };
        assert!(refused.said.contains(reason), "{}", refused.said);
        fs::remove_dir_all(&socket_folder).expect("removing it");
    }
}

#[tokio::test]
async fn tcp_wants_the_password() {
    for identity in identities() {
        let place = Place::new(identity, "my data");
        let up = place.up(&["--tcp"]);
        let port = number(&up.ready["connection"]["port"]) as u16;
        let file = place.data.join("password");
        assert_eq!(mode(&file), 0o600);
        let password = fs::read_to_string(&file)
            .expect("the password")
            .trim()
            .to_owned();
        assert!(password.len() >= 32);
        let connect = async |password: Option<&str>| {
            let mut config = tokio_postgres::Config::new();
            config
                .host("127.0.0.1")
                .port(port)
                .user("postgres")
                .dbname("romashka");
            if let Some(password) = password {
                config.password(password);
            }
            config.connect(tokio_postgres::NoTls).await.map(drop)
        };
        connect(Some(&password))
            .await
            .expect("the right password is accepted");
        let refusal = connect(Some("wrong"))
            .await
            .expect_err("a wrong password was accepted");
        assert_eq!(
            refusal.code().map(|code| code.code()),
            Some("28P01"),
            "{refusal}"
        );
        connect(None).await.expect_err("no password was accepted");
        let stored = place.query(
            "select rolpassword ~ '^SCRAM-SHA-256[$]' from pg_authid where rolname = 'postgres'",
        );
        assert_eq!(stored, "t");
        assert_eq!(
            place.query("select current_setting('listen_addresses')"),
            "127.0.0.1"
        );
        let log = fs::read_to_string(place.data.join("postgresql.log")).expect("the log");
        assert!(!log.contains(&password), "the password is in the log");
        assert_eq!(up.end(Signal::TERM).code(), Some(0));

        // The port and the password stay; a port of somebody else is not taken.
        let up = place.up(&["--tcp"]);
        assert_eq!(number(&up.ready["connection"]["port"]) as u16, port);
        connect(Some(&password)).await.expect("the same password");
        let listening = Place::new(identity, "other");
        let taken = listening.run(&["up", "--tcp", "--port", &port.to_string()]);
        assert_eq!(taken.code, Some(2), "{}", taken.said);
        assert!(
            taken
                .said
                .contains(&format!("port {port} on 127.0.0.1 is in use")),
            "{}",
            taken.said
        );
        assert_eq!(up.end(Signal::TERM).code(), Some(0));

        // Without --tcp there is none.
        let up = place.up(&[]);
        connect(Some(&password))
            .await
            .expect_err("TCP was not asked for");
        assert_eq!(up.end(Signal::TERM).code(), Some(0));
    }
}

#[test]
fn it_goes_to_the_background_and_comes_back() {
    for identity in identities() {
        let place = Place::new(identity, "my data");
        assert_eq!(place.run(&["down"]).code, Some(0));
        assert_eq!(place.state(), "absent");
        let up = place.run(&["up", "--detach", "--json"]);
        assert_eq!(up.code, Some(0), "{}", up.said);
        let ready: serde_json::Value = serde_json::from_str(&up.out).expect("one JSON document");
        assert_eq!(ready["created"], true);
        let supervisor = number(&ready["supervisor_process"]);
        let session =
            rustix::process::getsid(Pid::from_raw(supervisor as i32)).expect("its session");
        assert_eq!(session.as_raw_nonzero().get() as u32, supervisor);
        assert_eq!(place.query("select 1"), "1");
        let status = place.run(&["status"]);
        assert_eq!(status.code, Some(0), "{}", status.said);
        assert!(
            status.out.contains("running") && status.out.contains("postgresql:///romashka"),
            "{}",
            status.out
        );
        assert!(
            place.status()["size_bytes"]
                .as_u64()
                .is_some_and(|size| size > 1_000_000)
        );
        let down = place.run(&["down"]);
        assert_eq!((down.code, down.out.trim()), (Some(0), "✓ stopped"));
        assert_eq!(place.control_state(), "shut down");
        until("its romashka ends", || !is_alive(supervisor));

        // What stops a start is told on this side, with its exit code.
        fs::write(place.data.join("data/PG_VERSION"), "99\n").expect("the version");
        let refused = place.run(&["up", "--detach"]);
        assert_eq!(refused.code, Some(1), "{}", refused.said);
        assert!(refused.said.contains("PostgreSQL 99"), "{}", refused.said);
    }
}

#[test]
fn a_start_that_is_interrupted_leaves_nothing_running() {
    let place = Place::new(Identity::Myself, "data");
    let mut up = place
        .command(&["up"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it runs");
    until("initdb is at work", || place.data.join("data.new").exists());
    send(up.id(), Signal::INT);
    let begun = Instant::now();
    let status = up.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(place.state(), "absent");
    assert_eq!(place.up(&[]).end(Signal::TERM).code(), Some(0));
}

#[test]
fn demo_content_is_owed_until_it_is_there() {
    let place = Place::new(Identity::Myself, "data");
    let memory = || fs::read_to_string(place.data.join("romashka.json")).expect("the memory");
    let first = place.run(&["up", "--detach", "--no-demo"]);
    assert_eq!(first.code, Some(0), "{}", first.said);
    let log = || fs::read_to_string(place.data.join("romashka.log")).expect("the log");
    assert!(memory().contains("\"demo_pending\": false"));
    assert!(!log().contains("added demo content"), "{}", log());
    assert_eq!(place.run(&["down"]).code, Some(0));

    // As a kill between the first migration and the demo content leaves it.
    let owed = memory().replace("\"demo_pending\": false", "\"demo_pending\": true");
    fs::write(place.data.join("romashka.json"), owed).expect("the memory");
    assert_eq!(place.run(&["up", "--detach"]).code, Some(0));
    assert!(memory().contains("\"demo_pending\": false"));
    assert_eq!(log().matches("added demo content").count(), 1, "{}", log());
    assert_eq!(place.run(&["down"]).code, Some(0));
    assert_eq!(place.run(&["up", "--detach"]).code, Some(0));
    assert_eq!(log().matches("added demo content").count(), 1, "{}", log());
}

#[test]
fn psql_is_handed_its_arguments_and_an_absent_server_is_told() {
    let place = Place::new(Identity::Myself, "my data");
    let absent = place.run(&["psql"]);
    assert_eq!(absent.code, Some(2), "{}", absent.said);
    assert!(absent.said.contains("romashka up"), "{}", absent.said);
    let up: Up = place.up(&[]);
    let failed = place.run(&[
        "psql",
        "--",
        "-X",
        "-v",
        "ON_ERROR_STOP=1",
        "-c",
        "select 1/0",
    ]);
    assert_eq!(failed.code, Some(1), "{}", failed.said);
    let status = place.run(&["migrate", "status"]);
    assert_eq!(
        status.code,
        Some(0),
        "other commands find the private server: {}",
        status.said
    );
    assert_eq!(up.end(Signal::TERM).code(), Some(0));
}

#[tokio::test]
async fn a_throw_away_server_is_fast_not_durable_and_gone_afterwards() {
    let server = PrivateServer::start_throw_away(Some(place::server_programs().programs))
        .await
        .expect("a server");
    let folder: DataFolder = server.folder().clone();
    let client = romashka_db::connect::connect(&server.settings())
        .await
        .expect("a connection");
    let refusal = private::check_durability(&client)
        .await
        .expect_err("fsync is off");
    assert!(
        matches!(&refusal, PrivateServerError::NotDurable { setting, value } if setting == "fsync" && value == "off")
    );
    let process = server.running().server;
    drop(client);
    drop(server);
    assert!(!folder.path().exists());
    until("its processes end", || !is_alive(process));
}
