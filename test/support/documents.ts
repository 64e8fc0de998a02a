import ts from "typescript";

/**
 * Environment variables that a source reads; venue URLs are named by a pattern and not among them.
 */
export function variablesOf(configText: string): string[] {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && isRead(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("config.ts", configText, ts.ScriptTarget.Latest, true));
  return [...names].sort();
}

/** First argument of a reader's method, or an index of `env`. */
function isRead(node: ts.StringLiteralLike): boolean {
  if (!/^[A-Z][A-Z0-9_]{2,}$/.test(node.text)) return false;
  const { parent } = node;
  return (
    (ts.isCallExpression(parent) && parent.arguments[0] === node) ||
    ts.isElementAccessExpression(parent)
  );
}

/** Names in backticks in the first column of the table under a heading. */
export function firstColumn(markdown: string, heading: string): string[] {
  const section = markdown.split(/^#+ /m).find((part) => part.startsWith(heading));
  if (section === undefined) throw new Error(`no heading ${heading}`);
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows
    .slice(2)
    .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)])
    .map(([, name = ""]) => name);
}

export interface Link {
  /** Path relative to the document; empty for the document itself. */
  path: string;
  anchor: string | undefined;
}

/** Links to files of the project, pictures included. */
export function localLinks(markdown: string): Link[] {
  const prose = markdown.replaceAll(/```[\s\S]*?```/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = "", anchor] = target.split("#");
      return { path, anchor };
    });
}

/** Anchors that GitHub makes of a document's headings. */
export function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/**
 * Source files named in backticks, with or without their folders; patterns and placeholders are
 * ignored.
 */
export function filesNamed(markdown: string): string[] {
  return [...markdown.matchAll(/`([\w./-]+\.(?:ts|mjs|sql|html))`/g)].map(([, name = ""]) => name);
}
