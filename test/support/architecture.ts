import { posix } from "node:path";
import ts from "typescript";

/** File name (relative to the project, with slashes) → text. */
export type Sources = Readonly<Record<string, string>>;

const FORBIDDEN_FOLDERS = /(^|\/)(common|shared|utils?|helpers?)\//;
const MAX_LINES = 300;
const MAX_COLUMNS = 100;

const isSource = (file: string): boolean => file.startsWith("src/") && file.endsWith(".ts");
const isSpec = (file: string): boolean => file.endsWith(".spec.ts");

/** Files that only pass on what other files export, and files called index. */
export function barrels(sources: Sources): string[] {
  return Object.entries(sources)
    .filter(([file, text]) => {
      if (!file.endsWith(".ts")) return false;
      if (posix.basename(file) === "index.ts") return true;
      const { statements } = parse(file, text);
      return statements.length > 0 && statements.every(isReExport);
    })
    .map(([file]) => file);
}

function isReExport(statement: ts.Statement): boolean {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
}

/** Files in folders that say nothing about what is in them. */
export function catchAllFolders(sources: Sources): string[] {
  return Object.keys(sources).filter((file) => FORBIDDEN_FOLDERS.test(file));
}

export function longFiles(sources: Sources): string[] {
  return Object.entries(sources)
    .map(([file, text]) => ({ file, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ file, lines }) => `${file} has ${lines} lines`);
}

/** Lines of comments that are wider than the code may be; Prettier wraps only code. */
export function wideComments(sources: Sources): string[] {
  // A migration that has run is not edited.
  const edited = Object.entries(sources).filter(([file]) => !file.includes("/migrations/"));
  return edited.flatMap(([file, text]) =>
    text.split("\n").flatMap((line, at) => {
      const isComment = /^\s*(\/\*|\*|\/\/|--) /.test(line);
      const isTable = line.includes("|") || /https?:/.test(line);
      return isComment && !isTable && line.length > MAX_COLUMNS ? [`${file}:${at + 1}`] : [];
    }),
  );
}

/**
 * Files of src/, other than src/config/config.ts, that read the process's environment; comments and
 * texts do not count.
 */
export function environmentReaders(sources: Sources): string[] {
  return Object.entries(sources)
    .filter(([file]) => isSource(file) && !isSpec(file) && file !== "src/config/config.ts")
    .filter(([file, text]) => someNode(parse(file, text), readsEnvironment))
    .map(([file]) => file);
}

function readsEnvironment(node: ts.Node): boolean {
  const isProcess = (name: ts.Node | undefined): boolean =>
    name !== undefined && ts.isIdentifier(name) && name.text === "process";
  if (ts.isPropertyAccessExpression(node))
    return node.name.text === "env" && isProcess(node.expression);
  if (ts.isElementAccessExpression(node)) return isProcess(node.expression);
  // const { env } = process, and import { env } from "node:process"
  if (ts.isVariableDeclaration(node))
    return ts.isObjectBindingPattern(node.name) && isProcess(node.initializer);
  return ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === "env";
}

/** `.sql` files that no file beside or above them names. */
export function unusedSql(sources: Sources): string[] {
  const named = new Set<string>();
  for (const [file, text] of Object.entries(sources)) {
    if (!isSource(file)) continue;
    someNode(parse(file, text), (node) => {
      if (ts.isStringLiteralLike(node) && node.text.endsWith(".sql"))
        named.add(posix.join(posix.dirname(file), node.text));
      return false;
    });
  }
  return Object.keys(sources).filter((file) => file.endsWith(".sql") && !named.has(file));
}

/** Loaded by Nest itself, at run time. */
const LOADED_BY_NEST = ["reflect-metadata", "@fastify/static"];

/**
 * Packages that src/ needs at run time and package.json does not list, and those that it lists for
 * nothing.
 */
export function dependencyFaults(
  sources: Sources,
  dependencies: readonly string[],
): { undeclared: string[]; unused: string[] } {
  const imports = importsOf(sources)
    .filter(({ file, specifier }) => !isSpec(file) && !/^(\.|node:)/.test(specifier))
    .map(({ specifier, typeOnly }) => ({
      name: packageOf(specifier),
      typeOnly,
    }));
  const imported = new Set(imports.map(({ name }) => name));
  const loaded = new Set(imports.filter(({ typeOnly }) => !typeOnly).map(({ name }) => name));
  return {
    undeclared: [...loaded].filter((name) => !dependencies.includes(name)),
    unused: dependencies.filter((name) => !imported.has(name) && !LOADED_BY_NEST.includes(name)),
  };
}

export function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

export interface Import {
  file: string;
  /** Gone after compilation. */
  typeOnly: boolean;
  specifier: string;
}

export function importsOf(
  sources: Sources,
  isMeant: (file: string) => boolean = isSource,
): Import[] {
  const imports: Import[] = [];
  for (const [file, text] of Object.entries(sources)) {
    if (!isMeant(file)) continue;
    someNode(parse(file, text), (node) => {
      const specifier = specifierOf(node);
      if (specifier !== undefined) imports.push({ file, specifier, typeOnly: isTypeOnly(node) });
      return false;
    });
  }
  return imports;
}

/**
 * Of `import … from`, `export … from`, `import x = require()`, `import()`, `require()` and `typeof
 * import()`.
 */
function specifierOf(node: ts.Node): string | undefined {
  const text = (of: ts.Node | undefined): string | undefined =>
    of !== undefined && ts.isStringLiteralLike(of) ? of.text : undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
    return text(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return text(node.expression);
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? text(node.argument.literal) : undefined;
  if (!ts.isCallExpression(node)) return undefined;
  const { expression } = node;
  const loads =
    expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(expression) && expression.text === "require");
  return loads ? text(node.arguments[0]) : undefined;
}

function isTypeOnly(node: ts.Node): boolean {
  return (
    ts.isImportTypeNode(node) ||
    (ts.isImportDeclaration(node) &&
      node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) ||
    (ts.isExportDeclaration(node) && node.isTypeOnly)
  );
}

export function resolve(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, ".ts");
}

/** Every rule looks at the same files. */
const parsed = new Map<string, ts.SourceFile>();

function parse(file: string, text: string): ts.SourceFile {
  const known = parsed.get(file);
  if (known?.text === text) return known;
  const made = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  parsed.set(file, made);
  return made;
}

function someNode(node: ts.Node, holds: (node: ts.Node) => boolean): boolean {
  return holds(node) || (ts.forEachChild(node, (child) => someNode(child, holds)) ?? false);
}
