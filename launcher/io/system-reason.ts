/** What the system says about a failed call, without the call and the path that Node adds: `permission denied`. */
export function systemReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return message.match(/^\w+: ([^,]+)/)?.[1] ?? code ?? message;
}
