// Matrices of true classes and what became of them: given labels (label noise), predictions (confusion).
const mostClassesInTable = 20, mostConfusions = 15;

function shares(row) {
  const samples = sumOf(row);
  return row.map((count) => (samples > 0 ? count / samples : 0));
}

function rowNames(classes, counts) {
  return counts.length > classes.length ? [...classes, "no class"] : classes;
}

function matrixTable(classes, counts) {
  const head = element("tr", {}, element("td"),
    ...classes.map((name) => element("th", { scope: "col" }, element("span", {}, name))));
  const rows = rowNames(classes, counts).map((name, truth) => {
    const cells = shares(counts[truth]).map((share, column) => {
      const kind = (truth === column ? "" : "off ") + (share > 0.75 ? "strong" : "");
      return element("td", { class: kind.trim(), style: `--share: ${share.toFixed(3)}`,
                             title: `${name} as ${classes[column]}: ${counts[truth][column]}` },
                     share === 0 ? "" : (100 * share).toFixed(share < 0.0995 ? 1 : 0));
    });
    return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
  });
  return element("table", { class: "matrix" }, element("thead", {}, head), element("tbody", {}, ...rows));
}

/** Of many classes, the commonest mistakes alone. */
function mistakesTable(classes, counts) {
  const names = rowNames(classes, counts);
  const mistakes = counts.flatMap((row, truth) => shares(row).map((share, column) =>
    ({ truth, column, share, count: row[column] }))).filter((m) => m.truth !== m.column && m.count > 0);
  mistakes.sort((a, b) => b.share - a.share);
  return table(["true class", "taken for", "share"], mistakes.slice(0, mostConfusions)
    .map((m) => [names[m.truth], classes[m.column], percent(m.share)]));
}

function matrixCard(title, note, classes, counts) {
  const made = classes.length <= mostClassesInTable ? matrixTable(classes, counts) : mistakesTable(classes, counts);
  return element("figure", { class: "card" },
    element("figcaption", {}, element("h3", {}, title), element("p", { class: "quiet" }, note)),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, made));
}

/** Runs of the same noise and seed share their labels. */
function transitionCards(analysed) {
  const bySameLabels = new Map();
  for (const run of analysed.filter(({ analysis }) => analysis.truth_is_known && analysis.transition)) {
    const key = JSON.stringify(run.analysis.transition);
    bySameLabels.set(key, [...(bySameLabels.get(key) ?? []), run]);
  }
  return [...bySameLabels.values()].map((same) => {
    const { classes, transition, noise_rate: rate, images } = same[0].analysis;
    const who = same.length === runs.length ? "all runs" : same.map((run) => run.name).join("; ");
    return matrixCard(`Given labels: ${same[0].options.noise}, seed ${same[0].options.seed}`,
      `% of each true class, in a row; ${percent(rate)} of ${images} labels are wrong; ${who}`, classes, transition);
  });
}

function fillMatrices() {
  const analysed = runs.filter((run) => run.analysis);
  byId("matrices").hidden = analysed.length === 0;
  byId("matrices-grid").append(...transitionCards(analysed));
  for (const run of analysed.filter(({ analysis }) => analysis.test.confusion)) {
    byId("matrices-grid").append(ofRun(run, matrixCard(`Predictions: ${run.name}`,
      "% of each true class of the test set, in a row", run.analysis.classes, run.analysis.test.confusion)));
  }
}
