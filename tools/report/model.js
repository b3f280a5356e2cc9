// The data of the page, as tools/report/report.cpp writes it:
//
//   title, version
//   differing          names of the options in which runs differ
//   table              titles, rows; markdown and latex, ready to paste
//   runs[]             name, folder, group (runs of one group differ in their seed alone), planned_epochs, options,
//     metrics          by key of metrics.jsonl: a number or null for each epoch
//     margins?         epochs[], clean[][60] and noisy[][60]: counts of margins over [-15, 15]
//     analysis?        classes[], images, truth_is_known, noise_rate; test (as `noisegate eval --json`);
//                      transition[][]? (counts, a row a true class); dissection; density; hits?; suspects[]
//     missing[]        sentences about what the run lacks
const report = JSON.parse(document.getElementById("data").textContent);
const runs = report.runs;

/** An element with attributes and children; a child that is no element becomes text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

/** Four digits that mean something. */
function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

function percent(share, digits = 1) {
  return share === null || share === undefined ? "–" : (100 * share).toFixed(digits) + "%";
}

function lastOf(list) {
  return list.findLast((value) => value !== null);
}

// Runs that are switched off leave every chart and card. Of many, only the first seed of each group is on.
const mostAtFirst = 6;
runs.forEach((run, i) => {
  run.isShown = runs.length <= mostAtFirst || runs.findIndex((other) => other.group === run.group) === i;
});

const whenRunsChange = [];
function setShown(run, isShown) {
  run.isShown = isShown;
  for (const react of whenRunsChange) react();
}
