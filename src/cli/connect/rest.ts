/** The interview about a REST system. */

import { probe } from '../../../connectors/draft/probe.ts';
import { draftRest, hostsBeside, type RestAnswers, type Sample, settingsOf } from '../../../connectors/draft/rest.ts';
import { asking, askSample, sampleIn } from '../../../connectors/draft/sample.ts';
import type { Io } from '../io.ts';
import {
  answer,
  authAnswer,
  emptyIn,
  type Flags,
  headersIn,
  lookedUp,
  placesIn,
  referencesFor,
  sampleBytes,
  sinceIn,
  wayIn,
} from './answers.ts';
import type { Interviewed, Place } from './interviewed.ts';
import { replyText } from './show.ts';
import { tryReading, trySample } from './trial.ts';

const optional = (text: string | undefined, flag: string, usual: 'GET' | 'POST' | 'PATCH' | 'DELETE') =>
  text === undefined || text === '' ? undefined : wayIn(text, flag, usual);

/** How single records are read and written, as far as the person knows. */
const ways = async (io: Io, flags: Flags): Promise<Partial<RestAnswers>> => {
  const asked = (given: string | undefined, flag: string, question: string): Promise<string> =>
    answer(io, given, { flag, question: `${question} Enter if none:`, fallback: '' });
  const one = await asked(flags.one, '--one', 'Which request reads one, as in /v1/persons/{id}?');
  const create = await asked(flags.create, '--create', 'Which creates one, as in POST /v1/persons?');
  const update = await asked(flags.update, '--update', 'Which changes one, as in PATCH /v1/persons/{id}?');
  const byKey =
    create === ''
      ? (flags.findByKey ?? '')
      : await asked(
          flags.findByKey,
          '--find-by-key',
          'Which finds one by a key that we gave it, as in /v1/persons?external_id={key}?',
        );
  const found = {
    one: optional(one, '--one', 'GET'),
    byKey: optional(byKey, '--find-by-key', 'GET'),
    create: optional(create, '--create', 'POST'),
    update: optional(update, '--update', 'PATCH'),
    delete: optional(flags.delete, '--delete', 'DELETE'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, way]) => way !== undefined));
};

/** Asks what the flags leave open, gets a reply, and makes the draft. */
export const interviewRest = async (io: Io, flags: Flags, address: string, place: Place): Promise<Interviewed> => {
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
  const settings = referencesFor(place.name, settingsOf(auth), flags.setting);
  const file = await answer(io, flags.sample, {
    flag: '--sample',
    question: 'A file with its reply, or Enter to ask the system itself:',
    fallback: '',
  });
  const since = await answer(io, flags.since, {
    flag: '--since',
    question: 'Which parameter asks for what changed since a time? Enter if none:',
    fallback: '',
  });
  const allow = hostsBeside(address, ['tokenPath' in auth ? auth.tokenPath : undefined]);
  const url = /^(env|file):/.test(address) && file === '' ? place.secret(address) : address;
  const { headers } = headersIn(flags.send);
  const how = { ...place, address: url, auth, allow, headers: headers ?? {}, signal: io.signal };
  const values = file === '' ? lookedUp(settings, place) : {};
  const sample: Sample =
    file === ''
      ? await askSample({ ...how, list, values })
      : sampleIn((await sampleBytes(file)).toString('utf8'), file);
  const answers: RestAnswers = {
    system: flags.system ?? place.name,
    record,
    auth,
    list,
    places: placesIn(flags),
    zone: flags.zone,
    ...sinceIn(since),
    ...(flags.sinceAs === undefined ? {} : { sinceAs: flags.sinceAs }),
    ...(headers === undefined ? {} : { headers }),
    ...emptyIn(flags.empty),
    ...(flags.foundAt === undefined ? {} : { foundAt: flags.foundAt }),
    ...(flags.foundId === undefined ? {} : { foundId: flags.foundId }),
    ifMatch: flags.ifMatch === true,
    ...(await ways(io, flags)),
  };
  const probed = file === '' ? await asking({ ...how, values }, (ask) => probe(ask, answers, sample)) : undefined;
  const draft = draftRest(answers, sample, probed);
  return {
    draft,
    address,
    settings,
    allow,
    beside: {},
    shown: replyText(sample.body, draft),
    from: file === '' ? 'the system' : 'the sample',
    tried: (trial) => (file === '' ? tryReading(trial) : trySample(trial, sample.body, sample.headers)),
    source: `a sample reply to ${list.method} ${list.path}, ${new Date(io.now()).toISOString().slice(0, 10)}`,
  };
};
