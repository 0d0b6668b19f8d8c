// SPDX-License-Identifier: GPL-2.0-only
// The page around the model: a question in the form and in the address, its answer below. Whatever
// comes from outside is put in as text, never as markup.
(async function () {
  "use strict";
  const model = await sockoracle();
  const $ = (id) => document.getElementById(id);
  const FIRST = "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)";
  const PARTS = ["modules", "sysctls", "limits", "policies"];
  const COLOURS = { EACCES: 1, EPERM: 2, EPROTONOSUPPORT: 3, ESOCKTNOSUPPORT: 4, ENOPROTOOPT: 5,
                    EAFNOSUPPORT: 6 };
  const releases = model.list("releases").map((row) => row.release);
  const rules = new Map(model.list("rules").map((row) => [row.rule, row]));
  const behaviours = new Map(model.list("behaviours").map((row) => [row.behaviour, row]));
  const worlds = model.list("worlds");
  const contexts = new Map(worlds.filter((row) => row["world flag"] === "--as")
    .map((row) => [row.value, row.sentence]));
  const fields = new Map();  // key of the flat world: its control

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== false && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== undefined));
    return element;
  }

  // ---- the form: one control for each key of the world -------------------------------------------

  function field(box, key, label, control, title) {
    control.id = "field-" + key;
    if (title) control.title = title;
    box.append(make("label", {}, label, control));
    fields.set(key, control);
  }

  function chooser(values, first) {
    return make("select", {}, make("option", { value: "" }, first),
                ...values.map((value) => make("option", { value }, value)));
  }

  function text_field(example) {
    return make("input", { class: "mono", placeholder: example, spellcheck: "false",
                           autocapitalize: "none" });
  }

  function build_form() {
    for (const name of releases) {
      $("release").append(make("option", {}, name));
      $("other").append(make("option", {}, name));
    }
    $("slider").max = releases.length - 1;
    for (const name of contexts.keys()) $("as").append(make("option", {}, name));
    fields.set("release", $("release"));
    fields.set("as", $("as"));
    for (const row of worlds) {
      const [name, usual] = row.value.split("=");
      const box = { "--module": "modules", "--sysctl": "sysctls" }[row["world flag"]];
      if (box === "modules")
        field($(box), "modules." + name, name, chooser(usual.split("|"), "as distributed"),
              row.sentence);
      if (box === "sysctls")
        field($(box), "sysctls." + name, name, text_field(usual), row.sentence);
      if (row["world flag"] === "--limit")
        field($("rest"), "limits." + name, name, text_field("unlimited"), row.sentence);
      if (row["world flag"] === "--policy")
        field($("rest"), "policies." + name, name, text_field(usual.split("|")[0]), row.sentence);
    }
    field($("caller"), "caps", "more capabilities", text_field("net_raw net_admin"));
    for (const name of ["uid", "gid", "egid"])
      field($("caller"), name, name, text_field("the caller's"));
    field($("caller"), "groups", "groups", text_field("the caller's"));
    field($("rest"), "faults", "failing steps", text_field("3"), "the n-th fallible step fails");
    field($("rest"), "behaviours", "backports", text_field("+added -removed"),
          "names of behaviours: + the kernel has it, - it has it not");
    const names = new Set([...rules.values()].flatMap((rule) => rule.errnos.split(" ")));
    names.delete("");
    for (const name of [...names].sort()) $("errno").append(make("option", {}, name));
  }

  // ---- the question: form, flat text in the address, JSON for the model ----------------------------

  function clear() {
    for (const control of fields.values()) control.value = "";
    $("release").value = releases[releases.length - 1];
    $("as").value = "nobody";
    $("call").value = FIRST;
    $("family").value = "2";
    $("other").value = "";
  }

  function flat() {
    const values = new Map();
    for (const [key, control] of fields)
      if (control.value.trim() !== "") values.set(key, control.value.trim());
    return values;
  }

  const words = (text) => text.split(/[\s,]+/).filter((word) => word !== "");
  const number_or_text = (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : text);

  function world() {
    const out = {};
    for (const [key, value] of flat()) {
      const dot = key.indexOf(".");
      const part = key.slice(0, dot);
      if (PARTS.includes(part)) (out[part] ??= {})[key.slice(dot + 1)] = value;
      else if (key === "caps" || key === "behaviours") out[key] = words(value);
      else if (key === "groups" || key === "faults")
        out[key] = words(value === "none" ? "" : value).map(number_or_text);
      else out[key] = value;
    }
    return out;
  }

  function address() {
    const query = new URLSearchParams({ call: $("call").value });
    for (const [key, value] of flat()) query.set(key, value);
    if ($("family").value !== "2") query.set("family", $("family").value);
    if ($("other").value !== "") query.set("compare", $("other").value);
    return "#" + query.toString();
  }

  // A select takes what it knows; what it does not know is said, not swallowed.
  function set_field(control, value) {
    if (control.tagName === "SELECT" && ![...control.options].some((o) => o.value === value))
      control.append(make("option", { value }, value));
    control.value = value;
  }

  function arrive() {
    clear();
    const query = new URLSearchParams(location.hash.slice(1));
    for (const [key, value] of query) {
      if (key === "call") $("call").value = value;
      else if (key === "family") set_field($("family"), value);
      else if (key === "compare") set_field($("other"), value);
      else if (fields.has(key)) set_field(fields.get(key), value);
    }
    const plain = ["release", "as"];
    if ([...flat().keys()].some((key) => !plain.includes(key))) $("more").open = true;
    show();
  }

  // `--cap net_raw --sysctl net.mptcp.enabled="0"` on top of what the form says.
  function apply_flags(text) {
    const set = (key, value) => fields.has(key) && set_field(fields.get(key), value);
    const add = (key, value) => set(key, (fields.get(key).value + " " + value).trim());
    const found = text.matchAll(/--([a-z]+) ((?:[^\s"]|"[^"]*")+)/g);
    for (const [, flag, quoted] of found) {
      const value = quoted.replaceAll('"', "");
      const equal = value.indexOf("=");
      const part = { module: "modules", sysctl: "sysctls", limit: "limits",
                     policy: "policies" }[flag];
      if (part) set(part + "." + value.slice(0, equal), value.slice(equal + 1));
      else if (flag === "cap") add("caps", value);
      else if (flag === "fault") add("faults", value);
      else if (flag === "with") add("behaviours", "+" + value);
      else if (flag === "without") add("behaviours", "-" + value);
      else set(flag, value);
    }
    if (text !== "") $("more").open ||= /--(?!as|release)/.test(text);
  }

  function ask_again(changes) {
    if (changes.call) $("call").value = changes.call;
    apply_flags(changes.flags || "");
    changed();
    $("answer").scrollIntoView({ block: "nearest" });
  }

  // ---- the answer --------------------------------------------------------------------------------

  const rule_link = (name) => make("a", { href: "rules.html#" + name, class: "mono" }, name);
  // Without "errno" the family has no model.
  const outcome = (errno) => (errno === undefined ? "?" : errno === null ? "ok" : errno);
  const colour = (errno) => "a" + (errno === null ? 0 : COLOURS[errno] || 7);

  function change_button(changes) {
    const text = [changes.call, changes.flags].filter((part) => part).join("  with ");
    return make("button", { type: "button", class: "mono", onclick: () => ask_again(changes) },
                text || "as it is");
  }

  function list_of(items, look) {
    return make("ul", { class: look }, ...items.map((item) => make("li", {}, item)));
  }

  function show_answer(a) {
    const rows = [];
    const line = (name, ...content) => rows.push(make("div", {}, name), make("div", {}, ...content));
    const result = a.modelled === false ? "?"
      : a.errno === null ? "a descriptor" : "-1 " + a.errno;
    line(a.errno === null ? "created" : "decided by", rule_link(a.rule), " in ",
         make("code", {}, a.where), make("br"), a.sentence);
    const before = [];
    for (const name of a.passed) before.push(rule_link(name), " ");
    if (before.length) line("passed before", ...before);
    line("same on", a.same_since + " to " + a.same_until +
         (a.backports.length ? ", because of the backports " + a.backports.join(", ") : ""));
    if (a.began_by.length) line("began with", list_of(a.began_by));
    if (a.ended_by.length) line("ended by", list_of(a.ended_by));
    if (a.not_reached.length)
      line("would refuse next", list_of(a.not_reached.map((later) => make("span", {},
        later.errno + ", ", rule_link(later.rule), ": " + later.sentence))));
    if (a.remedies.length) line("succeeds", list_of(a.remedies.map(change_button), "row"));
    if (a.errno && !a.remedies.length) line("succeeds", "with no change near this world");
    if (a.hazards.length) line("hazards", list_of(a.hazards.map((hazard) =>
      typeof hazard === "string" ? hazard : JSON.stringify(hazard))));
    const flags = a.flags === "" ? "" : " " + a.flags;
    line("command", make("code", {}, "sockoracle explain '" + a.call + "'" + flags));
    $("answer").replaceChildren(
      make("p", { class: "errno" }, a.call + " = ",
           make("span", { class: a.errno === null ? "good" : "bad" }, result)),
      make("p", { class: "dim" }, "Linux " + a.release + ", as " + a.caller),
      make("div", { class: "grid" }, ...rows));
  }

  function step_text(step) {
    const rest = Object.entries(step).filter(([key]) => !["kind", "what", "result"].includes(key))
      .map(([key, value]) => key + " " + JSON.stringify(value));
    return step.kind + " " + step.what + (rest.length ? " (" + rest.join(", ") + ")" : "") +
      (step.result === undefined ? "" : " = " + step.result);
  }

  function show_depth(a) {
    $("steps").replaceChildren(...a.steps.map((step) =>
      make("li", step.result && step.kind === "rule" ? { class: "bad" } : {}, step_text(step))));
    const values = Object.entries(a.state || {});
    $("state_box").hidden = values.length === 0;
    $("state").replaceChildren(...values.map(([name, value]) => make("div", {},
      make("dt", {}, name), make("dd", {}, typeof value === "string" ? value
        : JSON.stringify(value)))));
    $("program").textContent = model.repro(a.call, world());
    const line = JSON.stringify({ call: a.call, world: world() });
    $("line").textContent = line;
    $("reply").textContent = model.ask_line(line);
    show_log();
  }

  function show_log() {
    const text = $("log").value;
    $("log_answer").textContent = text.trim() === "" ? "" : model.strace(text, world());
  }

  function show_causes(a) {
    if (a.errno && document.activeElement !== $("errno")) set_field($("errno"), a.errno);
    const found = model.causes(a.call, world(), $("errno").value).causes;
    $("causes").replaceChildren(...found.map((cause) => make("li", {}, rule_link(cause.rule), ": " +
      cause.sentence + " ", change_button(cause.changes))));
    if (!found.length) $("causes").append(make("li", {}, "Nothing near this world."));
  }

  // ---- history -----------------------------------------------------------------------------------

  function behaviour_text(name) {
    const row = behaviours.get(name);
    const source = row ? [row.commit, row.cve].filter((word) => word).join(", ") : "";
    return make("div", {}, make("a", { href: "behaviours.html#" + name, class: "mono" }, name),
                (source ? " (" + source + ")" : "") + (row ? ": " + row.sentence : ""));
  }

  function show_history(a) {
    const { eras } = model.history(a.call, world());
    const row = (era) => {
      const here = releases.indexOf(a.release) >= releases.indexOf(era.first) &&
                   releases.indexOf(a.release) <= releases.indexOf(era.last);
      const why = [...era.because.map(behaviour_text),
                   ...era.appeared.map((name) => make("div", {}, name + " exists")),
                   ...era.disappeared.map((name) => make("div", {}, name + " is gone")),
                   ...era.sysctls.map((s) => make("div", { class: "dim" }, outcome(s.errno) +
                     " (" + s.rule + ") with " + s.name + "=" + s.value))];
      const span = era.first === era.last ? era.first : era.first + " to " + era.last;
      return make("tr", here ? { "aria-current": "true" } : {},
        make("td", {}, make("button", { type: "button", onclick: () => {
          $("release").value = era.last;
          changed();
        } }, span)),
        make("td", { class: colour(era.errno) },
             outcome(era.errno) + (here ? " ◂" : "")),
        make("td", {}, rule_link(era.rule)), make("td", {}, ...why));
    };
    $("history").replaceChildren(
      make("thead", {}, make("tr", {}, ...["releases", "answer", "rule", "what changed it"]
        .map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...eras.map(row)));
  }

  // ---- the map -----------------------------------------------------------------------------------

  const TYPES = { 1: "SOCK_STREAM", 2: "SOCK_DGRAM", 3: "SOCK_RAW", 4: "SOCK_RDM",
                  5: "SOCK_SEQPACKET", 6: "SOCK_DCCP", 10: "SOCK_PACKET" };
  const type_name = (type) => TYPES[type] || String(type);

  // [{types, cells: [{low, high, errno, rule, proto}]}], cells in the protocols' order.
  function rows_of(table) {
    return table.rows.map(({ types, answers }) => ({
      types,
      cells: answers.flatMap((answer) => answer.protocols.map(([low, high]) =>
        ({ low, high, errno: answer.errno, rule: answer.rule, proto: answer.proto })))
        .sort((a, b) => a.low - b.low),
    }));
  }

  function range_label({ low, high }) {
    if (low === -(2 ** 31)) return high === 2 ** 31 - 1 ? "any" : "below " + (high + 1);
    if (high === 2 ** 31 - 1) return "from " + low;
    return low === high ? String(low) : low + "…" + high;
  }

  const cell_of = (rows, type, protocol) => rows.find((row) => row.types.includes(type))?.cells
    .find((cell) => cell.low <= protocol && protocol <= cell.high);

  // The pieces of a cell on which the other release answers otherwise.
  function differing(cell, type, others) {
    const row = others.find((one) => one.types.includes(type));
    return (row ? row.cells : []).filter((other) => other.low <= cell.high &&
      other.high >= cell.low && other.errno !== cell.errno)
      .map((other) => ({ ...other, low: Math.max(other.low, cell.low),
                         high: Math.min(other.high, cell.high) }));
  }

  function show_map(a) {
    const family = Number($("family").value);
    const here = world();
    const rows = rows_of(model.table(family, here));
    const other = $("other").value;
    const others = other === "" ? null
      : rows_of(model.table(family, { ...here, release: other }));
    const strips = [], changes = [];
    for (const { types, cells } of rows) {
      const name = types.map(type_name).join(", ");
      const strip = make("div", { class: "strip", role: "group", "aria-label": name },
                         make("b", {}, name));
      for (const cell of cells) {
        const parts = others ? types.flatMap((type) => differing(cell, type, others)
          .map((part) => ({ type, part }))) : [];
        for (const { type, part } of parts) note_change(changes, type, cell, part);
        strip.append(map_button(family, types[0], cell, parts.length !== 0));
      }
      strips.push(strip);
    }
    $("map").replaceChildren(...strips);
    show_changes(a.release, other, changes);
  }

  // One row for all types whose answers change alike.
  function note_change(changes, type, cell, part) {
    const row = [range_label(part), outcome(cell.errno), outcome(part.errno)];
    const same = changes.find((one) => one.row.join() === row.join());
    if (same) same.types.push(type_name(type));
    else changes.push({ types: [type_name(type)], row });
  }

  function everyday(cell) {
    if (cell.low > -(2 ** 31)) return cell.low;
    return cell.high === 2 ** 31 - 1 ? 0 : cell.high;
  }

  function map_button(family, type, cell, differs) {
    const title = outcome(cell.errno) + ", " + cell.rule + (cell.proto ? ", " + cell.proto : "");
    const call = "socket(" + family + ", " + type + ", " + everyday(cell) + ")";
    const current = current_cell && current_cell.family === family &&
      current_cell.type === type && cell.low <= current_cell.protocol &&
      current_cell.protocol <= cell.high;
    return make("button", {
      type: "button", title, class: "cell " + colour(cell.errno) + (differs ? " differs" : ""),
      "aria-current": current ? "true" : false,
      onclick: () => {
        $("call").value = model.explain(call, world()).call;
        changed();
      },
    }, range_label(cell) + " " + (cell.proto || outcome(cell.errno)) + (differs ? " ≠" : ""));
  }

  function show_changes(release, other, changes) {
    if (other === "") return $("changes").replaceChildren();
    const [from, to] = [release, other].map((name) => releases.indexOf(name)).sort((x, y) => x - y);
    const between = (name) => name !== "" && releases.indexOf(name) > from &&
      releases.indexOf(name) <= to;
    const reasons = [...behaviours.values()].filter((row) => between(row.since) ||
      (row.until !== "" && releases.indexOf(row.until) >= from && releases.indexOf(row.until) < to));
    const head = ["types", "protocols", "Linux " + release, "Linux " + other];
    $("changes").replaceChildren(
      make("h3", {}, (changes.length || "No") + " ranges are answered otherwise by Linux " + other),
      make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Differences" },
        make("table", {}, make("thead", {}, make("tr", {}, ...head.map((name) =>
          make("th", { scope: "col" }, name)))), make("tbody", {}, ...changes.map((row) =>
          make("tr", {}, ...[row.types.join(", "), ...row.row].map((text) =>
            make("td", {}, text))))))),
      make("details", {}, make("summary", {}, reasons.length + " behaviours changed between the two"),
        ...reasons.map((row) => behaviour_text(row.behaviour))));
  }

  // ---- all of it ---------------------------------------------------------------------------------

  let current_cell = null;

  // The numbers of a call in the model's own words: the map has numbers only.
  function locate(call) {
    const found = /^socket\((.*), (.*), (.*)\)$/.exec(call);
    const number = (name, what) => {
      if (/^-?(0x)?[0-9a-f]+$/i.test(name)) return Number(name);
      const plain = name.split("|")[0];
      if (what === "type") return Number(Object.keys(TYPES).find((key) => TYPES[key] === plain));
      if (what === "family") return { AF_INET: 2, AF_INET6: 10 }[plain];
      return protocols.get(plain);
    };
    if (!found) return null;
    return { family: number(found[1], "family"), type: number(found[2], "type"),
             protocol: number(found[3], "protocol") };
  }
  const protocols = new Map(model.list("protocols").map((row) =>
    [row.protocol, Number(row.number)]));

  function show() {
    const chosen = $("release").value;
    $("slider").value = Math.max(0, releases.indexOf(chosen));
    $("slider").setAttribute("aria-valuetext", "Linux " + chosen);
    $("caller_text").textContent = contexts.get($("as").value) || "";
    try {
      const answer = model.explain($("call").value, world());
      current_cell = locate(answer.call);
      show_answer(answer);
      show_depth(answer);
      show_causes(answer);
      show_history(answer);
      show_map(answer);
      $("wrong").hidden = true;
      $("call").removeAttribute("aria-invalid");
      $("answers").hidden = false;
      document.title = answer.call + " = " + outcome(answer.errno) + " | sockoracle";
    } catch (error) {
      $("wrong").textContent = error.message;
      $("wrong").hidden = false;
      $("call").setAttribute("aria-invalid", "true");
      $("answers").hidden = true;
      document.title = "sockoracle: errno explorer";
    }
  }

  function changed() {
    if (location.hash !== address()) history.replaceState(null, "", address());
    show();
  }

  let timer = 0;
  function changed_soon() {
    clearTimeout(timer);
    timer = setTimeout(changed, 200);
  }

  build_form();
  $("question").addEventListener("submit", (event) => {
    event.preventDefault();
    changed();
  });
  $("question").addEventListener("input", (event) => {
    if (event.target === $("slider")) $("release").value = releases[$("slider").value];
    changed_soon();
  });
  for (const id of ["family", "other", "errno"]) $(id).addEventListener("change", changed);
  $("log").addEventListener("input", () => {
    try {
      show_log();
    } catch (error) {
      $("log_answer").textContent = error.message;
    }
  });
  $("reset").addEventListener("click", () => {
    clear();
    changed();
  });
  $("copy").addEventListener("click", async () => {
    changed();
    try {
      await navigator.clipboard.writeText(location.href);
      $("copied").textContent = "Copied.";
    } catch {
      $("copied").textContent = "The page's address is the link.";
    }
  });
  window.addEventListener("hashchange", arrive);
  arrive();
  document.documentElement.dataset.ready = "yes";
})();
