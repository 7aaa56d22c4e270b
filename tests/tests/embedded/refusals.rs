//! What is refused, and what the user is told.

use super::*;

#[test]
fn what_would_endanger_data_is_refused() {
    for identity in identities() {
        let place = Place::new(identity, "data");
        let up = place.up(&[]);
        let version = up.ready["version"].as_str().expect("a version").to_owned();
        let major: u32 = version
            .split('.')
            .next()
            .and_then(|major| major.parse().ok())
            .expect("a major version");
        // Settings in files do not undo durability.
        let configuration = place.data.join("data/postgresql.conf");
        let text = fs::read_to_string(&configuration).expect("the configuration");
        assert_eq!(up.end(Signal::TERM).code(), Some(0));
        fs::write(
            &configuration,
            format!("{text}\nfsync = off\nwork_mem = '7MB'\n"),
        )
        .expect("the configuration");
        let up = place.up(&[]);
        assert_eq!(
            place.query("select current_setting('fsync'), current_setting('work_mem')"),
            "on|7MB"
        );
        assert_eq!(up.end(Signal::TERM).code(), Some(0));

        // Programs that are older than the last ones.
        let memory = place.data.join("romashka.json");
        let remembered = fs::read_to_string(&memory).expect("the memory");
        fs::write(
            &memory,
            format!("{{\"server_version\": {}}}", major * 10_000 + 99),
        )
        .expect("the memory");
        let refused = place.run(&["up"]);
        assert_eq!(refused.code, Some(4), "{}", refused.said);
        assert!(
            refused
                .said
                .contains(&format!("last served by PostgreSQL {major}.99")),
            "{}",
            refused.said
        );
        assert!(refused.said.contains(&version), "{}", refused.said);
        fs::write(&memory, remembered).expect("the memory");

        // Data of a version that is not here.
        fs::write(place.data.join("data/PG_VERSION"), "99\n").expect("the version");
        let refused = place.run(&["up"]);
        assert_eq!(refused.code, Some(1), "{}", refused.said);
        assert!(
            refused.said.contains("made by PostgreSQL 99") && refused.said.contains("next:"),
            "{}",
            refused.said
        );
        assert_eq!(place.state(), "stopped");
    }
}

#[test]
fn folders_of_others_are_left_alone() {
    for identity in identities() {
        let place = Place::new(identity, "documents");
        fs::create_dir(&place.data).expect("a folder");
        fs::set_permissions(&place.data, fs::Permissions::from_mode(0o755)).expect("its mode");
        fs::write(place.data.join("letter.txt"), "dear").expect("a file");
        place.own(&place.data);
        let refused = place.run(&["up"]);
        assert_eq!(refused.code, Some(2), "{}", refused.said);
        assert!(refused.said.contains("letter.txt"), "{}", refused.said);
        assert_eq!(mode(&place.data), 0o755);
        assert_eq!(fs::read_dir(&place.data).expect("the folder").count(), 1);

        fs::rename(place.data.join("letter.txt"), place.data.join("PG_VERSION")).expect("the file");
        let refused = place.run(&["up"]);
        assert_eq!(refused.code, Some(2), "{}", refused.said);
        assert!(
            refused.said.contains("data folder of a PostgreSQL"),
            "{}",
            refused.said
        );
    }
}

#[test]
fn a_locale_without_cyrillic_is_refused() {
    for identity in identities() {
        let place = Place::new(identity, "data");
        assert_eq!(place.up(&[]).end(Signal::TERM).code(), Some(0));
        let programs = place::server_programs();
        let cluster = place.data.join("data");
        // The folder is emptied and not removed, so that it keeps its owner.
        for entry in fs::read_dir(&cluster).expect("the cluster").flatten() {
            let path = entry.path();
            if path.is_dir() {
                fs::remove_dir_all(path)
            } else {
                fs::remove_file(path)
            }
            .expect("removing it");
        }
        let made = Ended::of({
            let mut command = as_server_user(&place, &programs.program("initdb"));
            command
                .args(["-U", "postgres", "-E", "UTF8", "--locale=C", "-N", "-D"])
                .arg(&cluster);
            command
        });
        assert_eq!(made.code, Some(0), "{}", made.said);
        let refused = place.run(&["up"]);
        assert_eq!(refused.code, Some(1), "{}", refused.said);
        assert!(
            refused
                .said
                .contains("cannot search text that is not Latin"),
            "{}",
            refused.said
        );
        assert!(refused.said.contains("C.UTF-8"), "{}", refused.said);
        assert_eq!(place.control_state(), "shut down");
    }
}

#[test]
fn root_is_told_which_folder_is_closed_to_the_server() {
    if !is_root() {
        // Only root drops to another user.
        return;
    }
    let place = Place::new(Identity::Myself, "closed/data");
    let closed = place.data.parent().expect("a folder").to_owned();
    fs::create_dir(&closed).expect("a folder");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("its mode");
    let refused = place.run(&["up"]);
    assert_eq!(refused.code, Some(2), "{}", refused.said);
    assert!(
        refused
            .said
            .contains(&format!("may not enter {}", closed.display())),
        "{}",
        refused.said
    );
}

#[test]
fn a_user_who_is_not_in_the_user_database_is_told_so() {
    use std::os::unix::process::CommandExt;
    if !is_root() {
        // Only root can become such a user.
        return;
    }
    let place = Place::new(Identity::Myself, "data");
    fs::create_dir(&place.data).expect("a folder");
    std::os::unix::fs::chown(&place.data, Some(54_321), Some(54_321)).expect("its owner");
    let mut command = place.command(&["up"]);
    command.uid(54_321).gid(54_321);
    let refused = Ended::of(command);
    assert_eq!(refused.code, Some(4), "{}", refused.said);
    assert!(
        refused.said.contains("no entry in /etc/passwd"),
        "{}",
        refused.said
    );
}
