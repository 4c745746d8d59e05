//! Allergies: a few people in a hundred have one, and it is known since the day it was found.

use crate::book::Book;
use crate::calendar::days_after;
use crate::people::Person;
use crate::systems;

struct Allergy {
    /// A SNOMED CT concept under "allergic disposition".
    code: &'static str,
    display: &'static str,
    vietnamese: &'static str,
    category: &'static str,
    criticality: &'static str,
    reaction: (&'static str, &'static str, &'static str),
    share: u64,
}

const URTICARIA: (&str, &str, &str) = ("126485001", "Urticaria", "Nổi mày đay");
const SNEEZING: (&str, &str, &str) = ("76067001", "Sneezing", "Hắt hơi, chảy mũi");

const ALLERGIES: [Allergy; 4] = [
    Allergy {
        code: "91936005",
        display: "Allergy to penicillin",
        vietnamese: "Dị ứng penicilin",
        category: "medication",
        criticality: "high",
        reaction: URTICARIA,
        share: 14,
    },
    Allergy {
        code: "300913006",
        display: "Allergy to shellfish",
        vietnamese: "Dị ứng hải sản (tôm, cua)",
        category: "food",
        criticality: "low",
        reaction: URTICARIA,
        share: 25,
    },
    Allergy {
        code: "232350006",
        display: "House dust mite allergy",
        vietnamese: "Dị ứng mạt bụi nhà",
        category: "environment",
        criticality: "low",
        reaction: SNEEZING,
        share: 18,
    },
    Allergy {
        code: "91930004",
        display: "Allergy to egg protein",
        vietnamese: "Dị ứng trứng",
        category: "food",
        criticality: "low",
        reaction: URTICARIA,
        share: 6,
    },
];

fn allergy_of(person: &Person) -> Option<&'static Allergy> {
    let mut chance = person.key.draw("allergy");
    let mut left = chance.below(1000);
    ALLERGIES.iter().find(|allergy| {
        let is_it = left < allergy.share;
        left = left.saturating_sub(allergy.share);
        is_it
    })
}

/// Whether penicillins are out of the question.
pub(crate) fn is_allergic_to_penicillin(person: &Person) -> bool {
    allergy_of(person).is_some_and(|allergy| allergy.code == "91936005")
}

/// Writes the allergy of the person, if there is one.
pub(crate) fn write_allergy(book: &mut Book) {
    let person = book.person;
    let Some(allergy) = allergy_of(person) else { return };
    let found = days_after(person.born, person.key.draw("allergy found").between(500, 9000));
    if !book.has_lived(found) {
        return;
    }
    let patient = person.id;
    book.bundle.resource("AllergyIntolerance", person.key.child("allergy", 1).id(), |json| {
        json.concept("clinicalStatus", systems::ALLERGY_CLINICAL, "active", "Active", "");
        json.concept("verificationStatus", systems::ALLERGY_VERIFICATION, "confirmed", "Confirmed", "");
        json.plain("type", "allergy");
        json.list("category", |json| json.text_item(allergy.category));
        json.plain("criticality", allergy.criticality);
        json.concept("code", systems::SNOMED, allergy.code, allergy.display, allergy.vietnamese);
        json.reference("patient", "Patient", patient);
        json.plain("recordedDate", found);
        json.list_of_one("reaction", |json| {
            let (code, display, text) = allergy.reaction;
            json.concepts("manifestation", systems::SNOMED, code, display, text);
        });
    });
}
