//! The sections of a summary: what each asks of the book, bounded, by the index.

/// A section of both documents.
pub(super) struct Section {
    pub title: &'static str,
    /// Its code in LOINC.
    pub code: &'static str,
    /// Its title in LOINC.
    pub display: &'static str,
    pub sources: &'static [Source],
    /// Whether it stands in the document although there is nothing in it: by the national profile, by IPS.
    pub stays: (bool, bool),
}

/// Resources of one type, the newest first.
pub(super) struct Source {
    pub kind: &'static str,
    pub criteria: &'static [(&'static str, &'static str)],
    /// How many are read.
    pub read: u32,
    /// How many are shown.
    pub shown: usize,
    /// Whether only the newest of each code is shown.
    pub latest: bool,
}

const fn source(kind: &'static str, criteria: &'static [(&'static str, &'static str)], most: u32) -> Source {
    Source { kind, criteria, read: most, shown: most as usize, latest: false }
}

const STANDS: (&str, &str) = ("status:not", "entered-in-error,cancelled");

/// All of them, in the order of the document.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        title: "Dị ứng",
        code: "48765-2",
        display: "Allergies and adverse reactions Document",
        sources: &[source(
            "AllergyIntolerance",
            &[
                ("clinical-status:not", "inactive,resolved"),
                ("verification-status:not", "entered-in-error,refuted"),
                ("_sort", "-date"),
            ],
            50,
        )],
        stays: (true, true),
    },
    Section {
        title: "Bệnh",
        code: "11450-4",
        display: "Problem list - Reported",
        sources: &[source(
            "Condition",
            &[
                ("clinical-status:not", "inactive,remission,resolved"),
                ("verification-status:not", "entered-in-error,refuted"),
                ("_sort", "-recorded-date"),
            ],
            50,
        )],
        stays: (true, true),
    },
    Section {
        title: "Thuốc",
        code: "10160-0",
        display: "History of Medication use Narrative",
        sources: &[
            source("MedicationRequest", &[("status", "active,on-hold"), ("_sort", "-authoredon")], 50),
            source("MedicationStatement", &[("status", "active,on-hold"), ("_sort", "-effective")], 50),
        ],
        stays: (true, true),
    },
    Section {
        title: "Tiêm chủng",
        code: "11369-6",
        display: "History of Immunization Narrative",
        sources: &[source("Immunization", &[("status", "completed"), ("_sort", "-date")], 100)],
        stays: (true, false),
    },
    Section {
        title: "Chỉ số theo dõi",
        code: "8716-3",
        display: "Vital signs",
        sources: &[
            Source {
                kind: "Observation",
                criteria: &[("category", "vital-signs"), STANDS, ("_sort", "-date")],
                read: 100,
                shown: 20,
                latest: true,
            },
            // Blood groups: measured once, and so never among the newest.
            Source {
                kind: "Observation",
                criteria: &[("code", "882-1,883-9,10331-7"), STANDS, ("_sort", "-date")],
                read: 10,
                shown: 3,
                latest: true,
            },
        ],
        stays: (true, false),
    },
    Section {
        title: "Kết quả xét nghiệm, chẩn đoán hình ảnh",
        code: "30954-2",
        display: "Relevant diagnostic tests/laboratory data Narrative",
        sources: &[Source {
            kind: "Observation",
            criteria: &[("category", "laboratory,imaging"), STANDS, ("_sort", "-date")],
            read: 100,
            shown: 30,
            latest: true,
        }],
        stays: (true, false),
    },
    Section {
        title: "Phẫu thuật, thủ thuật",
        code: "47519-4",
        display: "History of Procedures Document",
        sources: &[source("Procedure", &[("status", "completed"), ("_sort", "-date")], 30)],
        stays: (true, false),
    },
    Section {
        title: "Kế hoạch chăm sóc",
        code: "18776-5",
        display: "Plan of care note",
        sources: &[source("CarePlan", &[("status", "active"), ("_sort", "-date")], 10)],
        stays: (false, false),
    },
];
