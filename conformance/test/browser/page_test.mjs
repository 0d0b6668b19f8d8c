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
  assert.equal(await page.locator("#shown > p").first().textContent(), title);
  assert.match(title, /socket\(AF_INET.* as .* = E[A-Z]+.*sockoracle explain/);
  assert(page.url().endsWith("#" + await cell.getAttribute("id")), "the address follows");
  // There it has its steps, and the program that shows it, which names the same call.
  await page.locator("#shown summary", { hasText: "Steps" }).click();
  assert.match(await page.locator("#shown pre").first().textContent(), /^rule type_flags[^]*-E/);
  await page.locator("#shown summary", { hasText: "C program" }).click();
  const program = await page.locator("#shown pre").nth(1).textContent();
  assert(program.includes(`call[] = "${title.split(" as ")[0]}"`), program.slice(0, 300));
  assert.match(program, /^\/\/ SPDX[^]*\n\nint main\(void\)\n\{\n\tstage\(\);/m);
  await shoot(page, "report-case");
  await page.locator("#shown a", { hasText: "rule " }).click();
  assert.match(page.url(), /#s0-rule-[a-z_]+$/);
  assert(await page.locator(new URL(page.url()).hash).isVisible(), "the rule's row opens");
  await page.locator("#shown button").click();
  assert.equal(await page.locator("#shown").isVisible(), false);
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

async function test_tabs_and_history(context) {
  const page = await opened(context, url(page1));
  await page.locator(".tabs a", { hasText: /^nobody$/ }).click();
  const open = page.locator(".maps > details[open]");
  assert.equal(await open.count(), 1);
  assert.match(await open.locator("summary").textContent(), /nobody/);
  // What changed between two releases, whichever is named first.
  await page.locator("#history summary").click();
  const all = await page.locator("tr.change:visible").count();
  await page.selectOption("#to", { label: "4.4" });
  await page.selectOption("#from", { label: "4.3" });
  const some = await page.locator("tr.change:visible").allTextContents();
  assert(some.length > 0 && some.length < all, `${some.length} of ${all} changes`);
  assert(some.some((text) => /79462ad02e86 CVE-2015-8543/.test(text)), some.join("\n"));
  assert.equal(await page.locator("#between").textContent(), some.length + " changes");
  const behaviour = page.locator("tr.change:visible").first();
  const linked = await opened(context, url(page1) + "#" + await behaviour.getAttribute("id"));
  await linked.locator("#" + await behaviour.getAttribute("id")).waitFor({ state: "visible" });
  assert.deepEqual([...page.complaints, ...linked.complaints], []);
}

async function test_findings_and_subjects(context) {
  const page = await opened(context, url(hostile));
  const sections = page.locator("section.subject:visible");
  assert.equal(await sections.count(), 2);
  await page.focus("#slider");
  await page.keyboard.press("ArrowRight");
  assert.equal(await sections.count(), 1);
  assert.equal(await sections.getAttribute("id"), "s0-top");
  // A differing cell leads to its finding, which carries its program.
  await page.locator("#s0-top .cell.differs").first().click();
  await page.locator("#shown a", { hasText: "finding 1" }).click();
  const finding = page.locator("#s0-finding-1");
  assert.match(await finding.textContent(), /got success; Linux 6.18 answers EPROTONOSUPPORT/);
  await finding.locator("summary", { hasText: "C program" }).click();
  assert.match(await finding.locator("pre").nth(1).textContent(), /int main\(void\)/);
  // A link into the subject that is not shown shows it.
  await page.evaluate(() => location.hash = "#s1-findings");
  await page.waitForFunction(() => !document.getElementById("s1-top").hidden);
  assert.equal(await sections.count(), 1);
  assert.deepEqual(page.complaints, []);
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
    for (const test of [test_links_and_filter, test_tabs_and_history,
                        test_findings_and_subjects, test_looks, test_hostile]) {
      await test(context);
      console.log("ok " + test.name);
    }
  } finally {
    await close();
  }
  await test_without_script();
  console.log("ok test_without_script");
});
