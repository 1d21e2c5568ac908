/** What `tsrun manifest k8s` prints, and what it says of wrong usage. */
import { parseAllDocuments } from 'yaml';
import { LaunchFailure } from '../../../launcher/failure.ts';
import { runManifest } from '../../../launcher/manifest/command.ts';

export async function printed(args: readonly string[]): Promise<string> {
  let text = '';
  const print = (more: string) => {
    text += more;
    return Promise.resolve(0);
  };
  const code = await runManifest(args, { columns: 100, print });
  if (code !== 0) throw new Error(`exit code ${code}`);
  return text;
}

/** An object, or all of them by kind. */
// biome-ignore lint/suspicious/noExplicitAny: what is in it is schema.test.ts's business
export type Loose = Record<string, any>;

export const words = (line: string): string[] => line.split(' ').filter(Boolean);

/** As Kubernetes reads it. */
export function documents(text: string, version: '1.1' | '1.2' = '1.1'): Loose[] {
  return parseAllDocuments(text, { version }).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return document.toJS();
  });
}

/** By kind. */
export async function objects(line: string | readonly string[]): Promise<Loose> {
  const all = documents(await printed(typeof line === 'string' ? words(`k8s ${line}`) : ['k8s', ...line]));
  return Object.fromEntries(all.map((object) => [object.kind, object]));
}

/** The message of an error with exit code 2. */
export async function complaint(args: readonly string[]): Promise<string> {
  const error = await printed(args).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LaunchFailure) || error.exitCode !== 2) throw new Error(`not refused: ${String(error)}`);
  return error.message;
}
