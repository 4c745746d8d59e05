// A clinic opens a book with the code that the citizen shows, finds the person, reads, writes a visit, and sends it again
// until there is an answer. Needs fhirclient (the client library of SMART).
//     BASE=http://127.0.0.1:8080 TOKEN=... CODE=... NUMBER=... node visit_fhirclient.mjs
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import FHIR from "fhirclient";

const { BASE = "http://127.0.0.1:8080", TOKEN = "", CODE = "", NUMBER = "", VISIT = randomUUID() } = process.env;
// A program without a browser has its token already; in a browser `FHIR.oauth2` gets it.
const client = FHIR({} as any, {} as any).client({
    serverUrl: `${BASE}/fhir`,
    tokenResponse: { access_token: TOKEN },
});

// Open the book: once for each code.
const opened = await fetch(`${BASE}/access/relations`, {
    method: "POST",
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify({ kind: "presence", code: CODE }),
});
if (!opened.ok) throw new Error(`the code is refused: ${await opened.text()}`);

// Find the person: POST keeps the number out of addresses.
const people: any = await client.request({
    url: "Patient/_search",
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ identifier: NUMBER }).toString(),
});
const subject = { reference: `Patient/${people.entry[0].resource.id}` };

// Read the latest observations.
const read: any = await client.request(`Observation?subject=${subject.reference}&_sort=-date&_count=5`);
for (const { resource } of read.entry ?? []) console.log(resource.effectiveDateTime, resource.code);

// Write a visit: both resources or neither.
const now = new Date().toISOString();
const encounter = "urn:uuid:7f3c2f7e-0d3f-4a3e-9a55-0d6f5a1c9b01";
const bundle = {
    resourceType: "Bundle",
    type: "transaction",
    entry: [
        {
            fullUrl: encounter,
            request: { method: "POST", url: "Encounter" },
            resource: {
                resourceType: "Encounter",
                status: "finished",
                identifier: [{ system: "urn:example:visits", value: VISIT }],
                class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" },
                subject,
                period: { start: now, end: now },
            },
        },
        {
            request: { method: "POST", url: "Observation" },
            resource: {
                resourceType: "Observation",
                status: "final",
                code: { coding: [{ system: "http://loinc.org", code: "8867-4", display: "Heart rate" }] },
                subject,
                encounter: { reference: encounter },
                effectiveDateTime: now,
                valueQuantity: { value: 72, unit: "/min", system: "http://unitsofmeasure.org", code: "/min" },
            },
        },
    ],
};

// Sends it, and the same again with the same key while there is no answer, or one that says: later.
async function send(body: any): Promise<any> {
    const headers = { "Content-Type": "application/fhir+json", "Idempotency-Key": randomUUID() };
    for (let wait = 1; ; wait *= 2) {
        try {
            return await client.request({ url: "", method: "POST", headers, body: JSON.stringify(body) });
        } catch (error: any) {
            const status = error.status ?? error.statusCode;
            const later = status === undefined || [408, 409, 429].includes(status) || status >= 500;
            if (!later || wait > 8) throw error;
        }
        await sleep(wait * 1000);
    }
}

for (const { response } of (await send(bundle)).entry) console.log(response.location);
