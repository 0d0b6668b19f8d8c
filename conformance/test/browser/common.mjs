// SPDX-License-Identifier: GPL-2.0-only
// What the tests of pages share. NODE_PACKAGES names the folder whose node_modules are used.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(path.join(process.env.NODE_PACKAGES || ".", "package.json"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
              "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const url = (file) => pathToFileURL(path.resolve(file)).href;

export async function launched(executablePath, options = {}) {
  const browser = await chromium.launch({ executablePath, headless: true, args });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  return { context, close: () => browser.close() };
}

// A page that notes what it complains about, and every address it asks for.
export async function opened(context, address) {
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (m) =>
    ["error", "warning"].includes(m.type()) && page.complaints.push(m.text().slice(0, 500)));
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("request", (r) =>
    /^(file|data):/.test(r.url()) || page.complaints.push(r.url().slice(0, 500)));
  page.on("dialog", (d) => {
    page.complaints.push("dialog");
    d.dismiss();
  });
  await page.goto(address, { waitUntil: "load" });
  return page;
}

// Milliseconds until the page could be used, as the browser measured them.
export async function loading_time(page) {
  return page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd);
}

// axe-core's rules; what is open counts, so callers open what they want looked at. A page whose
// policy forbids foreign scripts still takes those of the debugger.
export async function assert_accessible(page, name) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, {
    resultTypes: ["violations"] }));
  assert(passes.length > 10, `${name}: axe looked at little`);
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 200)} (${
    v.nodes.length}) ${v.nodes[0].failureSummary.slice(0, 300)}`), [], name);
}

// Nothing is wider than the phone.
export async function assert_fits(page, name, width = 360) {
  await page.setViewportSize({ width, height: 780 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide <= width) return;
  const what = await page.evaluate((limit) => [...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > limit + 1)
    .map((e) => e.outerHTML.slice(0, 120)).slice(0, 3), width);
  assert.fail(`${name}: ${wide} pixels wide: ${what.join("  ")}`);
}

export function shooter(folder) {
  fs.mkdirSync(folder, { recursive: true });
  return (page, name, fullPage = false) =>
    page.screenshot({ path: path.join(folder, name + ".png"), fullPage });
}

export function run(test) {
  test().then(() => process.exit(0), (error) => {
    console.error(error instanceof assert.AssertionError ? error.message : error);
    process.exit(1);
  });
}
export { assert, fs, os, path };
