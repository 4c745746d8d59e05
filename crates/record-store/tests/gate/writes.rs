//! What may be written, and that a decision holds only for the state that it saw.

use access::{Access, Authority, DenialFact, Facts, GrantFact, Labels, Line, TestAccess};
use fhir::VersionId;
use healthbook_record_store::{Effect, Expectation, Job, Made, Precondition, Seen, Write, WriteError};

use crate::world::*;

async fn may(world: &World, access: &Access, text: &str, facts: Facts) -> bool {
    let (id, content) = world.content(text, facts);
    world.store.may_put(access, &id, &content, Made::default()).await.unwrap()
}

#[test]
fn content_goes_where_a_writable_line_covers_it() {
    run(|world| async move {
        let by = Authority::Presence;
        world.put(&patient("open"), grants(vec![grant("a", by)])).await;
        world.put(&patient("closed"), Facts::default()).await;
        world.put(&observation("s", "open", "x"), Facts { labels: label(1), ..in_visit("v") }).await;
        let lines = vec![Line { types: types(&["Observation"]), own_labels: label(2), ..line(by) }];
        let access = Access::from(physician(lines));
        let of = |name: &str| observation("new", name, "x");
        assert!(may(&world, &access, &of("open"), Facts::default()).await);
        assert!(!may(&world, &access, &of("closed"), Facts::default()).await);
        assert!(!may(&world, &access, &of("nobody"), Facts::default()).await);
        assert!(!may(&world, &access, &encounter("new", "open"), Facts::default()).await, "another type");
        assert!(!may(&world, &access, &of("open"), in_visit("v")).await, "the visit is closed");
        let own = Facts { labels: label(2), ..Facts::default() };
        assert!(may(&world, &access, &of("open"), own.clone()).await, "it will be an own label");
        let other = Facts { labels: label(3), ..Facts::default() };
        assert!(!may(&world, &access, &of("open"), other.clone()).await);
        let closed = DenialFact { labels: label(2), ..denial() };
        world.put(&observation("consent", "open", "x"), denials(vec![closed])).await;
        assert!(!may(&world, &access, &of("open"), own).await, "the citizen closed the label");
        assert!(may(&world, &access, &of("open"), Facts::default()).await);
        let reader = TestAccess { writable: None, ..physician(vec![line(by)]) };
        assert!(!may(&world, &reader.into(), &of("open"), Facts::default()).await);
        assert!(may(&world, &citizen("open"), &of("open"), other).await);
        assert!(!may(&world, &citizen("open"), &of("closed"), Facts::default()).await);
        assert!(!may(&world, &access, &organization("new"), Facts::default()).await);
        let shared = Access::from(physician(vec![line(Authority::Shared)]));
        assert!(may(&world, &shared, &organization("new"), Facts::default()).await);
        assert!(!may(&world, &shared, &of("open"), Facts::default()).await);
        assert!(!may(&world, &shared, &patient("new"), Facts::default()).await);
    });
}

#[test]
fn content_names_a_visit_of_which_its_writer_knows() {
    run(|world| async move {
        let by = Authority::Encounter;
        let dispensing = GrantFact { visit: Some(id("named")), ..grant("a", Authority::Prescription) };
        let of_book = vec![grant("a", by), dispensing];
        world.put(&patient("open"), grants(of_book)).await;
        world.put(&patient("other"), grants(vec![grant("a", by)])).await;
        world.put(&observation("o1", "open", "x"), in_visit("seen")).await;
        world.put(&encounter("v2", "open"), in_visit("v2")).await;
        world.put(&observation("s", "open", "x"), Facts { labels: label(1), ..in_visit("closed") }).await;
        let access = Access::from(physician(vec![line(by), line(Authority::Prescription)]));
        for (name, visit, expected) in [
            ("open", "seen", true),
            ("open", "v2", true),
            ("open", "named", true),
            ("open", "closed", false),
            ("open", "nothing", false),
            ("other", "seen", false),
            ("other", "named", false),
        ] {
            let text = observation("new", name, "x");
            assert_eq!(may(&world, &access, &text, in_visit(visit)).await, expected, "{name} {visit}");
        }
        let narrow = Access::from(physician(vec![Line { types: types(&["Observation"]), ..line(by) }]));
        let text = observation("new", "open", "x");
        assert!(may(&world, &narrow, &text, in_visit("seen")).await);
        assert!(!may(&world, &narrow, &text, in_visit("v2")).await, "nothing of it is seen");
        let (own, content) = world.content(&text, in_visit("made"));
        for (visit, expected) in [(true, true), (false, false)] {
            let made = Made { visit, ..Made::default() };
            assert_eq!(world.store.may_put(&narrow, &own, &content, made).await.unwrap(), expected);
        }
        assert!(may(&world, &citizen("open"), &text, in_visit("closed")).await, "the citizen sees it");
        assert!(!may(&world, &citizen("open"), &text, in_visit("nothing")).await);
    });
}

#[test]
fn whoever_registers_a_person_writes_what_registration_permits() {
    run(|world| async move {
        let registers = Line { types: types(&["Patient", "Encounter"]), ..line(Authority::Registration) };
        let access = Access::from(physician(vec![registers, line(Authority::Encounter)]));
        for (text, expected) in
            [(patient("new"), true), (encounter("e", "new"), true), (observation("o", "new", "x"), false)]
        {
            let (own, content) = world.content(&text, Facts::default());
            assert_eq!(
                world
                    .store
                    .may_put(&access, &own, &content, Made { patient: true, ..Made::default() })
                    .await
                    .unwrap(),
                expected,
                "{text}"
            );
            assert!(!world.store.may_put(&access, &own, &content, Made::default()).await.unwrap(), "{text}");
        }
        let elsewhere =
            TestAccess { within: Some(id("p")), ..physician(vec![line(Authority::Registration)]) };
        let (own, content) = world.content(&patient("new"), Facts::default());
        assert!(
            !world
                .store
                .may_put(&elsewhere.into(), &own, &content, Made { patient: true, ..Made::default() })
                .await
                .unwrap()
        );
    });
}

#[test]
fn a_facility_changes_what_it_wrote_and_the_patient() {
    run(|world| async move {
        let by = Authority::Presence;
        world.put(&patient("p"), grants(vec![grant("a", by)])).await;
        world.put_as(facility("a"), &observation("mine", "p", "x"), Facts::default()).await;
        world.put_as(facility("b"), &observation("theirs", "p", "x"), Facts::default()).await;
        world.put_as(access::Author::Citizen(id("p")), &observation("own", "p", "x"), Facts::default()).await;
        let physician_here = Access::from(physician(vec![line(by)]));
        let reader = Line { types: types(&["Patient"]), ..line(by) };
        let access::Reach::Lines(_) = physician_here.visible() else { panic!() };
        let narrow =
            TestAccess { writable: Some(access::Reach::Lines([reader].into())), ..physician(vec![line(by)]) };
        let narrow = Access::from(narrow);
        let citizen = citizen("p");
        for (name, by_facility, by_citizen, narrowly) in [
            ("Patient/p", true, true, true),
            ("Observation/mine", true, false, false),
            ("Observation/theirs", false, false, false),
            ("Observation/own", false, true, false),
        ] {
            let (kind_name, own) = name.split_once('/').unwrap();
            let allowed = async |access: &Access| {
                let found = world.store.read_to_change(access, kind(kind_name), &id(own)).await.unwrap();
                found.map(|found| found.allowed)
            };
            assert_eq!(allowed(&physician_here).await, Some(by_facility), "{name}");
            assert_eq!(allowed(&citizen).await, Some(by_citizen), "{name}");
            assert_eq!(allowed(&narrow).await, Some(narrowly), "{name}");
            assert_eq!(allowed(&everything(access::Author::Server)).await, Some(true), "{name}");
            let stranger =
                TestAccess { grantee: Some(clinic("z")), author: facility("z"), ..physician(vec![line(by)]) };
            assert_eq!(allowed(&stranger.into()).await, None, "{name}");
        }
    });
}

#[test]
fn a_decision_holds_for_the_state_that_it_saw() {
    run(|world| async move {
        let access = everything(facility("a"));
        let (own, content) = world.content(&patient("p"), Facts::default());
        let write = |seen, changed: bool| {
            let text = patient("p").replace("true", if changed { "false" } else { "true" });
            let content = if changed { world.content(&text, Facts::default()).1 } else { content.clone() };
            let (id, precondition) = (own.clone(), Precondition::None);
            Write { resource_type: kind("Patient"), id, precondition, content: Some(content), seen }
        };
        let reach = access::Reach::Lines([line(Authority::Presence)].into());
        let limited = Access::from(TestAccess { writable: Some(reach), ..physician(Vec::new()) });
        let undecided = world.write(&limited, write(Seen::Unchecked, false)).await;
        assert!(matches!(undecided, Err(WriteError::Forbidden)), "nobody has decided");
        let first = VersionId::new(1).unwrap();
        let second = VersionId::new(2).unwrap();
        let refused = |result: Result<_, WriteError>| matches!(result, Err(WriteError::StateChanged));
        assert!(refused(world.write(&access, write(Seen::Version(first), false)).await));
        let made = world.write(&access, write(Seen::Absent, false)).await.unwrap();
        assert_eq!(made.effect, Effect::Created);
        assert!(refused(world.write(&access, write(Seen::Absent, true)).await));
        assert!(refused(world.write(&access, write(Seen::Version(second), true)).await));
        let updated = world.write(&access, write(Seen::Version(first), true)).await.unwrap();
        assert_eq!((updated.effect, updated.version), (Effect::Updated, second));
        let delete = |seen| Write { content: None, ..write(seen, false) };
        assert!(refused(world.write(&access, delete(Seen::Version(first))).await));
        assert_eq!(
            world.write(&access, delete(Seen::Version(second))).await.unwrap().effect,
            Effect::Deleted
        );
        assert!(refused(world.write(&access, write(Seen::Absent, false)).await), "a deletion is a version");
    });
}

#[test]
fn conditions_are_asked_again_as_their_caller_would() {
    run(|world| async move {
        let by = Authority::Presence;
        world.put(&patient("open"), grants(vec![grant("a", by)])).await;
        world.put(&patient("closed"), Facts::default()).await;
        world.put(&observation("hidden", "closed", "x"), Facts::default()).await;
        let lines = vec![Line { labels: Labels::NONE, ..line(by) }];
        let access = Access::from(physician(lines));
        let plan = world.plan("Observation?code=x");
        let found = world.store.search_ids(&access, &plan).await.unwrap();
        assert_eq!(found, [], "the match is hidden");
        let attempt = async |name: &str| {
            let (id, content) = world.content(&observation(name, "open", "x"), Facts::default());
            let (resource_type, precondition) = (kind("Observation"), Precondition::New);
            let write = Write { resource_type, id, precondition, content: Some(content), seen: Seen::Absent };
            let (criteria, access) = ("Observation?code=x".to_owned(), access.clone());
            let expectation =
                Expectation { plan: plan.clone(), found: found.clone(), criteria, access: access.clone() };
            world.store.write(&access, Job { expectations: vec![expectation], writes: vec![write] }).await
        };
        attempt("one").await.unwrap();
        assert!(
            matches!(attempt("two").await, Err(WriteError::ConditionChanged)),
            "now there is one that is seen"
        );
    });
}
