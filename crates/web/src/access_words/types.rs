//! What lies in a health book, in words: a name for each type of resource.

use crate::Language;

/// Type, Vietnamese, English. The types are those of the compartment of a patient, and what reaches a book besides.
const WORDS: [(&str, &str, &str); 72] = [
    ("Account", "tài khoản viện phí", "accounts of charges"),
    ("AdverseEvent", "sự cố y khoa", "adverse events"),
    ("AllergyIntolerance", "dị ứng", "allergies"),
    ("Appointment", "lịch hẹn khám", "appointments"),
    ("AppointmentResponse", "trả lời lịch hẹn", "answers to appointments"),
    ("AuditEvent", "nhật ký truy cập sổ", "the log of who looked"),
    ("Basic", "thông tin khác", "other information"),
    ("BodyStructure", "vị trí trên cơ thể", "places of the body"),
    ("CarePlan", "kế hoạch chăm sóc", "care plans"),
    ("CareTeam", "nhóm chăm sóc", "care teams"),
    ("ChargeItem", "khoản phí", "charges"),
    ("Claim", "hồ sơ thanh toán bảo hiểm", "insurance claims"),
    ("ClaimResponse", "kết quả giám định bảo hiểm", "answers to insurance claims"),
    ("ClinicalImpression", "nhận định lâm sàng", "clinical impressions"),
    ("Communication", "tin nhắn, thông báo", "messages and notices"),
    ("CommunicationRequest", "yêu cầu liên lạc", "requests to be told something"),
    ("Composition", "tóm tắt hồ sơ bệnh án", "medical summaries"),
    ("Condition", "chẩn đoán, bệnh", "diagnoses"),
    ("Consent", "chấp thuận và quyền xem sổ", "consents and who may see the book"),
    ("Coverage", "thẻ bảo hiểm y tế", "health insurance"),
    ("CoverageEligibilityRequest", "tra cứu quyền lợi bảo hiểm", "questions about insurance cover"),
    ("CoverageEligibilityResponse", "kết quả tra cứu bảo hiểm", "answers about insurance cover"),
    ("DetectedIssue", "cảnh báo tương tác thuốc", "warnings about treatment"),
    ("Device", "thiết bị y tế", "medical devices"),
    ("DeviceMetric", "thông số thiết bị y tế", "settings of medical devices"),
    ("DeviceRequest", "chỉ định thiết bị y tế", "orders of devices"),
    ("DeviceUseStatement", "việc dùng thiết bị y tế", "use of devices"),
    ("DiagnosticReport", "phiếu kết quả xét nghiệm, chẩn đoán hình ảnh", "reports of tests and images"),
    ("DocumentManifest", "bộ tài liệu", "sets of documents"),
    ("DocumentReference", "tài liệu", "documents"),
    ("Encounter", "lượt khám, đợt nằm viện", "visits and hospital stays"),
    ("EnrollmentRequest", "đăng ký bảo hiểm", "insurance enrolments"),
    ("EpisodeOfCare", "đợt điều trị", "episodes of care"),
    ("ExplanationOfBenefit", "bảng kê thanh toán bảo hiểm", "statements of the insurance"),
    ("FamilyMemberHistory", "bệnh sử gia đình", "illnesses in the family"),
    ("Flag", "cảnh báo", "warnings"),
    ("Goal", "mục tiêu điều trị", "goals of care"),
    ("Group", "danh sách nhóm người", "groups of people"),
    ("GuidanceResponse", "khuyến nghị điều trị", "advice on treatment"),
    ("ImagingStudy", "hình ảnh X-quang, siêu âm, CT, MRI", "X-rays, scans and other images"),
    ("Immunization", "tiêm chủng", "vaccinations"),
    ("ImmunizationEvaluation", "đánh giá tiêm chủng", "checks of vaccinations"),
    ("ImmunizationRecommendation", "lịch tiêm chủng đề nghị", "recommended vaccinations"),
    ("Invoice", "hóa đơn viện phí", "invoices"),
    ("List", "danh sách trong sổ", "lists of the book"),
    ("MeasureReport", "báo cáo chất lượng", "quality reports"),
    ("Media", "ảnh, phim, âm thanh", "photos, videos and sound"),
    ("Medication", "thuốc", "medicines"),
    ("MedicationAdministration", "thuốc đã dùng", "medicines that were given"),
    ("MedicationDispense", "thuốc đã cấp", "medicines that were dispensed"),
    ("MedicationRequest", "đơn thuốc", "prescriptions"),
    ("MedicationStatement", "thuốc đang dùng", "medicines in use"),
    ("MolecularSequence", "dữ liệu di truyền", "genetic data"),
    ("NutritionOrder", "chế độ ăn", "diets"),
    ("Observation", "kết quả xét nghiệm, chỉ số đo", "test results and measurements"),
    ("Patient", "thông tin cá nhân", "personal details"),
    ("Person", "thông tin định danh", "identity details"),
    ("Procedure", "phẫu thuật, thủ thuật", "operations and procedures"),
    ("Provenance", "nguồn gốc dữ liệu", "where data came from"),
    ("QuestionnaireResponse", "câu trả lời khảo sát", "answers to questionnaires"),
    ("RelatedPerson", "người thân", "relatives"),
    ("RequestGroup", "nhóm chỉ định", "groups of orders"),
    ("ResearchSubject", "tham gia nghiên cứu", "taking part in research"),
    ("RiskAssessment", "đánh giá nguy cơ", "assessments of risk"),
    ("Schedule", "lịch làm việc", "schedules"),
    ("ServiceRequest", "chỉ định, chuyển tuyến", "orders and referrals"),
    ("Specimen", "mẫu bệnh phẩm", "specimens"),
    ("SupplyDelivery", "vật tư đã giao", "supplies that were delivered"),
    ("SupplyRequest", "yêu cầu vật tư", "requests for supplies"),
    ("Task", "công việc, yêu cầu đính chính", "tasks and requests for correction"),
    ("VisionPrescription", "đơn kính", "prescriptions of glasses"),
    ("Organization", "thông tin cơ sở", "facilities"),
];

/// A type in words; of one without words its name, so that nothing is kept back.
pub(super) fn type_words(name: &str, language: Language) -> String {
    match WORDS.iter().find(|(known, ..)| *known == name) {
        Some((_, vietnamese, english)) => language.say(vietnamese, english).to_owned(),
        None if name.is_empty() => language.say("các mục trong sổ", "entries of the book").to_owned(),
        None => format!("{} ({name})", language.say("mục khác trong sổ", "other entries of the book")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The compartment of a patient in R4: <https://hl7.org/fhir/R4/compartmentdefinition-patient.html>.
    const COMPARTMENT: &str = "Account AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic \
        BodyStructure CarePlan CareTeam ChargeItem Claim ClaimResponse ClinicalImpression Communication \
        CommunicationRequest Composition Condition Consent Coverage CoverageEligibilityRequest \
        CoverageEligibilityResponse DetectedIssue DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest \
        DocumentReference Encounter EnrollmentRequest EpisodeOfCare ExplanationOfBenefit FamilyMemberHistory Flag Goal \
        Group ImagingStudy Immunization ImmunizationEvaluation ImmunizationRecommendation Invoice List MeasureReport \
        Media MedicationAdministration MedicationDispense MedicationRequest MedicationStatement MolecularSequence \
        NutritionOrder Observation Patient Person Procedure Provenance QuestionnaireResponse RelatedPerson RequestGroup \
        ResearchSubject RiskAssessment Schedule ServiceRequest Specimen SupplyDelivery SupplyRequest VisionPrescription";

    #[test]
    fn every_type_of_a_health_book_has_words() {
        for name in COMPARTMENT.split_whitespace().chain(["Device", "Medication", "Task"]) {
            for language in [Language::Vietnamese, Language::English] {
                assert!(!type_words(name, language).contains(name), "{name} has no words");
            }
        }
        assert!(type_words("Something", Language::English).contains("Something"));
    }

    #[test]
    fn no_type_is_said_twice() {
        for (place, (name, ..)) in WORDS.iter().enumerate() {
            assert!(WORDS.iter().skip(place + 1).all(|(other, ..)| other != name), "{name}");
        }
    }
}
