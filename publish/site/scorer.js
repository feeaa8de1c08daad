var Scorer = { objNameMatch: 11, objPartialMatch: 6, objPrio: { 0: 15, 1: 5, 2: -5 }, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
  // Of a notebook, how often it says this: side by side, else the rarest word. counts.js has the numbers.
  score: ([name, , anchor, , score]) => {
    const said = globalThis.COUNTS?.[name], query = new URLSearchParams(location.search).get("q").toLowerCase().trim();
    if (anchor || !said) return score;
    return 5 + (said[query] ?? Math.min(...query.split(/\s+/).map((word) => said[word] ?? 0)) / 100);
  } };
