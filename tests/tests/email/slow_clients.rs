//! Clients that are slow, many, or say too much: each is sent away, and mail of others is taken meanwhile.

use std::time::{Duration, Instant};

use romashka_server::mail::intake::Patience;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::intake::{Client, LIMIT, Scene, letter, scene_with};

fn hasty() -> Patience {
    Patience {
        command: Duration::from_secs(2),
        block: Duration::from_secs(1),
        mail: Duration::from_secs(3),
        idle: Duration::from_secs(4),
        connection: Duration::from_secs(30),
        ..Patience::default()
    }
}

async fn begin_mail(scene: &Scene) -> Client {
    let mut client = Client::connect(scene.smtp).await;
    client.ask("EHLO x", "250-").await;
    client.ask("MAIL FROM:<a@b.example>", "250").await;
    client.ask("RCPT TO:<help@smtp.example>", "250").await;
    client.ask("DATA", "354").await;
    client
}

/// What is said at last, and after how long.
async fn end_of(client: &mut Client, begun: Instant) -> (String, Duration) {
    let words = client.answer().await;
    let after = begun.elapsed();
    assert_eq!(client.answer().await, "", "it is closed");
    (words, after)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_slow_is_sent_away_wherever_he_is_slow() {
    let scene = scene_with(None, [0, 0], hasty()).await;
    // Says nothing at all.
    let silent = async {
        let begun = Instant::now();
        let mut client = Client::connect(scene.smtp).await;
        end_of(&mut client, begun).await
    };
    // One byte of a command at a time, each in good time.
    let trickling = async {
        let begun = Instant::now();
        let mut client = Client::connect(scene.smtp).await;
        for _ in 0..20 {
            if client.0.write_all(b"x").await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        end_of(&mut client, begun).await
    };
    // Commands that lead nowhere, each at once.
    let chatting = async {
        let begun = Instant::now();
        let mut client = Client::connect(scene.smtp).await;
        for _ in 0..100 {
            if client.0.write_all(b"NOOP\r\n").await.is_err() {
                break;
            }
            let answer = client.answer().await;
            if !answer.starts_with("250") {
                return (answer, begun.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it could go on for ever");
    };
    // Stops in the middle of a mail.
    let stopping = async {
        let mut client = begin_mail(&scene).await;
        let begun = Instant::now();
        client.say(b"From: a@b.example\r\n").await;
        end_of(&mut client, begun).await
    };
    // One byte of a mail at a time.
    let dripping = async {
        let mut client = begin_mail(&scene).await;
        let begun = Instant::now();
        for _ in 0..100 {
            if client.0.write_all(b"x").await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            if begun.elapsed() > Duration::from_secs(4) {
                break;
            }
        }
        end_of(&mut client, begun).await
    };
    let (silent, trickling, chatting, stopping, dripping) =
        tokio::join!(silent, trickling, chatting, stopping, dripping);
    for (name, (words, after), (least, most)) in [
        ("silent", silent, (1.5, 4.0)),
        ("trickling", trickling, (1.5, 6.0)),
        ("chatting", chatting, (3.5, 7.0)),
        ("stopping", stopping, (0.5, 3.0)),
        ("dripping", dripping, (2.5, 6.0)),
    ] {
        assert!(words.starts_with("421 4.4.2"), "{name}: {words:?}");
        let seconds = after.as_secs_f64();
        assert!((least..most).contains(&seconds), "{name}: {seconds} s");
    }
    // Nothing of them was kept, and a mail of somebody else is taken.
    scene.messages(0).await;
    let left = std::fs::read_dir(scene.api.files().join("incoming")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
    let mut client = begin_mail(&scene).await;
    client
        .say(format!("{}\r\n.\r\n", letter("good", "Hello")).as_bytes())
        .await;
    assert!(client.answer().await.starts_with("250 "));
    scene.messages(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_so_many_connections_and_no_more() {
    let scene = scene_with(
        None,
        [0, 0],
        Patience {
            connections: 4,
            of_this_machine: 3,
            ..Patience::default()
        },
    )
    .await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(Client::connect(scene.smtp).await);
    }
    // The fourth of one address is told so at once, by SMTP and by LMTP.
    for port in [scene.smtp, scene.lmtp] {
        let stream = TcpStream::connect(("127.0.0.1", port))
            .await
            .expect("a connection");
        let mut client = Client(stream, Vec::new());
        let begun = Instant::now();
        let words = client.answer().await;
        assert!(words.starts_with("421 4.7.0"), "{words:?}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
    // Another address of this machine has a place: the last one.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind(([127, 0, 0, 2], 0).into())
        .expect("another address");
    let stream = socket
        .connect(([127, 0, 0, 1], scene.smtp).into())
        .await
        .expect("a connection");
    let mut other = Client(stream, Vec::new());
    assert!(other.answer().await.starts_with("220 "));
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind(([127, 0, 0, 3], 0).into())
        .expect("another address");
    let stream = socket
        .connect(([127, 0, 0, 1], scene.smtp).into())
        .await
        .expect("a connection");
    let words = Client(stream, Vec::new()).answer().await;
    assert!(words.starts_with("421 4.3.2"), "{words:?}");
    // Who leaves makes room.
    drop(held.pop());
    let begun = Instant::now();
    loop {
        let stream = TcpStream::connect(("127.0.0.1", scene.smtp))
            .await
            .expect("a connection");
        if Client(stream, Vec::new())
            .answer()
            .await
            .starts_with("220 ")
        {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "there is no room"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Those who were there are served as before.
    other.ask("EHLO x", "250-").await;
    held[0].ask("NOOP", "250").await;
}

#[tokio::test]
async fn lines_and_mails_have_a_longest() {
    let scene = scene_with(None, [0, 0], Patience::default()).await;
    // A line of 128 KB at most.
    let mut client = begin_mail(&scene).await;
    client.say(b"Subject: x\r\n\r\n").await;
    client.say(&vec![b'x'; 200 * 1024]).await;
    client.say(b"\r\n.\r\n").await;
    let words = client.answer().await;
    assert!(words.starts_with('5'), "{words}");
    client.ask("NOOP", "250").await;
    // A mail far above the limit is not read to its end.
    let mut client = begin_mail(&scene).await;
    let line = format!("{}\r\n", "x".repeat(998)).repeat(100);
    let mut sent = 0;
    while sent < LIMIT * 20 {
        if client.0.write_all(line.as_bytes()).await.is_err() {
            break;
        }
        sent += line.len();
    }
    assert!(sent < LIMIT * 20, "it was read without end");
    // Recipients: 100 at most.
    let mut client = Client::connect(scene.smtp).await;
    client.ask("EHLO x", "250-").await;
    client.ask("MAIL FROM:<a@b.example>", "250").await;
    for _ in 0..100 {
        client.ask("RCPT TO:<help@smtp.example>", "250").await;
    }
    client.ask("RCPT TO:<help@smtp.example>", "452").await;
    scene.messages(0).await;
}
