/**
 * The way from a login on another host to the agent's program there, in two steps that need nothing installed by us.
 *
 * A constant shell program says that it runs, so that all that start-up files print before is known for what it is. It reads two lines: where
 * Node is on the launcher's host, and a program for Node. That one looks at the version, unpacks the folder that is shipped, and becomes the agent.
 * Each says what it has found in a line that begins with {@link MARK}; bytes that follow `ready` are the agent's.
 */

/** Begins every line that is meant for us. */
export const MARK = 'tsmpi-agent ';

/** Words after the mark. */
export const Step = {
  /** The shell program runs, and waits for its two lines. */
  SHELL: '1',
  /** There is no Node.js; followed by where it was looked for. */
  NO_NODE: 'no-node',
  /** Followed by the version. */
  OLD_NODE: 'old-node',
  /** The agent's program is not there. */
  NO_AGENT: 'no-agent',
  /** The folder that is shipped is not there yet: its archive may come, a line with its length first. */
  SEND: 'send',
  /** Followed by what tar said. */
  NOT_UNPACKED: 'not-unpacked',
  /** The agent begins. */
  READY: 'ready',
} as const;

/** What package.json asks for. */
export const OLDEST_NODE = [20, 19] as const;

/** In one line that every login shell passes on as it is, also csh and fish: no single quotes, no `!`, no double backslash. */
export const SHELL_PROGRAM = [
  `printf "\\n${MARK}${Step.SHELL}\\n"`,
  'read -r node && read -r program || exit 1',
  `[ -x "$node" ] || node=$(command -v node) || { echo "${MARK}${Step.NO_NODE} $PATH"; exit 1; }`,
  'exec "$node" -e "$program"',
].join('; ');

export interface Preparation {
  /** The absolute path of the agent's program. */
  readonly main: string;
  /** For those who look at the processes there. */
  readonly title: string;
  /** What is shipped; none: nothing. */
  readonly folder: { readonly path: string; readonly identity: string } | undefined;
}

/** The two lines that the shell program reads. */
export function bootstrapLines(node: string, preparation: Preparation): string {
  const settings = { mark: MARK, step: Step, oldest: OLDEST_NODE, ...preparation };
  // Dynamic import belongs to the script that it stands in: it is handed in.
  const program = `eval(${JSON.stringify(`(${prepare})`)})(require,function(url){import(url)},${JSON.stringify(settings)})`;
  return `${node}\n${program}\n`;
}

type Settings = Preparation & { mark: string; step: typeof Step; oldest: readonly [number, number] };

/**
 * Runs on the other host, as text: it knows nothing of this file but its parameters, and old versions of Node have to understand it.
 */
function prepare(load: NodeJS.Require, start: (url: string) => void, settings: Settings): void {
  const fs: typeof import('node:fs') = load('fs');
  const { step, folder, main, oldest } = settings;

  function say(word: string, detail?: string): void {
    fs.writeSync(1, `${settings.mark + word} ${detail || ''}\n`);
  }
  function quit(word: string, detail: string): void {
    say(word, detail);
    process.exit(1);
  }
  /** The same on every host that has the folder from the same disk, and on no other. */
  function identity(path: string): string {
    try {
      const stat = fs.statSync(path, { bigint: true });
      return `${stat.ino} ${stat.ctimeNs}`;
    } catch (_) {
      return '';
    }
  }
  function read(buffer: Buffer, length: number): number {
    try {
      return fs.readSync(0, buffer, 0, length, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return -1;
      throw error;
    }
  }
  function begin(): void {
    if (!fs.existsSync(main)) quit(step.NO_AGENT, '');
    // In the place of this text.
    process.title = settings.title;
    say(step.READY);
    start(load('url').pathToFileURL(main).href);
  }
  /** A line with the length of the archive, then the archive. */
  function unpack(): void {
    const tar: import('node:child_process').ChildProcess = load('child_process').spawn(
      'tar',
      // Owned by whoever unpacks.
      ['-xzof', '-', '-C', '/'],
      { stdio: ['pipe', 'ignore', 'pipe'] },
    );
    let words = '';
    let failed = false;
    const fail = (reason: string): void => {
      if (!failed) quit(step.NOT_UNPACKED, reason.trim().split('\n')[0]!);
      failed = true;
    };
    tar.stderr!.on('data', (data) => {
      words += String(data).slice(0, 1000);
    });
    tar.stdin!.on('error', () => {});
    tar.on('error', (error) => fail(error.message));
    tar.on('close', (code) => (code === 0 ? begin() : fail(words || `tar ended with code ${code}`)));

    const buffer = Buffer.alloc(65536);
    let line = '';
    let left = -1;
    const next = (): void => {
      const count = read(buffer, left < 0 ? 1 : Math.min(left, buffer.length));
      if (count === 0) process.exit(1);
      if (count < 0) setTimeout(next, 10);
      else if (left < 0) {
        line += String.fromCharCode(buffer[0]!);
        if (line.slice(-1) === '\n') left = Number(line);
        next();
      } else {
        left -= count;
        const more = (): void => {
          if (left > 0) next();
          else tar.stdin!.end();
        };
        tar.stdin!.write(Buffer.from(buffer.slice(0, count)), more);
      }
    };
    next();
  }

  const version = process.versions.node.split('.').map(Number);
  if (version[0]! < oldest[0] || (version[0] === oldest[0] && version[1]! < oldest[1])) {
    quit(step.OLD_NODE, process.versions.node);
  }
  if (folder === undefined || identity(folder.path) === folder.identity) begin();
  else {
    say(step.SEND);
    unpack();
  }
}
