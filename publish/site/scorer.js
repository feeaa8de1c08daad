var Scorer = { objNameMatch: 11, objPartialMatch: 6, objPrio: { 0: 15, 1: 5, 2: -5 }, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
  // Of a notebook, how often it says this: side by side, else the rarest word. counts.js has the numbers. Pages about
  // the notebooks come after those that say it.
  score: ([name, , anchor, , score]) => {
    const said = globalThis.COUNTS?.[name], words = splitQuery(new URLSearchParams(location.search).get("q").toLowerCase());
    if (anchor) return score;
    if (!said) return Math.min(score, 6);
    return 5 + (said[words.join(" ")] ?? Math.min(...words.map((word) => said[word] ?? 0)) / 100);
  } };
