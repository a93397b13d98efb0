/** Secrets of ours that a system repeats: hidden in every writing that they travel in. */

const SHORTEST = 4;
const LEARNED_AT_MOST = 4;

/** What of a secret's Base64 stays the same wherever it stands in a longer text: in `user:password`, say. */
const inBase64 = (secret: string): readonly string[] =>
  [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret, 'utf8')]);
    const whole = Math.floor((bytes.length * 8) / 6);
    return bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), whole);
  });

const writingsOf = (secret: string): readonly string[] => [
  secret,
  secret.replace(/\s+/g, ' '),
  encodeURIComponent(secret.toWellFormed()),
  new URLSearchParams({ v: secret }).toString().slice(2),
  JSON.stringify(secret).slice(1, -1),
  ...inBase64(secret).filter((text) => text.length > SHORTEST),
];

/** Puts `…` for each of them. With `most`, of a longer text only so much is read, and nothing that a cut could halve. */
export const hideSecrets = (secrets: readonly string[]) => {
  const long = secrets.filter((secret) => secret.length >= SHORTEST);
  // The longer first: one secret may be a part of another.
  const writings = [...new Set(long.flatMap(writingsOf))].sort((a, b) => b.length - a.length);
  const longest = writings[0]?.length ?? 0;
  return (text: string, most = Number.POSITIVE_INFINITY): string => {
    const cut = text.length > most + longest;
    const read = writings.reduce(
      (rest, each) => rest.replaceAll(each, '…'),
      cut ? text.slice(0, most + longest) : text,
    );
    return cut ? read.slice(0, Math.max(0, read.length - longest)) : read;
  };
};

/** The secrets of a connection: those it was given, and the last few that a login made. */
export const createSecrets = (given: readonly string[]) => {
  const learned: string[] = [];
  return {
    all: (): readonly string[] => [...given, ...learned],
    learn: (secret: string): void => {
      learned.push(secret);
      if (learned.length > LEARNED_AT_MOST) learned.shift();
    },
  };
};
