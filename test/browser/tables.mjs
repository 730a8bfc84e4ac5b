// SPDX-License-Identifier: MIT
// Sorting and filtering, with and without the script.
import assert from "node:assert/strict";

import { column, head, numbers } from "./world.mjs";

const sorted = (values, compare) => [...values].sort(compare);
const up = (a, b) => a - b;
const down = (a, b) => b - a;
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

const USER = 0, LOGINS = 2, FIRST = 4;

async function sortBy(page, label) {
	await head(page, "users", label).getByRole("button").click();
	return head(page, "users", label).getAttribute("aria-sort");
}

async function sortsNumbers(world) {
	const page = await world.open("real");
	const before = numbers(await column(page, "users", LOGINS));

	assert.equal(await sortBy(page, "Logins"), "descending");
	assert.deepEqual(numbers(await column(page, "users", LOGINS)), sorted(before, down));
	assert.equal(await sortBy(page, "Logins"), "ascending");
	assert.deepEqual(numbers(await column(page, "users", LOGINS)), sorted(before, up));
	// 1,000 is more than 999.
	assert.ok(numbers(await column(page, "users", 8)).some(value => value > 999));
	await sortBy(page, "All logins");
	const all = numbers(await column(page, "users", 8));
	assert.deepEqual(all, sorted(all, down));
}

async function sortsTexts(world) {
	const page = await world.open("real");
	const before = await column(page, "users", USER);

	assert.equal(await sortBy(page, "User"), "ascending");
	assert.deepEqual(await column(page, "users", USER), sorted(before, collator.compare));
	assert.equal(await sortBy(page, "User"), "descending");
	assert.deepEqual(await column(page, "users", USER), sorted(before, collator.compare).reverse());
}

async function sortsTimes(world) {
	const page = await world.open("real");
	const before = await column(page, "users", FIRST);

	await sortBy(page, "Logins");
	assert.equal(await sortBy(page, "First"), "descending");
	assert.deepEqual(await column(page, "users", FIRST), sorted(before).reverse());
	assert.equal(await sortBy(page, "First"), "ascending");
	assert.deepEqual(await column(page, "users", FIRST), sorted(before));
	assert.equal(await page.locator("table[data-name=users] [aria-sort]").count(), 1);
}

async function emptyLast(world) {
	const page = await world.open("day");
	const button = head(page, "relays", "First").getByRole("button");

	for (let i = 0; i < 2; i++) {
		await button.click();
		const texts = await column(page, "relays", 6);
		const empty = texts.map(text => text === "\u2013");

		assert.ok(empty.includes(true) && empty.includes(false));
		assert.ok(empty.indexOf(true) > empty.lastIndexOf(false), texts.join());
	}
}

async function sortsByKeyboard(world) {
	const page = await world.open("day");
	const button = head(page, "users", "Logins").getByRole("button");

	await head(page, "users", "Relays").getByRole("button").focus();
	await page.keyboard.press("Tab");
	assert.ok(await button.evaluate(node => node === document.activeElement));
	await page.keyboard.press("Enter");
	assert.equal(await head(page, "users", "Logins").getAttribute("aria-sort"), "descending");
	await page.keyboard.press("Space");
	assert.equal(await head(page, "users", "Logins").getAttribute("aria-sort"), "ascending");
	assert.ok(await button.evaluate(node => node === document.activeElement), "the focus stays");
}

async function filters(world) {
	const page = await world.open("real");
	const field = page.locator("#filter-users");
	const status = page.locator("#filter-users + [role=status]");
	const all = await column(page, "users", USER);
	const wanted = all.filter(name => name.includes("katja"));

	assert.equal(await status.getAttribute("aria-live"), "polite");
	await field.fill("KATJA example");
	await status.getByText(`${wanted.length} of ${all.length} users`).waitFor();
	assert.deepEqual(await column(page, "users", USER), wanted);
	await head(page, "users", "Logins").getByRole("button").click();
	assert.deepEqual((await column(page, "users", USER)).sort(), [...wanted].sort());
	await field.fill("nobody-has-this");
	await status.getByText(`0 of ${all.length} users`).waitFor();
	assert.equal((await column(page, "users", USER)).length, 0);
	await field.fill("");
	await page.waitForFunction(count => document.querySelectorAll("table[data-name=users] tbody tr:not(.out)").length === count, all.length);
	assert.equal(await status.textContent(), "");
}

async function withoutScript(world) {
	const page = await world.open("real", { javaScriptEnabled: false });

	for (const name of ["relays", "matrix", "users", "addresses", "policy", "faults"])
		assert.ok(await page.locator(`table[data-name=${name}] tbody tr`).first().isVisible(), name);
	assert.equal(await page.locator("table[data-name=users] tbody tr").count(), 412);
	assert.ok(await page.locator("svg.chart").isVisible());
	assert.equal(await page.locator("button:visible, input:visible").count(), 0, "no control that does nothing");
	await page.getByText("The same as a table").click();
	assert.ok(await page.locator("table[data-name=numbers] tbody tr").first().isVisible());
}

async function large(world) {
	const begin = Date.now();
	const page = await world.open("large");

	assert.equal(await page.locator("table[data-name=users] tbody tr").count(), 1000);
	assert.equal(await page.locator("table[data-name=matrix] tbody tr").count(), 200);
	assert.ok(await page.getByText("first 1,000 of 100,000 users; 99,000 more are not shown").isVisible());
	await sortBy(page, "Logins");
	assert.ok(Date.now() - begin < 20000, "in time");
}

async function addsUp(world) {
	const page = await world.open("real");

	await page.getByText("The same as a table").click();
	const days = numbers(await column(page, "numbers", 1));
	const relays = numbers(await column(page, "relays", 4));
	const sum = values => values.reduce((a, b) => a + b, 0);

	assert.equal(days.length, 84);
	assert.equal(sum(days), sum(relays));
	assert.equal(await page.locator("svg.chart g > title").count(), days.filter(day => day > 0).length);
	assert.match(await page.locator("svg.chart > desc").textContent(), /one for each day from 2026-09-03 to 2026-11-25/);
}

async function bars(world) {
	for (const [kind, most] of [["large", "week"], ["long", "month"]]) {
		const page = await world.open(kind);
		const count = await page.locator("svg.chart g > title").count();

		assert.ok(count > 30 && count <= 122, `${kind}: ${count} bars`);
		assert.ok(await page.getByText(`logins per ${most}`).isVisible());
	}
}

export const cases = [
	["a click sorts by number, the largest first, and back", sortsNumbers],
	["a click sorts by text and back", sortsTexts],
	["a click sorts by time and back, and one column is marked", sortsTimes],
	["what has no time stays last", emptyLast],
	["the keyboard sorts", sortsByKeyboard],
	["a filter leaves what has all words, and tells how many", filters],
	["without a script all tables are there", withoutScript],
	["of 100,000 users the first 1,000 are shown, and it is said", large],
	["days add up to what relays add up to", addsUp],
	["long times are drawn by week and by month", bars],
];
