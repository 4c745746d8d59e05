//! JSON Patch (RFC 6902) and FHIRPath Patch (R4 `fhirpatch.html`) on the JSON document. No input or output.
