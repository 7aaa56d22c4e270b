//! The real model: its vectors, and answers chosen by them. How good retrieval is, with the words of the database, is measured in `tests`.

use std::env;
use std::path::{Path, PathBuf};

use romashka_knowledge::sentence::sentences;
use romashka_knowledge::{Model, Sentence, extract};

/// Where `make test` puts the model.
fn model() -> Model {
    let folder = env::var_os("ROMASHKA_MODEL_DIR").map_or_else(
        || {
            Path::new(env!("CARGO_TARGET_TMPDIR"))
                .with_file_name("models")
                .join(Model::ID)
        },
        PathBuf::from,
    );
    match Model::open(&folder) {
        Ok(model) => model,
        Err(error) => panic!("{error}: {}", error.next_step()),
    }
}

#[test]
fn texts_of_any_length_and_company_have_their_own_vector() {
    let model = model();
    let long = "The card was not delivered. ".repeat(200);
    let texts = [
        "",
        "How do I locate my card?",
        &long,
        "où est ma carte ? 🚚",
    ];
    let together = model.embed(&texts).expect("vectors");
    assert_eq!(together.len(), 4);
    for (text, vector) in texts.iter().zip(&together) {
        let alone = model.embed(&[text]).expect("a vector");
        // Padding changes nothing but the last bits.
        assert!(alone[0].cosine(vector) > 0.9999, "{text:.20}");
    }
    assert!(model.embed::<&str>(&[]).expect("nothing").is_empty());
    // Two questions for the same, and one for something else.
    let pairs = model
        .embed(&[
            "How do I track my parcel?",
            "Where is my package?",
            "I like green tea.",
        ])
        .expect("vectors");
    let (same, other) = (pairs[0].cosine(&pairs[1]), pairs[0].cosine(&pairs[2]));
    println!("the same in other words {same:.3}, something else {other:.3}");
    assert!(same > 0.3 && other < 0.1, "{same} {other}");
}

#[test]
fn the_answer_is_in_the_articles_own_words() {
    let model = model();
    let text = "We post new cards within two days. Delivery inside the EU takes five working days. \
                If your card has not come after ten days, tell us and we send another one. Cards are made of recycled plastic.";
    let parts: Vec<_> = sentences(text);
    let vectors = model
        .embed(
            &parts
                .iter()
                .map(|range| &text[range.clone()])
                .collect::<Vec<_>>(),
        )
        .expect("vectors");
    let parts: Vec<Sentence> = parts
        .into_iter()
        .zip(vectors)
        .map(|(range, vector)| Sentence {
            range,
            vector: vector.pack(),
        })
        .collect();
    for (question, expected) in [
        ("What are your cards made of?", "recycled plastic"),
        ("My card did not arrive, what now?", "we send another one"),
    ] {
        let vector = &model.embed(&[question]).expect("a vector")[0].pack();
        let answer = extract(question, vector, "en", text, &parts).expect("an answer");
        let answer = &text[answer.range];
        assert!(answer.contains(expected), "{question} {answer}");
        assert!(answer.len() < text.len(), "{answer}");
    }
}
