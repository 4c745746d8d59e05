#!/bin/sh
# A clinic opens a book with the code that the citizen shows, finds the person, reads, writes a visit, and sends it again
# until there is an answer. Needs curl and jq.
#     BASE=http://127.0.0.1:8080 TOKEN=... CODE=... NUMBER=... sh visit.sh
set -eu
VISIT=${VISIT:-$(cat /proc/sys/kernel/random/uuid)}
KEY=$(cat /proc/sys/kernel/random/uuid)

ask() { curl -sS --fail-with-body -H "Authorization: Bearer $TOKEN" "$@"; }

# Open the book: once for each code.
ask -H 'Content-Type: application/json' -d "{\"kind\":\"presence\",\"code\":\"$CODE\"}" "$BASE/access/relations" >/dev/null

# Find the person: POST keeps the number out of addresses.
PATIENT=$(ask --data-urlencode "identifier=$NUMBER" "$BASE/fhir/Patient/_search" | jq -er '.entry[0].resource.id')

# Read the latest observations.
ask "$BASE/fhir/Observation?patient=$PATIENT&_sort=-date&_count=5" |
    jq -r '.entry[]?.resource | "\(.effectiveDateTime) \(.code.text // .code.coding[0].display)"'

# Write a visit: both resources or neither.
NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
BODY=$(jq -n --arg patient "Patient/$PATIENT" --arg visit "$VISIT" --arg now "$NOW" '{
  resourceType: "Bundle", type: "transaction", entry: [
    {fullUrl: "urn:uuid:7f3c2f7e-0d3f-4a3e-9a55-0d6f5a1c9b01", request: {method: "POST", url: "Encounter"},
     resource: {resourceType: "Encounter", status: "finished",
       identifier: [{system: "urn:example:visits", value: $visit}],
       class: {system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB"},
       subject: {reference: $patient}, period: {start: $now, end: $now}}},
    {request: {method: "POST", url: "Observation"},
     resource: {resourceType: "Observation", status: "final",
       code: {coding: [{system: "http://loinc.org", code: "8867-4", display: "Heart rate"}]},
       subject: {reference: $patient}, encounter: {reference: "urn:uuid:7f3c2f7e-0d3f-4a3e-9a55-0d6f5a1c9b01"},
       effectiveDateTime: $now,
       valueQuantity: {value: 72, unit: "/min", system: "http://unitsofmeasure.org", code: "/min"}}}]}')

# Send it, and the same again with the same key while there is no answer, or one that says: later.
try=1
until ANSWER=$(ask -H 'Content-Type: application/fhir+json' -H "Idempotency-Key: $KEY" -w '\n%{http_code}' -d "$BODY" "$BASE/fhir"); do
    case ${ANSWER##*
} in 000 | 408 | 409 | 429 | 5??) ;; *) echo "refused: $ANSWER" >&2; exit 1 ;; esac
    [ "$try" -lt 6 ] || { echo "no answer" >&2; exit 1; }
    sleep "$try"
    try=$((try * 2))
done
printf '%s' "$ANSWER" | sed '$d' | jq -er '.entry[].response.location'
