// SPDX-License-Identifier: MIT
// The browser, its pages, and all that they say and ask for.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const DESK = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };

export class World {
	constructor(work) {
		this.require = createRequire(join(work, "package.json"));
		this.pages = join(work, "pages");
		this.contexts = [];
		this.noise = [];
	}

	async begin(executablePath, args, profile) {
		const { chromium } = this.require("playwright-core");

		// The first one takes the profile; others are as private windows.
		this.persistent = await chromium.launchPersistentContext(profile, { executablePath, args });
		this.browser = this.persistent.browser() ?? this.persistent;
		this.axe = readFileSync(this.require.resolve("axe-core"), "utf8");
	}

	async end() {
		await this.persistent?.close();
	}

	file(kind) {
		return join(this.pages, `${kind}.html`);
	}

	url(kind) {
		return pathToFileURL(this.file(kind)).href;
	}

	// Opens a page. Whatever it writes to the console, fails with, asks the network for or
	// opens a dialog about is noise, which checkQuiet() finds.
	async open(kind, options = {}) {
		const context = await this.browser.newContext({ viewport: DESK, colorScheme: "light", ...options });
		const page = await context.newPage();
		const own = this.url(kind);

		this.contexts.push(context);
		page.on("console", message => this.noise.push(`console: ${message.text()}`));
		page.on("pageerror", error => this.noise.push(`error: ${error.message}`));
		page.on("dialog", dialog => {
			this.noise.push(`dialog: ${dialog.message()}`);
			dialog.dismiss();
		});
		context.on("request", request => {
			if (request.url() !== own)
				this.noise.push(`request: ${request.url()}`);
		});
		await page.goto(own);
		return page;
	}

	checkQuiet() {
		assert.deepEqual(this.noise, [], "the page is quiet");
	}

	async closePages() {
		this.noise = [];
		await Promise.all(this.contexts.map(context => context.close()));
		this.contexts = [];
	}

	// What axe-core finds that keeps somebody out.
	async checkAxe(page) {
		await page.evaluate(this.axe);
		const found = await page.evaluate(async () => (await globalThis.axe.run({ resultTypes: ["violations"] })).violations);
		const grave = found.filter(({ impact }) => impact === "serious" || impact === "critical");

		assert.deepEqual(grave.map(({ id, nodes }) =>
			`${id}: ${nodes.length} times, first ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary}`), []);
	}
}

// The texts of a column of the rows that are shown.
export const column = (page, name, index) => page.$$eval(`table[data-name=${name}] tbody tr`, (rows, at) =>
	rows.filter(row => row.offsetParent !== null).map(row => row.cells[at].textContent.trim()), index);

export const numbers = texts => texts.map(text => Number(text.replaceAll(",", "")));

export const head = (page, name, label) =>
	page.locator(`table[data-name=${name}] thead th`).filter({ hasText: new RegExp(`^${label}$`) });
