/** The little of SVG that a plot needs, as text. */

type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(number(value))}"`);
  const open = `<${name}${written.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
}

/** `text` may hold anything. */
export function label(text: string, x: number, y: number, className: string): string {
  return element('text', { x, y, class: className }, escaped(text));
}

export function polyline(points: readonly (readonly [x: number, y: number])[], className: string): string {
  return element('polyline', {
    points: points.map((point) => point.map(number).join(',')).join(' '),
    class: className,
  });
}

/** Tenths of a pixel are enough. */
function number(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : value;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
