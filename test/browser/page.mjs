// SPDX-License-Identifier: MIT
// page.mjs WORK CHROMIUM [WORD...]: runs the cases, called by browser.test.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cases as looks } from "./looks.mjs";
import { cases as names } from "./names.mjs";
import { cases as tables } from "./tables.mjs";
import { World } from "./world.mjs";

const FLAGS = [
	"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync",
];

const [work, chromium, ...words] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), "relaysentry-browser-"));
const world = new World(work);
let passed = 0, failed = 0;

const wanted = label => words.length === 0 || words.some(word => label.includes(word));

try {
	await world.begin(chromium, FLAGS, profile);
	for (const [label, run] of [...tables, ...names, ...looks]) {
		if (!wanted(label))
			continue;
		const begin = Date.now();

		try {
			await run(world);
			world.checkQuiet();
			passed++;
			console.log(`ok - ${label} (${Date.now() - begin} ms)`);
		} catch (error) {
			failed++;
			console.log(`FAILED - ${label}\n    ${error.stack.replaceAll("\n", "\n    ")}`);
		}
		await world.closePages();
	}
} finally {
	await world.end();
	rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
