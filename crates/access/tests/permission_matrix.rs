//! The whole matrix of permissions, compared cell by cell with a second model of the words of `docs/access.md`.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "classes are as long as the list of types")]

#[path = "matrix/lines.rs"]
mod lines;
#[path = "matrix/model.rs"]
mod model;
#[path = "matrix/walk.rs"]
mod walk;
#[path = "matrix/words.rs"]
mod words;

use fhir::ResourceType;
use healthbook_access::{Agreement, Authority, Case, Interaction, Policy, Purpose, Role, StaffRole};

use crate::lines::{Decision, caller, facility, moment};
use crate::model::Cell;
use crate::walk::{Mark, ages, marks, walk};
use crate::words::{Names, Said, Who};

/// How many cells a failure shows.
const SHOWN: usize = 20;

#[test]
fn every_cell_is_what_the_words_say() {
    let policy = Policy::built_in();
    let mut shown: Vec<String> = Vec::new();
    let mut differ = 0_u64;
    let counts = walk(&policy, |difference| {
        differ += 1;
        if shown.len() < SHOWN {
            shown.push(difference.to_string());
        }
    });
    println!("{counts:?}");
    assert!(differ == 0, "{differ} cells differ, the first of them:\n{}", shown.join("\n"));

    // 16 callers (the guardian at 5 ages, the others once), 9 interactions, 14 rights, 7 purposes, 146 types; no label, and
    // 16 labels and `UNKNOWN` of either origin; 4 things that a citizen may have said.
    assert_eq!(counts.cells, (15 + 5) * 9 * 14 * 7 * 146 * (1 + 2 * 17) * 4);
    assert!(counts.open > 0 && counts.open < counts.cells / 10);
}

/// What is printed for people, cell by cell, against the lines that the store obeys.
#[test]
fn the_printed_matrix_is_what_the_lines_say() {
    let policy = Policy::built_in();
    let marks = marks(&policy);
    let interactions = [Interaction::Read, Interaction::Create, Interaction::Update, Interaction::Delete];
    let mut shown: Vec<String> = Vec::new();
    let (mut differ, mut compared) = (0_u64, 0_u64);
    for who in Who::all() {
        let Some(role) = role(who) else { continue };
        for interaction in interactions {
            for purpose in Purpose::ALL {
                for kind in ResourceType::all() {
                    let decision = Decision::new(&policy, who, interaction, purpose, kind);
                    for authority in Authority::ALL.into_iter().filter(|authority| belongs(who, *authority)) {
                        // Where there is no line, what has no label stands for what has one.
                        let lines = decision.as_ref().is_some_and(|decision| decision.is_about(authority));
                        let marks = if lines { &marks[..] } else { &marks[..1] };
                        for Mark { names, labels, own } in marks {
                            // A consent beside another relation is a row of its own in print.
                            let names_label = matches!(authority, Authority::Delegation | Authority::Consent);
                            let permit = names_label.then_some((Said::Permit, Agreement::Permit));
                            let said = [(Said::Nothing, Agreement::None), (Said::Denial, Agreement::Deny)];
                            for (said, agreement) in said.into_iter().chain(permit) {
                                for age in ages(who).iter().copied() {
                                    let (label, own) = (*names, *own);
                                    let cell = Cell {
                                        who,
                                        interaction,
                                        authority,
                                        purpose,
                                        kind,
                                        label,
                                        own,
                                        said,
                                        age,
                                    };
                                    let case = Case {
                                        role,
                                        purpose,
                                        action: action(interaction),
                                        authority,
                                        resource_type: kind,
                                        labels: *labels,
                                        own,
                                        agreement,
                                        age,
                                    };
                                    let obeyed = decision
                                        .as_ref()
                                        .is_some_and(|decision| decision.permits(&policy, &cell, *labels));
                                    let printed = policy.verdict(&case).is_permit();
                                    compared += 1;
                                    if printed != obeyed {
                                        differ += 1;
                                        if shown.len() < SHOWN {
                                            shown.push(format!(
                                                "printed {printed}, obeyed {obeyed}: {cell:?}"
                                            ));
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(compared > 1_000_000);
    assert!(differ == 0, "{differ} of {compared} cells differ, the first of them:\n{}", shown.join("\n"));
}

fn role(who: Who) -> Option<Role> {
    match who {
        Who::Citizen | Who::Delegate | Who::Guardian => Some(Role::Citizen),
        Who::Staff(role) => Some(Role::Staff(role)),
        Who::Officer(role) => Some(Role::Officer(role)),
        Who::Anonymous => None,
    }
}

/// Rights that make a citizen what the model calls so belong to that kind only; officers have no book.
fn belongs(who: Who, authority: Authority) -> bool {
    match authority {
        Authority::Own => who == Who::Citizen,
        Authority::Delegation => who == Who::Delegate,
        Authority::Guardian => who == Who::Guardian,
        Authority::Shared => true,
        _ => !matches!(who, Who::Officer(_)),
    }
}

fn action(interaction: Interaction) -> healthbook_access::Action {
    match interaction {
        Interaction::Create => healthbook_access::Action::Create,
        Interaction::Update => healthbook_access::Action::Update,
        Interaction::Delete => healthbook_access::Action::Delete,
        _ => healthbook_access::Action::Read,
    }
}

/// Two labels close what either of them closes: no pair is open that one of its labels alone does not admit.
#[test]
fn two_labels_are_never_more_open_than_one() {
    let policy = Policy::built_in();
    let marks: Vec<Mark> = marks(&policy).into_iter().collect();
    let kind: ResourceType = "Observation".parse().expect("a type");
    for who in Who::all() {
        for purpose in Purpose::ALL {
            let Some(decision) = Decision::new(&policy, who, Interaction::Read, purpose, kind) else {
                continue;
            };
            for authority in Authority::ALL {
                let cell = |label, own| Cell {
                    who,
                    interaction: Interaction::Read,
                    authority,
                    purpose,
                    kind,
                    label,
                    own,
                    said: Said::Nothing,
                    age: 0,
                };
                for one in &marks {
                    for two in marks.iter().filter(|two| two.own == one.own) {
                        let both = cell(one.names.and(two.names), one.own);
                        let each = [one, two]
                            .into_iter()
                            .all(|mark| decision.permits(&policy, &cell(mark.names, mark.own), mark.labels));
                        assert_eq!(
                            decision.permits(&policy, &both, one.labels | two.labels),
                            each,
                            "{both:?}"
                        );
                    }
                }
            }
        }
    }
}

/// Limits that no cell shows: what a citizen writes is limited in its content, and what an emergency opens of
/// observations is a part of them.
#[test]
fn limits_inside_of_a_type_are_there() {
    let policy = Policy::built_in();
    let kind = |name: &str| name.parse::<ResourceType>().expect("a type");
    for who in [Who::Citizen, Who::Guardian] {
        for interaction in [Interaction::Create, Interaction::Update] {
            let limits = |name| {
                Decision::new(&policy, who, interaction, Purpose::PatientRequest, kind(name))
                    .expect("open")
                    .limits
            };
            let observation = limits("Observation");
            let [limit] = &observation[..] else { panic!("{who:?} {interaction:?}: {observation:?}") };
            assert_eq!(limit.element, "category");
            assert_eq!(limit.system, "http://terminology.hl7.org/CodeSystem/observation-category");
            let mut codes = limit.codes.clone();
            codes.sort();
            assert_eq!(codes, ["survey", "vital-signs"]);
            assert_eq!(limits("Task").len(), 1, "corrections only");
            assert!(limits("Appointment").is_empty());
        }
    }
    for role in [StaffRole::Physician, StaffRole::Nurse] {
        for interaction in [Interaction::Read, Interaction::Search, Interaction::ReadOperation] {
            let filters = |purpose, name| {
                let who = Who::Staff(role);
                Decision::new(&policy, who, interaction, purpose, kind(name)).expect("open").filters
            };
            // Codes of LOINC for the blood group: ABO and Rh together, ABO, Rh, the panel of both.
            let observation = filters(Purpose::BreakTheGlass, "Observation");
            assert!(!observation.is_empty());
            for text in observation.iter().flat_map(|filter| &filter.any_of) {
                let codes =
                    text.strip_prefix("code=").unwrap_or_else(|| panic!("{text} is not about the code"));
                for code in codes.split(',') {
                    let known = ["882-1", "883-9", "10331-7", "34530-6"]
                        .map(|code| format!("http://loinc.org|{code}"));
                    assert!(known.contains(&code.to_owned()), "{code}");
                }
            }
            assert!(filters(Purpose::BreakTheGlass, "Condition").is_empty());
            assert!(filters(Purpose::Treatment, "Observation").is_empty());
        }
    }
}

/// A transaction that creates and updates resources of one type may write what both interactions may write, and sees no
/// more than either.
#[test]
fn a_transaction_is_never_more_open_than_its_parts() {
    let policy = Policy::built_in();
    let marks = marks(&policy);
    let mut compared = 0_u64;
    for who in Who::all() {
        for purpose in Purpose::ALL {
            for kind in ResourceType::all() {
                let part = |interaction| Decision::new(&policy, who, interaction, purpose, kind);
                let writes = [(Interaction::Create, kind), (Interaction::Update, kind)];
                let both = policy.decide_all(&caller(who, purpose), &writes, moment());
                let (Some(create), Some(update)) = (part(Interaction::Create), part(Interaction::Update))
                else {
                    assert!(both.is_err(), "{who:?} {purpose:?} {kind}");
                    continue;
                };
                let both = Decision::of(&both.expect("both are open"), who, kind);
                for authority in Authority::ALL {
                    for Mark { names: label, labels, own } in &marks {
                        let cell = |interaction| Cell {
                            who,
                            interaction,
                            authority,
                            purpose,
                            kind,
                            label: *label,
                            own: *own,
                            said: Said::Nothing,
                            age: 0,
                        };
                        let permits = |decision: &Decision, interaction| {
                            decision.permits(&policy, &cell(interaction), *labels)
                        };
                        // As a creation it asks for the writable lines alone, as an update for the visible ones, too.
                        let created =
                            permits(&create, Interaction::Create) && permits(&update, Interaction::Create);
                        assert_eq!(
                            permits(&both, Interaction::Create),
                            created,
                            "{:?}",
                            cell(Interaction::Create)
                        );
                        let updated = created && permits(&update, Interaction::Update);
                        assert_eq!(
                            permits(&both, Interaction::Update),
                            updated,
                            "{:?}",
                            cell(Interaction::Update)
                        );
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 10_000);
}

/// What the citizen is shown of a facility beforehand is what the facility sees afterwards.
#[test]
fn a_preview_is_what_the_facility_sees() {
    let policy = Policy::built_in();
    let patient = fhir::LogicalId::try_from("citizen").expect("an id");
    for role in StaffRole::ALL {
        for purpose in Purpose::ALL {
            let preview = policy.preview(&facility(), role, purpose, &patient, moment());
            let caller = caller(Who::Staff(role), purpose);
            let access =
                policy.decide(&caller, Interaction::Search, None, moment()).expect("the directory is open");
            assert_eq!(preview.visible(), access.visible(), "{role:?} {purpose:?}");
            assert_eq!(preview.filters(), access.filters(), "{role:?} {purpose:?}");
            assert_eq!(preview.grantee(), access.grantee());
            assert_eq!(preview.sees_shielded(), access.sees_shielded());
            assert_eq!(preview.within(), Some(&patient));
            assert!(!preview.may_write());
        }
    }
}

/// Nobody who is not signed in comes to a line at all.
#[test]
fn nobody_signed_in_is_nobody() {
    let policy = Policy::built_in();
    for interaction in Interaction::ALL {
        for kind in ResourceType::all() {
            assert!(
                Decision::new(&policy, Who::Anonymous, interaction, Purpose::PatientRequest, kind).is_none()
            );
        }
    }
    assert_eq!(Names::of("UNKNOWN"), None);
}
