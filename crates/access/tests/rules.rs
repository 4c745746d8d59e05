//! What the table in words says (docs/access.md, section 4), asked of decisions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken premise of a test fails the test"
)]

use fhir::{Instant, LogicalId, ResourceType};
use healthbook_access::{
    Access, Action, Actor, Agreement, Author, Authority, Caller, Case, Denied, Identity, Interaction, Labels,
    OfficerRole, Policy, Purpose, Reach, Role, Scopes, StaffRole, Verdict,
};

fn id(text: &str) -> LogicalId {
    LogicalId::try_from(text).unwrap()
}

fn of(name: &str) -> ResourceType {
    name.parse().unwrap()
}

fn actor(role: Role) -> Actor {
    match role {
        Role::Citizen => Actor::Citizen { patient: id("p1") },
        Role::Staff(role) => Actor::Facility { code: "99001".to_owned(), organization: id("99001"), role },
        Role::Officer(role) => Actor::Officer { role },
    }
}

fn caller(role: Role, purpose: Purpose) -> Caller {
    Caller::Authenticated(Identity { purpose, ..Identity::new("somebody", actor(role)) }.into())
}

fn decide(role: Role, purpose: Purpose, interaction: Interaction, about: &str) -> Result<Access, Denied> {
    let at = Instant::from_microseconds(1);
    Policy::built_in().decide(&caller(role, purpose), interaction, Some(of(about)), at)
}

fn label(code: &str) -> Labels {
    Policy::built_in().document().labels().label(code).unwrap().labels
}

fn case(role: Role, purpose: Purpose, action: Action, authority: Authority, name: &str) -> Case {
    Case {
        role,
        purpose,
        action,
        authority,
        resource_type: of(name),
        labels: Labels::NONE,
        own: false,
        agreement: Agreement::None,
        age: 0,
    }
}

const PHYSICIAN: Role = Role::Staff(StaffRole::Physician);
const NURSE: Role = Role::Staff(StaffRole::Nurse);

#[test]
fn nobody_without_a_name_is_let_in() {
    let policy = Policy::built_in();
    let at = Instant::from_microseconds(1);
    for interaction in Interaction::ALL {
        let decided = policy.decide(&Caller::Anonymous, interaction, None, at);
        assert_eq!(decided.unwrap_err(), Denied::Unauthenticated);
        let access = policy.decide(&Caller::Unrestricted, interaction, None, at).unwrap();
        assert!(access.is_unlimited());
        assert_eq!(access.may_write(), interaction.writes());
    }
}

#[test]
fn offices_reach_no_book() {
    for office in OfficerRole::ALL {
        for purpose in Purpose::ALL {
            let role = Role::Officer(office);
            let access = decide(role, purpose, Interaction::Search, "Organization").unwrap();
            let Reach::Lines(lines) = access.visible() else { panic!("everything") };
            assert!(lines.iter().all(|line| line.authority == Authority::Shared));
            for name in ["Patient", "Observation", "Consent", "Task", "Encounter"] {
                let decided = decide(role, purpose, Interaction::Read, name);
                assert_eq!(decided.unwrap_err(), Denied::Forbidden, "{name}");
            }
            for name in ["Organization", "Patient"] {
                assert_eq!(decide(role, purpose, Interaction::Create, name).unwrap_err(), Denied::Forbidden);
            }
        }
    }
}

#[test]
fn a_citizen_reads_all_of_the_own_book_and_writes_little() {
    let access = decide(Role::Citizen, Purpose::PatientRequest, Interaction::Search, "Observation").unwrap();
    assert_eq!(access.own(), Some(&id("p1")));
    let policy = Policy::built_in();
    let own = |action, name| case(Role::Citizen, Purpose::PatientRequest, action, Authority::Own, name);
    for name in ResourceType::all() {
        let read = Case { labels: Labels::ALL, ..own(Action::Read, name.as_str()) };
        assert!(policy.verdict(&read).is_permit(), "{name}");
        let writes =
            ["Consent", "Appointment", "Observation", "QuestionnaireResponse", "Communication", "Task"];
        for action in [Action::Create, Action::Update, Action::Delete] {
            let expected = writes.contains(&name.as_str());
            assert_eq!(policy.verdict(&own(action, name.as_str())).is_permit(), expected, "{name}");
        }
    }
    // Acting for another purpose is not acting for oneself.
    for purpose in Purpose::ALL.into_iter().filter(|purpose| *purpose != Purpose::PatientRequest) {
        assert_eq!(
            decide(Role::Citizen, purpose, Interaction::Read, "Patient").unwrap_err(),
            Denied::Forbidden
        );
    }
}

#[test]
fn what_a_citizen_observes_is_a_vital_sign_or_a_survey_and_nothing_else() {
    let access = decide(Role::Citizen, Purpose::PatientRequest, Interaction::Create, "Observation").unwrap();
    let check = |name: &str, text: &str| {
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        access.check_content(of(name), &node).map_err(|problem| problem.expression)
    };
    let system = "http://terminology.hl7.org/CodeSystem/observation-category";
    let coding = |code: &str| format!(r#"{{"coding":[{{"system":"{system}","code":"{code}"}}]}}"#);
    let observation = |categories: &[&str]| {
        let categories: Vec<String> = categories.iter().map(|code| coding(code)).collect();
        format!(r#"{{"category":[{}]}}"#, categories.join(","))
    };
    assert_eq!(check("Observation", &observation(&["vital-signs"])), Ok(()));
    assert_eq!(check("Observation", &observation(&["survey", "vital-signs"])), Ok(()));
    for bad in [observation(&["laboratory"]), observation(&["survey", "laboratory"]), "{}".to_owned()] {
        assert_eq!(check("Observation", &bad), Err("Observation.category".to_owned()), "{bad}");
    }
    let mixed = format!(
        r#"{{"category":[{{"coding":[{{"system":"{system}","code":"survey"}},{{"system":"{system}","code":"laboratory"}}]}}]}}"#
    );
    assert!(check("Observation", &mixed).is_err());
    let other = r#"{"category":[{"coding":[{"system":"http://other","code":"survey"}]}]}"#;
    assert!(check("Observation", other).is_err());
    assert_eq!(check("Consent", "{}"), Ok(()));
}

#[test]
fn a_physician_sees_no_special_labels_but_those_of_the_own_facility() {
    let policy = Policy::built_in();
    let table = policy.document().labels();
    let rights = [
        Authority::Presence,
        Authority::Encounter,
        Authority::Referral,
        Authority::Appointment,
        Authority::HomeStation,
    ];
    for authority in rights {
        let read = case(PHYSICIAN, Purpose::Treatment, Action::Read, authority, "Observation");
        assert!(policy.verdict(&read).is_permit());
        for label in table.iter().filter(|label| !label.shield) {
            let labels = label.labels;
            assert_eq!(policy.verdict(&Case { labels, ..read }), Verdict::Label, "{}", label.code);
            let closed = ["DV", "CHILD_ABUSE", "GENETIC"].contains(&label.code.as_str());
            let own = policy.verdict(&Case { labels, own: true, ..read });
            assert_eq!(own.is_permit(), !closed, "{}", label.code);
            // What is seen may be written down, also what is then closed.
            let write = Case { action: Action::Create, labels, own: true, ..read };
            assert!(policy.verdict(&write).is_permit());
            let consented = Case { agreement: Agreement::Permit, labels, ..read };
            assert!(policy.verdict(&consented).is_permit());
        }
        for own in [false, true] {
            let unknown = Case { labels: Labels::UNKNOWN, own, agreement: Agreement::Permit, ..read };
            assert!(!policy.verdict(&unknown).is_permit());
        }
        let denied = Case { agreement: Agreement::Deny, ..read };
        assert_eq!(policy.verdict(&denied), Verdict::Denial);
        let shielded = Case { labels: table.shield(), ..read };
        assert!(policy.verdict(&shielded).is_permit(), "the shield hides parts, not people");
    }
}

#[test]
fn a_visit_is_closed_but_not_begun_by_the_right_of_a_visit() {
    let policy = Policy::built_in();
    for role in [PHYSICIAN, NURSE, Role::Staff(StaffRole::Registrar), Role::Staff(StaffRole::System)] {
        let by = |action, authority| {
            policy.verdict(&case(role, Purpose::Treatment, action, authority, "Encounter"))
        };
        assert_eq!(by(Action::Create, Authority::Encounter), Verdict::NoRule);
        assert!(by(Action::Create, Authority::Presence).is_permit());
        assert!(by(Action::Update, Authority::Encounter).is_permit());
        assert_eq!(by(Action::Delete, Authority::Encounter), Verdict::NoRule);
    }
}

#[test]
fn nobody_changes_what_only_a_grant_shows() {
    let policy = Policy::built_in();
    for authority in [Authority::Presence, Authority::Encounter, Authority::HomeStation] {
        let seen = Case {
            labels: label("HIV"),
            own: true,
            agreement: Agreement::Permit,
            ..case(NURSE, Purpose::Treatment, Action::Read, authority, "Observation")
        };
        assert!(policy.verdict(&seen).is_permit());
        for action in [Action::Update, Action::Delete] {
            assert_eq!(policy.verdict(&Case { action, ..seen }), Verdict::Label);
            assert!(policy.verdict(&Case { action, labels: Labels::NONE, ..seen }).is_permit());
            let physician = Case { action, role: PHYSICIAN, ..seen };
            assert!(policy.verdict(&physician).is_permit());
            assert_eq!(policy.verdict(&Case { labels: label("DV"), ..physician }), Verdict::Label);
        }
        assert!(policy.verdict(&Case { action: Action::Create, ..seen }).is_permit(), "what is found");
    }
    // Delegates and guardians neither.
    for authority in [Authority::Delegation, Authority::Guardian] {
        let seen = Case {
            labels: label("HIV"),
            agreement: Agreement::Permit,
            ..case(Role::Citizen, Purpose::PatientRequest, Action::Read, authority, "Appointment")
        };
        assert!(policy.verdict(&seen).is_permit());
        for action in [Action::Create, Action::Update, Action::Delete] {
            assert_eq!(policy.verdict(&Case { action, ..seen }), Verdict::Label);
        }
    }
}

#[test]
fn a_pharmacist_dispenses_what_the_own_facility_prescribed() {
    let policy = Policy::built_in();
    let pharmacist = Role::Staff(StaffRole::Pharmacist);
    for authority in [Authority::Presence, Authority::Prescription] {
        for code in ["HIV", "OST", "PSY", "SEX", "DV", "GENETIC"] {
            let dispensed = ["HIV", "OST", "PSY"].contains(&code);
            for name in ["MedicationRequest", "MedicationDispense", "AllergyIntolerance"] {
                let read = case(pharmacist, Purpose::Treatment, Action::Read, authority, name);
                let own = Case { labels: label(code), own: true, ..read };
                let open = dispensed && name != "AllergyIntolerance";
                assert_eq!(policy.verdict(&own).is_permit(), open, "{code} {name}");
                assert!(!policy.verdict(&Case { own: false, ..own }).is_permit(), "{code} {name}");
                let nurse = Case { role: NURSE, authority: Authority::Presence, ..own };
                assert!(!policy.verdict(&nurse).is_permit(), "nobody else");
            }
        }
    }
}

#[test]
fn messages_are_for_the_citizen_and_things_are_not_in_the_directory() {
    for name in ["Communication", "CommunicationRequest", "Provenance"] {
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Citizen) {
            for purpose in Purpose::ALL {
                for interaction in Interaction::ALL {
                    assert!(decide(role, purpose, interaction, name).is_err(), "{role:?} {name}");
                }
            }
        }
        assert!(decide(Role::Citizen, Purpose::PatientRequest, Interaction::Read, name).is_ok());
    }
    for role in Role::ALL {
        let read = case(role, Purpose::Treatment, Action::Read, Authority::Shared, "Device");
        assert_eq!(Policy::built_in().verdict(&read), Verdict::NoRule);
    }
}

#[test]
fn a_consent_opens_the_own_trade_and_labels_for_care_only() {
    let policy = Policy::built_in();
    let head = Role::Staff(StaffRole::StationHead);
    for name in ResourceType::all().map(ResourceType::as_str) {
        let by = |role| case(role, Purpose::Treatment, Action::Read, Authority::Consent, name);
        for (code, own) in [("HIV", false), ("HIV", true), ("DV", true)] {
            for agreement in Agreement::ALL {
                let of = |role| Case { labels: label(code), own, agreement, ..by(role) };
                let (head, physician) = (policy.verdict(&of(head)), policy.verdict(&of(PHYSICIAN)));
                assert_eq!(head.is_permit(), physician.is_permit(), "{name} {code} {agreement:?}");
            }
        }
    }
    for purpose in [Purpose::Payment, Purpose::PublicHealth, Purpose::Research, Purpose::Operations] {
        for role in StaffRole::ALL.map(Role::Staff) {
            for name in ResourceType::all().map(ResourceType::as_str) {
                let other = case(role, purpose, Action::Read, Authority::Consent, name);
                let care = Case { purpose: Purpose::Treatment, ..other };
                let open = policy.verdict(&other).is_permit();
                assert_eq!(open, policy.verdict(&care).is_permit(), "{role:?} {name}");
                for own in [false, true] {
                    let named = Case { labels: label("HIV"), own, agreement: Agreement::Permit, ..other };
                    assert!(!policy.verdict(&named).is_permit(), "{role:?} {name}");
                }
            }
        }
    }
}

#[test]
fn an_emergency_opens_the_emergency_set_and_no_more() {
    let policy = Policy::built_in();
    let set = [
        "Patient",
        "AllergyIntolerance",
        "Condition",
        "MedicationRequest",
        "MedicationStatement",
        "Immunization",
        "Observation",
        "Device",
        "Procedure",
    ];
    for resource_type in ResourceType::all() {
        let name = resource_type.as_str();
        let read = case(PHYSICIAN, Purpose::BreakTheGlass, Action::Read, Authority::Emergency, name);
        assert_eq!(policy.verdict(&read).is_permit(), set.contains(&name), "{name}");
        for action in [Action::Create, Action::Update, Action::Delete] {
            assert!(!policy.verdict(&Case { action, ..read }).is_permit());
        }
    }
    let read = case(PHYSICIAN, Purpose::BreakTheGlass, Action::Read, Authority::Emergency, "Condition");
    for code in ["HIV", "PSY", "SEX", "OST", "GENETIC", "RESTRICTED"] {
        let open = Case { labels: label(code), agreement: Agreement::Deny, ..read };
        assert!(policy.verdict(&open).is_permit(), "{code}");
        let nurse = Case { labels: label(code), role: NURSE, ..read };
        assert!(!policy.verdict(&nurse).is_permit(), "{code}");
    }
    for code in ["DV", "CHILD_ABUSE", "ADOLESCENT"] {
        assert_eq!(policy.verdict(&Case { labels: label(code), ..read }), Verdict::Label, "{code}");
    }
    let access = decide(PHYSICIAN, Purpose::BreakTheGlass, Interaction::Search, "Observation").unwrap();
    let filter = access.filters().iter().find(|filter| filter.types.contains(of("Observation"))).unwrap();
    assert!(filter.any_of.iter().all(|query| query.starts_with("code=http://loinc.org|")));
    // Whoever treats has no such limit, and no emergency.
    assert!(
        decide(PHYSICIAN, Purpose::Treatment, Interaction::Search, "Observation")
            .unwrap()
            .filters()
            .is_empty()
    );
}

#[test]
fn other_roles_stay_in_their_trade() {
    let policy = Policy::built_in();
    let sees =
        |role, name: &str| decide(Role::Staff(role), Purpose::Treatment, Interaction::Read, name).is_ok();
    let writes =
        |role, name: &str| decide(Role::Staff(role), Purpose::Treatment, Interaction::Create, name).is_ok();
    assert!(
        sees(StaffRole::Pharmacist, "MedicationRequest")
            && writes(StaffRole::Pharmacist, "MedicationDispense")
    );
    assert!(
        !sees(StaffRole::Pharmacist, "Observation") && !writes(StaffRole::Pharmacist, "MedicationRequest")
    );
    assert!(sees(StaffRole::Registrar, "Coverage") && writes(StaffRole::Registrar, "Patient"));
    assert!(!sees(StaffRole::Registrar, "Condition") && !sees(StaffRole::Registrar, "Observation"));
    assert!(sees(StaffRole::Laboratory, "Specimen") && writes(StaffRole::Laboratory, "DiagnosticReport"));
    assert!(!sees(StaffRole::Laboratory, "Condition") && !writes(StaffRole::Laboratory, "ServiceRequest"));
    assert!(sees(StaffRole::FacilityOfficer, "Task") && writes(StaffRole::FacilityOfficer, "Practitioner"));
    assert!(!sees(StaffRole::FacilityOfficer, "Patient") && !sees(StaffRole::FacilityOfficer, "Consent"));
    assert!(sees(StaffRole::System, "Condition") && writes(StaffRole::System, "Patient"));
    assert!(!writes(StaffRole::System, "Consent") && !writes(StaffRole::System, "Task"));
    assert!(writes(StaffRole::StationHead, "Task") && !writes(StaffRole::Physician, "Task"));
    assert!(!writes(StaffRole::Nurse, "Condition") && writes(StaffRole::Nurse, "MedicationAdministration"));
    for role in StaffRole::ALL {
        let read = case(Role::Staff(role), Purpose::Payment, Action::Read, Authority::Presence, "Condition");
        assert!(!policy.verdict(&read).is_permit(), "no right of care for another purpose");
        let consented = Case { authority: Authority::Consent, ..read };
        let trade = sees(role, "Condition");
        assert_eq!(policy.verdict(&consented).is_permit(), trade, "{role:?}: the types of the own trade");
    }
}

#[test]
fn a_guardian_sees_by_the_age_of_the_child() {
    let policy = Policy::built_in();
    let read = case(Role::Citizen, Purpose::PatientRequest, Action::Read, Authority::Guardian, "Encounter");
    for age in 0..=20_u8 {
        let plain = policy.verdict(&Case { age, ..read });
        assert_eq!(plain.is_permit(), age < 18, "{age}");
        for (code, closes) in
            [("HIV", 16), ("SEX", 13), ("PSY", 13), ("ADOLESCENT", 13), ("DV", 0), ("CHILD_ABUSE", 0)]
        {
            let verdict = policy.verdict(&Case { age, labels: label(code), ..read });
            assert_eq!(verdict.is_permit(), age < closes, "{code} at {age}");
        }
        let consent = Case { age, action: Action::Create, resource_type: of("Consent"), ..read };
        assert!(!policy.verdict(&consent).is_permit());
    }
}

#[test]
fn a_transaction_permits_its_own_writes_and_no_others() {
    let policy = Policy::built_in();
    let registrar = caller(Role::Staff(StaffRole::System), Purpose::Treatment);
    let at = Instant::from_microseconds(1);
    let writes = [(Interaction::Create, of("Patient")), (Interaction::Delete, of("Observation"))];
    let access = policy.decide_all(&registrar, &writes, at).unwrap();
    let Some(Reach::Lines(lines)) = access.writable() else { panic!("no lines") };
    let written = |name: &str| lines.iter().any(|line| line.types.contains(of(name)));
    assert!(written("Patient") && written("Observation"));
    assert!(!written("Condition") && !written("Encounter"));
    // Who creates and updates a visit in one transaction needs the right to do both.
    let both = [(Interaction::Create, of("Observation")), (Interaction::Update, of("Observation"))];
    let access = policy.decide_all(&registrar, &both, at).unwrap();
    let Some(Reach::Lines(lines)) = access.writable() else { panic!("no lines") };
    assert!(
        !lines.is_empty() && lines.iter().all(|line| line.types.iter().all(|name| name == of("Observation")))
    );
    // Patients cannot be deleted, so nothing of such a transaction happens.
    let bad = [(Interaction::Create, of("Patient")), (Interaction::Delete, of("Patient"))];
    assert_eq!(policy.decide_all(&registrar, &bad, at).unwrap_err(), Denied::Forbidden);
}

#[test]
fn a_preview_is_one_book_as_a_facility_would_see_it() {
    let policy = Policy::built_in();
    let at = Instant::from_microseconds(1);
    let access = policy.preview(&id("99001"), StaffRole::Physician, Purpose::Treatment, &id("p1"), at);
    let asked = decide(PHYSICIAN, Purpose::Treatment, Interaction::Search, "Observation").unwrap();
    assert_eq!(access.visible(), asked.visible());
    assert_eq!(access.grantee(), asked.grantee());
    assert_eq!((access.within(), access.may_write()), (Some(&id("p1")), false));
    assert!(!access.sees_shielded() && !access.is_unlimited());
}

#[test]
fn links_of_one_reach_do_not_open_another() {
    let print = |identity: Identity, at: i64| {
        let caller = Caller::Authenticated(identity.into());
        let at = Instant::from_microseconds(at);
        let decided = Policy::built_in().decide(&caller, Interaction::Search, Some(of("Observation")), at);
        decided.unwrap().fingerprint()
    };
    let plain = Identity::new("somebody", actor(PHYSICIAN));
    let scoped = |text: &str| Identity { scopes: Scopes::parse(text).unwrap().0, ..plain.clone() };
    assert_eq!(print(plain.clone(), 1), print(plain.clone(), 2));
    assert_ne!(print(plain.clone(), 1), print(scoped("user/Observation.rs"), 1));
    let lab = print(scoped("user/Observation.rs?category=laboratory"), 1);
    assert_ne!(print(scoped("user/Observation.rs"), 1), lab);
    let emergency = Identity { purpose: Purpose::BreakTheGlass, ..plain.clone() };
    assert_ne!(print(plain, 1), print(emergency, 1));
}

#[test]
fn an_explanation_names_rules_and_the_version_and_nobody() {
    let policy = Policy::built_in();
    let access = decide(PHYSICIAN, Purpose::Treatment, Interaction::Create, "Condition").unwrap();
    assert!(access.rules().any(|rule| rule.contains("treat/physician/write")));
    let text = access.explanation(&policy);
    assert!(text.contains(policy.version()) && text.contains("treat/physician/read"));
    assert!(!text.contains("99001") && !text.contains("somebody"));
}

#[test]
fn what_the_server_writes_out_of_a_message_is_not_the_word_of_the_server() {
    let author = |caller: &Caller| {
        let at = Instant::from_microseconds(1);
        let access =
            Policy::built_in().decide(caller, Interaction::Create, Some(of("Encounter")), at).unwrap();
        (access.author().clone(), access.is_by_server())
    };
    assert_eq!(author(&Caller::MESSAGE), (Author::Message, true));
    assert_eq!(author(&Caller::Background { job: "import" }), (Author::Server, true));
}
