"use strict";
// Filters the rows that the page holds already. Without it the page reads as well; only the filters are missing.
(() => {
  const STEP = 500;
  const byId = (id) => document.getElementById(id);
  const table = byId("findings");
  if (!table) return;
  const [text, path, rule, shown, more] = ["text", "path", "rule", "shown", "more"].map(byId);
  const kinds = [...document.querySelectorAll(".kinds button")];
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    kind: row.dataset.kind,
    rule: row.dataset.rule,
    text: row.textContent.toLowerCase(),
    path: row.cells[2].textContent.toLowerCase(),
  }));
  const number = (count) => count.toLocaleString("en-GB");
  let limit = STEP;

  const counts = new Map();
  for (const one of rows) counts.set(one.rule, (counts.get(one.rule) || 0) + 1);
  for (const [name, count] of [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))) {
    rule.add(new Option(`${name} (${count})`, name));
  }

  const filter = () => {
    const on = new Set(kinds.filter((one) => one.ariaPressed === "true").map((one) => one.dataset.kind));
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const part = path.value.toLowerCase().trim();
    let fits = 0;
    for (const one of rows) {
      const is = on.has(one.kind) && (!rule.value || one.rule === rule.value) && one.path.includes(part)
        && words.every((word) => one.text.includes(word));
      if (is) fits += 1;
      one.row.hidden = !is || fits > limit;
    }
    const all = fits === rows.length ? "" : ` of ${number(rows.length)}`;
    const beyond = fits - limit;
    shown.textContent = fits === 0 ? "Nothing fits these filters."
      : `${number(fits)}${all} listed${beyond > 0 ? `, the first ${number(limit)} shown` : ""}`;
    more.hidden = beyond <= 0;
    more.textContent = `Show ${number(Math.min(STEP, beyond))} more`;
  };
  const anew = () => { limit = STEP; filter(); };

  for (const one of kinds) {
    one.addEventListener("click", () => {
      one.ariaPressed = one.ariaPressed === "true" ? "false" : "true";
      anew();
    });
  }
  for (const field of [text, path, rule]) field.addEventListener("input", anew);
  more.addEventListener("click", () => { limit += STEP; filter(); });
  addEventListener("beforeprint", () => { limit = Infinity; filter(); });
  addEventListener("afterprint", anew);
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      text.focus();
    } else if (event.key === "Escape" && typing) {
      document.activeElement.value = "";
      anew();
    }
  });
  byId("filters").hidden = false;
  filter();
})();
