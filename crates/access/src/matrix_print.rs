//! The permission matrix for people: cells that agree share a row.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fhir::ResourceType;

use crate::explanation::type_words;
use crate::{Action, Agreement, Authority, Case, Labels, Policy, Purpose, Role, TypeSet, Verdict};

/// What a row says behind its rights, actions and types.
type Cells = String;
/// Of one right: cells and types, with the actions that have them.
type RowsOfRight = BTreeMap<(Cells, String), Vec<&'static str>>;

impl Policy {
    /// The matrix for people, as Markdown. What stands in no row is forbidden.
    pub fn matrix(&self) -> String {
        let mut text = format!("# Permission matrix\n\nPolicy {}.\n\n{PREFACE}", self.version());
        for label in self.document().labels().iter() {
            let _ = writeln!(text, "| `{}` | {} | {} |", label.code, label.english, label.vietnamese);
        }
        text.push_str("\n| class | types |\n|---|---|\n");
        for (name, types) in &self.document().classes {
            let _ = writeln!(text, "| {name} | {} |", type_words(types));
        }
        for role in Role::ALL {
            let _ = writeln!(text, "\n## {}", role.code());
            let mut purposes: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
            for purpose in Purpose::ALL {
                let rows = self.rows(role, purpose);
                match purposes.iter_mut().find(|(_, known)| *known == rows) {
                    Some((codes, _)) => codes.push(purpose.code()),
                    None => purposes.push((vec![purpose.code()], rows)),
                }
            }
            for (codes, rows) in purposes.iter().filter(|(_, rows)| !rows.is_empty()) {
                let _ = writeln!(text, "\nPurpose {}:\n\n{HEAD}", codes.join(", "));
                rows.iter().for_each(|row| text.push_str(row));
            }
        }
        text
    }

    fn rows(&self, role: Role, purpose: Purpose) -> Vec<String> {
        let mut rights: Vec<(Vec<String>, RowsOfRight)> = Vec::new();
        for authority in Authority::ALL {
            let ages: Vec<u8> = match authority {
                Authority::Guardian => self.document().ages().steps().collect(),
                _ => vec![0],
            };
            for age in ages {
                let mut of_right = RowsOfRight::new();
                for action in Action::ALL {
                    for (cells, types) in self.groups(role, purpose, authority, age, action) {
                        of_right.entry((cells, self.class_words(types))).or_default().push(action.code());
                    }
                }
                let name = match authority {
                    Authority::Guardian => format!("guardian of a child from {age} years"),
                    authority => authority.code().to_owned(),
                };
                match rights.iter_mut().find(|(_, known)| *known == of_right) {
                    Some((names, _)) => names.push(name),
                    None if of_right.is_empty() => {}
                    None => rights.push((vec![name], of_right)),
                }
            }
        }
        let mut rows = Vec::new();
        for (names, of_right) in rights {
            for ((cells, types), actions) in of_right {
                rows.push(format!("| {} | {} | {types} | {cells}\n", names.join(", "), actions.join(", ")));
            }
        }
        rows
    }

    /// The types of an action, grouped by their cells.
    fn groups(
        &self,
        role: Role,
        purpose: Purpose,
        authority: Authority,
        age: u8,
        action: Action,
    ) -> BTreeMap<Cells, TypeSet> {
        let mut groups: BTreeMap<Cells, TypeSet> = BTreeMap::new();
        let agreement = Agreement::None;
        for resource_type in ResourceType::all() {
            let labels = Labels::NONE;
            let case =
                Case { role, purpose, action, authority, resource_type, labels, own: false, agreement, age };
            if let Some(cells) = self.cells(case) {
                groups.entry(cells).or_default().insert(resource_type);
            }
        }
        groups
    }

    /// The cells of a row; `None` when nothing is permitted.
    fn cells(&self, case: Case) -> Option<Cells> {
        let with = |labels, own, agreement| self.verdict(&Case { labels, own, agreement, ..case });
        // What a consent alone opens stands in the rows of that right.
        let Verdict::Permit(rule) = with(Labels::NONE, false, Agreement::None) else { return None };
        let table = self.document().labels();
        let known = table.iter().filter(|label| !label.shield).map(|label| label.labels);
        let classes: Vec<Labels> = known.chain([Labels::UNKNOWN]).collect();
        let every = classes.iter().fold(Labels::NONE, |all, labels| all | *labels);
        let words = |own, agreement| {
            let open = classes.iter().filter(|labels| with(**labels, own, agreement).is_permit());
            let open = open.fold(Labels::NONE, |all, labels| all | *labels);
            let closed = table.codes(every.without(open));
            if open.is_empty() {
                "none".to_owned()
            } else if closed.is_empty() {
                "all".to_owned()
            } else if closed.len() < table.codes(open).len() {
                format!("all but {}", closed.join(", "))
            } else {
                table.codes(open).join(", ")
            }
        };
        Some(format!(
            "{} | {} | {} | {} | {rule} |",
            words(false, Agreement::None),
            words(true, Agreement::None),
            words(false, Agreement::Permit),
            if with(Labels::NONE, false, Agreement::Deny).is_permit() { "open" } else { "closed" },
        ))
    }

    /// A set of types as classes of the policy and what is left.
    fn class_words(&self, types: TypeSet) -> String {
        let mut classes: Vec<(&String, &TypeSet)> = self.document().classes.iter().collect();
        classes.sort_by_key(|(_, class)| std::cmp::Reverse(class.iter().count()));
        let mut rest = types;
        let mut words: Vec<String> = Vec::new();
        if types.is_all() {
            return "every type".to_owned();
        }
        for (name, class) in classes {
            let adds = class.and(&rest).iter().count() > 1;
            if class.is_within(&types) && adds {
                rest = rest.without(class);
                words.push(format!("*{name}*"));
                continue;
            }
            // A large class but for one or two types.
            let missing: Vec<&str> = class.without(&types).iter().map(ResourceType::as_str).collect();
            if missing.len() <= 2 && class.and(&rest).iter().count() > 8 {
                rest = rest.without(class);
                words.push(format!("*{name}* without {}", missing.join(" and ")));
            }
        }
        words.extend(rest.iter().map(|resource_type| resource_type.as_str().to_owned()));
        words.join(", ")
    }
}

const HEAD: &str = "| right | action | types | labels open | given by own facility | with consent to the label | \
under a denial | rule |\n|---|---|---|---|---|---|---|---|";

const PREFACE: &str = "Printed by `healthbook policy matrix`; a test keeps it fresh. `docs/access.md` says it in words. Whatever stands in no
row is forbidden. A row says by what right something may be done with resources of some types: whatever carries no
label, and of what carries labels only those that are named. *Given by own facility*: the labels that are open where the
caller's own facility gave them. *With consent*: where a consent for this very purpose, or the delegation, names the label.
*Under a denial*: where a denial of the citizen matches that does not name the emergency. What is replaced or deleted
must be visible, and its author is asked besides.

| label | meaning | nghĩa |
|---|---|---|
";
