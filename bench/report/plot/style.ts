/**
 * How each system looks. The colours are those of Okabe and Ito, which people who see few colours can tell apart as well, a
 * little lighter on dark ground; what is measured has marks, what only bounds it is grey and dashed.
 */
export interface Look {
  readonly light: string;
  readonly dark: string;
  readonly mark?: 'circle' | 'square' | 'triangle' | 'diamond';
  readonly dashed?: string;
}

/** In the order in which they are drawn: what comes later lies on top. */
export const LOOKS: Readonly<Record<string, Look>> = {
  memcpy: { light: '#b4bac2', dark: '#5d6570', dashed: '1 4' },
  sockets: { light: '#8b949e', dark: '#7d8590', dashed: '5 4' },
  memory: { light: '#8b949e', dark: '#7d8590', dashed: '5 4' },
  mpi4py: { light: '#b5478c', dark: '#e58fc4', mark: 'diamond' },
  mpich: { light: '#00835f', dark: '#2fc49b', mark: 'triangle' },
  openmpi: { light: '#c65400', dark: '#f08a3c', mark: 'square' },
  tsmpi: { light: '#0062b8', dark: '#58a6ff', mark: 'circle' },
};

const ground = (text: string, faint: string, grid: string, paper: string): string =>
  [
    `.paper{fill:${paper}}`,
    `.text{fill:${text}}.faint{fill:${faint}}`,
    `.grid{stroke:${grid}}.frame{stroke:${faint};stroke-opacity:.5}`,
  ].join('');

const inks = (tone: 'light' | 'dark'): string =>
  Object.entries(LOOKS)
    .map(([name, look]) => `.line.${name}{stroke:${look[tone]}}.mark.${name}{fill:${look[tone]}}`)
    .join('');

/** A plot brings its own ground, so that it can be read on any page. */
export const STYLE: string = [
  'text{font:11px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif}',
  '.title{font-size:16px;font-weight:600}.heading{font-size:13px;font-weight:600}.middle{text-anchor:middle}.end{text-anchor:end}',
  '.grid{stroke-width:1}.frame{stroke-width:1}',
  '.line{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}.line.tsmpi{stroke-width:2.75}',
  ...Object.entries(LOOKS).map(([name, { dashed }]) =>
    dashed === undefined ? '' : `.line.${name}{stroke-dasharray:${dashed}}`,
  ),
  ground('#1f2328', '#59636e', '#e4e8ec', '#ffffff'),
  inks('light'),
  `@media(prefers-color-scheme:dark){${ground('#e6edf3', '#9198a1', '#262c36', '#0d1117')}${inks('dark')}}`,
].join('');
