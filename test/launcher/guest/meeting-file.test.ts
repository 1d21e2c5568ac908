import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MeetingFile, ownFolder } from '../../../launcher/guest/meeting-file.ts';

const PLACE = { listen: undefined, hosts: ['10.0.0.1', '10.0.1.1'] };
const SECRET = Buffer.from('s'.repeat(32));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meeting-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('a file that leads to rank 0', () => {
  it('is there when rank 0 is, for its user only, and not after', async () => {
    const path = join(folder, 'job');
    const [zero, one] = [new MeetingFile(path, PLACE), new MeetingFile(path, PLACE)];
    expect(await one.find()).toBeUndefined();
    await zero.publish(4711);
    expect(await one.find()).toEqual({ hosts: PLACE.hosts, port: 4711, secret: zero.secret });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await one.leave();
    expect(existsSync(path)).toBe(true);
    await zero.leave();
    await zero.leave();
    expect(readdirSync(folder)).toEqual([]);
    expect(await one.find()).toBeUndefined();
  });

  it('tells nobody the secret that is not in it', async () => {
    const path = join(folder, 'job');
    const zero = new MeetingFile(path, PLACE, { shared: SECRET });
    await zero.publish(1);
    expect((await new MeetingFile(path, PLACE, { shared: SECRET }).find())!.secret).toBe(zero.secret);
    expect((await new MeetingFile(path, PLACE, { shared: Buffer.from('t'.repeat(32)) }).find())!.secret).not.toBe(
      zero.secret,
    );
    expect((await new MeetingFile(path, PLACE).find())!.secret).not.toBe(zero.secret);
  });

  it('of an older job is replaced, and leads nobody into the new one', async () => {
    const path = join(folder, 'job');
    const [old, now] = [
      new MeetingFile(path, PLACE, { shared: SECRET }),
      new MeetingFile(path, PLACE, { shared: SECRET }),
    ];
    await old.publish(1);
    const stale = await now.find();
    expect(stale!.secret).not.toBe(now.secret);
    await now.publish(2);
    expect(await old.find()).toMatchObject({ port: 2, secret: now.secret });
    // Who comes back from the dead does not take the new one's away.
    await old.leave();
    expect(await old.find()).toMatchObject({ port: 2 });
  });

  it('says nothing when it makes no sense', async () => {
    const path = join(folder, 'job');
    for (const text of ['', '{', 'null', '{"hosts":"a","port":1,"nonce":"00"}', '{"hosts":["a"],"port":1}']) {
      writeFileSync(path, text);
      expect(await new MeetingFile(path, PLACE).find()).toBeUndefined();
    }
  });

  it('says where it could not be written', async () => {
    const path = join(folder, 'nowhere', 'job');
    await expect(new MeetingFile(path, PLACE).publish(1)).rejects.toThrow(
      `${path}.${process.pid}: no such file or directory`,
    );
  });
});

describe("the user's own folder", () => {
  const own = () => join(folder, `tsmpi-${process.getuid!()}`);
  beforeEach(() => vi.stubEnv('TMPDIR', folder));

  it('is made once, and is closed to others', () => {
    expect(ownFolder()).toBe(own());
    expect(ownFolder()).toBe(own());
    expect(statSync(own()).mode & 0o777).toBe(0o700);
  });

  it('is refused when others can look into it', () => {
    mkdirSync(own());
    chmodSync(own(), 0o755);
    expect(ownFolder).toThrow(`${own()}: others can look into it; chmod 700`);
  });

  it('is refused when it is a way to another one', () => {
    mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(folder, 'elsewhere'), own());
    expect(ownFolder).toThrow(`${own()}: somebody else has put that there; remove it`);
  });
});
