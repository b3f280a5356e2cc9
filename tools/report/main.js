document.title = `${report.title} – Noisegate`;
byId("title").textContent = report.title;
byId("subtitle").textContent = `${runs.length} run${runs.length === 1 ? "" : "s"} · noisegate ${report.version}`;
byId("footer").textContent =
  `Written by noisegate ${report.version}. Charts by Chart.js ${Chart.version}, MIT licence.`;
fillChips();
fillResults();
fillRuns();
fillCurves();
fillMargins();
fillInside();
fillMatrices();
fillSuspects();
whenRunsChange.push(drawAll);
whenThemeChanges.push(drawAll);
applyTheme();
