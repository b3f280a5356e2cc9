// How the margins of right and of wrong labels lie at an epoch, and how they move from epoch to epoch.
const marginLow = -15, marginHigh = 15;

function sumOf(counts) {
  return counts.reduce((sum, count) => sum + count, 0);
}

function densityOf(counts) {
  const width = (marginHigh - marginLow) / counts.length, samples = sumOf(counts);
  return counts.map((count, i) => ({ x: marginLow + (i + 0.5) * width, y: count / (samples * width) }));
}

/** The margin below which this share of the samples lies, by interpolation within its bin. */
function quantile(counts, share) {
  const width = (marginHigh - marginLow) / counts.length;
  let left = share * sumOf(counts);
  for (let i = 0; i < counts.length; ++i) {
    if (counts[i] > 0 && left <= counts[i]) return marginLow + (i + left / counts[i]) * width;
    left -= counts[i];
  }
  return marginHigh;
}

/** Where all but this share of the margins lies, on either side, in every run and epoch: for a common axis. */
function commonRange(withMargins, outside) {
  const histograms = withMargins.flatMap((run) => [...run.margins.clean, ...run.margins.noisy])
    .filter((counts) => counts.length > 0);
  const low = Math.min(...histograms.map((counts) => quantile(counts, outside)));
  const high = Math.max(...histograms.map((counts) => quantile(counts, 1 - outside)));
  return { min: Math.max(marginLow, Math.floor(low) - 1), max: Math.min(marginHigh, Math.ceil(high) + 1) };
}

/** Which of the run's histograms is that of an epoch, or the last one before it. */
function histogramAt(run, epoch) {
  return Math.max(0, run.margins.epochs.findLastIndex((kept) => kept <= epoch));
}

function configureDistribution(run, epoch, range) {
  const at = histogramAt(run, epoch);
  const area = (kind, label) => ({ ...lineStyle(colour(kind)), label, data: densityOf(run.margins[kind][at]),
                                   fill: "origin", tension: 0.3, backgroundColor: translucent(kind, 0.25) });
  const areas = [area("clean", "right labels")];
  if (run.margins.noisy[at].length > 0) areas.push(area("noisy", "wrong labels"));
  return {
    type: "line",
    data: { datasets: areas },
    options: {
      scales: axes("margin Δ", "density", range, { beginAtZero: true }),
      plugins: { tooltip: { callbacks: { title: (items) => `Δ around ${number(items[0].parsed.x)}`,
                                         label: (item) => `${item.dataset.label}: ${number(item.parsed.y)}` } } },
    },
  };
}

/** Three lines of a kind: the tenth and ninetieth percentile, with the space between them filled, and the median. */
function band(run, kind, label) {
  const line = (share, more) => ({ ...lineStyle(colour(kind), more), data: run.margins[kind].map((counts, i) =>
    ({ x: run.margins.epochs[i], y: counts.length ? quantile(counts, share) : null })) });
  return [line(0.1, { borderWidth: 0, isSilent: true }),
          line(0.9, { borderWidth: 0, isSilent: true, fill: "-1", backgroundColor: translucent(kind, 0.2) }),
          line(0.5, { label: `median of ${label}` })];
}

function configureBands(run, range) {
  const hasNoisy = run.margins.noisy.some((counts) => counts.length > 0);
  return {
    type: "line",
    data: { datasets: [...band(run, "clean", "right labels"),
                       ...(hasNoisy ? band(run, "noisy", "wrong labels") : [])] },
    options: {
      scales: axes("epoch", "margin Δ", { ticks: { precision: 0 }, min: 1, max: run.margins.epochs.at(-1) }, range),
      plugins: { tooltip: { filter: (item) => !item.dataset.isSilent,
                            callbacks: { title: (items) => `epoch ${items[0]?.parsed.x}`,
                                         label: (item) => `${item.dataset.label}: ${number(item.parsed.y)}` } } },
    },
  };
}

function fillMargins() {
  const withMargins = runs.filter((run) => run.margins);
  byId("margins").hidden = withMargins.length === 0;
  if (withMargins.length === 0) return;
  const slider = byId("epoch");
  slider.max = Math.max(...withMargins.map((run) => run.margins.epochs.at(-1)));
  slider.value = slider.max;
  const charts = [];
  const wide = commonRange(withMargins, 0.002), narrow = commonRange(withMargins, 0.1);
  for (const run of withMargins) {
    const distribution = chartCard(run.name, "how the margins lie at the epoch above",
      `Distribution of the margins of ${run.name}`, () => configureDistribution(run, Number(slider.value), wide));
    const bands = chartCard(run.name, "median, and from the tenth to the ninetieth percentile",
      `Margins of ${run.name} over the epochs`, () => configureBands(run, narrow));
    charts.push(distribution.chart);
    byId("distributions-grid").append(ofRun(run, distribution.card));
    byId("bands-grid").append(ofRun(run, bands.card));
  }
  const show = () => (byId("epoch-value").textContent = `${slider.value} of ${slider.max}`);
  slider.addEventListener("input", () => {
    show();
    for (const chart of charts) draw(chart);
  });
  show();
}

/** The element, which hides with its run. */
function ofRun(run, made) {
  const show = () => (made.hidden = !run.isShown);
  whenRunsChange.push(show);
  show();
  return made;
}
