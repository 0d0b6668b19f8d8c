// SPDX-License-Identifier: GPL-2.0-only
// The page's module under node. Standard input: JSON Lines of [function, argument...]; standard
// output: for each a JSON line, the answer or {"error": ...}.
// usage: node module_lines.cjs SOCKORACLE.js
"use strict";
const path = require("node:path");
const readline = require("node:readline");
require(path.resolve(process.argv[2]))().then(async (model) => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, ...values] = JSON.parse(line);
    let answer;
    try {
      answer = model[name](...values);
    } catch (error) {
      answer = { error: error.message };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
});
