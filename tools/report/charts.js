// Charts in cards: drawn when they come into view, drawn anew when colours or runs change, read with the arrow keys.
Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
Chart.defaults.font.size = 11;
Chart.defaults.plugins.legend.display = false;
Chart.defaults.plugins.tooltip.mode = "index";
Chart.defaults.plugins.tooltip.intersect = false;
Chart.defaults.interaction.mode = "index";
Chart.defaults.interaction.intersect = false;

const allCharts = [];

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const chart = allCharts.find((candidate) => candidate.canvas === entry.target);
    chart.isSeen = entry.isIntersecting;
    if (chart.isSeen && !chart.drawn) draw(chart);
  }
}, { rootMargin: "300px" });

function draw(chart) {
  chart.drawn?.destroy();
  chart.drawn = chart.isSeen ? new Chart(chart.canvas, chart.configure()) : null;
}

function drawAll() {
  Chart.defaults.color = colour("quiet");
  Chart.defaults.borderColor = colour("grid");
  for (const chart of allCharts) draw(chart);
}

/**
 * A card with a chart. `configure` returns a Chart.js configuration with the colours of the moment; `describe` says in
 * a sentence what the chart shows.
 */
function chartCard(title, note, describe, configure) {
  const canvas = element("canvas", { tabindex: "0", role: "img", "aria-label": describe });
  const card = element("figure", { class: "card" }, element("figcaption", {}, element("h3", {}, title)),
                       element("div", { class: "canvas" }, canvas));
  if (note) card.firstChild.append(element("p", { class: "quiet" }, note));
  const chart = { canvas, configure, drawn: null, isSeen: false };
  canvas.addEventListener("keydown", (event) => readWithKeys(chart, event));
  canvas.addEventListener("blur", () => pointAt(chart, null));
  allCharts.push(chart);
  seen.observe(canvas);
  return { card, chart };
}

function pointAt(chart, index) {
  if (!chart.drawn) return;
  const points = [];
  if (index !== null) {
    chart.drawn.data.datasets.forEach((dataset, datasetIndex) => {
      const point = chart.drawn.getDatasetMeta(datasetIndex).data[index];
      if (point && !dataset.isSilent && Number.isFinite(point.y)) points.push({ datasetIndex, index });
    });
  }
  chart.drawn.setActiveElements(points);
  chart.drawn.tooltip.setActiveElements(points, { x: 0, y: 0 });
  chart.drawn.update();
  const tooltip = chart.drawn.tooltip;
  if (points.length > 0)
    byId("spoken").textContent = [...tooltip.title, ...tooltip.body.flatMap((part) => part.lines)].join(", ");
}

function readWithKeys(chart, event) {
  const last = Math.max(...chart.drawn.data.datasets.map((dataset) => dataset.data.length)) - 1;
  const now = chart.drawn.getActiveElements()[0]?.index ?? null;
  const targets = {
    ArrowRight: now === null ? 0 : Math.min(now + 1, last),
    ArrowLeft: now === null ? last : Math.max(now - 1, 0),
    Home: 0,
    End: last,
    Escape: null,
  };
  if (!(event.key in targets)) return;
  event.preventDefault();
  pointAt(chart, targets[event.key]);
}

/** The axes of most charts; `x` and `y` add to them. */
function axes(xTitle, yTitle, x = {}, y = {}) {
  return {
    x: { type: "linear", title: { display: true, text: xTitle }, grid: { display: false },
         border: { color: colour("line") }, ...x },
    y: { title: { display: Boolean(yTitle), text: yTitle }, ...y, ticks: { maxTicksLimit: 6, ...y.ticks } },
  };
}

function lineStyle(lineColour, more = {}) {
  return { borderColor: lineColour, backgroundColor: lineColour, borderWidth: 2, pointRadius: 0, pointHoverRadius: 4,
           spanGaps: true, ...more };
}
