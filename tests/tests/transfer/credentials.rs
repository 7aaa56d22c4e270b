//! Credentials leave for those only who are named.

use std::fs;

use romashka_db::envelope::{Keyring, Place as Secret};
use romashka_tests::value;
use secrecy::ExposeSecret;
use serde_json::Value;
use uuid::Uuid;

use super::{Installation, lines, manifest};

#[tokio::test(flavor = "multi_thread")]
async fn credentials_travel_encrypted_or_not_at_all() {
    let (here, there) = tokio::join!(Installation::new(), Installation::new());
    let workspace = here.database.default_workspace().await;
    let (channel, widget, secret) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let ring = Keyring::parse(&here.key).expect("a key");
    let place = |table: &'static str, column: &'static str, row: Uuid| Secret {
        table,
        column,
        workspace,
        row,
    };
    let credentials = ring.seal_json(
        place("communication_channels", "api_credentials", channel),
        b"{\"token\": \"of the channel\"}",
    );
    let widget_secret = ring.seal_text(
        place("widget_identity_secrets", "secret_key", secret),
        b"of the widget",
    );
    here.execute(&format!(
        "insert into public.communication_channels (id, name, type, api_credentials) values ('{channel}', 'Mail', 'email', '{credentials}');
         insert into public.widget_configurations (id, widget_name) values ('{widget}', 'Chat');
         insert into public.widget_identity_secrets (id, widget_id, secret_key) values ('{secret}', '{widget}', '{widget_secret}')"
    ))
    .await;

    // Left out.
    let plain = here.export("default", "plain.romashka", &[]);
    let listed = manifest(&plain);
    assert_eq!(listed["credentials"], false);
    assert!(listed["left_out"]["public.widget_identity_secrets"].is_string());
    let text = lines(&plain).join("\n");
    for envelope in ["rmk1.", "xchacha20poly1305"] {
        assert!(!text.contains(envelope), "an envelope is in the export");
    }
    let without = Installation::new().await;
    without.succeed(&["import", plain.to_str().expect("a path")]);
    assert_eq!(
        without.count("select count(*) from public.communication_channels where name = 'Mail' and api_credentials is null").await,
        1
    );
    without.verify();

    // For somebody.
    let (identity, other) = (
        age::x25519::Identity::generate(),
        age::x25519::Identity::generate(),
    );
    for (name, identity) in [("key.txt", &identity), ("other.txt", &other)] {
        fs::write(there.path(name), identity.to_string().expose_secret()).expect("a file");
    }
    let recipient = identity.to_public().to_string();
    let sealed = here.export(
        "default",
        "sealed.romashka",
        &["--credentials-for", &recipient],
    );
    let name = sealed.to_str().expect("a path");
    let text = lines(&sealed).join("\n");
    for clear in [
        "of the channel",
        "of the widget",
        "rmk1.",
        "xchacha20poly1305",
    ] {
        assert!(!text.contains(clear), "{clear} is in the export");
    }
    there.refuse(&["import", name], 2, "credentials");
    there.refuse(
        &["import", name, "--identity", "other.txt"],
        2,
        "credentials",
    );
    let imported = there.json(&["import", name, "--identity", "key.txt"]);
    assert_eq!(imported["credentials"], 2);
    let ring = Keyring::parse(&there.key).expect("a key");
    let envelope: Value = value(
        there.database.owner(),
        &format!(
            "select api_credentials from public.communication_channels where id = '{channel}'"
        ),
    )
    .await;
    let opened = ring.open_json(
        place("communication_channels", "api_credentials", channel),
        &envelope,
    );
    assert_eq!(
        opened.expect("it opens").expose_secret(),
        b"{\"token\": \"of the channel\"}"
    );
    let envelope: String = value(
        there.database.owner(),
        &format!("select secret_key from public.widget_identity_secrets where id = '{secret}'"),
    )
    .await;
    let opened = ring.open_text(
        place("widget_identity_secrets", "secret_key", secret),
        &envelope,
    );
    assert_eq!(opened.expect("it opens").expose_secret(), b"of the widget");
    there.verify();

    // Under other ids they are bound to those.
    let copied = there.json(&[
        "import",
        name,
        "--identity",
        "key.txt",
        "--new-ids",
        "--slug",
        "copy",
    ]);
    let copy: Uuid = serde_json::from_value(copied["workspace"].clone()).expect("an id");
    let row = there
        .database
        .owner()
        .query_one(
            "select id, api_credentials from public.communication_channels where workspace_id = $1",
            &[&copy],
        )
        .await
        .expect("the channel");
    let opened = ring.open_json(
        Secret {
            table: "communication_channels",
            column: "api_credentials",
            workspace: copy,
            row: row.get(0),
        },
        &row.get::<_, Value>(1),
    );
    assert!(opened.is_ok());
}
