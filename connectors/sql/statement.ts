/** Declared statements. A value enters one as a bound parameter, `:name`; nothing is ever written into its text. */

/** A part of a statement: its text, or the parameter that stands there. */
type Part = { readonly text: string } | { readonly name: string };

// In order: quoted text, quoted names, comments, dollar quotes, a cast, an assignment, a parameter.
const TOKENS =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|::|:=|:([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*|\[[^\][=]+=[^\][=]+\])*)/g;

/** The parts of a statement, in order. */
export const partsOf = (statement: string): readonly Part[] => {
  const parts: Part[] = [];
  let from = 0;
  for (const found of statement.matchAll(TOKENS)) {
    const name = found[2];
    if (name === undefined) continue;
    parts.push({ text: statement.slice(from, found.index) }, { name });
    from = found.index + found[0].length;
  }
  return [...parts, { text: statement.slice(from) }];
};

/** The names of a statement's parameters. */
export const parametersOf = (statement: string): readonly string[] =>
  partsOf(statement).flatMap((part) => ('name' in part ? [part.name] : []));

const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\$(\w*)\$[\s\S]*?\$\1\$/g;
const COMMENT = /--[^\n]*|\/\*[\s\S]*?\*\//g;
const HOLE = /\{[A-Za-z_][A-Za-z0-9_.]*(?:\|[a-z0-9_]+)*\}|\$\{/;

/** What is wrong with a statement, or undefined. `known` says whether a parameter has a value here. */
export const statementProblem = (statement: string, known: (name: string) => boolean, allowed: string) => {
  const hole = HOLE.exec(statement);
  if (hole !== null)
    return `"${hole[0]}" would write a value into the statement’s text; bind it as a parameter, as in :data.name`;
  if ([...statement.matchAll(QUOTED)].some(([text]) => text.includes('\\')))
    return 'has a backslash in quotes, which databases read differently; leave it out';
  const quoted = [...statement.matchAll(QUOTED)].find(([text]) => /(?<!:):[A-Za-z_]/.test(text));
  if (quoted !== undefined && /:(?:id|key|version|after|data\.|given\.)/.test(quoted[0]))
    return `${quoted[0].slice(0, 40)} puts a parameter in quotes, where it is only text; write it without them`;
  const bare = statement.replaceAll(QUOTED, "''").replaceAll(COMMENT, ' ');
  if (/;\s*\S/.test(bare)) return 'holds more than one statement; write one, or a procedure of the database';
  if (/\?|\$\d|@P\d/.test(bare)) return 'has a numbered or nameless parameter; name it, as in :data.name';
  const unknown = parametersOf(statement).find((name) => !known(name));
  return unknown === undefined ? undefined : `:${unknown} is not known here; use ${allowed}`;
};
