//! The page on which a person lets an app in: which app, what it asks, for whom.

use access::{Scope, ScopeContext, ScopeInteractions, Scopes};
use maud::{Markup, html};

use crate::layout::page_at;
use crate::{Language, page};

/// Something to choose from.
#[derive(Debug, Clone)]
pub struct ConsentChoice {
    /// What is sent.
    pub value: String,
    /// What is shown; empty for the own book.
    pub label: String,
}

/// What the page asks.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Where the form goes.
    pub action: String,
    /// The token of the form.
    pub form_token: String,
    /// The name of the app, as it names itself.
    pub client: String,
    /// The host that gets the answer.
    pub host: String,
    /// What it asks about resources.
    pub scopes: Scopes,
    /// What else it asks.
    pub others: Vec<String>,
    /// The patients to choose from.
    pub patients: Vec<ConsentChoice>,
    /// Whether a patient is to be chosen.
    pub patient_wanted: bool,
    /// The roles to choose from.
    pub roles: Vec<ConsentChoice>,
}

/// The page.
pub fn consent(consent: &Consent, language: Language) -> String {
    let title = language.say("Cho phép ứng dụng?", "Allow the app?");
    let body = html! {
        p {
            strong { (consent.client) } " "
            (language.say("muốn dùng tài khoản của bạn.", "wants to use your account."))
        }
        p.hint { (language.say("Câu trả lời sẽ được gửi tới: ", "The answer goes to: ")) strong { (consent.host) } }
        h2 { (language.say("Ứng dụng sẽ được phép", "The app will be allowed to")) }
        ul {
            @for other in &consent.others {
                @if let Some(text) = other_in_words(other, language) { li { (text) } }
            }
            @for scope in &consent.scopes.resources { li { (in_words(scope, language)) } }
        }
        form method="post" action=(consent.action) {
            input type="hidden" name="form_token" value=(consent.form_token);
            (patient(consent, language))
            (role(consent, language))
            button type="submit" name="decision" value="allow" { (language.say("Cho phép", "Allow")) }
            button.second type="submit" name="decision" value="deny" formnovalidate {
                (language.say("Từ chối", "Do not allow"))
            }
        }
        p.hint {
            (language.say(
                "Bạn có thể rút lại bất cứ lúc nào trong mục Thiết bị và ứng dụng.",
                "You can take this back at any time under Devices and apps.",
            ))
        }
    };
    page_at(title, language, &format!("{}&", consent.action), &body)
}

fn patient(consent: &Consent, language: Language) -> Markup {
    let own = language.say("Sổ của tôi", "My own book");
    html! {
        @if consent.patient_wanted {
            @if consent.patients.is_empty() {
                label for="patient" { (language.say("Mã người bệnh (Patient id)", "Patient (id)")) }
                input id="patient" name="patient" required maxlength="64" autocomplete="off";
            } @else {
                fieldset {
                    legend { (language.say("Sổ sức khỏe của", "The health book of")) }
                    @for (at, choice) in consent.patients.iter().enumerate() {
                        label {
                            input type="radio" name="patient" value=(choice.value) checked[at == 0] required;
                            " " @if choice.label.is_empty() { (own) } @else { (choice.label) }
                        }
                    }
                }
            }
        }
    }
}

fn role(consent: &Consent, language: Language) -> Markup {
    html! {
        @if !consent.roles.is_empty() {
            fieldset {
                legend { (language.say("Bạn làm việc với vai trò", "You work as")) }
                @for (at, choice) in consent.roles.iter().enumerate() {
                    label {
                        input type="radio" name="role" value=(choice.value) checked[at == 0] required;
                        " " (role_in_words(&choice.value, language))
                    }
                }
            }
        }
    }
}

fn role_in_words(code: &str, language: Language) -> &str {
    match code {
        "physician" => language.say("Bác sĩ", "Physician"),
        "nurse" => language.say("Điều dưỡng", "Nurse"),
        "pharmacist" => language.say("Dược sĩ", "Pharmacist"),
        "laboratory" => language.say("Xét nghiệm, chẩn đoán hình ảnh", "Laboratory and imaging"),
        "registrar" => language.say("Tiếp đón", "Registrar"),
        "station-head" => language.say("Trưởng trạm y tế", "Head of the health station"),
        "facility-officer" => language.say("Cán bộ phụ trách dữ liệu", "Data protection officer"),
        other => other,
    }
}

fn other_in_words(scope: &str, language: Language) -> Option<&'static str> {
    Some(match scope {
        "openid" | "fhirUser" | "profile" => language.say("Biết bạn là ai", "Know who you are"),
        "offline_access" => language.say(
            "Tiếp tục truy cập khi bạn không mở ứng dụng, cho đến khi bạn rút lại",
            "Keep its access while you are away, until you take it back",
        ),
        "online_access" => {
            language.say("Tiếp tục truy cập khi bạn còn đăng nhập", "Keep its access while you are signed in")
        }
        _ => return None,
    })
}

fn in_words(scope: &Scope, language: Language) -> String {
    let may = interactions_in_words(scope.interactions, language);
    let what = match scope.resource_type {
        None => language.say("mọi loại dữ liệu", "every kind of data").to_owned(),
        Some(resource_type) => type_in_words(resource_type.as_str(), language).to_owned(),
    };
    let whose = match scope.context {
        ScopeContext::Patient => language.say("trong sổ được chọn", "in the chosen book"),
        ScopeContext::User => language.say("mà bạn được xem", "that you may see"),
        ScopeContext::System => language.say("của cơ sở", "of the facility"),
    };
    let only = scope.filter.as_ref();
    let only = only.map(|filter| format!(" ({}: {filter})", language.say("chỉ", "only"))).unwrap_or_default();
    format!("{may} {what} {whose}{only}")
}

fn interactions_in_words(may: ScopeInteractions, language: Language) -> &'static str {
    let (reads, writes) = (may.read || may.search, may.create || may.update || may.delete);
    match (reads, writes, may.delete) {
        (true, true, true) => language.say("Xem, ghi và xóa", "Read, write and delete"),
        (true, true, false) => language.say("Xem và ghi", "Read and write"),
        (false, true, true) => language.say("Ghi và xóa", "Write and delete"),
        (false, true, false) => language.say("Ghi", "Write"),
        _ => language.say("Xem", "Read"),
    }
}

fn type_in_words(name: &str, language: Language) -> &str {
    match name {
        "Patient" => language.say("thông tin cá nhân", "personal details"),
        "Observation" => language.say("kết quả xét nghiệm và chỉ số", "test results and measurements"),
        "Condition" => language.say("chẩn đoán", "diagnoses"),
        "AllergyIntolerance" => language.say("dị ứng", "allergies"),
        "MedicationRequest" | "MedicationStatement" | "MedicationDispense" => {
            language.say("thuốc", "medication")
        }
        "Immunization" => language.say("tiêm chủng", "vaccinations"),
        "Encounter" => language.say("lần khám", "visits"),
        "Procedure" => language.say("thủ thuật, phẫu thuật", "procedures"),
        "DiagnosticReport" => language.say("phiếu kết quả", "reports"),
        "DocumentReference" => language.say("tài liệu", "documents"),
        "Appointment" => language.say("lịch hẹn", "appointments"),
        "Consent" => language.say("sự đồng ý", "consents"),
        other => other,
    }
}

/// The page that says why an app cannot be let in. The code is for whoever built the app.
pub fn refused_authorization(code: &str, description: &str, language: Language) -> String {
    let title = language.say("Không thể tiếp tục", "This cannot go on");
    let body = html! {
        p {
            (language.say(
                "Yêu cầu của ứng dụng không hợp lệ hoặc đã hết hạn. Hãy quay lại ứng dụng và thử lại.",
                "The request of the app is not right or is over. Go back to the app and try again.",
            ))
        }
        p.hint lang="en" { code { (code) } ": " (description) }
    };
    page(title, language, &body)
}

/// The page after which the browser goes back to the app, which gets no consent. It goes by itself, or by the link.
pub fn back_to_app(to: &str, language: Language) -> String {
    let title = language.say("Quay lại ứng dụng", "Back to the app");
    let body = html! {
        meta http-equiv="refresh" content=(format!("0;url={to}"));
        p { (language.say("Ứng dụng này không thể dùng tài khoản của bạn.", "This app cannot use your account.")) }
        a.button href=(to) { (language.say("Quay lại ứng dụng", "Back to the app")) }
    };
    page(title, language, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Consent {
        Consent {
            action: "/auth/consent?continue=abc".to_owned(),
            form_token: "t".to_owned(),
            client: "<script>alert(1)</script>".to_owned(),
            host: "app.example".to_owned(),
            scopes: Scopes::everything(ScopeContext::Patient),
            others: vec!["openid".to_owned(), "unknown".to_owned()],
            patients: vec![ConsentChoice { value: "p-1".to_owned(), label: String::new() }],
            patient_wanted: true,
            roles: Vec::new(),
        }
    }

    #[test]
    fn the_page_says_what_is_asked_and_believes_no_name() {
        let page = consent(&question(), Language::English);
        assert!(!page.contains("<script>") && page.contains("app.example"), "{page}");
        assert!(page.contains("Read, write and delete every kind of data in the chosen book"), "{page}");
        assert!(page.contains("Know who you are") && !page.contains("unknown"), "{page}");
        assert!(page.contains("name=\"form_token\" value=\"t\""), "{page}");
    }

    #[test]
    fn staff_choose_a_role_and_name_a_patient() {
        let roles = vec![ConsentChoice { value: "nurse".to_owned(), label: "nurse".to_owned() }];
        let page = consent(&Consent { roles, patients: Vec::new(), ..question() }, Language::Vietnamese);
        assert!(page.contains("Điều dưỡng") && page.contains("id=\"patient\""), "{page}");
    }
}
