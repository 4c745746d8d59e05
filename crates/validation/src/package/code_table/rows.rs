//! The rows of a table of codes: read, checked each for itself and all together, and written as concepts.

use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord, Trim};
use fhir::fits_primitive;
use json::{Node, write_string};

use super::{CodeTableError, LineFault, hierarchy, is_backwards};

/// Faults that are told; whoever mends them finds the rest the next time.
const MOST_FAULTS: usize = 50;

/// What is wrong with the lines, as far as it is told.
#[derive(Default)]
pub(super) struct Faults(Vec<LineFault>);

impl Faults {
    pub(super) fn add(&mut self, line: u64, reason: impl Into<String>) {
        if !self.is_full() {
            self.0.push(LineFault { line, reason: reason.into() });
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= MOST_FAULTS
    }
}

/// A row; what is not there is empty.
#[derive(Default)]
pub(super) struct Row {
    /// Its line in the file.
    pub(super) line: u64,
    pub(super) code: Box<str>,
    pub(super) parent: Box<str>,
    display: Box<str>,
    english: Box<str>,
    inactive: Box<str>,
    from: Box<str>,
    until: Box<str>,
}

/// The rows of a table without faults.
pub(super) fn read(csv: &str) -> Result<Vec<Row>, CodeTableError> {
    let csv = csv.strip_prefix('\u{feff}').unwrap_or(csv);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(csv.as_bytes());
    let headers = reader.headers().map_err(|_| CodeTableError::table("the first line cannot be read"))?;
    let columns = columns(headers)?;
    let (mut rows, mut faults) = (Vec::new(), Faults::default());
    let mut record = StringRecord::new();
    while !faults.is_full() {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                let mut row =
                    Row { line: record.position().map_or(0, csv::Position::line), ..Row::default() };
                for (column, text) in columns.iter().zip(&record) {
                    *column.of(&mut row) = text.into();
                }
                row.check(&mut faults);
                rows.push(row);
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                faults.add(line, "the line has not as many columns as the first line");
            }
        }
    }
    if rows.is_empty() && faults.0.is_empty() {
        return Err(CodeTableError::table("the table has no codes"));
    }
    check_together(&rows, &mut faults);
    let Faults(mut lines) = faults;
    lines.sort_by_key(|fault| fault.line);
    if lines.is_empty() { Ok(rows) } else { Err(CodeTableError { whole: None, lines }) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Code,
    Display,
    Parent,
    English,
    Inactive,
    From,
    Until,
}

impl Column {
    const ALL: [(&str, Self); 7] = [
        ("code", Self::Code),
        ("display", Self::Display),
        ("parent", Self::Parent),
        ("english", Self::English),
        ("inactive", Self::Inactive),
        ("from", Self::From),
        ("until", Self::Until),
    ];

    fn of(self, row: &mut Row) -> &mut Box<str> {
        match self {
            Self::Code => &mut row.code,
            Self::Display => &mut row.display,
            Self::Parent => &mut row.parent,
            Self::English => &mut row.english,
            Self::Inactive => &mut row.inactive,
            Self::From => &mut row.from,
            Self::Until => &mut row.until,
        }
    }
}

/// The columns as the first line names them. A name that is not known is most likely a mistake in writing.
fn columns(headers: &StringRecord) -> Result<Vec<Column>, CodeTableError> {
    let mut columns = Vec::new();
    for (index, header) in headers.iter().enumerate() {
        let known = Column::ALL.into_iter().find(|(name, _)| header.eq_ignore_ascii_case(name));
        let Some((name, column)) = known else {
            let names = Column::ALL.map(|(name, _)| name).join(", ");
            let reason = format!("column {} of the first line is none of {names}", index + 1);
            return Err(CodeTableError::table(reason));
        };
        if columns.contains(&column) {
            return Err(CodeTableError::table(format!("the column {name} is there twice")));
        }
        columns.push(column);
    }
    for (needed, name) in [(Column::Code, "code"), (Column::Display, "display")] {
        if !columns.contains(&needed) {
            return Err(CodeTableError::table(format!("the first line names no column {name}")));
        }
    }
    Ok(columns)
}

fn check_together(rows: &[Row], faults: &mut Faults) {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| !row.code.is_empty()) {
        if let Some(first) = places.get(&*row.code).and_then(|first| rows.get(*first)) {
            faults.add(row.line, format!("the code stands in line {} already", first.line));
        } else {
            places.insert(&row.code, index);
        }
    }
    let mut parents = vec![None; rows.len()];
    for (row, parent) in rows.iter().zip(&mut parents).filter(|(row, _)| !row.parent.is_empty()) {
        *parent = places.get(&*row.parent).copied();
        if parent.is_none() {
            faults.add(row.line, "the parent is no code of the table");
        }
    }
    for index in hierarchy::circles(&parents) {
        if let Some(row) = rows.get(index) {
            faults.add(row.line, "the code is below itself: its parents lead round in a circle");
        }
    }
}

impl Row {
    fn check(&self, faults: &mut Faults) {
        let fits = |kind: &str, text: &str| fits_primitive(kind, &Node::string(text));
        if self.code.is_empty() {
            faults.add(self.line, "the code is missing");
        } else if !fits("code", &self.code) || !fits("string", &self.code) {
            faults.add(self.line, "the code has blanks or signs that a code cannot have");
        }
        for (name, text) in [("display", &self.display), ("english", &self.english)] {
            if !text.is_empty() && !fits("string", text) {
                faults.add(self.line, format!("{name} has signs that a text cannot have"));
            }
        }
        if !matches!(&*self.inactive, "" | "true" | "false") {
            faults.add(self.line, "inactive is neither true nor false");
        }
        for (name, date) in [("from", &self.from), ("until", &self.until)] {
            if !date.is_empty() && !fits("date", date) {
                faults.add(self.line, format!("{name} is no date: YYYY, YYYY-MM or YYYY-MM-DD"));
            }
        }
        if is_backwards(Some(&self.from), Some(&self.until)) {
            faults.add(self.line, "from is later than until");
        }
    }

    /// Appends the row as a concept.
    pub(super) fn write(&self, out: &mut String) {
        out.push_str("{\"code\":");
        write_string(&self.code, out);
        if !self.display.is_empty() {
            out.push_str(",\"display\":");
            write_string(&self.display, out);
        }
        if !self.english.is_empty() {
            out.push_str(",\"designation\":[{\"language\":\"en\",\"value\":");
            write_string(&self.english, out);
            out.push_str("}]");
        }
        let mut next = ",\"property\":[";
        let mut property = |code: &str, kind: &str, value: &str| {
            out.push_str(&format!("{next}{{\"code\":\"{code}\",\"{kind}\":{value}}}"));
            next = ",";
        };
        if !self.parent.is_empty() {
            let mut parent = String::new();
            write_string(&self.parent, &mut parent);
            property("parent", "valueCode", &parent);
        }
        if &*self.inactive == "true" {
            property("inactive", "valueBoolean", "true");
        }
        for (name, date) in [("from", &self.from), ("until", &self.until)] {
            if !date.is_empty() {
                property(name, "valueDateTime", &format!("\"{date}\""));
            }
        }
        if next == "," {
            out.push(']');
        }
        out.push('}');
    }
}
