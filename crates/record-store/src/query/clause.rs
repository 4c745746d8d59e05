//! One condition as SQL: a test of a candidate whose row of `resource` has a given alias.
//!
//! What the index cannot decide is left to a check in memory; its SQL is a condition that holds wherever the check
//! does ([`Clause::needs_check`]).

use fhir::ResourceType;
use search::{ChainTarget, Clause, Registry, Slot};

use super::Gate;
use super::comparison::{any, index_condition, point, slots_in};
use crate::statement::{Bind, Statement, padded};
use crate::stored::{pack_id, type_number};

/// Ends an EXISTS that must stay a test of each candidate: PostgreSQL makes a join of any other and may begin with it.
pub(super) const AS_TEST: &str = " LIMIT 1 OFFSET 0";

/// Writes conditions: knows the gate, and gives every table of a statement a name of its own.
pub(crate) struct Conditions<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) gate: &'a Gate,
    names: u32,
}

impl<'a> Conditions<'a> {
    pub(crate) fn new(registry: &'a Registry, gate: &'a Gate) -> Self {
        Self { registry, gate, names: 0 }
    }

    fn name(&mut self, letter: char) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    /// Appends all clauses, each after ` AND `.
    pub(crate) fn all_of(&mut self, statement: &mut Statement, clauses: &[Clause], row: &str) {
        for clause in clauses {
            statement.sql(" AND ");
            self.test(statement, clause, row);
        }
    }

    /// Appends a test of the resource in `row`.
    pub(crate) fn test(&mut self, statement: &mut Statement, clause: &Clause, row: &str) {
        match clause {
            Clause::All(clauses) => self.joined(statement, clauses, row, " AND ", "1 = 1"),
            Clause::Any(clauses) => self.joined(statement, clauses, row, " OR ", "1 = 0"),
            // What is only known to hold at least where the clause does cannot be turned around.
            Clause::Not(clause) if clause.needs_check() => {
                statement.sql("1 = 1");
            }
            Clause::Not(clause) => {
                statement.sql("NOT ");
                self.test(statement, clause, row);
            }
            Clause::Id(ids) => {
                statement.sql(&format!("{row}.logical_id IN ("));
                statement.list(ids.iter().map(|id| Bind::Bytes(pack_id(id))).collect()).sql(")");
            }
            Clause::Members(kind, ids) => {
                statement.sql(&format!("({row}.resource_type = ")).small(type_number(*kind));
                statement.sql(&format!(" AND {row}.logical_id IN ("));
                statement.list(ids.iter().map(|id| Bind::Bytes(pack_id(id))).collect()).sql("))");
            }
            Clause::Places(places) => {
                statement.sql(&format!("({row}.book, {row}.resource_key) IN (VALUES "));
                places_list(statement, places);
                statement.sql(")");
            }
            Clause::Type(types) => {
                statement.sql(&format!("{row}.resource_type IN ("));
                statement.list(types.iter().map(|kind| Bind::Small(type_number(*kind))).collect()).sql(")");
            }
            Clause::LastUpdated(values) => {
                any(statement, values, |statement, value| point(statement, &format!("{row}.updated"), value));
            }
            Clause::Present(bits) => {
                any(statement, bits, |statement, (kind, bit)| {
                    statement.sql(&format!("({row}.resource_type = ")).small(type_number(*kind));
                    statement.sql(&format!(" AND ({row}.present & ")).big(1_i64 << bit).sql(") <> 0)");
                });
            }
            Clause::Check { superset, .. } => self.test(statement, superset, row),
            Clause::Token { .. } if clause.needs_check() => {
                statement.sql("1 = 1");
            }
            Clause::Chain { slots, targets } => self.chain(statement, slots, targets, row),
            Clause::Has { slots, source, clauses } => self.has(statement, slots, *source, clauses, row),
            // Whoever makes a plan looks these up first.
            Clause::Lookup(_) => {
                statement.sql("1 = 0");
            }
            Clause::Token { .. }
            | Clause::String { .. }
            | Clause::Date { .. }
            | Clause::Quantity { .. }
            | Clause::Reference { .. } => {
                let index = self.name('x');
                match index_condition(clause, &index) {
                    Some((table, condition)) => {
                        statement.sql(&format!("EXISTS (SELECT 1 FROM {table} {index} WHERE "));
                        statement.append(condition);
                        statement.sql(&format!(
                            " AND {index}.book = {row}.book AND {index}.resource_key = {row}.resource_key{AS_TEST})"
                        ));
                    }
                    None => {
                        statement.sql("1 = 0");
                    }
                }
            }
        }
    }

    fn joined(&mut self, statement: &mut Statement, clauses: &[Clause], row: &str, joint: &str, empty: &str) {
        if clauses.is_empty() {
            statement.sql(empty);
            return;
        }
        statement.sql("(");
        for (index, clause) in clauses.iter().enumerate() {
            if index > 0 {
                statement.sql(joint);
            }
            self.test(statement, clause, row);
        }
        statement.sql(")");
    }

    /// A reference of the candidate leads to a match. Inside of a book that is asked of the book's own patient, else
    /// the references of all matches are collected once.
    fn chain(&mut self, statement: &mut Statement, slots: &[Slot], targets: &[ChainTarget], row: &str) {
        let own_patient = self.registry.decides_book(slots);
        statement.sql("(");
        for (index, target) in targets.iter().enumerate() {
            if index > 0 {
                statement.sql(" OR ");
            }
            let (found, reference) = (self.name('t'), self.name('x'));
            if target.resource_type == ResourceType::PATIENT && own_patient {
                statement.sql(&format!(
                    "EXISTS (SELECT 1 FROM resource {found} WHERE {found}.book = {row}.book \
                     AND {found}.resource_key = {row}.book AND {found}.change <> 2"
                ));
                self.all_of(statement, &target.clauses, &found);
                self.gate.restrict(statement, &found, &[target.resource_type]);
                statement.sql(&format!(" AND EXISTS (SELECT 1 FROM reference_index {reference} WHERE "));
                slots_in(statement, slots, &reference);
                statement.sql(&format!(
                    " AND {reference}.target = {found}.id_hash AND {reference}.target_type = {found}.resource_type \
                     AND {reference}.book = {row}.book AND {reference}.resource_key = {row}.resource_key{AS_TEST}){AS_TEST})"
                ));
            } else {
                statement.sql(&format!(
                    "({row}.book, {row}.resource_key) IN (SELECT {reference}.book, {reference}.resource_key FROM ("
                ));
                self.matches(statement, target.resource_type, &target.clauses, "id_hash");
                statement.sql(&format!(") {found} CROSS JOIN reference_index {reference} WHERE "));
                slots_in(statement, slots, &reference);
                statement.sql(&format!(
                    " AND {reference}.target = {found}.id_hash AND {reference}.target_type = "
                ));
                statement.small(type_number(target.resource_type)).sql(")");
            }
        }
        statement.sql(")");
    }

    /// A match of another type refers to the candidate.
    fn has(
        &mut self,
        statement: &mut Statement,
        slots: &[Slot],
        source: ResourceType,
        clauses: &[Clause],
        row: &str,
    ) {
        let (found, reference) = (self.name('s'), self.name('x'));
        // What refers to a patient in the element that decides is in the patient's book: a code is looked for there
        // first, and then whether its resource refers to the patient.
        let own_patient = self.registry.decides_book(slots);
        let first = clauses.iter().flat_map(Clause::conjuncts).find(super::driver::is_one_code);
        if let Some(condition) = first.filter(|_| own_patient).and_then(|clause| index_condition(clause, "k"))
        {
            statement.sql(&format!(
                "EXISTS (SELECT 1 FROM token_index k CROSS JOIN reference_index {reference} CROSS JOIN resource {found} \
                 WHERE k.book = {row}.book AND "
            ));
            statement.append(condition.1);
            statement.sql(&format!(
                " AND {reference}.book = k.book AND {reference}.resource_key = k.resource_key AND "
            ));
        } else {
            statement.sql(&format!(
                "EXISTS (SELECT 1 FROM reference_index {reference} CROSS JOIN resource {found} WHERE "
            ));
        }
        slots_in(statement, slots, &reference);
        statement.sql(&format!(
            " AND {reference}.target = {row}.id_hash AND {reference}.target_type = {row}.resource_type \
             AND {found}.book = {reference}.book AND {found}.resource_key = {reference}.resource_key \
             AND {found}.change <> 2 AND {found}.resource_type = "
        ));
        statement.small(type_number(source));
        self.all_of(statement, clauses, &found);
        self.gate.restrict(statement, &found, &[source]);
        statement.sql(AS_TEST).sql(")");
    }

    /// Appends a query of one column of the resources of a type that match, in no order.
    pub(crate) fn matches(
        &mut self,
        statement: &mut Statement,
        resource_type: ResourceType,
        clauses: &[Clause],
        column: &str,
    ) {
        let row = self.name('r');
        let driver = super::driver::first(self.registry, clauses);
        statement.sql(&format!("SELECT {row}.{column} "));
        self.from(statement, &[resource_type], clauses, driver, None, &row);
    }
}

/// Appends `(book, key), ...`, filled up to a power of two so that few statements are prepared.
pub(super) fn places_list(statement: &mut Statement, places: &[(i64, i64)]) {
    for (index, (book, key)) in padded(places).enumerate() {
        statement.sql(if index > 0 { ",(" } else { "(" }).big(book).sql(",").big(key).sql(")");
    }
}
