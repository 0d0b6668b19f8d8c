// SPDX-License-Identifier: GPL-2.0-only
// The errno explorer and the site's other pages, opened from disk.
//
// usage: node explorer_test.mjs CHROMIUM SITE_FOLDER SCREENSHOT_FOLDER
import { assert, assert_accessible, assert_fits, fs, launched, loading_time, opened, path, run,
         shooter, url } from "./common.mjs";

const [chromium, site, shots] = process.argv.slice(2);
const shoot = shooter(shots);
const explorer = url(path.join(site, "explorer.html"));
const RAW = "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)";
const hash = (question) => "#" + new URLSearchParams(question).toString();

async function asked(context, question) {
  const page = await opened(context, explorer + (question ? hash(question) : ""));
  await page.waitForSelector("html[data-ready]", { timeout: 5000 });
  return page;
}

const answer = (page) => page.locator("#answer .errno").textContent();

async function test_question(context) {
  const page = await asked(context);
  assert(await loading_time(page) < 1000, "opens in a second");
  assert(fs.statSync(path.join(site, "explorer.html")).size < 3e6, "under 3 MB");
  assert.match(await answer(page), /SOCK_RAW, IPPROTO_ICMP\) = -1 EPERM$/);
  assert.match(await page.locator("#answer").textContent(),
               /raw_needs_net_raw.*net\/ipv4\/af_inet\.c:inet_create/);
  await shoot(page, "explorer-light", true);
  // What would make it succeed, chosen: it succeeds, and the address says so.
  await page.locator("#answer button", { hasText: "--cap net_raw" }).click();
  assert.match(await answer(page), /= a descriptor$/);
  assert.match(page.url(), /caps=net_raw/);
  assert.equal(await page.locator("#field-caps").inputValue(), "net_raw");
  // The fresh socket, by the keyboard alone.
  await page.locator("#state_box summary").focus();
  await page.keyboard.press("Enter");
  assert.match(await page.locator("#state").textContent(), /SO_TYPE3.*IP_TTL64/);
  assert.match(await page.locator("#reply").textContent(), /^\{"errno":null,"rule":"created"/);
  assert.match(await page.locator("#program").textContent(), /int main\(void\)/);
  // Typing, and what is no call.
  await page.fill("#call", "socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)");
  await page.selectOption("#release", "4.3");
  await page.waitForFunction(() =>
    document.querySelector("#answer .errno").textContent.includes("EPROTONOSUPPORT"));
  assert.equal(await page.locator("#history tbody tr").count(), 3);
  await page.fill("#call", "socket(<img src=x onerror=alert(1)>");
  await page.locator("#wrong").waitFor({ state: "visible" });
  assert.match(await page.locator("#wrong").textContent(), /<img src=x.*accepted is/);
  assert.equal(await page.locator("main img").count(), 0);
  assert.equal(await page.locator("#answers").isVisible(), false);
  await page.click("#reset");
  assert.match(await answer(page), /EPERM$/);
  assert.deepEqual(page.complaints, []);
}

async function test_slider_map_history(context) {
  const page = await asked(context, { call: "socket(AF_INET, SOCK_DCCP, 0)", release: "6.15" });
  assert.match(await answer(page), /a descriptor/);
  await page.focus("#slider");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector("#release").value === "6.16");
  await page.waitForFunction(() => document.querySelector("#answer .errno").textContent
    .includes("ESOCKTNOSUPPORT"));
  assert.equal(await page.locator("#slider").getAttribute("aria-valuetext"), "Linux 6.16");
  // The map: a click asks about that cell.
  await page.locator(".cell", { hasText: "132 SCTP" }).first().click();
  assert.match(await answer(page), /SOCK_STREAM, IPPROTO_SCTP\) = a descriptor/);
  assert.match(await page.locator(".cell[aria-current=true]").textContent(), /132 SCTP/);
  // Against another release.
  await page.selectOption("#other", "6.15");
  const changes = await page.locator("#changes table").textContent();
  assert.match(changes, /SOCK_DCCP.*ESOCKTNOSUPPORT.*ok/);
  assert((await page.locator(".cell.differs").count()) > 0);
  // History: a click goes there.
  await page.fill("#call", "socket(AF_INET, SOCK_RAW, 300)");
  await page.locator("#history button", { hasText: "4.3" }).first().click();
  assert.equal(await page.locator("#release").inputValue(), "4.3");
  assert.match(await page.locator("#history").textContent(), /79462ad02e86, CVE-2015-8543/);
  await shoot(page, "explorer-compare", true);
  assert.deepEqual(page.complaints, []);
}

async function test_permalink(context) {
  const question = { call: RAW, release: "6.12", as: "nobody", "modules.sctp": "absent",
                     "sysctls.net.ipv4.ping_group_range": "0 5", faults: "1", family: "10" };
  const page = await asked(context, question);
  assert.match(await answer(page), /= -1 ENFILE|= -1 ENOMEM|= -1 ENOBUFS/);
  assert.equal(await page.locator("#field-modules\\.sctp").inputValue(), "absent");
  assert.equal(await page.locator("#family").inputValue(), "10");
  const again = await opened(context, page.url());
  await again.waitForSelector("html[data-ready]");
  assert.equal(await answer(again), await answer(page));
  // Whatever an address holds is text.
  const evil = await asked(context, { call: RAW, release: "<script>alert(1)</script>",
                                      as: "\"><img src=x onerror=alert(2)>", caps: "\u0000\u2028" });
  assert.match(await evil.locator("#wrong").textContent(), /not printable ASCII/);
  assert.equal(await evil.locator("main script, main img").count(), 0);
  for (const one of [page, again, evil]) assert.deepEqual(one.complaints, []);
}

async function test_log(context) {
  const page = await asked(context, { call: RAW, release: "6.12", as: "nobody" });
  await page.locator("#log_box summary").click();
  await page.fill("#log", "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (Operation not " +
                  "permitted)\nsocket(AF_INET, SOCK_STREAM, IPPROTO_UDP) = 3\n");
  const said = await page.locator("#log_answer").textContent();
  assert.match(said, /^ok [^]*raw_needs_net_raw[^]*DIFFERS/);
  assert.deepEqual(page.complaints, []);
}

async function test_looks(context) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await asked(context, { call: RAW, release: "6.12", as: "nobody", compare: "4.3" });
    await page.emulateMedia({ colorScheme });
    for (const box of await page.locator("details > summary").all())
      if (await box.isVisible() && !await box.evaluate((e) => e.parentElement.open))
        await box.click();
    await assert_accessible(page, "explorer, " + colorScheme);
    if (colorScheme === "dark") await shoot(page, "explorer-dark");
    await assert_fits(page, "explorer");
    await shoot(page, "explorer-phone-" + colorScheme);
    assert.deepEqual(page.complaints, []);
  }
}

async function test_pages(context) {
  const names = fs.readdirSync(site).filter((name) => name.endsWith(".html"));
  assert(names.length >= 8, names.join());
  for (const name of names) {
    if (name === "explorer.html") continue;
    const page = await opened(context, url(path.join(site, name)));
    await page.setViewportSize({ width: 1280, height: 900 });
    await shoot(page, "site-" + name.replace(".html", ""));
    await assert_accessible(page, name);
    const links = await page.locator("a[href]").evaluateAll((all) => all.map((a) => a.href));
    for (const link of links.filter((href) => href.startsWith("file:"))) {
      const [file, mark] = new URL(link).href.split("#");
      const text = fs.readFileSync(new URL(file), "utf8");
      if (mark && !file.endsWith("explorer.html"))
        assert(text.includes(`id="${decodeURIComponent(mark)}"`), `${name}: ${link}`);
    }
    await assert_fits(page, name);
    assert.deepEqual(page.complaints, [], name);
    await page.close();
  }
  // An example of the index leads to its answer.
  const index = await opened(context, url(path.join(site, "index.html")));
  await index.locator("a", { hasText: "SCTP where the module is missing" }).click();
  await index.waitForSelector("html[data-ready]");
  assert.match(await answer(index), /EPROTONOSUPPORT|ESOCKTNOSUPPORT/);
}

async function test_without_script() {
  const { context, close } = await launched(chromium, { javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(explorer);
  assert.match(await page.locator("noscript").textContent(), /needs JavaScript/);
  await page.goto(url(path.join(site, "rules.html")));
  assert(await page.locator("text=raw_needs_net_raw").first().isVisible());
  await close();
}

run(async () => {
  const { context, close } = await launched(chromium);
  try {
    for (const test of [test_question, test_slider_map_history, test_permalink, test_log,
                        test_looks, test_pages]) {
      await test(context);
      console.log("ok " + test.name);
    }
  } finally {
    await close();
  }
  await test_without_script();
  console.log("ok test_without_script");
});
