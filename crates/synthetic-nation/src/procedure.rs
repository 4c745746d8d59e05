//! Procedures: what is done in a stay for some of its diagnoses, coded in ICD-9-CM as decision 387/2026 asks.

use crate::book::Book;
use crate::chance::Id;
use crate::systems;
use crate::visit::Visit;

/// Diagnosis, procedure code, English and Vietnamese name.
const PROCEDURES: [(&str, &str, &str, &str); 8] = [
    ("K35.8", "47.01", "Laparoscopic appendectomy", "Phẫu thuật nội soi cắt ruột thừa"),
    ("K80.2", "51.23", "Laparoscopic cholecystectomy", "Phẫu thuật nội soi cắt túi mật"),
    ("N20.0", "98.51", "Extracorporeal shockwave lithotripsy of the kidney", "Tán sỏi ngoài cơ thể"),
    ("S52.5", "93.53", "Application of other cast", "Bó bột cẳng bàn tay"),
    ("S72.0", "81.52", "Partial hip replacement", "Thay khớp háng bán phần"),
    ("K25.9", "45.13", "Other endoscopy of small intestine", "Nội soi thực quản, dạ dày, tá tràng"),
    ("O80", "73.59", "Other manually assisted delivery", "Đỡ đẻ thường ngôi chỏm"),
    ("O82", "74.1", "Low cervical cesarean section", "Phẫu thuật lấy thai"),
];

/// Writes the procedure that goes with a diagnosis, if there is one.
pub(crate) fn write_procedure(book: &mut Book, visit: &Visit, diagnosis: &str, condition: Id) {
    let Some((_, code, display, vietnamese)) = PROCEDURES.iter().find(|row| row.0 == diagnosis) else {
        return;
    };
    let patient = book.person.id;
    let start = visit.start.later(25);
    let end = start.later(visit.draw("procedure").between(20, 110)).min(visit.end).max(start);
    book.bundle.resource("Procedure", visit.resource_id("procedure"), |json| {
        json.plain("status", "completed");
        json.concept("code", systems::ICD_9_CM, code, display, vietnamese);
        json.reference("subject", "Patient", patient);
        json.reference("encounter", "Encounter", visit.id);
        json.period("performedPeriod", start, Some(end));
        json.list_of_one("performer", |json| json.reference("actor", "Practitioner", visit.doctor));
        json.reference("location", "Location", visit.facility.location_id());
        json.list_of_one("reasonReference", |json| json.reference_members("Condition", condition));
    });
}
