/** What a mapping's page says of a document's life, of totals, and of records whose owner leaves. */
import { SIDES } from '../domain/record.ts';
import type { MappingFile } from '../mapping/schema.ts';
import type { ProcessFile } from '../mapping/schema-process.ts';
import { code, NAMES, row, where } from './page-words.ts';

type Check = NonNullable<ProcessFile['gate']>[number];
type Level = NonNullable<ProcessFile['approval']>['levels'][number];
type When = NonNullable<Level['when']>[number];

const list = (names: readonly string[]): string => names.map(code).join(', ');

const condition = (check: Check | When): string => {
  if ('complete' in check) return `${list(check.complete)} are filled`;
  if ('known' in check)
    return `${code(check.known)}${check.of === undefined ? '' : ` of every one of ${code(check.of)}`} is known`;
  if ('within' in check) {
    const { limit } = check;
    const other = 'link' in limit ? `${code(limit.field)} of the linked ${code(limit.link)}` : code(limit.field);
    return `${code(check.within)} is at most ${other}`;
  }
  if ('above' in check) return `${code(check.above)} is above ${check.value}`;
  if ('margin' in check) {
    const { margin, of, cost, at_least: least } = check;
    return `${code(margin)} of each of ${code(of)} leaves at least ${least} % over ${code(cost.field)} of the linked ${code(cost.link)}`;
  }
  return `${code(check.deviation)} of each of ${code(check.of)} is at most ${check.at_most} % from ${code(check.from)}`;
};

/** When a level is asked: limits and margins are broken there, a total is passed. */
const asked = (when: When): string => ('above' in when ? condition(when) : `it is not so that ${condition(when)}`);

const place = (at: Level['where']): string => {
  if (at === 'here') return 'here, by an approver’s key';
  const [side, column] = 'crm' in at ? (['crm', at.crm] as const) : (['erp', at.erp] as const);
  return `in the ${NAMES[side]}, in ${code(column)}`;
};

const level = ({ level: name, when = [], due, overdue, where: at }: Level): string =>
  `- **${name}** is asked ${when.length === 0 ? 'always' : `when ${when.map(asked).join(', or ')}`}, decides ${place(at)}, and has ${due}; ${
    overdue === 'wait' ? 'after that it is waited for' : 'after that the next level is asked, too'
  }.`;

const MAY = {
  free: 'as any record',
  propose: 'proposed; where the ERP refuses, the CRM goes back',
  refuse: 'refused',
} as const;

const ASKED = { cancel: 'a cancellation', change: 'a change' } as const;

/** What the ERP makes of what the CRM asks for. */
const answers = ({ answers: all = [] }: ProcessFile): readonly string[] =>
  all.length === 0
    ? []
    : [
        'What the ERP made of what the CRM asked for, the first that fits:',
        '',
        '| asked for | answer | ERP | the CRM is told |',
        '| --- | --- | --- | --- |',
        ...all.map(({ to, answer, erp, say }) =>
          row([ASKED[to], answer, where(erp), say === undefined ? `that it was ${answer}` : `“${say}”`]),
        ),
        '',
      ];

const life = (process: ProcessFile): readonly string[] => [
  '## Its life',
  '',
  `It begins where ${where(process.starts)} in the CRM; before that it stays there. What this means: [orders](../orders.md).`,
  '',
  ...(process.gate ?? []).map((check) => `- It crosses only if ${condition(check)}: “${check.say}”.`),
  ...(process.approval?.levels ?? []).map(level),
  ...(process.approval?.covers === undefined
    ? []
    : [`- An approval is one of ${list(process.approval.covers)}; a change of these asks anew.`]),
  ...(process.cancelled === undefined ? [] : [`- It is called off where ${where(process.cancelled)} in the CRM.`]),
  ...Object.entries(process.targets ?? {}).map(([step, span]) => `- ${code(step)} should take at most ${span}.`),
  '',
  'Both sides always stand in one of these pairs, the first that fits:',
  '',
  '| state | CRM | ERP | a change is | a cancellation is | ends |',
  '| --- | --- | --- | --- | --- | --- |',
  ...process.states.map(({ state, crm, erp, change, cancel, ends }) =>
    row([code(state), where(crm), where(erp), MAY[change], MAY[cancel], ends === true ? 'yes' : '']),
  ),
  '',
  ...answers(process),
];

const successor = (to: NonNullable<MappingFile['on_leave']>['reassign'][number]['to'][number]): string => {
  if ('superior' in to) return `the one above by ${code(to.superior)}`;
  return 'same' in to ? `somebody of the same ${code(to.same)}` : `the user ${code(to.user)}`;
};

const leaving = ({ when, reassign }: NonNullable<MappingFile['on_leave']>): readonly string[] => [
  '## Who leaves',
  '',
  ...SIDES.flatMap((side) =>
    when[side] === undefined ? [] : [`- Somebody counts as gone where ${where(when[side])} in the ${NAMES[side]}.`],
  ),
  ...reassign.map(
    ({ mapping, field, within, to }) =>
      `- Records of ${code(mapping)} that name them in ${code(field)} pass on to ${to.map(successor).join(', else to ')}${
        within === undefined ? '' : `; so do those of somebody whose ${code(within)} is another than the record’s`
      }. Where nobody is found, a person is asked.`,
  ),
  '',
];

/** The sections that a mapping with these words has, and none without. */
export const lifeOf = ({ process, totals = [], on_leave: leave }: MappingFile): readonly string[] => [
  ...(process === undefined ? [] : life(process)),
  ...(totals.length === 0
    ? []
    : [
        '## Totals',
        '',
        ...totals.map(
          ({ field, lines, of }) =>
            `- ${code(field)} must be the sum of ${code(of)} of ${code(lines)}, on both sides; else the record is set aside with the difference.`,
        ),
        '',
      ]),
  ...(leave === undefined ? [] : leaving(leave)),
];
