/** The interview about a REST system. */
import { readFile } from 'node:fs/promises';
import {
  type AuthAnswer,
  type Draft,
  draftRest,
  hostsBeside,
  type RestAnswers,
  type Sample,
  settingsOf,
} from '../../../connectors/draft/rest.ts';
import { askSample, sampleIn } from '../../../connectors/draft/sample.ts';
import { SyncError } from '../../domain/errors.ts';
import type { Io } from '../io.ts';
import { answer, type Flags, referencesFor, sinceIn, wayIn } from './answers.ts';

/** Where a connection is asked from and with what. */
export interface Place {
  readonly name: string;
  readonly mode: 'local' | 'production';
  readonly secret: (reference: string) => string;
}

/** What an interview ends with. */
export interface Interviewed {
  readonly draft: Draft;
  readonly address: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Hosts beside its own that the connection must reach. */
  readonly allow: readonly string[];
  /** The reply, and whether it was read from a file: then the system itself was never asked. */
  readonly sample: Sample;
  readonly fromFile: string | undefined;
  readonly source: string;
}

const KINDS = ['none', 'basic', 'bearer', 'api_key', 'oauth2_client_credentials'] as const;

const authAnswer = async (io: Io, flags: Flags): Promise<AuthAnswer> => {
  const said = await answer(io, flags.auth, {
    flag: '--auth',
    question: `How does it know us? ${KINDS.join(', ')}:`,
    fallback: 'bearer',
  });
  const kind = KINDS.find((each) => each === said);
  if (kind === undefined) throw new SyncError('BAD_REQUEST', `--auth: "${said}" is not one of ${KINDS.join(', ')}`);
  if (kind === 'api_key')
    return {
      kind,
      header: await answer(io, flags.header, { flag: '--header', question: 'Which header carries the key?' }),
    };
  if (kind === 'oauth2_client_credentials')
    return {
      kind,
      tokenPath: await answer(io, flags.tokenPath, {
        flag: '--token-path',
        question: 'At which path are tokens given?',
      }),
    };
  return { kind };
};

const textIn = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SyncError('BAD_REQUEST', `--sample: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

const isSecret = (setting: string): boolean => !['user', 'client_id'].includes(setting);

const optional = (text: string | undefined, flag: string, usual: 'GET' | 'POST' | 'PATCH' | 'DELETE') =>
  text === undefined || text === '' ? undefined : wayIn(text, flag, usual);

/** What follows from flags alone. */
const ways = (flags: Flags): Partial<RestAnswers> => {
  const found = {
    one: optional(flags.one, '--one', 'GET'),
    byKey: optional(flags.findByKey, '--find-by-key', 'GET'),
    create: optional(flags.create, '--create', 'POST'),
    update: optional(flags.update, '--update', 'PATCH'),
    delete: optional(flags.delete, '--delete', 'DELETE'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, way]) => way !== undefined));
};

const places = (flags: Flags): RestAnswers['places'] => {
  const { rows, id, versionAt: version, changed, reference } = flags;
  return Object.fromEntries(
    Object.entries({ rows, id, version, changed, reference }).filter(([, place]) => place !== undefined),
  );
};

const lookedUp = (settings: Readonly<Record<string, string>>, { secret }: Place): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, /^(env|file):/.test(value) ? secret(value) : value]),
  );

/** Asks what the flags leave open, gets a reply, and makes the draft. */
export const interviewRest = async (io: Io, flags: Flags, place: Place): Promise<Interviewed> => {
  const address = await answer(io, flags.address, {
    flag: '--address',
    question: 'The address of the system, https://…:',
  });
  const record = await answer(io, flags.record, {
    flag: '--record',
    question: 'What is one record called, as in Person?',
  });
  const list = wayIn(
    await answer(io, flags.list, {
      flag: '--list',
      question: 'Which request lists them, as in /v1/persons?limit=100?',
    }),
    '--list',
    'GET',
  );
  const auth = await authAnswer(io, flags);
  const settings = referencesFor(place.name, settingsOf(auth), flags.setting, isSecret);
  const file = await answer(io, flags.sample, {
    flag: '--sample',
    question: 'A file with its reply, or Enter to ask the system itself:',
    fallback: '',
  });
  const since = await answer(io, flags.since, {
    flag: '--since',
    question: 'Which parameter asks for what changed since a time? Enter where there is none:',
    fallback: '',
  });
  const allow = hostsBeside(address, ['tokenPath' in auth ? auth.tokenPath : undefined]);
  const url = /^(env|file):/.test(address) && file === '' ? place.secret(address) : address;
  const sample: Sample =
    file === ''
      ? await askSample({
          ...place,
          address: url,
          auth,
          allow,
          list,
          values: lookedUp(settings, place),
          signal: io.signal,
        })
      : sampleIn(await textIn(file), file);
  const answers: RestAnswers = {
    system: flags.system ?? place.name,
    record,
    auth,
    list,
    places: places(flags),
    zone: flags.zone,
    since: sinceIn(since),
    ifMatch: flags.ifMatch === true,
    ...ways(flags),
  };
  return {
    draft: draftRest(answers, sample),
    address,
    settings,
    allow,
    sample,
    fromFile: file === '' ? undefined : file,
    source: `a sample reply to ${list.method} ${list.path}, ${new Date(io.now()).toISOString().slice(0, 10)}`,
  };
};
