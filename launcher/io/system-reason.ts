import { getSystemErrorMap } from 'node:util';

/** What the system says about a failed call, without the call and the path that Node adds: `permission denied`. */
export function systemReason(error: unknown): string {
  const { errno, code, message } = error as NodeJS.ErrnoException;
  const [, text] = (errno === undefined ? undefined : getSystemErrorMap().get(errno)) ?? [];
  return text ?? code ?? message;
}
