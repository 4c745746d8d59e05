//! The form that records a check-up.

use std::collections::{BTreeMap, HashMap};

use ::web::{CarriedText, CheckUpFormPage, FormField, FormInput, FormSection, Language, StationNotice};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Form;
use audit_log::Action;
use exchange::check_up::{AgeGroup, FIELDS, Fault, Field, Kind, PARTS, choices};
use fhir::{Instant, LogicalId, ResourceType};
use health_book::check_up::{self, Asked, CheckUpForm, Recorded};
use interactions::{Problem, Refused};
use record_store::Journal;

use super::{Visit, Wanted, patient_of, shown, visit};
use crate::sign_in::answer::{Trouble, page};

/// What is beside the fields in a form that is sent: its token, the person, signs between.
const BESIDE: usize = 4 * 1_024;
/// Bytes that a letter becomes on its way: three, each as `%` and two digits. A letter of four bytes counts twice in a browser.
const ENCODED: usize = 9;

/// Bytes of the largest form that the page lets somebody fill in.
pub(super) fn largest() -> usize {
    let bytes = |asked: Asked| ENCODED * asked.name().len() + 2 + ENCODED * asked.field.most();
    // What was typed for another age comes with it.
    let all: BTreeMap<String, usize> = AgeGroup::ALL
        .into_iter()
        .flat_map(check_up::asked)
        .map(|asked| (asked.name(), bytes(asked)))
        .collect();
    all.values().sum::<usize>() + BESIDE
}

/// `GET /station/check-up?patient=ID`
pub(super) async fn show(wanted: Wanted) -> HttpResponse {
    visit(&wanted, async |visit| {
        let patient = patient_of(visit.asked.patient.as_deref())?;
        let begun =
            check_up::begin(&visit.state.app.health_book, &visit.caller, &patient, Instant::now()).await;
        let begun = begun.map_err(|problem| visit.refused(Action::Read, &patient, problem))?;
        let texts: BTreeMap<String, String> =
            begun.texts.into_iter().map(|(part, field, text)| (format!("{part}.{field}"), text)).collect();
        let sections = sections(begun.group, &texts, &[], visit.language);
        let called = |field: &&Field| match field.name {
            "NGAY_SINH" => {
                visit.language.say("Ngày sinh đầy đủ (ngày, tháng, năm)", "The whole date of birth")
            }
            _ => visit.language.say(field.vietnamese, field.english),
        };
        let lacking: Vec<String> = begun.lacking.iter().map(called).map(str::to_owned).collect();
        let facility = visit.facility().await?;
        let page = CheckUpFormPage {
            head: visit.head(&facility),
            patient: patient.as_str(),
            name: &begun.name,
            age: age(begun.group, visit.language),
            group: begun.group.word(),
            lacking: &lacking,
            sections: &sections,
            carried: &[],
            faults: &[],
            repeats: None,
        };
        Ok(shown(page.render()))
    })
    .await
}

/// `POST /station/check-up`
pub(super) async fn record(wanted: Wanted, form: Form<HashMap<String, String>>) -> HttpResponse {
    visit(&wanted, async |visit| {
        let of = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        visit.is_ours(of("form"))?;
        let patient = patient_of(form.get("patient").map(String::as_str))?;
        let texts = form.iter().map(|(name, text)| (name.clone(), text.clone())).collect();
        let group = AgeGroup::of_word(of("age"));
        let sent = CheckUpForm { texts, group, again: !of("again").is_empty() };
        let book = &visit.state.app.health_book;
        let recorded = check_up::record(book, &visit.caller, &patient, &sent, Instant::now()).await;
        match recorded.map_err(|problem| visit.refused(Action::Create, &patient, problem))? {
            Recorded::Written { .. } => Ok(visit.back(StationNotice::Recorded)),
            Recorded::Wrong { name, group, faults } => {
                again(visit, (&patient, &name, group), &sent, &faults, None).await
            }
            Recorded::OtherAge { name, group } => {
                again(visit, (&patient, &name, group), &sent, &[], None).await
            }
            Recorded::Repeats { name, group, day, facility } => {
                let day = day.strftime("%d/%m/%Y").to_string();
                again(visit, (&patient, &name, group), &sent, &[], Some((&day, facility.as_deref()))).await
            }
        }
    })
    .await
}

/// The form once more, with what was typed. Whose it is has to stand in it.
async fn again(
    visit: &Visit<'_>,
    (patient, name, group): (&LogicalId, &str, AgeGroup),
    sent: &CheckUpForm,
    faults: &[Fault],
    repeats: Option<(&str, Option<&str>)>,
) -> Result<HttpResponse, Trouble> {
    let facility = visit.facility().await?;
    let mut sections = sections(group, &sent.texts, faults, visit.language);
    let asked: Vec<String> = check_up::asked(group).map(|asked| asked.name()).collect();
    let others = faults.iter().filter(|fault| !asked.contains(&fault.place()));
    let others: Vec<String> = others.map(|fault| said(fault, visit.language)).collect();
    let mut fields = sections.iter_mut().flat_map(|section| section.rows.iter_mut().flatten());
    if sent.group.is_some_and(|shown| shown != group)
        && let Some(day) = fields.find(|field| field.name == "XML2.NGAY_VAO")
    {
        let words = visit.language.say(
            "Vào ngày khám này người được khám thuộc nhóm tuổi khác. Đây là mẫu của nhóm tuổi đó; hãy kiểm tra ngày khám.",
            "On the day of this visit the person is of another age. This is the form for that age; please check the day.",
        );
        day.faults.push(words.to_owned());
    }
    // What every age has has the same name everywhere; this is of another one.
    let of_other_ages: BTreeMap<String, Asked> =
        AgeGroup::ALL.into_iter().flat_map(check_up::asked).map(|asked| (asked.name(), asked)).collect();
    let carried = of_other_ages.into_iter().filter(|(name, _)| !asked.contains(name));
    let carried = carried.filter_map(|(name, asked)| {
        let text = sent.texts.get(&name).filter(|text| !text.is_empty())?.clone();
        let label = visit.language.say(asked.field.vietnamese, asked.field.english).to_owned();
        Some(CarriedText { name, label, text })
    });
    let carried: Vec<CarriedText> = carried.collect();
    let page_of_form = CheckUpFormPage {
        head: visit.head(&facility),
        patient: patient.as_str(),
        name,
        age: age(group, visit.language),
        group: group.word(),
        lacking: &[],
        sections: &sections,
        carried: &carried,
        faults: &others,
        repeats,
    };
    let status = if repeats.is_some() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page(status, Vec::new(), page_of_form.render()))
}

fn said(fault: &Fault, language: Language) -> String {
    let field = FIELDS.iter().find(|field| (field.part, field.name) == (fault.part, fault.field));
    let rule = language.say(fault.rule.vietnamese(), fault.rule.english());
    match field {
        Some(field) => format!("{}: {rule}", language.say(field.vietnamese, field.english)),
        None => format!("{}: {rule}", fault.place()),
    }
}

fn age(group: AgeGroup, language: Language) -> &'static str {
    let (vietnamese, english) = match group {
        AgeGroup::Child => ("Mẫu dành cho trẻ dưới 6 tuổi.", "For children below 6 years."),
        AgeGroup::Pupil => ("Mẫu dành cho người từ đủ 6 đến dưới 18 tuổi.", "For people of 6 to 17 years."),
        AgeGroup::Adult => ("Mẫu dành cho người từ đủ 18 tuổi.", "For people of 18 years and more."),
    };
    language.say(vietnamese, english)
}

/// Parts that most visits fill in although nothing of them is mandatory: signs, growth, physique, the advice for a child.
const OFTEN: [&str; 4] = ["XML3", "XML4", "XML8", "XML10"];

/// The parts of the form, with what is known of them.
fn sections(
    group: AgeGroup,
    texts: &BTreeMap<String, String>,
    faults: &[Fault],
    language: Language,
) -> Vec<FormSection> {
    let section = |part: &exchange::check_up::Part| {
        let asked: Vec<Asked> = check_up::asked(group).filter(|it| it.field.part == part.name).collect();
        let fields = |row: &[Asked]| row.iter().map(|it| field(it, group, texts, faults, language)).collect();
        let rows: Vec<Vec<FormField>> =
            asked.chunk_by(|one, other| one.row == other.row).map(fields).collect();
        let says = |field: &FormField| field.required || !field.value.is_empty();
        let is_open = OFTEN.contains(&part.name) || rows.iter().flatten().any(says);
        let title = language.say(part.vietnamese, part.english).to_owned();
        (!rows.is_empty()).then_some(FormSection { title, is_open, rows })
    };
    PARTS.iter().filter_map(section).collect()
}

fn field(
    asked: &Asked,
    group: AgeGroup,
    texts: &BTreeMap<String, String>,
    faults: &[Fault],
    language: Language,
) -> FormField {
    let (name, field) = (asked.name(), asked.field);
    let wrong = faults.iter().filter(|fault| fault.place() == name);
    let wrong = wrong.map(|fault| language.say(fault.rule.vietnamese(), fault.rule.english()).to_owned());
    FormField {
        label: language.say(field.vietnamese, field.english).to_owned(),
        hint: hint(field, language).map(str::to_owned),
        value: texts.get(&name).cloned().unwrap_or_default(),
        // Some are mandatory only where another one is not there, which may be in the book.
        required: field.required.iter().any(|(of, unless)| *of == group && unless.is_none()),
        input: input(field, language),
        most: field.most(),
        faults: wrong.collect(),
        name,
    }
}

/// The list that is too long to be chosen from: the code is typed.
const TYPED: &str = "ward";

/// Characters of one line; a longer text has several.
const LINE: usize = 255;

/// A sign that a reading was judged (`DGDHST_`, đánh giá dấu hiệu sinh tồn).
fn is_judgement(field: &Field) -> bool {
    field.name.starts_with("DGDHST_")
}

fn input(field: &Field, language: Language) -> FormInput {
    if field.list == "class" {
        let classes = ["1", "2", "3", "4", "5"].into_iter().filter_map(|code| {
            let (words, _) = ::web::health_class_words(code, language)?;
            Some((code.to_owned(), words))
        });
        return FormInput::Choice(classes.collect());
    }
    match field.kind {
        // What is judged is told by 0 or 1; which of them is good the decision does not say.
        Kind::Flag if is_judgement(field) => FormInput::Digits,
        Kind::Flag => {
            let words = |vietnamese, english| language.say(vietnamese, english).to_owned();
            FormInput::Choice(vec![
                ("0".to_owned(), words("Không", "No")),
                ("1".to_owned(), words("Có", "Yes")),
            ])
        }
        Kind::Code | Kind::Subject if field.list != TYPED => {
            let all = choices(field.list).into_iter();
            FormInput::Choice(
                all.map(|(code, words)| (code.to_owned(), format!("{code} – {words}"))).collect(),
            )
        }
        Kind::Number | Kind::Measure => FormInput::Number,
        Kind::Digit | Kind::Citizen | Kind::Location | Kind::Time | Kind::Day => FormInput::Digits,
        Kind::Text if field.most() > LINE => FormInput::Lines,
        _ => FormInput::Text,
    }
}

fn hint(field: &Field, language: Language) -> Option<&'static str> {
    let (vietnamese, english) = match (field.kind, field.name) {
        (Kind::Time, _) => {
            ("năm, tháng, ngày, giờ, phút: 202611290830", "year, month, day, hour, minute: 202611290830")
        }
        (Kind::Flag, _) if is_judgement(field) => {
            ("mã 0 hoặc 1 theo Quyết định 2062/QĐ-BYT", "the code 0 or 1 of decision 2062/QĐ-BYT")
        }
        (_, "SO_CCCD_NGH") => (
            "12 chữ số; với trẻ dưới 6 tuổi chỉ cần khi trẻ chưa có số định danh",
            "12 digits; for a child below 6 only where the child has no number yet",
        ),
        (Kind::Pressure, _) => ("tâm thu/tâm trương: 120/80", "systolic/diastolic: 120/80"),
        (Kind::Icd, _) => ("mã ICD-10, cách nhau bằng dấu ;", "ICD-10 codes, separated by ;"),
        (Kind::Location, _) => ("13 chữ số", "13 digits"),
        (Kind::Code, "MAXA_CU_TRU") => ("mã xã, phường: 5 chữ số", "code of the commune: 5 digits"),
        (Kind::Citizen, _) => ("12 chữ số", "12 digits"),
        (Kind::Digit, _) => {
            ("mã 1 chữ số theo Quyết định 2062/QĐ-BYT", "the code of 1 digit of decision 2062/QĐ-BYT")
        }
        (_, "NHIET_DO") => ("°C", "°C"),
        (_, "NHIP_THO") => ("lần/phút", "breaths per minute"),
        (_, "CHIEU_DAI" | "VONG_DAU" | "CHU_VI_VONG_CANH_TAY") => ("cm", "cm"),
        (_, "TUAN_THAI") => ("tuần", "weeks"),
        (_, "CHIEU_CAO") => ("cm", "cm"),
        (_, "CAN_NANG") => ("kg", "kg"),
        (_, "CHI_SO_BMI") => ("kg/m²", "kg/m²"),
        (_, "MACH") => ("lần/phút", "beats per minute"),
        _ => return None,
    };
    Some(language.say(vietnamese, english))
}

impl Visit<'_> {
    /// What was refused, and in whose book it stands that it was tried.
    pub(super) fn refused(&self, action: Action, patient: &LogicalId, problem: Problem) -> Trouble {
        if let Some(journal) = Journal::current() {
            let (resource_type, id) = (ResourceType::PATIENT, Some(patient.clone()));
            interactions::note_refusal(&journal, problem.status, Refused { action, resource_type, id });
        }
        Trouble::from(problem)
    }
}
