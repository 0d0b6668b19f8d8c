// SPDX-License-Identifier: GPL-2.0-only
// The HTML report in a real browser, opened from disk.
//
// usage: node page_test.mjs CHROMIUM PAGE HOSTILE_PAGE SCREENSHOT_FOLDER
import { assert, assert_accessible, assert_fits, fs, launched, loading_time, opened, run, shooter,
         url } from "./common.mjs";

const [chromium, page1, hostile, shots] = process.argv.slice(2);
const shoot = shooter(shots);

async function test_links_and_filter(context) {
  const page = await opened(context, url(page1));
  assert(await loading_time(page) < 1000, "opens in a second");
  assert(fs.statSync(page1).size < 3e6, "under 3 MB");
  await shoot(page, "report-light");
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
  const linked = await opened(context, url(page1) + "#" + id);
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
}

async function test_looks(context) {
  const page = await opened(context, url(page1));
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(() => document.querySelectorAll("details").forEach((e) => e.open = true));
    await assert_accessible(page, "report, " + colorScheme);
  }
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(background, "rgb(13, 17, 23)");
  await assert_fits(page, "report");
  const phone = await opened(context, url(page1));
  await phone.setViewportSize({ width: 360, height: 780 });
  await shoot(phone, "report-phone");
  await phone.setViewportSize({ width: 1280, height: 900 });
  await phone.emulateMedia({ colorScheme: "dark" });
  await shoot(phone, "report-dark");
  assert.deepEqual(page.complaints, []);
}

async function test_hostile(context) {
  const page = await opened(context, url(hostile));
  assert.match(await page.locator("body").textContent(), /<script>alert\(1\)<\/script>/);
  assert.equal(await page.locator("main script, main img, main iframe").count(), 0);
  await shoot(page, "report-hostile");
  await assert_accessible(page, "hostile report");
  await assert_fits(page, "hostile report");
  assert.deepEqual(page.complaints, []);
}

async function test_without_script() {
  const { context, close } = await launched(chromium, { javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(url(page1));
  await page.locator("summary", { hasText: "Rules exercised" }).click();
  assert(await page.locator("text=raw_needs_net_raw").first().isVisible());
  assert(await page.locator(".strip:visible").count() > 5);
  await shoot(page, "report-without-script");
  await close();
}

run(async () => {
  const { context, close } = await launched(chromium);
  try {
    for (const test of [test_links_and_filter, test_looks, test_hostile]) {
      await test(context);
      console.log("ok " + test.name);
    }
  } finally {
    await close();
  }
  await test_without_script();
  console.log("ok test_without_script");
});
