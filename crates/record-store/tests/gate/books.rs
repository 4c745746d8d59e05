//! Which books are open: every authority, times to the microsecond, purposes, types, visits, denials.

use access::{Access, Authority, DenialFact, Facts, GrantFact, GrantSource, Labels, Purpose, TestAccess};
use fhir::Instant;

use crate::world::*;

const BY_GRANT: [Authority; 12] = [
    Authority::Delegation,
    Authority::Guardian,
    Authority::Presence,
    Authority::Encounter,
    Authority::Referral,
    Authority::Appointment,
    Authority::HomeStation,
    Authority::Prescription,
    Authority::Emergency,
    Authority::Consent,
    Authority::Registration,
    Authority::Review,
];

#[test]
fn an_authority_opens_the_books_that_name_it() {
    run(|world| async move {
        for authority in BY_GRANT {
            let name = authority.code();
            world.put(&patient(name), grants(vec![grant("a", authority)])).await;
        }
        world.put(&patient("closed"), grants(vec![grant("b", Authority::Encounter)])).await;
        world.put(&organization("a"), Facts::default()).await;
        for authority in BY_GRANT {
            let access = Access::from(physician(vec![line(authority)]));
            for other in BY_GRANT {
                let sees = world.sees(access.clone(), &format!("Patient/{}", other.code())).await;
                assert_eq!(sees, authority == other, "{authority:?} and a grant of {other:?}");
            }
            assert!(!world.sees(access.clone(), "Patient/closed").await, "it is open to another clinic");
            assert!(
                !world.sees(access.clone(), "Organization/a").await,
                "the shared book is not in the line"
            );
            let (found, total) = world.find(&access, "Patient?_total=accurate").await;
            assert_eq!((found, total), (vec![format!("Patient/{}", authority.code())], Some(1)));
        }
        let all = physician(BY_GRANT.into_iter().map(line).collect());
        assert_eq!(world.find(&all.into(), "Patient?_total=accurate").await.1, Some(12));
        let shared = Access::from(physician(vec![line(Authority::Shared)]));
        assert!(world.sees(shared.clone(), "Organization/a").await);
        assert_eq!(world.find(&shared, "Patient?_total=accurate").await, (Vec::new(), Some(0)));
        let own = citizen("closed");
        assert_eq!(world.find(&own, "Patient?_total=accurate").await.1, Some(1));
        assert!(world.sees(own, "Patient/closed").await);
        assert!(
            !world.sees(physician(Vec::new()), "Organization/a").await,
            "nothing is permitted by no line"
        );
    });
}

#[test]
fn a_grant_holds_from_its_first_microsecond_to_before_its_end() {
    run(|world| async move {
        let (begins, ends) = (Instant::from_microseconds(NOW), Instant::from_microseconds(NOW + 10));
        let fact = GrantFact { begins, ends, ..grant("a", Authority::Presence) };
        world.put(&patient("p"), grants(vec![fact])).await;
        for (offset, expected) in [(-1, false), (0, true), (9, true), (10, false), (11, false)] {
            let at = Instant::from_microseconds(NOW + offset);
            let access = TestAccess { at, ..physician(vec![line(Authority::Presence)]) };
            assert_eq!(world.sees(access, "Patient/p").await, expected, "at {offset}");
        }
        let denied = DenialFact { begins, ends, ..denial() };
        world.put(&observation("consent", "p", "x"), denials(vec![denied])).await;
        let later = patient("p").replace("true", "false");
        world.put(&later, grants(vec![grant("a", Authority::Presence)])).await;
        for (offset, expected) in [(-1, true), (0, false), (9, false), (10, true)] {
            let at = Instant::from_microseconds(NOW + offset);
            let access = TestAccess { at, ..physician(vec![line(Authority::Presence)]) };
            assert_eq!(world.sees(access, "Patient/p").await, expected, "denied at {offset}");
        }
    });
}

#[test]
fn a_grant_is_of_its_purpose_its_type_and_its_visit() {
    run(|world| async move {
        let by = Authority::Consent;
        let research = GrantFact { purpose: Some(Purpose::Research), ..grant("a", by) };
        world.put(&patient("p"), grants(vec![research])).await;
        let treat = physician(vec![line(by)]);
        let purpose = |purpose| TestAccess { purpose, ..treat.clone() };
        assert!(!world.sees(treat.clone(), "Patient/p").await);
        assert!(!world.sees(purpose(None), "Patient/p").await);
        assert!(world.sees(purpose(Some(Purpose::Research)), "Patient/p").await);

        let of_type = GrantFact { resource_type: Some(kind("Observation")), ..grant("a", by) };
        world.put(&patient("q"), grants(vec![of_type])).await;
        world.put(&observation("o", "q", "x"), Facts::default()).await;
        world.put(&encounter("e", "q"), Facts::default()).await;
        assert!(world.sees(treat.clone(), "Observation/o").await);
        assert!(!world.sees(treat.clone(), "Encounter/e").await);
        assert!(!world.sees(treat.clone(), "Patient/q").await);

        let of_visit = GrantFact { visit: Some(id("v1")), ..grant("a", by) };
        world.put(&patient("r"), grants(vec![of_visit])).await;
        world.put(&encounter("v1", "r"), in_visit("v1")).await;
        world.put(&encounter("v2", "r"), in_visit("v2")).await;
        world.put(&observation("in-v1", "r", "x"), in_visit("v1")).await;
        world.put(&observation("alone", "r", "x"), Facts::default()).await;
        for (name, expected) in [
            ("Patient/r", true),
            ("Encounter/v1", true),
            ("Observation/in-v1", true),
            ("Encounter/v2", false),
            ("Observation/alone", false),
        ] {
            assert_eq!(world.sees(treat.clone(), name).await, expected, "{name}");
        }
        let line = access::Line { types: types(&["Observation"]), ..line(by) };
        assert!(!world.sees(physician(vec![line]), "Patient/r").await, "the line is of another type");
    });
}

#[test]
fn a_denial_beats_every_permission_but_the_owner() {
    run(|world| async move {
        world
            .put(
                &patient("p"),
                grants(vec![grant("a", Authority::Encounter), grant("b", Authority::Encounter)]),
            )
            .await;
        world.put(&encounter("v", "p"), in_visit("v")).await;
        let labelled = Facts { labels: label(3), ..in_visit("v") };
        world.put(&observation("o", "p", "x"), labelled).await;
        let open = access::Line { labels: Labels::ALL, ..line(Authority::Encounter) };
        let one = physician(vec![open.clone()]);
        let other = TestAccess { grantee: Some(clinic("b")), author: facility("b"), ..one.clone() };
        let emergency = TestAccess { purpose: Some(Purpose::BreakTheGlass), ..one.clone() };
        let cases: [(&str, DenialFact, [bool; 3]); 9] = [
            ("everybody", denial(), [false, false, false]),
            ("a", DenialFact { grantee: Some(clinic("a")), ..denial() }, [false, false, false]),
            ("b", DenialFact { grantee: Some(clinic("b")), ..denial() }, [true, true, true]),
            (
                "treatment",
                DenialFact { purpose: Some(Purpose::Treatment), ..denial() },
                [false, false, false],
            ),
            ("research", DenialFact { purpose: Some(Purpose::Research), ..denial() }, [true, true, true]),
            (
                "a type",
                DenialFact { resource_type: Some(kind("Observation")), ..denial() },
                [true, true, false],
            ),
            ("a label", DenialFact { labels: label(3) | label(4), ..denial() }, [true, false, false]),
            ("another label", DenialFact { labels: label(4), ..denial() }, [true, true, true]),
            ("a visit", DenialFact { visit: Some(id("v")), ..denial() }, [true, false, false]),
        ];
        let names = ["Patient/p", "Encounter/v", "Observation/o"];
        for (what, fact, expected) in cases {
            world.put(&observation("consent", "p", what), denials(vec![fact])).await;
            for (name, expected) in names.into_iter().zip(expected) {
                assert_eq!(world.sees(one.clone(), name).await, expected, "{what}: {name}");
                assert!(world.sees(citizen("p"), name).await, "{what}: {name} for its owner");
                assert!(world.sees(emergency.clone(), name).await, "{what}: {name} in an emergency");
            }
            let others = what != "b" && expected == [false; 3] && what != "a";
            assert_eq!(world.sees(other.clone(), "Patient/p").await, !others && what != "b", "{what}");
        }
        world
            .put(
                &observation("consent", "p", "e"),
                denials(vec![DenialFact { in_emergency: true, ..denial() }]),
            )
            .await;
        assert!(!world.sees(emergency.clone(), "Patient/p").await);
        world.delete("Observation", "consent").await;
        assert!(world.sees(one, "Patient/p").await, "a denial goes with its resource");
    });
}

#[test]
fn rows_are_replaced_with_their_resource_and_go_with_it() {
    run(|world| async move {
        let treat = physician(vec![line(Authority::Encounter), line(Authority::Registration)]);
        let both = vec![grant("a", Authority::Encounter), grant("a", Authority::Registration)];
        world.put(&patient("p"), grants(both)).await;
        assert!(world.sees(treat.clone(), "Patient/p").await);
        world.put(&patient("p").replace("true", "false"), Facts::default()).await;
        let encounter_only = physician(vec![line(Authority::Encounter)]);
        assert!(!world.sees(encounter_only, "Patient/p").await, "the later version says nothing");
        assert!(world.sees(treat.clone(), "Patient/p").await, "what registered the person stays");
        let listed = world.store.grants(&everything(access::Author::Server), &id("p")).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(
            (listed[0].authority, &listed[0].terms.source),
            (Authority::Registration, &(kind("Patient"), id("p")))
        );
        assert_eq!(listed[0].terms.grantee, world.store.grantee_number(&clinic("a")));
        world.delete("Patient", "p").await;
        assert!(!world.sees(treat, "Patient/p").await, "all go with the deletion");
        assert_eq!(world.store.grants(&everything(access::Author::Server), &id("p")).await.unwrap(), []);
    });
}

#[test]
fn a_word_counts_by_who_says_it() {
    run(|world| async move {
        let treat = Access::from(physician(vec![line(Authority::Consent)]));
        let authors =
            [access::Author::Server, access::Author::Citizen(id("p")), facility("a"), facility("b")];
        for (source, expected) in [
            (GrantSource::Anyone, [true, true, true, true]),
            (GrantSource::NotGrantee, [true, true, false, true]),
            (GrantSource::CitizenOrServer, [true, true, false, false]),
            (GrantSource::GranteeOrServer, [true, false, true, false]),
            (GrantSource::Server, [true, false, false, false]),
        ] {
            for (number, (author, expected)) in authors.iter().zip(expected).enumerate() {
                let fact = GrantFact { source, ..grant("a", Authority::Consent) };
                let text =
                    patient("p").replace("\"family\":\"p\"", &format!("\"family\":\"{source:?}{number}\""));
                world.put_as(author.clone(), &text, grants(vec![fact.clone()])).await;
                assert_eq!(world.sees(treat.clone(), "Patient/p").await, expected, "{source:?} {author:?}");
                // Whoever moves it says nothing by that.
                let (id, content) = world.content(&text.replace("true", "false"), grants(vec![fact]));
                world.write(&everything(access::Author::Server), moved(id, content)).await.unwrap();
                let moved = world.sees(treat.clone(), "Patient/p").await;
                assert_eq!(moved, expected, "{source:?} {author:?}, moved by the server");
            }
        }
    });
}
