import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Edge } from '../../src/ledger/steps/edges.ts';
import { type Change, settleLoops, wayBetween } from '../../src/ledger/steps/loop-net.ts';

type Graph = Readonly<Record<string, string>>;
const PEOPLE = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

const edge = (link: string, target: string): Edge => ({
  ...{ link, name: 'manager', field: 'manager', source: link, target, held: false },
});
/** Is there anybody whose way up never ends? The plainest way to say it. */
const loops = (graph: Graph): boolean =>
  PEOPLE.some((who) => {
    let at: string | undefined = who;
    for (let steps = 0; at !== undefined && steps <= PEOPLE.length; steps += 1) at = graph[at];
    return at !== undefined;
  });

const manager = fc.option(fc.constantFrom(...PEOPLE), { nil: undefined });
const graph = fc.record(Object.fromEntries(PEOPLE.map((who) => [who, manager]))).map((all) => {
  const clean: Record<string, string> = {};
  for (const [who, leader] of Object.entries(all))
    if (leader !== undefined && !loops({ ...clean, [who]: leader })) clean[who] = leader;
  return clean as Graph;
});
const wishes = fc.dictionary(fc.constantFrom(...PEOPLE), manager, { minKeys: 1 });

const settled = async (before: Graph, wanted: Readonly<Record<string, string | undefined>>) => {
  const changes = Object.entries(wanted).map(([link, target]): Change => {
    const was = before[link] === undefined ? [] : [edge(link, before[link])];
    const wish = target === undefined ? [] : [edge(link, target)];
    return { link, before: was, after: (held) => (held.has('manager') ? was : wish) };
  });
  const others = PEOPLE.filter((who) => !Object.hasOwn(wanted, who)).flatMap((who) =>
    before[who] === undefined ? [] : [edge(who, before[who])],
  );
  const { held, after } = await settleLoops(changes, async () => others);
  const standing = [...others, ...after];
  const graph: Graph = Object.fromEntries(
    standing.filter((each) => !each.held).map(({ source, target }) => [source, target]),
  );
  return { held, graph, standing };
};
/** Does a way lead from one to another over any of the edges? Found by trying every step. */
const leads = (edges: readonly Edge[], from: string, to: string, seen: readonly string[] = []): boolean =>
  from === to ||
  edges.some(
    ({ source, target }) => source === from && !seen.includes(target) && leads(edges, target, to, [...seen, target]),
  );

test('however changes come together no loop is left, and only what closes one is held back', async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(graph, wishes, async (before, wanted) => {
      const { held, graph: stands, standing } = await settled(before, wanted);
      expect(loops(stands)).toBe(false);
      for (const [who, target] of Object.entries(wanted)) {
        const stays = held.has(who);
        refused += stays ? 1 : 0;
        expect(stands[who]).toBe(stays ? before[who] : target);
        if (target !== undefined && target !== before[who]) expect(leads(standing, target, who)).toBe(stays);
      }
      // What one side asked for stands there, whatever crossed: that side alone has no loop by us.
      for (const each of standing.filter(({ held: waits }) => !waits))
        if (wanted[each.source] === each.target && before[each.source] !== each.target)
          expect(leads(standing, each.target, each.source)).toBe(false);
    }),
    { numRuns: 3_000 },
  );
  expect(refused).toBeGreaterThan(100);
});

test('the way that is told goes round along what stands or was asked for, and ends where it begins', async () => {
  await fc.assert(
    fc.asyncProperty(graph, wishes, async (before, wanted) => {
      const { held } = await settled(before, wanted);
      for (const [who, names] of held)
        for (const way of names.values()) {
          expect([way[0], way.at(-1)]).toEqual([who, who]);
          way.slice(1).forEach((to, i) => {
            const from = way[i] ?? '';
            expect([before[from], wanted[from]]).toContain(to);
          });
        }
    }),
    { numRuns: 1_000 },
  );
});

test('of changes that close a loop only together none crosses, and what hangs on them does', async () => {
  const { held, graph: stands } = await settled({ b: 'g' }, { a: 'b', b: 'c', c: 'a', d: 'a', g: 'f' });
  expect([...held].map(([who, names]) => [who, names.get('manager')?.join('')])).toEqual([
    ['a', 'abca'],
    ['b', 'bcab'],
    ['c', 'cabc'],
  ]);
  expect(stands).toEqual({ b: 'g', d: 'a', g: 'f' });
});

test('a way is the shortest there is', () => {
  const next = new Map([
    ['a', new Set(['b', 'c'])],
    ['b', new Set(['d'])],
    ['c', new Set(['e'])],
    ['e', new Set(['d'])],
  ]);
  expect(wayBetween(next, 'a', 'd')).toEqual(['a', 'b', 'd']);
  expect(wayBetween(next, 'd', 'a')).toBeUndefined();
  expect(wayBetween(next, 'a', 'a')).toEqual(['a']);
});

test('ten thousand bills of four lines, all new at once, are looked at in no time', async () => {
  const things = Array.from({ length: 10_000 }, (_, i) => `p${String(i).padStart(5, '0')}`);
  const changes = things.map((link, i): Change => {
    const parts = [1, 2, 3, 4].map((n) => i * 4 + n).filter((n) => n < things.length);
    const after = parts.map((n) => ({ ...edge(link, things[n] ?? ''), name: `components[${n}].component` }));
    return { link, before: [], after: () => after };
  });
  const { held, after } = await settleLoops(changes, async () => []);
  expect([held.size, after.length]).toEqual([0, 9_999]);
});
