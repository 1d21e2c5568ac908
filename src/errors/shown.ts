/** A value as a message shows it: short, on one line. */
export function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : Array.isArray(value)
        ? `[${value.map(shown).join(', ')}]`
        : typeof value === 'bigint'
          ? `${value}n`
          : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
