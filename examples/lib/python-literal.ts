/**
 * Reads a Python literal, as far as NumPy's headers use it: dictionaries with string keys, tuples, lists, strings,
 * integers, True, False and None. Nothing is evaluated.
 */

/** Tuples and lists both become arrays, dictionaries become maps. */
export type PythonLiteral = string | number | boolean | null | PythonLiteral[] | Map<string, PythonLiteral>;

/** Deeper nesting than any dtype needs is no header but an attack on the stack. */
const MAX_DEPTH = 32;

const SPACE = /\s*/y;
const NUMBER = /[+-]?\d+L?(?![\w.])/y; // 5L: Python 2 wrote its long integers so
const STRING = /[bu]?(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/y;
const WORD = /(?:True|False|None)(?!\w)/y;
const WORDS: Record<string, boolean | null> = { True: true, False: false, None: null };

/** Throws a SyntaxError that names the position and what was expected there. */
export function parsePythonLiteral(text: string): PythonLiteral {
  let at = 0;

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  }

  function accept(character: string): boolean {
    take(SPACE);
    if (text[at] !== character) return false;
    at++;
    return true;
  }

  function fail(expected: string): never {
    const found = at < text.length ? JSON.stringify(text.slice(at, at + 12)) : 'its end';
    throw new SyntaxError(`at character ${at}: expected ${expected}, found ${found}`);
  }

  /** What stands between `(` and `)` or `[` and `]`: `a, b,`. */
  function items(close: string, depth: number): { values: PythonLiteral[]; comma: boolean } {
    const values: PythonLiteral[] = [];
    let comma = false;
    while (!accept(close)) {
      if (values.length > 0 && !comma) fail(`, or ${close}`);
      values.push(value(depth));
      comma = accept(',');
    }
    return { values, comma };
  }

  function dictionary(depth: number): Map<string, PythonLiteral> {
    const entries = new Map<string, PythonLiteral>();
    let comma = true;
    while (!accept('}')) {
      if (!comma) fail(', or }');
      take(SPACE);
      const key = string();
      if (key === undefined) return fail('a key in quotes');
      if (!accept(':')) fail(':');
      entries.set(key, value(depth));
      comma = accept(',');
    }
    return entries;
  }

  function string(): string | undefined {
    const match = take(STRING);
    return match ? (match[1] ?? match[2] ?? '').replace(/\\(.)/g, '$1') : undefined;
  }

  function value(depth: number): PythonLiteral {
    if (depth > MAX_DEPTH) fail(`no more than ${MAX_DEPTH} levels`);
    if (accept('{')) return dictionary(depth + 1);
    if (accept('[')) return items(']', depth + 1).values;
    if (accept('(')) {
      const { values, comma } = items(')', depth + 1);
      return values.length === 1 && !comma ? values[0]! : values; // (5) is the number 5, (5,) is a tuple
    }
    const quoted = string();
    if (quoted !== undefined) return quoted;
    const number = take(NUMBER);
    if (number) return Number.parseInt(number[0], 10);
    const word = take(WORD);
    if (word) return WORDS[word[0]]!;
    return fail('a literal');
  }

  const literal = value(0);
  take(SPACE);
  if (at < text.length) fail('nothing more');
  return literal;
}
