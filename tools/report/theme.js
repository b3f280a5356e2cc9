// Light and dark: the reader's system decides until the button does.
const darkSystem = matchMedia("(prefers-color-scheme: dark)");
const whenThemeChanges = [];
let chosenTheme = null;

function applyTheme() {
  const theme = chosenTheme ?? (darkSystem.matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  byId("theme").textContent = theme === "dark" ? "Light colours" : "Dark colours";
  for (const react of whenThemeChanges) react();
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

function translucent(name, share) {
  const [r, g, b] = colour(name).match(/[0-9a-f]{2}/gi).map((digits) => parseInt(digits, 16));
  return `rgba(${r}, ${g}, ${b}, ${share})`;
}

// Of the groups of runs: told apart on light and on dark paper, and by most of those who see few colours.
const groupColours = ["#3f7fd9", "#e08a1e", "#1f9e77", "#d1478f", "#8a63d2", "#b0572a", "#15a3b8", "#8c8c2b"];

function runColour(run) {
  return groupColours[run.group % groupColours.length];
}

darkSystem.addEventListener("change", applyTheme);
byId("theme").addEventListener("click", () => {
  chosenTheme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  applyTheme();
});
