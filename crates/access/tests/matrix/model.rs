//! The second model of the permissions, written from the words of `docs/access.md` alone.
//!
//! It shares no line with the policy and its evaluation. Where the words leave room it takes the reading that shows or
//! changes less.

use std::sync::LazyLock;

use fhir::ResourceType;
use healthbook_access::{Authority, Interaction, Purpose, StaffRole};

use crate::words::{self, Class, Names, Said, Who};

struct Classes {
    directory: Class,
    facility_directory: Class,
    clinical: Class,
    clinical_read: Class,
    emergency: Class,
    registration: Class,
    laboratory_read: Class,
    laboratory_write: Class,
    pharmacy_read: Class,
    pharmacy_write: Class,
    nurse_write: Class,
    citizen_write: Class,
    delegate_write: Class,
    task: Class,
}

static CLASSES: LazyLock<Classes> = LazyLock::new(|| {
    let clinical = Class::of(words::CLINICAL).and(&Class::of(words::BESIDE_CLINICAL));
    let clinical_read = clinical.and(&Class::of(words::PERSON));
    Classes {
        directory: Class::of(words::DIRECTORY),
        facility_directory: Class::of(words::FACILITY_DIRECTORY),
        clinical_read,
        emergency: Class::of(words::EMERGENCY),
        registration: Class::of(words::REGISTRATION),
        laboratory_read: Class::of(words::LABORATORY_READ),
        laboratory_write: Class::of(words::LABORATORY_WRITE),
        pharmacy_read: Class::of(words::PHARMACY_READ),
        pharmacy_write: Class::of(&["MedicationDispense"]),
        nurse_write: Class::of(words::NURSE_WRITE),
        citizen_write: Class::of(words::CITIZEN_WRITE),
        delegate_write: Class::of(&["Appointment"]),
        task: Class::of(&["Task"]),
        clinical,
    }
});

/// The labels that are closed to a guardian at every age: the guardian may be who did it.
static CLOSED_TO_GUARDIANS: LazyLock<Names> = LazyLock::new(|| Names::these(&["DV", "CHILD_ABUSE"]));

/// The labels that close to a guardian at 13.
static CLOSED_AT_13: LazyLock<Names> = LazyLock::new(|| Names::these(&["SEX", "PSY", "ADOLESCENT"]));

/// What a physician sees again of what the own facility labelled: every label without abuse and genetics.
static PHYSICIAN_OWN: LazyLock<Names> =
    LazyLock::new(|| Names::known().without(Names::these(&["DV", "CHILD_ABUSE", "GENETIC"])));

/// What a pharmacist dispenses although it has a label, where the own facility prescribed it.
static PHARMACIST_OWN: LazyLock<Names> = LazyLock::new(|| Names::these(&["HIV", "OST", "PSY"]));

/// What stays closed in an emergency.
static CLOSED_IN_EMERGENCY: LazyLock<Names> =
    LazyLock::new(|| Names::these(&["ADOLESCENT", "DV", "CHILD_ABUSE"]).and(Names::UNKNOWN));

/// How far a right reaches into one type: which labels may be there, which besides when the own facility gave them, and
/// whether the grant itself may open more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shelf {
    labels: Names,
    own: Names,
    grant_opens: bool,
}

impl Shelf {
    const PLAIN: Self = Self { labels: Names::NONE, own: Names::NONE, grant_opens: false };

    fn all() -> Self {
        Self { labels: Names::EVERY, ..Self::PLAIN }
    }

    fn own(own: Names) -> Self {
        Self { own, ..Self::PLAIN }
    }

    fn by_grant() -> Self {
        Self { grant_opens: true, ..Self::PLAIN }
    }

    fn admits(&self, label: Names, own: bool, opened: Names) -> bool {
        label.is_within(self.labels)
            || (own && label.is_within(self.own))
            || (self.grant_opens && label.is_within(opened))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Read,
    Create,
    Update,
    Delete,
}

fn act(interaction: Interaction) -> Act {
    match interaction {
        Interaction::Create => Act::Create,
        Interaction::Update => Act::Update,
        Interaction::Delete => Act::Delete,
        Interaction::Read
        | Interaction::VersionRead
        | Interaction::Search
        | Interaction::History
        | Interaction::TypeHistory
        | Interaction::ReadOperation => Act::Read,
    }
}

/// Presence, encounter, referral, appointment, home station.
fn treats(authority: Authority) -> bool {
    matches!(
        authority,
        Authority::Presence
            | Authority::Encounter
            | Authority::Referral
            | Authority::Appointment
            | Authority::HomeStation
    )
}

fn when(holds: bool, shelf: Shelf) -> Option<Shelf> {
    holds.then_some(shelf)
}

/// What one right opens of one type to somebody, before labels, grants and denials are looked at.
pub fn shelf(
    who: Who,
    interaction: Interaction,
    authority: Authority,
    purpose: Purpose,
    kind: ResourceType,
) -> Option<Shelf> {
    let act = act(interaction);
    match who {
        Who::Anonymous => None,
        _ if authority == Authority::Shared => shared(who, act, purpose, kind),
        Who::Citizen | Who::Delegate | Who::Guardian => citizen(who, act, authority, purpose, kind),
        Who::Staff(role) => match purpose {
            Purpose::Treatment | Purpose::Operations
                if role == StaffRole::FacilityOfficer && authority == Authority::Review =>
            {
                when(act == Act::Read && CLASSES.task.has(kind), Shelf::PLAIN)
            }
            Purpose::Treatment => treatment(role, act, authority, kind),
            Purpose::BreakTheGlass => emergency(role, act, authority, kind),
            Purpose::PatientRequest => None,
            Purpose::Payment | Purpose::PublicHealth | Purpose::Research | Purpose::Operations => {
                // The types of the own trade, as a consent opens them under treatment, and never a label.
                let granted = authority == Authority::Consent && act == Act::Read;
                when(granted && treatment(role, act, authority, kind).is_some(), Shelf::PLAIN)
            }
        },
        Who::Officer(_) => None,
    }
}

fn shared(who: Who, act: Act, purpose: Purpose, kind: ResourceType) -> Option<Shelf> {
    let officer = who == Who::Staff(StaffRole::FacilityOfficer);
    let works = matches!(purpose, Purpose::Treatment | Purpose::Operations);
    let keeps = officer && works && CLASSES.facility_directory.has(kind);
    match act {
        Act::Read => when(CLASSES.directory.has(kind), Shelf::PLAIN),
        Act::Create | Act::Update => when(keeps, Shelf::PLAIN),
        Act::Delete => None,
    }
}

fn citizen(who: Who, act: Act, authority: Authority, purpose: Purpose, kind: ResourceType) -> Option<Shelf> {
    if purpose != Purpose::PatientRequest {
        return None;
    }
    match (who, authority) {
        (Who::Citizen, Authority::Own) => {
            when(act == Act::Read || CLASSES.citizen_write.has(kind), Shelf::all())
        }
        (Who::Guardian, Authority::Guardian) => {
            // Whether the child has to join in is for the server to find out, so no guardian writes a `Consent` alone.
            let writes = CLASSES.citizen_write.has(kind) && kind.as_str() != "Consent";
            when(act == Act::Read || writes, Shelf::by_grant())
        }
        (Who::Delegate, Authority::Delegation) => {
            let class = if act == Act::Read { &CLASSES.clinical_read } else { &CLASSES.delegate_write };
            when(class.has(kind), Shelf::by_grant())
        }
        _ => None,
    }
}

/// The types that a role reads under treatment.
fn reads(role: StaffRole, kind: ResourceType) -> bool {
    let classes = &*CLASSES;
    match role {
        StaffRole::Physician | StaffRole::Nurse => classes.clinical_read.has(kind),
        StaffRole::StationHead => classes.clinical_read.has(kind) || classes.task.has(kind),
        StaffRole::Pharmacist => classes.pharmacy_read.has(kind),
        StaffRole::Laboratory => classes.laboratory_read.has(kind),
        StaffRole::Registrar => classes.registration.has(kind),
        StaffRole::FacilityOfficer => false,
        StaffRole::System => {
            classes.clinical_read.has(kind)
                || classes.registration.has(kind)
                || classes.laboratory_read.has(kind)
        }
    }
}

/// The types that a role writes under treatment.
fn writes(role: StaffRole, act: Act, kind: ResourceType) -> bool {
    let classes = &*CLASSES;
    let registers = matches!(act, Act::Create | Act::Update) && classes.registration.has(kind);
    match role {
        StaffRole::Physician => classes.clinical.has(kind),
        StaffRole::StationHead => classes.clinical.has(kind) || classes.task.has(kind),
        StaffRole::Nurse => classes.nurse_write.has(kind),
        StaffRole::Pharmacist => classes.pharmacy_write.has(kind),
        StaffRole::Laboratory => classes.laboratory_write.has(kind),
        StaffRole::Registrar => registers,
        StaffRole::FacilityOfficer => false,
        StaffRole::System => classes.clinical.has(kind) || classes.laboratory_write.has(kind) || registers,
    }
}

/// The labels of the own facility with which a role reads a type.
fn own_of(role: StaffRole, kind: ResourceType) -> Names {
    match role {
        StaffRole::Physician | StaffRole::StationHead | StaffRole::Laboratory => *PHYSICIAN_OWN,
        // The union: what only a registrar handles has no label.
        StaffRole::System if reads(StaffRole::Physician, kind) => *PHYSICIAN_OWN,
        StaffRole::Pharmacist if matches!(kind.as_str(), "MedicationRequest" | "MedicationDispense") => {
            *PHARMACIST_OWN
        }
        _ => Names::NONE,
    }
}

fn treatment(role: StaffRole, act: Act, authority: Authority, kind: ResourceType) -> Option<Shelf> {
    let consented = authority == Authority::Consent && act == Act::Read;
    // By a consent the head of a station reads what a physician reads.
    let role = if role == StaffRole::StationHead && consented { StaffRole::Physician } else { role };
    let related = match role {
        StaffRole::StationHead => authority == Authority::HomeStation,
        StaffRole::Pharmacist => treats(authority) || authority == Authority::Prescription || consented,
        StaffRole::Registrar | StaffRole::System => {
            treats(authority) || authority == Authority::Registration || consented
        }
        StaffRole::Physician | StaffRole::Nurse | StaffRole::Laboratory => treats(authority) || consented,
        StaffRole::FacilityOfficer => false,
    };
    // What a registration opens is what the registrar does.
    let role = match (role, authority) {
        (StaffRole::System, Authority::Registration) => StaffRole::Registrar,
        _ => role,
    };
    // A visit does not begin another one, nor take itself away; it may be closed.
    let visit = authority == Authority::Encounter && kind.as_str() == "Encounter";
    let opened = match act {
        Act::Read => reads(role, kind),
        Act::Update => writes(role, act, kind),
        Act::Create | Act::Delete => writes(role, act, kind) && !visit,
    };
    let shelf = match (role, act) {
        (StaffRole::Registrar, _) => Shelf::PLAIN,
        // The union of the roles: what only the registrar writes has no label.
        (StaffRole::System, Act::Create | Act::Update | Act::Delete)
            if !writes(StaffRole::Physician, act, kind) =>
        {
            Shelf::PLAIN
        }
        // What is found may be recorded, even where it then closes.
        (_, Act::Create) => Shelf::own(Names::known()),
        // What is changed is what the role reads by itself.
        (_, Act::Read | Act::Update | Act::Delete) => Shelf::own(own_of(role, kind)),
    };
    when(related && opened, Shelf { grant_opens: consented, ..shelf })
}

fn emergency(role: StaffRole, act: Act, authority: Authority, kind: ResourceType) -> Option<Shelf> {
    let opened = authority == Authority::Emergency && act == Act::Read && CLASSES.emergency.has(kind);
    match role {
        StaffRole::Physician => {
            when(opened, Shelf { labels: Names::EVERY.without(*CLOSED_IN_EMERGENCY), ..Shelf::PLAIN })
        }
        // As physician, without special labels.
        StaffRole::Nurse => when(opened, Shelf::PLAIN),
        _ => None,
    }
}

/// The labels that a guardian's grant opens at an age; `None` when it has ended.
fn guardian_opens(age: u8) -> Option<Names> {
    match age {
        0..13 => Some(Names::known().without(*CLOSED_TO_GUARDIANS)),
        13..16 => Some(Names::known().without(*CLOSED_TO_GUARDIANS).without(*CLOSED_AT_13)),
        16..18 => Some(Names::NONE),
        18.. => None,
    }
}

/// One cell: a resource of this type, in a visit with this label (none or one; `own`: the caller's own facility gave it),
/// in a book for which the caller has this right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Who asks.
    pub who: Who,
    /// For what.
    pub interaction: Interaction,
    /// By what right.
    pub authority: Authority,
    /// What for.
    pub purpose: Purpose,
    /// With what.
    pub kind: ResourceType,
    /// The label.
    pub label: Names,
    /// Whether the own facility gave it.
    pub own: bool,
    /// What the citizen said besides.
    pub said: Said,
    /// The age of the child, where the right is a guardian's.
    pub age: u8,
}

/// Whether the words permit the cell.
pub fn may(cell: &Cell) -> bool {
    if denied(cell) {
        return false;
    }
    let reading = Cell { interaction: Interaction::Read, ..*cell };
    match act(cell.interaction) {
        Act::Read | Act::Create => opened(cell),
        // What is replaced or deleted must be visible, too.
        Act::Update | Act::Delete => opened(cell) && opened(&reading),
    }
}

fn denied(cell: &Cell) -> bool {
    let bound = cell.authority != Authority::Shared && cell.authority != Authority::Own;
    bound
        && match cell.said {
            Said::Nothing | Said::Permit => false,
            Said::Denial => cell.purpose != Purpose::BreakTheGlass,
            Said::DenialInEmergency => true,
        }
}

fn opened(cell: &Cell) -> bool {
    let Cell { who, interaction, authority, purpose, kind, label, own, said, age } = *cell;
    // The shield closes no visit, and no consent can name what the policy does not know.
    let label = label.without(Names::shield());
    // Labels are opened for reading only, and for care or for who acts for the citizen only.
    let reads = act(interaction) == Act::Read;
    let names = reads && matches!(purpose, Purpose::Treatment | Purpose::PatientRequest);
    let permitted = if said == Said::Permit && names { label.without(Names::UNKNOWN) } else { Names::NONE };
    let granted = match authority {
        Authority::Guardian if who == Who::Guardian => match guardian_opens(age) {
            Some(granted) if reads => granted,
            Some(_) => Names::NONE,
            None => return false,
        },
        Authority::Delegation | Authority::Consent => permitted,
        _ => Names::NONE,
    };
    let by = |authority, opened| {
        let shelf = shelf(who, interaction, authority, purpose, kind);
        shelf.is_some_and(|shelf| shelf.admits(label, own, opened))
    };
    // A permit beside the relation is a grant of its own. It is about a book, never about what belongs to none.
    let beside = said == Said::Permit && !matches!(authority, Authority::Shared | Authority::Own);
    by(authority, granted) || (beside && by(Authority::Consent, permitted))
}
