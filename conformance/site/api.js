// SPDX-License-Identifier: GPL-2.0-only
// The model for scripts: `const model = await sockoracle()`, in a page or under node. Calls are
// texts in strace's notation or objects, worlds are objects as `sockoracle ask` takes them. What
// is wrong with a question is thrown, but for ask(), whose answers carry it. Integers of 16 digits
// and more are texts.
async function sockoracle() {
  const module = await sockoracle_module();

  function given(text) {
    const size = module.lengthBytesUTF8(text) + 1;
    const place = module._malloc(size);
    module.stringToUTF8(text, place, size);
    return place;
  }

  function asked(name, ...values) {
    const places = values.map((value) => (typeof value === "string" ? given(value) : value));
    try {
      return module.UTF8ToString(module["_sockoracle_" + name](...places));
    } finally {
      values.forEach((value, i) => typeof value === "string" && module._free(places[i]));
    }
  }

  // U+0000 would end the text early, where C++ looks at it.
  const clean = (text) => String(text).replaceAll("\0", "\ufffd");
  const world_text = (world) => (world === undefined ? "" : clean(JSON.stringify(world)));

  // Integers that a script's numbers cannot hold become texts.
  const exact = (text) => text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}/g,
    (word) => (word[0] === '"' ? word : '"' + word + '"'));

  function parsed(text) {
    const answer = JSON.parse(exact(text));
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  function plain(text) {
    if (text.startsWith('{"error":')) parsed(text);
    return text;
  }

  const json = (name, ...values) => parsed(asked(name, ...values));
  return {
    // One line of JSON to one line of JSON, byte for byte as `sockoracle ask`.
    ask_line: (line, number = 1) => asked("ask", clean(line), number),
    ask: (call, world) => JSON.parse(exact(asked("ask",
      clean(JSON.stringify({ call, world })), 1))),
    explain: (call, world) => json("explain", clean(call), world_text(world)),
    causes: (call, world, errno) => json("causes", clean(call), world_text(world), clean(errno)),
    history: (call, world) => json("history", clean(call), world_text(world)),
    table: (family, world) => json("table", family, world_text(world)),
    list: (what) => json("list", clean(what)),
    repro: (call, world) => plain(asked("repro", clean(call), world_text(world))),
    strace: (log, world) => plain(asked("strace", clean(log), world_text(world))),
  };
}
if (typeof module === "object") module.exports = sockoracle;
