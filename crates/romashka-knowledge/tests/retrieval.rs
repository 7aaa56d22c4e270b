//! Retrieval on questions that people asked, with the real model: the figures of the project's goals, and that they hold from run to run.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};

use romashka_knowledge::sentence::sentences;
use romashka_knowledge::{
    Calibration, Evidence, Key, Matrix, Model, Sentence, extract, passages, rank,
};

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

struct Article {
    label: String,
    title: String,
    text: String,
}

fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/banking77")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn articles() -> Vec<Article> {
    data("knowledge.tsv")
        .lines()
        .map(|line| {
            let mut fields = line.split('\t').map(str::to_owned);
            let mut next = || fields.next().expect("three fields");
            Article {
                label: next(),
                title: next(),
                text: next(),
            }
        })
        .collect()
}

/// Question and label.
fn questions() -> Vec<(String, String)> {
    csv::Reader::from_reader(data("queries.csv").as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("questions")
}

fn index(model: &Model, articles: &[Article]) -> Matrix {
    let mut matrix = Matrix::new(Model::DIMENSIONS);
    for (number, article) in articles.iter().enumerate() {
        let parts = passages(&article.title, &article.text);
        let texts: Vec<String> = parts
            .iter()
            .map(|passage| passage.with_context(&article.title))
            .collect();
        for (passage, vector) in parts.iter().zip(model.embed(&texts).expect("vectors")) {
            let key = Key {
                article: number as u128,
                position: passage.position,
            };
            matrix.push(key, &vector.pack());
        }
    }
    matrix
}

#[test]
fn the_right_article_is_among_the_first() {
    let model = model();
    let articles = articles();
    let questions = questions();
    assert_eq!((articles.len(), questions.len()), (77, 3080));
    let matrix = index(&model, &articles);
    let labels: HashMap<&str, u128> = articles
        .iter()
        .enumerate()
        .map(|(number, article)| (article.label.as_str(), number as u128))
        .collect();
    let texts: Vec<&str> = questions
        .iter()
        .map(|(question, _)| question.as_str())
        .collect();
    let vectors = model.embed(&texts).expect("vectors");
    let (mut hits, mut recalled, mut gain) = (0, 0, 0.0);
    let (mut answered, mut right) = (0, 0);
    for ((question, label), vector) in questions.iter().zip(&vectors) {
        let found = rank(question, &vector.pack(), &matrix, &[], 10, |_| true);
        let wanted = labels[label.as_str()];
        let place = found.iter().position(|one| one.article == wanted);
        hits += usize::from(place == Some(0));
        recalled += usize::from(place.is_some_and(|place| place < 5));
        gain += place.map_or(0.0, |place| 1.0 / (place as f64 + 2.0).log2());
        let evidence = Evidence {
            cosine: found[0].cosine,
            gap: found[0].cosine - found[1].cosine,
        };
        if Calibration::MINILM.probability(evidence) >= 0.6 {
            answered += 1;
            right += usize::from(place == Some(0));
        }
    }
    let share = |count: usize| count as f64 / questions.len() as f64;
    let told = format!(
        "hit@1 {:.3}, recall@5 {:.3}, nDCG@10 {:.3}; answered {:.3}, rightly {:.3}",
        share(hits),
        share(recalled),
        gain / questions.len() as f64,
        share(answered),
        right as f64 / answered as f64
    );
    println!("{told}");
    assert!(share(recalled) >= 0.92, "{told}");
    assert!(gain / questions.len() as f64 >= 0.835, "{told}");
    assert!(right as f64 / answered as f64 >= 0.9, "{told}");
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
