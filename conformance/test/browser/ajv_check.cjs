// SPDX-License-Identifier: GPL-2.0-only
// A JSON document against a JSON schema, by ajv. NODE_PACKAGES names the folder with node_modules.
// usage: node ajv_check.cjs SCHEMA.json DOCUMENT.json; exit status 1: it does not follow.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");
const packages = createRequire(path.join(process.env.NODE_PACKAGES || ".", "package.json"));

const [schema, document] = process.argv.slice(2).map((file) =>
  JSON.parse(fs.readFileSync(file, "utf8")));
const draft2020 = String(schema.$schema).includes("2020-12");
const Ajv = packages(draft2020 ? "ajv/dist/2020" : "ajv").default;
// Formats (uri, date-time) are another package's; what they say is not looked at.
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  .compile(schema);
if (!validate(document)) {
  for (const error of validate.errors.slice(0, 5))
    console.log(`${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`);
  process.exit(1);
}
