import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { scripts } from '../helpers/scripts.ts';
import { tsrun } from '../helpers/tsrun.ts';

async function run(files: Record<string, string>, entry: string, args: string[] = []) {
  const cwd = scripts(files);
  const result = await tsrun(['-n', '1', entry, ...args], { cwd });
  return { ...result, cwd };
}

describe('a script', () => {
  test.each(['job.ts', 'job.mts', 'job.js', 'job.mjs'])(
    'may be %s, with top-level await, without a package.json',
    async (name) => {
      const text = "import { world } from 'tsmpi';\nconsole.log(await world.allreduce(world.rank + 1));\n";
      const cwd = scripts({ [name]: text });
      expect(await tsrun(['-n', '2', name], { cwd })).toMatchObject({ code: 0, stdout: '3\n3\n', stderr: '' });
    },
  );

  test('in a package of type commonjs may be TypeScript with ES modules', async () => {
    const { stdout } = await run(
      {
        'package.json': '{"type":"commonjs"}',
        'job.ts': "import { self } from 'tsmpi';\nconsole.log(await self.size);\n",
      },
      'job.ts',
    );
    expect(stdout).toBe('1\n');
  });

  test('gets its arguments as they are, and sees itself in process.argv', async () => {
    const { stdout, cwd } = await run({ 'job.ts': 'console.log(JSON.stringify(process.argv.slice(1)));\n' }, 'job.ts', [
      '-n',
      '5',
      '--help',
      '--',
      '',
      'a b',
    ]);
    expect(JSON.parse(stdout)).toEqual([join(cwd, 'job.ts'), '-n', '5', '--help', '--', '', 'a b']);
  });

  test('may use TypeScript that has to be compiled: enums, parameter properties, using', async () => {
    const text = `enum Color { Red = 'red' }
class Point { constructor(readonly x: number) {} [Symbol.dispose]() { console.log('disposed'); } }
{ using point = new Point(3); console.log(Color.Red, point.x satisfies number); }
`;
    expect((await run({ 'job.ts': text }, 'job.ts')).stdout).toBe('red 3\ndisposed\n');
  });

  test('knows its own place: import.meta and __dirname are those of each source file', async () => {
    const print =
      'console.log(JSON.stringify([import.meta.url, import.meta.filename, import.meta.dirname, __filename, __dirname]));\n';
    const { stdout, cwd } = await run(
      { 'job.ts': `import './lib/part.ts';\n${print}`, 'lib/part.ts': print },
      'job.ts',
    );
    const place = (folder: string, file: string) => [pathToFileURL(file).href, file, folder, file, folder];
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as string[]),
    ).toEqual([place(join(cwd, 'lib'), join(cwd, 'lib/part.ts')), place(cwd, join(cwd, 'job.ts'))]);
  });

  test('may import by a computed name: TypeScript, JavaScript, JSON and the library, each from its own place', async () => {
    const { stdout, stderr, code } = await run(
      {
        'job.ts': `import { world } from 'tsmpi';
for (const name of ['./lib/a.ts', './lib/b.mjs', './lib/a.js']) {
  const module = await import(name);
  console.log(module.default, (await import(name)) === module);
}
console.log((await import('./data.' + 'json', { with: { type: 'json' } })).default.x);
const library = 'tsmpi';
console.log((await import(library)).world === world);
console.log(import.meta.resolve('./lib/a.ts').endsWith('/lib/a.ts'));
`,
        'lib/a.ts':
          "import { world } from 'tsmpi';\nconst sibling: string = './c.ts';\nexport default 'a' + world.size + (await import(sibling)).c;\n",
        'lib/b.mjs': "export default 'b';\n",
        'lib/c.ts': 'export const c: string = __filename.slice(-4);\n',
        'data.json': '{"x":5}',
      },
      'job.ts',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('a1c.ts true\nb true\na1c.ts true\n5\ntrue\ntrue\n');
  });

  test('gets errors from what it imports by a computed name, at the line of that file', async () => {
    const { stderr } = await run(
      {
        'job.ts': "const name = './bad.ts';\nconst { fail } = await import(name);\nfail();\n",
        'bad.ts': 'interface Nothing {}\nexport function fail(): never {\n  throw new Error("there");\n}\n',
      },
      'job.ts',
    );
    expect(stderr).toContain('Error: there\n    at fail (bad.ts:3:9)\n    at job.ts:3:1\n');
    const broken = await run(
      { 'job.ts': "const name = './bad.ts';\nawait import(name);\n", 'bad.ts': 'a b\n' },
      'job.ts',
    );
    expect(broken.stderr).toContain('SyntaxError: bad.ts:1:3: Expected ";" but found "b"');
  });

  test('may import lazily by a literal name, and something that is not there', async () => {
    const { stdout } = await run(
      {
        'job.ts':
          "console.log((await import('./part.ts')).x);\nawait import('no-such-package').catch((error) => console.log(error.code, error.message));\n",
        'part.ts': 'export const x = 4;\n',
      },
      'job.ts',
    );
    expect(stdout).toMatch(
      /^4\nERR_MODULE_NOT_FOUND cannot find the package "no-such-package" that this import names, in .*job\.ts\n$/,
    );
  });

  test('finds packages from its own place, by the rules of ES modules', async () => {
    const files = {
      'node_modules/dual/package.json': '{"exports":{"import":"./esm.mjs","require":"./cjs.cjs"}}',
      'node_modules/dual/esm.mjs': "export default 'esm';\n",
      'node_modules/dual/cjs.cjs': "module.exports = 'cjs';\n",
      'node_modules/old/package.json': '{"main":"main.js"}',
      'node_modules/old/main.js': "exports.named = 'old';\n",
      'job.ts': `import { named } from 'old';
import dual from 'dual';
const name = 'dual';
console.log(dual, named, (await import(name)).default);
`,
    };
    expect((await run(files, 'job.ts')).stdout).toBe('esm old esm\n');
  });

  test("follows tsconfig's paths, and links out of node_modules", async () => {
    const cwd = scripts({
      'app/tsconfig.json': '{"compilerOptions":{"paths":{"@lib/*":["./lib/*"]}}}',
      'app/lib/x.ts': 'export const x: number = 1;\n',
      'app/job.ts': "import { x } from '@lib/x';\nimport { y } from 'shared';\nconsole.log(x, y);\n",
      'app/node_modules/.keep': '',
      'shared/package.json': '{"name":"shared","type":"module","exports":"./y.ts"}',
      'shared/y.ts': 'export const y: number = 2;\n',
    });
    symlinkSync('../../shared', join(cwd, 'app/node_modules/shared'));
    expect(await tsrun(['-n', '1', 'job.ts'], { cwd: join(cwd, 'app') })).toMatchObject({
      stdout: '1 2\n',
      stderr: '',
    });
  });

  test('may be CommonJS, and is the main module there', async () => {
    const files = {
      'job.js': `#!/usr/bin/env node
undeclared = 7;
const { join } = require('path');
const part = require('./part');
console.log(require.main === module, part.name, join(__dirname, 'job.js') === __filename, undeclared);
import('tsmpi').then(({ world }) => console.log(world.size));
`,
      'part.js': "exports.name = require('node:path').basename(__filename);\n",
    };
    expect(await run(files, 'job.js')).toMatchObject({ stdout: 'true part.js true 7\n1\n', stderr: '' });
    const failing = await run({ 'job.cjs': "'use strict';\nfunction f() {\n  null.x;\n}\nf();\n" }, 'job.cjs');
    expect(failing.stderr).toMatch(/TypeError: .*\n {4}at f \(job\.cjs:3:8\)\n {4}at job\.cjs:5:1\n/);
  });

  test('may import CommonJS and JSON', async () => {
    const files = {
      'job.ts':
        "import { two } from './old.cjs';\nimport data from './data.json' with { type: 'json' };\nconsole.log(two, data.x);\n",
      'old.cjs': 'exports.two = require("./data.json").x + 1;\n',
      'data.json': '{"x":1}',
    };
    expect((await run(files, 'job.ts')).stdout).toBe('2 1\n');
  });

  test('sees the lines of its TypeScript in the stacks that it reads itself', async () => {
    const { stdout } = await run(
      {
        'job.ts':
          'interface A { x: number }\n\nfunction f(a: A): string {\n  return new Error(String(a.x)).stack!;\n}\nconsole.log(f({ x: 1 }));\n',
      },
      'job.ts',
    );
    expect(stdout).toMatch(/at f \(.*job\.ts:4:10\)\n {4}at .*job\.ts:6:13/);
  });
});

test('the environment and the working directory are as asked for', async () => {
  const cwd = scripts({
    'job.ts':
      "console.log(process.cwd().split('/').at(-1), process.env.A, process.env.HOME2, process.env.TSMPI_SIZE, process.env.TSMPI_LOCAL_RANK, process.env.TSMPI_LOCAL_SIZE, process.env.TSMPI_HOST !== '');\n",
    'sub/file': '',
  });
  const args = ['-n', '1', '--wdir', 'sub', '-x', 'A=b=c', '-x', 'HOME2', 'job.ts'];
  const { stdout } = await tsrun(args, { cwd, env: { HOME2: 'here' } });
  expect(stdout).toBe('sub b=c here 1 0 1 true\n');
});

test('--inspect gives every rank a port of its own', async () => {
  const cwd = scripts({
    'job.ts': "import { url } from 'node:inspector';\nconsole.log(new URL(url()!).port);\n",
  });
  const base = 20_000 + (process.pid % 20_000);
  const { stdout } = await tsrun(['-n', '2', `--inspect=${base}`, 'job.ts'], { cwd });
  expect(stdout.trim().split('\n').sort()).toEqual([String(base), String(base + 1)]);
});

test.each(['tcp', 'unix', 'auto'])('--transport %s carries a job', async (transport) => {
  const cwd = scripts({ 'job.ts': "import { world } from 'tsmpi';\nconsole.log(await world.allreduce(1));\n" });
  expect((await tsrun(['-n', '3', '--transport', transport, 'job.ts'], { cwd })).stdout).toBe('3\n3\n3\n');
});

test('a long TMPDIR is no obstacle', async () => {
  const cwd = scripts({
    'job.ts': "import { world } from 'tsmpi';\nconsole.log(await world.allreduce(1));\n",
    [`${'d'.repeat(120)}/x`]: '',
  });
  const env = { TMPDIR: join(cwd, 'd'.repeat(120)) };
  expect((await tsrun(['-n', '2', 'job.ts'], { cwd, env })).stdout).toBe('2\n2\n');
});
