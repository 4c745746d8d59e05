// A SMART app in a real browser: fhirclient signs a person in through the server's pages and reads a book.
//
//     node smart_app.mjs '{"mode": "standalone", "base": "http://127.0.0.1:8080", ...}'
//
// Modes: standalone (a citizen with password and one-time code), provider (a citizen by the simulated provider), ehr
// (a clinic's system made a launch context, its physician signs in). What the script cannot know it asks for by a line
// on stdout, "ASK code", and reads the answer from stdin. Exit status 0 when all was as it should be.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const settings = JSON.parse(process.argv[2]);
const { mode, base } = settings;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(what) {
    console.log(`ASK ${what}`);
    return (await lines.next()).value;
}

const SCOPES = {
    standalone: "openid fhirUser launch/patient offline_access patient/*.rs",
    provider: "openid fhirUser launch/patient patient/*.rs",
    ehr: "openid fhirUser launch patient/*.rs",
};

// The app: two pages and the library as it is published.
const library = fileURLToPath(new URL("node_modules/fhirclient/build/fhir-client.js", import.meta.url));
const head = "<!doctype html><meta charset=utf-8><script src=/fhir-client.js></script>";
const app = { clientId: "", origin: "" };
const pages = {
    "/launch.html": () => `${head}<script>
        FHIR.oauth2.authorize({ clientId: ${JSON.stringify(app.clientId)}, scope: ${JSON.stringify(SCOPES[mode])},
            redirectUri: location.origin + "/app.html", pkceMode: "required" })
            .catch(error => { window.result = { error: String(error) }; });
    </script>`,
    "/app.html": () => `${head}<script>
        const stranger = ${JSON.stringify(settings.stranger)};
        async function look() {
            const client = await FHIR.oauth2.ready();
            const patient = await client.patient.read();
            const observations = await client.request("Observation?patient=" + client.patient.id);
            const statusOf = path => client.request(path).then(() => 200, error => error.status || error.statusCode);
            const result = {
                context: client.patient.id,
                patient: patient.id,
                user: client.user.fhirUser,
                subjects: (observations.entry || []).map(entry => entry.resource.subject.reference),
                stranger: await statusOf("Patient/" + stranger),
                missing: await statusOf("Patient/00000000-0000-4000-8000-000000000000"),
                scope: client.state.tokenResponse.scope,
                refreshes: Boolean(client.state.tokenResponse.refresh_token),
            };
            if (result.refreshes) {
                const before = client.state.tokenResponse.access_token;
                await client.refresh();
                result.renewed = client.state.tokenResponse.access_token !== before;
                result.again = (await client.patient.read()).id;
            }
            return result;
        }
        look().then(result => { window.result = result; }, error => { window.result = { error: String(error) }; });
    </script>`,
};

const server = createServer((request, response) => {
    const path = new URL(request.url, "http://app").pathname;
    if (path === "/fhir-client.js") {
        response.setHeader("Content-Type", "text/javascript");
        response.end(readFileSync(library));
    } else if (pages[path]) {
        response.setHeader("Content-Type", "text/html");
        response.end(pages[path]());
    } else {
        response.statusCode = 404;
        response.end();
    }
});

async function post(path, body, headers = {}) {
    const answer = await fetch(base + path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
}

const PERMITS = /allow|agree|cho phép|đồng ý/i;

// Goes through the pages as a person does, by what the fields are for, until the app is back.
async function passPages(page) {
    for (let step = 0; step < 12; step += 1) {
        await page.waitForLoadState("load");
        if (page.url().startsWith(app.origin + "/app.html")) return;
        const code = page.locator("input[autocomplete~=one-time-code]");
        const password = page.locator("input[autocomplete~=current-password]");
        const provider = page.locator("a[href*='/auth/provider/start'], form[action*='/auth/provider/start'] button");
        const person = page.getByRole("button", { name: settings.name });
        const permit = page.getByRole("button", { name: PERMITS });
        let press;
        if (await code.count()) {
            await code.fill(await ask("code"));
            press = page.locator("form:has(input[autocomplete~=one-time-code]) button").first();
        } else if (mode === "provider" && (await provider.count())) {
            press = provider.first();
        } else if (mode === "provider" && (await person.count())) {
            press = person.first();
        } else if (await password.count()) {
            await page.locator("input[autocomplete~=username]").fill(settings.name);
            await password.fill(settings.password);
            press = page.locator("form:has(input[autocomplete~=current-password]) button").first();
        } else if (await permit.count()) {
            press = permit.first();
        } else {
            // The app's own page on its way, or a page that nobody expects.
            const before = page.url();
            await page.waitForURL(url => String(url) !== before, { timeout: 10_000 }).catch(async () => {
                throw new Error(`stuck at ${before}: ${await page.locator("body").innerText()}`);
            });
            continue;
        }
        console.log(`at ${new URL(page.url()).pathname}`);
        await Promise.all([page.waitForNavigation({ timeout: 20_000 }), press.click()]);
    }
    throw new Error(`signing in has no end: ${page.url()}`);
}

async function main(browser) {
    const registered = await post("/auth/register", {
        client_name: "fhirclient",
        redirect_uris: [`${app.origin}/app.html`],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
        scope: SCOPES[mode],
    });
    app.clientId = registered.client_id;
    const start = new URL(`${app.origin}/launch.html`);
    start.searchParams.set("iss", `${base}/fhir`);
    if (mode === "ehr") {
        const authorization = { Authorization: `Bearer ${settings.clinicToken}` };
        const made = await post("/auth/launch", { patient: settings.patient }, authorization);
        assert.ok(made.expires_in > 0, "a launch context has an end");
        start.searchParams.set("launch", made.launch);
    }
    const page = await (await browser.newContext({ locale: "en-GB" })).newPage();
    const said = [];
    page.on("console", message => said.push(message.text()));
    page.on("pageerror", error => said.push(String(error)));
    try {
        await page.goto(String(start));
        await passPages(page);
        await page.waitForFunction(() => window.result, null, { timeout: 30_000 });
    } catch (error) {
        throw new Error(`${error.message}\nat ${page.url()}; the browser said:\n${said.join("\n")}`);
    }
    const result = await page.evaluate(() => window.result);
    assert.equal(result.error, undefined, `${result.error}\n${said.join("\n")}`);
    assert.equal(result.patient, settings.patient, "the own book");
    assert.equal(result.context, settings.patient, "the launch context");
    assert.ok(result.subjects.length > 0, "there are observations");
    for (const subject of result.subjects) assert.equal(subject, `Patient/${settings.patient}`);
    assert.equal(result.stranger, 404, "the book of another");
    assert.equal(result.missing, 404, "a book of nobody");
    // Staff of a demo need not have a Practitioner.
    if (mode !== "ehr") assert.ok(result.user?.endsWith(`Patient/${settings.patient}`), result.user);
    if (mode === "standalone") {
        assert.equal(result.renewed, true, "a refresh gives a new token");
        assert.equal(result.again, settings.patient);
        // Whoever is signed in is not asked for a password again.
        const second = await page.context().newPage();
        await second.goto(String(start));
        await second.waitForLoadState("load");
        await second.waitForTimeout(500);
        assert.equal(await second.locator("input[type=password]").count(), 0, "the session holds");
    }
    console.log(`as it should be: ${mode}, ${result.subjects.length} observations`);
}

await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));
app.origin = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
    executablePath: settings.chromium,
    // The browser's own walls need rights that root in a container does not have.
    args: process.getuid() === 0 ? ["--no-sandbox", "--disable-dev-shm-usage"] : [],
});
try {
    await main(browser);
} catch (error) {
    console.error(error.stack);
    process.exitCode = 1;
} finally {
    await browser.close();
    server.close();
    process.stdin.destroy();
}
