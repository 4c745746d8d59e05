//! The annual check-up: the message `KHAMSUCKHOE` (decision 2062/QĐ-BYT) as XML and JSON, and the FHIR document that means the same.
