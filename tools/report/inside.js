// What a run's model says of the training samples and of the test set: dissection by loss, density of p_y, calibration.
const dissectionKinds = [
  ["both_true", "both", "label and prediction true"],
  ["only_label_true", "only-label", "label true, prediction not"],
  ["only_prediction_true", "only-prediction", "label wrong, prediction true"],
  ["none_true", "none", "both wrong"],
];

function configureDissection(dissection) {
  const half = dissection.interval / 2;
  const places = dissection.both_true.map((_, i) => i * dissection.interval + half);
  const bars = dissectionKinds.map(([key, name, label]) => ({
    label, data: dissection[key].map((count, i) => ({ x: places[i], y: count })), backgroundColor: colour(name),
    barPercentage: 1, categoryPercentage: 1 }));
  const end = places.length * dissection.interval;
  return {
    type: "bar",
    data: { datasets: bars },
    options: {
      scales: axes("training samples in ascending order of loss", "samples",
                   { stacked: true, min: 0, max: end, offset: false, ticks: { maxTicksLimit: 6 } },
                   { stacked: true, max: dissection.interval }),
      plugins: { tooltip: { callbacks: {
        title: (items) => `samples ${items[0].parsed.x - half} to ${items[0].parsed.x + half}`,
        label: (item) => `${item.dataset.label}: ${item.parsed.y}` } } },
    },
  };
}

function configureDensity(density) {
  const area = (kind, label) => ({
    ...lineStyle(colour(kind)), label, fill: "origin", backgroundColor: translucent(kind, 0.25),
    data: density[kind].map((y, i) => ({ x: (i + 0.5) / density[kind].length, y })) });
  return {
    type: "line",
    data: { datasets: [["clean", "right labels"], ["noisy", "wrong labels"]]
      .filter(([kind]) => density[kind].length > 0).map(([kind, label]) => area(kind, label)) },
    options: {
      scales: axes("p of the given label", "density", { min: 0, max: 1 }, { beginAtZero: true }),
      plugins: { tooltip: { callbacks: { title: (items) => `p around ${items[0].parsed.x.toFixed(2)}`,
                                         label: (item) => `${item.dataset.label}: ${number(item.parsed.y)}` } } },
    },
  };
}

function configureCalibration(analysed) {
  const lines = analysed.filter((run) => run.isShown).map((run) => ({
    ...lineStyle(runColour(run), { pointRadius: 3 }), label: run.name,
    data: run.analysis.test.calibration.map((bin) => ({ x: bin.confidence, y: bin.accuracy })) }));
  const diagonal = { ...lineStyle(colour("quiet"), { borderDash: [4, 4], borderWidth: 1 }), isSilent: true,
                     data: [{ x: 0, y: 0 }, { x: 1, y: 1 }] };
  return {
    type: "line",
    data: { datasets: [...lines, diagonal] },
    options: {
      interaction: { mode: "nearest" },
      scales: axes("confidence", "accuracy", { min: 0, max: 1 }, { min: 0, max: 1 }),
      plugins: { tooltip: { mode: "nearest", filter: (item) => !item.dataset.isSilent, callbacks: {
        title: (items) => items[0]?.dataset.label ?? "",
        label: (item) => `sure to ${percent(item.parsed.x)}, right in ${percent(item.parsed.y)}` } } },
    },
  };
}

/** Samples with wrong labels among those of the smaller half of the losses. */
function memorised(dissection) {
  const half = Math.ceil(dissection.both_true.length / 2);
  const sum = (key) => sumOf(dissection[key].slice(0, half));
  const wrong = sum("only_prediction_true") + sum("none_true");
  return wrong / (wrong + sum("both_true") + sum("only_label_true"));
}

function fillInside() {
  const analysed = runs.filter((run) => run.analysis);
  for (const id of ["dissection", "density", "calibration"]) byId(id).hidden = analysed.length === 0;
  if (analysed.length === 0) return;
  for (const run of analysed) {
    const { dissection, density, truth_is_known: isKnown } = run.analysis;
    const share = percent(memorised(dissection));
    byId("dissection-grid").append(ofRun(run, chartCard(run.name,
      isKnown ? `${share} of the half with the smaller loss have a wrong label` : "given labels are taken for true",
      `Training samples of ${run.name} by loss`, () => configureDissection(dissection)).card));
    byId("density-grid").append(ofRun(run, chartCard(run.name, "", `Density of p of the given label, ${run.name}`,
      () => configureDensity(density)).card));
  }
  const { card } = chartCard("Reliability", "", "Accuracy over confidence on the test set",
                             () => configureCalibration(analysed));
  const errors = table(["run", "ECE", "test accuracy"], analysed.map(({ analysis: { test }, ...run }) =>
    [element("span", {}, dot(run), run.name), test.ece.toFixed(4), percent(test.test_acc, 2)]));
  byId("calibration-grid").append(card, element("div", { class: "scroll", tabindex: "0", role: "region",
                                                         "aria-label": "Calibration errors" }, errors));
}
