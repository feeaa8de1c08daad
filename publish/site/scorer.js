var Scorer = { objNameMatch: 11, objPartialMatch: 6, objPrio: { 0: 15, 1: 5, 2: -5 }, objPrioDefault: 0,
  title: 15, partialTitle: 7, term: 5, partialTerm: 2,
  // How often a notebook says it: side by side, else the rarest word.
  score: ([name, , anchor, , score]) => {
    const said = globalThis.COUNTS?.[name], words = new URLSearchParams(location.search).get("q").toLowerCase().trim();
    return anchor || !said ? score : score + (said[words] ?? Math.min(...words.split(/\s+/).map((word) => said[word] ?? 0)) / 100);
  } };
