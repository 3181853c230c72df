// What changed between two texts, word by word. Pure.

const SIGNS = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}'; // words without spaces between
const PIECES = new RegExp(`[${SIGNS}]|[^\\s\\p{P}\\p{S}${SIGNS}]+|\\s+|[^]`, 'gu');
const MOST_CELLS = 400_000; // of the table below; longer texts are not compared word by word

/**
 * The words of `after`, those that are not in `before` (in this order) marked as changed.
 * @param {string} before @param {string} after
 * @returns {{kept: number, parts: {text: string, changed: boolean}[]}} `kept`: share of words that stayed
 */
export function changedWords(before, after) {
  const old = before.match(PIECES) ?? [];
  const now = after.match(PIECES) ?? [];
  if (before === after) return { kept: 1, parts: [{ text: after, changed: false }] };
  if (old.length * now.length > MOST_CELLS) return { kept: 0, parts: [{ text: after, changed: true }] };
  const stays = commonPieces(old, now);
  const parts = [];
  let words = 0;
  let same = 0;
  now.forEach((text, i) => {
    const blank = text.trim() === '';
    if (!blank) words += 1;
    if (!blank && stays[i]) same += 1;
    const changed = blank ? Boolean(parts.at(-1)?.changed && !stays[i + 1]) : !stays[i];
    if (parts.length && parts.at(-1).changed === changed) parts.at(-1).text += text;
    else parts.push({ text, changed });
  });
  return { kept: words ? same / words : 0, parts };
}

/** For each piece of `now` whether it belongs to the longest common subsequence with `old`. */
function commonPieces(old, now) {
  const width = now.length + 1;
  const length = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const here = i * width + j;
      length[here] = old[i] === now[j]
        ? length[here + width + 1] + 1
        : Math.max(length[here + width], length[here + 1]);
    }
  }
  const stays = now.map(() => false);
  for (let i = 0, j = 0; i < old.length && j < now.length; ) {
    const here = i * width + j;
    if (old[i] === now[j]) {
      stays[j] = true;
      i += 1;
      j += 1;
    } else if (length[here + width] >= length[here + 1]) i += 1;
    else j += 1;
  }
  return stays;
}
