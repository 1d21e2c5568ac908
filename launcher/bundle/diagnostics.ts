/** What esbuild has to say about a script, as the user reads it: place, sentence, line, caret. */
import type { Location, Message } from 'esbuild';
import { displayPath } from '../display-path.ts';

const MOST = 10;

/** The messages' files are absolute paths here. */
export function formatMessages(messages: readonly Message[], cwd: string): string {
  const texts = messages.slice(0, MOST).map((message) => formatMessage(message, cwd));
  if (messages.length > MOST) texts.push(`and ${messages.length - MOST} more errors`);
  return texts.join('\n');
}

function formatMessage({ text, location }: Message, cwd: string): string {
  if (location === null) return text;
  const { line, lineText } = location;
  const path = displayPath(location.file, cwd);
  const column = columnOf(location);
  const source = lineText.replaceAll('\t', ' ');
  const indent = source.length - source.trimStart().length;
  const caret = ' '.repeat(Math.max(0, column - indent));
  return `${path}:${line}:${column + 1}: ${text}\n    ${source.trim()}\n    ${caret}^`;
}

/** esbuild counts bytes, people count characters. */
function columnOf({ lineText, column }: Location): number {
  return Buffer.from(lineText).subarray(0, column).toString().length;
}
