/** What the ledger keeps of a body: the paths that a mapping names, and of its lists what their lines name. */
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import type { Lines } from './lines.ts';
import { getPath, overlap, type Path, pathOf, projector, type Step, selects, setPath } from './path.ts';

type Where = NonNullable<Step['where']>;

/** What a path of the record reads in one element of a list: `moves[position=1].sale` in `moves`. */
interface Reading {
  readonly where: Where;
  readonly rest: Path;
}

/** What of a body is kept. */
export interface Projection {
  /** Paths whose values people are shown. */
  readonly shown: readonly string[];
  /** Text that changes with what is kept. */
  readonly texts: readonly string[];
  readonly project: (body: JsonObject) => JsonObject;
}

const sameWhere = (a: Where | undefined, b: Where | undefined): boolean => a?.key === b?.key && a?.value === b?.value;

/** Is what stands at `inner` kept already where `outer` is? A list holds its selected elements. */
const covers = (outer: Path, inner: Path): boolean =>
  outer.length <= inner.length &&
  outer.every((step, i) => {
    const other = inner[i];
    if (step.key !== other?.key) return false;
    return sameWhere(step.where, other.where) || (i === outer.length - 1 && step.where === undefined);
  });

/** The paths without those that lie inside another, each once. */
const outermost = (paths: readonly Path[]): readonly Path[] =>
  paths.filter((path, i) =>
    paths.every((other, j) => i === j || !covers(other, path) || (i < j && covers(path, other))),
  );

const readingOf = (list: Path, text: string): readonly Reading[] => {
  const path = pathOf(text);
  const where = path[list.length - 1]?.where;
  return where === undefined ? [] : [{ where, rest: path.slice(list.length) }];
};

/** Keeps of a list's elements what its lines name, the `id` by which some targets address them, and what paths of the record read there. */
const listProjector = (lines: Lines, side: Side, readings: readonly Reading[]) => {
  const own = [...new Set([...lines.fields.flatMap((field) => field[side].texts), 'id'])].map(pathOf);
  const plain = projector(own);
  const more = readings.map(({ where, rest }) => ({ where, paths: [[{ key: where.key }], rest] }));
  const byChoice = new Map<string, (body: JsonObject) => JsonObject>();
  const kept = (element: JsonObject): JsonObject => {
    const chosen = more.filter(({ where }) => selects(element, where));
    if (chosen.length === 0) return plain(element);
    if (chosen.some(({ paths }) => paths.some((path) => path.length === 0))) return element;
    const choice = chosen.map((each) => more.indexOf(each)).join();
    const known = byChoice.get(choice) ?? projector(outermost([...own, ...chosen.flatMap(({ paths }) => paths)]));
    byChoice.set(choice, known);
    return known(element);
  };
  return (body: JsonObject): Json | undefined => {
    const list = getPath(body, lines.at[side].path);
    return Array.isArray(list)
      ? (list as readonly Json[]).map((element) => (isObject(element) ? kept(element) : element))
      : list;
  };
};

/** What is kept of a side, given the paths of the record itself, none inside another. */
export const projectionOf = (named: readonly string[], all: readonly Lines[], side: Side): Projection => {
  const inside = (text: string): Lines | undefined =>
    all.find(({ at }) => text.length > at[side].text.length && overlap(at[side].text, text));
  const top = named.filter((text) => inside(text) === undefined);
  // What the record itself keeps whole holds its lists already.
  const lists = all.filter(({ at }) => !top.some((text) => overlap(text, at[side].text)));
  const made = lists.map((lines) => {
    const readings = named
      .filter((text) => inside(text) === lines)
      .flatMap((text) => readingOf(lines.at[side].path, text));
    return { path: lines.at[side].path, of: listProjector(lines, side, readings) };
  });
  const keep = projector(top.map(pathOf));
  const ofLists = all.flatMap(({ at, fields }) =>
    fields.flatMap((field) => field[side].texts.map((text) => `${at[side].text}[].${text}`)),
  );
  const through = named.filter((text) => !top.includes(text));
  return {
    shown: [...named, ...all.map(({ at }) => at[side].text)],
    // Bodies kept by an earlier version lack what is read through a list: they are taken anew.
    texts: [...named, ...ofLists, ...(through.length === 0 ? [] : ['through lists', ...through])],
    project: (body) => {
      const kept = keep(body);
      for (const { path, of } of made) {
        const list = of(body);
        // What the projection made is ours alone.
        if (list !== undefined) setPath(kept as Record<string, unknown>, path, list);
      }
      return kept;
    },
  };
};
