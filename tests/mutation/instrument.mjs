// Reads a script, and prints it with all of Stryker's changes in it, each of which is in force when its number is that
// of `__STRYKER_ACTIVE_MUTANT__` in Node, or of `globalThis.__stryker__` in a page; and what each of them is.
import { readFileSync } from "node:fs";
import { createInstrumenter } from "@stryker-mutator/instrumenter";
import { createInjector } from "typed-inject";

const silent = new Proxy({}, { get: () => () => false });
const instrumenter = createInjector().provideValue("logger", silent).injectFunction(createInstrumenter);
const script = { name: "script.js", content: readFileSync(0, "utf8"), mutate: true };
const { files, mutants } = await instrumenter.instrument([script], { excludedMutations: [], ignorers: [], plugins: null });
console.log(JSON.stringify({ content: files[0].content, mutants }));
