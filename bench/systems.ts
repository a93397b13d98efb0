/** The two sandbox systems as processes of their own for a measurement, and what their ledgers say about time. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface System {
  readonly url: string;
  readonly control: string;
  readonly pid: number;
  stop(): Promise<void>;
}
export interface Systems {
  readonly crm: System;
  readonly erp: System;
  stop(): Promise<void>;
}

/** One of them. */
export const startSystem = async (
  side: 'crm' | 'erp',
  data: string,
  customers: number,
  seed: number,
  products = 0,
  employees = 0,
): Promise<System> => {
  const file = fileURLToPath(new URL(`../sandbox/${side}/main.ts`, import.meta.url));
  const flags = [
    '--data',
    data,
    '--port',
    '0',
    '--control-port',
    '0',
    '--customers',
    String(customers),
    '--seed',
    String(seed),
    '--products',
    String(products),
    '--employees',
    String(employees),
  ];
  const child: ChildProcess = fork(file, flags, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [said] = (await once(child, 'message')) as [
    { readonly ready: { readonly url: string; readonly controlUrl: string } },
  ];
  return {
    url: said.ready.url,
    control: said.ready.controlUrl,
    pid: child.pid ?? 0,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
};

/** A CRM full of customers and an ERP that knows the part of the same businesses that is asked for; both have the products, and those who work for us. */
export const startSystems = async (
  folder: string,
  customers: number,
  seed: number,
  partners = 0,
  products = 0,
  employees = 0,
): Promise<Systems> => {
  const [crm, erp] = await Promise.all([
    startSystem('crm', `${folder}/crm`, customers, seed, products, employees),
    startSystem('erp', `${folder}/erp`, partners, seed, products, employees),
  ]);
  return { crm, erp, stop: async () => void (await Promise.all([crm.stop(), erp.stop()])) };
};

export const getJson = async <T>(url: string, init?: RequestInit): Promise<T> => {
  const reply = await fetch(url, init);
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}: ${await reply.text()}`);
  return (await reply.json()) as T;
};
export const postJson = <T>(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> =>
  getJson<T>(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

/** Every answer takes this long from now on. */
export const setLatency = async (systems: Systems, latencyMs: number): Promise<void> => {
  for (const { control } of [systems.crm, systems.erp])
    await postJson(`${control}/control/settings`, { latency_ms: latencyMs });
};

export interface Counts {
  readonly records: Readonly<Record<string, number>>;
  readonly commits: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, number>>;
  readonly last_commit: number;
}
export const countsOf = ({ control }: System): Promise<Counts> => getJson<Counts>(`${control}/control/counts`);

export interface Commit {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly op: string;
  readonly id: string;
}
export interface Request {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly path: string;
}

/** Everything in a ledger after a place. */
export const ledgerOf = async <T extends { readonly seq: number }>(
  { control }: System,
  kind: 'commits' | 'requests',
  after = 0,
): Promise<readonly T[]> => {
  const all: T[] = [];
  for (let from: number | null = after; from !== null; ) {
    const page: { entries: readonly T[]; after: string | null } = await getJson(
      `${control}/control/ledger?kind=${kind}&after=${from}&limit=5000`,
    );
    all.push(...page.entries);
    from = page.after === null ? null : Number(page.after);
  }
  return all;
};

export const loginOf = async ({ url }: System, name: 'tally' | 'people'): Promise<Readonly<Record<string, string>>> => {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: name,
    client_secret: `${name}-secret`,
  });
  const { access_token } = await getJson<{ readonly access_token: string }>(`${url}/oauth/token`, {
    method: 'POST',
    body,
  });
  return { authorization: `Bearer ${access_token}` };
};
export const basicOf = (name: 'tally' | 'people'): Readonly<Record<string, string>> => ({
  authorization: `Basic ${Buffer.from(`${name}:${name}-secret`).toString('base64')}`,
});
