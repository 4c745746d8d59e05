//! FHIR XML (R4 `xml.html`) to and from the JSON document, and the check of narratives. No input or output.
