//! Tests of the check of narratives, from R4 `narrative.html`.

use super::*;

/// The rule that a narrative breaks, and the name that is shown.
fn fault(div: &str) -> Option<(&'static str, Option<String>)> {
    check_narrative(div).err().map(|fault| (fault.rule.code(), fault.name))
}

fn in_div(content: &str) -> String {
    format!(r#"<div xmlns="http://www.w3.org/1999/xhtml">{content}</div>"#)
}

#[test]
fn what_r4_allows_passes() {
    for content in [
        "An",
        "<p>Phở &amp; bún&#160;<br/> &lt; 5</p><!-- note -->",
        r#"<h1>a</h1><table border="1"><caption>c</caption><thead><tr><th scope="col">x</th></tr></thead><tbody><tr><td colspan="2">y</td></tr></tbody></table>"#,
        r#"<ul><li>a</li></ul><ol start="3"><li>b</li></ol><dl><dt>c</dt><dd>d</dd></dl>"#,
        r##"<a href="https://example.org/a?b=c:d">x</a><a name="top">y</a><a href="#top">z</a>"##,
        r#"<a href="Patient/0990">x</a><a href="../a:b">y</a><a href="urn:uuid:c757873d-ec9a-4326-a141-556f43239520">z</a>"#,
        r#"<a href="mailto:a@example.org">x</a><a href="tel:+84">y</a><a href="ftp://example.org">v</a><a href="HTTP://example.org">z</a>"#,
        r##"<img src="a.png" alt=""/>"##,
        r##"<img src="data:image/png;base64,AAAA" usemap="#m"/><map name="m"><area shape="rect" coords="0,0,1,1" href="x"/></map>"##,
        r#"<p style="color: red; margin: 1px" class='c' id="i" title="t" dir="ltr" lang="vi" xml:lang="vi">x</p>"#,
        r#"<p style="background: url(a.png), url('data:image/png;base64,AAAA')">x</p>"#,
        r#"<pre xml:space="preserve"> x </pre><kbd>k</kbd><bdo dir="rtl">b</bdo><address>d</address>"#,
        r#"<p xmlns="http://www.w3.org/1999/xhtml">x</p>"#,
        "<b>]]&gt;</b>",
    ] {
        assert_eq!(fault(&in_div(content)), None, "{content}");
    }
    assert_eq!(fault("\n <div xmlns='http://www.w3.org/1999/xhtml'>x</div > \n"), None);
}

#[test]
fn elements_and_attributes_beyond_the_list_are_named() {
    for (content, code, name) in [
        ("<script>x</script>", "element-not-allowed", "script"),
        ("<SCRIPT>x</SCRIPT>", "element-not-allowed", "SCRIPT"),
        ("<P>x</P>", "element-not-allowed", "P"),
        ("<form>x</form>", "element-not-allowed", "form"),
        ("<input/>", "element-not-allowed", "input"),
        ("<object>x</object>", "element-not-allowed", "object"),
        ("<iframe/>", "element-not-allowed", "iframe"),
        ("<base/>", "element-not-allowed", "base"),
        ("<link/>", "element-not-allowed", "link"),
        ("<style>x</style>", "element-not-allowed", "style"),
        ("<head/>", "element-not-allowed", "head"),
        ("<body>x</body>", "element-not-allowed", "body"),
        ("<svg/>", "element-not-allowed", "svg"),
        // HTML 4.0: section 4 of chapter 9, and what is deprecated.
        ("<ins>x</ins>", "element-not-allowed", "ins"),
        ("<del>x</del>", "element-not-allowed", "del"),
        ("<font>x</font>", "element-not-allowed", "font"),
        ("<center>x</center>", "element-not-allowed", "center"),
        (r#"<p onclick="x">y</p>"#, "attribute-not-allowed", "onclick"),
        (r#"<p onClick="x">y</p>"#, "attribute-not-allowed", "onClick"),
        (r#"<img src="a" onerror="x"/>"#, "attribute-not-allowed", "onerror"),
        (r#"<a target="x">y</a>"#, "attribute-not-allowed", "target"),
        (r#"<p xml:base="javascript:x">y</p>"#, "attribute-not-allowed", "xml:base"),
        (r#"<p xmlns:a="b">y</p>"#, "attribute-not-allowed", "xmlns"),
        (r#"<a href="javascript:x">y</a>"#, "link-not-allowed", "href"),
        ("<a href=\" java\nscript:x\">y</a>", "link-not-allowed", "href"),
        ("<a href=\"&#x6A;ava&#9;script&#58;x\">y</a>", "link-not-allowed", "href"),
        ("<a href=\"&#x1F;javascript:x\">y</a>", "not-well-formed", ""),
        (r#"<a href="JavaScript:x">y</a>"#, "link-not-allowed", "href"),
        (r#"<a href="vbscript:x">y</a>"#, "link-not-allowed", "href"),
        (r#"<a href="data:text/html,x">y</a>"#, "link-not-allowed", "href"),
        (r#"<img src="data:text/html,image/"/>"#, "link-not-allowed", "src"),
        (r#"<img src="file:///etc/passwd"/>"#, "link-not-allowed", "src"),
        (r#"<q cite="javascript:x">y</q>"#, "link-not-allowed", "cite"),
        (r#"<p style="background: url( 'java&#9;script:x' )">y</p>"#, "style-not-allowed", "style"),
        (r#"<p style="background: url(a.png), URL(data:text/html,x)">y</p>"#, "style-not-allowed", "style"),
        (r#"<p style="width: Expression(x)">y</p>"#, "style-not-allowed", "style"),
        (r#"<p style="background: ur\6c(x)">y</p>"#, "style-not-allowed", "style"),
    ] {
        let name = (!name.is_empty()).then(|| name.to_owned());
        assert_eq!(fault(&in_div(content)), Some((code, name)), "{content}");
    }
}

#[test]
fn markup_that_browsers_read_otherwise_is_refused() {
    for content in [
        "<![CDATA[><script>x</script>]]>",
        "<?php x ?>y",
        "<?xml version=\"1.0\"?>y",
        "<!--><script>x</script>-->y",
        "<!---><script>x</script>-->y",
    ] {
        let code = fault(&in_div(content)).unwrap().0;
        assert!(["markup-not-allowed", "not-well-formed"].contains(&code), "{content}: {code}");
    }
}

#[test]
fn what_is_no_div_of_xhtml_is_refused() {
    for (div, code) in [
        ("", "root-not-div"),
        ("x", "root-not-div"),
        ("<p xmlns=\"http://www.w3.org/1999/xhtml\">x</p>", "root-not-div"),
        ("<div>x</div>", "namespace-missing"),
        ("<div xmlns=\"http://hl7.org/fhir\">x</div>", "namespace-missing"),
        ("<h:div xmlns:h=\"http://www.w3.org/1999/xhtml\">x</h:div>", "namespace-missing"),
        ("<div xmlns=\"http://www.w3.org/1999/xhtml\">x", "not-well-formed"),
        ("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x</div>", "not-well-formed"),
        (
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div><div xmlns=\"http://www.w3.org/1999/xhtml\"/>",
            "root-not-div",
        ),
        ("<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>y", "root-not-div"),
        ("<!-- x --><div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>", "root-not-div"),
        ("<?xml version=\"1.0\"?><div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>", "root-not-div"),
        (
            "<!DOCTYPE div [<!ENTITY a \"b\">]><div xmlns=\"http://www.w3.org/1999/xhtml\">&a;</div>",
            "doctype-not-allowed",
        ),
        ("\u{FEFF}\u{FEFF}<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>", "not-well-formed"),
    ] {
        assert_eq!(fault(div).map(|(code, _)| code), Some(code), "{div}");
    }
    for (content, code) in [
        ("<p>x", "not-well-formed"),
        ("<p class=x>x</p>", "not-well-formed"),
        ("<p class>x</p>", "not-well-formed"),
        ("<p class='a' class='b'>x</p>", "not-well-formed"),
        ("<p class='a'id='b'>x</p>", "not-well-formed"),
        ("a & b", "not-well-formed"),
        ("a < b", "not-well-formed"),
        ("a ]]> b", "not-well-formed"),
        ("<!-- a -- b -->x", "not-well-formed"),
        ("\u{1}", "not-well-formed"),
        ("<x:p>x</x:p>", "not-well-formed"),
        ("&nbsp;x", "entity-not-allowed"),
        ("<p title='&eacute;'>x</p>", "entity-not-allowed"),
        ("<p xmlns=''>x</p>", "namespace-missing"),
        ("", "no-content"),
        (" <p> \n </p><br/>", "no-content"),
        ("<!-- x -->", "no-content"),
        ("<img alt=\"x\"/>", "no-content"),
        (&format!("{}x{}", "<b>".repeat(100), "</b>".repeat(100)), "too-deep"),
    ] {
        assert_eq!(fault(&in_div(content)).map(|(code, _)| code), Some(code), "{content}");
    }
    assert_eq!(fault(&in_div(&format!("{}x{}", "<b>".repeat(99), "</b>".repeat(99)))), None);
}
