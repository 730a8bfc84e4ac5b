// SPDX-License-Identifier: MIT
// Light and dark, small and on paper, and who cannot see it.
import assert from "node:assert/strict";

import { DESK, PHONE } from "./world.mjs";

// Red, green, blue of a colour as the browser tells it.
const channels = colour => colour.match(/[\d.]+/g).slice(0, 3).map(Number);

// WCAG 2.2: relative luminance, contrast ratio.
const luminance = colour => {
	const [r, g, b] = channels(colour).map(value => value / 255)
		.map(value => value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4);

	return .2126 * r + .7152 * g + .0722 * b;
};
const contrast = (a, b) => {
	const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);

	return (light + .05) / (dark + .05);
};

const background = page => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

async function isDark(page) {
	return luminance(await background(page)) < .1;
}

async function schemes(world) {
	for (const colorScheme of ["light", "dark"]) {
		const page = await world.open("day", { colorScheme });
		const button = page.locator("#theme");
		const dark = colorScheme === "dark";

		assert.equal(await isDark(page), dark);
		assert.equal(await button.textContent(), dark ? "Light" : "Dark");
		await button.click();
		assert.equal(await isDark(page), !dark);
		await button.click();
		assert.equal(await isDark(page), dark);
		assert.deepEqual(await page.context().cookies(), []);
	}
}

async function colours(world) {
	for (const colorScheme of ["light", "dark"]) {
		const page = await world.open("real", { colorScheme });
		const fills = await page.$$eval("svg.chart pattern rect", nodes => nodes.map(node => getComputedStyle(node).fill));
		const page_colour = await background(page);

		assert.equal(fills.length, 9);
		for (const [i, fill] of fills.entries())
			assert.ok(contrast(fill, page_colour) >= 3, `${colorScheme}: series ${i} ${fill}`);
	}
}

async function phone(world) {
	for (const kind of ["real", "hostile", "long", "empty"]) {
		const page = await world.open(kind, { viewport: PHONE, isMobile: true, hasTouch: true });
		const { wide, page_width, still } = await page.evaluate(() => ({
			wide: document.documentElement.scrollWidth,
			page_width: document.documentElement.clientWidth,
			// A region that scrolls is one that the keyboard reaches.
			still: [...document.querySelectorAll(".scroll")].filter(node => node.tabIndex !== 0).length,
		}));

		assert.ok(wide <= page_width, `${kind}: ${wide} of ${page_width}`);
		assert.equal(page_width, PHONE.width);
		assert.equal(still, 0);
	}
}

// A chart of one day is not empty on a phone that has not scrolled yet.
async function firstBar(world) {
	const page = await world.open("day", { viewport: PHONE, isMobile: true, hasTouch: true });
	const right = await page.$eval("svg.chart g > rect", bar => bar.getBoundingClientRect().right);

	assert.ok(right <= PHONE.width, `the first bar ends at ${right}`);
}

// Cells that stay while others scroll, and all else in tables.
async function fits(world) {
	for (const viewport of [PHONE, DESK]) {
		const page = await world.open("hostile", { viewport });

		assert.deepEqual(await page.$$eval("th, td", cells => cells.filter(cell => {
			const range = document.createRange();

			range.selectNodeContents(cell);
			return cell.offsetParent !== null &&
				range.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1;
		}).map(cell => cell.textContent.slice(0, 80))), []);
	}
}

async function paper(world) {
	const page = await world.open("real", { colorScheme: "dark" });
	const rows = await page.locator("table[data-name=users] tbody tr").count();

	await page.locator("#filter-users").fill("katja");
	await page.waitForFunction(() => document.querySelectorAll("table[data-name=users] .out").length > 0);
	await page.emulateMedia({ media: "print" });
	assert.ok(!await isDark(page), "light");
	assert.equal(await page.locator("nav:visible, .tools:visible, #theme:visible").count(), 0, "no controls");
	assert.equal(await page.$$eval("table[data-name=users] tbody tr", list => list.filter(row => row.offsetParent !== null).length), rows, "all rows");
	assert.equal(await page.$$eval(".scroll", list => list.filter(node => node.clientHeight < node.scrollHeight).length), 0, "nothing cut off");
	await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
	assert.equal(await page.locator("details:not([open])").count(), 0, "all open");
	await page.evaluate(() => dispatchEvent(new Event("afterprint")));
	assert.equal(await page.locator("details[open]").count(), 0, "and closed again");
}

async function pdf(world) {
	const page = await world.open("day");
	const file = await page.pdf({ preferCSSPageSize: true, printBackground: true });
	const text = file.toString("latin1");

	// A4, landscape, in points.
	assert.match(text, /\/MediaBox \[0 0 84[12][.\d]* 59[456][.\d]*\]/);
}

async function accessible(world) {
	for (const colorScheme of ["light", "dark"]) {
		for (const kind of ["hostile", "empty"])
			await world.checkAxe(await world.open(kind, { colorScheme }));
		const page = await world.open("day", { colorScheme });

		// What opens, what is sorted, and what is filtered.
		await page.$$eval("details", list => list.forEach(node => { node.open = true; }));
		await page.locator("table[data-name=users] thead button").first().click();
		await page.locator("#filter-users").fill("example");
		await world.checkAxe(page);
	}
	await world.checkAxe(await world.open("day", { viewport: PHONE }));
}

async function quiet(world) {
	for (const kind of ["real", "long", "anonymized"]) {
		const page = await world.open(kind);

		await page.waitForLoadState("load");
		assert.equal(await page.locator("h1").count(), 1);
	}
}

export const cases = [
	["pages are quiet, and ask for nothing", quiet],
	["light and dark follow the system, and the button", schemes],
	["each series has a contrast of 3:1 and more", colours],
	["nothing but tables scrolls sideways on a phone", phone],
	["a phone shows the first bar of the chart", firstBar],
	["text stays in its cell", fits],
	["on paper it is light, without controls, with all rows", paper],
	["paper is A4 and landscape", pdf],
	["axe-core finds nothing serious", accessible],
];
