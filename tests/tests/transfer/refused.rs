//! A file that is not whole, or not for this database.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use uuid::Uuid;

use super::{Installation, lines, manifest, pack};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_whole_changes_nothing() {
    let (here, there) = tokio::join!(Installation::new(), Installation::new());
    here.succeed(&["seed", "--load", "20", "--messages", "3"]);
    let file = here.export("default", "first.romashka", &[]);
    let packed = fs::read(&file).expect("a file");
    let text = lines(&file).join("\n") + "\n";
    let broken = there.path("broken.romashka");
    let name = broken.to_str().expect("a path");
    let untouched = "select count(*) from public.conversations";

    for length in [0, 3, 40, packed.len() / 2, packed.len() - 1] {
        fs::write(&broken, &packed[..length]).expect("a file");
        let output = there.run(&["import", name]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            [Some(1), Some(2)].contains(&output.status.code()),
            "{length}: {said}"
        );
        assert!(
            said.contains("damaged") || said.contains("is not an export"),
            "{length}: {said}"
        );
    }
    let mut flipped = packed.clone();
    flipped[packed.len() / 2] ^= 1;
    fs::write(&broken, flipped).expect("a file");
    there.refuse(&["import", name], 1, "damaged");
    fs::write(&broken, "From ann@example.test\n").expect("a file");
    there.refuse(&["import", name], 2, "is not an export");
    pack(&broken, "{\"some\": \"thing\"}\n");
    there.refuse(&["import", name], 2, "is not an export");

    // What the compression does not see: a row that is another one, one that is missing, one more, the end cut off.
    let damaged = [
        text.replacen("\"priority\":\"normal\"", "\"priority\":\"urgent\"", 1),
        without_line(&text, |line| line.starts_with("{\"row\"")),
        without_line(&text, |line| line.contains("{\"table_end\"")),
        without_line(&text, |line| line.starts_with("{\"end\"")),
        format!("{text}{{\"row\":{{}}}}\n"),
    ];
    for (number, text) in damaged.iter().enumerate() {
        pack(&broken, text);
        let output = there.run(&["import", name]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{number}: {said}");
        assert!(said.contains("damaged"), "{number}: {said}");
    }
    pack(
        &broken,
        &text.replacen("\"romashka_export\":1", "\"romashka_export\":2", 1),
    );
    there.refuse(&["import", name], 4, "format 2");
    let schema = manifest(&file)["schema"]
        .as_str()
        .expect("a version")
        .to_owned();
    pack(
        &broken,
        &text.replacen(&format!("\"schema\":\"{schema}\""), "\"schema\":\"999\"", 1),
    );
    there.refuse(&["import", name], 4, "is newer");
    pack(&broken, &text.replace("public.messages", "public.letters"));
    there.refuse(&["import", name], 1, "which this schema does not have");
    for table in ["romashka.sessions", "public.api_keys", "auth.users"] {
        pack(&broken, &text.replace("public.messages", table));
        there.refuse(&["import", name], 1, "which this schema does not have");
    }

    // Whole as a file, but its rows refer to nothing: it comes as far as the transaction, which undoes all of it.
    pack(
        &broken,
        &rewritten(&text, "public.messages", "conversation_id"),
    );
    there.refuse(&["import", name], 1, "is not whole");
    assert_eq!(there.count(untouched).await, 0);
    assert_eq!(
        there
            .count("select count(*) from pg_namespace where nspname = 'romashka_import'")
            .await,
        0
    );
    // And the sound one is still taken.
    there.succeed(&["import", file.to_str().expect("a path")]);
    assert_eq!(there.count(untouched).await, here.count(untouched).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_is_set_up_meanwhile_is_kept() {
    let (here, there) = tokio::join!(Installation::new(), Installation::new());
    here.succeed(&["seed", "--load", "20", "--messages", "3"]);
    let file = here.export("default", "first.romashka", &[]);
    let other = there.database.connect().await;
    let begun = "begin; insert into public.conversations (user_name) values ('meanwhile')";
    other.batch_execute(begun).await.expect("a conversation");
    let mut import = there
        .command(&["import", file.to_str().expect("a path")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("romashka runs");
    // Nothing of it is seen yet: the import finds an empty workspace, and comes as far as its row.
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while there.count(waits).await == 0 {
        let ended = import.try_wait().expect("a process");
        assert!(ended.is_none(), "it did not wait: {ended:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    other.batch_execute("commit").await.expect("a commit");
    let output = import.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("is in this database already"), "{said}");
    let kept = "select count(*) from public.conversations where user_name = 'meanwhile'";
    assert_eq!(there.count(kept).await, 1);
    assert_eq!(
        there
            .count("select count(*) from public.conversations")
            .await,
        1
    );
    there.verify();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_their_workspace_come_into_no_other() {
    let (here, there) = tokio::join!(Installation::new(), Installation::new());
    here.succeed(&["seed", "--load", "20", "--messages", "3"]);
    // The same id: that of the workspace which every installation begins with.
    there.succeed(&["seed", "--load", "5", "--messages", "3"]);
    let file = here.export("default", "first.romashka", &[]);
    let text = lines(&file).join("\n") + "\n";
    let made_up = there.path("made-up.romashka");
    let name = made_up.to_str().expect("a path");
    let count = "select count(*) from public.conversations";
    let before = there.count(count).await;
    let cases = [
        without_workspace(&text),
        changed(&text, "public.workspaces", |line| {
            line.replace(
                &manifest(&file)["workspace"]["id"].to_string(),
                &format!("\"{}\"", Uuid::new_v4()),
            )
        }),
    ];
    for text in cases {
        pack(&made_up, &text);
        there.refuse(
            &["import", name, "--new-ids", "--slug", "copy"],
            1,
            "workspace's row",
        );
        assert_eq!(there.count(count).await, before);
    }
    there.verify();
}

/// An export whose checksums are right, but which says that its workspace has no row.
fn without_workspace(text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut manifest: serde_json::Value = serde_json::from_str(&lines[0]).expect("a manifest");
    let tables = manifest["tables"].as_array_mut().expect("tables");
    let listed = tables
        .iter_mut()
        .find(|table| table["name"] == "public.workspaces");
    listed.expect("the workspace")["rows"] = 0.into();
    lines[0] = manifest.to_string();
    let begin = lines
        .iter()
        .position(|line| line == "{\"table\":\"public.workspaces\"}");
    lines.remove(begin.expect("the workspace") + 1);
    changed(
        &(lines.join("\n") + "\n"),
        "public.workspaces",
        str::to_owned,
    )
}

fn without_line(text: &str, is_it: impl Fn(&str) -> bool) -> String {
    let at = text.lines().position(is_it).expect("such a line");
    let lines = text.lines().enumerate().filter(|(number, _)| *number != at);
    lines.map(|(_, line)| format!("{line}\n")).collect()
}

/// An export whose checksums are right, but one table's rows refer to a row that is not there.
fn rewritten(text: &str, table: &str, column: &str) -> String {
    let reference =
        regex::Regex::new(&format!("\"{column}\":\"[0-9a-f-]{{36}}\"")).expect("a pattern");
    let elsewhere = format!("\"{column}\":\"{}\"", Uuid::new_v4());
    changed(text, table, |line| {
        reference.replace(line, elsewhere.as_str()).into_owned()
    })
}

/// An export whose checksums are right, with other rows in a table.
fn changed(text: &str, table: &str, change: impl Fn(&str) -> String) -> String {
    use sha2::{Digest, Sha256};
    let (mut out, mut is_within, mut hash) = (String::new(), false, Sha256::new());
    for line in text.lines() {
        let mut line = line.to_owned();
        if line.contains("{\"table\"")
            && line.contains(&format!("\"{table}\""))
            && !line.contains("romashka_export")
        {
            is_within = true;
            hash = Sha256::new();
        } else if line.starts_with("{\"table_end\"") && is_within {
            let digest = hex::encode(hash.clone().finalize());
            line = format!("{{\"table_end\":{{\"name\":\"{table}\",\"sha256\":\"{digest}\"}}}}");
            is_within = false;
        } else if line.starts_with("{\"end\"") {
            let digest = hex::encode(Sha256::digest(out.as_bytes()));
            line = format!(
                "{{\"end\":{{\"lines\":{},\"sha256\":\"{digest}\"}}}}",
                out.lines().count()
            );
        } else if is_within {
            line = change(&line);
            hash.update(format!("{line}\n"));
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}
