//! What the rules come to: for each role and purpose the lines of every action, made when a policy is loaded.

use std::sync::Arc;

use crate::access::Limits;
use crate::document::{ContentLimit, PolicyDocument, Rule};
use crate::interaction::Action;
use crate::source::Effect;
use crate::{Authority, Line, Purpose, Role, ScopeFilter, TypeSet};

/// What one role may for one purpose.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub read: Part,
    pub create: Part,
    pub update: Part,
    pub delete: Part,
}

/// What one action may touch.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub lines: Arc<[Line]>,
    /// The types of all lines.
    pub types: TypeSet,
    /// Limits of the rules on what is seen and written.
    pub limits: Arc<Limits>,
}

impl Cell {
    pub fn part(&self, action: Action) -> &Part {
        match action {
            Action::Read => &self.read,
            Action::Create => &self.create,
            Action::Update => &self.update,
            Action::Delete => &self.delete,
        }
    }
}

/// The cells of all roles and purposes.
#[derive(Debug)]
pub(crate) struct Cells(Vec<Cell>);

impl Cells {
    pub fn new(document: &PolicyDocument) -> Self {
        let mut cells = Vec::with_capacity(Role::ALL.len() * Purpose::ALL.len());
        for role in Role::ALL {
            for purpose in Purpose::ALL {
                cells.push(cell(document, role, purpose));
            }
        }
        Self(cells)
    }

    pub fn get(&self, role: Role, purpose: Purpose) -> Option<&Cell> {
        let purpose = usize::try_from(purpose.number() - 1).ok()?;
        self.0.get(role.index() * Purpose::ALL.len() + purpose)
    }
}

fn cell(document: &PolicyDocument, role: Role, purpose: Purpose) -> Cell {
    let part = |action| part(document, role, purpose, action);
    Cell {
        read: part(Action::Read),
        create: part(Action::Create),
        update: part(Action::Update),
        delete: part(Action::Delete),
    }
}

fn part(document: &PolicyDocument, role: Role, purpose: Purpose, action: Action) -> Part {
    let about = |rule: &&Rule| rule.is_about(role, purpose, action);
    let mut lines = Vec::new();
    let mut contents: Vec<ContentLimit> = Vec::new();
    for rule in document.rules.iter().filter(about).filter(|rule| rule.effect == Effect::Permit) {
        for authority in Authority::ALL.into_iter().filter(|authority| rule.authorities.contains(authority)) {
            // The location shield takes parts out of what is answered; it closes nothing.
            let labels = rule.labels.unwrap_or_default() | document.labels.shield();
            let own_labels = rule.own_labels.without(labels);
            lines.push(Line { rule: Arc::clone(&rule.id), authority, types: rule.types, labels, own_labels });
        }
        for limit in rule.contents.iter().filter(|_| action != Action::Read) {
            if !contents.contains(limit) {
                contents.push(limit.clone());
            }
        }
    }
    for rule in document.rules.iter().filter(about).filter(|rule| rule.effect == Effect::Forbid) {
        lines = lines.into_iter().flat_map(|line| forbidden(line, rule)).collect();
    }
    let lines = merged(lines);
    let types = lines.iter().fold(TypeSet::NONE, |types, line| types.or(&line.types));
    let filters = filters(document, role, purpose);
    Part {
        lines: Arc::from(lines),
        types,
        limits: Arc::new(Limits { filters, contents: Arc::from(contents) }),
    }
}

/// What a rule leaves of a line.
fn forbidden(line: Line, rule: &Rule) -> impl Iterator<Item = Line> {
    let hit = rule.authorities.contains(&line.authority);
    let inside = if hit { line.types.and(&rule.types) } else { TypeSet::NONE };
    let outside = Line { types: line.types.without(&inside), ..line.clone() };
    let inside = rule.labels.map(|labels| Line {
        types: inside,
        labels: line.labels.without(labels),
        own_labels: line.own_labels.without(labels),
        ..line
    });
    [Some(outside), inside].into_iter().flatten().filter(|line| !line.types.is_empty())
}

/// Fewer lines make shorter queries: lines of one authority with the same labels become one, and what another line
/// covers is left out.
fn merged(lines: Vec<Line>) -> Vec<Line> {
    let mut merged: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        let same = |known: &&mut Line| {
            known.authority == line.authority
                && known.labels == line.labels
                && known.own_labels == line.own_labels
        };
        match merged.iter_mut().find(same) {
            Some(known) if line.types.is_within(&known.types) => {}
            Some(known) => {
                known.types = known.types.or(&line.types);
                known.rule = Arc::from(format!("{} + {}", known.rule, line.rule));
            }
            None => merged.push(line),
        }
    }
    let covered = |line: &Line, place: usize| {
        merged.iter().enumerate().any(|(other, by)| other != place && *line != *by && covers(by, line))
    };
    let keep: Vec<bool> = merged.iter().enumerate().map(|(place, line)| !covered(line, place)).collect();
    merged.into_iter().zip(keep).filter_map(|(line, keep)| keep.then_some(line)).collect()
}

/// Whether one line permits all that another permits.
fn covers(by: &Line, line: &Line) -> bool {
    by.authority == line.authority
        && line.types.is_within(&by.types)
        && line.labels.is_within(by.labels)
        && line.own_labels.is_within(by.labels | by.own_labels)
}

/// Limits of the rules on what is seen. They hold for the type, by whatever right it is seen: never wider than said.
fn filters(document: &PolicyDocument, role: Role, purpose: Purpose) -> Arc<[ScopeFilter]> {
    let rules = document.rules.iter().filter(|rule| rule.is_about(role, purpose, Action::Read));
    let mut filters: Vec<ScopeFilter> = Vec::new();
    for (resource_type, query) in rules.flat_map(|rule| &rule.filters) {
        match filters.iter_mut().find(|filter| filter.types.contains(*resource_type)) {
            Some(filter) if filter.any_of.contains(query) => {}
            Some(filter) => filter.any_of.push(query.clone()),
            None => filters.push(ScopeFilter {
                types: std::iter::once(*resource_type).collect(),
                any_of: vec![query.clone()],
            }),
        }
    }
    Arc::from(filters)
}
