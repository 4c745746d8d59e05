//! What stands before the tables of the permission matrix: who, by what right, and who can ever see what is labelled.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fhir::ResourceType;

use crate::document::Rule;
use crate::explanation::type_words;
use crate::source::Sentence;
use crate::{Action, Agreement, Authority, Case, Labels, Policy, Purpose, Role, TypeSet};

/// Microseconds.
const HOUR: i64 = 3_600_000_000;

/// More types than these are not told one by one.
const FEW_TYPES: usize = 3;

/// Who sees a label, with the types and the ages of children for which that holds.
type Seers = BTreeMap<String, (TypeSet, BTreeSet<u8>)>;

impl Policy {
    /// Roles, rights, purposes, labels, classes: each explained once.
    pub(crate) fn matrix_head(&self) -> String {
        let document = self.document();
        let mut text =
            format!("# Permission matrix / Ma trận quyền\n\nPolicy {}.\n\n{PREFACE}", self.version());
        for role in Role::ALL {
            let _ = writeln!(text, "| {} | {} |", role.code(), both(document.words.roles.get(&role)));
        }
        text.push_str(RIGHTS);
        for authority in Authority::ALL {
            let lasts = document.clocks.get(&authority).map_or_else(String::new, |clock| {
                let hours = clock / HOUR;
                if hours <= 24 { format!("{hours} h") } else { format!("{} d", hours / 24) }
            });
            let words = both(document.words.rights.get(&authority));
            let _ = writeln!(text, "| {} | {words} | {lasts} |", authority.code());
        }
        text.push_str(PURPOSES);
        for purpose in Purpose::ALL {
            let words = both(document.words.purposes.get(&purpose));
            let opens = if document.opens_labels(purpose) { "yes / có" } else { "no / không" };
            let _ = writeln!(text, "| {} | {words} | {opens} |", purpose.code());
        }
        text.push_str(LABELS);
        for label in document.labels().iter().filter(|label| !label.shield) {
            let name = format!("`{}` | {} | {}", label.code, label.english, label.vietnamese);
            let _ = writeln!(text, "| {name} | {} |", self.seers_of(label.labels));
        }
        let unknown = "`UNKNOWN` | what the policy does not know | nhãn mà chính sách không biết";
        let _ = writeln!(text, "| {unknown} | {} |", self.seers_of(Labels::UNKNOWN));
        for label in document.labels().iter().filter(|label| label.shield) {
            let _ = writeln!(
                text,
                "\n`{}` ({}, {}) closes nothing: it takes places and addresses out of what is answered, for everybody.",
                label.code, label.english, label.vietnamese
            );
        }
        text.push_str("\n## Classes of types / Nhóm loại dữ liệu\n\n| class | types |\n|---|---|\n");
        for (name, types) in &document.classes {
            let _ = writeln!(text, "| {name} | {} |", type_words(types));
        }
        text
    }

    /// A purpose with its name.
    pub(crate) fn purpose_words(&self, purpose: Purpose) -> String {
        let words = self.document().words.purposes.get(&purpose);
        words.map_or_else(
            || purpose.code().to_owned(),
            |words| format!("{} ({} / {})", purpose.code(), words.en, words.vi),
        )
    }

    /// What the rules of a role limit besides, as a list behind its table.
    pub(crate) fn limits(&self, role: Role, purposes: &[Purpose]) -> String {
        let about = |rule: &&Rule| {
            Action::ALL
                .into_iter()
                .any(|action| purposes.iter().any(|purpose| rule.is_about(role, *purpose, action)))
        };
        let mut text = String::new();
        for rule in self.document().rules.iter().filter(about) {
            let mut words: Vec<String> = Vec::new();
            words.extend(rule.says.iter().map(|says| format!("{} / {}", says.en, says.vi)));
            for limit in &rule.contents {
                let codes = limit.codes.join(" or ");
                words.push(format!("{}: each `{}` is {codes}", limit.resource_type, limit.element));
            }
            for (resource_type, query) in &rule.filters {
                words.push(format!("{resource_type}: only what `{query}` finds"));
            }
            if !words.is_empty() {
                let _ = writeln!(text, "* `{}`: {}.", rule.id, words.join("; "));
            }
        }
        if text.is_empty() { text } else { format!("\nLimits / Giới hạn:\n\n{text}") }
    }

    /// The cells of a label: who sees it by the relation alone, of the own facility, and if the citizen names it.
    fn seers_of(&self, labels: Labels) -> String {
        let mut columns: [Seers; 3] = Default::default();
        for role in Role::ALL {
            for purpose in Purpose::ALL {
                let Some(cell) = self.cell(role, purpose) else { continue };
                for line in cell.read.lines.iter().filter(|line| line.authority != Authority::Shared) {
                    for resource_type in line.types.iter() {
                        for age in self.ages_of(line.authority) {
                            let case = Case {
                                role,
                                purpose,
                                action: Action::Read,
                                authority: line.authority,
                                resource_type,
                                labels,
                                own: false,
                                agreement: Agreement::None,
                                age,
                            };
                            self.add(&mut columns, &case);
                        }
                    }
                }
            }
        }
        columns.map(|seers| self.words_of(&seers)).join(" | ")
    }

    fn ages_of(&self, authority: Authority) -> Vec<u8> {
        let majority = self.document().ages().majority();
        if authority == Authority::Guardian { (0..majority).collect() } else { vec![0] }
    }

    /// Adds a case to the first column that it belongs to.
    fn add(&self, columns: &mut [Seers; 3], case: &Case) {
        let ways = [(false, Agreement::None), (true, Agreement::None), (false, Agreement::Permit)];
        let open = |(own, agreement)| self.verdict(&Case { own, agreement, ..*case }).is_permit();
        let without = open((false, Agreement::None));
        for (column, way) in columns.iter_mut().zip(ways) {
            if open(way) && (!without || way == (false, Agreement::None)) {
                let (types, ages) = column.entry(seer(case)).or_default();
                types.insert(case.resource_type);
                ages.insert(case.age);
            }
        }
    }

    fn words_of(&self, seers: &Seers) -> String {
        let majority = self.document().ages().majority();
        let words = seers.iter().map(|(who, (types, ages))| {
            let mut more = Vec::new();
            if let (true, Some(oldest)) = (ages.len() > 1, ages.last().filter(|age| **age + 1 < majority)) {
                more.push(format!("child up to {oldest} years"));
            }
            if types.iter().count() <= FEW_TYPES {
                let names: Vec<&str> = types.iter().map(ResourceType::as_str).collect();
                more.push(names.join(" and "));
            }
            if more.is_empty() { who.clone() } else { format!("{who} ({})", more.join("; ")) }
        });
        let words = words.collect::<Vec<_>>().join(", ");
        if words.is_empty() { "nobody / không ai".to_owned() } else { words }
    }
}

/// Who it is that sees: a citizen is what the right says.
fn seer(case: &Case) -> String {
    match case.authority {
        Authority::Own => "the citizen".to_owned(),
        Authority::Delegation => "delegate".to_owned(),
        Authority::Guardian => "guardian".to_owned(),
        Authority::Emergency => format!("{} in an emergency", case.role.code()),
        _ => case.role.code().to_owned(),
    }
}

/// The cells of a sentence.
fn both(sentence: Option<&Sentence>) -> String {
    sentence.map_or_else(|| " | ".to_owned(), |words| format!("{} | {}", words.en, words.vi))
}

const PREFACE: &str = "Printed by `healthbook policy matrix`; a test keeps it fresh. `docs/access.md` is the promise. Whatever stands in no row
is forbidden. Bảng này do `healthbook policy matrix` in ra; những gì không có trong bảng đều bị cấm.

## Who may what, in a sentence each / Ai được làm gì, mỗi vai trò một câu

| role | in English | bằng tiếng Việt |
|---|---|---|
";

const RIGHTS: &str = "
## By what right / Căn cứ truy cập

Nobody comes to a book but by one of these. Mọi truy cập vào sổ đều phải có một trong các căn cứ sau.

| right | in English | bằng tiếng Việt | lasts / thời hạn |
|---|---|---|---|
";

const PURPOSES: &str = "
## For what purpose / Mục đích

| purpose | in English | bằng tiếng Việt | may a consent open labels? / chấp thuận có mở nhãn được không? |
|---|---|---|---|
";

const LABELS: &str = "
## Who can ever see what is specially secret / Ai có thể xem nội dung bí mật đặc biệt

A visit carries a label as soon as one entry of it has a code of that kind. Nobody but those named here ever sees what
carries it, and these only with a right to the book. *By the relation alone*: nothing else is needed. *Of the own facility*:
only where their own facility gave the label. *If the citizen names it*: only where a consent or a delegation names that
very label. Lượt khám mang nhãn ngay khi có một mục thuộc loại đó; ngoài những người nêu ở đây, không ai xem được, và những
người này cũng phải có căn cứ truy cập sổ.

| label | meaning | nghĩa | by the relation alone / chỉ cần có căn cứ | of the own facility / do cơ sở mình ghi | if the citizen names it / nếu người dân nêu rõ |
|---|---|---|---|---|---|
";
