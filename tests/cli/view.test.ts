import { expect, test } from 'vitest';
import { aTerminal } from './terminal.ts';

const NOW = Date.parse('2026-12-01T10:00:30Z');
const PRICE = {
  ...{ view: 'price', key: 'P1', source: 'erp/NetPrice', id: '{"product":"700"}' },
  record: { net: '12.5', unit: 'C62', condition: null },
  problems: { condition: 'LOOKUP_MISS' },
  ...{ as_of: '2026-12-01T10:00:00Z', fresh: true },
};

/** A terminal whose API answers every question alike, and what it was asked. */
const asking = (answer: unknown, status = 200) => {
  const asked: string[] = [];
  const fetch = (async (url: URL | string | Request) => {
    asked.push(decodeURIComponent(String(url).replace('http://127.0.0.1:4000', '')));
    return new Response(JSON.stringify(answer), { status, headers: { 'content-type': 'application/json' } });
  }) as typeof globalThis.fetch;
  const env = { TALLY_API_URL: 'http://127.0.0.1:4000', TALLY_API_KEY: 'k' };
  return { tally: aTerminal({ env, fetch, now: () => NOW }), asked };
};

test('a view is asked by its first part and the others by name, and says what it was told and how old that is', async () => {
  const { tally, asked } = asking(PRICE);
  const { exit, out } = await tally('view', 'price', 'P1', 'customer=A1', 'quantity=10', 'note=a=b', '--person', 'U1');
  expect(asked).toEqual(['/views/price/P1?customer=A1&quantity=10&note=a=b&as=U1']);
  expect([exit, out]).toEqual([0, expect.stringMatching(/^erp\/NetPrice \{"product":"700"\}, as of 30 s ago\n/)]);
  expect(out).toMatch(/net +"12\.5"\n/);
  expect(out).toMatch(/condition +\(LOOKUP_MISS\)/);
});

test('an old answer says that it is one, and why', async () => {
  const old = { ...PRICE, fresh: false, code: 'UNREACHABLE', fix: 'Wait until it answers.' };
  expect((await asking(old).tally('view', 'price', 'P1')).out).toContain(
    'An old copy: UNREACHABLE. Wait until it answers.\n',
  );
});

test.each([
  [['price'], 'name what the view is asked by, too'],
  [['price', 'P1', 'quantity'], '"quantity" is no part: write its name and value, as in quantity=10'],
  [['price', 'P1', '=10'], '"=10" is no part'],
])('%j asks nothing and says what to write', async (args, message) => {
  const { tally, asked } = asking(PRICE);
  const { exit, err } = await tally('view', ...args);
  expect([exit === 0, asked, err]).toEqual([false, [], expect.stringContaining(message)]);
});

test('without a name the views are listed with what each is asked by', async () => {
  const by = 'product (the id in crm/Product), quantity';
  const { tally, asked } = asking({
    views: [{ name: 'price', source: 'erp/NetPrice', asked_by: by, summary: 'What it costs.' }],
  });
  expect((await tally('view')).out).toMatch(
    /price +erp\/NetPrice +product \(the id in crm\/Product\), quantity +What it costs\./,
  );
  expect(asked).toEqual(['/views']);
  expect((await asking({ views: [] }).tally('view')).out).toBe('There are no views.\n');
});
