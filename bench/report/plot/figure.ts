/** A figure: a title, one legend for all, and panels in rows; the panels of a row share their axis of y. */
import { logScale, type Range, rangeOf, type Scale, sizeTicks, type Tick } from './scale.ts';
import { LOOKS, STYLE } from './style.ts';
import { element, label, polyline } from './svg.ts';

export interface Series {
  readonly system: string;
  /** By size. */
  readonly points: readonly (readonly [bytes: number, value: number])[];
}

export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
  /** Of the axis of y. */
  readonly ticks: readonly Tick[];
}

export interface Figure {
  readonly title: string;
  readonly rows: readonly (readonly Panel[])[];
  /** Whether each panel of a row has an axis of y of its own. */
  readonly ownAxes: boolean;
  readonly width: number;
  readonly height: number;
}

const MARGIN = 20;
const LEFT = 62;
const GAP = 28;
const HEAD = 78;
const PANEL_HEAD = 26;
const PANEL_FOOT = 34;

/** @param titles - how each system is called. */
export function drawFigure(
  { title, rows, ownAxes, width, height }: Figure,
  titles: Readonly<Record<string, string>>,
): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const step = (ownAxes ? LEFT : GAP) + width;
  const lineHeight = PANEL_HEAD + height + PANEL_FOOT;
  const total = {
    width: MARGIN * 2 + 8 + LEFT + width + (columns - 1) * step,
    height: HEAD + rows.length * lineHeight + 6,
  };
  const present = new Set(rows.flat().flatMap(({ series }) => series.map(({ system }) => system)));
  const panels = rows.flatMap((row, r) => {
    const shared = rangeOf(row.flatMap(valuesOf), 1.5);
    return row.map((panel, c) =>
      drawPanel(panel, ownAxes ? rangeOf(valuesOf(panel), 1.5) : shared, {
        left: MARGIN + LEFT + c * step,
        top: HEAD + r * lineHeight + PANEL_HEAD,
        width,
        height,
        labelled: ownAxes || c === 0,
      }),
    );
  });
  return [
    element(
      'svg',
      {
        xmlns: 'http://www.w3.org/2000/svg',
        viewBox: `0 0 ${total.width} ${total.height}`,
        width: total.width,
        height: total.height,
        role: 'img',
      },
      element('title', {}, title),
      element('style', {}, STYLE),
      element('rect', { width: total.width, height: total.height, rx: 8, class: 'paper' }),
      label(title, MARGIN, 32, 'text title'),
      legend(present, titles),
      ...panels.flat(),
    ),
    '',
  ].join('\n');
}

const valuesOf = ({ series }: Panel): number[] => series.flatMap(({ points }) => points.map(([, value]) => value));

/** From the one that matters to those that only bound it: the reverse of the order of drawing. */
function legend(present: ReadonlySet<string>, titles: Readonly<Record<string, string>>): string {
  let x = MARGIN;
  const items = Object.keys(LOOKS)
    .toReversed()
    .filter((system) => present.has(system))
    .map((system) => {
      const text = titles[system] ?? system;
      const item = [
        polyline(
          [
            [x, 54],
            [x + 26, 54],
          ],
          `line ${system}`,
        ),
        mark(system, x + 13, 54),
        label(text, x + 33, 58, 'text'),
      ].join('');
      x += 33 + 6.4 * text.length + 18;
      return item;
    });
  return element('g', {}, ...items);
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Whether the values of y are written beside it. */
  readonly labelled: boolean;
}

function drawPanel({ title, series, ticks }: Panel, range: Range, place: Place): string[] {
  const { left, top, width, height, labelled } = place;
  const sizes = rangeOf(
    series.flatMap(({ points }) => points.map(([bytes]) => bytes)),
    1,
  );
  const x = logScale(sizes, [left + 8, left + width - 8], sizeTicks(width > 300 ? 8 : 128));
  const y = logScale(range, [top + height, top], ticks);
  const drawn = Object.keys(LOOKS).flatMap((system) => series.filter((each) => each.system === system));
  return [
    label(title, left, top - 10, 'text heading'),
    ...y.ticks.flatMap(({ value, text }) => [
      line(left, y.at(value), left + width, y.at(value), 'grid'),
      ...(labelled ? [label(text, left - 8, y.at(value) + 4, 'faint end')] : []),
    ]),
    ...x.ticks.flatMap(({ value, text }) => [
      line(x.at(value), top, x.at(value), top + height, 'grid'),
      label(text, x.at(value), top + height + 18, 'faint middle'),
    ]),
    line(left, top + height, left + width, top + height, 'frame'),
    ...drawn.map((each) => drawSeries(each, x, y)),
  ];
}

function drawSeries({ system, points }: Series, x: Scale, y: Scale): string {
  const places = points.map(([bytes, value]) => [x.at(bytes), y.at(value)] as const);
  return element('g', {}, polyline(places, `line ${system}`), ...places.map(([px, py]) => mark(system, px, py)));
}

function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return element('line', { x1, y1, x2, y2, class: className });
}

function mark(system: string, x: number, y: number): string {
  const className = `mark ${system}`;
  switch (LOOKS[system]?.mark) {
    case 'circle':
      return element('circle', { cx: x, cy: y, r: 3.6, class: className });
    case 'square':
      return element('rect', { x: x - 3, y: y - 3, width: 6, height: 6, class: className });
    case 'triangle':
      return element('path', { d: `M${place(x, -4)} ${place(y, 3)}h8l-4,-7z`, class: className });
    case 'diamond':
      return element('path', { d: `M${place(x, -4)} ${place(y, 0)}l4,-4l4,4l-4,4z`, class: className });
    case undefined:
      return '';
  }
}

const place = (at: number, by: number): string => (at + by).toFixed(1);
