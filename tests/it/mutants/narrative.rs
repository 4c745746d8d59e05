//! Mutants: narratives that are not the XHTML that R4 allows (narrative.html, txt-1), or that say nothing (txt-2).

pub const ROWS: &str = r##"
narrative: a script | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>" | 400 narrative | Patient.text.div
narrative: a script beside text | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x</p><script src=\"http://example.org/x.js\"></script></div>" | 400 narrative | Patient.text.div
narrative: an event attribute | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p onclick=\"x()\">x</p></div>" | 400 narrative | Patient.text.div
narrative: an event attribute of an image | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><img src=\"#a\" alt=\"a\" onerror=\"x()\"/></div>" | 400 narrative | Patient.text.div
narrative: a style sheet | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><style>p {}</style><p>x</p></div>" | 400 narrative | Patient.text.div
narrative: a form | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><form action=\"http://example.org\"><p>x</p></form></div>" | 400 narrative | Patient.text.div
narrative: an input | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x</p><input type=\"text\"/></div>" | 400 narrative | Patient.text.div
narrative: an iframe | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><iframe src=\"http://example.org\">x</iframe></div>" | 400 narrative | Patient.text.div
narrative: an object | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><object data=\"http://example.org\">x</object></div>" | 400 narrative | Patient.text.div
narrative: a link element | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><link rel=\"stylesheet\" href=\"http://example.org\"/><p>x</p></div>" | 400 narrative | Patient.text.div
narrative: a base | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><base href=\"http://example.org\"/><p>x</p></div>" | 400 narrative | Patient.text.div
narrative: a head | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>x</title></head><p>x</p></div>" | 400 narrative | Patient.text.div
narrative: a body | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><body><p>x</p></body></div>" | 400 narrative | Patient.text.div
narrative: a deprecated element | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><font color=\"red\">x</font></div>" | 400 narrative | Patient.text.div
narrative: an element of HTML 5 | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><video src=\"http://example.org\">x</video></div>" | 400 narrative | Patient.text.div
narrative: a graphic | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><svg xmlns=\"http://www.w3.org/2000/svg\"><circle r=\"1\"/></svg><p>x</p></div>" | 400 narrative | Patient.text.div
narrative: an unknown element | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><colour>x</colour></div>" | 400 narrative | Patient.text.div
narrative: capital letters | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><P>x</P></div>" | 400 narrative | Patient.text.div
narrative: an attribute for data | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p data-x=\"1\">x</p></div>" | 400 narrative | Patient.text.div
narrative: an unknown attribute | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p colour=\"red\">x</p></div>" | 400 narrative | Patient.text.div
narrative: an element that is not closed | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x</div>" | 400 narrative | Patient.text.div
narrative: elements that cross | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><b><i>x</b></i></div>" | 400 narrative | Patient.text.div
narrative: a br of HTML | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\">x<br>y</div>" | 400 narrative | Patient.text.div
narrative: an ampersand alone | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\">x & y</div>" | 400 narrative | Patient.text.div
narrative: an entity that nobody defines | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\">x &nosuch; y</div>" | 400 narrative | Patient.text.div
narrative: an attribute without quotes | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=x>x</p></div>" | 400 narrative | Patient.text.div
narrative: the same attribute twice | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"a\" class=\"b\">x</p></div>" | 400 narrative | Patient.text.div
narrative: a DOCTYPE | patient | set /text/div "<!DOCTYPE div><div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>" | 400 narrative | Patient.text.div
narrative: a DOCTYPE with an entity | patient | set /text/div "<!DOCTYPE div [<!ENTITY a \"x\">]><div xmlns=\"http://www.w3.org/1999/xhtml\">&a;</div>" | 400 narrative | Patient.text.div
narrative: another root | patient | set /text/div "<p xmlns=\"http://www.w3.org/1999/xhtml\">x</p>" | 400 narrative | Patient.text.div
narrative: two roots | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div><div xmlns=\"http://www.w3.org/1999/xhtml\">y</div>" | 400 narrative | Patient.text.div
narrative: text behind the root | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>y" | 400 narrative | Patient.text.div
narrative: no namespace | patient | set /text/div "<div>x</div>" | 400 narrative | Patient.text.div
narrative: another namespace | patient | set /text/div "<div xmlns=\"http://www.w3.org/2000/svg\">x</div>" | 400 narrative | Patient.text.div
narrative: plain text | patient | set /text/div "Tám" | 400 narrative | Patient.text.div
narrative: nothing in it | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"></div>" | 400 narrative | Patient.text.div
narrative: nothing but white space | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"> \n\t</div>" | 400 narrative | Patient.text.div
narrative: nothing but empty elements | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p> </p><br/></div>" | 400 narrative | Patient.text.div
narrative: nothing but a comment | patient | set /text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><!-- x --></div>" | 400 narrative | Patient.text.div
narrative: a script in a section | composition | set /section/0/text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>" | 400 narrative | Composition.section[0].text.div
narrative: an event attribute in a section of a section | composition | set /section/1/section/0/text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p onload=\"x()\">x</p></div>" | 400 narrative | Composition.section[1].section[0].text.div
narrative: an iframe in a contained resource | diagnostic-report | set /contained/0/text {"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><iframe>x</iframe></div>"} | 400 narrative | DiagnosticReport.contained[0].text.div
narrative: a form in an entry | bundle-document | set /entry/1/resource/text/div "<div xmlns=\"http://www.w3.org/1999/xhtml\"><form><p>x</p></form></div>" | 400 narrative | Bundle.entry[1].resource.text.div
"##;
