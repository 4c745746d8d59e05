//! Tests of writing, from R4 `xml.html`.

use super::*;

fn node(text: &str) -> Node<'_> {
    json::parse(text.as_bytes(), &json::Limits { depth: 1000 }).unwrap()
}

fn fault(text: &str) -> (Rule, String) {
    let unwritable = to_xml(&node(text)).unwrap_err();
    (unwritable.rule, unwritable.expression)
}

#[test]
fn members_become_elements_in_the_order_of_r4() {
    // Patient: id, meta, text, contained, extension, identifier, active, name, ..., birthDate, deceased[x]
    let text = concat!(
        r#"{"deceasedDateTime":"2020","birthDate":"1950","_birthDate":{"extension":[{"valueString":"a\tb\n<&\">","url":"u","id":"e"}],"id":"b"},"#,
        r#""name":[{"given":["A",null],"_given":[null,{"id":"g"}],"family":"x","id":"n"}],"active":false,"#,
        r#""contained":[{"name":"O","id":"o","resourceType":"Organization"}],"#,
        r#""text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a &amp; b</div>","status":"generated"},"#,
        r#""id":"p","_id":{"extension":[{"url":"u","valueDecimal":1E-22}]},"resourceType":"Patient"}"#
    );
    let expected = concat!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir">"#,
        r#"<id value="p"><extension url="u"><valueDecimal value="1E-22"/></extension></id>"#,
        r#"<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a &amp; b</div></text>"#,
        r#"<contained><Organization><id value="o"/><name value="O"/></Organization></contained>"#,
        r#"<active value="false"/><name id="n"><family value="x"/><given value="A"/><given id="g"/></name>"#,
        r#"<birthDate value="1950" id="b"><extension id="e" url="u"><valueString value="a&#x9;b&#xA;&lt;&amp;&quot;&gt;"/></extension></birthDate>"#,
        r#"<deceasedDateTime value="2020"/></Patient>"#
    );
    assert_eq!(to_xml(&node(text)).unwrap(), expected);
}

#[test]
fn what_has_no_place_in_xml_is_refused() {
    for (text, rule, expression) in [
        (r#"[]"#, Rule::NotAResource, ""),
        (r#"{"active":true}"#, Rule::NotAResource, ""),
        (r#"{"resourceType":"HumanName"}"#, Rule::NotAResource, ""),
        (r#"{"resourceType":"Patient","colour":"red"}"#, Rule::UnknownMember, "Patient"),
        (r#"{"resourceType":"Patient","_name":[{"id":"a"}]}"#, Rule::UnknownMember, "Patient"),
        (r#"{"resourceType":"Patient","__active":{"id":"a"}}"#, Rule::UnknownMember, "Patient"),
        (r#"{"resourceType":"Patient","name":{"text":"x"}}"#, Rule::WrongJsonType, "Patient.name"),
        (r#"{"resourceType":"Patient","active":[true]}"#, Rule::WrongJsonType, "Patient.active"),
        (r#"{"resourceType":"Patient","active":"true"}"#, Rule::WrongJsonType, "Patient.active"),
        (r#"{"resourceType":"Patient","gender":1}"#, Rule::WrongJsonType, "Patient.gender"),
        (r#"{"resourceType":"Patient","birthDate":true}"#, Rule::WrongJsonType, "Patient.birthDate"),
        (
            r#"{"resourceType":"Patient","multipleBirthInteger":"1"}"#,
            Rule::WrongJsonType,
            "Patient.multipleBirth",
        ),
        (r#"{"resourceType":"Patient","name":["x"]}"#, Rule::WrongJsonType, "Patient.name[0]"),
        (r#"{"resourceType":"Patient","name":[]}"#, Rule::EmptyValue, "Patient.name"),
        (r#"{"resourceType":"Patient","name":[null]}"#, Rule::EmptyValue, "Patient.name[0]"),
        (r#"{"resourceType":"Patient","name":[{}]}"#, Rule::EmptyValue, "Patient.name[0]"),
        (r#"{"resourceType":"Patient","gender":""}"#, Rule::EmptyValue, "Patient.gender"),
        (r#"{"resourceType":"Patient","gender":null}"#, Rule::EmptyValue, "Patient.gender"),
        (r#"{"resourceType":"Patient","_gender":{}}"#, Rule::EmptyValue, "Patient.gender"),
        (
            r#"{"resourceType":"Patient","name":[{"given":[null]}]}"#,
            Rule::EmptyValue,
            "Patient.name[0].given[0]",
        ),
        (r#"{"resourceType":"Patient","gender":"a\u0001"}"#, Rule::Character, "Patient.gender"),
        (r#"{"resourceType":"Patient","gender":"a\uffff"}"#, Rule::Character, "Patient.gender"),
        (r#"{"resourceType":"Patient","name":[{"_id":{"id":"a"}}]}"#, Rule::UnknownMember, "Patient.name[0]"),
        (r#"{"resourceType":"Patient","contained":["x"]}"#, Rule::WrongJsonType, "Patient.contained[0]"),
        (
            r#"{"resourceType":"Patient","contained":[{"id":"x"}]}"#,
            Rule::NotAResource,
            "Patient.contained[0]",
        ),
        (r#"{"resourceType":"Patient","text":{"div":"<div>x</div>"}}"#, Rule::Narrative, "Patient.text.div"),
        (
            r#"{"resourceType":"Patient","text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"></div></text>"}}"#,
            Rule::Narrative,
            "Patient.text.div",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">&nbsp;</div>"}}"#,
            Rule::Narrative,
            "Patient.text.div",
        ),
    ] {
        assert_eq!(fault(text), (rule, expression.to_owned()), "{text}");
    }
    let nested = |levels: usize| {
        let open = r#"{"url":"u","extension":["#.repeat(levels);
        format!(r#"{{"resourceType":"Patient","extension":[{open}{{"url":"u"}}{}]}}"#, "]}".repeat(levels))
    };
    assert!(to_xml(&node(&nested(190))).is_ok());
    assert_eq!(fault(&nested(250)).0, Rule::TooDeep);
}
