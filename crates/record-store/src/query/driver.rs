//! Where candidates come from: the clause that leaves the fewest, or an order of the index that can be followed.
//!
//! Which clause is selective is not known to the planners of the databases, so the order of joins is ours.

use fhir::ResourceType;
use search::{Clause, DateTest, Prefix, QuantityTest, Registry, StringTest, UnitTest};

use super::clause::{AS_TEST, Conditions, places_list};
use super::comparison::index_condition;
use crate::statement::{Bind, Statement};
use crate::stored::{pack_id, type_number};

/// Microseconds of a day; the partial index of long ranges has the same number.
pub(super) const DAY: i64 = 86_400_000_000;

/// How many candidates a clause gives, and in what order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// A few, always.
    Unique,
    /// Any number, in the order of books and keys.
    Ordered,
    /// Any number, in some order.
    Unordered,
    /// The clause cannot give candidates.
    None,
}

/// What kind of candidates a clause gives.
pub(crate) fn class(registry: &Registry, clause: &Clause) -> Class {
    match clause {
        Clause::Id(_) | Clause::Members(..) | Clause::Places(_) => Class::Unique,
        Clause::Token { slots, values } => {
            if slots.is_empty() || values.iter().any(|value| value.code.is_none()) {
                Class::None
            } else if values.len() <= 8 && slots.iter().all(|slot| registry.is_identifying(*slot)) {
                Class::Unique
            } else if slots.len() == 1 && values.len() == 1 {
                Class::Ordered
            } else {
                Class::Unordered
            }
        }
        Clause::Reference { slots, values } => match (slots.as_slice(), values.as_slice()) {
            ([], _) => Class::None,
            ([_], [value]) if value.target_type.is_some() => Class::Ordered,
            _ => Class::Unordered,
        },
        Clause::String { slots, values } => {
            let searched =
                |value: &StringTest| matches!(value, StringTest::Contains(_) | StringTest::EndsWith(_));
            if slots.is_empty() || values.iter().any(searched) { Class::None } else { Class::Unordered }
        }
        Clause::Date { slots, .. } if !slots.is_empty() => Class::Unordered,
        Clause::LastUpdated(_) => Class::Unordered,
        Clause::Quantity { slots, values } => {
            let by_unit = values.iter().all(|value| matches!(value.unit, UnitTest::Unit(_)));
            if slots.is_empty() || !by_unit { Class::None } else { Class::Unordered }
        }
        Clause::Check { superset, .. } => class(registry, superset),
        Clause::Has { slots, clauses, .. } if registry.decides_book(slots) => {
            let coded = clauses.iter().flat_map(Clause::conjuncts).any(|clause| is_one_code(&clause));
            if coded { Class::Unordered } else { Class::None }
        }
        // A part that must hold is a source of candidates for all of them.
        Clause::All(clauses) => {
            clauses.iter().map(|clause| class(registry, clause)).min().unwrap_or(Class::None)
        }
        Clause::Any(clauses) => match clauses.iter().map(|clause| class(registry, clause)).max() {
            None | Some(Class::Unique) => Class::Unique,
            Some(Class::None) => Class::None,
            Some(_) => Class::Unordered,
        },
        _ => Class::None,
    }
}

/// The clause to start from when nothing can be asked: the first of the best class.
pub(crate) fn first(registry: &Registry, clauses: &[Clause]) -> Option<usize> {
    let classes = clauses.iter().enumerate().map(|(index, clause)| (class(registry, clause), index));
    classes.min().filter(|(class, _)| *class != Class::None).map(|(_, index)| index)
}

/// Where a page begins, for an index that is in the order of books and keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) book: i64,
    pub(crate) key: i64,
    /// The pages go from small to large.
    pub(crate) upwards: bool,
}

impl Bound {
    /// Appends ` AND <table is beyond>`.
    pub(crate) fn restrict(self, statement: &mut Statement, table: &str) {
        let operator = if self.upwards { ">" } else { "<" };
        statement.sql(&format!(" AND ({table}.book, {table}.resource_key) {operator} ("));
        statement.big(self.book).sql(",").big(self.key).sql(")");
    }
}

/// Appends ` AND table.book ...`.
pub(crate) fn in_books(statement: &mut Statement, books: Option<&[i64]>, table: &str) {
    match books {
        None => {}
        Some([book]) => {
            statement.sql(&format!(" AND {table}.book = ")).big(*book);
        }
        Some(books) => {
            statement.sql(&format!(" AND {table}.book IN ("));
            statement.list(books.iter().map(|book| Bind::Big(*book)).collect()).sql(")");
        }
    }
}

impl Conditions<'_> {
    /// The books that can hold anything of the caller; `None` for all.
    pub(crate) fn books(&self, book: Option<i64>) -> Option<Vec<i64>> {
        book.map_or_else(|| self.gate.books(), |book| Some(vec![book]))
    }

    /// Appends a query of candidates: book and key. Returns whether a candidate can come twice.
    pub(crate) fn candidates(
        &mut self,
        statement: &mut Statement,
        types: &[ResourceType],
        clause: &Clause,
        books: Option<&[i64]>,
        bound: Option<Bound>,
    ) -> bool {
        match clause {
            Clause::Check { superset, .. } => self.candidates(statement, types, superset, books, bound),
            Clause::All(clauses) => {
                match first(self.registry, clauses).and_then(|index| clauses.get(index)) {
                    Some(clause) => self.candidates(statement, types, clause, books, bound),
                    None => self.no_candidates(statement),
                }
            }
            Clause::Any(clauses) if clauses.is_empty() => self.no_candidates(statement),
            Clause::Any(clauses) => {
                for (index, clause) in clauses.iter().enumerate() {
                    statement.sql(if index > 0 { " UNION ALL " } else { "" });
                    self.candidates(statement, types, clause, books, bound);
                }
                true
            }
            Clause::Id(ids) => self.by_id(statement, types, ids),
            Clause::Members(kind, ids) => self.by_id(statement, &[*kind], ids),
            Clause::Places(places) => {
                statement.sql("SELECT x.book, x.resource_key FROM resource x WHERE (x.book, x.resource_key) IN (VALUES ");
                places_list(statement, places);
                statement.sql(")");
                false
            }
            Clause::Has { clauses, .. } => {
                // The patients in whose books the code is.
                let code = clauses.iter().flat_map(Clause::conjuncts).find(is_one_code);
                let Some((table, condition)) = code.and_then(|clause| index_condition(clause, "x")) else {
                    return self.no_candidates(statement);
                };
                statement.sql(&format!("SELECT x.book, x.book AS resource_key FROM {table} x WHERE "));
                statement.append(condition);
                in_books(statement, books, "x");
                true
            }
            Clause::LastUpdated(values) => {
                for (index, value) in values.iter().enumerate() {
                    statement.sql(if index > 0 { " UNION ALL " } else { "" });
                    changed(statement, types, value);
                    in_books(statement, books, "x");
                }
                true
            }
            _ => {
                let alternatives = alternatives(clause);
                if alternatives.is_empty() {
                    return self.no_candidates(statement);
                }
                let several = alternatives.len() > 1;
                for (index, (table, condition)) in alternatives.into_iter().enumerate() {
                    statement.sql(if index > 0 { " UNION ALL " } else { "" });
                    statement.sql(&format!("SELECT x.book, x.resource_key FROM {table} x WHERE "));
                    statement.append(condition);
                    in_books(statement, books, "x");
                    if let Some(bound) = bound {
                        bound.restrict(statement, "x");
                    }
                }
                several || !is_single(clause)
            }
        }
    }

    /// The same where order does not matter: a code of any system may give a resource twice.
    pub(crate) fn unordered_candidates(
        &mut self,
        statement: &mut Statement,
        types: &[ResourceType],
        clause: &Clause,
        books: Option<&[i64]>,
    ) -> bool {
        match (clause, index_condition(clause, "x")) {
            (Clause::Token { values, .. }, Some((table, condition))) => {
                statement.sql(&format!("SELECT x.book, x.resource_key FROM {table} x WHERE "));
                statement.append(condition);
                in_books(statement, books, "x");
                !is_single(clause) || values.iter().any(|value| value.system.is_none())
            }
            _ => self.candidates(statement, types, clause, books, None),
        }
    }

    fn no_candidates(&self, statement: &mut Statement) -> bool {
        statement.sql("SELECT x.book, x.resource_key FROM resource x WHERE 1 = 0");
        false
    }

    fn by_id(&self, statement: &mut Statement, types: &[ResourceType], ids: &[fhir::LogicalId]) -> bool {
        let all: Vec<ResourceType>;
        let types = if types.is_empty() {
            all = ResourceType::all().collect();
            all.as_slice()
        } else {
            types
        };
        let hashes =
            ids.iter().map(|id| Bind::Big(self.registry.hasher().reference_id(id.as_str()))).collect();
        statement.sql("SELECT x.book, x.resource_key FROM directory x WHERE x.resource_type IN (");
        statement.list(types.iter().map(|kind| Bind::Small(type_number(*kind))).collect());
        statement.sql(") AND x.id_hash IN (").list(hashes).sql(") AND x.logical_id IN (");
        statement.list(ids.iter().map(|id| Bind::Bytes(pack_id(id))).collect()).sql(")");
        false
    }

    /// Appends `FROM ... WHERE ...` of the matches that the gate lets through, whose row of `resource` is `row`.
    pub(crate) fn from(
        &mut self,
        statement: &mut Statement,
        types: &[ResourceType],
        clauses: &[Clause],
        driver: Option<usize>,
        place: Option<(Option<i64>, Option<Bound>)>,
        row: &str,
    ) {
        self.ungated_from(statement, types, clauses, driver, place, row);
        self.gate.restrict(statement, row, types);
    }

    /// The same of all matches: whoever uses it asks the gate.
    pub(crate) fn ungated_from(
        &mut self,
        statement: &mut Statement,
        types: &[ResourceType],
        clauses: &[Clause],
        driver: Option<usize>,
        place: Option<(Option<i64>, Option<Bound>)>,
        row: &str,
    ) {
        let (book, bound) = place.unwrap_or_default();
        let books = self.books(book);
        let books = books.as_deref();
        match driver.and_then(|index| clauses.get(index)) {
            Some(clause) => {
                let mut inner = Statement::default();
                let repeats = self.candidates(&mut inner, types, clause, books, bound);
                statement.sql("FROM (");
                if repeats {
                    statement.sql("SELECT DISTINCT book, resource_key FROM (").append(inner).sql(") d");
                } else {
                    statement.append(inner);
                }
                statement.sql(&format!(
                    ") c CROSS JOIN resource {row} WHERE {row}.book = c.book AND {row}.resource_key = c.resource_key"
                ));
            }
            None => {
                statement.sql(&format!("FROM resource {row} WHERE 1 = 1"));
                in_books(statement, books, row);
                if let Some(bound) = bound {
                    bound.restrict(statement, row);
                }
            }
        }
        self.of_types(statement, types, row);
        for (index, clause) in clauses.iter().enumerate() {
            // What gives exactly the candidates need not be tested again.
            if Some(index) != driver || !is_exact(clause) {
                statement.sql(" AND ");
                self.test(statement, clause, row);
            }
        }
    }

    /// Appends the types and that the resource is there.
    pub(crate) fn of_types(&self, statement: &mut Statement, types: &[ResourceType], row: &str) {
        match types {
            [] => {}
            [only] => {
                statement.sql(&format!(" AND {row}.resource_type = ")).small(type_number(*only));
            }
            types => {
                statement.sql(&format!(" AND {row}.resource_type IN ("));
                statement.list(types.iter().map(|kind| Bind::Small(type_number(*kind))).collect()).sql(")");
            }
        }
        statement.sql(&format!(" AND {row}.change <> 2"));
    }
}

/// Whether the candidates of a clause are its matches.
fn is_exact(clause: &Clause) -> bool {
    match clause {
        Clause::Any(clauses) => clauses.iter().all(is_exact),
        Clause::Id(_) | Clause::Members(..) | Clause::Places(_) => true,
        Clause::Token { .. } | Clause::String { .. } | Clause::Date { .. } => true,
        Clause::Quantity { .. } | Clause::Reference { .. } => true,
        _ => false,
    }
}

/// Whether a clause asks for one code in one slot.
pub(super) fn is_one_code(clause: &&Clause) -> bool {
    matches!(clause, Clause::Token { slots, values }
        if slots.len() == 1 && matches!(values.as_slice(), [value] if value.code.is_some()))
}

/// Whether the slots of a clause say the type of what it finds.
pub(crate) fn is_of_slots(clause: &Clause) -> bool {
    matches!(
        clause,
        Clause::Token { .. }
            | Clause::String { .. }
            | Clause::Date { .. }
            | Clause::Quantity { .. }
            | Clause::Reference { .. }
    )
}

/// Whether a resource can have only one row that fits, so that candidates need no DISTINCT.
fn is_single(clause: &Clause) -> bool {
    match clause {
        Clause::Token { slots, values } => slots.len() == 1 && values.len() == 1,
        Clause::Reference { slots, values } => {
            slots.len() == 1 && matches!(values.as_slice(), [value] if value.target_type.is_some())
        }
        _ => false,
    }
}

/// The index conditions that together give the candidates of a clause, each a range of an index.
fn alternatives(clause: &Clause) -> Vec<(&'static str, Statement)> {
    match clause {
        Clause::Date { slots, values } => values
            .iter()
            .flat_map(|value| {
                let condition =
                    || index_condition(&Clause::Date { slots: slots.clone(), values: vec![*value] }, "x");
                split(condition, lower_end(value), |statement, from, late| {
                    if late {
                        statement.sql(" AND x.low > ").big(from.saturating_sub(DAY));
                    } else {
                        // A literal, as in the definition of the partial index.
                        statement.sql(&format!(" AND x.high - x.low > {DAY} AND x.low <= "));
                        statement.big(from.saturating_sub(DAY)).sql(" AND x.high > ").big(*from);
                    }
                })
            })
            .collect(),
        Clause::Quantity { slots, values } => values
            .iter()
            .flat_map(|value| {
                let one = Clause::Quantity { slots: slots.clone(), values: vec![value.clone()] };
                split(
                    || index_condition(&one, "x"),
                    lower_number(value),
                    |statement, from, late| {
                        if late {
                            statement.sql(" AND x.low >= ").bind(Bind::Bytes(from.clone()));
                        } else {
                            statement
                                .sql(" AND x.low <> x.high AND x.low < ")
                                .bind(Bind::Bytes(from.clone()));
                            statement.sql(" AND x.high >= ").bind(Bind::Bytes(from.clone()));
                        }
                    },
                )
            })
            .collect(),
        Clause::Token { values, .. }
            if is_single(clause) && values.iter().all(|value| value.system.is_none()) =>
        {
            // One row of each resource, in order, without sorting.
            let (table, mut condition) = match index_condition(clause, "x") {
                Some(found) => found,
                None => return Vec::new(),
            };
            // As a test: as a join PostgreSQL would compare every row of the code in a book with every other.
            condition.sql(&format!(
                " AND NOT EXISTS (SELECT 1 FROM token_index y WHERE y.slot = x.slot AND y.code = x.code \
                 AND y.book = x.book AND y.resource_key = x.resource_key AND y.system < x.system{AS_TEST})",
            ));
            vec![(table, condition)]
        }
        _ => index_condition(clause, "x").into_iter().collect(),
    }
}

/// One condition, or two where the index must be asked apart for what begins late and for what is long.
fn split<T>(
    condition: impl Fn() -> Option<(&'static str, Statement)>,
    from: Option<T>,
    restrict: impl Fn(&mut Statement, &T, bool),
) -> Vec<(&'static str, Statement)> {
    let Some(from) = from else { return condition().into_iter().collect() };
    let part = |late: bool| {
        let (table, mut statement) = condition()?;
        restrict(&mut statement, &from, late);
        Some((table, statement))
    };
    [part(true), part(false)].into_iter().flatten().collect()
}

/// The moment after which a range must end, if that is what a test asks.
fn lower_end(value: &DateTest) -> Option<i64> {
    match value.prefix {
        Prefix::GreaterThan => Some(value.high),
        // `high > value.high OR low >= value.low`: either way the range ends after `value.low`.
        Prefix::GreaterOrEqual | Prefix::Approximately | Prefix::Overlaps => Some(value.low),
        _ => None,
    }
}

fn lower_number(value: &QuantityTest) -> Option<Vec<u8>> {
    match value.prefix {
        Prefix::GreaterThan | Prefix::GreaterOrEqual => Some(value.high.clone()),
        Prefix::Approximately | Prefix::Overlaps => Some(value.low.clone()),
        _ => None,
    }
}

/// Versions stored in a time; the resource's current version decides later whether they count.
fn changed(statement: &mut Statement, types: &[ResourceType], value: &DateTest) {
    let DateTest { prefix, low, high } = *value;
    statement.sql("SELECT x.book, x.resource_key FROM change_feed x WHERE 1 = 1");
    if !types.is_empty() {
        statement.sql(" AND x.resource_type IN (");
        statement.list(types.iter().map(|kind| Bind::Small(type_number(*kind))).collect()).sql(")");
    }
    let mut compare = |operator: &str, bound: i64| {
        statement.sql(&format!(" AND x.updated {operator} ")).big(bound);
    };
    match prefix {
        Prefix::Equal | Prefix::Approximately | Prefix::Overlaps => {
            compare(">=", low);
            compare("<", high);
        }
        Prefix::NotEqual => {}
        Prefix::GreaterThan | Prefix::StartsAfter => compare(">=", high),
        Prefix::LessThan | Prefix::EndsBefore => compare("<", low),
        Prefix::GreaterOrEqual => compare(">=", low),
        Prefix::LessOrEqual => compare("<", high),
    }
}
