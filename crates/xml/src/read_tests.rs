//! Tests of reading, from R4 `xml.html` and XML 1.0.

use super::*;

fn json_of(text: &str) -> String {
    let result = from_xml(text.as_bytes(), &Limits::default());
    result.unwrap_or_else(|error| panic!("{error}: {text}")).to_json()
}

/// Code of the rule, name, expression.
fn fault(text: &[u8]) -> (&'static str, String, String) {
    let error = from_xml(text, &Limits::default()).unwrap_err();
    (error.rule.code(), error.name.unwrap_or_default(), error.expression.unwrap_or_default())
}

fn patient(content: &str) -> String {
    format!(r#"<Patient xmlns="http://hl7.org/fhir">{content}</Patient>"#)
}

#[test]
fn elements_become_members() {
    let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment --><?a b?>
<Patient xmlns="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">
  <id value="p1"/>
  <meta><profile value="http://example.org/p"/></meta>
  <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml" lang='vi'>Phở &amp; <br/>&#160;</div></text>
  <contained><Organization><id value="o"/><name value="Bệnh viện &quot;A&quot;&#xA;B"/></Organization></contained>
  <extension url="http://example.org/e"><valueDecimal value="1.50"/></extension>
  <active value="true"/>
  <name id="n"><family value="Nguyễn"/><given value="Văn"/><given value="An"/></name>
  <birthDate value="1985-03-07"/>
  <multipleBirthInteger value="2"/>
</Patient>"#;
    let expected = concat!(
        r#"{"resourceType":"Patient","id":"p1","meta":{"profile":["http://example.org/p"]},"#,
        r#""text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\" lang='vi'>Phở &amp; <br/>&#160;</div>"},"#,
        r#""contained":[{"resourceType":"Organization","id":"o","name":"Bệnh viện \"A\"\nB"}],"#,
        r#""extension":[{"url":"http://example.org/e","valueDecimal":1.50}],"active":true,"#,
        r#""name":[{"id":"n","family":"Nguyễn","given":["Văn","An"]}],"birthDate":"1985-03-07","multipleBirthInteger":2}"#
    );
    assert_eq!(json_of(text), expected);
    assert_eq!(json_of(&format!("\u{FEFF}{text}")), expected, "with a byte order mark");
}

#[test]
fn primitives_keep_their_extensions_and_places() {
    let content = r#"<name>
        <given value="A"/>
        <given><extension url="u"><valueCode value="x"/></extension></given>
        <given id="g" value="C"/>
        <prefix><extension url="u"><valueCode value="y"/></extension></prefix>
    </name><birthDate id="b" value="2001"><extension url="u"><valueTime value="10:00:00"/></extension></birthDate>
    <gender><extension url="u"><valueBoolean value="false"/></extension></gender>"#;
    let expected = concat!(
        r#"{"resourceType":"Patient","name":[{"given":["A",null,"C"],"_given":[null,{"extension":[{"url":"u","valueCode":"x"}]},{"id":"g"}],"#,
        r#""_prefix":[{"extension":[{"url":"u","valueCode":"y"}]}]}],"#,
        r#""birthDate":"2001","_birthDate":{"id":"b","extension":[{"url":"u","valueTime":"10:00:00"}]},"#,
        r#""_gender":{"extension":[{"url":"u","valueBoolean":false}]}}"#
    );
    assert_eq!(json_of(&patient(content)), expected);
}

#[test]
fn repetitions_that_stand_apart_are_one_list() {
    let content = r#"<name><text value="a"/></name><active value="true"/><name><text value="b"/></name>"#;
    let expected = r#"{"resourceType":"Patient","name":[{"text":"a"},{"text":"b"}],"active":true}"#;
    assert_eq!(json_of(&patient(content)), expected);
}

#[test]
fn resources_are_held_by_their_type() {
    let text = r#"<Bundle xmlns="http://hl7.org/fhir"><type value="batch-response"/>
        <entry><resource><Patient><active value="true"/></Patient></resource>
        <response><status value="200"/><outcome><OperationOutcome><issue><severity value="error"/></issue></OperationOutcome></outcome></response></entry>
        <entry><resource><Parameters><parameter><name value="a"/><resource><Basic><id value="b"/></Basic></resource></parameter></Parameters></resource></entry></Bundle>"#;
    let expected = concat!(
        r#"{"resourceType":"Bundle","type":"batch-response","entry":[{"resource":{"resourceType":"Patient","active":true},"#,
        r#""response":{"status":"200","outcome":{"resourceType":"OperationOutcome","issue":[{"severity":"error"}]}}},"#,
        r#"{"resource":{"resourceType":"Parameters","parameter":[{"name":"a","resource":{"resourceType":"Basic","id":"b"}}]}}]}"#
    );
    assert_eq!(json_of(text), expected);
}

#[test]
fn numbers_are_those_of_json_or_stay_text() {
    for (value, expected) in [
        ("1.50", "1.50"),
        ("-0.0E-10", "-0.0E-10"),
        ("01", "\"01\""),
        ("+1", "\"+1\""),
        ("1.", "\"1.\""),
        (" 1", "\" 1\""),
        ("1e", "\"1e\""),
        ("NaN", "\"NaN\""),
        ("[1]", "\"[1]\""),
    ] {
        let content = format!(r#"<extension url="u"><valueDecimal value="{value}"/></extension>"#);
        let expected =
            format!(r#"{{"resourceType":"Patient","extension":[{{"url":"u","valueDecimal":{expected}}}]}}"#);
        assert_eq!(json_of(&patient(&content)), expected);
    }
    assert_eq!(json_of(&patient(r#"<active value="1"/>"#)), r#"{"resourceType":"Patient","active":"1"}"#);
}

#[test]
fn prefixes_stand_for_namespaces() {
    let text = r#"<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><f:text><f:status value="generated"/>
        <h:div h:x="1"><h:p title='"'>a<![CDATA[<b> & c]]></h:p><h:br/></h:div></f:text><f:active value="true"/></f:Patient>"#;
    let text = text.replace(" h:x=\"1\"", "");
    let expected = concat!(
        r#"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">"#,
        r#"<p title='\"'>a&lt;b&gt; &amp; c</p><br/></div>"},"active":true}"#
    );
    assert_eq!(json_of(&text), expected);
    let lines = patient(
        "<text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">a\r\nb\rc</div></text>",
    );
    assert!(json_of(&lines).contains(r"a\nb\nc"));
}

#[test]
fn what_is_no_fhir_is_refused_with_its_name_and_place() {
    for (content, code, name, expression) in [
        ("<colour value=\"red\"/>", "unknown-element", "colour", "Patient"),
        (
            "<contact/><contact><colour value=\"red\"/></contact>",
            "unknown-element",
            "colour",
            "Patient.contact[1]",
        ),
        ("<id><id value=\"x\"/></id>", "unknown-element", "id", "Patient.id"),
        ("<extension><url value=\"u\"/></extension>", "unknown-element", "url", "Patient.extension[0]"),
        ("<deceased value=\"true\"/>", "unknown-element", "deceased", "Patient"),
        ("<deceasedString value=\"true\"/>", "unknown-element", "deceasedString", "Patient"),
        ("<name given=\"An\"/>", "unknown-attribute", "given", "Patient.name[0]"),
        ("<active value=\"true\" lang=\"vi\"/>", "unknown-attribute", "lang", "Patient.active"),
        ("<active xml:lang=\"vi\" value=\"true\"/>", "unknown-attribute", "xml:lang", "Patient.active"),
        (
            "<deceasedBoolean value=\"a\"/><deceasedBoolean value=\"b\"/>",
            "element-repeated",
            "",
            "Patient.deceased",
        ),
        ("<active/>", "empty-element", "active", "Patient.active"),
        ("<name>An</name>", "text-between-elements", "", "Patient.name[0]"),
        ("<name>&#65;</name>", "text-between-elements", "", "Patient.name[0]"),
        ("<name><![CDATA[ ]]></name>", "text-between-elements", "", "Patient.name[0]"),
        ("<active value=\"true\">true</active>", "text-between-elements", "", "Patient.active"),
        ("<active xmlns=\"urn:x\" value=\"true\"/>", "wrong-namespace", "active", "Patient"),
        ("<text><status value=\"generated\"/><div>x</div></text>", "wrong-namespace", "div", "Patient.text"),
        (
            "<text><div xmlns=\"http://www.w3.org/1999/xhtml\"><p xmlns=\"http://hl7.org/fhir\">x</p></div></text>",
            "wrong-namespace",
            "",
            "Patient.text.div",
        ),
        ("<contained/>", "one-resource-expected", "", "Patient.contained[0]"),
        ("<contained><Basic/><Basic/></contained>", "one-resource-expected", "", "Patient.contained[0]"),
        ("<contained><HumanName/></contained>", "unknown-resource", "HumanName", "Patient.contained[0]"),
        ("<active value=\"a\" value=\"b\"/>", "attribute-repeated", "", "Patient"),
        ("<a:active value=\"true\"/>", "prefix-unbound", "", "Patient"),
        ("<active value=\"&nbsp;\"/>", "entity-not-allowed", "", "Patient.active"),
        ("<active value=\"&#1;\"/>", "character-not-allowed", "", "Patient.active"),
        ("<active value=\"<\"/>", "not-well-formed", "", "Patient"),
        ("<active value=true/>", "not-well-formed", "", "Patient"),
        ("<active value=\"true\"", "unexpected-end", "", "Patient"),
    ] {
        let whole = if code == "unexpected-end" {
            format!("<Patient xmlns=\"http://hl7.org/fhir\">{content}")
        } else {
            patient(content)
        };
        let expected = (code, name.to_owned(), expression.to_owned());
        assert_eq!(fault(whole.as_bytes()), expected, "{content}");
    }
}

#[test]
fn what_is_no_xml_is_refused() {
    let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Patient xmlns=\"http://hl7.org/fhir\"/>";
    let good = patient("<active value=\"true\"/>");
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("unexpected-end", Vec::new()),
        ("text-between-elements", b"x".to_vec()),
        ("unexpected-end", good.as_bytes()[..good.len() / 2].to_vec()),
        ("not-well-formed", good.replace("</Patient>", "</patient>").into_bytes()),
        ("trailing-data", format!("{good}x").into_bytes()),
        ("trailing-data", format!("{good}{good}").into_bytes()),
        ("wrong-namespace", b"<Patient/>".to_vec()),
        ("wrong-namespace", b"<Patient xmlns=\"http://hl7.org/fhir/\"/>".to_vec()),
        ("wrong-namespace", b"<html xmlns=\"http://www.w3.org/1999/xhtml\"/>".to_vec()),
        ("unknown-resource", b"<DomainResource xmlns=\"http://hl7.org/fhir\"/>".to_vec()),
        ("invalid-utf-8", [b"\xFF", good.as_bytes()].concat()),
        ("character-not-allowed", utf16),
        ("character-not-allowed", good.replace("true", "a\u{1}").into_bytes()),
        ("encoding", latin.as_bytes().to_vec()),
        ("encoding", latin.replace("1.0", "1.1").replace("ISO-8859-1", "UTF-8").into_bytes()),
        ("not-well-formed", format!(" {}", latin.replace("ISO-8859-1", "UTF-8")).into_bytes()),
        ("not-well-formed", format!("\u{FEFF}\u{FEFF}{good}").into_bytes()),
        ("not-well-formed", format!("<!-- a -- b -->{good}").into_bytes()),
        ("doctype-not-allowed", format!("<!DOCTYPE Patient>{good}").into_bytes()),
        ("doctype-not-allowed", format!("<!doctype Patient [{good}").into_bytes()),
        ("doctype-not-allowed", good.replace("<active", "<!DOCTYPE x><active").into_bytes()),
    ];
    for (code, text) in cases {
        assert_eq!(fault(&text).0, code, "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn lines_and_columns_count_from_one() {
    let text = "<Patient xmlns=\"http://hl7.org/fhir\">\n <name>\n  <x/>\n";
    let error = from_xml(text.as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!((error.line, error.column), (3, 3));
}

#[test]
fn limits_hold_exactly() {
    let nested = |levels: usize| {
        let open = "<extension url=\"u\">".repeat(levels);
        patient(&format!("{open}<valueBoolean value=\"true\"/>{}", "</extension>".repeat(levels)))
    };
    // The resource, and for each extension an array and an object.
    for (levels, depth, passes) in [(49, 99, true), (49, 98, false), (50, 100, false), (10_000, 100, false)] {
        let limits = Limits { depth, ..Limits::default() };
        let text = nested(levels);
        let result = from_xml(text.as_bytes(), &limits);
        assert_eq!(result.is_ok(), passes, "{levels} {depth}");
        if let Ok(node) = result {
            assert!(json::parse(node.to_json().as_bytes(), &json::Limits { depth }).is_ok());
        }
    }
    let content = patient("<name><text value=\"a\"/></name>");
    for (elements, passes) in [(3, true), (2, false)] {
        let limits = Limits { elements, ..Limits::default() };
        assert_eq!(from_xml(content.as_bytes(), &limits).is_ok(), passes);
    }
    for (bytes, passes) in [(content.len(), true), (content.len() - 1, false)] {
        let limits = Limits { bytes, ..Limits::default() };
        assert_eq!(from_xml(content.as_bytes(), &limits).is_ok(), passes);
    }
    let attributes: String = (0..65).map(|index| format!(" a{index}=\"\"")).collect();
    assert_eq!(fault(patient(&format!("<name{attributes}/>")).as_bytes()).0, "too-large");
    let prefixes: String = (0..64).map(|index| format!(" xmlns:a{index}=\"u\"")).collect();
    assert_eq!(fault(patient(&format!("<name{prefixes}/>")).as_bytes()).0, "too-large");
}
