// SPDX-License-Identifier: Apache-2.0
// The page reads without this. It adds: links that open what they lead to, tables that sort and filter, buttons that copy.
(() => {
  "use strict";
  const make = (tag, attributes, text = "") => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };

  // A link opens every fold around its target, and the target itself.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    const hidden = target.closest("[hidden]");
    if (hidden) hidden.hidden = false;
    target.scrollIntoView({ block: target.tagName === "TR" ? "center" : "start" });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    if (event.target.closest('a[href^="#"]')) setTimeout(reveal);
  });

  // What sorts and filters as one: a table body, a row with the rows that belong to it, a fold of a list.
  const units = (box) => {
    if (box.tagName !== "TABLE") return [...box.children].filter((child) => child.tagName === "DETAILS").map((child) => [child]);
    if (box.tBodies.length > 1) return [...box.tBodies].map((body) => [body]);
    const found = [];
    for (const row of box.tBodies.length ? box.tBodies[0].rows : []) {
      if (row.matches(".sum")) continue;
      if (row.matches(".more, .why") && found.length) found.at(-1).push(row);
      else found.push([row]);
    }
    return found;
  };

  // Numbers by value; words after them, the numbers in words by value too; what is not known last: either way round.
  const value = (unit, column) => {
    const row = unit[0].rows ? unit[0].rows[0] : unit[0];
    const cell = row.cells[column];
    const text = (cell.dataset.v ?? cell.textContent).trim().replace("−", "-");
    const isNumber = /^[-+]?[\d.,]+(?![\w.-]*[a-z-])/i.test(text);
    return { text, number: Number.parseFloat(text.replace(/,/g, "")), kind: text === "" || text === "–" ? 2 : isNumber ? 0 : 1 };
  };
  const compare = (a, b) => (a.kind === 0 ? a.number - b.number : a.text.localeCompare(b.text, "en", { numeric: true }));
  const sort = (table, heading, column) => {
    const descending = heading.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const keyed = units(table).map((unit) => ({ unit, key: value(unit, column) }));
    keyed.sort((a, b) => a.key.kind - b.key.kind || (descending ? -1 : 1) * compare(a.key, b.key));
    const sums = table.querySelectorAll(":scope > tbody > tr.sum");
    for (const { unit } of keyed) unit[0].parentElement.append(...unit);
    for (const sum of sums) sum.parentElement.append(sum);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = make("button", { type: "button", class: "sort" });
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(table, heading, column));
    });
  }

  // Every word of the box must be somewhere in a unit.
  for (const box of document.querySelectorAll("[data-filter]")) {
    const all = units(box);
    if (all.length < 4) continue;
    const what = box.dataset.filter;
    const field = make("input", { type: "search", "aria-label": `Filter ${what}`, placeholder: `Filter ${what}`, autocomplete: "off" });
    const state = make("span", { role: "status", class: "muted small" });
    const texts = all.map((unit) => unit.map((part) => part.textContent).join(" ").toLowerCase());
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      all.forEach((unit, place) => {
        const fits = words.every((word) => texts[place].includes(word));
        shown += fits;
        for (const part of unit) part.hidden = !fits;
      });
      state.textContent = words.length ? `${shown} of ${all.length}` : "";
    });
    const line = make("p", { class: "filter" });
    line.append(field, state);
    (box.closest(".scroll") ?? box).before(line);
  }

  // The clipboard may be refused to a page from a file: then a selection is copied.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { readonly: "", class: "hidden" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  for (const line of document.querySelectorAll("code.replay")) {
    const text = line.dataset.copy ?? line.textContent;
    const button = make("button", { type: "button", class: "copy", "aria-label": `Copy ${text}` }, "copy");
    button.addEventListener("click", async () => {
      await copy(text);
      button.textContent = "copied";
      setTimeout(() => (button.textContent = "copy"), 1500);
    });
    line.after(" ", button);
  }

  document.documentElement.classList.add("js");
  reveal();
})();
