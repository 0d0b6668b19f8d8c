// SPDX-License-Identifier: GPL-2.0-only
// The HTML report in a real browser, opened from disk.
//
// usage: node page_test.mjs CHROMIUM PAGE HOSTILE_PAGE SCREENSHOT_FOLDER
// PLAYWRIGHT names the folder of playwright-core. Exit status: 0 good, 1 wrong.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(import.meta.url)(process.env.PLAYWRIGHT || "playwright-core");
const [executablePath, page1, hostile, shots] = process.argv.slice(2);
const profile = fs.mkdtempSync(path.join(os.tmpdir(), "page-test-"));
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
              "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const url = (file) => pathToFileURL(path.resolve(file)).href;

async function opened(context, address) {
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && page.complaints.push(m.text()));
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("request", (r) => r.url().startsWith("file:") || page.complaints.push(r.url()));
  page.on("dialog", (d) => { page.complaints.push("dialog"); d.dismiss(); });
  await page.goto(address, { waitUntil: "load" });
  return page;
}

const browser = await chromium.launchPersistentContext(profile, {
  executablePath, headless: true, args, viewport: { width: 1280, height: 900 } });
try {
  const start = Date.now();
  const page = await opened(browser, url(page1));
  assert(Date.now() - start < 5000, "opens soon");
  assert(fs.statSync(page1).size < 3e6, "under 3 MB");
  await page.screenshot({ path: path.join(shots, "light.png") });
  // A click shows the cell's case and makes it the page's address.
  const cell = page.locator(".cell.a2, .cell.a3").first();
  await cell.click();
  const title = await cell.getAttribute("title");
  assert.equal(await page.locator("#shown").textContent(), title);
  assert.match(title, /socket\(AF_INET.* as .* = E[A-Z]+.*sockoracle explain/);
  assert(page.url().endsWith("#" + await cell.getAttribute("id")), "the address follows");
  // That address opens what it names, even inside of what is closed.
  const closed = page.locator("details:not([open]) .cell").first();
  const id = await closed.getAttribute("id");
  assert.equal(await page.locator(`[id="${id}"]`).isVisible(), false);
  const linked = await opened(browser, url(page1) + "#" + id);
  await linked.locator(`[id="${id}"]`).waitFor({ state: "visible", timeout: 3000 });
  // The filter hides the rows that do not have all words.
  const all = await page.locator(".strip:visible").count();
  await page.fill("#filter", "sock_raw eperm");
  const few = await page.locator(".strip:visible").count();
  assert(few < all, `the filter hides rows: ${few} of ${all}`);
  for (const text of await page.locator(".strip:visible").allTextContents())
    assert.match(text, /SOCK_RAW.*EPERM/);
  await page.fill("#filter", "");
  assert.equal(await page.locator(".strip:visible").count(), all);
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(linked.complaints, []);
  // Dark, and a phone.
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: path.join(shots, "dark.png") });
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(background, "rgb(13, 17, 23)");
  await page.setViewportSize({ width: 390, height: 844 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert(wide <= 390, `no sideways scrolling on a phone: ${wide}`);
  await page.screenshot({ path: path.join(shots, "phone.png") });
  // What a recording says is text.
  const bad = await opened(browser, url(hostile));
  assert.match(await bad.locator("body").textContent(), /<script>alert\(1\)<\/script>/);
  assert.equal(await bad.locator("main script, main img, main iframe").count(), 0);
  assert.deepEqual(bad.complaints, []);
  await bad.screenshot({ path: path.join(shots, "hostile.png"), fullPage: false });
  // Without the script everything can be read.
  await browser.close();
  const plain = await chromium.launch({ executablePath, headless: true, args });
  try {
    const context = await plain.newContext({ javaScriptEnabled: false });
    const still = await context.newPage();
    await still.goto(url(page1));
    await still.locator("summary", { hasText: "Rules exercised" }).click();
    assert(await still.locator("text=raw_needs_net_raw").first().isVisible());
    assert(await still.locator(".strip:visible").count() > 5);
  } finally {
    await plain.close();
  }
  console.log(`the page does what it should; ${all} rows of answers`);
} finally {
  await browser.close().catch(() => {});
  fs.rmSync(profile, { recursive: true, force: true });
}
