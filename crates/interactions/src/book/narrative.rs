//! What a resource is called and when it was, and narratives of that: text for people, safe as XHTML.

use json::Node;

/// Most letters of one name: a narrative is to be read.
const LONGEST: usize = 200;

/// Elements that say when something was, in the order in which they are asked.
const TIMES: [&str; 9] = [
    "effectiveDateTime",
    "occurrenceDateTime",
    "performedDateTime",
    "onsetDateTime",
    "recordedDate",
    "authoredOn",
    "date",
    "dateAsserted",
    "created",
];

/// One line about a resource: its name, its value and its day, as far as it tells them.
pub(super) fn line(resource: &Node<'_>) -> String {
    let name = ["code", "vaccineCode", "medicationCodeableConcept", "type"]
        .iter()
        .find_map(|element| resource.get(element).and_then(concept))
        .or_else(|| {
            let reference = resource.get("medicationReference")?;
            reference.text("display").map(str::to_owned)
        })
        .or_else(|| resource.text("title").map(str::to_owned))
        .unwrap_or_else(|| "Không có tên".to_owned());
    let mut line = cut(&name);
    if let Some(value) = value(resource) {
        line.push_str(": ");
        line.push_str(&cut(&value));
    }
    if let Some(day) = day(resource) {
        line.push_str(&format!(" ({day})"));
    }
    line
}

/// The text of a concept, else the display or the code of its first coding that has one.
fn concept(concept: &Node<'_>) -> Option<String> {
    let codings = || concept.get("coding").map(Node::items).unwrap_or_default().iter();
    concept
        .text("text")
        .or_else(|| codings().find_map(|coding| coding.text("display")))
        .or_else(|| codings().find_map(|coding| coding.text("code")))
        .map(str::to_owned)
}

fn value(resource: &Node<'_>) -> Option<String> {
    if let Some(parts) = resource.get("component") {
        let parts: Vec<String> = parts.items().iter().filter_map(simple_value).collect();
        return (!parts.is_empty()).then(|| parts.join(" / "));
    }
    simple_value(resource)
}

fn simple_value(holder: &Node<'_>) -> Option<String> {
    if let Some(quantity) = holder.get("valueQuantity") {
        let number = quantity.get("value").and_then(Node::as_number)?;
        let unit = quantity.text("unit").or_else(|| quantity.text("code")).unwrap_or_default();
        let comparator = quantity.text("comparator").unwrap_or_default();
        return Some(format!("{comparator}{number} {unit}").trim_end().to_owned());
    }
    holder
        .get("valueCodeableConcept")
        .and_then(concept)
        .or_else(|| holder.text("valueString").map(str::to_owned))
}

/// The day as people of the country write it; less where less is known.
fn day(resource: &Node<'_>) -> Option<String> {
    let text = TIMES.iter().find_map(|name| resource.text(name)).or_else(|| {
        ["effectivePeriod", "performedPeriod", "onsetPeriod", "period"]
            .iter()
            .find_map(|name| resource.get(name)?.text("start"))
    })?;
    let day = text.split('T').next()?;
    Some(day.split('-').rev().collect::<Vec<_>>().join("/"))
}

fn cut(text: &str) -> String {
    let mut letters = text.chars();
    let mut cut: String = letters.by_ref().take(LONGEST).collect();
    if letters.next().is_some() {
        cut.push('…');
    }
    cut
}

/// A narrative with a heading and a line each, or what is said where there is none.
pub(super) fn division(heading: &str, lines: &[String], nothing: &str) -> String {
    let mut out = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{}</p>", escape(heading));
    if lines.is_empty() {
        out.push_str(&format!("<p>{}</p>", escape(nothing)));
    } else {
        out.push_str("<ul>");
        for line in lines {
            out.push_str(&format!("<li>{}</li>", escape(line)));
        }
        out.push_str("</ul>");
    }
    out.push_str("</div>");
    out
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no way to write these.
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of(text: &str) -> String {
        line(&json::parse(text.as_bytes(), &json::Limits::default()).unwrap())
    }

    #[test]
    fn a_line_tells_name_value_and_day() {
        for (resource, expected) in [
            (
                r#"{"code":{"text":"Mạch"},"valueQuantity":{"value":72.0,"unit":"/min"},"effectiveDateTime":"2026-02-03T08:00:00+07:00"}"#,
                "Mạch: 72.0 /min (03/02/2026)",
            ),
            (
                r#"{"code":{"coding":[{"code":"a"},{"display":"Tăng huyết áp"}]},"onsetDateTime":"2020"}"#,
                "Tăng huyết áp (2020)",
            ),
            (
                r#"{"code":{"text":"HA"},"component":[{"valueQuantity":{"value":120}},{"valueQuantity":{"value":80}}]}"#,
                "HA: 120 / 80",
            ),
            (r#"{"medicationReference":{"display":"Amlodipin"}}"#, "Amlodipin"),
            (r#"{}"#, "Không có tên"),
        ] {
            assert_eq!(line_of(resource), expected);
        }
    }

    #[test]
    fn nothing_of_a_record_becomes_markup() {
        let text = division("a & b", &["<script>\u{1}\"".to_owned()], "");
        assert!(text.contains("<li>&lt;script&gt; &quot;</li>") && text.contains("a &amp; b"), "{text}");
    }
}
