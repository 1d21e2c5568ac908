/**
 * Somebody who survives: when tsrun is killed with SIGKILL, nobody else could end ranks that are busy computing, for they hear nothing.
 *
 * A shell of a few lines, in a session of its own, reads from a pipe which process groups there are. The pipe ends when tsrun does, however
 * that happened. What is still on the list then is killed, and the job's folder removed. It costs one `sh` a host and no work while
 * the job runs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

const SCRIPT = `
trap '' HUP INT QUIT TERM TSTP
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
tenths=$2
while [ "$tenths" -gt 0 ]; do
  left=
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && left=1; done
  [ -n "$left" ] || break
  sleep 0.1
  tenths=$((tenths - 1))
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
[ -z "$1" ] || rm -rf -- "$1"
`;

export class Guard {
  readonly #child: ChildProcess;
  readonly #pipe: Writable;

  /**
   * @param directory - removed at the end, whatever the end is; empty: none.
   * @param patience - seconds that the groups have to end by themselves.
   */
  constructor(directory = '', patience = 0) {
    this.#child = spawn('/bin/sh', ['-c', SCRIPT, 'tsrun-guard', directory, String(patience * 10)], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#child.unref();
    this.#pipe = this.#child.stdin!;
    // Without a guard the job still runs; only a SIGKILL would leave processes.
    this.#child.on('error', () => {});
    this.#pipe.on('error', () => {});
  }

  watch(group: number): void {
    this.#pipe.write(`+ ${group}\n`);
  }

  /** Nobody is left in the group, and its number may soon be somebody else's. */
  forget(group: number): void {
    this.#pipe.write(`- ${group}\n`);
  }

  /** The guard does its work and goes. */
  dismiss(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null || this.#child.pid === undefined) return resolve();
      this.#child.ref();
      this.#child.once('exit', () => resolve());
      this.#pipe.end();
    });
  }
}
