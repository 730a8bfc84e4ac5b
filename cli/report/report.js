// Sorting, filtering and a choice of light or dark. The page is whole without it: all that
// is needed stands in the cells, numbers and times in their data-sort.
"use strict";
(() => {
	const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

	// --- sorting ---

	// What a cell sorts by; null: nothing, and such rows stay last.
	const key = (row, column, number) => {
		const cell = row.cells[column];

		if (!number)
			return cell.textContent.trim() || null;
		return cell.dataset.sort ? Number(cell.dataset.sort) : null;
	};

	const compare = (a, b, sign) => {
		if (a.key === null || b.key === null)
			return (a.key === null) - (b.key === null);
		return sign * (typeof a.key === "number" ? a.key - b.key : collator.compare(a.key, b.key));
	};

	const sort = (table, head, number) => {
		// What is most, or was last, is asked for first.
		const first = number ? "descending" : "ascending";
		const second = number ? "ascending" : "descending";
		const order = head.getAttribute("aria-sort") === first ? second : first;
		const sign = order === "ascending" ? 1 : -1;
		const body = table.tBodies[0];
		const rows = Array.from(body.rows, row => ({ row, key: key(row, head.cellIndex, number) }));

		rows.sort((a, b) => compare(a, b, sign));
		for (const other of table.tHead.rows[0].cells)
			other.removeAttribute("aria-sort");
		head.setAttribute("aria-sort", order);
		body.append(...rows.map(({ row }) => row));
	};

	const makeSortable = table => {
		for (const head of table.tHead.rows[0].cells) {
			const button = document.createElement("button");

			button.type = "button";
			button.append(...head.childNodes);
			head.append(button);
			button.addEventListener("click", () => sort(table, head, head.classList.contains("n")));
		}
	};

	// --- filtering ---

	const filter = (table, wanted, status, what) => {
		const words = wanted.toLowerCase().split(/\s+/).filter(word => word !== "");
		const rows = table.tBodies[0].rows;
		let shown = 0;

		for (const row of rows) {
			// Cells apart: a word does not reach from one into the next.
			row.searched ??= Array.from(row.cells, cell => cell.textContent).join("\n").toLowerCase();
			const out = !words.every(word => row.searched.includes(word));

			row.classList.toggle("out", out);
			shown += out ? 0 : 1;
		}
		status.textContent = words.length === 0 ? "" :
			`${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} ${what}`;
	};

	const makeFilter = table => {
		const tools = document.createElement("div");
		const label = document.createElement("label");
		const input = document.createElement("input");
		const status = document.createElement("p");
		const what = table.dataset.filter;
		let timer;

		tools.className = "tools";
		input.type = "search";
		input.id = `filter-${table.dataset.name}`;
		input.autocomplete = "off";
		input.spellcheck = false;
		// Two tables are of users: the heading tells which.
		input.setAttribute("aria-describedby", table.dataset.name);
		label.htmlFor = input.id;
		label.textContent = `Filter ${what}`;
		status.setAttribute("role", "status");
		status.setAttribute("aria-live", "polite");
		// Many rows take longer than the next key.
		input.addEventListener("input", () => {
			clearTimeout(timer);
			timer = setTimeout(() => filter(table, input.value, status, what), 120);
		});
		tools.append(label, input, status);
		table.parentElement.before(tools);
	};

	// --- light or dark ---

	const makeTheme = button => {
		const root = document.documentElement;
		const system = matchMedia("(prefers-color-scheme: dark)");
		const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
		const tell = () => { button.textContent = isDark() ? "Light" : "Dark"; };

		button.addEventListener("click", () => {
			root.dataset.theme = isDark() ? "light" : "dark";
			tell();
		});
		system.addEventListener("change", tell);
		tell();
		button.hidden = false;
	};

	// --- on paper all is open ---

	const makePrint = () => {
		let opened = [];

		addEventListener("beforeprint", () => {
			opened = [...document.querySelectorAll("details:not([open])")];
			opened.forEach(details => { details.open = true; });
		});
		addEventListener("afterprint", () => {
			opened.forEach(details => { details.open = false; });
		});
	};

	for (const table of document.querySelectorAll("table")) {
		makeSortable(table);
		if (table.dataset.filter)
			makeFilter(table);
	}
	makeTheme(document.getElementById("theme"));
	makePrint();
})();
