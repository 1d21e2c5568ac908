/**
 * What a module of the bundle needs of its source's place at run time: `import()` of a computed name, `import.meta.resolve`, and
 * `require` where TypeScript uses it. The bundle calls it through a global symbol; rank/late-import.ts answers in the rank.
 */
export const LATE: unique symbol = Symbol.for('tsmpi.tsrun');

export interface LateBinding {
  import(specifier: unknown, parent: string, options?: ImportCallOptions): Promise<unknown>;
  resolve(specifier: string, parent: string): string;
}
