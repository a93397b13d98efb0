/** The connections in force. A new configuration replaces those it changes; calls under way keep the old one open until they end. */
import type { Connections, LiveConnection } from '../../activities/deps.ts';
import type { Configuration, ConnectionSettings } from '../config/port.ts';
import { SyncError } from '../domain/errors.ts';
import { canonicalJson, type Json } from '../domain/json.ts';

/** Makes one connection ready. May throw CONFIG_INVALID, for instance where a secret is missing; it is tried again at the next use. */
export type Open = (settings: ConnectionSettings, preset: Json) => LiveConnection;

export interface Registry extends Connections {
  /** The connection as it is now, for asking what it can do. */
  peek(name: string): LiveConnection;
  replace(configuration: Configuration): void;
  close(): void;
}

interface Entry {
  readonly key: string;
  readonly open: () => LiveConnection;
  live?: LiveConnection;
  uses: number;
  retired: boolean;
}

const keyOf = (settings: ConnectionSettings, preset: Json): string =>
  canonicalJson({ settings: settings as unknown as Json, preset });

const end = (entry: Entry): void => {
  if (!entry.retired || entry.uses > 0) return;
  // Nobody can be told of a socket that does not close; the process forgets it.
  entry.live?.connector.close().catch(() => undefined);
};

/** Opens connections when they are first used. */
export const createRegistry = (open: Open): Registry => {
  const entries = new Map<string, Entry>();
  const entryOf = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry === undefined)
      throw new SyncError('CONFIG_INVALID', `the configuration has no connection "${name}"`, { connection: name });
    return entry;
  };
  const liveOf = (entry: Entry): LiveConnection => {
    entry.live ??= entry.open();
    return entry.live;
  };
  const retire = (name: string): void => {
    const entry = entries.get(name);
    if (entry === undefined) return;
    entries.delete(name);
    entry.retired = true;
    end(entry);
  };
  const renew = (name: string, entry: Entry): void => {
    if (entries.get(name) !== entry) return;
    retire(name);
    entries.set(name, { key: entry.key, open: entry.open, uses: 0, retired: false });
  };
  return {
    peek: (name) => liveOf(entryOf(name)),
    use: async (name, work) => {
      const entry = entryOf(name);
      entry.uses += 1;
      try {
        return await work(liveOf(entry));
      } catch (error) {
        // A connection keeps the secrets it was opened with: once they are refused, the next use looks them up anew.
        if (error instanceof SyncError && error.code === 'LOGIN_REFUSED') renew(name, entry);
        throw error;
      } finally {
        entry.uses -= 1;
        end(entry);
      }
    },
    replace: ({ connections, presets }) => {
      const names = new Set(connections.map(({ name }) => name));
      for (const name of [...entries.keys()]) if (!names.has(name)) retire(name);
      for (const settings of connections) {
        const preset = presets[settings.connector] ?? null;
        const key = keyOf(settings, preset);
        if (entries.get(settings.name)?.key === key) continue;
        retire(settings.name);
        entries.set(settings.name, { key, open: () => open(settings, preset), uses: 0, retired: false });
      }
    },
    close: () => {
      for (const name of [...entries.keys()]) retire(name);
    },
  };
};
