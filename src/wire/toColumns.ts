/**
 * Writes a tree of plain objects that has long arrays in it as columns (columns.ts).
 *
 * This is one walk, which finds out on its way whether the tree is plain at all (plain.ts): if not, what was written is dropped.
 */
import { Area } from './area.ts';
import { ColumnKind, MAX_COLUMN_DEPTH } from './columns.ts';
import { pack } from './objects.ts';
import { isPlainKey, isWellFormed, Plain, PlainWalk } from './plain.ts';

/** So few scalars are cheaper in msgpack. */
const FEW_SCALARS = 4;

/** A text ends with the string that reaches this length: as long as one of its strings is kept, V8 keeps the text. */
const TEXT_UNITS = 16 * 1024;

/** Of the message before. A getter that sends something itself finds none. */
let spare: Area | undefined = new Area();

/** The payload, or undefined if msgpack would not keep the value exactly. HOT (bench: objects). */
export function toColumns(value: object, op: string): readonly Uint8Array[] | undefined {
  const area = spare ?? new Area();
  spare = undefined;
  try {
    const table = new Columns(area).table(value);
    return table && area.segments(pack(table, op));
  } finally {
    area.clear();
    spare = area;
  }
}

class Columns {
  readonly #area: Area;
  readonly #walk = new PlainWalk(false);
  readonly #texts: string[] = [];
  readonly #table: unknown[] = [this.#texts];
  #text = '';

  constructor(area: Area) {
    this.#area = area;
  }

  table(value: object): unknown[] | undefined {
    return this.#column([value], 0) && this.#endText() ? this.#table : undefined;
  }

  /** False if the items are not plain. */
  #column(items: readonly unknown[], depth: number): boolean {
    const first = items[0];
    if (typeof first === 'object' && first !== null) {
      if (depth < MAX_COLUMN_DEPTH) {
        if (areLists(items)) return this.#lists(items, depth);
        const keys = keysOf(items);
        if (keys !== undefined) return this.#rows(items as readonly Row[], keys, depth);
      }
    } else if (items.length >= FEW_SCALARS) {
      if (typeof first === 'number' && this.#numbers(items)) return true;
      if (typeof first === 'string' && areStrings(items)) return this.#strings(items);
      if (typeof first === 'boolean' && areBooleans(items)) return this.#integers(ColumnKind.BOOLEANS, items);
    }
    return this.#any(items, depth);
  }

  #any(items: readonly unknown[], depth: number): boolean {
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      // In the table it is one level deeper, in its list a second.
      if (item === undefined ? !(i in items) : this.#walk.value(item, depth + 1) !== Plain.YES) return false;
    }
    this.#table.push(ColumnKind.ANY, items);
    return true;
  }

  /** False, and nothing written, if they are no numbers or too many. */
  #numbers(items: readonly unknown[]): boolean {
    const { length } = items;
    let whole = true;
    for (let i = 0; i < length; i++) {
      const item = items[i];
      if (typeof item !== 'number') return false;
      if (whole && ((item | 0) !== item || Object.is(item, -0))) whole = false;
    }
    const numbers = items as readonly number[];
    if (whole) return this.#integers(ColumnKind.INTEGERS, numbers);
    const at = this.#area.take(length * 8) / 8;
    if (at < 0) return false;
    const { floats } = this.#area;
    for (let i = 0; i < length; i++) floats[at + i] = numbers[i]!;
    this.#table.push(ColumnKind.FLOATS);
    return true;
  }

  #integers(kind: number, items: readonly (number | boolean)[]): boolean {
    const at = this.#area.take(items.length * 4) / 4;
    if (at < 0) return false;
    const { integers } = this.#area;
    for (let i = 0; i < items.length; i++) integers[at + i] = Number(items[i]);
    this.#table.push(kind);
    return true;
  }

  #strings(items: readonly string[]): boolean {
    const at = this.#area.take(items.length * 4) / 4;
    if (at < 0) return false;
    const { integers } = this.#area;
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      integers[at + i] = item.length;
      this.#text += item;
      if (this.#text.length >= TEXT_UNITS && !this.#endText()) return false;
    }
    this.#table.push(ColumnKind.STRINGS);
    return true;
  }

  /** False if it has lone surrogates. Two of them in neighbouring strings make a pair, and come apart again. */
  #endText(): boolean {
    const text = this.#text;
    if (text !== '') this.#texts.push(text);
    this.#text = '';
    return isWellFormed(text);
  }

  #lists(lists: readonly (readonly unknown[])[], depth: number): boolean {
    for (const list of lists) if (!this.#walk.add(list)) return false;
    if (
      !this.#integers(
        ColumnKind.LISTS,
        lists.map((list) => list.length),
      )
    )
      return false;
    if (lists.length === 1) return this.#column(lists[0]!, depth + 1);
    const items: unknown[] = [];
    for (const list of lists) {
      for (let i = 0; i < list.length; i++) {
        const item = list[i];
        if (item === undefined && !(i in list)) return false;
        items.push(item);
      }
    }
    return this.#column(items, depth + 1);
  }

  #rows(rows: readonly Row[], keys: readonly string[], depth: number): boolean {
    for (let i = 0; i < rows.length; i++) if (!this.#walk.add(rows[i]!)) return false;
    this.#table.push(ColumnKind.ROWS, keys);
    for (const key of keys) {
      const items = new Array<unknown>(rows.length);
      for (let i = 0; i < rows.length; i++) items[i] = rows[i]![key];
      if (!this.#column(items, depth + 1)) return false;
    }
    return true;
  }
}

type Row = Readonly<Record<string, unknown>>;

/** The keys of the first one, if all are plain objects with the same in the same order. */
function keysOf(items: readonly unknown[]): readonly string[] | undefined {
  const keys = Object.keys(items[0] as object);
  if (keys.length === 0 || !keys.every(isPlainKey)) return undefined;
  for (let i = 0; i < items.length; i++) if (!hasKeys(items[i], keys)) return undefined;
  return keys;
}

function hasKeys(item: unknown, keys: readonly string[]): boolean {
  if (typeof item !== 'object' || item === null || item.constructor !== Object) return false;
  let found = 0;
  // What is inherited would be counted as well: plain objects inherit nothing that can be enumerated.
  for (const key in item) if (key !== keys[found++]) return false;
  return found === keys.length;
}

function areLists(items: readonly unknown[]): items is readonly (readonly unknown[])[] {
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (!Array.isArray(item) || item.constructor !== Array) return false;
  }
  return true;
}

function areStrings(items: readonly unknown[]): items is readonly string[] {
  for (let i = 0; i < items.length; i++) if (typeof items[i] !== 'string') return false;
  return true;
}

function areBooleans(items: readonly unknown[]): items is readonly boolean[] {
  for (let i = 0; i < items.length; i++) if (typeof items[i] !== 'boolean') return false;
  return true;
}
