// SPDX-License-Identifier: MIT
// Names that would be more than text, and what keeps them from it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { column } from "./world.mjs";

// As test/audit/html-data.c has them, and as they are to be shown.
const SHOWN = [
	"<script>alert(1)</script>",
	"\"><img src=x onerror=alert(1)>",
	"</td></tr></table><h1 id=injected>injected",
	"' onmouseover='alert(1)",
	"<!-- comment",
	"]]><svg onload=alert(1)>",
	"&lt;b&gt;&#0;",
	"\\xff\\xfe not utf-8 \\xc3",
	"bidi \\xe2\\x80\\xaegnp.exe\\xe2\\x80\\xac end",
	"\u05e9\u05dc\u05d5\u05dd@example.org",
	"tab\\x09here\\x0anewline\\x1b[31m",
	"{{constructor.constructor('alert(1)')()}}",
	"javascript:alert(1)",
	"(empty)",
];

async function stayText(world) {
	const page = await world.open("hostile");

	for (const table of ["users", "matrix"]) {
		const names = await column(page, table, 0);

		assert.deepEqual(names.slice(0, SHOWN.length), SHOWN);
		assert.match(names[SHOWN.length], /^\u00e4{150}\u2026 \(60000 bytes\)$/);
	}
	assert.deepEqual(await page.evaluate(() => ({
		scripts: document.scripts.length,
		images: document.images.length,
		headings: document.querySelectorAll("h1").length,
		injected: document.getElementById("injected") !== null,
		handlers: [...document.querySelectorAll("*")].filter(node =>
			[...node.attributes].some(({ name }) => name.startsWith("on"))).length,
		links: [...document.links].filter(({ protocol }) => protocol !== "file:").length,
	})), { scripts: 1, images: 0, headings: 1, injected: false, handlers: 0, links: 0 });
	assert.ok(await page.getByText("relay \"><img src=x onerror=alert(1)>").isVisible());
	assert.equal(await page.locator("td .line").last().textContent(),
		"dovecot: \\x00<script>alert(1)</script>\\xff&\"'");
}

async function policyHolds(world) {
	const page = await world.open("day");

	await page.evaluate(() => {
		const script = document.createElement("script");

		script.textContent = "document.title = 'ran'";
		document.body.append(script);
		document.body.insertAdjacentHTML("beforeend", "<b onclick=\"document.title = 'ran'\" id=there>x</b>");
		document.getElementById("there").click();
	});
	assert.notEqual(await page.title(), "ran");
	assert.equal(world.noise.filter(line => line.includes("Content Security Policy")).length, 2, world.noise.join("\n"));
	world.noise = [];
}

async function nonces(world) {
	const read = kind => readFileSync(world.file(kind), "utf8");
	const nonce = kind => read(kind).match(/script-src 'nonce-([0-9a-f]{32})'/)[1];

	assert.match(read("day"), /default-src 'none'/);
	assert.notEqual(nonce("day"), nonce("again"));
	assert.equal(read("day").replaceAll(nonce("day"), ""), read("again").replaceAll(nonce("again"), ""));
}

async function hidden(world) {
	const page = await world.open("anonymized");
	const text = await page.locator("body").textContent();

	assert.ok(!text.includes("user=<a>"), "a line names its user");
	assert.ok(!text.includes("@"), "so does an address");
	assert.ok(!text.includes("mail.log"), "a path may be below somebody's home");
	assert.ok(text.includes("user-3f9a1c20b4d1"));
}

export const cases = [
	["names stay text", stayText],
	["what is not the page's own script does not run", policyHolds],
	["each page has a nonce of its own, and all else is the same", nonces],
	["hidden names are hidden everywhere", hidden],
];
