// A citizen in a real browser: signs in by the simulated provider, reads the new check-up, sees that the facility looked,
// blocks it, and the facility is refused. axe-core judges every page, in both languages.
//
//     node book_pages.mjs '{"base": "http://127.0.0.1:8080", "name": "099...", ...}'

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const settings = JSON.parse(process.argv[2]);
const { base } = settings;
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
let judged = 0;

// The policy of a page forbids scripts: axe is brought in past it, by the debugger.
async function judge(page, name) {
    await page.waitForLoadState("load");
    if (settings.pictures) {
        await page.screenshot({ path: `${settings.pictures}/${settings.width}-${name}.png`, fullPage: true });
    }
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    const told = violations.map(it => `${it.id}: ${it.nodes.map(node => node.html).join(" | ")}`);
    assert.deepEqual(told, [], `${name}: ${page.url()}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
    judged += 1;
}

async function clinicReads() {
    const headers = { Authorization: `Bearer ${settings.clinicToken}` };
    return (await fetch(`${base}/fhir/Patient/${settings.patient}`, { headers })).status;
}

async function main(browser) {
    const { width, height } = settings;
    const context = await browser.newContext({ locale: "vi-VN", viewport: { width, height } });
    const page = await context.newPage();
    await page.goto(`${base}/book`);
    assert.match(page.url(), /sign-in/);
    await judge(page, "sign-in");
    await page.locator("a[href*='/auth/provider/start']").click();
    await page.getByRole("button", { name: settings.name }).first().click();
    await page.waitForURL(`${base}/book`);
    assert.equal(await clinicReads(), 200);

    for (const lang of ["vi", "en"]) {
        await page.goto(`${base}/book?lang=${lang}`);
        await judge(page, `book-${lang}`);
        await page.locator(`a[href*='/book/check-ups/${settings.checkUp}']`).click();
        await page.getByText(lang === "vi" ? "Loại II – khỏe" : "Class II – healthy").waitFor();
        await page.getByText(lang === "vi" ? "61,5 kg" : "61.5 kg").first().waitFor();
        await judge(page, `check-up-${lang}`);
        for (const path of ["/book/timeline", "/auth/access-log", "/book/who-may", "/book/others", "/auth/sessions"]) {
            await page.goto(`${base}${path}?lang=${lang}`);
            await judge(page, `${path.split("/").pop()}-${lang}`);
        }
        await page.goto(`${base}/book?of=nobody&lang=${lang}`);
        await judge(page, `refused-${lang}`);
    }

    // The facility has looked, which the log tells; then it is blocked and refused.
    await page.goto(`${base}/auth/access-log?lang=vi`);
    await page.getByText("phần mềm của cơ sở").first().waitFor();
    await page.goto(`${base}/book/who-may?lang=vi`);
    await page.locator(`a[href*='facility=${settings.facility}']`).first().click();
    await judge(page, "block");
    assert.equal(await clinicReads(), 200, "nothing is done before it is confirmed");
    await page.getByRole("button", { name: "Chặn cơ sở này" }).click();
    await page.getByText("Bạn đã chặn.").first().waitFor();
    await judge(page, "blocked");
    assert.equal(await clinicReads(), 404);
    await page.goto(`${base}/auth/access-log?lang=vi`);
    await page.getByText("ĐÃ BỊ TỪ CHỐI").first().waitFor();
    await page.goto(`${base}/book/who-may?lang=vi`);
    await page.locator("a[href*='/book/lift']").first().click();
    await judge(page, "lift");
    await page.getByRole("button", { name: "Bỏ chặn" }).click();
    await page.waitForURL(/who-may/);
    assert.equal(await clinicReads(), 200);

    // By night, on the narrowest screen, and with letters of twice the size.
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 320, height: 640 });
    for (const path of [`/book/check-ups/${settings.checkUp}`, "/book", "/book/who-may", "/auth/access-log"]) {
        await page.goto(`${base}${path}?lang=vi`);
        await judge(page, `night-${path.split("/")[2]}`);
    }
    await page.getByRole("link", { name: "Sổ của tôi" }).click();
    await page.getByRole("button", { name: "Đăng xuất" }).click();
    await page.waitForURL(/sign-in/);
    console.log(`as it should be: ${judged} pages`);
}

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
    process.stdin.destroy();
}
