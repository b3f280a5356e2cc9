// The chips that switch runs on and off, what was run, and the table of results.
function dot(run) {
  return element("span", { class: "dot", style: `background: ${runColour(run)}`, "aria-hidden": "true" });
}

function fillChips() {
  const chips = byId("chips");
  if (runs.length === 1) return chips.remove();
  for (const run of runs) {
    const chip = element("button", { type: "button", class: "chip" }, dot(run), run.name);
    const show = () => chip.setAttribute("aria-pressed", String(run.isShown));
    chip.addEventListener("click", () => setShown(run, !run.isShown));
    whenRunsChange.push(show);
    show();
    chips.append(chip);
  }
}

/** A table; cells of columns that hold numbers alone stand on the right. */
function table(titles, rows) {
  const text = (cell) => (cell instanceof Node ? cell.textContent : cell);
  const isNumeric = titles.map((_, column) => rows.every((row) => /^[\d.± %/of()–-]*$/.test(text(row[column]))));
  const attributes = (column) => (isNumeric[column] ? { class: "number" } : {});
  const head = element("tr", {}, ...titles.map((title, i) => element("th", { scope: "col", ...attributes(i) }, title)));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell, i) => element("td", attributes(i), cell))));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
}

function markBest(made, titles, rows) {
  titles.forEach((title, column) => {
    const values = rows.map((row) => parseFloat(row[column]));
    if (rows.length < 2 || !/^(last|best)/.test(title)) return;
    const best = Math.max(...values.filter(Number.isFinite));
    values.forEach((value, row) => {
      if (value === best) made.tBodies[0].rows[row].cells[column].classList.add("best");
    });
  });
}

function copyButton(name, text) {
  const button = element("button", { type: "button", class: "button" }, `Copy as ${name}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed here: see below";
    }
    setTimeout(() => (button.textContent = `Copy as ${name}`), 2000);
  });
  return button;
}

function fillResults() {
  const { titles, rows, markdown, latex } = report.table;
  const made = table(titles, rows);
  markBest(made, titles, rows);
  byId("results-table").append(made);
  byId("results-copy").append(
    element("div", { class: "copy" }, copyButton("Markdown", markdown), copyButton("LaTeX", latex)),
    element("details", {}, element("summary", {}, "The table as text"), element("pre", { tabindex: "0" }, markdown),
            element("pre", { tabindex: "0" }, latex)));
}

function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return seconds < 3600 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function rowOfRun(run) {
  const seconds = run.metrics.seconds ?? [];
  const done = seconds.length;
  return [element("span", {}, dot(run), run.name), ...report.differing.map((name) => String(run.options[name])),
          String(run.options.seed), done < run.planned_epochs ? `${done} of ${run.planned_epochs}` : String(done),
          percent(lastOf(run.metrics.test_acc ?? []), 2), duration(seconds.reduce((sum, s) => sum + s, 0)), run.folder];
}

function fillRuns() {
  const titles = ["run", ...report.differing, "seed", "epochs", "test accuracy", "training took", "folder"];
  byId("runs-table").append(table(titles, runs.map(rowOfRun)));
  const shared = Object.entries(runs[0].options)
    .filter(([name, value]) => name !== "seed" && value !== "" && !report.differing.includes(name));
  const list = element("dl", { class: "options" }, ...shared.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))));
  byId("runs-options").append(
    element("details", {}, element("summary", {}, runs.length > 1 ? "Options that all runs share" : "Options"), list));
  for (const run of runs)
    for (const sentence of run.missing) byId("runs-missing").append(element("li", {}, `${run.name}: ${sentence}`));
}
