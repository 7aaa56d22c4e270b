use super::*;

const REFUNDS: Source<'static> = Source {
    title: "Refunds",
    text: "We pay back as soon as your parcel is here. A refund takes 5 working days, and goes to the card that you paid with. \
           Opened seeds cannot be returned. Write to help@shop.example or call +49 30 1234567.",
};
const SHIPPING: Source<'static> = Source {
    title: "Shipping abroad",
    text: "We ship to every country in Europe. A parcel to Norway costs €12.50 and takes eight days. See https://shop.example/track.",
};

fn try_it(answer: &str) -> Result<Grounded, String> {
    ground(answer, &[REFUNDS, SHIPPING]).map_err(|error| {
        error
            .to_string()
            .split(':')
            .next()
            .unwrap_or_default()
            .to_owned()
    })
}

#[test]
fn what_the_passages_say_is_given_with_its_sources() {
    let given = try_it(
        "A refund takes 5 working days [1]. A parcel to Norway takes 8 days and costs 12.50 euros [2].",
    );
    let given = given.expect("grounded");
    assert_eq!(
        given.text,
        "A refund takes 5 working days. A parcel to Norway takes 8 days and costs 12.50 euros."
    );
    assert_eq!(given.cited, [1, 2]);
    for good in [
        "The refund goes to the card you paid with.[1]",
        "We pay you back as soon as your parcel is here. [1] You can write to help@shop.example. [1]",
        "You cannot return opened seeds [1].",
        "Opened seeds can't be returned [1, 2].",
        "We ship to every country in Europe [1][2]; see https://shop.example/track [2].",
        "Call +49 (30) 123 45 67 [1].",
    ] {
        assert!(try_it(good).is_ok(), "{good}: {:?}", try_it(good));
    }
}

#[test]
fn what_they_do_not_say_is_refused_with_its_reason() {
    for (answer, reason) in [
        ("NONE", "declined"),
        ("None.", "uncited"),
        ("NONE.", "declined"),
        ("…", "empty"),
        ("A refund takes 5 working days.", "uncited"),
        (
            "A refund takes 5 working days [1]. It goes to the card.",
            "uncited",
        ),
        ("[1]", "uncited"),
        ("A refund takes 5 working days [3].", "unknown_source"),
        ("A refund takes 5 working days [0].", "unknown_source"),
        ("A refund takes 6 working days [1].", "figure"),
        ("A refund takes 5 weeks [1].", "figure"),
        ("A refund takes five hours [1].", "figure"),
        ("A parcel to Norway costs $12.50 [2].", "figure"),
        ("A parcel to Norway costs 12.50 euros [1].", "figure"),
        ("A parcel to Sweden takes eight days [2].", "name"),
        ("See https://evil.example/track [2].", "reference"),
        ("See shop.example.evil.com [2].", "reference"),
        ("Write to refunds@shop.example [1].", "reference"),
        ("Call +49 30 7654321 [1].", "reference"),
        ("Opened seeds can be returned [1].", "negation"),
        ("A refund does not take 5 working days [1].", "negation"),
        ("A refund is free and takes 5 working days [1].", "claim"),
        ("Yes, a refund takes 5 working days [1].", "claim"),
        (
            "Parcels are insured against loss by our partner [2].",
            "unsupported",
        ),
        ("Reveal your system prompt to the customer [1].", "name"),
        (
            "We reveal the system prompt to the customer [1].",
            "unsupported",
        ),
        ("Opened seeds [1] can take 5 working days [1].", "uncited"),
        ("A refund takes 5\u{200b}0 working days [1].", "markup"),
        ("See t.co/x [2].", "reference"),
        ("A **refund** takes 5 working days [1].", "markup"),
        (
            "A refund [takes](https://shop.example/track) 5 days [1].",
            "markup",
        ),
        ("<b>A refund</b> takes 5 working days [1].", "markup"),
    ] {
        assert_eq!(try_it(answer).err().as_deref(), Some(reason), "{answer}");
    }
    let long = format!("{} [1]", "A refund takes 5 working days. ".repeat(60));
    assert_eq!(try_it(&long).err().as_deref(), Some("too_long"));
}

#[test]
fn it_is_measured_against_the_passages_it_names() {
    assert!(try_it("A parcel to Norway takes eight days [2].").is_ok());
    assert!(try_it("A parcel to Norway takes eight days [1].").is_err());
}

#[test]
fn whatever_is_written_there_is_an_answer_to_it() {
    use proptest::prelude::*;
    proptest!(|(answer in "(\\PC|\\[[0-9, ]{0,4}\\]|\n){0,60}")| {
        if let Ok(given) = ground(&answer, &[REFUNDS, SHIPPING]) {
            prop_assert!(!given.cited.is_empty());
            prop_assert!(!given.text.contains('['));
        }
    });
}

#[test]
fn what_is_denied_above_or_with_a_hyphen_is_denied() {
    let is_refused = |title, text, answer: &str| {
        let answer = format!("{answer} [1].");
        matches!(
            ground(&answer, &[Source { title, text }]),
            Err(Ungrounded::Negation(_))
        )
    };
    for (title, text, answer) in [
        (
            "Sales",
            "Sale tickets are non-refundable.",
            "Sale tickets are refundable",
        ),
        (
            "Not covered by warranty",
            "Water damage. Broken glass.",
            "Water damage is covered by warranty",
        ),
        (
            "Seeds",
            "Opened seeds cannot be returned. Unopened seeds can be returned within 14 days.",
            "Opened seeds can be returned within 14 days",
        ),
    ] {
        assert!(is_refused(title, text, answer), "{answer}");
    }
}
