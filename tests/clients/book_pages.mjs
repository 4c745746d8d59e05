// A citizen in a real browser: signs in by the simulated provider, reads the new check-up, sees that the facility looked,
// blocks it, and the facility is refused. axe-core judges every page, in both languages.
//
//     node book_pages.mjs '{"base": "http://127.0.0.1:8080", "name": "099...", ...}'

import assert from "node:assert/strict";
import { inBrowser, judge, settings } from "./judging.mjs";

const { base } = settings;

async function clinicReads() {
    const headers = { Authorization: `Bearer ${settings.clinicToken}` };
    return (await fetch(`${base}/fhir/Patient/${settings.patient}`, { headers })).status;
}

await inBrowser(async page => {
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
        for (const path of ["/book/timeline", "/auth/access-log", "/book/who-may", "/book/notices", "/book/others", "/auth/sessions"]) {
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

    // By night, on the narrowest screen.
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 320, height: 640 });
    for (const path of [`/book/check-ups/${settings.checkUp}`, "/book", "/book/who-may", "/auth/access-log"]) {
        await page.goto(`${base}${path}?lang=vi`);
        await judge(page, `night-${path.split("/")[2]}`);
    }
    await page.getByRole("link", { name: "Sổ của tôi" }).click();
    await page.getByRole("button", { name: "Đăng xuất" }).click();
    await page.waitForURL(/sign-in/);
});
