//! The permission matrix for people: cells that agree share a row.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fhir::ResourceType;

use crate::{Action, Agreement, Authority, Case, Labels, Policy, Purpose, Role, TypeSet, Verdict};

/// What a row says behind its rights, actions and types.
type Cells = String;
/// Of one right: cells and types, with the actions that have them.
type RowsOfRight = BTreeMap<(Cells, String), Vec<&'static str>>;

impl Policy {
    /// The matrix for people, as Markdown. What stands in no row is forbidden.
    pub fn matrix(&self) -> String {
        let mut text = self.matrix_head();
        text.push_str(HEAD_OF_ROLES);
        let everybody = self.everybody();
        if !everybody.is_empty() {
            let _ = writeln!(text, "\n### everybody signed in, for every purpose\n\n{HEAD}");
            everybody.iter().for_each(|row| text.push_str(row));
        }
        for role in Role::ALL {
            let _ = writeln!(text, "\n### {}", role.code());
            let mut purposes: Vec<(Vec<Purpose>, Vec<String>)> = Vec::new();
            for purpose in Purpose::ALL {
                let mut rows = self.rows(role, purpose);
                rows.retain(|row| !everybody.contains(row));
                match purposes.iter_mut().find(|(_, known)| *known == rows) {
                    Some((purposes, _)) => purposes.push(purpose),
                    None => purposes.push((vec![purpose], rows)),
                }
            }
            purposes.retain(|(_, rows)| !rows.is_empty());
            if purposes.is_empty() {
                text.push_str("\nNothing but what everybody reads. / Chỉ những gì mọi người đều đọc được.\n");
            }
            for (purposes, rows) in purposes {
                let names: Vec<String> =
                    purposes.iter().map(|purpose| self.purpose_words(*purpose)).collect();
                let _ = writeln!(text, "\nPurpose {}:\n\n{HEAD}", names.join("; "));
                rows.iter().for_each(|row| text.push_str(row));
                text.push_str(&self.limits(role, &purposes));
            }
        }
        text
    }

    /// The rows that every role has for every purpose.
    fn everybody(&self) -> Vec<String> {
        let mut cells = Role::ALL.into_iter().flat_map(|role| Purpose::ALL.map(|purpose| (role, purpose)));
        let mut common = cells.next().map(|(role, purpose)| self.rows(role, purpose)).unwrap_or_default();
        for (role, purpose) in cells {
            let rows = self.rows(role, purpose);
            common.retain(|row| rows.contains(row));
        }
        common
    }

    fn rows(&self, role: Role, purpose: Purpose) -> Vec<String> {
        let mut rights: Vec<(Vec<String>, RowsOfRight)> = Vec::new();
        for authority in Authority::ALL {
            for (name, age) in self.names_of(authority) {
                let mut of_right = RowsOfRight::new();
                for action in Action::ALL {
                    for (cells, types) in self.groups(role, purpose, authority, age, action) {
                        of_right.entry((cells, self.class_words(types))).or_default().push(action.code());
                    }
                }
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

    /// What a right is called, with an age for which that holds: those of a guardian by the age of the child.
    fn names_of(&self, authority: Authority) -> Vec<(String, u8)> {
        if authority != Authority::Guardian {
            return vec![(authority.code().to_owned(), 0)];
        }
        let ages = self.document().ages();
        let mut slices: Vec<(u8, u8)> = Vec::new();
        for age in 0..ages.majority() {
            match slices.last_mut() {
                Some((from, to)) if ages.opens(*from) == ages.opens(age) => *to = age,
                _ => slices.push((age, age)),
            }
        }
        slices
            .into_iter()
            .map(|(from, to)| (format!("guardian of a child of {from} to {to} years"), from))
            .collect()
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
                "unlabelled only".to_owned()
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

const HEAD_OF_ROLES: &str = "
## The tables of the roles / Bảng chi tiết theo vai trò

A row says by what right something may be done with resources of some types. *Labels open*: whatever carries no label is
open, and of what carries labels only what is named here. *Given by own facility*: what is open where the caller's own
facility gave the labels. *With consent to the label*: what is open where a consent for this very purpose, or the
delegation, names the label. *Under a denial*: whether it stays open where a denial of the citizen matches that does not
name the emergency. What is replaced or deleted must be visible, and only who wrote it changes it.

Các cột: căn cứ, hành động, loại dữ liệu, nhãn được xem, nhãn được xem khi do chính cơ sở ghi, nhãn được xem khi chấp thuận
nêu rõ, còn mở khi người dân từ chối hay không, quy tắc. *Unlabelled only*: chỉ nội dung không mang nhãn; *all but*: tất cả
trừ; *closed*: đóng; *open*: mở.
";
