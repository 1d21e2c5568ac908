import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyFrom, readSecretFile, type SecretFile, unfit } from '../../../launcher/guest/secret.ts';

const USER = 1000;
const file = (over: Partial<SecretFile> & { directory?: boolean }): SecretFile => ({
  uid: USER,
  mode: 0o100600,
  size: 65,
  isFile: () => over.directory !== true,
  ...over,
});

describe('a file with a secret', () => {
  it("is the user's, and closed to all others", () => {
    expect(unfit(file({}), USER)).toBeUndefined();
    expect(unfit(file({ mode: 0o100400 }), USER)).toBeUndefined();
    expect(unfit(file({ mode: 0o100644 }), USER)).toBe('can be read by others; chmod 600');
    expect(unfit(file({ mode: 0o100640 }), USER)).toBe('can be read by others; chmod 600');
    expect(unfit(file({ uid: USER + 1 }), USER)).toBe('belongs to neither you nor root, but to user 1001');
  });

  it('may be readable when it is mounted by root, and never be writable for others', () => {
    expect(unfit(file({ uid: 0, mode: 0o100644 }), USER)).toBeUndefined();
    expect(unfit(file({ uid: 0, mode: 0o100644 }), 0)).toBeUndefined();
    expect(unfit(file({ uid: 0, mode: 0o100666 }), USER)).toBe('can be changed by others; chmod 600');
    expect(unfit(file({ mode: 0o100620 }), USER)).toBe('can be changed by others; chmod 600');
  });

  it('is a file, of a size that makes sense', () => {
    expect(unfit(file({ directory: true }), USER)).toBe('is no file');
    expect(unfit(file({ size: 31 }), USER)).toBe(
      'holds 31 bytes, too few for a secret; openssl rand -hex 32 makes one',
    );
    expect(unfit(file({ size: 32 }), USER)).toBeUndefined();
    expect(unfit(file({ size: 2 ** 20 }), USER)).toBe('holds 1048576 bytes, too many for a secret');
  });

  describe('on disk', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'secret-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it('is read', () => {
      const path = join(folder, 'secret');
      writeFileSync(path, 'x'.repeat(64), { mode: 0o600 });
      expect(readSecretFile(path).toString()).toBe('x'.repeat(64));
    });

    it('is refused by its name and the name of the variable', () => {
      const path = join(folder, 'secret');
      expect(() => readSecretFile(path)).toThrow(`TSMPI_SECRET_FILE=${path}: no such file or directory`);
      writeFileSync(path, 'x'.repeat(64));
      chmodSync(path, 0o602);
      expect(() => readSecretFile(path)).toThrow(`TSMPI_SECRET_FILE=${path}: can be changed by others; chmod 600`);
      expect(() => readSecretFile(folder)).toThrow(`TSMPI_SECRET_FILE=${folder}: is no file`);
    });
  });

  it('gives another key to each job', () => {
    const secret = Buffer.from('x'.repeat(64));
    expect(keyFrom(secret, 'a')).toMatch(/^[0-9a-f]{64}$/);
    expect(keyFrom(secret, 'a')).toBe(keyFrom(secret, 'a'));
    expect(keyFrom(secret, 'a')).not.toBe(keyFrom(secret, 'b'));
    expect(keyFrom(secret, 'a')).not.toBe(keyFrom(Buffer.from('y'.repeat(64)), 'a'));
  });
});
