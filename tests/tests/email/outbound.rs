//! Mails to customers and the installation's own: sent over TLS, in the thread, once; failures told apart.

use romashka_channels::email::{Mail, ParseOptions};
use romashka_server::mail::settings::{MailServer as Place, Security, SystemMail};
use romashka_tests::{Api, TestDatabase};
use serde_json::json;
use sha2::Digest as _;

use crate::mail_server::{MailServer, PASSWORD};
use crate::workplace::{Workplace, fresh, settings};

const STATES: &str = "select string_agg(delivery_status, ',' order by created_at, id) from public.message_delivery_tracking";

/// A member writes the rows of files himself: one that names the place of another workspace's file opens nothing.
#[tokio::test]
async fn a_row_that_names_anothers_file_sends_nothing() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let place = Workplace::with(
        server,
        json!({"smtp_port": server.smtp.to_string(), "smtp_security": "starttls"}),
    )
    .await;
    let conversation = place.conversation().await;
    let rival = place.api.database.create_workspace("rival").await;
    let theirs = uuid::Uuid::now_v7();
    let name = theirs.simple().to_string();
    let path = format!("{}/{}/{name}", rival.simple(), &name[30..]);
    let bytes = place.api.files().join(&path);
    std::fs::create_dir_all(bytes.parent().expect("a folder")).expect("a folder");
    std::fs::write(&bytes, "a secret of the rival").expect("a file");
    let file: uuid::Uuid = place
        .api
        .database
        .owner()
        .query_one(
            "insert into public.file_attachments (workspace_id, conversation_id, filename, file_path, file_size, mime_type, storage_provider)
             values ($1, $2, 'mine.txt', $3, 21, 'text/plain', 'local') returning id",
            &[&place.workspace, &conversation, &path],
        )
        .await
        .expect("a row")
        .get(0);
    place
        .send(
            conversation,
            "Look at this",
            json!({"attachments": [file.to_string()]}),
        )
        .await;
    place.until(STATES, "failed".to_owned()).await;
    place
        .until(
            "select error_details ->> 'message' from public.message_delivery_tracking",
            "A file of the message is not on this server.".to_owned(),
        )
        .await;
}

#[tokio::test]
async fn an_answer_is_in_the_thread_with_signature_and_file() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    for (port, security) in [(server.smtps, "tls"), (server.smtp, "starttls")] {
        let place = Workplace::with(
            server,
            json!({"smtp_port": port.to_string(), "smtp_security": security}),
        )
        .await;
        let conversation = place.conversation().await;
        let folder = place.api.files();
        let bytes = b"%PDF-1.4 of a test";
        let hash = hex::encode(sha2::Sha256::digest(bytes));
        let path = format!("{}/{}/{hash}", &hash[..2], &hash[2..4]);
        std::fs::create_dir_all(folder.join(&path).parent().expect("a folder")).expect("a folder");
        std::fs::write(folder.join(&path), bytes).expect("a file");
        let file: uuid::Uuid = place
            .api
            .database
            .owner()
            .query_one(
                "insert into public.file_attachments (workspace_id, conversation_id, filename, file_path, file_hash, file_size, mime_type, storage_provider)
                 values ($1, $2, 'invoice.pdf', $3, $4, 18, 'application/pdf', 'local') returning id",
                &[&place.workspace, &conversation, &path, &hash],
            )
            .await
            .expect("a file")
            .get(0);
        place
            .send(
                conversation,
                "Here it is: Grüße",
                json!({"attachments": [file.to_string()]}),
            )
            .await;
        let mails = server.wait_for_mails(&place.customer, 1).await;
        let mail = Mail::parse(mails[0].as_bytes(), &ParseOptions::default());
        assert_eq!(mail.subject, "Re: My order");
        assert_eq!(mail.in_reply_to, ["first@customer.example"]);
        assert_eq!(
            mail.references,
            ["zeroth@customer.example", "first@customer.example"]
        );
        assert_eq!(mail.from[0].address, place.support);
        assert!(mail.text.contains("Here it is: Grüße") && mail.text.contains("Acme Ltd"));
        assert!(mail.html.is_some());
        assert_eq!(mail.attachments[0].name, "invoice.pdf");
        assert_eq!(mail.attachments[0].data, b"%PDF-1.4 of a test");
        assert!(mails[0].contains("ESMTPSA"), "signed in, over TLS");
        place.until(STATES, "sent".to_owned()).await;
        let id = mail.message_id.expect("an id");
        place
            .until(
                "select external_message_id from public.message_delivery_tracking",
                id.clone(),
            )
            .await;
        place
            .until(
                &format!("select count(*) from public.conversation_thread_keys where thread_key = '{id}' and conversation_id = '{conversation}'"),
                1_i64,
            )
            .await;
    }
}

#[tokio::test]
async fn refusals_are_told_apart_and_nothing_is_sent_where_the_certificate_is_not_believed() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let place = Workplace::with(server, json!({})).await;
    let conversation = place.conversation().await;
    let class = |status: &str| {
        format!(
            "select max(error_details ->> 'class') from public.message_delivery_tracking where delivery_status = '{status}'"
        )
    };
    place
        .send(
            conversation,
            "one",
            json!({"mail": {"cc": ["refused@example.com"]}}),
        )
        .await;
    place
        .until(&class("failed"), Some("recipient".to_owned()))
        .await;
    assert!(
        server.mails(&place.customer).is_empty(),
        "to all or to none"
    );
    place
        .send(
            conversation,
            "two",
            json!({"mail": {"cc": ["later@example.com"]}}),
        )
        .await;
    place
        .until(&class("queued"), Some("passing".to_owned()))
        .await;
    place
        .until(
            "select error_details ->> 'code' from public.message_delivery_tracking where delivery_status = 'queued'",
            "4.2.0".to_owned(),
        )
        .await;

    let mut strict = settings(server);
    strict.mail.authorities = None;
    let stranger = Workplace::with(server, json!({})).await;
    let api = Api::over(TestDatabase::new().await, strict).await;
    let workspace = api.database.create_workspace("acme").await;
    let configuration =
        json!({"address": stranger.support, "smtp_host": "localhost", "smtp_port": server.smtps});
    let channel = crate::workplace::store_channel(
        api.database.owner(),
        &api.serving().server().keys,
        workspace,
        &configuration,
        &json!({"password": PASSWORD}),
    )
    .await;
    api.database
        .owner()
        .query_one(
            "select public.send_message(conversation_id, 'three', workspace => $3) from public.ingest_message('email', $1, 'hello', channel_id => $2, workspace => $3)",
            &[&stranger.customer, &channel, &workspace],
        )
        .await
        .expect("a message");
    crate::workplace::until(
        api.database.owner(),
        "select error_details ->> 'code' from public.message_delivery_tracking",
        Some("unreachable".to_owned()),
    )
    .await;
    assert!(server.mails(&stranger.customer).is_empty());
}

#[tokio::test]
async fn a_wrong_password_lets_mails_wait_until_it_is_mended() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let place = Workplace::with(server, json!({})).await;
    let owner = place.api.database.owner();
    let admin = place
        .api
        .database
        .create_person(place.workspace, romashka_tests::Role::Admin)
        .await;
    let password = |password: &'static str| {
        let keys = &place.api.serving().server().keys;
        let sealed = keys.seal_json(
            romashka_db::envelope::Place {
                table: "communication_channels",
                column: "api_credentials",
                workspace: place.workspace,
                row: place.channel,
            },
            json!({"password": password}).to_string().as_bytes(),
        );
        async move {
            owner
                .execute(
                    "update public.communication_channels set api_credentials = $1",
                    &[&sealed],
                )
                .await
                .expect("a password");
        }
    };
    password("another one").await;
    let conversation = place.conversation().await;
    place.send(conversation, "one", json!({})).await;
    place
        .until(
            "select delivery_status || ' ' || coalesce(error_details ->> 'class', '') from public.message_delivery_tracking",
            "queued configuration".to_owned(),
        )
        .await;
    // Its admins are told, once, and members see it.
    place
        .until(
            "select count(*) from romashka.outgoing_mails where kind = 'channel_failing'",
            1_i64,
        )
        .await;
    place
        .until(
            "select count(*) from public.events where kind = 'channel.failed'",
            1_i64,
        )
        .await;
    let member = place.api.session(admin, Some(place.workspace)).await;
    let shown = member
        .get(&format!("/channels/{}", place.channel))
        .await
        .expect(200);
    assert!(
        shown.body["last_error"]
            .as_str()
            .is_some_and(|words| words.contains("password")),
        "{shown:?}"
    );
    owner
        .batch_execute("update public.message_delivery_tracking set next_attempt_at = now()")
        .await
        .expect("tried again");
    place
        .until("select count(*) from public.message_delivery_tracking where delivery_status = 'queued' and next_attempt_at > now() + interval '10 minutes' and attempt_count = 0", 1_i64)
        .await;
    place
        .until(
            "select count(*) from romashka.outgoing_mails where kind = 'channel_failing'",
            1_i64,
        )
        .await;
    password(PASSWORD).await;
    place.until(STATES, "sent".to_owned()).await;
    assert_eq!(server.wait_for_mails(&place.customer, 1).await.len(), 1);
    place
        .until(
            "select last_error is null from public.communication_channels",
            true,
        )
        .await;
}

#[tokio::test]
async fn an_automatic_answer_is_marked_and_never_goes_to_a_program() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let place = Workplace::with(server, json!({})).await;
    let conversation = place.conversation().await;
    let send = |text: &'static str| {
        let owner = place.api.database.owner();
        async move {
            owner
                .query_one(
                    "select public.send_message($1, $2, 'ai', workspace => $3)",
                    &[&conversation, &text, &place.workspace],
                )
                .await
                .expect("a message");
        }
    };
    send("An answer").await;
    let mails = server.wait_for_mails(&place.customer, 1).await;
    assert!(mails[0].contains("Auto-Submitted: auto-replied"));
    assert!(mails[0].contains("Return-Path: <>"));
    place
        .api
        .database
        .owner()
        .batch_execute("update public.messages set is_quiet = true where sender_type = 'user'")
        .await
        .expect("a program's mail");
    send("To a program").await;
    place.until(STATES, "sent,failed".to_owned()).await;
    assert_eq!(server.mails(&place.customer).len(), 1);
}

#[tokio::test]
async fn the_installations_mails_leave_their_queue() {
    let Some(server) = MailServer::shared() else {
        return;
    };
    let mut with_server = settings(server);
    let sender = fresh("romashka");
    with_server.system_mail = Some(SystemMail {
        server: Place {
            host: "localhost".to_owned(),
            port: server.smtp,
            security: Security::StartTls,
        },
        login: Some((sender.clone(), PASSWORD.to_owned().into())),
        from: romashka_channels::email::header::Mailbox {
            name: "Support".to_owned(),
            address: sender.clone(),
        },
    });
    let api = Api::over(TestDatabase::new().await, with_server).await;
    let recipient = fresh("member");
    let server_state = api.serving().server();
    let scope = server_state.service().await.expect("a scope");
    let link = "https://support.example.com/reset#token=abc";
    romashka_server::accounts::Mail::PasswordReset {
        link: link.to_owned(),
    }
    .queue(server_state, &scope, &recipient, Some("de"))
    .await
    .expect("a mail");
    scope.commit().await.expect("queued");
    let mails = server.wait_for_mails(&recipient, 1).await;
    let mail = Mail::parse(mails[0].as_bytes(), &ParseOptions::default());
    assert_eq!(mail.subject, "Neues Passwort setzen");
    assert!(mail.text.contains(link));
    assert!(mails[0].contains("Auto-Submitted: auto-generated"));
    crate::workplace::until(
        api.database.owner(),
        "select status from romashka.outgoing_mails",
        "sent".to_owned(),
    )
    .await;
}
