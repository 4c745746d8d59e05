//! The form that records a check-up, part by part. Names of fields are those of the message.

use maud::{Markup, html};

use super::StationHead;

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormInput {
    /// By a text.
    Text,
    /// By a text of several lines.
    Lines,
    /// By digits only.
    Digits,
    /// By a number, with the keys for it.
    Number,
    /// By one of these codes, each with its words.
    Choice(Vec<(String, String)>),
}

impl FormInput {
    /// The keys that a telephone shows for it.
    fn keys(&self) -> Option<&'static str> {
        match self {
            Self::Number => Some("decimal"),
            Self::Digits => Some("numeric"),
            Self::Text | Self::Lines | Self::Choice(_) => None,
        }
    }
}

/// A field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// `XML10.CHIEU_CAO`
    pub name: String,
    /// What it is called.
    pub label: String,
    /// How it is written, where that is not plain.
    pub hint: Option<String>,
    /// What stands in it.
    pub value: String,
    /// Whether the message cannot be without it.
    pub required: bool,
    /// How it is filled in.
    pub input: FormInput,
    /// The most characters.
    pub most: usize,
    /// What is wrong with it, in the language of the page.
    pub faults: Vec<String>,
}

/// A part of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormSection {
    /// What it is called.
    pub title: String,
    /// Whether it is shown at once; the others open when somebody asks for them.
    pub is_open: bool,
    /// Its fields; several groups where it has rows.
    pub rows: Vec<Vec<FormField>>,
}

impl FormSection {
    fn fields(&self) -> impl Iterator<Item = &FormField> {
        self.rows.iter().flatten()
    }

    fn wrong(&self) -> usize {
        self.fields().filter(|field| !field.faults.is_empty()).count()
    }
}

/// A text that the form of this age does not ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedText {
    /// `XML9.TIEM_CHUNG_SOI`
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What was typed.
    pub text: String,
}

/// The page.
pub struct CheckUpFormPage<'a> {
    /// What is around.
    pub head: StationHead<'a>,
    /// The id of the `Patient`.
    pub patient: &'a str,
    /// The name of the person.
    pub name: &'a str,
    /// For which age the form is, in the language of the page.
    pub age: &'a str,
    /// The code of that age.
    pub group: &'a str,
    /// What the book does not know and the message demands: nothing can be recorded before.
    pub lacking: &'a [String],
    /// The parts.
    pub sections: &'a [FormSection],
    /// What was typed into the form of another age. It is not recorded, and comes back where the day of the visit is mended.
    pub carried: &'a [CarriedText],
    /// What is wrong with what the form does not ask.
    pub faults: &'a [String],
    /// The check-up within twelve months that this one would repeat: its day, and where it was if that may be known.
    pub repeats: Option<(&'a str, Option<&'a str>)>,
}

impl CheckUpFormPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let language = self.head.language;
        let say = |vietnamese, english| language.say(vietnamese, english);
        let wrong = self.faults.len() + self.sections.iter().map(FormSection::wrong).sum::<usize>();
        let body = html! {
            p { strong { (self.name) } }
            p.hint { (self.age) " " (say(
                "Họ tên, giới tính, ngày sinh và số định danh lấy từ sổ.",
                "Name, sex, day of birth and number are those of the book.")) }
            @if wrong > 0 {
                div.error role="alert" id="faults" {
                    p { (say("Chưa ghi được. Hãy sửa những chỗ được đánh dấu.", "Nothing was recorded. Please mend what is marked.")) }
                    @if !self.faults.is_empty() { ul { @for fault in self.faults { li { (fault) } } } }
                }
            }
            @if self.lacking.is_empty() { (self.form()) } @else {
                div.error role="alert" {
                    p { (say(
                        "Chưa ghi được lần khám cho người này: sổ chưa có những thông tin sau. Hãy bổ sung vào sổ trước.",
                        "No check-up can be recorded for this person yet: the book does not know the following. Please complete it first.")) }
                    ul { @for field in self.lacking { li { (field) } } }
                }
            }
            a.button.second href={ "/station?lang=" (language.code()) } { (say("Không, quay lại", "No, go back")) }
        };
        let here = format!("/station/check-up?patient={}&", self.patient);
        self.head.page(say("Ghi lần khám sức khỏe", "Record a check-up"), &here, None, &body)
    }

    fn form(&self) -> Markup {
        let language = self.head.language;
        let say = |vietnamese, english| language.say(vietnamese, english);
        html! {
            form method="post" action={ "/station/check-up?lang=" (language.code()) } {
                input type="hidden" name="form" value=(self.head.form);
                input type="hidden" name="patient" value=(self.patient);
                input type="hidden" name="age" value=(self.group);
                @if !self.carried.is_empty() {
                    div.notice {
                        p { (say(
                            "Mẫu của nhóm tuổi này không có những mục đã nhập sau đây; chúng sẽ không được ghi:",
                            "The form for this age does not ask the following, which was typed; it will not be recorded:")) }
                        ul { @for carried in self.carried { li { (carried.label) ": " (carried.text) } } }
                    }
                    @for carried in self.carried { input type="hidden" name=(carried.name) value=(carried.text); }
                }
                @if let Some((day, facility)) = self.repeats {
                    div.notice role="alert" {
                        p { (say("Đã có lần khám sức khỏe ngày ", "There is a check-up of ")) strong { (day) }
                            @if let Some(facility) = facility { ", " (facility) }
                            (say(", chưa quá 12 tháng. Hãy dùng lại kết quả đó. Chưa ghi gì.",
                                ", within twelve months. Please use its result again. Nothing was recorded.")) }
                        div.choice {
                            input type="checkbox" id="again" name="again" value="yes";
                            label for="again" { (say("Vẫn cần khám lại và ghi lần này", "Another examination is needed: record this one")) }
                        }
                    }
                }
                @for section in self.sections { (self.section(section)) }
                button { (say("Ghi vào sổ", "Record it")) }
            }
        }
    }

    fn section(&self, section: &FormSection) -> Markup {
        let language = self.head.language;
        // What is wrong is seen at once.
        let is_open = section.is_open || section.wrong() > 0;
        html! {
            details open[is_open] {
                summary { (section.title) }
                @for (index, fields) in section.rows.iter().enumerate() {
                    @if section.rows.len() > 1 {
                        fieldset {
                            legend { (language.say("Kết quả ", "Result ")) (index + 1) }
                            @for field in fields { (self.field(field)) }
                        }
                    } @else {
                        @for field in fields { (self.field(field)) }
                    }
                }
            }
        }
    }

    fn field(&self, field: &FormField) -> Markup {
        let language = self.head.language;
        let id = field.name.replace(['.', '['], "-").replace(']', "");
        let hint_id = format!("{id}-hint");
        let fault_id = format!("{id}-fault");
        let mut described = Vec::new();
        if field.hint.is_some() {
            described.push(hint_id.as_str());
        }
        if !field.faults.is_empty() {
            described.push(fault_id.as_str());
        }
        let described = described.join(" ");
        let described = Some(described.as_str()).filter(|it| !it.is_empty());
        let invalid = (!field.faults.is_empty()).then_some("true");
        let required = field.required.then_some("true");
        html! {
            label for=(id) { (field.label)
                @if field.required { " (" (language.say("bắt buộc", "required")) ")" } }
            @if let Some(hint) = &field.hint { p.hint id=(hint_id) { (hint) } }
            @if !field.faults.is_empty() {
                div.error id=(fault_id) { @for fault in &field.faults { p { (fault) } } }
            }
            @match &field.input {
                FormInput::Choice(choices) => {
                    select id=(id) name=(field.name) aria-describedby=[described] aria-invalid=[invalid] aria-required=[required] {
                        option value="" { "–" }
                        @for (code, words) in choices {
                            option value=(code) selected[*code == field.value] { (words) }
                        }
                        // What the book has is not lost because it is written in another way.
                        @if !field.value.is_empty() && !choices.iter().any(|(code, _)| *code == field.value) {
                            option value=(field.value) selected { (field.value) }
                        }
                    }
                }
                FormInput::Lines => textarea id=(id) name=(field.name) rows="3" maxlength=(field.most)
                    aria-describedby=[described] aria-invalid=[invalid] aria-required=[required] { (field.value) }
                FormInput::Text | FormInput::Number | FormInput::Digits => {
                    input id=(id) name=(field.name) value=(field.value) maxlength=(field.most) autocomplete="off"
                        inputmode=[field.input.keys()]
                        aria-describedby=[described] aria-invalid=[invalid] aria-required=[required];
                }
            }
        }
    }
}
