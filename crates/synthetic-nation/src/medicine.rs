//! Medicines and their prescription: one MedicationRequest for each medicine of a visit.

use std::sync::LazyLock;

use crate::book::Book;
use crate::calendar::{age, days_after};
use crate::chance::Id;
use crate::decimal::Decimal;
use crate::systems;
use crate::table::{number, rows};
use crate::visit::Visit;

/// A medicine with its usual regimen.
#[derive(Debug)]
pub(crate) struct Medicine {
    key: &'static str,
    name: &'static str,
    atc: &'static str,
    dose: u64,
    unit: &'static str,
    times_a_day: u64,
    days: u64,
    instruction: &'static str,
}

static MEDICINES: LazyLock<Vec<Medicine>> = LazyLock::new(|| {
    rows(include_str!("../data/medicines.csv"), 8)
        .map(|row| Medicine {
            key: row[0],
            name: row[1],
            atc: row[2],
            dose: number(row[3]),
            unit: row[4],
            times_a_day: number(row[5]),
            days: number(row[6]),
            instruction: row[7],
        })
        .collect()
});

/// The medicine with this key.
pub(crate) fn medicine(key: &str) -> Option<&'static Medicine> {
    MEDICINES.iter().find(|medicine| medicine.key == key)
}

/// What a child is given in place of the tablet of an adult; nothing where the tablet is not for children.
fn for_age(key: &str, years: i64) -> Option<&'static Medicine> {
    let fitting = match key {
        _ if years >= 12 => key,
        "paracetamol" | "ibuprofen" => "child_paracetamol",
        "amoxicillin" | "cefuroxime" => "child_amoxicillin",
        "loratadine" | "cetirizine" => "child_antihistamine",
        "acetylcysteine"
        | "oral_rehydration"
        | "zinc"
        | "amoxicillin_clavulanate"
        | "tobramycin"
        | "ceftriaxone"
        | "salbutamol"
        | "budesonide"
        | "valproate"
        | "folic" => key,
        _ => return None,
    };
    medicine(fitting)
}

/// Writes the prescription of a medicine for `days` days, or for its usual time.
///
/// `reason` is the Condition that it is for.
pub(crate) fn write_prescription(
    book: &mut Book,
    visit: &Visit,
    key: &str,
    days: Option<u64>,
    reason: Option<Id>,
) {
    let date = visit.start.date;
    let Some(medicine) = for_age(key, age(book.person.born, date)) else {
        return;
    };
    // Nobody who is allergic to penicillin gets one.
    if matches!(medicine.atc, "J01CA04" | "J01CR02") && crate::allergy::is_allergic_to_penicillin(book.person)
    {
        return;
    }
    let patient = book.person.id;
    let days = days.unwrap_or(medicine.days);
    let last_day = days_after(date, days as i64 - 1);
    let is_done = last_day < book.person.until || book.person.died.is_some();
    let amount = medicine.dose * medicine.times_a_day * days;
    let id = visit.key.child("prescription", 0).child(medicine.key, 0).id();
    book.bundle.resource("MedicationRequest", id, |json| {
        json.claim(systems::PRESCRIPTION_PROFILE);
        json.plain("status", if is_done { "completed" } else { "active" });
        json.plain("intent", "order");
        json.concept("medicationCodeableConcept", systems::ATC, medicine.atc, "", medicine.name);
        json.reference("subject", "Patient", patient);
        json.reference("encounter", "Encounter", visit.id);
        json.plain("authoredOn", visit.start.later(15));
        json.reference("requester", "Practitioner", visit.doctor);
        if let Some(condition) = reason {
            json.list_of_one("reasonReference", |json| json.reference_members("Condition", condition));
        }
        json.list_of_one("dosageInstruction", |json| {
            let text = format!(
                "Ngày {} lần, mỗi lần {} {}. {}",
                medicine.times_a_day, medicine.dose, medicine.unit, medicine.instruction
            );
            json.text("text", &text);
            json.object("timing", |json| {
                json.object("repeat", |json| {
                    json.object("boundsPeriod", |json| {
                        json.plain("start", date);
                        json.plain("end", last_day);
                    });
                    json.number("frequency", medicine.times_a_day);
                    json.number("period", 1);
                    json.plain("periodUnit", "d");
                });
            });
            json.list_of_one("doseAndRate", |json| {
                json.object("doseQuantity", |json| {
                    json.number("value", medicine.dose);
                    json.text("unit", medicine.unit);
                });
            });
        });
        json.object("dispenseRequest", |json| {
            json.object("quantity", |json| {
                json.number("value", amount);
                json.text("unit", medicine.unit);
            });
            json.quantity("expectedSupplyDuration", Decimal::rounded(days as f64, 0), "ngày", "d");
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_complete() {
        assert!(MEDICINES.len() > 40);
        for medicine in MEDICINES.iter() {
            assert!(medicine.dose > 0 && medicine.times_a_day > 0 && medicine.days > 0, "{}", medicine.key);
        }
    }
}
