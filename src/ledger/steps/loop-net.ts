/** Which of several changes may not all stand, because they would close a loop. Pure. */
import type { Edge } from './edges.ts';

/** By the name of a reference: the links of the loop that it would close, the first one last again. */
export type Held = ReadonlyMap<string, readonly string[]>;

/** What a link's plan makes of its references, without those that are held back. */
export interface Change {
  readonly link: string;
  readonly before: readonly Edge[];
  readonly after: (held: Held) => readonly Edge[];
}

/** The way from one link to another along some edges, both named; undefined where there is none. */
export const wayBetween = (
  next: ReadonlyMap<string, ReadonlySet<string>>,
  from: string,
  to: string,
): readonly string[] | undefined => {
  const cameFrom = new Map<string, string>([[from, '']]);
  const queue = [from];
  for (const at of queue) {
    if (at === to) {
      const way: string[] = [];
      for (let step = to; step !== ''; step = cameFrom.get(step) ?? '') way.unshift(step);
      return way;
    }
    for (const each of next.get(at) ?? [])
      if (!cameFrom.has(each)) {
        cameFrom.set(each, at);
        queue.push(each);
      }
  }
  return undefined;
};

/** Edges by where they start, one net for each declared reference. */
class Net {
  readonly #next = new Map<string, Map<string, Set<string>>>();

  add({ field, source, target }: Edge): void {
    const net = this.#next.get(field) ?? new Map<string, Set<string>>();
    this.#next.set(field, net);
    net.set(source, (net.get(source) ?? new Set()).add(target));
  }

  /** The loop that an edge closes, from its source to its source. */
  closedBy({ field, source, target }: Edge): readonly string[] | undefined {
    const back = wayBetween(this.#next.get(field) ?? new Map(), target, source);
    return back === undefined ? undefined : [source, ...back];
  }
}

const wayOf = ({ field, source, target }: Edge): string => `${field}\x1f${source}\x1f${target}`;

interface Sorted {
  readonly kept: readonly Edge[];
  readonly fresh: readonly Edge[];
}

/** Those that stood before, and those that a plan adds. */
const sorted = (before: readonly Edge[], after: readonly Edge[]): Sorted => {
  const ways = new Set(before.map(wayOf));
  const { kept = [], fresh = [] } = Object.groupBy(after, (edge) => (ways.has(wayOf(edge)) ? 'kept' : 'fresh'));
  return { kept, fresh };
};

const NONE: Held = new Map();

/**
 * What may not cross, by link, and the edges that stand then. `from` tells the edges of all other links that can be reached
 * from some. Whoever asks for a loop's last part already has it: so what is held back is in the way of others as well, and
 * of changes that close a loop only together none crosses.
 */
export const settleLoops = async (
  changes: readonly Change[],
  from: (links: readonly string[]) => Promise<readonly Edge[]>,
): Promise<{ readonly held: ReadonlyMap<string, Held>; readonly after: readonly Edge[] }> => {
  const wishes = changes.map((change) => ({ change, ...sorted(change.before, change.after(NONE)) }));
  const held = new Map<string, Map<string, readonly string[]>>();
  const stands = new Map(wishes.map(({ change, kept, fresh }) => [change.link, [...kept, ...fresh]]));
  const asked = wishes.flatMap(({ fresh }) => fresh);
  if (asked.length > 0) {
    const begin = [...asked, ...changes.flatMap(({ before }) => before)];
    const others = await from([...new Set(begin.map(({ target }) => target))]);
    // What stands already, in another revision, closes nothing that is not closed.
    const old = new Set([...others.filter((edge) => !edge.held), ...wishes.flatMap(({ kept }) => kept)].map(wayOf));
    for (let more = true; more; ) {
      const net = new Net();
      for (const edge of [...others, ...asked, ...[...stands.values()].flat()]) net.add(edge);
      const found = asked.flatMap((edge) => {
        const passed = old.has(wayOf(edge)) || held.get(edge.link)?.has(edge.name) === true;
        const path = passed ? undefined : net.closedBy(edge);
        return path === undefined ? [] : [{ edge, path }];
      });
      for (const { edge, path } of found)
        held.set(edge.link, (held.get(edge.link) ?? new Map<string, readonly string[]>()).set(edge.name, path));
      more = found.length > 0;
      // What is held back leaves its link as it was, so that others may close a loop through it.
      for (const { change } of wishes) {
        const loops = held.get(change.link);
        if (loops !== undefined) stands.set(change.link, [...change.after(loops)]);
      }
    }
  }
  const after = wishes.flatMap(({ change, fresh }) => {
    const standing = stands.get(change.link) ?? [];
    if (!held.has(change.link)) return standing;
    const waiting = fresh.filter(
      (edge) => !standing.some((each) => each.name === edge.name && wayOf(each) === wayOf(edge)),
    );
    return [...standing, ...waiting.map((edge) => ({ ...edge, held: true }))];
  });
  return { held, after };
};
