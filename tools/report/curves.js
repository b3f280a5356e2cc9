// A chart for each metric that some run has.
const knownMetrics = [
  { key: "test_acc", title: "Test accuracy", isShare: true, beside: "test_acc_",
    note: "dashed: momentum or second model" },
  { key: "train_acc_clean", title: "Accuracy on right training labels", isShare: true },
  { key: "train_acc_noisy", title: "Accuracy on wrong training labels", isShare: true,
    note: "what rises here is learnt by heart" },
  { key: "train_loss", title: "Training loss" },
  { key: "validation_acc", title: "Validation accuracy", isShare: true, note: "against the given labels" },
  { key: "mean_p_clean", title: "Mean probability of right labels" },
  { key: "mean_p_noisy", title: "Mean probability of wrong labels" },
  { key: "snr", title: "Signal to noise", note: "average weight of right over wrong labels since the start" },
  { key: "alpha_t", title: "Effective update αₜ", note: "how far the steps have moved the logits" },
  { key: "weight_clean", title: "Average weight of right labels" },
  { key: "weight_noisy", title: "Average weight of wrong labels" },
  { key: "tau", title: "Clipping threshold τ" },
  { key: "lr", title: "Learning rate" },
];
const notCurves = ["epoch", "train_acc", "seconds", "images_per_second", "peak_memory_bytes", "images_left_out"];

function metricsToShow() {
  const present = new Set(runs.flatMap((run) => Object.keys(run.metrics)));
  const taken = (key) => notCurves.includes(key) || key.startsWith("test_acc_") ||
    knownMetrics.some((metric) => metric.key === key);
  const others = [...present].filter((key) => !taken(key)).map((key) => ({ key, title: key }));
  return [...knownMetrics.filter((metric) => present.has(metric.key)), ...others];
}

function lineOf(run, key, metric, more = {}) {
  const shown = (value) => (value === null || !metric.isShare ? value : 100 * value);
  return { ...lineStyle(runColour(run), more),
           label: run.name + (key === metric.key ? "" : `, ${key.slice(metric.beside.length)}`),
           data: run.metrics[key].map((value, i) => ({ x: i + 1, y: shown(value) })) };
}

function linesOf(metric) {
  const lines = [];
  for (const run of runs.filter((candidate) => candidate.isShown)) {
    if (run.metrics[metric.key]) lines.push(lineOf(run, metric.key, metric));
    for (const key of Object.keys(run.metrics))
      if (metric.beside && key.startsWith(metric.beside))
        lines.push(lineOf(run, key, metric, { borderDash: [5, 4], borderWidth: 1.5 }));
  }
  // One epoch is no line yet.
  for (const line of lines) line.pointRadius = line.data.length === 1 ? 3 : 0;
  return lines;
}

function configureCurve(metric) {
  return {
    type: "line",
    data: { datasets: linesOf(metric) },
    options: {
      scales: axes("epoch", metric.isShare ? "%" : "", { ticks: { precision: 0 }, min: 1 }),
      plugins: { tooltip: { callbacks: {
        title: (items) => `epoch ${items[0].parsed.x}`,
        label: (item) => `${item.dataset.label}: ${number(item.parsed.y)}${metric.isShare ? "%" : ""}`,
      } } },
    },
  };
}

function describeCurve(metric) {
  const ends = runs.filter((run) => run.metrics[metric.key]).map((run) => {
    const last = lastOf(run.metrics[metric.key]);
    return `${run.name} ${metric.isShare ? percent(last) : number(last)}`;
  });
  return `${metric.title} over the epochs, at the end: ${ends.join("; ")}. Arrow keys go from epoch to epoch.`;
}

function fillCurves() {
  const metrics = metricsToShow();
  for (const metric of metrics) {
    const isBeside = (key) => metric.beside && key.startsWith(metric.beside);
    const hasSecond = runs.some((run) => Object.keys(run.metrics).some(isBeside));
    const note = metric.beside && !hasSecond ? "" : metric.note;
    byId("curves-grid").append(chartCard(metric.title, note, describeCurve(metric), () => configureCurve(metric)).card);
  }
  byId("curves").hidden = metrics.length === 0;
}
