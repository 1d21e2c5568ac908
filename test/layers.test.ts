/** The import rule of src/README.md, executable. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Bottom to top: each may import what stands before it, and itself. */
const LAYERS = [
  'errors',
  'errors.ts',
  'base',
  'contract',
  'wire',
  'native',
  'transport',
  'matching',
  'p2p',
  'collectives',
  'comm',
  'runtime',
  'library.ts',
];
const DOORS = ['index.ts', 'testing.ts', 'internal.ts'];
/** What launcher/ may use of src/. */
const FOR_LAUNCHER = ['errors.ts', 'base', 'contract', 'wire'];
/** Packages of the registry, each with the one place that may import it. */
const PACKAGES: Record<string, string[]> = {
  msgpackr: ['src/wire/'],
  ndarray: ['src/wire/', 'src/collectives/', 'examples/'],
  koffi: ['src/native/'],
  yargs: ['launcher/', 'bench/'],
  esbuild: ['launcher/'],
  'es-module-lexer': ['launcher/'],
  tsx: ['launcher/'],
  yaml: ['launcher/manifest/'],
  'kubernetes-types': ['launcher/manifest/'],
};

interface Import {
  from: string;
  specifier: string;
}

function imports(folder: string): Import[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(root, folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const found = text.matchAll(
      /^\s*(?:import|export)\b[^'"`;]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm,
    );
    return [...found].map((match) => ({
      from: join(folder, file),
      specifier: (match[1] ?? match[2] ?? match[3]) as string,
    }));
  });
}

function target({ from, specifier }: Import): string {
  return relative(root, resolve(root, dirname(from), specifier));
}

const room = (path: string) => path.split('/')[1] as string;

describe('imports', () => {
  it('run downward only in src/', () => {
    const upward = imports('src')
      .filter(({ specifier }) => specifier.startsWith('.'))
      .filter((one) => {
        const [from, to] = [room(one.from), room(target(one))];
        if (DOORS.includes(from)) return !DOORS.includes(to) && !LAYERS.includes(to);
        return LAYERS.indexOf(to) < 0 || LAYERS.indexOf(to) > LAYERS.indexOf(from);
      })
      .map((one) => `${one.from} imports ${target(one)}`);
    expect(upward).toEqual([]);
  });

  it('of launcher/ reach only what launcher and rank share', () => {
    const strays = imports('launcher')
      .filter((one) => one.specifier.startsWith('.') && target(one).startsWith('src/'))
      .filter((one) => !FOR_LAUNCHER.includes(room(target(one))))
      .map((one) => `${one.from} imports ${target(one)}`);
    expect(strays).toEqual([]);
  });

  it('never go from src/ to anything outside', () => {
    const strays = imports('src')
      .filter((one) => one.specifier.startsWith('.') && !target(one).startsWith('src/'))
      .map((one) => `${one.from} imports ${target(one)}`);
    expect(strays).toEqual([]);
  });

  it('of packages stay in the one place that is theirs', () => {
    const strays = ['src', 'launcher', 'examples', 'bench']
      .flatMap(imports)
      .filter(
        ({ specifier }) =>
          !specifier.startsWith('.') && !specifier.startsWith('node:') && !/^tsmpi(\/testing)?$/.test(specifier),
      )
      .filter(({ from, specifier }) => {
        const name = specifier.startsWith('@')
          ? specifier.split('/').slice(0, 2).join('/')
          : (specifier.split('/')[0] as string);
        return !PACKAGES[name]?.some((place) => from.startsWith(place));
      })
      .map(({ from, specifier }) => `${from} imports ${specifier}`);
    expect(strays).toEqual([]);
  });

  it('read the environment in the composition root only', () => {
    const readers = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('runtime/'))
      .filter((file) => readFileSync(join(root, 'src', file), 'utf8').includes('process.env'));
    expect(readers).toEqual([]);
  });
});
