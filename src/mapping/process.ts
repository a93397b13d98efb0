/** The life of a document, compiled: what must hold before it crosses, who approves it, and in which states both sides may stand. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject, sameJson } from '../domain/json.ts';
import { Fault } from './fault.ts';
import { type Field, nativeOf, render } from './field.ts';
import { elementsOf, type Lines, lineNamed } from './lines.ts';
import { pathOf } from './path.ts';
import { bodyPasses, type Filter, filterText } from './planner-rules.ts';
import { compileCheck, compileWhen, linksOf, readBy } from './process-check.ts';
import type { Answer, Approval, Judged, Level, Process, StateRow, Verdict } from './process-port.ts';
import { elementsIn, readAs, type Words } from './process-read.ts';
import { type References, translated } from './reference.ts';
import { type ProcessFile, spanMs } from './schema-process.ts';

type LevelFile = NonNullable<ProcessFile['approval']>['levels'][number];
type Values = ProcessFile['starts'];

const filtersOf = (values: Values | undefined): readonly Filter[] =>
  Object.entries(values ?? {}).map(([text, allowed]) => ({
    text,
    path: pathOf(text),
    allowed: new Set(allowed.map(filterText)),
  }));

/** Columns of a side that the process reads besides those of fields. */
export const processPaths = (file: ProcessFile | undefined, side: 'crm' | 'erp'): readonly string[] => {
  if (file === undefined) return [];
  const columns = (file.approval?.levels ?? []).flatMap(({ where }) => {
    if (where === 'here') return [];
    if (side === 'crm') return 'crm' in where ? [where.crm] : [];
    return 'erp' in where ? [where.erp] : [];
  });
  const own = side === 'crm' ? [...Object.keys(file.starts), ...Object.keys(file.cancelled ?? {})] : [];
  const answers = side === 'erp' ? (file.answers ?? []).flatMap(({ erp }) => Object.keys(erp)) : [];
  return [...own, ...columns, ...answers, ...file.states.flatMap((row) => Object.keys(row[side]))];
};

interface Columned {
  readonly side: 'crm' | 'erp';
  readonly filters: Readonly<Record<Approval['decision'], readonly Filter[]>>;
}

/** The column in which a level decides, where it does not decide here. */
const columnOf = ({ where }: LevelFile): Columned | undefined => {
  if (where === 'here') return undefined;
  const [side, text] = 'crm' in where ? (['crm', where.crm] as const) : (['erp', where.erp] as const);
  return {
    side,
    filters: { approved: filtersOf({ [text]: where.approved }), refused: filtersOf({ [text]: where.refused }) },
  };
};

const levelOf = (file: LevelFile): Level => ({
  name: file.level,
  dueMs: spanMs(file.due),
  escalates: file.overdue === 'escalate',
  where: file.where === 'here' ? 'here' : 'crm' in file.where ? 'crm' : 'erp',
});

/** The covered fields and collections by name, as the CRM says them. */
const contentOf =
  (fields: readonly Field[], lines: readonly Lines[]) =>
  (crm: JsonObject): Readonly<Record<string, Json>> =>
    Object.fromEntries([
      ...fields.map((field) => [field.name, readAs(field, 'crm', crm)] as const),
      ...lines.map((each) => [
        each.name,
        elementsIn(each, crm).map(([, body]) =>
          Object.fromEntries(
            each.fields
              .filter(({ flow }) => flow !== 'crm')
              .map((field) => [field.name, readAs(field, 'crm', body)] as const),
          ),
        ),
      ]),
    ]);

/** Does the ERP say what the CRM says, or what the CRM's value is written as there? */
const sameField = (field: Field, crm: JsonObject, erp: JsonObject): boolean => {
  const value = readAs(field, 'crm', crm);
  if (sameJson(value, readAs(field, 'erp', erp))) return true;
  const rendered = render(field, 'erp', value);
  return !(rendered instanceof Fault) && sameJson(rendered.native, nativeOf(field.erp, erp));
};

/** Do both sides show the same elements, and the same in each? */
const sameLines = (lines: Lines, same: (fields: Field, crm: JsonObject, erp: JsonObject) => boolean) => {
  const fields = lines.fields.filter(({ flow }) => flow !== 'crm');
  return (crm: JsonObject, erp: JsonObject): boolean => {
    const [own, other] = [elementsOf(lines, 'crm', crm), elementsOf(lines, 'erp', erp)];
    if (own === undefined || typeof own === 'string' || other === undefined || typeof other === 'string') return false;
    return (
      own.size === other.size &&
      [...own].every(([key, { body }]) => {
        const there = other.get(key);
        return there !== undefined && fields.every((field) => same(field, body, there.body));
      })
    );
  };
};

const hashOf = (content: Readonly<Record<string, Json>>): string =>
  createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 32);

/** What people are told where the file has no sentence of its own. */
const ASKED = { cancel: 'cancellation', change: 'change' } as const;
const answersOf = (file: ProcessFile): readonly { readonly erp: readonly Filter[]; readonly row: Answer }[] =>
  (file.answers ?? []).map(({ to, answer, erp, say = `The ${ASKED[to]} was ${answer}.` }) => ({
    erp: filtersOf(erp),
    row: { to, answer, say },
  }));

/** Compile a process that passed lint. */
export const compileProcess = (
  file: ProcessFile,
  words: Words,
  all: { fields: readonly Field[]; lines: readonly Lines[] },
): Process => {
  const covered = file.approval?.covers;
  const crosses = <T extends { readonly name: string }>(each: T, flows: boolean): boolean =>
    covered === undefined ? flows : covered.includes(each.name);
  const fields = all.fields.filter((field) => crosses(field, field.flow !== 'crm'));
  const lines = all.lines.filter((each) =>
    crosses(
      each,
      each.fields.some(({ flow }) => flow !== 'crm'),
    ),
  );
  const shown = contentOf(fields, lines);
  const checks = (file.gate ?? []).map((check) => compileCheck(words, check));
  const files = file.approval?.levels ?? [];
  const links = [...new Set([...(file.gate ?? []), ...files.flatMap(({ when = [] }) => when)].flatMap(linksOf))];
  const levels = files.map(levelOf);
  const needed = files.map((level) => (level.when ?? []).map((each) => compileWhen(words, each)));
  const columns = files.map(columnOf);
  const starts = filtersOf(file.starts);
  const cancelled = filtersOf(file.cancelled);
  const states = file.states.map((row) => ({
    row: { state: row.state, change: row.change, cancel: row.cancel, ends: row.ends === true } satisfies StateRow,
    crm: filtersOf(row.crm),
    erp: filtersOf(row.erp),
  }));
  const answers = answersOf(file);
  const sentences = new Set(answers.map(({ row }) => row.say));
  const names = new Set([
    ...[...fields, ...lines].map(({ name }) => name),
    ...(file.gate ?? []).flatMap(readBy),
    ...files.flatMap(({ when = [] }) => when.flatMap(readBy)),
  ]);
  const wishes = Object.keys(file.cancelled ?? {});
  const cancelling = all.fields.filter(
    ({ flow, crm }) => flow !== 'crm' && crm.texts.some((at) => wishes.includes(at)),
  );

  /** Why a level is asked; undefined where none of its conditions is met. */
  const reasonOf = (level: number, judged: Judged): string | undefined =>
    (needed[level] ?? []).map((holds) => holds(judged)).find((why) => why !== undefined);

  /** Levels that must say yes, and have not; those that decide in the ERP are asked once it is there. */
  const judge = (judged: Judged): Verdict => {
    const content = hashOf(shown(judged.crm));
    const wrong = checks.map((check) => check(judged)).find((said) => said !== undefined);
    if (wrong !== undefined) return { kind: 'gate', say: wrong.say, content, links: wrong.links };
    const said = judged.approvals.filter((each) => each.content === content);
    const no = said.find(({ decision }) => decision === 'refused');
    if (no !== undefined) return { kind: 'refused', by: no, content };
    // A higher level's word stands for the lower ones too.
    const highest = Math.max(-1, ...said.map(({ level }) => level));
    const from = levels.findIndex(
      ({ where }, i) =>
        i > highest &&
        (where !== 'erp' || judged.erp !== undefined) &&
        ((needed[i] ?? []).length === 0 || reasonOf(i, judged) !== undefined),
    );
    if (from < 0) return { kind: 'go', content };
    const escalated = judged.asked?.content === content ? judged.asked.level : from;
    return { kind: 'ask', level: Math.max(from, escalated), from, content, why: reasonOf(from, judged) ?? '' };
  };

  const alike = (crm: JsonObject, erp: JsonObject, references: References | undefined): boolean => {
    const same = (field: Field, own: JsonObject, other: JsonObject): boolean =>
      sameField(translated(field, references), own, other);
    return fields.every((field) => same(field, crm, erp)) && lines.every((each) => sameLines(each, same)(crm, erp));
  };

  return {
    levels,
    links,
    starts: (crm) => bodyPasses(starts, crm),
    judge,
    decided: (crm, erp, references) =>
      columns.flatMap((column, level): Approval[] => {
        const body = column === undefined ? undefined : { crm, erp }[column.side];
        if (column === undefined || body === undefined) return [];
        if (column.side === 'erp' && !alike(crm, body, references)) return [];
        const decision = (['approved', 'refused'] as const).find((each) => bodyPasses(column.filters[each], body));
        if (decision === undefined) return [];
        const approver = column.side === 'crm' ? 'the CRM' : 'the ERP';
        return [{ level, content: hashOf(shown(crm)), decision, approver, reason: '' }];
      }),
    stateOf: (crm, erp) => states.find((each) => bodyPasses(each.crm, crm) && bodyPasses(each.erp, erp))?.row,
    policyOf: (erp) => states.find((each) => bodyPasses(each.erp, erp))?.row,
    answerOf: (erp) => answers.find((each) => bodyPasses(each.erp, erp))?.row,
    answers: (said) => sentences.has(said),
    cancelled: (crm) => cancelled.length > 0 && bodyPasses(cancelled, crm),
    cancelling: new Set(cancelling.map(({ name }) => name)),
    judges: (written) => written.some((name) => names.has(lineNamed(name)?.lines ?? name)),
    targetMs: (step) => {
      const text = file.targets?.[step];
      return text === undefined ? undefined : spanMs(text);
    },
    shown,
    contentOf: (crm) => hashOf(shown(crm)),
  };
};
