// The most suspicious training samples of each run, as pictures.
function suspectFigure(suspect, classes, isKnown) {
  const name = (label) => (label < 0 ? "no class" : classes[label]);
  const isWrong = isKnown && suspect.true !== suspect.given;
  const guess = suspect.predicted === suspect.given ? "" : `${name(suspect.predicted)}?`;
  const details = `sample ${suspect.index}: p ${number(suspect.p)}, margin ${number(suspect.margin)}` +
    (isWrong ? `, is ${name(suspect.true)}` : "");
  const caption = element("figcaption", {}, element("span", { class: "given" }, name(suspect.given)), element("br"),
                          element("span", { class: "quiet" }, guess));
  const picture = element("img", { src: suspect.picture, alt: `labelled ${name(suspect.given)}; ${details}`,
                                   title: details, loading: "lazy" });
  return element("figure", isWrong ? { class: "is-wrong" } : {}, picture, caption);
}

function hitsSentence(hits) {
  return `Of the first ${hits.wrong}, as many as there are wrong labels, ${percent(hits.precision)} are wrong; ` +
    `a wrong label comes before a right one with a chance of ${percent(hits.quality)}. Wrong ones are framed.`;
}

function fillSuspects() {
  const withSuspects = runs.filter((run) => run.analysis?.suspects.length);
  byId("suspects").hidden = withSuspects.length === 0;
  for (const run of withSuspects) {
    const { suspects, classes, truth_is_known: isKnown, hits } = run.analysis;
    byId("suspects-list").append(ofRun(run, element("div", {},
      element("h3", {}, dot(run), run.name), element("p", { class: "quiet" }, hits ? hitsSentence(hits) : ""),
      element("div", { class: "pictures" }, ...suspects.map((s) => suspectFigure(s, classes, isKnown))))));
  }
}
