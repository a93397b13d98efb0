/** States that are moved by calls, as people press buttons: the shortest way from the value there is to the one wanted. */
import type { JsonObject } from '../../src/domain/json.ts';
import { outcomeOfLostCall, outcomeOfRefusedCall, refusedByUs } from '../engine/outcome.ts';
import type { Call, Outcome } from '../sdk/seam.ts';
import { compileCall, type Rpc } from './rpc.ts';
import type { Moved, RecordType } from './schema.ts';
import { nativeId } from './search.ts';
import { isMoved } from './shape.ts';

/** Moves the states of one record. */
export interface Moves {
  /** Does a document want a state that the record has not? */
  wanted(data: JsonObject, body: JsonObject): boolean;
  /** Presses what leads there; the outcome of what failed, or undefined. Never throws once it may have sent. */
  press(id: string, data: JsonObject, body: JsonObject, call: Call): Promise<Outcome | undefined>;
}

type Step = Moved['moves'][number];

/** The calls of the shortest way, in order; undefined when none leads there. */
export const wayOf = (moves: readonly Step[], from: string, to: string): readonly Step[] | undefined => {
  const ways = new Map<string, readonly Step[]>([[from, []]]);
  for (const [here, way] of ways) {
    if (here === to) return way;
    for (const move of moves) if (move.from.includes(here) && !ways.has(move.to)) ways.set(move.to, [...way, move]);
  }
  return undefined;
};

/** Compiles the states of a record type. */
export const createMoves = (name: string, type: RecordType, rpc: Rpc): Moves => {
  const states = Object.entries(type.body).flatMap(([property, spec]) => (isMoved(spec) ? [{ property, spec }] : []));
  const shapes = new Map(states.flatMap(({ spec }) => spec.moves.map((move) => [move, compileCall(move)] as const)));
  const differing = (data: JsonObject, body: JsonObject) =>
    states.flatMap(({ property, spec }) => {
      const [wish, now] = [data[property] ?? null, body[property] ?? null];
      return wish === null || wish === now ? [] : [{ property, spec, from: String(now), to: String(wish) }];
    });
  const pressOne = async (id: string, move: Step, call: Call): Promise<Outcome | undefined> => {
    let sent = false;
    const onSend = (): void => {
      sent = true;
    };
    const shape = shapes.get(move) ?? compileCall(move);
    try {
      const values = { id: nativeId(type.id, id), model: type.model };
      const answer = await rpc.call(shape, values, 'write', call, { sent: onSend });
      return 'refused' in answer ? outcomeOfRefusedCall(answer.refused) : undefined;
    } catch (error) {
      return outcomeOfLostCall(error, sent);
    }
  };
  return {
    wanted: (data, body) => differing(data, body).length > 0,
    press: async (id, data, body, call) => {
      for (const { property, spec, from, to } of differing(data, body)) {
        const way = wayOf(spec.moves, from, to);
        if (way === undefined)
          return refusedByUs('validation', `${name}: ${property} cannot be moved from ${from} to ${to}`);
        for (const move of way) {
          const failed = await pressOne(id, move, call);
          if (failed !== undefined) return failed;
        }
      }
      return undefined;
    },
  };
};
