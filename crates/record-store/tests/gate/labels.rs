//! Labels close a whole visit, to whom the line, the grant or the own authorship does not open them.

use access::{Authority, Facts, GrantFact, Labels, Line};

use crate::world::*;

fn labelled(visit: &str, labels: Labels) -> Facts {
    Facts { labels, ..in_visit(visit) }
}

#[test]
fn a_label_closes_the_visit_that_it_is_given_to() {
    run(|world| async move {
        let by = Authority::Encounter;
        world.put(&patient("p"), grants(vec![grant("a", by)])).await;
        for visit in ["v", "w"] {
            world.put(&encounter(visit, "p"), in_visit(visit)).await;
            world.put(&observation(&format!("lab-{visit}"), "p", "x"), in_visit(visit)).await;
        }
        world.put(&observation("hiv", "p", "y"), labelled("v", label(5))).await;
        world.put(&observation("alone", "p", "z"), Facts { labels: label(5), ..Facts::default() }).await;
        let plain = physician(vec![line(by)]);
        let opened = physician(vec![Line { labels: label(5) | label(6), ..line(by) }]);
        let other = physician(vec![Line { labels: label(6), ..line(by) }]);
        for (name, hidden) in [
            ("Patient/p", false),
            ("Encounter/w", false),
            ("Observation/lab-w", false),
            ("Encounter/v", true),
            ("Observation/lab-v", true),
            ("Observation/hiv", true),
            ("Observation/alone", true),
        ] {
            assert_eq!(world.sees(plain.clone(), name).await, !hidden, "{name}");
            assert_eq!(world.sees(other.clone(), name).await, !hidden, "{name} with another label");
            assert!(world.sees(opened.clone(), name).await, "{name} with the label");
            assert!(world.sees(citizen("p"), name).await, "{name} for its owner");
        }
        // A version without the code: the label stays while the version that gave it is in the history.
        world.put(&observation("hiv", "p", "harmless"), in_visit("v")).await;
        assert!(!world.sees(plain.clone(), "Observation/hiv").await);
        assert!(!world.sees(plain.clone(), "Observation/lab-v").await);
        world.delete("Observation", "hiv").await;
        assert!(!world.sees(plain.clone(), "Observation/lab-v").await, "the history keeps it");
        let unknown = Facts { labels: Labels::UNKNOWN, ..in_visit("w") };
        world.put(&observation("strange", "p", "y"), unknown).await;
        assert!(!world.sees(plain, "Observation/lab-w").await, "what the policy does not know is closed");
        assert!(!world.sees(opened, "Observation/lab-w").await);
    });
}

#[test]
fn a_grant_opens_the_labels_that_it_names() {
    run(|world| async move {
        let by = Authority::Consent;
        let named = GrantFact { labels: label(1), ..grant("a", by) };
        world.put(&patient("p"), grants(vec![named])).await;
        world.put(&observation("one", "p", "x"), labelled("v", label(1))).await;
        world.put(&observation("two", "p", "x"), labelled("w", label(1) | label(2))).await;
        let access = physician(vec![line(by)]);
        assert!(world.sees(access.clone(), "Observation/one").await);
        assert!(!world.sees(access.clone(), "Observation/two").await, "every label must be open");
        let with_line = physician(vec![Line { labels: label(2), ..line(by) }]);
        assert!(world.sees(with_line, "Observation/two").await);
        // Another grant does not lend its labels.
        world
            .put(
                &patient("q"),
                grants(vec![
                    grant("a", Authority::Encounter),
                    GrantFact { labels: label(1), ..grant("a", by) },
                ]),
            )
            .await;
        world.put(&observation("three", "q", "x"), labelled("u", label(1))).await;
        assert!(!world.sees(physician(vec![line(Authority::Encounter)]), "Observation/three").await);
    });
}

#[test]
fn own_labels_are_those_that_the_own_facility_gave() {
    run(|world| async move {
        let by = Authority::Encounter;
        world.put(&patient("p"), grants(vec![grant("a", by)])).await;
        world.put_as(facility("a"), &observation("mine", "p", "x"), labelled("v", label(2))).await;
        world.put_as(facility("b"), &observation("theirs", "p", "x"), labelled("w", label(2))).await;
        world.put_as(facility("a"), &observation("both-a", "p", "x"), labelled("u", label(2))).await;
        world.put_as(facility("b"), &observation("both-b", "p", "x"), labelled("u", label(2))).await;
        world.put_as(facility("a"), &observation("mixed-a", "p", "x"), labelled("t", label(2))).await;
        world.put_as(facility("b"), &observation("mixed-b", "p", "x"), labelled("t", label(3))).await;
        world.put_as(facility("a"), &observation("other", "p", "x"), labelled("s", label(4))).await;
        let own = Line { own_labels: label(2) | label(3), ..line(by) };
        let access = physician(vec![own]);
        for (name, expected) in [
            ("mine", true),
            ("theirs", false),
            ("both-a", true),
            ("both-b", true),
            ("mixed-a", false),
            ("mixed-b", false),
            ("other", false),
        ] {
            assert_eq!(world.sees(access.clone(), &format!("Observation/{name}")).await, expected, "{name}");
        }
    });
}
