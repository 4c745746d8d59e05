// Staff of a health station in a real browser: sign in with two factors, see who is due, remind somebody, record a
// check-up by form after mistakes and in spite of an earlier one. axe-core judges every page, in both languages.
//
//     node station_pages.mjs '{"base": "http://127.0.0.1:8080", "name": "physician", "password": "...", ...}'

import assert from "node:assert/strict";
import { ask, inBrowser, judge, settings } from "./judging.mjs";

const { base } = settings;
const WORDS = {
    vi: { remind: /^Nhắc /, reminded: "Đã gửi lời nhắc", record: /^Ghi lần khám của /, save: "Ghi vào sổ", out: "Đăng xuất" },
    en: { remind: /^Remind /, reminded: "The reminder", record: /^Record a check-up of /, save: "Record it", out: "Sign out" },
};

async function signIn(page) {
    await page.goto(`${base}/station`);
    assert.match(page.url(), /sign-in/);
    await judge(page, "station-sign-in");
    await page.locator("input[autocomplete~=username]").fill(settings.name);
    await page.locator("input[autocomplete~=current-password]").fill(settings.password);
    await page.locator("form:has(input[autocomplete~=current-password]) button").first().click();
    await page.locator("input[autocomplete~=one-time-code]").fill(await ask("code"));
    await judge(page, "station-code");
    await page.locator("form:has(input[autocomplete~=one-time-code]) button").first().click();
    await page.waitForURL(/\/station/);
}

// What a station fills in for somebody healthy; what the form knows stays.
async function fill(page) {
    for (const [name, value] of Object.entries(settings.form)) {
        const field = page.locator(`[name="${name}"]`);
        if (!(await field.count())) {
            continue; // It is of another age.
        }
        if (await field.evaluate(it => it.tagName === "SELECT")) {
            await field.selectOption(value);
        } else if (!(await field.inputValue())) {
            await field.fill(value);
        }
    }
}

async function remindAndRecord(page, lang) {
    const words = WORDS[lang];
    await page.goto(`${base}/station?lang=${lang}&people=treated`);
    await judge(page, `station-${lang}`);
    // Nobody is reminded twice in thirty days.
    const reminders = page.getByRole("button", { name: words.remind });
    await (lang === "vi" ? reminders.first() : reminders.last()).click();
    await page.getByText(words.reminded).first().waitFor();
    await judge(page, `reminded-${lang}`);

    await page.goto(`${base}/station?lang=${lang}&people=treated&status=due`);
    await page.getByRole("link", { name: words.record }).first().click();
    await judge(page, `form-${lang}`);
    await fill(page);
    const day = page.locator('[name="XML2.NGAY_VAO"]');
    const now = await day.inputValue();
    await day.fill("hôm nay");
    await page.getByRole("button", { name: words.save }).click();
    // The mistake is said at its field, and told to who does not see it; what was typed stays.
    await page.getByRole("alert").first().waitFor();
    assert.equal(await day.getAttribute("aria-invalid"), "true");
    assert.equal(await day.inputValue(), "hôm nay");
    await judge(page, `wrong-${lang}`);
    await day.fill(now);
    await page.getByRole("button", { name: words.save }).click();
    await page.waitForLoadState("load");
    // Somebody may have been examined within the year: it is said first, and recorded after.
    if (await page.locator("#again").count()) {
        await judge(page, `again-${lang}`);
        await page.locator("#again").check();
        await page.getByRole("button", { name: words.save }).click();
    }
    await page.getByText(lang === "vi" ? "Đã ghi lần khám sức khỏe vào sổ." : "The check-up is in the book.").waitFor();
    await judge(page, `recorded-${lang}`);
}

// Each age has a form of its own; every part of it opens by a tap and is in order then.
async function formOfEachAge(page) {
    const seen = new Set();
    for (const people of ["treated", "home"]) {
        await page.goto(`${base}/station?lang=en&people=${people}`);
        const links = page.getByRole("link", { name: WORDS.en.record });
        const forms = await links.evaluateAll(all => all.map(link => link.href));
        for (const form of forms) {
            await page.goto(form);
            const words = await page.getByText(/^For (children|people) /).innerText();
            if (seen.has(words)) {
                continue;
            }
            seen.add(words);
            for (const part of await page.locator("details").all()) {
                if ((await part.getAttribute("open")) === null) {
                    await part.locator("summary").click();
                }
            }
            assert.equal(await page.locator("details:not([open])").count(), 0);
            await judge(page, `form-of-age-${seen.size}`);
        }
    }
    assert.equal(seen.size, 3, [...seen].join());
}

await inBrowser(async page => {
    await signIn(page);
    for (const lang of ["vi", "en"]) {
        for (const query of ["people=home", "people=treated&status=overdue", "people=treated&status=done"]) {
            await page.goto(`${base}/station?lang=${lang}&${query}`);
            await judge(page, `station-${query.replace(/\W/g, "-")}-${lang}`);
        }
        await remindAndRecord(page, lang);
        const missing = await page.goto(`${base}/station/check-up?patient=nobody&lang=${lang}`);
        assert.equal(missing.status(), 404);
        await judge(page, `nobody-${lang}`);
    }
    await formOfEachAge(page);
    // By night, on the narrowest screen.
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(`${base}/station?lang=vi&people=treated`);
    await judge(page, "night-station");
    await page.getByRole("link", { name: WORDS.vi.record }).first().click();
    await judge(page, "night-form");
    await page.getByRole("button", { name: WORDS.vi.out }).click();
    await page.waitForURL(/sign-in/);
});
