//! The condition as SQL. What is known of the types of the rows shortens it.

use access::{Labels, Shield};
use fhir::ResourceType;

use super::types::is_one_of;
use super::{Filter, Gate, Kind, Limits, Right, RowNames};
use crate::query::clause::{AS_TEST, Conditions};
use crate::query::kin::ABOVE;
use crate::shield::{Sight, is_shielded};
use crate::statement::{Bind, Statement};
use crate::stored::type_number;

impl Gate {
    /// Appends ` AND <the row of the table is there for the caller>`. `types`: of which types the row can be, none for any.
    pub(crate) fn restrict(&self, statement: &mut Statement, table: &str, types: &[ResourceType]) {
        self.restrict_row(statement, &RowNames::of(table), types);
        self.restrict_scope(statement, table, types);
    }

    /// Appends ` AND <the scope filters let the row through>`.
    pub(crate) fn restrict_scope(&self, statement: &mut Statement, table: &str, types: &[ResourceType]) {
        let Some(limits) = &self.0 else { return };
        for filter in &limits.filters {
            limits.within_filter(statement, filter, table, types);
        }
    }

    /// Appends ` AND <a version of the past is there>`: `table` has the current version, which is tested besides, the
    /// other names are those of where the version stood.
    pub(crate) fn restrict_past(
        &self,
        statement: &mut Statement,
        table: &str,
        (book, visit): (&str, &str),
        types: &[ResourceType],
    ) {
        let Some(limits) = &self.0 else { return };
        statement.pieces_of(&[
            " AND ((",
            book,
            " = ",
            table,
            ".book AND ",
            visit,
            " = ",
            table,
            ".visit) OR (1 = 1",
        ]);
        let row = RowNames { book: book.to_owned(), visit: visit.to_owned(), ..RowNames::of(table) };
        limits.open(statement, &row, types);
        statement.sql("))");
    }

    /// Appends ` AND <the row is there for the caller>`, or may be put there; scope filters are not tested.
    pub(crate) fn restrict_row(&self, statement: &mut Statement, row: &RowNames, types: &[ResourceType]) {
        if let Some(limits) = &self.0 {
            limits.open(statement, row, types);
        }
    }

    /// Appends ` UNION ALL SELECT <the book of every grant to the caller, in force, that names the visit>`.
    pub(crate) fn naming(&self, statement: &mut Statement, book: i64, visit: i64) {
        let Some((limits, grantee)) = self.0.as_ref().and_then(|limits| Some((limits, limits.grantee?)))
        else {
            return;
        };
        if limits.within.as_ref().is_some_and(|within| !within.contains(&book)) {
            return;
        }
        statement.sql(" UNION ALL SELECT g.book FROM book_grant g WHERE g.book = ").big(book);
        statement.sql(" AND g.grantee = ").big(grantee).sql(" AND g.visit = ").big(visit);
        statement.sql(" AND g.begins <= ").big(limits.now).sql(" AND g.ends > ").big(limits.now);
        statement.sql(" AND g.purpose IN (0,").small(limits.purpose).sql(")");
    }
}

impl Limits {
    /// Authority, labels, denials, and the only book.
    fn open(&self, statement: &mut Statement, row: &RowNames, types: &[ResourceType]) {
        let book = &row.book;
        if let Some(within) = &self.within {
            statement.pieces_of(&[" AND (", book, " = 0 OR "]);
            one_of(statement, book, within);
            statement.sql(")");
        }
        if self.sight == Sight::Shielded {
            not_hidden(statement, row, types);
        }
        let Some(rights) = &self.rights else { return };
        let rights: Vec<&Right> = rights
            .iter()
            .filter(|right| right.concerns(types) && !self.is_given_anyway(right, row, rights))
            .collect();
        if rights.is_empty() {
            statement.sql(" AND 1 = 0");
            return;
        }
        statement.sql(" AND (");
        let mut first = true;
        let mut or = |statement: &mut Statement| {
            statement.sql(if std::mem::take(&mut first) { "(" } else { " OR (" });
        };
        for right in rights.iter().filter(|right| !matches!(right.kind, Kind::Granted(_))) {
            or(statement);
            one_of(statement, book, if right.kind == Kind::Own { &self.own } else { &[0] });
            right.of_types(statement, row, types);
            // What belongs to no book carries no labels.
            if right.kind != Kind::Shared {
                self.labelled(statement, row, right, None);
            }
            statement.sql(")");
        }
        let granted: Vec<(&Right, &Vec<i16>)> = rights
            .iter()
            .filter_map(|right| match &right.kind {
                Kind::Granted(by) => Some((*right, by)),
                _ => None,
            })
            .collect();
        if let Some(grantee) = self.grantee.filter(|_| !granted.is_empty()) {
            or(statement);
            // A row whose visit is not known yet may carry any label.
            // Not a range of books, which would tempt SQLite to an index in their order.
            statement.pieces_of(&[book, " <> 0 AND ", &row.visit, " <> 0"]);
            self.granted(statement, row, &granted, grantee, types);
            self.not_denied(statement, row, grantee, types);
            statement.sql(")");
        }
        if first {
            statement.sql("1 = 0");
        }
        statement.sql(")");
    }

    /// Whether a right by grants gives nothing that the caller has not in the only book, which is the own one.
    fn is_given_anyway(&self, right: &Right, row: &RowNames, rights: &[Right]) -> bool {
        let is_own = row.only_book.is_some_and(|book| self.own.contains(&book));
        let gives = |own: &Right| {
            own.kind == Kind::Own
                && Labels::ALL.without(own.labels).is_empty()
                && right.types.is_within(&own.types)
        };
        is_own && matches!(right.kind, Kind::Granted(_)) && rights.iter().any(gives)
    }

    /// Appends that the grantee has a grant by which one of the rights holds. What a grantee has in a book lies together and
    /// is little: it is walked once, and each grant asked for the rights that it can give.
    fn granted(
        &self,
        statement: &mut Statement,
        row: &RowNames,
        rights: &[(&Right, &Vec<i16>)],
        grantee: i64,
        types: &[ResourceType],
    ) {
        let RowNames { book, visit, key, .. } = row;
        statement.sql(" AND (");
        if let Some(only) = row.only_book {
            self.granted_wholly(statement, row, rights, (grantee, only), types);
            statement.sql(" OR ");
        }
        statement.pieces_of(&[
            "EXISTS (SELECT 1 FROM book_grant g WHERE g.book = ",
            book,
            " AND g.grantee = ",
        ]);
        statement.big(grantee);
        self.in_force(statement, "g", row, types);
        // The Patient of the book is part of every visit.
        statement.pieces_of(&[" AND (g.visit = 0 OR g.visit = ", visit, " OR ", key, " = ", book, ")"]);
        self.by_rights(statement, row, rights, Some("g"), types);
        // What entitles to the book of who stands for the person entitles to the others, but opens no label there.
        // One test in the other, not a join: a join would begin with all that the grantee has.
        statement.pieces_of(&[
            AS_TEST,
            ") OR EXISTS (SELECT 1 FROM book_kin kin WHERE kin.book = ",
            book,
            " AND kin.relation = ",
            &ABOVE.to_string(),
            " AND kin.since <= ",
        ]);
        statement
            .big(self.now)
            .sql(" AND EXISTS (SELECT 1 FROM book_grant g WHERE g.book = kin.other AND g.grantee = ");
        statement.big(grantee);
        self.in_force(statement, "g", row, types);
        statement.sql(" AND g.visit = 0");
        self.by_rights(statement, row, rights, None, types);
        statement.pieces_of(&[AS_TEST, ")", AS_TEST, "))"]);
    }

    /// Appends that the grantee has a grant of the whole book, and nothing in it is labelled: nothing of that depends on the row
    /// but its type, so that it is looked up once and not for each row.
    fn granted_wholly(
        &self,
        statement: &mut Statement,
        row: &RowNames,
        rights: &[(&Right, &Vec<i16>)],
        (grantee, book): (i64, i64),
        types: &[ResourceType],
    ) {
        statement.sql("(NOT EXISTS (SELECT 1 FROM visit_label whole WHERE whole.book = ").big(book);
        statement.pieces_of(&[AS_TEST, ") AND ("]);
        for (index, (right, by)) in rights.iter().enumerate() {
            let or = if index > 0 { " OR " } else { "" };
            statement.pieces_of(&[or, "(EXISTS (SELECT 1 FROM book_grant g WHERE g.book = "]).big(book);
            statement.sql(" AND g.grantee = ").big(grantee);
            self.at_this_time(statement, "g");
            statement.pieces_of(&[
                " AND g.resource_type = -1 AND g.visit = 0 AND ",
                &is_by(by),
                AS_TEST,
                ")",
            ]);
            right.of_types(statement, row, types);
            statement.sql(")");
        }
        statement.sql("))");
    }

    /// Appends that the grant `g` gives one of the rights; `opening`: the grant that opens labels.
    fn by_rights(
        &self,
        statement: &mut Statement,
        row: &RowNames,
        rights: &[(&Right, &Vec<i16>)],
        opening: Option<&str>,
        types: &[ResourceType],
    ) {
        statement.sql(" AND (");
        for (index, (right, by)) in rights.iter().enumerate() {
            let or = if index > 0 { " OR " } else { "" };
            statement.pieces_of(&[or, "(", &is_by(by)]);
            right.of_types(statement, row, types);
            self.labelled(statement, row, right, opening);
            statement.sql(")");
        }
        statement.sql(")");
    }

    /// Appends that a grant or denial is of this time, purpose and type.
    fn in_force(&self, statement: &mut Statement, table: &str, row: &RowNames, types: &[ResourceType]) {
        self.at_this_time(statement, table);
        statement.pieces_of(&[" AND ", table, ".resource_type IN (-1,"]);
        match types {
            [only] => statement.small(type_number(*only)),
            _ => statement.sql(&row.kind),
        };
        statement.sql(")");
    }

    /// Appends that a grant or denial is of this time and purpose.
    fn at_this_time(&self, statement: &mut Statement, table: &str) {
        statement.pieces_of(&[" AND ", table, ".begins <= "]).big(self.now);
        statement.pieces_of(&[" AND ", table, ".ends > "]).big(self.now);
        statement.pieces_of(&[" AND ", table, ".purpose IN (0,"]).small(self.purpose).sql(")");
    }

    /// Appends that every label of the visit is open by the line, by the grant, or as an own one.
    fn labelled(&self, statement: &mut Statement, row: &RowNames, right: &Right, grant: Option<&str>) {
        let closed = Labels::ALL.without(right.labels);
        if closed.is_empty() {
            return;
        }
        let RowNames { book, visit, given, .. } = row;
        let opened = grant.map(|grant| format!(" & ~{grant}.labels")).unwrap_or_default();
        let own = (closed & right.own_labels).bits();
        statement.pieces_of(&[
            " AND ",
            visit,
            " <> 0 AND NOT EXISTS (SELECT 1 FROM visit_label l WHERE l.book = ",
            book,
            " AND l.visit = ",
            visit,
            " AND (l.label & ",
        ]);
        statement.big(closed.bits()).pieces_of(&[&opened, ") <> 0"]);
        if let Some((_, author)) = self.author.filter(|_| own != 0) {
            statement.sql(" AND ((l.label & ").big(own).sql(
                ") = 0 OR NOT EXISTS (SELECT 1 FROM visit_label o WHERE o.book = l.book AND o.visit = l.visit \
                 AND o.label = l.label AND o.author = ",
            );
            statement.big(author).sql(AS_TEST).sql("))");
        }
        statement.sql(AS_TEST).sql(")");
        // What the row is going to give is an own label then.
        let given = *given & closed.without(right.own_labels);
        if !given.is_empty() {
            statement.sql(" AND (").big(given.bits()).pieces_of(&[&opened, ") = 0"]);
        }
    }

    /// Appends that nothing of the book is closed to the grantee.
    fn not_denied(&self, statement: &mut Statement, row: &RowNames, grantee: i64, types: &[ResourceType]) {
        let book = &row.book;
        statement.sql(" AND (");
        if !self.own.is_empty() {
            one_of(statement, book, &self.own);
            statement.sql(" OR ");
        }
        if let Some(only) = row.only_book {
            statement.sql("(NOT EXISTS (SELECT 1 FROM book_denial d WHERE d.book = ").big(only);
            statement.sql(" AND d.grantee IN (0,").big(grantee).sql(")");
            self.at_this_time(statement, "d");
            statement.pieces_of(&[AS_TEST, ") AND NOT EXISTS (SELECT 1 FROM book_kin kin WHERE kin.book = "]);
            statement.big(only).pieces_of(&[AS_TEST, ")) OR "]);
        }
        statement.pieces_of(&[
            "(NOT EXISTS (SELECT 1 FROM book_denial d WHERE d.book = ",
            book,
            " AND d.grantee IN (0,",
        ]);
        statement.big(grantee).sql(")");
        self.closing(statement, row, types);
        // What is closed in one book of a person is closed in all.
        statement.pieces_of(&[
            ") AND NOT EXISTS (SELECT 1 FROM book_kin kin WHERE kin.book = ",
            book,
            " AND EXISTS (SELECT 1 FROM book_denial d WHERE d.book = kin.other AND d.grantee IN (0,",
        ]);
        statement.big(grantee).sql(")");
        self.closing(statement, row, types);
        statement.pieces_of(&[")", AS_TEST, ")))"]);
    }

    /// Appends that the denial `d` holds and is about the row.
    fn closing(&self, statement: &mut Statement, row: &RowNames, types: &[ResourceType]) {
        let RowNames { book, visit, given, .. } = row;
        self.in_force(statement, "d", row, types);
        if self.emergency {
            statement.sql(" AND d.in_emergency = 1");
        }
        statement.pieces_of(&[
            " AND (d.visit = 0 OR d.visit = ",
            visit,
            ") AND (d.labels = 0 OR EXISTS (SELECT 1 FROM visit_label l WHERE l.book = ",
            book,
            " AND l.visit = ",
            visit,
            " AND (l.label & d.labels) <> 0",
            AS_TEST,
            ")",
        ]);
        if !given.is_empty() {
            statement.sql(" OR (d.labels & ").big(given.bits()).sql(") <> 0");
        }
        statement.pieces_of(&[")", AS_TEST]);
    }

    fn within_filter(&self, statement: &mut Statement, filter: &Filter, table: &str, types: &[ResourceType]) {
        if !types.is_empty() && !types.iter().any(|kind| filter.types.contains(*kind)) {
            return;
        }
        statement.sql(" AND (");
        let all_limited = !types.is_empty() && types.iter().all(|kind| filter.types.contains(*kind));
        if !all_limited {
            statement.sql("NOT ");
            is_one_of(statement, &[table, ".resource_type"].concat(), &filter.types);
            statement.sql(" OR ");
        }
        if filter.any_of.is_empty() {
            statement.sql("1 = 0");
        }
        for (index, clauses) in filter.any_of.iter().enumerate() {
            statement.sql(if index > 0 { " OR (1 = 1" } else { "(1 = 1" });
            let everything = Gate::EVERYTHING;
            Conditions::new(&self.registry, &everything).all_of(statement, clauses, table);
            statement.sql(")");
        }
        statement.sql(")");
    }
}

impl Right {
    fn concerns(&self, types: &[ResourceType]) -> bool {
        types.is_empty() || types.iter().any(|kind| self.types.contains(*kind))
    }

    /// Appends ` AND <the row is of the line's types>` unless that is known.
    fn of_types(&self, statement: &mut Statement, row: &RowNames, types: &[ResourceType]) {
        let known = !types.is_empty() && types.iter().all(|kind| self.types.contains(*kind));
        if known || types.is_empty() && self.types.is_all() {
            return;
        }
        let wanted =
            if types.is_empty() { self.types } else { self.types.and(&types.iter().copied().collect()) };
        statement.sql(" AND ");
        is_one_of(statement, &row.kind, &wanted);
    }
}

/// That the grant `g` is of one of the authorities. By a mask, for SQLite builds a table of each list each time.
fn is_by(authorities: &[i16]) -> String {
    let mask = authorities.iter().fold(0_i32, |mask, number| mask | (1 << i32::from(*number)));
    format!("(1 << g.authority) & {mask} <> 0")
}

/// Appends that the book is one of few.
fn one_of(statement: &mut Statement, book: &str, books: &[i64]) {
    match books {
        [only] => statement.pieces_of(&[book, " = "]).big(*only),
        books => {
            statement.pieces_of(&[book, " IN ("]);
            statement.list(books.iter().map(|book| Bind::Big(*book)).collect()).sql(")")
        }
    };
}

/// Appends that the row does not tell with whom somebody lives whose book is under the location shield.
fn not_hidden(statement: &mut Statement, row: &RowNames, types: &[ResourceType]) {
    if !types.is_empty() && !types.contains(&Shield::WHOLLY) {
        return;
    }
    let (kind, hidden) = (&row.kind, type_number(Shield::WHOLLY));
    let shielded = is_shielded(&row.book);
    statement.sql(&match types {
        [_] => format!(" AND NOT {shielded}"),
        _ => format!(" AND NOT ({kind} = {hidden} AND {shielded})"),
    });
}
