// A page in a real browser, judged: axe-core finds nothing, nothing is wider than the screen. What the scripts of pages
// have in common besides: their settings, questions to whoever started them ("ASK code", answered on stdin), the end.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

export const settings = JSON.parse(process.argv[2]);
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let judged = 0;

export async function ask(what) {
    console.log(`ASK ${what}`);
    return (await lines.next()).value;
}

// The policy of a page forbids scripts: axe is brought in past it, by the debugger.
export async function judge(page, name) {
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

// Runs a script on a page of its own, and says how it ended.
export async function inBrowser(script) {
    const browser = await chromium.launch({
        executablePath: settings.chromium,
        // The browser's own walls need rights that root in a container does not have.
        args: process.getuid() === 0 ? ["--no-sandbox", "--disable-dev-shm-usage"] : [],
    });
    try {
        const { width, height } = settings;
        const context = await browser.newContext({ locale: "vi-VN", viewport: { width, height } });
        await script(await context.newPage());
        console.log(`as it should be: ${judged} pages`);
    } catch (error) {
        console.error(error.stack);
        process.exitCode = 1;
    } finally {
        await browser.close();
        process.stdin.destroy();
    }
}
