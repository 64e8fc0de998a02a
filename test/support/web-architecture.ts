import { type Import, type Sources, importsOf, resolve } from "./architecture.js";

/** What is run by Node: the build and the tests. */
const RUN_BY_NODE = /^web\/(vite\.config|precompress)\.ts$|\.(spec|fixture)\.tsx?$/;
const RUNS_IN_BROWSER = /^web\/.*\.tsx?$/;

/**
 * Imports of the page by which it would be more than a client: types come from anywhere in src,
 * what runs from domain only.
 */
export function forbiddenPageImports(sources: Sources): string[] {
  const isPage = (file: string): boolean => RUNS_IN_BROWSER.test(file) && !RUN_BY_NODE.test(file);
  return importsOf(sources, isPage).flatMap((each) => {
    const reason = refusal(each);
    return reason === undefined ? [] : [`${each.file} imports ${each.specifier}: ${reason}`];
  });
}

function refusal({ file, specifier, typeOnly }: Import): string | undefined {
  if (specifier.startsWith("node:")) return "a browser has no Node";
  if (!specifier.startsWith(".")) return undefined;
  const target = resolve(file, specifier);
  if (target.startsWith("web/") || target.startsWith("src/domain/")) return undefined;
  if (!target.startsWith("src/")) return "the page imports nothing outside web and src";
  return typeOnly ? undefined : "of src, web runs domain only; the rest as types";
}
